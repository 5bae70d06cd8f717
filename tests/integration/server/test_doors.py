"""Every way round the sandbox that we know of, tried on a running student's server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.integration.server.conftest import Chat, Server


async def test_no_student_file_was_run_by_the_server(server: Server, chat: Chat) -> None:
    await chat.say("hello")
    await chat.reply()
    await server.call("GET", "lab")
    for path in ("assignments?course_id=py", "courses", "formgrader", "api/kernelspecs"):
        await server.call("GET", path)
    await server.call("POST", "api/ai/message/Evil", {"message": "hello"})
    assert not server.marker.exists(), server.marker.read_text()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "api/terminals"),
        ("POST", "api/terminals"),
        ("GET", "nbconvert/html/json.py"),
        ("POST", "nbconvert/html"),
        ("GET", "api/nbconvert"),
        ("POST", "api/ai/message/Tutor"),
        ("GET", "formgrader"),
        ("GET", "formgraders"),
        ("GET", "lsp/status"),
        ("GET", "tree"),
        ("GET", "mcp"),
        ("GET", "api/ai/chat_commands"),
    ],
)
async def test_a_door_is_shut(server: Server, method: str, path: str) -> None:
    answer = await server.call(method, path, {} if method == "POST" else None)
    assert answer.code == 404


async def test_there_is_one_kernel(server: Server) -> None:
    specs = await server.json("GET", "api/kernelspecs")
    assert list(specs["kernelspecs"]) == ["python3"]
    assert "learnflow" in json.dumps(specs["kernelspecs"]["python3"]["spec"]).lower()
    session = {"path": "x.ipynb", "type": "notebook", "name": "x", "kernel": {"name": "evil"}}
    answer = await server.call("POST", "api/sessions", session)
    assert answer.code >= 400
    assert await server.json("GET", "api/kernels") == []


def test_no_mcp_server_listens(server: Server) -> None:
    listening = set()
    inodes = {
        os.readlink(f"/proc/{server.process.pid}/fd/{fd}")
        for fd in os.listdir(f"/proc/{server.process.pid}/fd")
        if os.path.islink(f"/proc/{server.process.pid}/fd/{fd}")
    }
    with open("/proc/net/tcp") as v4, open("/proc/net/tcp6") as v6:
        for line in [*v4.readlines()[1:], *v6.readlines()[1:]]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                listening.add(int(fields[1].split(":")[1], 16))
    assert listening == {server.port}
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", 3001)) != 0


async def test_the_page_loads_what_a_student_needs(server: Server) -> None:
    page = (await server.call("GET", "lab")).body.decode()
    config = json.loads(
        page.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0]
    )
    names = {each["name"] for each in config["federated_extensions"]}
    assert {"jupyterlab-chat-extension", "@jupyter/nbgrader", "@jupyter-ai/persona-manager"} <= names
    assert not {name for name in names if "acp" in name or "commands" in name or "live-content" in name}
    assert "@jupyter/nbgrader:formgrader" in config["disabledExtensions"]
    assert "@jupyterlab/terminal-extension" in config["disabledExtensions"]
    assert config["terminalsAvailable"] is False
    assert config["exposeAppInBrowser"] is False
    assert config["news"] == {"disabled": True}
    assert config["jupyter_ai_default_persona"] == "jupyter-ai-personas::learnflow_ext::Tutor"
    assert config["serverSessionRtcInfo"]["enabled"] is False


async def test_extensions_cannot_be_installed(server: Server) -> None:
    body = {"cmd": "install", "extension_name": "evil"}
    answer = await server.call("POST", "lab/api/extensions", body)
    assert answer.code >= 400 or json.loads(answer.body)["status"] == "error"


class TestLinkMadeByAKernel:
    @pytest.mark.parametrize("to", ["/etc/passwd", "/etc", "/proc/self/environ", "secret", "folder"])
    async def test_it_shows_nothing(self, server: Server, to: str) -> None:
        (server.home / "secret").write_text("secret")
        (server.home / "folder").mkdir(exist_ok=True)
        (server.home / "folder" / "inner.txt").write_text("secret")
        link = server.work / "link.txt"
        link.unlink(missing_ok=True)
        link.symlink_to(to if to.startswith("/") else server.home / to)
        listing = await server.json("GET", "api/contents")
        assert "link.txt" not in [each["name"] for each in listing["content"]]
        for path in (
            "api/contents/link.txt",
            "files/link.txt",
            "view/link.txt/x",
            "api/contents/link.txt/inner.txt",
            "files/link.txt/inner.txt",
            "files/link.txt/passwd",
        ):
            answer = await server.call("GET", path)
            assert answer.code >= 400, path
            assert b"root:" not in answer.body
            assert b"secret\n" not in answer.body
        link.unlink()

    async def test_nothing_is_written_through_it(self, server: Server) -> None:
        target = server.home / "target.txt"
        target.write_text("before")
        link = server.work / "link2.txt"
        link.symlink_to(target)
        body = {"type": "file", "format": "text", "content": "after"}
        assert (await server.call("PUT", "api/contents/link2.txt", body)).code == 404
        assert (await server.call("PATCH", "api/contents/link2.txt", {"path": "mine.txt"})).code == 404
        assert (await server.call("DELETE", "api/contents/link2.txt")).code == 404
        assert (await server.call("POST", "api/contents", {"copy_from": "link2.txt"})).code == 404
        link.unlink()
        assert target.read_text() == "before"

    async def test_a_second_name_shows_nothing(self, server: Server) -> None:
        (server.home / "other").write_text("other's")
        os.link(server.home / "other", server.work / "hard.txt")
        assert (await server.call("GET", "files/hard.txt")).code == 404
        assert (await server.call("GET", "api/contents/hard.txt")).code == 404
        (server.work / "hard.txt").unlink()

    async def test_a_pipe_does_not_hang_the_server(self, server: Server) -> None:
        os.mkfifo(server.work / "pipe.txt")
        assert (await server.call("GET", "files/pipe.txt")).code == 404
        (server.work / "pipe.txt").unlink()


class TestFolderThatAKernelFilled:
    async def test_thousands_of_folders_inside_one_another(self, server: Server) -> None:
        (server.work / "deep").mkdir()
        above = os.open(server.work / "deep", os.O_RDONLY)
        for _ in range(2000):
            os.mkdir("d", dir_fd=above)
            below = os.open("d", os.O_RDONLY, dir_fd=above)
            os.close(above)
            above = below
        os.close(above)
        assert (await server.call("GET", "api/contents/deep")).code == 200
        # Each took longer than anybody waits, and the whole server with it.
        for depth, code in ((20, 200), (99, 200), (100, 404), (1500, 404)):
            assert (await server.call("GET", f"api/contents/deep{'/d' * depth}")).code == code
        assert (await server.call("POST", "api/contents", {"copy_from": "deep"})).code == 201
        assert (await server.call("PATCH", "api/contents/deep", {"path": "renamed"})).code == 200
        assert (await server.call("GET", "learnflow/status")).code == 200
        for name in ("renamed", "deep-Copy1"):
            subprocess.run(["rm", "-rf", server.work / name], check=True)  # noqa: ASYNC221

    async def test_thousands_of_files_and_names_that_are_none(self, server: Server) -> None:
        box = server.work / "box2"
        box.mkdir()
        for number in range(6000):
            (box / f"z{number:04}").touch()
        odd = [b"x" * 250, b"a\nb.ipynb", b"\x1b]0;x\x07", b"<img src=x onerror=alert(1)>", b"%2e%2e", b" "]
        for name in [*odd, b"\xff\xfe.txt"]:
            (box / os.fsdecode(name)).touch()
        os.utime(box / "z0000", (2**40, 2**40))
        listed = [each["name"] for each in (await server.json("GET", "api/contents/box2"))["content"]]
        assert len(listed) == 5000
        assert {name.decode() for name in odd} <= set(listed)
        assert not [name for name in listed if "\udcff" in name]
        for name in odd:
            assert (await server.call("GET", f"api/contents/box2/{quote(name)}?content=0")).code == 200
        shutil.rmtree(box)

    async def test_pipes_and_sockets_in_place_of_notebooks(self, server: Server) -> None:
        os.mkfifo(server.work / "pipe.ipynb")
        notebook = {"type": "notebook", "format": "json", "content": {"cells": [], "nbformat": 4}}
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(server.work / "door.ipynb"))
            for name in ("pipe.ipynb", "door.ipynb"):
                for method, path, body in (
                    ("GET", f"api/contents/{name}?type=notebook", None),
                    ("GET", f"files/{name}", None),
                    ("PUT", f"api/contents/{name}", notebook),
                    ("POST", f"api/contents/{name}/checkpoints", {}),
                ):
                    assert (await server.call(method, path, body)).code == 404, (method, path)
                (server.work / name).unlink()


class TestOrdinaryFiles:
    async def test_they_work_as_ever(self, server: Server) -> None:
        text = {"type": "file", "format": "text", "content": "hello\n"}
        assert (await server.call("PUT", "api/contents/mine.txt", text)).code == 201
        assert (await server.call("GET", "files/mine.txt")).body == b"hello\n"
        assert (await server.call("PATCH", "api/contents/mine.txt", {"path": "yours.txt"})).code == 200
        assert (await server.call("POST", "api/contents", {"copy_from": "yours.txt"})).code == 201
        assert (server.work / "yours-Copy1.txt").read_text() == "hello\n"
        assert (await server.call("DELETE", "api/contents/yours-Copy1.txt")).code == 204
        assert (await server.call("DELETE", "api/contents/yours.txt")).code == 204

    async def test_a_notebook_is_saved_and_restored(self, server: Server) -> None:
        cell = {"cell_type": "markdown", "id": "a1", "metadata": {}, "source": "first"}
        content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        model = {"type": "notebook", "content": content}
        assert (await server.call("PUT", "api/contents/nb.ipynb", model)).code == 201
        assert (await server.call("POST", "api/contents/nb.ipynb/checkpoints")).code == 201
        cell["source"] = "second"
        await server.call("PUT", "api/contents/nb.ipynb", model)
        answer = await server.call("POST", "api/contents/nb.ipynb/checkpoints/checkpoint")
        assert answer.code == 204
        assert "first" in (server.work / "nb.ipynb").read_text()
        assert not (server.work / ".ipynb_checkpoints").exists()
        assert list((server.home / ".local/share/learnflow/checkpoints").rglob("nb-checkpoint.ipynb"))
        await server.call("DELETE", "api/contents/nb.ipynb")

    async def test_an_upload_in_pieces_works(self, server: Server) -> None:
        for chunk, content in ((1, "one,"), (2, "two,"), (-1, "three")):
            body = {"type": "file", "format": "text", "content": content, "chunk": chunk}
            assert (await server.call("PUT", "api/contents/big.txt", body)).code in (200, 201)
        assert (server.work / "big.txt").read_text() == "one,two,three"
        await server.call("DELETE", "api/contents/big.txt")

    async def test_folders_work(self, server: Server) -> None:
        assert (await server.call("PUT", "api/contents/box", {"type": "directory"})).code == 201
        (server.work / "box" / "in.txt").write_text("in")
        (server.work / "box" / "out").symlink_to("/etc/passwd")
        listing = await server.json("GET", "api/contents/box")
        assert [each["name"] for each in listing["content"]] == ["in.txt"]
        assert (await server.call("POST", "api/contents", {"copy_from": "box"})).code == 201
        assert sorted(path.name for path in (server.work / "box-Copy1").iterdir()) == ["in.txt"]
        assert (await server.call("DELETE", "api/contents/box")).code == 409

    async def test_hidden_files_are_not_shown(self, server: Server) -> None:
        listing = await server.json("GET", "api/contents")
        assert not [each["name"] for each in listing["content"] if each["name"].startswith(".")]
        assert (await server.call("GET", "files/.jupyter/evil_persona.py")).code == 404
        assert (await server.call("GET", "api/contents/.jupyter")).code == 404

    async def test_a_huge_file_is_refused_with_a_sentence(self, server: Server) -> None:
        with (server.work / "huge.bin").open("wb") as file:
            file.truncate(100 << 20)
        answer = await server.call("GET", "api/contents/huge.bin")
        assert answer.code == 413
        assert b"the limit is 64 MB" in answer.body
        (server.work / "huge.bin").unlink()
