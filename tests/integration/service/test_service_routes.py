"""Every route, every method, every kind of caller, against the real application."""

from __future__ import annotations

import re
from pathlib import Path

from served import ASSIGNMENT, Client, PaperWorker, notebook
from stub_hub import COURSE, Hub, environment, running_hub
from tornado.httpclient import HTTPResponse
from traitlets.config import Config

from learnflow_ext.service.handlers.table import TABLE
from learnflow_ext.service.rights import Who
from learnflow_ext.service.routes import Route
from learnflow_ext.service.running import RunningService

OTHER = "data-science"
CALLERS = {
    "anonymous": None,
    "student": "ada",
    "student of another course": "omar",
    "assistant": "asa",
    "assistant of another course": "aki",
    "teacher": "teacher",
    "teacher of another course": "otto",
    "admin": "root",
    "service": None,
}
PEOPLE = set(CALLERS) - {"anonymous", "service"}
# Written out, not derived: whoever changes what a rule means has to change it here too.
MAY = {
    Who.ANYONE: set(CALLERS),
    Who.MACHINE: {"admin"},
    Who.HUB: set(),
    Who.PERSON: PEOPLE,
    Who.MEMBER: {"student", "assistant", "teacher"},
    Who.STAFF: {"assistant", "teacher"},
    Who.TEACHER: {"teacher"},
    Who.ANY_TEACHER: {"teacher", "teacher of another course"},
    Who.SELF: {"student", "assistant", "teacher"},
}
NAMES = {
    "course": COURSE,
    "assignment": ASSIGNMENT,
    "submission": "none",
    "regrading": "none",
    "request_id": "none",
    "name": "none",
    "user": "ada",
    "alert": "none",
    "number": "none",
    "student": "ada",
}


def config(folder: Path) -> Config:
    c = Config()
    c.LearnFlow.state_dir = str(folder / "state")
    c.LearnFlow.release_on_start = False
    for course in (COURSE, OTHER):
        source = folder / course / "source" / ASSIGNMENT
        source.mkdir(parents=True)
        (source / f"{ASSIGNMENT}.ipynb").write_bytes(notebook("total = 3"))
    c.LearnFlow.courses = {course: str(folder / course) for course in (COURSE, OTHER)}
    return c


def credentials(hub: Hub, caller: str) -> dict[str, str]:
    # As the hub's proxy passes a request on, so that none counts as "this machine".
    headers = {"X-Forwarded-For": "203.0.113.9"}
    if caller == "service":
        headers["Authorization"] = f"token {hub.token('some-service', kind='service')}"
    elif (name := CALLERS[caller]) is not None:
        headers["Authorization"] = f"token {hub.token(name)}"
    return headers


def address(route: Route) -> str:
    path = re.sub(r"\{(.*?)\}", lambda part: NAMES[part.group(1)], route.path)
    path = path.replace("(.*)", "dashboard.js")
    return path if "{course}" in route.path else f"{path}?course={COURSE}"


def let_in(response: HTTPResponse) -> bool:
    """Whether the handler itself had the word: any answer but a refusal of the caller."""
    if response.code == 302:
        return "oauth2/authorize" not in response.headers["Location"]
    return response.code not in (401, 403)


async def test_each_route_lets_in_whom_its_row_names(tmp_path: Path) -> None:
    wrong: list[str] = []
    async with running_hub() as hub:
        hub.add("omar", f"nbgrader-{OTHER}")
        hub.add("asa", f"assistant-{COURSE}")
        hub.add("aki", f"assistant-{OTHER}")
        hub.add("otto", f"formgrade-{OTHER}")
        service = await RunningService.start(config(tmp_path), environment(hub), make_worker=PaperWorker)
        ask = Client(service, hub)
        try:
            for route in TABLE:
                if route.path == "oauth_callback":
                    # Refuses whoever brings no code of a sign-in that was begun.
                    continue
                for method in route.methods:
                    for caller in CALLERS:
                        response = await ask(
                            address(route),
                            raw=b"{}" if method == "POST" else None,
                            headers=credentials(hub, caller),
                        )
                        assert response.code != 405, (method, route.path)
                        assert b"Traceback" not in response.body
                        if let_in(response) != (caller in MAY[route.who]):
                            wrong.append(f"{method} {route.path}: {caller} got {response.code}")
        finally:
            ask.http.close()
            await service.stop()
    assert wrong == []
