"""A plan with a list for each day, copied whole: the hardest task of the family in `copies`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import APART, ClassTask

_PLANS = (
    ("Week", "A family hangs a plan of the week on the fridge", "job", ("bins", "dishes", "dog", "plants")),
    ("Rota", "In a youth hostel guests share the work", "task", ("soup", "beds", "floor", "fire")),
    ("Course", "A sports club has a plan of its lessons", "lesson", ("judo", "golf", "yoga", "dance")),
    ("Trip", "Four friends plan a week in the mountains", "walk", ("lake", "ridge", "cave", "peak")),
    ("Stage", "A theatre writes down what it plays", "play", ("Faust", "Cats", "Macbeth", "Evita")),
)


def week(random: Random) -> ClassTask:
    """Lists within a dictionary: a copy of the dictionary alone would share them."""
    name, lead, job, every = random.choice(_PLANS)
    a, b, c, d = random.sample(every, 4)
    most = random.randint(2, 3)
    told, code, twin = random.choice(
        [
            (f"that have at least {most} {job}s", f"len(self.days[day]) >= {most}", f"len(t) > {most - 1}"),
            (
                f"that have at least one {job}, but no more than {most}",
                f"0 < len(self.days[day]) <= {most}",
                f"len(t) in {list(range(1, most + 1))}",
            ),
            (
                f"on which the {job} `{a}` stands first",
                f"self.days[day][:1] == [{a!r}]",
                f"(*t, '')[0] == {a!r}",
            ),
        ]
    )

    def plan(*rows: tuple[str, str]) -> str:
        return "\n".join([f"x = {name}()", *(f"x.add({day!r}, {what!r})" for day, what in rows), ""])

    full = plan(("Tue", a), ("Mon", b), ("Tue", c), ("Fri", a))
    both = full + "y = x.copy()\n"
    see = "[{0}.on('Mon'), {0}.on('Tue')]"
    return ClassTask(
        title=f"A {name.lower()} to copy and change",
        story=f"""
        {lead}: for each day a list. Write the class `{name}`. A new object is empty. `add(day, {job})` puts a
        {job} at the end of a day. `on(day)` returns a list of what is on that day, an empty one for a day
        without any; whoever changes it changes nothing in the object. `copy()` returns a new `{name}` with
        the same in it, and whatever happens to one of them afterwards does **not** happen to the other.
        `moved(day, other)` returns a **new** `{name}` in which everything of `day` stands on the day `other`,
        behind what is there, and nothing on `day`; `x` itself stays as it is, and `day` and `other` are never
        the same. `chosen()` returns a list of the days {told}, in the order of the alphabet.

        *`dict(days)` makes a new dictionary, but the lists in it are still the same lists as before.*
        """,
        name=name,
        doc=f"Days with lists of {job}s.",
        body=f"""
        def __init__(self):
            self.days = {{}}

        def add(self, day, {job}):
            if day not in self.days:
                self.days[day] = []
            self.days[day].append({job})

        def on(self, day):
            return list(self.days.get(day, []))

        def copy(self):
            made = {name}()
            for day in self.days:
                made.days[day] = self.on(day)
            return made

        def moved(self, day, other):
            made = self.copy()
            for {job} in self.on(day):
                made.add(other, {job})
            made.days[day] = []
            return made

        def chosen(self):
            return sorted(day for day in self.days if {code})
        """,
        twin=f"""
        class {name}:
            def __init__(self, r=()):
                self.r = r
            def add(self, k, w):
                self.r += ((k, w),)
            def on(self, k):
                return [w for q, w in self.r if q == k]
            def copy(self):
                return {name}(self.r)
            def moved(self, k, o):
                kept = tuple(p for p in self.r if p[0] != k)
                return {name}(kept + tuple((o, w) for q, w in self.r if q == k))
            def chosen(self):
                return [k for k in ("Fri", "Mon", "Sun", "Tue") for t in [self.on(k)] if {twin}]
        """,
        shown=[f"{name}().on('Mon')", f"{name}().chosen()"],
        edges=[
            (
                both + f"y.add('Tue', {d!r})\n{see.format('x')}",
                "What happens to the copy should not reach the first.",
            ),
            (
                both + f"x.add('Mon', {d!r})\n{see.format('y')}",
                "What happens to the first should not reach the copy.",
            ),
            (
                full + f"y = x.moved('Tue', 'Mon')\n{see.format('x')}",
                "The object itself should stay as it is.",
            ),
            (
                full + f"y = x.moved('Tue', 'Mon')\ny.add('Mon', {d!r})\n{see.format('x')}",
                "They should share no list.",
            ),
            (
                full + f"x.on('Tue').append({d!r})\n{see.format('x')}",
                "Who changes the list should change no more.",
            ),
            (full + f"y = x.moved('Sun', 'Mon')\n{see.format('y')}", "A day may be without any."),
            (full + "x.on('Sun')\nx.chosen()", "Asking should change nothing."),
            (full + f"y = {name}()\ny.add('Tue', {d!r})\n{see.format('x')}", APART),
            (
                full + f"x.add('Tue', {d!r})\nx.add('Tue', {b!r})\nx.chosen()",
                "Look closely at which days count.",
            ),
            (full + "x.moved('Mon', 'Sun').chosen()", "Look closely at which days count."),
        ],
        more=[
            both + f"y.add('Mon', {c!r})\n[{see.format('x')}, {see.format('y')}]",
            full + f"y = x.moved('Tue', 'Mon')\n[{see.format('y')}, y.chosen()]",
            full + "x.moved('Mon', 'Fri').moved('Fri', 'Tue').on('Tue')",
            full + f"x.add('Mon', {a!r})\nx.chosen()",
            plan(("Mon", b), ("Mon", a), ("Sun", a), ("Sun", c), ("Fri", d)) + "x.chosen()",
        ],
    )
