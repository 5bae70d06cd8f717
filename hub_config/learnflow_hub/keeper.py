"""Runs the hub of a one-host deployment until it is told to stop: what `learnflow up` starts.

`python -m learnflow_hub.keeper CONFIG`. Exit code 0 when it was told, 1 when the hub ended by itself, 2 when
it cannot run.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import psutil

from learnflow_ext.settings import load_config

from .classroom import Classroom, stop_signals
from .deployment import Deployment
from .state import StateUnusable


def keep(config_file: Path) -> int:
    """Run the hub; the exit code. Nothing that it started is left afterwards."""
    told = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        told.set()

    for number in stop_signals():
        signal.signal(number, on_signal)
    deployment = Deployment.of(config_file, load_config(config_file))
    try:
        deployment.state.check()
        deployment.state.prepare()
        lock = deployment.state.lock()
    except (StateUnusable, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    deployment.note("hub", psutil.Process())
    room = Classroom(deployment.config_file, deployment.state, None)
    try:
        room.start(keep_open=(lock,))
        while room.running() and not told.wait(2):
            room.reap()
    finally:
        room.stop()
        deployment.run_file("hub").unlink(missing_ok=True)
    if told.is_set():
        return 0
    sys.stderr.write(f"The hub stopped by itself. Its log: {deployment.state.log}\n")
    return 1


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1])))
