"""Functions that call themselves: sums, texts, halves, two ways at once, and choices."""

from __future__ import annotations

from itertools import product
from operator import mul
from random import Random

from learnflow_ext.exercises.families.making import Family, Task, by_level

_TOWERS = (
    ("tower", "a tower of cups", "cups", "row"),
    ("stairs", "a stairway of stones", "stones", "step"),
    ("pyramid", "a pyramid of oranges", "oranges", "layer"),
    ("cake", "a cake", "eggs", "layer"),
    ("wall", "a wall", "bricks", "row"),
    ("fan", "a fan of feathers", "feathers", "row"),
)
_TEXTS = (
    ("echo", "An echo"),
    ("train", "A train of letters"),
    ("spell", "A spell"),
    ("chain", "A chain of letters"),
    ("whisper", "A whisper"),
    ("code", "A secret writing"),
)
_SPLITS = (
    ("drop", "A drop holds some cells", "cells"),
    ("dough", "Some dough is weighed in grams", "grams"),
    ("rope", "A rope is some metres long", "metres"),
    ("paper", "A stack holds some sheets", "sheets"),
    ("queue", "Some people wait in a queue", "people"),
    ("sand", "A heap of sand is weighed in kilograms", "kilograms"),
)
_WAYS = (
    ("stairs", "Somebody climbs stairs", "steps"),
    ("path", "A path is laid with stones", "metres"),
    ("tape", "A strip of tape is filled with stickers", "centimetres"),
    ("song", "A bar of music is filled with notes", "beats"),
    ("train", "A train is put together from coaches", "places"),
)
_BAGS = (
    ("bag", "a bag", "grams"),
    ("boat", "a boat", "kilograms"),
    ("purse", "a purse", "cents"),
    ("shelf", "a shelf", "centimetres"),
    ("van", "a van", "litres"),
)


def _tower(random: Random) -> Task:
    name, what, things, layer = random.choice(_TOWERS)
    top, k, more = random.randint(1, 5), random.randint(2, 9), random.randint(1, 9)
    told, code, each = random.choice(
        [
            (f"{k} times its number", f"{layer} * {k}", lambda n: sum([k] * n)),
            (f"its number and {more} more", f"{layer} + {more}", lambda n: more + n),
            (
                f"its number times itself, and {more} more",
                f"{layer} * {layer} + {more}",
                lambda n: n**2 + more,
            ),
            (f"{k} times its number, less {k - 1}", f"{layer} * {k} - {k - 1}", lambda n: k * n - k + 1),
        ]
    )
    return Task(
        title=f"How many {things}?",
        story=random.choice(
            [
                f"""
        The {layer}s of {what} have numbers, from the top down: 1, 2, 3 and so on. {layer.capitalize()} 1
        needs {top} {things}, and every other {layer} needs {told}. Complete `{name}`. It gets how many
        {layer}s there are, and returns how many {things} they need together.

        **Let the function call itself**, without a loop: what do all {layer}s but the last one need?
        """,
                f"""
        How many {things} are in {what}? {layer.capitalize()} number 1 has {top}. Any other {layer} has
        {told}. Complete `{name}`, which gets the number of {layer}s, 1 or more, and returns the {things} of
        all of them.

        Do it with **recursion**, without a loop. With one {layer} the answer is known at once. With more of
        them it is what the last {layer} has, and what `{name}` gives for one {layer} fewer.
        """,
            ]
        ),
        function=name,
        must_use=["recursion"],
        must_not_use=["loop"],
        parameters=layer,
        doc=f"Return how many {things} so many {layer}s need.",
        body=f"""
        if {layer} == 1:
            return {top}
        return {name}({layer} - 1) + {code}
        """,
        answer=lambda n: top + sum(each(number) for number in range(2, n + 1)),
        shown=[(1,), (3,)],
        edges=[((2,), f"Two {layer}s should work as well."), ((4,), f"Look closely at every {layer}.")],
        more=[(number,) for number in random.sample(range(5, 30), 6)],
    )


def _text(random: Random) -> Task:
    name, what = random.choice(_TEXTS)
    sign, other = random.sample("-.*+~=", 2)
    letter = random.choice("aeo")
    rule, code, value = random.choice(
        [
            (
                f"between every two letters it has a `{sign}`",
                f'text[0] + "{sign}" + NAME(text[1:])',
                lambda t: sign.join(t),
            ),
            (
                f"it is turned round, and behind every letter but the last stands a `{sign}`",
                f'NAME(text[1:]) + "{sign}" + text[0]',
                lambda t: sign.join(reversed(t)),
            ),
            (
                f"every letter but the last comes twice, and behind the two stands a `{sign}`",
                f'text[0] * 2 + "{sign}" + NAME(text[1:])',
                lambda t: sign.join([each + each for each in t[:-1]] + [t[-1:]]),
            ),
            (
                f"first comes the text itself, then a `{sign}`, then what becomes of the text without "
                "its first "
                "letter",
                f'text + "{sign}" + NAME(text[1:])',
                lambda t: sign.join(t[at:] for at in range(max(1, len(t)))),
            ),
        ]
    )
    special = random.random() < 0.5 and not code.startswith("text +")
    end = f'"{other}"' if special else "text"
    last = f"`{other}` takes its place" if special else "it stays as it is"
    extra = f'if text[0] == "{letter}":\n    return {name}(text[1:])\n' if special else ""

    def answer(text: str) -> str:
        if not special:
            return value(text)
        rest = "".join(each for each in text[:-1] if each != letter) + text[-1:]
        return value(rest[:-1] + "\0").replace("\0", other) if text else other

    body = f"if len(text) < 2:\n    return {end}\n{extra}return {code.replace('NAME', name)}"
    left = (
        f" Every `{letter}` that is not the last letter is left out, as if it was not there."
        if special
        else ""
    )
    words = random.sample(["papaya", "moon", "goose", "area", "tomato", "hello", "banana", "lake", "idea"], 6)
    return Task(
        title=what,
        story=f"""
        {what} changes a text: {rule}. A text of a single letter, or none, is the simplest case:
        {last}.{left} Complete `{name}`. It gets a text, and returns the new one.

        **Let the function call itself** for the text without its first letter, which is `text[1:]`.
        """,
        function=name,
        must_use=["recursion"],
        parameters="text",
        doc="Return the new text.",
        body=body,
        answer=answer,
        shown=[("sun",), ("x",)],
        edges=[
            (("",), "An empty text should work as well."),
            (("ab",), "A text of two letters should work as well."),
            ((letter * 3,), "The same letter may come several times."),
            ((f"s{letter}t",), "Look closely at every letter."),
            ((f"{letter}ty",), "Look closely at the first letter."),
        ],
        more=[(word,) for word in (*words, "No way", "Big Otter")],
    )


def _halves(random: Random) -> Task:
    name, scene, unit = random.choice(_SPLITS)
    least, k, less = random.randint(2, 8), random.randint(2, 9), random.randint(1, 3)
    by = random.choice([2, 3])
    part = {2: "half", 3: "a third"}[by]
    told, simple, gain, plus = random.choice(
        [
            ("how many rounds there are", 0, 1, False),
            (f"{k} points for each round", 0, k, False),
            (f"how many {unit} are left, and {k} more for each round", -1, k, False),
            (f"the {unit} at the beginning of all rounds together, and {k} more for each", 0, k, True),
        ]
    )
    end = unit if simple < 0 else str(simple)
    add = f"{unit} + {gain}" if plus else str(gain)

    def answer(amount: int) -> int:
        rounds, seen = 0, 0
        while not amount <= least:
            rounds, seen = rounds + 1, seen + amount
            amount = amount // by if amount % by == 0 else amount - less
        return (amount if simple < 0 else 0) + rounds * gain + (seen if plus else 0)

    return Task(
        title=f"Smaller and smaller: {name}",
        story=f"""
        {scene}. In every round, a number that {by} divides without a remainder becomes {part} of it, and
        any other number becomes {less} smaller. With {least} {unit} or fewer there is no round any more.
        Complete `{name}`. It gets how many {unit} there are at first, and returns {told}.

        **Let the function call itself**, without a loop: what comes after one round is the same question
        with a smaller number.
        """,
        function=name,
        must_use=["recursion"],
        must_not_use=["loop"],
        parameters=unit,
        doc="Return what is asked for of all rounds.",
        body=f"""
        if {unit} <= {least}:
            return {end}
        if {unit} % {by} == 0:
            return {name}({unit} // {by}) + {add}
        return {name}({unit} - {less}) + {add}
        """,
        answer=answer,
        shown=[(least,), (least + 12,)],
        edges=[
            ((0,), "0 should work as well."),
            ((least + 1,), "Look closely at where the rounds end."),
            ((least - 1,), "Look closely at where the rounds end."),
            ((least * by,), "Look closely at where the rounds end."),
        ],
        more=[(number,) for number in random.sample(range(least + 10, 200), 9)],
    )


def _ways(random: Random) -> Task:
    name, scene, unit = random.choice(_WAYS)
    small, large = random.choice([(1, 2), (1, 3), (2, 3), (1, 4), (2, 5), (3, 4)])
    colours = random.randint(2, 3)
    two = random.random() < 0.5
    kinds = f"{colours} kinds of piece of {large}, which look different" if two else f"one of {large}"
    body_large = f"{colours} * {name}({unit} - {large})" if two else f"{name}({unit} - {large})"

    def answer(length: int) -> int:
        # From below, with a table of what is known already.
        table = [1]
        for at in range(1, length + 1):
            one = table[at - small] if at >= small else 0
            other = table[at - large] if at >= large else 0
            table.append(one + (colours if two else 1) * other)
        return table[length] if length >= 0 else 0

    return Task(
        title=f"In how many ways? {name.capitalize()}",
        story=f"""
        {scene}: pieces of {small} and pieces of {large} {unit}, in any order, until all {unit} are used up
        exactly. There is one kind of piece of {small}, and {kinds}. Complete `{name}`, so that it returns
        in how many ways `{unit}` can be filled. For 0 there is exactly one way: no piece at all. Below 0
        there is none.

        **Let the function call itself twice.** The first piece is a short or a long one. How much is left
        then?
        """,
        function=name,
        must_use=["recursion"],
        parameters=unit,
        doc=f"Return in how many ways so many {unit} can be filled.",
        body=f"""
        if {unit} < 0:
            return 0
        if {unit} == 0:
            return 1
        return {name}({unit} - {small}) + {body_large}
        """,
        answer=answer,
        shown=[(large,), (large + small,)],
        edges=[
            ((0,), "0 should work as well."),
            ((-1,), "Less than none should work as well."),
            ((1,), "1 should work as well."),
            ((2,), "2 should work as well."),
            ((3,), "3 should work as well."),
        ],
        more=[(number,) for number in random.sample(range(5, 13), 5)],
    )


def _choices(random: Random) -> Task:
    name, what, unit = random.choice(_BAGS)
    again, counting = random.random() < 0.5, random.random() < 0.5
    taken = f"{name}({'things' if again else 'rest'}, space - things[0])"
    often = "as often as you like" if again else "once, or not at all"
    told, end, joint = (
        ("in how many ways that is possible", "int(space == 0)", "+")
        if counting
        else ("`True` if that is possible at all, and `False` if not", "space == 0", "or")
    )

    def answer(things: list[int], space: int) -> int | bool:
        most = [space // each if again else 1 for each in things]
        every = product(*(range(number + 1) for number in most))
        fitting = [each for each in every if sum(map(mul, each, things)) == space]
        return len(fitting) if counting else bool(fitting)

    guard = f"if things[0] > space:\n    return {name}(rest, space)\n" if again else ""
    body = (
        f"if not things:\n    return {end}\nrest = things[1:]\n{guard}"
        f"return {name}(rest, space) {joint} {taken}"
    )
    rows = [
        ([random.randint(1, 9) for _ in range(random.randint(2, 4))], random.randint(4, 15)) for _ in range(9)
    ]
    return Task(
        title=f"Filling {what} exactly",
        story=f"""
        Things of different sizes are put into {what}, until all its {unit} are used exactly. Complete
        `{name}`. It gets a list of the sizes, all of them above 0, and the `space` in {unit}. Each thing of
        the list may be taken {often}, and two things of the same size are two things. It returns {told}. A
        space of 0 is filled already, with nothing in it.

        **Let the function call itself**: what is possible without the first thing? And what if it is taken,
        as long as there is space for it?
        """,
        function=name,
        must_use=["recursion"],
        parameters="things, space",
        doc=f"Return what is asked for of the ways to fill {what}.",
        body=body,
        answer=answer,
        shown=[([2, 3, 5], 5), ([4, 6], 3)],
        edges=[
            (([], 0), "Without things a space of 0 is filled already."),
            (([], 4), "There may be no things."),
            (([7], 7), "A single thing may fill it."),
            (([7], 8), "It may be nearly full, but not exactly."),
            (([7], 6), "A thing may be just too large."),
            (([3, 3, 3], 6), "Two things of the same size are two things."),
            (([1, 2, 3, 4], 9), "There may be several ways."),
            (([1, 6], 4), "A small thing may come before a large one."),
            (([5, 1], 1), "A large thing may come before a small one."),
        ],
        more=rows,
    )


RECURSION = Family("recursion", "functions", by_level(_tower, _text, _halves, _ways, _choices))
