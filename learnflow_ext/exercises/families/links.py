"""Objects that know one another: they give, pour, and make friends; in `wagons` they hang together."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask, Family, by_level
from learnflow_ext.exercises.families.wagons import train, tree

_BOTH = "Look at both of the objects."
_PURSES = (
    ("Purse", "owner", "coins", "Brothers and sisters lend each other money"),
    ("Player", "name", "cards", "In a game of cards players hand cards to each other"),
    ("Bakery", "street", "loaves", "Two bakeries help each other out in the morning"),
    ("Library", "town", "books", "Libraries send each other books that are wanted"),
    ("Stop", "place", "bikes", "Hired bicycles are carried from one stop to the next"),
    ("Farm", "valley", "bales", "Farms in the mountains share their hay"),
)
_TANKS = (
    ("Jug", "jug", "sips", "Lemonade is poured from jug to jug"),
    ("Tank", "tank", "litres", "Rain is kept in tanks behind a house"),
    ("Truck", "truck", "boxes", "Boxes are put from truck to truck"),
    ("Tray", "tray", "buns", "In a canteen buns move from tray to tray"),
    ("Pen", "pen", "sheep", "Sheep are driven from one pen into another"),
)
_PEOPLE = (
    (
        "Person",
        "meet",
        "At a party in a large garden nobody knows anybody at first, but then people meet",
        ("Ada", "Ben", "Cleo", "Dan", "Eve"),
    ),
    (
        "Robot",
        "pair",
        "Where toys are made, robots carry boxes, and two that work together are paired by radio",
        ("R2", "K9", "C3", "B6", "T8"),
    ),
    (
        "Island",
        "join",
        "Far out in the sea, where mail comes once a week, islands are joined by ferries",
        ("Elba", "Java", "Malta", "Fyn", "Skye"),
    ),
    (
        "Band",
        "tour",
        "Who likes to play in front of empty chairs? So bands go on tour together",
        ("Owls", "Jets", "Kings", "Moss", "Rust"),
    ),
    (
        "School",
        "visit",
        "For a week in spring pupils sleep in other towns, because schools visit each other",
        ("Bern", "Graz", "Lyon", "Pisa", "Turku"),
    ),
    (
        "Player",
        "challenge",
        "In a league for chess there is no plan: whoever is in the mood challenges another player",
        ("Kim", "Lou", "Max", "Nia", "Oli"),
    ),
    (
        "Village",
        "trade",
        "High up in the valleys hardly anyone uses money, and villages trade wool for cheese",
        ("Arn", "Bex", "Cham", "Dole", "Egg"),
    ),
)


def _gives(random: Random) -> ClassTask:
    name, label, things, lead = random.choice(_PURSES)
    k, p, q = random.randint(2, 5), random.randint(9, 15), random.randint(2, 5)
    rule, lines, twin = random.choice(
        [
            (
                "When `x` has fewer than that, nothing happens at all",
                (
                    f"if self.{things} >= number:",
                    f"    self.{things} -= number",
                    f"    other.{things} += number",
                ),
                "n if n < 1 + self.n else 0",
            ),
            (
                "When `x` has fewer than that, it gives all that it has",
                (
                    f"number = min(number, self.{things})",
                    f"self.{things} -= number",
                    f"other.{things} += number",
                ),
                "sorted([n, self.n])[0]",
            ),
            (
                f"But `x` keeps at least {k}: when it would have fewer afterwards, nothing happens at all",
                (
                    f"if self.{things} - number >= {k}:",
                    f"    self.{things} -= number",
                    f"    other.{things} += number",
                ),
                f"0 if self.n - n < {k} else n",
            ),
        ]
    )
    body = "\n".join(
        [
            f"def __init__(self, {label}, {things}):",
            f"    self.{label} = {label}",
            f"    self.{things} = {things}",
            "",
            "def give(self, other, number):",
            *(f"    {line}" for line in lines),
            "",
            "def ahead(self, other):",
            f"    return self.{things} - other.{things}",
        ]
    )
    two = f"x = {name}('A', {p})\ny = {name}('B', {q})\n"
    now = f"[x.{things}, y.{things}]"
    return ClassTask(
        title=f"Two that share their {things}",
        story=f"""
        {lead}. Write the class `{name}`. A new object gets its `{label}`, a text, and how many `{things}` it
        has, and keeps both. `x.give(y, number)` takes that many {things} away from `x` and adds them to those
        of `y`, **another object** of the class. {rule}. `x.ahead(y)` returns how many {things} `x` has more
        than `y`, which is below 0 when it has fewer.

        *A method can be handed an object. `other.{things}` are the {things} of that one, `self.{things}` its
        own.*
        """,
        name=name,
        doc=f"Its {label}, and a number of {things}.",
        body=body,
        twin=f"""
        class {name}:
            def __init__(self, t, n):
                self.{label}, self.n = t, n
            def give(self, o, n):
                n = {twin}
                self.n, o.n = self.n - n, o.n + n
            def ahead(self, o):
                return -o.n + self.n
            {things} = property(lambda self: self.n)
        """,
        shown=[f"{name}('A', {p}).{things}", f"{name}('A', {p}).ahead({name}('B', {q}))"],
        edges=[
            (two + f"x.give(y, {p})\n{now}", "Look closely at how much can be given."),
            (two + f"x.give(y, {p + 1})\n{now}", "Look closely at how much can be given."),
            (two + f"x.give(y, {p - k})\n{now}", "Look closely at how much can be given."),
            (two + f"x.give(y, {p - k + 1})\n{now}", "Look closely at how much can be given."),
            (
                two + f"z = {name}('C', 1)\nx.give(y, 2)\n[z.{things}, z.{label}, x.{label}]",
                "Only two are part of it.",
            ),
            (two + "y.ahead(x)", "It may have fewer."),
        ],
        more=[
            two + f"x.give(y, 2)\n{now}",
            two + f"x.give(y, 3)\ny.give(x, 1)\n{now}",
            two + "x.give(y, 1)\nx.give(y, 1)\n[x.ahead(y), y.ahead(x)]",
            two + f"y.give(x, {q + 4})\n{now}",
        ],
    )


def _pours(random: Random) -> ClassTask:
    name, what, things, lead = random.choice(_TANKS)
    room, k = random.randint(12, 30), random.randint(2, 5)
    rule, code, twin = random.choice(
        [
            (
                "as much as is in `x` and fits into `y`",
                f"min(self.{things}, other.free())",
                "self.n if self.n < o.r - o.n else o.r - o.n",
            ),
            (
                f"as much as is in `x` and fits into `y`, but never more than {k + 2} at a time",
                f"min(self.{things}, other.free(), {k + 2})",
                f"sorted([self.n, {k + 2}, o.r - o.n])[0]",
            ),
            (
                f"as much as fits into `y`, but the last {k} stay in `x`, or all, when there are fewer",
                f"min(max(0, self.{things} - {k}), other.free())",
                f"sorted([0, self.n - {k}, o.r - o.n])[1] if self.n > {k} else 0",
            ),
        ]
    )
    two = f"x = {name}({room}, {{}})\ny = {name}({room - k}, {{}})\n"
    now = f"[x.{things}, y.{things}]"
    return ClassTask(
        title=f"From {what} to {what}",
        story=f"""
        {lead}. Write the class `{name}`. A new object gets its `room` and the number of {things} in it, kept
        as `{things}`. `free()` returns how many more fit in. `x.move(y)` moves {things} from `x` into `y`,
        another object of the class: {rule}. It **returns** how many were moved. `x.fuller(y)` returns the one
        of the two **objects** in which there are more {things}; when both have the same number, it is `x`.
        """,
        name=name,
        doc=f"Room for a number of {things}.",
        body=f"""
        def __init__(self, room, {things}):
            self.room = room
            self.{things} = {things}

        def free(self):
            return self.room - self.{things}

        def move(self, other):
            moved = {code}
            self.{things} -= moved
            other.{things} += moved
            return moved

        def fuller(self, other):
            if other.{things} > self.{things}:
                return other
            return self
        """,
        twin=f"""
        class {name}:
            def __init__(self, r, n):
                self.r, self.n, self.room = r, n, r
            def free(self):
                return -self.n + self.r
            def move(self, o):
                m = {twin}
                self.n, o.n = self.n - m, o.n + m
                return m
            def fuller(self, o):
                return max(self, o, key=lambda each: each.n)
            {things} = property(lambda self: self.n)
        """,
        shown=[f"{name}({room}, 9).free()", f"{name}({room}, 9).move({name}(5, 5))"],
        edges=[
            (two.format(room, 0) + f"x.move(y)\n{now}", "The second may become full."),
            (two.format(k + 3, room - k - 2) + f"x.move(y)\n{now}", _BOTH),
            (two.format(0, 3) + f"[x.move(y), *{now}]", "The first may be empty."),
            (two.format(k - 1, 0) + f"[x.move(y), *{now}]", "There may be little in the first."),
            (two.format(k + 1, 0) + f"[x.move(y), *{now}]", "There may be little in the first."),
            (two.format(5, 5) + "[x.fuller(y) is x, y.fuller(x) is y]", "Both may have as many."),
            (
                two.format(5, 6) + "[x.fuller(y) is y, y.fuller(x) is y]",
                "It should be one of the two objects.",
            ),
        ],
        more=[
            two.format(8, 1) + f"x.move(y)\n{now}",
            two.format(room, 2) + f"[x.move(y), x.move(y), x.move(y), *{now}]",
            two.format(9, room - k - 1) + f"[x.move(y), y.free(), *{now}]",
            two.format(3, 4) + f"y.move(x)\nx.fuller(y).{things}",
        ],
    )


def _friends(random: Random) -> ClassTask:
    name, do, lead, every = random.choice(_PEOPLE)
    a, b, c, d, e = random.sample(every, 5)
    order, back = random.choice(
        [
            ("in the order of the alphabet", ""),
            ("from the end of the alphabet to its beginning", ", reverse=True"),
        ]
    )
    told, code, twin = random.choice(
        [
            ("that both of them know", "[n for n in self.names() if n in other.names()]", "self.k & o.k"),
            (
                "that one of them knows and the other does not, without `x` and `y` themselves",
                f"sorted(({{*self.names()}} ^ {{*other.names()}}) - {{self.name, other.name}}{back})",
                "(self.k ^ o.k) - {self.name, o.name}",
            ),
            (
                "that `x` knows and `y` does not; `y` itself is not among them",
                "[n for n in self.names() if n not in other.names() and n != other.name]",
                "self.k - o.k - {o.name}",
            ),
            (
                "that at least one of them knows, each once, without `x` and `y` themselves",
                f"sorted({{*self.names(), *other.names()}} - {{self.name, other.name}}{back})",
                "(self.k | o.k) - {self.name, o.name}",
            ),
        ]
    )
    made = f"v, w, x, y, z = [{name}(each) for each in {(a, b, c, d, e)}]\n"
    return ClassTask(
        title=f"Who knows whom: {a} and {b}",
        story=f"""
        {lead}, and then **both** know each other. Write the class `{name}`. A new object gets its `name`, no
        two the same, and knows nobody. After `x.{do}(y)` `x` knows `y`, and `y` knows `x`; doing it again
        changes nothing, and nobody ever knows itself. `x.names()` returns a list of the names that `x` knows,
        {order}. `x.part(y)` ends it for both, and does nothing when they did not know each other.
        `x.shared(y)` returns a list, in the same order, of the names {told}.

        *`other.known.append(self)`: in a method `self` is the object itself, which can be put into a list
        too.*
        """,
        name=name,
        doc="A name, and whom it knows.",
        body=f"""
        def __init__(self, name):
            self.name = name
            self.known = []

        def {do}(self, other):
            if other is not self and other not in self.known:
                self.known.append(other)
                other.known.append(self)

        def part(self, other):
            if other in self.known:
                self.known.remove(other)
                other.known.remove(self)

        def names(self):
            return sorted([each.name for each in self.known]{back})

        def shared(self, other):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, n):
                self.name, self.k = n, set()
            def {do}(self, o):
                if o.name != self.name:
                    self.k |= {{o.name}}
                    o.k |= {{self.name}}
            def part(self, o):
                self.k -= {{o.name}}
                o.k -= {{self.name}}
            def names(self):
                return sorted(self.k{back})
            def shared(self, o):
                return sorted({twin}{back})
        """,
        shown=[f"{name}({a!r}).names()", f"{name}({b!r}).name"],
        edges=[
            (made + f"x.{do}(y)\n[x.names(), y.names()]", "Both should know each other."),
            (made + f"x.{do}(y)\ny.{do}(x)\nx.{do}(y)\n[x.names(), y.names()]", "Once is enough."),
            (made + f"x.{do}(x)\nx.names()", "Nobody knows itself."),
            (made + f"x.part(y)\nx.{do}(y)\ny.part(x)\n[x.names(), y.names()]", "It should end for both."),
            (made + f"x.{do}(y)\nx.{do}(z)\nx.part(z)\n[x.names(), y.names(), z.names()]", "Only two part."),
            (made + f"x.{do}(y)\n[x.shared(y), y.shared(x)]", "Look closely at the two themselves."),
        ],
        more=[
            made + f"x.{do}(y)\nz.{do}(x)\nx.names()",
            made + f"x.{do}(y)\nx.{do}(v)\nz.{do}(y)\nz.{do}(w)\n[x.shared(z), z.shared(x)]",
            made + f"x.{do}(v)\ny.{do}(w)\ny.{do}(v)\nx.{do}(w)\nw.part(x)\n[x.shared(y), y.shared(x)]",
            made + f"for each in [v, w, y, z]:\n    each.{do}(x)\n[x.names(), z.names(), v.shared(x)]",
            made + f"v.{do}(w)\nw.{do}(x)\nx.{do}(v)\n[v.shared(w), w.shared(x), v.shared(z)]",
        ],
    )


LINKS = Family("link", "objects", by_level(_gives, _pours, _friends, train, tree))
