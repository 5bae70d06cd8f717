"""A file that is brought up to date: the hardest task of the family in `letters`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.makers import CONTENT, MADE
from learnflow_ext.exercises.families.making import Task


def update(random: Random) -> Task:
    """Read, changed by one change after the other, and written anew."""
    name, place, things = random.choice(
        [
            ("stock", "a shop", ("tea", "rice", "milk", "salt")),
            ("shelf", "a library", ("maps", "atlases", "novels", "comics")),
            ("garage", "a bicycle rental", ("red", "blue", "tandem", "cargo")),
            ("freezer", "a kitchen", ("peas", "bread", "fish", "berries")),
        ]
    )
    most, least = random.randint(30, 60), random.randint(1, 5)
    refused = random.choice(["skipped", "cut"])
    rule = (
        f"A change after which there would be fewer than {least} or more than {most} is not made at all"
        if refused == "skipped"
        else f"Where there would be fewer than {least} after a change there are {least}, and where there "
        f"would be more than {most}, {most}"
    )
    code = (
        f"if number < {least} or number > {most}:\n        refused += 1\n    "
        "else:\n        table[key] = number"
        if refused == "skipped"
        else f"if number < {least} or number > {most}:\n        refused += 1\n    "
        f"table[key] = max({least}, min({most}, number))"
    )

    def answer(text: str, changes: list[tuple[str, int]]) -> list[object]:
        table = {line.split("=")[0]: int(line.split("=")[1]) for line in text.split()}
        count = 0
        for key, change in changes:
            now = table.get(key, least) + change
            fits = least <= now <= most
            count += not fits
            if fits or refused == "cut":
                table[key] = sorted([least, now, most])[1]
        return [count, "".join(f"{key}={table[key]}\n" for key in sorted(table))]

    a, b, c, d = things

    def old() -> str:
        return "".join(f"{thing}={random.randint(least, most)}\n" for thing in random.sample(things, 3))

    def changes(count: int) -> list[tuple[str, int]]:
        return [(random.choice(things), random.randint(-most // 2, most // 2)) for _ in range(count)]

    return Task(
        title=f"The {name} after today",
        story=f"""
        A text file says what {place} has: each line is a name, `=` and a whole number, such as `{a}=12`.
        Complete `{name}`. It gets the name of the file and a list of changes, pairs of a name and how many
        more (or, below 0, fewer) there are now. One change is made after the other; a name that is not in
        the file yet begins with {least}. {rule}. At the end the **same file** is written anew, sorted by
        name, and the function returns how many changes did not fit.

        *Read everything into a dictionary first, and close the file before you write.* The functions `made`
        and `content` write and read files for the checks.
        """,
        before=MADE + CONTENT,
        function=name,
        parameters="name, changes",
        doc="Bring the file up to date; return how many changes did not fit.",
        body=f"""
table, refused = {{}}, 0
with open(name, encoding="utf-8") as file:
    for line in file:
        key, text = line.split("=")
        table[key] = int(text)
for key, change in changes:
    number = table.get(key, {least}) + change
    {code}
with open(name, "w", encoding="utf-8") as file:
    for key in sorted(table):
        file.write(key + "=" + str(table[key]) + "\\n")
return refused
""",
        answer=answer,
        call=lambda text, changes: (
            f"[{name}(made('{name}.txt', {text!r}), {changes!r}), content('{name}.txt')]"
        ),
        shown=[(f"{a}=12\n{b}=9\n", [(b, 5)]), (f"{c}=20\n", [])],
        edges=[
            (("", [(d, 3)]), "A name may be new."),
            ((f"{b}=10\n", [(b, most - 10), (b, 1)]), "Look closely at the most there may be."),
            ((f"{b}=10\n", [(b, least - 10), (b, -1)]), "Look closely at the least there may be."),
            (
                (f"{d}=7\n{a}=8\n{c}=9\n", [(c, 1), (a, 1), (c, 1)]),
                "The lines should be sorted, and a name may change twice.",
            ),
        ],
        more=[(old(), changes(count)) for count in (2, 3, 5, 6, 7)],
    )
