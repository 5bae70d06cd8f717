"""Files: reading lines, numbers and columns, and writing new files."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task

MADE = '''
from pathlib import Path


def made(name, text):
    """Write a text file, and return its name."""
    Path(name).write_text(text, encoding="utf-8")
    return name
'''
CONTENT = '''

def content(name):
    """Return what is in a text file."""
    return Path(name).read_text(encoding="utf-8")
'''
_LOGS = (
    ("rain", "how many millimetres it rained", "a day", "millimetres"),
    ("steps", "how many steps somebody walked", "a day", "steps"),
    ("visitors", "how many people came to a museum", "an hour", "people"),
    ("bees", "how many bees came to a flower", "a minute", "bees"),
    ("waste", "how many kilograms of waste a canteen had", "a week", "kilograms"),
    ("trains", "how many trains were late", "a week", "trains"),
)
_NOTES = (
    ("diary", "a diary"),
    ("letter", "a long letter"),
    ("recipe", "a recipe"),
    ("song", "the words of a song"),
    ("report", "a report"),
    ("play", "a play for a school stage"),
)
_TABLES = (
    ("goals", "players", "goals"),
    ("stock", "fruits", "crates"),
    ("votes", "pets", "votes"),
    ("trips", "towns", "kilometres"),
    ("loans", "readers", "books"),
    ("harvest", "fields", "sacks"),
)
_LINES = (
    "The sun was late.",
    "nobody came",
    "A fox looked at the moon",
    "Then it rained.",
    "we sang on the bridge",
    "All was quiet again!",
    "the end",
    "One more cup of tea",
)
_NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn")


def asks(function: str, file: str, wrap: str = "{}", maker: str = "made({0!r}, {1!r})") -> Callable[..., str]:
    """How a test writes its file and asks; further values stand behind the file's name.

    `maker` is the call that writes what the first value says, and gives the name.
    """

    def asked(given: Any, *values: Any) -> str:
        more = "".join(f", {value!r}" for value in values)
        return wrap.format(f"{function}({maker.format(file, given)}{more})")

    return asked


def _notes(random: Random) -> Task:
    name, what = random.choice(_NOTES)
    least, k = random.randint(10, 20), random.randint(2, 9)
    told, body, answer = random.choice(
        [
            (
                f"how many lines of it have more than {least} signs, the end of the line not counted",
                f"""
                with open(name, encoding="utf-8") as file:
                    count = 0
                    for line in file:
                        if len(line.strip()) > {least}:
                            count += 1
                return count
                """,
                lambda text: sum(1 for line in text.split("\n") if len(line) >= least + 1),
            ),
            (
                f"how many words are in it, plus {k}",
                f"""
                with open(name, encoding="utf-8") as file:
                    text = file.read()
                return len(text.split()) + {k}
                """,
                lambda text: k + sum(len(line.split()) for line in text.split("\n")),
            ),
            (
                f"its first line, {k} times one after the other, the end of the line not counted",
                f"""
                with open(name, encoding="utf-8") as file:
                    line = file.readline().strip()
                return line * {k}
                """,
                lambda text: "".join([text.split("\n")[0]] * k),
            ),
            (
                f"how often the letter `e` stands in it, {k} times",
                f"""
                with open(name, encoding="utf-8") as file:
                    text = file.read()
                return text.count("e") * {k}
                """,
                lambda text: sum(k for letter in text if letter == "e"),
            ),
        ]
    )

    def page(count: int) -> str:
        return "".join(f"{line}\n" for line in random.sample(_LINES, count))

    exact = "x" * least + "\n" + "x" * (least + 1) + "\n"
    return Task(
        title=f"Reading {what}",
        story=f"""
        A text file holds {what}. Complete `read_{name}`. It gets the name of the file and returns {told}.

        The function `made` is there already: the checks use it to write a file first.
        """,
        before=MADE,
        function=f"read_{name}",
        parameters="name",
        doc="Return what is asked for of the file.",
        body=body,
        answer=answer,
        call=asks(f"read_{name}", f"{name}.txt"),
        shown=[("The sun\nwas very late today\n",), ("tea\n",)],
        edges=[
            ((exact,), "Look closely at how long a line is."),
            (("",), "The file may be empty."),
            (("one line without an end",), "The last line may have no end of its own."),
        ],
        more=[(page(count),) for count in (2, 3, 4, 5, 6)],
    )


def _numbers(random: Random) -> Task:
    name, what, when, unit = random.choice(_LOGS)
    limit, k = random.randint(4, 20), random.randint(2, 9)
    told, start, gain, value = random.choice(
        [
            (f"the sum of all numbers above {limit}", "0", "result += number", lambda ns: sum(ns)),
            (f"how many numbers are above {limit}", "0", "result += 1", lambda ns: len(ns)),
            (f"a list of all numbers above {limit}", "[]", "result.append(number)", lambda ns: list(ns)),
            (
                f"{k} points for every number above {limit}",
                "0",
                f"result += {k}",
                lambda numbers: k * len(numbers),
            ),
        ]
    )

    def answer(text: str) -> Any:
        return value([int(each) for each in text.split() if int(each) >= limit + 1])

    def log(count: int) -> str:
        return "".join(f"{random.randint(0, 2 * limit + 3)}\n" for _ in range(count))

    return Task(
        title=f"Numbers of {unit}",
        story=random.choice(
            [
                f"""
        A text file says {what}: one whole number in each line, a line for {when}. Empty lines may stand
        between them, and are passed over. Complete `{name}`. It gets the name of the file and returns {told}.

        The function `made` is there already: the checks use it to write a file first.
        """,
                f"""
        Complete `{name}`. It opens a text file, whose name it gets, and goes through its lines. In
        each stands a
        whole number: {what}, line by line for {when}. A line without anything in it does not count. The
        result is {told}.

        *The checks make a file with `made`, which is written already.*
        """,
                f"""
        Somebody wrote down {what}. There is one line for {when}, with a whole number of {unit} or,
        where nobody
        looked, with nothing at all. The function `{name}` should read such a file and give back
        {told}. Complete
        it. Its value is the file's name.

        *`line.strip()` is empty for an empty line.* The function `made` writes files for the checks.
        """,
            ]
        ),
        before=MADE,
        function=name,
        parameters="name",
        doc="Return what is asked for of the numbers in the file.",
        body=f"""
        result = {start}
        with open(name, encoding="utf-8") as file:
            for line in file:
                if line.strip() == "":
                    continue
                number = int(line)
                if number > {limit}:
                    {gain}
        return result
        """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[(f"{limit + 5}\n2\n{limit + 2}\n",), ("1\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((f"{limit}\n",), "Look closely at the limit itself."),
            ((f"{limit + 1}\n",), "Look closely at what is just above the limit."),
            ((f"{limit + 3}\n\n\n{limit + 4}\n",), "There may be empty lines."),
        ],
        more=[(log(count),) for count in (3, 4, 5, 6, 7, 8)],
    )


def _columns(random: Random) -> Task:
    name, people, things = random.choice(_TABLES)
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
        rows = (f"{each}{sign}{random.randint(0, 2 * least + 2)}\n" for each in random.sample(_NAMES, count))
        return f"name{sign}{things}\n" + "".join(rows)

    head = f"name{sign}{things}\n"
    return Task(
        title=f"A table of {people}",
        story=random.choice(
            [
                f"""
        A text file holds a table of {people} and their {things}. Its first line is `{head.strip()}`, and
        is passed over. In each line after it stand a name, `{sign}` and a whole number. Complete `{name}`. It
        gets the name of the file and returns a dictionary, from the names to {told}. Whoever has fewer than
        {least} {things} is left out.

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
        shown=[(f"{head}ada{sign}{least + 4}\nben{sign}1\n",), (head,)],
        edges=[
            ((f"{head}eve{sign}{least}\n",), "Look closely at the smallest number that counts."),
            ((f"{head}eve{sign}{least - 1}\n",), "Look closely at what is just too little."),
            ((f"{head}eve{sign}{least + 1}\ndan{sign}{least + 9}",), "The last line may have no end."),
        ],
        more=[(table(count),) for count in (2, 3, 4, 5, 6)],
    )


def _writing(random: Random) -> Task:
    name, what = random.choice(_NOTES)
    least, sign = random.randint(3, 9), random.choice(["*", "-", ">", "#", "+"])
    told, lines, answer = random.choice(
        [
            (
                f"every line with at least {least} signs gets `{sign} ` in front; shorter ones are left out",
                [f"if len(line) >= {least}:", f'    result.append("{sign} " + line)'],
                lambda rows: [f"{sign} {row}" for row in rows if not len(row) < least],
            ),
            (
                f"every line gets its number in front, from {least} on, and `{sign}`",
                [f'result.append(str(len(result) + {least}) + "{sign}" + line)'],
                lambda rows: [f"{place}{sign}{row}" for place, row in enumerate(rows, least)],
            ),
            (
                f"every line is cut to its first {least} signs, and gets `{sign}` at the end",
                [f'result.append(line[:{least}] + "{sign}")'],
                lambda rows: ["".join(list(row)[:least]) + sign for row in rows],
            ),
            (
                f"every line is written in capitals; those with more than {least} signs get "
                f"`{sign}` at the end",
                [
                    "line = line.upper()",
                    f"if len(line) > {least}:",
                    f'    line = line + "{sign}"',
                    "result.append(line)",
                ],
                lambda rows: [row.upper() + (sign if len(row) >= least + 1 else "") for row in rows],
            ),
        ]
    )

    def page(count: int) -> str:
        return "".join(f"{line}\n" for line in random.sample(_LINES, count))

    near = "".join("abcdefghijkl"[: least + place] + "\n" for place in (-1, 0, 1))
    inner = "\n".join(f"    {line}" for line in lines)
    body = (
        'with open(name, encoding="utf-8") as file:\n    lines = file.read().splitlines()\nresult = []\n'
        f'for line in lines:\n{inner}\nwith open("new.txt", "w", encoding="utf-8") as file:\n'
        '    for line in result:\n        file.write(line + "\\n")\nreturn "new.txt"'
    )
    return Task(
        title=f"A new version of {what}",
        story=random.choice(
            [
                f"""
        A text file holds {what}. Complete `new_{name}`. It gets the name of the file and writes another one,
        called `new.txt`, in which {told}. Each line ends with `\\n`. It returns the name of the new file, and
        leaves the old one as it is.

        The functions `made` and `content` are there already: the checks use them to write a file, and to look
        into the new one.
        """,
                f"""
        Complete `new_{name}`. Read the file whose name it gets: it is {what}. Then write a file `new.txt`:
        {told}. Put `\\n` behind every line. The old file is not touched. Give back the name of the new one.

        *For the checks, `made` writes the first file, and `content` reads the second.*
        """,
                f"""
        From {what}, which stands in a text file, a second file is made, with the name `new.txt`. In it,
        {told}, and after each line there is a `\\n`. Complete `new_{name}`, which gets the name of the first
        file, does all this, and gives back the name of the second.

        *Open the new file with `"w"`.* The checks work with `made` and `content`, above.
        """,
            ]
        ),
        before=MADE + CONTENT,
        function=f"new_{name}",
        parameters="name",
        doc="Write the new file, and return its name.",
        body=body,
        answer=lambda text: "".join(f"{row}\n" for row in answer(text.splitlines())),
        call=asks(f"new_{name}", f"{name}.txt", "content({})"),
        shown=[("The sun was late\nno\nthe end of it\n",), ("A quiet evening\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((near,), "Look closely at how long a line is."),
            (("two lines, but the last\nhas no end",), "The last line may have no end of its own."),
        ],
        more=[(page(count),) for count in (2, 3, 4, 5)],
    )


def _summary(random: Random) -> Task:
    name, people, things = random.choice(_TABLES)
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
        rows = [f"{random.choice(_NAMES)}{sign}{random.randint(1, 9)}" for _ in range(count)]
        rows.insert(1, f"{random.choice(_NAMES)}{sign}?")
        return "".join(f"{row}\n" for row in rows)

    tie = "".join(f"{who}{sign}{least}\n" for who in ("eve", "dan", "ben", "ada"))
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
        name, and writes the file `summary.txt`, with lines such as `ada{mark}{least + 5}`, {order}. Only
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
        like `ada{mark}{least + 5}`. Sums below {least} do not get into it. The result is the name of
        that file.

        *For the checks, `made` writes the first file, and `content` reads the second.*
        """,
                f"""
        Who has the most {things}? In a text file about {people} each line says `name{sign}number`; where the
        number is missing or is none, the line is passed over, and where a name comes again, its
        numbers belong
        together. From it, `summary.txt` is to be made: one line for each name whose sum is {least} or
        more, such
        as `ada{mark}{least + 5}`, {order}, and not more than {top} lines in all. Complete `{name}`,
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
        shown=[(f"ben{sign}{least}\nada{sign}2\nada{sign}{least}\n",), (f"eve{sign}1\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((tie,), "Several may have the same number."),
            ((f"dan{sign}{least - 1}\n",), "Look closely at what is just too little."),
            ((f"dan{sign}x\nben{sign}{least + 1}\n",), "Some lines have no number."),
        ],
        more=[(table(count),) for count in (4, 5, 6, 7, 8, 9, 9, 9)],
    )


def _file(random: Random, level: int) -> Task:
    return (_notes, _numbers, _columns, _writing, _summary)[level - 1](random)


FAMILIES = (Family("file", "files", _file),)
