"""Answers that fail in a way that nobody foresaw, and assistants of others that do not stop."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from learnflow_ext.server import personas
from learnflow_ext.server.other_ai import SETTING_DOORS, SETTING_KEYS, SHUT_NOW
from learnflow_ext.server.personas import Tutor, TutorPersonaManager


async def test_a_number_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    persona = Tutor.__new__(Tutor)
    persona.log = logging.getLogger("test.persona")
    monkeypatch.setattr(Tutor, "send_message", lambda self, body: said.append(body))
    await persona.handle_uncaught_exception(KeyError("secret detail"))
    [body] = said
    assert "not your fault" in body
    assert "KeyError" not in body
    number = body.rsplit(" ", 1)[1].rstrip(".)")
    assert number in caplog.text
    assert "secret detail" in caplog.text


class Stubborn:
    """An assistant of another package."""

    async def cancel_response(self) -> None:
        raise RuntimeError("there is no turn to cancel")


class Hanging:
    async def cancel_response(self) -> None:
        await asyncio.Event().wait()


async def test_an_assistant_that_does_not_stop_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personas, "CANCEL_SECONDS", 0.05)
    manager: Any = TutorPersonaManager.__new__(TutorPersonaManager)
    answers = [asyncio.create_task(asyncio.sleep(60)) for _ in range(2)]
    manager._answering = dict(zip(answers, (Stubborn(), Hanging()), strict=True))
    async with asyncio.timeout(5):
        await manager.stop_others()
        await asyncio.wait(answers)
    assert all(answer.cancelled() for answer in answers)


async def test_an_exam_that_begins_while_keys_are_read_shuts_the_assistant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    given: list[bool] = []

    class Doors:
        opened = True
        why_shut = SHUT_NOW

        async def look(self) -> None:
            pass

        def is_open(self, door: str) -> bool:
            return self.opened

    class Keys:
        async def set(self, *, allowed: bool) -> None:
            given.append(allowed)
            doors.opened = False

    doors = Doors()
    manager: Any = TutorPersonaManager.__new__(TutorPersonaManager)
    manager._answering = {}
    shared = {SETTING_DOORS: doors, SETTING_KEYS: Keys()}
    monkeypatch.setattr(TutorPersonaManager, "_shared", shared)
    monkeypatch.setattr(TutorPersonaManager, "send_system_message", lambda self, body: said.append(body))
    await manager._ask_another(Stubborn(), None)
    assert (said, given, manager._answering) == ([SHUT_NOW], [True, False], {})
