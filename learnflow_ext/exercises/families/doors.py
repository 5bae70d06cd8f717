"""Errors that are raised: for one reason, for several, with a message, for all faults at once, by family."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.lineages import lineage
from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.outcomes import OUTCOME, SAID, asks

_DOORS = (
    ("ride", "a ride at a fair", "height", "centimetres"),
    ("lift", "a lift for boxes", "weight", "kilograms"),
    ("oven", "an oven", "heat", "degrees"),
    ("ferry", "a ferry", "length", "metres"),
    ("pump", "a pump", "pressure", "bars"),
    ("kiln", "a kiln for pots", "time", "minutes"),
)


def _limits(random: Random) -> Task:
    name, what, size, unit = random.choice(_DOORS)
    low, k = random.randint(5, 40), random.randint(2, 9)
    high = low + random.randint(20, 80)
    told, code, value = random.choice(
        [
            (f"how much is left up to {high}", f"{high} - {size}", lambda n: -n + high),
            (
                f"how much it is above {low}, {k} times",
                f"({size} - {low}) * {k}",
                lambda n: sum([n - low] * k),
            ),
            (f"the {size} plus {k}", f"{size} + {k}", lambda n: k + n),
        ]
    )
    return Task(
        title=f"Not every {size} is allowed",
        story=f"""
        For {what} the {size} must lie between {low} and {high} {unit}, both included. Complete `{name}`. It
        gets a {size}, a whole number. If it is allowed, the function returns {told}. If it is not, the
        function raises a `ValueError`.

        *An error is raised with `raise ValueError("...")`; what you write between the quotes is up to you.*
        The function `outcome` is there already: the checks use it to see which error came.
        """,
        before=OUTCOME,
        function=name,
        parameters=size,
        doc=f"Return what is asked for, or raise a ValueError for a {size} that is not allowed.",
        body=f"""
        if {size} < {low} or {size} > {high}:
            raise ValueError("This is not allowed.")
        return {code}
        """,
        answer=lambda n: value(n) if n in range(low, high + 1) else "ValueError",
        call=asks("outcome", name),
        shown=[(low + 3,), (high + 10,)],
        edges=[
            ((low,), "The smallest that is allowed is allowed."),
            ((high,), "The largest that is allowed is allowed."),
            ((low - 1,), "Look closely below the limits."),
            ((high + 1,), "Look closely above the limits."),
            ((0,), "0 is too small."),
            ((-low - 7,), "A number below 0 is too small."),
        ],
        more=[(random.randint(low + 1, high - 1),) for _ in range(4)] + [(high + 37,)],
    )


def _kinds(random: Random) -> Task:
    name, what, _, unit = random.choice(_DOORS)
    most, k = random.randint(20, 90), random.randint(2, 9)
    choices = random.sample(["slow", "fast", "soft", "hard", "quiet", "loud"], 3)
    told, code, value = random.choice(
        [
            (f"{k} times the number", f"number * {k}", lambda n: sum([n] * k)),
            (f"the number plus {k}", f"number + {k}", lambda n: k + n),
            (f"how far the number is from {most}", f"{most} - number", lambda n: -n + most),
        ]
    )

    def answer(number: object, mode: str) -> object:
        if type(number) is not int:
            return "TypeError"
        if mode not in choices:
            return "KeyError"
        return value(number) if 0 < number <= most else "ValueError"

    names = ", ".join(f"`{each!r}`" for each in choices)
    return Task(
        title=f"Which error, {name}?",
        story=f"""
        For {what} somebody sets a number of {unit} and a mode. Complete `{name}`. It gets both, and looks
        for faults in this order: if the number is no whole number (`int`), it raises a `TypeError`; if the
        mode is none of {names}, a `KeyError`; if the number is not above 0, or above {most}, a
        `ValueError`. If nothing is wrong, it returns {told}.

        *`isinstance(number, int)` says whether something is a whole number.* The checks use the function
        `outcome` to see which error came.
        """,
        before=OUTCOME,
        function=name,
        parameters="number, mode",
        doc="Return what is asked for, or raise the error that fits.",
        body=f"""
        if not isinstance(number, int):
            raise TypeError("This is no whole number.")
        if mode not in {choices!r}:
            raise KeyError(mode)
        if number <= 0 or number > {most}:
            raise ValueError("This is too much or too little.")
        return {code}
        """,
        answer=answer,
        call=asks("outcome", name),
        shown=[(7, choices[0]), ("7", choices[1])],
        edges=[
            ((most, choices[2]), "The largest number is allowed."),
            ((1, choices[1]), "1 is allowed."),
            ((0, choices[0]), "0 is not above 0."),
            ((most + 1, choices[1]), "Look closely above the limit."),
            ((2.5, choices[0]), "Half a number is no whole number."),
            ((most + 5, choices[0] + "er"), "The mode is looked at before the size of the number."),
            ((None, "off"), "The kind of the number is looked at first."),
            ((5, choices[0].upper()), "Capital letters make another mode."),
        ],
        more=[(random.randint(2, most), random.choice(choices)) for _ in range(4)] + [(-4, choices[2])],
    )


def _words(random: Random) -> Task:
    name = random.choice(["login", "badge", "plate", "code", "label", "key"])
    least, digits = random.randint(4, 7), random.randint(1, 3)
    most = least + random.randint(4, 8)
    bad = random.choice([" ", "-", ".", "/"])
    shown_bad = "a space" if bad == " " else f"a `{bad}`"

    def answer(text: str) -> object:
        if not least - 1 < len(text) < most + 1:
            return f"ValueError: {len(text)} signs"
        if len(text.split(bad)) > 1:
            return f"ValueError: {text.index(bad)}"
        count = len([each for each in text if "0" <= each <= "9"])
        return text.upper() if count > digits - 1 else f"LookupError: {digits - count} missing"

    letters = "abcdefgh"
    good = letters[: least - 1] + "123"[:digits]
    good += "x" * max(0, least - len(good))
    return Task(
        title=f"What is wrong with this {name}?",
        story=f"""
        A {name} is a text of {least} to {most} signs, with at least {digits}
        {"digit" if digits == 1 else "digits"} and without {shown_bad}. Complete `{name}`. For a text that
        fits it returns the text in capital letters. Otherwise it raises an error whose **message** says
        what is wrong. The first of these counts: for a wrong length a `ValueError` with the length in the
        message, such as `{most + 2} signs`; for {shown_bad} in it a `ValueError` with nothing but the place
        of the first one, from 0; for too few digits a `LookupError` with how many are missing, such as
        `1 missing`.

        *The message stands between the brackets of the error.* The checks use the function `said`, which
        gives name and message of the error.
        """,
        before=SAID,
        function=name,
        parameters="text",
        doc=f"Return the {name} in capital letters, or raise an error that says what is wrong.",
        body=f"""
        if len(text) < {least} or len(text) > {most}:
            raise ValueError(str(len(text)) + " signs")
        if {bad!r} in text:
            raise ValueError(text.index({bad!r}))
        count = 0
        for sign in text:
            if sign in "0123456789":
                count += 1
        if count < {digits}:
            raise LookupError(str({digits} - count) + " missing")
        return text.upper()
        """,
        answer=answer,
        call=asks("said", name),
        shown=[(good,), ("a",)],
        edges=[
            (("9" * least,), "The shortest length is allowed."),
            (("7" * most,), "The longest length is allowed."),
            (("9" * (least - 1),), "Look closely at a text that is too short."),
            (("8" * (most + 1),), "Look closely at a text that is too long."),
            (("x" * least,), "There may be no digit at all."),
            ((("90" + bad + "1" + bad + "234567")[: least + 1],), "The place of the first one is asked for."),
            (((bad + "123456789")[:least],), "It may stand at the very beginning."),
            (
                (letters[: least - digits] + "a" + "5" * (digits - 1),),
                "Look closely at the number of digits.",
            ),
            ((letters[: least - digits] + "6" * digits,), "Look closely at the number of digits."),
        ],
        more=[
            ("ab9" + "x" * (least - 2) + "07",),
            ("4" + letters[: most - 2],),
            (("abc12" + bad + "345678")[: least + 2],),
        ],
    )


def _all_faults(random: Random) -> Task:
    name, what = random.choice(
        [
            ("parcel", "a label of a parcel"),
            ("booking", "a booking"),
            ("recipe", "a card with a recipe"),
            ("entry", "a form for a race"),
            ("ticket", "a form for a ticket"),
        ]
    )
    a, b, c = random.sample(["weight", "size", "price", "age", "pages", "stops", "rooms"], 3)
    low, high, fit = random.randint(2, 9), random.randint(20, 60), random.randint(3, 9)
    told, code, value = random.choice(
        [
            (
                "the sum of the three numbers",
                f"card[{a!r}] + card[{b!r}] + card[{c!r}]",
                lambda x, y, z: sum([x, y, z]),
            ),
            (f"the `{b}` without the `{a}`", f"card[{b!r}] - card[{a!r}]", lambda x, y, z: -x + y),
            (f"the `{a}`, `{c}` times", f"card[{a!r}] * card[{c!r}]", lambda x, y, z: x * z),
        ]
    )

    def answer(card: dict[str, int]) -> object:
        faults = [key for key in (a, b, c) if key not in card]
        if not faults:
            faults += [a] * (card[a] <= low - 1) + [b] * (card[b] > high) + [c] * bool(card[c] % fit)
        return value(card[a], card[b], card[c]) if not faults else f"ValueError: {', '.join(faults)}"

    def card(*values: int) -> dict[str, int]:
        return dict(zip((a, b, c), values, strict=True))

    return Task(
        title=f"All faults of {what} at once",
        story=f"""
        Somebody who filled in {what} wants to hear of all faults at once. Complete `{name}`. It gets a
        dictionary `card`, which should have the numbers `{a}`, `{b}` and `{c}`. If one or more of these are
        **missing**, it raises a `ValueError` whose message has their names, in this order, with a comma and
        a space between them, such as `{a}, {c}`. If none is missing, it looks at the numbers: `{a}` must be
        at least {low}, `{b}` at most {high}, and `{c}` must be divisible by {fit}. If one or more of these
        are wrong, it raises a `ValueError` with their names in the same way. Otherwise it returns {told}.

        *Collect the names in a list before you raise.* The checks use the function `said`, which gives name
        and message of the error.
        """,
        before=SAID,
        function=name,
        parameters="card",
        doc="Return what is asked for of the card, or raise an error that names all faults.",
        body=f"""
        faults = []
        for key in [{a!r}, {b!r}, {c!r}]:
            if key not in card:
                faults.append(key)
        if not faults:
            if card[{a!r}] < {low}:
                faults.append({a!r})
            if card[{b!r}] > {high}:
                faults.append({b!r})
            if card[{c!r}] % {fit} != 0:
                faults.append({c!r})
        if faults:
            raise ValueError(", ".join(faults))
        return {code}
        """,
        answer=answer,
        call=asks("said", name),
        shown=[(card(low + 2, high - 3, 2 * fit),), ({b: 5},)],
        edges=[
            (({},), "Everything may be missing."),
            (({a: 0, c: 1},), "What is missing comes before what is wrong."),
            (({b: high + 1, a: low},), "What is missing comes before what is wrong."),
            ((card(low, high, fit),), "Look closely at the limits."),
            ((card(low - 1, high, fit),), "Look closely at what is just too small."),
            ((card(low, high + 1, fit),), "Look closely at what is just too large."),
            ((card(low - 1, high + 1, fit + 1),), "All of it may be wrong."),
            ((card(low + 1, 0, 0),), "0 is divisible by every number."),
        ],
        more=[
            (
                card(
                    random.randint(0, 2 * low),
                    random.randint(high - 5, high + 5),
                    random.randint(1, 4) * fit + extra,
                ),
            )
            for extra in (0, 0, 1, 0, 2)
        ]
        + [({**card(low + 5, 1, 3 * fit), "more": 1},)],
    )


DOORS = Family("door", "errors", by_level(_limits, _kinds, _words, _all_faults, lineage))
