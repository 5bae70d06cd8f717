"""The coverage gate: which package a file counts for, and when it fails."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "coverage_gate.py"


@pytest.fixture(scope="module")
def gate() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("coverage_gate", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(tmp_path: Path, **percent: int) -> str:
    """A report in which each package has a file of 100 lines."""
    files = {
        f"x/{name.replace('__', '/')}/file.py": {
            "summary": {
                "covered_lines": value,
                "num_statements": 100,
                "covered_branches": 0,
                "num_branches": 0,
            }
        }
        for name, value in percent.items()
    }
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps({"files": files}))
    return str(path)


@pytest.mark.parametrize(
    ("file", "package"),
    [
        ("learnflow_ext/store/outbox.py", "learnflow_ext.store"),
        ("learnflow_ext/service/handlers/base.py", "learnflow_ext.service"),
        ("learnflow_ext/reference.py", "learnflow_ext"),
        ("hub_config/learnflow_hub/setup.py", "learnflow_hub"),
        ("/abs/kernels/learnflow_kernels/sandbox/x.py", "learnflow_kernels"),
        ("tests/unit/test_x.py", None),
    ],
)
def test_files_count_for_their_package(gate: ModuleType, file: str, package: str | None) -> None:
    assert gate.package_of(file) == package


def test_enough_everywhere_passes(gate: ModuleType, tmp_path: Path) -> None:
    path = report(tmp_path, learnflow_ext=80, learnflow_kernels=90, learnflow_grading=99, learnflow_hub=100)
    assert gate.main([path]) == 0


def test_one_poor_subpackage_fails_whatever_the_rest_has(
    gate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = report(
        tmp_path,
        learnflow_ext=100,
        learnflow_ext__store=79,
        learnflow_kernels=100,
        learnflow_grading=100,
        learnflow_hub=100,
    )
    assert gate.main([path]) == 1
    assert "learnflow_ext.store" in capsys.readouterr().out


def test_a_package_nobody_measured_fails(
    gate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.main([report(tmp_path, learnflow_ext=100)]) == 1
    assert "learnflow_hub                not measured" in capsys.readouterr().out
