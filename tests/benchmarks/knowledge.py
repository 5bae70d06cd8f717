"""`make bench`: one answer more to P(known), and to the chance of the next one, beside a call of nothing.

Answers are made here: students with an ability each, at skills with a difficulty each.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

from learnflow_ext.progress import knowledge, knowledge_fit, predictor_fit
from learnflow_ext.progress.history import History
from learnflow_ext.progress.knowledge import SENSIBLE, SkillParameters
from learnflow_ext.progress.learning import Learning

STUDENTS, SKILLS, EACH = 300, 10, 60
TURNS, CALLS = 60, 20_000
Row = tuple[str, str, bool]


def made(seed: int) -> Iterator[Row]:
    """Answers in time order; the same for the same seed."""
    dice = random.Random(seed)
    difficulty = [dice.gauss(0, 1) for _ in range(SKILLS)]
    for student in range(STUDENTS):
        ability = dice.gauss(0.3, 1.2)
        for _ in range(EACH):
            skill = dice.randrange(SKILLS)
            right = dice.random() < 1 / (1 + 2.718281828 ** (difficulty[skill] - ability))
            yield f"student {student}", f"skill {skill}", right


def nothing(known: float, correct: bool, skill: SkillParameters) -> float:
    """As `knowledge.after`, without the work."""
    return known


def microseconds(step: Callable[[float, bool, SkillParameters], float], answers: list[bool]) -> list[float]:
    """Of the processor, a call, by turns of many."""
    found = []
    for _ in range(TURNS):
        known = SENSIBLE.known
        began = time.process_time()
        for correct in answers:
            known = step(known, correct, SENSIBLE)
        found.append((time.process_time() - began) / len(answers) * 1e6)
    return found


def of_rows(predict: Callable[[list[Row]], object], rows: list[Row]) -> list[float]:
    """Microseconds of the processor a row, by turns of a sixtieth."""
    share = len(rows) // TURNS
    found = []
    for start in range(0, share * TURNS, share):
        began = time.process_time()
        predict(rows[start : start + share])
        found.append((time.process_time() - began) / share * 1e6)
    return found


def main() -> None:
    """Print the tables."""
    rows, others = list(made(1)), list(made(2))
    answers = [right for *_, right in rows * 2][:CALLS]
    began = time.process_time()
    fitted = predictor_fit.fit(others)
    fit_s = time.process_time() - began
    by_skill: dict[str, dict[str, list[bool]]] = {}
    for student, skill, right in others:
        by_skill.setdefault(skill, {}).setdefault(student, []).append(right)
    began = time.process_time()
    knowledge_fit.fit({skill: list(by.values()) for skill, by in by_skill.items()})
    tracing_s = time.process_time() - began
    histories: dict[str, History] = {}
    learning = Learning()

    def predict(some: list[Row]) -> object:
        return fitted.predict(some, histories)

    print("| one answer more, processor time | p50 | p95 |")
    print("|---|---|---|")
    for name, values in (
        ("a call that does nothing (floor)", microseconds(nothing, answers)),
        ("P(known)", microseconds(knowledge.after, answers)),
        (
            "chance of the next answer, fitted on others",
            of_rows(predict, rows),
        ),
        ("chance of the next answer, learning meanwhile", of_rows(learning.predict, rows)),
    ):
        ordered = sorted(values)
        p50, p95 = ordered[len(ordered) // 2], ordered[round(0.95 * (len(ordered) - 1))]
        print(f"| {name} | {p50:.2f} µs | {p95:.2f} µs |")
    print(f"\n{len(others):,} answers of {STUDENTS} students to {SKILLS} skills are fitted in:\n")
    print("| what, processor time | once |")
    print("|---|---|")
    print(f"| the chances of knowledge tracing | {tracing_s:.2f} s |")
    print(f"| the chance of the next answer | {fit_s:.2f} s |")


if __name__ == "__main__":
    main()
