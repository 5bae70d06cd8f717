"""No way round the sandbox: each door that a student could try, tried in a real classroom."""

from __future__ import annotations

import html
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from classroom import Classroom, Session, person
from intruder import Intruder, ServiceClient, call, files_below
from lab import COURSE, ROOT, ask, chat
from learnflow_grading.hidden import leaks, notebook_texts, secret_lines
from learnflow_kernels import cgroups
from learnflow_kernels.owner import tag
from nbformat import read, reads
from playwright.sync_api import Browser, expect
from traps import (
    CANARY,
    TRAP_CODE,
    TRAPS,
    alarms,
    connections,
    handshake,
    looking,
    planting,
    refuse_what_was_seen,
)

from learnflow_ext.contracts.grades import CourseFile, FileSet
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.quizzes import read as read_key
from learnflow_ext.contracts.runs import RunBatch, RunReport

pytestmark = pytest.mark.timeout(240)

LOOPS, QUIZ = "02-loops-and-lists", "03-quiz-names-and-loops"
FORMGRADER = f"/services/formgrader-{COURSE}"


@pytest.fixture(scope="module")
def chen(classroom: Classroom, browser: Browser) -> Iterator[Intruder]:
    """The student who tries, with JupyterLab open."""
    with person(classroom, browser, "chen") as session:
        session.open_lab()
        yield Intruder(session)


@pytest.fixture(scope="module")
def ben(classroom: Classroom, browser: Browser) -> Iterator[Intruder]:
    """Another student, whose server runs and who has a secret."""
    with person(classroom, browser, "ben") as session:
        session.log_in()
        session.page.wait_for_url("**/user/ben/lab**", timeout=90_000)
        ben = Intruder(session)
        secret = ben.work / "diary.txt"
        secret.write_text(CANARY)
        shutil.chown(secret, ben.work.stat().st_uid, ben.work.stat().st_gid)
        assert CANARY in ben.server("GET", "api/contents/diary.txt").text
        yield ben


@pytest.fixture(scope="module")
def teacher(classroom: Classroom, browser: Browser) -> Iterator[Session]:
    """Signed in, at the course's pages."""
    with person(classroom, browser, "teacher") as session:
        session.log_in()
        session.page.wait_for_url("**/services/learnflow/**")
        yield session


@pytest.fixture
def secrets(chen: Intruder, ben: Intruder) -> list[str]:
    """What student code must never see."""
    return [chen.token(), ben.token(), CANARY]


def quiz_reasons() -> list[str]:
    """What the keys of the course's quizzes say of each choice, as JSON would hold it."""
    return [
        json.dumps(choice.reason, ensure_ascii=False)[1:-1]
        for key in (ROOT / f"notebooks/{COURSE}/quizzes").glob("*.yaml")
        for question in read_key(key.read_bytes())
        for choice in question.choices
    ]


def own_memory(process: psutil.Process) -> int:
    """Bytes, with its part of what it shares: a parent's pages count once for all. 0 when it is gone."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


class TestKernel:
    """Student code sees its folder and nothing else."""

    def test_no_token_network_or_file_of_others(
        self, chen: Intruder, ben: Intruder, secrets: list[str]
    ) -> None:
        out = chen.run(looking(chen.room, ben.work) + "print(json.dumps(saw))")
        refuse_what_was_seen(json.loads(out), secrets, chen.room)

    def test_the_way_to_its_folder_holds_nothing_else(self, chen: Intruder, ben: Intruder) -> None:
        state = str(chen.room.state)
        code = f"import os\nprint(os.listdir({state!r}), os.listdir({state + '/users'!r}))"
        assert chen.run(code).split() == ["['users']", "['chen']"]

    def test_nothing_it_may_read_is_a_course_source_a_quiz_key_or_a_gradebook(self, chen: Intruder) -> None:
        code = (
            "import subprocess\nprint(subprocess.run(['grep', '-rlsI', '--include=*.ipynb', '--include=*.db',"
            " '--include=*.yaml', '-e', 'BEGIN ' 'HIDDEN', '-e', 'BEGIN ' 'SOLUTION', '-e', 'gradebook',"
            " '-e', 'third of a ' 'sweet here', '/'"
            ", '--exclude-dir=proc', '--exclude-dir=sys', '--exclude-dir=site-packages'"
            "], capture_output=True, text=True, timeout=40).stdout)"
        )
        assert chen.run(code).strip() == ""

    def test_it_cannot_become_more(self, chen: Intruder) -> None:
        code = (
            "import os\nfor what in (lambda: os.setuid(0), lambda: os.mknod('d', 0o60600, os.makedev(8, 0)),"
            " lambda: os.chroot('/'), lambda: open('/usr/x', 'w'), lambda: open('/etc/x', 'w')):\n"
            "    try:\n        what(); print('could')\n    except OSError: print('no')"
        )
        assert set(chen.run(code).split()) == {"no"}

    def test_many_children_take_no_more_than_one_persons_share(self, chen: Intruder) -> None:
        server = chen.server_process()
        grouped = "learnflow-server-" in Path(f"/proc/{server.pid}/cgroup").read_text()
        probe = cgroups.create(f"probe-{tag()}", memory=2**26, processes=16)
        probe.remove()
        assert grouped is probe.limits_memory
        # They begin when the cell has ended: the kernel may be killed for it, and would owe an answer.
        chen.run(
            "import os, time\nfor _ in range(45):\n    if os.fork() == 0:\n        time.sleep(3)\n"
            "        held = bytearray(b'x' * 100_000_000); time.sleep(20); os._exit(0)"
        )
        time.sleep(7)
        # The least of some looks: while some grow and others are killed, one look counts memory twice.
        held = min(sum(own_memory(each) for each in server.children(recursive=True)) for _ in range(5))
        assert held < 3 * 2**30 or not grouped, "they wanted 4.5 GB"
        assert server.is_running()
        assert chen.server("POST", f"api/kernels/{chen.kernel()}/restart").status == 200
        assert "42" in chen.run("print(6 * 7)")

    def test_no_magic_reaches_a_model(self, chen: Intruder) -> None:
        said = chen.run("%load_ext jupyter_ai_magics")
        assert "Error" in said or "not" in said
        assert "not found" in chen.run("%ai list")


class TestOtherKernelsAndTerminals:
    def test_terminals_are_off(self, chen: Intruder) -> None:
        for method in ("GET", "POST"):
            assert chen.server(method, "api/terminals").status == 404
        assert chen.server("GET", "terminals/websocket/1").status == 404
        has = "name => window.jupyterapp.commands.hasCommand(name)"
        assert chen.session.page.evaluate(has, "docmanager:open")
        assert not chen.session.page.evaluate(has, "terminal:create-new")

    def test_there_is_one_kernel_and_no_other_starts(self, chen: Intruder) -> None:
        assert list(chen.server("GET", "api/kernelspecs").json()["kernelspecs"]) == ["python3"]
        for name in ("ir", "bash", "evil", "../evil", "python3/../evil"):
            assert chen.server("POST", "api/kernels", {"name": name}).status >= 400

    def test_a_path_elsewhere_gives_the_kernel_no_more(self, chen: Intruder) -> None:
        body = {
            "path": "../../ben/work/x.ipynb",
            "type": "notebook",
            "name": "x",
            "kernel": {"name": "python3"},
        }
        answer = chen.server("POST", "api/sessions", body)
        if answer.status == 201:
            model = answer.json()
            spy = Intruder(chen.session)
            spy._kernel = model["kernel"]["id"]
            assert "ben" not in spy.run(
                "import os; print(os.getcwd(), os.listdir(os.path.dirname(os.getcwd())))"
            )
            assert chen.server("DELETE", f"api/sessions/{model['id']}").status == 204


class TestPlantedFiles:
    """Configuration and code in places where Jupyter, IPython, Python and nbgrader look for them."""

    def test_nothing_of_it_is_loaded(self, chen: Intruder) -> None:
        chen.run(planting(chen.work))
        planted = files_below(chen.work)
        assert {".jupyter/personas/evil_persona.py", "nbgrader_config.py"} <= planted
        chen.run(f"import runpy; runpy.run_path({str(chen.work / 'nbgrader_config.py')!r})")
        (mark,) = chen.work.glob("loaded-by-*")  # so would a server that loads it
        mark.unlink()
        chen.restart_server()
        for path in ("api/kernelspecs", "lab/api/settings", "courses", f"assignments?course_id={COURSE}"):
            assert chen.server("GET", path).status == 200
        assert "evil" not in chen.server("GET", "api/kernelspecs").text
        assert "evil" not in chen.server("GET", "lab").text
        assert chen.server("GET", "formgrader?path=.").status == 404
        assert chen.server("GET", "nbconvert/html/plain.ipynb").status == 404
        assert chen.server("GET", "api/terminals").status == 404
        chen.server("POST", "assignments/validate", {"path": "plain.ipynb"})
        ask(chen.session, "@Evil what is a list?")
        expect(chat(chen.session.page)).to_contain_text("list", timeout=20_000)
        assert chen.run("print(1 + 1)").strip() == "2"
        assert not [name for name in files_below(chen.work) if name.startswith("loaded-by-")]
        talkers = json.loads((chen.work / "tutor.chat").read_text())["users"]
        bots = [name for name in talkers if name not in ("chen", "hidden::jupyter_ai_system")]
        assert all(name.startswith("jupyter-ai-personas::learnflow_ext::") for name in bots), bots

    def test_settings_saved_through_the_api_are_not_code_either(self, chen: Intruder) -> None:
        evil = {"ServerApp": {"terminals_enabled": True, "jpserver_extensions": {"evil": True}}}
        for section in ("jupyter_server_config", "jupyter_config", "tree"):
            chen.server("PUT", f"api/config/{section}", evil)
        for name in ("..%2f..%2fwork%2fx", "../../config/jupyter_server_config", "/etc/x"):
            assert chen.server("PUT", f"lab/api/settings/{name}", {"raw": "{}"}).status >= 400
        chen.restart_server()
        assert chen.server("GET", "api/terminals").status == 404


class TestValidate:
    def test_it_runs_in_the_sandbox(self, chen: Intruder, ben: Intruder, secrets: list[str]) -> None:
        (released,) = ServiceClient(chen.room.url, chen.token()).files(COURSE, QUIZ).files
        notebook = json.loads(released.content)
        test = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("points"))
        del test["metadata"]["nbgrader"]["checksum"]  # else it is only told that it was changed
        test["source"] = looking(chen.room, ben.work) + "raise ValueError('<<' + json.dumps(saw) + '>>')"
        chen.server("PUT", "api/contents/spy.ipynb", {"type": "notebook", "content": notebook})
        answer = chen.server("POST", "assignments/validate", {"path": "spy.ipynb"})
        assert answer.status == 200, answer.text
        answered = json.loads(answer.text)["value"]
        findings = json.loads(answered) if isinstance(answered, str) else answered
        text = html.unescape("".join(each["error"] for each in findings.get("failed", ())))
        assert "<<{" in text, findings
        saw, _ = json.JSONDecoder().raw_decode(text[text.rindex("<<{") + 2 :])
        refuse_what_was_seen(saw, secrets, chen.room)
        assert not [secret for secret in secrets if secret in text]
        assert "JUPYTERHUB" not in text


@pytest.fixture(scope="module")
def links(chen: Intruder, ben: Intruder) -> dict[str, str]:
    (chen.home / "canary.txt").write_text(CANARY)
    targets = {
        "to-ben": str(ben.work),
        "to-diary.txt": str(ben.work / "diary.txt"),
        "to-passwd.txt": "/etc/passwd",
        "to-home": str(chen.home),
        "to-canary.txt": str(chen.home / "canary.txt"),
        "to-state": str(chen.room.state),
        "to-root": "/",
        "to-env.txt": "/proc/self/environ",
        "relative": "../../ben/work",
    }
    made = chen.run(
        f"import os\nos.chdir({str(chen.work)!r})\nfor name, to in {targets!r}.items():\n"
        "    os.path.lexists(name) and os.unlink(name)\n    os.symlink(to, name)\nprint('made')"
    )
    assert made.strip() == "made"
    return targets


class TestLinkMadeByAKernel:
    """A symbolic link to somewhere else, in a folder that the server reads and writes."""

    def test_it_shows_nothing(self, chen: Intruder, ben: Intruder, links: dict[str, str]) -> None:
        secrets = (CANARY, ben.token(), "root:x:", "JUPYTERHUB_")
        listed = {entry["name"] for entry in chen.server("GET", "api/contents").json()["content"]}
        assert not listed & set(links)
        below = ("", "/canary.txt", "/diary.txt", "/etc/passwd", "/users/ben/work/diary.txt", "/uids.json")
        for name in links:
            for rest in below:
                for way in ("api/contents/{}", "files/{}", "files/{}?download=1", "view/{}", "edit/{}"):
                    answer = chen.server("GET", way.format(name + rest))
                    assert answer.status >= 400 or way == "edit/{}", (way, name, rest)
                    assert not [secret for secret in secrets if secret in answer.text]

    def test_nothing_is_written_or_copied_through_it(self, chen: Intruder, links: dict[str, str]) -> None:
        before = files_below(chen.home)
        text = {"type": "file", "format": "text", "content": "evil"}
        chen.server("PUT", "api/contents/own.txt", text)
        chen.server("PUT", "api/contents/own.chat", text)
        for name in links:
            tries = [
                chen.server("PUT", f"api/contents/{name}", text),
                chen.server("PUT", f"api/contents/{name}/evil.txt", text),
                chen.server("PUT", f"api/contents/{name}/evil.txt", {**text, "chunk": 1}),
                chen.server("PUT", f"api/contents/{name}/evil", {"type": "directory"}),
                chen.server("POST", f"api/contents/{name}", {"type": "file", "ext": ".txt"}),
                chen.server("POST", f"api/contents/{name}", {"copy_from": "own.txt"}),
                chen.server("POST", "api/contents", {"copy_from": name}),
                chen.server("POST", "api/contents", {"copy_from": f"{name}/canary.txt"}),
                chen.server("PATCH", "api/contents/own.txt", {"path": f"{name}/evil.txt"}),
                chen.server("PATCH", f"api/contents/{name}/canary.txt", {"path": "mine.txt"}),
                chen.server("POST", f"api/contents/{name}/checkpoints"),
                chen.server("POST", f"api/contents/{name}/canary.txt/checkpoints"),
                chen.server("DELETE", f"api/contents/{name}/canary.txt"),
                chen.server("POST", "assignments/validate", {"path": f"{name}/evil.ipynb"}),
            ]
            assert all(
                t.status >= 400 or '"success": false' in t.text.lower() or '"success":false' in t.text
                for t in tries
            ), [(t.status, t.text[:80]) for t in tries]
        assert (chen.home / "canary.txt").read_text() == CANARY
        assert not [name for name in files_below(chen.home) - before if "evil" in name]
        assert not [name for name in files_below(chen.work) if CANARY in _text(chen.work / name)]

    def test_a_checkpoint_is_not_restored_into_it(self, chen: Intruder, links: dict[str, str]) -> None:
        text = {"type": "file", "format": "text", "content": "evil"}
        assert chen.server("PUT", "api/contents/swap.txt", text).status in (200, 201)
        assert chen.server("POST", "api/contents/swap.txt/checkpoints").status == 201
        target = str(chen.home / "canary.txt")
        chen.run(f"os.chdir({str(chen.work)!r}); os.unlink('swap.txt'); os.symlink({target!r}, 'swap.txt')")
        assert chen.server("POST", "api/contents/swap.txt/checkpoints/checkpoint").status >= 400
        assert (chen.home / "canary.txt").read_text() == CANARY

    def test_an_assignment_is_not_fetched_into_it(self, chen: Intruder, links: dict[str, str]) -> None:
        folder = chen.work / COURSE / QUIZ
        chen.run(
            f"os.makedirs({str(folder.parent)!r}, exist_ok=True)\n"
            f"os.symlink({str(chen.home)!r}, {str(folder)!r})"
        )
        body = {"course_id": COURSE, "assignment_id": QUIZ}
        for action in ("fetch", "submit"):
            assert chen.server("POST", f"assignments/{action}", body).json()["success"] is False
        chen.run(f"os.unlink({str(folder)!r})")
        assert not list(chen.home.glob("*.ipynb"))

    def test_no_chat_is_kept_behind_it(self, chen: Intruder, links: dict[str, str]) -> None:
        error = {"exception": "E", "message": "m"}
        chen.server(
            "POST", "learnflow/explain", {"notebook": "x.ipynb", "error": error, "chat": "to-home/evil.chat"}
        )
        for name in ("../evil.chat", "/tmp/evil.chat", "x/../../evil.chat", "evil.txt"):
            body = {"notebook": "x.ipynb", "error": error, "chat": name}
            assert chen.server("POST", "learnflow/explain", body).status == 400
        assert not (chen.home / "evil.chat").exists()
        assert not (chen.home.parent / "evil.chat").exists()

    def test_it_is_not_gone_once_the_server_starts_again(self, chen: Intruder, links: dict[str, str]) -> None:
        assert (chen.work / "to-passwd.txt").is_symlink()
        assert (chen.work / "to-passwd.txt").readlink() == Path("/etc/passwd")


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() and not path.is_symlink() else ""


class TestOddFiles:
    def test_pipes_sockets_and_second_names_neither_hang_nor_show(self, chen: Intruder) -> None:
        out = chen.run(
            f"import os, socket\nos.chdir({str(chen.work)!r})\nopen('first.txt', 'w').write('x')\n"
            "for name in ('pipe.txt', 'pipe.ipynb'):\n    os.path.exists(name) or os.mkfifo(name)\n"
            "os.path.exists('second.txt') or os.link('first.txt', 'second.txt')\n"
            "s = socket.socket(socket.AF_UNIX); os.path.exists('s.txt') or s.bind('s.txt')\n"
            "try:\n    os.link('/etc/passwd', 'passwd.txt'); print('linked')\nexcept OSError: print('made')"
        )
        assert out.strip() == "made"
        names = ("pipe.txt", "pipe.ipynb", "second.txt", "s.txt")
        listed = {entry["name"] for entry in chen.server("GET", "api/contents").json()["content"]}
        assert not listed & set(names)
        for name in names:
            for path in (f"api/contents/{name}", f"files/{name}"):
                assert chen.server("GET", path).status == 404
            assert chen.server("POST", "assignments/validate", {"path": name}).status in (200, 404)
        assert chen.server("GET", "api/status").status == 200

    def test_hidden_files_stay_hidden(self, chen: Intruder) -> None:
        chen.run(f"open({str(chen.work / '.hidden.txt')!r}, 'w').write('x')")
        assert ".hidden.txt" not in chen.server("GET", "api/contents").text
        for path in (
            "files/.hidden.txt",
            "api/contents/.hidden.txt",
            "files/.jupyter/jupyter_server_config.py",
        ):
            assert chen.server("GET", path).status == 404

    def test_paths_that_climb_lead_nowhere(self, chen: Intruder, ben: Intruder) -> None:
        for path in ("../server/canary.txt", "../../ben/work/diary.txt", "../../uids.json", "/etc/passwd"):
            for way in ("api/contents/", "files/"):
                assert chen.server("GET", way + quote(path, safe="")).status in (400, 403, 404)


class TestOtherDoorsToModels:
    def test_no_endpoint_of_another_assistant_answers(self, chen: Intruder) -> None:
        for path in ("api/ai/chats", "api/ai/completion/inline", "api/ai/config", "api/ai/providers", "mcp"):
            assert chen.server("GET", path).status == 404, path
        for path in ("api/ai/message/Claude", "api/acp", "api/ai/acp/slash_commands", "sse", "lsp/status"):
            assert chen.server("POST", path, {}).status in (404, 405), path

    def test_no_mcp_server_listens(self, classroom: Classroom, chen: Intruder) -> None:
        listening = {
            connection.laddr.port
            for process in (chen.server_process(), *chen.server_process().children(recursive=True))
            for connection in connections(process)
            if connection.status == psutil.CONN_LISTEN
        }
        assert len(listening) == 1
        assert 3001 not in listening


class TestTokensOfAStudent:
    """What the token of a student's server is worth elsewhere."""

    def test_the_hub_tells_it_nothing_of_others(self, chen: Intruder) -> None:
        headers = {"Authorization": f"token {chen.token()}"}
        group = f"groups/formgrade-{COURSE}/users"
        for method, path in (
            *(("GET", p) for p in ("users", "users/ben", "groups", "services", "proxy", "users/ben/tokens")),
            *(("POST", p) for p in ("users/ben/server", "users/chen/tokens", "users/eve", group)),
            *(("DELETE", p) for p in ("users/ben/server", "users/ben")),
            ("PATCH", "users/chen"),
        ):
            answer = call(f"{chen.room.url}/hub/api/{path}", method, b"{}", headers)
            assert answer.status in (403, 404), (method, path, answer.status)

    def test_it_opens_no_other_server(self, chen: Intruder, ben: Intruder) -> None:
        for path in ("api/contents/diary.txt", "api/kernels", "api/status", "lab"):
            answer = call(
                f"{chen.room.url}/user/ben/{path}", headers={"Authorization": f"token {chen.token()}"}
            )
            assert answer.status in (302, 403, 404)
            assert CANARY not in answer.text
            assert chen.ask("GET", f"/user/ben/{path}").status in (302, 403, 404)

    def test_the_service_shows_only_its_owners(self, chen: Intruder, ben: Intruder) -> None:
        mine, bens = (ServiceClient(chen.room.url, each.token()) for each in (chen, ben))
        submitted = bens.submit(COURSE, QUIZ, bens.files(COURSE, QUIZ)).submission_id
        assert bens.ask(f"api/courses/{COURSE}/submissions/{submitted}").status == 200
        for path in (
            f"api/progress/ben?course={COURSE}",
            f"api/courses/{COURSE}/submissions/{submitted}",
            f"api/courses/{COURSE}/submissions/{submitted}/feedback",
            f"api/courses/{COURSE}/scores",
            f"api/courses/{COURSE}/feed",
            f"courses/{COURSE}",
            f"courses/{COURSE}/scores",
            f"courses/{COURSE}/feed",
            f"ws?course={COURSE}",
            "metrics",
        ):
            answer = mine.ask(path)
            assert answer.status == 403, (path, answer.status)
            assert "Traceback" not in answer.text
        assert mine.ask(f"api/progress/chen?course={COURSE}").status == 200

    def test_nor_does_the_formgrader(self, chen: Intruder) -> None:
        headers = {"Authorization": f"token {chen.token()}"}
        for path in (
            "formgrader",
            "formgrader/api/assignments",
            "api/contents",
            "api/kernels",
            "api/terminals",
        ):
            for answer in (
                call(f"{chen.room.url}{FORMGRADER}/{path}", headers=headers),
                chen.ask("GET", f"{FORMGRADER}/{path}"),
            ):
                assert answer.status in (302, 403, 404)
                assert LOOPS not in answer.text

    def test_past_the_proxy_everything_still_asks_who_is_there(
        self, classroom: Classroom, chen: Intruder, ben: Intruder
    ) -> None:
        # A student's server shares this machine's network, so it reaches each of these.
        tree = psutil.Process(classroom.process.pid).children(recursive=True)
        ports = {c.laddr.port for p in tree for c in connections(p) if c.status == psutil.CONN_LISTEN}
        assert len(ports) >= 6
        for port in ports:
            for path in (
                *("/api/http/routers", "/api/rawdata", "/hub/api/users", "/user/ben/api/contents/diary.txt"),
                *(f"/services/learnflow/courses/{COURSE}", f"{FORMGRADER}/formgrader/api/assignments"),
            ):
                for headers in (
                    {},
                    {"Authorization": f"token {chen.token()}"},
                    {"X-Forwarded-User": "teacher"},
                ):
                    answer = call(f"http://127.0.0.1:{port}{path}", headers=headers)
                    assert answer.status in (302, 401, 403, 404), (port, path, answer.status)


class TestWebsocketOfAnotherSite:
    @pytest.mark.parametrize(
        ("origin", "status"), [("own", 101), ("http://evil.example", 403), ("null", 403)]
    )
    def test_it_does_not_open(self, chen: Intruder, origin: str, status: int) -> None:
        paths = [
            *(f"/user/chen/{p}" for p in (f"api/kernels/{chen.kernel()}/channels", "api/chat/ws/tutor.chat"))
        ]
        for path in paths:
            assert handshake(chen.session.context, chen.room.url, path, origin) == status, path

    @pytest.mark.parametrize(
        ("origin", "status"), [("own", 101), ("http://evil.example", 403), ("null", 403)]
    )
    def test_nor_the_dashboards(self, teacher: Session, origin: str, status: int) -> None:
        path = f"/services/learnflow/ws?course={COURSE}"
        assert handshake(teacher.context, teacher.room.url, path, origin) == status


@pytest.fixture(scope="module")
def trapped(chen: Intruder, ben: Intruder) -> str:
    """A submission full of traps, and a noisy student; the id of the submission."""
    service = ServiceClient(chen.room.url, chen.token())
    (released,) = service.files(COURSE, LOOPS).files
    notebook = json.loads(released.content)
    first: dict[str, Any] = {
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "cell_type": "code",
        "id": "trap-1",
    }
    look = looking(chen.room, ben.work) + "print('<<' + json.dumps(saw) + '>>')"
    notebook["cells"][:0] = [
        {"cell_type": "markdown", "id": "trap-0", "metadata": {}, "source": TRAPS},
        {"cell_type": "raw", "id": "trap-2", "metadata": {"raw_mimetype": "text/html"}, "source": TRAPS},
        {**first, "source": look},
        {**first, "id": "trap-3", "source": TRAP_CODE},
    ]
    notebook["metadata"]["title"] = TRAPS
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}, "x": TRAPS}}
    files = FileSet(
        files=(
            CourseFile(path=released.path, content=json.dumps(notebook).encode()),
            CourseFile(path="page.html", content=f"<html>{TRAPS}</html>".encode()),
            CourseFile(path="page.svg", content=TRAPS.encode()),
        )
    )
    view = service.submit(COURSE, LOOPS, files)
    assert view.status == "graded", view
    service.ask("api/help", HelpRequest(text=f"why? {TRAPS}", course=COURSE, assignment=LOOPS))
    run = RunReport(
        run_id="trap",
        notebook=f"{COURSE}/{LOOPS}/{TRAPS}.ipynb",
        course=COURSE,
        assignment=LOOPS,
        ok=False,
        exception=TRAPS[:100],
        message=TRAPS[:300],
        duration_ms=1,
        finished_at=0.0,
    )
    assert service.ask("api/runs", RunBatch(runs=(run,))).status == 200
    return view.submission_id


class TestHtmlOfAStudent:
    """Whatever a student writes is text, or harmless, wherever somebody else sees it."""

    def test_the_traps_would_go_off_in_a_careless_page(self, teacher: Session) -> None:
        ran = alarms(teacher.context)
        page = teacher.context.new_page()
        page.route("**/careless", lambda route: route.fulfill(body=TRAPS, content_type="text/html"))
        page.goto(f"{teacher.room.url}/careless")
        page.wait_for_timeout(300)
        page.close()
        assert {address.rpartition("-")[2] for address in ran} >= {"script", "img", "svg", "frame"}

    def test_nothing_of_it_runs_in_a_teachers_browser(self, teacher: Session, trapped: str) -> None:
        ran = alarms(teacher.context)
        page = teacher.page
        page.goto(f"{teacher.room.url}/services/learnflow/courses/{COURSE}")
        expect(page.locator("#feed")).to_contain_text("why?")
        expect(page.locator("#feed")).to_contain_text("<script>")
        teacher.shot("traps-dashboard")
        page.goto(f"{teacher.room.url}{FORMGRADER}/formgrader/gradebook/{LOOPS}/{LOOPS}")
        page.get_by_role("gridcell").get_by_role("link", name="Submission #1").click()
        expect(page.locator("body")).to_contain_text("Loops")
        address = page.url.partition("?")[0].rstrip("/")
        page.wait_for_timeout(500)
        teacher.shot("traps-formgrader")
        for link in page.locator("a[href^='javascript']").all():
            ran.append(link.get_attribute("href") or "")
        for file in ("page.html", "page.svg"):
            answer = teacher.context.request.get(f"{address}/{file}")
            assert answer.headers.get("content-disposition") == "attachment", file
            assert "sandbox" in answer.headers["content-security-policy"]
        for trap in ('";fetch("%2Fpwned-link");"', "<img src=x onerror=alert(1)>"):
            for place in ("manage_submissions", "gradebook", "manage_students"):
                page.goto(f"{teacher.room.url}{FORMGRADER}/formgrader/{place}/{quote(trap)}")
        page.wait_for_timeout(300)
        assert ran == []

    def test_nor_in_the_feedback(self, chen: Intruder, teacher: Session, trapped: str) -> None:
        feedback = ServiceClient(chen.room.url, chen.token()).feedback(COURSE, trapped)
        ran = alarms(teacher.context)
        page = teacher.context.new_page()
        # Without the frame in which students see it: the page itself must be harmless.
        page.route("**/feedback-page", lambda route: route.fulfill(body=feedback, content_type="text/html"))
        page.goto(f"{teacher.room.url}/feedback-page")
        expect(page.locator("body")).to_contain_text("Loops")
        page.wait_for_timeout(300)
        assert page.locator("a[href^='javascript']").count() == 0
        page.close()
        assert ran == []

    def test_while_it_was_graded_it_saw_nothing(
        self, chen: Intruder, trapped: str, secrets: list[str]
    ) -> None:
        page = html.unescape(ServiceClient(chen.room.url, chen.token()).feedback(COURSE, trapped))
        assert "<<{" in page  # what it saw is there to be looked at
        assert not [secret for secret in secrets if secret in page]
        assert "JUPYTERHUB" not in page

    def test_hidden_tests_and_solutions_stay_hidden(self, chen: Intruder, trapped: str) -> None:
        service = ServiceClient(chen.room.url, chen.token())
        page = service.feedback(COURSE, trapped)
        for assignment in (LOOPS, QUIZ):
            source = ROOT / f"notebooks/{COURSE}/source/{assignment}/{assignment}.ipynb"
            secret = secret_lines(cell.source for cell in read(source, as_version=4).cells)
            for file in service.files(COURSE, assignment).files:
                texts = [file.content.decode()]
                if file.path.endswith(".ipynb"):
                    texts = list(notebook_texts(reads(file.content.decode(), as_version=4)))
                assert not list(leaks(secret, texts)), file.path
                assert not [reason for reason in quiz_reasons() if reason in file.content.decode()], file.path
            assert secret or assignment == QUIZ
            assert not [line for line in secret if line in page]

    def test_a_page_of_ones_own_runs_without_ones_rights(self, chen: Intruder) -> None:
        text = {"type": "file", "format": "text", "content": TRAPS}
        chen.server("PUT", "api/contents/page.html", text)
        policy = chen.server("GET", "files/page.html").headers["content-security-policy"]
        assert "sandbox" in policy
        assert "allow-same-origin" not in policy


class TestStateFolder:
    """Who is on the machine but not the one who runs the hub reads nothing of the classroom."""

    def test_it_is_closed(self, classroom: Classroom, chen: Intruder) -> None:
        assert classroom.state.stat().st_mode & 0o077 == 0
        for name in ("hub", "users", "courses", "exchange"):
            assert (classroom.state / name).stat().st_mode & 0o077 == 0, name
        for name in ("hub/jupyterhub.sqlite", "hub/cookie_secret", "learnflow.sqlite"):
            assert (classroom.state / name).stat().st_mode & 0o077 == 0, name

    @pytest.mark.parametrize(
        "path", ["hub/jupyterhub.sqlite", "learnflow.sqlite", "users/ben/work/diary.txt"]
    )
    def test_a_students_uid_opens_nothing(
        self, classroom: Classroom, chen: Intruder, ben: Intruder, path: str
    ) -> None:
        if os.geteuid() == 0:
            uid = str(chen.work.stat().st_uid)
            assert chen.work.stat().st_uid != ben.work.stat().st_uid
            become = ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--"]
            read_it = subprocess.run([*become, "cat", str(classroom.state / path)], capture_output=True)
            assert read_it.returncode != 0
            assert not read_it.stdout
        else:
            # Then all have the hub's uid, and what keeps them apart is what their sandboxes show.
            seen = Path(f"/proc/{chen.server_process().pid}/root") / str(classroom.state / path).lstrip("/")
            assert not seen.exists()


def test_nothing_listens_for_other_machines(classroom: Classroom, chen: Intruder) -> None:
    tree = psutil.Process(classroom.process.pid).children(recursive=True)
    open_to_all = [c.laddr for p in tree for c in connections(p) if c.status == psutil.CONN_LISTEN]
    assert {address.ip for address in open_to_all} == {"127.0.0.1"}
    assert all(socket.inet_aton(address.ip) for address in open_to_all)
