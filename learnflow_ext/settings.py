"""The settings of a LearnFlow deployment, as traits of `jupyterhub_config.py`.

The hub, the service and the command line read the same file, so a setting is said once.
"""

from __future__ import annotations

import os
from pathlib import Path

from traitlets import Bool, Dict, Enum, Float, Integer, Unicode
from traitlets.config import Config, Configurable, LoggingConfigurable
from traitlets.config.loader import PyFileConfigLoader

SERVICE_NAME = "learnflow"


class LearnFlow(LoggingConfigurable):
    """The deployment as a whole."""

    state_dir = Unicode(
        ".learnflow",
        help="""Folder for everything LearnFlow keeps on this machine: database, course roots, submissions,
        students' folders. Relative paths count from where the hub starts. Put it on a disk that is
        backed up.""",
    ).tag(config=True)

    database_url = Unicode(
        "",
        help="""SQLAlchemy URL of the database, for instance `postgresql+psycopg://learnflow@db/learnflow`.
        Empty means an SQLite file in `state_dir`: fine for one machine and a class or two.""",
    ).tag(config=True)

    courses = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="""The courses: id to the folder with its nbgrader source, for instance
        `{"python-basics": "notebooks/python-basics"}`. Who teaches and who studies is said by hub groups:
        `formgrade-<id>` and `nbgrader-<id>`. Ids use lower-case letters, digits and `-`.""",
    ).tag(config=True)

    service_port = Integer(
        0,
        help="""Port of the service on 127.0.0.1, behind the hub's proxy. 0 takes a free one when the hub
        starts. Set it only when a fire wall must know it.""",
    ).tag(config=True)

    release_on_start = Bool(
        True,
        help="""Release every assignment of a course's source folder when the service starts and it has not
        been released yet. Turn off where teachers release by hand in the formgrader.""",
    ).tag(config=True)

    @property
    def state_path(self) -> Path:
        """`state_dir`, absolute."""
        return Path(self.state_dir).expanduser().resolve()

    @property
    def resolved_database_url(self) -> str:
        """`database_url`, or the SQLite file's."""
        return self.database_url or f"sqlite+aiosqlite:///{self.state_path / 'learnflow.sqlite'}"

    def course_root(self, course: str) -> Path:
        """nbgrader's course folder (source, release, submitted, autograded, gradebook.db): the service's."""
        return self.state_path / "courses" / course

    @property
    def exchange_root(self) -> Path:
        """nbgrader's exchange; service side only, students reach it through the service."""
        return self.state_path / "exchange"


class LearnFlowTutor(Configurable):
    """How the tutor helps."""

    policy = Enum(
        ["off", "concepts", "hints", "open"],
        default_value="hints",
        help="""What the tutor may do: `off` answers nothing, `concepts` explains ideas and never looks at the
        student's code, `hints` diagnoses and hints without giving solutions, `open` skips the leak gate.""",
    ).tag(config=True)

    questions_per_minute = Integer(
        20,
        help="""How many questions a student may ask in a minute before being asked to wait. Protects the
        service from a stuck key or a script; a person never notices.""",
    ).tag(config=True)


class LearnFlowGrading(Configurable):
    """How submissions are graded."""

    cell_timeout = Float(
        5.0, help="Wall-clock seconds one cell may run while it is graded; then it is interrupted."
    ).tag(config=True)

    memory_mb = Integer(256, help="Memory of a grading kernel, in MiB.").tag(config=True)

    workers = Integer(
        1, help="How many submissions are graded at the same time; one process and up to 400 MiB each."
    ).tag(config=True)

    max_submission_mb = Integer(20, help="Largest submission accepted, in MiB, all its files together.").tag(
        config=True
    )

    max_attempts = Integer(
        3, help="How often grading is tried again after the grader itself failed, before a person must look."
    ).tag(config=True)


CLASSES: tuple[type[Configurable], ...] = (LearnFlow, LearnFlowTutor, LearnFlowGrading)


def load_config(path: str | os.PathLike[str]) -> Config:
    """Read `jupyterhub_config.py` at `path`, as the hub does.

    FileNotFoundError when there is none; whatever the file itself raises is passed on.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"No configuration at {file}.")
    config: Config = PyFileConfigLoader(file.name, path=str(file.parent)).load_config()
    return config
