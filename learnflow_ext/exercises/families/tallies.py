"""Objects that count: in steps, up to a limit, with a memory, together with others, and as a collection."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.gatherings import collection, numbered
from learnflow_ext.exercises.families.making import ClassTask, Family, by_level

_COUNTERS = (
    ("Turnstile", "turnstile at a stadium", "visitors", "enter"),
    ("Laps", "lap counter beside a running track", "laps", "lap"),
    ("Clicker", "clicker of somebody who watches birds", "birds", "click"),
    ("Meter", "meter of a parking place", "minutes", "insert"),
    ("Stapler", "machine that counts what it staples", "sheets", "staple"),
    ("Spinner", "toy that counts its turns", "turns", "spin"),
)
_LETTERS = "abcdefg"


def _steps(random: Random) -> ClassTask:
    name, what, things, do = random.choice(_COUNTERS)
    step, first = random.randint(2, 9), random.randint(1, 20)
    told, code, twin = random.choice(
        [
            (
                f"the count doubled, and {first} more",
                f"self.count * 2 + {first}",
                f"sum([{first}, self.n, self.n])",
            ),
            (
                f"{first + 90} minus the count",
                f"{first + 90} - self.count",
                f"-self.n + {first + 90}",
            ),
            (f"{first} times the count", f"self.count * {first}", f"sum([self.n] * {first})"),
        ]
    )
    return ClassTask(
        title=f"A {things} counter",
        story=f"""
        Write the class `{name}`, for the {what}. A new object has a `count` of {step * first}. Each call of
        `{do}()` makes the count larger by {step}. `shown()` returns {told}.
        """,
        name=name,
        doc=f"A {what}: it counts {things}.",
        body=f"""
        def __init__(self):
            self.count = {step * first}

        def {do}(self):
            self.count = self.count + {step}

        def shown(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.n = {first} * {step}
            def {do}(self):
                self.n -= -{step}
            def shown(self):
                return {twin}
            count = property(lambda self: self.n)
        """,
        shown=[f"{name}().count", f"{name}().shown()"],
        edges=[
            (f"one = {name}()\nother = {name}()\none.{do}()\nother.count", "Two objects should count apart."),
            (
                f"one = {name}()\none.shown()\none.shown()\none.count",
                "Showing the count should not change it.",
            ),
        ],
        more=[
            f"one = {name}()\none.{do}()\none.count",
            f"one = {name}()\none.{do}()\none.{do}()\none.shown()",
            f"one = {name}()\nfor _ in range(7):\n    one.{do}()\none.shown()",
            f"one = {name}()\nfor _ in range(4):\n    one.{do}()\none.count",
        ],
    )


def _round(random: Random) -> ClassTask:
    name, what, things, do = random.choice(_COUNTERS)
    most, fee = random.randint(5, 12), random.randint(2, 9)
    told, code, twin = random.choice(
        [
            (
                f"{fee} points for each full round, and 1 for each of the {things} after it",
                f"self.rounds * {fee} + self.count",
                f"self.k // {most} * {fee} + self.k % {most}",
            ),
            ("how many were counted since the beginning", f"self.rounds * {most} + self.count", "self.k"),
            (f"the number of full rounds plus {fee}", f"self.rounds + {fee}", f"{fee} + self.k // {most}"),
        ]
    )
    return ClassTask(
        title=f"Rounds of {most} {things}",
        story=f"""
        A {what} has room for small numbers only. Write the class `{name}`. A new object has a `count` and a
        number of `rounds`, both 0. `{do}()` adds 1 to the count. When the count reaches {most}, a round is
        full: the count is 0 again, and there is one round more. `result()` returns {told}.
        """,
        name=name,
        doc=f"Counts {things} in rounds of {most}.",
        body=f"""
        def __init__(self):
            self.count = 0
            self.rounds = 0

        def {do}(self):
            self.count = self.count + 1
            if self.count == {most}:
                self.count = 0
                self.rounds = self.rounds + 1

        def result(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.k = 0
            def {do}(self):
                self.k += 1
            def result(self):
                return {twin}
            count = property(lambda self: self.k % {most})
            rounds = property(lambda self: self.k // {most})
        """,
        shown=[f"{name}().count", f"{name}().result()"],
        edges=[
            (_times(name, do, most - 1) + "one.count", "One less than a round is no round yet."),
            (_times(name, do, most) + "one.count", "A full round begins at 0 again."),
            (_times(name, do, most) + "one.rounds", "A full round should be counted."),
            (_times(name, do, 3) + f"other = {name}()\nother.count", "Two objects should count apart."),
        ],
        more=[
            _times(name, do, 2) + "one.count",
            _times(name, do, most + 2) + "one.result()",
            _times(name, do, 3 * most + 1) + "one.result()",
            _times(name, do, 2 * most) + "one.rounds",
            _times(name, do, most - 1) + "one.result()",
        ],
    )


def _times(name: str, do: str, count: int) -> str:
    return f"one = {name}()\nfor _ in range({count}):\n    one.{do}()\n"


def _memory(random: Random) -> ClassTask:
    name, what, things, _ = random.choice(_COUNTERS)
    low, k = random.randint(3, 9), random.randint(2, 6)
    told, code, twin = random.choice(
        [
            (
                f"how many of all numbers so far are below {low}",
                f"len([n for n in self.numbers if n < {low}])",
                f"sum(n <= {low - 1} for n in self.all)",
            ),
            (
                f"the sum of the last {k} numbers, or of all, where there are fewer",
                f"sum(self.numbers[-{k}:])",
                f"sum(self.all[max(0, len(self.all) - {k}):])",
            ),
            (
                f"the largest number so far plus {k}, and {k} where there is none",
                f"max([0, *self.numbers]) + {k}",
                f"{k} + (sorted(self.all)[-1] if self.all else 0)",
            ),
        ]
    )
    rows = [[random.randint(1, 2 * low) for _ in range(size)] for size in (3, 4, 6, 8, 9)]
    return ClassTask(
        title=f"What the {things} were",
        story=f"""
        A {what} should remember. Write the class `{name}`. `note(number)` keeps a number of {things}, and
        returns how many numbers are kept by now. `undo()` forgets the last of them; without any it does
        nothing. `result()` returns {told}. A new object remembers nothing.
        """,
        name=name,
        doc=f"Remembers numbers of {things}.",
        body=f"""
        def __init__(self):
            self.numbers = []

        def note(self, number):
            self.numbers.append(number)
            return len(self.numbers)

        def undo(self):
            if self.numbers:
                self.numbers.pop()

        def result(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.all = ()
            def note(self, n):
                self.all += (n,)
                return len(self.all)
            def undo(self):
                self.all = self.all[:-1]
            def result(self):
                return {twin}
        """,
        shown=[f"{name}().result()", f"{name}().note(4)"],
        edges=[
            (_noted(name, [low, low - 1, low + 1]) + "one.result()", f"Look closely at {low} itself."),
            (f"one = {name}()\none.undo()\none.note({low})", "There may be nothing to forget."),
            (
                _noted(name, [low, 1]) + "one.undo()\none.undo()\none.undo()\none.result()",
                "Everything may be forgotten.",
            ),
            (
                _noted(name, [2, 3]) + f"other = {name}()\nother.note(1)",
                "Two objects should not share a list.",
            ),
        ],
        more=[
            _noted(name, rows[0]) + "one.result()",
            _noted(name, rows[1]) + "one.undo()\none.result()",
            *(_noted(name, row) + "one.result()" for row in rows[2:]),
            _noted(name, rows[4]) + f"one.undo()\none.note({low})",
        ],
    )


def _noted(name: str, numbers: list[int]) -> str:
    return "\n".join([f"one = {name}()", *(f"one.note({n})" for n in numbers), ""])


TALLIES = Family("counter", "objects", by_level(_steps, _round, _memory, numbered, collection))
