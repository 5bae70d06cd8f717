"""Frames that a browser sends to the chat, and the file that it is kept in."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyterlab_chat.models import NewMessage

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.help import MAX_QUESTION_CHARS
from learnflow_ext.server.chat import CUT_KEY, ConfinedChat, chat_parts, shortened
from learnflow_ext.server.confine import Folder


def cut(frame: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shortened(json.dumps(frame)))
    return found


@settings(deadline=None)
@given(st.text(max_size=300) | st.binary(max_size=300))
def test_a_short_frame_is_as_it_was(raw: str | bytes) -> None:
    assert shortened(raw) == raw


def test_a_question_of_the_longest_length_is_kept_whole() -> None:
    frame = {"type": "client", "id": "i", "body": "x" * MAX_QUESTION_CHARS, "metadata": {"to_persona": "p"}}
    assert cut(frame) == frame


def test_a_longer_one_is_cut_and_says_so() -> None:
    found = cut(
        {"id": "i", "body": "x" * 1_000_000, "mime_model": {}, "attachments": [1], "metadata": {"a": 1}}
    )
    assert len(found["body"]) < MAX_QUESTION_CHARS + 60
    assert found["body"].endswith("… (992,000 more characters were not kept)")
    assert found["metadata"] == {"a": 1, CUT_KEY: 1_000_000}
    assert "attachments" not in found


def test_bulky_extras_go() -> None:
    found = cut({"id": "i", "body": "hello", "metadata": {"a": "x" * 200_000}, "mime_model": {"data": "y"}})
    assert found == {"id": "i", "body": "hello"}


@pytest.mark.parametrize("raw", ["[" * 100_000, "x" * 10_000, json.dumps(["x"] * 9000)])
def test_nonsense_is_passed_on_for_the_chat_to_refuse(raw: str) -> None:
    assert shortened(raw) == raw


@pytest.mark.parametrize("path", ["", "/a.chat", "../a.chat", "a.txt", ".a.chat", "a/.b/c.chat", "a\0.chat"])
def test_what_is_no_chat_is_refused(path: str) -> None:
    with pytest.raises(BadRequest):
        chat_parts(path)


def test_a_chat_may_lie_in_a_folder() -> None:
    assert chat_parts("py/one/tutor.chat") == ("py", "one", "tutor.chat")


class SlowFolder(Folder):
    """On a disk that has much to do."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.began = threading.Event()

    def write(self, parts: Sequence[str], content: bytes) -> None:
        self.began.set()
        time.sleep(0.3)
        super().write(parts, content)


async def test_who_opens_a_chat_that_is_just_being_written_finds_all_of_it(tmp_path: Path) -> None:
    folder = SlowFolder(tmp_path)
    chat = ConfinedChat("a.chat", folder, None)
    chat.load_from_file()
    chat.add_message(NewMessage(body="hello", sender="ada"))
    assert await asyncio.to_thread(folder.began.wait, 20)
    chat.dispose()
    again = ConfinedChat("a.chat", folder, None)
    again.load_from_file()
    assert [message.body for message in again.get_messages()] == ["hello"]
    assert again.get_id() == chat.get_id()
