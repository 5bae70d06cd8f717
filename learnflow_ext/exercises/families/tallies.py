"""Objects that count: in steps, up to a limit, with a memory, together with others, and as a collection."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from learnflow_ext.exercises.families.making import ClassTask, Family

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


_CLUBS = (
    ("Member", "a chess club", "members", "join"),
    ("Ticket", "a lottery", "tickets", "buy"),
    ("Box", "a moving van", "boxes", "load"),
    ("Robot", "a factory", "robots", "build"),
    ("Runner", "a city run", "runners", "start"),
)


def _together(random: Random) -> ClassTask:
    name, place, things, _ = random.choice(_CLUBS)
    first, k = random.randint(10, 90), random.randint(2, 9)
    # Others may have been made before: what a check compares does not depend on how many.
    told, code, twin, probe = random.choice(
        [
            (
                f"its number plus {k} times the length of its label",
                f"self.number + {k} * len(self.label)",
                f"len(self.t) * {k} + self.number",
                "[{0}.tag() - {0}.number, len({0}.label)]",
            ),
            (
                f"its label, a `-` and its number, such as `ab-{first}`",
                'self.label + "-" + str(self.number)',
                "'-'.join([self.t, format(self.number)])",
                "[{0}.tag().split('-')[0], int({0}.tag().split('-')[1]) - {0}.number]",
            ),
            (
                f"how many more {things} were made after it, {k} times",
                f"({name}.made - 1 - (self.number - {first})) * {k}",
                f"sum([{k}] * ({name}.made - self.at - 1))",
                "{0}.tag()",
            ),
        ]
    )
    a, b, c = random.sample(["ada", "ben", "cleo", "daniel", "eve", "finn"], 3)
    two = f"one = {name}({a!r})\ntwo = {name}({b!r})\n"
    three = f"{two}three = {name}({c!r})\n"
    return ClassTask(
        title=f"{things.capitalize()} with numbers of their own",
        story=f"""
        In {place} all {things} get numbers. Write the class `{name}`. A new object gets its `label`, a
        text. It takes the next free `number`: the first object of all has {first}, the next one
        {first + 1}, and so on, whatever happens to the others. `{name}.made` is how many were made so far;
        it belongs to the **class** and is 0 before the first. `tag()` returns {told}.

        *A value that all objects share stands in the class, outside of its methods.*
        """,
        name=name,
        doc=f"One of the {things} of {place}.",
        body=f"""
        made = 0

        def __init__(self, label):
            self.label = label
            self.number = {first} + {name}.made
            {name}.made = {name}.made + 1

        def tag(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, t):
                self.at, self.label, self.t = {name}.made, t, t
                {name}.made += 1
            number = property(lambda self: {first} + self.at)
            def tag(self):
                return {twin}
        {name}.made = 0
        """,
        shown=[f"{name}({a!r}).label", f"{name}({b!r}).label"],
        edges=[
            (f"{two}two.number - one.number", "The next object should have the next number."),
            (f"{two}two.number - {name}.made", f"The first number should be {first}."),
            (f"before = {name}.made\n{two}{name}.made - before", "The class should count all of them."),
            (f"{three}[one.label, two.label]", "Each object should keep its own label."),
        ],
        more=[
            two + probe.format("two"),
            three + probe.format("one"),
            three + probe.format("three"),
            f"{three}[one.number - two.number, three.number - {name}.made]",
            f"{three}four = {name}({a!r})\n" + probe.format("two"),
        ],
    )


def _collection(random: Random) -> ClassTask:
    name, place, things, do = random.choice(_CLUBS)
    name = "Boxes" if name == "Box" else f"{name}s"
    k = random.randint(2, 5)
    seldom = "once" if k == 2 else f"{k - 1} times"
    told, code, twin = random.choice(
        [
            (
                "the name that stands there most often; of several the one that came first",
                "max(self.names, key=self.names.count)",
                "sorted(enumerate(self.t), key=lambda p: (-self.t.count(p[1]), p[0]))[0][1]",
            ),
            (
                "the longest name; of several the one that came first",
                "max(self.names, key=len)",
                "sorted(enumerate(self.t), key=lambda p: (-len(p[1]), p[0]))[0][1]",
            ),
            ("the name that comes first in the alphabet", "min(self.names)", "sorted(self.t)[0]"),
        ]
    )
    every = random.sample(["ada", "bo", "cleo", "daniel", "eve", "finn", "gil", "hanna"], 6)

    def filled(*names: str) -> str:
        return "\n".join([f"x = {name}()", *(f"x.{do}({each!r})" for each in names), ""])

    full = filled(every[0], every[1], every[2], every[1], every[3])
    return ClassTask(
        title=f"A collection of {things}",
        story=f"""
        {things.capitalize()} of {place} have names, and a name may come more than once. Write the class
        `{name}`, which Python's own tools work with. A new object is empty, and `{do}(name)` puts a name at
        its end. `len(x)` says how many names there are, `name in x` whether one is there more than {seldom}
        or at the very end, and `x[place]` gives the name at that place, from the front, `"free"`
        where there is none; places are 0 and above. `for name in x` goes through all names from the last to
        the first. `best()` returns {told}, and `""` where there is none.

        *Python asks `__len__`, `__contains__`, `__getitem__` and `__iter__` for these.*
        """,
        name=name,
        doc=f"Names of {things}, in order.",
        body=f"""
        def __init__(self):
            self.names = []

        def {do}(self, name):
            self.names.append(name)

        def __len__(self):
            return len(self.names)

        def __contains__(self, name):
            return self.names.count(name) >= {k} or self.names[-1:] == [name]

        def __getitem__(self, place):
            if place < len(self.names):
                return self.names[place]
            return "free"

        def __iter__(self):
            return iter(self.names[::-1])

        def best(self):
            if not self.names:
                return ""
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.t = ()
            def {do}(self, n):
                self.t += (n,)
            def __len__(self):
                return sum(1 for _ in self.t)
            def __contains__(self, n):
                return bool(self.t) and self.t[len(self.t) - 1] == n or sum(n == m for m in self.t) > {k - 1}
            def __getitem__(self, i):
                return dict(enumerate(self.t)).get(i, "free")
            def __iter__(self):
                yield from reversed(self.t)
            def best(self):
                return {twin} if self.t else ""
        """,
        shown=[f"len({name}())", f"{name}().best()"],
        edges=[
            (full + f"({every[3]!r} in x)", "The last name is always found."),
            (full + f"({every[0]!r} in x)", "A name that is there too seldom is not found."),
            (
                filled(*[every[4]] * k, every[0]) + f"({every[4]!r} in x)",
                f"{k} times are enough to be found.",
            ),
            (filled(*[every[4]] * (k - 1), every[0]) + f"({every[4]!r} in x)", f"{k - 1} times are too few."),
            (f"x = {name}()\n('ada' in x)", "Nothing is found where nothing is."),
            (full + "x[5]", "Behind the last name every place is free."),
            (full + "x[4]", "The last name has a place as well."),
            (filled(every[5]) + f"y = {name}()\nlen(y)", "Two objects should not share a list."),
        ],
        more=[
            full + "list(x)",
            full + "x.best()",
            full + "[len(x), x[0], x[2]]",
            filled(every[4], every[5], every[4], every[2], every[2]) + "x.best()",
            filled(*every) + "x.best()",
            filled(*reversed(every)) + "x.best()",
            filled(every[1], every[0], every[0]) + "x.best()",
        ],
    )


_LEVELS: tuple[Callable[[Random], ClassTask], ...] = (_steps, _round, _memory, _together, _collection)


def _tally(random: Random, level: int) -> ClassTask:
    return _LEVELS[level - 1](random)


TALLIES = Family("counter", "objects", _tally)
