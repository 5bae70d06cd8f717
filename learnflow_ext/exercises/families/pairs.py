"""Values that are found again in sets, and that can be added up: two tasks of the family in `values`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

_PAIRS = (
    ("Match", "teams", "score", "Every two teams of a league meet once", ("Reds", "Owls", "Jets", "Bees")),
    ("Road", "towns", "length", "On a map each road joins two towns", ("Bern", "Graz", "Lyon", "Pisa")),
    ("Duet", "singers", "song", "At a concert two people sing together", ("Ada", "Ben", "Cleo", "Dan")),
    ("Swap", "pupils", "day", "Two pupils exchange their sticker albums", ("Eve", "Finn", "Gil", "Hana")),
    (
        "Bridge",
        "islands",
        "age",
        "Bridges join the islands of a lake two by two",
        ("Oak", "Elm", "Ash", "Fir"),
    ),
    ("Mix", "colours", "shade", "Two colours are mixed into a third", ("red", "blue", "green", "white")),
)
_TWO = (
    ("Score", "wins", "draws", "points", "A team has won some matches, and drawn others."),
    ("Meal", "rolls", "eggs", "calories", "At breakfast rolls and eggs lie on a tray."),
    ("Order", "pots", "brushes", "euros", "A painter orders pots and brushes."),
    ("Load", "crates", "sacks", "kilograms", "A cart carries crates and sacks."),
    ("Ride", "stops", "zones", "cents", "A ride on the tram has stops and zones."),
    ("Lesson", "songs", "scales", "minutes", "In a lesson songs and scales are practised."),
)


def paired(random: Random) -> ClassTask:
    """Two that belong together in any order: equality, and the hash that goes with it."""
    name, what, more, lead, every = random.choice(_PAIRS)
    a, b, c, d = random.sample(every, 4)
    counts = random.random() < 0.5
    rule = f"and the {more} is the same too" if counts else f"and whatever the {more}"
    told, code, twin = random.choice(
        [
            (
                "a text: both names in the order of the alphabet, with `&` between them",
                '"&".join(sorted([self.one, self.two]))',
                "min(self.p) + '&' + max(self.p)",
            ),
            (
                "how many letters both names have together",
                "len(self.one) + len(self.two)",
                "len(''.join(self.p))",
            ),
            (
                f"a text: the second name, a space, and the {more}",
                f'self.two + " " + str(self.{more})',
                f"f'{{self.p[1]}} {{self.{more}}}'",
            ),
        ]
    )
    also = f", self.{more}" if counts else ","
    twin_key = f"{{self.{more}}}" if counts else "{0}"
    return ClassTask(
        title=f"Two {what}, in any order",
        story=f"""
        {lead}, and which of them is named first does not matter. Write the class `{name}`. A new object gets
        the names of two {what}, kept as `one` and `two`, and its `{more}`, a number. Two objects are equal
        (`==`) when they are about the same two {what}, in whatever order, {rule}. They can be put into a
        `set`, and be keys of a dictionary: equal ones count as one. `x.other(name)` returns the other one of
        the two names, or `None` when `name` is neither. `x.label()` returns {told}.

        *Sets ask `__hash__` for a number, and equal objects must give the same one: `hash(...)` of
        a tuple, for instance, that is the same for both. `sorted` makes the order the same.*
        """,
        name=name,
        doc=f"Two {what} in any order.",
        body=f"""
        def __init__(self, one, two, {more}):
            self.one = one
            self.two = two
            self.{more} = {more}

        def key(self):
            return (*sorted([self.one, self.two]){also})

        def __eq__(self, other):
            return self.key() == other.key()

        def __hash__(self):
            return hash(self.key())

        def other(self, name):
            if name == self.one:
                return self.two
            if name == self.two:
                return self.one
            return None

        def label(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, p, q, m):
                self.p, self.{more} = (p, q), m
            one = property(lambda self: self.p[0])
            two = property(lambda self: self.p[1])
            def key(self):
                return (frozenset(self.p), *{twin_key})
            def __eq__(self, o):
                return self.key() == o.key()
            def __hash__(self):
                return hash(self.key())
            def other(self, n):
                return dict([self.p, self.p[::-1]]).get(n)
            def label(self):
                return {twin}
        """,
        shown=[f"({name}({a!r}, {b!r}, 1) == {name}({b!r}, {a!r}, 1))", f"{name}({a!r}, {c!r}, 2).label()"],
        edges=[
            (
                f"({name}({a!r}, {b!r}, 1) == {name}({a!r}, {b!r}, 2))",
                f"What is the {more} for?",
            ),
            (
                f"({name}({a!r}, {b!r}, 2) == {name}({a!r}, {b!r}, 1))",
                f"What is the {more} for?",
            ),
            (f"({name}({a!r}, {b!r}, 1) == {name}({a!r}, {c!r}, 1))", "Both names matter."),
            (f"({name}({a!r}, {c!r}, 1) == {name}({a!r}, {b!r}, 1))", "Both names matter."),
            (f"({name}({a!r}, {b!r}, 1) == {name}({c!r}, {b!r}, 1))", "Both names matter."),
            (f"len({{{name}({a!r}, {b!r}, 4), {name}({b!r}, {a!r}, 4)}})", "Equal ones should count as one."),
            (
                f"[{name}({c!r}, {d!r}, 3).other(each) for each in ({a!r}, '', 'zoe')]",
                "It may be neither of the two.",
            ),
            (f"len({{{name}({a!r}, {b!r}, 1), {name}({b!r}, {c!r}, 1)}})", "Different ones count as two."),
        ],
        more=[
            f"row = [{name}({a!r}, {b!r}, 5), {name}({c!r}, {b!r}, 5), {name}({b!r}, {a!r}, 5)]\n"
            "len(set(row))",
            f"found = {{{name}({d!r}, {a!r}, 7): 'yes'}}\nfound[{name}({a!r}, {d!r}, 7)]",
            f"x = {name}({a!r}, {b!r}, 6)\n[x.other({a!r}), x.other({b!r}), x.one]",
            f"x = {name}({d!r}, {b!r}, 9)\ny = {name}({b!r}, {d!r}, 9)\n[x.label(), y.label(), x == y]",
            f"({name}({c!r}, {a!r}, 8) in {{{name}({a!r}, {c!r}, 8)}})",
        ],
    )


def summed(random: Random) -> ClassTask:
    """Two numbers that are added, multiplied, and summed up by Python's own `sum`."""
    name, a, b, unit, lead = random.choice(_TWO)
    p, q, k = random.randint(3, 9), random.randint(2, 8), random.randint(2, 5)
    told, code, twin = random.choice(
        [
            (
                f"{p} {unit} for each of the {a}, and {q} for each of the {b}",
                f"self.{a} * {p} + self.{b} * {q}",
                f"sum([{p}] * self.v[0] + [{q}] * self.v[1])",
            ),
            (
                f"{p} {unit} for each of the {a}, 1 for each of the {b}, and {q} more where there are both",
                f"self.{a} * {p} + self.{b} + ({q} if self.{a} and self.{b} else 0)",
                f"{q} * all(self.v) + self.v[1] + sum([self.v[0]] * {p})",
            ),
        ]
    )
    show = f"[x.{a}, x.{b}]"
    return ClassTask(
        title=f"Adding up {a} and {b}",
        story=f"""
        {lead} Write the class `{name}`. A new object gets its `{a}` and its `{b}`, two numbers, and never
        changes. `x.{unit}()` returns {told}. `x + y` is a new object with both together, and `x * 3` a new
        one with three times as much of each. `sum([x, y, z])` works too: `sum` begins with the number 0, and
        **0 plus an object** should be an equal object. `==` is true when both numbers are the same. `bool(x)`
        is `False` only where both are 0.

        *Python asks `__add__`, `__mul__`, `__eq__`, `__bool__`, and for `0 + x` the method `__radd__` of
        `x`.*
        """,
        name=name,
        doc=f"Some {a} and {b}.",
        body=f"""
        def __init__(self, {a}, {b}):
            self.{a} = {a}
            self.{b} = {b}

        def {unit}(self):
            return {code}

        def __add__(self, other):
            return {name}(self.{a} + other.{a}, self.{b} + other.{b})

        def __radd__(self, number):
            return self

        def __mul__(self, number):
            return {name}(self.{a} * number, self.{b} * number)

        def __eq__(self, other):
            return self.{a} == other.{a} and self.{b} == other.{b}

        def __bool__(self):
            return bool(self.{a} or self.{b})
        """,
        twin=f"""
        class {name}:
            def __init__(self, *v):
                self.v = v
                self.{a}, self.{b} = v
            def {unit}(self):
                return {twin}
            def __add__(self, o):
                return {name}(*[sum(each) for each in zip(self.v, o.v)])
            def __radd__(self, n):
                return self * 1
            def __mul__(self, n):
                return {name}(*[each * n for each in self.v])
            def __eq__(self, o):
                return self.v == o.v
            def __bool__(self):
                return any(self.v)
        """,
        shown=[f"{name}({p}, {q}).{unit}()", f"bool({name}(0, 0))"],
        edges=[
            (f"x = {name}({p}, 2)\nx + {name}(1, 1)\n{show}", "Adding should leave both as they are."),
            (f"x = {name}({p}, 2)\nx * 4\n{show}", "Multiplying should leave it as it is."),
            (f"x = sum([{name}({p}, {k})])\n{show}", "The sum of a single one should be equal to it."),
            (f"[bool({name}(0, 1)), bool({name}(1, 0)), bool({name}(1, 1))]", "One of the two is enough."),
            (f"[{name}(1, 2) == {name}(1, 3), {name}(1, 2) == {name}(2, 2)]", "Both numbers matter."),
            (f"[{name}(1, 3) == {name}(1, 2), {name}(2, 2) == {name}(1, 2)]", "Both numbers matter."),
            (f"({name}({p}, {q}) == {name}({p}, {q}))", "The same numbers are equal."),
            (f"[{name}(2, 0).{unit}(), {name}(0, 2).{unit}()]", "One of them may be 0."),
        ],
        more=[
            f"x = {name}({p}, {q})\ny = {name}({k}, 1)\n(x + y).{unit}()",
            f"x = sum([{name}(1, 4), {name}({p}, 2), {name}(3, {q})])\n{show}",
            f"x = {name}({p}, {k}) * {q}\n{show}",
            f"x = {name}(2, 3)\n(x * 2 == x + x)",
            f"x = {name}({k}, {q}) * 0\n[bool(x), x.{unit}()]",
        ],
    )
