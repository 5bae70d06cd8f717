"""Functions as parts: one that asks another, one that is handed in, a row of them, what a call changes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.scribbles import changes

_MACHINES = (
    ("wash", "a laundry", "kilograms", "minutes"),
    ("bake", "a bakery", "loaves", "minutes"),
    ("print_time", "a print shop", "pages", "seconds"),
    ("paint_time", "a paint shop", "doors", "hours"),
    ("pack", "a warehouse", "boxes", "minutes"),
    ("pick", "an orchard", "baskets", "minutes"),
)
_TESTS = (
    ("is_even", "number % 2 == 0", lambda n: n & 1 == 0),
    ("is_small", "number < 20", lambda n: not n >= 20),
    ("ends_in_five", "number % 10 == 5", lambda n: str(n)[-1] == "5"),
    ("is_round", "number % 10 == 0", lambda n: str(n)[-1] == "0"),
)
_CHANGES = (
    ("half", "number // 2", lambda n: int((n - n % 2) / 2)),
    ("plus_seven", "number + 7", lambda n: 7 + n),
    ("times_three", "number * 3", lambda n: n + n + n),
    ("last_digit", "number % 10", lambda n: int(str(n)[-1])),
)


class _Name:
    """An argument that is written as a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def _asks(random: Random) -> Task:
    name, where, things, unit = random.choice(_MACHINES)
    each, begin, pause = random.randint(2, 9), random.randint(1, 9), random.randint(2, 12)
    told, code, value = random.choice(
        [
            (
                f"the {unit} for two orders, one after the other, with {pause} {unit} between them",
                f"{name}(first) + {pause} + {name}(second)",
                lambda a, b: a + b + pause,
            ),
            (
                f"how many {unit} longer the second order takes than the first, plus {pause}",
                f"{name}(second) - {name}(first) + {pause}",
                lambda a, b: b - a + pause,
            ),
            (
                f"the {unit} for two orders that are done together as a single one, plus {pause}",
                f"{name}(first + second) + {pause}",
                lambda a, b: a + b - begin + pause,
            ),
            (
                f"the {unit} of the longer one of two orders, plus {pause}",
                f"max({name}(first), {name}(second)) + {pause}",
                lambda a, b: sorted([a, b])[1] + pause,
            ),
        ]
    )
    rows = [(random.randint(1, 30), random.randint(1, 30)) for _ in range(7)]
    return Task(
        title=f"Two orders for {where}",
        story=f"""
        The function `{name}` is there already, and works: it says how many {unit} {where} needs for a
        number of {things}. Complete `two_orders`. It gets the {things} of a first and of a second order,
        and returns {told}. Call `{name}` in it, and do not write its sum a second time.

        *A call such as `{name}(3)` stands for the number that it gives back.*
        """,
        before=f'''
def {name}({things}):
    """Return how many {unit} it takes."""
    return {begin} + {things} * {each}
''',
        function="two_orders",
        must_use=[name],
        parameters="first, second",
        doc=f"Return the {unit} that are asked for.",
        body=f"return {code}",
        answer=lambda a, b: value(begin + sum([each] * a), begin + sum([each] * b)),
        shown=[(2, 3), (4, 1)],
        edges=[
            ((0, 5), "0 should work as well."),
            ((5, 0), "0 should work as well."),
            ((6, 6), "Both may be equal."),
        ],
        more=rows,
    )


def _question(random: Random) -> Task:
    test, rule, fits = random.choice(_TESTS)
    k, turned = random.randint(2, 9), random.random() < 0.4
    limit = random.choice([number for number in range(10, 40) if bool(fits(number)) != turned])
    told, start, code, value = random.choice(
        [
            (
                "a list of the numbers of which it is true, in the same order",
                "[]",
                "result.append(number)",
                lambda ns: list(ns),
            ),
            ("how many numbers there are of which it is true", "0", "result += 1", lambda ns: len(ns)),
            (
                f"the sum of the numbers of which it is true, and {k} more for each of them",
                "0",
                f"result += number + {k}",
                lambda ns: sum(ns) + k * len(ns),
            ),
        ]
    )
    ask = f"not {test}(number)" if turned else f"{test}(number)"
    if turned:
        told = told.replace("it is true", "it is **not** true")
    also, more = random.choice(
        [("", ""), (f" Numbers above {limit} do not count at all.", f" and number <= {limit}")]
    )

    def answer(numbers: list[int]) -> Any:
        return value([n for n in numbers if bool(fits(n)) != turned and (not more or not n > limit)])

    rows = [([random.randint(0, 2 * limit) for _ in range(random.randint(3, 8))],) for _ in range(7)]
    return Task(
        title=f"A question to every number: `{test}`",
        story=f"""
        The function `{test}` is there already: it gets a number, and answers `True` or `False`. Complete
        `asked`. It gets a list of numbers, asks `{test}` about each, and returns {told}.{also}

        *A function that answers `True` or `False` can stand directly behind `if`.*
        """,
        before=f'''
def {test}(number):
    """Return True or False."""
    return {rule}
''',
        function="asked",
        parameters="numbers",
        doc=f"Return what is asked for, with `{test}`.",
        body=f"result = {start}\nfor number in numbers:\n    if {ask}{more}:\n        {code}\nreturn result",
        answer=answer,
        shown=[([5, 10, 3, 8, 20],), ([15, 7],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([limit, limit + 1, limit + 2, limit - 1],), "Look closely at every number."),
            (([limit + 5, limit + 10, limit - 5],), "Look closely at every number."),
            (([0, 25, 30, 35],), "Look closely at every number."),
            (([limit] * 3 + [limit + 1] * 3,), "The same number may come several times."),
        ],
        more=rows,
    )


def _chain(random: Random) -> Task:
    # The last digit of a small number is that number: used first it would change nothing the second time.
    (one, rule, first), (other, law, second) = random.sample(_CHANGES[:3], 1) + random.sample(_CHANGES[3:], 1)
    if random.random() < 0.6:
        (one, rule, first), (other, law, second) = random.sample(_CHANGES[:3], 2)
    kind, k = random.randrange(3), random.randint(2, 6)
    inner = [
        lambda n: second(first(n)),
        lambda n: n,
        lambda n: k + sorted([first(n), second(n)])[1],
    ][kind]
    values = sorted({inner(number) for number in range(60)})
    limit = values[len(values) * 2 // 3]
    told, lines, answer = [
        (
            f"first uses `{one}` on it, then `{other}` on what came out; and if that is above {limit}, "
            f"`{one}` "
            "once more. It returns the number at the end",
            [
                f"number = {other}({one}(number))",
                f"if number > {limit}:",
                f"    number = {one}(number)",
                "return number",
            ],
            lambda n: first(inner(n)) if inner(n) >= limit + 1 else inner(n),
        ),
        (
            f"uses `{one}` on every number below {limit}, and `{other}` on every other, and adds {k}. It "
            "returns "
            "that number",
            [
                f"if number < {limit}:",
                f"    return {one}(number) + {k}",
                f"return {other}(number) + {k}",
            ],
            lambda n: k + (second(n) if not n < limit else first(n)),
        ),
        (
            f"uses both `{one}` and `{other}` on it, takes the larger of the two results, and adds {k}; "
            "a result "
            f"above {limit} becomes {limit}",
            [f"result = max({one}(number), {other}(number)) + {k}", f"return min({limit}, result)"],
            lambda n: sorted([inner(n), limit])[0],
        ),
    ][kind]
    numbers = [(number,) for number in random.sample(range(60), 8)]
    near = [number for number in range(60) if abs(inner(number) - limit) < 2]
    every = [
        ((number,), "Look closely at where something changes.") for number in [*near[:9], *range(1, 60, 9)]
    ]
    return Task(
        title=f"`{one}` and `{other}` together",
        story=f"""
        Two functions are there already: `{one}` and `{other}`. Both get a number and return a number.
        Complete `changed`. It gets a number, and {told}. Call the two functions; what they calculate should
        not be written down again.

        *What a call gives back can be handed to the next call at once: `abs(min(3, -8))`.*
        """,
        before=f'''
def {one}(number):
    """Return another number."""
    return {rule}


def {other}(number):
    """Return another number."""
    return {law}
''',
        function="changed",
        must_use=[one, other],
        parameters="number",
        doc=f"Return the number that `{one}` and `{other}` make of it.",
        body="\n".join(lines),
        answer=answer,
        shown=[(12,), (35,)],
        edges=every,
        more=numbers,
    )


def _choice(random: Random) -> Task:
    (one, rule, first), (other, law, second) = random.sample(_CHANGES, 2)
    functions: dict[str, Callable[[int], int]] = {one: first, other: second}
    largest, k = random.random() < 0.5, random.randint(2, 9)
    most, sign, best = ("largest", ">", max) if largest else ("smallest", "<", min)
    told, back, value = random.choice(
        [
            ("that number", "found", lambda n, worth: n),
            (f"what the function gives for it, plus {k}", f"worth(found) + {k}", lambda n, worth: k + worth),
            (
                "a list of both: that number, and what the function gives for it",
                "[found, worth(found)]",
                lambda n, worth: [n, worth],
            ),
        ]
    )
    limit = random.randint(10, 30)

    def answer(numbers: list[int], name: _Name) -> Any:
        function = functions[name.name]
        fitting = [n for n in numbers if not n > limit]
        if not fitting:
            return None
        wanted = best(map(function, fitting))
        number = next(n for n in fitting if function(n) == wanted)
        return value(number, wanted)

    rows = [[random.randint(0, limit + 5) for _ in range(random.randint(3, 7))] for _ in range(6)]
    near = [limit, limit + 1, limit - 1]
    every = [
        (numbers, _Name(name))
        for numbers in ([*rows, near, [limit], [limit - 1, 3], [4, 4, 5], [12, 2, 22], [2, 12, 3, 13]])
        for name in (one, other)
    ]
    return Task(
        title=f"The {most} by a function",
        story=f"""
        Complete `chosen`. It gets a list of numbers and a **function**, `worth`, which says how much a
        number is worth. Numbers above {limit} are passed over. Among the others it looks for the one for
        which `worth` gives the {most} number, the first of them if there are several, and returns {told}.
        Without any such number it returns `None`.

        Two functions are there already, to try it with: `{one}` and `{other}`. *They are handed in without
        round brackets, and called in `chosen` by the name `worth`.*
        """,
        before=f'''
def {one}(number):
    """Return another number."""
    return {rule}


def {other}(number):
    """Return another number."""
    return {law}
''',
        function="chosen",
        parameters="numbers, worth",
        doc=f"Return what is asked for of the number with the {most} worth.",
        body=f"""
        fitting = []
        for number in numbers:
            if number <= {limit}:
                fitting.append(number)
        if not fitting:
            return None
        found = fitting[0]
        for number in fitting:
            if worth(number) {sign} worth(found):
                found = number
        return {back}
        """,
        answer=answer,
        shown=[([3, 9, 6], _Name(one)), ([7, limit + 3], _Name(other))],
        edges=[
            (([], _Name(one)), "An empty list should work as well."),
            (([limit + 1, limit + 9], _Name(one)), "There may be no such number."),
            *((each, "Look closely at the limit, and at equal ones.") for each in every),
        ],
    )


PARTS = Family("part", "functions", by_level(_asks, _question, _chain, changes, _choice))
