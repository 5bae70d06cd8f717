"""Libraries for names of files: their parts, their kinds, where they should lie, and names that are free."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.heaps import HEAPS, NO_FILE, inside
from learnflow_ext.exercises.families.making import Family, Task, by_level


def _cut(path: str) -> tuple[str, str, str]:
    """(folder, name, ending), found by hand; an ending needs something in front of its dot."""
    folder, _, last = path.rpartition("/")
    at = last.rfind(".")
    return (folder, last[:at], last[at:]) if 0 < at < len(last) - 1 else (folder, last, "")


def _joined(*parts: str) -> str:
    return "/".join(each for each in parts if each)


def _name(random: Random, names: tuple[str, ...], endings: tuple[str, ...]) -> str:
    number = random.choice(["", "", "-2", ".old", " 3"])
    return f"{random.choice(names)}{number}{random.choice([*endings, ''])}"


def _part(random: Random) -> Task:
    heap, what, names, endings = random.choice(HEAPS)
    end, word = (
        random.choice([".zip", ".bak", ".html", ".gif"]),
        random.choice(["copy", "new", "draft", "final"]),
    )
    told, code, value = random.choice(
        [
            (
                f"the same name with the ending `{end}` instead of its own, or behind it where it has none, "
                "without any folder",
                f'Path(text).with_suffix("{end}").name',
                lambda folder, name, ending: name + end,
            ),
            (
                f"`{word}-`, and behind it the name without folders and without its ending",
                f'"{word}-" + Path(text).stem',
                lambda folder, name, ending: f"{word}-{name}",
            ),
            (
                f"its ending in small letters, with the dot, and `{word}` behind it",
                f'Path(text).suffix.lower() + "{word}"',
                lambda folder, name, ending: "".join([*map(str.lower, ending), word]),
            ),
            (
                f"the name without its ending, ` in `, and the name of the folder in which it is, such as "
                f"`{names[0]} in {heap}`; it always is in one",
                'Path(text).stem + " in " + Path(text).parent.name',
                lambda folder, name, ending: " in ".join([name, folder.split("/")[-1]]),
            ),
        ]
    )

    def answer(text: str) -> object:
        return value(*_cut(text))

    shown = f"{heap}/2026/{names[0]}{endings[0]}"
    return Task(
        title=f"The parts of a name: {heap}",
        story=f"""
        Files of {what} have names such as `{shown}`: folders, with `/` between them, and a name with an
        ending, which begins at its **last** dot. Some have no ending: names without a dot, or with one at
        their very beginning only. Complete `label`. It gets such a text and returns {told}. {NO_FILE}

        *`Path(text)`, from `pathlib`, knows its `name`, its `stem` (the name without its ending), its
        `suffix` (the ending) and its `parent` (the folder); `with_suffix` exchanges the ending.*
        """,
        before="from pathlib import Path",
        function="label",
        parameters="text",
        doc="Return what is asked for of this name.",
        body=f"return {code}",
        answer=answer,
        shown=[(shown,), (f"{heap}/{names[1]}{endings[1]}",)],
        edges=[
            ((f"{heap}/{names[2]}.v2{endings[1]}",), "A name may have several dots."),
            ((f"{heap}.old/{names[2]}",), "A folder may have a dot in its name."),
            ((f"{heap}/README",), "A name may have no ending."),
            ((f"{heap}/.{names[3]}",), "A dot in front is no ending."),
            ((f"/home/ada/{heap}/{names[3]}{endings[2]}",), "There may be many folders."),
        ],
        more=[(f"{heap}/{random.choice(names)}/{_name(random, names, endings)}",) for _ in range(5)],
    )


def _kinds(random: Random) -> Task:
    heap, what, names, endings = random.choice(HEAPS)
    none, k = random.choice(["none", "other", "?", "no ending"]), random.randint(2, 9)
    told, start, gain, value = random.choice(
        [
            ("how many files have it", "0", "+ 1", lambda group: len(group)),
            (f"{k} for each file that has it", "0", f"+ {k}", lambda group: k * len(group)),
            (
                "a list of their names, without folders and endings, as they come",
                "[]",
                "+ [path.stem]",
                lambda group: group,
            ),
        ]
    )

    def answer(texts: list[str]) -> dict[str, Any]:
        groups: dict[str, list[str]] = {}
        for _, name, ending in map(_cut, texts):
            groups.setdefault("".join(map(str.lower, ending[1:])) or none, []).append(name)
        return {kind: value(group) for kind, group in groups.items()}

    def row(size: int) -> tuple[list[str]]:
        return (
            [_joined(random.choice(["", heap, "old"]), _name(random, names, endings)) for _ in range(size)],
        )

    a, b, c, d = names
    return Task(
        title=f"Endings of {heap}",
        story=f"""
        A list has the names of all files of {what}, some with folders in front, such as
        `{heap}/{a}{endings[0]}`. Complete `endings`. It gets the list and returns a dictionary. Its keys are
        the endings, in small letters and without the dot, so that `.PDF` and `.pdf` are the same; for files
        without an ending, such as `{b}` and `.{c}`, the key is `{none}`. Under each key stands {told}.
        {NO_FILE}

        *`Path(text).suffix` is the ending with its dot, an empty text where there is none, and
        `Path(text).stem` the name without it.*
        """,
        before="from pathlib import Path",
        function="endings",
        parameters="texts",
        doc="Return what is asked for of each ending.",
        body=f"""
        found = {{}}
        for text in texts:
            path = Path(text)
            kind = path.suffix[1:].lower()
            if not kind:
                kind = "{none}"
            found[kind] = found.get(kind, {start}) {gain}
        return found
        """,
        answer=answer,
        shown=[([f"{heap}/{a}{endings[0]}", f"{b}{endings[1]}", f"old/{c}{endings[0]}"],), ([d],)],
        edges=[
            (([],), "There may be no files."),
            (([f"{a}.PDF", f"{b}.pdf", f"{c}.Pdf"],), "Small and large letters are the same."),
            (([f"{a}.v2{endings[0]}", f"{b}.v2"],), "A name may have several dots."),
            (([f"{heap}.old/{a}", f".{b}"],), "Some dots begin no ending."),
        ],
        more=[row(size) for size in (2, 3, 4, 6, 7)],
    )


def _tidy(random: Random) -> Task:
    heap, what, names, endings = random.choice(HEAPS)
    other, target = random.choice(["rest", "odd", "various"]), random.choice(["sorted", "shelf", "home"])
    known = {ending.lower(): word for ending, word in zip(endings[:2], ("first", "second"), strict=True)}
    known = dict(zip(known, random.sample(["red", "blue", "green", "grey"], 2), strict=True))
    told, code, value = random.choice(
        [
            (
                "the name as it was, without the folders it had",
                "path.name",
                lambda name, ending: name + ending,
            ),
            (
                "the name as it was, without the folders it had, but with all letters small",
                "path.name.lower()",
                lambda name, ending: "".join(map(str.lower, name + ending)),
            ),
            (
                f"`{heap}-`, and behind it the name as it was, without the folders it had",
                f'("{heap}-" + path.name)',
                lambda name, ending: f"{heap}-{name}{ending}",
            ),
        ]
    )
    words = list(known.items())

    def answer(folder: str, texts: list[str]) -> list[str]:
        return [
            _joined(folder, target, known.get(ending.lower(), other), value(name, ending))
            for _, name, ending in map(_cut, texts)
        ]

    def row(size: int) -> tuple[str, list[str]]:
        some = [
            _joined(random.choice(["", heap, "old/box"]), _name(random, names, endings)) for _ in range(size)
        ]
        return random.choice(["data", "usb/ada", "2026"]), some

    a, b, c, d = names
    return Task(
        title=f"A tidy home for {heap}",
        story=f"""
        Somebody wants to tidy up {what}. Complete `new_places`. It gets the name of a folder and a list of
        files, some with folders in front, and returns a list with the new place of each, as a text. A new
        place is made of four parts: the folder; in it `{target}`; in it `{words[0][1]}` for the ending
        `{words[0][0]}`, `{words[1][1]}` for `{words[1][0]}`, and `{other}` for all others, where large and
        small letters of an ending are the same (`WHERE`, above, knows the first two); and in it {told}.
        {NO_FILE}

        *`Path(folder) / "a" / "b"` puts parts together, with a `/` between them, and `str` makes a text of
        a path.*
        """,
        before=f"from pathlib import Path\n\nWHERE = {known!r}",
        function="new_places",
        parameters="folder, texts",
        doc="Return the new place of each file.",
        body=f"""
        found = []
        for text in texts:
            path = Path(text)
            kind = WHERE.get(path.suffix.lower(), "{other}")
            found.append(str(Path(folder) / "{target}" / kind / {code}))
        return found
        """,
        answer=answer,
        shown=[("data", [f"{heap}/{a}{endings[0]}", f"{b}{endings[1]}"]), ("usb/ada", [f"{c}.xyz"])],
        edges=[
            (("data", []), "There may be no files."),
            (("data", [f"{a}{endings[0].upper()}", f"{b}{endings[1].lower()}"]), "Letters of any size."),
            (("data", [d, f".{d}"]), "Some files have no ending."),
            (("a/b/c", [f"x/y/z/{a}.v2{endings[0]}"]), "There may be many folders and dots."),
            (("data", [f"{b.upper()}{endings[1]}"]), "A name may be in large letters."),
        ],
        more=[row(size) for size in (1, 2, 3, 4, 5)],
    )


def _free(random: Random) -> Task:
    heap, what, names, endings = random.choice(HEAPS)
    begin = random.randint(1, 3)
    left, right = random.choice([(" (", ")"), ("-", ""), ("_", ""), (" [", "]")])
    most = random.randint(begin + 2, begin + 4)
    nothing = random.choice(["full", "?", "no name"])

    def answer(taken: list[str], texts: list[str]) -> list[str]:
        used, found = set(taken), []
        for text in texts:
            folder, name, ending = _cut(text)
            every = [text]
            every += [_joined(folder, f"{name}{left}{n}{right}{ending}") for n in range(begin, most + 1)]
            free = next((each for each in every if each not in used), nothing)
            used.add(free)
            found.append(free)
        return found

    a, b, c, _ = names
    ending, other = endings[0], endings[1]

    def numbered(name: str, *numbers: int) -> list[str]:
        return [f"{heap}/{name}{ending}", *(f"{heap}/{name}{left}{n}{right}{ending}" for n in numbers)]

    def row(size: int) -> tuple[list[str], list[str]]:
        new = [f"{heap}/{random.choice([a, b])}{random.choice([ending, ending, other])}" for _ in range(size)]
        return random.sample(numbered(a, *range(begin, most)), 2), new

    every = numbered(a, *range(begin, most + 1))
    return Task(
        title=f"A name that is free: {heap}",
        story=f"""
        New files come to {what}, but no file may take the place of another. Complete `names_for`. It gets a
        list of names that are taken, and a list of the names that new files want, such as
        `{heap}/{a}{ending}`. It returns a list with the names they get. Who wants a free name gets it. If it
        is taken, a number comes between the name and its ending, from {begin} on, the first that is free:
        `{heap}/{a}{left}{begin}{right}{ending}`. The highest number is {most}; if that is taken too, the
        file gets no name, and `{nothing}` stands in its place. What one new file gets is taken for all that
        follow. Both lists stay as they are. {NO_FILE}

        *`path.with_name(text)` is a path in the same folder with another name; `path.stem` and `path.suffix`
        are the two parts of the name. `str(path)` makes a text of it.*
        """,
        before="from pathlib import Path",
        function="names_for",
        parameters="taken, texts",
        doc="Return the names that the new files get.",
        body=f"""
        used = list(taken)
        found = []
        for text in texts:
            path = Path(text)
            name = text
            for number in range({begin}, {most + 1}):
                if name not in used:
                    break
                name = str(path.with_name(f"{{path.stem}}{left}{{number}}{right}{{path.suffix}}"))
            if name in used:
                name = {nothing!r}
            else:
                used.append(name)
            found.append(name)
        return found
        """,
        answer=answer,
        shown=[
            ([f"{heap}/{a}{ending}"], [f"{heap}/{a}{ending}", f"{heap}/{b}{ending}"]),
            ([], [f"{c}{ending}"] * 2),
        ],
        edges=[
            (([], []), "There may be no new files."),
            ((every[:-1], [every[0]] * 2), "Look closely at the highest number."),
            ((every, [every[0], f"{heap}/{b}{ending}"]), "There may be no free name."),
            (([every[0], every[2]], [every[0]] * 3), "A number in between may be free."),
            (([f"{heap}/{a}.v2{ending}"], [f"{heap}/{a}.v2{ending}"] * 2), "A name may have several dots."),
            (([a, f"{heap}.d/{a}"], [a, f"{heap}.d/{a}"]), "A name may have no ending."),
            (([f"{heap}/{a}{ending}"], [f"{heap}/{a}{other}"]), "Another ending makes another name."),
        ],
        more=[row(size) for size in (2, 3, 4, 5)],
        keeps=True,
    )


PATHS = Family("path", "libraries", by_level(_part, _kinds, _tidy, inside, _free))
