"""Files that name other files: a trail that is followed, summed up, lost, and put together."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.makers import FILES
from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.webs import asks_for, circle, included, setting

_LOST = "The trail may lead to a file that is not there."


def _rows(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _next(random: Random) -> Task:
    name, lead, things, every = setting(random)
    a, b, c, d, _ = random.sample(every, 5)
    k = random.randint(2, 9)
    told, code, value = random.choice(
        [
            (f"the number in the second file, plus {k}", f"int(file.readline()) + {k}", lambda n, m: k + m),
            (
                f"the number in the second file, times {k}",
                f"int(file.readline()) * {k}",
                lambda n, m: sum([k] * m),
            ),
            ("the sum of the two numbers", "number + int(file.readline())", lambda n, m: m + n),
            ("how much larger the second number is", "int(file.readline()) - number", lambda n, m: -n + m),
        ]
    )

    def case(one: str, other: str) -> tuple[dict[str, str]]:
        p, q = random.randint(1, 40), random.randint(1, 40)
        return (
            {
                f"{one}.txt": f"{p}\n{other}.txt\n",
                f"{other}.txt": f"{q}\n{one}.txt\n",
                "trail/else.txt": f"{p + q}\n",
            },
        )

    def answer(texts: dict[str, str]) -> Any:
        first = _rows(next(iter(texts.values())))
        return value(int(first[0]), int(_rows(texts[first[1]])[0]))

    return Task(
        title=f"From file to file: {name}",
        story=f"""
        {lead}. In the first line of every file stands a whole number of {things}, and in its second line the
        **name of another file**. Complete `{name}`. It gets the name of a file, opens the file that this one
        names, and returns {told}.

        *A line that was read still has its end, `"\\n"`, and no file is called like that: `strip()` takes it
        away.* The checks write their files with `files`, which is there already.
        """,
        before=FILES,
        function=name,
        parameters="name",
        doc="Return what is asked for of the two numbers.",
        body=f"""
        with open(name, encoding="utf-8") as file:
            number = int(file.readline())
            other = file.readline().strip()
        with open(other, encoding="utf-8") as file:
            return {code}
        """,
        answer=answer,
        call=asks_for(name),
        shown=[
            ({f"{a}.txt": f"5\n{b}.txt\n", f"{b}.txt": f"{k + 1}\n{a}.txt\n"},),
            ({f"{c}.txt": f"20\n{d}.txt\n", f"{d}.txt": "31\nend.txt\n"},),
        ],
        edges=[
            (({f"{a}.txt": f"4\n{a}.txt\n"},), "A file may name itself."),
            (({f"{a}.txt": f"1\n{c}.txt", f"{c}.txt": "7"},), "The last line may have no end of its own."),
            (({f"{d}.txt": f"0\n{b}.txt\n", f"{b}.txt": "0\n"},), "0 is a number too."),
        ],
        more=[case(a, b), case(b, d), case(c, a), case(d, c)],
    )


def _along(random: Random) -> Task:
    name, lead, things, every = setting(random)
    k, end = random.randint(2, 9), random.choice(["end", "stop", "home!"])
    told, start, code, value = random.choice(
        [
            (
                f"the sum of all numbers on the way, and {k} more for each file",
                "0",
                f"result += number + {k}",
                lambda ns: sum(ns) + k * len(ns),
            ),
            (
                f"how many of the numbers on the way are above {k}",
                "0",
                f"if number > {k}:\n                result += 1",
                lambda ns: len([n for n in ns if n >= k + 1]),
            ),
            (
                "a list of the numbers on the way, the last one first",
                "[]",
                "result.insert(0, number)",
                lambda ns: ns[::-1],
            ),
        ]
    )

    def answer(texts: dict[str, str]) -> Any:
        at, found = next(iter(texts)), []
        while at != end:
            number, at = _rows(texts[at])
            found.append(int(number))
        return value(found)

    def way(names: list[str], *numbers: int) -> tuple[dict[str, str]]:
        nexts = [*(f"{n}.txt" for n in names[1:]), end]
        rows = [(f"{n}.txt", f"{m}\n{to}\n") for n, m, to in zip(names, numbers, nexts, strict=True)]
        rest = [*rows[1:], ("trail/nowhere.txt", f"{k + 50}\n{end}\n")]
        random.shuffle(rest)
        return (dict([rows[0], *rest]),)

    def case(count: int) -> tuple[dict[str, str]]:
        return way(random.sample(every, count), *(random.randint(0, 2 * k) for _ in range(count)))

    a, b, c, d, e = random.sample(every, 5)
    return Task(
        title=f"All the way: {name}",
        story=f"""
        {lead}. The first line of each file is a whole number of {things}, the second the name of the next
        file, or `{end}` where the way ends. Complete `{name}`. It gets the name of the first file, follows
        the names until the end, and returns {told}. There may be files that do not lie on the way: they do
        not count.

        *With `while name != "{end}":` every round opens one file, and finds out the name for the next round.*
        The checks write their files with `files`, which is there already.
        """,
        before=FILES,
        function=name,
        parameters="name",
        doc="Return what is asked for of the numbers on the way.",
        body=f"""
        result = {start}
        while name != "{end}":
            with open(name, encoding="utf-8") as file:
                number = int(file.readline())
                name = file.readline().strip()
            {code}
        return result
        """,
        answer=answer,
        call=asks_for(name),
        shown=[way([a, b], k + 1, 3), way([c, d, e], 1, k, k + 4)],
        edges=[
            (way([a], k), "The way may end at once."),
            (way([a], k + 1), "Look closely at the number."),
            (way([b, c, a, e], k - 1, k, k + 1, 0), "Look closely at the numbers."),
        ],
        more=[case(count) for count in (3, 4, 5, 5)],
    )


def _lost(random: Random) -> Task:
    name, lead, _, every = setting(random)
    a, b, c, d, e = random.sample(every, 5)
    k = random.randint(2, 9)
    most = random.randint(3, 4)
    told, code, value = random.choice(
        [
            (
                f"how many files were read, times {k}",
                f"len(found) * {k}",
                lambda rows, _: sum(k for _ in rows),
            ),
            (
                "a list of the lines that were read, without the name at the end of each",
                "found",
                lambda rows, _: rows,
            ),
            (
                "a text: the name that was not read any more, a space, and the number of files that were",
                'name + " " + str(len(found))',
                lambda rows, at: f"{at} {len(rows)}",
            ),
        ]
    )

    def answer(texts: dict[str, str]) -> Any:
        found: list[str] = []
        at = next(iter(texts))
        while at in texts and len(found) != most:
            words = texts[at].split()
            at = words.pop()
            found.append(" ".join(words))
        return value(found, at)

    def way(names: list[str], to: str) -> tuple[dict[str, str]]:
        nexts = [*names[1:], to]
        return (
            {
                f"{n}.txt": f"{random.choice(['look behind', 'go below', 'on'])} {n[6:]} {t}.txt\n"
                for n, t in zip(names, nexts, strict=True)
            },
        )

    return Task(
        title=f"Lost on the way: {name}",
        story=f"""
        {lead}. Each file has a single line of words, and the last word is the name of the next file. Now the
        way may lead to a file that is **not there**: then it ends. It may also lead round in a circle: after
        {most} files it ends as well. Complete `{name}`. It gets the name of the first file, and returns
        {told}.

        *`Path(name).exists()` says whether there is such a file.* The checks write their files with `files`,
        which is there already.
        """,
        before=FILES,
        function=name,
        parameters="name",
        doc="Return what is asked for of the files that can be read.",
        body=f"""
        found = []
        while Path(name).exists() and len(found) < {most}:
            with open(name, encoding="utf-8") as file:
                words = file.readline().split()
            name = words.pop()
            found.append(" ".join(words))
        return {code}
        """,
        answer=answer,
        call=asks_for(name),
        shown=[way([a, b], "gone"), way([c], d)],
        edges=[
            (way([a, b], a), "The way may lead round in a circle."),
            (way([a], a), "A file may name itself."),
            (way([a, b, c, d, e][:most], "gone"), _LOST),
            (way([a, b, c, d, e][: most + 1], "gone"), f"After {most} files the way ends."),
            (way([e, d, c, b, a][: most - 1], "gone"), _LOST),
        ],
        more=[way([b, d, a], "far"), way([c, e], "x"), way([d, a, c], b), way([e, b, d, a], c)],
    )


TRAILS = Family("trail", "files", by_level(_next, _along, _lost, circle, included))
