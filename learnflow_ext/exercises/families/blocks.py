"""Files in blocks with empty lines between them: counted, chosen, read as cards, cut out, put in order."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.files import CONTENT, MADE, asks
from learnflow_ext.exercises.families.making import Family, Task, by_level

_TEXTS = (
    ("verses", "a poem", "verse", "verses", ("Grey sky", "and rain", "no bird", "but wind")),
    ("jokes", "the jokes of a school magazine", "joke", "jokes", ("Knock", "Who is it", "A cow", "Moo who")),
    ("scenes", "a play for puppets", "scene", "scenes", ("Enter fox", "exit hen", "Thunder", "All sing")),
    (
        "letters",
        "the letters of a pen friend",
        "letter",
        "letters",
        ("Dear Kim", "how are you", "it snows", "Yours"),
    ),
    (
        "riddles",
        "the riddles for a quiz night",
        "riddle",
        "riddles",
        ("It has keys", "but no lock", "A piano", "Ha"),
    ),
    ("dreams", "what somebody dreamt", "dream", "dreams", ("I flew", "over roofs", "then fell", "awake")),
)
_CARDS = (
    ("pets", "the animals of a shelter", "animal", "name", "age", "kind"),
    ("bikes", "the bicycles of a shop", "bicycle", "brand", "price", "colour"),
    ("rooms", "the rooms of a hostel", "room", "door", "beds", "view"),
    ("films", "the films of a club", "film", "title", "minutes", "language"),
    ("hikes", "the hikes of a guide book", "hike", "goal", "hours", "season"),
)
_PARTS = (
    (
        "cookbook",
        "recipes",
        "recipe",
        ("Soup", "Bread", "Jam", "Tart", "Rice"),
        "Aunt Rosa types what she cooks, one dish below the other, while something boils over.",
    ),
    (
        "songbook",
        "songs",
        "song",
        ("Rain", "Home", "Stars", "Boats", "Spring"),
        "Before a summer camp everybody sends Mia the words of a tune, and she puts them together.",
    ),
    (
        "guide",
        "towns",
        "town",
        ("Bern", "Graz", "Lyon", "Pisa", "Turku"),
        "Two cousins travel by train, and note what there is to see wherever they get off.",
    ),
    (
        "manual",
        "lessons",
        "lesson",
        ("Start", "Turn", "Brake", "Park", "Night"),
        "At a driving school learners read at home what will happen at the wheel next week.",
    ),
    (
        "diary",
        "days",
        "day",
        ("Monday", "Tuesday", "Friday", "Sunday", "Holiday"),
        "Noor writes every evening, mostly about her cat, and never deletes anything again.",
    ),
    (
        "handbook",
        "games",
        "game",
        ("Catch", "Chess", "Darts", "Marbles", "Hopping"),
        "A youth group collects the rules of whatever it has played on rainy afternoons.",
    ),
    (
        "booklet",
        "plants",
        "plant",
        ("Fern", "Moss", "Rose", "Mint", "Basil"),
        "On the window sills of a biology room much grows, and pupils explain how to care for it.",
    ),
)


def _blocks(text: str) -> list[list[str]]:
    """The blocks of a text as lists of lines."""
    found: list[list[str]] = []
    for part in text.split("\n\n"):
        lines = [line for line in part.split("\n") if line]
        found += [lines] if lines else []
    return found


def _page(random: Random, lines: tuple[str, ...], sizes: list[int]) -> str:
    """Blocks of so many lines, with one to three empty lines between them."""
    return "".join(
        "".join(f"{random.choice(lines)}\n" for _ in range(n)) + "\n" * random.randint(1, 3) for n in sizes
    )


def _count(random: Random) -> Task:
    name, what, one, many, lines = random.choice(_TEXTS)
    k = random.randint(2, 9)
    told, begin, step, value = random.choice(
        [
            (f"how many {many} there are, times {k}", "0", f"{k}", lambda rows: sum(k for _ in rows)),
            (f"how many {many} there are, plus {k}", f"{k}", "1", lambda rows: k + len(rows)),
            (
                f"a list of the first lines of all {many}",
                "[]",
                "[line]",
                lambda rows: [row[0] for row in rows],
            ),
            (
                f"the first lines of all {many} as one text, each with a `/` behind it",
                '""',
                'line + "/"',
                lambda rows: "".join(row[0] + "/" for row in rows),
            ),
        ]
    )
    a, b, c, d = lines
    return Task(
        title=f"Counting {many}",
        story=f"""
        A text file holds {what}. Between two {many} there is an empty line, or several of them, and there may
        be empty lines before the first {one} and behind the last one too. Complete `{name}`. It gets the name
        of the file and returns {told}.

        *A new {one} begins with a line that is not empty, when the line before it was.* The function `made`
        is there already: the checks use it to write a file first.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc=f"Return what is asked for of the {many}.",
        body=f"""
        result = {begin}
        before = ""
        with open(name, encoding="utf-8") as file:
            for line in file:
                line = line.strip()
                if line and not before:
                    result += {step}
                before = line
        return result
        """,
        answer=lambda text: value(_blocks(text)),
        call=asks(name, f"{name}.txt"),
        shown=[(f"{a}\n{b}\n\n{c}\n",), (f"{d}\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((f"{a}\n\n\n\n{b}\n{c}\n",), "Several empty lines are like one."),
            ((f"\n\n{c}\n{d}\n\n\n",), "There may be empty lines at the beginning and at the end."),
            ((f"{a}\n\n{b}",), "The last line may have no end of its own."),
            (("\n\n\n",), "There may be empty lines alone."),
        ],
        more=[(_page(random, lines, sizes),) for sizes in ([1, 2, 3], [3, 1], [2, 2, 1, 4])],
    )


def _chosen(random: Random) -> Task:
    name, what, one, many, lines = random.choice(_TEXTS)
    least, k = random.randint(2, 3), random.randint(2, 6)
    told, code, value = random.choice(
        [
            (
                f"how many {many} have at least {least} lines, times {k}",
                f"len([n for n in sizes if n >= {least}]) * {k}",
                lambda ns: sum(k for n in ns if not n < least),
            ),
            (
                f"how many lines the longest {one} has (0 if there is none), plus {k}",
                f"max(sizes, default=0) + {k}",
                lambda ns: (sorted(ns)[-1] if ns else 0) + k,
            ),
            (
                f"a list with the number of lines of each {one}, but {k + 1} in place of a larger number",
                f"[min(n, {k + 1}) for n in sizes]",
                lambda ns: [n if n <= k else k + 1 for n in ns],
            ),
            (
                f"the number of the first {one} with more than {least} lines, counted from 1, or 0 for none",
                f"next((at for at, n in enumerate(sizes, 1) if n > {least}), 0)",
                lambda ns: next((at + 1 for at in range(len(ns)) if ns[at] >= least + 1), 0),
            ),
        ]
    )
    a, b, c, d = lines
    return Task(
        title=f"How long {many} are",
        story=f"""
        A text file holds {what}, with one or more empty lines between two {many}, and maybe some before the
        first. A line with nothing but spaces counts as empty. Complete `{name}`. It gets the name of the file
        and returns {told}. The last {one} counts as well, also when no empty line comes after it.

        *Count the lines of a {one} along, and write the number down when it ends: at an empty line, or at the
        end of the file.* The function `made` writes files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc=f"Return what is asked for of the lengths of the {many}.",
        body=f"""
        sizes, size = [], 0
        with open(name, encoding="utf-8") as file:
            for line in [*file, ""]:
                if line.strip():
                    size += 1
                elif size:
                    sizes.append(size)
                    size = 0
        return {code}
        """,
        answer=lambda text: value([len(rows) for rows in _blocks(text.replace("  ", ""))]),
        call=asks(name, f"{name}.txt"),
        shown=[(f"{a}\n{b}\n{c}\n\n{d}\n",), (f"{d}\n",)],
        edges=[
            (("",), "The file may be empty."),
            (
                (f"{a}\n\n" + f"{b}\n" * 2 + "\n" + f"{c}\n" * 3 + "\n" + f"{d}\n" * 4,),
                "Look closely at the lengths.",
            ),
            ((f"{a}\n" * least + "\n" + f"{c}\n" * (least + 1),), "The last one counts as well."),
            ((f"{a}\n{b}\n  \n{c}\n{d}\n",), "A line of spaces is empty."),
            ((f"\n\n\n{c}\n{d}",), "There may be empty lines at the beginning."),
            ((f"{b}\n" * (k + 4),), f"A {one} may be very long."),
        ],
        more=[
            (_page(random, lines, sizes),)
            for sizes in ([1, 2, 3, 4], [4, 1], [2, 5, 1, 3], [k + 1, k, k + 2])
        ],
    )


def _cards(random: Random) -> Task:
    name, what, one, word, number, other = random.choice(_CARDS)
    least, k = random.randint(4, 30), random.randint(2, 9)
    told, code, value = random.choice(
        [
            (
                f"a list of the `{word}` of each {one} whose `{number}` is at least {least}",
                f"[card['{word}'] for card in cards if int(card.get('{number}', 0)) >= {least}]",
                lambda rows: [c[word] for c in rows if not int(c.get(number, 0)) < least],
            ),
            (
                f"the sum of all `{number}`, and {k} for each {one} without that line",
                f"sum(int(card.get('{number}', {k})) for card in cards)",
                lambda rows: sum(int(c[number]) if number in c else k for c in rows),
            ),
            (
                f'a dictionary from each `{word}` to the {other}, or to `"?"` without that line',
                f"{{card['{word}']: card.get('{other}', '?') for card in cards}}",
                lambda rows: {c[word]: c[other] if other in c else "?" for c in rows},
            ),
        ]
    )

    def answer(text: str) -> Any:
        return value([dict(line.split(": ", 1) for line in rows) for rows in _blocks(text)])

    def card(who: str, *more: str) -> str:
        return "".join(f"{line}\n" for line in random.sample([f"{word}: {who}", *more], 1 + len(more)))

    def page(count: int) -> tuple[str]:
        rows = []
        for at in range(count):
            more = random.sample(
                [f"{number}: {random.randint(0, 2 * least)}", f"{other}: {random.choice('xyz')}"],
                random.randint(0, 2),
            )
            rows.append(card("ABCDEFG"[at], *more))
        return ("\n".join(rows),)

    return Task(
        title=f"A file of cards: {name}",
        story=f"""
        A text file describes {what}: for each {one} a card of one or more lines, with one or more empty lines
        between two cards, and maybe some behind the last. A line is a word, a colon, a space and a value,
        such as `{number}: {least + 3}`. The lines of a card stand in any order; `{word}` is on every card,
        but `{number}` and `{other}` may be missing. In a value there may be a colon as well. Complete
        `{name}`. It gets the name of the file and returns {told}.

        *Make a dictionary of each card. `line.split(": ", 1)` cuts a line once only.* The function `made`
        writes files for the checks.
        """,
        before=MADE,
        function=name,
        parameters="name",
        doc="Return what is asked for of the cards.",
        body=f"""
        cards = [{{}}]
        with open(name, encoding="utf-8") as file:
            for line in file.read().splitlines():
                if line:
                    key, value = line.split(": ", 1)
                    cards[-1][key] = value
                else:
                    cards.append({{}})
        cards = [card for card in cards if card]
        return {code}
        """,
        answer=answer,
        call=asks(name, f"{name}.txt"),
        shown=[
            (f"{word}: A\n{number}: {least + 3}\n\n{other}: z\n{word}: B\n{number}: 1\n",),
            (f"{word}: C\n{other}: y\n{number}: {least}\n",),
        ],
        edges=[
            (("",), "The file may be empty."),
            ((f"{word}: A\n\n{other}: q\n{word}: B",), "Lines may be missing."),
            (
                (f"{word}: A: the second\n{other}: x: y\n{number}: {least + 1}\n",),
                "A value may have a colon in it.",
            ),
            (
                (f"{word}: D\n{number}: {least - 1}\n\n\n\n{number}: {least}\n{word}: E\n\n",),
                "Look closely at the lines.",
            ),
            (
                (f"{word}: D\n{number}: {least + 1}\n{other}: r\n\n{word}: E\n{other}: s\n",),
                "A card has its own lines.",
            ),
        ],
        more=[page(count) for count in (2, 3, 4, 6)],
    )


def _part(random: Random) -> Task:
    name, many, one, every, lead = random.choice(_PARTS)
    mark, k = random.choice(["==", "#", "--", "*"]), random.randint(2, 4)
    a, b, c, d, _ = random.sample(every, 5)
    told, lines, value = random.choice(
        [
            (
                f"without the heading, and of the others only the first {k}",
                [f"    if inside and count < {k}:"],
                lambda rows: rows[1 : k + 1],
            ),
            ("together with the heading", ["    if inside or here:"], lambda rows: rows),
            (
                "without the heading, and without empty lines",
                ['    if inside and line != "":'],
                lambda rows: [row for row in rows[1:] if row],
            ),
        ]
    )
    body = [
        'with open(name, encoding="utf-8") as file:',
        "    lines = file.read().splitlines()",
        "inside, count = False, 0",
        'with open("part.txt", "w", encoding="utf-8") as file:',
        "    for line in lines:",
        f'        here = line == "{mark} " + title',
        f'        if line.startswith("{mark} "):',
        "            inside = False",
        *(f"    {line}" for line in lines),
        '            file.write(line + "\\n")',
        "            count += 1",
        "        if here:",
        "            inside = True",
        "return count",
    ]

    def answer(text: str, title: str) -> tuple[int, str]:
        rows: list[str] = []
        taken = False
        for line in text.splitlines():
            taken = line == f"{mark} {title}" or (taken and not line.startswith(f"{mark} "))
            rows += [line] if taken else []
        found = []
        for at, row in enumerate(rows):
            # A heading may come again: each such part for itself, but the limit is for all.
            found += [row] if at == 0 or not row.startswith(f"{mark} ") else []
        kept = (
            value(rows)
            if found == rows
            else value([rows[0], *[row for row in rows[1:] if not row.startswith(f"{mark} ")]])
        )
        return len(kept), "".join(f"{row}\n" for row in kept)

    def page(count: int) -> tuple[str, str]:
        heads = random.sample(every, count)
        rows = [
            f"{mark} {head}\n"
            + "".join(
                random.choice(["\n", f"of {head}\n", f"{mark}not\n"]) for _ in range(random.randint(1, 5))
            )
            for head in heads
        ]
        return "".join(rows), random.choice(heads)

    return Task(
        title=f"One part of a {name}",
        story=f"""
        {lead} So the {many} of a {name} stand in one text file. Each {one} begins with a heading, a line such
        as `{mark} {a}`, and goes on to the next heading or the end of the file. No heading comes twice. A
        line such as `{mark}{b}`, without the space, is no heading. Complete `part`. It gets the name of the
        file and a title, and writes the lines of that {one} into the file `part.txt`, {told}. It returns how
        many lines it wrote; when there is no such {one}, that is 0, and the file is empty.

        *A variable that is `True` or `False` can say whether you are inside of that {one}.* The functions
        `made` and `content` write and read files for the checks.
        """,
        before=MADE + CONTENT,
        function="part",
        parameters="name, title",
        doc=f"Write one {one} into part.txt, and return how many lines that are.",
        body="\n".join(body),
        answer=answer,
        call=asks("part", "whole.txt", "({}, content('part.txt'))"),
        shown=[
            (f"{mark} {a}\nfirst\nsecond\n{mark} {b}\nthird\n", a),
            (f"{mark} {c}\n\nonly\n", c),
        ],
        edges=[
            (("", a), "The file may be empty."),
            ((f"{mark} {a}\nfirst\n", b), "There may be no such part."),
            ((f"{mark} {a}\n{mark}{b}\nx\n{mark} {b}\ny", a), "Without the space it is no heading."),
            ((f"before\n{mark} {b}\nx\n{mark} {b} and more\ny\n", b), "A longer title is another title."),
            (
                (f"{mark} {c}\n1\n2\n\n4\n5\n6\n{mark} {d}\n7\n", c),
                "Look closely at how many lines there are.",
            ),
            ((f"{mark} {d}\n{mark} {c}\n1\n", d), "There may be a heading alone."),
        ],
        more=[page(count) for count in (2, 3, 4, 5)],
    )


def _sorted(random: Random) -> Task:
    name, many, one, every, lead = random.choice(_PARTS)
    mark, k = random.choice(["--", "===", "..", "**"]), random.randint(2, 3)
    a, b, c, d, e = random.sample(every, 5)
    order, key, rank = random.choice(
        [
            ("sorted by their first lines", "block[0]", lambda row: row[0]),
            (
                "the longest first, and equally long ones by their first lines",
                "(-len(block), block[0])",
                lambda row: (1000 - len(row), row[0]),
            ),
            (
                f"those with fewer than {k} lines last, and otherwise by their first lines",
                f"(len(block) < {k}, block[0])",
                lambda row: (not len(row) >= k, row[0]),
            ),
        ]
    )
    once = random.random() < 0.5
    rule = (
        f"When a first line comes again, only the later {one} is kept"
        if once
        else f"When a first line comes again, the other lines of that {one} are put behind those of the first"
    )
    join = (
        ["            found[block[0]] = block"]
        if once
        else [
            "            if block[0] in found:",
            "                found[block[0]] += block[1:]",
            "            else:",
            "                found[block[0]] = block",
        ]
    )
    body = [
        "found, block = {}, []",
        'with open(old, encoding="utf-8") as file:',
        '    for line in [*file.read().splitlines(), ""]:',
        "        if line:",
        "            block.append(line)",
        "        elif block:",
        *join,
        "            block = []",
        f"rows = sorted(found.values(), key=lambda block: {key})",
        'with open(new, "w", encoding="utf-8") as file:',
        f'    file.write("\\n{mark}\\n".join("\\n".join(block) for block in rows))',
        "return len(rows)",
    ]

    def answer(text: str, new: str) -> tuple[int, str]:
        rows: dict[str, list[str]] = {}
        for row in _blocks(text):
            rows[row[0]] = row if once or row[0] not in rows else rows[row[0]] + row[1:]
        ordered = sorted(rows.values(), key=rank)
        return len(ordered), "".join(
            f"\n{mark}\n" * (at > 0) + "\n".join(row) for at, row in enumerate(ordered)
        )

    def page(count: int) -> tuple[str, str]:
        heads = [random.choice(every) for _ in range(count)]
        rows = [f"{head}\n" + "".join(f"{head} {n}\n" for n in range(random.randint(0, 3))) for head in heads]
        return "\n".join(rows), "new.txt"

    return Task(
        title=f"A {name} in order",
        story=f"""
        {lead} So in a text file stand the {many} of a {name}: blocks of lines, with one or more empty lines
        between them, and maybe some around them. The first line of each says what it is about. Complete
        `{name}`. It gets the name of this file and that of a new one. Into the new one it writes all {many},
        {order}; between two of them stands a line `{mark}`, with **no** empty line and nothing at the
        beginning or the end. {rule}. The very last line has no end of its own. It returns how many {many}
        were written.

        *Collect the blocks in a dictionary by their first lines. `"\\n".join(...)` puts something between,
        and nothing around.* The functions `made` and `content` write and read files for the checks.
        """,
        before=MADE + CONTENT,
        function=name,
        parameters="old, new",
        doc=f"Write the {many} in order, and return how many there are.",
        body="\n".join(body),
        answer=answer,
        call=asks(name, f"{name}.txt", "({}, content('new.txt'))"),
        shown=[(f"{b}\nlast\n\n{a}\nfirst\nof all\n", "new.txt"), (f"{c}\n", "new.txt")],
        edges=[
            (("", "new.txt"), "The file may be empty."),
            ((f"{a}\n1\n\n{b}\n2\n\n{a}\n3\n4", "new.txt"), "A first line may come again."),
            ((f"{e}\n\n{d}\n\n\n\n{c}\n\n", "new.txt"), "Several empty lines are like one."),
            (
                (f"\n{b}\n1\n2\n\n{a}\n1\n\n{d}\n1\n2\n\n{c}\n1\n2\n3\n", "new.txt"),
                "Look closely at the order.",
            ),
            ((f"{a}\n\n{a}\n\n{a}\n2\n", "new.txt"), "A first line may come several times."),
        ],
        more=[page(count) for count in (3, 4, 5, 7)],
    )


BLOCKS = Family("block", "files", by_level(_count, _chosen, _cards, _part, _sorted))
