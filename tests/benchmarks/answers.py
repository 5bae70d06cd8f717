"""`make bench`: from question to first and last word, over HTTP, without a model and with one behind.

The service runs whole, with the course that ships and its leak gate; the model is a server with OpenAI's
protocol on this machine that answers at once, so what is measured is what LearnFlow adds. Beside it, in the
same run and in turn: the same client library asking that server directly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import msgspec
from model_endpoint import model_endpoint
from served import Client, PaperWorker, until
from stub_hub import COURSE, Hub, environment, running_hub
from traitlets.config import Config

from learnflow_ext.agents.llm.model import Endpoint, Model, Usage
from learnflow_ext.contracts.help import CellError, HelpRequest, ReplyChunk
from learnflow_ext.service import logs
from learnflow_ext.service.running import RunningService

SHIPPED = Path(__file__).parents[2] / "notebooks" / COURSE
Times = dict[str, list[float]]


def question(kind: str, number: int) -> HelpRequest:
    """The like of what students ask; each a little different, so that nothing is just remembered."""
    name = f"total_{number}"
    code = f"prices = [3, 4]\n{name} = 0\nfor price in prices:\n    {name} = {name} + pric\nprint({name})"
    match kind:
        case "debug":
            error = CellError(exception="NameError", message="name 'pric' is not defined", line=4, code=code)
            return HelpRequest(course=COURSE, assignment="01-first-steps", code=code, error=error)
        case "review":
            return HelpRequest(course=COURSE, agent="review", code=code.replace("pric\n", "price\n"))
    return HelpRequest(course=COURSE, agent="concepts", text=f"what is a list? ({number})")


async def heard(
    ask: Client, request: HelpRequest, who: str = "ada", patience: float = 30.0
) -> tuple[float, list[tuple[float, ReplyChunk]]]:
    """When it was asked, and what came when, by `time.perf_counter`. `patience` in seconds."""
    began = time.perf_counter()
    pieces: list[tuple[float, bytes]] = []
    answer = await ask(
        "api/help",
        who,
        body=request,
        streaming_callback=lambda data: pieces.append((time.perf_counter(), data)),
        request_timeout=patience,
    )
    if answer.code != 200:
        raise SystemExit(f"the service answered with {answer.code}")
    times: list[tuple[float, ReplyChunk]] = []
    rest = b""
    for at, data in pieces:
        *whole, rest = (rest + data).split(b"\n\n")
        events = [each.removeprefix(b"data: ") for each in whole if each and not each.startswith(b":")]
        times += [(at, msgspec.json.decode(event, type=ReplyChunk)) for event in events]
    return began, times


async def asked(ask: Client, request: HelpRequest) -> tuple[float, float, float | None]:
    """Milliseconds to the first word, to the last, and to the first of a model's; None where it said none."""
    began, times = await heard(ask, request)
    words = [at for at, chunk in times if chunk.kind == "text"]
    theirs = [at for at, chunk in times if chunk.kind == "text" and chunk.text.startswith("\n\n")]
    first = 1000 * (theirs[0] - began) if theirs else None
    return 1000 * (words[0] - began), 1000 * (words[-1] - began), first


async def directly(model: Model) -> tuple[float, float]:
    """Milliseconds to the first word and to the last of the model alone."""
    began = time.perf_counter()
    first = 0.0
    async for piece in model.stream([{"role": "user", "content": "why?"}], "debug", Usage()):
        if piece and not first:
            first = time.perf_counter()
    return 1000 * (first - began), 1000 * (time.perf_counter() - began)


async def classroom(hub: Hub, folder: Path, model_url: str, **patience: float) -> RunningService:
    """The service, once its course is there. `patience` with its model, as `LearnFlowModel` has it."""
    config = Config()
    config.LearnFlow.state_dir = str(folder)
    config.LearnFlow.courses = {COURSE: str(SHIPPED)}
    config.LearnFlowTutor.questions_per_minute = 1_000_000
    if model_url:
        config.LearnFlowModel.base_url, config.LearnFlowModel.model = model_url, "bench"
        config.LearnFlowModel.update(patience)
    service = await RunningService.start(config, environment(hub), make_worker=PaperWorker)

    async def released() -> bool:
        return service.parts.releases.state == "done"

    await until(released)
    return service


async def measure(count: int) -> Times:
    """All figures in milliseconds, by name."""
    times: Times = defaultdict(list)
    async with running_hub() as hub, model_endpoint() as endpoint:
        model = Model(Endpoint(base_url=endpoint.url, model="bench"))
        for behind in ("", endpoint.url):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                service = await classroom(hub, Path(folder), behind)
                ask = Client(service, hub)
                try:
                    for number in range(-3, count):
                        for kind in ("debug", "concepts", "review"):
                            first, last, theirs = await asked(ask, question(kind, number))
                            name = f"{kind}, {'with a model' if behind else 'no model'}"
                            if number < 0:
                                continue
                            times[f"{name}: first word"].append(first)
                            times[f"{name}: last word"].append(last)
                            if theirs is not None:
                                times[f"{name}: the model's first sentence"].append(theirs)
                        if behind and number >= 0:
                            first, last = await directly(model)
                            times["the model asked directly: first word"].append(first)
                            times["the model asked directly: last word"].append(last)
                finally:
                    ask.http.close()
                    await service.stop()
        await model.close()
    return times


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="questions of each kind")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    # Log lines would stand between the rows, and cost time on a terminal.
    logs.configure(logging.ERROR)
    times = asyncio.run(measure(chosen.count))
    if chosen.json:
        print(json.dumps(times))
        return
    print(f"\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| from the question, over HTTP | p50 | p95 | n |\n|---|---|---|---|")
    for name, values in times.items():
        ordered = sorted(values)
        p95 = ordered[round(0.95 * (len(ordered) - 1))]
        print(f"| {name} | {statistics.median(ordered):.1f} ms | {p95:.1f} ms | {len(ordered)} |")


if __name__ == "__main__":
    main()
