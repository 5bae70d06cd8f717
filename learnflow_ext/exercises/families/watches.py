"""Times with `datetime`: the hardest task of the family in `modules`."""

from __future__ import annotations

from random import Random

from learnflow_ext.exercises.families.making import Task

_WATCHES = (
    ("work", "people in an office", ("Ada", "Ben", "Cleo")),
    ("charging", "cars at a charging point", ("blue", "red", "white")),
    ("swimming", "members of a swimming club", ("Dan", "Eve", "Finn")),
    ("lending", "bicycles of a rental", ("B1", "B2", "B3")),
    ("singing", "birds in a garden", ("robin", "wren", "finch")),
)


def watch(random: Random) -> Task:
    """Minutes from a beginning to an end, for everyone apart."""
    name, who, values = random.choice(_WATCHES)
    # No time that counts is shorter than what is taken off it.
    least, k = random.randint(10, 40), random.randint(2, 9)
    told, code, value = random.choice(
        [
            ("the minutes of all its times together", "minutes", lambda ns: sum(ns)),
            (f"{k} points for each of its times", str(k), lambda ns: k * len(ns)),
            (
                f"the minutes of all its times together, each without the first {k}",
                f"minutes - {k}",
                lambda ns: sum(n - k for n in ns),
            ),
        ]
    )

    def answer(lines: list[str]) -> dict[str, int]:
        found: dict[str, list[int]] = {}
        for each in lines:
            first, begin, end = each.split()
            day, clock = zip(*(time.split("T") for time in (begin, end)), strict=True)
            days = int(day[1][-2:]) - int(day[0][-2:])
            hours, minutes = (int(clock[1][at : at + 2]) - int(clock[0][at : at + 2]) for at in (0, 3))
            length = days * 1440 + hours * 60 + minutes
            if not length < least:
                found.setdefault(first, []).append(length)
        return {each: value(numbers) for each, numbers in found.items()}

    def line(first: str, start: int, length: int) -> str:
        times = (start, start + length)
        written = [f"2026-05-{10 + at // 1440}T{at % 1440 // 60:02d}:{at % 60:02d}" for at in times]
        return " ".join([first, *written])

    def row() -> list[str]:
        return [
            line(random.choice(values), random.randint(0, 1400), random.randint(least // 2, least * 4))
            for _ in range(random.randint(2, 6))
        ]

    one, other, third = values
    return Task(
        title=f"The minutes of {name}",
        story=f"""
        A list says when {who} begin and end. A line of it is a text such as `{line(one, 590, least + 20)}`:
        who it was, the beginning, and the end, with spaces between them. It may go on past midnight.
        Complete `minutes_of`. It gets the list and returns a dictionary: for everyone in it, {told}. Times
        of fewer than {least} minutes do not count, and who has no others is not in the dictionary.

        *`datetime.fromisoformat` makes a time of such a text. One time less another has `total_seconds()`.
        A `defaultdict(int)` is a dictionary in which everything is 0 at first.*
        """,
        before="from collections import defaultdict\nfrom datetime import datetime",
        function="minutes_of",
        parameters="lines",
        doc="Return a number for everyone in the list.",
        body=f"""
        found = defaultdict(int)
        for line in lines:
            who, begin, end = line.split()
            time = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
            minutes = int(time.total_seconds()) // 60
            if minutes >= {least}:
                found[who] += {code}
        return dict(found)
        """,
        answer=answer,
        shown=[([line(one, 600, least + 5), line(other, 615, 3), line(one, 900, least + 9)],), ([],)],
        edges=[
            (([line(third, 1430, least + 30)],), "It may go on past midnight."),
            (([line(third, 300, least)],), "Look closely at the shortest time that counts."),
            (([line(third, 300, least - 1)],), "Look closely at what is just too short."),
            (([line(one, 0, least + 1), line(other, 59, least + 2)],), "Several may be in the list."),
            (([line(other, 100, 2000)],), "It may take longer than a day."),
        ],
        more=[(row(),) for _ in range(7)],
    )
