"""Objects that wait: in a row, with a limit, with priority, and, in `rounds`, with a clock and in turns."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask, Family, by_level
from learnflow_ext.exercises.families.rounds import NAMES, PLACES, build, clocked, turns


def _row(random: Random) -> ClassTask:
    name, what, things = random.choice(PLACES)
    k, nobody = random.randint(2, 9), random.choice(["nobody", "none", "free", "-"])
    told, code, twin = random.choice(
        [
            (f"how many wait, times {k}", f"len(self.waiting) * {k}", f"sum({k} for _ in self.w)"),
            (f"{20 + k} less how many wait", f"{20 + k} - len(self.waiting)", f"-len(self.w) + {20 + k}"),
            (f"how many wait, and {k} more", f"len(self.waiting) + {k}", f"{k} + sum(1 for _ in self.w)"),
        ]
    )
    a, b, c = random.sample(NAMES, 3)
    return ClassTask(
        title=f"A row of {things}",
        story=f"""
        At the {what} {things} wait in a row. Write the class `{name}`. A new object has nobody in its row.
        `come(name)` puts a name at the end of the row. `next()` takes the **first** one out of the row and
        returns the name, or returns `"{nobody}"` when nobody waits. `length()` returns {told}.
        """,
        name=name,
        doc=f"A row of {things}.",
        body=f"""
        def __init__(self):
            self.waiting = []

        def come(self, name):
            self.waiting.append(name)

        def next(self):
            if not self.waiting:
                return "{nobody}"
            return self.waiting.pop(0)

        def length(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.w = ()
            def come(self, n):
                self.w = (*self.w, n)
            def next(self):
                first, self.w = [*self.w, "{nobody}"][0], self.w[1:]
                return first
            def length(self):
                return {twin}
        """,
        shown=[f"{name}().next()", f"{name}().length()"],
        edges=[
            (build(name, a) + "x.next()\nx.next()", "The row may be empty again."),
            (build(name, a, a) + "x.next()\nx.length()", "The same name may wait twice."),
            (build(name, b, c) + f"y = {name}()\ny.length()", "Two objects should not share a row."),
            (build(name, b, c) + "x.length()\nx.next()", "Asking how many wait should change nothing."),
        ],
        more=[
            build(name, a, b) + "x.next()",
            build(name, a, b, c) + "x.next()\nx.next()",
            build(name, c, a, b, a) + "x.next()\nx.length()",
            build(name, b) + f"x.next()\nx.come({c!r})\nx.come({a!r})\nx.next()",
        ],
    )


def _full(random: Random) -> ClassTask:
    name, what, things = random.choice(PLACES)
    most, step = random.randint(3, 5), random.randint(2, 4)
    a, b, c, d, e, f = random.sample(NAMES, 6)
    rule, code, twin = random.choice(
        [
            ("is told to come again: the row stays as it is", "return False", "return False"),
            (
                "takes the place of the **last** one, who leaves",
                "self.waiting[-1] = name\n        return False",
                "self.w = self.w[:-1] + [n]\n            return False",
            ),
        ]
    )
    return ClassTask(
        title=f"Room for {most} {things}",
        story=f"""
        At the {what} there is room for {most} {things}. Write the class `{name}`. `come(name)` puts a name
        at the end of the row and returns `True`. When the row is full, whoever comes {rule}; then `come`
        returns `False`. A name that waits already is not put there again: `come` returns `False`, and
        nothing changes. `go(name)` takes a name out of the row, wherever it stands, and does nothing if it
        is not there. `places()` returns a list of all free places times {step}: with {most - 1} in the row
        it is `[{most * step}]`, and an empty row gives all of `{[n * step for n in range(1, most + 1)]}`.
        """,
        name=name,
        doc=f"A row with room for {most} {things}.",
        body=f"""
    def __init__(self):
        self.waiting = []

    def come(self, name):
        if name in self.waiting:
            return False
        if len(self.waiting) >= {most}:
            {code.replace(chr(10), chr(10) + "    ")}
        self.waiting.append(name)
        return True

    def go(self, name):
        if name in self.waiting:
            self.waiting.remove(name)

    def places(self):
        return [place * {step} for place in range(len(self.waiting) + 1, {most} + 1)]
    """,
        twin=f"""
    class {name}:
        def __init__(self):
            self.w = []
        def come(self, n):
            if self.w.count(n):
                return False
            if not len(self.w) < {most}:
                {twin.replace(chr(10), chr(10) + "    ")}
            self.w = [*self.w, n]
            return True
        def go(self, n):
            self.w = [m for m in self.w if m != n]
        def places(self):
            return [{step} * n for n in range(1, {most + 1})][len(self.w):]
    """,
        shown=[f"{name}().places()", f"{name}().come({a!r})"],
        edges=[
            (
                build(name, a, b, c, d, e)[:-1] + f"\n[x.come({f!r}), x.places()]",
                "Look closely at a full row.",
            ),
            (
                build(name, *(a, b, c, d, e)[:most])
                + f"[x.come({f!r}), x.come({f!r}), x.come({(a, b, c, d, e)[most - 1]!r})]",
                "Look closely at who comes to a full row.",
            ),
            (
                build(name, *(a, b, c, d, e)[: most - 1]) + f"[x.come({f!r}), x.places()]",
                "The last place may be taken.",
            ),
            (
                build(name, a, b) + f"[x.come({a!r}), x.places()]",
                "Who waits already is not put there again.",
            ),
            (build(name, a) + f"x.go({b!r})\nx.places()", "Who is not there cannot go."),
            (build(name, a) + f"y = {name}()\ny.places()", "Two objects should not share a row."),
        ],
        more=[
            build(name, a, b, c) + f"x.go({b!r})\n[x.come({b!r}), x.places()]",
            build(name, a, b) + "x.places()",
            build(name, a, b, c, d, e)
            + f"x.go({a!r})\nx.go({c!r})\n[x.places(), x.come({f!r}), x.come({d!r})]",
            build(name, a) + f"x.go({a!r})\n[x.come({a!r}), x.places()]",
        ],
    )


def _urgent(random: Random) -> ClassTask:
    name, what, things = random.choice(PLACES)
    usual, most = random.randint(2, 4), random.randint(6, 9)
    a, b, c, d, e = random.sample(NAMES, 5)
    old = random.random() < 0.5
    tie = "of several the one that came **first**" if old else "of several the one that came **last**"
    sign = "<" if old else "<="

    def built(*pairs: tuple[str, int | None]) -> str:
        lines = [f"x.come({n!r})" if p is None else f"x.come({n!r}, {p})" for n, p in pairs]
        return "\n".join([f"x = {name}()", *lines, ""])

    return ClassTask(
        title=f"Urgent {things}",
        story=f"""
        At the {what} some {things} are more urgent than others. Write the class `{name}`.
        `come(name, need)` takes a name with how urgent it is; 1 is the most urgent, and `need` is {usual}
        when nothing is said. A need below 1 counts as 1, one above {most} as {most}. `next()` takes out the
        one with the smallest need, {tie}, and returns the name; it returns `None` if nobody waits.
        `hurry()` makes everybody who waits more urgent by 1, but never below 1. `needs()` returns the needs
        of all who wait, in the order in which they came.

        *A parameter such as `need=3` may be left out.*
        """,
        name=name,
        doc=f"Urgent and less urgent {things}.",
        body=f"""
        def __init__(self):
            self.rows = []

        def come(self, name, need={usual}):
            self.rows.append([name, max(1, min({most}, need))])

        def next(self):
            found = None
            for row in self.rows:
                if found is None or row[1] {sign} found[1]:
                    found = row
            if found is None:
                return None
            self.rows.remove(found)
            return found[0]

        def hurry(self):
            for row in self.rows:
                row[1] = max(1, row[1] - 1)

        def needs(self):
            return [row[1] for row in self.rows]
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.d, self.k = {{}}, 0
            def come(self, n, *need):
                self.k += 1
                self.d[self.k] = [sorted([1, [*need, {usual}][0], {most}])[1], n]
            def next(self):
                if not self.d:
                    return None
                key = min(self.d, key=lambda k: (self.d[k][0], {"k" if old else "-k"}))
                return self.d.pop(key)[1]
            def hurry(self):
                self.d = {{k: [n - (n > 1), m] for k, (n, m) in self.d.items()}}
            def needs(self):
                return [n for n, _ in self.d.values()]
        """,
        shown=[f"{name}().needs()", f"({name}().next() is None)"],
        edges=[
            (built((a, 3), (b, 3)) + "x.next()", "Look closely at two that are as urgent."),
            (
                built((a, 0), (b, -4), (c, most + 1), (d, most)) + "x.needs()",
                "A need has a smallest and a largest value.",
            ),
            (built((a, None), (b, usual + 1), (c, usual)) + "x.needs()", "How urgent it is may be left out."),
            (built((a, 1), (b, 2)) + "x.hurry()\nx.hurry()\nx.needs()", "Nothing is more urgent than 1."),
            (built((a, 2), (b, 1)) + "x.next()\nx.needs()", "Who is taken out does not wait any more."),
            (built((a, 2)) + f"y = {name}()\ny.needs()", "Two objects should not share a row."),
        ],
        more=[
            built((a, 5), (b, 2), (c, 4)) + "[x.next(), x.next(), x.next()]",
            built((a, 4), (b, 6), (c, 3), (d, 3)) + "x.hurry()\n[x.next(), x.needs()]",
            built((a, 2), (b, 3), (c, 1), (d, 2), (e, 1)) + "[x.next() for _ in range(5)]",
            built((e, 3), (d, 2)) + f"x.hurry()\nx.come({c!r}, 2)\n[x.next(), x.next(), x.needs()]",
        ],
    )


QUEUES = Family("queue", "objects", by_level(_row, _full, _urgent, clocked, turns))
