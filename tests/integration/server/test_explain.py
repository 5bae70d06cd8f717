"""The Explain button's endpoint."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tornado.httpclient import AsyncHTTPClient

if TYPE_CHECKING:
    from tests.integration.server.conftest import OpenChat, Script, Server


def body(name: str, **more: Any) -> dict[str, Any]:
    return {
        "notebook": "py/one/first.ipynb",
        "cellId": "c1",
        "code": "\ntotal = prise * 2",
        "error": {"exception": "NameError", "message": "name 'prise' is not defined", "line": 2},
        "chat": name,
        **more,
    }


async def test_question_and_answer_are_in_the_chat(
    server: Server, service: Script, open_chat: OpenChat
) -> None:
    name = f"{uuid.uuid4().hex}.chat"
    answer = await server.call("POST", "learnflow/explain", body(name))
    assert (answer.code, json.loads(answer.body)) == (202, {"chat": name})
    await wait_until(lambda: len(service.questions) == 1)
    async with open_chat(name) as chat:
        posted = chat.frames[0]["messages"][0]
        assert posted["body"] == "Explain the error in the cell `total = prise * 2` of first.ipynb: NameError"
        assert not chat.frames[0]["users"][posted["sender"]].get("bot")
        if not chat.frames[0]["messages"][1:]:
            await chat.reply()
    [question] = service.questions
    assert question.error is not None
    assert question.error.exception == "NameError"
    assert (question.course, question.assignment, question.cell_id) == ("py", "one", "c1")


async def test_why_is_understood_afterwards(server: Server, service: Script, open_chat: OpenChat) -> None:
    name = f"{uuid.uuid4().hex}.chat"
    async with open_chat(name) as chat:
        await server.call("POST", "learnflow/explain", body(name, cellId="c7"))
        await chat.reply()
        await chat.say("@Debug why?")
        await chat.reply()
    explained, follow_up = service.questions
    assert follow_up.text == "why?"
    assert follow_up.error == explained.error
    assert (follow_up.cell_id, follow_up.notebook) == ("c7", "py/one/first.ipynb")
    assert follow_up.conversation == explained.conversation


async def test_two_clicks_are_two_answers(server: Server, service: Script, open_chat: OpenChat) -> None:
    name = f"{uuid.uuid4().hex}.chat"
    answers = await asyncio.gather(
        *(server.call("POST", "learnflow/explain", body(name, cellId=f"c{n}")) for n in range(2))
    )
    assert [each.code for each in answers] == [202, 202]
    await wait_until(lambda: len(service.questions) == 2)
    assert {question.cell_id for question in service.questions} == {"c0", "c1"}


class TestServiceIsDown:
    async def test_the_sentence_is_in_the_chat(
        self, server: Server, service: Script, open_chat: OpenChat
    ) -> None:
        service.down = True
        name = f"{uuid.uuid4().hex}.chat"
        async with open_chat(name) as chat:
            answer = await server.call("POST", "learnflow/explain", body(name))
            assert answer.code == 202
            assert "cannot be reached just now" in (await chat.reply())[-1]["body"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"chat": "../outside.chat"}, 400),
        ({"chat": "/etc/passwd"}, 400),
        ({"chat": "notes.txt"}, 400),
        ({"error": None}, 400),
        ({"error": {"exception": 3}}, 400),
        ({"notebook": "n" * 5000}, 400),
        ({"code": "x" * 300_000}, 413),
    ],
)
async def test_a_wrong_request_is_a_problem(
    server: Server, service: Script, wrong: dict[str, Any], status: int
) -> None:
    answer = await server.call("POST", "learnflow/explain", body("c.chat", **wrong))
    problem = json.loads(answer.body)
    assert answer.code == status
    assert problem["message"].endswith(".")
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["request_id"] in server.log.read_text()
    assert "Traceback" not in problem["message"]
    assert service.questions == []


async def test_nobody_else_may_ask(server: Server, service: Script) -> None:
    answer = await server.call("POST", "learnflow/explain", body("c.chat"), Authorization="token wrong")
    assert answer.code == 403
    assert json.loads(answer.body)["code"] == "forbidden"
    assert service.questions == []


async def test_another_page_cannot_ask_in_the_students_name(server: Server, service: Script) -> None:
    """A request with the student's cookie and without the page's own token against forgery."""
    page = await AsyncHTTPClient().fetch(f"{server.url}lab?token={server.token}", follow_redirects=False)
    cookies = "; ".join(cookie.split(";")[0] for cookie in page.headers.get_list("Set-Cookie"))
    answer = await AsyncHTTPClient().fetch(
        f"{server.url}learnflow/explain",
        method="POST",
        body=json.dumps(body("c.chat")),
        headers={"Cookie": cookies},
        raise_error=False,
    )
    assert answer.code == 403
    assert json.loads(answer.body)["code"] == "forbidden"
    assert service.questions == []


async def wait_until(true: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - another process says when
            await asyncio.sleep(0.02)
