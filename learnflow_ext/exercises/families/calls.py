"""Functions that call, answer yes or no, take as many values as come, give back several, and join others."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level

_FRAMES = (
    ("banner", "a banner over a street", "BAKERY"),
    ("label", "a label on a jar", "plum jam"),
    ("poster", "a poster of a cinema", "tonight"),
    ("plate", "a plate on a door", "Dr. Wong"),
    ("ribbon", "a ribbon on a wreath", "thank you"),
    ("card", "a card for a birthday", "Ada is 9"),
)
_GREETINGS = (
    ("letter", "Dear", ","),
    ("call", "Hello", "!"),
    ("radio", "Good morning", "."),
    ("sign", "Welcome", "!"),
    ("robot", "Greetings", "..."),
    ("mail", "Hi", " -"),
)
_SERIES = (
    ("jumps", "the jumps of an athlete", "centimetres"),
    ("bids", "the bids of an auction", "euros"),
    ("dives", "the dives of a seal", "metres"),
    ("laps", "the laps of a runner", "seconds"),
    ("catches", "the catches of a fishing boat", "kilograms"),
    ("waves", "the waves of a storm", "decimetres"),
)
_CHANGES = (
    ("doubled", "number * 2", lambda n: n + n),
    ("raised", "number + 10", lambda n: 10 + n),
    ("squared", "number * number", lambda n: n**2),
    ("lowered", "number - 3", lambda n: -3 + n),
)


def _frame(random: Random) -> Task:
    name, what, text = random.choice(_FRAMES)
    first, second = random.sample("*=-#+~", 2)
    more = random.randint(2, 8)
    above, below = random.choice([(more, more), (more, more + 2), (more + 1, more)])
    side = random.choice([first, second])
    words = ["tea", "open", "no entry", "Lunch", "x", "quiet please", "Room 12"]
    random.shuffle(words)

    def answer(given: str) -> str:
        top = "".ljust(len(given) + above, first)
        bottom = "".ljust(len(given) + below, second)
        return "\n".join([top, f"{side} {given}", bottom])

    return Task(
        title=f"A frame for a {name}",
        story=f"""
        The function `row` is there already: `row("x", 3)` is `'xxx'`. Complete `{name}`, for {what}. It
        gets a text and returns one text of three lines: above, a row of `{first}` that is {above} signs
        longer than the text; then `{side}`, a space and the text itself; below, a row of `{second}` that is
        {below} signs longer than the text. Call `row` for both rows.

        *`len(text)` says how long a text is, and `"\\n"` begins a new line. A `print` of `{name}("{text}")`
        shows the frame.*
        """,
        before='''
def row(sign, length):
    """Return a row of the same sign."""
    return sign * length
''',
        must_use=["row"],
        function=name,
        parameters="text",
        doc="Return the text with a row above and below.",
        body=f"""
        top = row("{first}", len(text) + {above})
        bottom = row("{second}", len(text) + {below})
        return top + "\\n{side} " + text + "\\n" + bottom
        """,
        answer=answer,
        shown=[(text,), ("ab",)],
        edges=[(("",), "An empty text should work as well.")],
        more=[(word,) for word in words],
    )


def _greeting(random: Random) -> Task:
    name, word, mark = random.choice(_GREETINGS)
    times = random.choice([1, 2, 3])
    joint = random.choice([" ", " - ", ", "])
    told, code, value = random.choice(
        [
            ("the word, a space, the name and the mark", 'word + " " + name + mark * times', 0),
            (
                "the name, then `{joint}`, then the word and the mark",
                'name + "{joint}" + word + mark * times',
                1,
            ),
            (
                "the word in capitals, a space, the name and the mark",
                'word.upper() + " " + name + mark * times',
                2,
            ),
        ]
    )

    def answer(who: str, said: str = word, sign: str = mark, count: int = times) -> str:
        end = "".join(sign for _ in range(count))
        return (f"{said} {who}{end}", f"{who}{joint}{said}{end}", f"{said.upper()} {who}{end}")[value]

    defaults = f'word="{word}", mark="{mark}", times={times}'
    return Task(
        title=f"Greetings for a {name}",
        story=f"""
        Complete `greeting`. It gets a name, and returns {told.format(joint=joint)}; the mark comes `times`
        times. Only the name has to be given: the first line, which is there already, has **default values**
        for the word, the mark and how often the mark comes. Who wants something else says so in the call.

        *A default value stands in the first line only. Below it, use the names `word`, `mark` and `times`.*
        """,
        function="greeting",
        parameters=f"name, {defaults}",
        doc="Return a greeting.",
        body=f"return {code.format(joint=joint)}",
        answer=answer,
        shown=[("Ada",), ("Ben", "Bye"), ("Cleo", word, "?", 2)],
        edges=[
            (("Dan", word, mark, 0), "The mark may come 0 times."),
            (("", "Ahoy"), "An empty name should work as well."),
            (("Mia Lou", "Good night", "*", 4), "Use the values that are given."),
        ],
        more=[("Eve", "Hey", "!"), ("Finn", "See you", "~"), ("Gus",), ("Hana", "Thanks", ".", 5)],
    )


def _any_number(random: Random) -> Task:
    name, what, unit = random.choice(_SERIES)
    limit, k = random.randint(20, 60), random.randint(2, 9)
    told, body, answer = random.choice(
        [
            (
                f"how far the largest is above the smallest, plus {k}, or 0 if none is given",
                f"if not {name}:\n    return 0\nreturn max({name}) - min({name}) + {k}",
                lambda *ns: sorted(ns)[-1] - sorted(ns)[0] + k if ns else 0,
            ),
            (
                f"the sum of those above {limit}, with {k} taken away from each of them",
                f"result = 0\nfor each in {name}:\n    if each > {limit}:\n        result += each - "
                f"{k}\nreturn result",
                lambda *ns: sum(n - k for n in ns if not n <= limit),
            ),
            (
                f"how many are better than the one before, where better means at least {k} {unit} more",
                f"result = 0\nfor place in range(1, len({name})):\n"
                f"    if {name}[place] >= {name}[place - 1] + {k}:\n        result += 1\nreturn result",
                lambda *ns: sum(1 for a, b in pairwise(ns) if b - a > k - 1),
            ),
            (
                f"a list of those that are at least {limit}, in the order in which they were given, but "
                f"never more than {k} of them",
                f"result = []\nfor each in {name}:\n    if each >= {limit} and len(result) < {k}:\n"
                "        result.append(each)\nreturn result",
                lambda *ns: [n for n in ns if n > limit - 1][:k],
            ),
        ]
    )
    rows = [tuple(random.randint(1, 2 * limit) for _ in range(random.randint(2, 7))) for _ in range(7)]
    return Task(
        title=f"As many {name} as you like",
        story=f"""
        Here it is about {what}, in {unit}. Complete `result_of`, which is called with as many numbers as
        there happen to be: `result_of(3)`, `result_of(3, 8, 5)`, or even `result_of()`. It returns {told}.

        *The star in the first line collects all values of the call. Inside of the function, `{name}` is one
        thing that you can go through with `for`, like a list.*
        """,
        function="result_of",
        parameters=f"*{name}",
        doc="Return what is asked for of all the numbers.",
        body=body,
        answer=answer,
        shown=[(limit + 5, 3, limit + 20), (4,)],
        edges=[
            ((), "A call without any number should work as well."),
            ((limit, limit + 1, limit - 1), "Look closely at the limit itself."),
            (
                (10, 10 + k, 10 + 2 * k - 1, 10 + 3 * k),
                "Look closely at numbers that are close to each other.",
            ),
            ((limit + 1,) * (k + 2), "All may be the same."),
            ((limit + 9, limit + 4, limit), "They may become smaller."),
            ((1, k + 1, 5 * k), "Look closely at the first number."),
        ],
        more=rows,
    )


def _several(random: Random) -> Task:
    name, what, unit = random.choice(_SERIES)
    k, limit = random.randint(2, 9), random.randint(15, 40)
    first, one, ones = random.choice(
        [
            (
                f"the sum of all that are above {limit}",
                f"sum(each for each in {name} if each > {limit})",
                lambda ns: sum(n for n in ns if not n <= limit),
            ),
            (
                f"the first in the list plus {k}",
                f"{name}[0] + {k}",
                lambda ns: k + next(iter(ns)),
            ),
            (
                f"how many in the list are below {limit}",
                f"len([each for each in {name} if each < {limit}])",
                lambda ns: sum(1 for n in ns if n <= limit - 1),
            ),
        ]
    )
    second, other, others = random.choice(
        [
            ("the largest", f"max({name})", lambda ns: sorted(ns)[-1]),
            (f"the smallest, {k} times", f"min({name}) * {k}", lambda ns: sum([sorted(ns)[0]] * k)),
            (f"the last in the list less {k}", f"{name}[-1] - {k}", lambda ns: -k + ns[len(ns) - 1]),
        ]
    )
    usual = random.randint(1, 9)
    rows = [[random.randint(1, 2 * limit) for _ in range(random.randint(2, 6))] for _ in range(8)]
    return Task(
        title=f"Two results of the {name}",
        story=f"""
        A function can give back two things at once. A list holds {what}, in {unit}. Complete `both`. It
        gets the list, and returns two numbers, with a comma between them: {first}, and {second}. When the
        list is empty, both numbers are {usual}.

        *`return 3, 8` gives both back. They come as a pair in round brackets, and who calls the function
        can take them apart again: `one, other = both(numbers)`.*
        """,
        function="both",
        parameters=name,
        doc="Return two numbers.",
        body=f"""
        if not {name}:
            return {usual}, {usual}
        one = {one}
        other = {other}
        return one, other
        """,
        answer=lambda ns: (ones(ns), others(ns)) if ns else (usual, usual),
        shown=[([limit + 2, 5, limit + 8],), ([3, limit + 1],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([7],), "A list of one number should work as well."),
            (([limit, limit + 1, limit - 1],), "Look closely at the limit itself."),
            (([9, 9, 9],), "All may be the same."),
        ],
        more=[(row,) for row in rows],
    )


def _joined(random: Random) -> Task:
    (one, rule, first), (other, law, second) = random.sample(_CHANGES, 2)
    functions: dict[str, Callable[[int], int]] = {one: first, other: second}
    limit, k = random.randint(20, 60), random.randint(2, 5)

    def repeated(function: Callable[[int], int], times: int, number: int) -> int:
        for _ in range(times):
            number = function(number)
        return number

    kinds: list[tuple[str, str, str, Callable[..., Any], Callable[..., str]]] = [
        (
            "second, first",
            "gets two functions, and returns a **new** one: it gives its number to `first`, and what "
            "comes out to "
            f"`second`; but a result above {limit} becomes {limit}",
            f"def change(number):\n    return min({limit}, second(first(number)))\nreturn change",
            lambda a, b, n: sorted([limit, functions[a](functions[b](n))])[0],
            lambda a, b, n: f"joined({a}, {b})({n})",
        ),
        (
            "function, times",
            "gets a function and how many `times` it is used. It returns a **new** function, which uses "
            "it so often, "
            f"one time after the other, but stops early as soon as the number is above {limit}",
            "def change(number):\n    for turn in range(times):\n"
            f"        if number <= {limit}:\n            number = function(number)\n    return "
            "number\nreturn change",
            lambda a, times, n: repeated(lambda m: m if m > limit else functions[a](m), times, n),
            lambda a, times, n: f"joined({a}, {times})({n})",
        ),
        (
            "first, second",
            "gets two functions, and returns a **new** one, which gives its number to both and returns "
            "the sum of what "
            f"comes out; only for numbers below {k} it returns {limit}",
            f"def change(number):\n    if number < {k}:\n        return {limit}\n"
            "    return first(number) + second(number)\nreturn change",
            lambda a, b, n: limit if n <= k - 1 else sum(functions[each](n) for each in (a, b)),
            lambda a, b, n: f"joined({a}, {b})({n})",
        ),
    ]
    kind = random.randrange(3)
    parameters, told, body, answer, call = kinds[kind]
    numbers = random.sample(range(k, 40), 6)
    near = [k - 1, k, k + 1, limit - 10, limit, limit + 1, limit + 3]
    pairs: list[tuple[str, Any]] = (
        [(one, 2), (other, 3), (one, 1), (other, 0)]
        if kind == 1
        else [(one, other), (other, one), (one, one)]
    )
    every = [(*pairs[at % len(pairs)], number) for at, number in enumerate(numbers)]
    border = [((*pair, number), "Look closely at the limits.") for pair in pairs for number in near]
    return Task(
        title=f"Functions of `{one}` and `{other}`",
        story=f"""
        The functions `{one}` and `{other}` are there already. Complete `joined`. It {told}.

        *Write a `def` inside of `joined`, and return its name without brackets. A function that was handed
        in is called like any other.*
        """,
        before=f'''
def {one}(number):
    """Return the number, {one}."""
    return {rule}


def {other}(number):
    """Return the number, {other}."""
    return {law}
''',
        function="joined",
        parameters=parameters,
        doc="Return a new function.",
        body=body,
        answer=answer,
        call=call,
        shown=[(*pairs[0], 5), (*pairs[1], 7)],
        edges=[*border, ((*pairs[0], 0), "0 should work as well.")],
        more=every,
    )


CALLS = Family("call", "functions", by_level(_frame, _greeting, _any_number, _several, _joined))
