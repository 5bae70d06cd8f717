"""Games: who wins, what a card is worth, a table of results, coins to give back, and throws of dice."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_DUELS = (
    ("two archers", "arrows", "Robin", "Marian"),
    ("two bakers", "cakes", "Paul", "Mary"),
    ("two ships", "knots", "Swan", "Gull"),
    ("two gardeners", "pumpkins", "Rosa", "Heath"),
    ("two climbers", "metres", "Ida", "Tenzin"),
    ("two chess clubs", "points", "Castle", "Bishop"),
)
_CARDS = (
    ("a card game", "card"),
    ("a game with tiles", "tile"),
    ("a treasure hunt", "find"),
    ("a quiz", "question"),
    ("a race with obstacles", "jump"),
)
_LEAGUES = ("a football league", "a chess tournament", "a handball cup", "a quiz evening", "a sack race")
_TILLS = ("a kiosk", "a vending machine", "a toll bridge", "a car park", "a photo booth")


def _duel(random: Random) -> Task:
    who, things, one, other = random.choice(_DUELS)
    close, bonus = random.randint(1, 6), random.randint(1, 9)
    draw = random.choice(["draw", "nobody", "both", "again"])
    rule = (
        f" {one} begins with {bonus} {things} more, which are added first." if random.random() < 0.5 else ""
    )
    begin = f"first = first + {bonus}\n" if rule else ""
    add = bonus if rule else 0

    def answer(first: int, second: int) -> str:
        apart = first + add - second
        return draw if abs(apart) < close + 1 else (other, one)[apart > 0]

    return Task(
        title=f"Who wins? {one} and {other}",
        story=f"""
        In a contest of {who} the larger number of {things} wins, but only if it is **more than {close}**
        larger than the other; otherwise the result is `"{draw}"`.{rule} Complete `winner`. It gets the
        number of {one}, then that of {other}, and returns `"{one}"`, `"{other}"` or `"{draw}"`.
        """,
        function="winner",
        parameters="first, second",
        doc="Return who wins.",
        body=f"""{begin}if first > second + {close}:
    return "{one}"
if second > first + {close}:
    return "{other}"
return "{draw}"
""",
        answer=answer,
        shown=[(30, 8), (8, 40), (20, 20 + add)],
        edges=[
            ((20, 20 + add + close), "Look closely at how much larger it has to be."),
            ((20, 21 + add + close), "Look closely at how much larger it has to be."),
            ((20 + close, 20 + add), "Look closely at how much larger it has to be."),
            ((21 + close, 20 + add), "Look closely at how much larger it has to be."),
            ((0, 0), "0 should work as well."),
        ],
        more=[(random.randint(0, 40), random.randint(0, 40)) for _ in range(6)],
    )


def _worth(random: Random) -> Task:
    game, card = random.choice(_CARDS)
    small, middle, large = random.sample(range(1, 15), 3)
    by, extra = random.choice([3, 4, 5, 7]), random.randint(2, 9)
    # The limits show only in numbers that are not divided.
    low = random.choice([number for number in range(5, 21) if number % by and (number - 1) % by])
    high = random.choice([number for number in range(low + 8, low + 21) if number % by and (number + 1) % by])
    kind = random.choice(["both", "instead"])
    told = (
        f"A number that {by} divides without a remainder gets {extra} more, whatever it is"
        if kind == "both"
        else f"Only a number that {by} divides without a remainder is worth {extra + 20}, whatever it is"
    )
    values = (small, middle, large)

    def answer(number: int) -> int:
        plain = values[(number >= low) + (number > high)]
        if number // by * by != number:
            return plain
        return plain + extra if kind == "both" else extra + 20

    body = (
        f"if number < {low}:\n    worth = {small}\nelif number <= {high}:\n    worth = {middle}\n"
        f"else:\n    worth = {large}\n"
    )
    end = f"    return worth + {extra}\n" if kind == "both" else f"    return {extra + 20}\n"
    return Task(
        title=f"What is a {card} worth?",
        story=f"""
        In {game} every {card} has a number. Below {low} it is worth {small}, from {low} to {high} (both
        included) {middle}, and above that {large}. {told}. Complete `worth_of`. It gets the number and
        returns what it is worth.

        *`if`, `elif` and `else` choose one of several ways. A second `if` after them asks again.*
        """,
        function="worth_of",
        parameters="number",
        doc=f"Return what the {card} with this number is worth.",
        body=f"{body}if number % {by} == 0:\n{end}return worth",
        answer=answer,
        shown=[(low - 2,), (by * (high // by + 1),)],
        edges=[
            *(((number,), "Look closely at the limits.") for number in (low - 1, low, high, high + 1)),
            *(((high + at,), "Look closely at which numbers are divided.") for at in range(2, 9)),
            ((low + 1,), "Look closely at what is between the limits."),
            ((1,), "1 should work as well."),
        ],
        more=[(random.randint(1, high + 20),) for _ in range(6)],
    )


def _league(random: Random) -> Task:
    where = random.choice(_LEAGUES)
    win, draw = random.randint(2, 5), 1
    bonus, after = random.randint(2, 9), random.randint(2, 3)
    rule, lines, on_top = random.choice(
        [
            (
                f"Whoever has won more than {after} times gets {bonus} points more, once, at the end",
                ("", f"if wins > {after}:\n    points += {bonus}\n"),
                lambda s: bonus if s.count("W") >= after + 1 else 0,
            ),
            (
                f"Every defeat (`L`) takes {bonus} points off, which may lead below 0",
                (f"    else:\n        points -= {bonus}\n", ""),
                lambda s: -sum(bonus for each in s if each == "L"),
            ),
            (
                f"After more than {after} defeats (`L`) nothing counts any more, and the result is -{bonus}",
                ("    else:\n        losses += 1\n", f"if losses > {after}:\n    return -{bonus}\n"),
                None,
            ),
        ]
    )
    middle, end = lines

    def answer(results: str) -> int:
        plain = sum({"W": win, "D": draw}.get(each, 0) for each in results)
        if on_top is None:
            return -bonus if results.count("L") >= after + 1 else plain
        return plain + on_top(results)

    counted = "wins" if "wins" in end else "losses" if "losses" in middle else ""
    body = (
        "points = 0\n"
        + (f"{counted} = 0\n" if counted else "")
        + 'for result in results:\n    if result == "W":\n'
        + f"        points += {win}\n"
        + ("        wins += 1\n" if counted == "wins" else "")
        + f'    elif result == "D":\n        points += {draw}\n{middle}{end}return points'
    )
    return Task(
        title=f"The points of a team in {where}",
        story=f"""
        In {where}, a team's results are a text with a letter for each game: `W` for a win, `D` for a draw,
        `L` for a defeat. A win gives {win} points, a draw {draw}, a defeat none. {rule}. Complete
        `points_of`. It gets the text, and returns the points.
        """,
        function="points_of",
        parameters="results",
        doc="Return the points for these results.",
        body=body,
        answer=answer,
        shown=[("WDL",), ("WWDW",)],
        edges=[
            (("",), "Without any game it should work as well."),
            (("W" * after,), "Look closely at how many it takes."),
            (("W" * (after + 1),), "Look closely at how many it takes."),
            (("W" + "L" * after,), "Look closely at defeats."),
            (("W" + "L" * (after + 1),), "Look closely at defeats."),
            (("DDD",), "There may be draws only."),
        ],
        more=[("".join(random.choices("WDL", k=random.randint(2, 9))),) for _ in range(8)],
    )


def _coins(random: Random) -> Task:
    where = random.choice(_TILLS)
    large, middle = random.choice([(10, 4), (12, 5), (20, 6), (15, 4), (9, 4)])
    # With a limit in each loop hardly a slip in one of them never ends, which would take the gate its time.
    most, few = random.randint(3, 6), random.randint(3, 5)
    told, back, value = random.choice(
        [
            ("how many coins come out altogether", "big + small", 0),
            ("how many cents are not given back in the end", "cents", 1),
            (
                "a list of two numbers: how many coins come out, and how many cents are not given back",
                "[big + small, cents]",
                2,
            ),
        ]
    )

    def answer(cents: int) -> object:
        many = min(cents // large, most)
        rest = cents - many * large
        others = min(rest // middle, few)
        left = rest - others * middle
        return (many + others, left, [many + others, left])[value]

    return Task(
        title=f"Giving change at {where}",
        story=f"""
        The change of {where} is given back in coins of {large} and of {middle} cents. As long as at least
        {large} cents are left, a large coin comes out, but never more than {most} of them. After that small
        coins come out, as long as at least {middle} cents are left, but never more than {few} of them. What
        is still left then is not given back. Complete `change`. It gets the `cents`, and returns {told}.

        *Two `while` loops, one after the other. A condition may have an `and` in it.*
        """,
        function="change",
        parameters="cents",
        doc="Return what is asked for of the coins.",
        body=f"""
        big = 0
        while cents >= {large} and big < {most}:
            cents -= {large}
            big += 1
        small = 0
        while cents >= {middle} and small < {few}:
            cents -= {middle}
            small += 1
        return {back}
        """,
        answer=answer,
        shown=[(large + middle + 1,), (3,)],
        edges=[
            ((0,), "Nothing to give back should work as well."),
            ((large,), "Look closely at where the large coins end."),
            ((large - 1,), "Look closely at where the large coins end."),
            ((middle,), "Look closely at where the small coins end."),
            ((middle - 1,), "Look closely at where the small coins end."),
            ((large * most,), "Look closely at how many large coins there are."),
            ((large * (most + 1),), "Look closely at how many large coins there are."),
            ((large * most + middle * few,), "Look closely at how many small coins there are."),
            ((large * most + middle * (few + 1),), "Look closely at how many small coins there are."),
            ((large * (most + 2) + 3,), "Look closely at how many large coins there are."),
        ],
        more=[(number,) for number in random.sample(range(5, large * (most + 3)), 9)],
    )


def _dice(random: Random) -> Task:
    sides = random.choice([6, 8, 10])
    by, low = random.choice([3, 4, 5]), random.randint(4, 9)
    rule, code, fits = random.choice(
        [
            (
                f"{by} divides their sum, and they are different",
                f"(first + second) % {by} == 0 and first != second",
                lambda a, b: (a + b) // by * by == a + b and abs(a - b) > 0,
            ),
            (
                f"the first is larger than the second, and their sum is more than {low}",
                f"first > second and first + second > {low}",
                lambda a, b: b < a and not a + b <= low,
            ),
            (
                f"their product (one times the other) is at most {low + 4}, or they are the same",
                f"first * second <= {low + 4} or first == second",
                lambda a, b: a - b == 0 or not sum([a] * b) > low + 4,
            ),
        ]
    )
    told, gain, value = random.choice(
        [
            ("how many such throws there are", "1", lambda a, b: 1),
            ("the sum of the first numbers of all such throws", "first", lambda a, b: a),
            ("the sum of both numbers of all such throws", "first + second", lambda a, b: sum((a, b))),
        ]
    )

    def answer(one: int, other: int) -> int:
        return sum(value(a, b) for b in range(1, other + 1) for a in range(1, one + 1) if fits(a, b))

    return Task(
        title="Throws of two dice",
        story=f"""
        Two dice are thrown. The first shows a number from 1 to `one`, the second from 1 to `other`: a usual
        pair has {sides} and {sides} sides, but dice may have more or fewer. A throw is lucky when {rule}.
        Complete `lucky`. It gets the number of sides of both dice, and returns {told}. The same two numbers
        the other way round are another throw.

        *For every number of the first die, go through all numbers of the second: one loop in another.*
        """,
        function="lucky",
        parameters="one, other",
        doc="Return what is asked for of all lucky throws.",
        body=f"""
        result = 0
        for first in range(1, one + 1):
            for second in range(1, other + 1):
                if {code}:
                    result += {gain}
        return result
        """,
        answer=answer,
        shown=[(3, 4), (sides, sides)],
        edges=[
            ((0, 5), "Without any side there is no throw."),
            ((1, 1), "Dice of one side should work as well."),
            ((1, low + 4), "The first may have one side only."),
            ((low + 4, 1), "The second may have one side only."),
            ((1, low + 5), "The first may have one side only."),
        ],
        more=[(random.randint(2, 12), random.randint(2, 12)) for _ in range(7)],
    )


GAMES = Family("game", "control_flow", by_level(_duel, _worth, _league, _coins, _dice))
