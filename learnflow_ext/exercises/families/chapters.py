"""Blocks that are cut out of a file and put in order: two tasks of the family in `blocks`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.makers import CONTENT, MADE, asks
from learnflow_ext.exercises.families.making import Task

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


def blocks_of(text: str) -> list[list[str]]:
    """The blocks of a text as lists of lines."""
    found: list[list[str]] = []
    for part in text.split("\n\n"):
        lines = [line for line in part.split("\n") if line]
        found += [lines] if lines else []
    return found


def chapter(random: Random) -> Task:
    """What stands below one heading."""
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


def in_order(random: Random) -> Task:
    """All blocks, in an order of their own."""
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
        for row in blocks_of(text):
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
