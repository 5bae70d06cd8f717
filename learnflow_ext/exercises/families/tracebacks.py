"""Errors that are read: what a traceback says of the error, of its place, and of the way to it."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

Frame = tuple[str, int, str, str]
"""A file, a line's number, a function, and what stands in that line."""

_PROGRAMS = (
    ("shop", "a shop", ("main", "price_of", "discount", "rounded"), "price = price_of(thing)"),
    ("quiz", "a quiz", ("start", "ask", "check", "points_for"), "points = check(answer)"),
    ("trip", "a trip planner", ("plan", "distance", "fuel", "read_map"), "way = distance(towns)"),
    ("garden", "a garden robot", ("run", "water", "measure", "turn"), "litres = measure(bed)"),
    ("league", "a football league", ("table", "results", "goals_of", "sort_key"), "rows = results(day)"),
    ("diary", "a diary", ("write", "today", "mood_of", "save"), "mood = mood_of(text)"),
)
_LIBRARIES = ("helpers.py", "tools.py", "numbers_kit.py", "textkit.py")
_ERRORS = (
    ("ValueError", "invalid literal for int() with base 10: 'ten'"),
    ("KeyError", "'tea'"),
    ("IndexError", "list index out of range"),
    ("ZeroDivisionError", "division by zero"),
    ("TypeError", 'can only concatenate str (not "int") to str'),
    ("NameError", "name 'totl' is not defined"),
    ("AttributeError", "'list' object has no attribute 'add'"),
)
_SILENT = ("AssertionError", "KeyboardInterrupt", "StopIteration")


def _frame(random: Random, file: str, functions: tuple[str, ...], code: str) -> Frame:
    return file, random.randint(3, 240), random.choice(functions), code


def _lines(frames: list[Frame], error: str) -> list[str]:
    """A traceback as Python prints it, line by line."""
    found = ["Traceback (most recent call last):"]
    for file, line, function, code in frames:
        found += [f'  File "{file}", line {line}, in {function}', f"    {code}"]
    return [*found, error]


def _said(random: Random) -> str:
    """The last line of a traceback."""
    return random.choice([*(f"{kind}: {message}" for kind, message in _ERRORS), random.choice(_SILENT)])


class _Maker:
    """Tracebacks of one program, with other files beside its own."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.name, self.what, self.functions, self.code = random.choice(_PROGRAMS)
        self.file = f"{self.name}.py"
        self.library = random.choice(_LIBRARIES)

    def frames(self, own: int, others: int) -> list[Frame]:
        ours = [_frame(self.random, self.file, self.functions, self.code) for _ in range(own)]
        theirs = [
            _frame(self.random, self.library, ("read", "clean", "convert"), "return convert(value)")
            for _ in range(others)
        ]
        return ours + theirs

    def lines(self, own: int = 2, others: int = 0, error: str = "") -> list[str]:
        return _lines(self.frames(own, others), error or _said(self.random))

    def intro(self) -> str:
        """What a traceback is, with one as an example."""
        shown = "\n".join(
            _lines([(self.file, 12, self.functions[0], self.code)], "{}: {}".format(*_ERRORS[2]))
        )
        return (
            f"Somebody wrote {self.what} in Python. When an error stops it, Python prints a traceback, such "
            f"as this one:\n\n```text\n{shown}\n```\n\nIt is read from below: the last line says which error "
            "it was."
        )


def _searched(random: Random) -> Task:
    maker = _Maker(random)
    word = random.choice(["python", "help", "what is", "explain", "learn"])
    told, code, value = random.choice(
        [
            (f"`{word}`, a space, and the name of the error", f'"{word} " + name', lambda n: f"{word} {n}"),
            (
                f"the name of the error, a space, and `{word}`",
                f'name + " {word}"',
                lambda n: " ".join([n, word]),
            ),
            (
                f"`{word}`, a space, and the name of the error in small letters",
                f'"{word} " + name.lower()',
                lambda n: f"{word} {''.join(map(str.lower, n))}",
            ),
        ]
    )

    def answer(lines: list[str]) -> str:
        last = [*lines].pop()
        return value("".join(last.partition(":")[:1]))

    return Task(
        title="What to search for",
        story=f"{maker.intro()} What stands before the first colon is its name, and behind it what went "
        "wrong; sometimes there is only the name.\n\n"
        f"Complete `search_for`. It gets the lines of a traceback as a list of texts, and returns what one "
        f"could type into a search engine: {told}.\n\n"
        '*`split(":")` cuts a text at its colons. A list\'s last element has the number -1.*',
        function="search_for",
        parameters="lines",
        doc="Return what to search for.",
        body=f'name = lines[-1].split(":")[0]\nreturn {code}',
        answer=answer,
        shown=[(maker.lines(1, 0, ": ".join(_ERRORS[3])),), (maker.lines(1, 0, _SILENT[0]),)],
        edges=[
            ((maker.lines(2, 0, ": ".join(_ERRORS[0])),), "There may be more colons in what went wrong."),
            ((["SyntaxError: invalid syntax"],), "There may be one line only."),
            ((maker.lines(3, 1, _SILENT[1]),), "Some errors have a name only."),
        ],
        more=[(maker.lines(random.randint(1, 3)),) for _ in range(5)],
    )


def _halves(random: Random) -> Task:
    maker = _Maker(random)
    nothing = random.choice(["?", "nothing said", "-", "no message"])
    most = random.randint(12, 24)
    told, code, value = random.choice(
        [
            (
                f"cut to its first {most} signs where it is longer",
                f"message[:{most}]",
                lambda m: "".join([*m][:most]),
            ),
            ("in capital letters", "message.upper()", lambda m: m.upper()),
            (
                f"cut to its last {most} signs where it is longer",
                f"message[-{most}:]",
                lambda m: m[max(0, len(m) - most) :],
            ),
            ("with a full stop at its end", 'message + "."', lambda m: f"{m}."),
        ]
    )

    def answer(lines: list[str]) -> list[str]:
        last = lines[len(lines) - 1]
        at = last.find(": ")
        return [last, nothing] if at < 0 else [last[:at], value(last[at + 2 :])]

    return Task(
        title="Name and message",
        story=f"{maker.intro()} Its name ends where `: ` (a colon and a space) comes for the first time; all "
        "the rest is the message, which may have colons in it. Some errors have a name and nothing else.\n\n"
        "Complete `name_and_message`. It gets the lines of a traceback as a list of texts, and returns a "
        f"list of two: the name of the error, and its message {told}. Where there is no message, "
        f"`{nothing}` stands in its place, just so.\n\n"
        '*`text.split(": ", 1)` cuts once at most.*',
        function="name_and_message",
        parameters="lines",
        doc="Return the error's name and its message.",
        body=f"""
        words = lines[-1].split(": ", 1)
        if len(words) == 1:
            return [words[0], {nothing!r}]
        message = words[1]
        return [words[0], {code}]
        """,
        answer=answer,
        shown=[(maker.lines(1, 0, ": ".join(_ERRORS[2])),), (maker.lines(1, 0, _SILENT[2]),)],
        edges=[
            ((maker.lines(2, 0, ": ".join(_ERRORS[0])),), "A message may have colons in it."),
            ((maker.lines(2, 0, "ValueError: a: b: c"),), "A message may have colons in it."),
            ((["SyntaxError: invalid syntax"],), "There may be one line only."),
            ((maker.lines(1, 0, "KeyError: 5"),), "A message may be short."),
            ((maker.lines(1, 0, f"RuntimeError: {'abcdefghi' * 4}"),), "A message may be long."),
            ((maker.lines(2, 0, _SILENT[0]),), "Some errors have a name only."),
        ],
        more=[(maker.lines(random.randint(1, 3)),) for _ in range(5)],
    )


def _where(random: Random) -> Task:
    maker = _Maker(random)
    none, first = random.randint(1, 9), random.random() < 0.4
    file, library = maker.file, maker.library
    which = "first" if first else "last"
    told, code, value = random.choice(
        [
            ("the number of that line", "number", lambda n: n),
            ("the number of the line just above that one in the program", "number - 1", lambda n: -1 + n),
            ("the number of the line just below that one in the program", "number + 1", lambda n: 1 + n),
        ]
    )

    def answer(lines: list[str]) -> int:
        places = [each.split('"')[1:] for each in lines if each[:7] == "  File "]
        numbers = [int("".join(filter(str.isdigit, b.split(" in ")[0]))) for a, b in places if a == file]
        return value(numbers[0 if first else len(numbers) - 1]) if numbers else -none

    found = f"return {code}" if first else f"found = {code}"
    start, end = ("", f"return {-none}") if first else (f"found = {-none}", "return found")
    other = _lines([(library, 8, "read", "pass"), (f"my_{file}", 5, "go", "pass")], "KeyError: 3")
    return Task(
        title=f"The line in `{file}`",
        story=f"{maker.intro()} The lines with `File` tell the way: the first is where it began, the last "
        f"where the error happened, often in somebody else's file such as `{library}`.\n\n"
        "Complete `line_to_look_at`. It gets the lines of a traceback as a list of texts. It looks for the "
        f"**{which}** place in `{file}`, and returns {told}, as a whole number. If there is no "
        f"place in `{file}`, it returns {-none}.\n\n"
        "*All lines with a place begin in the same way, with two spaces. `startswith` asks for a "
        'beginning, and `split(", ")` cuts at every comma with a space.*',
        function="line_to_look_at",
        parameters="lines",
        doc=f"Return which line of {file} to look at.",
        body=f"""
        {start}
        for line in lines:
            if line.startswith('  File "{file}"'):
                number = int(line.split(", ")[1][5:])
                {found}
        {end}
        """,
        answer=answer,
        shown=[(maker.lines(2, 0),), (maker.lines(1, 1),)],
        edges=[
            ((other,), f"It may be that no place is in `{file}`."),
            ((maker.lines(3, 2),), "Several places may be in the same file."),
            ((["SyntaxError: invalid syntax"],), "There may be no place at all."),
            ((maker.lines(1, 0, f'OSError: File "{file}", line 3, in x'),), "A message is no place."),
            ((_lines([(file, 7, "go", f'print("File \\"{file}\\"")')], "KeyError: 1"),), "Code is no place."),
        ],
        more=[(maker.lines(random.randint(1, 4), random.randint(0, 2)),) for _ in range(6)],
    )


def _frequent(random: Random) -> Task:
    maker = _Maker(random)
    least, k = random.randint(2, 3), random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"how often it came, times {k}", f"count * {k}", lambda n: sum([k] * n)),
            (
                f"how often it came, less {least - 1}",
                f"count - {least - 1}",
                lambda n: n + 1 - least,
            ),
            (f"how often it came, and {k} more", f"count + {k}", lambda n: k + n),
        ]
    )

    def answer(lines: list[str]) -> dict[str, int]:
        names = [each.split(":")[0] for each in lines if each and each[:1] not in " T="]
        names += [each.split(":")[0] for each in lines if each[:5] == "TypeE"]
        order = [each.split(":")[0] for each in lines]
        return {each: value(names.count(each)) for each in order if names.count(each) > least - 1}

    def log(*errors: str) -> tuple[list[str]]:
        found: list[str] = []
        for each in errors:
            found += [*([f"=== day {random.randint(1, 30)} ==="] if random.random() < 0.4 else [])]
            found += maker.lines(1, random.randint(0, 1), each)
        return (found,)

    a, b, c = (f"{kind}: {message}" for kind, message in random.sample(_ERRORS[:4], 3))
    silent = random.choice(_SILENT)
    return Task(
        title="The errors of a week",
        story=f"{maker.intro()}\n\nAll tracebacks of a week stand in one log, one after the other. Complete "
        "`frequent`. It gets the lines of the log as a list of texts. Each traceback has the line with "
        "`Traceback` in front, lines that begin with a space, and a last line, which begins with the name of "
        "the error; it ends at the colon, if there is one. Lines that begin with `===` only say which day it "
        f"was. The function returns a dictionary. Its keys are the errors that came at least {least} times, "
        f"in the order in which they came first, and under each stands {told}.\n\n"
        "*Leave out all lines that name no error. Count the others.*",
        function="frequent",
        parameters="lines",
        doc="Return the frequent errors.",
        body=f"""
        counts = {{}}
        for line in lines:
            if line.startswith((" ", "Traceback", "===")):
                continue
            name = line.split(":")[0]
            counts[name] = counts.get(name, 0) + 1
        found = {{}}
        for name, count in counts.items():
            if count >= {least}:
                found[name] = {code}
        return found
        """,
        answer=answer,
        shown=[log(*[a] * least), log(a, b)],
        edges=[
            (([],), "The log may be empty."),
            (log(a, b, *[c] * least), "Not every error came often."),
            (log(b, *[a] * least, b, b), "The order is the one in which they came first."),
            (log(*[silent] * (least + 1)), "Some errors have a name only."),
            (log(*[a] * (least - 1)), "Look closely at how often is often enough."),
            (
                log(*[_ERRORS[4][0] + ": x"] * (least + 2)),
                "`TypeError` begins with a T, as `Traceback` does.",
            ),
        ],
        more=[log(*random.choices([a, b, c, silent], k=size)) for size in (4, 6, 7, 8)],
    )


def _way(random: Random) -> Task:
    maker = _Maker(random)
    outside, arrow = random.choice(["outside", "top", "file"]), random.choice([" > ", " -> ", "/", " calls "])
    file, library, functions = maker.file, maker.library, maker.functions

    def answer(lines: list[str]) -> list[object]:
        begin = max(at for at, each in enumerate(lines) if each[:9] == "Traceback")
        places = [each[8:].split('"') for each in lines[begin:] if each[:7] == "  File "]
        names = [rest.split(" in ")[1] for _, rest in places]
        names = [outside if each == "<module>" else each for each in names]
        way = [each for at, each in enumerate(names) if at == 0 or names[at - 1] != each]
        number = int(places[len(places) - 1][1].split(" ")[2].rstrip(","))
        return [arrow.join(way), number, lines[len(lines) - 1].split(":")[0]]

    def trace(*names: str, error: str = "") -> list[str]:
        frames = [
            (
                file if name in functions or name == "<module>" else library,
                random.randint(3, 240),
                name,
                "go()",
            )
            for name in names
        ]
        return _lines(frames, error or _said(random))

    again = "During handling of the above exception, another exception occurred:"
    a, b, c, d = functions
    return Task(
        title="The way to an error",
        story=f"{maker.intro()} The lines with `File` tell the way there. Each names a function, and "
        "`<module>` stands for what is outside of all functions.\n\n"
        "Complete `way`. It gets the lines of a traceback as a list of texts, and returns a list of three. "
        f"The first is the way: the names of the functions, with `{arrow}` between them, and `{outside}` "
        "instead of `<module>`. The same name several times in a row, as of a function that calls itself, is "
        "written **once**. The second is the number of the line where the error happened, that of the last "
        "place. The third is the name of the error, without its message. Sometimes a second error happens "
        "while the first is dealt with: then there are two tracebacks or more, one below the other, and only "
        "the **last** one counts.\n\n"
        '*A list is emptied by a new one. `split(", ")` cuts a place into its three parts.*',
        function="way",
        parameters="lines",
        doc="Return the way, the line's number and the error's name.",
        body=f"""
        places = []
        for line in lines:
            if line.startswith("Traceback"):
                places = []
            elif line.startswith("  File "):
                places.append(line.split(", "))
        names = []
        for place in places:
            name = place[2][3:]
            if name == "<module>":
                name = "{outside}"
            if not names or names[-1] != name:
                names.append(name)
        return ["{arrow}".join(names), int(places[-1][1][5:]), lines[-1].split(":")[0]]
        """,
        answer=answer,
        shown=[(trace("<module>", a, b, error=": ".join(_ERRORS[3])),), (trace(c, c, error=_SILENT[0]),)],
        edges=[
            ((trace(a, b, b, b, a),), "A function may call itself, and come again later."),
            ((trace("<module>"),), "The error may be outside of all functions."),
            (([*trace(a, b), "", again, "", *trace(c, d, error="KeyError: 1")],), "The last one counts."),
            ((trace(a, "convert", "zip_up"),), "The place may be in another file."),
            ((trace("abc", a, "zoo", error="ValueError: 3: 4"),), "A message may have colons in it."),
        ],
        more=[
            (trace(*random.choices([*functions, "read", "<module>"], k=size)),) for size in (2, 3, 4, 5, 6)
        ],
    )


TRACEBACKS = Family("traceback", "errors", by_level(_searched, _halves, _where, _frequent, _way))
