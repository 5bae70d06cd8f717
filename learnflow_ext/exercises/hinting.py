"""From a wrong attempt to a hint: look for a proved repair, and say of it what may be said."""

from __future__ import annotations

from collections.abc import Sequence

from learnflow_ext.contracts.runner import Runner
from learnflow_ext.exercises.hints import Hint, hint_for, syntax_hint
from learnflow_ext.exercises.proving import ALL_SECONDS, Asserts, Prover
from learnflow_ext.exercises.recovery import readings
from learnflow_ext.exercises.repair import Repair, Repairer
from learnflow_ext.exercises.trees import parse

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
        all_seconds: float = ALL_SECONDS,
    ) -> None:
        """`peers` are classmates' attempts; those that pass the tests are used.

        `all_seconds` is for one run of the sandbox, of several that a hint takes. BadRequest for bad `tests`.
        """
        self._tests = Asserts(tests)
        self._statement = statement
        self._correct = [*([reference] if reference is not None else []), *peers]
        self._repairer = Repairer(Prover(runner, all_seconds=all_seconds), self._tests, self._correct)

    async def hint(self, source: str, *, line: int | None = None, cause: str = "") -> Hint:
        """A hint for `source`.

        `line` and `cause` are what a diagnosis says of a program Python cannot read.
        """
        secret = [*self._correct, self._tests.source]
        if parse(source) is not None:
            found = await self._repairer.repair(source)
            return hint_for(source, found, statement=self._statement, secret=secret)
        best: tuple[int, int] | None = None
        for text, changed in readings(source):
            repair: Repair = await self._repairer.repair(text)
            if repair.proved and (best is None or repair.size + 1 < best[0]):
                best = (repair.size + 1, changed)
        if best is None:
            if line is None:
                return hint_for(source, Repair(proved=False), statement=self._statement, secret=secret)
            return syntax_hint(source, line, cause or _UNREADABLE, statement=self._statement, secret=secret)
        return syntax_hint(
            source,
            line or best[1],
            cause or _UNREADABLE,
            edit_size=best[0],
            proved=True,
            statement=self._statement,
            secret=secret,
        )
