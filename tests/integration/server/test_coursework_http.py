"""nbgrader's Assignment List against the student's server."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from learnflow_ext.contracts.errors import Problem
from learnflow_ext.contracts.grades import CourseFile, FileSet
from learnflow_ext.server import news

if TYPE_CHECKING:
    from tests.integration.server.conftest import Script, Server

ONE = {"course_id": "py", "assignment_id": "one"}


@pytest.fixture(autouse=True)
def _empty(server: Server) -> Iterator[None]:
    yield
    shutil.rmtree(server.work / "py" / "one", ignore_errors=True)
    (server.work / "py").mkdir(exist_ok=True)


async def test_fetch_submit_feedback(server: Server, service: Script) -> None:
    assert await server.json("GET", "courses") == {"success": True, "value": ["py"]}
    [row] = (await server.json("GET", "assignments?course_id=py"))["value"]
    assert (row["status"], row["assignment_id"], row["course_id"]) == ("released", "one", "py")

    [row] = (await server.json("POST", "assignments/fetch", ONE))["value"]
    assert row["status"] == "fetched"
    assert row["notebooks"] == [{"notebook_id": "first", "path": "py/one/first.ipynb"}]
    assert json.loads((server.work / "py/one/first.ipynb").read_text())["nbformat"] == 4

    answer = await server.json("POST", "assignments/submit", ONE)
    assert answer["success"]
    [fileset] = service.submitted
    assert [file.path for file in fileset.files] == ["first.ipynb"]
    [_, submitted] = answer["value"]
    assert submitted["status"] == "submitted"
    waits = "waiting to be graded, place 1 in the queue"
    assert submitted["submissions"][0]["timestamp"] == f"2026-01-31 09:30:00 UTC · {waits}"
    assert (await server.json("GET", "learnflow/submissions"))["pending"] is True

    service.graded = True
    polled = await server.json("GET", "learnflow/submissions")
    assert (polled["pending"], polled["submissions"][0]["score"]) == (False, 4.0)
    [_, submitted] = (await server.json("POST", "assignments/fetch_feedback", ONE))["value"]
    [submission] = submitted["submissions"]
    assert submission["timestamp"].endswith("4 of 5 points")
    assert submission["has_local_feedback"] is True
    folder = server.work / submission["local_feedback_path"]
    assert folder == server.work / "py/one/feedback/2026-01-31 09:30:00.123456 UTC"
    assert (folder / "first.html").read_text() == "<p>Well done</p>"
    assert (await server.json("POST", "learnflow/feedback", ONE))["folders"] == [
        submission["local_feedback_path"]
    ]


async def test_open_pages_hear_at_once_of_what_was_taken(server: Server, service: Script) -> None:
    await server.json("POST", "assignments/fetch", ONE)
    async with server.socket("api/events/subscribe") as page:
        refused = await server.json("POST", "assignments/submit", {**ONE, "assignment_id": "two"})
        taken = await server.json("POST", "assignments/submit", ONE)
        assert (refused["success"], taken["success"]) == (False, True)
        heard: dict[str, Any] = {}
        async with asyncio.timeout(10):
            while heard.get("schema_id") != news.HANDED_IN:
                heard = json.loads(await page.read_message() or "")
    assert (heard["course"], heard["assignment"]) == ("py", "one")


async def test_a_students_notebook_is_never_overwritten(server: Server, service: Script) -> None:
    mine = server.work / "py/one/first.ipynb"
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("my own work")
    service.released = FileSet(
        files=(
            CourseFile(path="first.ipynb", content=b"released"),
            CourseFile(path="data/numbers.csv", content=b"1,2"),
        )
    )
    assert (await server.json("POST", "assignments/fetch", ONE))["success"]
    assert mine.read_text() == "my own work"
    assert (server.work / "py/one/data/numbers.csv").read_text() == "1,2"


class TestLinksInTheStudentsFolder:
    async def test_fetch_does_not_write_through_one(self, server: Server) -> None:
        shutil.rmtree(server.work / "py" / "one", ignore_errors=True)
        (server.work / "py" / "one").symlink_to(server.home)
        answer = await server.json("POST", "assignments/fetch", ONE)
        (server.work / "py" / "one").unlink()
        assert (answer["success"], answer["status"]) == (False, 409)
        assert "one is not an ordinary folder" in answer["value"]
        assert not (server.home / "first.ipynb").exists()

    async def test_submit_does_not_read_through_one(self, server: Server, service: Script) -> None:
        home = server.work / "py" / "one"
        home.mkdir(parents=True, exist_ok=True)
        (server.home / "secret").write_text("secret")
        (home / "first.ipynb").symlink_to(server.home / "secret")
        answer = await server.json("POST", "assignments/submit", ONE)
        assert (answer["success"], answer["code"]) == (False, "not_found")
        assert service.submitted == []


class TestServiceSendsAWickedPath:
    @pytest.mark.parametrize("path", ["../../evil.py", "/etc/evil", ".bashrc", "a/../../b", ""])
    async def test_nothing_is_written(self, server: Server, service: Script, path: str) -> None:
        files = (CourseFile(path="good.txt", content=b"1"), CourseFile(path=path, content=b"2"))
        service.released = FileSet(files=files)
        answer = await server.json("POST", "assignments/fetch", ONE)
        assert answer["success"] is False
        assert not (server.work / "py/one/good.txt").exists()


class TestServiceRefusesTheSubmission:
    async def test_its_sentence_is_shown(self, server: Server, service: Script) -> None:
        await server.json("POST", "assignments/fetch", ONE)
        (server.work / "py/one/first.ipynb").write_text("{broken")
        # the listing comes first, so the script refuses all from here on
        service.problem = (422, Problem(code="unprocessable", message="first.ipynb is not a notebook."))
        answer = await server.json("POST", "assignments/submit", ONE)
        assert (answer["success"], answer["value"], answer["status"]) == (
            False,
            "first.ipynb is not a notebook.",
            422,
        )
        assert answer["request_id"] in server.log.read_text()


class TestServiceIsDown:
    async def test_every_list_says_so(self, server: Server, service: Script) -> None:
        service.down = True
        for method, path in (
            ("GET", "courses"),
            ("GET", "assignments?course_id=py"),
            ("POST", "assignments/fetch"),
            ("POST", "assignments/submit"),
        ):
            if path == "courses":
                continue  # what was heard in the last minute counts
            answer = await server.json(method, path, ONE if method == "POST" else None)
            assert answer["success"] is False
            assert "cannot be reached" in answer["value"]
        assert (await server.json("GET", "learnflow/status"))["service"] is False


async def test_a_notebook_that_is_missing_is_named(server: Server, service: Script) -> None:
    answer = await server.json("POST", "assignments/submit", ONE)
    assert "first.ipynb is missing from py/one" in answer["value"]
    assert service.submitted == []


async def test_a_notebook_that_is_too_large_is_named(server: Server, service: Script) -> None:
    (server.work / "py/one").mkdir(parents=True, exist_ok=True)
    with (server.work / "py/one/first.ipynb").open("wb") as file:
        file.truncate(21 << 20)
    answer = await server.json("POST", "assignments/submit", ONE)
    assert answer["status"] == 413
    assert "the limit is 20 MB" in answer["value"]
    assert service.submitted == []


async def test_the_front_end_must_fit(server: Server) -> None:
    assert await server.json("GET", "nbgrader_version?version=0.9.6") == {"success": True}
    assert (await server.json("GET", "nbgrader_version?version=0.5"))["success"] is False


@pytest.mark.parametrize("wrong", [{}, {"course_id": "py"}, [], {"course_id": "..", "assignment_id": "one"}])
async def test_a_wrong_request_is_a_sentence(server: Server, wrong: object) -> None:
    answer = await server.json("POST", "assignments/fetch", wrong)
    assert (answer["success"], answer["code"]) == (False, "bad_request")


class TestValidate:
    """The real program, in a real sandbox."""

    def put(self, server: Server, test: str) -> None:
        home = server.work / "py/one"
        home.mkdir(parents=True, exist_ok=True)
        marks = {"grade": True, "grade_id": "t1", "locked": True, "points": 1, "schema_version": 3}
        cells: list[dict[str, Any]] = [
            {"cell_type": "code", "id": "a", "metadata": {}, "source": "x = 1"},
            {
                "cell_type": "code",
                "id": "b",
                "metadata": {"nbgrader": {**marks, "solution": False, "task": False, "cell_type": "code"}},
                "source": test,
            },
        ]
        for cell in cells:
            cell.update(outputs=[], execution_count=None)
        notebook = {
            "cells": cells,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (home / "first.ipynb").write_text(json.dumps(notebook))

    async def test_a_good_notebook_passes(self, server: Server) -> None:
        self.put(server, "assert x == 1")
        answer = await server.json("POST", "assignments/validate", {"path": "py/one/first.ipynb"})
        assert answer["success"], answer
        assert "failed" not in answer["value"]

    async def test_a_failing_test_is_shown_and_its_markup_is_text(self, server: Server) -> None:
        self.put(server, "assert x == 2, '<img src=x onerror=alert(1)>'")
        answer = await server.json("POST", "assignments/validate", {"path": "py/one/first.ipynb"})
        assert answer["success"], answer
        [failed] = answer["value"]["failed"]
        assert "x == 2" in failed["source"]
        assert "&lt;img" in failed["error"]
        assert "<img" not in failed["error"]

    async def test_a_cell_has_the_time_that_it_has_when_it_is_graded(
        self, server: Server, service: Script
    ) -> None:
        self.put(server, "import time\ntime.sleep(2)\nassert x == 1")
        path = {"path": "py/one/first.ipynb"}
        service.cell_seconds = 0.5
        answer = await server.json("POST", "assignments/validate", path)
        assert "ran too long" in answer["value"]["failed"][0]["error"]
        service.cell_seconds = 8.0
        answer = await server.json("POST", "assignments/validate", path)
        assert (answer["success"], answer["value"]) == (True, {})

    async def test_broken_json_is_a_sentence(self, server: Server) -> None:
        (server.work / "py/one").mkdir(parents=True, exist_ok=True)
        (server.work / "py/one/first.ipynb").write_text("{broken")
        answer = await server.json("POST", "assignments/validate", {"path": "py/one/first.ipynb"})
        assert (answer["success"], answer["status"]) == (False, 422)
        assert "Traceback" not in answer["value"]

    @pytest.mark.parametrize(
        "path", ["../x.ipynb", "/etc/passwd", "py/one/none.ipynb", "nbgrader_config.py", ""]
    )
    async def test_what_is_no_notebook_is_refused(self, server: Server, path: str) -> None:
        answer = await server.json("POST", "assignments/validate", {"path": path})
        assert answer["success"] is False
        assert answer["status"] in (400, 404)
        assert not server.marker.exists()
