"""Objects made of other objects: the hardest task of the family in `shapes`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

PLATES = (
    ("Carpet", "carpet", "square metres of wool"),
    ("Pool", "swimming pool", "square metres of tiles"),
    ("Field", "field of corn", "square metres of corn"),
    ("Poster", "poster", "square centimetres of paper"),
    ("Stage", "stage", "square metres of wood"),
    ("Garden", "kitchen garden", "square metres of beds"),
)


def of_parts(random: Random) -> ClassTask:
    """A whole that holds parts, each of them once."""
    name, what, _ = random.choice(PLATES)
    whole = random.choice(["Plan", "Flyer", "Sheet", "Survey"])
    least, extra = random.randint(8, 20), random.randint(2, 9)
    told, code, twin = random.choice(
        [
            (
                f"the sizes of all that are at least {least}, and {extra} more for each of the others",
                f"[each.size() if each.size() >= {least} else {extra} for each in self.rows]",
                f"sum(n if n > {least - 1} else {extra} for n in ns)",
            ),
            (
                f"the sizes of all, less {extra} for each that is below {least}",
                f"[each.size() - {extra} if each.size() < {least} else each.size() for each in self.rows]",
                f"sum(ns) - {extra} * sum(n <= {least - 1} for n in ns)",
            ),
        ]
    )
    a, b = least // 2, least - 1

    def plan(*pairs: tuple[int, int]) -> str:
        return "\n".join([f"x = {whole}()", *(f"x.add({name}({p}, {q}))" for p, q in pairs), ""])

    pairs = [(random.randint(1, 9), random.randint(1, 9)) for _ in range(6)]
    return ClassTask(
        title=f"A {whole.lower()} of rectangles",
        story=f"""
        A {whole.lower()} holds objects of the class `{name}`, which is there already and has a `size()`.
        Write the class `{whole}`. A new one is empty. `add(part)` takes one more in, unless **this very
        object** is in it already: then nothing happens. `total()` returns {told}. `fits(most)` returns
        whether every part is at most `most` long **and** at most `most` wide; an empty {whole.lower()}
        fits. `widest()` returns the part with the largest width, of several the one that was added last,
        and `None` where there is none.

        *Whether two names mean the very same object is asked with `is`.*
        """,
        name=whole,
        doc=f"A {whole.lower()} with parts of the class {name}.",
        before=f'''
class {name}:
    """A {what} with a length and a width."""

    def __init__(self, length, width):
        self.length = length
        self.width = width

    def size(self):
        return self.length * self.width

    def __eq__(self, other):
        return self.size() == other.size()
''',
        body=f"""
        def __init__(self):
            self.rows = []

        def add(self, part):
            for each in self.rows:
                if each is part:
                    return
            self.rows.append(part)

        def total(self):
            return sum({code})

        def fits(self, most):
            for each in self.rows:
                if each.length > most or each.width > most:
                    return False
            return True

        def widest(self):
            found = None
            for each in self.rows:
                if found is None or each.width >= found.width:
                    found = each
            return found
        """,
        twin=f"""
        class {whole}:
            def __init__(self):
                self.d = {{}}
            def add(self, p):
                self.d.setdefault(id(p), p)
            def total(self):
                ns = [p.length * p.width for p in self.d.values()]
                return {twin}
            def fits(self, m):
                return max([0, *(max(p.length, p.width) for p in self.d.values())]) <= m
            def widest(self):
                return [None, *sorted(self.d.values(), key=lambda p: p.width)][-1]
        """,
        shown=[f"{whole}().total()", f"{whole}().fits(3)"],
        edges=[
            (f"({whole}().widest() is None)", "Where there is nothing, nothing is the widest."),
            (
                f"p = {name}(2, 9)\nx = {whole}()\nx.add(p)\nx.add(p)\nx.total()",
                "The very same object counts once.",
            ),
            (plan((3, 4), (4, 3)) + "x.total()", "Two objects of the same size both count."),
            (plan((1, least)) + "x.total()", "Look closely at the limit itself."),
            (plan((1, b)) + "x.total()", "Look closely at what is just below the limit."),
            (plan((5, 6)) + "[x.fits(6), x.fits(5)]", "A part may be exactly as wide."),
            (plan((6, 5)) + "[x.fits(6), x.fits(5)]", "A part may be exactly as long."),
            (plan((9, 4), (2, 4), (8, 1)) + "x.widest().length", "Of several it should be the last."),
            (plan((2, 3)) + f"y = {whole}()\ny.total()", "Two objects should not share a list."),
        ],
        more=[
            plan(*pairs[:3]) + "x.total()",
            plan(*pairs) + "[x.total(), x.widest().length, x.widest().width]",
            plan(*pairs[2:]) + f"[x.fits({a}), x.fits(9), x.fits(8)]",
            plan((2, 7), (9, 2), (3, 5)) + "[x.fits(8), x.fits(9), x.widest().length]",
            plan((7, 7), (1, 2), (4, 8), (2, 1)) + "x.total()",
        ],
    )
