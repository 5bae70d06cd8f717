"""What a submission is worth, honest or broken, in the real sandbox."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.course import Course, Limits
from learnflow_grading.trusted.execute import TrustedExecute
from learnflow_grading.trusted.runtime import close_all
from nbformat import v4 as nbf
from nbgrader.preprocessors import SaveAutoGrades
from sqlalchemy.exc import OperationalError

from learnflow_ext.contracts.errors import BadRequest, NotFound, TooLarge, Unavailable

from .conftest import HIDDEN_SECRET, Classroom, Submit

LOOP = "def total(numbers):\n    while True:\n        pass"


class TestHonestWork:
    def test_a_full_solution_gets_all_points_and_no_remarks(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        done = submit(classroom.solved())
        record = done.record
        assert (record.status, record.score, record.max_score) == ("graded", 6, 6)
        assert not record.needs_review
        assert record.message == ""
        assert [cell.message for cell in record.cells] == ["", "", ""]
        assert [cell.name for cell in record.cells] == ["test_square", "test_hello", "test_total"]
        assert [page.path for page in record.feedback] == ["warmup.html"]
        assert "What to look at" not in done.page(), "an empty column asks what is missing"

    def test_one_wrong_answer_costs_its_points_only_and_says_which_check(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        done = submit(classroom.solved(hello="def hello(name):\n    return name"))
        assert done.record.score == 5
        assert 'assert hello("Ada") == "Hello Ada"' in done.cell("test_hello").message
        assert "What to look at" in done.page()

    @pytest.mark.parametrize("magic", ["%%visualize", "\n%%visualize  "])
    def test_an_answer_under_visualize_counts_as_it_stands(
        self, classroom: Classroom, submit: Submit, magic: str
    ) -> None:
        done = submit(classroom.solved(square=f"{magic}\ndef square(x):\n    return x * x"))
        assert done.record.score == 6
        assert "visualize` not found" not in done.page()

    def test_a_hidden_test_is_counted_and_not_told(self, classroom: Classroom, submit: Submit) -> None:
        done = submit(classroom.solved(square="def square(x):\n    return 4"))
        assert done.cell("test_square").score == 0
        told = done.cell("test_square").message
        assert "hidden test" in told
        assert "17" not in told
        assert "289" not in done.page()
        assert "HIDDEN TESTS" not in done.page()

    def test_an_untouched_notebook_gets_nothing_and_is_no_case_for_review(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        done = submit(classroom.handed_out())
        assert done.record.score == 0
        assert not done.record.needs_review
        assert "no answer here yet" in done.cell("test_hello").message

    def test_another_attempt_replaces_the_first(self, classroom: Classroom, submit: Submit) -> None:
        assert submit(classroom.handed_out()).record.score == 0
        assert submit(classroom.solved()).record.score == 6

    def test_data_files_of_the_assignment_are_there(self, classroom: Classroom, submit: Submit) -> None:
        read = 'assert open("numbers.csv").read() == "1,2,3\\n"'
        total = f"def total(numbers):\n    {read}\n    return sum(numbers)"
        files = {"warmup.ipynb": classroom.solved(total=total), "numbers.csv": b"changed by the student"}
        assert submit(files).record.score == 6

    def test_a_part_marked_by_hand_waits_for_the_teacher(self, classroom: Classroom, submit: Submit) -> None:
        thoughts, code = classroom.handed_out("essay", "thoughts"), classroom.handed_out("essay", "code")
        thoughts.cells[0].source = "Because."
        code.cells[0].source = "def double(x):\n    return x + x"
        done = submit({"thoughts.ipynb": thoughts, "code.ipynb": code}, assignment="essay")
        assert (done.record.score, done.record.max_score) == (1, 5)
        assert done.record.needs_review
        assert "by hand" in done.cell("why").message
        assert "not marked yet" in done.record.feedback[1].content.decode()


class TestLateWork:
    def test_a_share_is_taken_off_everywhere_and_the_student_is_told(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        done = submit(classroom.solved(hello="pass"), late=(0.2, "A day late."))
        assert (done.record.score, done.record.max_score, done.record.penalty) == (4, 6, 1)
        assert (done.record.message, done.record.needs_review) == ("A day late.", False)
        assert "4 of 6 points (1 taken off for lateness)" in done.page()
        with sqlite3.connect(classroom.course.root / "gradebook.db") as database:
            taken = database.execute(
                "select n.late_submission_penalty from submitted_notebook n join submitted_assignment a"
                " on n.assignment_id = a.id where a.student_id = ?", (done.record.student,)
            )  # fmt: skip
            assert taken.fetchall() == [(1.0,)]
        again = submit(classroom.solved())
        assert (again.record.score, again.record.penalty) == (6, 0)


class TestSolvedInAnotherWayThanAsked:
    @pytest.mark.parametrize(
        ("answer", "score", "said"),
        [
            ("def count(xs):\n    n = 0\n    for x in xs: n += x\n    return n", 2, ""),
            ("def count(xs):\n    return sum(xs)", 0, "asks you to use a loop"),
            ("def count(xs):\n    for x in xs: return sum(xs)", 0, "without `sum`"),
            ("def count(xs):\n    return 0", 0, "assert count([1, 2]) == 3"),
        ],
    )
    def test_it_earns_nothing_and_the_sentence_says_why(
        self, classroom: Classroom, submit: Submit, answer: str, score: float, said: str
    ) -> None:
        nb = classroom.handed_out("loops", "loops")
        nb.cells[0].source = answer
        nb.cells[1].metadata.pop("learnflow")  # the rules are the teacher's copy, not this one
        done = submit({"loops.ipynb": nb}, assignment="loops")
        assert (done.record.score, done.record.needs_review) == (score, False)
        assert said in done.cell("test_count").message
        assert said.replace("`", "") in done.page().replace("`", "")


class TestEndlessLoop:
    def test_it_costs_its_own_points_and_the_others_are_graded(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        done = submit(classroom.solved(total=LOOP), limits=Limits(cell_timeout=1.5))
        assert done.record.status == "graded"
        assert (done.cell("test_square").score, done.cell("test_hello").score) == (2, 1)
        assert done.cell("test_total").score == 0
        assert "never ends" in done.cell("test_total").message
        assert done.record.needs_review
        assert "ran too long" in done.record.message

    def test_one_that_cannot_be_interrupted_ends_the_process_not_the_grading(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        deaf = (
            "import signal\ndef hello(name):\n    for n in (2, 14, 27): signal.signal(n, signal.SIG_IGN)\n"
            "    while True: pass"
        )
        done = submit(classroom.solved(hello=deaf), limits=Limits(cell_timeout=1))
        assert done.cell("test_square").score == 2
        assert (done.cell("test_hello").score, done.cell("test_total").score) == (0, 0)
        assert "could not be interrupted" in done.cell("test_hello").message
        assert "not run" in done.cell("test_total").message

    def test_many_of_them_meet_the_budget_of_the_whole_notebook(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        nb = classroom.solved()
        for _ in range(5):
            # A loop whose text does not prove that it never ends: the proof would cut each short.
            nb.cells.insert(1, nbf.new_code_cell("again = lambda: True\nwhile again(): pass"))
        done = submit(nb, limits=Limits(cell_timeout=1, total_seconds=2.5))
        assert done.record.score == 0
        assert "as a whole" in done.record.message
        assert all("as a whole" in cell.message for cell in done.record.cells)


class TestKernelDies:
    @pytest.mark.parametrize("how", ["import os; os._exit(1)", "import os; os.kill(os.getpid(), 9)"])
    def test_tests_that_did_not_run_get_no_points(
        self, classroom: Classroom, submit: Submit, how: str
    ) -> None:
        done = submit(classroom.solved(hello=f"def hello(name):\n    {how}"))
        assert done.cell("test_square").score == 2
        assert done.cell("test_hello").score == 0
        assert done.cell("test_total").score == 0
        assert done.record.needs_review
        assert "kernel stopped" in done.cell("test_hello").message
        assert "was not run" in done.cell("test_total").message

    def test_too_much_memory(self, classroom: Classroom, submit: Submit) -> None:
        greedy = "def hello(name):\n    return 'x' * 2_000_000_000"
        done = submit(classroom.solved(hello=greedy))
        assert done.cell("test_hello").score == 0


class TestHugeOutput:
    def test_fifty_megabytes_reach_neither_disk_nor_page(self, classroom: Classroom, submit: Submit) -> None:
        loud = "def square(x):\n    return x * x\nfor i in range(50):\n    print('x' * 1_000_000)"
        done = submit(classroom.solved(square=loud))
        assert done.record.score == 6
        assert len(done.page()) < 500_000
        graded = classroom.course.folder("autograded", done.record.student, "warmup") / "warmup.ipynb"
        assert graded.stat().st_size < 500_000

    def test_two_hundred_are_stopped_and_the_grader_stays_small(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        loud = "def square(x):\n    return x * x\nfor i in range(200):\n    print('x' * 1_000_000)"
        before = psutil.Process().memory_info().rss
        with peak_memory() as peak:
            done = submit(classroom.solved(square=loud), limits=Limits(cell_timeout=30))
        assert peak() - before < 100_000_000
        # What stands before the flood counts, and so do the other cells.
        assert done.record.score == 6
        assert done.record.needs_review
        assert "printed far too much" in done.record.message
        assert len(done.page()) < 500_000
        graded = classroom.course.folder("autograded", done.record.student, "warmup") / "warmup.ipynb"
        assert graded.stat().st_size < 500_000


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """The most that this process has in memory meanwhile, in bytes."""
    most, over = [0], threading.Event()

    def look() -> None:
        process = psutil.Process()
        while not over.wait(0.01):
            most[0] = max(most[0], process.memory_info().rss)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield lambda: most[0]
    finally:
        over.set()
        looking.join()


class TestTestsTamperedWith:
    def test_deleted_cells_come_back(self, classroom: Classroom, submit: Submit) -> None:
        nb = classroom.solved(total="def total(numbers):\n    return 0")
        nb.cells = [cell for cell in nb.cells if not cell.metadata.nbgrader.grade]
        done = submit(nb)
        assert done.record.score == 3
        assert done.cell("test_total").score == 0

    def test_edited_and_copied_ones_are_restored(self, classroom: Classroom, submit: Submit) -> None:
        nb = classroom.handed_out()
        for cell in list(nb.cells):
            if cell.metadata.nbgrader.grade:
                cell.source = "pass"
                cell.metadata.nbgrader.points = 1000
                nb.cells.append(nbformat.from_dict(json.loads(json.dumps(cell))))
        done = submit(nb)
        assert (done.record.score, done.record.max_score) == (0, 6)

    def test_a_tag_does_not_skip_a_test(self, classroom: Classroom, submit: Submit) -> None:
        nb = classroom.handed_out()
        for cell in nb.cells:
            cell.metadata["tags"] = ["skip-execution", "raises-exception", ""]
        assert submit(nb).record.score == 0

    def test_a_test_turned_into_text_is_code_again(self, classroom: Classroom, submit: Submit) -> None:
        nb = classroom.handed_out()
        for cell in nb.cells:
            cell.cell_type = "markdown"
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
        assert submit(nb).record.score == 0

    def test_another_kernel_in_the_metadata_is_ignored(self, classroom: Classroom, submit: Submit) -> None:
        nb = classroom.solved()
        nb.metadata["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
        nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
        assert submit(nb).record.score == 6

    @pytest.mark.parametrize("value", ["-1", "1000", "float('nan')"])
    def test_a_number_that_the_code_displays_is_no_score(
        self, classroom: Classroom, submit: Submit, value: str
    ) -> None:
        hook = f"import sys\n{{}}\n    sys.displayhook({value})\n    return {{}}"
        done = submit(classroom.solved(hello=hook.format("def hello(name):", "'Hello ' + name")))
        assert done.cell("test_hello").score == 1
        done = submit(classroom.solved(hello=hook.format("def hello(name):", "'Hi'")))
        assert done.cell("test_hello").score == 0


class TestUnreadableNotebook:
    def test_broken_json_is_failed_with_its_name(self, submit: Submit) -> None:
        done = submit({"warmup.ipynb": b'{"cells": ['})
        assert (done.record.status, done.record.score, done.record.max_score) == ("failed", 0, 6)
        assert done.record.needs_review
        assert "warmup.ipynb is damaged" in done.record.message

    def test_a_missing_one_is_failed_with_its_name(self, submit: Submit) -> None:
        done = submit({"other.ipynb": b"{}", "notes.txt": b"x"})
        assert done.record.status == "failed"
        assert "no warmup.ipynb" in done.record.message

    def test_a_broken_one_beside_a_good_one_costs_only_its_own(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        code = classroom.handed_out("essay", "code")
        code.cells[0].source = "def double(x):\n    return x + x"
        done = submit({"thoughts.ipynb": b"\xff", "code.ipynb": code}, assignment="essay")
        assert (done.record.status, done.record.score) == ("graded", 1)
        assert "thoughts.ipynb is damaged" in done.record.message
        assert "missing" in done.cell("why").message

    def test_an_old_format_is_upgraded(self, classroom: Classroom, submit: Submit) -> None:
        old = nbformat.convert(classroom.solved(), 3)
        done = submit({"warmup.ipynb": nbformat.writes(old, version=3).encode()})
        assert done.record.score == 6


class TestOddRequests:
    def test_too_many_files_are_refused(self, submit: Submit) -> None:
        with pytest.raises(TooLarge, match="500 files"):
            submit({f"{n}.txt": b"" for n in range(501)})

    def test_a_name_that_is_no_folder_is_refused(self, classroom: Classroom, tmp_path: Path) -> None:
        for student in ("../ada", "a*", "a/b", "", ".", "{x}"):
            with pytest.raises(BadRequest):
                grade(classroom.course, Submission("id", "warmup", student, tmp_path))

    def test_an_assignment_that_was_never_released_is_not_found(
        self, classroom: Classroom, tmp_path: Path
    ) -> None:
        with pytest.raises(NotFound, match="nothing"):
            grade(classroom.course, Submission("id", "nothing", "ada", tmp_path))

    def test_links_and_a_time_of_the_students_own_are_left_out(
        self, classroom: Classroom, tmp_path: Path
    ) -> None:
        (tmp_path / "warmup.ipynb").write_text(nbformat.writes(classroom.solved()))
        (tmp_path / "passwd").symlink_to("/etc/passwd")
        (tmp_path / "up").symlink_to("/etc")
        (tmp_path / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
        (tmp_path / "submission_secret.txt").write_text("known to me")
        record = grade(classroom.course, Submission("id", "warmup", "linus", tmp_path))
        assert record.score == 6
        placed = classroom.course.folder("submitted", "linus", "warmup")
        ours = {"submission_secret.txt", "timestamp.txt"}
        assert {path.name for path in placed.iterdir()} == ours | {"warmup.ipynb"}
        assert not (placed / "timestamp.txt").read_text().startswith("1999")
        assert (placed / "submission_secret.txt").read_text() != "known to me"


class TestGraderBroken:
    """Not the student's fault: the submission is neither graded nor failed, and is tried again."""

    def test_without_a_sandbox_nothing_runs(
        self, classroom: Classroom, submit: Submit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(uid: int) -> None:
            raise Unavailable("There is no sandbox: install bubblewrap.")

        monkeypatch.setattr("learnflow_kernels.warm.sandboxes.require_sandbox", refuse)
        close_all()
        with pytest.raises(Unavailable, match="install bubblewrap"):
            submit(classroom.solved())

    def test_a_disk_that_is_full(
        self, classroom: Classroom, submit: Submit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(self: TrustedExecute, nb: object, resources: object) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(TrustedExecute, "preprocess", full)
        with pytest.raises(Unavailable, match="was kept"):
            submit(classroom.solved())

    def test_a_gradebook_that_is_gone(
        self, classroom: Classroom, submit: Submit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(self: SaveAutoGrades, nb: object, resources: object) -> None:
            raise OperationalError("SELECT 1", {}, ConnectionError("server closed the connection"))

        with monkeypatch.context() as patched, pytest.raises(Unavailable, match="was kept"):
            patched.setattr(SaveAutoGrades, "preprocess", gone)
            submit(classroom.solved())
        done = submit(classroom.solved()).record
        assert (done.score, done.needs_review) == (done.max_score, False)

    def test_a_submission_that_nbgrader_cannot_take_is_failed_with_a_sentence(
        self, classroom: Classroom, submit: Submit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(self: TrustedExecute, nb: object, resources: object) -> None:
            raise RuntimeError("Inconsistent checksums")

        monkeypatch.setattr(TrustedExecute, "preprocess", fail)
        done = submit(classroom.solved())
        assert (done.record.status, done.record.needs_review) == ("failed", True)
        assert "could not be graded automatically" in done.record.message
        assert "checksums" not in done.record.message


class TestSpying:
    """What the student's code can reach while it is graded: its own data files, and nothing else."""

    def test_nothing_of_the_course_is_visible_or_writable(self, classroom: Classroom, submit: Submit) -> None:
        root = classroom.course.root
        spy = f"""
import os, sqlite3, subprocess
def look():
    found = []
    for path in {[str(root), str(root / "gradebook.db"), str(root / "source"), str(classroom.exchange)]!r}:
        if os.path.exists(path): found.append(path)
    for folder, _, names in os.walk(os.getcwd()):
        found += [n for n in names if n.endswith(".ipynb")]
    try:
        sqlite3.connect({str(root / "gradebook.db")!r}).execute("update grade set manual_score = 99")
        found.append("database")
    except sqlite3.Error:
        pass
    found += [k for k in os.environ if "TOKEN" in k or "JUPYTERHUB" in k]
    if {HIDDEN_SECRET[7:]!r} in subprocess.run("grep -rs 'square(17)' /tmp /home . 2>/dev/null || true",
            shell=True, capture_output=True, text=True).stdout: found.append("hidden test on disk")
    return found
seen = look()
assert not seen, seen
print("saw", seen)
"""
        nb = classroom.solved()
        nb.cells.insert(1, nbf.new_code_cell(spy))
        done = submit(nb)
        assert done.record.score == 6
        assert "saw []" in done.page()
        with sqlite3.connect(root / "gradebook.db") as database:
            assert database.execute("select count(*) from grade where manual_score = 99").fetchone() == (0,)

    def test_hidden_tests_do_not_come_back_through_the_feedback(
        self, classroom: Classroom, submit: Submit
    ) -> None:
        """Code can see the test that calls it; what it prints from then on stays with the teacher."""
        tell = (
            "import sys\n"
            "early = display('early', display_id=True)\n"
            "def square(x):\n"
            "    secret = get_ipython().user_ns['In'][-1]\n"
            "    early.update(secret)\n"
            "    print(secret); print(secret, file=sys.stderr)\n"
            "    raise type(secret.replace('\\n', ' ')[-80:], (Exception,), {})(secret)"
        )
        nb = classroom.solved(square=tell, hello="def hello(name):\n    raise ValueError(In)")
        nb.cells.append(nbf.new_code_cell("print(In)\nprint(''.join(In)[::-1])"))
        done = submit(nb)
        told = done.page() + json.dumps([cell.message for cell in done.record.cells])
        assert "289" not in told
        assert "982" not in told
        assert "total([])" not in told

    def test_the_kernel_is_not_root_and_has_no_network(self, classroom: Classroom, submit: Submit) -> None:
        look = "import os, socket\nprint('uid', os.getuid() != 0, 'nets', socket.if_nameindex())"
        nb = classroom.solved()
        nb.cells.insert(1, nbf.new_code_cell(look))
        assert "uid True nets [(1, 'lo')]" in submit(nb).page()


def test_a_course_may_lie_in_a_folder_with_odd_letters(tmp_path: Path, classroom: Classroom) -> None:
    from learnflow_grading.release import release

    from .conftest import warmup, write_source

    course = Course("python", tmp_path / "Kurs (ü)", tmp_path / "exchange")
    write_source(course.root, "warmup", {"warmup": warmup()})
    assert release(course, "warmup").title == "Warming up"
