"""Objects that wait their turn: in a row, with a limit, with priority, with their own clock, and in turns."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from learnflow_ext.exercises.families.making import ClassTask, Family

_PLACES = (
    ("Desk", "desk of a library", "people"),
    ("Bakery", "counter of a bakery", "customers"),
    ("Clinic", "animal clinic", "pets"),
    ("Printer", "printer", "papers"),
    ("Ferry", "landing stage of a ferry", "cars"),
    ("Kitchen", "kitchen of a canteen", "orders"),
)
_NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn", "gil")


def _build(name: str, *names: str) -> str:
    return "\n".join([f"x = {name}()", *(f"x.come({each!r})" for each in names), ""])


def _row(random: Random) -> ClassTask:
    name, what, things = random.choice(_PLACES)
    k, nobody = random.randint(2, 9), random.choice(["nobody", "none", "free", "-"])
    told, code, twin = random.choice(
        [
            (f"how many wait, times {k}", f"len(self.waiting) * {k}", f"sum({k} for _ in self.w)"),
            (f"{20 + k} less how many wait", f"{20 + k} - len(self.waiting)", f"-len(self.w) + {20 + k}"),
            (f"how many wait, and {k} more", f"len(self.waiting) + {k}", f"{k} + sum(1 for _ in self.w)"),
        ]
    )
    a, b, c = random.sample(_NAMES, 3)
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
            (_build(name, a) + "x.next()\nx.next()", "The row may be empty again."),
            (_build(name, a, a) + "x.next()\nx.length()", "The same name may wait twice."),
            (_build(name, b, c) + f"y = {name}()\ny.length()", "Two objects should not share a row."),
            (_build(name, b, c) + "x.length()\nx.next()", "Asking how many wait should change nothing."),
        ],
        more=[
            _build(name, a, b) + "x.next()",
            _build(name, a, b, c) + "x.next()\nx.next()",
            _build(name, c, a, b, a) + "x.next()\nx.length()",
            _build(name, b) + f"x.next()\nx.come({c!r})\nx.come({a!r})\nx.next()",
        ],
    )


def _full(random: Random) -> ClassTask:
    name, what, things = random.choice(_PLACES)
    most, step = random.randint(3, 5), random.randint(2, 4)
    a, b, c, d, e, f = random.sample(_NAMES, 6)
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
                _build(name, a, b, c, d, e)[:-1] + f"\n[x.come({f!r}), x.places()]",
                "Look closely at a full row.",
            ),
            (
                _build(name, *(a, b, c, d, e)[:most])
                + f"[x.come({f!r}), x.come({f!r}), x.come({(a, b, c, d, e)[most - 1]!r})]",
                "Look closely at who comes to a full row.",
            ),
            (
                _build(name, *(a, b, c, d, e)[: most - 1]) + f"[x.come({f!r}), x.places()]",
                "The last place may be taken.",
            ),
            (
                _build(name, a, b) + f"[x.come({a!r}), x.places()]",
                "Who waits already is not put there again.",
            ),
            (_build(name, a) + f"x.go({b!r})\nx.places()", "Who is not there cannot go."),
            (_build(name, a) + f"y = {name}()\ny.places()", "Two objects should not share a row."),
        ],
        more=[
            _build(name, a, b, c) + f"x.go({b!r})\n[x.come({b!r}), x.places()]",
            _build(name, a, b) + "x.places()",
            _build(name, a, b, c, d, e)
            + f"x.go({a!r})\nx.go({c!r})\n[x.places(), x.come({f!r}), x.come({d!r})]",
            _build(name, a) + f"x.go({a!r})\n[x.come({a!r}), x.places()]",
        ],
    )


def _urgent(random: Random) -> ClassTask:
    name, what, things = random.choice(_PLACES)
    usual, most = random.randint(2, 4), random.randint(6, 9)
    a, b, c, d, e = random.sample(_NAMES, 5)
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


def _clocked(random: Random) -> ClassTask:
    name, what, things = random.choice(_PLACES)
    long, k = random.randint(3, 6), random.randint(2, 5)
    a, b, c, d = random.sample(_NAMES, 4)
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
            (_build(name, a) + f"x.tick({long})\n[x.lost, x.total()]", "Look closely at the limit itself."),
            (_build(name, a) + f"x.tick({long + 1})\n[x.lost, x.total()]", "Look closely above the limit."),
            (f"x = {name}()\n[x.next(), x.total(), x.lost]", "Nobody may wait."),
            (f"x = {name}()\nv = x.come({b!r})\n(x.next() is v)", "The visit itself should be returned."),
            (_build(name, a, b) + f"x.tick({long + 1})\n[x.lost, x.next()]", "All may be sent away."),
            (
                _build(name, a) + "v = x.next()\nx.tick(2)\n[v.waited, x.lost]",
                "Who is out of the row does not wait any more.",
            ),
            (_build(name, a) + f"y = {name}()\ny.total()", "Two objects should not share a row."),
        ],
        more=[
            _build(name, a, b)
            + f"x.tick(2)\nx.come({c!r})\nx.tick({long - 1})\n[x.lost, x.total(), x.next().name]",
            _build(name, a) + f"x.tick(1)\nx.come({b!r})\nx.tick(1)\nx.come({c!r})\nx.tick(1)\nx.total()",
            _build(name, d, c) + "x.tick(1)\n[x.next().name, x.next().waited, x.next()]",
            _build(name, a, b, c)
            + f"x.next()\nx.tick({long})\nx.come({d!r})\nx.tick(1)\n[x.lost, x.total()]",
        ],
    )


def _turns(random: Random) -> ClassTask:
    name, what, things = random.choice(_PLACES)
    k, most = random.randint(2, 4), random.randint(12, 25)
    a, b, c, d = random.sample(_NAMES, 4)

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


_LEVELS: tuple[Callable[[Random], ClassTask], ...] = (_row, _full, _urgent, _clocked, _turns)


def _queue(random: Random, level: int) -> ClassTask:
    return _LEVELS[level - 1](random)


QUEUES = Family("queue", "objects", _queue)
