"""A small program that runs tests, and says which passed, failed or broke."""

from __future__ import annotations

from random import Random
from typing import Any

from learnflow_ext.exercises.families.making import Task

PLACES = (
    "A club of young programmers",
    "A company that makes toy robots",
    "A school's computer room",
    "A museum with talking pictures",
    "A small game studio",
    "A group that builds a weather station",
)
_CHECKS = (
    ("test_sum", "assert 2 + 2 == 4", ""),
    ("test_word", 'assert "ab" + "c" == "abc"', ""),
    ("test_order", "assert sorted([3, 1, 2]) == [1, 2, 3]", ""),
    ("test_empty", "assert len([]) == 1", "AssertionError"),
    ("test_round", "assert round(2.5) == 3", "AssertionError"),
    ("test_case", 'assert "Tea" == "tea"', "AssertionError"),
    ("test_number", 'assert int("ten") == 10', "ValueError"),
    ("test_first", "assert [][0] == 1", "IndexError"),
    ("test_price", 'assert {"tea": 3}["milk"] == 2', "KeyError"),
)


def runner(random: Random) -> Task:
    """Running functions with an `assert` in them, until too many do not pass."""
    place, most = random.choice(PLACES), random.randint(2, 3)
    good, bad, odd = (
        random.sample([each for each in _CHECKS if fits(each[2])], 2)
        for fits in (
            lambda kind: not kind,
            lambda kind: kind == "AssertionError",
            lambda kind: kind not in ("", "AssertionError"),
        )
    )
    checks = [*good, *bad, *odd]
    kinds = {name: kind for name, _, kind in checks}
    no, skipped = random.choice([("failed", "skipped"), ("untrue", "left out"), ("wrong", "not tried")])
    many, gain = random.choice([("errors", "are broken"), ("failures", "have failed")])
    count = "\n                stopping += 1"
    each_of = {"errors": "other error", "failures": "test that failed"}[many]

    def answer(names: list[str]) -> list[Any]:
        lines: list[str] = []
        right = seen = 0
        for name in names:
            kind = kinds[name]
            if seen > most - 1:
                lines.append(f"{name}: {skipped}")
            elif kind:
                lines.append(f"{name}: {no if kind == 'AssertionError' else kind}")
                seen += (kind == "AssertionError") == (many == "failures")
            else:
                right += 1
        return [right, lines]

    def row(*names: str) -> tuple[list[str]]:
        return (list(names),)

    a, b = (name for name, _, _ in good)
    c, d = (name for name, _, _ in bad)
    e, f = (name for name, _, _ in odd)
    last = (e, f) if many == "errors" else (c, d)
    stop = [*last, last[0]][:most]
    everything = [a, b, c, d, e, f]
    return Task(
        title="A program that runs tests",
        story=f"""
        {place} writes tests: functions without values, with an `assert` in them, such as those above. A test
        passes if it raises no error. It has **failed** if an `AssertionError` comes, and is **broken** if any
        other error comes. Complete `run_tests`. It gets a list of such functions and calls one after the
        other. It returns a list of two: how many passed, and a list with a text for each of the others, in
        their order: the name of the test, `: `, and then `{no}` for one that failed, or the name of the
        error for one that is broken, such as `{e}: {kinds[e]}`. As soon as {most} tests {gain}, all that
        follow are not called any more: for each of them the text ends with `{skipped}`.

        *`function.__name__` is a function's name, and `type(error).__name__` an error's.*
        """,
        before="\n\n\n".join(f"def {name}():\n    {line}" for name, line, _ in checks),
        function="run_tests",
        parameters="tests",
        doc="Return how many tests passed, and what became of the others.",
        body=f"""
        passed, stopping, lines = 0, 0, []
        for test in tests:
            if stopping >= {most}:
                lines.append(test.__name__ + ": {skipped}")
                continue
            try:
                test()
            except AssertionError:
                lines.append(test.__name__ + ": {no}"){count if many == "failures" else ""}
            except Exception as error:
                lines.append(test.__name__ + ": " + type(error).__name__){count if many == "errors" else ""}
            else:
                passed += 1
        return [passed, lines]
        """,
        answer=answer,
        call=lambda names: f"run_tests([{', '.join(names)}])",
        shown=[row(a, c), row(e, b)],
        edges=[
            (row(), "There may be no tests."),
            (row(*stop, a, *last), f"Look closely at what follows once {most} tests {gain}."),
            (row(*stop[:-1], a, *last), f"Look closely at what follows once {most} tests {gain}."),
            (
                row(*[each for each in everything if each not in last] * 3),
                f"Only one kind ends it: each {each_of}.",
            ),
            (row(*stop), "It may be that nothing follows."),
        ],
        more=[row(*random.choices(everything, k=size)) for size in (3, 5, 6, 7, 8)],
    )
