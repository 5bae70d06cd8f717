"""A running classroom and the people in it, for browser tests and benchmarks alike."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or "chromium"
ARTIFACTS = Path("test-results/e2e")


@dataclass
class Classroom:
    """A running demo: where it is, and who may log in with what."""

    process: subprocess.Popen[str]
    state: Path
    url: str = ""
    passwords: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, state: Path, *arguments: str) -> Classroom:
        """Start `learnflow demo` and wait until it says that it is ready (240 s at most)."""
        command = [sys.executable, "-m", "learnflow_ext.cli", "demo", "--json", "--no-browser"]
        process = subprocess.Popen(
            [*command, "--state", str(state), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"LEARNFLOW_TEST_BROWSER": "1"},
            start_new_session=True,
        )
        room = cls(process=process, state=state)
        timer = threading.Timer(240, process.kill)
        timer.start()
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        timer.cancel()
        if not line:
            raise AssertionError(f"The demo did not start: {process.stderr.read()}\n{room.log()}")
        ready = json.loads(line)
        room.url = ready["url"].rstrip("/")
        room.passwords = ready["passwords"]
        return room

    def log(self) -> str:
        """What the hub, its services and the servers wrote."""
        file = self.state / "hub" / "hub.log"
        return file.read_text(errors="replace") if file.exists() else "(no log)"

    @contextmanager
    def graders_held(self) -> Iterator[None]:
        """What would grade stands still meanwhile: one submission is in hand, the others wait."""
        graders = [
            process
            for process in psutil.Process(self.process.pid).children(recursive=True)
            if "learnflow_grading.worker" in _words_of(process)
        ]
        assert graders
        for process in graders:
            process.suspend()
        try:
            yield
        finally:
            for process in graders:
                process.resume()

    def stop(self) -> int:
        """Ctrl-C, as a person does; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        finally:
            for stream in (self.process.stdout, self.process.stderr):
                if stream is not None:
                    stream.close()


def _words_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium from the system's packages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield browser
        browser.close()


class Session:
    """One person at one browser window."""

    def __init__(self, room: Classroom, context: BrowserContext, name: str) -> None:
        self.room, self.name, self.context = room, name, context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(60_000)

    def log_in(self) -> Page:
        """Through the hub's login form to wherever the hub sends this person."""
        self.page.goto(f"{self.room.url}/hub/login")
        self.page.fill("#username_input", self.name)
        self.page.fill("#password_input", self.room.passwords[self.name])
        self.page.click("#login_submit")
        return self.page

    def open_lab(self, *, start: bool = False) -> Page:
        """Log in and wait until JupyterLab can be used; `start` a server where a login does not."""
        self.log_in()
        if start:
            self.page.goto(f"{self.room.url}/hub/spawn/{self.name}")
            self.page.wait_for_url(f"{self.room.url}/user/**", timeout=90_000)
        self.page.goto(f"{self.room.url}/user/{self.name}/lab?reset")
        self.page.wait_for_selector("#jp-main-dock-panel", timeout=90_000)
        self.page.wait_for_function("window.jupyterapp && window.jupyterapp.restored", timeout=60_000)
        self.page.evaluate("async () => { await window.jupyterapp.restored; }")
        return self.page

    def command(self, name: str, args: dict[str, object] | None = None) -> None:
        """Run a JupyterLab command, as its menu entry would."""
        self.page.evaluate(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }",
            [name, args or {}],
        )

    def shot(self, name: str) -> None:
        """Keep what is on the screen under `test-results/e2e`."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")


@contextmanager
def person(room: Classroom, browser: Browser, name: str, **options: object) -> Iterator[Session]:
    """A window of `name`'s own, closed afterwards; what went wrong is photographed."""
    context = browser.new_context(viewport={"width": 1366, "height": 860}, **options)  # type: ignore[arg-type]
    session = Session(room, context, name)
    try:
        yield session
    except BaseException:
        session.shot(f"failure-{name}-{int(time.time())}")
        raise
    finally:
        context.close()
