"""Parameters, defaults, functions that use functions, and functions that use themselves."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Edge, Family, Task


def _helpers(random: Random, level: int) -> Task:
    thing, small = random.choice([("garden", "bed"), ("wall", "tile"), ("park", "lawn"), ("room", "mat")])
    cost, extra, limit = random.randint(3, 12), random.randint(2, 9), random.randint(20, 40)
    sizes = [(random.randint(1, 12), random.randint(1, 12)) for _ in range(7)]
    lists = [[random.sample(range(1, 12), 2) for _ in range(random.randint(1, 4))] for _ in range(5)]
    rows = [([(a, b) for a, b in each],) for each in lists]
    empty: Edge = (([],), "An empty list should work as well.")
    given = '''
def area(length, width):
    """Return the area of a rectangle."""
    return length * width
'''
    side = (random.randint(3, 9), 1)
    if level == 1:
        return Task(
            title=f"The price of a {thing}",
            story=f"""
            The function `area` is there already. Complete `price`: a {thing} costs {cost} euros for each
            square metre, and {extra} euros on top. Call `area` in it.
            """,
            before=given,
            function="price",
            must_use=["area"],
            parameters="length, width",
            doc=f"Return the price of a {thing} of this size.",
            body=f"return area(length, width) * {cost} + {extra}",
            answer=lambda a, b: extra + a * b * cost,
            shown=[(2, 3), (5, 1)],
            edges=[((0, 4), "A length of 0 should work as well.")],
            more=sizes,
        )
    if level == 2:
        return Task(
            title=f"A default for the {thing}",
            story=f"""
            The function `area` is there already. Complete `price`. It gets the length of a {thing}, its
            width, and what a square metre costs. Who gives **no** cost pays {cost} euros for each. On top
            come {extra} euros for everybody.
            """,
            before=given,
            function="price",
            parameters=f"length, width, cost={cost}",
            doc=f"Return the price of a {thing} of this size.",
            body=f"return area(length, width) * cost + {extra}",
            answer=lambda a, b, each=cost: extra + each * b * a,
            shown=[(2, 3), (2, 3, 1)],
            edges=[
                ((4, 2, 0), "A cost of 0 is a cost as well."),
                ((1, 1, cost + 1), "Use the cost that is given."),
            ],
            more=[*sizes, *((a, b, a + 1) for a, b in sizes[:3])],
        )
    if level == 3:
        return Task(
            title=f"Many {thing}s",
            story=f"""
            The function `area` is there already. Complete `total`. It gets a list of pairs, each the
            length and the width of a {thing}, and returns the area of all together. Every {thing} that is
            larger than {limit} square metres counts {extra} square metres less.
            """,
            before=given,
            function="total",
            parameters="sizes",
            doc="Return the area of all of them together.",
            body=f"""
            result = 0
            for length, width in sizes:
                size = area(length, width)
                if size > {limit}:
                    size -= {extra}
                result += size
            return result
            """,
            answer=lambda sizes: sum(a * b - (extra if a * b > limit else 0) for a, b in sizes),
            shown=[([(2, 3), (1, 4)],), ([(10, 10)],)],
            edges=[
                empty,
                (([(limit, 1)],), f"Look closely at an area of exactly {limit}."),
                (([(limit + 1, 1), side],), f"Look closely at an area just above {limit}."),
            ],
            more=rows,
        )
    if level == 4:
        return Task(
            title=f"The best {thing}",
            story=f"""
            Complete `best`. It gets a list of pairs, each the length and the width of a {thing}, and a
            **function** that says how good one is: `best(sizes, worth)` calls `worth(length, width)` for
            each pair, adds {extra} for every pair with a length above {limit // 4}, and returns the
            highest of these numbers. For an empty list it returns 0, and it never returns less than 0.

            A function is handed over by its name, without brackets.
            """,
            before='''
def area(length, width):
    """Return the area of a rectangle."""
    return length * width


def slimness(length, width):
    """Return how much longer it is than wide."""
    return length - width
''',
            function="best",
            parameters="sizes, worth",
            doc="Return the highest number that a pair of sizes reaches.",
            body=f"""
            highest = 0
            for length, width in sizes:
                number = worth(length, width)
                if length > {limit // 4}:
                    number += {extra}
                highest = max(highest, number)
            return highest
            """,
            answer=lambda sizes, worth: max(
                [0]
                + [(a * b if worth == _Name("area") else a - b) + extra * (a > limit // 4) for a, b in sizes]
            ),
            shown=[([(2, 3), (1, 4)], _Name("area")), ([(9, 2), (6, 5)], _Name("slimness"))],
            edges=[
                (([], _Name("area")), empty[1]),
                (([(1, 9)], _Name("slimness")), "It never returns less than 0."),
                (([(2, 1)], _Name("slimness")), "A single pair should work as well."),
                (([(limit // 4, 1)], _Name("area")), "Look closely at the border of the length."),
                (([(limit // 4 + 1, 1)], _Name("area")), "Look closely at the border of the length."),
            ],
            more=[(each, _Name("area")) for (each,) in rows]
            + [(each, _Name("slimness")) for (each,) in rows],
        )
    return Task(
        title=f"Dividing the {thing}",
        story=f"""
        A square {small} with a side of {extra} metres or less is not divided. A larger one is cut into 4
        equal squares, and each of those is treated in the same way. The side of a new square is half of
        the old one, without the remainder (`//`). Complete `pieces`, so that it returns how many squares
        there are at the end, plus {cost} for each cut.

        *Let the function call itself for the smaller square.*
        """,
        function="pieces",
        parameters="side",
        doc=f"Return the number of squares, and {cost} for each cut.",
        body=f"""
        if side <= {extra}:
            return 1
        return 4 * pieces(side // 2) + {cost}
        """,
        answer=lambda side: _pieces(side, extra, cost),
        shown=[(extra,), (2 * extra,)],
        edges=[
            ((extra + 1,), "Look closely at the smallest square that is cut."),
            ((1,), "The smallest squares should work as well."),
            ((8 * extra,), "It may have to be cut several times."),
        ],
        more=[(3 * a + b,) for a, b in sizes],
    )


def _pieces(side: int, limit: int, cost: int) -> int:
    squares, cuts = 1, 0
    while side > limit:
        cuts, squares, side = cuts + squares, squares * 4, side // 2
    return squares + cuts * cost


class _Name:
    """An argument that is written as a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Name) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


FAMILIES = (Family("helpers", "functions", _helpers),)
