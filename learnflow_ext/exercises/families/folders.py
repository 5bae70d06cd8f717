"""Folders: which files are there, which are not, and putting them in order."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.branches import STORIES, asks_for, filled, twice
from learnflow_ext.exercises.families.makers import FOLDER, LISTED
from learnflow_ext.exercises.families.making import Family, Task, by_level


def _counting(random: Random) -> Task:
    name, what, ends, stems = random.choice(STORIES)
    end, k = random.choice(ends), random.randint(2, 9)
    a, b, c = random.sample(stems, 3)
    told, code, value = random.choice(
        [
            (
                f"how many files in it end in `{end}`, times {k}",
                f"len(found) * {k}",
                lambda ns: sum(k for _ in ns),
            ),
            (f"how many files in it end in `{end}`, plus {k}", f"len(found) + {k}", lambda ns: k + len(ns)),
            (
                f"a sorted list of the names of all files in it that end in `{end}`",
                "sorted(each.name for each in found)",
                lambda ns: sorted(ns),
            ),
            (
                f"a sorted list of the names of all files in it that end in `{end}`, without that ending",
                "sorted(each.stem for each in found)",
                lambda ns: sorted(n.removesuffix(end) for n in ns),
            ),
        ]
    )
    return Task(
        title=f"Files that end in {end}",
        story=f"""
        A folder holds {what}. Complete `{name}`. It gets the name of the folder and returns {told}. Other
        files do not count, and neither does a file whose name only begins like that, such as `{a}{end}.zip`.

        *`Path(name).glob("*.csv")` finds all files in a folder whose names end in `.csv`, in any order.* The
        checks make a folder with `folder`, which is there already: it gets a dictionary of names and texts.
        """,
        before=FOLDER,
        function=name,
        parameters="name",
        doc=f"Return what is asked for of the files that end in {end}.",
        body=f"""
        found = list(Path(name).glob("*{end}"))
        return {code}
        """,
        answer=lambda files: value([each for each in files if each[-len(end) :] == end]),
        call=asks_for(name),
        shown=[({f"{a}{end}": "", f"{b}.csv": "", f"{c}{end}": ""},), ({f"{b}{end}": "x"},)],
        edges=[
            (({},), "The folder may be empty."),
            (({f"{a}.csv": ""},), "There may be none of them."),
            (({f"{a}{end}.zip": "", f"{b}{end}": ""},), "Look closely at how the name ends."),
            (({f"{a}{end[1:]}": "", f"{c}{end}": ""},), "The dot belongs to the ending."),
        ],
        more=[(filled(random, stems, ends, count),) for count in (4, 6, 8, 11)],
    )


def _sizes(random: Random) -> Task:
    name, what, ends, stems = random.choice(STORIES)
    least, end = random.randint(5, 12), random.choice(ends)
    a, b, c, d = random.sample(stems, 4)
    told, code, value = random.choice(
        [
            ("a list of their names, sorted", "sorted(found)", lambda rows: sorted(n for n, _ in rows)),
            (
                "a list of their names, the longest text first, and equally long ones sorted",
                "sorted(found, key=lambda each: (-found[each], each))",
                lambda rows: [n for _, n in sorted((-size, n) for n, size in rows)],
            ),
            (
                "a dictionary of their names, with the number of signs of each",
                "found",
                lambda rows: dict(rows),
            ),
        ]
    )
    rest, also = random.choice(
        [("", ""), (f" Files that end in `{end}` are left out.", f" and each.suffix != {end!r}")]
    )
    sign, word = random.choice([(">=", "at least"), (">", "more than")])

    def answer(files: dict[str, str]) -> Any:
        short = least if sign == ">=" else least + 1
        return value(
            [(n, len(t)) for n, t in files.items() if not len(t) < short and not (also and n.endswith(end))]
        )

    return Task(
        title=f"Long texts among {name}",
        story=f"""
        A folder holds {what}, all of them texts. Complete `{name}`. It gets the name of the folder, looks at
        every file in it, and finds those whose text has {word} {least} signs.{rest} It returns {told}.

        *`Path(name).iterdir()` goes through a folder; each file has a `name`, a `suffix` such as `.csv`, and
        `read_text(encoding="utf-8")`.* The checks make a folder with `folder`, which is there already.
        """,
        before=FOLDER,
        function=name,
        parameters="name",
        doc="Return what is asked for of the longer texts.",
        body=f"""
        found = {{}}
        for each in Path(name).iterdir():
            size = len(each.read_text(encoding="utf-8"))
            if size {sign} {least}{also}:
                found[each.name] = size
        return {code}
        """,
        answer=answer,
        call=asks_for(name),
        shown=[
            ({f"{a}.csv": "x" * (least + 2), f"{b}.csv": "no"},),
            ({f"{c}{end}": "y" * 30, f"{d}.csv": "z" * 20},),
        ],
        edges=[
            (({},), "The folder may be empty."),
            (
                ({f"{a}.csv": "a" * least, f"{b}.csv": "b" * (least + 1)},),
                "Look closely at how long a text is.",
            ),
            (({f"{a}.csv": "a" * (least - 1), f"{b}.csv": ""},), "Look closely at how long a text is."),
            (
                ({f"{d}{end}": "a" * 25, f"{b}{end}": "b" * 26, f"{c}.csv": "c" * 25},),
                "Look at all that is asked.",
            ),
        ],
        more=[(filled(random, stems, (*ends, ".csv"), count),) for count in (5, 7, 9, 12)],
    )


def _missing(random: Random) -> Task:
    name, what, ends, stems = random.choice(STORIES)
    end, k = ends[0], random.randint(2, 9)
    a, b, c, d, e = random.sample(stems, 5)
    told, start, there, absent, value = random.choice(
        [
            (
                "a list of the names for which there is none, in their order",
                "[]",
                "",
                "result.append(each)",
                lambda names, texts: [n for n in names if n not in texts],
            ),
            (
                f"how many lines the files that are there have in all, and {k} more for each that is not",
                "0",
                "result += len(file.read_text(encoding='utf-8').splitlines())",
                f"result += {k}",
                lambda names, texts: sum(texts[n].count("\n") if n in texts else k for n in names),
            ),
            (
                "a dictionary: for each name its file's first line, without its end, or `None` without it",
                "{}",
                "result[each] = file.read_text(encoding='utf-8').splitlines()[0]",
                "result[each] = None",
                lambda names, texts: {n: texts[n].split("\n")[0] if n in texts else None for n in names},
            ),
        ]
    )
    lines = (
        ["    if file.exists():", f"        {there}", "    else:", f"        {absent}"]
        if there
        else ["    if not file.exists():", f"        {absent}"]
    )
    body = [
        f"result = {start}",
        "for each in names:",
        f'    file = Path(name, each + "{end}")',
        *lines,
        "return result",
    ]

    def answer(files: dict[str, str], names: list[str]) -> Any:
        return value(names, {n[: -len(end)]: text for n, text in files.items() if n.endswith(end)})

    def case(count: int) -> tuple[dict[str, str], list[str]]:
        there = random.sample(stems, count)
        return (
            {
                n + random.choice([end, end, ".csv"]): "".join(f"{n} {i}\n" for i in range(1, count))
                for n in there
            },
            random.sample(stems, 4),
        )

    return Task(
        title=f"What is missing among {name}?",
        story=f"""
        A folder should hold {what}, each in a file that ends in `{end}`, but some are missing. Complete
        `{name}`. It gets the name of the folder and a list of names without that ending, such as `{[a, b]}`,
        and returns {told}. Each file has one or more lines, and each line its end.

        *`Path(name, "{a}{end}")` is the place of a file in the folder, and `exists()` says whether it is
        there.* The checks make a folder with `folder`, which is there already.
        """,
        before=FOLDER,
        function=name,
        parameters="name, names",
        doc="Return what is asked for of the files with these names.",
        body="\n".join(body),
        answer=answer,
        call=asks_for(name),
        shown=[
            ({f"{a}{end}": "one\ntwo\n", f"{b}{end}": "three\n"}, [a, c, b]),
            ({f"{d}{end}": "four\n"}, [d]),
        ],
        edges=[
            (({}, [a, b]), "The folder may be empty."),
            (({f"{a}{end}": "one\n"}, []), "The list may be empty."),
            (
                ({f"{a}.csv": "one\n", f"{e}{end}": "x\ny\nz\n"}, [e, a]),
                "A file with another ending is another file.",
            ),
            (({f"{a}{end}": "1\n2\n"}, [c, a, c]), "A name may come twice."),
        ],
        more=[case(count) for count in (2, 3, 4, 4)],
    )


def _tidy(random: Random) -> Task:
    name, what, ends, stems = random.choice(STORIES)
    other, short = random.choice(["rest", "misc", "other"]), random.randint(1, 2)
    a, b, c, d, e = random.sample(stems, 5)
    one, two, three = random.sample(ends, 3)
    told, code, rule = random.choice(
        [
            ("after its ending without the dot", "each.suffix[1:]", lambda n: n.rsplit(".", 1)[1]),
            (
                f"after the first {'letter' if short == 1 else '2 letters'} of its name",
                f"each.name[:{short}]",
                lambda n: n[:short],
            ),
            ("after the part of its name in front of the dot", "each.stem", lambda n: n.split(".")[0]),
        ]
    )
    empty = random.random() < 0.5
    also = (
        f"Files without any text go into the folder `{other}`."
        if empty
        else f"Files that end in `{one}` stay where they are."
    )
    place = f'"{other}" if each.read_text(encoding="utf-8") == "" else {code}' if empty else code
    keep = [] if empty else [f"    if each.suffix == {one!r}:", "        continue"]
    body = [
        "moved = 0",
        "for each in list(Path(name).iterdir()):",
        *keep,
        f"    goal = Path(name, {place})",
        "    goal.mkdir(exist_ok=True)",
        "    each.rename(goal / each.name)",
        "    moved += 1",
        "return moved",
    ]

    def answer(files: dict[str, str]) -> Any:
        moved = {
            n: f"{other if empty and not t else rule(n)}/{n}"
            for n, t in files.items()
            if empty or not n.endswith(one)
        }
        return len(moved), sorted(moved.get(n, n) for n in files)

    return Task(
        title=f"Tidying up {name}",
        story=f"""
        A folder holds {what}, all in one heap. Complete `{name}`. It gets the name of the folder and moves
        every file into a folder **inside** of it, which is called {told}: a file's name stays the same.
        {also} A folder that several files need is made once. It returns how many files were moved.

        *`place.mkdir(exist_ok=True)` makes a folder unless it is there, and `file.rename(place / file.name)`
        moves a file. `list(...)` around `iterdir()` looks at all of them before the first is moved.* The
        checks use `folder` and `listed`, which are there already.
        """,
        before=FOLDER + LISTED,
        function=name,
        parameters="name",
        doc="Move the files, and return how many.",
        body="\n".join(body),
        answer=answer,
        call=asks_for(name, "({}, listed('for-the-checks'))"),
        shown=[({f"{a}{one}": "x", f"{b}{two}": "y"},), ({f"{c}{three}": "z"},)],
        edges=[
            (({},), "The folder may be empty."),
            (({f"{a}{two}": "x", f"{b}{two}": "y", f"{a}{three}": "z"},), "Several may go into one folder."),
            (
                ({f"{a}{one}": "", f"{d}{one}": "x", f"{d}{two}": ""},),
                "Look closely at which are moved, and where.",
            ),
            (
                ({f"{e}{two}": "x", f"{e}{one}": "y", f"{e}{three}": "z"},),
                "Names may differ in their endings only.",
            ),
        ],
        more=[(filled(random, stems, ends, count),) for count in (3, 5, 6, 9)],
    )


FOLDERS = Family("folder", "files", by_level(_counting, _sizes, _missing, _tidy, twice))
