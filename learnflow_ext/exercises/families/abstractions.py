"""Functions: default values, helpers that are there already, functions that make functions, and recursion."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task

_SHOPS = (
    ("a bakery", "rolls"),
    ("a cinema", "tickets"),
    ("a nursery", "plants"),
    ("a bookshop", "books"),
    ("a market", "melons"),
    ("a museum", "maps"),
)


def _default(random: Random, level: int) -> Task:
    shop, things = random.choice(_SHOPS)
    usual, fee, free = random.randint(2, 12), random.randint(2, 9), random.randint(4, 15)
    words, code, value = random.choice(
        [
            (f"the price of all, and {fee} more", f"{things} * price + {fee}", lambda n, p: fee + p * n),
            (
                f"the price of all but {fee} of them, which are a gift",
                f"({things} - {fee}) * price",
                lambda n, p: p * n - p * fee,
            ),
            (
                f"the price of all and of {fee} more, which go to charity",
                f"price * ({things} + {fee})",
                lambda n, p: n * p + fee * p,
            ),
        ]
    )
    if level == 1:
        return Task(
            title=f"Buying {things}",
            story=random.choice(
                [
                    f"""
            In {shop} somebody buys {things}, which all cost the same. Complete `to_pay`. It gets how many
            {things} that are, and what one costs, and returns {words}. When no price is given, it is
            {usual}.

            *A parameter can have a default value: it stands in the first line, which is there already.*
            """,
                    f"""
            Complete `to_pay`, for {shop}. Its first value says how many {things} are bought. The
            second, the price
            of one, may be left out: then {usual} is taken, as the first line says already. The result is
            {words}.
            """,
                    f"""
            At {shop}, {things} usually cost {usual} each, and now and then something else. That is why
            `to_pay` has
            a **default value**: who calls it with one number gets the usual price. Complete it, so that it
            returns {words}.
            """,
                ]
            ),
            function="to_pay",
            parameters=f"{things}, price={usual}",
            doc="Return what has to be paid.",
            body=f"return {code}",
            answer=lambda n, p=usual: value(n, p),
            shown=[(fee + 3,), (fee + 3, 4)],
            edges=[((fee, 1), "Small numbers should work as well.")],
            more=[(random.randint(10, 60), random.randint(2, 20)) for _ in range(5)]
            + [(random.randint(10, 60),) for _ in range(2)],
        )
    return Task(
        title=f"{things.capitalize()} with a discount",
        story=f"""
        In {shop} somebody buys {things}. Complete `to_pay`. It gets how many {things} that are, what one
        costs (when nothing is said, {usual}), and from how many on there is a discount (when nothing is said,
        {free}). It returns {words}; with that many {things} or more it is {fee + 1} less.
        """,
        function="to_pay",
        parameters=f"{things}, price={usual}, limit={free}",
        doc="Return what has to be paid.",
        body=f"""
        total = {code}
        if {things} >= limit:
            total = total - {fee + 1}
        return total
        """,
        answer=lambda n, p=usual, m=free: value(n, p) - (0 if n < m else fee + 1),
        shown=[(free - 1,), (free + 3, 4)],
        edges=[
            ((free,), "Look closely at where the discount begins."),
            ((free, 3, free + 1), "Look closely at where the discount begins."),
            ((free - 2, 3, free - 2), "Look closely at where the discount begins."),
        ],
        more=[(random.randint(10, 60), random.randint(2, 20)) for _ in range(3)]
        + [(random.randint(2, 40), 5, random.randint(2, 40)) for _ in range(4)],
    )


def _with_helpers(random: Random, level: int) -> Task:
    a, b = random.randint(2, 6), random.randint(2, 9)
    name, rule, helper = random.choice(
        [
            ("fare", f"distance * {a} + {b}", lambda n: b + a * n),
            ("energy", f"({b} + distance) * {a}", lambda n: a * b + a * n),
            ("minutes", f"{b} + distance * {a} - 1", lambda n: a * n + b - 1),
        ]
    )
    edge = random.randint(4, 8)
    limit = helper(edge)
    trips = random.choice(["bus rides", "hikes", "flights", "ferry trips", "errands", "deliveries"])
    what, start, gain, collect = random.choice(
        [
            ("the sum of these numbers", "0", "result += each", lambda ns: sum(ns)),
            ("how many of them there are", "0", "result += 1", lambda ns: len(ns)),
            ("a list of these numbers, in the same order", "[]", "result.append(each)", lambda ns: list(ns)),
            (
                "the largest of these numbers, or 0 if there is none",
                "0",
                "result = max(result, each)",
                lambda ns: max([0, *ns]),
            ),
        ]
    )
    below = random.random() < 0.5
    side, sign = ("below", "<") if below else ("above", ">")

    def answer(distances: list[int]) -> Any:
        fitting = [n for n in map(helper, distances) if (n < limit if below else n > limit)]
        return collect(fitting)

    near = [n for n in range(40) if abs(helper(n) - limit) <= a]
    return Task(
        title=f"The {name} of several {trips}",
        story=f"""
        The function `{name}` is there already, and works. Complete `overall`. It gets a list of distances of
        {trips}, finds the {name} of each with that function, keeps those **{side}** {limit}, and returns
        {what}.
        """,
        before=f'''
def {name}(distance):
    """Return the {name} that belongs to a distance."""
    return {rule}
''',
        function="overall",
        parameters="distances",
        doc=f"Return what is asked for of the numbers {side} {limit}.",
        body=f"""
        result = {start}
        for distance in distances:
            each = {name}(distance)
            if each {sign} {limit}:
                {gain}
        return result
        """,
        answer=answer,
        shown=[([1, 20],), ([2, 3, 30],)],
        edges=[
            (([],), "An empty list should work as well."),
            ((near,), f"Look closely at what is just beside {limit}."),
            (([edge],), f"Look closely at exactly {limit}."),
        ],
        more=[([random.randint(0, 14) for _ in range(random.randint(2, 7))],) for _ in range(8)],
    )


def _maker(random: Random, level: int) -> Task:
    k, m = random.randint(2, 9), random.randint(2, 9)
    kind, rule, value, why = random.choice(
        [
            ("changer", "number * size + {k}", lambda s, n: k + s * n, "its number times `size`, plus {k}"),
            ("changer", "size - number * {k}", lambda s, n: s - k * n, "`size` minus {k} times its number"),
            (
                "changer",
                "(number + {k}) % size",
                lambda s, n: n + k - (n + k) // s * s,
                "the remainder when its number plus {k} is divided by `size`",
            ),
            (
                "counter",
                "number // size + {k}",
                lambda s, n: int((n - n % s) / s) + k,
                "how often `size` fits into its number, plus {k}",
            ),
            (
                "counter",
                "max(number, size) + {k}",
                lambda s, n: (n if n > s else s) + k,
                "the larger one of its number and `size`, plus {k}",
            ),
        ]
    )
    doubled = random.random() < 0.5
    body = f"def change(number):\n    return {rule.format(k=k)}\nreturn change"
    told = why.format(k=k)
    if doubled:
        body = (
            f"def change(number):\n    if number < {m}:\n        return {m}\n"
            f"    return {rule.format(k=k)}\nreturn change"
        )
        told += f"; only for numbers below {m} it is {m} itself"
    numbers = [(random.randint(2, 9), random.randint(0, 40)) for _ in range(10)]
    return Task(
        title=f"A function that makes a {kind}",
        story=f"""
        Complete `make_{kind}`. It gets `size` and returns a **new function**, which gets a number and returns
        {told}.

        *Write a `def` inside of the function, and return its name without brackets.*
        """,
        function=f"make_{kind}",
        parameters="size",
        doc="Return a function that changes numbers.",
        body=body,
        answer=lambda size, number: m if doubled and number < m else value(size, number),
        call=lambda size, number: f"make_{kind}({size})({number})",
        shown=[(4, 10), (3, 25)],
        edges=[
            ((5, m), "Look closely at small numbers."),
            ((5, m - 1), "Look closely at small numbers."),
            ((5, m + 1), "Look closely at small numbers."),
            ((2, 0), "0 should work as well."),
        ],
        more=numbers,
    )


def _digits(random: Random, level: int) -> Task:
    limit, k = random.randint(2, 7), random.randint(2, 9)
    told, gain, value = random.choice(
        [
            (f"the sum of those of its digits that are larger than {limit}", "digit", lambda d: d),
            (f"how many of its digits are larger than {limit}", "1", lambda d: 1),
            (f"{k} for each of its digits that is larger than {limit}", str(k), lambda d: k),
            (
                f"the sum of {k} times each of its digits that is larger than {limit}",
                f"digit * {k}",
                lambda d: d * k,
            ),
        ]
    )
    rest = random.choice([0, 1])
    also = " Every other digit counts 1." if rest else ""
    return Task(
        title="The digits of a number",
        story=random.choice(
            [
                f"""
        Complete `digits`. It gets a whole number that is not negative, and returns {told}.{also} The function
        should call **itself**: what is it for a number without its last digit (`number // 10`), and what does
        the last digit (`number % 10`) add? For 0 it returns 0.
        """,
                f"""
        A function may call **itself**. Complete `digits` that way, for whole numbers from 0 on. Its result is
        {told}.{also} Take one digit at a time: `number % 10` is the last one, and `number // 10` all
        the others.
        When nothing is left, the result is 0.
        """,
            ]
        ),
        function="digits",
        parameters="number",
        doc="Return what the digits of the number make.",
        body=f"""
        if number == 0:
            return 0
        digit = number % 10
        if digit > {limit}:
            return {gain} + digits(number // 10)
        return {rest} + digits(number // 10)
        """,
        answer=lambda n: sum(value(int(d)) if int(d) > limit else rest for d in str(n)) if n else 0,
        shown=[(limit + 1,), (9 * 100 + 21,)],
        edges=[
            ((0,), "0 should work as well."),
            ((limit * 11,), "Look closely at the digit that is the limit."),
            (((limit + 1) * 111,), "Look closely at what is just above the limit."),
        ],
        more=[(random.randint(10, 99_999),) for _ in range(9)],
    )


def _nested(random: Random, level: int) -> Task:
    limit, k = random.randint(3, 9), random.randint(2, 6)
    box, item = random.choice(
        [("box", "weights"), ("folder", "sizes"), ("chest", "coins"), ("crate", "bottles"), ("bag", "prices")]
    )
    told, code, value = random.choice(
        [
            ("the sum of all numbers above {limit}", "each", lambda n: n),
            ("how many numbers above {limit} there are", "1", lambda n: 1),
            ("the sum of all numbers above {limit}, each {k} times", "each * {k}", lambda n: sum([n] * k)),
        ]
    )
    fee = random.randint(1, 5)

    def answer(things: list[Any]) -> Any:
        here = sum(value(n) for n in things if not isinstance(n, list) and n >= limit + 1)
        return here + sum(fee + answer(inner) for inner in things if isinstance(inner, list))

    return Task(
        title=f"A {box} inside of a {box}",
        story=random.choice(
            [
                f"""
        A {box} is a list. In it are {item}, which are whole numbers, and it may hold others of its
        kind, which are
        lists again, as deep as you like. Complete `unpacked`, so that it returns
        {told.format(limit=limit, k=k)} in all of them together, plus {fee} for every {box} that
        lies inside of
        another one.

        *`isinstance(each, list)` is true for a list. Let the function call itself for that.*
        """,
                f"""
        Lists may lie in lists, like a {box} in a {box}. Complete `unpacked`. It gets such a list of
        {item}: some of
        its items are whole numbers, others lists of the same kind. The result is
        {told.format(limit=limit, k=k)}, counted through all of them, and {fee} more for each inner {box}.

        *For an item that is a list (`isinstance(each, list)`), ask `unpacked` itself.*
        """,
            ]
        ),
        function="unpacked",
        parameters="things",
        doc=f"Return what everything in the {box} makes.",
        body=f"""
        result = 0
        for each in things:
            if isinstance(each, list):
                result += unpacked(each) + {fee}
            elif each > {limit}:
                result += {code.format(k=k)}
        return result
        """,
        answer=answer,
        shown=[([limit + 1, [limit + 2]],), ([1, limit + 4],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([limit, [limit]],), "Look closely at the limit itself."),
            (([[[[]]]],), f"A {box} may be empty, and deep inside."),
            (([[limit + 1, [limit + 1, 2]], limit + 1],), "It may be several lists deep."),
        ],
        more=[
            (
                [
                    random.randint(0, 20),
                    [random.randint(0, 20), [random.randint(0, 20)]],
                    random.randint(0, 20),
                ],
            )
            for _ in range(8)
        ],
    )


def _abstraction(random: Random, level: int) -> Task:
    if level <= 2:
        return _default(random, level)
    if level == 3:
        return _with_helpers(random, level)
    if level == 4:
        return _maker(random, level)
    return random.choice((_digits, _nested))(random, level)


ABSTRACTIONS = Family("abstraction", "functions", _abstraction)
