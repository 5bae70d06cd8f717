"""Objects with lists of their own: what they take, give out, begin with, and hand on as a copy."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.doubles import LISTS, double
from learnflow_ext.exercises.families.making import APART, OTHERS, ClassTask, Family, by_level
from learnflow_ext.exercises.families.weeks import week

_OWN = "What happens to the list outside should not reach the object."


def _taken(random: Random) -> ClassTask:
    name, things, _, lead, every = random.choice(LISTS)
    a, b, c, d, e = random.sample(every, 5)
    k = random.randint(2, 9)
    told, code, twin = random.choice(
        [
            (f"{k} times the number of {things}", f"len(self.{things}) * {k}", f"sum({k} for _ in self.t)"),
            (
                f"how many letters all have together, plus {k}",
                f'len("".join(self.{things})) + {k}',
                f"sum(map(len, self.t), {k})",
            ),
            (
                f"how many are longer than {k // 2 + 1} letters",
                f"len([t for t in self.{things} if len(t) > {k // 2 + 1}])",
                f"sum(len(t) >= {k // 2 + 2} for t in self.t)",
            ),
        ]
    )
    way, order, sorts = random.choice(
        [
            ("in the order of the alphabet", "", "sorted(self.t)"),
            ("from the end of the alphabet to its beginning", ", reverse=True", "sorted(self.t)[::-1]"),
            (
                "the shortest first, and equally long ones as they stand",
                ", key=len",
                "[t for n in range(20) for t in self.t if len(t) == n]",
            ),
        ]
    )
    row = f"row = [{d!r}, {a!r}, {c!r}]\nx = {name}(row)\n"
    return ClassTask(
        title=f"{name} with a list of its own",
        story=f"""
        {lead}. Write the class `{name}`. A new object gets a list of texts and keeps them as `{things}`: in a
        list **of its own**, so that whoever changes the other list later changes nothing in the object.
        `in_order()` returns a list of the {things}, {way}; `x.{things}` itself stays as it is. `number()`
        returns {told}.

        *Two names may stand for one and the same list. `list(row)` makes a new one with the same values.*
        """,
        name=name,
        doc=f"Some {things}.",
        body=f"""
        def __init__(self, {things}):
            self.{things} = list({things})

        def in_order(self):
            return sorted(self.{things}{order})

        def number(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, t):
                self.{things} = [*t]
            def in_order(self):
                return {sorts}
            def number(self):
                return {twin}
            t = property(lambda self: self.{things})
        """,
        shown=[f"{name}([{a!r}, {b!r}]).number()", f"{name}([{c!r}, {e!r}, {a!r}]).in_order()"],
        edges=[
            (row + f"row.append({b!r})\nx.{things}", _OWN),
            (row + "row.clear()\nx.number()", _OWN),
            (row + f"x.in_order()\n[x.{things}, row]", "Sorting should change neither list."),
            (row + f"x.{things}.append({b!r})\nrow", "The list that it got should stay as it is."),
            (f"x = {name}([])\n[x.in_order(), x.number()]", "The list may be empty."),
            (f"[{name}(['abcdefg'[:n]]).number() for n in {(k // 2 + 1, k // 2 + 2)}]", OTHERS),
        ],
        more=[
            row + f"row.append({e!r})\nx.number()",
            f"{name}([{b!r}, {e!r}, {d!r}, {a!r}, {c!r}]).in_order()",
            f"x = {name}([{e!r}])\ny = {name}(x.{things})\nx.{things}.append({a!r})\n"
            "[x.number(), y.number()]",
            f"{name}([{c!r}, {d!r}, {b!r}, {e!r}]).number()",
        ],
    )


def _given(random: Random) -> ClassTask:
    name, things, thing, lead, every = random.choice(LISTS)
    a, b, c, d, e = random.sample(every, 5)
    most = random.randint(2, 3)
    newest = random.random() < 0.5
    order, cut = ("the newest first", "[::-1]") if newest else ("the oldest first", "[:]")
    rule, lines, twin = random.choice(
        [
            (
                f"when there are {most} already, the oldest goes",
                (f"if len(self._all) == {most}:", "    self._all.pop(0)"),
                f"(*self.t, w)[-{most}:]",
            ),
            (
                "when it is there already it only moves to the end",
                (f"if {thing} in self._all:", f"    self._all.remove({thing})"),
                "(*[v for v in self.t if v != w], w)",
            ),
            (
                f"when there are {most} already, the newest is replaced",
                (f"if len(self._all) == {most}:", "    self._all.pop()"),
                f"(*self.t[:{most - 1}], w)",
            ),
        ]
    )
    code = "\n".join(
        [
            "def __init__(self):",
            "    self._all = []",
            "",
            f"def add(self, {thing}):",
            *(f"    {line}" for line in lines),
            f"    self._all.append({thing})",
            "",
            f"def {things}(self):",
            f"    return self._all{cut}",
            "",
            "def missing(self, wanted):",
            f"    return [{thing} for {thing} in wanted if {thing} not in self._all]",
        ]
    )

    def added(*words: str) -> str:
        return "\n".join([f"x = {name}()", *(f"x.add({word!r})" for word in words), ""])

    return ClassTask(
        title=f"A {name.lower()} that shows its {things}",
        story=f"""
        {lead}. Write the class `{name}`. A new object is empty. `add({thing})` puts one in at the end;
        {rule}. `{things}()` returns a list of all, {order}: a **new list** each time, so that whoever changes
        it changes nothing in the object. `missing(wanted)` gets a list and returns a list of those in it that
        are not among the {things}, in their order; the list that it got stays as it is.

        *A list that is given away is no copy: `row[:]` and `row[::-1]` make new ones.*
        """,
        name=name,
        doc=f"Some {things}, which nobody changes from outside.",
        body=code,
        twin=f"""
        class {name}:
            t = ()
            def add(self, w):
                self.t = {twin}
            def {things}(self):
                return [*{"reversed(self.t)" if newest else "self.t"}]
            def missing(self, row):
                return list(filter(lambda w: self.t.count(w) == 0, row))
        """,
        shown=[f"{name}().{things}()", f"{name}().missing([{a!r}])"],
        edges=[
            (
                added(a, b) + f"x.{things}().append({c!r})\nx.{things}()",
                "Who changes that list should change no more.",
            ),
            (
                added(b, a) + f"row = x.{things}()\nx.add({c!r})\nrow",
                "A list that was given out should stay.",
            ),
            (
                added(b, a) + f"x.{things}().clear()\nx.{things}()",
                "Who changes that list should change no more.",
            ),
            (
                added(a) + f"row = [{a!r}, {b!r}]\nx.missing(row)\nrow",
                "The list that it got should stay as it is.",
            ),
            (added(a) + f"y = {name}()\ny.add({b!r})\nx.{things}()", APART),
            (added(a, b, a) + f"x.{things}()", "The same may come again."),
        ],
        more=[
            added(a, b) + f"x.{things}()",
            added(a, b, c, d, e) + f"x.{things}()",
            added(d, c, a) + f"x.missing([{a!r}, {e!r}, {b!r}, {c!r}])",
            added(e, d, c, e) + f"row = x.{things}()\nrow.append({b!r})\n[len(row), x.{things}()]",
        ],
    )


def _started(random: Random) -> ClassTask:
    name, things, thing, lead, every = random.choice(LISTS)
    a, b, c, d, e = random.sample(every, 5)
    twice = random.random() < 0.5
    rule = f"also a {thing} that is there already" if twice else f"but no {thing} that is there already"
    told, code, twin = random.choice(
        [
            (
                "the title, a colon, a space, and the number of {things}",
                'f"{{self.title}}: {{len(self.{things})}}"',
                "': '.join([self.title, str(len(self.t))])",
            ),
            (
                "the title in capitals, a space, and the last of the {things}, or `-` if there is none",
                'self.title.upper() + " " + (self.{things}[-1] if self.{things} else "-")',
                "' '.join([self.title.upper(), ['-', *self.t][-1]])",
            ),
            (
                "all {things} with `/` between them, and the title in round brackets behind that",
                '"/".join(self.{things}) + "(" + self.title + ")"',
                "'/'.join(self.t) + f'({{self.title}})'",
            ),
        ]
    )
    told, code, twin = (each.format(things=things) for each in (told, code, twin))
    lines = [
        f"def __init__(self, title, {things}=None):",
        "    self.title = title",
        f"    self.{things} = []",
        f"    if {things} is not None:",
        f"        self.{things} = list({things})",
        "",
        f"def add(self, {thing}):",
        f"    self.{things}.append({thing})",
        "",
        "def take_over(self, other):",
        f"    for {thing} in list(other.{things}):",
        f"        self.add({thing})" if twice else f"        if {thing} not in self.{things}:",
        *([] if twice else [f"            self.add({thing})"]),
        "",
        "def label(self):",
        f"    return {code}",
    ]
    both = f"x = {name}('P', [{a!r}, {b!r}])\ny = {name}('Q', [{b!r}, {c!r}])\n"
    return ClassTask(
        title=f"A {name.lower()} that begins with nothing",
        story=f"""
        {lead}. Write the class `{name}`. A new object gets a `title`, and maybe a list of {things}; when
        nothing is said it begins **without any**. It keeps the {things} in a list of its own, `{things}`.
        `add({thing})` puts one at the end. `x.take_over(y)` puts all {things} of `y` behind those of `x`,
        {rule}; `y` stays as it was, and `x.take_over(x)` is possible too. `label()` returns {told}.

        *Python makes a default value such as `[]` a single time, so all objects would share that list. With
        `None` as the default value, each object can make a list of its own.*
        """,
        name=name,
        doc=f"A title, and some {things}.",
        body="\n".join(lines),
        twin=f"""
        class {name}:
            def __init__(self, s, t=()):
                self.title, self.t = s, (*t,)
            def add(self, w):
                self.t += (w,)
            def take_over(self, o):
                self.t += tuple(w for w in o.t if {"True" if twice else "w not in self.t"})
            def label(self):
                return {twin}
            {things} = property(lambda self: [*self.t])
        """,
        shown=[f"{name}('P').{things}", f"{name}('Q', [{a!r}]).label()"],
        edges=[
            (
                f"x = {name}('P')\ny = {name}('Q')\nx.add({a!r})\ny.{things}",
                "Two objects should not share a list.",
            ),
            (f"x = {name}('P')\nx.add({a!r})\n{name}('R').label()", "A new object should begin without any."),
            (
                f"row = [{a!r}]\nx = {name}('P', row)\nx.add({b!r})\nrow",
                "The list that it got should stay as it is.",
            ),
            (f"row = [{a!r}]\nx = {name}('P', row)\nrow.append({c!r})\nx.{things}", _OWN),
            (both + f"x.take_over(y)\ny.add({d!r})\ny.{things}", "The other object should stay as it was."),
            (both + f"x.take_over(x)\nx.{things}", "An object may take over from itself."),
            (f"x = {name}('P', [])\nx.add({e!r})\nx.label()", "The list may be empty."),
        ],
        more=[
            both + f"x.take_over(y)\nx.{things}",
            both + "y.take_over(x)\n[x.label(), y.label()]",
            f"x = {name}('Trio')\nx.add({c!r})\nx.add({e!r})\nx.label()",
            both + f"z = {name}('Z')\nz.take_over(x)\nz.take_over(y)\nz.add({e!r})\n[x.{things}, z.{things}]",
        ],
    )


COPIES = Family("copy", "objects", by_level(_taken, _given, _started, double, week))
