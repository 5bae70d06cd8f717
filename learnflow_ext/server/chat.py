"""The chat's transport, hardened: the `.chat` file lies where the student's kernel can write.

jupyterlab-chat opens that file by name, follows links and trusts what it finds. Here it is read and
written through `Folder`, checked for shape, and saved off the event loop. A message longer than a question
may be is cut before it is kept, so that one paste cannot slow the chat down for good.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
import uuid
from dataclasses import fields
from pathlib import Path
from typing import Any

from jupyter_events import EventLogger
from jupyterlab_chat.chat_manager import ChatManager
from jupyterlab_chat.events import ChatEvent, ChatEventAction
from jupyterlab_chat.models import Message
from jupyterlab_chat.websocket_handler import WSChatHandler
from jupyterlab_chat.websocket_model import WsChatModel

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, NotFound
from learnflow_ext.contracts.help import MAX_QUESTION_CHARS
from learnflow_ext.contracts.paths import split_path
from learnflow_ext.server.confine import Folder

MAX_CHAT_BYTES = 8 << 20
SAVE_SECONDS = 0.3
CUT_KEY = "learnflow_chars"
"""In a message's metadata: how many characters it had before it was cut."""
_EXTRAS_LIMIT = 64 * 1024
_MESSAGE_FIELDS = frozenset(field.name for field in fields(Message))
_log = logging.getLogger(__name__)


def chat_parts(path: str) -> tuple[str, ...]:
    """The parts of a chat's path below the root. BadRequest when it is not the path of a chat."""
    parts = split_path(path)
    if not parts or not parts[-1].endswith(".chat"):
        raise BadRequest("A chat is a file of your folder whose name ends in .chat.")
    return parts


class ConfinedChat(WsChatModel):
    """One chat, kept in a file below the student's root."""

    def __init__(self, path: str, folder: Folder, event_logger: EventLogger | None) -> None:
        super().__init__(path=path, root_dir=Path(folder.root), event_logger=event_logger)
        self._folder = folder
        self._save_timer: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None
        self._write_lock = threading.Lock()
        self._edition = 0
        self._written = 0

    def new_id(self) -> None:
        """Take a new identity: the file is a copy of another chat's."""
        self._metadata["id"] = uuid.uuid4().hex

    def load_from_file(self) -> None:
        """Take over what the file holds, or begin an empty chat.

        A file that is no chat any more is set aside under a new name: nothing of the student's is lost.
        """
        content: dict[str, Any] = {}
        try:
            stored = self._folder.read(chat_parts(self.path), MAX_CHAT_BYTES)
            # The front end makes the file empty: nothing is in it yet, and nothing is wrong with it.
            content = _checked(json.loads(stored)) if stored.strip() else {}
        except NotFound:
            pass
        except (LearnFlowError, ValueError, RecursionError) as error:
            _log.warning("chat %s cannot be read and is set aside: %s", self.path, error)
            self._set_aside()
        self._messages = content.get("messages", [])
        self._users = content.get("users", {})
        self._attachments = {}
        self._metadata = content.get("metadata", {})
        self.get_id()
        self._indexes_by_id = {message["id"]: place for place, message in enumerate(self._messages)}

    def _set_aside(self) -> None:
        parts = chat_parts(self.path)
        try:
            with self._folder.directory(parts[:-1]) as above:
                spare = f"{parts[-1]}.unreadable-{int(time.time())}"
                os.rename(parts[-1], spare, src_dir_fd=above, dst_dir_fd=above)
        except (OSError, LearnFlowError) as error:
            _log.warning("chat %s cannot be set aside: %s", self.path, error)

    def save(self) -> None:
        """Write the file soon: a streamed answer asks for this many times a second."""
        if self._save_timer is None:
            self._save_timer = asyncio.get_running_loop().call_later(SAVE_SECONDS, self._begin_save)

    def _begin_save(self) -> None:
        self._save_timer = None
        if self._saving is not None and not self._saving.done():
            self.save()
            return
        self._saving = asyncio.create_task(asyncio.to_thread(self._write, *self._encoded()))

    def _encoded(self) -> tuple[int, bytes]:
        self._edition += 1
        return self._edition, json.dumps(self.to_dict(), indent=1).encode()

    def _write(self, edition: int, content: bytes) -> None:
        with self._write_lock:
            if edition < self._written:
                return  # a later one overtook us
            try:
                self._folder.write(chat_parts(self.path), content)
                self._written = edition
            except (OSError, LearnFlowError) as error:
                _log.error("chat %s cannot be saved: %s", self.path, error)

    def dispose(self) -> None:
        """Nobody uses the chat any more: write what is not written yet."""
        super().dispose()
        if self._save_timer is not None:
            self._save_timer.cancel()
        # One that is under way counts as not written: whoever opens the chat now reads the file.
        if self._save_timer is not None or (self._saving is not None and not self._saving.done()):
            self._write(*self._encoded())
        self._save_timer = None


class ConfinedChatManager(ChatManager):
    """Hands out `ConfinedChat`s below the contents manager's root."""

    def __init__(self, serverapp: Any, **kwargs: Any) -> None:
        super().__init__(serverapp, rtc_enabled=False, **kwargs)
        self.folder = Folder(serverapp.contents_manager.root_dir)

    def _get_or_create_ws(self, path: str) -> ConfinedChat:
        known = self._model_for_path(path)
        if isinstance(known, ConfinedChat):
            return known
        model = ConfinedChat(path, self.folder, self._event_logger)
        model.load_from_file()
        chat_id = model.get_id()
        if chat_id in self._chats_by_id:  # a copied file: two chats must not share an id
            model.new_id()
            chat_id = model.get_id()
        self._chats_by_id[chat_id] = model
        self._last_activity_by_id[chat_id] = time.time()
        self._emit_event(ChatEvent(path=path, action=ChatEventAction.OPENED, chat_id=chat_id))
        return model


class ChatSocket(WSChatHandler):
    """The chat's websocket: paths checked, oversized messages cut."""

    def open(self, *args: str, **kwargs: str) -> None:
        try:
            chat_parts(args[0] if args else "")
        except BadRequest as error:
            self.close(1008, error.message)
            return
        super().open(*args, **kwargs)

    async def on_message(self, raw: str | bytes) -> None:
        await super().on_message(shortened(raw))


def shortened(raw: str | bytes) -> str | bytes:
    """The frame with its message cut to what a question may have; a short frame comes back as it is.

    The number of characters before the cut is noted in the message's metadata under `CUT_KEY`.
    """
    if len(raw) <= MAX_QUESTION_CHARS:
        return raw
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    if not isinstance(frame, dict):
        return raw
    if len(raw) > _EXTRAS_LIMIT:
        for extra in ("attachments", "mime_model", "mentions", "sender"):
            frame.pop(extra, None)
    metadata = frame.get("metadata")
    metadata = metadata if isinstance(metadata, dict) and len(json.dumps(metadata)) <= _EXTRAS_LIMIT else {}
    body = frame.get("body")
    if isinstance(body, str) and len(body) > MAX_QUESTION_CHARS:
        left = len(body) - MAX_QUESTION_CHARS
        frame["body"] = f"{body[:MAX_QUESTION_CHARS]} … ({left:,} more characters were not kept)"
        metadata = {**metadata, CUT_KEY: len(body)}
    if metadata:
        frame["metadata"] = metadata
    else:
        frame.pop("metadata", None)
    return json.dumps(frame)


def _checked(content: Any) -> dict[str, Any]:
    """The parts of a chat file that have the right shape. ValueError when it is no chat file at all."""
    if not isinstance(content, dict):
        raise ValueError("not a chat file")
    messages = content.get("messages")
    users = content.get("users")
    metadata = content.get("metadata")
    return {
        "messages": [_message(each) for each in messages if _is_message(each)]
        if isinstance(messages, list)
        else [],
        "users": {
            name: user
            for name, user in users.items()
            if isinstance(user, dict) and user.get("username") == name
        }
        if isinstance(users, dict)
        else {},
        "metadata": {"id": metadata["id"]}
        if isinstance(metadata, dict) and isinstance(metadata.get("id"), str) and metadata["id"]
        else {},
    }


def _is_message(each: Any) -> bool:
    return (
        isinstance(each, dict)
        and all(isinstance(each.get(key), str) for key in ("id", "body", "sender"))
        and isinstance(each.get("time"), (int, float))
    )


def _message(each: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in each.items() if key in _MESSAGE_FIELDS}
    for name in ("attachments", "mime_model", "mentions"):
        kept.pop(name, None)  # rich output in a file that a kernel can write would run in the browser
    return kept
