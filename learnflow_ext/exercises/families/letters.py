"""Files that are written: lists, numbers, forms that are filled in, pages, and a file brought up to date."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from learnflow_ext.exercises.families.makers import CONTENT, MADE
from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.updates import update

_LISTS = (
    ("shopping", "a shopping list", ("milk", "rice", "tea", "salt", "plums")),
    ("guests", "a list of guests", ("Ada", "Ben", "Cleo", "Dan", "Eve")),
    ("tasks", "a list of things to do", ("cook", "read", "swim", "call Gil", "sleep")),
    ("stops", "the stops of a bus", ("School", "Bridge", "Museum", "Park", "Station")),
    ("songs", "the songs of an evening", ("Rain", "Far away", "Blue", "Our street", "Moon")),
    ("chapters", "the chapters of a book", ("The box", "Night", "A letter", "Fog", "Home")),
)


def _written(function: str, file: str) -> Callable[..., str]:
    """A test has the function write, and reads what was written."""

    def asked(*values: object) -> str:
        given = "".join(f", {value!r}" for value in values)
        return f"[{function}({file!r}{given}), content({file!r})]"

    return asked


def _list(random: Random) -> Task:
    name, what, words = random.choice(_LISTS)
    mark, k = random.choice(["- ", "* ", "> ", "+ "]), random.randint(3, 6)
    told, keep, value = random.choice(
        [
            (
                "every entry that has a small letter `a` in it",
                '"a" in entry',
                lambda word: word.find("a") >= 0,
            ),
            (
                f"every entry of more than {k} signs (spaces are signs too)",
                f"len(entry) > {k}",
                lambda word: not len(word) <= k,
            ),
            (
                f"every entry of at most {k} signs (spaces are signs too)",
                f"len(entry) <= {k}",
                lambda word: len(word) < k + 1,
            ),
        ]
    )
    gave = random.choice(["count", "letters"])
    said = (
        "how many lines it wrote"
        if gave == "count"
        else "how many signs the entries that it wrote have together, spaces included"
    )
    gain = "1" if gave == "count" else "len(entry)"

    def answer(entries: list[str]) -> list[object]:
        kept = [entry for entry in entries if value(entry)]
        return [
            len(kept) if gave == "count" else len("".join(kept)),
            "".join(f"{mark}{entry}\n" for entry in kept),
        ]

    def some(count: int) -> tuple[list[str]]:
        return ([random.choice(words) + random.choice(["", "", " 2", " again"]) for _ in range(count)],)

    return Task(
        title=f"Writing {what}",
        story=f"""
        Complete `{name}`. It gets the name of a file and a list of texts: {what}. It writes {told} into the
        file, each in a line of its own with `{mark.strip()}` and a space before it, and returns {said}. A
        file of that name that is there already is replaced.

        *`open(name, "w", encoding="utf-8")` opens a file to write, and a line ends with `"\\n"`.* The
        function `content` reads the file for the checks.
        """,
        before=MADE + CONTENT,
        function=name,
        parameters="name, entries",
        doc=f"Write {what} into a file.",
        body=f"""
result = 0
with open(name, "w", encoding="utf-8") as file:
    for entry in entries:
        if {keep}:
            file.write("{mark}" + entry + "\\n")
            result += {gain}
return result
""",
        answer=answer,
        call=_written(name, f"{name}.txt"),
        shown=[([words[0], words[1]],), ([words[4]],)],
        edges=[
            (([],), "There may be nothing to write: then the file is empty."),
            ((["x" * k, "y" * (k + 1)],), "Look closely at the length of an entry."),
            (([words[2], words[2]],), "An entry may come twice."),
        ],
        more=[some(count) for count in (3, 4, 5, 6)],
    )


def _numbered(random: Random) -> Task:
    name, what, words = random.choice(_LISTS)
    first, sign = random.randint(1, 5), random.choice([". ", ") ", ": "])
    rule, code, value = random.choice(
        [
            (
                "Empty lines are left out, and do not get a number",
                "if not text:\n                continue",
                lambda lines: [line for line in lines if line],
            ),
            (
                "A line that was there before is left out, and does not get a number",
                "if text in seen:\n                continue\n            seen.append(text)",
                lambda lines: list(dict.fromkeys(lines)),
            ),
        ]
    )

    def answer(text: str) -> str:
        lines = value([line.strip() for line in text.splitlines()])
        return "".join(f"{number}{sign}{line}\n" for number, line in enumerate(lines, first))

    def some(count: int) -> tuple[str]:
        return ("".join(f"{random.choice((*words, ''))}\n" for _ in range(count)),)

    return Task(
        title=f"Numbers for {what}",
        story=f"""
        A text file holds {what}, one entry in each line. Complete `{name}`. It gets the name of that file
        and the name of a new one. Into the new file it writes the same lines with numbers before them, from
        {first} on, such as `{first}{sign}{words[0]}`. {rule}. Spaces around an entry are taken away first.

        The functions `made` and `content` write and read files for the checks.
        """,
        before=MADE + CONTENT,
        function=name,
        parameters="old, new",
        doc="Write the lines of the old file with numbers into the new one.",
        body=f"""
number = {first}
{"seen = []" if "seen" in code else "# line by line"}
with open(old, encoding="utf-8") as file, open(new, "w", encoding="utf-8") as target:
    for line in file:
        text = line.strip()
        {code.replace(chr(10) + "        ", chr(10) + "    ")}
        target.write(str(number) + "{sign}" + text + "\\n")
        number += 1
""",
        answer=answer,
        call=lambda text: f"[{name}(made('old.txt', {text!r}), 'new.txt'), content('new.txt')][1]",
        shown=[(f"{words[0]}\n{words[1]}\n",), (f"{words[3]}\n",)],
        edges=[
            (("",), "The file may be empty."),
            ((f"{words[2]}\n\n{words[1]}\n\n{words[2]}\n",), "Look closely at lines that are left out."),
            ((f"  {words[2]} \n{words[2]}\n",), "Spaces around an entry are taken away."),
            ((f"{words[4]}\n{words[3]}",), "The last line may have no end of its own."),
        ],
        more=[some(count) for count in (3, 5, 6, 8)],
    )


def _form(random: Random) -> Task:
    name = random.choice(["flyer", "poster", "notice", "label", "ticket", "receipt"])
    empty = random.choice(["?", "nobody", "unknown", "tba"])
    keys = random.sample(["NAME", "PLACE", "DAY", "PRICE", "SEAT", "COLOUR"], 3)
    a, b, c = keys
    mark = random.choice(["#", "$", "%", "@"])

    def answer(text: str, values: dict[str, str]) -> list[object]:
        count, words = 0, []
        for part in text.split(" "):
            bare = part.rstrip("\n")
            end = part[len(bare) :]
            if bare.startswith(mark):
                known = values.get(bare[1:])
                count += known is None
                words.append((empty if known is None else known) + end)
            else:
                words.append(part)
        return [count, " ".join(words)]

    texts = [
        f"Come to {mark}{a} on {mark}{b} please\n",
        f"{mark}{c} is free\n",
        f"We met {mark}{a} and {mark}{a} near {mark}{c} today\n",
        "Nothing to fill in here\n",
        f"{mark}{b} or {mark}{c} or {mark}{b}\n",
    ]

    def values(*some: str) -> dict[str, str]:
        return {key: random.choice(["Ada", "the lake", "Monday", "7 euros", "row 3", "blue"]) for key in some}

    return Task(
        title=f"Filling in a {name}",
        story=f"""
        A text file holds the form of a {name}: one line of words with a single space between any two, and the
        end of the line. A word that begins with `{mark}`, such as `{mark}{a}`, stands for something else.
        Complete `{name}`. It gets the name of the form's file, the name of a new file, and a dictionary. Into
        the new file it writes the line, and puts in place of every such word what the dictionary has for it
        (without the `{mark}`), or `{empty}` where it has nothing. It returns how often it had to write
        `{empty}` for that reason.

        The functions `made` and `content` write and read files for the checks.
        """,
        before=MADE + CONTENT,
        function=name,
        parameters="form, new, values",
        doc="Write the form with the values in it into a new file.",
        body=f"""
missing = 0
with open(form, encoding="utf-8") as file:
    words = file.read().split()
for place, word in enumerate(words):
    if word.startswith("{mark}"):
        key = word[1:]
        if key in values:
            words[place] = values[key]
        else:
            words[place] = "{empty}"
            missing += 1
with open(new, "w", encoding="utf-8") as file:
    file.write(" ".join(words) + "\\n")
return missing
""",
        answer=answer,
        call=lambda text, values: (
            f"[{name}(made('form.txt', {text!r}), 'new.txt', {values!r}), content('new.txt')]"
        ),
        shown=[(texts[0], values(a, b)), (texts[1], {})],
        edges=[
            ((texts[3], values(a)), "There may be nothing to fill in."),
            ((texts[2], values(c)), "The same word may stand there twice."),
            ((f"{a} of {mark}{a}\n", values(a)), f"Only words that begin with {mark} are replaced."),
            ((f"half{mark}{b} {mark}{b}\n", values(b)), f"Only words that begin with {mark} are replaced."),
        ],
        more=[
            (texts[4], values(b)),
            (texts[2], values(a, b)),
            (texts[4], values(a, c)),
            (texts[0], values(c)),
        ],
    )


def _pages(random: Random) -> Task:
    name, what, words = random.choice(_LISTS)
    size, title = random.randint(2, 4), random.choice(["Page", "Sheet", "Part", "Card"])
    gap = random.choice(["-", "=", "~", "."]) * random.randint(3, 6)

    def answer(lines: list[str]) -> list[object]:
        pages = [lines[at : at + size] for at in range(0, len(lines), size)]
        told = [
            f"{title} {number}\n" + "".join(f"{line}\n" for line in page)
            for number, page in enumerate(pages, 1)
        ]
        return [len(pages), f"{gap}\n".join(told)]

    return Task(
        title=f"{title}s of {size}: {what}",
        story=f"""
        Complete `{name}`. It gets the name of a file and a list of texts: {what}. It writes them into the
        file, one in each line, in parts of {size}; the last part may be shorter. Before each part stands a
        line with its number, such as `{title} 1`, and **between** two parts a line `{gap}`, which stands
        neither at the beginning nor at the end. It returns how many parts there are. Without texts the file
        is empty.

        *`place % {size} == 0` says where a new part begins.* The function `content` reads the file for the
        checks.
        """,
        before=MADE + CONTENT,
        function=name,
        parameters="name, lines",
        doc=f"Write the lines in parts of {size}.",
        body=f"""
count = 0
with open(name, "w", encoding="utf-8") as file:
    for place, line in enumerate(lines):
        if place % {size} == 0:
            if count > 0:
                file.write("{gap}\\n")
            count += 1
            file.write("{title} " + str(count) + "\\n")
        file.write(line + "\\n")
return count
""",
        answer=answer,
        call=_written(name, f"{name}.txt"),
        shown=[(list(words[: size + 1]),), ([words[4]],)],
        edges=[
            (([],), "There may be no texts."),
            ((list(words[:size]),), "A part may be just full."),
            (([words[0]] * (2 * size),), "Several parts may be just full."),
            (([words[1]] * (2 * size + 1),), "The last part may be short."),
        ],
        more=[
            ([random.choice(words) for _ in range(count)],) for count in (size + 2, 3 * size, 3 * size + 2, 2)
        ],
    )


LETTERS = Family("letter", "files", by_level(_list, _numbered, _form, _pages, update))
