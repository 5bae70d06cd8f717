"""A quick pass with the oldest and the newest versions that `pyproject.toml` allows of what we stand on.

`make compat`, or one of them: `nox -s "compat(oldest)"`. The oldest are read from the lower bounds there, so
a bound that is too low shows. What passed last is in `docs/contributors/compatibility.md`.

`make test` makes the environment of the oldest too, and runs `nox -R -s "compat(oldest)" -- brief` in it
(`tests/integration/hub/test_oldest_versions.py`); the newest are what a clone's own environment has.
"""

import re
import tomllib
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"

PLATFORM = ("jupyterhub", "jupyterlab", "jupyter-ai", "nbgrader", "jupyter-server", "jupyter-client")
SHOW = """
import sys, importlib.metadata as m
from packaging.version import Version
for wanted in sys.argv[1:]:
    name, _, version = wanted.partition("==")
    print(name, m.version(name))
    assert not version or Version(m.version(name)) == Version(version), wanted
"""
QUICK = (
    "tests/unit/compat",
    "tests/unit/hub",
    "tests/unit/server",
    "tests/unit/grading",
    "tests/integration/grading/test_grading_release.py",
    "tests/integration/grading/test_grading_submissions.py",
    "tests/integration/server/test_chat.py",
    "tests/integration/server/test_doors.py",
    "tests/integration/server/test_explain.py",
    "tests/e2e/test_story.py",
)
"""Where others' changes would be felt: private names, hub, chat, kernel, grading, and the whole story."""
BRIEF = (
    "tests/unit/compat",
    "tests/integration/hub/test_hub_people.py::TestOwnServer::test_it_runs_and_says_so",
    "tests/integration/hub/test_hub_people.py::TestOwnServer::test_a_kernel_starts_in_it",
    "tests/integration/hub/test_hub_people.py::TestServices::test_a_teacher_gets_both",
    "tests/integration/hub/test_hub_people.py::TestServices::test_a_students_server_may_ask_the_service",
    "tests/integration/grading/test_grading_release.py::TestRelease",
    "tests/integration/grading/test_grading_submissions.py::TestHonestWork::"
    "test_a_full_solution_gets_all_points_and_no_remarks",
    "tests/integration/server/test_chat.py::test_the_tutor_answers_in_pieces",
    "tests/integration/server/test_chat.py::test_all_six_are_there_and_nobody_else",
)
"""As much of it as each run of the tests can afford: private names, a hub with a student's server and its
kernel, a formgrader, a release and a grading by nbgrader, a chat with the tutors in it."""


def lower_bounds() -> list[str]:
    """`jupyterhub==6` and so on, from `name>=version` in `pyproject.toml`."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = " ".join([*project["dependencies"], *project["optional-dependencies"]["grading"]])
    return [re.sub(f".*\\b{name}>=([0-9.]+).*", f"{name}==\\1", wanted) for name in PLATFORM]


@nox.session
@nox.parametrize("versions", ["oldest", "newest"], ids=["oldest", "newest"])
def compat(session: nox.Session, versions: str) -> None:
    """Install, say what was installed, and run the quick pass."""
    pins = lower_bounds() if versions == "oldest" else []
    session.install("-e", ".[kernels,grading,hub,dev]", *pins)
    session.run("python", "-c", SHOW, *(pins or PLATFORM))
    chosen = BRIEF if session.posargs[:1] == ["brief"] else session.posargs or QUICK
    session.run("pytest", "-q", "-p", "no:cacheprovider", *chosen)
