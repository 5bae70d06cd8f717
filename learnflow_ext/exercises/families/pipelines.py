"""Lists, dictionaries and records: choose, change, collect, group, and put in order."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task

_THINGS = (
    ("the prices of a shop", "prices"),
    ("the heights of plants", "heights"),
    ("the steps of some days", "steps"),
    ("the points of a game", "points"),
    ("the lengths of some hikes", "lengths"),
    ("the ages of a group", "ages"),
)
_WHO = (
    ("club", "members", "points"),
    ("library", "readers", "books"),
    ("team", "players", "goals"),
    ("garden", "helpers", "trees"),
    ("choir", "singers", "songs"),
    ("harbour", "fishers", "nets"),
)
_NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana")
_WORDS = ("ox", "tea", "oak", "fern", "lake", "olive", "tiger", "forest", "lemon", "taxi", "fig", "orange")


def _list(random: Random, level: int) -> Task:
    what, name = random.choice(_THINGS)
    limit, k, m = random.randint(5, 30), random.randint(2, 9), random.randint(2, 5)
    chosen, keep, kept = random.choice(
        [
            (f"larger than {limit}", f"number > {limit}", lambda n: not n <= limit),
            (f"at most {limit}", f"number <= {limit}", lambda n: not n > limit),
            (f"divisible by {m}", f"number % {m} == 0", lambda n: n // m * m == n),
            (f"not equal to {limit}", f"number != {limit}", lambda n: abs(n - limit) > 0),
        ]
    )
    change, code, changed = random.choice(
        [
            (f"with {k} added to each", f"number + {k}", lambda n: n - -k),
            (f"each {k} times as large", f"number * {k}", lambda n: sum([n] * k)),
            (f"with {k} taken away from each", f"number - {k}", lambda n: n + -k),
        ]
    )
    rows = [[random.randint(0, 2 * limit) for _ in range(random.randint(3, 7))] for _ in range(7)]
    return Task(
        title=f"Some of the {name}",
        story=f"""
        A list holds {what}. Complete `chosen`, so that it returns a new list of those that are {chosen},
        in the same order, {change}. The list that it gets stays as it is.
        """,
        keeps=True,
        function="chosen",
        parameters=name,
        doc="Return the new list.",
        body=f"""
        result = []
        for number in {name}:
            if {keep}:
                result.append({code})
        return result
        """,
        answer=lambda numbers: [changed(n) for n in numbers if kept(n)],
        shown=[([limit - 2, limit + 3, limit + 8],), ([m * 5, 1],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([limit],), "Look closely at the limit itself."),
            (([limit + 1, limit - 1, limit],), "Look closely at what is just beside the limit."),
        ],
        more=[(each,) for each in rows],
    )


def _names(random: Random, level: int) -> Task:
    place, people, things = random.choice(_WHO)
    limit, most = random.randint(4, 15), random.randint(2, 4)
    rows = [[(each, random.randint(0, 2 * limit)) for each in random.sample(_NAMES, 5)] for _ in range(8)]
    sign = random.choice([", ", " and ", "; ", " / ", " + "])
    kind = random.randrange(3)
    asked, body, answer = [
        (
            f"one text with the names of all who have at least {limit} {things}, in the order of the list, "
            f"with `{sign}` between them",
            f"""
            names = []
            for name, count in {people}:
                if count >= {limit}:
                    names.append(name)
            return "{sign}".join(names)
            """,
            lambda rows: sign.join(name for name, count in rows if count > limit - 1),
        ),
        (
            f"a dictionary from name to {things}, but only of those who have fewer than {limit} of them, "
            f"and each with {most} more than in the list",
            f"""
            found = {{}}
            for name, count in {people}:
                if count < {limit}:
                    found[name] = count + {most}
            return found
            """,
            lambda rows: {name: most + count for name, count in rows if not count >= limit},
        ),
        (
            f"a list of the first {most} names, in the order of the alphabet, among those who have more than "
            f"{limit} {things}",
            f"""
            names = []
            for name, count in {people}:
                if count > {limit}:
                    names.append(name)
            return sorted(names)[:{most}]
            """,
            lambda rows: [n for n, count in sorted(rows) if count >= limit + 1][:most],
        ),
    ][kind]
    some = [("Ada", limit), ("Ben", limit + 4), ("Cleo", limit - 1)]
    return Task(
        title=f"The {people} of the {place}",
        story=f"""
        A {place} keeps a list of pairs: the name of each of its {people}, and how many {things} that is.
        Complete `listed`, so that it returns {asked}.
        """,
        function="listed",
        parameters=people,
        doc=f"Return what is asked for of the {people}.",
        body=body,
        answer=answer,
        shown=[(some,), ([("Eve", 3 * limit), ("Dan", 0)],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([("Gus", limit)],), "Look closely at the limit itself."),
            (([("Gus", limit + 1)],), "Look closely at what is just above the limit."),
            (([("Gus", limit - 1)],), "Look closely at what is just below the limit."),
            (
                ([(name, 3 * limit) for name in ("Finn", "Eve", "Dan", "Ben", "Ada")],),
                "Several may fit, in any order.",
            ),
        ],
        more=[(each,) for each in rows],
    )


def _groups(random: Random, level: int) -> Task:
    least, extra = random.randint(2, 4), random.randint(2, 6)
    scene = random.choice(
        ["A child collects", "A poet chooses", "A printer sorts", "A quiz uses", "A sign shows"]
    )
    by, key, of = random.choice(
        [
            ("first letter", "word[0]", lambda w: w[0]),
            ("last letter", "word[-1]", lambda w: w[len(w) - 1]),
            ("number of letters", "len(word)", lambda w: sum(1 for _ in w)),
        ]
    )
    what, start, gain, size = random.choice(
        [
            ("how many of the words have it", "0", "1", lambda ws: len(ws)),
            ("how many letters those words have together", "0", "len(word)", lambda ws: len("".join(ws))),
            (
                f"how many of the words have it, plus {extra} once",
                str(extra),
                "1",
                lambda ws: len(ws) + extra,
            ),
        ]
    )
    rows = [random.sample(_WORDS, random.randint(5, 9)) for _ in range(8)]

    def answer(words: list[str]) -> dict[Any, int]:
        long = [w for w in words if not len(w) < least]
        return {of(w): size([o for o in long if of(o) == of(w)]) for w in long}

    return Task(
        title=f"Words by their {by}",
        story=random.choice(
            [
                f"""
        {scene} words. Complete `groups`. It gets a list of words and returns a dictionary: for every {by}
        that occurs, {what}. Words with fewer than {least} letters are left out altogether.
        """,
                f"""
        Complete `groups`. {scene} words; they come as a list. Words shorter than {least} letters do
        not count.
        The result is a dictionary whose keys are what the {by} of a word can be. Under each key stands
        {what}.
        """,
                f"""
        {scene} words, and wants to know more about their {by}. Make a dictionary of it: under every {by} that
        is there, {what}. Forget the words that have fewer than {least} letters. Complete `groups`, which
        gets all the words in a list.
        """,
            ]
        ),
        function="groups",
        parameters="words",
        doc=f"Return a number for each {by}.",
        body=f"""
        found = {{}}
        for word in words:
            if len(word) >= {least}:
                if {key} not in found:
                    found[{key}] = {start}
                found[{key}] += {gain}
        return found
        """,
        answer=answer,
        shown=[(["tea", "taxi", "fern"],), (["lake", "lemon", "olive", "ox"],)],
        edges=[
            (([],), "An empty list should work as well."),
            ((["a" * least, "a" * (least - 1)],), "Look closely at the shortest words."),
            ((["xx" * least, "xx" * least, "xy" * least],), "The same word may come twice."),
        ],
        more=[(each,) for each in rows],
    )


def _report(random: Random, level: int) -> Task:
    place, people, things = random.choice(_WHO)
    top, least = random.randint(2, 3), random.randint(3, 9)
    sign, line = random.choice([":", " -", " has", " got", " ="]), random.randint(0, 1)
    key: Callable[[tuple[str, int]], Any] = (lambda p: (-p[1], p[0])) if line else (lambda p: p[0])
    order = (
        "the largest number first, and by name where numbers are equal"
        if line
        else "in the order of the names"
    )
    sorting = "lambda name: (-totals[name], name)" if line else "str"

    def answer(rows: list[dict[str, Any]]) -> list[str]:
        names = {row["name"] for row in rows}
        sums = [(each, sum(row["count"] for row in rows if row["name"] == each)) for each in names]
        best = sorted([pair for pair in sums if pair[1] > least - 1], key=key)
        return [f"{each}{sign} {number}" for each, number in best[:top]]

    rows = [
        [{"name": random.choice(_NAMES[:5]), "count": random.randint(1, 9)} for _ in range(7)]
        for _ in range(9)
    ]
    tie = [{"name": each, "count": least} for each in ("Cleo", "Ben", "Ada", "Dan")]
    return Task(
        title=f"The {things} of the {place}",
        story=random.choice(
            [
                f"""
        A {place} writes down what its {people} do: a list of dictionaries, each with a `"name"` and with
        `"count"`, a number of {things}. The same name may come several times. Complete `report`. It adds up
        the {things} of each name and returns a list of texts such as `Ada{sign} {least + 4}`: {order}. Only
        names with at least {least} {things} together are in it, and of these only the first {top}.
        """,
                f"""
        Complete `report`, for a {place} with many {people}. `rows` is a list of dictionaries; `"name"`
        says who
        it was, and `"count"` how many {things}. First find the sum of each name, since names come
        again. Leave
        out who has fewer than {least}. Then make a text of each, like `Ada{sign} {least + 4}`, {order}, and
        return a list of the first {top}.
        """,
                f"""
        The {people} of a {place} want to see their {things} on a board: a list of at most {top} texts,
        {order}. A text looks like `Ada{sign} {least + 4}`, with the sum of everything that was written
        down for
        that name. Sums below {least} are not shown. Complete `report`. What was written down comes as
        a list of
        dictionaries with the keys `"name"` and `"count"`.
        """,
            ]
        ),
        function="report",
        parameters="rows",
        doc="Return the lines of the report.",
        body=f"""
        totals = {{}}
        for row in rows:
            totals[row["name"]] = totals.get(row["name"], 0) + row["count"]
        lines = []
        for name in sorted(totals, key={sorting}):
            if totals[name] >= {least}:
                lines.append(f"{{name}}{sign} {{totals[name]}}")
        return lines[:{top}]
        """,
        answer=answer,
        shown=[
            (
                [
                    {"name": "Ben", "count": least},
                    {"name": "Ada", "count": 2},
                    {"name": "Ada", "count": least},
                ],
            ),
            ([{"name": "Eve", "count": 1}],),
        ],
        edges=[
            (([],), "An empty list should work as well."),
            ((tie,), "Several may have the same number."),
            ((tie[:1],), "Look closely at the smallest number that counts."),
            (
                ([{"name": "Dan", "count": least - 1}],),
                "Look closely at what is just too little.",
            ),
        ],
        more=[(each,) for each in rows],
    )


def _pipeline(random: Random, level: int) -> Task:
    if level <= 2:
        return _list(random, level)
    return (_names, _groups, _report)[level - 3](random, level)


PIPELINES = Family("pipeline", "data_structures", _pipeline)
