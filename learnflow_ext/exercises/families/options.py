"""Settings in a text file: the hardest task of the family in `logs`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.makers import MADE, asks, text_of
from learnflow_ext.exercises.families.making import Task

_SETTINGS = (
    ("game", "a game", ("sound", "screen", "player"), ("volume", "width", "lives", "speed")),
    ("house", "a house", ("kitchen", "cellar", "roof"), ("lamps", "windows", "doors", "chairs")),
    ("farm", "a farm", ("stable", "field", "orchard"), ("cows", "sacks", "rows", "ladders")),
    ("club", "a club", ("chess", "choir", "judo"), ("members", "rooms", "hours", "coaches")),
)


def options(random: Random) -> Task:
    """A file with parts, read into a dictionary of them."""
    name, what, parts, keys = random.choice(_SETTINGS)
    limit, mark = random.randint(3, 30), random.choice(["#", ";", "%"])
    told, gain, value = random.choice(
        [
            (
                f"the sum of its numbers above {limit}",
                "found.get(part, 0) + number",
                lambda ns: sum(ns),
            ),
            (
                f"how many of its numbers are above {limit}",
                "found.get(part, 0) + 1",
                lambda ns: len(ns),
            ),
            (
                f"the largest of its numbers above {limit}",
                "max(found.get(part, number), number)",
                lambda ns: sorted(ns)[-1],
            ),
        ]
    )

    def answer(text: str) -> dict[str, int]:
        rows: dict[str, list[int]] = {}
        part = "general"
        for line in text.split("\n"):
            if line[:1] == "[":
                part = line.replace("[", "").replace("]", "")
            elif line and line[0] != mark:
                number = int(line.partition("=")[2])
                if number >= limit + 1:
                    rows.setdefault(part, []).append(number)
        return {each: value(numbers) for each, numbers in rows.items()}

    def lines(count: int) -> list[str]:
        made = [f"{random.choice(keys)} = {random.randint(0, 3 * limit)}" for _ in range(count)]
        made.insert(random.randrange(count), random.choice([f"{mark} {random.choice(keys)} = 99", ""]))
        return made

    def page() -> str:
        some = random.sample(parts, 2)
        return text_of([*lines(1), f"[{some[0]}]", *lines(3), f"[{some[1]}]", *lines(2)])

    first, second, third = parts
    key = keys[0]
    return Task(
        title=f"The settings of {what}",
        story=f"""
        The settings of {what} stand in a text file. A line such as `[{first}]` begins a part; before the
        first such line the part is called `general`. In the other lines stand a name, `=` and a whole
        number, as in `{key} = {limit + 2}`. Lines that begin with `{mark}` are notes, and are passed over,
        and so are empty lines. Complete `settings`. It gets the name of the file and returns a dictionary.
        Its keys are the parts, and each value is {told}. A part without such a number is not in it. A part
        may come several times.

        *`int` does not mind spaces around a number.* The function `made` is there already: the checks use
        it to write a file first.
        """,
        before=MADE,
        function="settings",
        parameters="name",
        doc="Return a number for each part of the file.",
        body=f"""
        found = {{}}
        part = "general"
        with open(name, encoding="utf-8") as file:
            for line in file:
                line = line.strip()
                if not line or line.startswith("{mark}"):
                    continue
                if line.startswith("["):
                    part = line[1:-1]
                else:
                    key, value = line.split("=")
                    number = int(value)
                    if number > {limit}:
                        found[part] = {gain}
        return found
        """,
        answer=answer,
        call=asks("settings", f"{name}.ini"),
        shown=[
            (f"[{first}]\n{key} = {limit + 2}\n{keys[1]} = {limit + 5}\n",),
            (f"{mark} nothing yet\n",),
        ],
        edges=[
            (("",), "The file may be empty."),
            ((f"{key} = {limit + 4}\n[{second}]\n",), "There may be numbers before the first part."),
            ((f"[{second}]\n{key} = {limit}\n{keys[2]} = {limit + 1}\n",), "Look closely at the limit."),
            (
                (f"[{first}]\n\n{mark} {key} = 900\n\n{key}={limit + 6}",),
                "Notes and empty lines do not count.",
            ),
            (
                (
                    f"[{third}]\n{key} = {limit + 9}\n[{first}]\n{key} = {limit + 1}\n[{third}]\n"
                    f"{key} = {limit + 3}\n",
                ),
                "A part may come several times.",
            ),
        ],
        more=[(page(),) for _ in range(6)],
    )
