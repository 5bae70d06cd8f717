"""Objects that answer, switch, move, hold other objects, and take back what was done."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from learnflow_ext.exercises.families.making import ClassTask, Family

_SPEAKERS = (
    ("Dog", "dog", "Woof"),
    ("Cat", "cat", "Meow"),
    ("Robot", "robot", "Beep"),
    ("Parrot", "parrot", "Hello"),
    ("Ghost", "ghost", "Boo"),
    ("Train", "train", "Toot"),
)
_SWITCHES = (
    ("Lamp", "lamp", "brighter", "how bright it is"),
    ("Radio", "radio", "louder", "how loud it is"),
    ("Heater", "heater", "warmer", "how many degrees it heats to"),
    ("Fan", "fan", "faster", "how fast it turns"),
    ("Mixer", "mixer", "faster", "how fast it stirs"),
    ("Pump", "pump", "stronger", "how many litres it pumps"),
)
_MOVERS = (
    ("Snail", "snail", "a long branch", "centimetres"),
    ("Ferry", "ferry", "a long lake", "kilometres"),
    ("Tram", "tram", "a straight street", "stops"),
    ("Crab", "crab", "a beach", "steps"),
    ("Drone", "drone", "a line over a field", "metres"),
    ("Boat", "boat", "a canal", "kilometres"),
)
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
    ("Parade", "animals", "animal", ("camels", "tigers", "ponies", "llamas", "zebras")),
)


def _speaker(random: Random) -> ClassTask:
    name, what, sound = random.choice(_SPEAKERS)
    k, more = random.randint(2, 9), random.randint(2, 19)
    sign = random.choice([": ", " says ", " - ", " > "])
    told, code, twin = random.choice(
        [
            (f"{k} times its age, plus {more}", f"self.age * {k} + {more}", f"{more} + {k} * self.a"),
            (
                f"{k} times the age that it will have in {more} years",
                f"(self.age + {more}) * {k}",
                f"self.a * {k} + {more * k}",
            ),
            (
                f"in how many years it will be {more + 40}",
                f"{more + 40} - self.age",
                f"-self.a + {more + 40}",
            ),
        ]
    )
    ages = random.sample(range(2, 38), 6)
    names = random.sample(["Rex", "Ada", "Momo", "Zoe", "Bo", "Pip", "Tilda"], 6)
    example = f"{names[0]}{sign}{sound}"
    return ClassTask(
        title=f"A {what} that answers",
        story=random.choice(
            [
                f"""
        Write the class `{name}`. A new {what} gets a name and an age, and keeps them as `name` and `age`.
        Its method `speak()` returns a text such as `{example}`, with its own name. Its method `number()`
        returns {told}.
        """,
                f"""
        Every `{name}` has a `name` and an `age`: both are given when it is made, in this order. Write the
        class, with two methods. `number()` returns {told}. And `speak()` returns the name, then `{sign}`,
        then `{sound}`: for example `{example}`.
        """,
            ]
        ),
        name=name,
        doc=f"A {what} with a name and an age.",
        body=f"""
        def __init__(self, name, age):
            self.name = name
            self.age = age

        def speak(self):
            return self.name + "{sign}{sound}"

        def number(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, n, a):
                self.name, self.age = n, a
                self.a = a
            def speak(self):
                return "{sign}".join([self.name, "{sound}"])
            def number(self):
                return {twin}
        """,
        shown=[f"{name}({names[0]!r}, {ages[0]}).speak()", f"{name}({names[1]!r}, {ages[1]}).number()"],
        edges=[
            (f"{name}('', 1).speak()", "An empty name should work as well."),
            (f"{name}('Kim', 0).number()", "An age of 0 should work as well."),
            (f"{name}('Kim', 7).age", "The object should keep its age."),
            (
                f"one = {name}('Kim', 4)\nother = {name}('Lou', 9)\none.speak()",
                "Two objects should not disturb each other.",
            ),
        ],
        more=[
            f"mine = {name}({names[2]!r}, {ages[2]})\nmine.number()",
            *(f"{name}({who!r}, {age}).number()" for who, age in zip(names[3:], ages[3:], strict=True)),
            f"{name}({names[4]!r}, {ages[5]}).speak()",
        ],
    )


def _switch(random: Random) -> ClassTask:
    name, what, more, meaning = random.choice(_SWITCHES)
    start, k = random.randint(2, 20), random.randint(2, 9)
    change, code, twin = random.choice(
        [
            (f"adds {k} to it", f"self.level + {k}", f"sum([self.v, {k}])"),
            (f"makes it {k} times as much", f"self.level * {k}", f"sum([self.v] * {k})"),
            (f"doubles it and adds {k}", f"self.level * 2 + {k}", f"self.v + self.v + {k}"),
        ]
    )
    off = random.choice(["0", '"off"', f'"no {what}"'])
    begin_on = random.random() < 0.3
    state = "on" if begin_on else "off"
    on = "" if begin_on else "x.press()\n"
    out = "x.press()\n" if begin_on else ""
    return ClassTask(
        title=f"A {what} with a switch",
        story=f"""
        Write the class `{name}`. A new {what} is **{state}**, and its `level` ({meaning}) is {start}. The
        method `press()` switches it on when it is off, and off when it is on. `{more}()` changes the level:
        it {change}. While the {what} is off, `{more}()` does nothing. `shown()` returns the level while it
        is on, and `{off}` while it is off.

        *A second value, which is `True` or `False`, can say whether it is on.*
        """,
        name=name,
        doc=f"A {what} that is on or off.",
        body=f"""
        def __init__(self):
            self.on = {begin_on}
            self.level = {start}

        def press(self):
            self.on = not self.on

        def {more}(self):
            if self.on:
                self.level = {code}

        def shown(self):
            if self.on:
                return self.level
            return {off}
        """,
        twin=f"""
        class {name}:
            def __init__(self):
                self.n, self.v = {int(begin_on)}, {start}
            def press(self):
                self.n += 1
            def {more}(self):
                self.v = {twin} if self.n % 2 else self.v
            def shown(self):
                return [{off}, self.v][self.n % 2]
            level = property(lambda self: self.v)
        """,
        shown=[f"{name}().shown()", f"{name}().level"],
        edges=[
            (f"x = {name}()\n{on}x.shown()", "On, it should show its level."),
            (f"x = {name}()\n{out}x.{more}()\nx.level", "While it is off, nothing should change."),
            (f"x = {name}()\nx.press()\nx.press()\nx.shown()", "Two presses should change nothing."),
            (
                f"x = {name}()\ny = {name}()\nx.press()\ny.shown()",
                "Two objects should not disturb each other.",
            ),
            (f"x = {name}()\n{on}x.{more}()\nx.press()\nx.shown()", "Off, it should not show its level."),
        ],
        more=[
            f"x = {name}()\n{on}x.{more}()\nx.shown()",
            f"x = {name}()\n{on}x.{more}()\nx.{more}()\nx.{more}()\nx.shown()",
            f"x = {name}()\n{on}x.{more}()\nx.press()\nx.{more}()\nx.press()\nx.shown()",
            f"x = {name}()\n{on}x.{more}()\nx.press()\nx.level",
        ],
    )


def _mover(random: Random) -> ClassTask:
    name, what, where, unit = random.choice(_MOVERS)
    last, start, fee = random.randint(15, 50), random.randint(3, 12), random.randint(2, 9)
    told, code, twin = random.choice(
        [
            (
                f"{fee} for each turn, and 1 for each of the {unit} from 0",
                f"self.turns * {fee} + self.place",
                f"self.p + sum([{fee}] * self.t)",
            ),
            (
                f"how far it is from the end at {last}, and {fee} more for each turn",
                f"{last} - self.place + self.turns * {fee}",
                f"sum([{fee}] * self.t) + ({last} - self.p)",
            ),
            (
                f"{fee} times its place, less the number of its turns",
                f"self.place * {fee} - self.turns",
                f"sum([self.p] * {fee}) - self.t",
            ),
        ]
    )
    return ClassTask(
        title=f"A {what} that goes to and fro",
        story=f"""
        A {what} goes along {where}, which is {last} {unit} long. Write the class `{name}`. A new object
        gets its `place`: a number of {unit} from 0 to {last}. At first it looks forward, to the larger
        numbers. `turn()` makes it look the other way. `go(steps)` moves it as many {unit} in the direction
        in which it looks, but never past the ends: where that would be below 0 it stops at 0, and where it
        would be above {last}, at {last}. `score()` returns {told}.

        *A direction of `1` or `-1` can be multiplied.*
        """,
        name=name,
        doc=f"A {what} on its way.",
        body=f"""
        def __init__(self, place):
            self.place = place
            self.direction = 1
            self.turns = 0

        def turn(self):
            self.direction = self.direction * -1
            self.turns = self.turns + 1

        def go(self, steps):
            self.place = max(0, min({last}, self.place + steps * self.direction))

        def score(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, p):
                self.p, self.t = p, 0
            def turn(self):
                self.t += 1
            def go(self, n):
                wanted = self.p - n if self.t % 2 else self.p + n
                self.p = sorted([0, wanted, {last}])[1]
            def score(self):
                return {twin}
            place = property(lambda self: self.p)
        """,
        shown=[f"{name}({start}).place", f"{name}({start + 1}).score()"],
        edges=[
            (f"x = {name}({start})\nx.go({last - start})\nx.place", "It may stop just at the end."),
            (f"x = {name}({start})\nx.go({last - start + 1})\nx.place", "It should not go past the end."),
            (f"x = {name}({start})\nx.turn()\nx.go({start - 1})\nx.place", "It may go back."),
            (f"x = {name}({start})\nx.turn()\nx.go({start + 1})\nx.place", "It should not go below 0."),
            (
                f"x = {name}({start})\nx.turn()\nx.turn()\nx.go(2)\nx.score()",
                "After two turns it should look forward again.",
            ),
            (
                f"x = {name}(1)\ny = {name}(2)\nx.turn()\nx.go(1)\ny.go(1)\ny.place",
                "Two objects should not disturb each other.",
            ),
        ],
        more=[
            f"x = {name}({start})\nx.go(2)\nx.turn()\nx.go(3)\nx.place",
            f"x = {name}({start})\nx.turn()\nx.go(1)\nx.turn()\nx.go(4)\nx.turn()\nx.score()",
            f"x = {name}(0)\nx.go(7)\nx.go(1)\nx.score()",
            f"x = {name}({last})\nx.turn()\nx.go(3)\nx.score()",
        ],
    )


def _team(random: Random) -> ClassTask:
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


def _undo(random: Random) -> ClassTask:
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


_LEVELS: tuple[Callable[[Random], ClassTask], ...] = (_speaker, _switch, _mover, _team, _undo)


def _together(random: Random, level: int) -> ClassTask:
    return _LEVELS[level - 1](random)


TEAMS = Family("together", "objects", _together)
