"""Lets code that is not async use sandboxes: an event loop in a thread and a warm pool."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from traitlets.utils.importstring import import_item

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.sandboxes import Forkable, Sandboxes

T = TypeVar("T")
SANDBOXES = "learnflow_kernels.warm.sandboxes.WarmSandboxes"
"""What opens sandboxes here, by name: grading and kernels know each other's contract only."""
AGENT = "learnflow_grading.trusted.agent:serve"
"""What runs beside the student's code."""
SUPERVISOR = "learnflow_grading.trusted.supervisor:serve"
"""What runs the tests."""


class Runtime:
    """An event loop in a thread of its own, and the sandboxes that live in it."""

    def __init__(self, sandboxes: str = SANDBOXES) -> None:
        self._name = sandboxes
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandboxes", daemon=True)
        self._thread.start()
        self._pools: dict[bool, Sandboxes] = {}
        self._lock = threading.Lock()

    def sandboxes(self, *, libraries: bool = True) -> Sandboxes:
        """The pool; made at the first call. One without `libraries` loads numpy when asked to."""
        with self._lock:
            if libraries not in self._pools:
                self._pools[libraries] = self.wait(self._make(libraries=libraries))
            return self._pools[libraries]

    def get_ready(self, *entries: str) -> None:
        """Start the pools for these entries, and do not wait for it. What goes wrong, the first use tells."""

        def begin() -> None:
            for libraries in (False, True):
                sandboxes = self.sandboxes(libraries=libraries)
                for entry in entries:
                    with contextlib.suppress(LearnFlowError):
                        self.wait(_opened_and_closed(sandboxes, entry))

        threading.Thread(target=begin, name="getting sandboxes ready", daemon=True).start()

    async def _make(self, *, libraries: bool) -> Sandboxes:
        launched = _launched.get((self._name, libraries))
        return _made(self._name, libraries=libraries) if launched is None else launched

    def wait(self, job: Coroutine[Any, Any, T]) -> T:
        """Run `job` in the loop, and wait for what it gives or raises."""
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()

    def close(self) -> None:
        """End the sandboxes and the loop. May be called again."""
        if self._loop.is_closed():
            return
        for pool in self._pools.values():
            self.wait(pool.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _opened_and_closed(sandboxes: Sandboxes, entry: str) -> None:
    await (await sandboxes.open(entry)).close()


def _made(name: str, *, libraries: bool) -> Forkable:
    more = {} if libraries else {"preload": ()}
    made: Forkable = import_item(name)(packages=("learnflow_grading",), **more)
    return made


_runtimes: dict[str, Runtime] = {}
_launched: dict[tuple[str, bool], Forkable] = {}
"""What `launch` made, by the class's name and whether it has libraries."""


def launch(*entries: str, libraries: bool) -> Callable[[], None]:
    """Before this process forks: start the warm process that its forks' runtimes share.

    What comes back waits until it is ready. Where it cannot be had, each fork's first use says why.
    """
    made = _made(SANDBOXES, libraries=libraries)

    def wait() -> None:
        try:
            ready()
        except LearnFlowError:
            del _launched[SANDBOXES, libraries]

    try:
        ready = made.launch(*entries)
    except LearnFlowError:
        return lambda: None
    _launched[SANDBOXES, libraries] = made
    return wait


def runtime(sandboxes: str = SANDBOXES) -> Runtime:
    """The process's runtime for these sandboxes. They end with the process, and tidily by `close_all`."""
    if sandboxes not in _runtimes:
        _runtimes[sandboxes] = Runtime(sandboxes)
    return _runtimes[sandboxes]


def close_all() -> None:
    """End all runtimes; the next use makes new ones."""
    while _runtimes:
        _runtimes.popitem()[1].close()
