"""Code that teachers run through the service."""

from __future__ import annotations

import msgspec
from served import Client, problem

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.runner import ExecuteRequest, RunResult


async def test_a_teacher_runs_code_in_a_sandbox(ask: Client) -> None:
    body = ExecuteRequest(
        cells=(
            "import os\nx = open('n.txt').read()",
            "print(x, 'JUPYTERHUB_API_TOKEN' in os.environ)\n1 / 0",
        ),
        files=(CourseFile(path="n.txt", content=b"42"),),
    )
    response = await ask("api/execute", "teacher", body=body)
    assert response.code == 200
    result = msgspec.json.decode(response.body, type=RunResult)
    assert (result.stdout, result.limit) == ("42 False\n", None)
    assert result.error is not None
    assert (result.error.exception, result.error.line) == ("ZeroDivisionError", 2)


async def test_an_endless_loop_is_an_answer_too(ask: Client) -> None:
    response = await ask("api/execute", "teacher", body=ExecuteRequest(cells=("while True: pass",)))
    result = msgspec.json.decode(response.body, type=RunResult)
    assert (response.code, result.limit) == (200, "time")
    assert "5 seconds" in result.message


async def test_nobody_else_does(ask: Client) -> None:
    for who in ("ada", "eve", "root"):
        response = await ask("api/execute", who, body=ExecuteRequest(cells=("1",)))
        assert response.code == 403, who
        assert "Only teachers" in problem(response).message


async def test_requests_that_do_not_fit(ask: Client) -> None:
    outside = ExecuteRequest(cells=("1",), files=(CourseFile(path="../x", content=b""),))
    assert (await ask("api/execute", "teacher", body=outside)).code == 400
    assert (await ask("api/execute", "teacher", raw=b"{}")).code == 400
    assert (await ask("api/execute", "teacher", raw=b" " * 1_100_000)).code == 413
