"""Tables of rows: one place, rows, columns, neighbours, and a table turned into another."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level

_HALLS = (
    ("a cinema", "seats", "row", "seat", ("free", "taken", "broken")),
    ("a farm", "beds", "row", "bed", ("corn", "beans", "peas")),
    ("a car park", "places", "row", "place", ("red", "blue", "empty")),
    ("a hotel", "rooms", "floor", "room", ("quiet", "loud", "clean")),
    ("a library", "shelves", "room", "shelf", ("art", "maps", "plays")),
    ("a chocolate box", "pieces", "row", "piece", ("nut", "mint", "plain")),
)
_WEEKS = (
    ("the sales of a shop", "week", "day"),
    ("the rain of a town", "month", "week"),
    ("the points of a league", "round", "team"),
    ("the visitors of a museum", "day", "hour"),
    ("the hours of a worker", "week", "day"),
    ("the cups of a café", "day", "waiter"),
)
_MAPS = (
    ("a lawn", "moles", "#"),
    ("a sea", "islands", "o"),
    ("a forest", "fires", "*"),
    ("a sky", "stars", "+"),
    ("a cellar", "mice", "m"),
    ("a board", "pawns", "x"),
)


def _table(random: Random, rows: int, columns: int, top: int) -> list[list[int]]:
    return [[random.randint(0, top) for _ in range(columns)] for _ in range(rows)]


def _one(random: Random) -> Task:
    where, things, line, thing, words = random.choice(_HALLS)
    from_one = random.random() < 0.6
    first = 1 if from_one else 0
    less = " - 1" if from_one else ""
    told, code, value = random.choice(
        [
            ("what is there, in capital letters", "{}.upper()", lambda w: w.upper()),
            (
                f"`True` if it says `{words[0]}` there, and `False` if not",
                f'{{}} == "{words[0]}"',
                lambda w: not w != words[0],
            ),
            ("what is there, with a `.` behind it", '{} + "."', lambda w: f"{w}."),
            ("how many letters the text there has", "len({})", lambda w: sum(1 for _ in w)),
        ]
    )
    small = [[words[at], words[(at + 2) % 3]] for at in range(2)]
    large = [[random.choice(words) for _ in range(4)] for _ in range(3)]
    odd = [["Zed", words[0], "Abc"], [words[1], "zz", "a"]]

    def answer(table: list[list[str]], one: int, other: int) -> Any:
        return value(table[one - first][other - first])

    places = [(table, at + first, to + first) for table in (odd, large) for at in range(2) for to in range(3)]
    return Task(
        title=f"One of the {things}",
        story=f"""
        The {things} of {where} are written down in a list of lists: for every {line} there is a list, with
        a text for every {thing}. The numbers of the {line}s begin with **{first}**, and so do those of the
        {things} in it. Complete `at`. It gets the table, the number of the {line} and that of the {thing}.
        It returns {told}.

        *`table[2]` is a whole list, and `table[2][0]` the first thing in it. Lists count from 0.*
        """,
        function="at",
        parameters=f"table, {line}, {thing}",
        doc="Return what is asked for of this place.",
        body="return " + code.format(f"table[{line}{less}][{thing}{less}]"),
        answer=answer,
        shown=[(small, first, first + 1), (small, first + 1, first)],
        edges=[((large, 2 + first, 3 + first), "The last one should work as well.")],
        more=places,
    )


def _rows(random: Random) -> Task:
    what, line, thing = random.choice(_WEEKS)
    limit, k = random.randint(5, 20), random.randint(2, 9)
    told, start, code, value = random.choice(
        [
            (
                f"a list of the sums of all {line}s, with {k} added to each",
                "[]",
                f"result.append(sum(row) + {k})",
                lambda sums: [k + n for n in sums],
            ),
            (
                f"how many {line}s have a sum above {limit}",
                "0",
                f"if sum(row) > {limit}:\n        result += 1",
                lambda sums: sum(1 for n in sums if n >= limit + 1),
            ),
            (
                f"a list of the sums of all {line}s whose sum is at most {limit}",
                "[]",
                f"if sum(row) <= {limit}:\n        result.append(sum(row))",
                lambda sums: [n for n in sums if not n > limit],
            ),
            (
                f"the sum of all numbers, where a {line} whose sum is below {limit} counts {k} more",
                "0",
                f"result += sum(row)\n    if sum(row) < {limit}:\n        result += {k}",
                lambda sums: sum(n + (0 if n > limit - 1 else k) for n in sums),
            ),
        ]
    )
    tables = [_table(random, random.randint(2, 4), random.randint(2, 3), limit) for _ in range(7)]
    return Task(
        title=f"Sums of every {line}",
        story=f"""
        A list of lists holds {what}: for every {line} a list of numbers, one for each {thing}. Complete
        `sums`. It gets this table, and returns {told}.

        *The loop takes one list after the other. `sum` adds up a list of numbers.*
        """,
        function="sums",
        parameters="table",
        doc=f"Return what is asked for of the {line}s.",
        body=f"result = {start}\nfor row in table:\n    {code}\nreturn result",
        answer=lambda table: value([sum(row) for row in table]),
        shown=[([[1, 2], [limit, 4]],), ([[limit, limit]],)],
        edges=[
            (([],), "An empty table should work as well."),
            (([[], [limit]],), "A row may be empty, and look closely at the limit itself."),
            (([[limit + 1], [limit - 1]],), "Look closely at what is just beside the limit."),
            (([[limit - 1, 1, 1]],), "Look closely at what is just beside the limit."),
        ],
        more=[(table,) for table in tables],
    )


def _columns(random: Random) -> Task:
    what, line, thing = random.choice(_WEEKS)
    limit, k = random.randint(5, 20), random.randint(2, 5)
    told, start, code, back, value = random.choice(
        [
            (
                f"a list of the numbers of this {thing}, one for every {line}, each {k} times as large",
                "[]",
                f"result.append(row[place] * {k})",
                "result",
                lambda ns: [sum([n] * k) for n in ns],
            ),
            (
                f"the sum of this {thing}'s numbers that are above {limit}",
                "0",
                f"if row[place] > {limit}:\n        result += row[place]",
                "result",
                lambda ns: sum(n for n in ns if not n <= limit),
            ),
            (
                f"the largest number of this {thing}, and never less than {limit}",
                str(limit),
                "result = max(result, row[place])",
                "result",
                lambda ns: sorted([*ns, limit])[-1],
            ),
            (
                f"in how many of the {line}s this {thing} has fewer than {limit}, times {k}",
                "0",
                f"if row[place] < {limit}:\n        result += 1",
                f"result * {k}",
                lambda ns: k * sum(1 for n in ns if not n >= limit),
            ),
        ]
    )
    tables = [_table(random, random.randint(2, 5), 4, 2 * limit) for _ in range(8)]
    return Task(
        title=f"The numbers of one {thing}",
        story=random.choice(
            [
                f"""
        A list of lists holds {what}: for every {line} a list of numbers, one for each {thing}. Complete
        `of_one`. It gets this table, and the place of one {thing} in each of the lists (the first place is
        0). It returns {told}.

        *Every list is a row. What you need is a column: the same place in every row.*
        """,
                f"""
        Complete `of_one`. It gets a table with {what}, which is a list of lists: a row for every {line},
        and in each row a number for every {thing}. The second value is a `place`: 0 for the first {thing},
        1 for the second, and so on. Go down this column, and return {told}.
        """,
            ]
        ),
        function="of_one",
        parameters="table, place",
        doc=f"Return what is asked for of one {thing}.",
        body=f"result = {start}\nfor row in table:\n    {code}\nreturn {back}",
        answer=lambda table, place: value([row[place] for row in table]),
        shown=[([[limit + 3, 2], [limit + 5, 1]], 0), ([[limit + 3, 2], [5, limit + 9]], 1)],
        edges=[
            (([], 0), "An empty table should work as well."),
            (([[0, limit], [0, limit + 1], [0, limit - 1]], 1), "Look closely at the limit itself."),
            (([[0, 1, limit]], 2), "A table of one row should work as well."),
        ],
        more=[(table, random.randrange(4)) for table in tables],
    )


def _neighbours(random: Random) -> Task:
    where, things, sign = random.choice(_MAPS)
    k, least = random.randint(2, 9), random.randint(2, 3)
    corners = random.random() < 0.5
    around = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    if corners:
        around += [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    told, code, value = random.choice(
        [
            (f"how many of the {things} lie around it, times {k}", f"count * {k}", lambda n: sum([k] * n)),
            (f"{k} less the number of {things} around it", f"{k} - count", lambda n: -n + k),
            (
                f"`True` if at least {least} of the {things} lie around it, and `False` if not",
                f"count >= {least}",
                lambda n: not n < least,
            ),
        ]
    )
    which = "all eight places around it" if corners else "the places above, below, left and right of it"

    def answer(rows: list[str], row: int, column: int) -> Any:
        found = {(r, c) for r, line in enumerate(rows) for c, each in enumerate(line) if each == sign}
        return value(len(found & {(row + down, column + right) for down, right in around}))

    def drawn(count: int, width: int) -> list[str]:
        return ["".join(random.choice([sign, sign, "."]) for _ in range(width)) for _ in range(count)]

    body = (
        "count = 0\n"
        "for r in range(max(0, row - 1), min(len(rows), row + 2)):\n"
        "    for c in range(max(0, column - 1), min(len(rows[r]), column + 2)):\n"
        + ("" if corners else "        if r != row and c != column:\n            continue\n")
        + f'        if rows[r][c] == "{sign}" and (r, c) != (row, column):\n'
        "            count += 1\n"
        f"return {code}"
    )
    full, empty = [sign * 4] * 4, ["...."] * 3
    maps = [drawn(3, 3), drawn(4, 4), drawn(3, 5), drawn(5, 3)]
    return Task(
        title=f"Who lives next door? {things.capitalize()}",
        story=f"""
        A map of {where} is a list of texts, one for each row, and all of the same length. A `{sign}` in it
        is one of the {things}, and a `.` is an empty place. Complete `around`. It gets the map, a row and a
        column (both count from 0), and looks at {which}, not at the place itself. It returns {told}. Beyond
        the edge of the map there is nothing.

        *Mind the edges: `rows[-1]` is no error, but the last row.*
        """,
        function="around",
        parameters="rows, row, column",
        doc=f"Return what is asked for of the {things} around a place.",
        body=body,
        answer=answer,
        shown=[([f"{sign}.{sign}", "...", f".{sign}{sign}"], 1, 1), ([f".{sign}", f"{sign}{sign}"], 0, 0)],
        edges=[
            ((full, 0, 0), "Look closely at the corners."),
            ((full, 3, 3), "Look closely at the corners."),
            ((full, 0, 3), "Look closely at the corners."),
            ((full, 1, 0), "Look closely at the edges."),
            ((full, 2, 3), "Look closely at the edges."),
            ((full, 2, 1), "The place itself does not count."),
            ((empty, 1, 2), "There may be nothing at all."),
            (([sign], 0, 0), "A map of one place should work as well."),
            (([f"{sign}...", "....", f"...{sign}"], 1, 2), "Look at the right places only."),
            ((["...", f"{sign}..", f"{sign}{sign}{sign}"], 0, 2), "Look at the right places only."),
        ],
        more=[
            (each, row, column) for each in maps for row in range(3) for column in (0, 1, 2) if row != column
        ],
    )


def _turned(random: Random) -> Task:
    what, line, thing = random.choice(_WEEKS)
    limit, k = random.randint(5, 20), random.randint(2, 9)
    told, place, turned = random.choice(
        [
            (
                "what was a column becomes a row, from top to bottom, the first column first",
                "[row[at] for row in table]",
                lambda table: [list(each) for each in zip(*table, strict=True)],
            ),
            (
                "what was a column becomes a row, read from the bottom to the top, the first column "
                "first: the table is "
                "turned to the right",
                "[row[at] for row in reversed(table)]",
                lambda table: [list(each) for each in zip(*table[::-1], strict=True)],
            ),
        ]
    )
    kept, test, fits = random.choice(
        [
            (
                f"only those whose sum is above {limit} are kept",
                f"sum(new) > {limit}",
                lambda r: sum(r) >= limit + 1,
            ),
            (
                f"only those in which every number is below {limit} are kept",
                f"max(new) < {limit}",
                lambda r: all(not n >= limit for n in r),
            ),
            (
                f"only those whose first number is at most {limit} are kept",
                "new[0] <= " + str(limit),
                lambda r: not next(iter(r)) > limit,
            ),
        ]
    )
    how, code, value = random.choice(
        [
            (f"{k} larger", f"n + {k}", lambda n: k + n),
            (f"{k} times as large", f"n * {k}", lambda n: sum([n] * k)),
        ]
    )
    tables = [
        _table(random, random.randint(1, 4), random.randint(1, 4), limit + limit // 2) for _ in range(8)
    ]

    def answer(table: list[list[int]]) -> list[list[int]]:
        return [[value(n) for n in row] for row in turned(table) if fits(row)]

    half = limit // 2
    return Task(
        title=f"From {line}s to {thing}s",
        story=f"""
        A list of lists holds {what}: for every {line} a row of numbers, one for each {thing}; all rows are
        equally long, and there is at least one. A row for each {thing} would be better. Complete `turned`.
        It gets the table and returns a **new** one, in which {told}. Of the new rows {kept}, and every
        number in them becomes {how}. The old table stays as it is.

        *How many columns are there? `len(table[0])`. Make one new row for each of them.*
        """,
        function="turned",
        keeps=True,
        parameters="table",
        doc=f"Return a table of the {thing}s.",
        body=f"""
        result = []
        for at in range(len(table[0])):
            new = {place}
            if {test}:
                result.append([{code} for n in new])
        return result
        """,
        answer=answer,
        shown=[([[1, 2, limit], [half, 3, limit + 1]],), ([[limit, 1]],)],
        edges=[
            (([[limit], [0]],), "Look closely at the limit itself."),
            (([[limit + 1, limit - 1], [0, 0]],), "Look closely at what is just beside the limit."),
            (([[0, 0, 0], [limit, limit + 1, limit - 1]],), "Look closely at what is just beside the limit."),
            (([[], []],), "There may be no column."),
            (([[1], [2], [limit - 1]],), "A single column should work as well."),
        ],
        more=[(table,) for table in tables],
    )


GRIDS = Family("grid", "data_structures", by_level(_one, _rows, _columns, _neighbours, _turned))
