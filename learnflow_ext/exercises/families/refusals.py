"""Errors that a function raises itself: for nonsense, one of its own, and once there are too many."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Task
from learnflow_ext.exercises.families.outcomes import OUTCOME, asks

FORMS = (
    ("age", "a form asks for an age", "years"),
    ("weight", "a scale sends the weight of a parcel", "grams"),
    ("speed", "a sensor sends the speed of a car", "km/h"),
    ("pages", "a printer asks for a number of pages", "pages"),
    ("seats", "a theatre asks how many seats are wanted", "seats"),
    ("volume", "a radio reads how loud it should be", "steps"),
)
STORES = (
    ("prices", "a shop", "price", ("tea", "rice", "milk")),
    ("heights", "a climbing club", "height", ("Rigi", "Etna", "Ural")),
    ("rooms", "a school", "room", ("music", "art", "maths")),
    ("depths", "a harbour", "depth", ("north", "south", "east")),
    ("points", "a league", "score", ("reds", "blues", "greens")),
)
_WORK = (
    ("share", "sweets", "children"),
    ("cut", "centimetres of ribbon", "pieces"),
    ("pour", "litres of juice", "jugs"),
    ("plan", "minutes of a show", "acts"),
    ("spread", "seats of a hall", "rows"),
    ("deal", "cards of a game", "players"),
)


def refuse(random: Random) -> Task:
    """Raising a ValueError or a TypeError for what makes no sense."""
    name, scene, unit = random.choice(FORMS)
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
        call=asks("outcome", f"checked_{name}"),
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


def own(random: Random) -> Task:
    """Raising an error of a class of its own, before anything is changed."""
    store, place, _, keys = random.choice(STORES)
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
    call = asks("outcome", "take")
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


def many(random: Random) -> Task:
    """Going on after errors, and giving up after too many."""
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
        call=asks("outcome", "all_of_them"),
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
