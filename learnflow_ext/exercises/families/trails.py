"""Files that name other files: a trail that is followed, summed up, lost, and put together."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.files import asks
from learnflow_ext.exercises.families.making import Family, Task, by_level

FILES = '''
from pathlib import Path


def files(texts):
    """Write a text file for each name into the folder `trail`, and return the first name."""
    Path("trail").mkdir(exist_ok=True)
    for each in Path("trail").glob("*.txt"):
        each.unlink()
    for name, text in texts.items():
        Path(name).write_text(text, encoding="utf-8")
    return list(texts)[0]
'''
_HUNTS = (
    (
        "hunt",
        "For Ada's birthday her brothers have hidden something in the garden. A treasure hunt leads there, "
        "from file to file",
        "gold coins",
        ("oak", "well", "cave", "barn", "pier"),
    ),
    (
        "tour",
        "Whoever comes to a museum on a wet Sunday would like to be out again before tea. A tour leads from "
        "room to room, and each room has a file",
        "minutes",
        ("hall", "mummy", "coins", "cafe", "roof"),
    ),
    (
        "serial",
        "Every day on the bus to school a boy writes a little about pirates. His story was saved in several "
        "files, chapter by chapter",
        "pages",
        ("storm", "island", "map", "fight", "home"),
    ),
    (
        "relay",
        "Four classes compete on sports day, and nobody should stand in the wrong place. The runners of a "
        "relay each have a file that says who runs next",
        "seconds",
        ("ida", "max", "bo", "lena", "otto"),
    ),
    (
        "chain",
        "Somebody up in Turku wanted mail from all over the world. For a chain letter everybody adds a file "
        "of their own",
        "stamps",
        ("kim", "lou", "ana", "per", "zoe"),
    ),
    (
        "route",
        "The driver is new, the map is wet, and it begins to snow. Luckily each stop of the bus has a file",
        "passengers",
        ("mill", "park", "lake", "school", "zoo"),
    ),
    (
        "quest",
        "In a computer game a knight looks for a dragon that has flown away. Each place he finds is a file",
        "footprints",
        ("gate", "tower", "swamp", "ridge", "ruin"),
    ),
    (
        "post",
        "Riders with mail once changed their tired horses on the way. Each inn where they did so has a file",
        "letters",
        ("star", "bear", "crown", "swan", "lion"),
    ),
)
_LOST = "The trail may lead to a file that is not there."


def _asks(function: str) -> Callable[..., str]:
    return asks(function, "", maker="files({1!r})")


def _setting(random: Random) -> tuple[str, str, str, tuple[str, ...]]:
    name, lead, things, every = random.choice(_HUNTS)
    return name, lead, things, tuple(f"trail/{each}" for each in every)


def _rows(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _next(random: Random) -> Task:
    name, lead, things, every = _setting(random)
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
        call=_asks(name),
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
    name, lead, things, every = _setting(random)
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
        call=_asks(name),
        shown=[way([a, b], k + 1, 3), way([c, d, e], 1, k, k + 4)],
        edges=[
            (way([a], k), "The way may end at once."),
            (way([a], k + 1), "Look closely at the number."),
            (way([b, c, a, e], k - 1, k, k + 1, 0), "Look closely at the numbers."),
        ],
        more=[case(count) for count in (3, 4, 5, 5)],
    )


def _lost(random: Random) -> Task:
    name, lead, _, every = _setting(random)
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
        call=_asks(name),
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


def _circle(random: Random) -> Task:
    name, lead, things, every = _setting(random)
    a, b, c, d, e = random.sample(every, 5)
    k = random.randint(2, 9)
    told, code, value = random.choice(
        [
            (
                "a list of the names of all that were read, sorted",
                "sorted(seen)",
                lambda seen, _: sorted(seen),
            ),
            (
                f"the sum of the numbers of all that were read, plus {k}",
                f"sum(seen.values()) + {k}",
                lambda seen, _: sum(seen.values(), k),
            ),
            (
                f"a pair: how many were read, and {k} for each different name that led to no file",
                f"(len(seen), len(lost) * {k})",
                lambda seen, lost: (len(seen), sum(k for _ in lost)),
            ),
        ]
    )

    def answer(texts: dict[str, str]) -> Any:
        reached, lost = {next(iter(texts))}, set()
        for _ in texts:
            names = {word for at in reached for word in texts[at].split()[1:]}
            reached |= names & set(texts)
            lost |= names - set(texts)
        return value({at: int(texts[at].split()[0]) for at in reached}, lost)

    def web(*rows: str) -> tuple[dict[str, str]]:
        texts = {}
        for row in rows:
            one, *others = row.split()
            texts[f"{one}.txt"] = f"{random.randint(1, 30)}\n" + "".join(f"{other}.txt\n" for other in others)
        return (texts,)

    def case(count: int) -> tuple[dict[str, str]]:
        names = random.sample(every, count)
        return web(
            *(" ".join([n, *random.sample([*every, "gone", "far"], random.randint(0, 3))]) for n in names)
        )

    return Task(
        title=f"Wherever it leads: {name}",
        story=f"""
        {lead}. The first line is a whole number of {things}. In each line after it stands the name of another
        file: there may be none, one or **several**. Complete `{name}`. It gets the name of the first file and
        reads all to which a way leads, over however many others; every file counts once, though many ways may
        lead to it, and round in circles. Where a name leads to no file, nothing is read. It returns
        {told}.

        *Keep a list of names that are still to be read, and a dictionary of what was. A name that was read,
        or is nowhere, is not read again.* The checks write their files with `files`, which is there already.
        """,
        before=FILES,
        function=name,
        parameters="name",
        doc="Return what is asked for of all files that can be reached.",
        body=f"""
        seen, lost, waiting = {{}}, set(), [name]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            if not Path(name).exists():
                lost.add(name)
                continue
            with open(name, encoding="utf-8") as file:
                number, *others = file.read().split()
            seen[name] = int(number)
            waiting.extend(others)
        return {code}
        """,
        answer=answer,
        call=_asks(name),
        shown=[web(f"{a} {b} {c}", f"{b} {d}", c, d), web(f"{e} gone", a)],
        edges=[
            (web(f"{a} {a}"), "A file may name itself."),
            (web(f"{a} {b}", f"{b} {c}", f"{c} {a}", f"{d} {e}", e), "The way may lead round in a circle."),
            (web(f"{a} {b} {c} {b}", f"{b} {c}", c, d), "A file may be named twice."),
            (web(f"{a} gone {b} far", f"{b} gone near"), "A name may lead to no file."),
            (web(f"{c}", f"{d} {c}"), "There may be no other name."),
        ],
        more=[case(count) for count in (3, 4, 5, 5, 5)],
    )


def _included(random: Random) -> Task:
    name, lead, _, every = _setting(random)
    a, b, c, d, e = random.sample(every, 5)
    mark, depth = random.choice(["@", ">", "+", "&"]), random.choice(["= ", "- ", ". "])
    none = random.choice(["(missing)", "(nothing)", "???"])
    told, before, rest, value = random.choice(
        [
            (
                f"with `{depth}` in front of each of these lines, of a `{none}` too (so twice for a file in "
                "that file)",
                f'"{depth}" + ',
                "",
                lambda row, _: depth + row,
            ),
            (
                "with its lines as they are, but empty ones left out",
                "",
                ' and each != ""',
                lambda row, _: row,
            ),
        ]
    )
    skip = bool(rest)

    def expand(texts: dict[str, str], at: str, open_now: tuple[str, ...]) -> list[str]:
        if at not in texts or at in open_now:
            return [none]
        rows: list[str] = []
        for line in texts[at].splitlines():
            if line[:1] == mark and line[1:]:
                inner = expand(texts, line[1:], (*open_now, at))
                rows += [value(row, 0) for row in inner if not (skip and row == "")]
            else:
                rows.append(line)
        return rows

    def case(count: int) -> tuple[dict[str, str]]:
        names = random.sample(every, count)
        kinds = ["plain words", "", f"{mark}gone.txt", *(f"{mark}{n}.txt" for n in names)]
        return (
            {
                f"{n}.txt": "".join(f"{random.choice(kinds)}\n" for _ in range(random.randint(1, 3)))
                for n in names
            },
        )

    return Task(
        title=f"Files within files: {name}",
        story=f"""
        {lead}. But instead of saying everything again, a file may name others: a line such as `{mark}{b}.txt`
        stands for the whole text of `{b}.txt`, in which there may be such lines again. Complete `{name}`. It
        gets the name of a file and returns a list of its lines, without their ends. In place of a line with a
        name comes what the other file gives, {told}. When there is no such file, or when it is the file
        itself or one on the way to it, so that it would never end, the line `{none}` comes instead. A line
        that is only `{mark}` is a line like all others.

        *Let the function call itself, and tell it which files it is in: a parameter such as `way=()` may be
        left out.* The checks write their files with `files`, which is there already.
        """,
        before=FILES,
        function=name,
        parameters="name, way=()",
        doc="Return the lines of a file, with those of the files that it names.",
        body=f"""
        if name in way or not Path(name).exists():
            return ["{none}"]
        result = []
        with open(name, encoding="utf-8") as file:
            for line in file.read().splitlines():
                if line.startswith("{mark}") and len(line) > 1:
                    for each in {name}(line[1:], (*way, name)):
                        result.append({before}each)
                else:
                    result.append(line)
        return result
        """
        if not skip
        else f"""
        if name in way or not Path(name).exists():
            return ["{none}"]
        result = []
        with open(name, encoding="utf-8") as file:
            for line in file.read().splitlines():
                if line.startswith("{mark}") and len(line) > 1:
                    for each in {name}(line[1:], (*way, name)):
                        if each != "":
                            result.append(each)
                else:
                    result.append(line)
        return result
        """,
        answer=lambda texts: expand(texts, next(iter(texts)), ()),
        call=_asks(name),
        shown=[
            ({f"{a}.txt": f"one\n{mark}{b}.txt\nthree\n", f"{b}.txt": "two\n"},),
            ({f"{c}.txt": f"{mark}{d}.txt\n"},),
        ],
        edges=[
            (({f"{a}.txt": f"x\n{mark}{a}.txt\ny\n"},), "A file may name itself."),
            (
                ({f"{a}.txt": f"x\n{mark}{b}.txt\n", f"{b}.txt": f"{mark}{a}.txt\ny\n"},),
                "Two may name each other.",
            ),
            (
                ({f"{a}.txt": f"{mark}{b}.txt\n{mark}{b}.txt\n", f"{b}.txt": "twice\n"},),
                "A file may be named twice.",
            ),
            (
                (
                    {
                        f"{a}.txt": f"{mark}{b}.txt\n",
                        f"{b}.txt": f"\n{mark}{c}.txt\n\n",
                        f"{c}.txt": "\ndeep\n",
                    },
                ),
                "Look at each line.",
            ),
            (
                ({f"{a}.txt": f"{mark}\n\n{mark}{e}.txt", f"{e}.txt": f"{mark}"},),
                "Look closely at lines of one sign.",
            ),
            (({f"{a}.txt": ""},), "The file may be empty."),
        ],
        more=[case(count) for count in (3, 4, 5, 5)],
    )


TRAILS = Family("trail", "files", by_level(_next, _along, _lost, _circle, _included))
