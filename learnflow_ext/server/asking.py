"""Asking in a student's name: put the question into the chat and let the persona answer it there."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from jupyterlab_chat.models import Message, NewMessage, User

from learnflow_ext.contracts.errors import Unavailable
from learnflow_ext.server.chat import ConfinedChat, ConfinedChatManager
from learnflow_ext.server.context import Situation, Situations
from learnflow_ext.server.personas import TutorPersonaManager

READY_SECONDS = 10.0
_POLL_SECONDS = 0.05


class Asker:
    """Posts questions for the Explain button."""

    def __init__(self, settings: dict[str, Any], situations: Situations, log: logging.Logger) -> None:
        """`settings` are the web application's: chat and persona managers are found there."""
        self._settings = settings
        self._situations = situations
        self._log = log
        self._answers: set[asyncio.Task[None]] = set()

    async def explain(self, path: str, situation: Situation, user: Any) -> None:
        """Post the question about a failed cell; returns when it is in the chat.

        The answer goes on as a task of its own. Unavailable when the chat's personas do not come up.
        """
        chats: ConfinedChatManager = self._settings["chat_manager"]
        chat = await chats.create(path)
        assert isinstance(chat, ConfinedChat)
        with chat.keep_alive():
            personas = await self._personas(chat)
            message = self._post(chat, situation, user)
            persona = personas.default_persona
            if persona is None:
                raise Unavailable("The tutor is not in this chat. Close the chat and open it again.")
            self._situations.ran(situation)
            self._situations.pin(message.id, situation)
            task = asyncio.create_task(persona.on_message(message))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def stop(self) -> None:
        """Break off what is still being answered."""
        for task in self._answers:
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    async def _personas(self, chat: ConfinedChat) -> TutorPersonaManager:
        managers = self._settings["jupyter-ai"]["persona-managers"]
        try:
            async with asyncio.timeout(READY_SECONDS):
                # jupyter-ai tells nobody when they are there, so we look
                while (found := managers.get(chat.get_id())) is None:  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            self._log.error("no personas for chat %s within %s s", chat.get_path(), READY_SECONDS)
            raise Unavailable("The tutor is still waking up. Your notebook is safe. Try again.") from None
        assert isinstance(found, TutorPersonaManager)
        return found

    def _post(self, chat: ConfinedChat, situation: Situation, user: Any) -> Message:
        make_user: Any = User  # its constructor is not annotated
        chat.set_user(make_user(username=user.username, name=user.name, display_name=user.display_name))
        message_id = chat.add_message(NewMessage(body=words(situation), sender=user.username))
        message = chat.get_message(message_id)
        assert message is not None
        return message


def words(situation: Situation) -> str:
    """The question as it stands in the chat: which cell, which error."""
    name = situation.notebook.rsplit("/", 1)[-1]
    first = next((line.strip() for line in situation.code.splitlines() if line.strip()), "")
    cell = f"the cell `{_plain(first, 60)}`" if first else "this cell"
    where = f"{cell} of {_plain(name, 80)}" if name else cell
    exception = situation.error.exception if situation.error is not None else "error"
    return f"Explain the error in {where}: {_plain(exception, 60)}"


def _plain(text: str, limit: int) -> str:
    """One short line without backticks, so that it cannot break out of its place in the Markdown."""
    line = " ".join(text.replace("`", "'").split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
