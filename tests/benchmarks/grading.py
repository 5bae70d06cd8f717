"""How fast a class is graded: stock nbgrader beside ours in one run, and through the service's queue.

Both grade the same submissions, each in a course folder of its own, with the same time-out of a cell: stock
`nbgrader autograde`, one after the other in its own kernels, and `learnflow autograde --jobs 2`, in
sandboxes, the tests apart. Then one person who hands in, and a class shortly before a deadline, over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import nbformat
import structlog
from handed_in import (
    ASSIGNMENT,
    COURSE_FILES,
    hand_in,
    of_class,
    points,
    scores,
    solutions,
    source,
    write_course,
)
from nbformat import NotebookNode
from served import Client, graded, until
from sqlalchemy import func, select
from stub_hub import COURSE, Hub, environment, running_hub
from traitlets.config import Config

from learnflow_ext.contracts.grades import CourseFile, FileSet, SubmissionView
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import courses
from learnflow_ext.store.models import Submission

CELL_SECONDS = 5
ENDLESS_EVERY = 10
BIN = Path(sys.executable).parent
SUBMIT = f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/submissions"


@dataclass(frozen=True)
class Round:
    """One command over one folder."""

    seconds: float
    scores: dict[str, float]
    load: float
    apart: str = ""
    """How many tests ran apart from the students' code."""


def graded_by(command: Sequence[str], root: Path) -> Round:
    """Run `command` in a course folder, to its end. Its output, should it be ours, is JSON."""
    with (root / "log").open("w") as errors:
        began = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} ended with {done.returncode}:\n{(root / 'log').read_text()[-2000:]}"
        )
    tests = [
        cell
        for line in done.stdout.splitlines()
        if line.startswith("{")
        for cell in json.loads(line)["cells"]
    ]
    apart = f"{sum(not cell['provisional'] for cell in tests)} of {len(tests)}" if tests else ""
    return Round(seconds, scores(root), os.getloadavg()[0], apart)


def side_by_side(folder: Path, count: int, jobs: int, endless_every: int) -> tuple[Round, Round]:
    """(stock, ours) on the same submissions."""
    rounds = []
    for who, command in (
        ("stock", [str(BIN / "nbgrader"), "autograde", ASSIGNMENT]),
        ("ours", [str(BIN / "learnflow"), "autograde", ASSIGNMENT, "--jobs", str(jobs), "--json"]),
    ):
        root = folder / f"{who}-{endless_every}"
        released = write_course(root, f"c.Execute.timeout = {CELL_SECONDS}\n")
        hand_in(root, of_class(released, solutions(source()), count, endless_every=endless_every))
        rounds.append(graded_by(command, root))
    return rounds[0], rounds[1]


def table(what: str, stock: Round, ours: Round) -> str:
    """Both, as lines of a Markdown table."""
    lines = []
    for who, one in (("stock `nbgrader autograde`", stock), ("`learnflow autograde`", ours)):
        a_minute = 60 * len(one.scores) / one.seconds
        lines.append(
            f"| {what}, {who} | {one.seconds:.1f} s | {a_minute:.0f} | {stock.seconds / one.seconds:.1f} "
            f"| {one.apart or '0'} | {one.load:.1f} |"
        )
    return "\n".join(lines)


class School:
    """The service with its graders, and who hands in."""

    def __init__(self, service: RunningService, hub: Hub, root: Path) -> None:
        """`root`: the course's folder."""
        self.service = service
        self.ask = Client(service, hub)
        self.hub = hub
        self.root = root
        self.handed_out = NotebookNode()
        self.right = solutions(source())

    async def open(self) -> None:
        """Wait until the assignment is released, and fetch it."""

        async def released() -> bool:
            async with self.service.parts.db.connect() as conn:
                done = await courses.assignments(conn, COURSE)
            return any(each.assignment == ASSIGNMENT for each in done) and (
                self.service.parts.releases.state == "done"
            )

        await until(released, 180)
        answer = await self.ask(f"api/courses/{COURSE}/assignments/{ASSIGNMENT}/files", "ada")
        files = msgspec.json.decode(answer.body, type=FileSet)
        self.handed_out = nbformat.reads(files.files[0].content.decode(), as_version=4)

    def deadline(self, due: datetime) -> None:
        """From now on the assignment is due then."""
        text = f"assignments:\n  - {{name: {ASSIGNMENT}, due: {due:%Y-%m-%d %H:%M:%S}+00:00}}\n"
        (self.root / "course.yaml").write_text(f"title: Bench\n{text}")

    async def submit(self, who: str, nb: NotebookNode) -> str:
        """Hand in; the submission's id."""
        body = FileSet(files=(CourseFile(path=f"{ASSIGNMENT}.ipynb", content=nbformat.writes(nb).encode()),))
        answer = await self.ask(SUBMIT, who, body=body)
        if answer.code != 201:
            raise SystemExit(f"The service refused a submission: {answer.code} {answer.body[:300]!r}")
        return msgspec.json.decode(answer.body, type=SubmissionView).submission_id

    async def alone(self, count: int) -> list[float]:
        """Seconds from handing in to the grade, for one who waits for it each time."""
        waits = []
        for number in range(count):
            nb = list(of_class(self.handed_out, self.right, number + 1).values())[-1]
            began = time.perf_counter()
            await graded(self.service, await self.submit("ada", nb))
            waits.append(time.perf_counter() - began)
        return waits

    async def whole_class(self, count: int, within: float) -> tuple[list[float], float, float, int]:
        """`count` students hand in `within` seconds of a deadline, more and more of them.

        (each one's seconds to the grade, seconds from the deadline to the last grade, those from the first
        submission to it, how many were lost or got other points than they earned)
        """
        due = datetime.now(UTC) + timedelta(seconds=within + 2)
        self.deadline(due)
        pick = random.Random(6)
        notebooks = of_class(self.handed_out, self.right, count)

        async def one(name: str, nb: NotebookNode, before: float) -> str:
            await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() - before))
            return await self.submit(name, nb)

        for name in notebooks:
            self.hub.add(name, f"nbgrader-{COURSE}")
        ids = await asyncio.gather(
            *(one(name, nb, 1 + within * pick.random() ** 2) for name, nb in notebooks.items())
        )
        ends = Submission.submission_id.in_(ids), Submission.finished_at.is_not(None)

        async def all_done() -> bool:
            await asyncio.sleep(0.2)
            async with self.service.parts.db.connect() as conn:
                return bool(await conn.scalar(select(func.count()).where(*ends)) == len(ids))

        await until(all_done, 900)
        async with self.service.parts.db.connect() as conn:
            rows = (
                await conn.execute(
                    select(
                        Submission.submission_id,
                        Submission.submitted_at,
                        Submission.finished_at,
                        Submission.score,
                    ).where(Submission.submission_id.in_(ids))
                )
            ).all()
        earned = {each: points(number) for number, each in enumerate(ids)}
        well = [row for row in rows if row.score == earned[row.submission_id]]
        waits = [(row.finished_at - row.submitted_at).total_seconds() for row in rows]
        last = max(row.finished_at for row in rows)
        first = min(row.submitted_at for row in rows)
        return waits, (last - due).total_seconds(), (last - first).total_seconds(), count - len(well)


def quantiles(values: Sequence[float]) -> str:
    """`p50 | p95 | n`, of seconds."""
    ordered = sorted(values)
    picked = [ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] for share in (0.5, 0.95)]
    return " | ".join([*(f"{value:.2f} s" for value in picked), str(len(ordered))])


async def through_the_service(folder: Path, alone: int, size: int) -> None:
    """The tables of what the service takes, printed."""
    root = folder / "course"
    shutil.copytree(COURSE_FILES, root)
    config = Config()
    config.LearnFlow.state_dir = str(folder / "state")
    config.LearnFlow.courses = {COURSE: str(root)}
    async with running_hub() as hub:
        service = await RunningService.start(config, environment(hub))
        school = School(service, hub, root)
        try:
            await school.open()
            print("\n| submit to grade, one grader | p50 | p95 | n | load |\n|---|---|---|---|---|")
            first = await school.alone(1)
            waits = await school.alone(alone)
            print(f"| the first after the start | {quantiles(first)} | {os.getloadavg()[0]:.1f} |")
            print(f"| one person | {quantiles(waits)} | {os.getloadavg()[0]:.1f} |", flush=True)
            results = []
            for within, what in ((60.0, "in the last minute before a deadline"), (1.0, "in the same second")):
                waits, after, took, lost = await school.whole_class(size, within)
                print(f"| {size} people {what} | {quantiles(waits)} | {os.getloadavg()[0]:.1f} |", flush=True)
                results.append(f"| {what} | {after:.1f} s | {took:.1f} s | {lost} |")
            print(f"\n| {size} people | deadline to last grade | first submission to last grade | lost |")
            print("|---|---|---|---|")
            print("\n".join(results))
        finally:
            school.ask.http.close()
            await service.stop()


def main() -> None:
    """Measure, and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=60, help="How many the commands grade.")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--alone", type=int, default=30)
    parser.add_argument("--size", type=int, default=100, help="The class's.")
    parser.add_argument("--only", choices=("commands", "service"))
    chosen = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if chosen.only != "service":
            print(f"{chosen.submissions} submissions, {CELL_SECONDS} s a cell, `--jobs {chosen.jobs}`.\n")
            print(
                "| what | seconds | a minute | times stock | tests apart | load |\n|---|---|---|---|---|---|",
                flush=True,
            )
            agree = []
            for every, what in ((0, "all end"), (ENDLESS_EVERY, f"every {ENDLESS_EVERY}th never ends")):
                stock, ours = side_by_side(folder, chosen.submissions, chosen.jobs, every)
                print(table(what, stock, ours), flush=True)
                agree.append(sum(ours.scores.get(who) == score for who, score in stock.scores.items()))
            print(
                f"\nPoints agree: {agree[0]} of {chosen.submissions}, and {agree[1]} of {chosen.submissions}."
            )
        if chosen.only != "commands":
            asyncio.run(through_the_service(folder, chosen.alone, chosen.size))


if __name__ == "__main__":
    main()
