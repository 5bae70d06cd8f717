"""Objects that hold others, and that take back what was done: two tasks of the family in `teams`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

_TEAMS = (
    ("Player", "Team", "team", "points"),
    ("Tree", "Forest", "forest", "metres"),
    ("Book", "Shelf", "shelf", "pages"),
    ("Dish", "Menu", "menu", "euros"),
    ("Fish", "Pond", "pond", "grams"),
    ("Star", "Galaxy", "galaxy", "planets"),
)
_MAKERS = (
    ("Story", "words", "word", ("dragon", "castle", "forest", "silver", "winter")),
    ("Route", "towns", "town", ("London", "Lisbon", "Vienna", "Warsaw", "Athens")),
    ("Recipe", "spices", "spice", ("pepper", "ginger", "saffron", "vanilla", "nutmeg")),
    ("Bouquet", "flowers", "flower", ("dahlia", "violet", "orchid", "mimosa", "jasmine")),
    ("Parade", "beasts", "beast", ("camels", "tigers", "ponies", "llamas", "zebras")),
)


def team(random: Random) -> ClassTask:
    """Objects of a class that is there, kept in one that is written."""
    item, name, what, unit = random.choice(_TEAMS)
    items = item.lower()
    limit, extra = random.randint(10, 40), random.randint(2, 9)
    largest = random.random() < 0.5
    most, sign = ("most", ">") if largest else ("fewest", "<")
    told, gain, twin = random.choice(
        [
            (f"the {unit} of all that have more than {limit}", f"each.{unit}", "sum(big)"),
            (f"{extra} for each that has more than {limit} {unit}", str(extra), f"len(big) * {extra}"),
            (
                f"the {unit} of all that have more than {limit}, each with {extra} added",
                f"each.{unit} + {extra}",
                f"sum(big) + {extra} * len(big)",
            ),
        ]
    )
    names = random.sample(["Ash", "Bora", "Cleo", "Dot", "Eli", "Fay", "Gil"], 6)

    def filled(*sizes: int) -> str:
        lines = [f"x.add({item}({names[at]!r}, {size}))" for at, size in enumerate(sizes)]
        return "\n".join([f"x = {name}()", *lines])

    sizes = random.sample(range(1, 2 * limit), 5)
    return ClassTask(
        title=f"A {what} of objects",
        story=random.choice(
            [
                f"""
        The class `{item}` is there already: each has a `name` and its `{unit}`. Write the class `{name}`,
        whose objects hold such objects. A new {what} is empty. `add({items})` puts one of them in.
        `len(...)` of a {what} is how many it holds. `total()` returns {told}. `top()` returns the **name**
        of the one with the {most} {unit}, the first of them if there are several, and `"nobody"` when the
        {what} is empty.

        *Python's `len` asks the method `__len__`.*
        """,
                f"""
        Objects can hold other objects. Here a {what} holds objects of the class `{item}`, which is written
        already, and has a `name` and `{unit}`. Write the class `{name}` with four methods. `add({items})`
        takes one more in. `__len__()`, which Python calls for `len(...)`, returns how many there are.
        `total()` returns {told}. `top()` looks for the {most} {unit} and returns that one's **name**; of
        equal ones it is the first, and without any the answer is `"nobody"`.
        """,
            ]
        ),
        name=name,
        doc=f"A {what} that holds objects of the class {item}.",
        before=f'''
class {item}:
    """A name, and a number of {unit}."""

    def __init__(self, name, {unit}):
        self.name = name
        self.{unit} = {unit}
''',
        body=f"""
        def __init__(self):
            self.items = []

        def add(self, {items}):
            self.items.append({items})

        def __len__(self):
            return len(self.items)

        def total(self):
            result = 0
            for each in self.items:
                if each.{unit} > {limit}:
                    result += {gain}
            return result

        def top(self):
            if not self.items:
                return "nobody"
            found = self.items[0]
            for each in self.items:
                if each.{unit} {sign} found.{unit}:
                    found = each
            return found.name
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.rows = ()
            def add(self, one):
                self.rows += ((one.{unit}, one.name),)
            def __len__(self):
                return sum(1 for _ in self.rows)
            def total(self):
                big = [n for n, _ in self.rows if not n <= {limit}]
                return {twin}
            def top(self):
                key = lambda row: {"-" if largest else ""}row[0]
                return [*[name for _, name in sorted(self.rows, key=key)], "nobody"][0]
        """,
        shown=[f"{name}().top()", f"len({name}())"],
        edges=[
            (f"{filled(limit)}\nx.total()", "Look closely at the limit itself."),
            (f"{filled(limit + 1)}\nx.total()", "Look closely at what is just above the limit."),
            (f"{filled(7, 7, 7)}\nx.top()", "Of equal ones it should be the first."),
            (f"{filled(3)}\nx.top()", "A single one should work as well."),
            (f"{filled(3)}\ny = {name}()\nlen(y)", "Two objects should not share a list."),
            (f"{name}().total()", "Without any it should be 0."),
        ],
        more=[
            f"{filled(limit + 4, 2, limit + 9)}\nx.total()",
            f"{filled(*sizes)}\nx.top()",
            f"{filled(*reversed(sizes))}\nx.top()",
            f"{filled(*sizes)}\nx.total()",
            f"{filled(5, 1, 9, 4)}\nx.top()",
            f"{filled(1, 2, 3)}\nlen(x)",
        ],
    )


def undo(random: Random) -> ClassTask:
    """Two lists: what is there, and what can be put back."""
    name, things, thing, every = random.choice(_MAKERS)
    size = random.randint(3, 6)
    sign = random.choice([", ", " - ", " + ", "/", " > "])
    kinds: list[tuple[str, list[str], str]] = [
        (
            f"a {thing} with more than {size} letters is cut to its first {size}",
            [f"self.{things}.append({thing}[:{size}])"],
            f"''.join(list(w)[:{size}])",
        ),
        (
            f"a {thing} with fewer than {size} letters is not taken: nothing changes then",
            [f"if len({thing}) < {size}:", "    return", f"self.{things}.append({thing})"],
            f"w if len(w) > {size - 1} else None",
        ),
        (
            f"a {thing} that is in it already is not taken again: nothing changes then",
            [f"if {thing} in self.{things}:", "    return", f"self.{things}.append({thing})"],
            "None if self.now.count(w) else w",
        ),
    ]
    rule, lines, twin = random.choice(kinds)
    body = "\n".join(
        [
            "def __init__(self):",
            f"    self.{things} = []",
            "    self.undone = []",
            "",
            f"def add(self, {thing}):",
            *(f"    {line}" for line in lines),
            "    self.undone = []",
            "",
            "def undo(self):",
            f"    if self.{things}:",
            f"        self.undone.append(self.{things}.pop())",
            "",
            "def redo(self):",
            "    if self.undone:",
            f"        self.{things}.append(self.undone.pop())",
            "",
            "def __str__(self):",
            f'    return "{sign}".join(self.{things})',
            "",
            "def __eq__(self, other):",
            f"    return self.{things} == other.{things}",
        ]
    )
    words = random.sample(every, 5)
    short = "abcdefgh"

    def added(*some: str) -> str:
        return "\n".join([f"x = {name}()", *(f"x.add({each!r})" for each in some)])

    return ClassTask(
        title=f"A {name.lower()} with undo",
        story=f"""
        Write the class `{name}`. A new object is empty. `add({thing})` puts a {thing} at its end; {rule}.
        `undo()` takes the last one away again, as often as it is called, and does nothing when nothing is
        left. `redo()` puts back what was taken away last, and does nothing when there is no such {thing}.
        Whenever `add` takes a {thing}, nothing can be put back any more. `str(...)` gives all {things} with
        `{sign}` between them. Two objects are equal (`==`) when they hold the same {things} in the same
        order.

        *Keep two lists. The methods for `str` and `==` are called `__str__` and `__eq__`.*
        """,
        name=name,
        doc=f"Some {things}, one after the other, with undo and redo.",
        body=body,
        twin=f"""
        class {name}:
            def __init__(self):
                self.all, self.n = [], 0
            @property
            def now(self):
                return self.all[:self.n]
            def add(self, w):
                w = {twin}
                if w is not None:
                    self.all = [*self.now, w]
                    self.n += 1
            def undo(self):
                self.n = max(0, self.n - 1)
            def redo(self):
                self.n = min(len(self.all), self.n + 1)
            def __str__(self):
                return "{sign}".join(self.now)
            def __eq__(self, other):
                return str(self) == str(other)
        """,
        shown=[f"str({name}())", f"({name}() == {name}())"],
        edges=[
            (f"{added(short[:size], short[1 : size + 1])}\nstr(x)", "Look closely at the number of letters."),
            (
                f"{added(short[: size - 1], short[: size + 1])}\nstr(x)",
                "Look closely at the number of letters.",
            ),
            (f"{added(words[0])}\nx.undo()\nx.undo()\nx.redo()\nstr(x)", "There may be nothing to undo."),
            (f"{added(words[0])}\nx.redo()\nstr(x)", "There may be nothing to redo."),
            (
                f"{added(words[0], words[1])}\nx.undo()\nx.add({words[2]!r})\nx.redo()\nstr(x)",
                "After something was added, nothing can be put back.",
            ),
            (f"{added(words[3])}\ny = {name}()\n(x == y)", "Two of different content are not equal."),
            (f"{added(words[3])}\ny = {name}()\n(y == x)", "Two of different content are not equal."),
            (
                f"{added(words[2], words[2], words[2] + 's')}\nx.undo()\nstr(x)",
                "Look closely at what happens when the same is added again.",
            ),
            (
                f"{added(words[1], words[4])}\nx.undo()\nx.add({words[1]!r})\nx.add('a')\nx.redo()\nstr(x)",
                "Look closely at when something can still be put back.",
            ),
        ],
        more=[
            f"{added(words[0], words[1])}\nx.undo()\nstr(x)",
            f"{added(*words[:3])}\nx.undo()\nx.undo()\nx.redo()\nstr(x)",
            f"{added(*words)}\nx.undo()\nx.undo()\nx.redo()\nx.redo()\nstr(x)",
            f"{added(*words[:2])}\ny = {name}()\ny.add({words[0]!r})\ny.add({words[1]!r})\n(x == y)",
            f"{added(words[3], words[4])}\nx.undo()\nx.undo()\nx.redo()\nstr(x)",
        ],
    )
