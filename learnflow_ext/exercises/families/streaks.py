"""Loops that remember: how many, the best so far, the longest row, when it is enough, and ups and downs."""

from __future__ import annotations

from itertools import accumulate, groupby, pairwise
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level

_DIARIES = (
    ("runner", "how many kilometres somebody ran", "kilometres", "day"),
    ("baker", "how many loaves a baker sold", "loaves", "day"),
    ("rain", "how many millimetres it rained", "millimetres", "day"),
    ("reader", "how many pages somebody read", "pages", "evening"),
    ("ferry", "how many cars a ferry took", "cars", "trip"),
    ("tree", "how many apples a tree bore", "apples", "year"),
    ("band", "how many people came to a band", "people", "concert"),
    ("hen", "how many eggs the hens laid", "eggs", "week"),
)
_EMPTY = "An empty list should work as well."


def _rows(random: Random, top: int, count: int = 7) -> list[tuple[list[int]]]:
    return [([random.randint(0, top) for _ in range(random.randint(3, 8))],) for _ in range(count)]


def _many(random: Random) -> Task:
    name, what, unit, time = random.choice(_DIARIES)
    limit, k = random.randint(5, 25), random.randint(2, 9)
    told, test, fits = random.choice(
        [
            (f"at least {limit}", f">= {limit}", lambda n: not n < limit),
            (f"more than {limit}", f"> {limit}", lambda n: not n <= limit),
            (f"fewer than {limit}", f"< {limit}", lambda n: not n >= limit),
        ]
    )
    start, words = random.choice([(0, ""), (k, f" The counting begins at {k}, and not at 0.")])
    gain = random.choice([1, k])
    each = "adds 1" if gain == 1 else f"adds {gain}"
    return Task(
        title=f"Counting {time}s: {name}",
        story=f"""
        A list says {what}, with a number for each {time}. Complete `counted`. It gets the list, and every
        {time} with {told} {unit} {each} to the result.{words}

        *Give the result a name before the loop, add to it in the loop, and return it after the loop.*
        """,
        function="counted",
        parameters="numbers",
        doc=f"Return what the {time}s with {told} {unit} add up to.",
        body=f"""
        result = {start}
        for number in numbers:
            if number {test}:
                result += {gain}
        return result
        """,
        answer=lambda numbers: start + gain * sum(1 for n in numbers if fits(n)),
        shown=[([limit + 2, 0, limit + 7, 3],), ([limit - 1],)],
        edges=[
            (([],), _EMPTY),
            (([limit, limit, limit],), "Look closely at the limit itself."),
            (([limit + 1, limit - 1, limit - 1],), "Look closely at what is just beside the limit."),
        ],
        more=_rows(random, 2 * limit),
    )


def _best(random: Random) -> Task:
    _, what, unit, time = random.choice(_DIARIES)
    top = random.randint(20, 60)
    largest, last = random.random() < 0.5, random.random() < 0.5
    most, sign = ("most", ">") if largest else ("fewest", "<")
    which, sign = ("last", f"{sign}=") if last else ("first", sign)
    first = random.randint(0, 5)
    k = random.randint(2, 9)

    def place(numbers: list[int]) -> int:
        wanted = max(numbers) if largest else min(numbers)
        return [at for at, number in enumerate(numbers, first) if number == wanted][-1 if last else 0]

    told, back, value = random.choice(
        [
            (f"the number of that {time}", "found", lambda numbers, at: at),
            (
                f"the number of that {time} times {k}, plus the {unit} of it",
                f"found * {k} + best",
                lambda numbers, at: sum([at] * k, numbers[at - first]),
            ),
        ]
    )
    return Task(
        title=f"The {time} with the {most} {unit}",
        story=f"""
        A list says {what}, one {time} after the other; it has at least one number. The {time}s are
        numbered, beginning with {first}. On which of them were there the {most} {unit}? If there are
        several, the **{which}** of them counts. Complete `record`, so that it returns {told}. Do it with a
        loop, without `max` and `min`.

        *Remember the best so far and its {time}, and compare each number with it.*
        """,
        function="record",
        parameters="numbers",
        doc=f"Return what is asked for of the {time} with the {most} {unit}.",
        body=f"""
        best = numbers[0]
        found = {first}
        {time} = {first}
        for number in numbers[1:]:
            {time} += 1
            if number {sign} best:
                best = number
                found = {time}
        return {back}
        """,
        answer=lambda numbers: value(numbers, place(numbers)),
        shown=[([7, 12, 4],), ([5],)],
        edges=[
            (([9, 9, 9],), f"Of several equal ones the {which} counts."),
            (([1, 2, 3, 4],), "The numbers may become larger and larger."),
            (([4, 3, 2, 1],), "The numbers may become smaller and smaller."),
            (([8, 3, 8, 3, 5],), f"Of several equal ones the {which} counts."),
            (([0, 0],), "0 is a number as well."),
        ],
        more=_rows(random, top),
    )


def _longest(random: Random) -> Task:
    name, what, unit, time = random.choice(_DIARIES)
    limit, k = random.randint(5, 25), random.randint(2, 9)
    told, test, fits = random.choice(
        [
            (f"at least {limit} {unit}", f"number >= {limit}", lambda n: not n < limit),
            (f"at most {limit} {unit}", f"number <= {limit}", lambda n: not n > limit),
            (f"an even number of {unit}", "number % 2 == 0", lambda n: n // 2 * 2 == n),
        ]
    )
    end, back, value = random.choice(
        [
            (f"how many {time}s the longest row has", "longest", lambda n: n),
            (f"how many {time}s the longest row has, times {k}", f"longest * {k}", lambda n: sum([k] * n)),
            (
                f"how far the longest row is from {k + 5} {time}s, as {k + 5} less its length",
                f"{k + 5} - longest",
                lambda n: -n + k + 5,
            ),
        ]
    )
    rows = [([random.choice([limit - 1, limit, limit + 1, limit + 2]) for _ in range(9)],) for _ in range(7)]
    return Task(
        title=f"The longest row of {time}s: {name}",
        story=f"""
        A list says {what}, one {time} after the other. Several {time}s, one directly after the other, with
        {told} each are called a row; a single such {time} is a row of 1. Complete `row`, so that it returns
        {end}. Without any such {time} the longest row has the length 0.

        *Two numbers to remember: how long the row is in which you are just now, and the longest so far.*
        """,
        function="row",
        parameters="numbers",
        doc="Return what is asked for of the longest row.",
        body=f"""
        longest = 0
        now = 0
        for number in numbers:
            if {test}:
                now += 1
            else:
                now = 0
            if now > longest:
                longest = now
        return {back}
        """,
        answer=lambda numbers: value(
            max([0, *(len(list(same)) for good, same in groupby(numbers, fits) if good)])
        ),
        shown=[([limit, limit + 2, limit - 3, limit],), ([limit - 1],)],
        edges=[
            (([],), _EMPTY),
            (([limit - 1, limit + 1, limit - 1, limit + 1],), "The rows may be short."),
            (([limit, limit, limit, limit],), "Everything may be one row."),
            (([limit + 1, limit, limit + 1, limit - 1, limit],), "The longest row may be at the beginning."),
            (([limit + 1, limit + 1, limit + 1, limit - 1],), "Look closely at where a row ends."),
            (([limit, limit - 1, limit - 2, limit, limit],), "The longest row may be at the end."),
        ],
        more=rows,
    )


def _enough(random: Random) -> Task:
    name, what, unit, time = random.choice(_DIARIES)
    goal, skip = random.randint(30, 90), random.randint(2, 6)
    told, back, otherwise, value = random.choice(
        [
            (f"how many {time}s it took, or 0 if it was never reached", "days", "0", lambda at, total: at),
            (
                f"by how many {unit} it was passed, or -1 if it was never reached",
                f"total - {goal}",
                "-1",
                lambda at, total: total - goal,
            ),
        ]
    )

    counting = back == "days"
    begin = "\n        days = 0" if counting else ""
    count = "\n            days += 1" if counting else ""

    def answer(numbers: list[int]) -> int:
        sums = list(accumulate(n if n > skip - 1 else 0 for n in numbers))
        return next(
            (value(at, total) for at, total in enumerate(sums, 1) if not total < goal), int(otherwise)
        )

    return Task(
        title=f"When is it enough? {name.capitalize()}",
        story=f"""
        Somebody writes down {what}, one {time} after the other, and wants to reach {goal} {unit} together.
        One {time} with fewer than {skip} {unit} is too little to be added, but it counts as one all the same.
        Complete `reached`. It gets the list of numbers. As soon as the sum is {goal} or more, it returns
        {told}.

        *`return` ends a loop early. What comes after the loop is for the case that it was never reached.*
        """,
        function="reached",
        parameters="numbers",
        doc=f"Return what is asked for of the way to {goal} {unit}.",
        body=f"""
        total = 0{begin}
        for number in numbers:{count}
            if number >= {skip}:
                total += number
            if total >= {goal}:
                return {back}
        return {otherwise}
        """,
        answer=answer,
        shown=[([goal - 10, skip + 1, 20, 5],), ([10, 2],)],
        edges=[
            (([],), _EMPTY),
            (([goal],), "It may be reached on the first one."),
            (([goal - 1],), "Look closely at when it is reached."),
            (([goal + 1, 4],), "Look closely at when it is reached."),
            (([goal - skip, skip],), "Look closely at what is too little."),
            (([goal - skip + 1, skip - 1, skip],), "Look closely at what is too little."),
            (([0, 1, goal - 1, 0, goal],), "What is too little takes its time all the same."),
        ],
        more=_rows(random, goal // 2),
    )


def _ups(random: Random) -> Task:
    name, what, _, time = random.choice(_DIARIES)
    step, k = random.randint(2, 6), random.randint(2, 9)
    kind = random.randrange(3)

    def turns(numbers: list[int]) -> int:
        ways = [b > a for a, b in pairwise(numbers) if a != b]
        return sum(one != other for one, other in pairwise(ways))

    told, lines, answer = [
        (
            f"how many peaks there are: numbers that are at least {step} larger than the one before "
            "**and** the one after. The "
            "first and the last number are none",
            [
                "result = 0",
                "for at in range(1, len(numbers) - 1):",
                "    number = numbers[at]",
                f"    if number - numbers[at - 1] >= {step} and number - numbers[at + 1] >= {step}:",
                "        result += 1",
                "return result",
            ],
            lambda ns: sum(b - max(a, c) > step - 1 for a, b, c in zip(ns, ns[1:], ns[2:], strict=False)),
        ),
        (
            f"{k} points for each time that it turns round: from becoming larger to becoming smaller, or "
            "the other way. Equal "
            "numbers one after the other are passed over",
            [
                "result = 0",
                'way = ""',
                "for at in range(1, len(numbers)):",
                "    now = way",
                "    if numbers[at] > numbers[at - 1]:",
                '        now = "up"',
                "    if numbers[at] < numbers[at - 1]:",
                '        now = "down"',
                "    if way and now != way:",
                f"        result += {k}",
                "    way = now",
                "return result",
            ],
            lambda ns: sum([k] * turns(ns)),
        ),
        (
            "the largest jump: how much a number is above the one before it, at the most; but jumps of "
            f"fewer than {step} count as 0",
            [
                "result = 0",
                "before = numbers[0]",
                "for number in numbers:",
                f"    if number - before >= {step} and number - before > result:",
                "        result = number - before",
                "    before = number",
                "return result",
            ],
            lambda ns: max([0, *(b - a for a, b in pairwise(ns) if not b - a < step)]),
        ),
    ][kind]
    rows: list[tuple[Any]] = [
        ([random.randint(0, 3 * step) for _ in range(random.randint(4, 9))],) for _ in range(9)
    ]
    return Task(
        title=f"Ups and downs: {name}",
        story=f"""
        A list says {what}, one {time} after the other; it has at least one number. Complete `ups`. It gets
        the list and returns {told}.
        """,
        function="ups",
        parameters="numbers",
        doc="Return what is asked for of the ups and downs.",
        body="\n".join(lines),
        answer=answer,
        shown=[([1, 1 + step, 0, 2 * step, 3],), ([4, 4],)],
        edges=[
            (([3],), "A single number should work as well."),
            (([5, 5 + step, 5],), "Look closely at the smallest difference that counts."),
            (([5, 4 + step, 5],), "Look closely at the smallest difference that counts."),
            (([5, 6 + step, 6],), "Look closely at the smallest difference that counts."),
            (([9, 9 + step, 10, 9 + 2 * step],), "Look closely at both sides."),
            (([10, 10 + step, 11 + step, 1],), "Look closely at both sides."),
            (([3, 2, 2, 1, 1, 5, 5, 9],), "Some numbers may be equal."),
            (([30, 20, 10],), "They may only become smaller."),
            (([1, 9, 18, 30],), "They may only become larger."),
        ],
        more=rows,
    )


STREAKS = Family("streak", "control_flow", by_level(_many, _best, _longest, _enough, _ups))
