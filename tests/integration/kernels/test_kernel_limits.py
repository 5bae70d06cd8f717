"""Limits of a kernel that are not its memory: time a cell, processor cores, network."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.kernels.conftest import Starter


class TestTimeOfACell:
    @pytest.mark.parametrize("code", ["while True: pass", "import time; time.sleep(900)"])
    async def test_it_is_interrupted_with_a_sentence_and_the_kernel_lives_on(
        self, start: Starter, code: str
    ) -> None:
        notebook = await start(cell_seconds=1.0)
        await notebook.run("kept = 7")
        seen = await notebook.run(code)
        assert seen.error == "KeyboardInterrupt"
        assert "This cell ran longer than 1 seconds, so it was stopped. Your notebook is safe." in seen.text
        after = await notebook.run("import time; time.sleep(0.6); print(kept)")
        assert (after.text, after.error) == ("7\n", "")

    async def test_a_cell_that_takes_no_notice_ends_with_its_kernel(self, start: Starter) -> None:
        notebook = await start(cell_seconds=1.0)
        notebook.client.execute(
            "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\ntime.sleep(900)"
        )
        await notebook.death(within=40)
        assert notebook.provisioner.why_it_ended.startswith(
            "This cell ran longer than 1 seconds, so it was stopped. Your notebook is safe"
        )

    async def test_none_is_set(self, start: Starter) -> None:
        notebook = await start(cell_seconds=0.0)
        seen = await notebook.run("import os; print(os.environ.get('LEARNFLOW_CELL_SECONDS'))")
        assert seen.text == "None\n"


class TestProcessor:
    async def test_a_kernel_keeps_no_more_cores_busy_than_it_may(self, start: Starter) -> None:
        notebook = await start(cpus=0.5)
        spin = (
            "import os, resource, time\nbegan = time.monotonic()\n"
            "children = []\n"
            "for _ in range(3):\n"
            "    child = os.fork()\n"
            "    if not child:\n"
            "        while time.monotonic() < began + 2: pass\n"
            "        os._exit(0)\n"
            "    children.append(child)\n"
            "for child in children: os.waitpid(child, 0)\n"
            "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print((used.ru_utime + used.ru_stime) / (time.monotonic() - began))"
        )
        # Half a core by control group; one where there is none, as a kernel starts on that many.
        limit = 0.75 if notebook.provisioner._group.limits_cpu else 1.1
        assert float((await notebook.run(spin)).text) < limit


class TestNetwork:
    CALL = "import socket\nprint(socket.create_connection(('127.0.0.1', {port}), timeout=5).recv(9).decode())"

    @pytest.mark.parametrize("network", ["none", "full"])
    async def test_it_is_there_only_where_an_admin_allows_it(self, start: Starter, network: str) -> None:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello")
            writer.close()

        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            notebook = await start(network=network)
            seen = await notebook.run(self.CALL.format(port=port))
        assert seen.text.strip() == ("hello" if network == "full" else "")
        assert bool(seen.error) is (network == "none")

    async def test_names_are_looked_up(self, start: Starter) -> None:
        notebook = await start(network="full")
        seen = await notebook.run("import socket\nprint(socket.gethostbyname('localhost'))")
        assert seen.text == "127.0.0.1\n"
