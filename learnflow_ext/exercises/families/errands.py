"""Orders to a store, some of which fail: the hardest task of the family in `stores`."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Task
from learnflow_ext.exercises.families.outcomes import OUTCOME

SHOPS = (
    ("pantry", "a pantry", "grams", ("rice", "salt", "flour", "oats")),
    ("toolbox", "a toolbox", "pieces", ("nails", "screws", "hooks", "bolts")),
    ("aquarium", "an aquarium", "fish", ("guppies", "tetras", "carp", "eels")),
    ("nursery", "a garden centre", "plants", ("ferns", "roses", "ivy", "mint")),
    ("wardrobe", "a theatre wardrobe", "costumes", ("kings", "witches", "cats", "knights")),
)


def taken(random: Random) -> Task:
    """One order after the other, with errors of one family noted down."""
    name, what, unit, things = random.choice(SHOPS)
    k, most = random.randint(2, 5), random.randint(2, 4)
    a, b, c, d = things

    def answer(store: dict[str, int], orders: list[tuple[str, int]]) -> list[Any]:
        now, done, faults = dict(store), 0, []
        for thing, count in orders:
            if thing not in now:
                fault = "Unknown"
            elif now[thing] < count:
                fault = "Short"
            else:
                now[thing] -= count
                done += 1
                continue
            faults.append(f"{fault} {thing}")
            if len(faults) >= most:
                return ["Stopped", len(faults), now]
        return [[done * k, faults], len(faults), now]

    def orders(count: int) -> list[tuple[str, int]]:
        return [(random.choice((*things, "moss")), random.randint(1, 9)) for _ in range(count)]

    return Task(
        title=f"Orders for {what}",
        story=f"""
        There are three errors already: `Unknown` and `Short` are both kinds of `Trouble`, and `Stopped` is
        none. `serve(store, thing, count)` is there as well: it takes {unit} out of the dictionary, or
        raises `Unknown(thing)` or `Short(thing)`. Complete `{name}`. It gets such a dictionary, a list of
        orders (pairs of a thing and a count), and a list `faults`, which is empty at first. It calls
        `serve` for one order after the other. For every kind of `Trouble` it puts a text at the end of
        `faults`: the name of the error, a space and the thing, such as `Short {a}`. As soon as `faults` has
        {most} texts, it raises `Stopped`, and no order follows. At the end it returns {k} points for each
        order that went well.

        *`type(error).__name__` is an error's name, and `str(error)` what it was made with.* The checks use
        `outcome`, and look at the list and the dictionary afterwards.
        """,
        before=f'''
{OUTCOME.strip()}


class Trouble(Exception):
    """Something that can be wrong with an order."""


class Unknown(Trouble):
    """There is no such thing."""


class Short(Trouble):
    """There is not enough of it."""


class Stopped(Exception):
    """Too much went wrong."""


def serve(store, thing, count):
    """Take some out of the store."""
    if thing not in store:
        raise Unknown(thing)
    if store[thing] < count:
        raise Short(thing)
    store[thing] -= count
''',
        function=name,
        parameters="store, orders, faults",
        doc="Return the points, and note what went wrong; raise Stopped when that is too much.",
        body=f"""
        points = 0
        for thing, count in orders:
            try:
                serve(store, thing, count)
                points += {k}
            except Trouble as error:
                faults.append(type(error).__name__ + " " + str(error))
                if len(faults) >= {most}:
                    raise Stopped()
        return points
        """,
        answer=lambda store, orders: _seen(answer(store, orders), store, orders, k, most),
        call=lambda store, orders: f"(lambda s, f: [outcome({name}, s, {orders!r}, f), f, s])({store!r}, [])",
        shown=[({a: 9, b: 4}, [(a, 3), (c, 1)]), ({b: 5}, [(b, 5)])],
        edges=[
            (({a: 3}, []), "There may be no orders."),
            (({a: 9, b: 4}, [(a, 3), (b, 2), (a, 6)]), "All of them may go well."),
            (({a: 3}, [(a, 4), (a, 3), (a, 1)]), "Look closely at how many there are."),
            (({}, [(d, 1)] * most), f"Look closely at {most} faults."),
            (({}, [(d, 1)] * (most - 1)), f"Look closely at {most - 1} faults."),
            (({b: 9}, [(d, 1)] * most + [(b, 1)]), "After `Stopped` no order follows."),
        ],
        more=[({a: 9, b: 7, c: 12}, orders(count)) for count in (3, 4, 5, 6, 8)],
    )


def _seen(
    found: list[Any], store: dict[str, int], orders: list[tuple[str, int]], k: int, most: int
) -> list[Any]:
    """[result or error, the faults, the store] from what `found` says, counted anew."""
    left = dict(store)
    faults: list[str] = []
    for thing, count in orders:
        if len(faults) == most:
            break
        if left.get(thing, -1) >= count:
            left[thing] -= count
        else:
            faults.append(("Short " if thing in left else "Unknown ") + thing)
    return ["Stopped" if found[0] == "Stopped" else found[0][0], faults, left]
