"""Libraries for writing: the alphabet, secret letters, lines of a width, gaps, and patterns to rewrite."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_WORDS = ("tea", "harbour", "wind", "lantern", "sea", "kite", "marmalade", "owl", "morning", "bridge", "fog")
_ROOMS = (
    ("sign", "a sign at a harbour"),
    ("note", "notes that are passed in class"),
    ("poster", "a poster for a school play"),
    ("postcard", "a postcard from the sea"),
    ("leaflet", "a leaflet of a museum"),
    ("ticker", "the news in a shop window"),
)


def _text(random: Random, size: int) -> str:
    return " ".join(random.choices(_WORDS, k=size))


def _values(random: Random) -> Task:
    name, what = random.choice(_ROOMS)
    k, extra = random.randint(2, 9), random.randint(10, 40)
    told, code, value = random.choice(
        [
            (
                f"the sum of the numbers of its letters, and {extra} more",
                f"sum(found) + {extra}",
                lambda ns: extra + sum(ns),
            ),
            (
                f"the sum of the numbers of its letters, times {k}",
                f"sum(found) * {k}",
                lambda ns: sum(n * k for n in ns),
            ),
            (
                f"a list of the numbers of its letters, {k} added to each",
                f"[number + {k} for number in found]",
                lambda ns: [k + n for n in ns],
            ),
            (
                f"how many of its letters have a number above {extra // 2}",
                f"len([number for number in found if number > {extra // 2}])",
                lambda ns: sum(n >= extra // 2 + 1 for n in ns),
            ),
        ]
    )
    begin = random.choice([0, 1])

    def answer(word: str) -> object:
        return value([ord(each) - ord("a") + begin for each in word])

    return Task(
        title=f"Numbers for letters: {name}",
        story=f"""
        For {what} every letter of the alphabet has a number: `a` has {begin}, `b` has {begin + 1}, and so on
        up to `z` with {begin + 25}. Complete `{name}`. It gets a word of small letters, and returns {told}.

        *`string.ascii_lowercase` is a text with the alphabet in it, and `index` says where a letter stands,
        from 0.*
        """,
        before="import string",
        function=name,
        parameters="word",
        doc="Return what is asked for of the letters' numbers.",
        body=f"""
        found = [string.ascii_lowercase.index(letter){" + 1" if begin else ""} for letter in word]
        return {code}
        """,
        answer=answer,
        shown=[("tea",), ("owl",)],
        edges=[
            (("",), "The word may be empty."),
            (("az",), "The first and the last letter should work as well."),
            (("noon",), "A letter may come twice."),
            (("abcdefghijklmnopqrstuvwxyz",), "All letters should work."),
        ],
        more=[(each,) for each in random.sample(_WORDS[3:], 5)],
    )


def _secret(random: Random) -> Task:
    name, what = random.choice(_ROOMS)
    k = random.randint(3, 11)
    letters = "abcdefghijklmnopqrstuvwxyz"
    told, other, shown = random.choice(
        [
            (
                f"the letter that stands {k} places behind it in the alphabet; behind `z` comes `a` again",
                letters[k:] + letters[:k],
                f"string.ascii_lowercase[{k}:] + string.ascii_lowercase[:{k}]",
            ),
            (
                f"the letter that stands {k} places in front of it in the alphabet; before `a` comes `z`",
                letters[-k:] + letters[:-k],
                f"string.ascii_lowercase[-{k}:] + string.ascii_lowercase[:-{k}]",
            ),
            (
                "the letter that stands at the same place from the other end of the alphabet, so `a` and `z` "
                "change places",
                letters[::-1],
                "string.ascii_lowercase[::-1]",
            ),
        ]
    )
    sign = random.choice(["_", "*", "-", "="])
    back = random.random() < 0.4
    way = (
        "Somebody has written a text in this way. `{0}` gets it, and returns what it was before"
        if back
        else ""
    )
    task = way.format(name) or f"`{name}` gets a text, and returns it in this writing"

    def answer(text: str) -> str:
        pairs = dict(zip(other, letters, strict=True) if back else zip(letters, other, strict=True))
        blank = (sign, " ") if back else (" ", sign)
        return "".join(blank[1] if each == blank[0] else pairs.get(each, each) for each in text)

    whole = f'str.maketrans(string.ascii_lowercase + " ", other + "{sign}")'
    if back:
        whole = f'str.maketrans(other + "{sign}", string.ascii_lowercase + " ")'
    secret = sign if back else " "
    return Task(
        title=f"Secret writing: {name}",
        story=f"""
        For {what} there is a secret writing. Instead of each small letter, one writes {told}; instead of a
        space, `{sign}`. All other signs, capitals too, stay as they are. {task}. Complete it.

        *`str.maketrans(one, other)` is a table in which each sign of the first text belongs to the one at the
        same place of the second, and `text.translate(table)` uses it. The alphabet is
        `string.ascii_lowercase`.*
        """,
        before="import string",
        function=name,
        parameters="text",
        doc="Return the text in the other writing.",
        body=f"""
        other = {shown}
        table = {whole}
        return text.translate(table)
        """,
        answer=answer,
        shown=[(f"tea{secret}time",), ("abc xyz",)],
        edges=[
            (("",), "The text may be empty."),
            (("Tea, 3 o'clock!",), "Capitals, digits and other signs stay."),
            ((letters,), "All letters should work."),
            ((secret * 2,), "There may be nothing but spaces."),
            (("z" * 3 + "a" * 3,), "Look closely at the ends of the alphabet."),
        ],
        more=[(_text(random, 3).replace(" ", secret),) for _ in range(4)],
    )


def _lines(random: Random) -> Task:
    name, what = random.choice(_ROOMS)
    width = random.randint(12, 18)
    mark = random.choice(["|", "*", ":", "#"])
    told, code, value = random.choice(
        [
            (
                f"a list of the lines, each in the middle between two `{mark}`, filled up with spaces as "
                f"`center({width})` does",
                f'["{mark}" + line.center({width}) + "{mark}" for line in lines]',
                lambda lines: ["".join([mark, line.center(width), mark]) for line in lines],
            ),
            (
                f"a list of the lines, the number of each in front of it, from 1, with `{mark}` and a space "
                "between",
                f'[f"{{number}}{mark} {{line}}" for number, line in enumerate(lines, 1)]',
                lambda lines: [f"{at + 1}{mark} {lines[at]}" for at in range(len(lines))],
            ),
            (
                "a list of two: how many lines there are, and how many signs the shortest of them has (0 if "
                "there is none)",
                "[len(lines), min([len(line) for line in lines], default=0)]",
                lambda lines: [sum(1 for _ in lines), sorted(map(len, lines))[0] if lines else 0],
            ),
            (
                f"a list of the lines, each filled up with `{mark}` on its left until it has {width} signs",
                f'[line.rjust({width}, "{mark}") for line in lines]',
                lambda lines: [mark * (width - len(line)) + line for line in lines],
            ),
        ]
    )

    def answer(text: str) -> object:
        lines: list[str] = []
        for word in text.split():
            if lines and len(lines[-1]) + 1 + len(word) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return value(lines)

    exact = " ".join(["owl", "x" * (width - 4), "fog", "y" * (width - 3)])
    return Task(
        title=f"Lines of {width} signs: {name}",
        story=f"""
        A text should fit on {what}, in lines of at most {width} signs, spaces included. As many words as
        possible come into each line, and no word is cut; none is longer than a line. Complete `{name}`. It
        gets the text and returns {told}.

        *`textwrap.wrap(text, {width})` makes such a list of lines.*
        """,
        before="import textwrap",
        function=name,
        parameters="text",
        doc="Return what is asked for of the lines.",
        body=f"lines = textwrap.wrap(text, {width})\nreturn {code}",
        answer=answer,
        shown=[("tea at the old bridge in the morning",), ("fog",)],
        edges=[
            (("",), "The text may be empty."),
            ((exact,), "Look closely at what just fits into a line."),
            (("x" * width + " a b " + "y" * width,), "A word may fill a line."),
            (("a b c d e f g h i j k l m n o p",), "Words may be short."),
        ],
        more=[(_text(random, size),) for size in (3, 5, 7, 9, 12)],
    )


def _gaps(random: Random) -> Task:
    name, what = random.choice(_ROOMS)
    who, when = random.choice([("name", "day"), ("guest", "hour"), ("friend", "month"), ("club", "week")])
    unknown = random.choice(["?", "...", "(empty)", "nobody knows"])
    k = random.randint(2, 9)
    order = random.random() < 0.5

    def answer(text: str, cards: list[dict[str, str]]) -> list[str]:
        found = []
        for card in cards:
            values = {who: unknown, when: unknown} | card
            line = text
            # No name begins like another.
            for key, value in values.items():
                line = line.replace("$" + key, str(value))
            found.append(line)
        return sorted(found)[:k] if order else found

    end = f"They are sorted, and only the first {k} are returned." if order else "They stay in their order."
    text = f"Dear ${who}, see you on ${when}!"
    people = ["Ada", "Ben", "Cleo", "Dan", "Eve"]
    days = ["Monday", "7", "May", "the 3rd", "Friday"]

    def cards(size: int) -> list[dict[str, str]]:
        rows = [{who: random.choice(people), when: random.choice(days)} for _ in range(size)]
        for row in rows:
            if random.random() < 0.4:
                del row[random.choice([who, when])]
        return rows

    texts = [text, f"${who}: ${when}", f"On ${when} comes ${who}, yes, ${who}."]
    return Task(
        title=f"Gaps to fill: {name}",
        story=f"""
        For {what} there is a text with gaps, such as `{text}`; a gap is a `$` with a name behind it. The
        names are `{who}` and `{when}`. Complete `{name}`. It gets such a text and a list of cards. A card is
        a dictionary of what belongs into the gaps, such as `{{"{who}": "Ada"}}`; where one of the two is not
        on the card, `{unknown}` is written instead. It returns a list of the texts, one for each card. {end}
        The cards stay as they are.

        *`string.Template(text)` is such a text, and its `substitute(card)` fills the gaps. Two dictionaries
        become one with `|`: where both have a key, the right one counts.*
        """,
        before="import string",
        function=name,
        parameters="text, cards",
        doc="Return the texts without gaps.",
        body=f"""
        template = string.Template(text)
        found = []
        for card in cards:
            values = {{"{who}": "{unknown}", "{when}": "{unknown}"}} | card
            found.append(template.substitute(values))
        return {f"sorted(found)[:{k}]" if order else "found"}
        """,
        answer=answer,
        shown=[(text, [{who: "Ada", when: "Monday"}, {who: "Ben"}]), (texts[1], [{when: "7"}])],
        edges=[
            ((text, []), "There may be no cards."),
            ((text, [{}]), "A card may be empty."),
            ((texts[2], [{who: "Eve", when: "May"}]), "A gap may come twice."),
            (("no gap at all", [{who: "Dan"}]), "There may be no gaps."),
            (
                (texts[1], [{who: name, when: "1"} for name in (people * 3)[: k + 2]]),
                "There may be many cards.",
            ),
            ((texts[1], [{who: name, when: "9"} for name in ("Zoe", "Cleo", "Ada")]), "Look at the order."),
        ],
        more=[(random.choice(texts), cards(size)) for size in (1, 2, 3, 4)],
        keeps=True,
    )


def _rewritten(random: Random) -> Task:
    name, what = random.choice(_ROOMS)
    old, new = random.choice([(".", "-"), ("/", "-"), (".", "/"), ("-", ".")])
    months, unit = random.choice([(True, "euros"), (False, "euros"), (True, "km"), (False, "km")])
    rate = random.randint(2, 9)
    escaped = "\\" + old
    order = (3, 2, 1) if months else (2, 1, 3)
    shown = {(3, 2, 1): f"2026{new}12{new}03", (2, 1, 3): f"12{new}03{new}2026"}[order]
    other = {"euros": "cents", "km": "m"}[unit]
    places = new.join("\\" + str(at) for at in order)

    def answer(text: str) -> list[object]:
        words, total = [], 0
        for word in text.split(" "):
            parts = word.split(old)
            if [len(each) for each in parts] == [2, 2, 4] and all(each.isdigit() for each in parts):
                words.append(new.join(parts[at - 1] for at in order))
            else:
                words.append(word)
        for word, behind in pairwise(words):
            total += int(word) * rate if behind == unit and word.isdigit() else 0
        return [" ".join(words), total]

    def date() -> str:
        return f"{random.randint(1, 28):02}{old}{random.randint(1, 12):02}{old}{random.randint(2020, 2030)}"

    def line(size: int) -> str:
        some = [
            random.choice([date(), f"{random.randint(1, 90)} {unit}", random.choice(_WORDS)])
            for _ in range(size)
        ]
        return " ".join(some)

    return Task(
        title=f"Written anew: {name}",
        story=f"""
        In the texts for {what} there are dates such as `03{old}12{old}2026`: two digits for the day, two for
        the month, and four for the year. They should be written anew, as `{shown}`. And there are numbers of
        {unit}: a whole number, a space, and `{unit}`. Complete `{name}`. It gets a text, whose words have
        single spaces between them. It returns a list of two: the text with all its dates written anew, and
        {rate} times the sum of all its numbers of {unit} (0 if there are none). Whatever is no date or number
        of this kind stays as it is, for instance `3{old}12{old}2026`, or `4 {other}`.

        *`re.sub(pattern, new, text)` writes anew what fits. What stands between brackets in the pattern is
        `\\1`, `\\2` and so on in `new`. `\\b` stands for the beginning or the end of a word, `\\d{{2}}`
        for two digits, and `{escaped}` for the sign itself.*
        """,
        before="import re",
        function=name,
        parameters="text",
        doc="Return the text with its dates written anew, and the number that is asked for.",
        body=f"""
        pattern = r"\\b(\\d{{2}}){escaped}(\\d{{2}}){escaped}(\\d{{4}})\\b"
        numbers = re.findall(r"\\b(\\d+) {unit}\\b", text)
        total = sum(int(number) for number in numbers) * {rate}
        return [re.sub(pattern, r"{places}", text), total]
        """,
        answer=answer,
        shown=[(f"tea on 03{old}12{old}2026 for 4 {unit}",), ("nothing to do",)],
        edges=[
            (("",), "The text may be empty."),
            ((f"{date()} and {date()}",), "Several dates may be in a text."),
            (
                (f"3{old}12{old}2026 03{old}12{old}26 003{old}12{old}2026",),
                "Look closely at how many digits a date has.",
            ),
            ((f"12 {unit} 12 {other} {unit} 0 {unit}",), "Look closely at what is a number."),
            ((f"4 {other} and 100 {unit}",), "A number may have many digits."),
            (("03x12x2026 03 12 2026",), "The sign between the parts counts."),
        ],
        more=[(line(size),) for size in (2, 3, 4, 5, 6)],
    )


SCRIPTS = Family("script", "libraries", by_level(_values, _secret, _lines, _gaps, _rewritten))
