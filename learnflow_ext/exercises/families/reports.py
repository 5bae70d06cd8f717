"""Orders with mistakes in them, left out and reported: the hardest task of the family in `rescues`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Task


def report(random: Random) -> Task:
    """Several kinds of errors, each with its place."""
    name, what = random.choice(
        [
            ("robot", "a robot in a garden"),
            ("crane", "a crane"),
            ("plotter", "a machine that draws"),
            ("train", "a toy train"),
            ("boat", "a boat without a crew"),
        ]
    )
    go, back, mark = random.choice(
        [("go", "back", "flag"), ("up", "down", "ring"), ("right", "left", "dot"), ("fast", "slow", "horn")]
    )
    end = random.randint(10, 30)

    def answer(lines: list[str]) -> list[object]:
        place, marks, faults = 0, [], []
        for number, line in enumerate(lines, 1):
            parts = line.split()
            if not parts:
                continue
            if parts[0] == mark and len(parts) == 1:
                marks.append(place)
                continue
            digits = parts[1].removeprefix("-") if len(parts) == 2 else ""
            if parts[0] not in (go, back) or len(parts) != 2:
                faults.append(
                    f"{number}: KeyError"
                    if len(parts) == 2 or parts[0] not in (go, back, mark)
                    else f"{number}: IndexError"
                )
                continue
            if not digits.isdigit():
                faults.append(f"{number}: ValueError")
                continue
            new = place + int(parts[1]) * (1 if parts[0] == go else -1)
            if not 0 <= new <= end:
                faults.append(f"{number}: OverflowError")
            else:
                place = new
        return [place, marks, faults]

    # Only lines of one or two words, as the story promises; a mark stands alone.
    every = [
        f"{go} 3",
        f"{go} 7",
        f"{back} 2",
        f"{back} 4",
        mark,
        "",
        f"{go} x",
        "jump 2",
        go,
        f"{back} 1.5",
        f"{go} {end}",
        "jump",
    ]
    return Task(
        title=f"A report of {what}",
        story=f"""
        {what[0].upper() + what[1:]} reads orders, one in each text of a list: `{go} 3` adds 3 to its place,
        `{back} 3` takes 3 off, and `{mark}`, which stands alone, writes the place down. It begins at 0 and
        must stay from 0 to {end}. A text of nothing but spaces is passed over. Complete `{name}`. Wrong
        orders are **left out**, and reported with their number in the list, from 1, and the name of an
        error: `KeyError` for a word that does not exist, `IndexError` for `{go}` or `{back}` without
        anything behind it, `ValueError` if what stands there is no whole number, `OverflowError` if the
        place would be outside; such an order does not move it. A report is a text such as `2: KeyError`.
        The function returns a list of three: the last place, the list of places written down, and the list
        of reports.

        *Write a function of your own for one order, which raises these errors, and catch them in one place.*
        """,
        function=name,
        parameters="lines",
        doc="Return the last place, the places written down, and the reports.",
        body=f"""
        place, marks, faults = 0, [], []
        signs = {{{go!r}: 1, {back!r}: -1}}
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words:
                continue
            if words[0] == {mark!r}:
                marks.append(place)
                continue
            try:
                new = place + signs[words[0]] * int(words[1])
                if new < 0 or new > {end}:
                    raise OverflowError("That is outside.")
                place = new
            except (KeyError, IndexError, ValueError, OverflowError) as error:
                faults.append(str(number) + ": " + type(error).__name__)
        return [place, marks, faults]
        """,
        answer=answer,
        shown=[([f"{go} 3", mark, f"{back} 1"],), (["jump 2", f"{go} 1"],)],
        edges=[
            (([],), "There may be no orders."),
            (([f"{go} {end}", f"{go} 1", mark],), "Look closely at the end."),
            (([f"{go} 2", f"{back} 2", f"{back} 1", mark],), "Look closely at the beginning."),
            ((["", "  ", "jump 1"],), "Texts without words count on."),
            (([go, f"{back} two", "jump", f"{go} 4"],), "After an error the next order follows."),
            (([f"{go} -3", f"{back} -3"],), "A number may be below 0."),
        ],
        more=[([random.choice(every) for _ in range(count)],) for count in (4, 6, 8, 9, 12)],
    )
