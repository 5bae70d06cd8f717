"""A student who tries every door: from their kernel, their server's API and their tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import psutil
from classroom import Session

from learnflow_ext.contracts.grades import FileSet, SubmissionView

_RUN = """async ([url, code]) => {
  const socket = new WebSocket(url);
  const id = crypto.randomUUID();
  let text = '';
  return await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('no answer: ' + text)), 45000);
    socket.onerror = () => reject(new Error('the socket failed'));
    socket.onopen = () => socket.send(JSON.stringify({
      header: {msg_id: id, username: '', session: id, msg_type: 'execute_request', version: '5.3', date: ''},
      parent_header: {}, metadata: {}, channel: 'shell', buffers: [],
      content: {code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false,
                stop_on_error: true}}));
    socket.onmessage = event => {
      const message = JSON.parse(event.data);
      if (message.parent_header.msg_id !== id) return;
      const {content, msg_type: kind} = message;
      if (kind === 'stream') text += content.text;
      if (kind === 'error') text += content.ename + ': ' + content.evalue;
      if (kind === 'status' && content.execution_state === 'idle') { socket.close(); resolve(text); }
    };
  });
}"""


@dataclass(frozen=True)
class Answer:
    """What came back; redirects are not followed."""

    status: int
    text: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.text)


class Intruder:
    """Works through a `Session` that has JupyterLab open."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.name = session.name
        self.room = session.room
        self.work = self.room.state / "users" / self.name / "work"
        self.home = self.room.state / "users" / self.name / "server"
        self._kernel = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Any address of the hub, with this person's cookies and the proof that goes with them."""
        if method != "GET":
            headers["X-XSRFToken"] = self._xsrf(path)
        answer = self.session.context.request.fetch(
            self.room.url + path,
            method=method,
            data=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json", **headers},
            max_redirects=0,
            timeout=30_000,
        )
        return Answer(answer.status, answer.body().decode(errors="replace"), answer.headers)

    def server(self, method: str, path: str, body: object = None) -> Answer:
        """The person's own server."""
        return self.ask(method, f"/user/{self.name}/{path}", body)

    def _xsrf(self, path: str) -> str:
        fitting = [
            cookie
            for cookie in self.session.context.cookies()
            if cookie.get("name") == "_xsrf" and path.startswith(cookie.get("path", "/"))
        ]
        found = max(fitting, key=lambda cookie: len(cookie.get("path", "")), default=None)
        return found.get("value", "") if found else ""

    def kernel(self) -> str:
        """Id of a kernel of this person's."""
        if not self._kernel:
            answer = self.server("POST", "api/kernels", {"name": "python3"})
            assert answer.status == 201, answer.text
            self._kernel = str(answer.json()["id"])
        return self._kernel

    def run(self, code: str) -> str:
        """What `code` prints in the kernel, and the error it ends with."""
        base = self.room.url.replace("http", "ws", 1)
        url = f"{base}/user/{self.name}/api/kernels/{self.kernel()}/channels"
        return str(self.session.page.evaluate(_RUN, [url, code]))

    def restart_server(self) -> None:
        """Stop the server and start it, as the hub's own pages do, and open JupyterLab again."""
        self._kernel = ""
        user = f"/hub/api/users/{self.name}"
        page = self.session.page
        page.goto(f"{self.room.url}/hub/home")
        assert self.ask("DELETE", f"{user}/server").status in (202, 204)
        self._until(lambda: not self.ask("GET", user).json()["servers"])
        assert self.ask("POST", f"{user}/server").status in (201, 202)
        self._until(lambda: self.ask("GET", user).json()["servers"][""]["ready"])
        page.goto(f"{self.room.url}/user/{self.name}/lab?reset")
        page.wait_for_function("window.jupyterapp && window.jupyterapp.restored", timeout=60_000)
        page.evaluate("async () => { await window.jupyterapp.restored; }")

    @staticmethod
    def _until(condition: Any, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.3)

    def server_process(self) -> psutil.Process:
        """The process of this person's server."""
        for process in psutil.Process(self.room.process.pid).children(recursive=True):
            try:
                words = " ".join(process.cmdline())
                if "singleuser.py" in words and process.name() != "bwrap":
                    if process.environ().get("JUPYTERHUB_USER") == self.name:
                        return process
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        raise AssertionError(f"{self.name} has no server")

    def token(self) -> str:
        """The token of this person's server: all that somebody could steal who broke into it."""
        return str(self.server_process().environ()["JUPYTERHUB_API_TOKEN"])


def call(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One request without cookies or redirects; 101 for a websocket that opened."""
    parts = urlsplit(url)
    assert parts.hostname
    connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, dict(headers or {}))
        answer = connection.getresponse()
        text = "" if answer.status == 101 else answer.read().decode(errors="replace")
        return Answer(answer.status, text, dict(answer.getheaders()))
    finally:
        connection.close()


class ServiceClient:
    """The service, asked through the proxy with a token."""

    def __init__(self, url: str, token: str) -> None:
        self._base = f"{url}/services/learnflow/"
        self._headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}

    def ask(self, path: str, body: object = None) -> Answer:
        """GET, or POST of `body`."""
        data = None if body is None else msgspec.json.encode(body)
        return call(self._base + path, "GET" if body is None else "POST", data, self._headers)

    def files(self, course: str, assignment: str) -> FileSet:
        """The released files."""
        answer = self.ask(f"api/courses/{course}/assignments/{assignment}/files")
        assert answer.status == 200, answer.text
        return msgspec.json.decode(answer.text, type=FileSet)

    def submit(self, course: str, assignment: str, files: FileSet, seconds: float = 60) -> SubmissionView:
        """Hand in `files`; the submission once it is graded."""
        answer = self.ask(f"api/courses/{course}/assignments/{assignment}/submissions", files)
        assert answer.status == 201, answer.text
        view = msgspec.json.decode(answer.text, type=SubmissionView)
        end = time.monotonic() + seconds
        while view.status not in ("graded", "failed"):
            assert time.monotonic() < end, "not graded"
            time.sleep(0.3)
            text = self.ask(f"api/courses/{course}/submissions/{view.submission_id}").text
            view = msgspec.json.decode(text, type=SubmissionView)
        return view

    def feedback(self, course: str, submission: str) -> str:
        """The feedback pages of a submission, one after the other."""
        answer = self.ask(f"api/courses/{course}/submissions/{submission}/feedback")
        assert answer.status == 200, answer.text
        files = msgspec.json.decode(answer.text, type=FileSet).files
        return "\n".join(file.content.decode() for file in files)


def files_below(folder: Path) -> set[str]:
    """Names of everything below `folder`, links not followed."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
