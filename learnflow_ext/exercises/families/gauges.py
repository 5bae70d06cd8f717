"""Objects whose values are looked after: worked out anew and limited; in `dials` linked and refused."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.dials import linked, refusing
from learnflow_ext.exercises.families.making import APART, ClassTask, Family, by_level

_PLANS = (
    ("Party", "Mina plans a party, and changes her mind every day.", "guests", "hours", "euros"),
    ("Trip", "A class plans a trip; who comes, and for how long, is open still.", "pupils", "days", "beds"),
    ("Fence", "A fence is built around a meadow that gets larger year by year.", "length", "width", "posts"),
    ("Concert", "A school band plays in a hall whose chairs can be moved.", "rows", "seats", "tickets"),
    ("Bazaar", "Whoever bakes for a bazaar learns late how much is wanted.", "trays", "pieces", "eggs"),
    ("Yearbook", "A yearbook grows until the evening before it is printed.", "copies", "pages", "cents"),
)
_ROOMS = (
    ("Ferry", "Cars drive onto a small ferry.", "cars", "board"),
    ("Course", "A cookery course has few places.", "places", "enrol"),
    ("Shelf", "Boxes are put on a shelf in a cellar.", "boxes", "store"),
    ("Garage", "An underground garage counts who comes in.", "spaces", "park"),
    ("Disk", "A camera writes films to a small disk.", "films", "save"),
)
_KNOBS = (
    ("Oven", "heat", "The knob of an oven turns no further than it can.", 40, 260),
    ("Speaker", "volume", "A loudspeaker hums when it is too quiet, and breaks when it is too loud.", 3, 70),
    ("Blind", "height", "A blind in front of a window is drawn up in the morning.", 5, 95),
    ("Scooter", "speed", "A hired scooter keeps to what the town allows.", 4, 22),
    ("Lamp", "brightness", "The lamp beside a bed never goes out completely.", 2, 60),
)


def _followed(random: Random) -> ClassTask:
    name, lead, a, b, unit = random.choice(_PLANS)
    k, p, q = random.randint(3, 9), random.randint(2, 9), random.randint(11, 20)
    told, code, twin = random.choice(
        [
            (f"`{a}` times `{b}`, and {k} more", f"self.{a} * self.{b} + {k}", f"{k} + sum([p] * q)"),
            (f"{k} times the sum of both", f"(self.{a} + self.{b}) * {k}", f"{k} * p + {k} * q"),
            (f"{k} times `{a}`, plus `{b}`", f"self.{a} * {k} + self.{b}", f"q + sum([p] * {k})"),
        ]
    )
    return ClassTask(
        title=f"A {name.lower()} that may change",
        story=f"""
        {lead} Write the class `{name}`. A new object gets `{a}` and `{b}`, in this order, and keeps both.
        `x.{unit}` is how many {unit} it takes: {told}. That is read **like a value**, without brackets, and
        it follows at once when one of the two is changed from outside, as in `x.{a} = {k + 4}`.

        *With `@property` in the line above it, the method `{unit}` is read without brackets.*
        """,
        name=name,
        doc=f"A {name.lower()} with {a} and {b}.",
        body=f"""
        def __init__(self, {a}, {b}):
            self.{a} = {a}
            self.{b} = {b}

        @property
        def {unit}(self):
            return {code}
        """,
        twin=f"""
        class {name}:
            def __init__(self, p, q):
                self.{a}, self.{b} = p, q
            def __getattr__(self, _):
                p, q = self.{a}, self.{b}
                return {twin}
        """,
        shown=[f"{name}({p}, {q}).{unit}", f"{name}({p + 2}, {k}).{b}"],
        edges=[
            (f"x = {name}({p}, {q})\nx.{b} = 1\nx.{unit}", "It should follow when a value is changed."),
            (f"x = {name}(0, {q})\nx.{unit}", "0 should work as well."),
            (f"x = {name}({q}, {p})\ny = {name}(1, 1)\ny.{a} = 7\nx.{unit}", APART),
        ],
        more=[
            f"x = {name}({p}, {q})\nx.{a} = {p + 3}\nx.{unit}",
            f"x = {name}({p + 4}, {k})\n[x.{unit}, x.{a}, x.{b}]",
            f"x = {name}(1, 1)\nx.{a} += {q}\nx.{b} += {p}\nx.{unit}",
        ],
    )


def _rest(random: Random) -> ClassTask:
    name, lead, things, take = random.choice(_ROOMS)
    few, room = random.randint(2, 6), random.randint(14, 40)
    alone = random.random() < 0.5
    rule, code, twin = random.choice(
        [
            (
                "when they do not all fit, nothing changes",
                "if number <= self.free:",
                "n if n < left + 1 else 0",
            ),
            (
                f"when fewer than {few} would be free afterwards, nothing changes",
                f"if self.free - number >= {few}:",
                f"0 if left - n < {few} else n",
            ),
        ]
    )
    word = random.choice(["scarce", "nearly full", "hurry"])
    last = "at most" if alone else "fewer than"
    sign = "<=" if alone else "<"
    return ClassTask(
        title=f"What is left: a {name.lower()}",
        story=f"""
        {lead} Write the class `{name}`. A new object gets its `room`, a number of {things}, and `taken` is 0.
        `{take}(number)` makes `taken` larger by that number; {rule}. Two more values are read without
        brackets, and are always true, also when `room` or `taken` is changed from outside: `free` is the room
        less what is taken, and `state` is the text `"full"` when nothing is free, `"{word}"` when {last}
        {few + 5} are, and `"open"` otherwise.
        """,
        name=name,
        doc=f"Room for a number of {things}.",
        body=f"""
        def __init__(self, room):
            self.room = room
            self.taken = 0

        def {take}(self, number):
            {code}
                self.taken = self.taken + number

        @property
        def free(self):
            return self.room - self.taken

        @property
        def state(self):
            if self.free == 0:
                return "full"
            if self.free {sign} {few + 5}:
                return "{word}"
            return "open"
        """,
        twin=f"""
        class {name}:
            taken = 0
            def __init__(self, r):
                self.room = r
            def {take}(self, n):
                left = self.room - self.taken
                self.taken += {twin}
            free = property(lambda self: -self.taken + self.room)
            @property
            def state(self):
                word = "{word}" if self.free < {few + 5 + alone} else "open"
                return word if self.free else "full"
        """,
        shown=[f"{name}({room}).free", f"{name}({few}).state"],
        edges=[
            (f"x = {name}({room})\nx.{take}({room})\n[x.free, x.state]", "Somebody may want all at once."),
            (f"x = {name}({room})\nx.{take}({room - few})\nx.free", "Look closely at what still fits."),
            (f"x = {name}({room})\nx.{take}({room - few + 1})\nx.free", "Look closely at what still fits."),
            (f"x = {name}({room})\nx.{take}({room + 1})\nx.free", "Look closely at what does not fit."),
            (
                f"[{name}({few} + each).state for each in (4, 5, 6)]",
                "Look closely at where the state changes.",
            ),
            (f"[{name}(each).state for each in (0, 1)]", "Only when nothing is free it is full."),
            (f"x = {name}({room})\ny = {name}({room})\nx.{take}(2)\ny.free", APART),
        ],
        more=[
            f"x = {name}({room})\nx.{take}(4)\nx.{take}(3)\nx.free",
            f"x = {name}({room})\nx.room = {few + 9}\n[x.free, x.state]",
            f"x = {name}({room})\nx.taken = {room - 1}\n[x.free, x.state]",
            f"x = {name}({room + 9})\nx.{take}(9)\nx.{take}(1)\nx.taken",
        ],
    )


def _clamped(random: Random) -> ClassTask:
    name, what, lead, low, high = random.choice(_KNOBS)
    low, high, mid = low + random.randint(0, 3), high - random.randint(0, 9), (low + high) // 2
    told, extra, first, lines, twin = random.choice(
        [
            (
                f"how often the {what} has really changed; making the object does not count",
                "changes",
                "-1",
                (f"if kept != self._{what}:", "    self.changes = self.changes + 1"),
                "sum(v != w for v, w in zip(r, r[1:]))",
            ),
            (
                "how often a number outside of these limits was wanted, for a new object too",
                "refused",
                "0",
                ("if kept != value:", "    self.refused = self.refused + 1"),
                f"sum(not {low} <= v < {high + 1} for v in self.w)",
            ),
            (
                f"the {what} that it had before it was last set, and `None` for a new object",
                "before",
                "None",
                (f"self.before = self._{what}",),
                "[None, *r][-2]",
            ),
        ]
    )
    lines = (
        ("self._level = kept".replace("level", what), *lines)
        if extra == "refused"
        else (
            *lines,
            f"self._{what} = kept",
        )
    )
    body = "\n".join(
        [
            f"def __init__(self, {what}):",
            f"    self._{what} = None",
            f"    self.{extra} = {first}",
            f"    self.{what} = {what}",
            "",
            "@property",
            f"def {what}(self):",
            f"    return self._{what}",
            "",
            f"@{what}.setter",
            f"def {what}(self, value):",
            f"    kept = max({low}, min({high}, value))",
            *(f"    {line}" for line in lines),
        ]
    )
    return ClassTask(
        title=f"{what.capitalize()} within limits",
        story=f"""
        {lead} Write the class `{name}`. A new object gets its `{what}`, and anybody may set it later, as in
        `x.{what} = {mid}` or `x.{what} += 3`. But however it is set, for a new object too, it is never below
        {low} and never above {high}: where it would be, it is {low} or {high}. `x.{extra}` is {told}.

        *`@{what}.setter` stands above the method that Python calls when somebody sets the {what}. The number
        itself needs another name, such as `_{what}`.*
        """,
        name=name,
        doc=f"Its {what} goes from {low} to {high}.",
        body=body,
        twin=f"""
        class {name}:
            def __init__(self, v):
                self.w = [v]
            def __setattr__(self, k, v):
                self.__dict__.update({{k: v}}) if k == "w" else self.w.append(v)
            def __getattr__(self, k):
                r = [sorted([{low}, v, {high}])[1] for v in self.w]
                return r[-1] if k == "{what}" else {twin}
        """,
        shown=[f"{name}({mid}).{what}", f"{name}({high + 9}).{what}"],
        edges=[
            (f"x = {name}({low})\n[x.{what}, x.{extra}]", "It may be as low as it can be."),
            (f"x = {name}({high})\n[x.{what}, x.{extra}]", "It may be as high as it can be."),
            (f"x = {name}({low - 1})\n[x.{what}, x.{extra}]", "A new object keeps to the limits too."),
            (
                f"x = {name}({mid})\nx.{what} = {high + 1}\n[x.{what}, x.{extra}]",
                "Look closely at the limits.",
            ),
            (f"x = {name}({mid})\nx.{what} = {mid}\n[x.{what}, x.{extra}]", "It may be set to what it is."),
            (f"x = {name}({mid})\ny = {name}({low})\nx.{what} = 1\n[y.{what}, y.{extra}]", APART),
        ],
        more=[
            f"x = {name}({mid})\nx.{what} += 5\nx.{what}",
            f"x = {name}({mid})\nx.{what} -= 2\nx.{what} += 1\n[x.{what}, x.{extra}]",
            f"x = {name}({high})\nx.{what} = 0\nx.{what} += 4\nx.{what} = {high * 3}\n[x.{what}, x.{extra}]",
            f"x = {name}(0)\nx.{what} = {high + 7}\nx.{what} = {high}\n[x.{what}, x.{extra}]",
        ],
    )


GAUGES = Family("gauge", "objects", by_level(_followed, _rest, _clamped, linked, refusing))
