"""Loops over texts and steps: letters, savings, the first that fits, a robot on its way, and patterns."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.patterns import pattern

_RULES = (
    ("a game with words", "score"),
    ("a price for a sign, which is paid by the letter", "price"),
    ("a secret number for every word", "secret"),
    ("the weight of a name on a cake", "weight"),
    ("how long it takes to carve a word", "minutes"),
    ("how many beads a word on a bracelet needs", "beads"),
)
_SAVINGS = (
    ("a money box", "euros", "week", "saved"),
    ("a pond", "frogs", "year", "pond"),
    ("a library", "books", "month", "library"),
    ("a bakery", "guests", "day", "bakery"),
    ("a forest", "trees", "year", "forest"),
    ("a channel", "followers", "week", "channel"),
)
_SEARCHES = (
    ("a lucky house number", "house"),
    ("a locker that is free", "locker"),
    ("a good seat", "seat"),
    ("a winning ticket", "ticket"),
    ("the next parade year", "year"),
    ("a magic page", "page"),
)
_ROBOTS = (
    ("robot", "A robot"),
    ("turtle", "A turtle"),
    ("ship", "A ship"),
    ("rover", "A rover on Mars"),
    ("bee", "A bee"),
    ("submarine", "A submarine"),
)


def _letters(random: Random) -> Task:
    what, name = random.choice(_RULES)
    special = random.choice(["aeiou", "xyz", "sch", "lnr", "aou"])
    many, few = random.sample(range(1, 10), 2)
    start = random.randint(0, 9)
    listed = ", ".join(f"`{each}`" for each in special[:-1]) + f" or `{special[-1]}`"
    begin = f"it begins at {start}, and " if start else ""
    words = random.sample(
        ["lemonade", "oxygen", "school", "rain", "pizza", "arrow", "sunlight", "yellow", "chess"], 7
    )
    return Task(
        title=f"Letter by letter: {name}",
        story=random.choice(
            [
                f"""
        This is about {what}: {begin}every letter that is {listed} adds {many}, and every other sign adds
        {few}. Complete `{name}`. It gets a text in small letters, and returns the number for the whole
        text.

        *`for letter in text:` takes one letter after the other, and `letter in "xyz"` is true for three of
        them.*
        """,
                f"""
        Complete `{name}`, for {what}. Go through the text letter by letter: {begin}for {listed} {many} is
        added, and {few} for anything else, spaces too. Return the number at the end.
        """,
            ]
        ),
        function=name,
        parameters="text",
        doc="Return the number of the whole text.",
        body=f"""
        result = {start}
        for letter in text:
            if letter in "{special}":
                result += {many}
            else:
                result += {few}
        return result
        """,
        answer=lambda text: (
            start
            + sum(many * text.count(each) for each in special)
            + few * len([each for each in text if each not in special])
        ),
        shown=[(words[0],), ("a b",)],
        edges=[
            (("",), "An empty text should work as well."),
            ((special,), f"Look closely at {listed}."),
            ((special[0] * 3,), "The same letter may come several times."),
        ],
        more=[(word,) for word in words[1:]],
    )


def _until(random: Random) -> Task:
    what, unit, time, name = random.choice(_SAVINGS)
    plus, most = random.randint(5, 30), random.randint(4, 6)
    rule, code, grown = random.choice(
        [
            (
                f"doubles its {unit}, and then gets {plus} more",
                f"{unit} * 2 + {plus}",
                lambda n: n + n + plus,
            ),
            (f"gets {plus} more", f"{unit} + {plus}", lambda n: plus + n),
            (
                f"gets a third of its {unit} again (what is left over is dropped), and {plus} more",
                f"{unit} + {unit} // 3 + {plus}",
                lambda n: plus + n + int((n - n % 3) / 3),
            ),
        ]
    )
    goal = 0
    for _ in range(most):
        goal = grown(goal)
    # Who begins with nothing does not get there in time.
    goal += random.randint(2, plus - 1)
    last = next(number for number in range(goal) if grown(number) >= goal)
    told, back, value = random.choice(
        [
            (f"how many {time}s that takes", f"{time}s", 0),
            (f"how many {unit} there are then", unit, 1),
        ]
    )

    def answer(number: int) -> int:
        for times in range(most + 1):
            if number > goal - 1 or times == most:
                break
            number = grown(number)
        return (times, number)[value]

    return Task(
        title=f"Until there are enough {unit}",
        story=f"""
        In the beginning {what} has some {unit}. Every {time} it {rule}. That goes on until there are {goal}
        {unit} or more, but not longer than {most} {time}s. Complete `{name}`. It gets how many {unit} there
        are in the beginning, and returns {told}. If there are enough from the beginning, no {time} goes by.

        *A `while` loop may have two conditions: `while this and that:`.*
        """,
        function=name,
        parameters=unit,
        doc="Return what is asked for at the end.",
        body=f"""
        {time}s = 0
        while {unit} < {goal} and {time}s < {most}:
            {unit} = {code}
            {time}s += 1
        return {back}
        """,
        answer=answer,
        shown=[(plus * 2,), (goal,)],
        edges=[
            ((goal - 1,), "Look closely at when there are enough."),
            ((goal + 1,), "Look closely at when there are enough."),
            ((last,), "Look closely at when there are enough."),
            ((last - 1,), "Look closely at when there are enough."),
            ((last - 2,), "Look closely at when there are enough."),
            ((0,), "It may not be enough in all that time."),
            ((1,), "It may not be enough in all that time."),
        ],
        more=[(number,) for number in random.sample(range(2, goal), 10)],
    )


def _first(random: Random) -> Task:
    what, thing = random.choice(_SEARCHES)
    by, rest = random.choice([(7, 3), (9, 4), (11, 6), (7, 5), (9, 2), (11, 8)])
    digit = random.randint(1, 9)
    divisor, not_by = random.choice([7, 11, 13]), random.randint(3, 6)
    rule, code, fits = random.choice(
        [
            (
                f"its remainder is {rest} when it is divided by {by}, and it does not end with the digit "
                f"{digit}",
                f"{thing} % {by} == {rest} and {thing} % 10 != {digit}",
                lambda n: (n - rest) // by * by == n - rest and str(n)[-1] != str(digit),
            ),
            (
                f"{divisor} divides it without a remainder, or it ends with the digits {digit}{rest}",
                f"{thing} % {divisor} == 0 or {thing} % 100 == {digit * 10 + rest}",
                lambda n: n // divisor * divisor == n or str(n)[-2:] == f"{digit}{rest}",
            ),
            (
                f"{divisor} divides it without a remainder, and {not_by} does not",
                f"{thing} % {divisor} == 0 and {thing} % {not_by} != 0",
                lambda n: n // divisor * divisor == n and n // not_by * not_by != n,
            ),
        ]
    )
    told, back, end, value = random.choice(
        [
            ("the number of that one, or 0 if none of them fits", thing, "0", lambda n, first: n),
            (
                "how many were looked at before, or -1 if none of them fits",
                f"{thing} - first",
                "-1",
                lambda n, first: n - first,
            ),
        ]
    )

    def answer(first: int, last: int) -> int:
        found = [n for n in range(first, last + 1) if fits(n)]
        return value(found[0], first) if found else int(end)

    good = [n for n in range(20, 400) if fits(n)]
    poor = [n for n in range(20, 400) if not fits(n) and not fits(n + 1)]
    ending = [n for n in range(20, 230) if n % 100 == digit * 10 + rest]
    partly = [
        n for n in range(20, 400) if (n % by == rest and n % 10 == digit) or n % (divisor * not_by) == 0
    ]
    near = [*good[3:7], *poor[1:4], *partly[:4], *ending, *(n + 1 for n in ending), *(n - 1 for n in ending)]
    return Task(
        title=f"Looking for {what}",
        story=f"""
        Every {thing} has a number. Somebody looks for {what}, one {thing} after the other, from the number
        `first` to the number `last`, both included, and stops at the first one that fits. A number fits
        when {rule}. Complete `looked_for`, so that it returns {told}.

        *A `return` inside of a loop ends the loop at once.*
        """,
        function="looked_for",
        parameters="first, last",
        doc=f"Return what is asked for of the first {thing} that fits.",
        body=f"""
        for {thing} in range(first, last + 1):
            if {code}:
                return {back}
        return {end}
        """,
        answer=answer,
        shown=[(good[0] - 3, good[0] + 30), (poor[0], poor[0] + 1)],
        edges=[
            ((good[2], good[2]), "It may be a single number."),
            ((good[1] + 1, good[2]), "The last number belongs to them."),
            ((good[1] + 1, good[2] - 1), "None of them may fit."),
            ((9, 8), "There may be no number at all."),
            *(((n, n), "Look closely at what fits, and what does not.") for n in near),
        ],
        more=[(n, n + random.randint(5, 90)) for n in random.sample(range(20, 900), 9)],
    )


def _steps(random: Random) -> Task:
    name, what = random.choice(_ROBOTS)
    right, left, up = random.choice([("R", "L", "J"), (">", "<", "^"), ("e", "w", "x"), ("+", "-", "*")])
    size, far = random.randint(6, 15), random.randint(2, 4)
    start = random.randint(1, size - 2)
    border, line, held = random.choice(
        [
            (
                f"It never gets below 0, nor above {size}: what would go further ends there.",
                f"place = max(0, min({size}, place))",
                lambda n: sorted([0, n, size])[1],
            ),
            (
                f"The line is a ring: behind {size} comes 0 again, and before 0 comes {size}.",
                f"place = place % {size + 1}",
                lambda n: n - n // (size + 1) * (size + 1),
            ),
        ]
    )
    told, back, value = random.choice(
        [
            ("its place at the end", "place", lambda places, bad: places[-1]),
            ("the largest place at which it was", "largest", lambda places, bad: max(places)),
            (
                "a list of its place at the end and of how many signs were none of the three",
                "[place, unknown]",
                lambda places, bad: [places[-1], bad],
            ),
        ]
    )

    def answer(signs: str) -> Any:
        places, moves = [start], {right: 1, left: -1, up: far}
        for each in signs:
            places.append(held(places[-1] + moves.get(each, 0)))
        return value(places, sum(each not in moves for each in signs))

    lines = [f"place = {start}"]
    lines += [f"largest = {start}"] if back == "largest" else ["unknown = 0"] if back != "place" else []
    lines += [
        "for sign in signs:",
        f'    if sign == "{right}":',
        "        place += 1",
        f'    elif sign == "{left}":',
        "        place -= 1",
        f'    elif sign == "{up}":',
        f"        place += {far}",
        *(["    else:", "        unknown += 1"] if back == "[place, unknown]" else []),
        f"    {line}",
        *(["    largest = max(largest, place)"] if back == "largest" else []),
        f"return {back}",
    ]

    def signs(count: int) -> str:
        return "".join(random.choices([right, left, up, "?"], [4, 4, 3, 1], k=count))

    every = [
        ((sign * count,), "Look closely at both ends of the line.")
        for sign in (right, left, up)
        for count in (1, start, start + 1, size - start, size - start + 1)
    ]
    return Task(
        title=f"{what} on its way",
        story=f"""
        {what} moves along a line with the places 0 to {size}. It begins at {start}, and is told its way by
        a text: `{right}` means one place up, `{left}` one down, and `{up}` a jump of {far} places up; every
        other sign means nothing. {border} Complete `{name}`. It gets the text, and returns {told}.
        """,
        function=name,
        parameters="signs",
        doc=f"Return what is asked for of the way of the {name}.",
        body="\n".join(lines),
        answer=answer,
        shown=[(right + right + up + left,), (left + "?" + right,)],
        edges=[
            (("",), "An empty text should work as well."),
            *every,
            ((" A~z 0!",), "Other signs mean nothing."),
            ((up * 2 + left * 3,), "It may go back."),
        ],
        more=[(signs(count),) for count in (3, 4, 5, 6, 8, 10, 12, 20)],
    )


WALKS = Family("walk", "control_flow", by_level(_letters, _until, _first, _steps, pattern))
