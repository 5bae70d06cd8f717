"""Classes around errors: one that raises an error which knows something, and one that catches by `with`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import APART, ClassTask

PLACES = (
    ("NoSeats", "a cinema", "seats", "Cinema"),
    ("NoBeds", "a hostel", "beds", "Hostel"),
    ("NoBoats", "a boat rental", "boats", "Jetty"),
    ("NoBooks", "a school library", "books", "Library"),
    ("NoTents", "a campsite", "tents", "Campsite"),
    ("NoSkates", "an ice rink", "skates", "Rink"),
)


def raiser(random: Random) -> ClassTask:
    """A class whose methods raise errors before they change anything."""
    error, what, things, name = random.choice(PLACES)
    size, most = random.randint(12, 30), random.randint(5, 9)
    rest, told, lines, twin = random.choice(
        [
            (
                "what there was, is given out all the same",
                "nothing is left then",
                f"self.free = 0\n                raise {error}(missing)",
                "self.n = 0",
            ),
            (
                "nothing is given out",
                "everything stays as it was",
                f"raise {error}(missing)",
                "pass",
            ),
        ]
    )
    return ClassTask(
        title=f"Who raises `{error}`?",
        story=f"""
        The error `{error}` is there already: it is made with a number, which it keeps as `missing`. Write
        the class `{name}` for {what}. A new object has a number of {things}, which is {size} when nothing is
        said, and all are free. `take(count)` gives so many out and returns how many are still free. For a
        count below 1, or above {most}, it raises a `ValueError`, and nothing changes. If fewer are free than
        are taken, it raises a `{error}` with how many are missing; {rest}, and so {told}. `back(count)`
        takes so many back and returns how many are free then; if these would be more than there are in all,
        it raises a `ValueError`, and nothing changes.

        *Look for all errors before you change anything.* The checks use `tried`, above, which gives the name
        of an error and what it knows.
        """,
        name=name,
        doc=f"The {things} of {what}.",
        before=f'''
class {error}(Exception):
    """So many {things} are missing."""

    def __init__(self, missing):
        super().__init__(str(missing))
        self.missing = missing


def tried(function, *values):
    """Return what the function gives; for an error its name, and how many are missing if it knows."""
    try:
        return function(*values)
    except {error} as error:
        return ["{error}", error.missing]
    except Exception as error:
        return type(error).__name__
''',
        body=f"""
        def __init__(self, size={size}):
            self.size = size
            self.free = size

        def take(self, count):
            if count < 1 or count > {most}:
                raise ValueError("That cannot be taken.")
            if count > self.free:
                missing = count - self.free
                {lines}
            self.free -= count
            return self.free

        def back(self, count):
            if self.free + count > self.size:
                raise ValueError("There were not so many.")
            self.free += count
            return self.free
        """,
        twin=f"""
        class {name}:
            def __init__(self, *n):
                self.all = [*n, {size}][0]
                self.n = self.all
            def take(self, c):
                if c not in range(1, {most + 1}):
                    raise ValueError
                if self.n - c < 0:
                    m = c - self.n
                    {twin}
                    raise {error}(m)
                self.n = self.n - c
                return self.n
            def back(self, c):
                if self.n + c >= self.all + 1:
                    raise ValueError
                self.n = c + self.n
                return self.n
        """,
        shown=[f"tried({name}().take, 3)", f"tried({name}(2).take, 5)"],
        edges=[
            (f"x = {name}(4)\n[tried(x.take, 4), tried(x.take, 1)]", "Everything may be taken."),
            (f"x = {name}(4)\n[tried(x.take, 5), tried(x.take, 2)]", "Look at what is free after an error."),
            (
                f"x = {name}()\n[tried(x.take, {most}), tried(x.take, {most + 1})]",
                "Look closely at the limit.",
            ),
            (f"x = {name}(1)\n[tried(x.take, 0), tried(x.take, -1), tried(x.take, 1)]", "Look at the least."),
            (
                f"x = {name}(2)\n[tried(x.take, {most + 1}), tried(x.take, 2)]",
                "Too many comes before missing.",
            ),
            (f"x = {name}(9)\n[x.take(4), tried(x.back, 4), tried(x.back, 1)]", "All may come back."),
            (f"x = {name}(9)\n[x.take(4), tried(x.back, 5), tried(x.back, 2)]", "Not more may come back."),
            (f"x = {name}(5)\ny = {name}(5)\n[x.take(5), y.take(1)]", APART),
        ],
        more=[
            f"x = {name}(6)\n[tried(x.take, 4), tried(x.take, 5), tried(x.back, 3)]",
            f"x = {name}()\n[tried(x.take, 2), tried(x.take, 4), tried(x.back, 3), tried(x.take, 1)]",
            f"x = {name}()\n[tried(x.back, 1), tried(x.take, 1), tried(x.back, 1)]",
        ],
    )


def net(random: Random) -> ClassTask:
    """A class for `with`, which catches some errors of one kind."""
    name, what = random.choice(
        [
            ("Net", "a safety net"),
            ("Cushion", "a cushion to fall on"),
            ("Umbrella", "an umbrella"),
            ("Helmet", "a helmet"),
            ("Shield", "a shield"),
        ]
    )
    most, word = random.randint(2, 3), random.choice(["open", "ready", "up"])
    end = random.choice(["closed", "done", "down"])
    kinds = ["ValueError", "KeyError", "ZeroDivisionError", "IndexError"]
    ways = {
        "ValueError": 'int("x")',
        "KeyError": '{}["tea"]',
        "ZeroDivisionError": "1 // 0",
        "IndexError": "[][1]",
    }
    kind, other, third, _ = random.sample(kinds, 4)
    related = "LookupError" if kind in ("KeyError", "IndexError") else "Exception"

    def block(code: str, net: str = "x") -> str:
        return f"with {net}:\n    {code}\n"

    def inside(code: str, net: str = "x") -> str:
        """A block whose error comes through, and is caught outside."""
        tried = f"try:\n    with {net}:\n        {code}\n"
        return f"{tried}except Exception as error:\n    came = type(error).__name__\n"

    new = f"x = {name}({kind})\n"
    return ClassTask(
        title=f"`with` {what}",
        story=f"""
        Python's `with` looks after what happens in the lines below it. Write the class `{name}`, {what} for
        one kind of error: `{name}({kind})` is made with that kind, keeps it as `kind`, and has a list `log`,
        empty at first, and a number `caught`, which is 0. After `with x:` Python asks `x.__enter__()` first,
        which puts `"{word}"` at the end of the log and returns the object itself. At the end of the lines
        below, in any case, it asks `x.__exit__(kind, error, trace)`; all three are `None` if there was no
        error, else the first is the kind of the error. `__exit__` puts `"{end}"` at the end of the log, and
        behind that the name of the kind, if there was an error. If the error is of the right kind, or of a
        kind below it, and fewer than {most} were caught by this object before, it counts one more in `caught`
        and returns `True`: then the error is gone. Otherwise it returns `False`, and the error goes on.

        *`issubclass(kind, self.kind)` says whether a kind is the same or below, and `kind.__name__` is its
        name.*
        """,
        name=name,
        doc=f"{what[0].upper() + what[1:]} for one kind of error.",
        body=f"""
        def __init__(self, kind):
            self.kind = kind
            self.log = []
            self.caught = 0

        def __enter__(self):
            self.log.append("{word}")
            return self

        def __exit__(self, kind, error, trace):
            self.log.append("{end}")
            if kind is None:
                return False
            self.log.append(kind.__name__)
            if issubclass(kind, self.kind) and self.caught < {most}:
                self.caught += 1
                return True
            return False
        """,
        twin=f"""
        class {name}:
            def __init__(self, k):
                self.kind, self.log, self.caught = k, [], 0
            def __enter__(self):
                self.log += ["{word}"]
                return self
            def __exit__(self, k, e, t):
                self.log += ["{end}"] + ([k.__name__] if k else [])
                fits = isinstance(e, self.kind) and not self.caught >= {most}
                self.caught = self.caught + fits
                return fits
        """,
        shown=[f"{name}({kind}).caught", f"{name}({kind}).__enter__().log"],
        edges=[
            (new + inside(ways[other]) + "[came, x.caught, x.log]", "Another kind goes on."),
            (f"x = {name}({related})\n" + block(ways[kind]) + "x.caught", "A kind may be below."),
            (new + block(ways[kind]) * most + "[x.caught, x.log]", f"{most} errors are caught."),
            (
                new + block(ways[kind]) * most + inside(ways[kind]) + "[came, x.caught]",
                "One more is not caught.",
            ),
            (new + "with x as y:\n    total = 3\n[y is x, total, x.log]", "There may be no error."),
            (new + f"y = {name}({third})\n" + block(ways[kind]) + "[x.caught, y.caught, y.log]", APART),
            (new + f"x.__exit__({other}, {other}(3), None)", "Another kind goes on."),
            (new + "x.__exit__(None, None, None)", "Without an error there is nothing to catch."),
            (f"({name}({third}).kind is {third})", "It keeps its kind."),
        ],
        more=[
            new + block(ways[kind]) + "[x.caught, x.log]",
            new + block("total = 5") + block(ways[kind]) + "[x.caught, x.log]",
            new + inside(ways[third]) + block(ways[kind]) + "[came, x.caught, x.log]",
        ],
    )
