"""Files: reading lines, numbers and columns, and writing new files."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.makers import CONTENT, MADE, asks
from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.sheets import columns, summary

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


FAMILIES = (Family("file", "files", by_level(_notes, _numbers, columns, _writing, summary)),)
