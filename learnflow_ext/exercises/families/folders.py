"""Folders: which files are there, which are not, and putting them in order."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.files import asks
from learnflow_ext.exercises.families.making import Family, Task, by_level

FOLDER = '''
from pathlib import Path


def folder(files):
    """Make a folder with these files and nothing else, and return its name."""
    top = Path("for-the-checks")
    for each in sorted(top.rglob("*"), reverse=True):
        each.rmdir() if each.is_dir() else each.unlink()
    top.mkdir(exist_ok=True)
    for name, text in files.items():
        place = top / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return "for-the-checks"
'''
LISTED = '''

def listed(name):
    """Return the names of all files in a folder and below it, sorted."""
    return sorted(each.relative_to(name).as_posix() for each in Path(name).rglob("*") if each.is_file())
'''
_FOLDERS = (
    (
        "photos",
        "the photos of a holiday",
        (".jpg", ".png", ".txt"),
        ("beach", "boat", "storm", "tent", "sunset"),
    ),
    (
        "songs",
        "the songs of a school band",
        (".mp3", ".wav", ".txt"),
        ("waltz", "march", "ballad", "blues", "encore"),
    ),
    (
        "essays",
        "what a class has handed in",
        (".md", ".pdf", ".txt"),
        ("amir", "bea", "carlos", "dora", "emil"),
    ),
    (
        "recipes",
        "the recipes of a grandmother",
        (".txt", ".jpg", ".bak"),
        ("soup", "bread", "jam", "cake", "stew"),
    ),
    (
        "levels",
        "the levels of a game that friends write",
        (".map", ".png", ".old"),
        ("cave", "tower", "swamp", "moon", "end"),
    ),
    (
        "scans",
        "old letters that somebody scanned",
        (".tif", ".jpg", ".txt"),
        ("april", "may", "june", "july", "autumn"),
    ),
)
_TEXTS = ("", "a", "rain", "twelve words", "something longer than that", "x" * 40)


def _asks(function: str, wrap: str = "{}") -> Callable[..., str]:
    return asks(function, "", wrap, "folder({1!r})")


def _filled(random: Random, stems: tuple[str, ...], ends: tuple[str, ...], count: int) -> dict[str, str]:
    pairs = random.sample([(stem, end) for stem in stems for end in ends], count)
    return {stem + end: random.choice(_TEXTS) for stem, end in pairs}


def _counting(random: Random) -> Task:
    name, what, ends, stems = random.choice(_FOLDERS)
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
        call=_asks(name),
        shown=[({f"{a}{end}": "", f"{b}.csv": "", f"{c}{end}": ""},), ({f"{b}{end}": "x"},)],
        edges=[
            (({},), "The folder may be empty."),
            (({f"{a}.csv": ""},), "There may be none of them."),
            (({f"{a}{end}.zip": "", f"{b}{end}": ""},), "Look closely at how the name ends."),
            (({f"{a}{end[1:]}": "", f"{c}{end}": ""},), "The dot belongs to the ending."),
        ],
        more=[(_filled(random, stems, ends, count),) for count in (4, 6, 8, 11)],
    )


def _sizes(random: Random) -> Task:
    name, what, ends, stems = random.choice(_FOLDERS)
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
        call=_asks(name),
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
        more=[(_filled(random, stems, (*ends, ".csv"), count),) for count in (5, 7, 9, 12)],
    )


def _missing(random: Random) -> Task:
    name, what, ends, stems = random.choice(_FOLDERS)
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
        call=_asks(name),
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
    name, what, ends, stems = random.choice(_FOLDERS)
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
        call=_asks(name, "({}, listed('for-the-checks'))"),
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
        more=[(_filled(random, stems, ends, count),) for count in (3, 5, 6, 9)],
    )


def _tree(random: Random) -> Task:
    name, what, ends, stems = random.choice(_FOLDERS)
    a, b, c, d, e = random.sample(stems, 5)
    one, two, skip = ends[0], ends[1], random.choice(["old", "tmp", "trash"])
    told, code, value = random.choice(
        [
            (
                "a sorted list: for each text in **more than one** file a sorted list of their names",
                "sorted(sorted(row) for row in found.values() if len(row) > 1)",
                lambda rows: sorted(row for row in rows if row[1:]),
            ),
            (
                "a sorted list of the names of the files whose text stands in **no other** file",
                "sorted(row[0] for row in found.values() if len(row) == 1)",
                lambda rows: sorted(row[0] for row in rows if not row[1:]),
            ),
            (
                "a sorted list of names: of each text the first in the order of the alphabet",
                "sorted(min(row) for row in found.values())",
                lambda rows: sorted(row[0] for row in rows),
            ),
        ]
    )
    blank = random.random() < 0.5
    rest = "Empty files do not count." if blank else f"Only files that end in `{one}` count."
    also = 'text != ""' if blank else f"each.suffix == {one!r}"

    def answer(files: dict[str, str]) -> Any:
        counted = [n for n in sorted(files) if not n.startswith(f"{skip}/") and f"/{skip}/" not in n]
        counted = [n for n in counted if (files[n] if blank else n.endswith(one))]
        texts = dict.fromkeys(files[n] for n in counted)
        return value([[n for n in counted if files[n] == text] for text in texts])

    def case(count: int) -> tuple[dict[str, str]]:
        files = _filled(random, stems, ends, count)
        return (
            {
                random.choice(["", f"{skip}/", f"{a}/", f"{a}/{skip}/"]) + n: random.choice(_TEXTS[:4])
                for n in files
            },
        )

    return Task(
        title=f"The same twice among {name}",
        story=f"""
        A folder with {what} has grown: there are folders in it, with folders in them, and many a text was
        saved twice. Complete `{name}`. It gets the name of the folder and looks at all files in it, at **any
        depth**, but not at what lies in a folder called `{skip}`, wherever that is. {rest} It returns {told}.
        A file's name is written with the way to it from the folder, such as `{a}/{b}{one}`.

        *`Path(name).rglob("*")` finds files and folders at any depth; `is_file()` tells them apart. For each,
        `each.relative_to(name)` has `parts`, and `as_posix()` makes a text of it.* The checks use `folder`.
        """,
        before=FOLDER,
        function=name,
        parameters="name",
        doc="Return what is asked for of the texts and their files.",
        body=f"""
        found = {{}}
        for each in Path(name).rglob("*"):
            way = each.relative_to(name)
            if each.is_file() and "{skip}" not in way.parts:
                text = each.read_text(encoding="utf-8")
                if {also}:
                    found[text] = found.get(text, []) + [way.as_posix()]
        return {code}
        """,
        answer=answer,
        call=_asks(name),
        shown=[
            ({f"{a}{one}": "same", f"{b}/{c}{one}": "same", f"{d}{one}": "else"},),
            ({f"{e}{one}": "alone", f"{skip}/{e}{one}": "alone"},),
        ],
        edges=[
            (({},), "The folder may be empty."),
            (
                ({f"{a}{one}": "", f"{b}{one}": "", f"{c}{two}": "x", f"{d}{one}": "x"},),
                "Look closely at what counts.",
            ),
            (
                ({f"{a}/{skip}/{b}{one}": "x", f"{c}{one}": "x", f"{d}{one}": "y"},),
                f"{skip} may lie further down.",
            ),
            (({f"{skip}{one}": "x", f"{a}/{b}/{c}{one}": "x"},), f"A file may be called {skip} too."),
            (
                ({f"{n}{one}": "x" for n in (a, b, c)} | {f"{d}/{e}{one}": "y", f"{e}{one}": "y"},),
                "Three may be alike.",
            ),
        ],
        more=[case(count) for count in (5, 7, 9, 11)],
    )


FOLDERS = Family("folder", "files", by_level(_counting, _sizes, _missing, _tidy, _tree))
