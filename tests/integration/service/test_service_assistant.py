"""An assistant grades: sees all work, alerts and grades, and changes nothing for the class as a whole."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, graded, problem
from stub_hub import COURSE, Hub
from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, websocket_connect

from learnflow_ext.contracts.grades import CourseView, SubmissionView
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.service.running import RunningService

HAND_IN = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"


async def submitted(ask: Client, service: RunningService) -> str:
    view = msgspec.json.decode((await ask(HAND_IN, "ada", body=SOLVED)).body, type=SubmissionView)
    await graded(service, view.submission_id)
    return view.submission_id


async def listens(ask: Client, who: str, after: str) -> WebSocketClientConnection:
    """A socket that is told events."""
    url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}&after={after}"
    headers = HTTPHeaders({"Authorization": f"token {ask.hub.token(who)}"})
    socket = await websocket_connect(HTTPRequest(url, headers=headers))
    assert "hello" in str(await asyncio.wait_for(socket.read_message(), 20))
    return socket


async def question(socket: WebSocketClientConnection) -> str:
    """The first message about a question."""
    while True:
        message = str(await asyncio.wait_for(socket.read_message(), 20))
        if msgspec.json.decode(message).get("what") == "question":
            return message


async def test_sees_work_and_grades_and_no_button_that_is_the_teachers(
    ask: Client, hub: Hub, service: RunningService
) -> None:
    hub.add("asa", f"assistant-{COURSE}")
    submission = await submitted(ask, service)
    for path in (f"submissions/{submission}", f"submissions/{submission}/feedback", "scores", "feed"):
        assert (await ask(f"api/courses/{COURSE}/{path}", "asa")).code == 200
    own = msgspec.json.decode((await ask("api/courses", "asa")).body, type=list[CourseView])
    assert own == [CourseView(course=COURSE, role="assistant")]
    shown = {}
    for who in ("asa", "teacher"):
        pages = [await ask(f"courses/{COURSE}{path}", who) for path in ("", "/grading", "/students/ada")]
        assert {page.code for page in pages} == {200}
        shown[who] = b"".join(page.body for page in pages).decode()
    for words in ("Open the formgrader", "Regrade all", f"courses/{COURSE}/errors", "/conversations"):
        assert words in shown["teacher"]
        assert words not in shown["asa"]


async def test_does_not_read_what_a_student_and_the_tutor_write_to_each_other(
    ask: Client, hub: Hub, service: RunningService
) -> None:
    hub.add("asa", f"assistant-{COURSE}")
    live = {who: await listens(ask, who, "now") for who in ("asa", "teacher")}
    asked = HelpRequest(text="What is a zebra list?", course=COURSE, assignment=ASSIGNMENT)
    assert (await ask("api/help", "ada", body=asked)).code == 200
    page = f"courses/{COURSE}/students/ada"
    for who, reads in (("asa", False), ("teacher", True)):
        for path in (f"api/courses/{COURSE}/feed", f"courses/{COURSE}", f"courses/{COURSE}/feed", page):
            shown = (await ask(path, who)).body.decode()
            assert ("asked the tutor" in shown, "zebra" in shown) == (True, reads), (who, path)
        assert ("got an answer: " in (await ask(page, who)).body.decode()) == reads, who
        # As it happens, and to who comes later and hears of it from the log.
        for socket in (live[who], await listens(ask, who, "0")):
            said = await question(socket)
            assert ("asked the tutor" in said, "zebra" in said) == (True, reads), (who, said)
            socket.close()
            while await socket.read_message() is not None:
                pass


async def test_who_was_a_teacher_is_told_less_from_then_on(
    ask: Client, hub: Hub, service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learnflow_ext.service.handlers.live.STILL_ALLOWED_SECONDS", 0.05)
    service.parts.people._seconds = 0
    socket = await listens(ask, "teacher", "now")
    hub.add("teacher", f"assistant-{COURSE}")
    hub.groups[f"formgrade-{COURSE}"].discard("teacher")
    assert await asyncio.wait_for(socket.read_message(), 5) is None
    assert socket.close_code == 1013, "to connect again"
    socket.close()


async def test_what_is_the_teachers_alone_says_so(ask: Client, hub: Hub) -> None:
    hub.add("asa", f"assistant-{COURSE}")
    refused = await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/regradings", "asa", raw=b"{}")
    assert refused.code == 403
    assert "teachers of the course alone" in problem(refused).message
    assert (await ask("api/execute", "asa", body={"cells": ["1"]})).code == 403


async def test_who_leaves_loses_access(ask: Client, hub: Hub, service: RunningService) -> None:
    hub.add("asa", f"assistant-{COURSE}")
    assert (await ask(f"courses/{COURSE}", "asa")).code == 200
    hub.groups[f"assistant-{COURSE}"].discard("asa")
    # As after the seconds for which the hub's word is remembered.
    service.parts.people._known.clear()
    assert (await ask(f"courses/{COURSE}", "asa")).code == 403
    assert (await ask(f"api/courses/{COURSE}/scores", "asa")).code == 403
