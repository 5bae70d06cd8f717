"""Markup in every field that somebody can write stays text on every page of the dashboard."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, graded, until
from stub_hub import COURSE, PREFIX, Hub
from traitlets.config import Config

from learnflow_ext.contracts.errors import Unprocessable
from learnflow_ext.contracts.events import ExerciseGenerated
from learnflow_ext.contracts.grades import CodeReview, SubmissionView
from learnflow_ext.contracts.help import CellError, HelpRequest
from learnflow_ext.contracts.runs import RunBatch, RunReport
from learnflow_ext.exercises.exercise import Example, Exercise
from learnflow_ext.service import grading_queue
from learnflow_ext.service.handlers.board import PageHandler
from learnflow_ext.service.handlers.table import TABLE
from learnflow_ext.service.practice_kept import kept
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import courses, practice_reviews, practices

NOT_OURS = ("oauth_callback", "api/docs", "api/redoc", "ws")
"""A sign-in, a page without anybody's words, and no page at all."""


def markup(field: str) -> str:
    """Breaks out of texts, attributes of both quotes, and comments; as an element and as an attribute."""
    return f"\"'--><x-{field} onx=1>{{{{7*7}}}}"


NAME, TEACHER = markup("name"), markup("teacher")
FIELDS = (
    "name", "teacher", "title", "assignment", "question", "asked", "code", "run", "notebook", "note",
    "pattern", "reason", "review", "roster", "find", "answer", "failure", "line", "kind", "task", "statement",
    "call", "result", "starter", "solution", "visible", "hidden", "model", "slip", "refusal",
)  # fmt: skip


def hostile_exercise(number: int) -> Exercise:
    """As a language model, or whoever speaks in its place, could have written it."""
    return Exercise(
        name=f"hostile-{number}",
        topic="loops",
        difficulty=1,
        title=markup("task"),
        statement=markup("statement"),
        examples=(Example(markup("call"), markup("result")),),
        starter=markup("starter"),
        reference=markup("starter") + markup("solution"),
        visible=(markup("visible"),),
        hidden=(markup("hidden"),),
        model=markup("model"),
        slips=(markup("slip"),),
    )


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.wrong: list[str] = []
        self.links: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag.startswith("x-"):
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            # As htmx sees it, an attribute is a program too.
            if name.startswith(("on", "x-", "hx-on")):
                self.wrong.append(f"{name} of <{tag}>")
            self.text += f" {value}"
            if name == "href" and (value or "").startswith(f"{PREFIX}courses/"):
                self.links.add(str(value).partition("#")[0].removeprefix(PREFIX))

    def handle_data(self, data: str) -> None:
        self.text += data


async def seed(ask: Client, service: RunningService, worker: PaperWorker) -> None:
    async def does(path: str, who: str, body: object = None, **form: str) -> Any:
        raw = urlencode(form).encode() if form else None
        answer = await ask(path, who, body=body, raw=raw)
        assert answer.code < 300, (path, answer.code, answer.body)
        return answer

    async with service.parts.db.begin() as conn:
        exercises = [(ASSIGNMENT, "test-greeting", 2.0), (ASSIGNMENT, "test-sum", 8.0)]
        await courses.sync_assignment(conn, COURSE, ASSIGNMENT, markup("assignment"), exercises)
    here: dict[str, Any] = {"course": COURSE, "assignment": ASSIGNMENT, "notebook": markup("notebook")}
    error = CellError(exception="ZeroDivisionError", message=markup("asked"), code=markup("code"))
    questions = (
        HelpRequest(text="", error=error, code=markup("code"), **here),
        HelpRequest(text=f"What does {markup('question')} do?", **here),
        HelpRequest(text=f"/teacher {markup('question')}", code=markup("code"), error=error, **here),
        # The answer shows the line that it is about.
        HelpRequest(text="", agent="review", code=f"l = {markup('line')!r}\nprint(1)\n", **here),
    )
    for question in questions:
        await does("api/help", NAME, question)
    runs = tuple(
        RunReport(
            run_id=f"run-{number}",
            ok=False,
            exception="NameError",
            message=markup("run"),
            duration_ms=1,
            finished_at=time.time(),
            **here,
        )
        for number in range(6)
    )
    await does("api/runs", NAME, RunBatch(runs=runs))
    for number in (1, 2):
        exercise = hostile_exercise(number)
        event = ExerciseGenerated(
            course=COURSE,
            student=NAME,
            name=exercise.name,
            title=exercise.title,
            topic=exercise.topic,
            difficulty=1,
            hand="model",
            model=exercise.model,
        )
        async with service.parts.db.begin() as conn:
            await practices.given(conn, event, assignment=ASSIGNMENT, made_of=kept(exercise), waits=True)
    worker.provisional = markup("review")
    made = await does(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", NAME, SOLVED)
    submission = msgspec.json.decode(made.body, type=SubmissionView).submission_id
    await graded(service, submission)
    path = f"api/courses/{COURSE}/submissions/{submission}/regrade-request"
    await does(path, NAME, {"reason": markup("reason")})
    answered = f"courses/{COURSE}/regrade-requests/{submission}?as=declined"
    await does(answered, TEACHER, answer=markup("answer"))
    # Of the second, nothing came: what the student reads of it.
    worker.failures = [Unprocessable(markup("failure"))]
    made = await does(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", NAME, SOLVED)
    await graded(service, msgspec.json.decode(made.body, type=SubmissionView).submission_id)
    await does(f"courses/{COURSE}/errors", TEACHER, text=markup("note"))
    page = (await does(f"courses/{COURSE}/errors", TEACHER)).body.decode()
    key = re.search(r'<option value="([^"]+)"', page)
    assert key, "there is a pattern to name"
    await does(f"courses/{COURSE}/errors/patterns", TEACHER, pattern=key.group(1), name=markup("pattern"))


async def decided(ask: Client, service: RunningService) -> list[Page]:
    """What a teacher reads who would change an exercise that changed meanwhile, and who refuses it."""
    async with service.parts.db.connect() as conn:
        number = (await practice_reviews.waiting(conn, COURSE, 1))[0].number
    pages = []
    for do, form, code in (
        ("reword", {"statement": markup("other"), "read": "before"}, 422),
        ("refuse", {"reason": markup("refusal")}, 200),
    ):
        path, raw = f"courses/{COURSE}/practice/{number}?do={do}", urlencode(form).encode()
        answer = await ask(path, TEACHER, raw=raw, headers={"HX-Request": "true"})
        assert answer.code == code, answer.body
        pages.append(Page(answer.body.decode()))
    return pages


async def test_nothing_that_anybody_wrote_comes_out_as_markup(
    config: Config,
    start: Any,
    hub: Hub,
    worker: PaperWorker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def review(*_: object) -> CodeReview:
        return CodeReview(lines=2, mistakes=(markup("kind"),), remarks=(markup("kind"),))

    monkeypatch.setattr(grading_queue, "review_of", review)
    hub.add(NAME, f"nbgrader-{COURSE}")
    hub.add(TEACHER, f"formgrade-{COURSE}")
    (tmp_path / "course" / "course.yaml").write_text(f"title: {json.dumps(markup('title'))}\n")
    service = await start()

    async def released() -> bool:
        return bool(service.parts.releases.state == "done")

    await until(released)
    ask = Client(service, hub)
    await seed(ask, service, worker)
    answers = await decided(ask, service)

    names = {"course": COURSE, "student": quote(NAME, safe=""), "regrading": "1"}
    waiting = {
        re.sub(r"\{(\w+)\}", lambda part: names[part.group(1)], route.path)
        for route in TABLE
        if issubclass(route.handler, PageHandler)
        and "GET" in route.methods
        and not route.operations
        and route.path not in NOT_OURS
    }
    waiting |= {f"courses/{COURSE}?{urlencode({'find': markup('find')})}", "nothing/here"}
    seen, wrong, text = set[str](), [], ""
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for who in (TEACHER, NAME):
            answer = await ask(path, who, headers={"Accept": "text/html"})
            assert answer.code in (200, 400, 403, 404), path
            if "text/html" not in answer.headers["Content-Type"]:
                continue
            page = Page(answer.body.decode())
            wrong += [f"{what} on {path}" for what in page.wrong]
            text += page.text
            if len(seen) < 120:
                waiting |= page.links - seen
    for form in (
        {"roster": f'user,role\n"{markup("roster").replace(chr(34), chr(34) * 2)}",student\n'},
        {"roster": f"user\n{markup('roster')}\n"},
        {"user": markup("roster"), "role": "student"},
        {"user": NAME, "role": "teacher"},
    ):
        preview = await ask(
            f"courses/{COURSE}/people/preview",
            TEACHER,
            raw=urlencode(form).encode(),
            headers={"HX-Request": "true"},
        )
        page = Page(preview.body.decode())
        wrong += [f"{what} in a preview of people" for what in page.wrong]
        text += page.text
    ask.http.close()
    wrong += [f"{what} in what is answered to a decision" for page in answers for what in page.wrong]
    text += "".join(page.text for page in answers)
    assert wrong == []
    assert "49" not in re.findall(r"onx=1>(\d+)", text), "no template runs twice"
    # A kind's hyphens are blanks to who reads it.
    seen_fields = text.replace("<x kind", "<x-kind")
    missing = [field for field in FIELDS if f"<x-{field} onx" not in seen_fields]
    assert missing == [], "each was there to be seen"
