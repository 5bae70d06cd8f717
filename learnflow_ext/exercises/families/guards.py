"""Errors of every day: dividing, places that are missing, cleaning up, helpful messages, trying again."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.attempts import again
from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.outcomes import MESSAGE, asks

_SHARES = (
    ("sweets", "children", "a party"),
    ("plums", "baskets", "a farm"),
    ("litres", "buckets", "a well"),
    ("chairs", "rooms", "a school"),
    ("letters", "postmen", "a town"),
    ("coins", "pirates", "a ship"),
)
_ROWS = (
    ("lockers", "the locker", ("ball", "bag", "boots", "book")),
    ("platforms", "the platform", ("north", "south", "east", "west")),
    ("shelves", "the shelf", ("tea", "rice", "salt", "jam")),
    ("songs", "the song", ("waltz", "hymn", "march", "tango")),
    ("rooms", "the room", ("Ada", "Ben", "Cleo", "Dan")),
    ("floors", "the floor", ("shop", "bank", "gym", "bar")),
)
_DOORS = (
    ("vault", "open", "closed"),
    ("kettle", "hot", "cold"),
    ("gate", "up", "down"),
    ("lamp", "on", "off"),
    ("tap", "running", "shut"),
    ("stage", "curtain up", "curtain down"),
)
_FORMS = (
    ("order", "a shop", ("pieces", "weight")),
    ("ticket", "a zoo", ("age", "days")),
    ("recipe", "a bakery", ("eggs", "grams")),
    ("trip", "a bus company", ("seats", "kilometres")),
    ("room", "a hotel", ("nights", "guests")),
    ("race", "a running club", ("laps", "number")),
)


def _share(random: Random) -> Task:
    things, people, place = random.choice(_SHARES)
    k, instead = random.randint(2, 9), random.randint(1, 40)
    told, code, value = random.choice(
        [
            (
                f"how many {things} each of the {people} gets (what is left over is dropped), plus {k}",
                f"{things} // {people} + {k}",
                lambda a, b: int((a - a % b) / b) + k,
            ),
            (
                f"how many {things} are left over when the {people} get equal shares, plus {k}",
                f"{things} % {people} + {k}",
                lambda a, b: a - a // b * b + k,
            ),
            (
                f"how many {things} each of the {people} gets when {k} more are found (what is left over is "
                "dropped)",
                f"({things} + {k}) // {people}",
                lambda a, b: int((a + k - (a + k) % b) / b),
            ),
        ]
    )
    return Task(
        title=f"Sharing {things}",
        story=random.choice(
            [
                f"""
        In {place}, {things} are shared among {people}. Complete `shared`. It gets how many {things} and how
        many {people} there are, and returns {told}. When there are no {people} at all, Python cannot
        divide, and raises a `ZeroDivisionError`: **catch** it, and return {-instead} then.
        """,
                f"""
        Complete `shared`, for {things} and {people} of {place}. The result is {told}. Dividing by 0 is an
        error, called `ZeroDivisionError`. It should not stop the program: try it, and if it happens return
        {-instead}.

        *First `try:` and the lines that may fail, then `except ZeroDivisionError:` and what to do then.*
        """,
            ]
        ),
        function="shared",
        parameters=f"{things}, {people}",
        doc=f"Return what is asked for, {-instead} without any {people}.",
        body=f"""
        try:
            return {code}
        except ZeroDivisionError:
            return {-instead}
        """,
        answer=lambda a, b: value(a, b) if b else -instead,
        shown=[(20, 6), (20, 0)],
        edges=[
            ((0, 3), f"No {things} at all should work as well."),
            ((0, 0), "Nothing for nobody should work as well."),
            ((7, 1), "A single one should get all."),
            ((5, 9), "There may be too few for all."),
        ],
        more=[(random.randint(10, 99), random.randint(2, 9)) for _ in range(6)],
    )


def _place(random: Random) -> Task:
    row, which, words = random.choice(_ROWS)
    first = random.choice([0, 1, 1])
    none = random.choice(["free", "nothing", "nobody", "none", "?"])
    short = random.randint(2, 3)
    told, code, value = random.choice(
        [
            ("in capital letters", "word.upper()", lambda w: w.upper()),
            (f"cut to its first {short} letters", f"word[:{short}]", lambda w: "".join(list(w)[:short])),
            ("with a `!` at the end", 'word + "!"', lambda w: f"{w}!"),
            (f"{short} times, one after the other", f"word * {short}", lambda w: "".join([w] * short)),
        ]
    )
    place = "number" if first == 0 else "number - 1"
    words_of = random.sample(words, 3)

    def answer(row: list[str], number: Any) -> str:
        try:
            at = int(number)
        except ValueError:
            return "no number"
        found = dict(enumerate(row, first)).get(at)
        return none if found is None else value(found)

    return Task(
        title=f"What belongs to {which}?",
        story=f"""
        A list says what belongs to each of the {row}. Their numbers begin with **{first}**: {which} {first}
        is the first in the list. Complete `look`. It gets the list, and a number as a **text**, which
        somebody typed. It returns the word that belongs there, {told}. Two things may go wrong: when the
        text is no whole number it returns `"no number"`, and when the list is too short, `"{none}"`. You
        may count on the number being {first} or more.

        *`int` raises a `ValueError`, and a list an `IndexError`. A `try` may have two `except`.*
        """,
        function="look",
        parameters=f"{row}, text",
        doc="Return the word of this number, or what is wrong.",
        body=f"""
        try:
            number = int(text)
            word = {row}[{place}]
        except ValueError:
            return "no number"
        except IndexError:
            return "{none}"
        return {code}
        """,
        answer=answer,
        shown=[(words_of, str(first + 1)), (words_of, "two"), (words_of, "9")],
        edges=[
            ((words_of, str(first)), "The first number should work as well."),
            ((words_of, str(first + 2)), "The last number should work as well."),
            ((words_of, str(first + 3)), "Look closely at where the list ends."),
            (([], str(first)), "The list may be empty."),
            ((words_of, ""), "An empty text is no number."),
            (([], "x"), "A text that is no number is one in an empty list as well."),
        ],
        more=[(list(words), str(first + at)) for at in range(4)] + [(list(words), "2.5")],
    )


def _always(random: Random) -> Task:
    thing, begin, end = random.choice(_DOORS)
    whole, plus = random.randint(50, 200), random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"{whole} divided by it without the rest, plus {plus}", f"{whole} // number + {plus}", 0),
            (f"the rest of {whole} divided by it, plus {plus}", f"{whole} % number + {plus}", 1),
            (
                f"{whole} divided by it without the rest, and the result times {plus}",
                f"{plus} * ({whole} // number)",
                2,
            ),
        ]
    )

    def answer(text: str) -> list[Any]:
        if not text.lstrip("-").isdigit():
            middle: Any = "no number"
        elif int(text) == 0:
            middle = "zero"
        else:
            number = int(text)
            times, rest = divmod(whole, number)
            middle = (times + plus, rest + plus, sum([times] * plus))[value]
        return [begin, middle, end]

    return Task(
        title=f"The {thing} at the end",
        story=f"""
        A program writes down what happens at a {thing}, in a list. Complete `visit`. It gets a text and
        returns the list with three things in it. The first is always `"{begin}"`, and the last is
        **always** `"{end}"`, whatever goes wrong in between. Between them stands {told}, where *it* is the
        whole number in the text. When the text is no whole number, `"no number"` stands there instead, and
        when the number is 0, `"zero"`.

        *What stands below `finally:` is done with and without an error.*
        """,
        function="visit",
        parameters="text",
        doc=f"Return what happened at the {thing}.",
        body=f"""
        steps = ["{begin}"]
        try:
            number = int(text)
            steps.append({code})
        except ValueError:
            steps.append("no number")
        except ZeroDivisionError:
            steps.append("zero")
        finally:
            steps.append("{end}")
        return steps
        """,
        answer=answer,
        shown=[("7",), ("seven",), ("0",)],
        edges=[
            (("1",), "1 should work as well."),
            (("",), "An empty text is no number."),
            ((str(whole),), "It may come out even."),
            ((str(whole + 1),), "The number may be large."),
        ],
        more=[(str(random.randint(2, 60)),) for _ in range(5)] + [("4 4",)],
    )


def _message(random: Random) -> Task:
    form, place, (one, other) = random.choice(_FORMS)
    article = "an" if form == "order" else "a"
    low = random.randint(1, 9)
    high = low + random.randint(10, 60)
    k = random.randint(2, 9)
    sign = random.choice([": ", " is wrong: ", " - ", " = "])
    told, code, value = random.choice(
        [
            (f"`{one}` times {k}, plus `{other}`", f"form['{one}'] * {k} + form['{other}']", 0),
            (f"`{other}` times {k}, less `{one}`", f"form['{other}'] * {k} - form['{one}']", 1),
            (f"both numbers together, plus {k}", f"form['{one}'] + form['{other}'] + {k}", 2),
        ]
    )

    def answer(form: dict[str, int]) -> Any:
        for key in (one, other):
            if form.get(key) is None:
                return f"{key} is missing"
            if not low - 1 < form[key] < high + 1:
                return f"{key}{sign}{form[key]}"
        a, b = form[one], form[other]
        return (sum([a] * k, b), sum([b] * k, -a), sum([a, b, k]))[value]

    def filled() -> dict[str, int]:
        return {one: random.randint(low, high), other: random.randint(low, high)}

    return Task(
        title=f"What is wrong with the {form}?",
        story=f"""
        In {place}, {article} {form} comes as a dictionary with two whole numbers, `"{one}"` and
        `"{other}"`. Complete `checked`. It looks at `"{one}"` first, then at `"{other}"`. When one is not
        there it **raises** a `ValueError` with a message such as `{one} is missing`. When one is below
        {low} or above {high}, the message is such as `{one}{sign}{high + 5}`, with the number that was
        given. The first mistake counts. Without any mistake it returns {told}.

        *`raise ValueError("a text")`.* The function `message` is there already. It calls a function, and
        gives the message of the error if there is one.
        """,
        before=MESSAGE,
        function="checked",
        parameters="form",
        doc="Return what is asked for; ValueError with a helpful message for a mistake.",
        body=f"""
        for key in ["{one}", "{other}"]:
            if key not in form:
                raise ValueError(f"{{key}} is missing")
            if form[key] < {low} or form[key] > {high}:
                raise ValueError(f"{{key}}{sign}{{form[key]}}")
        return {code}
        """,
        answer=answer,
        call=asks("message", "checked"),
        shown=[({one: low + 1, other: low + 2},), ({one: low + 3},), ({one: high + 5, other: low},)],
        edges=[
            (({},), "Both may be missing."),
            (({other: high + 9},), "The first mistake counts."),
            (({one: low, other: high},), "The limits themselves are allowed."),
            (({one: high, other: low},), "The limits themselves are allowed."),
            (({one: low - 1, other: low},), "Look closely at what is just below the limit."),
            (({one: high, other: high + 1},), "Look closely at what is just above the limit."),
            (({one: high, other: low - 1},), "The second number should be looked at as well."),
        ],
        more=[(filled(),) for _ in range(4)],
    )


GUARDS = Family("guard", "errors", by_level(_share, _place, _always, _message, again))
