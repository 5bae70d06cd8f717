"""Libraries: what `math`, `statistics`, `datetime`, `collections`, `itertools` and `re` already can."""

from __future__ import annotations

import re
from datetime import date, timedelta
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level

_LAYERS = (
    ("tiles", "a square floor", "tiles"),
    ("paint", "a square wall", "cans"),
    ("seeds", "a square field", "bags"),
    ("grass", "a square lawn", "rolls"),
    ("carpet", "a square hall", "pieces"),
    ("glass", "a square window", "panes"),
)
_SERIES = (
    ("temperatures", "degrees", "a weather station"),
    ("times", "seconds", "a swimming club"),
    ("weights", "grams", "an apple farm"),
    ("scores", "points", "a chess club"),
    ("lengths", "millimetres", "a workshop"),
    ("waits", "minutes", "a ferry"),
)
_EVENTS = (
    ("library", "a book is lent on a day", "has to be back"),
    ("garden", "seeds are sown on a day", "are ready"),
    ("passport", "a passport is asked for on a day", "is ready"),
    ("cheese", "a cheese is made on a day", "may be eaten"),
    ("club", "somebody joins a club on a day", "has to pay"),
    ("repair", "a bicycle is brought on a day", "can be fetched"),
)
_BAGS = (
    ("votes", "the names of pets that people voted for"),
    ("orders", "the dishes that were ordered in a restaurant"),
    ("birds", "the birds that somebody saw on a walk"),
    ("colours", "the colours of the cars in a street"),
    ("songs", "the songs that were wished for at a party"),
    ("tools", "the tools that were borrowed in a week"),
)
_TWICE = "Numbers may be the same."
_THINGS = ("ash", "elm", "fir", "oak", "yew")
_CODES = (
    ("ticket", "T", "the tickets of a fair"),
    ("shelf", "S", "the shelves of a store"),
    ("gate", "G", "the gates of an airport"),
    ("room", "R", "the rooms of a school"),
    ("berth", "B", "the berths of a harbour"),
    ("locker", "L", "the lockers of a pool"),
)


def _days(number: int) -> str:
    return (date(2024, 1, 1) + timedelta(days=number)).isoformat()


def _math(random: Random) -> Task:
    name, what, packs = random.choice(_LAYERS)
    covers, extra = random.randint(3, 12), random.randint(1, 6)
    kind = random.randrange(3)
    told, code, answer = [
        (
            f"how many {packs} are needed, when each is enough for {covers} square metres, and "
            f"{extra} more are "
            "bought to be safe. It gets the length of a side in metres",
            f"math.ceil(size * size / {covers}) + {extra}",
            lambda n: -(-n * n // covers) + extra,
        ),
        (
            f"how long a side is in whole metres (what is left over is dropped), plus {extra}. It "
            f"gets how many "
            f"{packs} there are, each of which is enough for {covers} square metres",
            f"math.isqrt(size * {covers}) + {extra}",
            lambda n: max(s for s in range(1000) if s * s <= n * covers) + extra,
        ),
        (
            f"how many {packs} can be given to each of some workers, in the largest equal parts "
            f"that go into both "
            f"`size` and {covers * 6} (their greatest common divisor), plus {extra}",
            f"math.gcd(size, {covers * 6}) + {extra}",
            lambda n: max(d for d in range(1, 200) if n % d == 0 and covers * 6 % d == 0) + extra,
        ),
    ][kind]
    return Task(
        title=f"{name.capitalize()} for {what}",
        story=f"""
        Somebody needs {name} for {what}. Complete `{name}`, so that it returns {told}.

        *Look into the module `math`: it has {("`ceil`", "`isqrt`", "`gcd`")[kind]}.*
        """,
        before="import math",
        function=name,
        parameters="size",
        doc="Return the number that is asked for.",
        body=f"return {code}",
        answer=answer,
        shown=[(6,), (10,)],
        edges=[((1,), "1 should work as well."), ((covers,), "It may come out even.")],
        more=[(each,) for each in random.sample(range(2, 90), 9)],
    )


def _statistics(random: Random) -> Task:
    name, unit, place = random.choice(_SERIES)
    k, low = random.randint(2, 9), random.randint(3, 20)

    def middle(numbers: list[int]) -> int:
        return sorted(numbers)[len(numbers) // 2]

    told, code, answer = random.choice(
        [
            (
                f"the median of the {name}, plus {k}",
                f"statistics.median(numbers) + {k}",
                lambda ns: k + middle(ns),
            ),
            (
                f"how many of the {name} are more than {k} {unit} above their median",
                f"len([n for n in numbers if n > statistics.median(numbers) + {k}])",
                lambda ns: sum(1 for n in ns if n - middle(ns) >= k + 1),
            ),
            (
                f"the median of those {name} that are at least {low} {unit}, times {k}; 0 if there are none",
                None,
                lambda ns: k * middle([n for n in ns if not n < low]) if max(ns) >= low else 0,
            ),
        ]
    )
    body = (
        f"chosen = [n for n in numbers if n >= {low}]\nif not chosen:\n    return 0\n"
        f"return statistics.median_high(chosen) * {k}"
        if code is None
        else f"return {code}"
    )
    if code is None:
        told += " (if two stand in the middle, the larger one, which `median_high` gives)"

    above = " above " in told

    def row() -> list[int]:
        return [random.randint(0, 3 * low) for _ in range(random.choice([3, 5, 7, 9]))]

    return Task(
        title=f"The {name} of {place}",
        story=f"""
        From {place} comes a list of {name} in {unit}; their number is odd. Complete `{name}`. It returns
        {told}.

        *The module `statistics` has functions for this.*
        """,
        before="import statistics",
        function=name,
        parameters="numbers",
        doc=f"Return what is asked for of the {name}.",
        body=body,
        answer=answer,
        shown=[([low + 4, 1, low + 9],), ([low],)],
        edges=[
            (([low + 1, low - 1, low],), "The list need not be in order."),
            (
                ([low - 1],),
                "A single number should work as well."
                if code is not None
                else "Look closely at the smallest number that counts.",
            ),
            (([10, 10, 10 + k],), f"Look closely at what is exactly {k} above." if above else _TWICE),
            (([10, 10, 11 + k],), f"Look closely at what is just more than {k} above." if above else _TWICE),
            (([low, 0, 0],), "A number may be just large enough." if code is None else _TWICE),
            (([low, low + 2, low + 2, low, 0],), "Two may stand in the middle." if code is None else _TWICE),
        ],
        more=[(row(),) for _ in range(7)],
    )


def _dates(random: Random) -> Task:
    name, scene, ready = random.choice(_EVENTS)
    days, k = random.randint(9, 80), random.randint(1, 9)
    kind = random.randrange(3)

    def first_monday(text: str) -> str:
        day = date.fromisoformat(text)
        return next(
            (day + timedelta(n)).isoformat()
            for n in range(days, days + 8)
            if (day + timedelta(n)).weekday() == 0
        )

    told, body, answer = [
        (
            f"the day on which it {ready}, {days} days later, as a text of the same kind",
            f"later = day + timedelta(days={days})\nreturn later.isoformat()",
            lambda text: date.fromordinal(date.fromisoformat(text).toordinal() + days).isoformat(),
        ),
        (
            f"the first Monday on which it {ready}, at the earliest {days} days later, as a text of the same "
            "kind",
            f"later = day + timedelta(days={days})\nwhile later.weekday() != 0:\n"
            "    later = later + timedelta(days=1)\nreturn later.isoformat()",
            first_monday,
        ),
        (
            f"a list of two numbers: the year in which it {ready}, {days} days later, and the month of "
            f"that day plus {k}",
            f"later = day + timedelta(days={days})\nreturn [later.year, later.month + {k}]",
            lambda text: [
                int(part) + add
                for part, add in zip(
                    (date.fromisoformat(text) + timedelta(days=days)).isoformat().split("-")[:2],
                    (0, k),
                    strict=True,
                )
            ],
        ),
    ][kind]
    return Task(
        title=f"When it {ready}",
        story=f"""
        In this exercise {scene}, which is given as a text such as `2026-03-09`: year, month, day. Complete
        `{name}`. It gets that text and returns {told}.

        *`date.fromisoformat` makes a date of the text, and a `timedelta` can be added to it.
        `weekday()` is 0 on Mondays.*
        """,
        before="from datetime import date, timedelta",
        function=name,
        parameters="text",
        doc=f"Return when it {ready}.",
        body=f"day = date.fromisoformat(text)\n{body}",
        answer=answer,
        shown=[("2026-03-09",), ("2026-11-30",)],
        edges=[
            (("2024-02-01",), "A February may have 29 days."),
            (("2025-12-31",), "It may go on past the end of the year."),
        ],
        more=[(_days(each),) for each in random.sample(range(900), 8)],
    )


def _counting(random: Random) -> Task:
    name, what = random.choice(_BAGS)
    top, least = random.randint(2, 3), random.randint(2, 3)
    k = random.randint(2, 9)
    kind = random.randrange(3)

    def pairs(things: list[str]) -> list[tuple[str, int]]:
        return sorted(((each, things.count(each)) for each in set(things)), key=lambda p: (-p[1], p[0]))

    told, lines, answer = [
        (
            f"a dictionary with those that occur at least {least} times, and how often, times {k}",
            [
                "result = {}",
                "for thing in counts:",
                f"    if counts[thing] >= {least}:",
                f"        result[thing] = counts[thing] * {k}",
                "return result",
            ],
            lambda things: {each: k * n for each, n in pairs(things) if not n < least},
        ),
        (
            f"the names of the {top} that occur most often, the most frequent first, and equally "
            f"frequent ones in "
            "the order of the alphabet",
            [
                "names = sorted(counts, key=lambda thing: (-counts[thing], thing))",
                f"return names[:{top}]",
            ],
            lambda things: [each for each, _ in pairs(things)[:top]],
        ),
        (
            f"how many different ones occur at least {least} times, plus {k}",
            [
                f"result = {k}",
                "for thing in counts:",
                f"    if counts[thing] >= {least}:",
                "        result += 1",
                "return result",
            ],
            lambda things: k + sum(1 for _, n in pairs(things) if n > least - 1),
        ),
    ][kind]
    capital = random.random() < 0.5
    body = ["counts = Counter(thing.lower() for thing in things)" if capital else "counts = Counter(things)"]

    def row() -> list[str]:
        some = random.choices(_THINGS, k=random.randint(6, 11))
        return [each.title() if capital and random.random() < 0.4 else each for each in some]

    few = ["elm"] * least + ["oak"] * (least - 1)
    big = " Capital and small letters make no difference: all are counted as small." if capital else ""
    return Task(
        title=f"Counting {name}",
        story=f"""
        A list holds {what}.{big} Complete `{name}`. It gets the list and returns {told}.

        *`Counter(things)`, from the module `collections`, counts everything in one step.*
        """,
        before="from collections import Counter",
        function=name,
        parameters="things",
        doc="Return what is asked for of the list.",
        body="\n".join([*body, *lines]),
        answer=lambda things: answer([each.lower() for each in things] if capital else things),
        shown=[(["oak", "elm", "oak", "oak", "elm", "elm", "fir"],), (["yew"],)],
        edges=[
            (([],), "An empty list should work as well."),
            ((few,), "Look closely at how often is often enough."),
            ((["oak", "elm", "ash", "yew"],), "All may be equally frequent."),
            *([((["Oak", "oak", "OAK"],), "Capital letters make no difference.")] if capital else []),
        ],
        more=[(row(),) for _ in range(7)],
    )


def _patterns(random: Random) -> Task:
    name, letter, what = random.choice(_CODES)
    digits, k = random.randint(2, 4), random.randint(1, 9)
    told, code, value = random.choice(
        [
            (
                "a list of their numbers, as they come",
                "[int(number) for number in found]",
                lambda ns: list(ns),
            ),
            (
                f"the sum of their numbers, plus {k}",
                f"sum(int(number) for number in found) + {k}",
                lambda ns: k + sum(ns),
            ),
            (
                "a sorted list of their numbers, each only once",
                "sorted({int(number) for number in found})",
                lambda ns: [n for n in range(10**digits) if n in ns],
            ),
            (
                f"how many there are, times {k + 1}",
                f"len(found) * {k + 1}",
                lambda ns: sum(k + 1 for _ in ns),
            ),
        ]
    )
    sign = random.choice(["-", "/", "_", "="])

    def answer(text: str) -> Any:
        found = []
        for place in range(len(text)):
            end = place + 2 + digits
            number = text[place + 2 : end]
            if text[place : place + 2] == letter + sign and len(number) == digits and number.isdigit():
                if not text[end : end + 1].isdigit():
                    found.append(int(number))
        return value(found)

    def code_of() -> str:
        size = random.choice([digits, digits, digits, digits + 1, digits - 1])
        first = random.choice([letter, letter, letter, letter.lower(), "X"])
        return f"{first}{sign}{''.join(random.choices('0123456789', k=size))}"

    def text() -> str:
        return ", ".join(code_of() for _ in range(random.randint(3, 6)))

    one = f"{letter}{sign}" + "123456"[:digits]
    other = f"{letter}{sign}" + "987654"[:digits]
    return Task(
        title=f"Codes in a text: {name}",
        story=f"""
        For {what} there are codes such as `{one}`: `{letter}`, `{sign}` and exactly {digits} digits. No
        further digit follows. Complete `{name}`. It gets a text in which such codes stand among
        other things, and
        returns {told}.

        *In `re`, `\\d{{{digits}}}` means {digits} digits, brackets say which part is wanted, and `(?!\\d)`
        that no digit follows.*
        """,
        before="import re",
        function=name,
        parameters="text",
        doc="Return what is asked for of the codes in the text.",
        body=(
            f'found = re.findall(r"{re.escape(letter + sign)}(\\d{{{digits}}})(?!\\d)", text)\nreturn {code}'
        ),
        answer=answer,
        shown=[(f"{one} and {other}",), ("nothing here",)],
        edges=[
            (("",), "The text may be empty."),
            ((f"{one}7 {other}",), "One digit more makes it another code."),
            ((f"{one[:-1]} {other}",), "One digit fewer makes it another code."),
            ((f"{one.lower()}, {other}",), "A small letter makes it another code."),
            ((f"{other}.{one}.{other}",), "The same code may come twice."),
        ],
        more=[(text(),) for _ in range(7)],
    )


FAMILIES = (Family("library", "libraries", by_level(_math, _statistics, _dates, _counting, _patterns)),)
