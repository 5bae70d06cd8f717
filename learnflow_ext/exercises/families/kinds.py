"""A class that inherits from another: the hardest task of the family in `objects`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import ClassTask

_KINDS = (
    ("Vehicle", "Truck", "name", "toll", "a road"),
    ("Guest", "Child", "name", "fee", "a zoo"),
    ("Parcel", "Crate", "label", "postage", "a post office"),
    ("Room", "Suite", "number", "price", "a hotel"),
    ("Plant", "Tree", "name", "water", "a garden"),
)


def inheritance(random: Random) -> ClassTask:
    """What the class above does is asked for, and more is done with it."""
    base, name, key, cost, place = random.choice(_KINDS)
    first, per, extra, limit = (
        random.randint(3, 9),
        random.randint(2, 5),
        random.randint(2, 9),
        random.randint(4, 12),
    )
    told, code, twin = random.choice(
        [
            (
                f"{extra} more than for an ordinary one, and {per} more again from a load of {limit} on",
                f"result = super().{cost}() + {extra}\nif self.load >= {limit}:\n    result += {per}\n"
                "return result",
                f"return {first} + {per} * self.s + {extra} + ({per} if not self.l < {limit} else 0)",
            ),
            (
                f"{extra} times as much as for an ordinary one, but {limit} more when there is no load",
                f"result = super().{cost}() * {extra}\nif self.load == 0:\n    result += {limit}\n"
                "return result",
                f"return ({first} + {per} * self.s) * {extra} + (0 if self.l else {limit})",
            ),
            (
                f"as much as for an ordinary one, and {extra} for each unit of its load above {limit}",
                f"result = super().{cost}()\nif self.load > {limit}:\n"
                f"    result += (self.load - {limit}) * {extra}\nreturn result",
                f"return {first} + {per} * self.s + max(0, self.l * {extra} - {limit * extra})",
            ),
        ]
    )
    before = f'''
class {base}:
    """Something that {place} takes a {cost} for."""

    def __init__(self, {key}, size):
        self.{key} = {key}
        self.size = size

    def {cost}(self):
        return {first} + self.size * {per}

    def label(self):
        return f"{{self.{key}}}: {{self.{cost}()}}"
'''
    if key == "label":
        before = before.replace("def label(", "def line(")
    label = "line" if key == "label" else "label"
    body = "\n".join(
        [
            f"def __init__(self, {key}, size, load):",
            f"    super().__init__({key}, size)",
            "    self.load = load",
            "",
            f"def {cost}(self):",
            *(f"    {line}" for line in code.splitlines()),
        ]
    )
    return ClassTask(
        title=f"`{name}` is a `{base}`",
        story=f"""
        The class `{base}` is there already: {place} uses it. Write the class `{name}`, which
        **inherits** from
        it. A `{name}` gets a third value, its `load`, and keeps it. Its `{cost}` is {told}. Its `{label}`
        needs no line from you: it comes with the inheritance.

        *`super().{cost}()` asks the class above.*
        """,
        name=name,
        after=f"({base})",
        doc=f"A {base.lower()} with a load.",
        before=before,
        body=body,
        twin=f"""
        class {name}:
            def __init__(self, k, s, l):
                self.k, self.s, self.l = k, s, l
                self.{key}, self.size, self.load = k, s, l
            def {cost}(self):
                {twin}
            def {label}(self):
                return str(self.k) + ": " + str(self.{cost}())
        """,
        shown=[f"{name}('A1', 2, 3).{cost}()", f"{name}('B2', 1, {limit + 5}).{label}()"],
        edges=[
            (f"{name}('C3', 2, {limit}).{cost}()", "Look closely at the limit of the load."),
            (f"{name}('C3', 2, {limit - 1}).{cost}()", "Look closely at the limit of the load."),
            (f"{name}('C3', 2, {limit + 1}).{cost}()", "Look closely at the limit of the load."),
            (f"{name}('D4', 0, 0).{cost}()", "Nothing at all should work as well."),
            (f"{name}('E5', 3, 7).load", "The object should keep its load."),
            (f"{base}('F6', 3).{cost}()", f"An ordinary {base} should cost what it did."),
            (f"{base}('F6', 3).{label}()", f"An ordinary {base} should say what it did."),
        ],
        more=[
            f"x = {name}('G7', 4, {limit + 2})\nx.{label}()",
            f"{name}('H8', 6, 1).{cost}()",
            f"{name}('I9', 5, {limit * 2}).{cost}()",
            f"{name}('K2', 7, 2).size",
        ],
    )
