"""A small course of the tests' own: visible and hidden tests, one part marked by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import nbformat
import pytest
from formgrader import Server, running
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.blind import BlindCourse, Hidden
from learnflow_grading.course import Course, Limits, put_environment_on_path
from learnflow_grading.gradebooks import keep_gradebooks
from learnflow_grading.release import Released, release
from learnflow_grading.trusted.runtime import close_all
from nbformat import NotebookNode
from nbformat import v4 as nbf

from learnflow_ext.contracts.grades import CellScore, GradeRecord

HERE = Path(__file__).parent

HIDDEN_SECRET = "assert square(17) == 289"
SQUARE = "def square(x):\n    return x * x"
HELLO = 'def hello(name):\n    return "Hello " + name'
TOTAL = "def total(numbers):\n    return sum(numbers)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """nbgrader's queries make SQLAlchemy warn; that is not ours to mend."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"))


def mark(name: str, **more: Any) -> dict[str, Any]:
    """nbgrader's cell metadata."""
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": plain | {"grade_id": name} | more}


def solution(name: str, head: str, body: str) -> NotebookNode:
    """An answer cell with its solution."""
    text = f"{head}\n    ### BEGIN SOLUTION\n    {body}\n    ### END SOLUTION"
    return cast(NotebookNode, nbf.new_code_cell(text, metadata=mark(name, solution=True)))


def checks(name: str, points: float, visible: str, hidden: str = "") -> NotebookNode:
    """A test cell."""
    text = visible
    if hidden:
        text += f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    marks = mark(name, grade=True, locked=True, points=points)
    return cast(NotebookNode, nbf.new_code_cell(text, metadata=marks))


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A notebook for Python."""
    nb = cast(NotebookNode, nbf.new_notebook(cells=list(cells)))
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nb


def write_source(root: Path, assignment: str, notebooks: dict[str, NotebookNode]) -> Path:
    """Put an assignment's source into a course folder."""
    folder = root / "source" / assignment
    folder.mkdir(parents=True, exist_ok=True)
    for name, nb in notebooks.items():
        nbformat.write(nb, folder / f"{name}.ipynb")
    return folder


def warmup() -> NotebookNode:
    """Three exercises, the first and last with hidden tests."""
    return notebook(
        nbf.new_markdown_cell("# Warming up\nThree small functions.", metadata=mark("intro", locked=True)),
        solution("square", "def square(x):", "return x * x"),
        checks("test_square", 2, "assert square(2) == 4", HIDDEN_SECRET),
        solution("hello", "def hello(name):", 'return "Hello " + name'),
        checks("test_hello", 1, 'assert hello("Ada") == "Hello Ada", "greet by name"'),
        solution("total", "def total(numbers):", "return sum(numbers)"),
        checks("test_total", 3, "assert total([1, 2]) == 3", "assert total([]) == 0"),
    )


def essay() -> tuple[NotebookNode, NotebookNode]:
    """One notebook with a part for the teacher, and one with a test."""
    why = nbf.new_markdown_cell("Why?", metadata=mark("why", grade=True, solution=True, points=4))
    return notebook(why), notebook(
        solution("double", "def double(x):", "return 2 * x"),
        checks("test_double", 1, "assert double(4) == 8"),
    )


def loops() -> NotebookNode:
    """One exercise that is to be solved with a loop."""
    test = checks("test_count", 2, "assert count([1, 2]) == 3", "assert count([5]) == 5")
    test.metadata["learnflow"] = {"must_use": ["loop"], "must_not_use": ["sum"], "in": "count"}
    answer = "n = 0\n    for x in xs:\n        n += x\n    return n"
    return notebook(solution("count", "def count(xs):", answer), test)


TRIANGLE = "def triangle(n):\n    return n * (n + 1) / 2"
VECTOR = """class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)
    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)
    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)
    def __abs__(self):
        return (self.x ** 2 + self.y ** 2) ** 0.5"""
ASK = 'def ask():\n    name = input("Name? ")\n    print("Hello", name)\n    return len(name)'


def fortress() -> NotebookNode:
    """What cheats go for: a plain function, a class with operators, input and output."""
    vector_head, *vector_body = VECTOR.split("\n")
    return notebook(
        nbf.new_code_cell("import math\nLIMIT = 10", metadata=mark("prepare", locked=True)),
        solution("triangle", "def triangle(n):", "return n * (n + 1) / 2"),
        checks(
            "test_triangle",
            4,
            "assert triangle(4) == 10\nassert abs(triangle(5) - 15) < 1e-6",
            "assert triangle(10) == 55\nassert triangle(LIMIT + 1) == 66\n"
            "assert math.isclose(triangle(3), 6.0)",
        ),
        solution("vector", vector_head, "\n    ".join(line[4:] for line in vector_body)),
        checks(
            "test_vector",
            2,
            "assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)",
            "assert abs(Vector(3, 4)) == 5",
        ),
        nbf.new_code_cell(
            "### BEGIN SOLUTION\n" + ASK + "\n### END SOLUTION", metadata=mark("ask", solution=True)
        ),
        checks(
            "test_ask",
            2,
            "import io\nfrom contextlib import redirect_stdout\nfrom unittest.mock import patch\n"
            "shown = io.StringIO()\n"
            "with patch('builtins.input', return_value='Ada'), redirect_stdout(shown):\n"
            "    assert ask() == 3\nassert shown.getvalue() == 'Hello Ada\\n'",
        ),
    )


@dataclass(frozen=True)
class Classroom:
    """The course with its assignments released."""

    course: Course
    released: Released
    exchange: Path

    def handed_out(self, assignment: str = "warmup", name: str = "warmup") -> NotebookNode:
        """A notebook as a student gets it."""
        path = self.exchange / "python" / "outbound" / assignment / f"{name}.ipynb"
        return cast(NotebookNode, nbformat.read(path, as_version=4))

    def solved(self, square: str = SQUARE, hello: str = HELLO, total: str = TOTAL) -> NotebookNode:
        """The warm-up with these answers."""
        nb = self.handed_out()
        answers = {"square": square, "hello": hello, "total": total}
        for cell in nb.cells:
            name = cell.metadata.nbgrader.grade_id
            if name in answers:
                cell.source = answers[name]
        return nb


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After the last test here, end the warm sandboxes: the tests that follow count what is left over."""
    if item.path.is_relative_to(HERE) and (nextitem is None or not nextitem.path.is_relative_to(HERE)):
        close_all()


@pytest.fixture(scope="package", autouse=True)
def _as_the_worker() -> Iterator[None]:
    """Gradebooks stay open from one submission to the next, as in the grading process."""
    put_environment_on_path()
    undo = keep_gradebooks()
    yield
    undo()


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """The course, once for all tests: each uses students of its own."""
    root = tmp_path_factory.mktemp("classroom")
    course = Course("python", root / "python", root / "exchange")
    write_source(course.root, "warmup", {"warmup": warmup()})
    first, second = essay()
    write_source(course.root, "essay", {"thoughts": first, "code": second})
    write_source(course.root, "loops", {"loops": loops()})
    release(course, "loops")
    (course.root / "source" / "warmup" / "numbers.csv").write_text("1,2,3\n")
    released = release(course, "warmup")
    release(course, "essay")
    write_source(course.root, "fortress", {"fortress": fortress()})
    release(course, "fortress")
    return Classroom(course, released, root / "exchange")


@pytest.fixture(scope="session")
def formgrader(classroom: Classroom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The course's formgrader, once for all tests; nothing is graded blind at first."""
    root = classroom.course.root
    BlindCourse(root).write(Hidden())
    with running("python", root, classroom.exchange, tmp_path_factory.mktemp("home")) as server:
        yield server


@dataclass(frozen=True)
class Graded:
    """A record, easier to ask."""

    record: GradeRecord

    def cell(self, name: str) -> CellScore:
        """The cell's points."""
        return next(cell for cell in self.record.cells if cell.name == name)

    def page(self) -> str:
        """The first feedback page."""
        return self.record.feedback[0].content.decode()


Submit = Callable[..., Graded]


@pytest.fixture
def submit(classroom: Classroom, tmp_path: Path, request: pytest.FixtureRequest) -> Submit:
    """Hand in files (name to notebook or bytes) as a student of this test's own, and have them graded."""
    student = f"s{abs(hash(request.node.nodeid)):x}"

    def hand_in(
        files: dict[str, NotebookNode | bytes] | NotebookNode,
        *,
        assignment: str = "warmup",
        limits: Limits | None = None,
        late: tuple[float, str] = (0.0, ""),
    ) -> Graded:
        folder = tmp_path / "handed-in"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        given = {"warmup.ipynb": files} if isinstance(files, NotebookNode) else files
        for name, content in given.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        course = Course("python", classroom.course.root, limits=limits or Limits(cell_timeout=5))
        share, note = late
        submission = Submission("id", assignment, student, folder, late_share=share, late_note=note)
        return Graded(grade(course, submission))

    return hand_in
