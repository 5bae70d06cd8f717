"""Objects that count together: two tasks of the family in `tallies`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

_CLUBS = (
    ("Member", "a chess club", "members", "join"),
    ("Ticket", "a lottery", "tickets", "buy"),
    ("Box", "a moving van", "boxes", "load"),
    ("Robot", "a factory", "robots", "build"),
    ("Runner", "a city run", "runners", "start"),
)


def numbered(random: Random) -> ClassTask:
    """A number that all objects of a class share."""
    name, place, things, _ = random.choice(_CLUBS)
    first, k = random.randint(10, 90), random.randint(2, 9)
    # Others may have been made before: what a check compares does not depend on how many.
    told, code, twin, probe = random.choice(
        [
            (
                f"its number plus {k} times the length of its label",
                f"self.number + {k} * len(self.label)",
                f"len(self.t) * {k} + self.number",
                "[{0}.tag() - {0}.number, len({0}.label)]",
            ),
            (
                f"its label, a `-` and its number, such as `ab-{first}`",
                'self.label + "-" + str(self.number)',
                "'-'.join([self.t, format(self.number)])",
                "[{0}.tag().split('-')[0], int({0}.tag().split('-')[1]) - {0}.number]",
            ),
            (
                f"how many more {things} were made after it, {k} times",
                f"({name}.made - 1 - (self.number - {first})) * {k}",
                f"sum([{k}] * ({name}.made - self.at - 1))",
                "{0}.tag()",
            ),
        ]
    )
    a, b, c = random.sample(["ada", "ben", "cleo", "daniel", "eve", "finn"], 3)
    two = f"one = {name}({a!r})\ntwo = {name}({b!r})\n"
    three = f"{two}three = {name}({c!r})\n"
    return ClassTask(
        title=f"{things.capitalize()} with numbers of their own",
        story=f"""
        In {place} all {things} get numbers. Write the class `{name}`. A new object gets its `label`, a
        text. It takes the next free `number`: the first object of all has {first}, the next one
        {first + 1}, and so on, whatever happens to the others. `{name}.made` is how many were made so far;
        it belongs to the **class** and is 0 before the first. `tag()` returns {told}.

        *A value that all objects share stands in the class, outside of its methods.*
        """,
        name=name,
        doc=f"One of the {things} of {place}.",
        body=f"""
        made = 0

        def __init__(self, label):
            self.label = label
            self.number = {first} + {name}.made
            {name}.made = {name}.made + 1

        def tag(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, t):
                self.at, self.label, self.t = {name}.made, t, t
                {name}.made += 1
            number = property(lambda self: {first} + self.at)
            def tag(self):
                return {twin}
        {name}.made = 0
        """,
        shown=[f"{name}({a!r}).label", f"{name}({b!r}).label"],
        edges=[
            (f"{two}two.number - one.number", "The next object should have the next number."),
            (f"{two}two.number - {name}.made", f"The first number should be {first}."),
            (f"before = {name}.made\n{two}{name}.made - before", "The class should count all of them."),
            (f"{three}[one.label, two.label]", "Each object should keep its own label."),
        ],
        more=[
            two + probe.format("two"),
            three + probe.format("one"),
            three + probe.format("three"),
            f"{three}[one.number - two.number, three.number - {name}.made]",
            f"{three}four = {name}({a!r})\n" + probe.format("two"),
        ],
    )


def collection(random: Random) -> ClassTask:
    """A class that `len`, `in`, brackets and `for` work with."""
    name, place, things, do = random.choice(_CLUBS)
    name = "Boxes" if name == "Box" else f"{name}s"
    k = random.randint(2, 5)
    seldom = "once" if k == 2 else f"{k - 1} times"
    told, code, twin = random.choice(
        [
            (
                "the name that stands there most often; of several the one that came first",
                "max(self.names, key=self.names.count)",
                "sorted(enumerate(self.t), key=lambda p: (-self.t.count(p[1]), p[0]))[0][1]",
            ),
            (
                "the longest name; of several the one that came first",
                "max(self.names, key=len)",
                "sorted(enumerate(self.t), key=lambda p: (-len(p[1]), p[0]))[0][1]",
            ),
            ("the name that comes first in the alphabet", "min(self.names)", "sorted(self.t)[0]"),
        ]
    )
    every = random.sample(["ada", "bo", "cleo", "daniel", "eve", "finn", "gil", "hanna"], 6)

    def filled(*names: str) -> str:
        return "\n".join([f"x = {name}()", *(f"x.{do}({each!r})" for each in names), ""])

    full = filled(every[0], every[1], every[2], every[1], every[3])
    return ClassTask(
        title=f"A collection of {things}",
        story=f"""
        {things.capitalize()} of {place} have names, and a name may come more than once. Write the class
        `{name}`, which Python's own tools work with. A new object is empty, and `{do}(name)` puts a name at
        its end. `len(x)` says how many names there are, `name in x` whether one is there more than {seldom}
        or at the very end, and `x[place]` gives the name at that place, from the front, `"free"`
        where there is none; places are 0 and above. `for name in x` goes through all names from the last to
        the first. `best()` returns {told}, and `""` where there is none.

        *Python asks `__len__`, `__contains__`, `__getitem__` and `__iter__` for these.*
        """,
        name=name,
        doc=f"Names of {things}, in order.",
        body=f"""
        def __init__(self):
            self.names = []

        def {do}(self, name):
            self.names.append(name)

        def __len__(self):
            return len(self.names)

        def __contains__(self, name):
            return self.names.count(name) >= {k} or self.names[-1:] == [name]

        def __getitem__(self, place):
            if place < len(self.names):
                return self.names[place]
            return "free"

        def __iter__(self):
            return iter(self.names[::-1])

        def best(self):
            if not self.names:
                return ""
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.t = ()
            def {do}(self, n):
                self.t += (n,)
            def __len__(self):
                return sum(1 for _ in self.t)
            def __contains__(self, n):
                return bool(self.t) and self.t[len(self.t) - 1] == n or sum(n == m for m in self.t) > {k - 1}
            def __getitem__(self, i):
                return dict(enumerate(self.t)).get(i, "free")
            def __iter__(self):
                yield from reversed(self.t)
            def best(self):
                return {twin} if self.t else ""
        """,
        shown=[f"len({name}())", f"{name}().best()"],
        edges=[
            (full + f"({every[3]!r} in x)", "The last name is always found."),
            (full + f"({every[0]!r} in x)", "A name that is there too seldom is not found."),
            (
                filled(*[every[4]] * k, every[0]) + f"({every[4]!r} in x)",
                f"{k} times are enough to be found.",
            ),
            (filled(*[every[4]] * (k - 1), every[0]) + f"({every[4]!r} in x)", f"{k - 1} times are too few."),
            (f"x = {name}()\n('ada' in x)", "Nothing is found where nothing is."),
            (full + "x[5]", "Behind the last name every place is free."),
            (full + "x[4]", "The last name has a place as well."),
            (filled(every[5]) + f"y = {name}()\nlen(y)", "Two objects should not share a list."),
            (filled(every[0], every[2], every[1]) + "[each for each in x]", "A loop goes from the end."),
            (f"x = {name}()\n[len(x), x.best()]", "There may be no name at all."),
        ],
        more=[
            full + "list(x)",
            full + "x.best()",
            full + "[len(x), x[0], x[2]]",
            filled(every[4], every[5], every[4], every[2], every[2]) + "x.best()",
            filled(*every) + "x.best()",
            filled(*reversed(every)) + "x.best()",
            filled(every[1], every[0], every[0]) + "x.best()",
        ],
    )
