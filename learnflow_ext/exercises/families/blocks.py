"""Files in blocks with empty lines between them: counted, chosen, read as cards, cut out, put in order."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.chapters import blocks_of, chapter, in_order
from learnflow_ext.exercises.families.makers import MADE, asks
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
        answer=lambda text: value(blocks_of(text)),
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
        answer=lambda text: value([len(rows) for rows in blocks_of(text.replace("  ", ""))]),
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
        return value([dict(line.split(": ", 1) for line in rows) for rows in blocks_of(text)])

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


BLOCKS = Family("block", "files", by_level(_count, _chosen, _cards, chapter, in_order))
