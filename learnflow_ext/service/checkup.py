"""How each part of the service does: looked at now and then, so that asking costs nobody anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from learnflow_ext.service import logs
from learnflow_ext.service.metrics import Metrics

EVERY_SECONDS = 30
LONGEST_SECONDS = 10
"""A part that takes longer counts as down."""

State = Literal["unknown", "ok", "starting", "off", "down"]
Probe = Callable[[], Awaitable[State]]
"""Looks at one part; whatever it raises means `down`."""

log = logs.get("learnflow.service")


class PartHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One part, when it was looked at last."""

    part: str
    state: State
    """`unknown` before the first look, `off` where it is not set up, `down` when it does not work."""
    ms: float | None = None
    """How long it took to answer; None before the first look."""


class Checkup:
    """Looks at every part, one after the other, and remembers."""

    def __init__(self, metrics: Metrics) -> None:
        """Nothing is looked at yet."""
        self._probes: dict[str, Probe] = {}
        self._metrics = metrics
        self._found: dict[str, PartHealth] = {}

    def watch(self, part: str, probe: Probe) -> None:
        """Look at `part`, one of `metrics.PARTS`, from now on."""
        self._probes[part] = probe
        self._found[part] = PartHealth(part=part, state="unknown")

    @property
    def parts(self) -> tuple[PartHealth, ...]:
        """What was found last."""
        return tuple(self._found.values())

    async def look(self) -> None:
        """Look at every part once."""
        for part, probe in tuple(self._probes.items()):
            began = time.perf_counter()
            state: State = "down"
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    state = await probe()
            except Exception as error:
                # Whatever went wrong, it is that part which is down, and not this look at all of them.
                log.warning("a part does not answer", part=part, error=f"{type(error).__name__}: {error}")
            seconds = time.perf_counter() - began
            if (before := self._found[part].state) not in (state, "unknown"):
                log.info("a part changed", part=part, before=before, now=state)
            self._found[part] = PartHealth(part=part, state=state, ms=round(seconds * 1000, 1))
            self._metrics.part_up.labels(part).set(state in ("ok", "off"))
            self._metrics.part_seconds.labels(part).set(seconds)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)
