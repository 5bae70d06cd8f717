"""`learnflow/quiz` on a real student's server: answers go to the service, and its word comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from learnflow_ext.contracts.errors import Problem

if TYPE_CHECKING:
    from tests.integration.server.conftest import Script, Server

WHERE = {"course": "py", "assignment": "one"}


def body(**more: Any) -> dict[str, Any]:
    return {**WHERE, "question": "sum", "choices": ["2"], **more}


async def test_an_answer_is_judged_by_the_service_and_shown_again(server: Server, service: Script) -> None:
    assert await server.json("GET", "learnflow/quiz?course=py&assignment=one") == {"answers": []}
    answer = await server.call("POST", "learnflow/quiz", body=body(right=False, first_right=False))
    assert answer.code == 200
    assert msgspec.json.decode(answer.body)["right"] is True
    view = await server.json("GET", "learnflow/quiz?course=py&assignment=one")
    assert [one["choices"] for one in view["answers"]] == [["2"]]


async def test_what_cannot_be_an_answer_never_reaches_the_service(server: Server, service: Script) -> None:
    refused: list[tuple[Any, int]] = [
        ("{", 400),
        ([], 400),
        (body(choices="2"), 400),
        (body(choices=["x"] * 11), 400),
        (body(choices=["x" * 301]), 400),
        (body(question="x" * 300), 400),
        (body(course=""), 400),
        (body(assignment="x" * 300), 400),
        (body(choices=["x" * 2**20]), 413),
    ]
    for sent, code in refused:
        answer = await server.call("POST", "learnflow/quiz", body=sent)
        assert answer.code == code, str(sent)[:80]
        assert msgspec.json.decode(answer.body, type=Problem).message
    assert (await server.call("GET", "learnflow/quiz?course=py")).code == 400
    assert service.answered == []


async def test_the_services_refusal_and_its_absence_are_sentences(server: Server, service: Script) -> None:
    service.problem = (403, Problem(code="forbidden", message="There is an exam now."))
    answer = await server.call("POST", "learnflow/quiz", body=body())
    assert (answer.code, b"There is an exam now." in answer.body) == (403, True)
    service.problem = None
    service.down = True
    answer = await server.call("POST", "learnflow/quiz", body=body())
    assert answer.code == 503
    assert b"Try again in a minute" in answer.body
    service.down = False
    answer = await server.call("POST", "learnflow/quiz", body=body(), Authorization="token nobody")
    assert answer.code in (302, 403)
    assert service.answered == []
