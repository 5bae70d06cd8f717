"""Objects that are measured: plain ones, changed ones, compared ones, relatives, and their parts."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask, Family, by_level
from learnflow_ext.exercises.families.plates import PLATES, of_parts


def _plate(random: Random) -> ClassTask:
    name, what, unit = random.choice(PLATES)
    edge, price = random.randint(1, 4), random.randint(2, 9)
    told, code, twin = random.choice(
        [
            (
                f"what its area costs, {price} for each of its {unit}",
                f"self.length * self.width * {price}",
                f"sum([self.a * self.b] * {price})",
            ),
            (
                f"how long its four sides are together, each with {edge} more",
                f"2 * (self.length + self.width) + {4 * edge}",
                f"sum(side + {edge} for side in (self.a, self.b) * 2)",
            ),
            (
                f"its area without a border that is {edge} wide on all sides",
                f"(self.length - {2 * edge}) * (self.width - {2 * edge})",
                f"self.a * self.b - {2 * edge} * (self.a + self.b) + {4 * edge * edge}",
            ),
        ]
    )
    low = 2 * edge + 1
    pairs = [(random.randint(low, 40), random.randint(low, 30)) for _ in range(5)]
    return ClassTask(
        title=f"The size of a {what}",
        story=f"""
        A {what} is a rectangle. Write the class `{name}`. A new object gets its length and its width, whole
        numbers, in this order, and keeps them as `length` and `width`. `size()` returns {told}.
        """,
        name=name,
        doc=f"A {what} with a length and a width.",
        body=f"""
        def __init__(self, length, width):
            self.length = length
            self.width = width

        def size(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, a, b):
                self.a = self.length = a
                self.b = self.width = b
            def size(self):
                return {twin}
        """,
        shown=[f"{name}({low + 2}, {low}).size()", f"{name}({low + 6}, 9).length"],
        edges=[
            (f"{name}({low}, {low + 5}).width", "The second value is the width."),
            (f"{name}({low}, {low}).size()", "A square is a rectangle too."),
            (
                f"one = {name}({low}, 20)\nother = {name}(30, 15)\none.size()",
                "Two objects should not disturb each other.",
            ),
        ],
        more=[
            f"mine = {name}{pairs[0]}\nmine.size()",
            *(f"{name}{pair}.size()" for pair in pairs[1:]),
        ],
    )


def _growing(random: Random) -> ClassTask:
    name, what, _ = random.choice(PLATES)
    most, k = random.randint(30, 60), random.randint(2, 6)
    rule, code, twin = random.choice(
        [
            (
                f"makes both sides longer by `steps`, but none ever longer than {most}",
                f"self.length = min({most}, self.length + steps)\n    self.width = min({most}, "
                "self.width + steps)",
                f"self.r = [n + s if n + s < {most} else {most} for n in self.r]",
            ),
            (
                "makes the shorter side longer by `steps`; where both are the same, the width. No "
                f"side grows beyond {most}",
                f"if self.length < self.width:\n        self.length = min({most}, self.length + "
                f"steps)\n    else:\n        self.width = min({most}, self.width + steps)",
                f"at = 0 if self.r[0] < self.r[1] else 1\n        self.r[at] = sorted([{most}, "
                "self.r[at] + s])[0]",
            ),
        ]
    )
    body = f"""
def __init__(self, length, width):
    self.length = length
    self.width = width

def grow(self, steps):
    {code}

def turn(self):
    self.length, self.width = self.width, self.length

def frame(self):
    return {k} * (self.length + self.width) - self.width
"""
    small = f"x = {name}(5, 8)\n"
    return ClassTask(
        title=f"A {what} that changes",
        story=f"""
        The {what} of this task can be changed. Write the class `{name}`. A new object gets `length` and
        `width`, and keeps both. `grow(steps)` {rule}. `turn()` exchanges length and width. `frame()` returns
        {k} times the sum of both sides, minus the width.
        """,
        name=name,
        doc=f"A {what} that grows and turns.",
        body=body,
        twin=f"""
class {name}:
    def __init__(self, a, b):
        self.r = [a, b]
    def grow(self, s):
        {twin}
    def turn(self):
        self.r.reverse()
    def frame(self):
        return {k} * self.r[0] + {k - 1} * self.r[1]
    length = property(lambda self: self.r[0])
    width = property(lambda self: self.r[1])
""",
        shown=[f"{name}(3, 4).frame()", f"{name}(9, 2).width"],
        edges=[
            (small + f"x.grow({most})\n[x.length, x.width]", f"No side should be longer than {most}."),
            (
                f"x = {name}({most - 4}, {most - 9})\nx.grow(4)\nx.grow(5)\n[x.length, x.width]",
                "A side may just reach the limit.",
            ),
            (f"x = {name}(7, 7)\nx.grow(2)\n[x.length, x.width]", "Look closely at sides that are the same."),
            (
                small + f"y = {name}(1, 2)\ny.turn()\n[x.length, y.length]",
                "Two objects should not disturb each other.",
            ),
            (
                f"x = {name}({most - 1}, {most - 2})\nx.grow(3)\nx.turn()\nx.grow(1)\n[x.length, x.width]",
                "Look closely at the limit.",
            ),
        ],
        more=[
            small + "x.grow(2)\n[x.length, x.width]",
            small + "x.turn()\nx.grow(3)\nx.frame()",
            small + "x.turn()\nx.turn()\nx.frame()",
            f"x = {name}(11, 6)\nx.grow(4)\nx.grow(3)\n[x.length, x.width]",
        ],
    )


def _compared(random: Random) -> ClassTask:
    name, what, _ = random.choice(PLATES)
    k = random.randint(2, 9)
    told, code, twin = random.choice(
        [
            (
                f"its length times its width plus {k}",
                f"self.length * self.width + {k}",
                f"{k} + sum([self.a] * self.b)",
            ),
            (
                f"{k} times its length plus its width",
                f"self.length * {k} + self.width",
                f"self.b + sum([self.a] * {k})",
            ),
            (
                f"the larger of its two sides, {k} times",
                f"max(self.length, self.width) * {k}",
                f"sorted([self.a, self.b])[1] * {k}",
            ),
        ]
    )
    a, b = random.randint(3, 9), random.randint(11, 20)
    return ClassTask(
        title=f"Which {what} is larger?",
        story=f"""
        Write the class `{name}`. A new object gets `length` and `width` and keeps both. Its `size()` is
        {told}. One object is less than another (`<`) when its size is less, or when the sizes are the same
        and its **width** is less. Two are equal (`==`) when both sides are the same, and `str(...)` of one is
        its sides with ` x ` between them, such as `{a} x {b}`. `sorted` then works as well.

        *Python asks `__lt__`, `__eq__` and `__str__`.*
        """,
        name=name,
        doc=f"A {what} that can be compared with others.",
        body=f"""
        def __init__(self, length, width):
            self.length = length
            self.width = width

        def size(self):
            return {code}

        def __lt__(self, other):
            if self.size() == other.size():
                return self.width < other.width
            return self.size() < other.size()

        def __eq__(self, other):
            return self.length == other.length and self.width == other.width

        def __str__(self):
            return str(self.length) + " x " + str(self.width)
        """,
        twin=f"""
        class {name}:
            def __init__(self, a, b):
                self.a, self.b = a, b
            def size(self):
                return {twin}
            def __lt__(self, o):
                return (self.size(), self.b) < (o.size(), o.b)
            def __eq__(self, o):
                return (self.a, self.b) == (o.a, o.b)
            def __str__(self):
                return " x ".join(map(str, (self.a, self.b)))
        """,
        shown=[f"str({name}({a}, {b}))", f"{name}({b}, {a}).size()"],
        edges=[
            (f"({name}({a}, {b}) < {name}({b}, {a}))", "Look closely at sides that are exchanged."),
            (f"({name}({b}, {a}) < {name}({a}, {b}))", "Look closely at sides that are exchanged."),
            (f"({name}({a}, {b}) < {name}({a}, {b}))", "Nothing is less than itself."),
            (f"({name}({a}, {b}) == {name}({b}, {a}))", "A different order of the sides is not equal."),
            (f"({name}({a}, {b}) == {name}({a}, {b}))", "The same sides are equal."),
            (f"({name}({a}, {b}) == {name}({a}, {b + 1}))", "Both sides count."),
            (f"({name}({a}, {b}) == {name}({a + 1}, {b}))", "Both sides count."),
        ],
        more=[
            f"x = {name}({a}, {b})\ny = {name}({a + 1}, {b + 2})\n[x < y, y < x]",
            f"rows = [{name}({b}, {a}), {name}({a}, {b}), {name}(2, 3), {name}({a}, "
            f"{a})]\n[str(each) for each in sorted(rows)]",
            f"rows = [{name}(6, 2), {name}(2, 6), {name}(4, 3), {name}(3, 4), {name}(12, "
            "1)]\n[str(each) for each in sorted(rows)]",
            f"{name}({a + 7}, {b - 4}).size()",
            f"x = {name}(2, 6)\ny = {name}(6, 2)\n[x < y, y < x]",
            f"x = {name}(20, 2)\ny = {name}(3, 4)\n[x < y, y < x]",
            f"x = {name}({a}, {b + k})\ny = {name}({a + 1}, {b})\n[x < y, y < x]",
            f"x = {name}(5, 3)\ny = {name}(5, 2)\n[x < y, y < x]",
            f"{name}({a}, {b}).size()",
        ],
    )


def _relatives(random: Random) -> ClassTask:
    name, what, unit = random.choice(PLATES)
    child = random.choice(["Lined", "Double", "Framed", "Glossy"]) + name
    k, plus = random.randint(2, 6), random.randint(3, 20)
    told, code, twin = random.choice(
        [
            (
                f"the size that every `{name}` has, plus {plus} for each of its layers",
                f"super().size() + self.layers * {plus}",
                f"self.length * self.width + sum([{plus}] * self.layers)",
            ),
            (
                f"the size that every `{name}` has, once for each of its layers, plus {plus}",
                f"super().size() * self.layers + {plus}",
                f"{plus} + sum([self.length * self.width] * self.layers)",
            ),
        ]
    )
    return ClassTask(
        title=f"A `{child}` is a `{name}`",
        story=f"""
        The class `{name}` is there already. Write the class `{child}`, which inherits from it: it is a {what}
        with several layers. A new object gets its length, its width, and its `layers`, which are {k} when
        nothing is said. `size()` returns {told}. `label()` returns what `label()` of a `{name}` returns, with
        ` x` and the number of layers behind it.

        *`super()` stands for the class above.*
        """,
        name=child,
        after=f"({name})",
        doc=f"A {what} with several layers.",
        before=f'''
class {name}:
    """A {what}, in {unit}."""

    def __init__(self, length, width):
        self.length = length
        self.width = width

    def size(self):
        return self.length * self.width

    def label(self):
        return f"{{self.length}} by {{self.width}}"
''',
        body=f"""
        def __init__(self, length, width, layers={k}):
            super().__init__(length, width)
            self.layers = layers

        def size(self):
            return {code}

        def label(self):
            return super().label() + " x" + str(self.layers)
        """,
        twin=f"""
        class {child}({name}):
            def __init__(self, a, b, *rest):
                self.length, self.width = a, b
                self.layers = [*rest, {k}][0]
            def size(self):
                return {twin}
            def label(self):
                return f"{{self.length}} by {{self.width}} x{{self.layers}}"
        """,
        shown=[f"{child}(3, 4).size()", f"{child}(5, 2, {k + 2}).label()"],
        edges=[
            (f"isinstance({child}(2, 3), {name})", f"Every `{child}` should be a `{name}` too."),
            (f"{child}(6, 7).layers", "The number of layers may be left out."),
            (f"{child}(6, 7, {k + 1}).width", "The sides should be kept."),
            (f"{child}(4, 5, 1).size()", "One layer should work as well."),
            (f"{name}(4, 5).size()", f"A `{name}` should stay what it was."),
        ],
        more=[
            f"x = {child}(8, 3)\n[x.size(), x.label()]",
            f"{child}(7, 9, {k + 4}).size()",
            f"{child}(2, 6, {k + 1}).label()",
            f"x = {child}(5, 5, 2)\nx.length = 9\nx.size()",
            f"x = {child}(3, 8)\nx.layers = {k + 5}\n[x.size(), x.label()]",
        ],
    )


SHAPES = Family("shape", "objects", by_level(_plate, _growing, _compared, _relatives, of_parts))
