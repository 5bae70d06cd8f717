"""Explains a failing cell: the kernel's half of the Explain button.

An IPython extension. After a failing cell it publishes one `CellError` beside the traceback, found on the
live objects. It never makes a run fail: whatever goes wrong here, the student has their own error to look at.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import msgspec

from learnflow_ext.contracts.help import ERROR_MIME, MAX_CELL_CHARS, MAX_TRACEBACK_CHARS, CellError, Variable
from learnflow_kernels.limits import limit_hit

_MAX_STEPS = 12
_MAX_LINE = 200


def cell_error(
    error: BaseException, source: str, namespace: Mapping[str, object], filename: str | None = None
) -> CellError:
    """The error as it leaves the kernel: bounded, without host paths, objects only as short text.

    `source` is the cell as the student wrote it, `filename` what it was compiled under.
    """
    from learnflow_ext.diagnosis import diagnose
    from learnflow_ext.diagnosis.place import cell_file, innermost_in_cells, place_in_cell, shift_of
    from learnflow_ext.diagnosis.plain import clean, without_host_paths
    from learnflow_kernels.variables import describe, visible

    filename = filename or cell_file(error, source)
    diagnosis = diagnose(error, source, namespace=namespace, filename=filename)
    hit = limit_hit(error)
    if hit is not None:
        # The rule's own first sentence says the same without the number.
        advice = diagnosis.cause.partition(". ")[2] if diagnosis.known else ""
        diagnosis = msgspec.structs.replace(diagnosis, cause=f"{hit.sentence} {advice}".strip(), known=True)
    place = place_in_cell(error, source, filename)
    said = _steps(error.__traceback__, filename, shift_of(source, filename)) if filename else []
    if not said and place.line is not None:
        said = [f"Line {place.line}\n    {clean(place.source_line, _MAX_LINE)}"]
    said.append(f"{diagnosis.exception}: {diagnosis.message}".rstrip(": "))
    inner = innermost_in_cells(error.__traceback__, filename) if filename else None
    variables: tuple[Variable, ...] = ()
    if inner is not None:
        # Where it failed in the student's own code, which may be a function of an earlier cell.
        text = linecache.getline(inner.tb_frame.f_code.co_filename, inner.tb_lineno).strip()
        variables = describe(text, visible(inner.tb_frame, namespace))
    return CellError(
        exception=diagnosis.exception,
        message=diagnosis.message,
        line=diagnosis.line,
        code=clean(source, MAX_CELL_CHARS),
        traceback=clean(without_host_paths("\n".join(said)), MAX_TRACEBACK_CHARS),
        diagnosis=diagnosis,
        variables=variables,
    )


def _steps(traceback: TracebackType | None, filename: str, shift: int) -> list[str]:
    """The traceback from the cell on, one text a step; the middle of a long one is left out.

    `shift` is what to add to the cell's line numbers.
    """
    from learnflow_ext.diagnosis.place import in_a_cell, steps
    from learnflow_ext.diagnosis.plain import clean

    said: list[str] = []
    inside = False
    for step in steps(traceback):
        code = step.tb_frame.f_code
        inside = inside or code.co_filename == filename
        if not inside:
            continue
        function = "" if code.co_name == "<module>" else f", in {clean(code.co_name, _MAX_LINE)}"
        if code.co_filename == filename:
            place = f"Line {step.tb_lineno + shift}{function}"
        elif in_a_cell(code.co_filename, filename):
            place = f"Another cell, line {step.tb_lineno}{function}"
        else:
            module = step.tb_frame.f_globals.get("__name__", "")
            place = f"Module {clean(module, _MAX_LINE) if type(module) is str else '?'}{function}"
            said.append(place)
            continue
        text = linecache.getline(code.co_filename, step.tb_lineno).strip()
        said.append(f"{place}\n    {clean(text, _MAX_LINE)}")
    if len(said) > _MAX_STEPS:
        half = _MAX_STEPS // 2
        said[half:-half] = [f"… {len(said) - 2 * half} more …"]
    return said


class Explainer:
    """Listens to one shell's runs."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def after(self, result: Any) -> None:
        """IPython's `post_run_cell`: `result` tells what was run and what came of it."""
        error = result.error_before_exec or result.error_in_exec
        if not isinstance(error, (Exception, KeyboardInterrupt)) or result.info is None:
            return  # it went well, or was told to exit: nothing to explain
        try:
            hit = limit_hit(error)
            if hit is not None:
                sys.stderr.write(f"{hit.sentence}\n")
            self._publish(error, str(result.info.raw_cell or ""))
        except (Exception, KeyboardInterrupt, SystemExit):
            # The student's objects can do anything when looked at. Their own traceback is there already.
            self._shell.log.debug("No explanation for this error.", exc_info=True)

    def _publish(self, error: Exception | KeyboardInterrupt, source: str) -> None:
        shell = self._shell
        filename = shell.compile.get_code_name(source, source, shell.execution_count)
        known = filename if filename in linecache.cache else None
        found = cell_error(error, source, dict(shell.user_ns), known)
        shell.display_pub.publish({ERROR_MIME: msgspec.to_builtins(found), "text/plain": ""})


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython when the kernel starts."""
    shell.events.register("post_run_cell", Explainer(shell).after)
