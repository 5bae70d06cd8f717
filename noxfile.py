"""A quick pass with the oldest and the newest versions that `pyproject.toml` allows of what we stand on.

`make compat`, or one of them: `nox -s "compat(oldest)"`. The oldest are read from the lower bounds there, so
a bound that is too low shows. What passed last is in `docs/contributors/compatibility.md`.
"""

import re
import tomllib
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"

PLATFORM = ("jupyterhub", "jupyterlab", "jupyter-ai", "nbgrader", "jupyter-server", "jupyter-client")
SHOW = "import sys, importlib.metadata as m; print([f'{n} {m.version(n)}' for n in sys.argv[1:]])"
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
    session.run("python", "-c", SHOW, *PLATFORM)
    session.run("pytest", "-q", *(session.posargs or QUICK))
