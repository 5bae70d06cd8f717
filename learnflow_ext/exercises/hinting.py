"""From a wrong attempt to a hint: look for a proved repair, and say of it what may be said.

Where none is proved, the failing tests themselves may point at a line; then that is said, and no more.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.hints import Hint, hint_for, suspect_hint, syntax_hint
from learnflow_ext.exercises.proving import ALL_SECONDS, Asserts, Prover, leaves_nothing
from learnflow_ext.exercises.recovery import readings
from learnflow_ext.exercises.repair import NEAREST, Repair, Repairer
from learnflow_ext.exercises.suspects import ALL_SECONDS as LOOKING_SECONDS
from learnflow_ext.exercises.suspects import Locator, telling
from learnflow_ext.exercises.trees import PARTS, names_in, parse, size, statements

FAR = 0.4
"""A repair that changes more than this share of a program goes another way than its author: then classmates'
attempts are looked at too."""
_UNREADABLE = "Python cannot read this line."


class Hinter:
    """Makes hints for attempts at one exercise.

    Service side: it knows solutions and tests, and tells neither.
    """

    def __init__(
        self,
        runner: Runner,
        tests: str,
        *,
        statement: str = "",
        reference: str | None = None,
        peers: Sequence[str] = (),
        more_peers: Callable[[], Awaitable[Sequence[str]]] | None = None,
        all_seconds: float = ALL_SECONDS,
        repair_seconds: float | None = None,
    ) -> None:
        """`peers` are classmates' attempts; those that pass the tests are used, and leave nothing behind in
        their sandbox, where they run beside the attempt: nobody may have a say in what another is told.

        `more_peers` is asked for others only where the first ones prove nothing, or a repair that changes
        much of a program. `all_seconds` is for one run of the sandbox, of several that a hint takes;
        `repair_seconds` for the whole search for a repair, None for as long as it takes. BadRequest for bad
        `tests`.
        """
        self._tests = Asserts(tests)
        self._statement = statement
        self._correct = [reference] if reference is not None and _begun(reference) else []
        self._correct += filter(leaves_nothing, peers)
        self._more_peers = more_peers
        self._repair_seconds = repair_seconds
        self._prover = Prover(runner, all_seconds=all_seconds)
        self._repairer = Repairer(self._prover, self._tests, self._correct)
        self._locator = Locator(runner, self._tests, all_seconds=min(all_seconds, LOOKING_SECONDS))

    async def hint(self, source: str, *, line: int | None = None, cause: str = "") -> Hint:
        """A hint for `source`.

        `line` and `cause` are what a diagnosis says of a program Python cannot read.
        """
        if parse(source) is None:
            return await self._unreadable(source, line, cause)
        found = await self.repaired(source)
        if not found.proved and await self._passable():
            suspect = telling(await self._locator.suspects(source))
            if suspect is not None:
                return suspect_hint(source, suspect, statement=self._statement, secret=self._secret)
        return self.told(source, found)

    def told(self, source: str, found: Repair) -> Hint:
        """What may be said of a repair of `source`."""
        return hint_for(source, found, statement=self._statement, secret=self._secret)

    async def repaired(self, source: str) -> Repair:
        """The smallest proved repair that was found in time. Service side only: it holds solutions."""
        best = Repair(proved=False)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._repair_seconds):
                best = await self._repairer.repair(source)
                if self._more_peers is not None and _far(best):
                    more = filter(leaves_nothing, await self._more_peers())
                    peers = [each for each in more if each not in self._correct]
                    if peers:
                        # What was looked at is not to be told, whether it helped or not.
                        self._correct += peers
                        other = await Repairer(self._prover, self._tests, self._correct).repair(source)
                        if other.proved and (not best.proved or other.size < best.size):
                            best = other
        return best

    async def _passable(self) -> bool:
        """Whether the tests can be passed here, as far as somebody knows how.

        Where not even the solution passes, they need what is not here, such as a value from another cell:
        then a right answer fails them too.
        """
        known = self._correct[: 1 + NEAREST]
        outcomes = await self._prover.outcomes(known, self._tests, first=True, stop=True)
        return not known or any(each.passes for each in outcomes)

    async def _unreadable(self, source: str, line: int | None, cause: str) -> Hint:
        best: tuple[int, int] | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._repair_seconds):
                for text, changed in readings(source):
                    repair = await self._repairer.repair(text)
                    if repair.proved and (best is None or repair.size + 1 < best[0]):
                        best = (repair.size + 1, changed)
        if best is None:
            if line is None:
                nothing = Repair(proved=False)
                return hint_for(source, nothing, statement=self._statement, secret=self._secret)
            return syntax_hint(
                source, line, cause or _UNREADABLE, statement=self._statement, secret=self._secret
            )
        return syntax_hint(
            source,
            line or best[1],
            cause or _UNREADABLE,
            edit_size=best[0],
            proved=True,
            statement=self._statement,
            secret=self._secret,
        )

    @property
    def _secret(self) -> list[str]:
        return [*self._correct, self._tests.source]


def _begun(program: str) -> bool:
    """Whether there is more in it than `raise NotImplementedError`, as where a course has no solution."""
    tree = parse(program)
    idle = (*PARTS, ast.Import, ast.ImportFrom, ast.Pass, ast.Raise)
    return (
        tree is None
        or "NotImplementedError" not in names_in(tree)
        or not all(
            isinstance(each, idle) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            for each in statements(tree.body)
        )
    )


def _far(repair: Repair) -> bool:
    """Whether another correct program may be nearer."""
    if not repair.proved or repair.tree is None:
        return True
    return repair.size > FAR * size(repair.tree)
