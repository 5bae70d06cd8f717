"""Lists that a file keeps from one run to the next: two tasks of the family in `memories`."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.makers import CONTENT, FRESH, in_turn
from learnflow_ext.exercises.families.making import Task

_LISTS = (
    (
        "shopping",
        "Three sisters never know whether there is any milk left at home, and so they write down what to buy",
        ("milk", "eggs", "rice", "soap", "figs"),
    ),
    (
        "packing",
        "Whoever sleeps in the mountains should not forget the rope again, as everybody did last summer",
        ("tent", "map", "rope", "lamp", "mug"),
    ),
    (
        "chores",
        "When grandmother comes on Sunday the whole flat should shine, but nobody likes to begin",
        ("bins", "dishes", "floor", "plants", "post"),
    ),
    (
        "setup",
        "Last time the singer stood in the dark and no drum was heard, so a band checks all before it plays",
        ("amp", "mic", "drums", "light", "cable"),
    ),
    (
        "revision",
        "An exam is coming, and Amir goes from topic to topic with a cup of tea in his hand",
        ("loops", "lists", "files", "tests", "sets"),
    ),
    (
        "baking",
        "A class bakes bread for the school fair, and half of what it needs is still in the shop",
        ("flour", "yeast", "salt", "seeds", "honey"),
    ),
    (
        "repairs",
        "In a cellar lie parts of nine old bicycles, and every Friday volunteers mend some of them",
        ("brake", "chain", "bell", "tyre", "pump"),
    ),
)
_DESKS = (
    (
        "lend",
        "A school's library lends out what pupils like to read in bed, on the bus and in boring lessons.",
        "book",
        ("Emma", "Ulysses", "Momo", "Dune"),
    ),
    (
        "rent",
        "Under the stairs of a large house stand old bicycles, which all neighbours may ride.",
        "bicycle",
        ("red", "blue", "old", "cargo"),
    ),
    (
        "borrow",
        "At a music school nobody has to buy a harp before they know whether they like its sound.",
        "instrument",
        ("flute", "cello", "drum", "harp"),
    ),
    (
        "reserve",
        "A youth centre is full of noise: one group acts, another one cooks, and a third one paints.",
        "room",
        ("stage", "kitchen", "attic", "studio"),
    ),
    (
        "take",
        "On wet afternoons the shelf in the canteen is empty within minutes, as everybody wants to play.",
        "game",
        ("Go", "Chess", "Risk", "Uno"),
    ),
    (
        "hire",
        "Eight families of a village own a drill together, and much else that is seldom needed.",
        "tool",
        ("drill", "ladder", "saw", "tent"),
    ),
    (
        "wear",
        "Before a play at school everybody would like to try on the crown, but there is a single one.",
        "costume",
        ("crown", "cape", "mask", "wig"),
    ),
)


def todo(random: Random) -> Task:
    """What is open and what is done: the file is changed line by line."""
    name, lead, every = random.choice(_LISTS)
    a, b, c, d, e = random.sample(every, 5)
    done, open_ = random.choice([("[x]", "[ ]"), ("+", "-"), ("(done)", "(open)"), ("*", "o")])
    told, code, value = random.choice(
        [
            (
                "how many are open now",
                f"len([row for row in rows if row[0] == '{open_}'])",
                lambda rows: sum(not ready for ready in rows.values()),
            ),
            (
                "a list of what is open now, in the order of the file",
                f"[row[1] for row in rows if row[0] == '{open_}']",
                lambda rows: [n for n, ready in rows.items() if not ready],
            ),
            (
                "a text such as `2/5`: how many are done, and how many there are",
                f"str(len([row for row in rows if row[0] == '{done}'])) + '/' + str(len(rows))",
                lambda rows: f"{sum(rows.values())}/{len(rows)}",
            ),
        ]
    )

    def answer(text: str | None, *calls: tuple[str]) -> list[Any]:
        rows = {n: mark == done for mark, n in (line.rsplit(" ", 1) for line in (text or "").splitlines())}
        found = []
        for (what,) in calls:
            if what == "":
                rows = {n: ready for n, ready in rows.items() if not ready}
            else:
                rows[what] = not rows.get(what, True)
            found.append(value(rows))
        return [*found, "".join(f"{done if ready else open_} {n}\n" for n, ready in rows.items())]

    def case(count: int) -> tuple[Any, ...]:
        return (None, *((random.choice([*every, *every, ""]),) for _ in range(count)))

    return Task(
        title=f"Done or open: {name}",
        story=f"""
        {lead}. There is a list of all that in a file, so that nobody loses it. Each line is a mark, a space
        and a word: `{open_} {a}` is open, `{done} {b}` is done. Complete `{name}`. It gets the name of the
        file, which may not be there yet, and a word. A word that is not in the file comes to its end, and is
        open. One that is open becomes done, and one that is done becomes open again; it keeps its place. With
        the empty text `""` instead of a word, all that are done go out of the file. The file is written anew
        each time, and `{name}` returns {told}.

        *Make a list of pairs of all lines, change it, and write all of it. `line.rsplit(" ", 1)` cuts at the
        last space.* The checks use `fresh` and `content`, which are there already.
        """,
        before=FRESH + CONTENT,
        function=name,
        parameters="name, word",
        doc="Change the list in the file, and return what is asked for.",
        body=f"""
        rows = []
        if Path(name).exists():
            with open(name, encoding="utf-8") as file:
                for line in file:
                    rows.append(line.strip().rsplit(" ", 1))
        if not word:
            rows = [row for row in rows if row[0] == "{open_}"]
        elif word not in [row[1] for row in rows]:
            rows.append(["{open_}", word])
        else:
            for row in rows:
                if row[1] == word:
                    row[0] = "{open_}" if row[0] == "{done}" else "{done}"
        with open(name, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(row[0] + " " + row[1] + "\\n")
        return {code}
        """,
        answer=answer,
        call=in_turn(name, f"{name}.txt"),
        shown=[(None, (a,), (b,)), (f"{open_} {c}\n{done} {d}\n", (c,))],
        edges=[
            ((None, (a,), (a,), (a,)), "Done may become open again."),
            ((f"{open_} {c}\n{done} {d}\n{open_} {e}\n", (d,), (e,)), "Each should keep its place."),
            ((f"{open_} {c}\n{done} {d}\n{done} {e}\n{open_} {b}\n", ("",)), "Only what is done goes out."),
            ((None, ("",)), "There may be nothing yet."),
            ((f"{done} {d}\n", ("",), (d,)), "What went out may come again."),
            (("", (e,)), "The file may be empty."),
        ],
        more=[case(4), case(6), case(8), (f"{done} {a}\n{done} {b}\n{open_} {c}\n", (c,), (a,))],
    )


def lending(random: Random) -> Task:
    """Who has what, with rules for who may have it."""
    name, lead, thing, every = random.choice(_DESKS)
    a, b, c, d = random.sample(every, 4)
    most = random.randint(1, 2)
    full, taken = random.choice(["enough", "no more", "too many"]), random.choice(["taken", "out", "gone"])
    by_name = random.random() < 0.5
    order, key = (
        ("by the people, and then by the " + thing, ", key=lambda row: (row[1], row[0])")
        if by_name
        else ("by the " + thing, "")
    )
    limit = f"another {thing}" if most == 1 else f"{most} others"

    def answer(text: str | None, *calls: tuple[str, str]) -> list[Any]:
        held = dict(line.split(";") for line in (text or "").splitlines())
        found = []
        for what, who in calls:
            if who == "":
                said: Any = held.pop(what, "")
            elif what in held:
                said = taken if held[what] != who else who
            elif list(held.values()).count(who) >= most:
                said = full
            else:
                said = held[what] = who
            found.append(said)
        rows = sorted(held.items(), key=lambda row: row[::-1] if by_name else row)
        return [*found, "".join(f"{what};{who}\n" for what, who in rows)]

    def case(count: int) -> tuple[Any, ...]:
        return (
            None,
            *((random.choice(every), random.choice(["Kim", "Lou", "Pat", "Kim", ""])) for _ in range(count)),
        )

    return Task(
        title=f"Who has which {thing}?",
        story=f"""
        {lead} A file says who has what: a line such as `{a};Kim` for each {thing} that is out, sorted
        {order}. What is not in the file is free. Complete `{name}`. It gets the name of the file, which may
        not be there yet, the {thing} that is wanted, and the name of a person. When somebody else has that
        {thing}, it returns `"{taken}"`. When this person has it already, nothing changes, and it returns the
        name. When this person has {limit} already, it returns `"{full}"`: nobody may have more. Otherwise
        the {thing} belongs to this person from now on, and it returns the name. With the empty name `""` the
        {thing} is brought back: it returns who had it, or `""` if nobody did. Then the file is written anew.

        *Read the file into a dictionary, from each {thing} to a name.* The checks use `fresh` and `content`,
        which are there already.
        """,
        before=FRESH + CONTENT,
        function=name,
        parameters=f"name, {thing}, who",
        doc=f"Note who has the {thing}, and return what is asked for.",
        body=f"""
        held = {{}}
        if Path(name).exists():
            with open(name, encoding="utf-8") as file:
                for line in file:
                    what, owner = line.strip().split(";")
                    held[what] = owner
        if not who:
            said = held.pop({thing}, "")
        elif {thing} in held:
            said = who if held[{thing}] == who else "{taken}"
        elif list(held.values()).count(who) >= {most}:
            said = "{full}"
        else:
            held[{thing}] = who
            said = who
        with open(name, "w", encoding="utf-8") as file:
            for what, owner in sorted(held.items(){key}):
                file.write(what + ";" + owner + "\\n")
        return said
        """,
        answer=answer,
        call=in_turn(name, "desk.txt"),
        shown=[(None, (a, "Kim"), (a, "Lou")), (f"{b};Pat\n", (b, ""))],
        edges=[
            ((None, (a, "Kim"), (b, "Kim"), (c, "Kim")), "Look closely at how many somebody may have."),
            ((None, (d, "Lou"), (d, "Lou"), (a, "Lou")), "Who has it already keeps it."),
            ((None, (d, "Lou"), (d, "Kim"), (d, "Ada"), (d, "Zoe")), "Somebody else may have it."),
            ((None, (c, "")), "It may be that nobody has had it."),
            (
                (None, (a, "Pat"), (b, "Pat"), (c, "Pat"), (a, ""), (c, "Pat")),
                "What is brought back can be had again.",
            ),
            ((None, (d, "Ada"), (c, "Zoe"), (b, "Kim"), (a, "Kim")), "Look closely at the order."),
            (
                (None, (a, "Ada"), (b, "Ada"), (c, "Kim"), (c, "Ada")),
                "Look closely at which rule comes first.",
            ),
            (("", (a, "Kim")), "The file may be empty."),
        ],
        more=[case(4), case(5), case(7), case(9)],
    )
