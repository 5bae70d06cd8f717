"""What a student's own server saw of a run: a claim, good for streaks and struggle, never for a grade."""

from __future__ import annotations

import msgspec

MAX_RUNS_PER_REPORT = 200


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """One executed cell."""

    run_id: str
    """The kernel message's id: the same run reported twice counts once."""
    notebook: str
    """Path below the student's root."""
    course: str = ""
    assignment: str = ""
    cell_id: str = ""
    ok: bool
    exception: str = ""
    """Class name; empty when the run went well."""
    message: str = ""
    """At most 300 characters."""
    attempt: str = ""
    """Tells versions of the cell's code apart, by `diagnosis.fingerprint.attempt_of`; empty when unknown."""
    duration_ms: int
    finished_at: float
    """Seconds since the epoch, UTC, by the reporting server's clock."""


class RunBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `POST api/runs`."""

    runs: tuple[RunReport, ...]
