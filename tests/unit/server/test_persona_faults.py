"""What a student reads when an answer fails in a way that nobody foresaw."""

from __future__ import annotations

import logging

import pytest

from learnflow_ext.server.personas import Tutor


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
