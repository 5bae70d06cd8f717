"""More libraries: what `calendar`, `json`, `itertools`, `csv`, `datetime` and `collections` already can."""

from __future__ import annotations

import json
from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.watches import watch

_BILLS = (
    ("rent", "a parking place", "cents"),
    ("feed", "a cat", "grams of food"),
    ("milk", "a café", "litres of milk"),
    ("steps", "a hiker", "kilometres"),
    ("water", "a garden", "buckets of water"),
    ("pages", "a diary", "pages"),
)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MESSAGES = (
    ("weather", "a weather station", "place", ("Oslo", "Bern", "Lima"), "rain"),
    ("player", "a game", "name", ("Ada", "Ben", "Cleo"), "scores"),
    ("parcel", "a post office", "town", ("Graz", "Lyon", "York"), "weights"),
    ("class", "a school", "teacher", ("Diaz", "Okoro", "Lund"), "absent"),
    ("train", "a railway", "line", ("Coast", "Valley", "Harbour"), "delays"),
    ("hive", "a beekeeper", "field", ("Clover", "Lime", "Heather"), "honey"),
)
_CHOICES = (
    ("weights", "stones of a scale", "grams", "lie on it"),
    ("prices", "dishes of a menu", "euros", "are ordered"),
    ("lengths", "boards of a shed", "centimetres", "are put end to end"),
    ("tones", "bells of a tower", "steps", "ring together"),
    ("ages", "people of a club", "years", "form a group"),
    ("points", "cards of a game", "points", "are played"),
)
_TABLES = (
    ("sales", "article", "pieces", ("tea", "tea, green", "rice", "rice, brown", "salt")),
    ("trips", "town", "kilometres", ("Rome", "Rome, NY", "Paris", "Paris, TX", "Lima")),
    ("readers", "book", "readers", ("Alps", "Alps, the", "Birds", "Birds, small", "Cats")),
    ("plants", "plant", "pots", ("mint", "mint, wild", "rose", "rose, red", "sage")),
)


def _leap(year: int) -> bool:
    return year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)


def _calendar(random: Random) -> Task:
    name, what, unit = random.choice(_BILLS)
    k, more = random.randint(2, 12), random.randint(2, 30)
    kind = random.randrange(3)

    def days(year: int, month: int) -> int:
        return _LENGTHS[month - 1] + (month == 2 and _leap(year))

    told, code, answer = [
        (
            f"how many {unit} that is in one month. For each of its days it is {k}, and {more} more for "
            "the whole month",
            f"calendar.monthrange(year, month)[1] * {k} + {more}",
            lambda y, m: more + sum([k] * days(y, m)),
        ),
        (
            f"how many {unit} that is in one month without its last {min(more, 9)} days, with {k} for each "
            "of the others",
            f"(calendar.monthrange(year, month)[1] - {min(more, 9)}) * {k}",
            lambda y, m: sum([k] * (days(y, m) - min(more, 9))),
        ),
        (
            f"how many {unit} are left of {k * 100} at the end of one month, when each of its days takes {k}",
            f"{k * 100} - calendar.monthrange(year, month)[1] * {k}",
            lambda y, m: k * (100 - days(y, m)),
        ),
    ][kind]
    months = [(random.randint(1990, 2060), month) for month in random.sample(range(1, 13), 7)]
    return Task(
        title=f"A month of {what}",
        story=f"""
        It is about {unit} for {what}. Complete `{name}`. It gets a year and a month as numbers (`2026, 3`
        is March 2026) and returns {told}.

        *Not every month has the same length, and a February may have 29 days. The module `calendar` knows
        it: `calendar.monthrange(year, month)` gives two numbers, and the second is the number of days.*
        """,
        before="import calendar",
        function=name,
        parameters="year, month",
        doc="Return the number that is asked for.",
        body=f"return {code}",
        answer=answer,
        shown=[(2026, 3), (2026, 4)],
        edges=[
            ((2025, 2), "A February has 28 days most of the time."),
            ((2024, 2), "In some years February has 29 days."),
            ((1900, 2), "In the year 1900 February had 28 days."),
            ((2000, 12), "The last month of the year should work as well."),
        ],
        more=months,
    )


def _json(random: Random) -> Task:
    name, sender, key, values, listed = random.choice(_MESSAGES)
    limit, k = random.randint(5, 30), random.randint(2, 9)
    sign = random.choice([": ", " has ", " - ", "="])
    told, code, value = random.choice(
        [
            ("their sum", "sum(numbers)", lambda ns: sum(ns)),
            (f"how many there are, times {k}", f"len(numbers) * {k}", lambda ns: sum(k for _ in ns)),
            (
                f"how many of them are above {limit}",
                f"len([n for n in numbers if n > {limit}])",
                lambda ns: sum(1 for n in ns if n >= limit + 1),
            ),
            (f"the largest of them, plus {k}", f"max(numbers) + {k}", lambda ns: k + sorted(ns)[-1]),
        ]
    )

    def text(first: str, numbers: list[int]) -> str:
        return json.dumps({key: first, listed: numbers})

    def row() -> list[int]:
        return [random.randint(0, 2 * limit) for _ in range(random.randint(1, 5))]

    def answer(given: str) -> str:
        found = json.loads(given)
        return sign.join([found[key], str(value(found[listed]))])

    return Task(
        title=f"A message from {sender}",
        story=f"""
        From {sender} comes a message, a text in the form that is called JSON:
        `{text(values[0], [limit, 3])}`. It looks like a dictionary, but it is a text. Complete
        `{name}_line`. It gets such a text and returns another: the `{key}`, then `{sign}`, then a number
        that it finds out from the list of numbers under `{listed}`: {told}. There is always at least one
        number.

        *`json.loads` makes a dictionary of the text. The letter `s` stands for string.*
        """,
        before="import json",
        function=f"{name}_line",
        parameters="text",
        doc="Return a line about the message.",
        body=f"""
        message = json.loads(text)
        numbers = message["{listed}"]
        result = {code}
        return f"{{message['{key}']}}{sign}{{result}}"
        """,
        answer=answer,
        shown=[(text(values[0], [limit + 2, 3]),), (text(values[1], [limit - 4]),)],
        edges=[
            ((text(values[2], [limit, limit + 1]),), "Look closely at the numbers."),
            ((text(values[0], [limit]),), "Look closely at the numbers."),
            ((text("", [7, 7, 7]),), "A text in it may be empty."),
            ((text(values[1], [0]),), "0 is a number."),
        ],
        more=[(text(random.choice(values), row()),) for _ in range(6)],
    )


def _combinations(random: Random) -> Task:
    name, what, unit, together = random.choice(_CHOICES)
    size, limit = random.choice([2, 2, 3]), random.randint(12, 40)
    number = {2: "two", 3: "three"}[size]
    told, start, gain, value = random.choice(
        [
            (f"how many choices come to at most {limit}", "0", "result += 1", lambda sums: len(sums)),
            (
                f"the largest number not above {limit} that a choice comes to, or 0 if there is none",
                "0",
                "result = max(result, sum(choice))",
                lambda sums: max([0, *sums]),
            ),
            (
                f"a list of the sums of all choices that come to at most {limit}, in the order in which "
                "`combinations` gives them",
                "[]",
                "result.append(sum(choice))",
                lambda sums: sums,
            ),
        ]
    )

    def sums(row: list[int]) -> list[int]:
        places = range(len(row))
        if size == 2:
            return [row[a] + row[b] for a in places for b in places if b > a]
        return [row[a] + row[b] + row[c] for a in places for b in places for c in places if c > b > a]

    half = limit // size
    rest = limit - half * (size - 1)

    def row() -> list[int]:
        return [random.randint(1, limit // size + 8) for _ in range(random.randint(size, 6))]

    return Task(
        title=f"Choosing {number}: {name}",
        story=f"""
        A list holds the {name} of some {what}, in {unit}. Always **{number}** of them {together}: each such
        choice comes to the sum of its {unit}. Complete `choices`. It gets the list, looks at all possible
        choices of {number}, and returns {told}. The same number at two places of the list is two different
        things.

        *`combinations({name}, {size})`, from the module `itertools`, gives every choice of {number} once.*
        """,
        before="from itertools import combinations",
        function="choices",
        parameters=name,
        doc=f"Return what is asked for of all choices of {number}.",
        body=f"""
        result = {start}
        for choice in combinations({name}, {size}):
            if sum(choice) <= {limit}:
                {gain}
        return result
        """,
        answer=lambda numbers: value([each for each in sums(numbers) if not each > limit]),
        shown=[([5, 6, 1, limit],), ([limit, limit, 1],)],
        edges=[
            (([],), "An empty list should work as well."),
            (([3],), "There may be too few for a choice."),
            (([half] * (size - 1) + [rest],), "Look closely at the limit itself."),
            (([half] * (size - 1) + [rest + 1],), "Look closely at what is just above the limit."),
            (([half] * (size - 1) + [rest - 1],), "Look closely at what is just below the limit."),
            (([4, 4, 4, 4],), "The same number may be there several times."),
        ],
        more=[(row(),) for _ in range(7)],
    )


def _csv(random: Random) -> Task:
    name, key, unit, values = random.choice(_TABLES)
    least, k = random.randint(3, 9), random.randint(2, 6)
    other = random.choice(["note", "day", "place"])
    told, code, start, value = random.choice(
        [
            (f"the sum of its {unit}", "number", 0, lambda ns: sum(ns)),
            (
                f"the sum of its {unit}, and {k} more for each of its lines",
                f"number + {k}",
                0,
                lambda ns: sum(ns) + k * len(ns),
            ),
            (f"the sum of its {unit}, beginning at {k} and not at 0", "number", k, lambda ns: sum(ns, k)),
        ]
    )

    def line(first: str, number: int) -> str:
        quoted = f'"{first}"' if "," in first else first
        return f"{quoted},{random.choice(['', 'x', 'new', 'old'])},{number}\n"

    head = f"{key},{other},{unit}\n"

    def answer(text: str) -> dict[str, int]:
        found: dict[str, list[int]] = {}
        for row in text.splitlines()[1:]:
            first, _, number = row.rsplit(",", 2)
            if int(number) > least - 1:
                found.setdefault(first.strip('"'), []).append(int(number))
        return {each: value(numbers) for each, numbers in found.items()}

    def table() -> str:
        rows = (
            line(random.choice(values), random.randint(0, 2 * least + 3)) for _ in range(random.randint(3, 7))
        )
        return head + "".join(rows)

    a, b, c, *_ = values
    return Task(
        title=f"A table with commas: {name}",
        story=f"""
        A table program writes its tables as texts. The first line has the names of the columns, here
        `{head.strip()}`, and each line after it a value for each column. Commas stand between them, and
        what has a comma **in** it stands between quotation marks: `"{b}",new,{least + 3}`. So `split` is
        not enough, but the module `csv` can do it. Complete `totals`. It gets the whole text and returns a
        dictionary: under each {key}, {told}. Lines with fewer than {least} {unit} do not count.

        *`csv.DictReader(text.splitlines())` gives each line as a dictionary, in which every value is a
        text.*
        """,
        before="import csv",
        function="totals",
        parameters="text",
        doc=f"Return a number for each {key}.",
        body=f"""
        found = {{}}
        for row in csv.DictReader(text.splitlines()):
            number = int(row["{unit}"])
            if number >= {least}:
                found[row["{key}"]] = found.get(row["{key}"], {start}) + {code}
        return found
        """,
        answer=answer,
        shown=[
            (f'{head}{a},new,{least + 2}\n"{b}",,{least + 3}\n{a},old,{least + 1}\n',),
            (f"{head}{c},x,1\n",),
        ],
        edges=[
            ((head,), "There may be no line below the names."),
            ((f"{head}{c},,{least}\n",), "Look closely at the smallest number that counts."),
            ((f"{head}{c},,{least - 1}\n{a},,{least + 1}\n",), "Look closely at what is just too little."),
            (
                (f'{head}"{b}",x,{least + 4}\n"{b}",x,{least + 5}\n{a},x,50',),
                "A value may have a comma in it.",
            ),
        ],
        more=[(table(),) for _ in range(6)],
    )


MODULES = Family("module", "libraries", by_level(_calendar, _json, _combinations, _csv, watch))
