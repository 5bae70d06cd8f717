"""Objects that hang together, in a row and in a tree: two tasks of the family in `links`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

_ROWS = (
    ("Wagon", "wagon", "tons", "A train is a row of wagons", "hang"),
    ("Clue", "clue", "points", "In a treasure hunt each clue leads to the next one", "lead"),
    ("Bead", "bead", "grams", "A necklace is a row of beads", "thread"),
    ("Chapter", "chapter", "pages", "In a story for the radio each chapter is followed by another", "follow"),
    ("Stage", "stage", "kilometres", "On a long hike one stage follows the other", "join"),
)
_TREES = (
    ("Folder", "folder", "files", "Folders on a disk have other folders in them"),
    ("Unit", "unit", "people", "A factory has units, which have smaller units"),
    ("Crate", "crate", "screws", "In a workshop crates stand in larger crates"),
    ("River", "river", "fish", "Small rivers flow into larger ones"),
    ("Topic", "topic", "pages", "A textbook has topics, and these have topics below them"),
)


def train(random: Random) -> ClassTask:
    """One object knows the next, and that one the next again."""
    name, what, unit, lead, do = random.choice(_ROWS)
    most, k = random.randint(6, 20), random.randint(2, 5)
    told, code, twin = random.choice(
        [
            (
                f"the {unit} of all together, and {k} more for each {what}",
                f"result + each.{unit} + {k}",
                "sum(r) + {k} * len(r)",
            ),
            (
                f"the {unit} of all that have at least {most}, together",
                f"result + (each.{unit} if each.{unit} >= {most} else 0)",
                "sum(n for n in r if not n < {most})",
            ),
            (
                f"the largest number of {unit} of any, plus {k}",
                f"max(result, each.{unit} + {k})",
                "{k} + sorted(r)[-1]",
            ),
        ]
    )
    twin = twin.format(k=k, most=most)
    numbers = [most, most - 1, random.randint(1, 5), most + 3]
    four = (
        "a, b, c, d = ["
        + ", ".join(f"{name}({t!r}, {n})" for t, n in zip("ABCD", numbers, strict=True))
        + "]\n"
    )
    row = four + f"a.{do}(b)\na.{do}(c)\n"
    return ClassTask(
        title=f"One {what} after the other",
        story=f"""
        {lead}. Write the class `{name}`. A new object gets a `label` and its {unit}, kept as `{unit}`; `next`
        is the object behind it, and `None` while there is none. `x.{do}(y)` puts `y` at the very **end** of
        the row that begins with `x`, with whatever hangs behind `y` already. All other methods look at the
        row from `x` to its end, `x` included: `x.labels()` returns a list of the labels, `x.total()` returns
        {told}, and `x.last()` the last **object**. `x.cut()` takes off what is behind `x` and returns its
        first object, or `None` when there was none.

        *Begin with `each = self`, and go on with `each = each.next` for as long as there is one.*
        """,
        name=name,
        doc=f"A {what}, and the one behind it.",
        body=f"""
        def __init__(self, label, {unit}):
            self.label = label
            self.{unit} = {unit}
            self.next = None

        def last(self):
            each = self
            while each.next:
                each = each.next
            return each

        def {do}(self, other):
            self.last().next = other

        def labels(self):
            result, each = [], self
            while each:
                result.append(each.label)
                each = each.next
            return result

        def total(self):
            result, each = 0, self
            while each:
                result = {code}
                each = each.next
            return result

        def cut(self):
            behind = self.next
            self.next = None
            return behind
        """,
        twin=f"""
        class {name}:
            next = None
            def __init__(self, t, n):
                self.label, self.{unit} = t, n
            def row(self):
                return [self, *(self.next.row() if self.next else [])]
            def last(self):
                return self.row()[-1]
            def {do}(self, o):
                self.row()[-1].next = o
            def labels(self):
                return [each.label for each in self.row()]
            def total(self):
                r = [each.{unit} for each in self.row()]
                return {twin}
            def cut(self):
                try:
                    return self.next
                finally:
                    self.next = None
        """,
        shown=[f"{name}('A', {most}).labels()", f"{name}('B', {most - 1}).total()"],
        edges=[
            (row + "[a.labels(), b.labels(), c.labels()]", "Each object sees what is behind it."),
            (row + "[a.last() is c, c.last() is c, a.next is b]", "It should be one of the objects."),
            (
                four + f"c.{do}(d)\na.{do}(b)\na.{do}(c)\n[a.labels(), a.total()]",
                "What hangs behind comes along.",
            ),
            (row + "x = b.cut()\n[x is c, a.labels(), c.labels()]", "Look at both parts after a cut."),
            (four + "[a.cut() is None, a.labels()]", "There may be nothing to cut off."),
            (row + "[a.total(), b.total(), c.total()]", "Look closely at the sums."),
        ],
        more=[
            row + "a.labels()",
            row + f"a.{do}(d)\n[a.total(), b.total(), a.last().label]",
            row + f"x = a.cut()\na.{do}(d)\nd.{do}(x)\n[a.labels(), a.total()]",
            four + f"d.{do}(c)\nc.{do}(b)\nd.{do}(a)\n[d.labels(), d.total(), c.total()]",
        ],
    )


def tree(random: Random) -> ClassTask:
    """Objects below objects: each knows those below it, and the one above."""
    name, what, unit, lead = random.choice(_TREES)
    sign, k = random.choice([" / ", " > ", " - ", ", "]), random.randint(2, 6)
    up = random.random() < 0.5
    told, code, twin = random.choice(
        [
            (
                f"how many {what}s there are below it, at any depth",
                "sum(1 + each.number() for each in self.inner)",
                "len(self.all()) - 1",
            ),
            (
                f"how many {what}s, itself and all below it, have more than {k} {unit} of their own",
                f"(self.{unit} > {k}) + sum(each.number() for each in self.inner)",
                f"sum(each.{unit} >= {k + 1} for each in self.all())",
            ),
            (
                f"on how many levels there are {what}s: 1 for one with nothing below it",
                "1 + max((each.number() for each in self.inner), default=0)",
                "max(each.depth() for each in self.all()) - self.depth() + 1",
            ),
        ]
    )
    order = "from the top down to itself" if up else "from itself up to the top"
    path = "self.outer.path() + {0!r} + self.label" if up else "self.label + {0!r} + self.outer.path()"
    six = f"a, b, c, d, e = [{name}(t, n) for t, n in zip('abcde', [{k}, {k + 1}, 1, {k + 4}, {k - 1}])]\n"
    full = six + "a.add(b)\na.add(c)\nb.add(d)\nd.add(e)\n"
    return ClassTask(
        title=f"A {what} in a {what}",
        story=f"""
        {lead}. Write the class `{name}`. A new object gets its `label`, a text, and the number of its own
        {unit}, kept as `{unit}`; nothing is below it, and nothing above. `x.add(y)` puts `y`, with all that
        is below it, directly below `x`, as the last one there; where `y` was before, it is **no more**.
        `x.labels()` returns a list of the labels directly below `x`, in the order in which they came.
        `total()` returns its own {unit} and those of all below it, at any depth, together. `number()` returns
        {told}. `path()` returns a text: the labels {order}, with `{sign}` between them.

        *Each object may ask those below it for **their** total, and the one above for **its** path.*
        """,
        name=name,
        doc=f"A {what}, with others below it.",
        body=f"""
        def __init__(self, label, {unit}):
            self.label = label
            self.{unit} = {unit}
            self.inner = []
            self.outer = None

        def add(self, other):
            if other.outer:
                other.outer.inner.remove(other)
            other.outer = self
            self.inner.append(other)

        def labels(self):
            return [each.label for each in self.inner]

        def total(self):
            return self.{unit} + sum(each.total() for each in self.inner)

        def number(self):
            return {code}

        def path(self):
            if self.outer:
                return {path.format(sign)}
            return self.label
        """,
        twin=f"""
        class {name}:

            def __init__(self, t, n):
                self.label, self.{unit}, self.out, self.kids = t, n, None, ()
            def add(self, o):
                if o.out is not None:
                    o.out.kids = tuple(each for each in o.out.kids if each is not o)
                o.out, self.kids = self, (*self.kids, o)
            def labels(self):
                return list(map(lambda each: each.label, self.kids))
            def all(self):
                return [self, *[deep for each in self.kids for deep in each.all()]]
            def depth(self):
                return 0 if self.out is None else self.out.depth() + 1
            def total(self):
                return sum(each.{unit} for each in self.all())
            def number(self):
                return {twin}
            def path(self):
                row, at = [], self
                while at:
                    row, at = [*row, at.label], at.out
                return {sign!r}.join({"row[::-1]" if up else "row"})
        """,
        shown=[f"{name}('a', {k + 1}).number()", f"{name}('b', {k}).path()"],
        edges=[
            (full + "[each.number() for each in (a, b, c, d, e)]", "Look closely at all of them."),
            (full + "[each.path() for each in (a, b, e)]", "Look closely at the order of the labels."),
            (full + "c.add(d)\n[b.labels(), c.labels(), a.total(), b.total()]", "Nothing is in two places."),
            (full + "a.add(b)\na.labels()", "Whoever is put there again comes last."),
            (
                six + "a.add(b)\n[a.labels(), b.labels(), c.labels()]",
                "What is below one is not below another.",
            ),
            (full + "c.add(b)\n[e.path(), a.number(), c.number(), c.total()]", "All below it come along."),
        ],
        more=[
            full + "[a.total(), a.labels()]",
            full + "[each.total() for each in (b, c, d, e)]",
            full + "c.add(e)\n[e.path(), a.number(), c.number(), d.total()]",
            six + "e.add(a)\ne.add(b)\ne.add(c)\nc.add(d)\n[e.total(), e.number(), e.labels(), d.path()]",
        ],
    )
