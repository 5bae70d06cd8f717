"""Text files searched, continued, compared, and read as settings."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.makers import CONTENT, MADE, asks, text_of
from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.options import options

_LOGS = (
    ("ship", "what a ship's crew saw", ("whale", "storm", "sail", "island")),
    ("park", "what a park ranger saw", ("fox", "owl", "hare", "deer")),
    ("kitchen", "what a cook needed", ("salt", "rice", "milk", "flour")),
    ("station", "what was called out at a station", ("late", "north", "bus", "strike")),
    ("museum", "what visitors wrote into a book", ("great", "cold", "loud", "again")),
    ("moon", "what an astronaut saw", ("rock", "dust", "crater", "light")),
)
_BETWEEN = ("all quiet", "nothing new", "a long day", "tea and bread", "rain at noon", "a song at night")
_LISTS = (
    (
        *("guests", "the guests of a party", "guest"),
        ("Amir", "Bea", "Carla", "Dora", "Eve", "Finn", "Gus", "Hanna", "Ivo", "Jonas"),
    ),
    (
        *("tools", "the tools in a shed", "tool"),
        ("axe", "drill", "file", "hammer", "ladder", "pick", "plane", "rake", "saw", "spade"),
    ),
    (
        *("books", "the books that somebody wants to read", "book"),
        ("Dune", "Emma", "Heidi", "Holes", "Kim", "Matilda", "Momo", "Ronia", "She", "Utopia"),
    ),
    (
        *("errands", "the errands of a day", "errand"),
        ("bank", "bread", "dentist", "fuel", "glue", "milk", "paint", "post", "shoes", "tea"),
    ),
    (
        *("plants", "the plants on a balcony", "plant"),
        ("aloe", "basil", "cress", "fern", "fig", "ivy", "mint", "moss", "rose", "thyme"),
    ),
    (
        *("towns", "the towns of a journey", "town"),
        ("Bern", "Bonn", "Cork", "Geneva", "Lyon", "Oslo", "Paris", "Rome", "Turin", "Ulm"),
    ),
)


def _pages(random: Random, words: tuple[str, ...]) -> list[tuple[str]]:
    """Texts of several lines, in some of which the words stand."""
    pages = []
    for size in (2, 3, 4, 5, 6, 7):
        lines = [random.choice([f"a {random.choice(words)} again", *_BETWEEN]) for _ in range(size)]
        pages.append((text_of(lines),))
    return pages


def _search(random: Random) -> Task:
    name, what, words = random.choice(_LOGS)
    word, k = random.choice(words), random.randint(2, 9)
    test, code, fits = random.choice(
        [
            (f"in which `{word}` stands", f'"{word}" in line', lambda line: line.count(word) > 0),
            (
                f"which begin with `{word}`",
                f'line.startswith("{word}")',
                lambda line: line[: len(word)] == word,
            ),
            (
                f"in which `{word}` does **not** stand",
                f'"{word}" not in line',
                lambda line: len(line.split(word)) == 1,
            ),
        ]
    )
    told, gain, end, value = random.choice(
        [
            ("how many lines there are", "1", "count", lambda n: n),
            (f"{k} points for each of the lines", str(k), "count", lambda n: sum([k] * n)),
            (f"{k} more than there are lines", "1", f"count + {k}", lambda n: k + n),
        ]
    )
    return Task(
        title=f"Searching in {name}.txt",
        story=random.choice(
            [
                f"""
        A text file holds {what}, line by line. Complete `search`. It gets the name of the file and returns
        {told} {test}.

        *A loop over an open file gives one line after the other.* The function `made` is there already: the
        checks use it to write a file first.
        """,
                f"""
        Somebody wrote down {what}. Complete `search`. It opens the file whose name it gets, looks at each
        line, and returns {told} {test}.

        The function `made` is there already, and writes the files for the checks.
        """,
            ]
        ),
        before=MADE,
        function="search",
        parameters="name",
        doc="Return what is asked for of the lines.",
        body=f"""
        count = 0
        with open(name, encoding="utf-8") as file:
            for line in file:
                if {code}:
                    count += {gain}
        return {end}
        """,
        answer=lambda text: value(sum(1 for line in text.splitlines() if fits(line))),
        call=asks("search", f"{name}.txt"),
        shown=[(f"{word} at dawn\nall quiet\na {word}\n",), ("all quiet\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((f"{word}",), "The last line may have no end of its own."),
            ((f"{word} {word} {word}\n",), "A line counts once, however often the word is in it."),
            ((f"{word}\n\n\n{word}\n",), "There may be empty lines."),
        ],
        more=_pages(random, words),
    )


def _places(random: Random) -> Task:
    name, what, words = random.choice(_LOGS)
    word, first = random.choice(words), random.randint(1, 3) * 10
    kind = random.randrange(3)

    def numbers(text: str) -> list[int]:
        return [at for at, line in enumerate(text.split("\n"), first) if word in line]

    told, start, gain, end, value = [
        (
            f"a list of the numbers of all lines in which `{word}` stands",
            "[]",
            "found.append(number)",
            "found",
            lambda ns: ns,
        ),
        (
            f"the number of the **last** line in which `{word}` stands, or 0 if it stands in none",
            "0",
            "found = number",
            "found",
            lambda ns: max([0, *ns]),
        ),
        (
            f"the sum of the numbers of all lines in which `{word}` stands",
            "0",
            "found += number",
            "found",
            lambda ns: sum(ns),
        ),
    ][kind]
    return Task(
        title=f"Lines with {word}",
        story=f"""
        A text file holds {what}. Its lines have numbers, although they are not written there: the first
        line has the number {first}, the second {first + 1}, and so on. Complete `lines_with`. It gets the
        name of the file and returns {told}.

        *Count along while you go through the lines.* The function `made` is there already: the checks use
        it to write a file first.
        """,
        before=MADE,
        function="lines_with",
        parameters="name",
        doc="Return what is asked for of the line numbers.",
        body=f"""
        found = {start}
        number = {first}
        with open(name, encoding="utf-8") as file:
            for line in file:
                if "{word}" in line:
                    {gain}
                number += 1
        return {end}
        """,
        answer=lambda text: value(numbers(text)),
        call=asks("lines_with", f"{name}.txt"),
        shown=[(f"all quiet\na {word}\n{word} again\n",), ("all quiet\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((f"{word}\n",), "It may stand in the first line."),
            ((f"\n\n{word}",), "Empty lines have a number as well."),
            ((f"{word} {word}\nquiet\n",), "It may stand in a line twice."),
        ],
        more=_pages(random, words),
    )


def _append(random: Random) -> Task:
    name, what, item, items = random.choice(_LISTS)
    sign, step = random.choice([". ", ") ", ": ", " - "]), random.randint(1, 9)
    told, lines, answer = random.choice(
        [
            (
                f"writes the new {item} as a line of its own at the end, but only if no line says the same "
                "already",
                ["if item not in lines:", '    file.write(item + "\\n")'],
                lambda rows, item: rows if rows.count(item) else [*rows, item],
            ),
            (
                f"writes one more line at the end: how many lines there were before, plus {step}, then "
                f"`{sign}`, "
                f"then the new {item}",
                [f'file.write(f"{{len(lines) + {step}}}{sign}{{item}}\\n")'],
                lambda rows, item: [*rows, f"{sum(1 for _ in rows) + step}{sign}{item}"],
            ),
            (
                f"writes the new {item} at the end {step + 1} times, each time as a line of its own; "
                "only when "
                f"the file is still empty it is written once",
                [
                    f"times = {step + 1}",
                    "if not lines:",
                    "    times = 1",
                    'file.write((item + "\\n") * times)',
                ],
                lambda rows, item: [*rows, *([item] * (step + 1) if rows else [item])],
            ),
        ]
    )
    body = "\n".join(
        [
            'with open(name, encoding="utf-8") as file:',
            "    lines = file.read().splitlines()",
            'with open(name, "a", encoding="utf-8") as file:',
            *(f"    {line}" for line in lines),
            "return name",
        ]
    )
    rows = [random.sample(items, size) for size in (1, 2, 3, 4, 5)]
    some = random.sample(items, 4)
    return Task(
        title=f"One more {item}",
        story=f"""
        A text file holds {what}, one in each line. Complete `add`. It gets the name of the file and a new
        {item}, and {told}. What was in the file stays in it. `add` returns the name of the file.

        *Opened with `"a"`, what is written comes after what is there.* The functions `made` and `content`
        are there already: the checks use them to write a file first, and to look into it afterwards.
        """,
        before=MADE + CONTENT,
        function="add",
        parameters="name, item",
        doc="Write at the end of the file, and return its name.",
        body=body,
        answer=lambda text, item: text_of(answer(text.splitlines(), item)),
        call=asks("add", f"{name}.txt", "content({})"),
        shown=[(text_of(some[:2]), some[2]), (text_of(some[:2]), some[0])],
        edges=[
            (("", some[3]), "The file may be empty."),
            (
                (text_of([f"{items[3]}s", f"{items[4]} again"]), items[3]),
                "A part of a line is not the whole line.",
            ),
            ((text_of([items[7]] * 2), items[7]), "The same may be there twice."),
        ],
        more=[(text_of(row), random.choice(items)) for row in rows],
    )


def _both(random: Random) -> Task:
    name, what, item, items = random.choice(_LISTS)
    size = random.randint(3, 5)
    told, keep, kept = random.choice(
        [
            ("that stand in **both** files", "line in others", lambda row, rest: rest.count(row) > 0),
            (
                "that stand in the first file **only**",
                "line not in others",
                lambda row, rest: row not in rest,
            ),
            (
                f"that stand in both files, or have more than {size} letters",
                f"line in others or len(line) > {size}",
                lambda row, rest: any((rest.count(row), row[size:])),
            ),
            (
                f"that stand in the first file only and have at least {size} letters",
                f"line not in others and len(line) >= {size}",
                lambda row, rest: not (rest.count(row) or len(row) < size),
            ),
        ]
    )
    end, code, value = random.choice(
        [
            ("a list of those lines of the first file, in their order,", "found", lambda rows: list(rows)),
            ("a sorted list of those lines of the first file", "sorted(found)", lambda rows: sorted(rows)),
            ("how many lines of the first file there are", "len(found)", lambda rows: len(rows)),
            (
                "one text of those lines of the first file, in their order, with `+` between them,",
                '"+".join(found)',
                lambda rows: "+".join(rows),
            ),
        ]
    )

    def answer(first: str, second: str) -> Any:
        rest = second.split("\n")
        return value([row for row in first.split("\n") if row and kept(row, rest)])

    def call(first: str, second: str) -> str:
        return f"compared(made('mine.txt', {first!r}), made('yours.txt', {second!r}))"

    def page() -> str:
        return text_of(random.sample(items, random.randint(3, 7)))

    a, b, c, d, e = (items[place] for place in (7, 4, 3, 8, 5))
    letters = "abcdefgh"
    near = text_of([letters[size - 1 :: -1], letters[size::-1], letters[size - 2 :: -1]])
    return Task(
        title=f"Two lists of {name}",
        story=random.choice(
            [
                f"""
        Two people have a text file each with {what}: one {item} a line. Complete `compared`. It gets the
        names of the two files and returns {end} {told}. Empty lines do not count.

        The function `made` is there already: the checks use it to write both files first.
        """,
                f"""
        You and a friend have written down {what}, each in a file of your own. In a line stands one {item},
        or nothing: empty lines do not count. Complete `compared`, which gets both names, that of your file
        first. Look at the lines of **your** file from top to bottom, and return {end} {told}.

        *Read one file completely before you go through the other.* `made`, above, writes files for the
        checks.
        """,
            ]
        ),
        before=MADE,
        function="compared",
        parameters="first, second",
        doc="Return what is asked for of the two files.",
        body=f"""
        with open(second, encoding="utf-8") as file:
            others = file.read().splitlines()
        found = []
        with open(first, encoding="utf-8") as file:
            for line in file:
                line = line.strip()
                if line and ({keep}):
                    found.append(line)
        return {code}
        """,
        answer=answer,
        call=call,
        shown=[(f"{a}\n{b}\n{c}\n", f"{c}\n{d}\n{a}\n"), (f"{e}\n", f"{c}\n")],
        edges=[
            (("", f"{a}\n"), "The first file may be empty."),
            ((f"{a}\n{b}\n", ""), "The second file may be empty."),
            ((near, letters), "Look closely at how many letters a line has."),
            ((near, near), "Look closely at how many letters a line has."),
            ((f"{a}\n\n{b}\n", f"{b}\n"), "There may be empty lines."),
            ((f"{a}\n\n{e}", f"\n\n{e}"), "There may be empty lines, and a last one without an end."),
            ((f"{a}s\n", f"{a}\n"), "A part of a line is not the whole line."),
        ],
        more=[(page(), page()) for _ in range(6)],
    )


LOGS = Family("log", "files", by_level(_search, _places, _append, _both, options))
