"""Questions with the answer yes or no: comparing numbers and texts, and joining comparisons, without `if`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_LIFTS = (
    ("a lift", "people", "weight", "kilograms", "it may go"),
    ("a rowing boat", "rowers", "luggage", "kilograms", "it stays dry"),
    ("a cable car", "riders", "load", "kilograms", "it may start"),
    ("a raft", "campers", "wood", "kilograms", "it swims"),
    ("a swing bridge", "hikers", "baggage", "kilograms", "it holds"),
)
_RIDES = (
    ("the ghost train", "height", "centimetres"),
    ("the pony", "age", "years"),
    ("the big wheel", "weight", "kilograms"),
    ("the climbing wall", "reach", "centimetres"),
    ("the go-kart", "leg", "centimetres"),
    ("the water slide", "size", "centimetres"),
)
_DAYS = (
    ("A market", "market_day", "day"),
    ("A night bus", "runs", "hour"),
    ("A lighthouse lamp", "shines", "second"),
    ("A bell", "rings", "minute"),
    ("A fountain", "sprays", "minute"),
    ("A bakery", "bakes", "day"),
)
_WORDS = (
    ("a password for the clubhouse", "accepted"),
    ("a name for a ship", "possible"),
    ("a word in a game", "valid"),
    ("a nickname", "allowed"),
    ("a title for a song", "fitting"),
)


def _enough(random: Random) -> Task:
    what, people, load, unit, then = random.choice(_LIFTS)
    each, most = random.randint(60, 90), random.randint(300, 900)
    told, code, value = random.choice(
        [
            (f"is at most {most}", f"<= {most}", lambda n: not n > most),
            (f"is less than {most}", f"< {most}", lambda n: not n >= most),
        ]
    )
    count = (most - 40) // each
    rest = most - count * each
    return Task(
        title=f"Is it too much for {what}?",
        story=random.choice(
            [
                f"""
        For {what}, one counts {each} {unit} for each of the {people}, and adds the {load}. Complete `safe`.
        It gets how many {people} there are, and the {load} in {unit}. It returns `True` if all together
        {told}, for then {then}, and `False` if not.

        *A comparison such as `3 < 5` already is `True` or `False`. It can be returned like a number.*
        """,
                f"""
        How much do the {people} and the {load} in {what} weigh? Count {each} {unit} for each person.
        Complete `safe`, so that it answers whether the weight of all together {told}: `True` (then {then})
        or `False`.

        *No `if` is needed: `return a < b` gives the answer back.*
        """,
            ]
        ),
        function="safe",
        parameters=f"{people}, {load}",
        doc="Return True if it is not too much, else False.",
        body=f"total = {people} * {each} + {load}\nreturn total {code}",
        answer=lambda people, load: value(sum([each] * people, load)),
        shown=[(1, 20), (count + 5, 50)],
        edges=[
            ((count, rest), "Look closely at the limit itself."),
            ((count, rest - 1), "Look closely at what is just below the limit."),
            ((count, rest + 1), "Look closely at what is just above the limit."),
            ((0, 0), "Nothing at all should work as well."),
        ],
        more=[(random.randint(0, count + 3), random.randint(0, 120)) for _ in range(6)],
    )


def _between(random: Random) -> Task:
    what, name, unit = random.choice(_RIDES)
    low = random.randint(20, 120)
    high = low + random.randint(8, 60)
    inside, code, value = random.choice(
        [
            (
                f"from {low} to {high} {unit}, both included",
                "{0} >= {1} and {0} <= {2}",
                lambda n: n in range(low, high + 1),
            ),
            (
                f"more than {low} and less than {high} {unit}",
                "{0} > {1} and {0} < {2}",
                lambda n: n in range(low + 1, high),
            ),
            (
                f"at least {low} {unit}, but less than {high}",
                "{0} >= {1} and {0} < {2}",
                lambda n: n in range(low, high),
            ),
            (
                f"either less than {low} {unit}, or more than {high}",
                "{0} < {1} or {0} > {2}",
                lambda n: n not in range(low, high + 1),
            ),
        ]
    )
    return Task(
        title=f"Who may use {what}?",
        story=f"""
        For {what} there is a rule: the {name} has to be {inside}. Complete `may_use`. It gets the {name} in
        {unit}, a whole number, and returns `True` if the rule is kept, and `False` if not.

        *Two comparisons can be joined: with `and` both must be true, with `or` one is enough.*
        """,
        function="may_use",
        parameters=name,
        doc="Return True if the rule is kept, else False.",
        body=f"return {code.format(name, low, high)}",
        answer=value,
        shown=[(low + 3,), (high + 5,)],
        edges=[
            ((low,), "Look closely at the limits."),
            ((high,), "Look closely at the limits."),
            ((low - 1,), "Look closely at what is just below the limits."),
            ((high - 1,), "Look closely at what is just below the limits."),
            ((low + 1,), "Look closely at what is just above the limits."),
            ((high + 1,), "Look closely at what is just above the limits."),
            ((0,), "0 should work as well."),
        ],
        more=[(random.randint(1, 2 * high),) for _ in range(4)],
    )


def _every(random: Random) -> Task:
    what, name, unit = random.choice(_DAYS)
    a, b = random.choice([(3, 5), (4, 7), (5, 7), (3, 7), (4, 9), (5, 8)])
    first = random.randint(1, a - 1)
    late = first + a * random.randint(2, 5)
    plan = (
        f"every {a} {unit}s, beginning with {first} (so at {first}, {first + a}, {first + 2 * a} and so on)"
    )
    rule, code, value = random.choice(
        [
            (
                f"{plan}, but only after {unit} {late}",
                f"{unit} % {a} == {first} and {unit} > {late}",
                lambda n: (n - first) // a * a == n - first and not n <= late,
            ),
            (
                f"{plan}, and whenever {b} divides the number as well",
                f"{unit} % {a} == {first} or {unit} % {b} == 0",
                lambda n: n in range(first, n + 1, a) or n in range(b, n + 1, b),
            ),
            (
                f"{plan}, but not when {b} divides the number",
                f"{unit} % {a} == {first} and {unit} % {b} != 0",
                lambda n: n in range(first, n + 1, a) and n not in range(b, n + 1, b),
            ),
        ]
    )
    good = [number for number in range(1, 200) if value(number)]
    poor = [number for number in range(1, 200) if not value(number)]
    crossing = next(number for number in range(b, 200, b) if number % a == first)
    return Task(
        title=f"{what}: now or not?",
        story=f"""
        {what} keeps to a plan. The {unit}s have numbers from 1, and it is time {rule}. Complete `{name}`.
        It gets the number of one {unit}, and returns `True` if it is time then, and `False` if not.

        *`{unit} % {a}` is the remainder of a division by {a}. What is it at {first + a}? `==` asks whether
        two things are equal.*
        """,
        function=name,
        parameters=unit,
        doc=f"Return True if it is time at this {unit}, else False.",
        body=f"return {code}",
        answer=value,
        shown=[(good[0],), (good[2],), (poor[0],)],
        edges=[
            ((first,), "Look closely at when it begins."),
            *(((number,), "Look closely at every number.") for number in range(late - 1, late + a + 2)),
            ((crossing,), "Both rules may fit."),
            ((a * b,), "Look closely at every number."),
            ((b,), "Look closely at every number."),
            ((b + 1,), "Look closely at every number."),
        ],
        # By chance alone it might never be time.
        more=[(number,) for number in (*good[4:6], *random.sample(range(1, 99), 8))],
    )


def _text(random: Random) -> Task:
    what, name = random.choice(_WORDS)
    least, most = random.randint(3, 5), random.randint(8, 11)
    letter, other = random.sample("aeiou", 2)
    rule, code, value = random.choice(
        [
            (
                f"it has at least {least} letters, and the first and the last are the same",
                f"len(word) >= {least} and word[0] == word[-1]",
                lambda w: not len(w) < least and w[:1] == w[len(w) - 1 :],
            ),
            (
                f"`{letter}` is in it, but not `{other}`, and it has at most {most} letters",
                f'"{letter}" in word and "{other}" not in word and len(word) <= {most}',
                lambda w: w.count(letter) > 0 and w.count(other) == 0 and not len(w) > most,
            ),
            (
                f"it has exactly {least} letters, or more than {most} of them",
                f"len(word) == {least} or len(word) > {most}",
                lambda w: len(w[least:]) + abs(len(w[:least]) - least) == 0 or len(w) >= most + 1,
            ),
            (
                f"it begins with a capital letter, and has an even number of letters that is not {2 * least}",
                f"word[:1].isupper() and len(word) % 2 == 0 and len(word) != {2 * least}",
                lambda w: (
                    w[:1] != w[:1].lower() and len(w) in range(0, 99, 2) and abs(len(w) - 2 * least) > 0
                ),
            ),
        ]
    )
    row = "abcdefghijklmnop"
    lengths = [least - 1, least, least + 1, 2 * least, 2 * least + 1, most, most + 1, most + 2]
    same = [("x" * length,) for length in (least - 1, least, least + 1)]
    mixed = [letter, other, letter + other, letter * most, letter * (most + 1), letter + "x" * (most - 2)]
    every = [
        *((row[:length],) for length in lengths),
        *((row[:length].capitalize(),) for length in lengths),
        *same,
        *((each,) for each in mixed),
        ("abcda",),
        ("zbcdef",),
        ("bcdefa",),
        *((f"y{row[: length - 2]}y",) for length in (least - 1, least, least + 1) if length > 1),
    ]
    good = [each for (each,) in every if value(each)]
    poor = [each for (each,) in every if not value(each)]
    return Task(
        title="Which words will do?",
        story=f"""
        Somebody looks for {what}. A word will do if {rule}. Complete `{name}`. It gets a word, and returns
        `True` if it will do, and `False` if not.

        *`len(word)` is how many letters it has, `word[0]` the first, `word[-1]` the last, and `"x" in word`
        asks for an x.*
        """,
        function=name,
        parameters="word",
        doc="Return True if the word will do, else False.",
        body=f"return {code}",
        answer=value,
        shown=[(good[0],), (poor[0],)],
        edges=[
            (("a",), "Short words should work as well."),
            *((each, "Look closely at every word.") for each in every),
        ],
    )


def _exactly(random: Random) -> Task:
    what, name, unit = random.choice(_RIDES)
    low, k = random.randint(20, 120), random.randint(3, 15)
    two = random.random() < 0.5
    how = "exactly **two** of the three are" if two else "exactly **one** of the three is"
    return Task(
        title=f"Three at {what}",
        story=f"""
        Three people come to {what}, and their {name}s in {unit} are whole numbers. Complete `fits`. It gets
        the three numbers, and returns `True` if {how} above {low}, and the
        first and the third are at most {k} apart. Otherwise it returns `False`.

        *`True` counts as 1 when it is added, and `False` as 0: `(5 > 3) + (2 > 3)` is 1. `abs(a - b)` is
        how far two numbers are apart.*
        """,
        function="fits",
        parameters="first, second, third",
        doc=f"Return True if the three may use {what} together, else False.",
        body=f"""
        above = (first > {low}) + (second > {low}) + (third > {low})
        return above == {2 if two else 1} and abs(first - third) <= {k}
        """,
        answer=lambda a, b, c: (
            len([n for n in (a, b, c) if not n <= low]) == (2 if two else 1) and max(a, c) - min(a, c) < k + 1
        ),
        shown=[(low + 1, low - 1, low), (low + 2, low + 3, low - 1), (low - 1, low, low)],
        edges=[
            ((low + 1, low + 1, low + 1), "All three may be above it."),
            ((low, low + 1, low), "Look closely at the limit itself."),
            ((low, low + 1, low + 1), "Look closely at the limit itself."),
            ((low + 1, low + 1, low), "Look closely at the limit itself."),
            ((low + 1, low, low + 1), "Look closely at the limit itself."),
            ((low + 1, low, low), "Look closely at the limit itself."),
            ((low, low, low + 1), "Look closely at the limit itself."),
            ((low + 1, low + 5, low + 1 - k), "Look closely at how far they are apart."),
            ((low + 1, low + 5, low - k), "Look closely at how far they are apart."),
            ((low - k, low + 5, low + 1), "Look closely at how far they are apart."),
            ((low - k + 1, low, low + 1), "Look closely at how far they are apart."),
            ((low - k, low, low + 1), "Look closely at how far they are apart."),
            ((low + 1, low, low - k), "Look closely at how far they are apart."),
            ((low + 1, low, low + 1 - k), "Look closely at how far they are apart."),
        ],
        more=[tuple(low + random.randint(-k, k) for _ in range(3)) for _ in range(8)],
    )


TRUTHS = Family("truth", "basics", by_level(_enough, _between, _every, _text, _exactly))
