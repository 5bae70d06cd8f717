"""The smallest change, proved by running it, that makes a wrong program pass an exercise's tests.

Correct programs (the reference, classmates' attempts) are compared with the wrong one function by function,
their
names put into its words; every difference is an edit that can be made or left, and the smallest set of
edits that
passes is kept (delta debugging: Zeller and Hildebrandt, 2002). Beside them small slips are tried that need no
correct program at all. Nothing counts before the tests have passed in a sandbox.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, takewhile

from learnflow_ext.diagnosis.traceless import traceless
from learnflow_ext.exercises.edits import Difference, Edit, applied, total
from learnflow_ext.exercises.mutants import mutants
from learnflow_ext.exercises.names import matched, renamed_tree, safe
from learnflow_ext.exercises.proving import Asserts, Outcome, Prover
from learnflow_ext.exercises.trees import (
    MODULE,
    PARTS,
    loose,
    parse,
    parts,
    shape,
    size,
    unlikeness,
    without_docstrings,
)

NEAREST = 5
"""How many correct programs, the most alike ones, are compared with each wrong function."""
MAX_TRIED = 120
"""Programs of one round; smaller edits first."""
MAX_PROGRAMS = 320
"""Programs of one search, shared by the parts that are wrong: what keeps it near two seconds of one core. A
number, not a time, so that a busy machine finds what an idle one finds."""
LEAST_SHARE = 48
"""Programs that each wrong part may take, however many there are."""
MORE_CALLS = 20
"""So often one search may ask again for what the time of one sandbox did not reach, as on a busy machine."""
MAX_PEERS = 400
MAX_PAIRED = 14
"""Slips that help by themselves, of which every two are tried together."""
ENDLESS = 12.0
"""So many times what a correct program needs, and a program is taken to be endless."""
LEAST_SECONDS = 0.02


@dataclass(frozen=True)
class Change:
    """Edits of one function, or of the statements outside of them, that belong together."""

    part: str
    """Name of the function or class; MODULE for what stands outside."""
    before: ast.AST
    edits: tuple[Edit, ...]
    own: bool
    """Whether it needs no correct program."""

    @property
    def size(self) -> int:
        """Nodes taken away and added."""
        return total(self.edits)


@dataclass(frozen=True)
class Repair:
    """What was found. Service side only: it holds pieces of solutions."""

    proved: bool
    """Whether the changed program passed every test."""
    changes: tuple[Change, ...] = ()
    """Empty when nothing was proved, and when nothing had to be changed."""
    tree: ast.Module | None = None
    """The student's program, as the changes' nodes refer to it; None when Python cannot read it."""
    before: Outcome = field(default_factory=lambda: Outcome(""))
    """How the student's own program did."""
    program: str = ""
    """The changed program; empty when nothing was proved, and when nothing had to be changed."""

    @property
    def size(self) -> int:
        """Nodes that change; 0 for none."""
        return sum(change.size for change in self.changes)


@dataclass
class _Part:
    """One part of the student's program, with what could take its place."""

    name: str
    own: ast.AST | None
    """None when the student does not have it."""
    candidates: list[Difference] = field(default_factory=list)


class Repairer:
    """Looks for repairs of attempts at one exercise."""

    def __init__(self, prover: Prover, tests: Asserts, correct: Sequence[str]) -> None:
        """`correct` programs: the reference first, then classmates'.

        Those that fail the tests are not used.
        """
        self._prover = prover
        self._tests = tests
        self._seconds: float | None = None
        self._ran = 0
        self._calls_left = MORE_CALLS
        self._known: dict[str, Outcome] = {}
        self._together = False
        trees = [parse(source) for source in correct[:MAX_PEERS]]
        self._correct = [without_docstrings(tree) for tree in trees if tree is not None]

    async def repair(self, source: str) -> Repair:
        """The smallest proved repair of `source` that was found."""
        tree = parse(source)
        if tree is None:
            return Repair(proved=False)
        without_docstrings(tree)
        self._ran = 0
        self._calls_left = MORE_CALLS
        self._known.clear()
        near = self._nearest(tree)
        # All that is tried is made of these, and of changes that add nothing dangerous.
        self._together = all(map(traceless, (tree, *near)))
        self._seconds = None
        before, *good = await self._outcomes([ast.unparse(tree), *(ast.unparse(each) for each in near)])
        if before.passes:
            return Repair(proved=True, tree=tree, before=before)
        correct = [each for each, outcome in zip(near, good, strict=True) if outcome.passes]
        if not correct:
            return await self._alone(tree, before)
        slowest = max(outcome.seconds for outcome in good if outcome.passes)
        self._seconds = max(LEAST_SECONDS, ENDLESS * slowest)
        return await self._guided(tree, before, correct)

    def _nearest(self, tree: ast.Module) -> list[ast.Module]:
        """The first correct program, and those that look most like `tree`."""
        own = shape(tree)
        likely = sorted(self._correct[1:], key=lambda each: unlikeness(shape(each), own))
        return [*self._correct[:1], *likely[: 2 * NEAREST]]

    async def _alone(self, tree: ast.Module, before: Outcome) -> Repair:
        """Without a correct program: small slips only."""
        best = await self._smallest(tree, {}, small_changes(tree))
        if best is None:
            return Repair(False, (), tree, before)
        return Repair(True, (best,), tree, before, written(tree, {}, best) or "")

    async def _guided(self, tree: ast.Module, before: Outcome, correct: list[ast.Module]) -> Repair:
        wrong = await self._wrong_parts(tree, correct)
        fixes: dict[str, ast.AST] = {}
        for part in wrong:
            fixes[part.name] = _new_part(part)
        chosen: list[Change] = []
        for place, part in enumerate(wrong):
            share = max(LEAST_SHARE, (MAX_PROGRAMS - self._ran) // (len(wrong) - place))
            others = {k: v for k, v in fixes.items() if k != part.name}
            change = await self._of_part(tree, part, others, share)
            if change is None:
                return await self._alone(tree, before)
            chosen.append(change)
            fixes[part.name] = (
                change.edits[0].new if part.own is None else applied(change.before, change.edits)
            )
        final = with_parts(tree, fixes)
        (outcome,) = await self._outcomes([final])
        if not outcome.passes:
            return Repair(False, (), tree, before)
        return Repair(True, tuple(chosen), tree, before, final)

    async def _wrong_parts(self, tree: ast.Module, correct: list[ast.Module]) -> list[_Part]:
        """The parts of the student's program that fail even when everything else is right."""
        reference = correct[0]
        own = _own_parts(tree)
        needed = [name for name in _own_parts(reference) if name in own or name != MODULE or loose(reference)]
        alike = [name for name in needed if name in own]
        programs = []
        for name in alike:
            # The student's own helpers come along: their function may call them.
            programs.append(with_parts(_together(reference, tree), {name: own[name]}))
        outcomes = await self._outcomes(programs, stop=True)
        fine = {name for name, outcome in zip(alike, outcomes, strict=True) if outcome.passes}
        wrong = [name for name in needed if name not in fine]
        if not wrong:
            # Each is right by itself and not together: then all of it is looked at.
            wrong = needed
        return [_Part(name, own.get(name), _differences(own.get(name), name, correct)) for name in wrong]

    async def _of_part(
        self, tree: ast.Module, part: _Part, others: Mapping[str, ast.AST], share: int
    ) -> Change | None:
        """The smallest change of one part that passes once `others` are right. None when there is none.

        Looked for with about `share` programs. Behind the single changes comes at once what is sure to pass,
        so that the rest of the share only makes it smaller.
        """
        began = self._ran
        if part.own is None:
            return Change(part.name, tree, _whole(tree, part), own=False) if part.candidates else None
        own = part.own
        slips = [Change(part.name, own, mutant, own=True) for mutant in mutants(own, wider=True)]
        single = [
            Change(part.name, own, (edit,), own=False) for each in part.candidates for edit in each.edits
        ]
        best, helpful = await self._smallest_of(tree, others, [*single, *slips], most=2 * share // 3)
        if best is not None:
            return best
        whole = [
            Change(part.name, own, tuple(each.edits), own=False) for each in part.candidates if each.edits
        ]
        sure = await self._smallest(tree, others, whole)
        double = [
            Change(part.name, own, pair, own=False)
            for each in part.candidates
            for pair in combinations(each.edits, 2)
        ]
        for one, other in combinations(helpful[:MAX_PAIRED], 2):
            double.append(Change(part.name, own, one.edits + other.edits, own=one.own and other.own))
        if sure is not None:
            double = [each for each in double if each.size < sure.size]
        # Leaving out needs a program for each edit, most often twice.
        spare = share - (self._ran - began) - (2 * len(sure.edits) if sure is not None else 0)
        best = await self._smallest(tree, others, double, most=max(spare, LEAST_SHARE // 2))
        if best is not None or sure is None:
            return best
        return await self._fewer(tree, others, sure, until=began + share)

    async def _fewer(
        self, tree: ast.Module, others: Mapping[str, ast.AST], change: Change, *, until: int
    ) -> Change:
        """Leave out what is not needed, as long as anything can be left out and fewer programs than `until`
        were run."""
        while len(change.edits) > 1 and self._ran < until:
            without = [
                Change(change.part, change.before, tuple(e for e in change.edits if e is not left), own=False)
                for left in change.edits
            ]
            outcomes = await self._tried(tree, others, without, stop=True)
            idle = [
                left
                for left, outcome in zip(change.edits, outcomes, strict=True)
                if outcome is not None and outcome.passes
            ]
            if not idle:
                return change
            idle.sort(key=lambda edit: -edit.size)
            fewer = [
                Change(
                    change.part,
                    change.before,
                    tuple(e for e in change.edits if e not in idle[:count]),
                    own=False,
                )
                for count in range(len(idle), 0, -1)
                if count < len(change.edits)
            ]
            best = await self._smallest(tree, others, fewer)
            if best is None:
                return change
            change = best
        return change

    async def _smallest(
        self,
        tree: ast.Module,
        others: Mapping[str, ast.AST],
        changes: Sequence[Change],
        *,
        most: int = MAX_TRIED,
    ) -> Change | None:
        return (await self._smallest_of(tree, others, changes, most=most, stop=True))[0]

    async def _smallest_of(
        self,
        tree: ast.Module,
        others: Mapping[str, ast.AST],
        changes: Sequence[Change],
        *,
        most: int = MAX_TRIED,
        stop: bool = False,
    ) -> tuple[Change | None, list[Change]]:
        """The smallest change that passes, and those that pass more tests than most, the best first.

        No more than `most` are tried, nor than `MAX_TRIED`. With `stop` nobody asks for the second.
        """
        ordered = sorted(changes, key=lambda change: (change.size, change.own))[: min(most, MAX_TRIED)]
        scored: list[tuple[int, Change]] = []
        for start in range(0, len(ordered), MAX_TRIED // 2):
            some = ordered[start : start + MAX_TRIED // 2]
            outcomes = await self._tried(tree, others, some, first=True, stop=stop)
            for change, outcome in zip(some, outcomes, strict=True):
                if outcome is not None and outcome.passes:
                    return change, []
                if outcome is not None:
                    scored.append((outcome.passed, change))
        if not scored:
            return None, []
        usual = sorted(passed for passed, _ in scored)[len(scored) // 2]
        helpful = [each for each in scored if each[0] > usual]
        helpful.sort(key=lambda each: (-each[0], each[1].size))
        return None, [change for _, change in helpful]

    async def _tried(
        self,
        tree: ast.Module,
        others: Mapping[str, ast.AST],
        changes: Sequence[Change],
        *,
        first: bool = False,
        stop: bool = False,
    ) -> list[Outcome | None]:
        """How the program does with each change; None for one that is no program.

        With `first` those after the first that passes are not run, with `stop` no test after one that fails.
        """
        programs = [written(tree, others, change) for change in changes]
        distinct = list(dict.fromkeys(each for each in programs if each is not None))
        ran = len(self._known)
        found = await self._outcomes(distinct, first=first, stop=stop)
        self._ran += len(self._known) - ran
        outcomes = dict(zip(distinct, found, strict=True))
        return [outcomes[each] if each is not None else None for each in programs]

    async def _outcomes(
        self, programs: Sequence[str], *, first: bool = False, stop: bool = False
    ) -> list[Outcome]:
        """As the prover's, each program asked once: the last step of a search is most often proved by then.

        With `stop` how many tests a program passes may be remembered too low, never whether it passes.
        """
        known = self._known
        wanted = list(programs)
        if first:
            good = [place for place, each in enumerate(wanted) if each in known and known[each].passes]
            wanted = wanted[: good[0]] if good else wanted
        new = [each for each in dict.fromkeys(wanted) if each not in known]
        while new:
            found = await self._prover.outcomes(
                new, self._tests, seconds=self._seconds, first=first, stop=stop, together=self._together
            )
            reached = list(takewhile(lambda outcome: outcome.verdicts, found))
            known.update(zip(new, reached, strict=False))
            new = new[len(reached) :]
            if not reached or (first and reached[-1].passes) or not self._calls_left:
                break
            self._calls_left -= bool(new)
        return [known.get(each, Outcome("")) for each in programs]


def small_changes(tree: ast.Module) -> list[Change]:
    """The slips that somebody may have made anywhere in `tree`, mended; needs no correct program."""
    return [
        Change(name, part, mutant, own=True)
        for name, part in _own_parts(tree).items()
        for mutant in mutants(part, wider=True)
    ]


def _own_parts(tree: ast.Module) -> dict[str, ast.AST]:
    found: dict[str, ast.AST] = dict(parts(tree))
    if loose(tree):
        found[MODULE] = _loose_part(tree)
    return found


def _loose_part(tree: ast.Module) -> ast.Module:
    return ast.Module(body=loose(tree), type_ignores=[])


def with_parts(tree: ast.Module, others: Mapping[str, ast.AST]) -> str:
    """The program with some of its parts exchanged, and those added that it lacks."""
    body: list[ast.stmt] = []
    kept = loose(tree)
    if isinstance(given := others.get(MODULE), ast.Module):
        kept = given.body
        body += [node for node in kept if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in tree.body:
        if isinstance(node, PARTS):
            other = others.get(node.name, node)
            body.append(other if isinstance(other, ast.stmt) else node)
        elif given is None:
            body.append(node)
    there = parts(tree)
    body += [each for name, each in others.items() if name not in there and isinstance(each, ast.stmt)]
    if given is not None:
        body += [node for node in kept if not isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join(map(_text, body))


def _text(statement: ast.stmt) -> str:
    """As source; kept with the node, since most of a program stays the same from one try to the next."""
    written: str | None = getattr(statement, "_learnflow_text", None)
    if written is None:
        written = ast.unparse(ast.fix_missing_locations(statement))
        statement._learnflow_text = written  # type: ignore[attr-defined]
    return written


def _together(reference: ast.Module, own: ast.Module) -> ast.Module:
    """The reference with what else the student wrote: their helpers and their own statements."""
    known = set(parts(reference))
    helpers = [node for name, node in parts(own).items() if name not in known]
    extra = [node for node in loose(own) if not isinstance(node, ast.Expr)]
    return ast.Module(body=[*extra, *reference.body, *helpers], type_ignores=[])


def written(tree: ast.Module, others: Mapping[str, ast.AST], change: Change) -> str | None:
    """The program with `change` made and `others` in place of its parts; None where that is no program."""
    if change.before is tree and change.part != MODULE:
        return with_parts(tree, {**others, change.part: change.edits[0].new})
    try:
        return with_parts(tree, {**others, change.part: applied(change.before, change.edits)})
    except (AttributeError, TypeError, ValueError, RecursionError):
        # Some combinations of edits are no program: a mended line of a statement that another edit deletes.
        return None


def _differences(own: ast.AST | None, name: str, correct: Sequence[ast.Module]) -> list[Difference]:
    """The differences to the correct programs that are nearest, the nearest first."""
    found: list[Difference] = []
    for tree in correct:
        other = _own_parts(tree).get(name)
        if other is None:
            continue
        if own is None:
            found.append(Difference(other, other))
            found[-1].edits = [_inserted(other)]
            continue
        found.append(Difference(own, renamed_tree(other, safe(matched(other, own), other, own))))
    found.sort(key=lambda each: total(each.edits))
    return found[:NEAREST]


def _inserted(other: ast.AST) -> Edit:
    return Edit("insert", other, "body", 0, None, other, size(other), 1)


def _whole(tree: ast.Module, part: _Part) -> tuple[Edit, ...]:
    last = tree.body[-1].end_lineno or 1 if tree.body else 1
    edit = part.candidates[0].edits[0]
    return (Edit("insert", tree, "body", len(tree.body), None, edit.new, edit.size, last),)


def _new_part(part: _Part) -> ast.AST:
    """A right version of the part, to try the others with."""
    if not part.candidates:
        return part.own if part.own is not None else ast.Module(body=[], type_ignores=[])
    first = part.candidates[0]
    if part.own is None:
        new: ast.AST = first.edits[0].new
        return new
    return applied(copy.copy(part.own), []) if not first.edits else applied(part.own, first.edits)
