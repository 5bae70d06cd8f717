"""Files that name several others: two tasks of the family in `trails`, and the stories of all five."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.makers import FILES, asks
from learnflow_ext.exercises.families.making import Task

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


def asks_for(function: str) -> Callable[..., str]:
    """How a check writes the files and asks."""
    return asks(function, "", maker="files({1!r})")


def setting(random: Random) -> tuple[str, str, str, tuple[str, ...]]:
    """(name of the function, how the story begins, what is counted, names of files)."""
    name, lead, things, every = random.choice(_HUNTS)
    return name, lead, things, tuple(f"trail/{each}" for each in every)


def circle(random: Random) -> Task:
    """All files that can be reached, round in circles too."""
    name, lead, things, every = setting(random)
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
        call=asks_for(name),
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


def included(random: Random) -> Task:
    """A file's lines with those of the files that it names."""
    name, lead, _, every = setting(random)
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
        call=asks_for(name),
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
