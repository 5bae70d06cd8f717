"""Sets and dictionaries of people: in both, without repeats, the other way round, how often, and friends."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from learnflow_ext.exercises.families.friends import NAMES, circle
from learnflow_ext.exercises.families.making import Family, Task, by_level

_PAIRS = (
    ("the chess club", "the choir"),
    ("the bus", "the boat"),
    ("the morning course", "the evening course"),
    ("the blue team", "the green team"),
    ("the summer camp", "the winter camp"),
    ("the first party", "the second party"),
)
_VISITS = (
    ("a library", "readers", "came in"),
    ("a pool", "swimmers", "jumped in"),
    ("a café", "guests", "ordered"),
    ("a museum", "visitors", "bought a ticket"),
    ("a ferry", "passengers", "went on board"),
    ("a game", "players", "had a turn"),
)
_BELONGS = (
    ("locker", "lockers", "sports bag", ("ball", "racket", "skates")),
    ("garden bed", "beds", "plant", ("mint", "beans", "roses")),
    ("desk", "desks", "subject", ("maths", "art", "music")),
    ("tent", "tents", "group", ("owls", "foxes", "hares")),
    ("bicycle", "bicycles", "colour", ("red", "blue", "green")),
    ("table", "tables", "dish", ("soup", "pasta", "cake")),
)


class _Names:
    """A set of names that is always written in the same order."""

    def __init__(self, names: list[str]) -> None:
        self.names = sorted(names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self.names)) + "}" if self.names else "set()"


def _both(random: Random) -> Task:
    one, other = random.choice(_PAIRS)
    k = random.randint(2, 12)
    told, code, value = random.choice(
        [
            (f"how many people are in **both**, plus {k}", f"len(first & second) + {k}", 0),
            (f"how many different people there are in all, plus {k}", f"len(first | second) + {k}", 1),
            (f"how many people are only in {one}, times {k}", f"len(first - second) * {k}", 2),
            (
                f"how many people are in exactly one of the two, times {k}",
                f"len(first ^ second) * {k}",
                3,
            ),
        ]
    )

    def answer(first: set[str], second: set[str]) -> int:
        shared = [each for each in first if each in second]
        alone = len(first) - len(shared)
        return (
            k + len(shared),
            k + alone + len(second),
            sum([k] * alone),
            k * (alone + len(second) - len(shared)),
        )[value]

    def group() -> _Names:
        return _Names(random.sample(NAMES, random.randint(1, 6)))

    return Task(
        title="In one, or in both",
        story=random.choice(
            [
                f"""
        Two sets hold names: the first those of {one}, the second those of {other}. Complete `people`. It
        gets both sets, and returns {told}.

        *A set holds everything once. `a & b` is what is in both, `a | b` what is in either, `a - b` what is
        only in `a`, and `a ^ b` what is in one but not in the other.*
        """,
                f"""
        Who is in {one}, and who is in {other}? That is told by two **sets** of names. A set is like a list
        without order and without repeats. Complete `people`, so that it returns {told}.

        *Sets can be combined with `&` (and), `|` (or), `-` (without) and `^` (one or the other).*
        """,
            ]
        ),
        function="people",
        parameters="first, second",
        doc="Return what is asked for of the two sets.",
        body=f"return {code}",
        answer=lambda first, second: answer({*first}, {*second}),
        shown=[(_Names(["Ada", "Ben", "Cleo"]), _Names(["Ben", "Dan"])), (_Names(["Eve"]), _Names(["Eve"]))],
        edges=[
            ((_Names([]), _Names(["Ada", "Ben"])), "The first set may be empty."),
            ((_Names(["Ada"]), _Names([])), "The second set may be empty."),
            ((_Names([]), _Names([])), "Both sets may be empty."),
        ],
        more=[(group(), group()) for _ in range(7)],
    )


def _once(random: Random) -> Task:
    place, people, did = random.choice(_VISITS)
    k = random.randint(2, 3)
    told, start, test, gain, end, value = random.choice(
        [
            (
                "a list of the names without repeats, in the order in which they come first",
                "[]",
                "name not in seen",
                "result.append(name)",
                "result",
                lambda names: list(dict.fromkeys(names)),
            ),
            (
                "a list of those names that are repeats: the first time a name comes it is left out, and "
                "every further time it "
                "is in the list",
                "[]",
                "name in seen",
                "result.append(name)",
                "result",
                lambda names: [name for at, name in enumerate(names) if names.index(name) != at],
            ),
            (
                f"a number: {k} for every name that comes for the first time, and 1 more at the end",
                "0",
                "name not in seen",
                f"result += {k}",
                "result + 1",
                lambda names: 1 + k * len(dict.fromkeys(names)),
            ),
            (
                f"a number: {k} for every name that was there before",
                "0",
                "name in seen",
                f"result += {k}",
                "result",
                lambda names: sum(k for at, name in enumerate(names) if name in names[:at]),
            ),
        ]
    )
    rows = [random.choices(NAMES[:5], k=random.randint(3, 9)) for _ in range(7)]
    return Task(
        title=f"Again and again in {place}",
        story=f"""
        Whenever one of the {people} of {place} {did}, the name was written into a list, and some names are
        in it several times. Complete `looked_through`. It gets this list and returns {told}.

        *Put every name that you have seen into a set: `seen.add(name)`. Whether it is in there already,
        `in` tells.*
        """,
        function="looked_through",
        parameters="names",
        doc="Return what is asked for of the names.",
        body=f"""
        result = {start}
        seen = set()
        for name in names:
            if {test}:
                {gain}
            seen.add(name)
        return {end}
        """,
        answer=value,
        shown=[(["Ada", "Ben", "Ada", "Cleo", "Ada"],), (["Dan"],)],
        edges=[
            (([],), "An empty list should work as well."),
            ((["Eve", "Eve", "Eve", "Eve"],), "It may always be the same name."),
            ((["Ben", "Ada", "Ada", "Ben"],), "Repeats need not follow each other."),
        ],
        more=[(row,) for row in rows],
    )


def _inverted(random: Random) -> Task:
    thing, things, what, values = random.choice(_BELONGS)
    limit = random.randint(2, 12)
    kind = random.randrange(3)
    told, lines, end, value = [
        (
            f"a dictionary the other way round: under every {what} the sorted list of its numbers",
            ["if what not in found:", "    found[what] = []", "found[what].append(number)"],
            "found",
            lambda ns: ns,
        ),
        (
            f"a dictionary with every {what}, and how many {things} belong to it, where those with a "
            f"number above {limit} count "
            "twice",
            [
                "found[what] = found.get(what, 0) + 1",
                f"if number > {limit}:",
                "    found[what] += 1",
            ],
            "found",
            lambda ns: sum(2 if n >= limit + 1 else 1 for n in ns),
        ),
        (
            f"a dictionary with every {what} and the largest of its numbers, but only where that is at "
            f"least {limit}",
            [f"if number >= {limit}:", "    found[what] = number"],
            "found",
            lambda ns: ns[-1] if not ns[-1] < limit else None,
        ),
    ][kind]
    body = "\n".join(
        [
            "found = {}",
            "for number in sorted(table):",
            "    what = table[number]",
            *(f"    {line}" for line in lines),
            f"return {end}",
        ]
    )

    def answer(table: dict[int, str]) -> dict[str, Any]:
        found = {each: value(sorted(n for n in table if table[n] == each)) for each in table.values()}
        return {each: number for each, number in found.items() if number is not None}

    def table() -> dict[int, str]:
        return {
            n: random.choice(values) for n in random.sample(range(1, 2 * limit + 6), random.randint(3, 6))
        }

    first, second, third = values
    return Task(
        title=f"Which {things} belong together?",
        story=f"""
        A dictionary says for the number of every {thing} which {what} belongs to it, such as
        `{{4: {first!r}, 1: {second!r}}}`. Complete `other_way`. It gets this dictionary and returns {told}.

        *`sorted(table)` gives the numbers in order, and `table[number]` what belongs to one.*
        """,
        function="other_way",
        parameters="table",
        doc=f"Return a dictionary with an entry for every {what}.",
        body=body,
        answer=answer,
        shown=[({4: first, 1: second, 2: first},), ({limit + 5: third},)],
        edges=[
            (({},), "An empty dictionary should work as well."),
            (({limit: first, limit + 1: second, limit - 1: third},), "Look closely at the limit itself."),
            (
                ({limit + 9: second, limit + 3: second, limit + 7: second},),
                "The numbers may come in any order.",
            ),
        ],
        more=[(table(),) for _ in range(7)],
    )


def _often(random: Random) -> Task:
    least, k = random.randint(2, 3), random.randint(2, 4)
    place, people, _ = random.choice(_VISITS)
    time = random.choice(["day", "week", "month", "evening"])
    told, code, value = random.choice(
        [
            (
                f"the sorted list of all who were there on at least {least} {time}s",
                f"sorted([name for name in times if times[name] >= {least}])",
                lambda counts: [name for name in sorted(counts) if not counts[name] < least],
            ),
            (
                f"the sorted list of the first {k}, in the order of the alphabet, who were there on "
                f"exactly {least} {time}s",
                f"sorted([name for name in times if times[name] == {least}])[:{k}]",
                lambda counts: [name for name in sorted(counts) if counts[name] - least == 0][:k],
            ),
            (
                f"a dictionary of all who were there on at most {least} {time}s, with the number of "
                f"{time}s for each of them",
                f"{{name: times[name] for name in times if times[name] <= {least}}}",
                lambda counts: {name: n for name, n in counts.items() if not n > least},
            ),
        ]
    )

    def answer(days: list[list[str]]) -> Any:
        return value({name: sum(name in day for day in days) for name in {n for day in days for n in day}})

    def days() -> list[list[str]]:
        return [random.choices(NAMES[:6], k=random.randint(2, 5)) for _ in range(random.randint(3, 5))]

    many = [["Ada", "Ben", "Cleo", "Dan"]] * (least - 1)
    return Task(
        title=f"Who comes often to {place}?",
        story=f"""
        For {place} there is a list of lists: for every {time} a list of the {people} who were there. On one
        {time} a name may come several times, but that counts **once**. Complete `regulars`. It gets the
        list of lists, and returns {told}.

        *`set(names)` makes a set of a list, in which everything is there once.*
        """,
        function="regulars",
        parameters=f"{time}s",
        doc=f"Return what is asked for of the {people}.",
        body=f"""
        times = {{}}
        for names in {time}s:
            for name in set(names):
                times[name] = times.get(name, 0) + 1
        return {code}
        """,
        answer=answer,
        shown=[([["Ben", "Ada", "Ben"], ["Ada"], ["Ada", "Cleo"]],), ([["Dan", "Dan", "Dan"]],)],
        edges=[
            (([],), "There may be nothing in the list."),
            (([[], ["Eve"], []],), f"It may be that nobody was there on a {time}."),
            (([*many, ["Ben", "Ada"]],), "Look closely at how often is often enough."),
            (
                ([*many, ["Ben", "Ada"], ["Dan", "Ben"], ["Eve", "Finn"]],),
                "Look closely at how often it was.",
            ),
            (
                ([["Finn", "Eve", "Dan", "Cleo", "Ben", "Ada"]] * least,),
                "All may have been there equally often.",
            ),
        ],
        more=[(days(),) for _ in range(7)],
    )


CLUBS = Family("club", "data_structures", by_level(_both, _once, _inverted, _often, circle))
