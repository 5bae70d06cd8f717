"""Errors: catching them, and going on with what is left; `refusals` raises them."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task
from learnflow_ext.exercises.families.refusals import FORMS, STORES, many, own, refuse

_BAD = ("", "ten", "3.5", "4 5", "x7", "-", "12a")


def _number(text: str) -> int | None:
    """The whole number that a text of these exercises stands for; None where it stands for none."""
    bare = text.strip()
    digits = bare[1:] if bare[:1] == "-" else bare
    return int(bare) if digits.isdigit() else None


def _convert(random: Random) -> Task:
    name, scene, unit = random.choice(FORMS)
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
        title=f"The {name} may be nonsense",
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
    store, place, what, keys = random.choice(STORES)
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


def _go_on(random: Random) -> Task:
    name, scene, unit = random.choice(FORMS)
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
        title=f"Many readings of one {name}",
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


def _error(random: Random, level: int) -> Task:
    if level == 5 and random.random() < 0.5:
        return many(random)
    return (_convert, _lookup, refuse, _go_on, own)[level - 1](random)


FAMILIES = (Family("error", "errors", _error),)
