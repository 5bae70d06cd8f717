"""nbgrader's configuration for one course root, the same for the worker and for the formgrader.

Nothing is read from configuration files: an `nbgrader_config.py` in a folder is code, and some of these
folders hold what students sent.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from learnflow_ext.contracts import quizzes
from learnflow_ext.contracts.errors import Unprocessable

from .names import check_name
from .trusted.runtime import SANDBOXES

KERNEL_MANAGER = "learnflow_kernels.manager.SandboxKernelManager"
GRADER_UID = 199_999
"""Who grading kernels run as when the service is root; nobody else's files belong to it."""
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Limits:
    """What one submission may use while it is graded."""

    cell_timeout: float = 5.0
    """Seconds a cell may run."""
    memory_mb: int = 256
    """Memory of the kernel, in MiB."""
    total_seconds: float = 120.0
    """Seconds all cells together may run; what is left then is not run, and a person looks."""
    output_bytes: int = 100_000
    """Output that is kept of one cell."""
    flood_bytes: int = 64 * 1024 * 1024
    """Output of one cell after which its kernel is stopped."""


@dataclass(frozen=True)
class Course:
    """Where a course lives on the service side."""

    name: str
    root: Path
    """nbgrader's course folder: source, release, submitted, autograded, feedback, gradebook.db."""
    exchange: Path | None = None
    """nbgrader's exchange; None where nothing is released."""
    limits: Limits = Limits()
    submitted: Path | None = None
    """Where submissions are read from; None for the course folder's own."""
    settings_file: Path | None = None
    """The course's own `nbgrader_config.py`; only for a teacher's course that the teacher grades."""
    sandboxes: str = SANDBOXES
    """What opens sandboxes for grading: a class by name."""

    @property
    def db_url(self) -> str:
        """The gradebook's."""
        return str(self._own().CourseDirectory.get("db_url") or f"sqlite:///{self.root / 'gradebook.db'}")

    @property
    def submitted_folder(self) -> Path:
        """What holds a folder a student."""
        return self.submitted or self.root / "submitted"

    def _own(self) -> Config:
        return _settings(self.settings_file) if self.settings_file is not None else Config()

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of one step: `release` and `source` take "." for the student."""
        return self.root / step / student / assignment

    def directory(self, assignment: str, student: str | None = None) -> CourseDirectory:
        """nbgrader's view of one assignment, or of one student's submission of it."""
        directory = CourseDirectory(config=self.config())
        directory.assignment_id = assignment
        directory.student_id = "." if student is None else student
        return directory

    def config(self) -> Config:
        """nbgrader's configuration; raises BadRequest when the course's name is no folder name."""
        c = self._own()
        c.CourseDirectory.root = str(self.root.resolve())
        c.CourseDirectory.course_id = check_name(self.name, "course")
        c.CourseDirectory.db_url = self.db_url
        if self.submitted is not None:
            c.CourseDirectory.submitted_directory = str(self.submitted)
        if self.exchange is not None:
            c.Exchange.root = str(self.exchange.resolve())
            # The default is a folder in the home of whoever runs the service.
            c.ExchangeFactory.release_assignment = "learnflow_grading.release.ServiceRelease"
            c.Exchange.cache = str(self.exchange.resolve() / ".cache")
        _release(c)
        c.FillQuizzes.folder = str(self.root.resolve() / quizzes.FOLDER)
        c.FillQuizzes.course = self.name
        _autograde(c, self.limits, self.sandboxes)
        _html(c)
        return c


def _settings(path: Path) -> Config:
    """What a course's `nbgrader_config.py` sets. Unprocessable when it cannot be read."""
    try:
        own: Config = PyFileConfigLoader(path.name, path=str(path.parent)).load_config()
        return own
    except Exception as error:  # it is code, and may fail in any way
        raise Unprocessable(f"{path.name} cannot be read: {error}") from error


def _release(c: Config) -> None:
    from nbgrader.converters import GenerateAssignment

    stock = GenerateAssignment().preprocessors
    c.GenerateAssignment.preprocessors = [
        "learnflow_grading.release.RefuseUnclear",
        "learnflow_grading.quizzes.FillQuizzes",
        "learnflow_grading.hidden.RememberHidden",
        *stock,
        "learnflow_grading.hidden.RefuseHidden",
    ]
    c.RefuseUnclear.enabled = True
    c.FillQuizzes.enabled = True
    c.RememberHidden.enabled = True
    c.RefuseHidden.enabled = True


def _autograde(c: Config, limits: Limits, sandboxes: str) -> None:
    from nbgrader import preprocessors as stock

    c.Autograde.autograde_preprocessors = [
        "learnflow_grading.trusted.execute.TrustedExecute",
        stock.IgnorePattern,
        stock.LimitOutput,
        stock.SaveAutoGrades,
        stock.AssignLatePenalties,
        stock.CheckCellMetadata,
    ]
    # Once, when all are through, and not after each of them.
    c.Exporter.optimistic_validation = True
    c.LimitOutput.max_lines = 500
    c.LimitOutput.max_traceback = 50
    c.TrustedExecute.sandboxes = sandboxes
    c.TrustedExecute.cell_seconds = limits.cell_timeout
    c.TrustedExecute.total_seconds = limits.total_seconds
    c.TrustedExecute.memory_mb = limits.memory_mb


def execution_config(limits: Limits) -> Config:
    """The part of the configuration that says how cells are run."""
    c = Config()
    c.SandboxedExecute.enabled = True
    c.SandboxedExecute.kernel_manager_class = KERNEL_MANAGER
    c.SandboxedExecute.cell_seconds = limits.cell_timeout
    c.SandboxedExecute.total_seconds = limits.total_seconds
    c.SandboxedExecute.output_bytes = limits.output_bytes
    c.SandboxedExecute.flood_bytes = limits.flood_bytes
    c.SandboxProvisioner.memory_mb = limits.memory_mb
    c.SandboxProvisioner.run_as_uid = GRADER_UID
    return c


def _html(c: Config) -> None:
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "learnflow_grading.feedback.ForStudents",
        "learnflow_grading.clean.CleanNotebook",
    ]
    c.ForStudents.enabled = True
    c.CleanNotebook.enabled = True
    c.GenerateFeedback.exporter_class = "learnflow_grading.feedback.FeedbackExporter"
    c.FeedbackExporter.template_name = "learnflow_feedback"
    c.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
    c.FeedbackExporter.filters = {"markdown2html": "learnflow_grading.clean.markdown_to_html"}


def put_environment_on_path() -> None:
    """Let nbgrader find `alembic`, which it runs by name when it makes a gradebook."""
    bin_dir = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    if bin_dir not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(part for part in (bin_dir, path) if part)
