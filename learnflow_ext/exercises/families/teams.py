"""Objects that answer, switch, move, and, in `holders`, hold other objects and take back what was done."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.holders import team, undo
from learnflow_ext.exercises.families.making import ClassTask, Family, by_level

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


TEAMS = Family("together", "objects", by_level(_speaker, _switch, _mover, team, undo))
