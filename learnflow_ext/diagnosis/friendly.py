"""friendly-traceback behind our own interface.

It is unmaintained, and left alone it prints, exits and patches `linecache`: all of that stays in this module.
"""

from __future__ import annotations

import linecache
import threading
import warnings
from functools import lru_cache
from types import ModuleType, TracebackType

from learnflow_ext.diagnosis.place import innermost_in_cells, steps
from learnflow_ext.diagnosis.plain import MAX_SENTENCES, prose, sentences, without_host_paths

_MAX_SOURCE = 40_000
_MAX_STEPS = 30
_ALONE = threading.Lock()
"""One at a time: the library keeps what it works on in modules, and so does `linecache`."""
_USELESS = (
    "No information is known",
    "Internal error for Friendly",
    "cannot guess the likely cause",
    "I do not recognize this error message",
    "does not know the cause",
    "which I cannot identify",
    "improperly formed exception",
    "{op}",
    "``",
)


class _GaveUpError(Exception):
    """Raised where the library would print and exit."""


def _give_up(_: str) -> None:
    raise _GaveUpError


@lru_cache(maxsize=1)
def _library() -> tuple[ModuleType, ModuleType]:
    """Its `core` and `source_cache`, imported on first use (0.1 s) and without its patches."""
    getlines = linecache.getlines
    try:
        from friendly_traceback import core, debug_helper, source_cache
    finally:
        linecache.getlines = getlines
    debug_helper.__dict__["handle_internal_error"] = _give_up
    return core, source_cache


def _shortened(traceback: TracebackType | None, last: TracebackType | None) -> TracebackType | None:
    """A copy of the traceback from at most `_MAX_STEPS` before `last` up to it."""
    kept: list[TracebackType] = []
    for step in steps(traceback):
        kept.append(step)
        if step is last:
            break
    copy: TracebackType | None = None
    for step in reversed(kept[-_MAX_STEPS:]):
        copy = TracebackType(copy, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return copy


def _from(traceback: TracebackType | None, filename: str) -> TracebackType | None:
    """The traceback without what ran the cell."""
    for step in steps(traceback):
        if step.tb_frame.f_code.co_filename == filename:
            return step
    return None


def _useful(text: object) -> str:
    """`text` when it says something about the error, without this machine's paths."""
    if not isinstance(text, str) or any(mark in text for mark in _USELESS):
        return ""
    # That a name does not exist is all it says: our own rule says more.
    if "no object with the name" in text and "no additional information" in text and text.count("\n") <= 2:
        return ""
    return without_host_paths(text)


def explain(error: BaseException, source: str, filename: str) -> str:
    """The likely cause in up to four plain sentences; empty when the library has none to offer.

    `filename` is the name that the cell `source` was compiled under. Looks at live objects, and may run their
    methods: only for use where the student's code runs anyway.
    """
    if len(source) > _MAX_SOURCE:
        return ""
    with _ALONE:
        return _explain(error, source, filename)


def _explain(error: BaseException, source: str, filename: str) -> str:
    core, source_cache = _library()
    kept = linecache.cache.get(filename)
    if kept is None:
        source_cache.cache.add(filename, source)
    syntax = isinstance(error, SyntaxError)
    traceback = error.__traceback__ if syntax else _from(error.__traceback__, filename)
    shortened = _shortened(traceback, innermost_in_cells(traceback, filename))
    getlines, linecache.getlines = linecache.getlines, source_cache.cache.get_source_lines
    try:
        # It compiles variants of the line; warnings about those are none of the student's business.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            analysis = core.FriendlyTraceback(type(error), error, shortened)
            analysis.assign_cause()
        info = analysis.info
        cause, hint = _useful(info.get("cause")), _useful(info.get("suggest"))
    except KeyboardInterrupt:
        raise
    except BaseException:
        # An old library on whatever objects students make: no explanation is better than a second error.
        return ""
    finally:
        linecache.getlines = getlines
        if kept is None:
            source_cache.cache.remove(filename)
    hint_said, cause_said = sentences(prose(hint), 1), prose(cause)
    if hint_said.rstrip(".?!") in cause_said or (
        "never closed" in hint_said and "is not closed" in cause_said
    ):
        hint_said = ""
    said = sentences(cause_said, MAX_SENTENCES - bool(hint_said))
    return f"{hint_said} {said}".strip()
