"""Who works on what, right now."""

from __future__ import annotations

from learnflow_ext.service.tables import Field, Sheet
from learnflow_ext.service.views.cells import file_name, number_of, student
from learnflow_ext.store.insight import AtWork

NOW = Sheet[AtWork](
    name="now",
    title="At work in the last 15 minutes",
    empty="Nobody has run anything in the last 15 minutes.",
    fields=(
        Field("Student", lambda one: student(one.student)),
        Field("Works on", lambda one: file_name(one.exercise) or one.assignment),
        Field("Latest run", lambda one: "went well" if one.ok else one.error or "failed"),
        Field("Runs", lambda one: number_of(one.runs, one.student), "number"),
        Field("Failed", lambda one: number_of(one.failed, one.student), "number"),
        Field("When", lambda one: one.at, "time"),
    ),
)
