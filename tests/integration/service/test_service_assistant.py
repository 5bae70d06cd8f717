"""An assistant grades: sees all work, alerts and grades, and changes nothing for the class as a whole."""

from __future__ import annotations

import msgspec
from served import ASSIGNMENT, SOLVED, Client, graded, problem
from stub_hub import COURSE, Hub

from learnflow_ext.contracts.grades import CourseView, SubmissionView
from learnflow_ext.service.running import RunningService

HAND_IN = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"


async def submitted(ask: Client, service: RunningService) -> str:
    view = msgspec.json.decode((await ask(HAND_IN, "ada", body=SOLVED)).body, type=SubmissionView)
    await graded(service, view.submission_id)
    return view.submission_id


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
