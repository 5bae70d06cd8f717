"""A token of an outside client at the real service: who it names, and what the hub says they may do."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
from served import ASSIGNMENT, SOLVED, Client, problem
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.service.running import RunningService

SECRET = "a shared secret that is long enough, really"


def bearer(name: str, **more: Any) -> dict[str, str]:
    now = int(time.time())
    found = {
        "iss": "https://id.school",
        "aud": "learnflow",
        "sub": name,
        "iat": now,
        "exp": now + 300,
        **more,
    }
    return {"Authorization": f"Bearer {jwt.encode(found, SECRET, algorithm='HS256')}"}


async def test_names_a_person_whose_rights_are_the_hubs(
    config: Config, hub: Hub, start: Callable[[], Awaitable[RunningService]], tmp_path: Path
) -> None:
    secret = tmp_path / "jwt-secret"
    secret.write_text(f"{SECRET}\n")
    config.LearnFlowJwt.issuer = "https://id.school"
    config.LearnFlowJwt.secret_file = str(secret)
    service = await start()
    ask = Client(service, hub)
    scores, courses = f"api/courses/{COURSE}/scores", "api/courses"

    async def code(path: str, headers: dict[str, str], **sent: Any) -> int:
        return (await ask(path, headers=headers, **sent)).code

    assert await code(scores, bearer("teacher")) == 200
    assert await code(scores, bearer("ada")) == 403
    # What a token says of groups is nothing.
    assert (
        await code(scores, bearer("ada", groups=[f"formgrade-{COURSE}"], role="teacher", admin=True)) == 403
    )
    # It narrows.
    assert await code(scores, bearer("teacher", role="student")) == 403
    assert await code(scores, bearer("teacher", courses=["another"])) == 403
    assert await code(scores, bearer("teacher", scope="learnflow:read")) == 200
    submit = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
    refused = await ask(submit, headers=bearer("ada", scope="learnflow:read"), body=SOLVED)
    assert (refused.code, problem(refused).message) == (403, "This token may only read.")
    # An admin's rights are never in one.
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    assert await code("metrics", {**proxied, **bearer("root")}) == 403
    # The hub knows nobody of that name, or not any more.
    assert await code(courses, bearer("nobody")) == 401
    assert await code(courses, bearer("../users/ada")) == 401
    hub.groups[f"formgrade-{COURSE}"].discard("teacher")
    service.parts.people._seconds = 0
    assert await code(scores, bearer("teacher")) == 403
    # Forged, and beside a hub's token, which still works.
    token = bearer("teacher")["Authorization"]
    assert await code(courses, {"Authorization": token[:-2]}) == 401
    assert await code(courses, {"Authorization": f"token {hub.token('ada')}"}) == 200
    ask.http.close()


async def test_is_nothing_where_none_are_taken(ask: Client) -> None:
    assert (await ask("api/courses", headers=bearer("ada"))).code == 401
