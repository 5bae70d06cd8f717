"""Conditions and loops: signs by a limit, numbers that fit a rule, and rounds until something ends."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from learnflow_ext.exercises.families.making import Family, Task

Rule = tuple[str, str, Callable[[int], bool]]
"""In words ("are …"), as a condition on `number`, and as a function."""

_SIGNS = (
    ("the temperature of a room", "degrees", ("cold", "warm", "hot")),
    ("how fast a bicycle goes", "speed", ("slow", "brisk", "fast")),
    ("how many people wait at a door", "people", ("quiet", "busy", "crowded")),
    ("how many pages a book has", "pages", ("booklet", "book", "brick")),
    ("the points of a game", "points", ("bronze", "silver", "gold")),
    ("how many litres a tank holds", "litres", ("low", "enough", "full")),
    ("how long a song is in seconds", "seconds", ("short", "usual", "long")),
)


def _sign(random: Random, level: int) -> Task:
    what, name, (small, middle, large) = random.choice(_SIGNS)
    low = random.randint(8, 40)
    high = low + random.randint(9, 60)
    numbers = [(random.randint(0, high + 40),) for _ in range(6)]
    counted = name in ("people", "pages", "points", "seconds", "litres")
    amount = "the number" if counted else "a whole number"
    edges = [
        ((low,), "Look closely at the limits: does the limit itself belong to it?"),
        ((low - 1,), "Look closely at the limits: what is just below?"),
        ((low + 1,), "Look closely at the limits: what is just above?"),
    ]
    if level == 1:
        return Task(
            title=f"A sign for {name}",
            story=f"""
            A sign shows a word for {what}: `{large}` from {low} on, and `{small}` below that. Complete
            `sign`. It gets {amount} and returns the word.
            """,
            function="sign",
            parameters=name,
            doc="Return the word on the sign.",
            body=f'if {name} >= {low}:\n    return "{large}"\nreturn "{small}"',
            answer=lambda n: (small, large)[n >= low],
            shown=[(low + 5,), (low - 5,)],
            edges=edges,
            more=numbers,
        )
    odd = random.randint(low + 2, high - 2)
    return Task(
        title=f"Three words for {name}",
        story=f"""
        A sign shows a word for {what}: `{small}` up to {low}, `{large}` above {high}, and `{middle}` between
        them. Only at exactly {odd} it shows `lucky`. Complete `sign`. It gets {amount} and returns the
        word.
        """,
        function="sign",
        parameters=name,
        doc="Return the word on the sign.",
        body=f"""
        if {name} == {odd}:
            return "lucky"
        if {name} <= {low}:
            return "{small}"
        if {name} <= {high}:
            return "{middle}"
        return "{large}"
        """,
        answer=lambda n: "lucky" if n == odd else (small, middle, large)[(n > low) + (n > high)],
        shown=[(low - 3,), (high + 4,)],
        edges=[
            *edges,
            ((odd,), "One number is lucky."),
            ((high,), "Look closely at the upper limit."),
            ((high + 1,), "Look closely at the upper limit."),
            ((odd + 1,), "Only one number is lucky."),
            ((odd - 1,), "Only one number is lucky."),
        ],
        more=numbers,
    )


def _rules(random: Random) -> list[Rule]:
    k, d = random.randint(3, 7), random.randint(1, 8)
    found: list[Rule] = [
        (f"divisible by {k}", f"number % {k} == 0", lambda n: n // k * k == n),
        ("odd", "number % 2 == 1", lambda n: n & 1 == 1),
    ]
    found.append((f"written with a {d} at the end", f"number % 10 == {d}", lambda n: str(n)[-1] == str(d)))
    random.shuffle(found)
    return found


_JOINED: tuple[tuple[str, str, Callable[[bool, bool], bool]], ...] = (
    ("and at the same time", "{} and {}", lambda a, b: a and b),
    ("or", "{} or {}", lambda a, b: a or b),
    ("but not", "{} and not {}", lambda a, b: a and not b),
)


def _numbers(random: Random, level: int) -> Task:
    extra = random.randint(2, 9)
    whole = level >= 4
    while True:
        (first, one, is_one), (second, two, is_two), *_ = _rules(random)
        joint, code, both = random.choice(_JOINED)
        fitting = [n for n in range(2, 60) if both(is_one(n), is_two(n))]
        # Each of the two must make a difference, and more than once.
        parted = all(sum(rule(n) != (n in fitting) for n in range(2, 60)) > 3 for rule in (is_one, is_two))
        if (len(fitting) > 3 and parted) or not whole:
            break
    what, gain, value = random.choice(
        [
            ("how many of them there are", "1", lambda n: 1),
            ("their sum", "number", lambda n: n),
            (
                f"their sum, where each counts {extra} less than it is",
                f"number - {extra}",
                lambda n: n - extra,
            ),
            (f"{extra} points for each of them", str(extra), lambda n: extra),
        ][1 if whole else 0 :]
    )
    # That the first number counts, and the one before it does not, shows only if both fit the rule.
    best = [n for n in fitting[:8] if n - 1 in fitting] or fitting[:2]
    start = random.choice(best if whole else [n for n in range(2, 40) if is_one(n)][1:])
    rule = f"{first} {joint} {second}" if whole else first
    condition = code.format(one, two) if whole else one

    def answer(last: int) -> int:
        numbers = range(start, last + 1)
        return sum(value(n) for n in numbers if (both(is_one(n), is_two(n)) if whole else is_one(n)))

    return Task(
        title=f"Numbers that are {first}",
        story=f"""
        Look at the whole numbers from {start} to `last`, both included, that are {rule}. Complete
        `{"total" if whole else "found"}`, so that it returns {what}.
        """,
        function="total" if whole else "found",
        parameters="last",
        doc="Return what the numbers up to the last one make.",
        body=f"""
        result = 0
        for number in range({start}, last + 1):
            if {condition}:
                result += {gain}
        return result
        """,
        answer=answer,
        shown=[(start + 25,), (40,)],
        edges=[
            ((0,), "Where there is no number, it should be 0."),
            ((start,), "It may be a single number."),
        ],
        more=[(each,) for each in random.sample(range(2, 90), 14)],
    )


def _rounds(random: Random, level: int) -> Task:
    by, less, share = random.randint(2, 5), random.randint(2, 7), random.randint(2, 4)
    end = random.randint(1, 9)
    thing = random.choice(["stones", "coins", "cards", "beads", "matches", "nuts", "shells", "marbles"])
    told, count = random.choice(
        [("how many rounds it takes", "rounds"), ("how many are left then", "left"), ("both", "both")]
    )
    result = {"rounds": "rounds", "left": thing, "both": f"[rounds, {thing}]"}[count]
    more = "a list of two numbers: how many rounds it takes, and how many are left then"
    counting = count != "left"

    def answer(amount: int, turns: int = 0) -> object:
        if amount > end:
            rest = amount // share if amount % by == 0 else amount - less
            return answer(rest, turns + 1)
        return {"rounds": turns, "left": amount, "both": [turns, amount]}[count]

    lines = ["rounds = 0"] if counting else []
    lines += [
        f"while {thing} > {end}:",
        f"    if {thing} % {by} == 0:",
        f"        {thing} = {thing} // {share}",
        "    else:",
        f"        {thing} = {thing} - {less}",
        *(["    rounds += 1"] if counting else []),
        f"return {result}",
    ]
    return Task(
        title=f"A game with {thing}",
        story=f"""
        In a game with {thing} there are rounds, as long as more than {end} of them lie on the table. If
        their number is divisible by {by}, it is divided by {share} (what is left over goes away);
        otherwise {less} of them are taken away. Complete `game`. It gets how many {thing} there are, and
        returns {more if count == "both" else told}.
        """,
        function="game",
        parameters=thing,
        doc="Return what the game comes to.",
        body="\n".join(lines),
        answer=answer,
        shown=[(end + 10,), (60,)],
        edges=[
            ((end,), "Sometimes there is no round at all."),
            ((end + 1,), "Look closely at when it ends."),
            ((end + less,), "Look closely at when it ends."),
            ((end + less + 1,), "Look closely at when it ends."),
        ],
        more=[(each,) for each in random.sample(range(20, 400), 14)],
    )


def _rule(random: Random, level: int) -> Task:
    if level <= 2:
        return _sign(random, level)
    return _numbers(random, level) if level <= 4 else _rounds(random, level)


RULES = Family("rules", "control_flow", _rule)
