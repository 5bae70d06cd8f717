"""The formgrader's server: shows submissions, runs nothing of theirs, and does nothing else."""

from __future__ import annotations

import copy
import json
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pytest
from formgrader import TOKEN, Server
from learnflow_grading.autograde import Submission, grade
from learnflow_grading.clean import clean_html
from nbformat import NotebookNode
from nbformat import v4 as nbf
from playwright.sync_api import Dialog, Request, sync_playwright

from .conftest import HIDDEN_SECRET, Classroom, warmup, write_source

HOSTILE_MARKDOWN = (
    "<script>alert('md')</script> [x](javascript:alert(1)) <img src=x onerror=alert(2)>"
    " ![far](http://198.51.100.1/x.png) <style>body{display:none}</style> <b class='full-credit'>b</b>"
)
HOSTILE_CODE = """
from IPython.display import HTML, Javascript, SVG, Markdown, display
display(HTML("<script>alert('html')</script><img src=x onerror=alert(3)>"))
display(HTML("<iframe src=javascript:alert(4)></iframe>"))
display(Javascript("alert('js')"))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(5)"><script>alert(6)</script></svg>'))
display(Markdown("[a](javascript:alert(7))<script>alert(8)</script>"))
display({"text/latex": "<script>alert(9)</script>"}, raw=True)
display({"image/png": "iVBORw0KGgo="}, raw=True, metadata={"image/png": {"width": "1 onload=alert(10)"}})
display({"application/vnd.jupyter.widget-view+json": {"model_id": "</script><script>alert(11)"}}, raw=True)
print("<script>alert(12)</script>")
"""


@pytest.fixture(scope="module")
def mallory(classroom: Classroom, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A student whose submission is full of traps."""
    nb = classroom.solved()
    nb.cells.insert(
        1, nbf.new_raw_cell("<script>alert('raw')</script>", metadata={"raw_mimetype": "text/html"})
    )
    nb.cells.insert(1, nbf.new_markdown_cell(HOSTILE_MARKDOWN))
    nb.cells.insert(1, nbf.new_code_cell(HOSTILE_CODE))
    nb.metadata["title"] = "</title><script>alert('title')</script>"
    folder = tmp_path_factory.mktemp("mallory")
    (folder / "warmup.ipynb").write_text(nbformat.writes(nb))
    (folder / "evil.html").write_text("<script>alert('file')</script>")
    (folder / "nbgrader_config.py").write_text("open('/tmp/learnflow-config-ran', 'w')")
    record = grade(classroom.course, Submission("m", "warmup", "mallory", folder))
    assert [page.path for page in record.feedback] == ["warmup.html"]
    (folder / "feedback.html").write_bytes(record.feedback[0].content)
    return str(folder / "feedback.html")


@pytest.fixture(scope="module")
def server(formgrader: Server, mallory: str) -> Server:
    """The formgrader, with the traps in its course."""
    return formgrader


class TestPages:
    def test_they_are_there_and_may_be_framed_by_ourselves_only(self, server: Server) -> None:
        for path in ("/formgrader", "/formgrader/manage_assignments", "/formgrader/gradebook/warmup/warmup"):
            page = server.get(path)
            assert page.status == 200
            assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
        assert json.loads(server.get("/formgrader/api/assignments").text)[-1]["name"] == "warmup"

    def test_strangers_see_nothing(self, server: Server) -> None:
        answer = server.get("/formgrader/api/assignments", token="wrong")
        assert "warmup" not in answer.text
        assert "Password or token" in answer.text

    def test_a_folder_in_the_address_is_not_run(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "nbgrader_config.py").write_text(f"open({str(tmp_path / 'trap')!r}, 'w')")
        assert server.get(f"/formgrader?path={tmp_path}").status == 200
        assert server.get("/formgrader/api/assignments").status == 200
        assert not (tmp_path / "trap").exists()

    @pytest.mark.parametrize(
        "path",
        [
            "/api/contents",
            "/api/kernels",
            "/api/kernelspecs",
            "/api/sessions",
            "/api/terminals",
            "/files/gradebook.db",
            "/files/autograded/mallory/warmup/evil.html",
            "/nbconvert/html/autograded/mallory/warmup/warmup.ipynb",
            "/lab",
            "/tree",
            "/assignments",
            "/mcp",
        ],
    )
    def test_there_is_nothing_else(self, server: Server, path: str) -> None:
        assert server.get(path).status in (403, 404, 405)


class TestAddressThatClimbsOutOfTheCourse:
    """nbgrader makes, replaces and deletes folders by the names in its addresses, as whoever runs the hub."""

    @pytest.mark.parametrize("climb", ["..%2f..%2fclimbed", "..%2F..%2Fclimbed", "%2e%2e%2f%2E%2E%2fclimbed"])
    def test_no_folder_is_made_elsewhere(self, server: Server, classroom: Classroom, climb: str) -> None:
        assert server.get(f"/formgrader/api/assignment/{climb}", method="PUT").status == 404
        assert not list(classroom.course.root.parent.glob("**/climbed"))
        assert "climbed" not in server.get("/formgrader/api/assignments").text

    def test_no_folder_elsewhere_is_replaced_or_deleted(self, server: Server, classroom: Classroom) -> None:
        other = classroom.exchange.parent / "others"
        other.mkdir()
        (other / "work.txt").write_text("mine")
        for name in ("..%2f..%2f..%2fothers", "..", "%2e%2e", ".", "..%5cothers", "x%00"):
            for action in ("unrelease", "release", "assign", "collect"):
                answer = server.get(f"/formgrader/api/assignment/{name}/{action}", method="POST")
                assert answer.status in (404, 405), (name, action)
            for action in ("autograde", "generate_feedback"):
                path = f"/formgrader/api/submission/warmup/{name}/{action}"
                assert server.get(path, method="POST").status in (404, 405), (name, action)
        assert (other / "work.txt").read_text() == "mine"

    def test_beside_a_submission_lie_its_own_files_alone(
        self, server: Server, classroom: Classroom, mallory: str
    ) -> None:
        page = server.submission("mallory")
        for path in (classroom.course.root / "gradebook.db", *classroom.course.root.glob("source/*/*.ipynb")):
            assert path.is_file()
            assert server.get(f"{page}{path}").status == 404, path

    def test_two_dots_in_a_name_are_just_a_name(self, server: Server, mallory: str) -> None:
        assert server.get("/formgrader/api/submission/warmup/a..b").status == 200


class TestLinkSentToATeacher:
    """nbgrader writes names of the address into its pages as they are."""

    @pytest.mark.parametrize(
        "page",
        [
            "manage_submissions/{}",
            "gradebook/{}",
            "gradebook/{}/{}",
            "manage_students/{}",
            "manage_students/{}/{}",
        ],
    )
    @pytest.mark.parametrize("trap", ['";alert(1);"', "<img src=x onerror=alert(1)>", "<script>alert(1)"])
    def test_its_script_is_only_text(self, server: Server, page: str, trap: str) -> None:
        answer = server.get("/formgrader/" + page.format(quote(trap), quote(trap)))
        assert trap not in answer.text


class TestHostileSubmission:
    def test_a_file_of_the_students_is_downloaded_and_not_shown(self, server: Server, mallory: str) -> None:
        answer = server.get(server.submission("mallory") + "evil.html")
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")

    def test_in_a_browser_nothing_of_it_runs_or_loads(self, server: Server, mallory: str) -> None:
        ran: list[str] = []
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(extra_http_headers={"Authorization": f"token {TOKEN}"})

            def dismissed(dialog: Dialog) -> None:
                ran.append(dialog.message)
                dialog.dismiss()

            def loaded(request: Request) -> None:
                if not request.url.startswith((server.base, "data:", "file:")):
                    ran.append(request.url)

            page.on("dialog", dismissed)
            page.on("pageerror", lambda error: ran.append(f"error: {error}"))
            page.on("request", loaded)
            page.goto(server.base + server.submission("mallory"))
            page.wait_for_timeout(700)
            assert page.locator("input.score").count() == 3
            assert page.locator("text=BEGIN HIDDEN TESTS").count() > 0
            assert page.locator("b.full-credit").count() == 0
            page.goto(f"file://{mallory}")
            page.wait_for_timeout(300)
            assert page.locator("text=6 of 6 points").count() == 1
            browser.close()
        assert ran == []

    def test_nor_does_the_feedback_hold_any_markup_of_the_students(self, mallory: str) -> None:
        page = Path(mallory).read_text()
        assert "<script" not in page
        assert "<iframe" not in page
        assert "198.51.100.1" not in page.replace("![far](http://198.51.100.1/x.png)", "")
        assert "Content-Security-Policy" in page
        assert clean_html("<b>x</b>") == "<b>x</b>"


class TestGenerateWhatCannotBeReleased:
    """nbgrader deletes the students' version first, and looks at the sources afterwards."""

    def test_it_says_why_and_what_students_have_stays(self, server: Server, classroom: Classroom) -> None:
        root = classroom.course.root
        made = root / "release" / "again" / "nb.ipynb"

        def generate(nb: NotebookNode) -> dict[str, Any]:
            write_source(root, "again", {"nb": nb})
            answer = server.get("/formgrader/api/assignment/again/assign", method="POST")
            found: dict[str, Any] = json.loads(answer.text)
            return found

        assert generate(warmup())["success"] is True
        before = made.read_bytes()
        foreign = warmup()
        foreign.metadata["kernelspec"] = {"name": "ir", "display_name": "R 4.3", "language": "R"}
        said = generate(foreign)
        assert (said["success"], made.read_bytes() == before) == (False, True)
        assert said["error"] == (
            "nb.ipynb is for R 4.3. Only Python notebooks are graded here, so it was not released."
        )
        # What only nbgrader finds.
        twice = warmup()
        twin = copy.deepcopy(twice.cells[1])
        twin.id = "another"
        twice.cells.append(twin)
        assert (generate(twice)["success"], made.read_bytes() == before) == (False, True)
        # A hidden test that lies about in a data file, which students get too.
        notes = root / "source" / "again" / "notes.md"
        notes.write_text(f"For teachers: \n{HIDDEN_SECRET}\n")
        said = generate(warmup())
        assert (said["success"], made.read_bytes() == before) == (False, True)
        assert said["error"].startswith("notes.md was not released: this line belongs to a hidden test")
        assert not made.with_name("notes.md").exists()
        notes.unlink()
        assert generate(warmup())["success"] is True


def test_the_graders_buttons_work_and_use_the_sandbox(server: Server, classroom: Classroom) -> None:
    before = (classroom.course.folder("autograded", "mallory", "warmup") / "warmup.ipynb").stat().st_mtime_ns
    request = urllib.request.Request(
        f"{server.base}/formgrader/api/submission/warmup/mallory/autograde",
        method="POST",
        headers={"Authorization": f"token {TOKEN}"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        assert json.loads(reply.read())["success"] is True
    after = (classroom.course.folder("autograded", "mallory", "warmup") / "warmup.ipynb").stat().st_mtime_ns
    assert after > before


def test_a_submission_that_a_teacher_runs_sees_neither_gradebook_nor_token(
    server: Server, classroom: Classroom, tmp_path: Path
) -> None:
    root = classroom.course.root
    places = [str(path) for path in (root, root / "gradebook.db", root / "source", classroom.exchange)]
    spy = (
        f"import os\nseen = [path for path in {places!r} if os.path.exists(path)]\n"
        "seen += [key for key in os.environ if 'TOKEN' in key or 'COURSE' in key or 'HUB' in key]\n"
        "for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "    try:\n        told = open(f'/proc/{pid}/environ').read() + open(f'/proc/{pid}/cmdline').read()\n"
        "    except OSError:\n        continue\n"
        "    seen += [pid] * ('JUPYTERHUB' in told or 'for-the-test' in told)\n"
        "print('saw', seen)"
    )
    nb = classroom.solved()
    nb.cells.insert(1, nbf.new_code_cell(spy))
    (tmp_path / "warmup.ipynb").write_text(nbformat.writes(nb))
    grade(classroom.course, Submission("y", "warmup", "yuri", tmp_path))
    ran = classroom.course.folder("autograded", "yuri", "warmup") / "warmup.ipynb"
    ran.unlink()
    answer = server.get("/formgrader/api/submission/warmup/yuri/autograde", method="POST")
    assert json.loads(answer.text)["success"] is True
    (shown,) = [cell for cell in nbformat.read(ran, as_version=4).cells if "print('saw'" in cell.source]
    assert shown.outputs[0].text == "saw []\n"


def test_the_feedback_buttons_work(server: Server, mallory: str) -> None:
    for action in ("generate_feedback", "release_feedback"):
        answer = server.get(f"/formgrader/api/assignment/warmup/mallory/{action}", method="POST")
        assert json.loads(answer.text)["success"] is True, answer.text
