"""`make bench`: how long people wait in the classroom, measured on a real one.

Prints seconds from `learnflow demo` to the login page (and the service behind it answering), from login to a
usable lab, the memory of an idle student server, seconds from the Explain click to the first words, and from
submit to grade.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from classroom import Classroom, Session, chromium, person
from lab import fetch, last_answer, notebook_of, open_assignment_list, open_notebook, row, run_new_cell, save
from playwright.sync_api import Browser, expect

ASSIGNMENT = "01-first-steps"


@dataclass(frozen=True)
class Figure:
    """One line of the table. Values in `unit`, one a sample, never empty."""

    name: str
    unit: str
    values: tuple[float, ...]

    def line(self) -> str:
        """`name  p50  p95  n`, as Markdown."""
        ordered = sorted(self.values)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
        p50 = statistics.median(ordered)
        return f"| {self.name} | {p50:.2f} {self.unit} | {p95:.2f} {self.unit} | {len(ordered)} |"


def server_memory(room: Classroom, name: str) -> float:
    """Proportional memory of `name`'s idle server without its kernels, in MiB."""
    total = 0.0
    for process in psutil.Process(room.process.pid).children(recursive=True):
        try:
            words = " ".join(process.cmdline())
            if "singleuser" in words and f"/users/{name}/" in words + str(process.environ().get("HOME", "")):
                total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 2**20


def explain_times(student: Session, count: int) -> tuple[float, ...]:
    """Seconds from each click on Explain to the first words of its answer in the chat."""
    waits = []
    for number in range(count):
        name = f"missing_{number}"
        cell = run_new_cell(student, f"print({name})")
        button = cell.get_by_role("button", name=re.compile("Explain"))
        button.wait_for()
        began = time.perf_counter()
        button.click()
        last_answer(student.page).filter(has_text=re.compile(f"NameError in line 1.*{name}", re.S)).wait_for()
        waits.append(time.perf_counter() - began)
    return tuple(waits)


def grade_times(student: Session, count: int) -> tuple[float, ...]:
    """Seconds from each click on Submit until the score is on the screen."""
    waits = []
    for _ in range(count):
        open_assignment_list(student)
        submit = row(student.page, "fetched", ASSIGNMENT).get_by_role("button", name="Submit")
        shown = student.page.get_by_text(re.compile(rf"{ASSIGNMENT}: \d+ of \d+ points"))
        before = shown.count()
        began = time.perf_counter()
        submit.click()
        expect(shown).to_have_count(before + 1, timeout=60_000)
        waits.append(time.perf_counter() - began)
        student.page.get_by_role("button", name="Hide notification").last.click()
        expect(shown).to_have_count(before)
    return tuple(waits)


def measure(browser: Browser, explains: int, grades: int) -> list[Figure]:
    """All figures, on one new classroom."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        began = time.perf_counter()
        room = Classroom.start(Path(folder) / "state")
        figures = [Figure("`learnflow demo` to login page", "s", (time.perf_counter() - began,))]
        try:
            labs = []
            for name in ("ben", "chen"):
                with person(room, browser, name) as student:
                    began = time.perf_counter()
                    student.open_lab()
                    labs.append(time.perf_counter() - began)
            with person(room, browser, "ada") as ada:
                began = time.perf_counter()
                ada.open_lab()
                labs.append(time.perf_counter() - began)
                figures.append(Figure("login to a usable lab", "s", tuple(labs)))
                time.sleep(5)
                figures.append(Figure("idle student server (PSS)", "MiB", (server_memory(room, "ada"),)))
                fetch(ada, ASSIGNMENT)
                open_notebook(ada, notebook_of(ASSIGNMENT))
                figures.append(Figure("Explain to first words", "s", explain_times(ada, explains)))
                save(ada)
                figures.append(Figure("submit to grade on screen", "s", grade_times(ada, grades)))
        finally:
            room.stop()
    return figures


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--explains", type=int, default=20)
    parser.add_argument("--grades", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with chromium() as browser:
        figures = measure(browser, chosen.explains, chosen.grades)
    if chosen.json:
        print(json.dumps({figure.name: list(figure.values) for figure in figures}))
        return
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| what | p50 | p95 | n |\n|---|---|---|---|")
    print("\n".join(figure.line() for figure in figures))


if __name__ == "__main__":
    main()
