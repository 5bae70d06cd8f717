"""Somebody opens the classroom from a learning platform: the real hub and authenticator, a strict platform.

One hub serves all of it. The service behind it is a small one that only writes down what the hub tells it.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import pytest_asyncio
from learnflow_hub.lti import ONCE_MORE
from learnflow_hub.lti_claims import NO_DEPLOYMENT, NO_ROLE, NOBODY, SOMEBODY_ELSE
from learnflow_hub.ports import HUBS, free_ports
from mock_platform import AGS, CLIENT_ID, LTI, MEMBERSHIP, Platform, private_key, running_platform
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.web import Application, RequestHandler

from learnflow_ext.contracts.lti import CLAIM
from learnflow_ext.service import hub_word

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

START_S = 90
ADMIN = "admins-token-for-the-test-alone"
CONFIG = """
import sys

sys.path[:0] = {path!r}
c = get_config()
from learnflow_hub import setup_learnflow, use_lti

c.LearnFlow.state_dir = {state!r}
c.LearnFlow.courses = {{"python-basics": {folder!r}, "data-science": {folder!r}}}
c.LearnFlowHub.service_address = {service!r}
c.LearnFlowHub.idle_minutes = 0
c.LTI13Authenticator.issuer = {platform!r}
c.LTI13Authenticator.client_id = "tool-at-school"
c.LTI13Authenticator.authorize_url = {platform!r} + "/authorize"
c.LTI13Authenticator.jwks_endpoint = {platform!r} + "/jwks"
c.LTI13Authenticator.username_key = "custom_username"
c.Authenticator.username_map = {{"j.smith": "jo"}}
c.LearnFlowLti.courses = {{"42": "python-basics", "43": "data-science"}}
c.LearnFlowLti.deployments = ["1"]
c.LearnFlowLti.token_url = {platform!r} + "/token"
c.LearnFlowLti.key_file = "/the/service/has/it"
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.services = [{{"name": "looks", "api_token": {admin!r}}}]
c.JupyterHub.load_roles = [{{"name": "looks", "scopes": ["list:users", "read:users"], "services": ["looks"]}}]
use_lti(c)
setup_learnflow(c)
# Nobody grades here, and each formgrader takes four seconds to start.
for each in ("services", "load_roles"):
    c.JupyterHub[each] = [one for one in c.JupyterHub[each] if not one["name"].startswith("formgrader-")]
"""


class _Told(RequestHandler):
    def post(self) -> None:
        told: list[dict[str, Any]] = self.settings["told"]
        word = hub_word.read(self.request.headers.get("Authorization", ""), self.settings["token"])
        told.append(word[CLAIM])
        self.write("{}")


@dataclass
class School:
    """A hub, the platform that leads to it, and what the hub told the service."""

    url: str
    platform: Platform
    told: list[dict[str, Any]]
    log: Path
    token: str
    """The service's own."""
    http: SimpleAsyncHTTPClient = field(
        default_factory=lambda: SimpleAsyncHTTPClient(force_instance=True, max_clients=20)
    )

    async def owner(self, token: str) -> str | None:
        """Whose token it is; None for one that the hub does not know any more."""
        request = HTTPRequest(f"{self.url}/hub/api/user", headers={"Authorization": f"token {token}"})
        answer = await self.http.fetch(request, raise_error=False)
        return json.loads(answer.body)["name"] if answer.code == 200 else None

    async def groups(self, name: str) -> list[str] | None:
        """Of a user; None for one that the hub does not know."""
        request = HTTPRequest(f"{self.url}/hub/api/users", headers={"Authorization": f"token {ADMIN}"})
        answer = await self.http.fetch(request)
        users = {user["name"]: sorted(user["groups"]) for user in json.loads(answer.body)}
        return users.get(name)

    def browser(self) -> Browser:
        return Browser(self)


class Browser:
    """Cookies, and what a browser does with the platform's form."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.cookies: dict[str, str] = {}

    async def ask(self, url: str, form: dict[str, str] | None = None, *, sent: str = "") -> HTTPResponse:
        """With those cookies whose names begin with `sent`."""
        cookies = [f"{name}={value}" for name, value in self.cookies.items() if name.startswith(sent)]
        request = HTTPRequest(
            url,
            method="GET" if form is None else "POST",
            headers={"Cookie": "; ".join(cookies)},
            body=None if form is None else urllib.parse.urlencode(form),
            follow_redirects=False,
            request_timeout=30,
        )
        answer = await self.school.http.fetch(request, raise_error=False)
        for line in answer.headers.get_list("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    async def begin(self, name: str, **changes: str) -> HTTPResponse:
        """A click on the link in the course, up to the hub's question to the platform."""
        asked = {
            "iss": self.school.platform.url,
            "login_hint": name,
            "target_link_uri": f"{self.school.url}/hub/",
            "client_id": CLIENT_ID,
            "lti_message_hint": "a-message",
            **changes,
        }
        return await self.ask(
            f"{self.school.url}/hub/lti13/oauth_login", {key: value for key, value in asked.items() if value}
        )

    async def launch(
        self, name: str, sign: Callable[[dict[str, Any]], str] | None = None, **claims: Any
    ) -> HTTPResponse:
        """All of it; `claims` are put over the platform's, and `sign` signs them in its place."""
        begun = await self.begin(name)
        assert begun.code == 302, begun.body
        platform = self.school.platform
        question = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(begun.headers["Location"]).query))
        if sign is None and not claims:
            form = json.loads((await self.ask(begun.headers["Location"])).body)
        else:
            said = {**platform.launch(name, question["nonce"]), **claims}
            form = {
                "action": platform.redirect_uri,
                "state": question["state"],
                "id_token": (sign or platform.sign)(said),
            }
        # Another site sends it: the hub's own cookies stay in the browser.
        return await self.ask(form.pop("action"), form, sent="lti13")

    async def token(self) -> str:
        """What a service of the hub keeps for this browser, once somebody signed in there."""
        client = {
            "client_id": "service-learnflow",
            "redirect_uri": "/services/learnflow/oauth_callback",
        }
        hub = f"{self.school.url}/hub/api/oauth2"
        query = urllib.parse.urlencode({**client, "response_type": "code", "state": "a-state"})
        allowed = await self.ask(f"{hub}/authorize?{query}")
        assert allowed.code == 302, words_of(allowed)
        answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(allowed.headers["Location"]).query))
        body = {
            **client,
            "client_secret": self.school.token,
            "grant_type": "authorization_code",
            "code": answer["code"],
        }
        request = HTTPRequest(f"{hub}/token", method="POST", body=urllib.parse.urlencode(body))
        token: str = json.loads((await self.school.http.fetch(request)).body)["access_token"]
        return token


def words_of(answer: HTTPResponse) -> str:
    """The page's text."""
    return re.sub(r"\s+", " ", answer.body.decode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[School]:
    folder = tmp_path_factory.mktemp("school")
    port, hub_port = free_ports(2, HUBS)
    token, told = secrets.token_hex(32), list[dict[str, Any]]()
    service = HTTPServer(
        Application([("/services/learnflow/api/lti/launches", _Told)], told=told, token=token)
    )
    sockets = bind_sockets(0, "127.0.0.1")
    service.add_sockets(sockets)
    async with running_platform() as platform:
        platform.redirect_uri = f"http://127.0.0.1:{port}/hub/lti13/oauth_callback"
        file = folder / "jupyterhub_config.py"
        file.write_text(
            CONFIG.format(
                path=[each for each in os.environ.get("PYTHONPATH", "").split(":") if each],
                state=str(folder / "state"),
                folder=str(folder),
                service=f"http://127.0.0.1:{sockets[0].getsockname()[1]}",
                platform=platform.url,
                port=port,
                hub_port=hub_port,
                admin=ADMIN,
            )
        )
        log = folder / "hub.log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: ASYNC220 - started before anything else runs
                [sys.executable, "-m", "jupyterhub", "-f", str(file)],
                cwd=folder,
                env={**os.environ, "LEARNFLOW_SERVICE_TOKEN": token},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        school = School(f"http://127.0.0.1:{port}", platform, told, log, token)
        try:
            await _up(school, process)
            yield school
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 60)
            school.http.close()
            service.stop()
            await service.close_all_connections()


async def _up(school: School, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            if (await school.http.fetch(f"{school.url}/hub/health", raise_error=False)).code == 200:
                return
        except OSError:
            pass
        assert process.poll() is None and time.monotonic() < end, school.log.read_text()[-4000:]
        await asyncio.sleep(0.1)


async def test_a_student_arrives_signed_in_and_in_the_course(school: School) -> None:
    browser = school.browser()
    answer = await browser.launch("ada")
    assert answer.code == 302, words_of(answer)
    home = await browser.ask(f"{school.url}/hub/home")
    assert home.code == 200
    assert "ada" in words_of(home)
    assert await school.groups("ada") == ["nbgrader-python-basics"]
    async with asyncio.timeout(20):
        while not school.told:  # noqa: ASYNC110 - written by a handler
            await asyncio.sleep(0.05)
    (launch,) = school.told
    assert (launch["user"], launch["course"], launch["subject"]) == ("ada", "python-basics", "id-of-ada")
    assert launch["lineitems"] == school.platform.lineitems
    # Another course adds to it, and a role there is one there alone.
    other: dict[str, Any] = {f"{LTI}context": {"id": "43"}, f"{LTI}roles": [f"{MEMBERSHIP}#Instructor"]}
    assert (await school.browser().launch("ada", **other)).code == 302
    assert await school.groups("ada") == ["formgrade-data-science", "nbgrader-python-basics"]
    assert len(school.told) == 1, "who teaches has no grades"


async def test_a_name_that_the_hub_calls_otherwise(school: School) -> None:
    school.platform.add("j.smith", "Learner")
    before = len(school.told)
    for context in ("42", "43"):
        course: dict[str, Any] = {f"{LTI}context": {"id": context}}
        assert (await school.browser().launch("j.smith", **course)).code == 302
    assert await school.groups("jo") == ["nbgrader-data-science", "nbgrader-python-basics"]
    async with asyncio.timeout(20):
        while len(school.told) < before + 2:  # noqa: ASYNC110 - written by a handler
            await asyncio.sleep(0.05)
    assert {launch["user"] for launch in school.told[before:]} == {"jo"}


async def test_a_teacher_arrives_at_the_dashboard(school: School) -> None:
    browser = school.browser()
    assert (await browser.launch("turing")).code == 302
    assert await school.groups("turing") == ["formgrade-python-basics"]
    arrived = await browser.ask(f"{school.url}/hub/")
    assert arrived.headers["Location"].endswith("/services/learnflow/")


async def test_who_came_with_the_browser_before_is_signed_in_no_more(school: School) -> None:
    """A teacher's dashboard is not the next student's, in a computer room where nobody signs out."""
    browser = school.browser()
    assert (await browser.launch("turing")).code == 302
    token = await browser.token()
    assert await school.owner(token) == "turing"
    assert (await browser.launch("turing")).code == 302
    assert await school.owner(token) == "turing", "and sent away from what they have open"
    assert (await browser.launch("ada")).code == 302
    assert await school.owner(token) is None
    assert await school.owner(await browser.token()) == "ada"


class TestWhoDoesNotComeIn:
    """Each is refused with a sentence and a fitting status, and becomes nobody."""

    @pytest.fixture(autouse=True)
    def eve(self, school: School) -> None:
        school.platform.add("eve", "Learner")

    async def refused(
        self, school: School, status: int, why: str, sign: Any = None, says: str = ONCE_MORE, **claims: Any
    ) -> None:
        """`why` stands in the log, `says` on the page."""
        before = len(school.log.read_text())
        answer = await school.browser().launch("eve", sign, **claims)
        assert answer.code == status, words_of(answer)
        assert says in html.unescape(words_of(answer))
        assert "Traceback" not in words_of(answer)
        assert why in school.log.read_text()[before:]
        assert await school.groups("eve") is None

    async def test_wrong_nonce(self, school: School) -> None:
        await self.refused(school, 400, "nonce mismatch", nonce="another")

    async def test_wrong_audience(self, school: School) -> None:
        await self.refused(school, 401, "Audience", aud="another-tool")

    async def test_wrong_issuer(self, school: School) -> None:
        await self.refused(school, 400, "Invalid issuer", iss="https://evil.example")

    async def test_expired(self, school: School) -> None:
        at = int(time.time()) - 60
        await self.refused(school, 400, "expired", exp=at, iat=at - 60)

    async def test_alg_none(self, school: School) -> None:
        def unsigned(claims: dict[str, Any]) -> str:
            return jwt.encode(claims, "", algorithm="none", headers={"kid": "platform-1"})

        await self.refused(school, 400, "alg", unsigned)

    async def test_signed_by_somebody_else(self, school: School) -> None:
        def forged(claims: dict[str, Any]) -> str:
            return jwt.encode(
                claims, private_key("somebody"), algorithm="RS256", headers={"kid": "platform-1"}
            )

        await self.refused(school, 400, "Signature verification failed", forged)

    async def test_unknown_deployment(self, school: School) -> None:
        await self.refused(school, 403, "deployment '2'", says=NO_DEPLOYMENT, **{f"{LTI}deployment_id": "2"})

    async def test_unknown_context(self, school: School) -> None:
        context = {f"{LTI}context": {"id": "<b>99</b>"}}
        await self.refused(school, 403, "not connected", says="is '<b>99</b>'", **context)

    async def test_a_role_of_the_institution(self, school: School) -> None:
        role = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"
        await self.refused(school, 403, "Your role", says=NO_ROLE, **{f"{LTI}roles": [role]})

    async def test_a_name_that_is_none(self, school: School) -> None:
        name = {f"{LTI}custom": {"username": "../root"}}
        await self.refused(school, 403, "../root", says="cannot be used here", **name)

    async def test_somebody_elses_name(self, school: School) -> None:
        """As a teacher of a connected course can write it into a link: their role would come along."""
        school.platform.add("hal", "Instructor")
        assert (await school.browser().launch("hal")).code == 302
        browser = school.browser()
        taken: dict[str, Any] = {
            f"{LTI}custom": {"username": "Hal"},
            f"{LTI}context": {"id": "43"},
            f"{LTI}roles": [f"{MEMBERSHIP}#Instructor"],
        }
        answer = await browser.launch("eve", **taken)
        assert answer.code == 403
        assert SOMEBODY_ELSE in html.unescape(words_of(answer))
        assert (await browser.ask(f"{school.url}/hub/home")).code == 302, "signed in"
        assert await school.groups("hal") == ["formgrade-python-basics"]
        # Who it is may come again.
        assert (await school.browser().launch("hal")).code == 302

    async def test_nobody(self, school: School) -> None:
        await self.refused(school, 403, "did not say who", says=NOBODY, sub="")

    async def test_an_answer_to_somebody_else(self, school: School) -> None:
        """What one browser began is no use in another."""
        school.platform.add("fay", "Learner")
        browser = school.browser()
        begun = await browser.begin("fay")
        form = json.loads((await browser.ask(begun.headers["Location"])).body)
        url = form.pop("action")
        assert (await school.browser().ask(url, form)).code == 400
        assert await school.groups("fay") is None

    async def test_the_same_launch_a_second_time(self, school: School) -> None:
        """With the cookies that the first time took away: whoever has both had them from somebody."""
        school.platform.add("ivy", "Learner")
        browser = school.browser()
        begun = await browser.begin("ivy")
        form = json.loads((await browser.ask(begun.headers["Location"])).body)
        url, thief = form.pop("action"), school.browser()
        thief.cookies = dict(browser.cookies)
        assert (await browser.ask(url, form, sent="lti13")).code == 302
        for again in (browser, thief):
            before = len(school.log.read_text())
            answer = await again.ask(url, form, sent="lti13")
            assert answer.code == 400
            assert ONCE_MORE in html.unescape(words_of(answer))
            assert "LTI launch refused" in school.log.read_text()[before:]
        assert (await thief.ask(f"{school.url}/hub/home")).code == 302, "signed in"

    async def test_who_comes_by_themselves_is_told_where_to_begin(self, school: School) -> None:
        answer = await school.browser().ask(f"{school.url}/hub/lti13/oauth_login")
        assert answer.code == 400
        assert "from your course" in words_of(answer)

    async def test_another_platform_is_not_asked(self, school: School) -> None:
        for changes in ({"iss": "https://evil.example"}, {"client_id": "another-tool"}):
            answer = await school.browser().begin("eve", **changes)
            assert answer.code == 403
            assert "another learning platform" in words_of(answer)


async def test_a_platform_that_leaves_its_id_out_gets_it_from_us(school: School) -> None:
    answer = await school.browser().begin("ada", client_id="")
    assert f"client_id={CLIENT_ID}" in answer.headers["Location"]


async def test_nobody_is_asked_for_more_than_the_course(school: School) -> None:
    """A platform without a gradebook for us still lets its students in."""
    school.platform.add("gil", "Learner", **{f"{AGS}claim/endpoint": None})
    before = len(school.told)
    assert (await school.browser().launch("gil")).code == 302
    assert await school.groups("gil") == ["nbgrader-python-basics"]
    assert len(school.told) == before
