"""Objects with values that belong together or may be refused: two tasks of the family in `gauges`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import APART, ClassTask

_UNITS = (
    ("Film", "hours", "minutes", 60, "How long is a film?"),
    ("Parcel", "kilos", "grams", 1000, "A parcel is put on the scales."),
    ("Purse", "euros", "cents", 100, "In a purse there is money."),
    ("Holiday", "weeks", "days", 7, "Holidays are never long enough."),
    ("Song", "minutes", "seconds", 60, "A song is being cut."),
    ("Harvest", "crates", "apples", 24, "Apples are packed into crates."),
)
_GOODS = (
    ("Ticket", "price", "what a ticket for the cinema costs"),
    ("Bike", "rent", "what a bicycle costs for a day"),
    ("Job", "wage", "what somebody gets for an hour of work"),
    ("Dish", "price", "what a dish costs in a canteen"),
    ("Stand", "fee", "what a stand at the flea market costs"),
)
_TRIED = '''
def tried(thing, name, value):
    """Set a value of an object; return "done", or the name of the error."""
    try:
        setattr(thing, name, value)
    except (ValueError, AttributeError) as error:
        return type(error).__name__
    return "done"
'''


def linked(random: Random) -> ClassTask:
    """Two values that are two sides of a single one."""
    name, big, small, size, lead = random.choice(_UNITS)
    most, a, b = random.randint(5, 12), random.randint(2, 4), random.randint(2, 5)
    rule, code, twin = random.choice(
        [
            (
                "Nothing is ever below 0: where it would be, all of it is 0",
                "max(0, value)",
                "n if n > 0 else 0",
            ),
            (
                f"There are never more than {most} {big} in all: what is above that is lost",
                f"min({most * size}, value)",
                f"{most * size} if n > {most * size} else n",
            ),
            (
                f"In all there are always at least {b} {small}: where there would be fewer, it is that many",
                f"max({b}, value)",
                f"sorted([n, {b}])[1]",
            ),
        ]
    )
    low = 1 if "is lost" in rule else -3
    made, now = f"x = {name}({a * size + b})", f"[x.{big}, x.{small}, x.total]"
    return ClassTask(
        title=f"{big.capitalize()} and {small}",
        story=f"""
        {lead} Write the class `{name}`. A new object gets a number of {small}. `x.total` is all of it in
        {small}. The same in two parts is `x.{big}` and `x.{small}`: each of the {big} is {size} {small}, and
        in `x.{small}` there are fewer than {size}. All three can be **set** too. Who sets `x.{big}` leaves
        `x.{small}` as it is. Who sets `x.{small}` replaces only what it was, and where that is {size} or
        more, `x.{big}` grows. {rule}; that holds for a new object too.

        *Keep one number only. All others are properties that are worked out of it.*
        """,
        name=name,
        doc=f"Some {big} and {small}.",
        body=f"""
        def __init__(self, {small}):
            self.total = {small}

        @property
        def total(self):
            return self._total

        @total.setter
        def total(self, value):
            self._total = {code}

        @property
        def {big}(self):
            return self.total // {size}

        @{big}.setter
        def {big}(self, value):
            self.total = value * {size} + self.{small}

        @property
        def {small}(self):
            return self.total % {size}

        @{small}.setter
        def {small}(self, value):
            self.total = self.{big} * {size} + value
        """,
        twin=f"""
        class {name}:
            def __init__(self, n):
                self.put(n)
            def put(self, n):
                self.__dict__["n"] = {twin}
            def __getattr__(self, k):
                return {{"total": self.n, "{big}": self.n // {size}, "{small}": self.n % {size}}}[k]
            def __setattr__(self, k, v):
                b, s = divmod(self.n, {size})
                self.put(dict(total=v, {big}=v * {size} + s, {small}=b * {size} + v)[k])
        """,
        shown=[f"{name}({a * size + b}).{big}", f"{name}({a * size + b}).{small}"],
        edges=[
            (f"{made}\nx.{small} = {size}\n{now}", f"{size} {small} are one more of the {big}."),
            (f"{made}\nx.{small} = {size - 1}\n{now}", f"{size - 1} {small} are not enough for one more."),
            (f"{made}\nx.{big} = 0\n{now}", f"Setting the {big} should leave the {small}."),
            (f"{made}\nx.total = {low}\nx.total += 2\n{now}", "Look closely at what is small."),
            (f"x = {name}({(most + 2) * size})\n{now}", "A new object may be large."),
            (f"{made}\nx.total = {most * size}\nx.total += 1\n{now}", "Look closely at what is large."),
            (f"x = {name}(0)\n{now}", "A new object may be small."),
            (f"{made}\ny = {name}({size})\ny.{big} = {a + 3}\n{now}", APART),
        ],
        more=[
            f"{made}\nx.{big} = {a + 1}\n{now}",
            f"{made}\nx.total = {3 * size + 1}\n{now}",
            f"{made}\nx.{big} += 2\nx.{small} += 1\n{now}",
            f"{made}\nx.{small} += {2 * size}\nx.{big} -= 1\n{now}",
        ],
    )


def refusing(random: Random) -> ClassTask:
    """A value that is checked when it is set, with all that it ever was."""
    name, what, meaning = random.choice(_GOODS)
    low, k = random.randint(3, 9), random.randint(2, 6)
    high = low + 10 * k
    told, test, twin, limits = random.choice(
        [
            (
                f"is below {low} or above {high}",
                f"value < {low} or value > {high}",
                f"v not in range({low}, {high + 1})",
                (low, low - 1, high, high + 1),
            ),
            (
                f"is below {low}, or more than {k} above the one before it",
                f"value < {low} or (self._all and value > self._all[-1] + {k})",
                f"v <= {low - 1} or not v - {k} <= [v, *self.r][-1]",
                (low, low - 1, low + k, low + 2 * k + 1),
            ),
            (
                "is not above 0, or is the very one that it is already",
                "value <= 0 or (self._all and value == self._all[-1])",
                "not v > 0 or v in self.r[-1:]",
                (1, 0, low, low),
            ),
        ]
    )
    made, now = f"x = {name}('A', {low + 1})\n", f"[x.{what}, x.history]"

    def tries(*values: int) -> str:
        return "[" + ", ".join(f"tried(x, {what!r}, {value})" for value in values) + f", x.{what}, x.history]"

    return ClassTask(
        title=f"A {what} that is checked",
        story=f"""
        The `{what}` of a `{name}` is {meaning}, in whole numbers. Write that class. A new object gets a
        `label` and a `{what}`. The label can be read, but **not** set: that is an `AttributeError`, which
        Python raises by itself for a property without a setter. The {what} can be set, but one that {told} is
        refused with a `ValueError`, and then everything stays as it was. That holds for a new object too.
        `history` is a list of all that the {what} was, the first included, without those that were refused;
        whoever changes that list changes nothing in the object. `rise` is how much the {what} is above its
        first value.

        *`raise ValueError("...")` refuses.* The checks use `tried`, which is there already, to set a value.
        """,
        name=name,
        before=_TRIED,
        doc=f"Something with a {what} that is checked.",
        body=f"""
        def __init__(self, label, {what}):
            self._label = label
            self._all = []
            self.{what} = {what}

        @property
        def label(self):
            return self._label

        @property
        def {what}(self):
            return self._all[-1]

        @{what}.setter
        def {what}(self, value):
            if {test}:
                raise ValueError("That {what} cannot be.")
            self._all.append(value)

        @property
        def history(self):
            return list(self._all)

        @property
        def rise(self):
            return self._all[-1] - self._all[0]
        """,
        twin=f"""
        class {name}:
            label = property(lambda self: self.t)
            def __init__(self, t, v):
                self.t, self.r = t, ()
                self.set(v)
            def set(self, v):
                if {twin}:
                    raise ValueError
                self.r += (v,)
            {what} = property(lambda self: self.r[-1], set)
            history = property(lambda self: [*self.r])
            rise = property(lambda self: -self.r[0] + self.{what})
        """,
        shown=[f"{name}('A', {low + 2}).{what}", f"{name}('B', {low + 1}).history"],
        edges=[
            (made + tries(*limits), "Look closely at what is refused."),
            (f"x = {name}('B', {high})\n" + tries(low, high + 1), "Look closely at what is refused."),
            (made + f"x.history.append({low})\n{now}", "Who changes the list should change nothing else."),
            (made + "[tried(x, 'label', 'C'), x.label]", "The label should not be set."),
            (made + f"y = {name}('C', {low})\ny.{what} = {low + 2}\n{now}", APART),
            (made + "x.rise", "A new object has not risen."),
        ],
        more=[
            f"x = {name}('A', {low + 2})\nx.{what} = {low + 3}\n{now}",
            made + tries(low + 2, -1, low),
            made + f"x.{what} = {low + 3}\nx.{what} -= 3\n[x.rise, x.label]",
            made + f"x.{what} += 2\nx.{what} += 1\n[x.rise, x.history]",
        ],
    )
