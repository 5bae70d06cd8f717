"""A launch that the hub tells of, and the grade that the real service passes back after it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from mock_platform import (
    CLIENT_ID,
    CONTEXT,
    DEPLOYMENT,
    LINEITEM,
    SCORE,
    Platform,
    pem,
    private_key,
    running_platform,
)
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, problem, until
from stub_hub import COURSE, SERVICE_TOKEN, Hub
from traitlets.config import Config

from learnflow_ext.contracts.lti import AUDIENCE, CLAIM, signing_key
from learnflow_ext.service.running import RunningService

Start = Callable[[], Awaitable[RunningService]]
LAUNCHES, KEYS = "api/lti/launches", "api/lti/jwks"


@pytest.fixture
async def platform(config: Config, tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform that knows the service's key, which the configuration names."""
    key = private_key()
    async with running_platform() as platform:
        platform.tool_key = key.public_key()
        config.LearnFlowLti.token_url = platform.token_url
        config.LearnFlowLti.key_file = str(pem(key, tmp_path / "lti.pem"))
        yield platform


def word(platform: Platform, *, token: str = SERVICE_TOKEN, **changes: Any) -> dict[str, str]:
    """What the hub sends when ada comes from the platform."""
    launch = {
        "course": COURSE,
        "user": "ada",
        "issuer": platform.url,
        "client_id": CLIENT_ID,
        "deployment": DEPLOYMENT,
        "context": CONTEXT,
        "subject": "id-of-ada",
        "lineitems": platform.lineitems,
        "scopes": [LINEITEM, SCORE],
        **changes,
    }
    at = int(time.time())
    claims = {"aud": AUDIENCE, "iat": at, "exp": at + 60, CLAIM: launch}
    return {"Authorization": f"Bearer {jwt.encode(claims, signing_key(token), algorithm='HS256')}"}


async def test_from_a_launch_to_a_grade(
    start: Start, hub: Hub, worker: PaperWorker, platform: Platform
) -> None:
    service = await start()
    service.parts.pass_back._every_s = 0.1
    ask = Client(service, hub)

    async def released() -> bool:
        return service.parts.releases.state == "done"

    await until(released)
    assert (await ask(LAUNCHES, raw=b"", headers=word(platform))).code == 200
    submit = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
    assert (await ask(submit, "ada", body=SOLVED)).code == 201

    async def told() -> bool:
        return platform.scores(f"{COURSE}/{ASSIGNMENT}") == {"id-of-ada": (7, 10)}

    await until(told)
    assert platform.refused == []
    page, give_out = f"courses/{COURSE}/grading", f"grading/give-out?assignment={ASSIGNMENT}"
    assert give_out.encode() not in (await ask(page, "teacher")).body
    # What a person should look at first waits, though students see it.
    worker.score, worker.provisional = 9.0, "it ran beside the code"
    assert (await ask(submit, "ada", body=SOLVED)).code == 201

    async def waits() -> bool:
        return give_out.encode() in (await ask(page, "teacher")).body

    await until(waits)
    hub.add("asa", f"assistant-{COURSE}")
    seen = (await ask(page, "asa")).body.decode()
    assert "1 grade with points that are provisional" in seen and give_out not in seen
    assert platform.scores(f"{COURSE}/{ASSIGNMENT}") == {"id-of-ada": (7, 10)}
    given = await ask(f"courses/{COURSE}/{give_out}", "teacher", raw=b"")
    assert "the learning platform is told" in given.body.decode()
    assert not await waits()

    async def told_anew() -> bool:
        return platform.scores(f"{COURSE}/{ASSIGNMENT}") == {"id-of-ada": (9, 10)}

    await until(told_anew)
    # The key that the platform is shown is the one that signs.
    shown = msgspec.json.decode((await ask(KEYS)).body)
    assert [key["kid"] for key in shown["keys"]] == [service.parts.pass_back.key.kid]  # type: ignore[union-attr]

    for refused in (
        await ask(LAUNCHES, raw=b""),
        await ask(LAUNCHES, "ada", raw=b"", headers={}),
        await ask(LAUNCHES, raw=b"", headers=word(platform, token="not-the-hub's")),
    ):
        assert refused.code in (401, 403)
    for changes in (
        {"course": 7},
        {"lineitems": "http://elsewhere.example/"},
        {"subject": ""},
        {"user": "x" * 256},
    ):
        bad = await ask(LAUNCHES, raw=b"", headers=word(platform, **changes))
        assert (bad.code, problem(bad).code) == (400, "bad_request")
    assert (await ask(LAUNCHES, raw=b"", headers=word(platform, course="art"))).code == 404
    ask.http.close()


async def test_what_the_platform_refuses_is_shown_until_it_is_told(
    config: Config, start: Start, hub: Hub, platform: Platform
) -> None:
    config.LearnFlowLti.tries = 1
    service = await start()
    service.parts.pass_back._every_s = 0.1
    ask = Client(service, hub)

    async def released() -> bool:
        return service.parts.releases.state == "done"

    async def state() -> str:
        await service.parts.checkup.look()
        return next(each.state for each in service.parts.checkup.parts if each.part == "lti")

    await until(released)
    # The token, the search for a column; then it refuses to make one.
    platform.answers = [200, 200, 422]
    assert (await ask(LAUNCHES, raw=b"", headers=word(platform))).code == 200
    submit = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"
    assert (await ask(submit, "ada", body=SOLVED)).code == 201
    page, again = f"courses/{COURSE}/grading", f"grading/tell-again?assignment={ASSIGNMENT}"

    async def shown() -> bool:
        return "Grades that the learning platform refused" in (await ask(page, "teacher")).body.decode()

    await until(shown)
    assert await state() == "down"
    hub.add("asa", f"assistant-{COURSE}")
    seen = (await ask(page, "asa")).body.decode()
    assert "1 grade: " in seen and "422" in seen and again not in seen
    assert again in (await ask(page, "teacher")).body.decode()
    assert (await ask(f"courses/{COURSE}/{again}", "asa", raw=b"")).code == 403
    told = (await ask(f"courses/{COURSE}/{again}", "teacher", raw=b"")).body.decode()
    assert "is told 1 grade of" in told

    async def arrived() -> bool:
        return platform.scores(f"{COURSE}/{ASSIGNMENT}") == {"id-of-ada": (7, 10)}

    await until(arrived)
    assert not await shown()
    assert await state() == "ok"
    ask.http.close()


async def test_off_unless_configured(ask: Client) -> None:
    assert (await ask(KEYS)).code == 404
    platform = Platform(port=1)
    assert (await ask(LAUNCHES, raw=b"", headers=word(platform))).code == 404


async def test_a_key_that_is_none_is_said_when_the_service_starts(
    start: Start, config: Config, platform: Platform, tmp_path: Path
) -> None:
    config.LearnFlowLti.key_file = str(tmp_path / "none.pem")
    with pytest.raises(ValueError, match="cannot be read"):
        await start()
