"""What a user gets from the wheel: our own import names, the front end, the course, the configuration."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [
    ROOT / "learnflow_ext",
    ROOT / "kernels/learnflow_kernels",
    ROOT / "grading/learnflow_grading",
    ROOT / "hub_config/learnflow_hub",
]
BUILT = ROOT / "learnflow_ext/labextension"
"""Travels as data of the environment, where JupyterLab looks for it."""


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Paths in the wheel that this checkout builds."""
    out = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert built.returncode == 0, built.stdout
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_top_level_names_are_ours_alone(names: list[str]) -> None:
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name and ".data/" not in name}
    assert top == {"learnflow_ext", "learnflow_kernels", "learnflow_grading", "learnflow_hub"}


def test_front_end_travels_with_it(names: list[str]) -> None:
    shared = [name for name in names if "data/share/jupyter/labextensions/learnflow/" in name]
    assert any(name.endswith("package.json") for name in shared)
    assert any("remoteEntry" in name for name in shared)
    vendor = ("htmx.min.js", "redoc.min.js", "vega.min.js", "LICENSES.txt")
    assert {f"learnflow_ext/service/static/vendor/{name}" for name in vendor} <= set(names)


def test_course_and_configuration_travel_with_it(names: list[str]) -> None:
    assert "learnflow_hub/jupyterhub_config.py" in names
    assert "learnflow_hub/course/python-basics/course.yaml" in names
    assert "learnflow_hub/course/python-basics/source/01-first-steps/01-first-steps.ipynb" in names


def test_every_file_of_our_packages_travels_with_it(names: list[str]) -> None:
    """Migrations, templates, pictures and word lists are read at run time, and no import misses them."""
    ours = {
        str(path.relative_to(package.parent))
        for package in PACKAGES
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and BUILT not in path.parents
    }
    assert {"learnflow_ext/store/migrations/env.py", "learnflow_ext/service/templates/base.html"} <= ours
    assert not ours - set(names)


def test_no_tests_and_no_leftovers(names: list[str]) -> None:
    assert not [
        name for name in names if "node_modules" in name or "/tests/" in name or name.endswith(".pyc")
    ]
