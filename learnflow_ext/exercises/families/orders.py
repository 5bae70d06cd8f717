"""Functions that answer, have defaults, sort, stand in lists, and remember: small ones with a clear job."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level

_CHECKS = (
    ("fits", "a suitcase fits into a locker", "width", "height", "centimetres"),
    ("flies", "a kite flies", "wind", "string", "metres"),
    ("floats", "a model boat floats", "length", "load", "grams"),
    ("stands", "a tower of bricks stands", "height", "base", "centimetres"),
    ("passes", "a truck passes under a bridge", "height", "load", "centimetres"),
)
_FEES = (
    ("parking", "hours", "a car park"),
    ("skating", "rounds", "an ice rink"),
    ("copying", "pages", "a copy shop"),
    ("boating", "hours", "a lake"),
    ("washing", "kilograms", "a laundry"),
)
_WORDS = ("tea", "lemon", "ox", "garden", "pear", "violin", "sun", "anchor", "rope", "island", "egg", "zebra")
_STEPS = (
    ("double", "number * 2", lambda n: n + n),
    ("add_nine", "number + 9", lambda n: 9 + n),
    ("drop_four", "number - 4", lambda n: -4 + n),
    ("third", "number // 3", lambda n: int((n - n % 3) / 3)),
)


def _answer(random: Random) -> Task:
    name, what, one, other, unit = random.choice(_CHECKS)
    most, least, k = random.randint(40, 120), random.randint(5, 30), random.randint(2, 5)
    rule, code, value = random.choice(
        [
            (
                f"the {one} is at most {most}, and the {other} is at least {least}",
                f"{one} <= {most} and {other} >= {least}",
                lambda a, b: not (a > most or b < least),
            ),
            (
                f"the {one} is less than {k} times the {other}",
                f"{one} < {other} * {k}",
                lambda a, b: not a >= sum([b] * k),
            ),
            (
                f"both together are more than {most}, or the {other} alone is more than {least}",
                f"{one} + {other} > {most} or {other} > {least}",
                lambda a, b: not (sum((a, b)) <= most and b <= least),
            ),
        ]
    )
    rows = [(random.randint(1, 150), random.randint(1, 60)) for _ in range(7)]
    near = [
        *((most + at, least + to) for at in (-1, 0, 1) for to in (-1, 0, 1)),
        *((k * 7 + at, 7) for at in (-1, 0, 1)),
        *((most - least + at, least) for at in (-1, 0, 1)),
    ]
    good = next(pair for pair in ((a, b) for b in range(60) for a in range(60)) if value(*pair))
    poor = next(pair for pair in ((a, b) for b in range(60) for a in range(200)) if not value(*pair))
    return Task(
        title=f"A function that answers: `{name}`",
        story=f"""
        Whether {what} depends on two whole numbers in {unit}: {rule}. Complete `{name}`. It gets the {one}
        and the {other}, and **returns** `True` or `False`. It prints nothing: whoever calls it decides what
        to do with the answer.
        """,
        function=name,
        parameters=f"{one}, {other}",
        doc=f"Return whether {what}.",
        body=f"return {code}",
        answer=value,
        shown=[good, poor],
        edges=[(pair, "Look closely at the limits.") for pair in near],
        more=rows,
    )


def _fee(random: Random) -> Task:
    name, things, where = random.choice(_FEES)
    each, free, least = random.randint(2, 9), random.randint(1, 4), random.randint(10, 30)
    told, code, value = random.choice(
        [
            (
                "The price is that of all of them, but never less than `least`",
                f"max(least, {things} * price)",
                lambda n, p, m: sorted([n * p, m])[1],
            ),
            (
                f"The price is that of all of them but {free}, which are free, and `least` comes on top",
                f"max(0, {things} - {free}) * price + least",
                lambda n, p, m: m + p * (n - free if n > free else 0),
            ),
            (
                "The price is that of all of them and `least` on top; but only even prices are asked for, "
                "so it is divided by 2 with `//`, and multiplied by 2 again",
                f"({things} * price + least) // 2 * 2",
                lambda n, p, m: n * p + m - (n * p + m) % 2,
            ),
        ]
    )
    return Task(
        title=f"The price of {name}",
        story=f"""
        {where.capitalize()} takes money for {things}. Complete `{name}`. It gets how many {things} that
        are; what one of them costs (`price`, when nothing is said {each}); and an amount `least` (when
        nothing is said, {least}). {told}.

        *The default values stand in the first line already. Who calls the function may name what is meant:
        `least=0`.*
        """,
        function=name,
        parameters=f"{things}, price={each}, least={least}",
        doc=f"Return the price for so many {things}.",
        body=f"return {code}",
        answer=lambda n, p=each, m=least: value(n, p, m),
        shown=[(3,), (8, 5), (8, 5, 1)],
        edges=[
            ((0,), "0 should work as well."),
            ((free, 4, 3), "Look closely at what is free."),
            ((free + 1, 4, 3), "Look closely at what is free."),
            ((free - 1, 4, 3), "Look closely at what is free."),
            ((7, 3, 0), "An amount of 0 is an amount as well."),
            ((7, 0, 9), "A price of 0 is a price as well."),
        ],
        more=[(random.randint(1, 30), random.randint(1, 9), random.randint(0, 60)) for _ in range(6)],
    )


def _order(random: Random) -> Task:
    letter, count = random.choice("aeo"), random.randint(2, 4)
    longest = random.random() < 0.5
    keys: list[tuple[str, str, Callable[[str], Any]]] = [
        (
            f"those with the {'most' if longest else 'fewest'} letters first, equal ones by the alphabet",
            f"({'-' if longest else ''}len(word), word)",
            lambda w: (-len(w) if longest else len(w), w),
        ),
        (
            f"those in which `{letter}` stands most often first, equal ones by the alphabet",
            f'(-word.count("{letter}"), word)',
            lambda w: (-sum(each == letter for each in w), w),
        ),
        (
            "by their last letters, equal ones by the alphabet",
            "(word[-1], word)",
            lambda w: (w[len(w) - 1], w),
        ),
    ]
    how, key, value = random.choice(keys)
    least = random.randint(3, 4)
    rows = [(random.sample(_WORDS, random.randint(4, 9)),) for _ in range(8)]
    return Task(
        title="Words in another order",
        story=f"""
        Complete `in_order`. It gets a list of words, leaves out those with fewer than {least} letters, puts
        the others in order, {how}, and returns a new list of the first {count} of them.

        *`sorted(words, key=place)` asks a function `place` about each word. Write it inside of `in_order`:
        a pair such as `(3, "tea")` is sorted by its first part, and by its second where the first is
        equal.*
        """,
        function="in_order",
        parameters="words",
        doc="Return the first words in that order.",
        body=f"""
        def place(word):
            return {key}
        long = [word for word in words if len(word) >= {least}]
        return sorted(long, key=place)[:{count}]
        """,
        answer=lambda words: sorted((w for w in words if not len(w) < least), key=value)[:count],
        shown=[(["lemon", "tea", "garden", "pear"],), (["ox", "anchor"],)],
        edges=[
            (([],), "An empty list should work as well."),
            ((["ox", "at", "tea", "rope"],), "Look closely at short words."),
            ((["bbbb", "abab", "caca", "aaaa"],), "Several may be equal."),
            ((["tee", "too", "eel", "oak", "ape"],), "Several may be equal."),
        ],
        more=rows,
    )


def _through(random: Random) -> Task:
    limit, k = random.randint(15, 50), random.randint(2, 6)
    (one, rule, first), (other, law, second) = random.sample(_STEPS, 2)
    functions: dict[str, Callable[[int], int]] = {one: first, other: second}
    told, lines = random.choice(
        [
            (
                "uses them one after the other, each on what the one before gave. A result above "
                f"{limit} is cut to {limit} before it "
                "goes on. It returns the number at the end",
                ["for step in steps:", f"    number = min({limit}, step(number))", "return number"],
            ),
            (
                f"uses each of them on the number, and returns the sum of the results, and {k} more for "
                f"each result above {limit}",
                [
                    "total = 0",
                    "for step in steps:",
                    "    result = step(number)",
                    f"    if result > {limit}:",
                    f"        result += {k}",
                    "    total += result",
                    "return total",
                ],
            ),
        ]
    )
    chained = len(lines) == 3

    def answer(steps: _Names, number: int) -> int:
        if chained:
            for name in steps.names:
                number = sorted([limit, functions[name](number)])[0]
            return number
        results = [functions[name](number) for name in steps.names]
        return sum(results) + k * sum(1 for each in results if each >= limit + 1)

    hits = [
        ((_Names([name]), number), "Look closely at the limit.")
        for name in (one, other)
        for number in range(3 * limit + 6)
        if abs(functions[name](number) - limit) < 2
    ]
    return Task(
        title=f"A list of functions: `{one}`, `{other}`",
        story=f"""
        Functions can stand in a list. `{one}` and `{other}` are there already. Complete `through`. It gets
        a list of functions and a number, and {told}.

        *In `for step in steps:`, the name `step` stands for one function after the other, and `step(3)`
        calls it.*
        """,
        before=f'''
def {one}(number):
    """Return another number."""
    return {rule}


def {other}(number):
    """Return another number."""
    return {law}
''',
        function="through",
        parameters="steps, number",
        doc="Return what the functions make of the number.",
        body="\n".join(lines),
        answer=answer,
        shown=[(_Names([one, other]), 10), (_Names([other, other]), 6)],
        edges=[
            ((_Names([]), 5), "The list may be empty."),
            *hits[:8],
            ((_Names([one, one, other, other]), 40), "The same function may be there several times."),
        ],
        more=[
            (_Names(random.choices([one, other], k=random.randint(1, 4))), random.randint(1, 60))
            for _ in range(7)
        ],
    )


class _Names:
    """A list of functions, written by their names."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def __repr__(self) -> str:
        return f"[{', '.join(self.names)}]"


def _memory(random: Random) -> Task:
    begin, k, limit = random.randint(0, 20), random.randint(2, 9), random.randint(15, 40)
    what = random.choice(["a till", "a water meter", "a scoreboard", "a step counter", "a savings book"])
    told, lines, step = random.choice(
        [
            (
                f"adds the number to what it has so far, with {k} more if the number is above {limit}",
                [f"if number > {limit}:", f"    number += {k}", "total += number"],
                lambda total, n: total + n + (k if n >= limit + 1 else 0),
            ),
            (
                f"adds the number to what it has so far, but begins again at {begin} as soon as that is "
                f"above {limit + begin}",
                ["total += number", f"if total > {limit + begin}:", f"    total = {begin}"],
                lambda total, n: begin if total + n >= limit + begin + 1 else total + n,
            ),
            (
                f"keeps the larger of the number and what it has so far, and adds {k}",
                [f"total = max(total, number) + {k}"],
                lambda total, n: k + sorted([total, n])[1],
            ),
        ]
    )
    inner = "\n".join(f"    {line}" for line in lines)

    def answer(start: int, numbers: list[int]) -> list[int]:
        found, total = [], start
        for number in numbers:
            total = step(total, number)
            found.append(total)
        return found

    def call(start: int, numbers: list[int]) -> str:
        return f"results(make_counter({start}), {numbers!r})"

    rows = [(random.randint(0, 20), [random.randint(0, limit + 9) for _ in range(4)]) for _ in range(8)]
    return Task(
        title=f"A function with a memory: {what}",
        story=f"""
        Complete `make_counter`, for {what}. It gets the number with which it starts, and returns a **new
        function**. This one gets a number, {told}, and returns what it has then. It remembers that until
        the next call. Two functions that were made do not disturb each other.

        *A `def` inside of a function may use the names of the outer one; to give one a new value it says
        `nonlocal total` first.* The function `results` is there already: it calls a function with several
        numbers, one after the other.
        """,
        before='''
def results(function, numbers):
    """Return a list of what the function gives for each number."""
    return [function(number) for number in numbers]
''',
        function="make_counter",
        parameters="total",
        doc="Return a function that remembers.",
        body=f"def count(number):\n    nonlocal total\n{inner}\n    return total\nreturn count",
        answer=answer,
        call=call,
        shown=[(begin, [3, 4]), (5, [limit + 1, 2])],
        edges=[
            ((0, []), "It may never be called."),
            ((0, [limit, limit]), "Look closely at the limit itself."),
            ((begin, [limit, 1, 2]), "Look closely at the limit itself."),
            ((begin, [limit + 1, 1]), "Look closely at what is just above the limit."),
            ((begin, [limit + 2, limit + 3]), "Look closely at what is just above the limit."),
            ((9, [0, 0, 0]), "0 is a number as well."),
        ],
        more=rows,
    )


ORDERS = Family("order", "functions", by_level(_answer, _fee, _order, _through, _memory))
