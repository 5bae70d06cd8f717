"""Functions that are tried out: does it work, does it fail as it should; `runners` runs tests."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Family, Task, by_level
from learnflow_ext.exercises.families.runners import PLACES, runner

Tried = tuple[str, str, Callable[[int], Any]]
"""A function's name, its source, and the same in other words, where an error is the text of its name."""


def _functions(random: Random) -> list[Tried]:
    """Four functions of a number from 0 on, each with an error of its own for some of them."""
    whole, most = random.randint(3, 9) * 12, random.randint(5, 9)
    word = random.choice(["planet", "guitar", "window", "saturday", "pencils"])
    costs = {number: random.randint(3, 30) for number in random.sample(range(8), 4)}
    return [
        (
            "half",
            'if number % 2 != 0:\n        raise ValueError("that is odd")\n    return number // 2',
            lambda n: int(n / 2) if n / 2 == int(n / 2) else "ValueError",
        ),
        (
            "share",
            f"return {whole} // number",
            lambda n: (whole - whole % n) // n if n else "ZeroDivisionError",
        ),
        ("letter", f'return "{word}"[number]', lambda n: word[n : n + 1] or "IndexError"),
        ("cost", f"return {costs!r}[number]", lambda n: costs.get(n, "KeyError")),
        (
            "seat",
            f'if number > {most}:\n        raise ValueError("there are not so many")\n    return number + 1',
            lambda n: "ValueError" if n >= most + 1 else 1 + n,
        ),
    ]


def _given(functions: list[Tried]) -> str:
    return "\n\n\n".join(f"def {name}(number):\n    {source}" for name, source, _ in functions)


def _twin(functions: list[Tried], name: str) -> Callable[[int], Any]:
    return next(twin for each, _, twin in functions if each == name)


def _failed(value: Any) -> bool:
    """Whether a twin says that there is an error."""
    return isinstance(value, str) and value.endswith("Error")


def _names(functions: list[Tried]) -> str:
    *some, last = (f"`{name}`" for name, _, _ in functions)
    return f"{', '.join(some)} and {last}"


def _works(random: Random) -> Task:
    place, functions = random.choice(PLACES), random.sample(_functions(random), 3)
    fine, broken = random.choice(
        [("fine", "broken"), ("green", "red"), ("works", "fails"), ("thumbs up", "thumbs down"), ("ok", "no")]
    )
    times, start = random.choice([(1, 0), (1, 1), (2, 1)])
    values = {(1, 0): "value", (1, 1): "value + 1", (2, 1): "value * 2 + 1"}[times, start]
    told = {(1, 0): "the value", (1, 1): "the value plus 1", (2, 1): "twice the value, plus 1"}[times, start]

    def answer(name: str, value: int) -> str:
        return broken if _failed(_twin(functions, name)(value * times + start)) else fine

    names = [name for name, _, _ in functions]
    return Task(
        title="Does it work?",
        story=f"""
        {place} tries out its functions before anybody else uses them. Three stand above: {_names(functions)}.
        Complete `tried`. It gets a **function** and a value, and calls the function with {told}. What the
        function returns does not matter. If no error comes, `tried` returns `"{fine}"`. If an error comes,
        whichever, it returns `"{broken}"`.

        *A function can be handed in as a value: in `tried`, write `function(...)`. `except Exception:`
        catches every error.*
        """,
        before=_given(functions),
        function="tried",
        parameters="function, value",
        doc=f'Return "{fine}" if the function works, "{broken}" if it raises an error.',
        body=f"""
        try:
            function({values})
        except Exception:
            return "{broken}"
        return "{fine}"
        """,
        answer=answer,
        call=lambda name, value: f"tried({name}, {value!r})",
        shown=[
            next((name, at) for name in names for at in range(20) if answer(name, at) == said)
            for said in (fine, broken)
        ],
        edges=[((name, value), "Any error counts.") for name in names for value in (0, 1, 5, 99)],
        more=[(random.choice(names), random.randint(0, 9)) for _ in range(8)],
    )


def _raises(random: Random) -> Task:
    place, functions = random.choice(PLACES), _functions(random)
    right, other, none = random.choice(
        [
            ("as it should", "another error", "no error"),
            ("good", "strange", "too kind"),
            ("expected", "surprise", "nothing"),
            ("yes", "not this one", "no"),
        ]
    )
    above = {"ValueError": ["ValueError"], "ZeroDivisionError": ["ZeroDivisionError", "ArithmeticError"]}
    above |= {each: [each, "LookupError"] for each in ("IndexError", "KeyError")}

    def answer(name: str, value: int, kind: str) -> str:
        result = _twin(functions, name)(value)
        if not _failed(result):
            return none
        return right if kind in above[result] else other

    names = [name for name, _, _ in functions]
    kinds = [*above, "LookupError", "ArithmeticError"]
    return Task(
        title="Does it fail as it should?",
        story=f"""
        A good function raises the right error when it gets nonsense. {place} looks whether its functions do:
        {_names(functions)} stand above. Complete `fails`. It gets a **function**, a value, and the kind of
        error that should come, such as `ValueError`. It gives the value to the function. If an error of this
        kind comes, it returns `"{right}"`. For any other error it returns `"{other}"`, and without any error
        `"{none}"`. An `IndexError` and a `KeyError` are also of the kind `LookupError`, a
        `ZeroDivisionError` is also an `ArithmeticError`: `except` knows that by itself.

        *Behind `except` may stand a variable in which a kind of error is. Of several `except` the first that
        fits is taken.*
        """,
        before=_given(functions),
        function="fails",
        parameters="function, value, kind",
        doc="Return whether the function raises an error of this kind.",
        body=f"""
        try:
            function(value)
        except kind:
            return "{right}"
        except Exception:
            return "{other}"
        return "{none}"
        """,
        answer=answer,
        call=lambda name, value, kind: f"fails({name}, {value!r}, {kind})",
        shown=[("half", 3, "ValueError"), ("half", 4, "ValueError"), ("share", 0, "KeyError")],
        edges=[
            (("letter", 99, "LookupError"), "A kind may have kinds below it."),
            (("cost", 99, "LookupError"), "A kind may have kinds below it."),
            (("cost", 99, "IndexError"), "Two kinds side by side are different."),
            (("share", 0, "ArithmeticError"), "A kind may have kinds below it."),
            (("share", 1, "ZeroDivisionError"), "There may be no error."),
            (("seat", 99, "TypeError"), "It may be quite another kind."),
        ],
        more=[(random.choice(names), random.randint(0, 9), random.choice(kinds)) for _ in range(8)],
    )


def _report(random: Random) -> Task:
    place, functions = random.choice(PLACES), random.sample(_functions(random), 3)
    k, fine = random.randint(2, 9), random.randint(10, 30)
    words, lines, told, value = random.choice(
        [
            (
                "",
                ("ok", "wrong", "type(error).__name__"),
                'a list with a text for each case: `"ok"` if the result is the one that was expected, '
                '`"wrong"` if it is another, and the name of the error, such as `"KeyError"`, if one came',
                lambda found: found,
            ),
            (
                "points",
                (f"{k}", "1", f"{-fine}"),
                f"the points of the function: {k} for each case in which the result is the one that was "
                f"expected, 1 where it is another, and {fine} points are taken off for each error",
                lambda found: sum({"ok": k, "wrong": 1}.get(each, -fine) for each in found),
            ),
        ]
    )
    gains = [f"found.append({each})" for each in ('"ok"', '"wrong"', lines[2])]
    if words:
        gains = [f"found += {lines[0]}", f"found += {lines[1]}", f"found -= {fine}"]

    def answer(name: str, cases: list[tuple[int, Any]]) -> Any:
        found = []
        for given, wanted in cases:
            result = _twin(functions, name)(given)
            found.append(result if _failed(result) else "ok" if result == wanted else "wrong")
        return value(found)

    def cases(name: str, *numbers: int, off: int = 0) -> tuple[str, list[tuple[int, Any]]]:
        rows: list[tuple[int, Any]] = []
        for number in numbers:
            result = _twin(functions, name)(number)
            wanted = 1 if _failed(result) else result
            change = "x" if isinstance(wanted, str) else wanted + random.choice([-1, 1, 7])
            rows.append((number, change if off and number % off == 0 else wanted))
        return name, rows

    names = [name for name, _, _ in functions]
    a, b, c = names
    return Task(
        title="What came, and what should have come",
        story=f"""
        {place} writes down what a function should return. A case is a pair: a value, and the result that is
        expected for it. The functions {_names(functions)} stand above, but any other may come. Complete
        `report`. It gets a **function** and a list of cases, tries one case after the other, and returns
        {told}. After an error the next case follows.

        *Below `try` only what may fail. `else`, below `except`, is for what follows if nothing failed.*
        """,
        before=_given(functions),
        function="report",
        parameters="function, cases",
        doc="Return what came of all cases.",
        body=f"""
        found = {"0" if words else "[]"}
        for value, expected in cases:
            try:
                result = function(value)
            except Exception{"" if words else " as error"}:
                {gains[2]}
            else:
                if result == expected:
                    {gains[0]}
                else:
                    {gains[1]}
        return found
        """,
        answer=answer,
        call=lambda name, rows: f"report({name}, {rows!r})",
        shown=[cases(a, 2, 3, 99), cases(b, 2, 4, off=4)],
        edges=[
            ((c, []), "There may be no case."),
            (cases(c, 99, 0, 1), "After an error the next case follows."),
            (cases(b, 1, 2, 3, 4, off=1), "Every result may be wrong."),
            (cases(a, 0, 1, 2, 3, 4, 5, off=2), "Every other result may be wrong."),
            (cases(b, 98, 99), "Every case may end in an error."),
        ],
        more=[cases(random.choice(names), *random.sample(range(10), 4), off=2) for _ in range(6)],
    )


def _alike(random: Random) -> Task:
    place = random.choice(PLACES)
    whole, most, k = random.randint(3, 9) * 12, random.randint(4, 8), random.randint(2, 9)
    pairs: list[tuple[Tried, Tried]] = [
        (
            (
                "share",
                f"return {whole} // number",
                lambda n: (whole - whole % n) // n if n else "ZeroDivisionError",
            ),
            (
                "new_share",
                f"if number == 0:\n        return 0\n    return {whole} // number",
                lambda n: (whole - whole % n) // n if n else 0,
            ),
        ),
        (
            ("half", "return number // 2", lambda n: (n - n % 2) // 2),
            (
                "new_half",
                'if number % 2 != 0:\n        raise ValueError("that is odd")\n    return number // 2',
                lambda n: "ValueError" if n % 2 else n // 2,
            ),
        ),
        (
            (
                "seat",
                f"return list(range({most}))[number] + 1",
                lambda n: n + 1 if n < most else "IndexError",
            ),
            (
                "new_seat",
                f'if number >= {most}:\n        raise ValueError("too far")\n    return number + 1',
                lambda n: n + 1 if n < most else "ValueError",
            ),
        ),
        (
            ("code", f"return list(range({most})).index(number)", lambda n: n if n < most else "ValueError"),
            (
                "new_code",
                f'if number > {most - 1}:\n        raise ValueError("no such code")\n    return number',
                lambda n: "ValueError" if n >= most else n,
            ),
        ),
    ]
    chosen = random.sample(pairs, 2)
    told, end, value = random.choice(
        [
            ("a list of the values for which they differ, as they come", "different", lambda rows: [*rows]),
            (
                f"{k} points for each value for which they differ, also where it comes twice",
                f"len(different) * {k}",
                lambda rows: k * len(rows),
            ),
            (
                "the first value for which they differ, or `None` if there is none",
                "different[0] if different else None",
                lambda rows: next(iter(rows), None),
            ),
        ]
    )
    functions = [each for pair in chosen for each in pair]

    def answer(first: str, second: str, values: list[int]) -> Any:
        one, other = _twin(functions, first), _twin(functions, second)
        return value([each for each in values if one(each) != other(each)])

    tries = [(old[0], new[0]) for old, new in chosen]
    return Task(
        title="The old one and the new one",
        story=f"""
        {place} has written some functions anew: {_names(functions)} stand above. Do the new ones still do
        the same? Complete `compared`. It gets **two functions** and a list of values, and gives each value to
        both. They agree if both return the same, or if both raise an error of the same name. In any other
        case they differ, also where one of them raises an error and the other does not. It returns {told}.

        *Write a function of your own that gives the result of a function, or the name of its error:
        `type(error).__name__`. Then compare two results.*
        """,
        before=_given(functions),
        function="compared",
        parameters="first, second, values",
        doc="Return what is asked for of the values for which the functions differ.",
        body=f"""
        different = []
        for value in values:
            results = []
            for function in [first, second]:
                try:
                    results.append(function(value))
                except Exception as error:
                    results.append(type(error).__name__)
            if results[0] != results[1]:
                different.append(value)
        return {end}
        """,
        answer=answer,
        call=lambda first, second, values: f"compared({first}, {second}, {values!r})",
        shown=[(*tries[0], [0, 1, 3, 9]), (*tries[1], [2, 0, 9])],
        edges=[
            ((*tries[0], []), "There may be no values."),
            ((tries[1][0], tries[1][0], [0, 1, 9, 99]), "A function agrees with itself, also in its errors."),
            *(((*each, [0, 1, 2, 5, 99, 0]), "Look closely at errors.") for each in tries),
            ((tries[0][0], tries[1][0], [3, 5, 4, 1, 99]), "Any two functions may be compared."),
        ],
        more=[(*random.choice(tries), random.sample(range(12), 5)) for _ in range(6)],
    )


TRIALS = Family("trial", "errors", by_level(_works, _raises, _report, _alike, runner))
