"""How long until code runs: a bare ipykernel against sandboxes cold, warm and pooled, in one run.

Launch to first result of `1 + 1`, and of the same with numpy, pandas and matplotlib imported first, as a
course does; and the memory of one that waits. Ratios are to the bare ipykernel of the same kind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from jupyter_client.manager import AsyncKernelManager
from learnflow_kernels.manager import SandboxKernelManager
from learnflow_kernels.runner import BubblewrapRunner
from learnflow_kernels.warm.runner import ENTRY, WarmRunner

from learnflow_ext.contracts.runner import RunLimits, Runner

PLAIN = "print(1 + 1)"
COURSE = f"import numpy, pandas, matplotlib.pyplot\n{PLAIN}"
PATIENT = RunLimits(wall_s=60, memory_mb=512)


@dataclass
class Row:
    """One kind of start."""

    name: str
    floor: str
    """Name of the row that it is compared with; its own for none."""
    seconds: list[float] = field(default_factory=list)
    memory: float | None = None
    """MiB, proportional, of all its processes while it waits; None where nothing waits."""

    @property
    def p50(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def memory_below(pid: int) -> float:
    """Proportional memory of a process and all below it, in MiB."""
    total = 0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


async def kernel(manager: AsyncKernelManager, cwd: str, code: str) -> tuple[float, float]:
    """Seconds from launch to the first result, and the memory of the kernel then."""
    began = time.perf_counter()
    await manager.start_kernel(cwd=cwd)
    client = manager.client()
    client.start_channels()
    try:
        # Both kinds queue what comes early, so waiting for `ready` would only add to both.
        request = client.execute(code)
        while True:
            message = await client.get_iopub_msg(timeout=60)
            mine = message["parent_header"].get("msg_id") == request
            if mine and message["msg_type"] == "stream":
                break
            if message["msg_type"] == "iopub_welcome":
                request = client.execute(code)
        seconds = time.perf_counter() - began
        provisioner = manager.provisioner
        assert provisioner is not None
        return seconds, memory_below(provisioner.process.pid)  # type: ignore[attr-defined]
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


async def timed(runner: Runner, code: str) -> float:
    """Seconds from asking to the result."""
    began = time.perf_counter()
    done = await runner.run([code], limits=PATIENT)
    assert done.stdout == "2\n", done
    return time.perf_counter() - began


async def measure(count: int) -> list[Row]:
    """All rows, their samples taken in turn so that a busy moment hits all of them."""
    rows: list[Row] = []
    jobs: list[tuple[Row, Callable[[], Awaitable[float]]]] = []
    cold = BubblewrapRunner()
    fresh, pooled = WarmRunner(ready=0), WarmRunner(ready=1)
    await fresh.start()
    await pooled.start()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)

        def add(name: str, floor: str, job: Callable[[Row], Awaitable[float]]) -> None:
            row = Row(name, floor)
            rows.append(row)
            jobs.append((row, lambda: job(row)))

        for suffix, code in (("", PLAIN), (", with libraries", COURSE)):
            bare = f"bare ipykernel{suffix}"

            async def of_kernel(row: Row, sandboxed: bool, code: str = code) -> float:
                manager = SandboxKernelManager() if sandboxed else AsyncKernelManager()
                seconds, row.memory = await kernel(manager, folder, code)
                return seconds

            async def of_pool(row: Row, code: str = code) -> float:
                await pooled._sandboxes.start(ENTRY)  # one waits
                return await timed(pooled, code)

            add(bare, bare, lambda row, run=of_kernel: run(row, False))  # type: ignore[misc]
            add(f"sandboxed kernel{suffix}", bare, lambda row, run=of_kernel: run(row, True))  # type: ignore[misc]
            add(f"runner, cold{suffix}", bare, lambda row, code=code: timed(cold, code))  # type: ignore[misc]
            add(f"runner, warm{suffix}", bare, lambda row, code=code: timed(fresh, code))  # type: ignore[misc]
            add(f"runner, pooled{suffix}", bare, of_pool)
        for row, job in jobs:
            await job()  # caches
            row.seconds.clear()
        for _ in range(count):
            for row, job in jobs:
                row.seconds.append(await job())
        nursery, waiting = fresh._sandboxes._nursery, pooled._sandboxes._nursery
        assert nursery is not None
        assert waiting is not None
        await pooled._sandboxes.start(ENTRY)
        alone, both = memory_below(nursery.pid), memory_below(waiting.pid)
        rows.append(Row("zygote, once a service", "", [], alone))
        rows.append(Row("one sandbox that waits", "", [], max(0.0, both - alone)))
    await fresh.close()
    await pooled.close()
    return rows


def table(rows: list[Row]) -> str:
    """As Markdown."""
    lines = ["| launch to first result | p50 | p95 | ratio | memory |", "|---|---|---|---|---|"]
    by_name = {row.name: row for row in rows}
    for row in rows:
        memory = "" if row.memory is None else f"{row.memory:.0f} MiB"
        if not row.seconds:
            lines.append(f"| {row.name} | | | | {memory} |")
            continue
        ratio = row.p50 / by_name[row.floor].p50
        lines.append(
            f"| {row.name} | {row.p50 * 1000:.0f} ms | {row.p95 * 1000:.0f} ms | {ratio:.2f} | {memory} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows = asyncio.run(measure(chosen.count))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps({row.name: row.seconds for row in rows}))
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print(table(rows))


if __name__ == "__main__":
    main()
