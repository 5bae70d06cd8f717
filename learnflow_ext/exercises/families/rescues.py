"""Errors that are caught: a second way, `else`, several kinds, undoing what was done, and reports."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.outcomes import OUTCOME
from learnflow_ext.exercises.families.reports import report

_SOURCES = (
    ("weather", "a weather station", "degrees"),
    ("news", "a newspaper", "lines"),
    ("maps", "a map", "kilometres"),
    ("music", "a music box", "seconds"),
    ("stars", "a telescope", "stars"),
    ("tides", "a harbour", "centimetres"),
)


def _second(random: Random) -> Task:
    name, what, unit = random.choice(_SOURCES)
    limit, k, low = random.randint(20, 60), random.randint(2, 9), random.randint(3, 12)
    error = random.choice(["ValueError", "LookupError", "RuntimeError"])
    told, code, value = random.choice(
        [
            (f"{k} more than it", f"ask(number) + {k}", lambda n: k + n),
            (f"{k} times as much", f"ask(number) * {k}", lambda n: sum([n] * k)),
            (f"it without {k}", f"ask(number) - {k}", lambda n: -k + n),
        ]
    )

    def answer(number: int) -> int:
        return value(2 * number) if 2 * number < limit + 1 else number + low

    return Task(
        title=f"When {what} does not answer",
        story=f"""
        The function `ask` is there already: it asks {what} for a number of {unit}, and raises a `{error}`
        where there is no answer. Complete `{name}`. It calls `ask` with its number once. If that goes well,
        it takes what `ask` returned, and returns {told}. If `ask` raises a `{error}`, it returns its own
        number plus {low} instead.

        *What may fail stands below `try`, what helps then below `except {error}`.*
        """,
        before=f'''
def ask(number):
    """Return a number of {unit}, or raise a {error}."""
    if number * 2 > {limit}:
        raise {error}("There is no answer.")
    return number * 2
''',
        function=name,
        parameters="number",
        doc="Return what is asked for, or the second best.",
        body=f"""
        try:
            return {code}
        except {error}:
            return number + {low}
        """,
        answer=answer,
        shown=[(3,), (limit,)],
        edges=[
            ((limit // 2,), "Look closely at the last number with an answer."),
            ((limit // 2 + 1,), "Look closely at the first number without an answer."),
            ((0,), "0 is a number."),
            ((-4,), "A number may be below 0."),
        ],
        more=[(random.randint(1, limit),) for _ in range(6)],
    )


def _else(random: Random) -> Task:
    name, what, unit = random.choice(_SOURCES)
    k, fine = random.randint(2, 9), random.randint(10, 40)
    good, bad = random.choice([("done", "failed"), ("yes", "no"), ("read", "lost"), ("in", "out")])
    told, code, value = random.choice(
        [
            (f"the number times {k}", f"number * {k}", lambda n: sum([n] * k)),
            (f"the number plus {k}", f"number + {k}", lambda n: k + n),
            (f"{fine} without the number", f"{fine} - number", lambda n: -n + fine),
        ]
    )

    def answer(texts: list[str]) -> list[object]:
        log, points = [], 0
        for text in texts:
            bare = text.strip().removeprefix("-")
            fits = bare.isdigit()
            log.append(good if fits else bad)
            points += value(int(text)) if fits else -fine
        log.append(str(len(texts)))
        return [points, log]

    some = ["7", "12", "-3", "x", "", "4.5", " 8 ", "1e3", "0", "twenty", "31"]
    return Task(
        title=f"A log of {what}",
        story=f"""
        From {what} come texts, each of which should be a whole number of {unit}. Complete `{name}`. It gets
        a list of such texts. For each that `int` can read, the points go up by {told}, and `{good}` is
        written into a log. For each that `int` cannot read, {fine} points are taken off, and `{bad}` is
        written into the log. At the end the number of texts comes to the log, as a text, in any case. The
        function returns a list of two: the points, and the log, which is a list of texts. At first there
        are 0 points and an empty log.

        *`else` below `try` and `except` is for what happens when there was no error.*
        """,
        function=name,
        parameters="texts",
        doc="Return the points and the log.",
        body=f"""
        points, log = 0, []
        for text in texts:
            try:
                number = int(text)
            except ValueError:
                points -= {fine}
                log.append("{bad}")
            else:
                points += {code}
                log.append("{good}")
        log.append(str(len(texts)))
        return [points, log]
        """,
        answer=answer,
        shown=[(["7", "x"],), (["12"],)],
        edges=[
            (([],), "There may be no texts."),
            ((["", "-"],), "It may be that nothing is a number."),
            (([" 8 ", "-3"],), "`int` can read spaces and a minus."),
            ((["0"],), "0 is a number."),
        ],
        more=[([random.choice(some) for _ in range(count)],) for count in (3, 4, 5, 6, 8)],
    )


def _steps(random: Random) -> Task:
    name, what, unit = random.choice(_SOURCES)
    none, wrong, zero = random.sample(range(1, 40), 3)
    k = random.randint(2, 9)
    told, code, value = random.choice(
        [
            (
                f"how often the number fits into {30 * k} (`//`)",
                f"{30 * k} // number",
                lambda n: (30 * k - 30 * k % n) // n,
            ),
            (
                f"what remains when {30 * k + 7} is divided by the number (`%`)",
                f"{30 * k + 7} % number",
                lambda n: 30 * k + 7 - (30 * k + 7) // n * n,
            ),
        ]
    )

    def answer(rows: list[str], place: int) -> int:
        if not -len(rows) <= place < len(rows):
            return -none
        bare = rows[place].strip()
        if not bare.isdigit():
            return -wrong
        return value(int(bare)) if int(bare) else -zero

    some = ["7", "12", "x", "0", "", " 5", "31", "2", "nine", "44"]
    return Task(
        title=f"Three things can go wrong: {name}",
        story=f"""
        A list holds texts from {what}; most of them are whole numbers of {unit}, from 0 on. Complete
        `{name}`. It gets the list and a place in it, makes a number of the text at that place with `int`,
        and returns {told}. Three errors may come. If there is no such place, it returns {-none}. If the
        text is no whole number, it returns {-wrong}. If the number is 0, so that nothing can be divided, it
        returns {-zero}. A place below 0 counts from the end, as always.

        *Which errors are these? Try `[1][5]`, `int("x")` and `1 // 0`. Several `except` may follow one
        `try`.*
        """,
        function=name,
        parameters="rows, place",
        doc="Return what is asked for of the number at that place.",
        body=f"""
        try:
            number = int(rows[place])
            return {code}
        except IndexError:
            return {-none}
        except ValueError:
            return {-wrong}
        except ZeroDivisionError:
            return {-zero}
        """,
        answer=answer,
        shown=[(["7", "x"], 0), (["7", "x"], 1)],
        edges=[
            (([], 0), "The list may be empty."),
            ((["4", "0"], 1), "The number may be 0."),
            ((["4", "5"], 2), "Look closely behind the last place."),
            ((["4", "x", "6"], -1), "A place below 0 counts from the end."),
            ((["4"], -2), "There are not so many places before the end."),
            (([" 9 "], 0), "`int` can read spaces around a number."),
        ],
        more=[([random.choice(some) for _ in range(5)], random.randint(0, 5)) for _ in range(8)],
    )


def _undo(random: Random) -> Task:
    name, what, thing = random.choice(
        [
            ("pack", "a suitcase", "kilograms"),
            ("load", "a boat", "crates"),
            ("plan", "a tour", "kilometres"),
            ("fill", "a jar", "spoons"),
            ("seat", "a table", "guests"),
        ]
    )
    most, again = random.randint(15, 40), random.choice(["raised again", "named"])
    error = random.choice(["ValueError", "RuntimeError", "OverflowError"])
    raised = again == "raised again"
    ending = (
        f"raises the **same error again**, so that whoever called `{name}` hears of it"
        if raised
        else "returns the name of the error, such as `TypeError`, instead"
    )

    def answer(rows: list[object], new: list[object]) -> list[object]:
        now = list(rows)
        for each in new:
            if not isinstance(each, int):
                return ["TypeError", rows]
            if sum(now) + each > most:  # type: ignore[arg-type]
                return [error, rows]
            now.append(each)
        return [sum(now), now]  # type: ignore[arg-type]

    return Task(
        title=f"All or nothing for {what}",
        story=f"""
        The function `add` is there already: it puts a number of {thing} at the end of a list for {what}, or
        raises an error. Complete `{name}`. It gets such a list, and a list of new numbers, and calls `add`
        for each of them, one after the other. If all goes well, it returns the sum of the list. If `add`
        raises an error, whichever, it takes out of the list again **what it has put in itself**, and
        {ending}. What was in the list before stays, and it stays the same list.

        *`rows[start:] = []` takes out all from `start` on.* The checks use `outcome`, and look at the list
        afterwards.
        """,
        before=f'''
{OUTCOME.strip()}


def add(rows, number):
    """Put the number at the end of the list; TypeError for no number, {error} for too much."""
    if sum(rows) + number > {most}:
        raise {error}("That is too much.")
    rows.append(number)
''',
        function=name,
        parameters="rows, new",
        doc="Put all new numbers into the list, or none.",
        body=f"""
        start = len(rows)
        try:
            for number in new:
                add(rows, number)
        except Exception{"" if raised else " as error"}:
            rows[start:] = []
            {"raise" if raised else "return type(error).__name__"}
        return sum(rows)
        """,
        answer=answer,
        call=lambda rows, new: f"(lambda rows: [outcome({name}, rows, {new!r}), rows])({rows!r})",
        shown=[([3, 4], [2]), ([5], [1, most])],
        edges=[
            (([], []), "There may be nothing to do."),
            (([2, 3], [most - 5]), "It may be just full."),
            (([2, 3], [most - 4]), "Look closely at the limit."),
            (([2, 3], [4, "five"]), "Any error takes back what was put in."),
            (([2, 2], [2, 2, most]), "What was there before stays."),
            (([], [1, 2, None]), "The list may have been empty."),
        ],
        more=[
            (
                [random.randint(0, 5) for _ in range(size)],
                [random.randint(1, most // 3) for _ in range(count)],
            )
            for size, count in ((1, 2), (2, 3), (3, 4), (0, 3), (2, 6), (3, 1))
        ],
    )


RESCUES = Family("rescue", "errors", by_level(_second, _else, _steps, _undo, report))
