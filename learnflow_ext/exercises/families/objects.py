"""Objects: classes that keep values, change them, hold lists, work with operators, and inherit."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.kinds import inheritance
from learnflow_ext.exercises.families.making import ClassTask, Family, by_level

_SALES = (
    ("Ticket", "tickets", "a concert"),
    ("Order", "pizzas", "a restaurant"),
    ("Basket", "apples", "a farm"),
    ("Booking", "nights", "a hostel"),
    ("Print", "posters", "a copy shop"),
    ("Rental", "days", "a bicycle rental"),
)
_TANKS = (
    ("Bus", "passengers", "seats", "enter", "leave"),
    ("Tank", "litres of water", "room", "fill", "drain"),
    ("Battery", "units of charge", "capacity", "charge", "use"),
    ("Shelf", "books", "places", "put", "take"),
    ("Garage", "cars", "places", "arrive", "depart"),
    ("Wallet", "coins", "pockets", "receive", "spend"),
)
_LISTS = (
    ("Playlist", "songs", "seconds", "title"),
    ("Backpack", "things", "grams", "thing"),
    ("Library", "books", "pages", "title"),
    ("Menu", "dishes", "minutes", "dish"),
    ("Tour", "stops", "kilometres", "place"),
    ("Album", "photos", "kilobytes", "name"),
)
_UNITS = (
    ("Length", "metres", "centimetres", 100),
    ("Duration", "hours", "minutes", 60),
    ("Money", "euros", "cents", 100),
    ("Weight", "kilograms", "grams", 1000),
    ("Age", "years", "months", 12),
    ("Stay", "weeks", "days", 7),
)


def _values(random: Random) -> ClassTask:
    name, things, place = random.choice(_SALES)
    fee, free = random.randint(2, 9), random.randint(3, 8)
    told, code, twin = random.choice(
        [
            (
                f"what all {things} cost together, and {fee} more",
                f"self.{things} * self.price + {fee}",
                f"{fee} + self.p * self.n",
            ),
            (
                f"what all {things} cost together, when {fee} euros are taken off the price of each",
                f"self.{things} * (self.price - {fee})",
                f"self.n * self.p - self.n * {fee}",
            ),
            (
                f"what all {things} cost together, when {fee} more than were ordered are paid",
                f"(self.{things} + {fee}) * self.price",
                f"self.n * self.p + self.p * {fee}",
            ),
        ]
    )
    pairs = [(random.randint(3, 30), random.randint(10, 40)) for _ in range(5)]
    return ClassTask(
        title=f"A class for {things}",
        story=f"""
        Write the class `{name}` for {place}. A new object gets how many {things} that are, and the price of
        one. It keeps them as `{things}` and `price`. Its method `total` returns {told}.
        """,
        name=name,
        doc=f"Some {things}, and what they cost.",
        body=f"""
        def __init__(self, {things}, price):
            self.{things} = {things}
            self.price = price

        def total(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, n, p):
                self.n = self.{things} = n
                self.p = self.price = p
            def total(self):
                return {twin}
        """,
        shown=[f"{name}(2, 20).total()", f"{name}({free}, 11).price"],
        edges=[
            (f"{name}(1, 10).total()", "A single one should work as well."),
            (f"{name}(0, 15).{things}", f"The object should keep `{things}`."),
            (
                f"one = {name}(4, 12)\nother = {name}(7, 30)\none.total()",
                "Two objects should not disturb each other.",
            ),
        ],
        more=[
            f"mine = {name}({pairs[0][0]}, {pairs[0][1]})\nmine.total()",
            *(f"{name}{pair}.total()" for pair in pairs[1:]),
        ],
    )


def _state(random: Random) -> ClassTask:
    name, things, room, more, less = random.choice(_TANKS)
    most, start = random.randint(20, 60), random.randint(2, 9)
    strict = random.random() < 0.5
    rule = (
        f"when that would be more than {most} together, nothing changes at all"
        if strict
        else f"never more than {most} together: what does not fit is lost"
    )
    up = (
        f"if self.amount + number <= {most}:\n    self.amount = self.amount + number"
        if strict
        else f"self.amount = min({most}, self.amount + number)"
    )
    twin_up = (
        f"self.a += n if n <= {most} - self.a else 0"
        if strict
        else f"self.a = self.a + n if self.a + n < {most} else {most}"
    )
    lines = up.splitlines()
    body = "\n".join(
        [
            "def __init__(self):",
            f"    self.amount = {start}",
            "",
            f"def {more}(self, number):",
            *(f"    {line}" for line in lines),
            "",
            f"def {less}(self, number):",
            "    self.amount = max(0, self.amount - number)",
            "",
            "def free(self):",
            f"    return {most} - self.amount",
        ]
    )
    variable = name.lower()
    return ClassTask(
        title=f"A class `{name}`",
        story=f"""
        Write the class `{name}`. A new object holds {start} {things}, in `amount`. Its method
        `{more}(number)` adds {things}; {rule}. `{less}(number)` takes {things} away, but never leaves fewer
        than 0. `free()` returns how many more would fit: {most} less what is there.
        """,
        name=name,
        doc=f"A number of {things}, with limited {room}.",
        body=body,
        twin=f"""
        class {name}:
            def __init__(self):
                self.a = {start}
            def {more}(self, n):
                {twin_up}
            def {less}(self, n):
                self.a -= n if n < self.a else self.a
            def free(self):
                return -self.a + {most}
            amount = property(lambda self: self.a)
        """,
        shown=[f"{name}().free()", f"{name}().amount"],
        edges=[
            (f"x = {name}()\nx.{more}({most - start})\nx.free()", "It may become just full."),
            (f"x = {name}()\nx.{more}({most - start + 1})\nx.amount", "Look closely at what does not fit."),
            (f"x = {name}()\nx.{less}({start})\nx.amount", "It may become empty."),
            (f"x = {name}()\nx.{less}({start + 1})\nx.amount", "There is never less than nothing."),
            (
                f"x = {name}()\ny = {name}()\nx.{more}(3)\ny.amount",
                "Two objects should not disturb each other.",
            ),
        ],
        more=[
            f"{variable} = {name}()\n{variable}.{more}(7)\n{variable}.{less}(2)\n{variable}.free()",
            f"x = {name}()\nx.{more}(5)\nx.{more}(6)\nx.amount",
            f"x = {name}()\nx.{more}({most * 2})\nx.{less}(1)\nx.amount",
            f"x = {name}()\nx.{less}(99)\nx.{more}(4)\nx.free()",
        ],
    )


def _holding(random: Random) -> ClassTask:
    name, things, unit, item = random.choice(_LISTS)
    limit, extra = random.randint(5, 30) * 10, random.randint(2, 9)
    told, code, twin = random.choice(
        [
            (
                f"a list of the names of all {things} with more than {limit} {unit}, in the order in which "
                "they came",
                f"[name for name, size in self.items if size > {limit}]",
                f"[n for n in self.d if not self.d[n] <= {limit}]",
            ),
            (
                f"how many {things} have at least {limit} {unit}",
                f"len([name for name, size in self.items if size >= {limit}])",
                f"sum(1 for s in self.d.values() if not s < {limit})",
            ),
            (
                f"a list of the names of all {things} with at most {limit} {unit}, in the order of "
                f"the alphabet",
                f"sorted([name for name, size in self.items if size <= {limit}])",
                f"[n for n in sorted(self.d) if not self.d[n] > {limit}]",
            ),
        ]
    )
    names = random.sample(["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak", "pine"], 6)

    def filled(*sizes: int) -> str:
        lines = [f"x.add({names[place]!r}, {size})" for place, size in enumerate(sizes)]
        return "\n".join([f"x = {name}()", *lines])

    return ClassTask(
        title=f"A class that holds {things}",
        story=f"""
        Write the class `{name}`. A new object is empty. `add({item}, size)` adds one of the
        {things}, with its
        size in {unit}. `total()` returns the sizes of all together, plus {extra} for each of the {things}.
        `chosen()` returns {told}.
        """,
        name=name,
        doc=f"Several {things}, each with a size in {unit}.",
        body=f"""
        def __init__(self):
            self.items = []

        def add(self, {item}, size):
            self.items.append(({item}, size))

        def total(self):
            result = 0
            for name, size in self.items:
                result += size + {extra}
            return result

        def chosen(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.d = {{}}
            def add(self, n, s):
                self.d[n] = s
            def total(self):
                return sum(self.d.values()) + {extra} * len(self.d)
            def chosen(self):
                return {twin}
        """,
        shown=[f"{name}().total()", f"{name}().chosen()"],
        edges=[
            (f"{filled(limit)}\nx.chosen()", "Look closely at the limit itself."),
            (f"{filled(limit + 1)}\nx.chosen()", "Look closely at what is just beside the limit."),
            (f"{filled(limit - 1)}\nx.chosen()", "Look closely at what is just beside the limit."),
            (f"{filled(3)}\ny = {name}()\ny.total()", "Two objects should not share a list."),
        ],
        more=[
            f"{filled(limit + 50, 20)}\nx.total()",
            f"{filled(10, limit * 2, 30, limit * 3)}\nx.chosen()",
            f"{filled(limit * 2, limit * 3, 7, limit * 4, 9)}\nx.chosen()",
            f"{filled(5, 6, 7)}\nx.total()",
            f"{filled(limit * 2, 8)}\nx.add({names[5]!r}, 4)\nx.total()",
        ],
    )


def _operators(random: Random) -> ClassTask:
    name, big, small, size = random.choice(_UNITS)
    sign, shift = random.choice([" and ", ", ", " + ", " plus "]), random.randint(1, 4)
    kind, told, code, twin = random.choice(
        [
            ("+", "a new object: both together", "self.all() + other.all()", "self.n + other.n"),
            (
                "-",
                "a new object: the first without the second, and nothing at all where the second is larger",
                "max(0, self.all() - other.all())",
                "self.n - other.n if self.n > other.n else 0",
            ),
            (
                "+",
                f"a new object: both together, and {shift} {small} more",
                f"self.all() + other.all() + {shift}",
                f"{shift} + other.n + self.n",
            ),
        ]
    )
    method = {"+": "__add__", "-": "__sub__"}[kind]
    third = size // 3
    return ClassTask(
        title=f"{big.capitalize()} and {small}",
        story=f"""
        Write the class `{name}`. A new object gets a number of {big} and a number of {small}; {size} {small}
        are one of the {big}. `all()` returns how many {small} that is altogether. `str(...)` gives
        a text such
        as `2 {big}{sign}5 {small}`, with fewer than {size} {small} in it, however the object was made. And
        `one {kind} other` gives {told}.

        *The methods for this are called `__str__` and `{method}`.*
        """,
        name=name,
        doc=f"Some {big} and {small}.",
        body=f"""
        def __init__(self, {big}, {small}):
            self.{big} = {big}
            self.{small} = {small}

        def all(self):
            return self.{big} * {size} + self.{small}

        def __str__(self):
            return f"{{self.all() // {size}}} {big}{sign}{{self.all() % {size}}} {small}"

        def {method}(self, other):
            return {name}(0, {code})
        """,
        twin=f"""
        class {name}:
            def __init__(self, b, s):
                self.n = sum([b] * {size}) + s
            def all(self):
                return self.n
            def __str__(self):
                b, s = divmod(self.n, {size})
                return str(b) + " {big}{sign}" + str(s) + " {small}"
            def {method}(self, other):
                return {name}(0, {twin})
        """,
        shown=[f"{name}(2, 3).all()", f"str({name}(1, {third}))"],
        edges=[
            (f"str({name}(0, {size}))", "As many of the small ones as make a large one."),
            (f"str({name}(0, {size - 1}))", "Just too few for a large one."),
            (f"str({name}(0, {2 * size + 1}))", f"There are never {size} or more of the small ones."),
            (f"({name}(0, 1) {kind} {name}(2, 0)).all()", "The second may be larger."),
            (f"({name}(1, 1) {kind} {name}(1, 1)).all()", "Both may be the same."),
        ],
        more=[
            f"one = {name}(3, 2)\nother = {name}(1, {third})\nstr(one {kind} other)",
            f"({name}(5, {size - 1}) {kind} {name}(2, {third})).all()",
            f"({name}(4, 0) {kind} {name}(1, 2)).all()",
            f"{name}(0, 0).all()",
            f"one = {name}(3, 3)\nother = {name}(1, 1)\none {kind} other\none.all()",
        ],
    )


FAMILIES = (Family("class", "objects", by_level(_values, _state, _holding, _operators, inheritance)),)
