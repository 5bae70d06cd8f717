"""Libraries for places on a map: how far, what is near, how long a tour, which way, and the shortest way."""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from itertools import pairwise, permutations
from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

Place = tuple[int, int]

_GROUNDS = (
    ("hike", "a hiking map", "kilometres", ("hut", "lake", "peak", "cave", "ford")),
    ("harbour", "a sea chart", "miles", ("buoy", "reef", "pier", "island", "wreck")),
    ("park", "a plan of a park", "metres", ("gate", "pond", "swing", "kiosk", "oak")),
    ("school", "a plan of a school yard", "metres", ("door", "bench", "goal", "tap", "bell")),
    ("fair", "a plan of a fair", "metres", ("wheel", "train", "stage", "tent", "slide")),
    ("desert", "a map of a desert", "kilometres", ("well", "camp", "dune", "oasis", "tower")),
)
_PLACE = (
    "A place on it is a pair such as `(3, -4)`: so far to the east, and so far to the north; numbers below 0 "
    "lead to the west and the south."
)


def _spot(random: Random, reach: int = 12) -> Place:
    return random.randint(-reach, reach), random.randint(-reach, reach)


def _apart(one: Place, other: Place) -> float:
    """By the theorem of Pythagoras."""
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _length(way: Sequence[Place]) -> float:
    return sum(_apart(one, other) for one, other in pairwise(way))


def _distance(random: Random) -> Task:
    name, what, unit, _ = random.choice(_GROUNDS)
    k, fee = random.randint(2, 9), random.randint(3, 30)
    time = "seconds" if unit == "metres" else "minutes"
    told, code, value = random.choice(
        [
            (
                f"how many {unit} that is, rounded to one digit behind the point",
                "round(math.dist(first, second), 1)",
                lambda d: round(d, 1),
            ),
            (
                f"what a ride costs: {fee} cents, and {k} for each full {unit[:-1]} of the way",
                f"{fee} + math.floor(math.dist(first, second)) * {k}",
                lambda d: k * int(d) + fee,
            ),
            (
                f"what a cable of that length costs, which is sold in pieces of one {unit[:-1]} only, so "
                f"that one more is needed for what is left over: {k} euros for each piece",
                f"math.ceil(math.dist(first, second)) * {k}",
                lambda d: sum([k] * (int(d) + (d > int(d)))),
            ),
            (
                f"how many {time} the way there and back takes, {k} for each of the {unit}, rounded to a "
                "whole number with `round`",
                f"round(math.dist(first, second) * 2 * {k})",
                lambda d: round(d * k + d * k),
            ),
        ]
    )

    def answer(first: Place, second: Place) -> object:
        return value(_apart(first, second))

    return Task(
        title=f"From here to there: {name}",
        story=f"""
        On {what} everything is measured in {unit}. {_PLACE} Between two places the straight way counts.
        Complete `{name}`. It gets two places and returns {told}.

        *`math.dist(first, second)` is the length of the straight way. `math.floor` rounds down, `math.ceil`
        up, and `round` to the nearest.*
        """,
        before="import math",
        function=name,
        parameters="first, second",
        doc="Return what is asked for of the way between both places.",
        body=f"return {code}",
        answer=answer,
        shown=[((0, 0), (3, 4)), ((1, 2), (6, -1))],
        edges=[
            (((5, 5), (5, 5)), "Both places may be the same."),
            (((-2, 0), (3, 12)), "A way may come to a whole number."),
            (((0, 7), (0, -2)), "A way may go straight to the south."),
        ],
        more=[(_spot(random), _spot(random)) for _ in range(7)],
    )


def _near(random: Random) -> Task:
    name, what, unit, names = random.choice(_GROUNDS)
    reach = random.randint(4, 9)
    told, start, lines, end, value = random.choice(
        [
            (
                f"a list of the names of all places that are not farther away than {reach} {unit}, the "
                "nearest first",
                "found = []",
                f"if math.dist(here, places[name]) <= {reach}:\n"
                "        found.append((math.dist(here, places[name]), name))",
                "[name for _, name in sorted(found)]",
                lambda rows: [name for _, name in sorted(rows)],
            ),
            (
                f"how many places are not farther away than {reach} {unit}, and {reach} more",
                f"count = {reach}",
                f"if math.dist(here, places[name]) <= {reach}:\n        count += 1",
                "count",
                lambda rows: len(rows) + reach,
            ),
        ]
    )

    def answer(here: Place, places: dict[str, Place]) -> object:
        squares = {name: (x - here[0]) ** 2 + (y - here[1]) ** 2 for name, (x, y) in places.items()}
        return value([(square, name) for name, square in squares.items() if square < reach * reach + 1])

    def ground(here: Place, size: int) -> tuple[Place, dict[str, Place]]:
        # No two are equally far away, so that there is one order only.
        found: dict[str, Place] = {}
        for name in random.sample(names, size):
            spot = _spot(random, reach)
            while any(abs(_apart(here, spot) - _apart(here, other)) < 0.01 for other in found.values()):
                spot = _spot(random, reach)
            found[name] = spot
        return here, found

    a, b, c, *_ = names
    return Task(
        title=f"What is near? {name.capitalize()}",
        story=f"""
        On {what} everything is measured in {unit}. {_PLACE} A dictionary has names and their places, for
        instance `{{"{a}": (3, -4)}}`. Complete `near`. It gets the place where somebody stands and such a
        dictionary, and returns {told}. No two places are equally far away.

        *`math.dist(here, place)` is the length of the straight way. Pairs are sorted by what stands first in
        them.*
        """,
        before="import math",
        function="near",
        parameters="here, places",
        doc="Return what is asked for of the places that are near.",
        body=f"{start}\nfor name in places:\n    {lines}\nreturn {end}",
        answer=answer,
        shown=[ground((0, 0), 3), ((1, 1), {a: (1, 2), b: (50, 1)})],
        edges=[
            (((2, 3), {}), "There may be no places."),
            (((0, 0), {b: (reach, 0), a: (0, 1)}), "Look closely at what is just near enough."),
            (((0, 0), {b: (reach, 1), a: (0, 2)}), "Look closely at what is just too far."),
            (((0, 0), {b: (-reach, 0), c: (0, 1 - reach)}), "It may be to the west or the south."),
            (((5, -5), {c: (5, -5)}), "A place may be right here."),
        ],
        more=[ground(_spot(random, 4), size) for size in (3, 4, 5, 5, 4)],
    )


def _tour(random: Random) -> Task:
    name, what, unit, _ = random.choice(_GROUNDS)
    k = random.randint(2, 9)
    back = random.random() < 0.5
    end = " and then from the last straight back to the first" if back else ""
    told, code, value = random.choice(
        [
            (
                "the length of the whole way, rounded to one digit behind the point",
                "round(sum(parts), 1)",
                lambda parts: round(sum(parts), 1),
            ),
            (
                "the length of the longest part of it, rounded to one digit behind the point",
                "round(max(parts), 1)",
                lambda parts: round(sorted(parts)[-1], 1),
            ),
            (
                f"how many of its parts are longer than {k} {unit}",
                f"len([part for part in parts if part > {k}])",
                lambda parts: sum(not part <= k for part in parts),
            ),
        ]
    )
    pairs = "pairwise([*places, places[0]])" if back else "pairwise(places)"

    def answer(places: list[Place]) -> object:
        way = [*places, *places[:1]] if back else places
        parts = [_apart(way[at - 1], way[at]) for at in range(1, len(way))]
        return value(parts) if len(places) > 1 else -1

    def tour(size: int) -> tuple[list[Place]]:
        return ([_spot(random, 7) for _ in range(size)],)

    return Task(
        title=f"A tour: {name}",
        story=f"""
        On {what} everything is measured in {unit}. {_PLACE} A tour is a list of places; it goes straight from
        each to the next{end}. Complete `{name}`. It gets such a list and returns {told}. For fewer than two
        places it returns -1.

        *`math.dist` is the length of a straight way, and `pairwise(places)` from `itertools` gives each place
        together with the next one.*
        """,
        before="import math\nfrom itertools import pairwise",
        function=name,
        parameters="places",
        doc="Return what is asked for of the tour.",
        body=f"""
        if len(places) < 2:
            return -1
        parts = [math.dist(here, there) for here, there in {pairs}]
        return {code}
        """,
        answer=answer,
        shown=[([(0, 0), (3, 4), (3, 10)],), ([(1, 1), (2, 3)],)],
        edges=[
            (([],), "There may be no places."),
            (([(4, 5)],), "A single place is no tour."),
            (([(0, 0), (k, 0), (k, k + 1), (0, k + 1)],), "Look closely at how long a part is."),
            (([(0, 0), (0, 9), (0, 0)],), "A place may come twice."),
            (([(2, 2), (2, 2)],), "A part may have no length."),
        ],
        more=[tour(size) for size in (2, 3, 4, 5, 6)],
    )


def _turtle(random: Random) -> Task:
    name, what, unit, _ = random.choice(_GROUNDS)
    kind, sign = random.choice([("right", "+"), ("left", "-")])
    x, y = random.randint(2, 40), random.randint(2, 40)
    told, code, value = random.choice(
        [
            (
                "a list of two numbers: how far to the east it is at the end, and how far to the north, both "
                "rounded to whole numbers with `round`",
                "[round(east), round(north)]",
                lambda end: [round(end.real), round(end.imag)],
            ),
            (
                f"how many {unit} it is away from `(0, 0)` at the end, if one may only go to the east, west, "
                "north and south, rounded to a whole number with `round`",
                "round(abs(east) + abs(north))",
                lambda end: round(max(end.real, -end.real) + max(end.imag, -end.imag)),
            ),
            (
                "how much farther to the east it is at the end than to the north, rounded to a whole number "
                "with `round`",
                "round(east - north)",
                lambda end: round(-end.imag + end.real),
            ),
        ]
    )

    def answer(orders: list[tuple[int, int]]) -> object:
        # As complex numbers: north is 1j, and a turn to the right goes against their angle.
        angle, end = 90, complex(x, y)
        for turn, steps in orders:
            angle -= turn if kind == "right" else -turn
            end += cmath.rect(steps, angle * cmath.pi / 180)
        return value(end)

    def orders(size: int) -> tuple[list[tuple[int, int]]]:
        return (
            [(random.choice([10, 25, 40, 70, 100, 130, 200]), random.randint(20, 90)) for _ in range(size)],
        )

    return Task(
        title=f"A robot turns and goes: {name}",
        story=f"""
        On {what} a robot stands at `{(x, y)}`: {x} {unit} to the east, and {y} to the north. It looks to the
        **north**. An order for it is a pair such as `(90, 25)`: turn by 90 degrees to the {kind}, and then go
        25 {unit} straight on. Complete `{name}`. It gets a list of orders, which are carried out one after
        the other, and returns {told}.

        *Add up the angle. In a direction `angle` degrees to the right of north, a way of `steps` leads
        `steps * math.sin(math.radians(angle))` to the east and `steps * math.cos(math.radians(angle))` to the
        north; to the left, the angle is below 0.*
        """,
        before="import math",
        function=name,
        parameters="orders",
        doc="Return what is asked for of the place where the robot is at the end.",
        body=f"""
        angle, east, north = 0, {x}, {y}
        for turn, steps in orders:
            angle {sign}= turn
            east += steps * math.sin(math.radians(angle))
            north += steps * math.cos(math.radians(angle))
        return {code}
        """,
        answer=answer,
        shown=[([(90, 25)],), ([(30, 40), (60, 33)],)],
        edges=[
            (([],), "There may be no orders."),
            (([(0, 70)],), "It may go to the north."),
            (([(0, 30), (180, 85)],), "It may turn round."),
            (([(90, 20), (90, 20), (90, 20), (90, 31)],), "It may go in a circle."),
            (([(45, 60), (0, 66)],), "It may go straight on."),
            (([(400, 90)],), "It may turn more than once round."),
        ],
        more=[orders(size) for size in (1, 2, 3, 4, 5, 6)],
    )


def _shortest(random: Random) -> Task:
    name, what, unit, names = random.choice(_GROUNDS)
    back = random.random() < 0.5
    end = "and then go back to where it began" if back else "and end at the last of them"
    k = random.randint(2, 9)
    extra, plus = random.choice([(f" plus {k} for each stop", True), ("", False)])

    def answer(home: Place, places: dict[str, Place]) -> list[object]:
        if not places:
            return [0, None]
        ways = [
            (_length([home, *(places[each] for each in order), *([home] if back else [])]), list(order))
            for order in permutations(sorted(places))
        ]
        length, order = min(ways)
        ends = [order[0], order[-1]] if back else order[:1]
        return [round(length + (k * len(order) if plus else 0), 1), sorted(ends)[0]]

    def only(home: Place, places: dict[str, Place]) -> bool:
        """Whether the first stop of a shortest way, and its direction, are beyond doubt."""
        lengths = sorted(
            (_length([home, *(places[each] for each in order), *([home] if back else [])]), order[0])
            for order in permutations(places)
        )
        rivals = [each for each in lengths if each[0] < lengths[0][0] + 0.05]
        return len({first for _, first in rivals}) == (2 if back and len(places) > 1 else 1)

    def ground(size: int) -> tuple[Place, dict[str, Place]]:
        while True:
            home, places = _spot(random, 6), {each: _spot(random, 9) for each in random.sample(names, size)}
            if only(home, places):
                return home, places

    a, b, *_ = names
    first = (
        "its first or its last stop, whichever comes first in the alphabet, as one may go either way round"
        if back
        else "the name of its first stop"
    )
    choose = "min(order[0], order[-1])" if back else "order[0]"
    return Task(
        title=f"The shortest way: {name}",
        story=f"""
        On {what} everything is measured in {unit}. {_PLACE} Somebody wants to begin at a place, stop at
        **all** places of a dictionary, in any order, {end}. Complete `{name}`. It gets the place of the
        beginning and the dictionary of names and places, and looks for the shortest of all ways. It returns
        a list of two: the length of that way{extra}, rounded to one digit behind the point, and {first}.
        Without any stops it returns `[0, None]`. There are at most five stops.

        *`permutations(places)`, from `itertools`, gives the names in every possible order.*
        """,
        before="import math\nfrom itertools import pairwise, permutations",
        function=name,
        parameters="home, places",
        doc="Return the length of the shortest way, and the stop that is asked for.",
        body=f"""
        if not places:
            return [0, None]
        ways = []
        for order in permutations(places):
            way = [home, *(places[stop] for stop in order){", home" if back else ""}]
            length = sum(math.dist(here, there) for here, there in pairwise(way))
            ways.append((length, {choose}))
        length, stop = min(ways)
        return [round(length{f" + len(places) * {k}" if plus else ""}, 1), stop]
        """,
        answer=answer,
        shown=[((0, 0), {a: (0, 5), b: (0, 1)}), ground(3)],
        edges=[
            (((3, 3), {}), "There may be no stops."),
            (((3, 3), {b: (0, -1)}), "There may be one stop."),
            (((0, 0), {a: (2, 0), b: (-1, 0)}), "Stops may be on both sides."),
            (ground(5), "There may be five stops."),
        ],
        more=[ground(size) for size in (2, 3, 4, 4)],
    )


MAPS = Family("map", "libraries", by_level(_distance, _near, _tour, _turtle, _shortest))
