"""Files in which a program remembers from one run to the next: counters, records, lists, and who has what."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.files import CONTENT
from learnflow_ext.exercises.families.making import Family, Task, by_level

FRESH = '''
from pathlib import Path


def fresh(name, text=None):
    """Make sure that there is no such file, or one with this text, and return its name."""
    Path(name).unlink(missing_ok=True)
    if text is not None:
        Path(name).write_text(text, encoding="utf-8")
    return name
'''
_COUNTERS = (
    ("visit", "A web page counts how often somebody looks at it", "visits"),
    ("launch", "A program counts how often it was started", "starts"),
    ("brew", "A coffee machine counts its cups", "cups"),
    ("stamp", "A swimming pool has a card for every guest", "stamps"),
    ("ride", "A merry-go-round counts its rides, also over night", "rides"),
    ("cross", "A bridge counts the bicycles that cross it", "bicycles"),
)
_SPORTS = (
    (
        "jump",
        "Where the sand of the beach is soft, Ida and her cousins run up, jump, and measure with a rope.",
        "centimetres",
        True,
    ),
    (
        "throw",
        "On the meadow behind the school everybody throws an old boot as far as possible, just for fun.",
        "metres",
        True,
    ),
    (
        "sprint",
        "From the gate to the tall oak and back again, Femi wants to be faster than all his friends.",
        "seconds",
        False,
    ),
    (
        "dive",
        "In a swimming pool somebody counts aloud while the others hold their breath under water.",
        "seconds",
        True,
    ),
    (
        "solve",
        "Grandfather made a wooden puzzle that nobody has put together yet before the tea was cold.",
        "minutes",
        False,
    ),
    (
        "stack",
        "With wooden blocks on a shaky table, two sisters build one tower after the other until it falls.",
        "blocks",
        True,
    ),
    (
        "climb",
        "The stairs of a lighthouse are steep, and whoever touches the lamp at the top stops the clock.",
        "seconds",
        False,
    ),
    (
        "skip",
        "In every break a rope turns in the school yard, and whoever trips hands it to the next one.",
        "jumps",
        True,
    ),
)
_RECENT = (
    ("search", "An app shows what was looked for last", ("tea", "moon", "judo", "rome", "kiwi")),
    ("play", "A radio shows the songs that it played last", ("blues", "waltz", "tango", "polka", "rumba")),
    ("call", "A telephone remembers whom somebody called last", ("ada", "ben", "cleo", "dan", "eve")),
    ("cook", "A family would rather not eat the same every day", ("soup", "rice", "pizza", "stew", "salad")),
    (
        "sit",
        "A club draws lots for who tidies up, and would rather not take the same ones again",
        ("kim", "lou", "max", "nia", "oli"),
    ),
)
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


def _asks(function: str, file: str) -> Callable[..., str]:
    """A test makes the calls one after the other, and looks into the file at the end."""

    def asked(text: str | None, *calls: tuple[Any, ...]) -> str:
        said = "" if text is None else f", {text!r}"
        names = [f"fresh({file!r}{said})", *[repr(file)] * (len(calls) - 1)]
        each = [
            f"{function}({', '.join([n, *map(repr, values)])})"
            for n, values in zip(names, calls, strict=True)
        ]
        return f"[{', '.join(each)}, content({file!r})]"

    return asked


def _counter(random: Random) -> Task:
    name, lead, things = random.choice(_COUNTERS)
    first, k = random.randint(3, 40), random.randint(2, 9)
    rule, code, step = random.choice(
        [
            (f"adds {k} to the number that is in it", f"number = int(file.read()) + {k}", lambda n: k + n),
            (
                f"doubles the number that is in it and adds {k}",
                f"number = int(file.read()) * 2 + {k}",
                lambda n: n + n + k,
            ),
            (
                f"takes {k} away from the number that is in it, but never goes below 0",
                f"number = max(0, int(file.read()) - {k})",
                lambda n: n - k if n > k else 0,
            ),
        ]
    )

    def answer(text: str | None, *calls: Any) -> list[Any]:
        numbers = []
        for _ in calls:
            number = first if text is None else step(int(text))
            text = str(number)
            numbers.append(number)
        return [*numbers, text]

    return Task(
        title=f"A file that counts {things}",
        story=f"""
        {lead}. The number of {things} is kept in a file, so that it is still known when everything was
        switched off. Complete `{name}`. It gets the name of the file. When there is **no such file yet** it
        makes one with the number {first}; otherwise it {rule}, and writes the new number in its place. In the
        file stands nothing but the number. It returns the number that is in the file now.

        *`Path(name).exists()` says whether there is such a file. To read and to write, open it twice.* The
        checks use `fresh` and `content`, which are there already.
        """,
        before=FRESH + CONTENT,
        function=name,
        parameters="name",
        doc=f"Count, and return the number of {things}.",
        body=f"""
        number = {first}
        if Path(name).exists():
            with open(name, encoding="utf-8") as file:
                {code}
        with open(name, "w", encoding="utf-8") as file:
            file.write(str(number))
        return number
        """,
        answer=answer,
        call=_asks(name, f"{name}.txt"),
        shown=[(None, ()), ("12", ())],
        edges=[
            ((None, (), (), ()), "It should work again and again."),
            (("0", ()), "0 in the file is a number too."),
            ((str(k), ()), "Look closely at small numbers."),
            ((f"{k + 1}\n", (), ()), "There may be an end of the line behind the number."),
        ],
        more=[(None, (), ()), ("100", (), ()), (str(first), ()), ("7", (), (), (), ())],
    )


def _record(random: Random) -> Task:
    name, lead, unit, large = random.choice(_SPORTS)
    low, k = random.randint(10, 40), random.randint(2, 5)
    best, sign = ("largest", ">") if large else ("smallest", "<")
    told, lines, value = random.choice(
        [
            (
                "`True` when it is a new record, and `False` otherwise",
                ("return True", "return False"),
                lambda new, old, n: new,
            ),
            (
                f"how many {unit} lie between it and the old record when it is a new one, and 0 otherwise",
                (f"return {'number - old' if large else 'old - number'}", "return 0"),
                lambda new, old, n: abs(n - old) if new else 0,
            ),
            (
                "the record that holds after that",
                ("return number", "return old"),
                lambda new, old, n: n if new else old,
            ),
        ]
    )
    start = {"`T": "True", "how": "0", "the": "number"}[told[:2] if told[0] == "`" else told[:3]]

    def answer(text: str | None, *calls: tuple[int]) -> list[Any]:
        found = []
        for (number,) in calls:
            if text is None:
                text, said = str(number), {"True": True, "0": 0, "number": number}[start]
            else:
                old = int(text)
                new = old != (max if large else min)(old, number)
                said = value(new, old, number)
                text = str(number) if new else text
            found.append(said)
        return [*found, text]

    def case(count: int) -> tuple[Any, ...]:
        return (None, *((random.randint(low, low + 9),) for _ in range(count)))

    better, worse = (1, -1) if large else (-1, 1)
    return Task(
        title=f"The record in a file: {name}",
        story=f"""
        {lead} The record is kept in a file: a single whole number of {unit}, the {best} so far. Complete
        `{name}`. It gets the name of the file and a number of {unit}. Where there is no file yet, the number
        is the first record, is written into the file, and `{name}` returns
        {"the number" if start == "number" else f"`{start}`"}. Otherwise it returns {told}. Only a number that
        is {"larger" if large else "smaller"} than the record is a new one, and is written in its place; the
        file stays as it is for all others.

        *Read first, compare then, and write only when it is needed.* The checks use `fresh` and `content`,
        which are there already.
        """,
        before=FRESH + CONTENT,
        function=name,
        parameters="name, number",
        doc="Keep the record in the file.",
        body=f"""
        if not Path(name).exists():
            with open(name, "w", encoding="utf-8") as file:
                file.write(str(number))
            return {start}
        with open(name, encoding="utf-8") as file:
            old = int(file.read())
        if number {sign} old:
            with open(name, "w", encoding="utf-8") as file:
                file.write(str(number))
            {lines[0]}
        {lines[1]}
        """,
        answer=answer,
        call=_asks(name, "record.txt"),
        shown=[(None, (low,)), (str(low), (low + better * 3,))],
        edges=[
            ((f"{low}\n", (low,)), "Where there is no new record, the file stays as it is."),
            ((str(low), (low + worse,)), "Look closely at what is a record."),
            ((str(low), (low + better,)), "Look closely at what is a record."),
            (
                (None, (low,), (low + worse * 2,), (low + better * 2,), (low + better,)),
                "It should work again and again.",
            ),
            ((f"{low}\n", (low + better * k,)), "There may be an end of the line behind the number."),
        ],
        more=[case(2), case(3), case(4), case(6)],
    )


def _recent(random: Random) -> Task:
    name, lead, every = random.choice(_RECENT)
    a, b, c, d, e = random.sample(every, 5)
    most = random.randint(2, 4)
    again, lines, move = random.choice(
        [
            ("moves to the front", ("words = [each for each in words if each != word]",), True),
            ("stays where it is, and nothing changes", ("if word in words:", "    return words"), False),
        ]
    )

    def answer(text: str | None, *calls: tuple[str]) -> list[Any]:
        words, found = (text or "").split("\n"), []
        words = [each for each in words if each]
        for (word,) in calls:
            if move or word not in words:
                words = [word, *(each for each in words if each != word)][:most]
            found.append(list(words))
        return [*found, "".join(f"{each}\n" for each in words)]

    def case(count: int) -> tuple[Any, ...]:
        return (None, *((random.choice(every),) for _ in range(count)))

    body = [
        "words = []",
        "if Path(name).exists():",
        '    with open(name, encoding="utf-8") as file:',
        "        words = file.read().splitlines()",
        *lines,
        f"words = [word, *words][:{most}]",
        'with open(name, "w", encoding="utf-8") as file:',
        "    for each in words:",
        '        file.write(each + "\\n")',
        "return words",
    ]
    return Task(
        title=f"The last {most}: {name}",
        story=f"""
        {lead}. A file keeps them: one word in each line, the newest first, and **never more than {most}**.
        Complete `{name}`. It gets the name of the file, which may not be there yet, and a word. A new word
        comes to the front, and the oldest goes when there would be more than {most}. A word that is in the
        file already {again}. `{name}` returns a list of the words that are in the file afterwards.

        *Opened with `"w"`, a file begins anew: read everything before.* The checks use `fresh` and `content`,
        which are there already.
        """,
        before=FRESH + CONTENT,
        function=name,
        parameters="name, word",
        doc="Put the word into the file, and return all that are in it.",
        body="\n".join(body),
        answer=answer,
        call=_asks(name, f"{name}.txt"),
        shown=[(None, (a,), (b,)), (f"{c}\n{d}\n", (d,))],
        edges=[
            (("", (a,)), "The file may be empty."),
            ((None, (a,), (a,)), "The same may come again."),
            ((None, (a,), (b,), (c,), (d,), (e,)), f"There are never more than {most}."),
            ((None, (a,), (b,), (a,), (c,)), "The same may come again."),
            ((f"{a}\n{b}\n", (a + "s",)), "A longer word is another word."),
        ],
        more=[case(3), case(5), case(6), case(9)],
    )


def _todo(random: Random) -> Task:
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
        call=_asks(name, f"{name}.txt"),
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


def _lending(random: Random) -> Task:
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
        call=_asks(name, "desk.txt"),
        shown=[(None, (a, "Kim"), (a, "Lou")), (f"{b};Pat\n", (b, ""))],
        edges=[
            ((None, (a, "Kim"), (b, "Kim"), (c, "Kim")), "Look closely at how many somebody may have."),
            ((None, (d, "Lou"), (d, "Lou"), (a, "Lou")), "Who has it already keeps it."),
            ((None, (d, "Lou"), (d, "Kim"), (d, "Ada"), (d, "Zoe")), "Somebody else may have it."),
            ((None, (c, "")), "Nobody may have had it."),
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


MEMORIES = Family("memory", "files", by_level(_counter, _record, _recent, _todo, _lending))
