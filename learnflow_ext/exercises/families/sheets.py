"""Tables in text files: two tasks of the family in `files`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.makers import CONTENT, MADE, asks
from learnflow_ext.exercises.families.making import Task

_TABLES = (
    ("goals", "players", "goals", ("ada", "ben", "cleo", "dan", "eve", "finn")),
    ("stock", "fruits", "crates", ("apple", "cherry", "fig", "lime", "melon", "plum")),
    ("votes", "pets", "votes", ("cat", "dog", "fish", "frog", "hare", "mouse")),
    ("trips", "towns", "kilometres", ("bern", "cork", "graz", "lyon", "oslo", "rome")),
    ("loans", "readers", "books", ("ada", "ben", "cleo", "dan", "eve", "finn")),
    ("harvest", "fields", "sacks", ("brook", "corner", "hill", "lane", "mill", "river")),
)


def columns(random: Random) -> Task:
    """What stands in one column."""
    name, people, things, names = random.choice(_TABLES)
    sign = random.choice([",", ";", ":", "|"])
    least, k = random.randint(3, 9), random.randint(1, 6)
    told, code, value = random.choice(
        [
            (f"the number, plus {k}", f"number + {k}", lambda n: k + n),
            (f"{k + 1} times the number", f"number * {k + 1}", lambda n: sum([n] * (k + 1))),
            (f"the number without {k}", f"number - {k}", lambda n: -k + n),
        ]
    )

    def answer(text: str) -> dict[str, int]:
        rows = [line.split(sign) for line in text.splitlines()[1:]]
        return {row[0]: value(int(row[1])) for row in rows if not int(row[1]) < least}

    def table(count: int) -> str:
        rows = (f"{each}{sign}{random.randint(0, 2 * least + 2)}\n" for each in random.sample(names, count))
        return f"name{sign}{things}\n" + "".join(rows)

    head = f"name{sign}{things}\n"
    return Task(
        title=f"A table of {people}",
        story=random.choice(
            [
                f"""
        A text file holds a table of {people} and their {things}. Its first line is `{head.strip()}`, and
        is passed over. In each line after it stand a name, `{sign}` and a whole number. Complete `{name}`. It
        gets the name of the file and returns a dictionary, from the names to {told}. Lines with fewer than
        {least} {things} are left out.

        The function `made` is there already: the checks use it to write a file first.
        """,
                f"""
        Complete `{name}`, which turns a file into a dictionary. The file is a table with two columns,
        one for the
        {people} and one for their {things}, and `{sign}` between them. Do not take the first line, which is
        `{head.strip()}`. The keys are the names, and each value is {told}. Lines with a number below
        {least} do
        not get into the dictionary.

        *The function `made` stands above: it writes files for the checks.*
        """,
                f"""
        How many {things} do the {people} have? That stands in a text file: below the heading
        `{head.strip()}` one
        line for each of them, name first, then `{sign}`, then a whole number. Give back a dictionary
        that has,
        under each name, {told}. Only numbers from {least} on are wanted. Complete `{name}`; it gets
        the name of
        the file.

        *`line.split("{sign}")` takes a line apart.* With `made`, above, the checks write their files.
        """,
            ]
        ),
        before=MADE,
        function=name,
        parameters="name",
        doc="Return a dictionary of what is in the table.",
        body=f"""
        result = {{}}
        with open(name, encoding="utf-8") as file:
            lines = file.read().splitlines()
        for line in lines[1:]:
            who, number = line.split("{sign}")
            number = int(number)
            if number >= {least}:
                result[who] = {code}
        return result
        """,
        answer=answer,
        call=asks(name, f"{name}.csv"),
        shown=[(f"{head}{names[0]}{sign}{least + 4}\n{names[1]}{sign}1\n",), (head,)],
        edges=[
            ((f"{head}{names[4]}{sign}{least}\n",), "Look closely at the smallest number that counts."),
            ((f"{head}{names[4]}{sign}{least - 1}\n",), "Look closely at what is just too little."),
            (
                (f"{head}{names[4]}{sign}{least + 1}\n{names[3]}{sign}{least + 9}",),
                "The last line may have no end.",
            ),
        ],
        more=[(table(count),) for count in (2, 3, 4, 5, 6)],
    )


def summary(random: Random) -> Task:
    """A table is read, and a file written about it."""
    name, people, things, names = random.choice(_TABLES)
    sign = random.choice([",", ";", ":", "|"])
    top, least = random.randint(2, 3), random.randint(2, 9)
    by_name = random.random() < 0.5
    order = "in the order of the names" if by_name else "the largest number first, equal ones by their names"
    key = "who" if by_name else "(-totals[who], who)"
    mark = random.choice([" = ", " - ", ": ", " > "])

    def answer(text: str) -> str:
        totals: dict[str, int] = {}
        for line in text.splitlines():
            if line.count(sign) == 1 and line.split(sign)[1].isdigit():
                who, number = line.split(sign)
                totals[who] = int(number) + totals.get(who, 0)
        rows = [(who, n) for who, n in totals.items() if not n < least]
        rows.sort(key=(lambda row: row[0]) if by_name else (lambda row: (-row[1], row[0])))
        return "".join(f"{who}{mark}{n}\n" for who, n in rows[:top])

    def table(count: int) -> str:
        rows = [f"{random.choice(names)}{sign}{random.randint(1, 9)}" for _ in range(count)]
        rows.insert(1, f"{random.choice(names)}{sign}?")
        return "".join(f"{row}\n" for row in rows)

    tie = "".join(f"{who}{sign}{least}\n" for who in (names[4], names[3], names[1], names[0]))
    return Task(
        title=f"A summary of {things}",
        story=random.choice(
            [
                f"""
        A text file holds {people} and their {things}: in each line a name, `{sign}` and a whole
        number. The same
        name may come several times. In some lines something else than digits stands behind the
        `{sign}`: those
        lines are passed over. Complete `{name}`. It gets the name of the file, adds up the {things} of each
        name, and writes the file `summary.txt`, with lines such as
        `{names[0]}{mark}{least + 5}`, {order}. Only
        names with at least {least} {things} are in it, and of these only the first {top}. It returns the name
        of the new file.

        The functions `made` and `content` are there already: the checks use them to write a file, and to look
        into the new one.
        """,
                f"""
        Complete `{name}`. It reads a file about {people}. A line is a name, then `{sign}`, then a number of
        {things}, but now and then no digits stand there: such a line does not count. A name may stand
        in several
        lines; its numbers are added. Then it writes `summary.txt`, {order}, at most {top} lines. A
        line of it looks
        like `{names[0]}{mark}{least + 5}`. Sums below {least} do not get into it. The result is the name of
        that file.

        *For the checks, `made` writes the first file, and `content` reads the second.*
        """,
                f"""
        The most {things}: whose are they? In a text file about {people} each line says
        `name{sign}number`; where the
        number is missing or is none, the line is passed over, and where a name comes again, its
        numbers belong
        together. From it, `summary.txt` is to be made: one line for each name whose sum is {least} or
        more, such
        as `{names[0]}{mark}{least + 5}`, {order}, and not more than {top} lines in all. Complete `{name}`,
        which gets
        the name of the first file and gives back that of the summary.

        *Collect the sums in a dictionary first.* The checks work with `made` and `content`, above.
        """,
            ]
        ),
        before=MADE + CONTENT,
        function=name,
        parameters="name",
        doc="Write the summary, and return its name.",
        body=f"""
        totals = {{}}
        with open(name, encoding="utf-8") as file:
            for line in file:
                who, number = line.strip().split("{sign}")
                if number.isdigit():
                    totals[who] = totals.get(who, 0) + int(number)
        chosen = [who for who in totals if totals[who] >= {least}]
        chosen.sort(key=lambda who: {key})
        with open("summary.txt", "w", encoding="utf-8") as file:
            for who in chosen[:{top}]:
                file.write(f"{{who}}{mark}{{totals[who]}}\\n")
        return "summary.txt"
        """,
        answer=answer,
        call=asks(name, f"{name}.csv", "content({})"),
        shown=[
            (f"{names[1]}{sign}{least}\n{names[0]}{sign}2\n{names[0]}{sign}{least}\n",),
            (f"{names[4]}{sign}1\n",),
        ],
        edges=[
            (("",), "The file may be empty."),
            ((tie,), "Several may have the same number."),
            ((f"{names[3]}{sign}{least - 1}\n",), "Look closely at what is just too little."),
            ((f"{names[3]}{sign}x\n{names[1]}{sign}{least + 1}\n",), "Some lines have no number."),
        ],
        more=[(table(count),) for count in (4, 5, 6, 7, 8, 9, 9, 9)],
    )
