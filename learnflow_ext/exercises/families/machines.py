"""Values, step by step: machines that change a number or a text in a given order."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task

Step = tuple[str, str, Callable[[Any], Any]]
"""What happens in words, as a line of Python, and as a function."""

_PLACES = ("A fair", "A toy shop", "A museum", "A factory", "A school", "A circus", "A kitchen", "A mill")
_WORDS = ("lemonade", "gardens", "pencils", "wintertime", "rockets", "islands", "marketplace", "silvery")


def _number_steps(random: Random, count: int, name: str = "number") -> list[Step]:
    a, b, c, d = (random.randint(2, 9) for _ in range(4))
    k, m = random.randint(11, 40), random.randint(13, 29)
    first: list[Step] = [
        ("it is multiplied by itself", f"{name} = {name} * {name}", lambda n: n**2),
        (f"it is multiplied by {a}", f"{name} = {name} * {a}", lambda n: a * n),
        (f"{k} is added", f"{name} = {name} + {k}", lambda n: k + n),
    ]
    middle: list[Step] = [
        (f"{b} is added", f"{name} = {name} + {b}", lambda n: b + n),
        (f"{c} is taken away", f"{name} = {name} - {c}", lambda n: -c + n),
        (f"it is multiplied by {d}", f"{name} = {name} * {d}", lambda n: d * n),
    ]
    last: list[Step] = [
        (
            f"only the remainder of a division by {m} is kept",
            f"{name} = {name} % {m}",
            lambda n: n - n // m * m,
        ),
        (
            f"it is divided by {c + 1} as often as that goes, and what is left over is dropped",
            f"{name} = {name} // {c + 1}",
            lambda n: (n - n % (c + 1)) // (c + 1),
        ),
    ]
    random.shuffle(middle)
    inner = [random.choice(first), *middle[: max(0, count - 2)]]
    return [*inner[: count - 1], random.choice(last)] if count > 1 else inner


def _text_steps(random: Random, count: int, name: str = "text") -> list[Step]:
    cut, times = random.randint(2, 3), random.randint(2, 3)
    sign, other = random.sample("*-+=~#!?", 2)
    old, new = random.choice("aeinrst"), random.choice("xqzy")
    kinds: list[list[Step]] = [
        [
            (
                f"every `{old}` becomes `{new}`",
                f'{name} = {name}.replace("{old}", "{new}")',
                lambda t: new.join(t.split(old)),
            )
        ],
        [
            (
                f"the first {cut} signs are cut off",
                f"{name} = {name}[{cut}:]",
                lambda t: "".join(list(t)[cut:]),
            ),
            (
                f"only the first {cut + 2} signs are kept",
                f"{name} = {name}[:{cut + 2}]",
                lambda t: "".join(list(t)[: cut + 2]),
            ),
            (
                f"the last {cut} signs are cut off",
                f"{name} = {name}[:-{cut}]",
                lambda t: t[: max(0, len(t) - cut)],
            ),
        ],
        [
            ("all letters become capitals", f"{name} = {name}.upper()", lambda t: t.upper()),
            (
                "the first letter becomes a capital, and the others small",
                f"{name} = {name}.capitalize()",
                lambda t: t[:1].upper() + t[1:].lower(),
            ),
        ],
        [("it is turned round", f"{name} = {name}[::-1]", lambda t: "".join(reversed(t)))],
        [
            (
                f"it is written {times} times, one after the other",
                f"{name} = {name} * {times}",
                lambda t: "".join([t] * times),
            )
        ],
        [
            (f"a `{sign}` is put in front", f'{name} = "{sign}" + {name}', lambda t: f"{sign}{t}"),
            (f"a `{other}` is put at the end", f'{name} = {name} + "{other}"', lambda t: f"{t}{other}"),
        ],
    ]
    chosen = sorted(random.sample(range(len(kinds)), count))
    return [random.choice(kinds[place]) for place in chosen]


def _through(steps: list[Step], value: Any) -> Any:
    for _, _, function in steps:
        value = function(value)
    return value


def _listed(steps: list[Step]) -> str:
    """The steps as a numbered list, without the indentation of a story."""
    return "\n".join(f"{place}. {words}" for place, (words, _, _) in enumerate(steps, 1))


def _body(steps: list[Step], name: str) -> str:
    return "\n".join([*(line for _, line, _ in steps), f"return {name}"])


def _machine(random: Random, level: int) -> Task:
    place = random.choice(_PLACES)
    words = [(each,) for each in random.sample(_WORDS, 8)]
    numbers = [(each,) for each in random.sample(range(3, 95), 10)]
    if level in (1, 3):
        steps = _number_steps(random, 2 if level == 1 else 4)
        return Task(
            title="A number machine",
            story=f"{place} has a machine that changes every number, in this order:\n\n{_listed(steps)}\n\n"
            "Complete `machine`, so that it returns the number that comes out.",
            function="machine",
            parameters="number",
            doc="Return the number that comes out of the machine.",
            body=_body(steps, "number"),
            answer=lambda n: _through(steps, n),
            shown=numbers[:2],
            edges=[((0,), "0 should work as well."), ((1,), "Small numbers should work as well.")],
            more=numbers[2:],
        )
    if level in (2, 4):
        steps = _text_steps(random, 2 if level == 2 else 4)
        return Task(
            title="A word machine",
            story=f"{place} has a machine that changes every text, in this order:\n\n{_listed(steps)}\n\n"
            "Complete `changed`, so that it returns the text that comes out.",
            function="changed",
            parameters="text",
            doc="Return the text that comes out of the machine.",
            body=_body(steps, "text"),
            answer=lambda t: _through(steps, t),
            shown=words[:2],
            edges=[(("Tea time",), "A text may have a capital and a space in it.")],
            more=words[2:],
        )
    ours, theirs = _text_steps(random, 2), _number_steps(random, 2)
    sign = random.choice([":", " is", " =", " ->", " makes"])
    pairs = [(word, number) for (word,), (number,) in zip(words, numbers, strict=False)]
    return Task(
        title="A label machine",
        story=f"{place} has a machine that prints labels. The word on a label is changed in this order:\n\n"
        f"{_listed(ours)}\n\nand the number in this one:\n\n{_listed(theirs)}\n\n"
        f"Then `{sign}` is put behind the word, a space, and the number. Complete `label`, so that "
        f"it returns "
        "the text of the whole label.",
        function="label",
        parameters="word, number",
        doc="Return the text of the label.",
        body="\n".join(
            [
                *(line.replace("text", "word") for _, line, _ in ours),
                *(line for _, line, _ in theirs),
                f'return f"{{word}}{sign} {{number}}"',
            ]
        ),
        answer=lambda word, number: " ".join(
            [str(_through(ours, word)) + sign, str(_through(theirs, number))]
        ),
        shown=pairs[:2],
        edges=[(("Tea time", 0), "0, and a text with a space, should work as well.")],
        more=pairs[2:],
    )


MACHINES = Family("machine", "basics", _machine)
