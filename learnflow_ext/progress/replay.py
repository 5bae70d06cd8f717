"""Plays a log through struggle detection, as the service would have: to try limits on last term's log."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from itertools import groupby

from learnflow_ext.contracts.alerts import Candidate, Moment, Told
from learnflow_ext.progress import quiet, struggle

LOOK_BACK_S = 7200.0
TICK_S = 60.0


def replay(
    log: Iterable[tuple[str, Moment]],
    limits: struggle.Limits | None = None,
    rules: quiet.Rules | None = None,
) -> list[tuple[float, Candidate]]:
    """(time, whom and why) of every alert of one course, oldest first; `log`: (student, step) in any order.

    No teacher answers here, so an alert stays open for as long as nothing about it is repeated. Nor is
    anything graded: who had all points is reported all the same.
    """
    limits, rules = limits or struggle.Limits(), rules or quiet.Rules()
    steps = sorted(
        {(student, one.id): (one.at, student, one) for student, one in log}.values(),
        key=lambda step: (step[0], step[2].id, step[1]),
    )
    recent: dict[str, deque[Moment]] = defaultdict(deque)
    watched: dict[str, float] = {}
    told: deque[Told] = deque()
    held: dict[tuple[str, str, str], Candidate] = {}
    raised: list[tuple[float, Candidate]] = []

    def judge(students: Iterable[str], now: float) -> None:
        candidates = [
            Candidate(student=student, finding=finding)
            for student in students
            for finding in struggle.findings(recent[student], now, limits)
        ]
        if not candidates and not held:
            return
        while told and told[0].at < now - rules.remembered_s:
            told.popleft()
        waiting = [one for place, one in held.items() if place not in {_place(each) for each in candidates}]
        chosen, left = quiet.choose(candidates, waiting, tuple(told), now, rules)
        held.clear()
        held.update((_place(candidate), candidate) for candidate in left)
        for candidate in chosen:
            raised.append((now, candidate))
            told.append(
                Told(
                    student=candidate.student,
                    assignment=candidate.finding.assignment,
                    exercise=candidate.finding.exercise,
                    at=now,
                    open=False,
                )
            )

    for minute, group in groupby(steps, key=lambda step: step[0] // TICK_S):
        for student in [name for name, last in watched.items() if last < minute * TICK_S - limits.fresh_s]:
            del watched[student]
        for at, student, step in group:
            mine = recent[student]
            mine.append(step)
            while mine[0].at < at - LOOK_BACK_S:
                mine.popleft()
            if step.kind != "run" or not step.ok:
                watched[student] = at
                judge([student], at)
        judge(list(watched), (minute + 1) * TICK_S)
    return raised


def _place(candidate: Candidate) -> tuple[str, str, str]:
    return candidate.student, candidate.finding.assignment, candidate.finding.exercise
