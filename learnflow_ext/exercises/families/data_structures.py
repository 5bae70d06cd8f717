"""Lists and dictionaries."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, pairwise
from random import Random

from learnflow_ext.exercises.families.making import Edge, Family, Task


def _readings(random: Random, level: int) -> Task:
    what, unit = random.choice(
        [
            ("temperatures", "degrees"),
            ("scores", "points"),
            ("distances", "km"),
            ("weights", "kg"),
            ("waiting times", "minutes"),
        ]
    )
    limit, size, gift = random.randint(5, 20), random.randint(2, 4), random.randint(2, 9)
    lists = [[random.randint(-2, 2 * limit) for _ in range(random.randint(2, 9))] for _ in range(6)]
    more = [(each,) for each in lists]
    empty: Edge = (([],), "An empty list should work as well.")
    border = (([limit - 1, limit, limit + 1],), f"Look closely at a value of exactly {limit}.")
    one = (([limit + 3],), "A list with a single value should work as well.")
    if level == 1:
        return Task(
            title=f"First and last of the {what}",
            story=f"""
            A list holds {what} in {unit}, at least one. Complete `change`. It returns the last value
            minus the first, and {gift} more.

            *An index can count from the end: `values[-1]`.*
            """,
            function="change",
            parameters="values",
            doc=f"Return the last value minus the first, plus {gift}.",
            body=f"return values[-1] - values[0] + {gift}",
            answer=lambda values: gift - values[0] + values[len(values) - 1],
            shown=[([1, 5, 9],), ([12, 4],)],
            edges=[one],
            more=more,
        )
    if level == 2:
        return Task(
            title=f"High {what}",
            story=f"""
            Complete `high`. It gets a list of {what} in {unit} and returns a **new** list with those
            above {limit}, in the same order.
            """,
            function="high",
            parameters="values",
            doc=f"Return a list of the values above {limit}.",
            body=f"""
            found = []
            for value in values:
                if value > {limit}:
                    found.append(value)
            return found
            """,
            answer=lambda values: list(filter(lambda value: value >= limit + 1, values)),
            shown=[([limit - 3, limit + 4, limit + 1],), ([limit - 2],)],
            edges=[empty, border, one],
            more=more,
        )
    if level == 3:
        return Task(
            title=f"Adding up {what}",
            story=f"""
            Complete `so_far`. It gets a list of {what} in {unit}, and returns a list that is just as
            long: in each place the sum of all values up to there, with the one in that place. Everything
            begins at {gift}, not at 0.
            """,
            function="so_far",
            parameters="values",
            doc=f"Return the running sums, beginning at {gift}.",
            body=f"""
            total = {gift}
            sums = []
            for value in values:
                total += value
                sums.append(total)
            return sums
            """,
            answer=lambda values: list(accumulate(values, initial=gift))[1:],
            shown=[([1, 2, 3],), ([5, -1],)],
            edges=[empty, one],
            more=more,
        )
    if level == 4:
        return Task(
            title=f"Jumps in the {what}",
            story=f"""
            Complete `jumps`. It gets a list of {what} in {unit}, and returns the list of all **places**
            (0 is the first) where the value is at least {size} higher than the value just before. The
            first place has nothing before it and never counts.
            """,
            function="jumps",
            parameters="values",
            doc=f"Return the places at which the value is at least {size} higher than before.",
            body=f"""
            places = []
            for place in range(1, len(values)):
                if values[place] - values[place - 1] >= {size}:
                    places.append(place)
            return places
            """,
            answer=lambda values: [at for at, (a, b) in enumerate(pairwise(values), 1) if b >= a + size],
            shown=[([1, 1 + size, 2 + size],), ([9, 2],)],
            edges=[
                empty,
                one,
                (([0, size, 2 * size - 1, 2 * size, 3 * size + 1, 0],), f"Look closely at a jump of {size}."),
                (([size, 0, 4 * size],), "Compare each value with the one just before it."),
            ],
            more=more,
        )
    return Task(
        title=f"{what.title()} in groups",
        story=f"""
        Complete `groups`. It gets a list of {what} in {unit} and cuts it into pieces of {size}: a list of
        lists, in order. The last piece may be shorter. Pieces whose sum is below {limit} are left out.

        *`range` can take bigger steps, and a slice may reach past the end.*
        """,
        function="groups",
        parameters="values",
        doc=f"Return the pieces of {size} values that add up to {limit} or more.",
        body=f"""
        found = []
        for start in range(0, len(values), {size}):
            piece = values[start:start + {size}]
            if sum(piece) >= {limit}:
                found.append(piece)
        return found
        """,
        answer=lambda values: [
            piece
            for piece in (values[at : at + size] for at in range(len(values)) if at % size == 0)
            if not sum(piece) < limit
        ],
        shown=[([limit, 1, 2, 3, limit],), ([1, 2],)],
        edges=[
            empty,
            one,
            (([limit] + [0] * (size - 1) + [limit - 1],), f"Look closely at sums of exactly {limit}."),
            (([limit - 1] + [0] * size + [limit],), "Each value belongs to one piece only."),
            (([limit] * (2 * size),), "The last piece may be just full."),
        ],
        more=more,
    )


_NAMES = ("Ada", "Ben", "Cem", "Dana", "Eli", "Finn")


def _tally(random: Random, level: int) -> Task:
    what, kinds = random.choice(
        [
            ("votes", ["red", "blue", "green", "white"]),
            ("orders", ["soup", "salad", "pasta", "cake"]),
            ("animals", ["owl", "fox", "hare", "deer"]),
            ("clubs", ["chess", "choir", "judo", "drama"]),
        ]
    )
    random.shuffle(kinds)
    limit, bonus = random.randint(2, 3), random.randint(2, 9)
    words = [[random.choice(kinds) for _ in range(random.randint(3, 10))] for _ in range(6)]
    more = [(each,) for each in words]
    empty: Edge = (([],), "An empty list should work as well.")
    table = {kind: random.randint(1, 20) for kind in kinds[:3]}
    first, second, third, last = kinds
    if level == 1:
        return Task(
            title=f"Looking up {what}",
            story=f"""
            A dictionary says how many {what} there are of each kind. Complete `number_of`. It gets the
            dictionary and a kind and returns its number. A kind that is **not** in the dictionary has
            {bonus}.
            """,
            function="number_of",
            parameters="table, kind",
            doc=f"Return the number of this kind, {bonus} where there is none.",
            body=f"if kind in table:\n    return table[kind]\nreturn {bonus}",
            answer=lambda table, kind: table.get(kind, bonus),
            shown=[({first: 12, second: 1}, first), ({first: 12, second: 1}, last)],
            edges=[
                (({}, first), "An empty dictionary should work as well."),
                (({last: 0}, last), "0 is a number."),
            ],
            more=[(table, kind) for kind in kinds],
        )
    if level == 2:
        return Task(
            title=f"Counting {what}",
            story=f"""
            Complete `count`. It gets a list of {what} and returns a dictionary that says how often each
            is in the list. `"{first}"` counts {bonus} times as much: every time it comes it adds {bonus},
            all others add 1.
            """,
            function="count",
            parameters="words",
            doc=f"Return how often each is there; {first!r} adds {bonus} each time.",
            body=f"""
            table = {{}}
            for word in words:
                if word not in table:
                    table[word] = 0
                if word == "{first}":
                    table[word] += {bonus}
                else:
                    table[word] += 1
            return table
            """,
            answer=lambda words: _weighted(words, first, bonus),
            shown=[([first, second, second],), ([third, first, first],)],
            edges=[empty],
            more=[*more, (kinds,)],
        )
    if level == 3:
        return Task(
            title=f"Frequent {what}",
            story=f"""
            Complete `frequent`. It gets a list of {what}, and returns the sorted list of all that are in
            it **at least** {limit} times, each one once.

            *Count first. Then go through what you have counted.*
            """,
            function="frequent",
            parameters="words",
            doc=f"Return a sorted list of those that come {limit} times or more.",
            body=f"""
            table = {{}}
            for word in words:
                table[word] = table.get(word, 0) + 1
            found = []
            for word, number in table.items():
                if number >= {limit}:
                    found.append(word)
            return sorted(found)
            """,
            answer=lambda words: sorted(w for w in set(words) if words.count(w) > limit - 1),
            shown=[([first, second] + [first] * (limit - 1),), ([third],)],
            edges=[
                empty,
                (
                    ([last] * limit + [first] * limit + [second] * (limit - 1),),
                    f"Look closely at {limit} times.",
                ),
                (([third] * (limit + 2) + [second] * (limit + 1),), "More often is enough as well."),
            ],
            more=more,
        )
    rows = [
        [(random.choice(_NAMES), random.randint(1, 9)) for _ in range(random.randint(2, 8))] for _ in range(6)
    ]
    if level == 4:
        return Task(
            title=f"Who has how many {what}?",
            story=f"""
            Complete `sums`. It gets a list of pairs, each a name and a number of {what}. A name can come
            several times. It returns a dictionary with the sum for each name. Pairs with a number below
            {limit} do not count, and give a name no place in the dictionary.
            """,
            function="sums",
            parameters="pairs",
            doc=f"Return the sum of each name, without numbers below {limit}.",
            body=f"""
            table = {{}}
            for name, number in pairs:
                if number >= {limit}:
                    table[name] = table.get(name, 0) + number
            return table
            """,
            answer=lambda pairs: {
                name: sum(n for who, n in pairs if who == name and n >= limit)
                for name in dict.fromkeys(who for who, n in pairs if n >= limit)
            },
            shown=[([("Ada", 5), ("Ben", 4), ("Ada", 3)],), ([("Ada", 1)],)],
            edges=[
                empty,
                (
                    ([("Eli", limit), ("Eli", limit - 1), ("Ben", limit - 1)],),
                    f"Look closely at the number {limit}.",
                ),
            ],
            more=[(each,) for each in rows],
        )
    return Task(
        title=f"Sorting {what} by person",
        story=f"""
        Complete `by_number`. It gets a list of pairs, each a name and a number of {what}. It returns a
        dictionary the other way round: for each number **above** {limit} the sorted list of the names
        that have it, each name once.
        """,
        function="by_number",
        parameters="pairs",
        doc=f"Return the names of each number above {limit}.",
        body=f"""
        table = {{}}
        for name, number in sorted(pairs):
            if number > {limit}:
                names = table.setdefault(number, [])
                if name not in names:
                    names.append(name)
        return table
        """,
        answer=lambda pairs: {
            number: sorted({who for who, n in pairs if n == number}) for _, number in pairs if number > limit
        },
        shown=[([("Ben", 5), ("Ada", 5), ("Eli", 7)],), ([("Ada", 1)],)],
        edges=[
            empty,
            (([("Eli", limit), ("Ben", limit + 1)],), f"Look closely at the number {limit}."),
            (([("Eli", 8), ("Eli", 8), ("Dana", 8)],), "Each name is there once, in order."),
        ],
        more=[(each,) for each in rows],
    )


def _weighted(words: list[str], heavy: str, weight: int) -> dict[str, int]:
    counted = Counter(words)
    if heavy in counted:
        counted[heavy] *= weight
    return dict(counted)


FAMILIES = (Family("readings", "data_structures", _readings), Family("tally", "data_structures", _tally))
