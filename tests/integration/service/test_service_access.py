"""Who may do what: every address, without credentials, with others', and with forged requests."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec
import pytest
from served import ASSIGNMENT, SOLVED, Client, PaperWorker, graded, problem, until
from stub_hub import COURSE, PREFIX, Hub, environment
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect
from traitlets.config import Config

from learnflow_ext.contracts.grades import CourseView, SubmissionView
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.service.handlers.live import LiveHandler
from learnflow_ext.service.handlers.table import TABLE
from learnflow_ext.service.rights import Who
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import progress, submissions

OPEN = {
    "health",
    "health/live",
    "health/ready",
    "api/openapi.json",
    "api/docs",
    "api/redoc",
    "api/lti/jwks",
    "static/(.*)",
    "oauth_callback",
}


class TestEveryAddress:
    def test_only_these_are_open(self) -> None:
        assert {route.path for route in TABLE if route.who is Who.ANYONE} == OPEN

    async def test_without_credentials(self, ask: Client) -> None:
        for route in TABLE:
            path = re.sub(r"\{.*?\}", COURSE, route.path)
            if route.who in (Who.ANYONE, Who.MACHINE) or issubclass(route.handler, LiveHandler):
                continue
            for method in route.methods:
                response = await ask(path, raw=b"{}" if method == "POST" else None)
                if path.startswith("api/"):
                    assert response.code == 401, path
                    assert problem(response).code == "not_signed_in"
                elif method == "POST":
                    # A form that was filled in is refused with a page: after signing in, it would be gone.
                    assert response.code == 401, path
                    assert b"Please sign in" in response.body
                else:
                    assert response.code == 302, path
                    assert "/hub/api/oauth2/authorize" in response.headers["Location"]

    async def test_with_a_token_that_is_none(self, ask: Client) -> None:
        for header in (
            "token nonsense",
            "Bearer nonsense",
            "token",
            "bearer a b",
            "token \xe9",
            "token " + "a" * 2000,
        ):
            response = await ask("api/courses", headers={"Authorization": header})
            assert response.code == 401, header
            assert problem(response).message

    async def test_unknown_addresses(self, ask: Client) -> None:
        for path in ("nothing", "api/nothing", "static/../running.py", "static/none.css"):
            response = await ask(path, "ada")
            assert response.code in (403, 404), path
            assert b"Traceback" not in response.body

    async def test_a_person_at_an_unknown_address_gets_a_page(self, ask: Client) -> None:
        response = await ask("nothing", headers={"Accept": "text/html,*/*;q=0.8"})
        assert response.code == 404
        assert response.headers["Content-Type"].startswith("text/html")
        assert b"There is nothing at this address." in response.body
        assert problem(await ask("nothing")).code == "not_found"

    async def test_other_methods(self, ask: Client) -> None:
        response = await ask("api/courses", "ada", raw=b"{}")
        assert response.code == 405
        assert problem(response).message == "This address cannot be used in that way."
        assert response.headers["Allow"] == "GET"


class TestTokens:
    async def test_of_a_service(self, ask: Client, hub: Hub) -> None:
        hub.names.add("ada")
        token = hub.token("ada", kind="service")
        response = await ask("api/courses", headers={"Authorization": f"token {token}"})
        assert response.code == 403
        assert "service" in problem(response).message

    async def test_without_access_to_this_service(self, ask: Client, hub: Hub) -> None:
        for scopes in ((), ("access:servers!user=ada",), ("access:services!service=other",)):
            token = hub.token("ada", scopes=scopes)
            response = await ask("api/courses", headers={"Authorization": f"token {token}"})
            assert response.code == 403
            assert "may not be used" in problem(response).message

    async def test_of_somebody_who_was_deleted(self, ask: Client, hub: Hub) -> None:
        token = hub.token("gone")
        response = await ask("api/courses", headers={"Authorization": f"token {token}"})
        assert response.code == 401

    async def test_either_scheme(self, ask: Client, hub: Hub) -> None:
        token = hub.token("ada")
        for scheme in ("token", "Bearer", "bearer"):
            response = await ask("api/courses", headers={"Authorization": f"{scheme} {token}"})
            assert response.code == 200


class TestCourses:
    async def test_mine(self, ask: Client) -> None:
        async def mine(who: str) -> list[CourseView]:
            return msgspec.json.decode((await ask("api/courses", who)).body, type=list[CourseView])

        assert await mine("ada") == [CourseView(course=COURSE, role="student")]
        assert await mine("teacher") == [CourseView(course=COURSE, role="teacher")]
        assert await mine("eve") == await mine("root") == []

    async def test_of_others(self, ask: Client) -> None:
        for path in (
            "assignments",
            f"assignments/{ASSIGNMENT}/files",
            "submissions/1",
            "submissions/1/feedback",
        ):
            for who in ("eve", "root"):
                response = await ask(f"api/courses/{COURSE}/{path}", who)
                assert response.code == 403, (who, path)
                assert problem(response).code == "forbidden"

    async def test_unknown(self, ask: Client) -> None:
        for path in ("assignments", "scores", "feed", "submissions/1", f"assignments/{ASSIGNMENT}/files"):
            # Eve is in the hub group of a course that this classroom does not have.
            response = await ask(f"api/courses/elsewhere/{path}", "eve")
            assert response.code == 404, path
            assert problem(response).message == "There is no such course here."

    async def test_what_is_for_teachers(self, ask: Client) -> None:
        for path in ("scores", "feed"):
            assert (await ask(f"api/courses/{COURSE}/{path}", "ada")).code == 403
            assert (await ask(f"api/courses/{COURSE}/{path}", "root")).code == 403
            assert (await ask(f"api/courses/{COURSE}/{path}", "teacher")).code == 200

    async def test_who_leaves_loses_access(self, ask: Client, hub: Hub, service: RunningService) -> None:
        assert (await ask(f"api/courses/{COURSE}/assignments", "ada")).code == 200
        hub.groups[f"nbgrader-{COURSE}"].discard("ada")
        service.parts.people._seconds = 0
        assert (await ask(f"api/courses/{COURSE}/assignments", "ada")).code == 403


class TestProgress:
    async def test_own(self, ask: Client) -> None:
        response = await ask(f"api/progress/ada?course={COURSE}", "ada")
        assert response.code == 200
        found = msgspec.json.decode(response.body, type=StudentProgress)
        assert [one.assignment for one in found.assignments] == [ASSIGNMENT]

    async def test_a_student_asks_for_anothers(self, ask: Client) -> None:
        response = await ask(f"api/progress/ben?course={COURSE}", "ada")
        assert response.code == 403
        assert "your own progress" in problem(response).message

    async def test_teachers(self, ask: Client) -> None:
        assert (await ask(f"api/progress/ben?course={COURSE}", "teacher")).code == 200
        # Eve teaches, but not this course.
        assert (await ask(f"api/progress/ben?course={COURSE}", "eve")).code == 403

    async def test_which_course(self, ask: Client) -> None:
        assert (await ask("api/progress/ada", "ada")).code == 400
        assert (await ask("api/progress/ada?course=none", "ada")).code == 404
        assert (await ask(f"api/progress/eve?course={COURSE}", "eve")).code == 403


class TestSubmissionsOfOthers:
    async def test_are_closed(self, ask: Client) -> None:
        sent = await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", "ben", body=SOLVED)
        view = msgspec.json.decode(sent.body, type=SubmissionView)
        path = f"api/courses/{COURSE}/submissions/{view.submission_id}"
        for end in ("", "/feedback"):
            assert (await ask(path + end, "ada")).code == 403
        assert (await ask(path, "ben")).code == 200
        assert (await ask(path, "teacher")).code == 200


class TestHub:
    async def test_silent(self, ask: Client, hub: Hub) -> None:
        hub.broken = True
        response = await ask("api/courses", "ada")
        assert response.code == 503
        assert response.headers["Retry-After"] == "5"
        assert "The hub does not answer" in problem(response).message
        page = await ask(f"courses/{COURSE}", "teacher")
        assert page.code == 503
        assert "The hub does not answer" in page.body.decode()

    async def test_falls_silent_between_two_questions(
        self, ask: Client, hub: Hub, service: RunningService
    ) -> None:
        assert (await ask("api/courses", "ada")).code == 200
        hub.broken = True
        service.parts.people._seconds = 0
        assert (await ask("api/courses", "ada")).code == 503

    async def test_is_asked_once_for_many_requests(self, ask: Client, hub: Hub) -> None:
        await asyncio.gather(*(ask("api/courses", "ada") for _ in range(20)))
        assert hub.asked.count("/hub/api/users/ada") == 1

    async def test_health_needs_no_hub(self, ask: Client, hub: Hub) -> None:
        hub.broken = True
        response = await ask("health")
        assert response.code == 200
        assert msgspec.json.decode(response.body)["status"] == "ok"


class TestMetrics:
    async def test_for_this_machine_and_admins(self, ask: Client) -> None:
        proxied = {"X-Forwarded-For": "203.0.113.9"}
        assert (await ask("metrics")).code == 200
        assert (await ask("metrics", headers=proxied)).code == 401
        assert (await ask("metrics", "ada", headers=proxied)).code == 403
        assert (await ask("metrics", "root", headers=proxied)).code == 200
        # Whoever claims to be this machine through the proxy is not.
        for header in ("X-Forwarded-For", "X-Real-Ip"):
            # Who is on another machine may say anything.
            assert (await ask("metrics", headers={header: "127.0.0.1"})).code == 401, header


class Browser:
    """A browser signed in as the teacher: it keeps cookies, and follows the login by hand."""

    def __init__(self, ask: Client, hub: Hub) -> None:
        self.ask = ask
        self.jar: dict[str, str] = {}
        self.given: list[str] = []
        """Each `Set-Cookie`, as it came."""
        hub.service_url = f"http://127.0.0.1:{ask.service.port}"

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    async def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        """Status, body, and where it leads."""
        response = await self.ask(
            path, headers={"Cookie": self.cookie, **{k.replace("_", "-"): v for k, v in headers.items()}}
        )
        for line in response.headers.get_list("Set-Cookie"):
            self.given.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.jar[name] = value.strip('"')
        return response.code, response.body.decode(), response.headers.get("Location", "")

    async def sign_in(self) -> None:
        status, _, location = await self.get(f"courses/{COURSE}")
        assert status == 302
        state = parse_qs(urlsplit(location).query)["state"][0]
        status, _, location = await self.get(f"oauth_callback?code=the-code&state={state}")
        assert (status, location) == (302, f"{PREFIX}courses/{COURSE}")


@pytest.fixture
async def browser(ask: Client, hub: Hub) -> Browser:
    browser = Browser(ask, hub)
    await browser.sign_in()
    return browser


class TestBrowser:
    async def test_signs_in_through_the_hub(self, browser: Browser) -> None:
        status, body, _ = await browser.get(f"courses/{COURSE}")
        assert status == 200
        assert "Open the formgrader" in body
        assert f"/services/formgrader-{COURSE}/formgrader" in body

    async def test_a_student_opens_the_dashboard(self, ask: Client) -> None:
        page = await ask(f"courses/{COURSE}", "ada")
        assert page.code == 403
        assert page.headers["Content-Type"].startswith("text/html")
        assert "This page is for the teachers of the course." in page.body.decode()
        assert page.headers["X-Request-Id"] in page.body.decode()

    async def test_the_front_page(self, ask: Client) -> None:
        assert "Open the dashboard" in (await ask("", "teacher")).body.decode()
        assert "Open JupyterLab" in (await ask("", "ada")).body.decode()
        assert "You are not in a course yet" in (await ask("", "root")).body.decode()

    async def test_the_hub_may_be_on_another_host(self, config: Config, hub: Hub) -> None:
        """As with `c.JupyterHub.subdomain_host`."""
        told = {**environment(hub), "JUPYTERHUB_HOST": "https://class.school"}
        service = await RunningService.start(config, told, make_worker=PaperWorker)
        ask = Client(service, hub)
        try:
            page = (await ask("", "ada")).body.decode()
            login = (await ask("")).headers["Location"]
        finally:
            ask.http.close()
            await service.stop()
        assert login.startswith("https://class.school/hub/api/oauth2/authorize?")
        for place in ("home", "spawn"):
            assert f'href="https://class.school/hub/{place}"' in page

    async def test_a_sign_in_that_one_replica_began_another_finishes(
        self, tmp_path: Path, config: Config, hub: Hub
    ) -> None:
        secret = {"LEARNFLOW_COOKIE_SECRET": tmp_path.name * 9}
        clients: list[Client] = []
        try:
            for number, told in enumerate((secret, secret, {})):
                # As on machines of their own.
                config.LearnFlow.state_dir = str(tmp_path / f"machine-{number}")
                service = await RunningService.start(config, environment(hub) | told, make_worker=PaperWorker)
                clients.append(Client(service, hub))
            one, other, stranger = clients
            browser = Browser(one, hub)
            page = f"courses/{COURSE}"
            _, _, location = await browser.get(page)
            state = parse_qs(urlsplit(location).query)["state"][0]
            assert COURSE not in state
            browser.ask = stranger
            assert (await browser.get(f"oauth_callback?code=the-code&state={quote(state)}"))[0] == 403
            browser.ask = other
            status, _, location = await browser.get(f"oauth_callback?code=the-code&state={quote(state)}")
            assert (status, location) == (302, f"{PREFIX}{page}")
            for each in (one, other):
                browser.ask = each
                assert (await browser.get(page))[0] == 200
        finally:
            for client in clients:
                client.http.close()
                await client.service.stop()

    async def test_a_wrong_login_state(self, browser: Browser) -> None:
        for query in ("", "?code=x", "?code=x&state=forged", "?error=access_denied"):
            status, body, _ = await Browser(browser.ask, browser.ask.hub).get(f"oauth_callback{query}")
            assert status in (400, 403)
            assert "Traceback" not in body

    async def test_security_headers(self, ask: Client) -> None:
        for path, who in (
            ("health", None),
            (f"courses/{COURSE}", "teacher"),
            ("static/dashboard.js", None),
            ("x", None),
        ):
            headers = (await ask(path, who)).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "Server" not in headers
        page = (await ask(f"courses/{COURSE}", "teacher")).body.decode()
        assert "style=" not in page
        assert not re.search(r"<script(?![^>]*src=)", page)

    async def test_cookies_are_for_our_pages_alone(self, browser: Browser, ask: Client, hub: Hub) -> None:
        safe = Browser(ask, hub)
        await safe.get(f"courses/{COURSE}", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")
        assert safe.given
        assert len(browser.given) > 2
        for line, secure in (
            *((each, True) for each in safe.given),
            *((each, False) for each in browser.given),
        ):
            flags = {part.strip().lower() for part in line.split(";")[1:]}
            name, _, value = line.partition(";")[0].partition("=")
            if value.strip('"'):
                assert {"httponly", "samesite=lax", f"path={PREFIX}"} <= flags, line
                assert ("secure" in flags) >= secure, line
            assert not any(flag.startswith("domain") for flag in flags), name

    async def test_no_cache_keeps_what_is_somebodys(self, ask: Client) -> None:
        pages = [
            re.sub(r"\{course\}", COURSE, route.path)
            for route in TABLE
            if "GET" in route.methods
            and not route.path.startswith(("static", "oauth"))
            and route.path != "ws"
        ]
        for path in (*pages, f"courses/{COURSE}/people?format=csv", "nothing"):
            for who in ("teacher", "ada", None):
                headers = (await ask(path, who)).headers
                assert headers["Cache-Control"] == "no-store", (path, who)

    async def test_a_part_of_an_open_page_after_signing_out(self, ask: Client) -> None:
        response = await ask(f"courses/{COURSE}/scores", headers={"HX-Request": "true"})
        assert response.code == 401
        assert response.headers["HX-Refresh"] == "true"


class TestForgedRequests:
    """A page elsewhere, in the teacher's browser, sends what the teacher did not mean to."""

    async def test_a_post_with_the_cookie_alone(self, browser: Browser, ask: Client) -> None:
        response = await ask("api/runs", headers={"Cookie": browser.cookie}, raw=b'{"runs":[]}')
        assert response.code == 403
        assert "did not come from one of our pages" in problem(response).message

    async def test_no_form_of_any_page_can_be_sent_from_elsewhere(
        self, browser: Browser, ask: Client
    ) -> None:
        names = {"course": COURSE, "student": "ada", "assignment": ASSIGNMENT}
        sent = 0
        for route in TABLE:
            path = re.sub(r"\{(\w+)\}", lambda part: names.get(part.group(1), "1"), route.path)
            if route.who is Who.HUB:
                # No cookie is looked at there.
                continue
            for method in set(route.methods) - {"GET"}:
                # As a form on another site sends it, and with a proof that is none of ours.
                for more in ({}, {"X-XSRFToken": "made-up"}, {"Sec-Fetch-Site": "cross-site"}):
                    headers = {"Cookie": browser.cookie, "Content-Type": "text/plain", **more}
                    raw = b"do=extra_time&percent=100&_xsrf=made-up"
                    response = await ask(path, headers=headers, method=method, raw=raw)
                    assert response.code == 403, (path, more)
                    assert b"did not come from one of our pages" in response.body, (path, more)
                    sent += 1
        assert sent >= 60

    async def test_a_made_up_header_does_not_help(self, browser: Browser, ask: Client) -> None:
        for extra in (
            {"Authorization": "token none"},
            {"X-XSRFToken": "made-up"},
            {"Authorization": "Basic YTpi"},
        ):
            response = await ask("api/runs", headers={"Cookie": browser.cookie, **extra}, raw=b'{"runs":[]}')
            assert response.code in (401, 403), extra

    async def test_a_fetch_with_the_cookie_alone(self, browser: Browser) -> None:
        status, _, _ = await browser.get(f"courses/{COURSE}/scores", Sec_Fetch_Mode="cors", HX_Request="true")
        assert status == 403

    async def test_our_own_page_may(self, browser: Browser, ask: Client) -> None:
        _, body, _ = await browser.get(f"courses/{COURSE}", Sec_Fetch_Mode="navigate")
        proof = re.search(r'"X-XSRFToken": "([^"]+)"', body)
        assert proof is not None
        headers = {"Cookie": browser.cookie, "X-XSRFToken": proof.group(1), "Sec-Fetch-Mode": "cors"}
        assert (await ask(f"courses/{COURSE}/scores", headers=headers)).code == 200
        assert (await ask("api/runs", headers=headers, raw=b'{"runs":[]}')).code == 200

    async def test_a_token_needs_no_proof(self, ask: Client) -> None:
        assert (await ask("api/runs", "ada", raw=b'{"runs":[]}')).code == 200


async def hang_up(socket: WebSocketClientConnection) -> None:
    """Close, and wait until the other side has done so too."""
    socket.close()
    while await socket.read_message() is not None:
        pass


class TestSocket:
    async def connect(self, ask: Client, headers: dict[str, str], course: str = COURSE) -> int:
        """The status of the upgrade: 101 when it works."""
        url = f"{ask.base.replace('http', 'ws', 1)}ws?course={course}"
        try:
            socket = await websocket_connect(HTTPRequest(url, headers=HTTPHeaders(headers)))
        except HTTPClientError as refused:
            return refused.code
        await hang_up(socket)
        return 101

    def as_(self, ask: Client, who: str) -> dict[str, str]:
        return {"Authorization": f"token {ask.hub.token(who)}"}

    async def test_teachers_only(self, ask: Client, browser: Browser) -> None:
        assert await self.connect(ask, self.as_(ask, "teacher")) == 101
        assert await self.connect(ask, {"Cookie": browser.cookie}) == 101
        assert await self.connect(ask, self.as_(ask, "ada")) == 403
        assert await self.connect(ask, self.as_(ask, "eve")) == 403
        assert await self.connect(ask, {}) == 401
        assert await self.connect(ask, self.as_(ask, "teacher"), "none") == 404
        assert await self.connect(ask, self.as_(ask, "teacher"), "") == 404

    async def test_pages_of_others_are_refused(self, ask: Client, browser: Browser) -> None:
        mine = f"http://127.0.0.1:{ask.service.port}"
        assert await self.connect(ask, {"Cookie": browser.cookie, "Origin": mine}) == 101
        for origin in ("http://evil.example", f"{mine}.evil.example", "null", "", "http://127.0.0.1:1"):
            headers = {"Cookie": browser.cookie, "Origin": origin}
            assert await self.connect(ask, headers) == 403, origin
            assert await self.connect(ask, {**headers, "Sec-Fetch-Site": "same-origin"}) == 403, origin

    async def test_tells_of_changes_and_takes_nothing(self, ask: Client, service: RunningService) -> None:
        url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}"
        socket = await websocket_connect(HTTPRequest(url, headers=HTTPHeaders(self.as_(ask, "teacher"))))
        assert b"learnflow_dashboards_open 1.0" in (await ask("metrics")).body
        await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", "ada", body=SOLVED)
        message = msgspec.json.decode(str(await socket.read_message()))
        assert message["kind"] == "changed"
        assert message["what"] == ["feed", "queue", "scores"]
        assert message["sequence"] > 0
        await socket.write_message("anything")
        while await socket.read_message() is not None:
            pass
        assert socket.close_code == 1008
        with pytest.raises(WebSocketClosedError):
            await socket.write_message("more")
        socket.close()
        assert b"learnflow_dashboards_open 0.0" in (await ask("metrics")).body

    async def test_changes_come_at_most_fifty_times_a_second(
        self, ask: Client, service: RunningService
    ) -> None:
        url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}"
        socket = await websocket_connect(HTTPRequest(url, headers=HTTPHeaders(self.as_(ask, "teacher"))))
        began = time.monotonic()
        for number in range(500):
            service.parts.live.changed(COURSE, ["scores"], number)
            if number % 10 == 0:
                await asyncio.sleep(0.01)
        heard = 0
        while True:
            message = await asyncio.wait_for(socket.read_message(), 5)
            heard += 1
            if msgspec.json.decode(str(message))["sequence"] == 499:
                break
        assert heard <= 2 + 50 * (time.monotonic() - began)
        await hang_up(socket)

    async def test_ends_when_the_teacher_leaves_the_course(
        self, ask: Client, hub: Hub, service: RunningService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("learnflow_ext.service.handlers.live.STILL_ALLOWED_SECONDS", 0.05)
        service.parts.people._seconds = 0
        url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}"
        socket = await websocket_connect(HTTPRequest(url, headers=HTTPHeaders(self.as_(ask, "teacher"))))
        hub.groups[f"formgrade-{COURSE}"].discard("teacher")
        assert await asyncio.wait_for(socket.read_message(), 5) is None
        assert socket.close_code == 1008
        socket.close()

    async def test_ends_at_once_when_a_teacher_takes_them_out_on_our_page(
        self, ask: Client, hub: Hub
    ) -> None:
        hub.add("asa", f"assistant-{COURSE}")
        url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}"
        sockets = [
            await websocket_connect(HTTPRequest(url, headers=HTTPHeaders(self.as_(ask, who))))
            for who in ("asa", "teacher")
        ]
        form, shown = {"user": "asa", "role": ""}, {"HX-Request": "true"}
        for path in (f"courses/{COURSE}/people/preview", f"courses/{COURSE}/people"):
            answer = await ask(path, "teacher", raw=urlencode(form).encode(), headers=shown)
            if seen := re.search(r'name="seen" value="(\w+)"', answer.body.decode()):
                form["seen"] = seen.group(1)
        assert answer.code == 204
        while (said := await asyncio.wait_for(sockets[0].read_message(), 5)) is not None:
            assert "changed" in str(said) or "happened" in str(said)
        assert sockets[0].close_code == 1008
        # Others stay.
        await ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions", "ada", body=SOLVED)
        assert await asyncio.wait_for(sockets[1].read_message(), 5) is not None
        sockets[0].close()
        await hang_up(sockets[1])

    async def test_not_any_number(self, ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("learnflow_ext.service.live.MAX_PER_PERSON", 1)
        url = f"{ask.base.replace('http', 'ws', 1)}ws?course={COURSE}"
        first, second = [
            await websocket_connect(HTTPRequest(url, headers=HTTPHeaders(self.as_(ask, "teacher"))))
            for _ in "12"
        ]
        assert await asyncio.wait_for(second.read_message(), 5) is None
        assert second.close_code == 1013
        second.close()
        await hang_up(first)


class TestACourseThatEnded:
    """It was taken out of the classroom while something that was handed in there still waited for its grade;
    its groups are in the hub as before."""

    ENDED = "last-terms-course"

    async def test_its_late_grade_is_kept_and_shown_on_no_page(
        self, ask: Client, hub: Hub, service: RunningService, tmp_path: Path
    ) -> None:
        hub.add("teacher", f"formgrade-{self.ENDED}")
        hub.add("ada", f"nbgrader-{self.ENDED}")
        service.parts.people._known.clear()
        async with service.parts.db.begin() as conn:
            made = await submissions.create(
                conn,
                course=self.ENDED,
                assignment="final-project",
                student="ada",
                files_path=str(tmp_path),
                size=1,
            )
        await graded(service, made.submission_id)

        async def counted() -> bool:
            async with service.parts.db.connect() as conn:
                found = await progress.of_student(conn, "ada", self.ENDED)
            return [one.best_score for one in found.assignments] == [7.0]

        await until(counted)
        for who, pages in (
            ("teacher", ("", "/grading", "/students/ada", "/progress", "/me")),
            ("ada", ("/me",)),
        ):
            for page in pages:
                gone = await ask(f"courses/{self.ENDED}{page}", who)
                assert gone.code == 404, page
                assert "There is no such course here." in gone.body.decode(), page
            home = (await ask("", who)).body.decode()
            assert COURSE in home and self.ENDED not in home
        assert (await ask(f"api/progress?course={self.ENDED}", "ada")).code == 404
        for who, shown in (
            ("teacher", ("", "/feed", "/grading", "/students/ada", "/progress", "?format=csv")),
            ("ada", ("/me",)),
        ):
            for page in shown:
                there = await ask(f"courses/{COURSE}{page}", who)
                assert there.code == 200, page
                assert "final-project" not in there.body.decode(), page
