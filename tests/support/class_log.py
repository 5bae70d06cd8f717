"""A log of a class that nobody wrote down: students differ in ability, exercises in difficulty."""

from __future__ import annotations

import random

from learnflow_ext.contracts.alerts import Moment

ERRORS = ("AssertionError", "NameError", "TypeError", "SyntaxError", "IndexError", "ValueError")
HOUR = 3600.0
DAY = 24 * HOUR


def class_log(students: int, weeks: int, seed: int) -> list[tuple[str, Moment]]:
    """(student, run) over weeks with two lessons each, and homework in the evenings of the other days."""
    dice = random.Random(seed)
    exercises = [dice.gauss(0, 1.2) for _ in range(weeks * 12)]
    log: list[tuple[str, Moment]] = []
    for number in range(students):
        student, ability, place, count = f"s{number:03}", dice.gauss(0.4, 1.3), 0, 0
        for day in range(weeks * 7):
            lesson = day % 7 in (1, 3)
            if not lesson and dice.random() < 0.6:
                continue
            at = day * DAY + (9 * HOUR if lesson else dice.uniform(14, 21) * HOUR)
            end = at + (1.5 * HOUR if lesson else dice.uniform(0.2, 1) * HOUR)
            while at < end and place < len(exercises):
                at += dice.expovariate(1 / 90)
                chance = 1 / (1 + 2.718281828 ** -(ability - exercises[place] + 0.25 * count))
                ok = dice.random() < chance
                error = "" if ok else dice.choices(ERRORS, (9, 3, 2, 3, 1, 1))[0]
                log.append(
                    (
                        student,
                        Moment(
                            id=f"{student}-{len(log)}",
                            at=at,
                            kind="run",
                            assignment=f"week-{place // 12}",
                            exercise=f"exercise-{place}",
                            ok=ok,
                            error=error,
                        ),
                    )
                )
                count += 1
                if ok or count > 14:
                    place, count = place + 1, 0
    return log


def struggling(log: list[tuple[str, Moment]], failures: int = 3) -> set[str]:
    """Students with so many failures running on one exercise."""
    found: set[str] = set()
    row: dict[tuple[str, str], int] = {}
    for student, step in sorted(log, key=lambda entry: entry[1].at):
        place = (student, step.exercise)
        row[place] = 0 if step.ok else row.get(place, 0) + 1
        if row[place] >= failures:
            found.add(student)
    return found
