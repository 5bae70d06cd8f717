"""Errors as classes: what they know, what they say, their relatives; `nets` raises and catches them."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import APART, ClassTask, Family, by_level
from learnflow_ext.exercises.families.nets import PLACES, net, raiser

_CAUGHT = '''
def caught(error):
    """Raise the error, catch it again, and return it."""
    try:
        raise error
    except Exception as found:
        return found
'''


def _numbers(random: Random) -> tuple[int, int]:
    there = random.randint(1, 20)
    return there + random.randint(1, 30), there


def _knows(random: Random) -> ClassTask:
    name, what, things, _ = random.choice(PLACES)
    k = random.randint(2, 9)
    part, told, code, twin = random.choice(
        [
            ("missing", f"how many {things} are missing", "wanted - there", "-b + a"),
            (
                "cost",
                f"{k} for each of the {things} that are missing",
                f"(wanted - there) * {k}",
                f"{k} * a - {k} * b",
            ),
            (
                "wait",
                f"how many {things} are missing, and {k} more",
                f"wanted - there + {k}",
                f"a - (b - {k})",
            ),
        ]
    )
    pairs = [_numbers(random) for _ in range(8)]
    (a, b), (c, d), *others = pairs
    return ClassTask(
        title=f"An error that knows something: `{name}`",
        story=f"""
        Where somebody wants more {things} than {what} has, a program raises an error. It should know by how
        much it was too many. Write the class `{name}`; it is an error, as it inherits from `Exception`. It is
        made with two numbers, how many {things} were wanted and how many are there. It keeps them as `wanted`
        and `there`, and has `{part}` as well: {told}.

        *An error's class may have an `__init__` as any other class.* The function `caught`, above, raises an
        error and catches it.
        """,
        name=name,
        after="(Exception)",
        doc=f"There are not so many {things}.",
        before=_CAUGHT,
        body=f"""
        def __init__(self, wanted, there):
            self.wanted = wanted
            self.there = there
            self.{part} = {code}
        """,
        twin=f"""
        class {name}(Exception):
            def __init__(self, a, b):
                self.wanted, self.there, self.{part} = a, b, {twin}
        """,
        shown=[f"caught({name}({a}, {b})).{part}", f"caught({name}({a}, {b})).wanted"],
        edges=[
            (f"caught({name}(5, 0)).{part}", "It may be that nothing is there."),
            (f"caught({name}({c}, {d})).there", "It keeps both numbers."),
            (f"caught({name}({c}, {d})).wanted", "It keeps both numbers."),
            (f"isinstance(caught({name}(3, 2)), {name})", "It is an error that can be raised."),
            (f"x = {name}({a}, {b})\ny = {name}({c}, {d})\n[x.{part}, y.{part}, x.there]", APART),
        ],
        more=[
            f"error = caught({name}({c}, {d}))\n[error.wanted, error.there, error.{part}]",
            *(f"caught({name}({one}, {two})).{part}" for one, two in others),
        ],
    )


def _says(random: Random) -> ClassTask:
    name, what, things, _ = random.choice(PLACES)
    k = random.randint(2, 9)
    shown, code, twin = random.choice(
        [
            (
                "9 wanted, 4 there",
                'f"{wanted} wanted, {there} there"',
                '", ".join([str(a) + " wanted", str(b) + " there"])',
            ),
            (f"{things}: 4 of 9", f'f"{things}: {{there}} of {{wanted}}"', f'"{things}: %d of %d" % (b, a)'),
            (
                f"5 {things} too many",
                f'f"{{wanted - there}} {things} too many"',
                f'str(a - b) + " {things} too many"',
            ),
            (
                f"only 4 {things}, not 9",
                f'f"only {{there}} {things}, not {{wanted}}"',
                f'"only " + str(b) + " {things}, not " + str(a)',
            ),
        ]
    )
    told, fine, fine_twin = random.choice(
        [
            (
                f"more than {k} {things} are missing",
                f"self.missing > {k}",
                f"a >= b + {k} + 1",
            ),
            (
                f"at least {k} {things} are missing",
                f"self.missing >= {k}",
                f"not a < b + {k}",
            ),
        ]
    )
    pairs = [_numbers(random) for _ in range(5)]
    (a, b), (c, d), *others = pairs
    return ClassTask(
        title=f"An error with a message: `{name}`",
        story=f"""
        Where somebody wants more {things} than {what} has, a program raises an error, and its message should
        help. Write the class `{name}`, which inherits from `Exception`. It is made with two numbers, how many
        {things} were wanted and how many are there. `str(error)` is its message: for `{name}(9, 4)` it is
        `{shown}`, and for other numbers the same with those. It keeps as `missing` how many {things} are
        missing. Its method `serious()` says whether {told} (`True` or `False`).

        *`super().__init__("a text")` gives an error its message.* The function `caught`, above, raises an
        error and catches it.
        """,
        name=name,
        after="(Exception)",
        doc=f"There are not so many {things}.",
        before=_CAUGHT,
        body=f"""
        def __init__(self, wanted, there):
            super().__init__({code})
            self.missing = wanted - there

        def serious(self):
            return {fine}
        """,
        twin=f"""
        class {name}(Exception):
            def __init__(self, a, b):
                self.a, self.b, self.missing = a, b, -b + a
            def __str__(self):
                a, b = self.a, self.b
                return {twin}
            def serious(self):
                a, b = self.a, self.b
                return {fine_twin}
        """,
        shown=[f"str(caught({name}(9, 4)))", f"caught({name}({a}, {b})).serious()"],
        edges=[
            *(
                (f"caught({name}({10 + k + by}, 10)).serious()", "Look closely at the limit.")
                for by in (-1, 0, 1)
            ),
            (f"str(caught({name}(5, 0)))", "It may be that nothing is there."),
            (f"caught({name}({c}, {d})).missing", "It keeps how many are missing."),
            (f"isinstance(caught({name}(3, 2)), {name})", "It is an error that can be raised."),
        ],
        more=[
            f"error = caught({name}({c}, {d}))\n[str(error), error.missing, error.serious()]",
            *(f"str(caught({name}({one}, {two})))" for one, two in others),
            f"x = {name}({a}, {b})\ny = {name}({c}, {d})\n[str(x), str(y)]",
        ],
    )


def _relative(random: Random) -> ClassTask:
    base, what, one, part, extra = random.choice(
        [
            ("TripError", "a journey", "Delay", "minutes", ("Oslo", "Bern", "Lima")),
            ("ShopError", "a web shop", "Shortage", "pieces", ("tea", "rice", "milk")),
            ("GardenError", "a garden", "Drought", "days", ("roses", "beans", "herbs")),
            ("MuseumError", "a museum", "Crowd", "people", ("hall", "tower", "cellar")),
            ("ZooError", "a zoo", "Escape", "animals", ("monkeys", "penguins", "owls")),
        ]
    )
    points, k, limit = random.randint(2, 9), random.randint(2, 6), random.randint(5, 25)
    told, code, twin = random.choice(
        [
            (
                f"the points that every `{base}` costs, and {k} for each of the {part}",
                f"super().points() + self.{part} * {k}",
                f"{points} + sum([{k}] * self.{part})",
            ),
            (
                f"the points that every `{base}` costs, times the number of {part}",
                f"super().points() * self.{part}",
                f"sum([{points}] * self.{part})",
            ),
        ]
    )
    a, b, c = extra
    article = "an" if one[0] in "E" else "a"
    return ClassTask(
        title=f"`{one}` is a kind of `{base}`",
        story=f"""
        Of what can go wrong with {what}, every error is a `{base}`; its class stands above, with `handled`,
        which catches these errors and no others. Write the class `{one}`, which inherits from `{base}`. It
        is made with a place and a number of {part}, which it keeps as `{part}`. Its message is the one that
        every `{base}` has, so leave that to the class above. `points()` returns {told}. `urgent()` says
        whether there are more than {limit} {part} (`True` or `False`).

        *`super().__init__(place)` makes {article} `{one}` what every `{base}` is. Whoever catches the class
        above catches yours, too.*
        """,
        name=one,
        after=f"({base})",
        doc=f"A {base} with a number of {part}.",
        before=f'''
class {base}(Exception):
    """Something that goes wrong at a place."""

    def __init__(self, place):
        super().__init__("trouble at " + place)
        self.place = place

    def points(self):
        return {points}


def handled(error):
    """Raise the error; return its message and its points if it is a {base}, its name if it is not."""
    try:
        raise error
    except {base} as found:
        return [str(found), found.points()]
    except Exception as other:
        return type(other).__name__
''',
        body=f"""
        def __init__(self, place, {part}):
            super().__init__(place)
            self.{part} = {part}

        def points(self):
            return {code}

        def urgent(self):
            return self.{part} > {limit}
        """,
        twin=f"""
        class {one}({base}):
            def __init__(self, where, n):
                {base}.__init__(self, where)
                self.{part} = n
            def points(self):
                return {twin}
            def urgent(self):
                return self.{part} >= {limit + 1}
        """,
        shown=[f"handled({one}({a!r}, 3))", f"{one}({b!r}, {limit + 5}).urgent()"],
        edges=[
            (f"{one}({c!r}, {limit}).urgent()", "Look closely at the limit."),
            (f"{one}({c!r}, {limit + 1}).urgent()", "Look closely at the limit."),
            (f"{one}({c!r}, 4).place", "The class above keeps the place."),
            (f"handled({one}({b!r}, 0))", "0 is a number."),
            (f"[handled({one}({b!r}, 2)), handled({base}({b!r}))]", "Others stay as they were."),
            (f"isinstance({one}({a!r}, 1), {base})", f"Every `{one}` should be a `{base}` too."),
        ],
        more=[
            f"error = {one}({a!r}, 7)\n[str(error), error.{part}, error.points()]",
            f"x = {one}({a!r}, 1)\ny = {one}({b!r}, {limit + 9})\n[handled(x), handled(y), x.urgent()]",
            *(f"handled({one}({random.choice(extra)!r}, {random.randint(1, 40)}))" for _ in range(4)),
        ],
    )


WITNESSES = Family("witness", "errors", by_level(_knows, _says, _relative, raiser, net))
