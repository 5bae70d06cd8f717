"""The service keeps what its description promises, for requests that nobody thought of."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from served import Client
from stub_hub import PREFIX

from learnflow_ext.service.handlers.table import TABLE

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
EXAMPLES = 5
"""Requests made up for each operation."""


async def test_made_up_requests_get_the_answers_that_are_described(ask: Client, tmp_path: Path) -> None:
    token = ask.hub.token("teacher")
    description = tmp_path / "openapi.json"
    description.write_bytes((await ask("api/openapi.json")).body)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", str(description)),
        f"--url={ask.base.rstrip('/')}",
        f"--header=Authorization: token {token}",
        f"--checks={','.join(CHECKS)}",
        f"--max-examples={EXAMPLES}",
        "--phases=fuzzing",
        "--generation-deterministic",
        "--no-color",
        "--request-timeout=30",
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    described = sum(len(route.operations) for route in TABLE)
    assert f"{described} selected / {described} total" in said


async def test_the_page_shows_every_operation_and_shape(ask: Client) -> None:
    page = (await ask("api/docs", headers={"Accept": "text/html"})).body.decode()
    assert "POST /api/help" in page
    assert 'id="HelpRequest"' in page
    assert "For teachers of the course." in page
    assert "<script" not in page


async def test_redocs_page_may_less_than_others_but_for_styles(ask: Client) -> None:
    answer = await ask("api/redoc", headers={"Accept": "text/html"})
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert "worker-src" not in policy
    page = answer.body.decode()
    assert f'spec-url="{PREFIX}api/openapi.json"' in page
    assert (
        f'href="{PREFIX}api/redoc"' in (await ask("api/docs", headers={"Accept": "text/html"})).body.decode()
    )
    # Everybody else's policy is as it was.
    assert "unsafe-inline" not in (await ask("api/docs")).headers["Content-Security-Policy"]
