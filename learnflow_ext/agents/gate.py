"""The leak gate: nothing that solves an exercise for the student leaves the tutor, whoever phrased it.

Two judges, in this order: `guard` compares with the reference, and a sandbox runs what the reply's code could
become against the exercise's tests. The gate stands aside where the student's own cell passes already.
"""

from __future__ import annotations

import asyncio
import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

import msgspec

from learnflow_ext.agents import candidates, disguises, edits, trial
from learnflow_ext.agents.fragments import fragments
from learnflow_ext.agents.guard import PASSED, Guard, Verdict, once
from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.runner import Runner

MAX_TARGETS = 3
LONG_TALK = 4_000
"""Characters of earlier answers; to look through more than these takes long enough to be done aside."""
_MAKES = re.compile(r"\b(?:def|class)\s+(\w+)|\b(\w+)\s*=(?!=)")
_CONDITION = re.compile(r"\s*(?:while|if|elif)\b(.*):\s*(?:#.*)?$")
_WHOLE = re.compile(r"\bdef \w|\blambda\b")
_FEW_LINES = 3
_COMMON = frozenset(
    "a an and are as at be but by def elif else for from get gives if import in is it its len no not of on or"
    " print range return self should so than that the their them then there they this to up use what when"
    " which while will with write you your 0 1 2 True False None assert".split()
)
MOST_LIKE = 12
"""Exercises that are tried for a whole program, where nobody knows which is asked about."""
MAX_REMEMBERED = 2_000
MAX_FAILED = 20_000
"""Programs of which is remembered that they fail."""

T = TypeVar("T")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply answers, and what the student knows without it."""

    exercise: str = ""
    """Name of the exercise asked about, `assignment/name`; empty where nobody knows."""
    own_code: str = ""
    asked: str = ""
    """The question's words."""
    shown: str = ""
    """What the tutor said earlier, oldest answer first: of a model's words about anything, else about the
    same work."""
    in_order: str = ""
    """The same and the reply in the order of time, where that is another order; else empty."""
    elsewhere: tuple[str, ...] = ()
    """Names of exercises that the student was told about in other work, the latest first: a model's words
    may be the last piece of one of them."""
    practice: tuple[Reference, ...] = ()
    """Exercises made for this student, whose solutions are guarded like the course's."""
    by_model: bool = False
    """A model's words: in them a line of the student's own may be the last piece of what was told before."""


class Gate:
    """Judges replies about one course. Safe to use from many tasks at once."""

    def __init__(self, guard: Guard, runner: Runner | None = None) -> None:
        """Without a `runner` only the comparison with the reference judges."""
        self._guard = guard
        self._runner = runner
        self._public = frozenset[str]()
        self._seen: dict[tuple[tuple[Reference, str, tuple[str, ...]], ...], list[trial.Outcome]] = {}
        self._failed: set[tuple[Reference, str]] = set()

    def reference(self, exercise: str, practice: tuple[Reference, ...] = ()) -> Reference | None:
        """What is known of an exercise, of those in `practice` too; None for one that nobody knows."""
        return next((each for each in (*practice, *self._guard.known) if each.name == exercise), None)

    def trust(self, texts: frozenset[str]) -> None:
        """Code lines that the course itself shows: on their own they need no trial."""
        self._public = texts

    async def judge(self, reply: str, about: About) -> Verdict:
        """The whole reply so far. Costs milliseconds, and a run in the sandbox where new code is in it."""
        guard = self._guard.with_(about.practice)

        def compared() -> Verdict:
            return guard.judge(
                reply,
                own_code=about.own_code,
                shown=about.shown,
                asked=about.asked,
                by_model=about.by_model,
            )

        verdict = await _aside(compared, about)
        if self._runner is None:
            return verdict
        attempts: list[trial.Attempt] = []
        if not verdict.withheld:
            attempts = await _aside(lambda: self._attempts(guard, reply, about), about)
        if verdict.withheld and about.own_code.strip() and verdict.how == "close":
            known = next(each for each in guard.known if each.name == verdict.reference)
            attempts = [trial.Attempt(known, (), about.own_code)] if known.tests.strip() else []
        if not attempts:
            return verdict
        outcomes = await self._tried(self._runner, attempts)
        if verdict.withheld:
            return PASSED if outcomes[0].own_passes and outcomes[0].testable else verdict
        for attempt, outcome in zip(attempts, outcomes, strict=True):
            name = attempt.reference.name
            if outcome.own_passes and outcome.testable:
                continue
            if outcome.passing is not None:
                return Verdict(True, name, "runs")
            if not outcome.judged:
                # Nobody can say what that code does: it had better not be said.
                return Verdict(True, name, "unsure")
        return PASSED

    def _attempts(self, guard: Guard, reply: str, about: About) -> list[trial.Attempt]:
        text = once(f"{about.shown}\n\n{reply}") if about.shown.strip() else reply
        if (
            about.by_model
            and text is not reply
            and not fragments(reply)
            and not edits.programs(reply, about.own_code)
        ):
            return []
        new = self._has_new_code(text if about.by_model else reply, about)
        # What our own words say of a misspelt name, Python's message says too.
        edited = edits.programs(reply, about.own_code) if about.by_model else []
        if not new and not edited and not (about.by_model and _says_what_to_do(reply)):
            return []
        found = []
        meant, likest = _targets(guard, reply, about)
        for reference in (*meant, *likest):
            # Of an exercise that only may be meant a whole program is looked for, and no line for the cell.
            own = about.own_code if reference in meant else ""
            programs = [*edited, *candidates.programs(reply, reference, own)]
            for more in (text, once(about.in_order)):
                if more.strip() and more is not reply:
                    programs += candidates.gathered(more, reference, own)
                    programs += candidates.programs(more, reference, own)[:16]
            untried, failed = self._untried(reference, programs)
            if untried:
                found.append(trial.Attempt(reference, tuple(untried), about.own_code, failed))
        return found

    def _has_new_code(self, reply: str, about: About) -> bool:
        lines = about.own_code.splitlines()
        conditions = [found[1] for line in lines if (found := _CONDITION.match(line))]
        own = {_flat(line) for line in (*lines, *conditions)} | self._public
        return any(
            _flat(line) not in own
            for code in fragments(reply)
            for line in code.splitlines()
            # A name alone does nothing.
            if line.strip() and not line.strip().isidentifier()
        )

    async def _tried(self, runner: Runner, attempts: list[trial.Attempt]) -> list[trial.Outcome]:
        # Two students' practice may have one name and different tests.
        key = tuple((each.reference, each.own_code, each.programs) for each in attempts)
        known = self._seen.get(key)
        if known is None:
            known = await trial.tried(runner, attempts)
            if all(each.judged for each in known):
                if len(self._seen) >= MAX_REMEMBERED:
                    self._seen.clear()
                self._seen[key] = known
            self._note(attempts, known)
        return known

    def _untried(self, reference: Reference, programs: Iterable[str]) -> tuple[list[str], int]:
        """Those of the programs that nobody tried yet, and how many failed before.

        A reply is judged again with each of its sentences, and what was shown before it with each reply.
        """
        distinct = list(dict.fromkeys(programs))
        untried = [each for each in distinct if (reference, each) not in self._failed]
        return untried, len(distinct) - len(untried)

    def _note(self, attempts: list[trial.Attempt], outcomes: list[trial.Outcome]) -> None:
        if len(self._failed) >= MAX_FAILED:
            self._failed.clear()
        for attempt, outcome in zip(attempts, outcomes, strict=True):
            self._failed.update((attempt.reference, attempt.programs[place]) for place in outcome.failed)


async def _aside(work: Callable[[], T], about: About) -> T:
    """What `work` returns. Where it may take tenths of a second others are answered meanwhile."""
    return await asyncio.to_thread(work) if len(about.shown) > LONG_TALK else work()


def _targets(guard: Guard, reply: str, about: About) -> tuple[list[Reference], list[Reference]]:
    """The exercises that the reply could solve: the one asked about, and those whose names are there; and of
    the others those that its code is like, where a model speaks and nobody knows which is meant.

    All that the reply makes something for. Of the others `MAX_TARGETS`, and what the question names does not
    come first: a student could name three more.
    """
    testable = [each for each in guard.known if each.tests.strip() and each.entries]
    readings = disguises.readings(reply)
    made = frozenset(name for text in readings for found in _MAKES.findall(text) for name in found)
    said = frozenset(_words("\n".join(readings[:2])))
    words = said.union(_words(f"{about.asked}\n{about.own_code}"))
    asked = [each for each in testable if each.name == about.exercise]
    solved = [each for each in testable if made.intersection(each.entries)]
    named = [each for each in testable if words.intersection(each.entries) and each not in asked]
    named.sort(key=lambda each: said.isdisjoint(each.entries))
    same = about.exercise.partition("/")[0]
    near = [each for each in testable if same and each.name.partition("/")[0] == same]
    told = [each for name in about.elsewhere for each in testable if each.name == name]
    first = dict.fromkeys([*asked, *solved])
    found = dict.fromkeys([*first, *told[:1], *named, *([] if asked or named else near), *told])
    chosen = list(found)[: max(MAX_TARGETS, len(first))]
    if not about.by_model or asked:
        return chosen, []
    # Whatever the question names: a model may tell any solution, under any name.
    return chosen, [each for each in _like(testable, reply) if each not in chosen][:MOST_LIKE]


def _like(testable: list[Reference], reply: str) -> list[Reference]:
    """Exercises, those first whose solution and statement have rare words in common with code in a reply.

    Empty where there is too little code to be a solution.
    """
    code = "\n".join(fragments(reply))
    if (
        not _WHOLE.search(code)
        and len({line.strip() for line in code.splitlines() if line.strip()}) < _FEW_LINES
    ):
        return []
    words = frozenset(_words(code))
    often = Counter(word for each in testable for word in words & _own_words(each))
    likeness = {each: sum(1 / often[word] for word in words & _own_words(each)) for each in testable}
    return sorted(testable, key=lambda each: -likeness[each])


@lru_cache(maxsize=1024)
def _own_words(reference: Reference) -> frozenset[str]:
    """Words that say something about an exercise, of its solution and what the student reads of it."""
    return frozenset(_words(f"{reference.whole}\n{reference.shown}")) - _COMMON


def code_lines(texts: list[str]) -> frozenset[str]:
    """Lines of code in texts that everybody may read, for `Gate.trust`."""
    return frozenset(_flat(line) for text in texts for code in fragments(text) for line in code.splitlines())


def _says_what_to_do(reply: str) -> bool:
    """Whether it has a word that is a whole statement: `break` or `continue` may be all that is missing."""
    return any(keyword.iskeyword(line.strip()) for code in fragments(reply) for line in code.splitlines())


def _flat(line: str) -> str:
    return "".join(line.split())


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() or char == "_" else " " for char in text).split()
