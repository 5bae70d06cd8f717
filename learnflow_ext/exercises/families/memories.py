"""Files in which a program remembers from one run to the next: counters, records, lists, and who has what."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.ledgers import lending, todo
from learnflow_ext.exercises.families.makers import CONTENT, FRESH, in_turn
from learnflow_ext.exercises.families.making import Family, Task, by_level

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
        call=in_turn(name, f"{name}.txt"),
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
        call=in_turn(name, "record.txt"),
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
        call=in_turn(name, f"{name}.txt"),
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


MEMORIES = Family("memory", "files", by_level(_counter, _record, _recent, todo, lending))
