"""Text files searched, continued, compared, and read as settings."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.files import CONTENT, MADE
from learnflow_ext.exercises.families.making import Family, Task

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
    ("guests", "the guests of a party", "guest"),
    ("tools", "the tools in a shed", "tool"),
    ("books", "the books that somebody wants to read", "book"),
    ("errands", "the errands of a day", "errand"),
    ("plants", "the plants on a balcony", "plant"),
    ("towns", "the towns of a journey", "town"),
)
_ITEMS = ("ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak", "pine", "rowan")
_SETTINGS = (
    ("game", "a game", ("sound", "screen", "player"), ("volume", "width", "lives", "speed")),
    ("house", "a house", ("kitchen", "cellar", "roof"), ("lamps", "windows", "doors", "chairs")),
    ("farm", "a farm", ("stable", "field", "orchard"), ("cows", "sacks", "rows", "ladders")),
    ("club", "a club", ("chess", "choir", "judo"), ("members", "rooms", "hours", "coaches")),
)


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _one(function: str, name: str, wrap: str = "{}") -> Callable[..., str]:
    def call(text: str, *others: str) -> str:
        asked = ", ".join([f"made({name!r}, {text!r})", *map(repr, others)])
        return wrap.format(f"{function}({asked})")

    return call


def _pages(random: Random, words: tuple[str, ...]) -> list[tuple[str]]:
    """Texts of several lines, in some of which the words stand."""
    pages = []
    for size in (2, 3, 4, 5, 6, 7):
        lines = [random.choice([f"a {random.choice(words)} again", *_BETWEEN]) for _ in range(size)]
        pages.append((_text(lines),))
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
        call=_one("search", f"{name}.txt"),
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
        call=_one("lines_with", f"{name}.txt"),
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
    name, what, item = random.choice(_LISTS)
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
    rows = [random.sample(_ITEMS, size) for size in (1, 2, 3, 4, 5)]
    some = random.sample(_ITEMS, 4)
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
        answer=lambda text, item: _text(answer(text.splitlines(), item)),
        call=_one("add", f"{name}.txt", "content({})"),
        shown=[(_text(some[:2]), some[2]), (_text(some[:2]), some[0])],
        edges=[
            (("", some[3]), "The file may be empty."),
            ((_text(["elms", "fir tree"]), "elm"), "A part of a line is not the whole line."),
            ((_text(["oak", "oak"]), "oak"), "The same may be there twice."),
        ],
        more=[(_text(row), random.choice(_ITEMS)) for row in rows],
    )


def _both(random: Random) -> Task:
    name, what, item = random.choice(_LISTS)
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
        return _text(random.sample(_ITEMS, random.randint(3, 7)))

    letters = "abcdefgh"
    near = _text([letters[size - 1 :: -1], letters[size::-1], letters[size - 2 :: -1]])
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
        shown=[("oak\nfir\nelm\n", "elm\npine\noak\n"), ("larch\n", "elm\n")],
        edges=[
            (("", "oak\n"), "The first file may be empty."),
            (("oak\nfir\n", ""), "The second file may be empty."),
            ((near, letters), "Look closely at how many letters a line has."),
            ((near, near), "Look closely at how many letters a line has."),
            (("oak\n\nfir\n", "fir\n"), "There may be empty lines."),
            (("oak\n\nhazel", "\n\nhazel"), "There may be empty lines, and a last one without an end."),
            (("oaks\n", "oak\n"), "A part of a line is not the whole line."),
        ],
        more=[(page(), page()) for _ in range(6)],
    )


def _settings(random: Random) -> Task:
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
        return _text([*lines(1), f"[{some[0]}]", *lines(3), f"[{some[1]}]", *lines(2)])

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
        call=_one("settings", f"{name}.ini"),
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


_LEVELS: tuple[Callable[[Random], Task], ...] = (_search, _places, _append, _both, _settings)


def _log(random: Random, level: int) -> Task:
    return _LEVELS[level - 1](random)


LOGS = Family("log", "files", _log)
