"""Rows that a clock moves on: two tasks of the family in `queues`, and what its other tasks share."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

PLACES = (
    ("Desk", "desk of a library", "people"),
    ("Bakery", "counter of a bakery", "customers"),
    ("Clinic", "animal clinic", "pets"),
    ("Printer", "printer", "papers"),
    ("Ferry", "landing stage of a ferry", "cars"),
    ("Kitchen", "kitchen of a canteen", "orders"),
)
NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn", "gil")


def build(name: str, *names: str) -> str:
    """Lines that make a row `x` in which these names wait."""
    return "\n".join([f"x = {name}()", *(f"x.come({each!r})" for each in names), ""])


def clocked(random: Random) -> ClassTask:
    """Objects in a row that leave after some time."""
    name, what, things = random.choice(PLACES)
    long, k = random.randint(3, 6), random.randint(2, 5)
    a, b, c, d = random.sample(NAMES, 4)
    return ClassTask(
        title=f"How long {things} wait",
        story=f"""
        Two classes work together at the {what}. `Visit` is there already: it has a `name` and a number of
        minutes `waited`. Write the class `{name}`, whose objects hold visits. `come(name)` makes a new
        `Visit` of that name, puts it at the end of the row, and returns it. `tick(minutes)` adds these
        minutes to all visits of the row, and then sends away, at once, all that have waited more than
        {long} minutes. `next()` takes the first visit out of the row and returns **it**, or `None`.
        `total()` returns {k} points for each visit in the row and 1 for each minute that these have waited;
        `lost` is how many were sent away so far.
        """,
        name=name,
        doc="A row of visits that ends with time.",
        before='''
class Visit:
    """Somebody who waits."""

    def __init__(self, name):
        self.name = name
        self.waited = 0
''',
        body=f"""
        def __init__(self):
            self.row = []
            self.lost = 0

        def come(self, name):
            visit = Visit(name)
            self.row.append(visit)
            return visit

        def tick(self, minutes):
            staying = []
            for visit in self.row:
                visit.waited += minutes
                if visit.waited > {long}:
                    self.lost += 1
                else:
                    staying.append(visit)
            self.row = staying

        def next(self):
            if not self.row:
                return None
            return self.row.pop(0)

        def total(self):
            result = 0
            for visit in self.row:
                result += {k} + visit.waited
            return result
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.r, self.lost = (), 0
            def come(self, n):
                self.r += (Visit(n),)
                return self.r[len(self.r) - 1]
            def tick(self, m):
                for v in self.r:
                    v.waited = v.waited + m
                stay = tuple(v for v in self.r if not v.waited >= {long + 1})
                self.lost += len(self.r) - len(stay)
                self.r = stay
            def next(self):
                v, self.r = [*self.r, None][0], self.r[1:]
                return v
            def total(self):
                return {k} * len(self.r) + sum(v.waited for v in self.r)
        """,
        shown=[f"{name}().total()", f"{name}().lost"],
        edges=[
            (build(name, a) + f"x.tick({long})\n[x.lost, x.total()]", "Look closely at the limit itself."),
            (build(name, a) + f"x.tick({long + 1})\n[x.lost, x.total()]", "Look closely above the limit."),
            (f"x = {name}()\n[x.next(), x.total(), x.lost]", "It may be that nobody waits."),
            (f"x = {name}()\nv = x.come({b!r})\n(x.next() is v)", "The visit itself should be returned."),
            (build(name, a, b) + f"x.tick({long + 1})\n[x.lost, x.next()]", "All may be sent away."),
            (
                build(name, a) + "v = x.next()\nx.tick(2)\n[v.waited, x.lost]",
                "Who is out of the row does not wait any more.",
            ),
            (build(name, a) + f"y = {name}()\ny.total()", "Two objects should not share a row."),
        ],
        more=[
            build(name, a, b)
            + f"x.tick(2)\nx.come({c!r})\nx.tick({long - 1})\n[x.lost, x.total(), x.next().name]",
            build(name, a) + f"x.tick(1)\nx.come({b!r})\nx.tick(1)\nx.come({c!r})\nx.tick(1)\nx.total()",
            build(name, d, c) + "x.tick(1)\n[x.next().name, x.next().waited, x.next()]",
            build(name, a, b, c) + f"x.next()\nx.tick({long})\nx.come({d!r})\nx.tick(1)\n[x.lost, x.total()]",
        ],
    )


def turns(random: Random) -> ClassTask:
    """Work that is done in pieces."""
    name, what, things = random.choice(PLACES)
    k, most = random.randint(2, 4), random.randint(12, 25)
    a, b, c, d = random.sample(NAMES, 4)

    def built(*pairs: tuple[str, int]) -> str:
        return "\n".join([f"x = {name}()", *(f"x.come({n!r}, {w})" for n, w in pairs), ""])

    order, pick, twin = random.choice(
        [
            (
                "as long as there is anything left",
                "self.rows.append([name, work - step])",
                "self.r += [(n, w - s)]",
            ),
            (
                f"at the **front** if {k} or less is left, and else at the end",
                f"if work - step <= {k}:\n                self.rows.insert(0, [name, work - "
                "step])\n            else:\n                self.rows.append([name, work - step])",
                f"self.r = [(n, w - s), *self.r] if w - s < {k + 1} else [*self.r, (n, w - s)]",
            ),
        ]
    )
    where = (
        "puts it at the end again"
        if "append([name" in pick and "insert" not in pick
        else "puts it into the row again"
    )
    return ClassTask(
        title=f"{things.capitalize()} in turns",
        story=f"""
        The {what} works in turns, so that nobody waits for long. Write the class `{name}`.
        `come(name, work)` puts a name with its work, a number of minutes above 0, at the end of the row;
        work of more than {most} minutes is not taken, and `come` returns whether it was taken. `turn()`
        takes out the first of the row, works on it for {k} minutes, or for less where less is left, and
        {where}, {order}. It returns the name, or `""` if nobody is there. `minutes` is how many minutes
        were worked so far. `finished()` returns the names whose work is done, in the order in which it
        ended. `len(...)` is how many are in the row.
        """,
        name=name,
        doc=f"A row of {things} that take turns.",
        body=f"""
    def __init__(self):
        self.rows = []
        self.done = []
        self.minutes = 0

    def come(self, name, work):
        if work > {most}:
            return False
        self.rows.append([name, work])
        return True

    def turn(self):
        if not self.rows:
            return ""
        name, work = self.rows.pop(0)
        step = min({k}, work)
        self.minutes += step
        if work > step:
            {pick.replace(chr(10) + "        ", chr(10) + "    " + "    ")}
        else:
            self.done.append(name)
        return name

    def finished(self):
        return self.done

    def __len__(self):
        return len(self.rows)
    """,
        twin=f"""
    class {name}:
        def __init__(self):
            self.r, self.f, self.minutes = [], (), 0
        def come(self, n, w):
            self.r = self.r + [(n, w)] * (w < {most + 1})
            return w < {most + 1}
        def turn(self):
            if len(self.r) == 0:
                return ""
            (n, w), self.r = self.r[0], self.r[1:]
            s = w if w < {k} else {k}
            self.minutes = self.minutes + s
            if w - s:
                {twin}
            else:
                self.f += (n,)
            return n
        def finished(self):
            return list(self.f)
        def __len__(self):
            return len(self.r)
    """,
        shown=[f"{name}().turn()", f"len({name}())"],
        edges=[
            (
                f"x = {name}()\n[x.come({a!r}, {most}), x.come({b!r}, {most + 1}), len(x)]",
                "Look closely at how much work is taken.",
            ),
            (built((a, k)) + "x.turn()\n[x.finished(), x.minutes, len(x)]", "Work may be just done."),
            (
                built((a, k + 1)) + "x.turn()\n[x.finished(), x.minutes, len(x)]",
                "Look closely at what is left.",
            ),
            (
                built((a, 2 * k), (b, 1)) + "[x.turn(), x.turn(), x.turn(), x.minutes]",
                "Look closely at the order.",
            ),
            (
                built((a, 2 * k + 1), (b, 2)) + "[x.turn(), x.turn(), x.turn(), x.turn(), x.turn()]",
                "Look closely at the order.",
            ),
            (
                built((a, 1)) + f"y = {name}()\n[len(y), y.minutes, y.finished()]",
                "Two objects should not share a row.",
            ),
        ],
        more=[
            built((a, 3 * k), (b, k), (c, 2 * k + 1)) + "[x.turn() for _ in range(7)]",
            built((a, 3 * k), (b, k), (c, 2 * k + 1))
            + "names = [x.turn() for _ in range(4)]\n[x.finished(), x.minutes, len(x)]",
            built((d, 1), (c, 2 * k))
            + f"x.turn()\nx.come({b!r}, 1)\nx.turn()\nx.turn()\n[x.finished(), x.minutes]",
            built((a, 4 * k), (b, 3 * k)) + "[x.turn() for _ in range(8)]",
            built((a, 3 * k + 1), (b, 2 * k), (c, 1))
            + "names = [x.turn() for _ in range(9)]\n[names, x.finished(), x.minutes]",
        ],
    )
