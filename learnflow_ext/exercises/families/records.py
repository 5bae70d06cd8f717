"""Records: dictionaries with several facts each, looked at, chosen, changed, sorted, and brought together."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level

_THINGS = (
    ("a zoo", "animal", "weight", "kilograms", ("otter", "heron", "lynx", "bison", "mole")),
    ("a bicycle shop", "bicycle", "price", "euros", ("comet", "arrow", "pearl", "storm", "spark")),
    ("a library", "book", "pages", "pages", ("Dunes", "Harbour", "Winter", "Owls", "Silence")),
    ("a garden", "plant", "height", "centimetres", ("mint", "lily", "fern", "rose", "thyme")),
    ("a fleet", "ship", "crew", "people", ("Albatross", "Swan", "Gull", "Heron", "Tern")),
    ("a festival", "band", "length", "minutes", ("Foxes", "Pines", "Echo", "Rivers", "Lanterns")),
)
_PLACES = ("north", "south", "east", "west")
Record = dict[str, Any]


def _all(random: Random, names: tuple[str, ...], key: str, top: int, count: int) -> list[Record]:
    return [
        {"name": name, key: random.randint(1, top), "place": random.choice(_PLACES)}
        for name in random.sample(names, count)
    ]


def _one(random: Random) -> Task:
    where, thing, key, unit, names = random.choice(_THINGS)
    k = random.randint(2, 20)
    told, code, value = random.choice(
        [
            (f"its {key} plus {k}", f'{thing}["{key}"] + {k}', lambda r: k + r[key]),
            (f"{k} times its {key}", f'{thing}["{key}"] * {k}', lambda r: sum([r[key]] * k)),
            (
                f"the text of its name, ` in the `, and its place, such as `{names[0]} in the north`",
                f'{thing}["name"] + " in the " + {thing}["place"]',
                lambda r: " in the ".join([r["name"], r["place"]]),
            ),
            (
                f"how many letters its name has, plus its {key}",
                f'len({thing}["name"]) + {thing}["{key}"]',
                lambda r: r[key] + sum(1 for _ in r["name"]),
            ),
        ]
    )
    rows = [_all(random, names, key, 90, 1)[0] for _ in range(8)]
    return Task(
        title=f"The card of one {thing}",
        story=f"""
        In {where} there is a card for every {thing}: a dictionary with three keys, `"name"`, `"{key}"` (a
        number of {unit}) and `"place"`. Complete `read`. It gets such a card and returns {told}.

        *What stands under a key is found with square brackets: `{thing}["name"]`.*
        """,
        function="read",
        parameters=thing,
        doc=f"Return what is asked for of the {thing}.",
        body=f"return {code}",
        answer=value,
        shown=[
            ({"name": names[0], key: 12, "place": "north"},),
            ({"name": names[1], key: 3, "place": "east"},),
        ],
        edges=[(({"name": "", key: 0, "place": "west"},), "An empty name, and 0, should work as well.")],
        more=[(row,) for row in rows],
    )


def _some(random: Random) -> Task:
    where, thing, key, unit, names = random.choice(_THINGS)
    limit, k = random.randint(10, 40), random.randint(2, 9)
    place = random.choice(_PLACES)
    which, test, fits = random.choice(
        [
            (f"with at least {limit} {unit}", f'{thing}["{key}"] >= {limit}', lambda r: not r[key] < limit),
            (f"with fewer than {limit} {unit}", f'{thing}["{key}"] < {limit}', lambda r: not r[key] >= limit),
            (f"whose place is `{place}`", f'{thing}["place"] == "{place}"', lambda r: r["place"] in (place,)),
        ]
    )
    told, start, gain, value = random.choice(
        [
            (
                "a list of their names",
                "[]",
                f'result.append({thing}["name"])',
                lambda rs: [r["name"] for r in rs],
            ),
            (
                f"how many {unit} they have together",
                "0",
                f'result += {thing}["{key}"]',
                lambda rs: sum(r[key] for r in rs),
            ),
            (f"{k} for each of them", "0", f"result += {k}", lambda rs: k * len(rs)),
        ]
    )
    rows = [_all(random, names, key, 2 * limit, random.randint(2, 5)) for _ in range(8)]
    near = [
        {"name": names[at], key: limit + at - 1, "place": each}
        for at, each in enumerate(("north", "south", "east", "west"))
    ]
    both = [
        *near,
        {"name": names[4], key: limit, "place": "a hill"},
        {"name": "Zed", key: 1, "place": "yard"},
    ]
    return Task(
        title=f"Some {thing}s of {where}",
        story=f"""
        {where.capitalize()} has a list of cards, one for each {thing}. A card is a dictionary with the keys
        `"name"`, `"{key}"` (a number of {unit}) and `"place"`. Complete `chosen`. It gets the list and
        looks at the {thing}s {which}. It returns {told}.
        """,
        function="chosen",
        parameters="cards",
        doc=f"Return what is asked for of those {thing}s.",
        body=f"""
        result = {start}
        for {thing} in cards:
            if {test}:
                {gain}
        return result
        """,
        answer=lambda cards: value([each for each in cards if fits(each)]),
        shown=[
            (
                [
                    {"name": names[0], key: limit + 5, "place": place},
                    {"name": names[1], key: 4, "place": "hall"},
                ],
            ),
            ([{"name": names[2], key: 2, "place": "hall"}],),
        ],
        edges=[
            (([],), "An empty list should work as well."),
            ((both,), "Look closely at every card."),
            (([near[1]],), "Look closely at the limit itself."),
        ],
        more=[(row,) for row in rows],
    )


def _changed(random: Random) -> Task:
    where, thing, key, unit, names = random.choice(_THINGS)
    k, limit = random.randint(2, 9), random.randint(10, 40)
    rule, lines, value = random.choice(
        [
            (
                f"{k} are added to its {key}, but it never becomes more than {limit}",
                [f'each["{key}"] = min({limit}, each["{key}"] + {k})'],
                lambda n: sorted([limit, n + k])[0],
            ),
            (
                f"{k} are taken off its {key}, but it never becomes less than 0",
                [f'each["{key}"] = max(0, each["{key}"] - {k})'],
                lambda n: n - k if n > k else 0,
            ),
            (
                f"its {key} is doubled if it is below {limit}, and stays as it is otherwise",
                [f'if each["{key}"] < {limit}:', f'    each["{key}"] = each["{key}"] * 2'],
                lambda n: n if not n < limit else n + n,
            ),
        ]
    )
    inner = "\n".join(f"        {line}" for line in lines)

    def answer(cards: list[Record], name: str) -> tuple[list[Record], list[Record]]:
        after = [{**each, key: value(each[key])} if each["name"] == name else each for each in cards]
        return after, after

    rows = [(_all(random, names, key, limit + k, 4), random.choice(names)) for _ in range(8)]
    two = [{"name": name, key: limit, "place": "north"} for name in ("Kim", "Abe", "Kim", "Zoe")]
    near = [{"name": "Kim", key: limit - k + at, "place": "west"} for at in (-1, 0, 1)]
    more = [
        {"name": "Kim", key: number, "place": "east"}
        for number in (limit - 1, limit + 1, 0, 1, k - 1, k, k + 1)
    ]
    return Task(
        title=f"A change for one {thing}",
        story=f"""
        {where.capitalize()} has a list of cards, one for each {thing}: dictionaries with the keys `"name"`,
        `"{key}"` (a number of {unit}) and `"place"`. Complete `change`. It gets the list and a name. On
        **every** card with this name {rule}. The cards in the list are changed themselves; other cards are
        left alone, and a name that is not there changes nothing. At the end it returns the list.

        The function `seen` is there already. It calls `change`, and returns two things: what `change` gave
        back, and the list afterwards.
        """,
        before='''
def seen(cards, name):
    """Return what change gives back, and the list after it."""
    result = change(cards, name)
    return result, cards
''',
        function="change",
        parameters="cards, name",
        doc=f"Change the cards of this {thing}, and return the list.",
        body=f'for each in cards:\n    if each["name"] == name:\n{inner}\nreturn cards',
        answer=answer,
        call=lambda cards, name: f"seen({cards!r}, {name!r})",
        shown=[
            (
                [{"name": names[0], key: 8, "place": "north"}, {"name": names[1], key: 9, "place": "east"}],
                names[1],
            ),
            ([{"name": names[2], key: 7, "place": "south"}], "nobody"),
        ],
        edges=[
            (([], "Kim"), "An empty list should work as well."),
            ((two, "Kim"), "Several cards may have the same name."),
            ((near, "Kim"), "Look closely at the limit."),
            ((more, "Kim"), "Look closely at the limit, and at small numbers."),
        ],
        more=rows,
    )


def _sorted(random: Random) -> Task:
    where, thing, key, unit, names = random.choice(_THINGS)
    top, limit = random.randint(2, 3), random.randint(5, 25)
    up = random.random() < 0.5
    order = f"the smallest {key} first" if up else f"the largest {key} first"
    sign = "" if up else "-"
    told, code, value = random.choice(
        [
            ("names", 'each["name"]', lambda r: r["name"]),
            ("texts of name, `: ` and number", f"f\"{{each['name']}}: {{each['{key}']}}\"", None),
            ("places", 'each["place"]', lambda r: r["place"]),
        ]
    )

    def answer(cards: list[Record]) -> list[str]:
        rest = sorted(
            (r for r in cards if not r[key] < limit), key=lambda r: (r[key] if up else -r[key], r["name"])
        )
        return [value(r) if value else ": ".join([r["name"], str(r[key])]) for r in rest[:top]]

    def row() -> list[Record]:
        return [
            {"name": name, key: random.choice([limit - 1, limit, limit + 1, limit + 9]), "place": place}
            for name, place in zip(random.sample(names, 4), random.sample(_PLACES, 4), strict=True)
        ]

    tie = [
        {"name": name, key: limit, "place": place}
        for name, place in zip(sorted(names)[::-1], _PLACES, strict=False)
    ]
    return Task(
        title=f"The first {thing}s by {key}",
        story=f"""
        {where.capitalize()} has a list of cards, one for each {thing}: dictionaries with the keys `"name"`,
        `"{key}"` (a number of {unit}) and `"place"`. Complete `first_ones`. It gets the list. Cards with
        fewer than {limit} {unit} are left out. The others are put in order, {order}, and equal ones by
        their names. It returns a list of the {told} of the first {top}.

        *`sorted(cards, key=...)` needs a function that says by what to sort. A pair, such as
        `(number, name)`, is sorted by its first part, and by its second where the first is equal.*
        """,
        function="first_ones",
        parameters="cards",
        doc=f"Return what is asked for of the first {thing}s.",
        body=f"""
        result = []
        for each in sorted(cards, key=lambda card: ({sign}card["{key}"], card["name"])):
            if each["{key}"] >= {limit}:
                result.append({code})
        return result[:{top}]
        """,
        answer=answer,
        shown=[
            (
                [
                    {"name": names[0], key: limit + 3, "place": "north"},
                    {"name": names[1], key: limit + 8, "place": "east"},
                    {"name": names[2], key: 1, "place": "west"},
                ],
            ),
            ([{"name": names[3], key: 2, "place": "south"}],),
        ],
        edges=[
            (([],), "An empty list should work as well."),
            ((tie,), "Several may have the same number."),
            (([{"name": "Kim", key: limit - 1, "place": "south"}, tie[0]],), "Look closely at the limit."),
        ],
        more=[(row(),) for _ in range(8)],
    )


def _joined(random: Random) -> Task:
    where, thing, key, unit, names = random.choice(_THINGS)
    k, limit = random.randint(2, 9), random.randint(5, 25)
    worth = random.choice(["points", "fees", "stars", "days"])
    missing = random.randint(2, 9)
    none = f"a place without an entry counts {missing}"
    told, gain, value = random.choice(
        [
            (
                f"the sum of `{worth}` of its place and its {key}",
                f'table.get(each["place"], {missing}) + each["{key}"]',
                lambda w, n: n + w,
            ),
            (
                f"its {key} times the `{worth}` of its place, plus {k}",
                f'each["{key}"] * table.get(each["place"], {missing}) + {k}',
                lambda w, n: k + w * n,
            ),
            (
                f"its {key} less the `{worth}` of its place",
                f'each["{key}"] - table.get(each["place"], {missing})',
                lambda w, n: -w + n,
            ),
        ]
    )

    def answer(cards: list[Record], rows: list[Record]) -> dict[str, int]:
        found = {row["place"]: row[worth] for row in rows}
        pairs = [(r["name"], value(found.get(r["place"], missing), r[key])) for r in cards]
        return {name: number for name, number in pairs if number >= limit + 1}

    def places() -> list[Record]:
        return [{"place": each, worth: random.randint(1, 9)} for each in random.sample(_PLACES, 3)]

    card = {"name": names[0], key: 12, "place": "north"}
    near = [{"name": f"N{at}", key: at, "place": "hill"} for at in range(limit - 9 * k, limit + 10 + k)]
    return Task(
        title=f"Two tables about {thing}s",
        story=f"""
        There are two lists of dictionaries. The first has a card for each {thing} of {where}, with
        `"name"`, `"{key}"` (a number of {unit}) and `"place"`. The second says for places how many
        `"{worth}"` they have: `{{"place": "north", "{worth}": 3}}`. If a place is there twice, the later
        one counts, and {none}. Complete `together`. It gets both lists and returns a dictionary: under the
        name of each {thing}, {told}. What comes to {limit} or less is left out.

        *Make a dictionary of the second list first, so that you can look up a place.*
        """,
        function="together",
        parameters="cards, places",
        doc=f"Return a number for the name of each {thing}.",
        body=f"""
        table = {{}}
        for each in places:
            table[each["place"]] = each["{worth}"]
        result = {{}}
        for each in cards:
            number = {gain}
            if number > {limit}:
                result[each["name"]] = number
        return result
        """,
        answer=answer,
        shown=[
            ([card, {"name": names[1], key: limit + 20, "place": "east"}], [{"place": "north", worth: 3}]),
            ([{"name": names[2], key: 1, "place": "west"}], [{"place": "west", worth: 1}]),
        ],
        edges=[
            (([], []), "Both lists may be empty."),
            ((near, []), "Look closely at the limit, and at places without an entry."),
            (
                (
                    [card, {**card, "name": "Kim"}],
                    [{"place": "north", worth: 5}, {"place": "north", worth: 8}],
                ),
                "The later one counts.",
            ),
        ],
        more=[(_all(random, names, key, 2 * limit, 4), places()) for _ in range(8)],
    )


RECORDS = Family("record", "data_structures", by_level(_one, _some, _changed, _sorted, _joined))
