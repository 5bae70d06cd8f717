"""Folders within folders: the hardest task of the family in `folders`, and the stories of all five."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.makers import FOLDER, asks
from learnflow_ext.exercises.families.making import Task

STORIES = (
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
TEXTS = ("", "a", "rain", "twelve words", "something longer than that", "x" * 40)


def asks_for(function: str, wrap: str = "{}") -> Callable[..., str]:
    """How a check fills the folder and asks."""
    return asks(function, "", wrap, "folder({1!r})")


def filled(random: Random, stems: tuple[str, ...], ends: tuple[str, ...], count: int) -> dict[str, str]:
    """So many files with texts, by name."""
    pairs = random.sample([(stem, end) for stem in stems for end in ends], count)
    return {stem + end: random.choice(TEXTS) for stem, end in pairs}


def twice(random: Random) -> Task:
    """The same text twice, at any depth."""
    name, what, ends, stems = random.choice(STORIES)
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
        files = filled(random, stems, ends, count)
        return (
            {
                random.choice(["", f"{skip}/", f"{a}/", f"{a}/{skip}/"]) + n: random.choice(TEXTS[:4])
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
        call=asks_for(name),
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
