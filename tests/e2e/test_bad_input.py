"""What goes wrong in a classroom, seen from the chair of the person it happens to."""

from __future__ import annotations

import os
import re
import signal

import psutil
from classroom import Classroom, person
from lab import COURSE, api, ask, chat, fetch, notebook_of, open_notebook, run_new_cell
from playwright.sync_api import Browser, expect

TRACEBACK = re.compile(r"Traceback \(most recent call last\)")

SLOW_CHAT = """
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(url, protocols) {
    super(url, protocols);
    this.slow = String(url).includes('api/chat/ws');
    setTimeout(() => { this.slow = false; }, 3000);
  }
  send(data) {
    if (this.slow) throw new DOMException('still connecting', 'InvalidStateError');
    super.send(data);
  }
  set onmessage(take) {
    super.onmessage = event => this.slow ? setTimeout(() => take(event), 3000) : take(event);
  }
};
"""
"""A page's chat takes three seconds to connect."""


def words_of(process: psutil.Process) -> str:
    """Its command line; empty when it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


class TestWrongPassword:
    def test_a_clear_sentence_and_no_lab(self, classroom: Classroom, browser: Browser) -> None:
        with person(classroom, browser, "ada") as ada:
            ada.page.goto(f"{classroom.url}/hub/login")
            ada.page.fill("#username_input", "ada")
            ada.page.fill("#password_input", "not-the-password")
            ada.page.click("#login_submit")
            expect(ada.page.locator(".login_error")).to_contain_text("Invalid username or password")


class TestStudentOpensTheDashboard:
    def test_says_whose_it_is(self, classroom: Classroom, browser: Browser) -> None:
        with person(classroom, browser, "ben") as ben:
            ben.log_in()
            ben.page.wait_for_url("**/user/ben/**", timeout=90_000)
            answer = ben.page.goto(f"{classroom.url}/services/learnflow/courses/{COURSE}")
            assert answer is not None and answer.status == 403
            expect(ben.page.locator("main")).to_contain_text("teach")
            assert not TRACEBACK.search(ben.page.content())
            ben.shot("student-at-dashboard")

    def test_formgrader_is_closed_too(self, classroom: Classroom, browser: Browser) -> None:
        with person(classroom, browser, "ben") as ben:
            ben.log_in()
            ben.page.wait_for_url("**/user/ben/**", timeout=90_000)
            answer = ben.page.goto(f"{classroom.url}/services/formgrader-{COURSE}/formgrader")
            assert answer is not None and answer.status == 403


class TestCellPrintsFiftyMegabytes:
    def test_lab_lives_on_and_says_so(self, classroom: Classroom, browser: Browser) -> None:
        with person(classroom, browser, "chen") as chen:
            chen.open_lab()
            fetch(chen, "02-loops-and-lists")
            open_notebook(chen, notebook_of("02-loops-and-lists"))
            cell = run_new_cell(chen, "for i in range(50):\n    print('x' * 1_000_000)")
            expect(cell).to_contain_text("the rest is not shown", timeout=60_000)
            after = run_new_cell(chen, "print('still', 'here')")
            expect(after).to_contain_text("still here")


class TestMegabyteMessage:
    def test_chat_answers_with_a_sentence(self, classroom: Classroom, browser: Browser) -> None:
        with person(classroom, browser, "chen") as chen:
            chen.open_lab()
            ask(chen, "why? " * 200_000)
            expect(chat(chen.page)).to_contain_text(re.compile("too long|longer than", re.I), timeout=60_000)


class TestSlowConnection:
    def test_a_question_waits_for_it(self, classroom: Classroom, browser: Browser) -> None:
        with person(classroom, browser, "ben") as ben:
            ben.page.add_init_script(SLOW_CHAT)
            ben.open_lab()
            ask(ben, "what is a list?")
            expect(chat(ben.page)).to_contain_text("This is from Lists", timeout=20_000)


class TestServiceDownAtExplain:
    def test_a_sentence_and_the_notebook_is_safe(self, classroom: Classroom, browser: Browser) -> None:
        with person(classroom, browser, "chen") as chen:
            chen.open_lab()
            status, _ = api(chen, "GET", f"api/contents/{notebook_of('02-loops-and-lists')}?content=0")
            if status != 200:
                fetch(chen, "02-loops-and-lists")
            open_notebook(chen, notebook_of("02-loops-and-lists"))
            cell = run_new_cell(chen, "1 / 0")
            service = next(
                process
                for process in psutil.Process(classroom.process.pid).children(recursive=True)
                if "learnflow_ext.service" in words_of(process)
            )
            os.kill(service.pid, signal.SIGSTOP)
            try:
                cell.get_by_role("button", name=re.compile("Explain")).click()
                expect(chat(chen.page)).to_contain_text("cannot be reached", timeout=60_000)
            finally:
                os.kill(service.pid, signal.SIGCONT)
            assert not TRACEBACK.search(chat(chen.page).inner_text())
            cell.get_by_role("button", name=re.compile("Explain")).click()
            expect(chat(chen.page)).to_contain_text("ZeroDivisionError in line 1", timeout=30_000)
