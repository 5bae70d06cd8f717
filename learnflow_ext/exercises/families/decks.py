"""Libraries that keep things: rows with two ends, the smallest few, limits, named rows, and turns."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn")
_SCORES = (
    ("darts", "a darts evening", "points"),
    ("jumps", "a long jump", "centimetres"),
    ("votes", "an election of a class speaker", "votes"),
    ("books", "a summer of reading", "books"),
    ("baskets", "a harvest of apples", "baskets"),
    ("trees", "a planting day", "trees"),
)


def _numbers(random: Random, size: int, most: int) -> list[int]:
    return [random.randint(0, most) for _ in range(size)]


def _ends(random: Random) -> Task:
    name, what = random.choice(
        [
            ("circle", "children in a circle"),
            ("carousel", "seats of a carousel"),
            ("belt", "dishes on a belt"),
            ("dance", "dancers in a ring"),
            ("lift", "cabins of a ski lift"),
        ]
    )
    k, extra = random.randint(2, 6), random.randint(10, 60)
    told, code, value = random.choice(
        [
            (f"the one that is in front then, plus {extra}", f"row[0] + {extra}", lambda row: extra + row[0]),
            (
                f"the one that is at the end then, times {k}",
                f"row[-1] * {k}",
                lambda row: sum([row[len(row) - 1]] * k),
            ),
            (
                f"{extra} without the one that is in front then",
                f"{extra} - row[0]",
                lambda row: -row[0] + extra,
            ),
        ]
    )
    way, sign = random.choice([("from the front to the end", "-"), ("from the end to the front", "")])

    def answer(numbers: list[int], steps: int) -> object:
        if not numbers:
            return -1
        for _ in range(steps + k):
            numbers = numbers[1:] + numbers[:1] if sign else numbers[-1:] + numbers[:-1]
        return value(numbers)

    return Task(
        title=f"Going round: {what}",
        story=f"""
        A list of numbers stands for {what}. In each step one number goes {way}. Complete `{name}`. It gets
        the list and a number of steps, 0 or more. After so many steps, and {k} more, it returns {told}. For
        an empty list it returns -1.

        *A `deque` of `collections` can be turned: `row.rotate(1)` puts the last one in front,
        `row.rotate(-1)` the first one at the end.*
        """,
        before="from collections import deque",
        function=name,
        parameters="numbers, steps",
        doc="Return what is asked for after so many steps.",
        body=f"""
        if not numbers:
            return -1
        row = deque(numbers)
        row.rotate({sign}(steps + {k}))
        return {code}
        """,
        answer=answer,
        shown=[([4, 9, 2, 7, 11], 1), ([8], 3)],
        edges=[
            (([], 2), "The list may be empty."),
            (([1, 2, 3], 0), "There may be no step."),
            (([5, 6, 7, 8], 50), "There may be many steps."),
            (([0, 9], 1), "0 is a number."),
        ],
        more=[(random.sample(range(40), size), random.randint(0, 9)) for size in (4, 5, 6, 7, 7)],
    )


def _few(random: Random) -> Task:
    name, what, unit = random.choice(_SCORES)
    count, k = random.randint(2, 4), random.randint(2, 9)
    most = random.random() < 0.5
    word, tool = ("largest", "nlargest") if most else ("smallest", "nsmallest")
    told, code, value = random.choice(
        [
            (
                f"the sum of the {count} {word} numbers, and {k} more",
                f"sum(heapq.{tool}({count}, numbers)) + {k}",
                lambda ns: k + sum(ns),
            ),
            (
                f"the {count} {word} numbers, the {word} first, each times {k}",
                f"[n * {k} for n in heapq.{tool}({count}, numbers)]",
                lambda ns: [sum([n] * k) for n in ns],
            ),
            (
                f"how many of the {count} {word} numbers are above {k}",
                f"len([n for n in heapq.{tool}({count}, numbers) if n > {k}])",
                lambda ns: sum(n >= k + 1 for n in ns),
            ),
        ]
    )
    return Task(
        title=f"The {word} of {what}",
        story=f"""
        After {what} there is a long list of numbers of {unit}. Complete `{name}`. It gets the list and
        returns {told}. Where there are fewer than {count} numbers, it takes all that are there. A number
        that comes twice counts twice.

        *`heapq.{tool}(count, numbers)` finds them without sorting everything.*
        """,
        before="import heapq",
        function=name,
        parameters="numbers",
        doc=f"Return what is asked for of the {count} {word} numbers.",
        body=f"return {code}",
        answer=lambda numbers: value((sorted(numbers)[::-1] if most else sorted(numbers))[:count]),
        shown=[([4, 19, 2, 7, 11],), ([8],)],
        edges=[
            (([],), "The list may be empty."),
            (([5] * (count + 1),), "All numbers may be the same."),
            (([k, k + 1, k, k + 1, k],), "Look closely at numbers that come twice."),
            (([3, 1, 2, 9, 8][:count],), "There may be just so many."),
        ],
        more=[(_numbers(random, size, 3 * k),) for size in (5, 6, 7, 8, 9)],
    )


def _marks(random: Random) -> Task:
    name, what, unit = random.choice(_SCORES)
    first, second, third = sorted(random.sample(range(5, 90), 3))
    words = random.choice(
        [
            ("none", "bronze", "silver", "gold"),
            ("try again", "good", "great", "wow"),
            ("D", "C", "B", "A"),
            ("seed", "leaf", "bud", "bloom"),
        ]
    )
    reached = random.random() < 0.5
    rule = "has **reached**" if reached else "is **above**"
    tool = "bisect_right" if reached else "bisect_left"

    def answer(numbers: list[int]) -> list[object]:
        found = [words[sum(n > limit - reached for limit in (first, second, third))] for n in numbers]
        return [found, len([word for word in found if word == words[3]])]

    return Task(
        title=f"Words for {unit}: {name}",
        story=f"""
        After {what} every number of {unit} gets a word. The limits are {first}, {second} and {third}, and
        the words, in this order, `{words[0]}`, `{words[1]}`, `{words[2]}`, `{words[3]}`: who {rule} no
        limit gets the first one, who {rule} one limit the second, and so on. Complete `{name}`. It gets a
        list of numbers. It returns a list of two: the list of their words, and how often `{words[3]}` is
        among them.

        *In a sorted list of limits `bisect_right(limits, number)` says how many are not above the number, and
        `bisect_left(limits, number)` how many are below it.*
        """,
        before="from bisect import bisect_left, bisect_right",
        function=name,
        parameters="numbers",
        doc="Return the words of the numbers, and how often the best one comes.",
        body=f"""
        limits = [{first}, {second}, {third}]
        words = {list(words)!r}
        found = []
        for number in numbers:
            found.append(words[{tool}(limits, number)])
        return [found, found.count({words[3]!r})]
        """,
        answer=answer,
        shown=[([third + 2, 0],), ([first + 1],)],
        edges=[
            (([],), "There may be no numbers."),
            (([first, second, third],), "Look closely at the limits themselves."),
            (([first - 1, second - 1, third - 1],), "Look closely just below the limits."),
            (([first + 1, second + 1, third + 1],), "Look closely just above the limits."),
            (([-5, 1000],), "A number may be far away."),
        ],
        more=[(_numbers(random, size, third + 9),) for size in (2, 3, 4, 5)],
    )


def _named(random: Random) -> Task:
    name, what, unit = random.choice(_SCORES)
    least, k = random.randint(3, 9), random.randint(2, 4)
    order, key, sort = random.choice(
        [
            (
                f"the one with the most {unit} first, and of several the one whose name comes "
                "first in the alphabet",
                "(-row.score, row.name)",
                lambda r: (-r[1], r[0]),
            ),
            (
                f"the one with the fewest {unit} first, and of several the one who is older",
                "(row.score, -row.age)",
                lambda r: (r[1], -r[2]),
            ),
            (
                "the youngest first, and of several the one with more " + unit,
                "(row.age, -row.score)",
                lambda r: (r[2], -r[1]),
            ),
        ]
    )
    shown, code, value = random.choice(
        [
            ("their names", "row.name", lambda r: r[0]),
            (
                f"their names with a colon and their {unit} behind it, such as `ada:7`",
                'f"{row.name}:{row.score}"',
                lambda r: f"{r[0]}:{r[1]}",
            ),
        ]
    )

    def answer(rows: list[tuple[str, int, int]]) -> list[str]:
        return [value(row) for row in sorted([row for row in rows if not row[1] < least], key=sort)][:k]

    def people(count: int) -> tuple[list[tuple[str, int, int]]]:
        ages = random.sample(range(7, 60), count)
        return (
            [
                (who, random.choice([least - 1, least, least + 1, least + 4]), age)
                for who, age in zip(random.sample(_NAMES, count), ages, strict=True)
            ],
        )

    return Task(
        title=f"The table of {what}",
        story=f"""
        Everybody at {what} is a tuple of name, {unit} and age. `Person` is there already: it makes such a
        tuple into one whose parts have names, `name`, `score` and `age`. Complete `{name}`. It gets a list
        of tuples. Of those with at least {least} {unit} it takes the first {k} in this order: {order}. It
        returns a list with {shown}. If there are fewer, the list is shorter.

        *`Person(*row)` makes one, and `sorted(rows, key=...)` sorts by what a function says of each.*
        """,
        before="""
from collections import namedtuple

Person = namedtuple("Person", ["name", "score", "age"])
""",
        function=name,
        parameters="rows",
        doc=f"Return the first {k} of those with enough {unit}.",
        body=f"""
        people = [Person(*row) for row in rows]
        people = [row for row in people if row.score >= {least}]
        people.sort(key=lambda row: {key})
        return [{code} for row in people[:{k}]]
        """,
        answer=answer,
        shown=[([("ben", least + 2, 12), ("ada", least + 5, 9)],), ([("eve", 0, 30)],)],
        edges=[
            (([],), "It may be that nobody is there."),
            (
                ([("dan", least, 20), ("eve", least - 1, 10), ("ada", least - 2, 40)],),
                "Look closely at the limit.",
            ),
            (
                ([("finn", least + 3, 11), ("ada", least + 3, 12), ("ben", least + 3, 10)],),
                "Two may have the same score.",
            ),
            (
                ([("cleo", least + 1, 30), ("ben", least + 2, 30), ("dan", least, 30)],),
                "Two may have the same age.",
            ),
            (
                ([(who, least + at, 50 - at) for at, who in enumerate(_NAMES)],),
                f"Only the first {k} are asked for.",
            ),
        ],
        more=[people(count) for count in (3, 4, 5, 6, 6)],
    )


def _next(random: Random) -> Task:
    name, what, thing = random.choice(
        [
            ("oven", "a pottery with one oven", "pots"),
            ("saw", "a workshop with one saw", "boards"),
            ("scanner", "an office with one scanner", "papers"),
            ("dock", "a harbour with one dock", "boats"),
        ]
    )
    fine, late = random.randint(2, 6), random.randint(8, 16)

    def answer(jobs: list[tuple[int, int, str]]) -> list[object]:
        left, time, order, points = sorted(jobs), 0, [], 0
        while left:
            ready = [job for job in left if job[0] <= time]
            if not ready:
                time = left[0][0]
                continue
            job = min(ready, key=lambda each: (each[1], each[0], each[2]))
            left.remove(job)
            wait = time - job[0]
            points += wait if wait <= late else wait * fine
            time += job[1]
            order.append(job[2])
        return [order, time, points]

    def jobs(count: int) -> tuple[list[tuple[int, int, str]]]:
        starts = sorted(random.sample(range(0, 25), count))
        rows = [(at, random.randint(1, 9), each) for at, each in zip(starts, _NAMES, strict=False)]
        random.shuffle(rows)
        return (rows,)

    return Task(
        title=f"The shortest first: {name}",
        story=f"""
        Into {what} come {thing}: a list of tuples of the minute when a job comes, the minutes that it
        takes, and a name. The work begins at minute 0. Whenever the {name} is free, it takes, of all jobs
        that **have come** by then, the one that takes the fewest minutes; of several the one that came
        first, and then the one whose name comes first in the alphabet. If none has come, it waits for the
        next one. A job that waited, from its coming to its beginning, makes as many points as it waited
        minutes; where that is more than {late}, {fine} times as many. Complete `{name}`. It returns a list
        of three: the list of names in the order in which the jobs were done, the minute at which the last
        one ended (0 without any), and all points.

        *`heapq.heappush(heap, row)` puts a row in, and `heapq.heappop(heap)` takes the smallest one out.*
        """,
        before="import heapq",
        function=name,
        parameters="jobs",
        doc="Return the order of the jobs, when the last one ends, and the points.",
        body=f"""
        coming = sorted(jobs)
        heap, order, time, points = [], [], 0, 0
        while coming or heap:
            while coming and coming[0][0] <= time:
                start, length, who = coming.pop(0)
                heapq.heappush(heap, (length, start, who))
            if not heap:
                time = coming[0][0]
                continue
            length, start, who = heapq.heappop(heap)
            wait = time - start
            if wait > {late}:
                points += wait * {fine}
            else:
                points += wait
            time += length
            order.append(who)
        return [order, time, points]
        """,
        answer=answer,
        shown=[([(0, 5, "ada"), (1, 4, "ben"), (2, 2, "cleo")],), ([(7, 3, "dan")],)],
        edges=[
            (([],), "There may be no jobs."),
            (([(0, 4, "eve"), (0, 4, "ada")],), "Two jobs may be alike but for the name."),
            (([(0, 3, "ben"), (3, 1, "ada"), (2, 1, "eve")],), "A job may come just when the other ends."),
            (([(0, late, "ada"), (0, late + 1, "ben")],), "Look closely at how long a job waited."),
            (([(0, late + 1, "ada"), (0, late + 2, "ben")],), "Look closely at how long a job waited."),
            (([(9, 1, "ada"), (4, 2, "ben")],), "There may be nothing to do for a while."),
        ],
        more=[jobs(count) for count in (3, 4, 5, 6, 6)],
    )


DECKS = Family("deck", "libraries", by_level(_ends, _few, _marks, _named, _next))
