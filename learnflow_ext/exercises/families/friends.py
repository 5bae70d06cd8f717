"""Friends, and friends of friends: the hardest task of the family in `clubs`."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Task

_FRIENDS = (
    ("friends", "is a friend of"),
    ("neighbours", "lives next door to"),
    ("pen pals", "writes letters to"),
    ("team mates", "plays together with"),
    ("chess partners", "plays chess with"),
)
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana")


def circle(random: Random) -> Task:
    """Who is reached over how many others."""
    kind, does = random.choice(_FRIENDS)
    told, code, value = random.choice(
        [
            ("as a sorted list", "sorted(known)", lambda names: sorted(names)),
            ("as a number: how many they are", "len(known)", lambda names: sum(1 for _ in names)),
            (
                "as one text: the names in the order of the alphabet, with `, ` between them",
                '", ".join(sorted(known))',
                lambda names: ", ".join(sorted(names)),
            ),
        ]
    )
    whole = random.random() < 0.5
    every = (
        "everybody who can be reached from `start` over any number of such pairs, one after the other, "
        f"without `start` itself: the {kind}, their {kind}, and so on"
    )
    second = (
        f"everybody who is reached in exactly two pairs from `start`: the {kind} of the {kind}, without "
        f"`start` and without those who are {kind} of `start` already"
    )
    asked = every if whole else second

    def answer(pairs: list[tuple[str, str]], start: str) -> Any:
        near: dict[str, set[str]] = {}
        for one, other in pairs:
            near.setdefault(one, set()).add(other)
            near.setdefault(other, set()).add(one)
        first = near.get(start, set())
        found = first | {start}
        for _ in pairs if whole else [0]:
            found = found.union(*(near[each] for each in found if each in near))
        return value(found - {start} if whole else found - first - {start})

    if whole:
        body = f"""
        known = {{start}}
        size = 0
        while len(known) > size:
            size = len(known)
            for one, other in pairs:
                if one in known or other in known:
                    known.add(one)
                    known.add(other)
        known.remove(start)
        return {code}
        """
    else:
        body = f"""
        first = set()
        for one, other in pairs:
            if one == start:
                first.add(other)
            if other == start:
                first.add(one)
        known = set()
        for one, other in pairs:
            if one in first:
                known.add(other)
            if other in first:
                known.add(one)
        known = known - first - {{start}}
        return {code}
        """
    chain = [("Ada", "Ben"), ("Cleo", "Dan"), ("Cleo", "Ben"), ("Eve", "Dan"), ("Gus", "Hana")]

    def pairs() -> list[tuple[str, str]]:
        found = []
        for _ in range(random.randint(4, 8)):
            one, other = random.sample(NAMES, 2)
            found.append((one, other))
        return found

    return Task(
        title=f"{kind.capitalize()}, and their {kind}",
        story=f"""
        A list holds pairs of names: the first {does} the second, and the second {does} the first as well.
        Complete `circle`. It gets this list and a name, `start`. It finds {asked}. It returns them {told}.

        *Collect the names in a set: what is added twice is in it once.*
        """,
        function="circle",
        parameters="pairs, start",
        doc=f"Return who is found among the {kind} of somebody.",
        body=body,
        answer=answer,
        shown=[(chain, "Ada"), (chain, "Gus")],
        edges=[
            (([], "Ada"), "There may be no pairs."),
            ((chain, "Finn"), "Somebody may be in no pair."),
            ((chain, "Ben"), "It goes both ways."),
            ((chain, "Eve"), "It goes both ways."),
            ((chain, "Dan"), "It goes both ways."),
            (([*chain, ("Dan", "Ada")], "Cleo"), "There may be several ways to somebody."),
            (([("Ada", "Ben"), ("Ben", "Cleo"), ("Ada", "Cleo")], "Ada"), "All may know each other."),
            (([("Ben", "Ada"), ("Ada", "Ben")], "Ada"), "A pair may come twice."),
            (
                ([("Eve", "Dan"), ("Dan", "Cleo"), ("Cleo", "Ben"), ("Ben", "Ada")], "Ada"),
                "The pairs may come in any order.",
            ),
        ],
        more=[(pairs(), random.choice(NAMES)) for _ in range(9)],
    )
