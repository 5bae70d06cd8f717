"""Patterns of rows and places: the hardest task of the family in `walks`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Task

_PATTERNS = ("a carpet", "a floor", "a wall", "a scarf", "a garden", "a flag")


def pattern(random: Random) -> Task:
    """One loop within another."""
    what = random.choice(_PATTERNS)
    first, second = random.sample("*#+o.=x-", 2)
    k = random.randint(2, 4)
    rule, code, fits = random.choice(
        [
            (
                f"the number of the row and the number of the place add up to a number that {k} divides",
                f"(row + place) % {k} == 0",
                lambda r, p, last: (r + p) // k * k == r + p,
            ),
            (
                f"the place is at most {k} times the row",
                f"place <= row * {k}",
                lambda r, p, last: not p > sum([r] * k),
            ),
            (
                f"it is in the first or the last row, or its place is divisible by {k}",
                f"row == 1 or row == rows or place % {k} == 0",
                lambda r, p, last: r in (1, last) or p // k * k == p,
            ),
            (
                f"row and place have the same number, or that of the place is larger by more than {k}",
                f"row == place or place > row + {k}",
                lambda r, p, last: r - p == 0 or p - r > k,
            ),
        ]
    )

    def answer(rows: int, width: int) -> str:
        places, numbers = range(1, width + 1), range(1, rows + 1)
        return "\n".join("".join(first if fits(r, p, rows) else second for p in places) for r in numbers)

    sizes = [(random.randint(2, 6), random.randint(2, 8)) for _ in range(6)]
    return Task(
        title=f"The pattern of {what}",
        story=f"""
        The pattern of {what} is made of the signs `{first}` and `{second}`. Its rows have numbers from 1,
        and so have the places in a row. A place gets `{first}` when {rule}; otherwise it gets `{second}`.
        Complete `pattern`. It gets how many `rows` there are and how many places each has (the `width`),
        and returns one text: row below row, with `\\n` between them, and none at the end.

        *Put one loop into another: the inner one makes a row. Collect the rows in a list;
        `"\\n".join(lines)` makes one text of them.*
        """,
        function="pattern",
        parameters="rows, width",
        doc="Return the pattern as one text.",
        body=f"""
        lines = []
        for row in range(1, rows + 1):
            line = ""
            for place in range(1, width + 1):
                if {code}:
                    line += "{first}"
                else:
                    line += "{second}"
            lines.append(line)
        return "\\n".join(lines)
        """,
        answer=answer,
        shown=[(2, 5), (3, 3)],
        edges=[
            ((0, 4), "Without rows it should be an empty text."),
            ((1, 1), "A single place should work as well."),
            ((4, 1), "Rows of a single place should work as well."),
            ((1, 2 * k + 2), "A single row should work as well."),
            ((5, 3 * k + 2), "Larger patterns should work as well."),
        ],
        more=sizes,
    )
