"""Errors: catching them, raising them, and going on with what is left."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task

OUTCOME = '''
def outcome(function, *values):
    """Return what the function gives for these values, or the name of the error it raises."""
    try:
        return function(*values)
    except Exception as error:
        return type(error).__name__
'''
_FORMS = (
    ("age", "a form asks for an age", "years"),
    ("weight", "a scale sends the weight of a parcel", "grams"),
    ("speed", "a sensor sends the speed of a car", "km/h"),
    ("pages", "a printer asks for a number of pages", "pages"),
    ("seats", "a theatre asks how many seats are wanted", "seats"),
    ("volume", "a radio reads how loud it should be", "steps"),
)
_STORES = (
    ("prices", "a shop", "price", ("tea", "rice", "milk")),
    ("heights", "a climbing club", "height", ("Rigi", "Etna", "Ural")),
    ("rooms", "a school", "room", ("music", "art", "maths")),
    ("depths", "a harbour", "depth", ("north", "south", "east")),
    ("points", "a league", "score", ("reds", "blues", "greens")),
)
_BAD = ("", "ten", "3.5", "4 5", "x7", "-", "12a")


def _asks(function: str) -> Callable[..., str]:
    return lambda *values: f"outcome({function}, {', '.join(map(repr, values))})"


def _number(text: str) -> int | None:
    """The whole number that a text of these exercises stands for; None where it stands for none."""
    bare = text.strip()
    digits = bare[1:] if bare[:1] == "-" else bare
    return int(bare) if digits.isdigit() else None


def _convert(random: Random) -> Task:
    name, scene, unit = random.choice(_FORMS)
    instead, plus = random.randint(1, 99), random.randint(2, 30)
    told, code, value = random.choice(
        [
            (f"that number plus {plus}", f"int(text) + {plus}", lambda n: plus + n),
            (f"{plus} times that number", f"int(text) * {plus}", lambda n: sum([n] * plus)),
            (f"that number without {plus}", f"int(text) - {plus}", lambda n: -plus + n),
        ]
    )
    bad = random.sample(_BAD, 4)

    def answer(text: str) -> int:
        number = _number(text)
        return -instead if number is None else value(number)

    return Task(
        title=f"A {name} that may be nonsense",
        story=random.choice(
            [
                f"""
        Imagine that {scene}, as a text, in {unit}. Complete `read_{name}`. If the text is a whole number, it
        returns {told}. If `int` cannot read the text, it returns {-instead} instead of stopping
        with an error.

        *Which error does `int("ten")` raise? Catch that one.*
        """,
                f"""
        Wherever {scene}, people write what they like. Complete `read_{name}` for such a text. Where `int`
        can read it, the result is {told}. Where `int` raises an error, the result is {-instead}, and the
        program goes on.

        *You need `try` and `except`, with the name of the error that `int("ten")` raises.*
        """,
                f"""
        What stands in `text` should be a whole number of {unit}, because {scene}. It is not always one.
        Complete `read_{name}`: for a number it gives back {told}, and for everything else {-instead}, without
        stopping.

        *Try it first, and catch only what `int` raises for `"3.5"`.*
        """,
            ]
        ),
        function=f"read_{name}",
        parameters="text",
        doc=f"Return what belongs to the text, {-instead} for nonsense.",
        body=f"try:\n    return {code}\nexcept ValueError:\n    return {-instead}",
        answer=answer,
        shown=[("12",), (bad[0],)],
        edges=[
            (("0",), "0 is a number."),
            ((" 7 ",), "`int` can read spaces around a number."),
            (("-4",), "A number may be negative."),
        ],
        more=[(each,) for each in (*bad[1:], "31", "208", "5")],
    )


def _lookup(random: Random) -> Task:
    store, place, what, keys = random.choice(_STORES)
    none, unknown, k = random.randint(1, 9), random.randint(10, 60), random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"the {what} plus {k}", f"{store}[key] + {k}", lambda n: k + n),
            (f"{k} times the {what}", f"{store}[key] * {k}", lambda n: sum([n] * k)),
            (
                f"how often {k} fits into the {what}",
                f"{store}[key] // {k}",
                lambda n: (n - n % k) // k,
            ),
        ]
    )
    some = {key: random.randint(10, 90) for key in keys}
    mixed: dict[str, Any] = {**some, keys[0]: "?"}

    def answer(table: dict[str, Any], key: str) -> int:
        if key not in table:
            return -unknown
        return -none if isinstance(table[key], str) or table[key] is None else value(table[key])

    absent: dict[str, Any] = {**some, keys[1]: None}
    return Task(
        title=f"Looking up a {what}",
        story=random.choice(
            [
                f"""
        The dictionary `{store}` of {place} has a {what} for some keys. Complete `found`. It gets
        the dictionary
        and a key, and returns {told}. Where the key is not there, it returns {-unknown}. Where it is
        there, but with something that cannot be calculated with (`None`, a text), it returns {-none}.

        *Catch `KeyError` and `TypeError`, each with its own `except`.*
        """,
                f"""
        For {place} there is a dictionary, `{store}`, but it has gaps. Complete `found` so that it never stops
        with an error. For a key that has a {what}, the result is {told}. For a key that is missing it is
        {-unknown}. Some keys are there without a number, with `None` or with a text: for those it is {-none}.

        *A missing key raises a `KeyError`. Which error does `None + 1` raise? Each needs its own `except`.*
        """,
                f"""
        Complete `found`, which looks something up for {place}. The first value is the dictionary
        `{store}`, the
        second a key of it, or perhaps of none. Give back {told} if that can be worked out. If it cannot,
        because what stands there is no number, give back {-none}; and {-unknown} if nothing stands there.

        *Two lines with `except` follow one `try`: `KeyError` and `TypeError`.*
        """,
            ]
        ),
        function="found",
        parameters=f"{store}, key",
        doc="Return what is asked for, or a negative number.",
        body=f"""
        try:
            number = {store}[key] + 0
        except KeyError:
            return {-unknown}
        except TypeError:
            return {-none}
        return {code.replace(f"{store}[key]", "number")}
        """,
        answer=answer,
        shown=[(some, keys[1]), (some, "nothing")],
        edges=[
            ((mixed, keys[0]), "There may be a text instead of a number."),
            ((absent, keys[1]), "There may be None instead of a number."),
            (({}, keys[0]), "The dictionary may be empty."),
            (({keys[0]: 0}, keys[0]), "0 is a number."),
        ],
        more=[(some, key) for key in keys] + [({keys[2]: n}, keys[2]) for n in random.sample(range(99), 4)],
    )


def _refuse(random: Random) -> Task:
    name, scene, unit = random.choice(_FORMS)
    low = random.randint(1, 15)
    high = low + random.randint(20, 80)
    k = random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"the number plus {k}", f"{name} + {k}", lambda n: k + n),
            (f"{k} times the number", f"{name} * {k}", lambda n: sum([n] * k)),
            (f"how far the number is below {high + k}", f"{high + k} - {name}", lambda n: -n + high + k),
        ]
    )

    def answer(value_given: Any) -> Any:
        if isinstance(value_given, str):
            return "TypeError"
        return value(value_given) if low - 1 < value_given < high + 1 else "ValueError"

    return Task(
        title=f"No nonsense as {name}",
        story=random.choice(
            [
                f"""
        Imagine that {scene}, as a whole number of {unit}. Complete `checked_{name}`. It returns {told}. But
        when the number is below {low} or above {high}, it **raises** a `ValueError`, and when it gets a text
        (a `str`) instead of a number, a `TypeError`.

        The function `outcome` is there already. It calls a function, and gives the name of the error if there
        is one.
        """,
                f"""
        A function should say so when it gets nonsense, and not go on with it. Complete
        `checked_{name}`, for the
        case that {scene}. Allowed are whole numbers of {unit} from {low} to {high}, both included: for these
        the result is {told}. For any other number **raise** a `ValueError`, and for a `str` a `TypeError`.

        With `outcome`, which is written already, the checks look at which error comes.
        """,
                f"""
        Complete `checked_{name}`. It is used where {scene}. First it looks at what it got: a text,
        even one of
        digits, leads to a `TypeError`; fewer than {low} or more than {high} {unit} lead to a
        `ValueError`. Both
        are **raised**, not returned. If nothing is wrong, it returns {told}.

        *`raise ValueError("a sentence that helps")`.* The function `outcome`, above, turns an error
        into its name.
        """,
            ]
        ),
        before=OUTCOME,
        function=f"checked_{name}",
        parameters=name,
        doc="Return what is asked for; ValueError or TypeError for nonsense.",
        body=f"""
        if isinstance({name}, str):
            raise TypeError("a number is needed")
        if {name} < {low} or {name} > {high}:
            raise ValueError("not a possible number")
        return {code}
        """,
        answer=answer,
        call=_asks(f"checked_{name}"),
        shown=[(low + 5,), (high + 40,)],
        edges=[
            ((low,), "Look closely at the limits."),
            ((high,), "Look closely at the limits."),
            ((low - 1,), "Look closely at the limits."),
            ((high + 1,), "Look closely at the limits."),
            (("seven",), "A text is no number."),
            (("12",), "A text is no number, even if digits are in it."),
        ],
        more=[(random.randint(low, high),) for _ in range(4)] + [(-5,), (0,)],
    )


def _go_on(random: Random) -> Task:
    name, scene, unit = random.choice(_FORMS)
    limit, k = random.randint(5, 40), random.randint(2, 9)
    told, start, gain, value = random.choice(
        [
            ("the sum of the numbers", "0", "total += number", lambda ns: sum(ns)),
            ("how many numbers there are", "0", "total += 1", lambda ns: len(ns)),
            (f"{k} for each number", "0", f"total += {k}", lambda ns: k * len(ns)),
            ("a list of the numbers, in the same order", "[]", "total.append(number)", lambda ns: list(ns)),
        ]
    )
    counting = random.random() < 0.5
    end = "[total, bad]" if counting else "total"
    also = ", in a list of two: that, and how many texts `int` could not read" if counting else ""
    lines = [
        f"total = {start}",
        *(["bad = 0"] if counting else []),
        "for text in texts:",
        "    try:",
        "        number = int(text)",
        "    except ValueError:",
        *(["        bad += 1"] if counting else []),
        "        continue",
        f"    if number > {limit}:",
        f"        {gain}",
        f"return {end}",
    ]

    def answer(texts: list[str]) -> Any:
        numbers = [_number(each) for each in texts]
        good = [each for each in numbers if each is not None and each >= limit + 1]
        return [value(good), numbers.count(None)] if counting else value(good)

    def row() -> list[str]:
        some = [str(random.randint(0, 3 * limit)) for _ in range(4)] + random.sample(_BAD, 2)
        random.shuffle(some)
        return some

    return Task(
        title=f"Many readings of a {name}",
        story=f"""
        Every minute {scene}, as a text, in {unit}. Some of the texts are no whole numbers: those are left
        out. Complete `summary`. It gets a list of texts. Of the numbers above {limit} it returns
        {told}{also}.
        """,
        function="summary",
        parameters="texts",
        doc="Return what is asked for, whatever is in the list.",
        body="\n".join(lines),
        answer=answer,
        shown=[([str(limit + 3), "ten", str(limit + 10)],), (["?", "1"],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([str(limit)],), "Look closely at the limit itself."),
            (([str(limit + 1)],), "Look closely at what is just above the limit."),
            ((["", "x", " "],), "There may be no number at all."),
            ((["x", str(limit + 2)],), "The first text may be no number."),
        ],
        more=[(row(),) for _ in range(6)],
    )


def _own(random: Random) -> Task:
    store, place, _, keys = random.choice(_STORES)
    error = random.choice(["NotThere", "TooMuch", "Refused", "OutOfStock", "Unavailable"])
    least, fee = random.randint(2, 9), random.randint(1, 9)
    back = random.random() < 0.5
    told = f"the number that is left then, less {fee}" if back else f"the number that was taken, plus {fee}"
    result = f"{store}[key] - {fee}" if back else f"number + {fee}"

    def answer(table: dict[str, int], key: str, number: int) -> Any:
        if number <= 0:
            return "ValueError"
        if table.get(key) is None or table[key] - number < least:
            return error
        return table[key] - number - fee if back else number + fee

    stock = {keys[0]: least + 20, keys[1]: least + 3, keys[2]: least}
    call = _asks("take")
    return Task(
        title=f"An error of your own: `{error}`",
        story=random.choice(
            [
                f"""
        In {place}, the dictionary `{store}` says how many there are of each key. The error `{error}` is made
        already. Complete `take`. It gets the dictionary, a key and a number, takes that many away **in the
        dictionary**, and returns {told}. A number that is not above 0 is a `ValueError`. A key that is not
        there raises `{error}`, and so does a number that would leave fewer than {least}; nothing is changed
        then.

        The function `outcome` is there already. It calls a function, and gives the name of the error if there
        is one.
        """,
                f"""
        `{error}` is an error that was made for {place}; its class stands above. Complete `take` for the
        dictionary `{store}`, which holds a number for each key. It lowers the number of `key` by
        `number`, and
        gives back {told}. Before that it looks for what could be wrong: `number` must be above 0, or
        it raises a
        `ValueError`; the key must be there, and at least {least} must remain, or it raises `{error}`
        and leaves
        the dictionary alone.

        The checks call `outcome`, above, to see which error comes.
        """,
                f"""
        Whoever takes something from `{store}`, the dictionary of {place}, calls `take`. Complete it.
        Its values
        are the dictionary, a key of it, and how many to take. At the end the dictionary has that many
        fewer, and
        the result is {told}. Three things can go wrong. Nothing or less than nothing is taken:
        `ValueError`. There
        is no such key: `{error}`, the class above. Fewer than {least} would be left: `{error}` as well. In
        all three the dictionary stays as it was.

        `outcome` gives the name of an error, so that checks can see it.
        """,
            ]
        ),
        before=f"""
class {error}(Exception):
    pass

{OUTCOME}""",
        function="take",
        parameters=f"{store}, key, number",
        doc=f"Take away, and return what is asked for; {error} or ValueError where that cannot be.",
        body=f"""
        if number <= 0:
            raise ValueError("take something")
        if key not in {store} or {store}[key] - number < {least}:
            raise {error}(key)
        {store}[key] = {store}[key] - number
        return {result}
        """,
        answer=answer,
        call=call,
        shown=[(stock, keys[0], 5), (stock, "nothing", 1)],
        edges=[
            ((stock, keys[0], 0), "0 is not above 0."),
            ((stock, keys[0], 1), "1 is above 0."),
            ((stock, keys[0], -1), "A negative number is not above 0."),
            ((stock, keys[1], 3), f"Exactly {least} may be left."),
            ((stock, keys[1], 4), f"Fewer than {least} may not be left."),
            ((stock, keys[2], 1), "There may be too few from the beginning."),
        ],
        more=[(stock, keys[0], random.randint(2, 19)) for _ in range(3)] + [({}, keys[0], 2)],
    )


_WORK = (
    ("share", "sweets", "children"),
    ("cut", "centimetres of ribbon", "pieces"),
    ("pour", "litres of juice", "jugs"),
    ("plan", "minutes of a show", "acts"),
    ("spread", "seats of a hall", "rows"),
    ("deal", "cards of a game", "players"),
)


def _many(random: Random) -> Task:
    verb, things, parts = random.choice(_WORK)
    whole, most = random.randint(60, 300), random.randint(2, 3)
    zero, less = random.sample(range(2, 60), 2)
    told, start, good, bad_zero, bad_less, value = random.choice(
        [
            (
                f"a list with one number for each: what `{verb}` gives, but {-zero} where it raised a "
                f"`ZeroDivisionError`, and {-less} where it raised a `ValueError`",
                "[]",
                f"result.append({verb}(number))",
                f"result.append({-zero})",
                f"result.append({-less})",
                lambda rows: rows,
            ),
            (
                f"the sum of all that `{verb}` gives, with {zero} taken away for each "
                f"`ZeroDivisionError`, and "
                f"{less} for each `ValueError`",
                "0",
                f"result += {verb}(number)",
                f"result -= {zero}",
                f"result -= {less}",
                lambda rows: sum(rows),
            ),
        ]
    )

    def answer(numbers: list[int]) -> Any:
        rows = [-zero if n == 0 else -less if n < 0 else (whole - whole % n) // n for n in numbers]
        return "RuntimeError" if sum(n < 1 for n in numbers) >= most + 1 else value(rows)

    return Task(
        title=f"To {verb} again and again",
        story=random.choice(
            [
                f"""
                The function `{verb}` is there already: it says how many of {whole} {things} each
                of some {parts}
                gets, and raises errors where that makes no sense. Complete `all_of_them`. It gets a list of
                numbers of {parts}, calls `{verb}` for each, and returns {told}. But if there is an error more
                than {most} times in one list, it gives up, and raises a `RuntimeError` itself.

                The function `outcome`, above, gives the name of an error, so that the checks can see it.
                """,
                f"""
                Complete `all_of_them`. For every number in its list it calls `{verb}`, which
                stands above, works,
                and is about {things} for several {parts}. Some numbers make `{verb}` fail. Your
                function goes on
                all the same, up to {most} times; the next failure in the same list is one too many, and
                leads to a `RuntimeError` that it **raises**. Otherwise the result is {told}.

                *Count the failures.* The checks use `outcome` to see which error came.
                """,
            ]
        ),
        before=f'''
def {verb}({parts}):
    """Return how many {things} there are for each of the {parts}."""
    if {parts} < 0:
        raise ValueError("fewer than nothing")
    return {whole} // {parts}

{OUTCOME}''',
        function="all_of_them",
        parameters="numbers",
        doc=f"Return what `{verb}` makes of the numbers; RuntimeError after too many errors.",
        body=f"""
        result = {start}
        errors = 0
        for number in numbers:
            try:
                {good}
            except ZeroDivisionError:
                {bad_zero}
                errors += 1
            except ValueError:
                {bad_less}
                errors += 1
            if errors > {most}:
                raise RuntimeError("too many errors")
        return result
        """,
        answer=answer,
        call=_asks("all_of_them"),
        shown=[([2, 0, 5],), ([10, -1],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([0] * most,), f"{most} errors are not too many."),
            (([0] * (most + 1),), "One error more is too many."),
            (([-3] * (most + 1),), "One error more is too many."),
            (([1],), "A single number should work as well."),
        ],
        more=[
            ([random.choice([0, -2, *range(1, 30)]) for _ in range(random.randint(2, 5))],) for _ in range(6)
        ],
    )


def _error(random: Random, level: int) -> Task:
    if level == 5 and random.random() < 0.5:
        return _many(random)
    return (_convert, _lookup, _refuse, _go_on, _own)[level - 1](random)


FAMILIES = (Family("error", "errors", _error),)
