"""The command that the hub runs: `python -m learnflow_ext.service --config jupyterhub_config.py`."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys

from traitlets import Dict, List, Unicode
from traitlets.config import Application

from learnflow_ext import __version__
from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.service import logs
from learnflow_ext.service.running import RunningService
from learnflow_ext.settings import CLASSES, SERVICE_NAME, load_config

CANNOT_RUN = 2

log = logs.get("learnflow.service")


class LearnFlowService(Application):
    """LearnFlow's hub service: API, tutor, grading queue, dashboard."""

    name = Unicode(f"{SERVICE_NAME}-service")
    description = Unicode(
        "The classroom's service. The hub starts it; see setup_learnflow in jupyterhub_config.py."
    )
    version = Unicode(__version__)
    classes = List(list(CLASSES))
    aliases = Dict({"config": "LearnFlowService.config_file"})

    config_file = Unicode(
        "jupyterhub_config.py",
        help="""The hub's configuration file. The service reads its own traits (`c.LearnFlow…`) from it,
        so that a setting is said once.""",
    ).tag(config=True)

    def start(self) -> None:
        """Run until SIGTERM or Ctrl-C; exits with 2, and one sentence in the log, when it cannot run."""
        logs.configure()
        # Databases, submissions and secrets are nobody else's business on this machine.
        os.umask(0o077)
        try:
            config = load_config(self.config_file)
            config.merge(self.cli_config)
        except (OSError, ValueError, SyntaxError) as error:
            log.critical("the configuration cannot be read", file=self.config_file, error=str(error))
            self.exit(CANNOT_RUN)
        self.update_config(config)
        try:
            asyncio.run(self._run())
        except (LearnFlowError, ValueError, OSError) as error:
            log.critical("the service cannot run", error=str(error))
            self.exit(CANNOT_RUN)

    async def _run(self) -> None:
        stop, at_once = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def told() -> None:
            # Who says it twice does not want to wait.
            (at_once if stop.is_set() else stop).set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told)
        service = await RunningService.start(self.config, os.environ)
        settle()
        waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(service.broken.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            if stop.is_set():
                draining = asyncio.create_task(service.drain())
                hurry = asyncio.create_task(at_once.wait())
                await asyncio.wait((draining, hurry), return_when=asyncio.FIRST_COMPLETED)
                draining.cancel()
                hurry.cancel()
                await asyncio.gather(draining, hurry, return_exceptions=True)
            await service.stop()
        if not stop.is_set():
            # The hub starts a managed service again when it ends.
            self.exit(1)


SWITCH_S = 0.0005
"""For so long a thread may compute before it lets the event loop have its turn; Python's default is 0.005.

A request goes to the database up to a dozen times, and waits for its turn after each: beside a thread that
looks for an exercise, or reviews code, these waits came to a twentieth of a second.
"""


def settle() -> None:
    """Make a process that is only a service wait for nothing that can wait itself.

    What is loaded by now goes out of the garbage collector's sight. It stays to the end, and to walk through
    its 400,000 objects again and again kept everybody waiting for 0.2 s each time.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)


def main(argv: list[str] | None = None) -> None:
    """The entry point; `argv` without the program's name, None for the command line's."""
    logging.captureWarnings(True)
    LearnFlowService.launch_instance(argv)
