"""What lies inside a folder, told from names alone: a task of the family in `paths`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Task

HEAPS = (
    ("photos", "a folder with photos", ("beach", "sunset", "cake", "dog"), (".jpg", ".png", ".JPG")),
    ("songs", "a collection of songs", ("waltz", "march", "tango", "hymn"), (".mp3", ".wav", ".ogg")),
    ("letters", "a drawer full of letters", ("bank", "school", "club", "aunt"), (".txt", ".pdf", ".odt")),
    ("plans", "an architect's plans", ("roof", "cellar", "stairs", "garden"), (".pdf", ".svg", ".dxf")),
    ("recipes", "a cook's recipes", ("soup", "bread", "curry", "jam"), (".txt", ".md", ".pdf")),
    ("scores", "a choir's music", ("alto", "bass", "tenor", "solo"), (".pdf", ".mid", ".xml")),
)
NO_FILE = "Nothing has to exist for that: it is about names only."


def inside(random: Random) -> Task:
    """All that lies in a folder, however deep."""
    heap, what, names, endings = random.choice(HEAPS)
    deep = random.choice([1, 2])
    told, start, gain, end, value = random.choice(
        [
            (
                "a sorted list of their names from that folder on, as texts",
                "[]",
                "found.append(str(path.relative_to(folder)))",
                "sorted(found)",
                lambda rests: sorted(rests),
            ),
            (
                "how many of them are not directly in that folder, but in "
                + ("another one in it" if deep == 1 else "a folder in a folder of it, or even deeper"),
                "0",
                f"if len(path.relative_to(folder).parts) > {deep}:\n                    found += 1",
                "found",
                lambda rests: sum(rest.count("/") >= deep for rest in rests),
            ),
            (
                "a list of the names of the folders in which they are, the innermost ones only, as they come",
                "[]",
                "found.append(path.parent.name)",
                "found",
                None,
            ),
        ]
    )

    def answer(texts: list[str], folder: str) -> object:
        inside = [each for each in texts if each[: len(folder) + 1] == f"{folder}/"]
        if value is None:
            return [each.split("/")[-2] for each in inside]
        return value([each[len(folder) + 1 :] for each in inside])

    a, b, c, d = names
    ending = endings[0]
    folders = [heap, f"{heap}/{a}", f"{heap}/{a}/{b}", f"{heap}-old", f"{heap}-old/{a}", a, f"{heap}2"]

    def row(size: int) -> tuple[list[str], str]:
        some = [f"{random.choice(folders)}/{random.choice(names)}{ending}" for _ in range(size)]
        return some, random.choice(folders[:2])

    return Task(
        title=f"What is inside: {heap}",
        story=f"""
        A list has the names of all files on a computer, {what} among them, such as `{heap}/{a}/{b}{ending}`.
        Complete `inside`. It gets the list and the name of a folder. Of all files that are in that folder, or
        in a folder of it, however deep, it returns {told}. A folder whose name only **begins** in the same
        way is another one: `{heap}-old/{b}{ending}` is not inside of `{heap}`. {NO_FILE}

        *`path.parents` are all folders in which a path is, so `Path(folder) in path.parents` is a question.
        `path.relative_to(folder)` is its name from the folder on, `path.parts` its single parts.*
        """,
        before="from pathlib import Path",
        function="inside",
        parameters="texts, folder",
        doc="Return what is asked for of the files inside.",
        body=f"""
        found = {start}
        for text in texts:
            path = Path(text)
            if Path(folder) in path.parents:
                {gain}
        return {end}
        """,
        answer=answer,
        shown=[
            ([f"{heap}/{d}{ending}", f"{heap}-old/{b}{ending}", f"{heap}/{a}/{b}/{c}{ending}"], heap),
            ([f"{a}/{b}{ending}"], heap),
        ],
        edges=[
            (([], heap), "There may be no files."),
            (
                ([f"{heap}/{a}{ending}", f"{heap}/{a}/{c}{ending}"], f"{heap}/{a}"),
                "It may be a folder in another.",
            ),
            (
                ([f"{d}/{heap}/{a}{ending}", f"{heap}2/{a}{ending}"], heap),
                "A folder of that name may be elsewhere.",
            ),
            (([heap, f"{heap}{ending}"], heap), "A file is not inside of itself."),
            (([f"{heap}/{a}/{b}/{c}/{d}{ending}"] * 2, heap), "A file may be deep inside."),
            (([f"{heap}/{a}/{b}/{d}{ending}", f"{heap}/{c}/{d}{ending}"], heap), "Look closely at how deep."),
        ],
        more=[row(size) for size in (3, 4, 5, 6, 7)],
    )
