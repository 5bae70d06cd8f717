"""A token of an outside client at the real service: who it names, and what the hub says they may do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from served import ASSIGNMENT, SOLVED, Client, problem
from sqlalchemy import update
from stub_hub import COURSE, Hub
from traitlets.config import Config

from learnflow_ext.service.running import RunningService
from learnflow_ext.store import spent
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import SpentToken

SECRET = "a shared secret that is long enough, really"


def bearer(name: str, **more: Any) -> dict[str, str]:
    moment = int(time.time())
    found = {
        "iss": "https://id.school",
        "aud": "learnflow",
        "sub": name,
        "iat": moment,
        "exp": moment + 300,
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


async def test_one_for_a_single_use_is_good_at_one_replica_and_not_after_a_restart(
    config: Config, hub: Hub, start: Callable[[], Awaitable[RunningService]], tmp_path: Path
) -> None:
    secret = tmp_path / "jwt-secret"
    secret.write_text(SECRET)
    config.LearnFlowJwt.issuer = "https://id.school"
    config.LearnFlowJwt.secret_file = str(secret)
    config.LearnFlowJwt.single_use = True
    clients = [Client(await start(), hub), Client(await start(), hub)]
    for number in "12":
        answers = await asyncio.gather(
            *(client("api/courses", headers=bearer("ada", jti=number)) for client in clients * 3)
        )
        assert sorted(answer.code for answer in answers) == [200, *[401] * 5]
    clients.append(Client(await start(), hub))
    assert (await clients[-1]("api/courses", headers=bearer("ada", jti="1"))).code == 401
    async with clients[0].service.parts.db.begin() as conn:
        assert await spent.forget(conn) == 0
        await conn.execute(update(SpentToken).values(good_until=now() - timedelta(seconds=1)))
        assert await spent.forget(conn) == 2
    for client in clients:
        client.http.close()


async def test_is_nothing_where_none_are_taken(ask: Client) -> None:
    assert (await ask("api/courses", headers=bearer("ada"))).code == 401
