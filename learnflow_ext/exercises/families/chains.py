"""Libraries for rows: running sums, neighbours, runs, rows side by side, and all that is possible."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_ROWS = (
    ("savings", "somebody puts into a box each week", "euros"),
    ("climb", "somebody climbs each hour", "metres"),
    ("rainfall", "it rains each day", "millimetres"),
    ("reading", "somebody reads each evening", "pages"),
    ("harvest", "a farm brings in each day", "sacks"),
    ("laps", "somebody swims each morning", "laps"),
)


def _row(random: Random, size: int, most: int) -> list[int]:
    return [random.randint(0, most) for _ in range(size)]


def _running(random: Random) -> Task:
    name, what, unit = random.choice(_ROWS)
    goal, k = random.randint(15, 40), random.randint(2, 6)
    told, code, value = random.choice(
        [
            (
                f"how many of the running sums are at least {goal}",
                f"len([n for n in accumulate(numbers) if n >= {goal}])",
                lambda sums: sum(n > goal - 1 for n in sums),
            ),
            (
                f"a list of all running sums, {k} added to each",
                f"[n + {k} for n in accumulate(numbers)]",
                lambda sums: [k + n for n in sums],
            ),
            (
                f"a list of those running sums that are divisible by {k}",
                f"[n for n in accumulate(numbers) if n % {k} == 0]",
                lambda sums: [n for n in sums if n // k * k == n],
            ),
        ]
    )

    def answer(numbers: list[int]) -> object:
        return value([sum(numbers[: at + 1]) for at in range(len(numbers))])

    return Task(
        title=f"Running sums: {name}",
        story=f"""
        A list says how many {unit} {what}. Its running sums are the first number, the sum of the first two,
        of the first three, and so on: those of `[2, 0, 5]` are 2, 2 and 7. Complete `{name}`. It gets the
        list and returns {told}.

        *`accumulate(numbers)` from `itertools` gives one running sum after the other.*
        """,
        before="from itertools import accumulate",
        function=name,
        parameters="numbers",
        doc="Return what is asked for of the running sums.",
        body=f"return {code}",
        answer=answer,
        shown=[([4, 9, 2, 11],), ([goal],)],
        edges=[
            (([],), "The list may be empty."),
            (([goal - 1, 1, 0],), "Look closely at the limit."),
            (([0, 0],), "It may be that nothing comes together."),
            (([goal - 1],), "Look closely below the limit."),
        ],
        more=[(_row(random, size, 12),) for size in (3, 4, 5, 6, 7)],
    )


def _pairs(random: Random) -> Task:
    name, what, unit = random.choice(_ROWS)
    k = random.randint(2, 9)
    told, code, value = random.choice(
        [
            (
                f"how often a number is more than {k} above the one before it",
                f"sum(1 for a, b in pairwise(numbers) if b - a > {k})",
                lambda rows: len([1 for a, b in rows if b >= a + k + 1]),
            ),
            (
                "the largest difference between two neighbours, whichever is larger, and 0 where "
                "there are no two",
                "max([0, *(abs(a - b) for a, b in pairwise(numbers))])",
                lambda rows: max([0, *(max(a, b) - min(a, b) for a, b in rows)]),
            ),
            (
                f"a list of the sums of neighbours, each times {k}",
                f"[(a + b) * {k} for a, b in pairwise(numbers)]",
                lambda rows: [a * k + b * k for a, b in rows],
            ),
        ]
    )
    return Task(
        title=f"Neighbours: {name}",
        story=f"""
        A list says how many {unit} {what}. Two numbers that stand beside each other are neighbours: in
        `[4, 9, 2]` these are 4 and 9, and 9 and 2. Complete `{name}`. It gets the list and returns {told}.

        *`pairwise(numbers)` from `itertools` gives all pairs of neighbours.*
        """,
        before="from itertools import pairwise",
        function=name,
        parameters="numbers",
        doc="Return what is asked for of all neighbours.",
        body=f"return {code}",
        answer=lambda numbers: value([(numbers[at], numbers[at + 1]) for at in range(len(numbers) - 1)]),
        shown=[([4, 9, 2, 30],), ([5, 5],)],
        edges=[
            (([],), "The list may be empty."),
            (([7],), "A single number has no neighbour."),
            (([1, k + 1, 2 * k + 2],), "Look closely at every pair of neighbours."),
            (([40, 3, 3],), "The larger one may come first."),
        ],
        more=[(_row(random, size, 3 * k),) for size in (3, 4, 5, 6, 8)],
    )


def _groups(random: Random) -> Task:
    name, what, sign = random.choice(
        [
            ("signal", "a lamp that blinks", "-.o"),
            ("pattern", "a knitted pattern", "xo#"),
            ("track", "a railway line", "=/~"),
            ("beat", "a drum", "dt."),
            ("fence", "a fence", "|_:"),
        ]
    )
    least = random.randint(2, 4)
    a = sign[0]
    told, code, value = random.choice(
        [
            (
                f"a list of texts for all runs of at least {least}, each the sign and the number "
                f"behind it, such as `{a}{least}`",
                f"if count >= {least}:\n        result.append(key + str(count))",
                lambda runs: [f"{key}{n}" for key, n in runs if n > least - 1],
            ),
            (
                "a list of all runs as texts, the sign and the number behind it, but only the "
                "sign where a run has the length 1",
                "result.append(key + str(count) if count > 1 else key)",
                lambda runs: [key if n == 1 else f"{key}{n}" for key, n in runs],
            ),
            (
                f"a list with the lengths of all runs of the sign `{a}`",
                f'if key == "{a}":\n        result.append(count)',
                lambda runs: [n for key, n in runs if key == a],
            ),
        ]
    )

    def answer(text: str) -> object:
        runs: list[tuple[str, int]] = []
        for letter in text:
            if runs and runs[-1][0] == letter:
                runs[-1] = (letter, runs[-1][1] + 1)
            else:
                runs.append((letter, 1))
        return value(runs)

    def line(count: int) -> tuple[str]:
        return ("".join(random.choice(sign) * random.randint(1, least + 1) for _ in range(count)),)

    return Task(
        title=f"Runs of signs: {name}",
        story=f"""
        A text stands for {what}; its signs are {", ".join(f"`{each}`" for each in sign)}. Equal signs
        beside each other are a run: `{a}{a}{sign[1]}{a}` has three runs, of the lengths 2, 1 and 1.
        Complete `{name}`. It gets the text and returns {told}, in their order.

        *`groupby(text)` from `itertools` gives, for each run, the sign and the signs; `len(list(signs))` is
        its length.*
        """,
        before="from itertools import groupby",
        function=name,
        parameters="text",
        doc="Return what is asked for of the runs.",
        body=f"""
result = []
for key, signs in groupby(text):
    count = len(list(signs))
    {code.replace(chr(10), chr(10))}
return result
""",
        answer=answer,
        shown=[(a * least + sign[1] + a,), (sign[2] * (least + 1),)],
        edges=[
            (("",), "The text may be empty."),
            ((a,), "A run may have the length 1."),
            ((sign[1] * (least - 1) + a * (least - 1),), f"Look closely at runs of {least - 1}."),
            ((a * 11,), "A run may be long."),
            ((a * least + sign[2] * least,), f"Look closely at runs of {least}."),
        ],
        more=[line(count) for count in (3, 4, 5, 6, 7)],
    )


def _beside(random: Random) -> Task:
    name, what, unit = random.choice(_ROWS)
    absent, k = random.randint(1, 9), random.randint(2, 6)
    one, two = random.sample(["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn"], 2)
    told, code, value = random.choice(
        [
            (
                f"how many points {one} has: 1 for each place where {one}'s number is larger, or "
                f"{k} instead where it is more than {k} larger",
                f"if a - b > {k}:\n        result += {k}\n    elif a > b:\n        result += 1",
                lambda rows: sum(k if a >= b + k + 1 else 1 if a - b > 0 else 0 for a, b in rows),
            ),
            (
                f"the sum of the larger numbers of all places, but {k} less for each place where "
                "both are the same",
                f"result += max(a, b)\n    if a == b:\n        result -= {k}",
                lambda rows: (
                    sum(sorted([a, b])[1] for a, b in rows) - k * len([a for a, b in rows if not a != b])
                ),
            ),
        ]
    )

    def answer(first: list[int], second: list[int]) -> object:
        size = max(len(first), len(second))
        rows = [[row[at] if at < len(row) else absent for row in (first, second)] for at in range(size)]
        return value([(a, b) for a, b in rows])

    return Task(
        title=f"{one} and {two}: {name}",
        story=f"""
        {one} and {two} both note how many {unit} {what}, each in a list of their own. The lists are
        compared place by place, and where one is shorter, {absent} stands for what is missing at its end.
        Complete `{name}`. It gets {one}'s list and {two}'s list, in this order, and returns {told}.

        *`zip_longest(first, second, fillvalue=...)` from `itertools` puts the lists side by side.*
        """,
        before="from itertools import zip_longest",
        function=name,
        parameters="first, second",
        doc="Return what is asked for of both lists.",
        body=f"""
result = 0
for a, b in zip_longest(first, second, fillvalue={absent}):
    {code}
return result
""",
        answer=answer,
        shown=[([4, 9, 2], [4, 3]), ([1], [2])],
        edges=[
            (([], []), "Both lists may be empty."),
            (([], [absent, absent + 1]), "The first list may be shorter."),
            (([absent, absent + 1, 0], []), "The second list may be shorter."),
            (([10 + k, 11 + k, 9 + k], [10, 10, 10]), "Look closely at the difference."),
            (([7, 7], [7, 8]), "Two numbers may be the same."),
        ],
        more=[
            (_row(random, one_, 3 * k), _row(random, two_, 3 * k))
            for one_, two_ in ((3, 3), (4, 2), (2, 5), (6, 6), (5, 4), (7, 3))
        ],
    )


def _possible(random: Random) -> Task:
    name, what, things = random.choice(
        [
            ("menu", "a menu", "dishes"),
            ("outfit", "an outfit", "pieces"),
            ("tour", "a tour", "stops"),
            ("team", "a quiz team", "players"),
            ("bouquet", "a bouquet", "flowers"),
        ]
    )
    most, k = random.randint(14, 22), random.randint(2, 4)
    pick, told, _, value = random.choice(
        [
            (
                "itertools.product(first, second)",
                "one of `first` and one of `second`",
                "the sum of both is",
                lambda a, b: [(x, y) for x in a for y in b],
            ),
            (
                "itertools.combinations(first + second, 2)",
                "any two of the numbers of both lists together, the first list's first, each pair "
                "of places once",
                "the sum of both is",
                lambda a, b: [(x, y) for at, x in enumerate(a + b) for y in (a + b)[at + 1 :]],
            ),
        ]
    )
    rank, key, best = random.choice(
        [
            (
                "how many of them are possible, and the largest of their sums (0 if none is possible)",
                "[len(fitting), max([0, *fitting])]",
                lambda sums: [len(sums), sorted([0, *sums])[-1]],
            ),
            (
                "how many different sums of them are possible, and how often the smallest of "
                "these comes (0 if none is possible)",
                "[len(set(fitting)), fitting.count(min(fitting)) if fitting else 0]",
                lambda sums: [len(dict.fromkeys(sums)), sum(n == sorted(sums)[0] for n in sums)],
            ),
        ]
    )

    def answer(first: list[int], second: list[int]) -> list[int]:
        return best([x + y for x, y in value(first, second) if x + y <= most and (x + y) % k])

    return Task(
        title=f"Every {name} that is possible",
        story=f"""
        For {what} two lists, `first` and `second`, hold the prices of {things}. Two of them are chosen:
        {told}. A choice is possible if the sum of both prices is at most {most}, and **not** divisible by
        {k}. Complete `{name}`. It gets both lists. Of all choices it returns a list of two numbers: {rank}.

        *`itertools` has `product` (each with each) and `combinations` (all choices of so many out of one
        list).*
        """,
        before="import itertools",
        function=name,
        parameters="first, second",
        doc="Return the two numbers that are asked for.",
        body=f"""
        fitting = []
        for one, other in {pick}:
            total = one + other
            if total <= {most} and total % {k} != 0:
                fitting.append(total)
        return {key}
        """,
        answer=answer,
        shown=[([3, 8], [5, 6]), ([most], [1])],
        edges=[
            (([], [4]), "A list may be empty."),
            (([most - 3], [3, 4]), "Look closely at the limit."),
            (([most - 4], [3, 4, 5]), "Look closely at the limit."),
            (([2, 2], [3, 3]), "A price may come twice."),
            (([k, 2 * k], [k]), "Look closely at what can be divided."),
            (([0], [0, 1]), "Something may be free."),
        ],
        more=[
            (_row(random, one, most - 2), _row(random, two, most - 4))
            for one, two in ((2, 3), (3, 3), (4, 2), (3, 5), (5, 4))
        ],
    )


CHAINS = Family("chain", "libraries", by_level(_running, _pairs, _groups, _beside, _possible))
