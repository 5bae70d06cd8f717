"""Libraries for chance: dice, lots, walks, chances and cards that come out the same with the same seed."""

from __future__ import annotations

import random as chance
from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_SEED = (
    "A seed is a number to begin with: `random.Random(seed)` makes a source of chance that gives the same "
    "numbers to everybody who begins with the same seed."
)
_NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo")


def _seeds(random: Random, count: int) -> list[int]:
    return random.sample(range(1000), count)


def _dice(random: Random) -> Task:
    name, what = random.choice(
        [
            ("throw", "a board game"),
            ("damage", "a game with dragons"),
            ("steps", "a race of snails"),
            ("score", "an evening of dice"),
            ("loot", "a pirate game"),
        ]
    )
    sides, other, k = random.choice([6, 8, 10, 12]), random.choice([4, 20]), random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"the sum of both throws, and {k} more", f"first + second + {k}", lambda a, b: k + a + b),
            (
                f"{k} times the first throw, plus the second",
                f"first * {k} + second",
                lambda a, b: sum([a] * k, b),
            ),
            (f"the larger throw times {k}", f"max(first, second) * {k}", lambda a, b: k * sorted([a, b])[1]),
            (
                f"the first throw times the second, plus {k}",
                f"first * second + {k}",
                lambda a, b: sum([a] * b) + k,
            ),
        ]
    )

    def answer(seed: int) -> object:
        source = chance.Random(seed)  # noqa: S311 - a game
        first = source.randrange(sides) + 1
        return value(first, source.randrange(other) + 1)

    one, two, *more = ((seed,) for seed in _seeds(random, 18))
    return Task(
        title=f"Two dice for {what}",
        story=f"""
        In {what}, a die with {sides} sides is thrown first, and then one with {other} sides. {_SEED} So a
        game can be played again. Complete `{name}`. It gets a seed, makes **one** source of it, throws both
        dice, in this order, and returns {told}.

        *`source.randint(1, {sides})` gives a whole number from 1 to {sides}, both included.*
        """,
        before="import random",
        function=name,
        parameters="seed",
        doc="Return what is asked for of both throws.",
        body=f"""
        source = random.Random(seed)
        first = source.randint(1, {sides})
        second = source.randint(1, {other})
        return {code}
        """,
        answer=answer,
        shown=[one, two],
        edges=[((0,), "0 is a seed as well."), ((-7,), "A seed may be below 0.")],
        more=more,
    )


def _lots(random: Random) -> Task:
    name, what, thing = random.choice(
        [
            ("kitchen_duty", "kitchen duty", "helpers"),
            ("raffle", "a raffle", "winners"),
            ("first_team", "a football match in the break", "players of the first team"),
            ("front_row", "a concert", "people in the front row"),
            ("jury", "a talent show", "members of the jury"),
        ]
    )
    count = random.randint(2, 4)
    part, told, code, value = random.choice(
        [
            (
                f"The first {count} of them",
                "a list of them, as shuffled",
                f"row[:{count}]",
                lambda row: [*row][:count],
            ),
            (
                f"The last {count} of them",
                "a list of them, as shuffled",
                f"row[-{count}:]",
                lambda row: row[max(0, len(row) - count) :],
            ),
            (
                f"The first {count} of them",
                "their names in the order of the alphabet, as a list",
                f"sorted(row[:{count}])",
                lambda row: sorted([*row][:count]),
            ),
        ]
    )

    def answer(names: list[str], seed: int) -> object:
        # As the library's documentation describes it: from the end, each changes places with one before.
        source, row = chance.Random(seed), list(names)  # noqa: S311 - a game
        for at in range(len(row) - 1, 0, -1):
            by = source.randrange(at + 1)
            row[at], row[by] = row[by], row[at]
        return value(row)

    def names(size: int) -> list[str]:
        return random.sample(_NAMES, size)

    return Task(
        title=f"Lots are drawn for {what}",
        story=f"""
        For {what} lots are drawn, and nobody should be able to say that somebody cheated, so everybody
        may draw again with the same seed. {_SEED} Complete `{name}`. It gets a list of names and a seed. It
        makes a **copy** of the list and shuffles the copy with one source. {part} are the {thing}: it returns
        {told}. If there are not so many names, it takes all there are. The list that it gets stays as it is.

        *`source.shuffle(row)` changes the order in the list itself, and returns nothing.*
        """,
        before="import random",
        function=name,
        parameters="names, seed",
        doc=f"Return the {thing}.",
        body=f"""
        source = random.Random(seed)
        row = list(names)
        source.shuffle(row)
        return {code}
        """,
        answer=answer,
        shown=[(names(5), seed) for seed in _seeds(random, 2)],
        edges=[
            (([], 3), "There may be no names."),
            ((["Ada"], 3), "There may be a single name."),
            ((names(count), 11), "There may be just so many names."),
            ((["Ada", "Ben", "Ada", "Cleo", "Ben"], 5), "A name may come twice."),
        ],
        more=[(names(size), seed) for size, seed in zip((6, 7, 8, 9, 9), _seeds(random, 5), strict=True)],
        keeps=True,
    )


def _stroll(random: Random) -> Task:
    name, what, unit = random.choice(
        [
            ("snail", "a snail on a wall", "centimetres"),
            ("balloon", "a balloon in the wind", "metres"),
            ("price", "the price of a stamp", "cents"),
            ("leaf", "a leaf on a lake", "metres"),
            ("robot", "a robot that has lost its map", "steps"),
        ]
    )
    up, down = random.randint(2, 5), random.randint(1, 4)
    moves = [up, -down, random.choice([0, 1, -1])]
    begin = random.randint(0, 30)
    told, start, line, end, value = random.choice(
        [
            ("where it is at the end", "", "", "place", lambda row: row[len(row) - 1]),
            (
                "the highest place where it has been, the beginning included",
                "highest = place\n",
                "\n    highest = max(highest, place)",
                "highest",
                lambda row: sorted(row)[-1],
            ),
            (
                "after how many of its moves it was below the beginning",
                "below = 0\n",
                f"\n    if place < {begin}:\n        below += 1",
                "below",
                lambda row: len([each for each in row if each <= begin - 1]),
            ),
            (
                "a list of all places where it has been, the beginning first",
                "places = [place]\n",
                "\n    places.append(place)",
                "places",
                lambda row: row,
            ),
        ]
    )

    def answer(steps: int, seed: int) -> object:
        source = chance.Random(seed)  # noqa: S311 - a game
        places = [begin]
        for _ in range(steps):
            places.append(places[-1] + moves[source.randrange(3)])
        return value(places)

    return Task(
        title=f"Left to chance: {what}",
        story=f"""
        Chance decides what becomes of {what}. It begins at {begin} {unit}, and each of its moves is one of
        `{moves!r}`, which chance chooses; a move is added to its place. {_SEED} Complete `{name}`. It gets a
        number of moves and a seed, makes **one** source before the first move, lets it choose one move after
        the other, and returns {told}.

        *`source.choice(row)` chooses one element of a list. A source that is made anew for each move would
        always choose the same.*
        """,
        before="import random",
        function=name,
        parameters="moves, seed",
        doc="Return what is asked for after so many moves.",
        body=f"source = random.Random(seed)\nplace = {begin}\n{start}for _ in range(moves):\n"
        f"    place += source.choice({moves!r}){line}\nreturn {end}",
        answer=answer,
        shown=[(size, seed) for size, seed in zip((3, 6), _seeds(random, 2), strict=True)],
        edges=[
            ((0, 4), "There may be no moves."),
            ((1, 4), "There may be one move."),
            ((60, 8), "It may go far."),
        ],
        more=[(size, seed) for size, seed in zip((2, 5, 9, 14, 20, 30), _seeds(random, 6), strict=True)],
    )


def _chances(random: Random) -> Task:
    name, what = random.choice(
        [
            ("castle", "whoever wants to take a castle"),
            ("goal", "whoever wants to leave the start"),
            ("treasure", "whoever wants to open a treasure"),
            ("bridge", "whoever wants to cross a bridge"),
            ("dragon", "whoever wants to tame a dragon"),
        ]
    )
    sides = random.choice([6, 8, 10])
    limit = random.randint(sides, sides + 4)
    rule, code, fits = random.choice(
        [
            (
                f"the sum of both is at least {limit}",
                f"first + second >= {limit}",
                lambda a, b: a + b > limit - 1,
            ),
            (
                f"at least one of both is above {sides - 2}",
                f"first > {sides - 2} or second > {sides - 2}",
                lambda a, b: sorted([a, b])[1] >= sides - 1,
            ),
            ("the second is larger than the first", "second > first", lambda a, b: b - a >= 1),
            (
                f"both are the same, or the sum of both is {sides + 1}",
                f"first == second or first + second == {sides + 1}",
                lambda a, b: a - b == 0 or sum((a, b)) - 1 == sides,
            ),
        ]
    )

    # No number of tries gives a half, which `won / times * 100` rounds another way now and then.
    def answer(tries: int, seed: int) -> list[int]:
        source = chance.Random(seed)  # noqa: S311 - a game
        rows = [(source.randrange(sides) + 1, source.randrange(sides) + 1) for _ in range(tries)]
        won = len([1 for a, b in rows if fits(a, b)])
        return [won, round(100 * won / tries)] if tries else [0, 0]

    return Task(
        title=f"How likely is it? {name.capitalize()}",
        story=f"""
        In a game, {what} throws two dice with {sides} sides each, and wins if {rule}. How likely is that? One
        may think it out, or simply try it many times. {_SEED} Complete `{name}`. It gets how many times it
        is tried and a seed, makes **one** source at the beginning, and throws the first and the second die
        each time. It returns a list of two: how often it was won, and how many percent of the times that is,
        rounded with `round`. If it is tried 0 times, both are 0.

        *`source.randint(1, {sides})` throws a die. 4 of 8 times are `100 * 4 / 8` percent.*
        """,
        before="import random",
        function=name,
        parameters="times, seed",
        doc="Return how often it was won, and how many percent that is.",
        body=f"""
        source = random.Random(seed)
        won = 0
        for _ in range(times):
            first = source.randint(1, {sides})
            second = source.randint(1, {sides})
            if {code}:
                won += 1
        if times == 0:
            return [0, 0]
        return [won, round(100 * won / times)]
        """,
        answer=answer,
        shown=[(size, seed) for size, seed in zip((20, 7), _seeds(random, 2), strict=True)],
        edges=[
            ((0, 5), "It may be tried 0 times."),
            ((1, 5), "It may be tried once."),
            ((1, 6), "It may be tried once."),
            ((401, 9), "It may be tried often."),
        ],
        more=[(size, seed) for size, seed in zip((3, 11, 13, 50, 90, 201), _seeds(random, 6), strict=True)],
    )


def _cards(random: Random) -> Task:
    name, what = random.choice(
        [
            ("round_of", "a card game of pirates"),
            ("evening", "a card game for long evenings"),
            ("deal", "a card game in a mountain hut"),
            ("match", "a card game on a train"),
        ]
    )
    suits = random.sample(["sun", "moon", "star", "leaf", "fish", "crown"], 3)
    top, stop = random.randint(5, 8), random.randint(14, 20)
    special, order = random.choice(suits), ", ".join(f"`{suit}`" for suit in suits)
    double, half = random.random() < 0.5, random.randint(1, 3)
    worth = "number * 2" if double else f"number + {half}"
    told = "counts twice" if double else f"counts {half} more"

    def answer(seed: int) -> list[object]:
        source = chance.Random(seed)  # noqa: S311 - a game
        cards = [(suit, number) for suit in suits for number in range(1, top + 1)]
        for at in range(len(cards) - 1, 0, -1):
            by = source.randrange(at + 1)
            cards[at], cards[by] = cards[by], cards[at]
        points, hand = 0, 0
        while points < stop:
            suit, number = cards[hand]
            points += (number * 2 if double else number + half) if suit == special else number
            hand += 1
        return [[f"{suit} {number}" for suit, number in cards[:hand]], points]

    return Task(
        title=f"Drawing cards: {what}",
        story=f"""
        In {what} there are {3 * top} cards: of each suit, in the order {order},
        the numbers from 1 to {top}, all of the first suit first. {_SEED} Complete `{name}`. It gets a seed,
        makes the list of all cards in this order, each a text such as `{suits[0]} 3`, and shuffles it with
        one source. Then cards are drawn from the **beginning** of the shuffled list, until there are at least
        {stop} points. A card counts as many points as its number says, but a `{special}` {told}. It returns a
        list of two: the list of the cards that were drawn, and the points.

        *`source.shuffle(cards)` changes the order in the list itself. `itertools.product(suits, numbers)`
        pairs each with each.*
        """,
        before="import itertools\nimport random",
        function=name,
        parameters="seed",
        doc="Return the cards that were drawn, and their points.",
        body=f"""
        cards = []
        for suit, number in itertools.product({suits!r}, range(1, {top + 1})):
            cards.append(suit + " " + str(number))
        random.Random(seed).shuffle(cards)
        drawn, points = [], 0
        for card in cards:
            if points >= {stop}:
                break
            suit, number = card.split()
            number = int(number)
            if suit == "{special}":
                points += {worth}
            else:
                points += number
            drawn.append(card)
        return [drawn, points]
        """,
        answer=answer,
        shown=[(seed,) for seed in _seeds(random, 2)],
        edges=[
            ((0,), "0 is a seed as well."),
            ((-3,), "A seed may be below 0."),
            ((12345,), "A seed may be large."),
        ],
        more=[(seed,) for seed in _seeds(random, 12)],
    )


DRAWS = Family("draw", "libraries", by_level(_dice, _lots, _stroll, _chances, _cards))
