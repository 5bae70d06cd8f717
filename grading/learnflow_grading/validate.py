"""The Validate button's work: `python -I -m learnflow_grading.validate FILE`, one JSON object on stdout.

Runs in the student's server, as the student, and the notebook's cells in a sandboxed kernel, on a copy of the
notebook's folder, as in grading. No configuration file is read: one in the working folder is the
student's, and would run outside the sandbox.

The object is what nbgrader's front end expects of `/assignments/validate`: `success` says whether the
notebook could be validated at all; `value` is then `{}` (all tests passed), or has one of `failed`
(`source`, `error` as HTML, `raw_error`), `changed` (`source`), `type_changed` (`source`, `old_type`,
`new_type`); else a sentence. `message` is a sentence in every case.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonschema import ValidationError
from nbformat import NotebookNode
from nbgrader.nbgraderformat import SchemaTooNewError, SchemaTooOldError
from nbgrader.preprocessors import CheckCellMetadata, ClearOutput
from nbgrader.validator import Validator

from learnflow_ext.contracts.errors import LearnFlowError

from .course import Limits, execution_config
from .execute import SandboxedExecute
from .notebooks import read_notebook
from .protocol import seconds_for_all

log = logging.getLogger(__name__)

_OLD = "This notebook was made with an old version of nbgrader. Ask your teacher for a new copy."
_NEW = "This notebook was made with a newer version of nbgrader than the one here. Tell your teacher."
_DAMAGED = (
    "The hidden marks of this notebook's cells are damaged."
    " Fetch the assignment again and copy your answers over."
)
_BROKEN = "Validation does not work at the moment. You can hand in your notebook all the same."


class _SandboxedValidator(Validator):
    """nbgrader's, with the sandboxed executor."""

    def _preprocess(self, nb: NotebookNode) -> NotebookNode:
        resources: Any = {"metadata": {"path": os.getcwd()}}
        for preprocessor in (CheckCellMetadata, ClearOutput, SandboxedExecute):
            nb, resources = preprocessor(parent=self).preprocess(nb, resources)
        return nb


def validate(path: Path, limits: Limits | None = None) -> dict[str, Any]:
    """What nbgrader's front end is to show for the notebook at `path`; never raises."""
    try:
        read_notebook(path.name, path.read_bytes())
        validator = _SandboxedValidator(config=execution_config(limits or Limits()))
        found = validator.validate(str(path.resolve()))
    except SchemaTooOldError:
        return _failure(_OLD)
    except SchemaTooNewError:
        return _failure(_NEW)
    except (ValidationError, KeyError, TypeError):
        return _failure(_DAMAGED)
    except FileNotFoundError:
        return _failure(f"There is no notebook {path.name}. Save it first.")
    except LearnFlowError as error:
        return _failure(error.message)
    except Exception:  # the process's boundary: a student gets a sentence, the log the rest
        log.exception("Could not validate %s", path)
        return _failure(_BROKEN)
    return {"success": True, "value": found, "message": _summary(found)}


def _failure(message: str) -> dict[str, Any]:
    return {"success": False, "value": message, "message": message}


def _summary(found: dict[str, list[dict[str, str]]]) -> str:
    if not found:
        return "All visible tests passed."
    kind, cells = next(iter(found.items()))
    count = "One cell" if len(cells) == 1 else f"{len(cells)} cells"
    if kind == "failed":
        return f"{count} did not pass."
    if kind == "changed":
        return f"{count} with tests changed; grading uses the original text."
    return f"{count} changed between code and text; grading changes that back."


def main(arguments: Sequence[str] | None = None) -> None:
    """Validate the file named on the command line."""
    parser = argparse.ArgumentParser(prog="learnflow-validate", description=__doc__)
    parser.add_argument("file", type=Path, help="the notebook")
    parser.add_argument("--cell-timeout", type=float, default=5.0, help="seconds a cell may run")
    parser.add_argument("--memory-mb", type=int, default=256, help="memory of the kernel, in MiB")
    options = parser.parse_args(arguments)
    # Libraries that print must not spoil the answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.basicConfig(level=logging.WARNING)
    limits = Limits(
        cell_timeout=options.cell_timeout,
        memory_mb=options.memory_mb,
        total_seconds=seconds_for_all(options.cell_timeout),
    )
    answer = validate(options.file, limits)
    out.write(json.dumps(answer) + "\n")
    out.flush()
    sys.exit(0)


if __name__ == "__main__":
    main()
