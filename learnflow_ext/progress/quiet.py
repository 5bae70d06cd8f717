"""Which findings a teacher hears of now: nothing twice, and never more than a person can use.

When a whole class is stuck at once, most of it cannot be told at once. So most of the room is kept for
students nobody has looked after lately, and what they went through waits for its turn, for days if need be,
while those who were reported already wait for nothing: they are found anew for as long as it lasts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from learnflow_ext.contracts.alerts import TRIGGERS, Candidate, Told

HOUR_S = 3600.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How quiet it is; the traits of `LearnFlowStruggle` say what each is for."""

    an_hour: int = 5
    """Alerts of one course; for a class of 120 and less."""
    for_new: int = 4
    """Of these, kept for students who were not reported within `new_after_s`."""
    new_after_s: float = 7 * 86400.0
    a_student_an_hour: int = 2
    again_after_s: float = HOUR_S
    """Before the same student is reported again for the same exercise."""
    held_s: float = 4 * 86400.0
    """How long a finding waits for room."""

    @property
    def remembered_s(self) -> float:
        """How far back alerts matter."""
        return max(self.new_after_s, self.again_after_s, HOUR_S)


def choose(
    found: Iterable[Candidate],
    waiting: Iterable[Candidate],
    told: Sequence[Told],
    now: float,
    rules: Rules,
) -> tuple[list[Candidate], list[Candidate]]:
    """(to raise now, to let wait) of one course: of what holds now, and of what was let wait before.

    `told` reaches back `remembered_s`. What is open already, or was told lately, is in neither list. Who was
    not reported lately goes first; then what holds now, the graver reason, more failures.
    """
    hour = [one for one in told if one.at > now - HOUR_S]
    left = rules.an_hour - len(hour)
    of_student = Counter(one.student for one in hour)
    reported = {one.student for one in told if one.at > now - rules.new_after_s}
    known = {
        (one.student, one.assignment, one.exercise)
        for one in told
        if one.open or one.at > now - rules.again_after_s
    }

    def urgency(entry: tuple[bool, Candidate]) -> tuple[bool, bool, int, int, float]:
        waited, candidate = entry
        finding = candidate.finding
        grave = TRIGGERS.index(finding.trigger)
        return candidate.student in reported, waited, grave, -finding.failures, finding.at

    entries = [(False, one) for one in found]
    entries += [(True, one) for one in waiting if one.finding.at > now - rules.held_s]
    raised: list[Candidate] = []
    held: list[Candidate] = []
    for waited, candidate in sorted(entries, key=urgency):
        student, finding = candidate.student, candidate.finding
        place = (student, finding.assignment, finding.exercise)
        is_new = student not in reported
        if place in known or (not is_new and (waited or finding.trigger == "failing_early")):
            continue
        known.add(place)
        room = left if is_new else left - rules.for_new
        if room > 0 and of_student[student] < rules.a_student_an_hour:
            left -= 1
            of_student[student] += 1
            reported.add(student)
            raised.append(candidate)
        elif is_new:
            held.append(candidate)
    return raised, held
