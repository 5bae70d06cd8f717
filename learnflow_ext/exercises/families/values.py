"""Objects that never change: each change gives a new one, and equal ones count as one."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask, Family, by_level
from learnflow_ext.exercises.families.pairs import paired, summed

_STAYS = "The object that was asked should stay as it was."
_MOVES = (
    ("Seat", "row", "place", "further", "In a theatre somebody would rather sit further to the right."),
    ("Flat", "street", "floor", "higher", "Whoever likes the view asks for the same flat higher up."),
    ("Shoe", "model", "size", "larger", "A shoe pinches, and the shop has it in other sizes."),
    ("Meeting", "day", "hour", "later", "The chess club meets later when the hall is taken."),
    ("Jar", "tea", "grams", "fuller", "A tea shop sells each of its teas in jars of several weights."),
    ("Locker", "wall", "place", "beside", "At the swimming pool the lockers hang along several walls."),
)
_RINGS = (
    ("Wind", "where the wind comes from", ("north", "east", "south", "west")),
    ("Day", "on which day the bins are emptied", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
    ("Season", "in which season a picture was painted", ("spring", "summer", "autumn", "winter")),
    ("Note", "with which note a tune begins", ("do", "re", "mi", "fa", "so", "la", "ti")),
    ("Moon", "how the moon looks tonight", ("new", "growing", "full", "waning")),
    ("Shift", "in which shift a nurse works", ("early", "day", "late", "night", "off")),
)
_NAMES = (
    ("Tag", "tags of pictures", "Beach", "harbour"),
    ("Plate", "number plates of bicycles", "Kx42", "mq"),
    ("Nick", "names in a game", "Foxy", "badger"),
    ("Town", "names of towns, as people type them", "Bern", "Oslo"),
    ("Code", "codes of vouchers", "Team", "cake"),
)


def _moved(random: Random) -> ClassTask:
    name, kept, what, do, lead = random.choice(_MOVES)
    most, k, a = random.randint(30, 60), random.randint(2, 5), random.choice(["A", "K", "east"])
    told, code, twin = random.choice(
        [
            (
                f"its `{what}` larger by `steps`, but never above {most}",
                f"min({most}, self.{what} + steps)",
                f"self.n + s if self.n + s < {most} else {most}",
            ),
            (
                f"its `{what}` larger by {k} for each of the `steps`",
                f"self.{what} + steps * {k}",
                f"sum([{k}] * s, self.n)",
            ),
            (
                f"its `{what}` larger by `steps`, and by {k} more",
                f"self.{what} + steps + {k}",
                f"sum([self.n, s, {k}])",
            ),
        ]
    )
    made = f"x = {name}({a!r}, {k + 7})"
    return ClassTask(
        title=f"Another {name.lower()}",
        story=f"""
        {lead} Write the class `{name}`. A new object gets its `{kept}` and its `{what}`, a number, and keeps
        both; afterwards it **never changes**. `x.{do}(steps)` returns another, **new** `{name}` instead, with
        the same {kept}, and with {told}. `str(x)` is the {kept}, a `{"/" if k % 2 else "-"}`, and the {what}.

        *A method may make a new object of its own class, with that class's name.*
        """,
        name=name,
        doc=f"Its {kept} and its {what} stay as they are.",
        body=f"""
        def __init__(self, {kept}, {what}):
            self.{kept} = {kept}
            self.{what} = {what}

        def {do}(self, steps):
            return {name}(self.{kept}, {code})

        def __str__(self):
            return f"{{self.{kept}}}{"/" if k % 2 else "-"}{{self.{what}}}"
        """,
        twin=f"""
        class {name}:
            def __init__(self, t, n):
                self.t, self.n = self.{kept}, self.{what} = t, n
            def {do}(self, s):
                return type(self)(self.t, {twin})
            def __str__(self):
                return "{"/" if k % 2 else "-"}".join([self.t, str(self.n)])
        """,
        shown=[f"{name}({a!r}, {k + 7}).{do}(3).{what}", f"str({name}('B', {k}))"],
        edges=[
            (f"{made}\ny = x.{do}(2)\n[x.{what}, y.{what}]", _STAYS),
            (f"{made}\ny = x.{do}(4)\nstr(y)", "The new object should be of the same class."),
            (f"{name}('B', {most - 2}).{do}(2).{what}", "Look closely at large numbers."),
            (f"{name}('B', {most - 2}).{do}(3).{what}", "Look closely at large numbers."),
            (f"{made}\nx.{do}(0).{what}", "0 steps should work as well."),
        ],
        more=[
            f"{made}\ny = x.{do}(5)\n[str(x), str(y)]",
            f"{made}\nx.{do}(1).{do}(2).{what}",
            f"x = {name}('C', 1)\nrow = [x.{do}(each) for each in (1, 2, 3)]\n[str(each) for each in row]",
        ],
    )


def _ring(random: Random) -> ClassTask:
    name, what, words = random.choice(_RINGS)
    size, k = len(words), random.randint(1, 3)
    last, first, second = words[-1], words[0], words[1]
    do, told, code, twin = random.choice(
        [
            (
                "mirrored",
                "as far from the end as this one is from the beginning",
                f"{size - 1} - self.place",
                "-1 - self.i",
            ),
            ("doubled", f"twice as far from `{first}`", "self.place * 2", "self.i + self.i"),
            (
                "leaping",
                f"{k + 2} steps **back**",
                f"self.place - {k + 2}",
                f"self.i + {(size - 1) * (k + 2)}",
            ),
        ]
    )
    row = ", ".join(f"`{each}`" for each in words)
    return ClassTask(
        title=f"Round and round: {first}, {second}",
        story=f"""
        An object of the class `{name}` says {what}. The words are, in this order, {row}, and behind `{last}`
        comes `{first}` again. Write the class. A new object gets its `place` in that row, from 0 to
        {size - 1}. No method changes an object: `x.further(steps)` returns a **new** one, so many steps
        further (back, where the number is below 0), and `x.{do}()` a new one that is {told}. `x.word()` is
        its word, and `x.until(other)` the number of steps (0 to {size - 1}) that lead forward from `x` to
        `other`.

        *`%` brings a number back into the row: what is `{size + 1} % {size}`? And `-1 % {size}`?*
        """,
        name=name,
        doc=f"A place in a row of {size} that goes round.",
        body=f"""
        def __init__(self, place):
            self.place = place

        def further(self, steps):
            return {name}((self.place + steps) % {size})

        def {do}(self):
            return {name}(({code}) % {size})

        def word(self):
            return {list(words)}[self.place]

        def until(self, other):
            return (other.place - self.place) % {size}
        """,
        twin=f"""
        class {name}:
            row = {words}
            def __init__(self, i):
                self.i = self.place = i % {size}
            def further(self, s):
                return {name}(self.i + s)
            def {do}(self):
                return {name}({twin})
            def word(self):
                return self.row[self.i]
            def until(self, o):
                return (self.row * 2).index(self.row[o.i], self.i) - self.i
        """,
        shown=[f"{name}(1).further(2).word()", f"{name}(0).{do}().word()"],
        edges=[
            (f"x = {name}(1)\ny = x.further(2)\n[x.word(), y.word()]", _STAYS),
            (f"x = {name}(2)\ny = x.{do}()\n[x.word(), y.word()]", _STAYS),
            (f"{name}({size - 1}).further(1).place", f"Behind {last} comes {first}."),
            (f"{name}(1).further({3 * size + 1}).word()", "It may go round several times."),
            (f"{name}(2).until({name}(1))", "The way forward may lead round the end."),
            (f"{name}(2).until({name}(2))", "From a place to itself there are no steps."),
        ],
        more=[
            f"x = {name}(0)\nx.further(1).further(2).{do}().word()",
            f"[{name}(each).{do}().place for each in range({size})]",
            f"x = {name}(1)\ny = x.further(-3)\n[y.word(), x.until(y), y.until(x)]",
            f"[{name}(0).until({name}(each)) for each in range({size})]",
        ],
    )


def _equal(random: Random) -> ClassTask:
    name, what, one, other = random.choice(_NAMES)
    k = random.randint(2, 3)
    told, code, twin, changed = random.choice(
        [
            (
                "capitals, and spaces before and behind, do not matter",
                "self.text.strip().lower()",
                "t.casefold().split(' ')",
                lambda t: f"  {t.upper()} ",
            ),
            (
                f"only the first {k + 1} letters matter, whether capitals or not",
                f"self.text[:{k + 1}].lower()",
                f"[*t.upper()][:{k + 1}]",
                lambda t: t[: k + 1].upper() + "xy",
            ),
            (
                "hyphens and capitals do not matter",
                'self.text.replace("-", "").lower()',
                "t.upper().split('-')",
                lambda t: "-".join(t.swapcase()),
            ),
            (
                "the order of the letters does not matter",
                "sorted(self.text)",
                "[t.count(c) for c in map(chr, range(200))]",
                lambda t: t[::-1],
            ),
        ]
    )
    if "casefold" in twin or "split('-')" in twin:
        twin = f"''.join({twin})"
    same, long = changed(one), one + "z" * (k + 1)
    return ClassTask(
        title=f"The same {name.lower()} or another?",
        story=f"""
        An app keeps {what}. Write the class `{name}`. A new object gets its `text` and keeps it as it is. Two
        objects are equal (`==`) when their texts are the same, but {told}: `{name}({one!r})` and
        `{name}({same!r})` are equal. Compared with anything that is no `{name}`, a text for example, it is
        **not** equal, and that is no error. `x.joined(other)` returns a new `{name}`: the text of `x`, a `+`,
        and the text of `other`. `x.count_in(row)` returns how many in a list are equal to `x`.

        *`isinstance(other, {name})` asks whether something is a `{name}`.*
        """,
        name=name,
        doc=f"One of the {what}.",
        body=f"""
        def __init__(self, text):
            self.text = text

        def plain(self):
            return {code}

        def __eq__(self, other):
            return isinstance(other, {name}) and self.plain() == other.plain()

        def joined(self, other):
            return {name}(self.text + "+" + other.text)

        def count_in(self, row):
            return row.count(self)
        """,
        twin=f"""
        class {name}:
            def __init__(self, t):
                self.text, self.key = t, {twin}
            def __eq__(self, o):
                return self.key == getattr(o, "key", None)
            def joined(self, o):
                return {name}("+".join((self.text, o.text)))
            def count_in(self, row):
                return sum(1 for each in row if self == each)
        """,
        shown=[f"({name}({one!r}) == {name}({same!r}))", f"({name}({one!r}) == {name}({other!r}))"],
        edges=[
            (f"({name}({one!r}) == {one!r})", f"A text is no `{name}`."),
            (f"({name}({one!r}) == 3)", f"A number is no `{name}`."),
            (f"({name}({one!r}) == {name}({long!r}))", "Look closely at which letters matter."),
            (f"({name}({one!r}) == {name}({one[::-1]!r}))", "Look closely at which letters matter."),
            (f"({name}({one[::-1]!r}) == {name}({one!r}))", "Look closely at which letters matter."),
            (f"({name}({one!r}) != {name}({same!r}))", "`!=` should be the opposite of `==`."),
            (f"{name}({same!r}).text", "The text should stay as it is."),
            (f"x = {name}({one!r})\nx.joined({name}({other!r}))\nx.text", _STAYS),
            (f"({name}({one!r}) == {name}({one[0] + one!r}))", "Look closely at which letters matter."),
            (f"({name}({long!r}) == {name}({long + 'q'!r}))", "Look closely at which letters matter."),
        ],
        more=[
            f"x = {name}({other!r})\nrow = [{name}({one!r}), {name}({changed(other)!r}), {other!r}, x]\n"
            "x.count_in(row)",
            f"x = {name}({one!r}).joined({name}({other!r}))\n"
            f"[x.text, x == {name}({changed(f'{one}+{other}')!r})]",
            f"({name}({same!r}) in [{name}({other!r}), {name}({one!r})])",
            f"x = {name}({other!r})\nx.joined(x).joined(x).text",
            f"x = {name}({one!r})\nx.count_in([{name}({other!r}), {name}({long!r}), x, {one!r}])",
        ],
    )


VALUES = Family("value", "objects", by_level(_moved, _ring, _equal, paired, summed))
