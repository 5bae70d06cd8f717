"""A copy of an object: a task of the family in `copies`, and the stories of three others."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

LISTS = (
    (
        "Playlist",
        "songs",
        "song",
        "Jo puts songs together for a party",
        ("Rain", "Moon", "Oh", "Waltz", "Home"),
    ),
    (
        "Hike",
        "stops",
        "stop",
        "A hike through the hills has several stops",
        ("lake", "hut", "peak", "fa", "inn"),
    ),
    ("Menu", "dishes", "dish", "A canteen writes down its dishes", ("soup", "rice", "pie", "salad", "tofu")),
    ("Crew", "sailors", "sailor", "A sailing boat needs a crew", ("Ida", "Max", "Bo", "Lena", "Otto")),
    (
        "Toolbox",
        "tools",
        "tool",
        "Tools lie in a box in the cellar",
        ("saw", "file", "hammer", "awl", "tape"),
    ),
    (
        "Gallery",
        "photos",
        "photo",
        "Photos of a summer are put into a gallery",
        ("sea", "tent", "fog", "kite", "dog"),
    ),
)


def double(random: Random) -> ClassTask:
    """A method that makes one more, with a list of its own."""
    name, things, thing, lead, every = random.choice(LISTS)
    a, b, c, d, e = random.sample(every, 5)
    k = random.randint(1, 9)
    told, code, twin = random.choice(
        [
            (
                "that are in `x` and not in `y`",
                f"[t for t in self.{things} if t not in other.{things}]",
                "[w for w in self.t if not o.t.count(w)]",
            ),
            (
                "that are in both",
                f"[t for t in self.{things} if t in other.{things}]",
                "[w for w in self.t if w in o.t]",
            ),
            (
                "that stand at the same place in both",
                f"[t for t, o in zip(self.{things}, other.{things}) if t == o]",
                "[w for i, w in enumerate(self.t) if [w] == list(o.t[i:i + 1])]",
            ),
        ]
    )
    made = f"x = {name}('A', [{a!r}, {b!r}, {c!r}])\ny = x.copy('B')\n"
    return ClassTask(
        title=f"A copy of a {name.lower()}",
        story=f"""
        {lead}, and somebody would like the same with small changes. Write the class `{name}`. A new object
        gets a `title` and a list of {things}, kept as `{things}` in a list of its own, and its `number` is
        {k}. `add({thing})` puts one at the end, `drop()` takes the last one away, and does nothing when there
        is none. `x.copy(title)` returns a new `{name}` with that title and the same {things}, whose number is
        one higher than that of `x`. From then on what happens to one does **not** happen to the other.
        `x.compared(y)` returns a list of the {things} {told}, in the order of `x`. Two objects are equal
        (`==`) when they have the same {things} in the same order, whatever title and number.

        *`y = x` makes no second object, and `y.{things} = x.{things}` no second list.*
        """,
        name=name,
        doc=f"A title, a number, and some {things}.",
        body=f"""
        def __init__(self, title, {things}):
            self.title = title
            self.{things} = list({things})
            self.number = {k}

        def add(self, {thing}):
            self.{things}.append({thing})

        def drop(self):
            if self.{things}:
                self.{things}.pop()

        def copy(self, title):
            made = {name}(title, self.{things})
            made.number = self.number + 1
            return made

        def compared(self, other):
            return {code}

        def __eq__(self, other):
            return self.{things} == other.{things}
        """,
        twin=f"""
        class {name}:
            def __init__(self, s, t, n={k}):
                self.title, self.t, self.number = s, (*t,), n
            def add(self, w):
                self.t += (w,)
            def drop(self):
                self.t = self.t[:-1]
            def copy(self, s):
                return {name}(s, self.t, -~self.number)
            def compared(self, o):
                return {twin}
            def __eq__(self, o):
                return self.t == o.t
            {things} = property(lambda self: [*self.t])
        """,
        shown=[f"{name}('A', [{a!r}]).{things}", f"{name}('B', [{b!r}]).number"],
        edges=[
            (made + f"y.add({d!r})\nx.{things}", "What happens to the copy should not reach the first one."),
            (made + f"x.drop()\ny.{things}", "What happens to the first one should not reach the copy."),
            (made + "z = y.copy('C')\n[x.number, y.number, z.number]", "Look closely at the numbers."),
            (made + "[x.title, y.title]", "Each should have its own title."),
            (
                made + f"y.drop()\ny.drop()\ny.drop()\ny.drop()\n[x.{things}, y.{things}]",
                "There may be none left.",
            ),
            (
                made + f"r = [x == y]\ny.add({e!r})\n[*r, x == y, y == x]",
                "The same in the same order is equal.",
            ),
            (f"row = [{a!r}]\nx = {name}('A', row)\nx.add({b!r})\nrow", "The list that it got should stay."),
        ],
        more=[
            made + f"y.add({d!r})\n[x.{things}, y.{things}]",
            made + f"x.drop()\nx.add({e!r})\n[x.compared(y), y.compared(x)]",
            f"x = {name}('A', [{d!r}, {e!r}])\ny = {name}('B', [{e!r}, {d!r}])\n[x.compared(y), x == y]",
            made + f"z = x.copy('C')\nz.add({d!r})\n[y.{things}, z.compared(y), z.number]",
        ],
    )
