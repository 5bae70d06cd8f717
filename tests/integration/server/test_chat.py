"""The tutor in the chat, over the chat's own websocket."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from typing import TYPE_CHECKING, Any

from learnflow_ext.contracts.errors import Problem
from learnflow_ext.contracts.help import ReplyChunk
from learnflow_ext.contracts.practice import PracticeStanding

if TYPE_CHECKING:
    from tests.integration.server.conftest import Chat, OpenChat, Script, Server

TUTOR = "jupyter-ai-personas::learnflow_ext::Tutor"
DEBUG = "jupyter-ai-personas::learnflow_ext::Debug"


async def test_the_tutor_answers_in_pieces(chat: Chat, service: Script) -> None:
    await chat.say("What is a name?")
    versions = await chat.reply()
    assert versions[-1]["body"] == "It is a name without a value."
    assert versions[-1]["sender"] == TUTOR
    assert len({version["body"] for version in versions}) >= 3, "it came all at once"
    [question] = service.questions
    assert (question.text, question.agent, question.course) == ("What is a name?", "tutor", "py")
    assert question.conversation


async def test_a_leading_name_chooses_the_persona(chat: Chat, service: Script) -> None:
    await chat.say("@Debug why does it fail?", metadata={"to_persona": TUTOR})
    versions = await chat.reply()
    assert versions[-1]["sender"] == DEBUG
    [question] = service.questions
    assert (question.text, question.agent) == ("why does it fail?", "debug")


async def test_the_picker_chooses_the_persona(chat: Chat, service: Script) -> None:
    await chat.say("why does it fail?", metadata={"to_persona": DEBUG})
    assert (await chat.reply())[-1]["sender"] == DEBUG


async def test_a_persona_that_is_not_ours_is_nobody(chat: Chat, service: Script) -> None:
    await chat.say("hello", metadata={"to_persona": "jupyter-ai-personas::evil::Evil", "model": {"id": "x"}})
    assert (await chat.reply())[-1]["sender"] == TUTOR


async def test_all_six_are_there_and_nobody_else(chat: Chat) -> None:
    await chat.say("hello")
    await chat.reply()
    names = {
        user["name"]
        for frame in chat.frames
        if frame["action"] in ("users", "connection")
        for user in frame["users"].values()
        if user.get("bot")
    }
    assert names == {"Tutor", "Debug", "Concepts", "Review", "Exercise", "Progress", "System"}


class TestServiceIsDown:
    async def test_a_sentence_comes(self, chat: Chat, service: Script) -> None:
        service.down = True
        await chat.say("hello")
        body = (await chat.reply())[-1]["body"]
        assert "cannot be reached just now" in body
        assert "notebook is safe" in body
        assert "Traceback" not in json.dumps(chat.frames)


class TestServiceBreaksOff:
    async def test_what_came_stays_and_a_sentence_follows(self, chat: Chat, service: Script) -> None:
        service.break_off = True
        await chat.say("hello")
        bodies = [(await chat.reply())[-1]["body"], (await chat.reply())[-1]["body"]]
        assert bodies[0] == "It is a name without a value."
        assert "cannot be reached" in bodies[1]


class TestServiceRefuses:
    async def test_its_own_sentence_is_shown(self, chat: Chat, service: Script) -> None:
        service.problem = (429, Problem(code="too_busy", message="Wait a minute, please."))
        await chat.say("hello")
        assert (await chat.reply())[-1]["body"] == "Wait a minute, please."


class TestServiceTalksNonsense:
    async def test_a_sentence_comes(self, chat: Chat, service: Script) -> None:
        service.problem = (200, Problem(code="x", message="not an event stream"))
        await chat.say("hello")
        assert "cannot be reached" in (await chat.reply())[-1]["body"]


class TestMessageOfOneMegabyte:
    async def test_it_is_refused_kindly_and_the_server_lives(
        self, chat: Chat, server: Server, service: Script
    ) -> None:
        message_id = await chat.say("x" * 1_000_000)
        body = (await chat.reply())[-1]["body"]
        assert "1,000,000 characters" in body
        assert "8,000" in body
        assert service.questions == []
        [shown] = [
            frame["message"]
            for frame in chat.frames
            if frame["action"] == "message" and frame["message"]["id"] == message_id
        ]
        assert len(shown["body"]) < 8_100
        assert "992,000 more characters were not kept" in shown["body"]
        began = time.monotonic()
        assert (await server.call("GET", "learnflow/status")).code == 200
        assert time.monotonic() - began < 2


class TestHostileChatFiles:
    async def test_a_link_is_not_followed(self, server: Server) -> None:
        secret = server.home / "secret.json"
        secret.write_text(json.dumps({"messages": [message("the secret")], "metadata": {"id": "s"}}))
        name = f"{uuid.uuid4().hex}.chat"
        (server.work / name).symlink_to(secret)
        frame = await self.connection(server, name)
        assert "the secret" not in json.dumps(frame)
        assert "the secret" in secret.read_text()

    async def test_a_broken_file_is_set_aside(self, server: Server) -> None:
        name = f"{uuid.uuid4().hex}.chat"
        (server.work / name).write_text("{broken")
        frame = await self.connection(server, name)
        assert frame["messages"] == []
        [kept] = server.work.glob(f"{name}.unreadable-*")
        assert kept.read_text() == "{broken"

    async def test_an_empty_file_is_a_new_chat(self, server: Server) -> None:
        name = f"{uuid.uuid4().hex}.chat"
        (server.work / name).write_text("")
        assert (await self.connection(server, name))["messages"] == []
        assert not list(server.work.glob(f"{name}.unreadable-*"))

    async def test_a_pipe_does_not_hang_the_server(self, server: Server) -> None:
        name = f"{uuid.uuid4().hex}.chat"
        os.mkfifo(server.work / name)
        assert (await self.connection(server, name))["messages"] == []

    async def test_strange_messages_are_left_out(self, server: Server) -> None:
        name = f"{uuid.uuid4().hex}.chat"
        strange = [1, None, {"id": "a"}, {**message("good"), "surprise": 1, "mime_model": {"data": {}}}]
        (server.work / name).write_text(json.dumps({"messages": strange, "users": [], "metadata": 3}))
        frame = await self.connection(server, name)
        assert [each["body"] for each in frame["messages"]] == ["good"]
        assert "mime_model" not in frame["messages"][0]

    async def test_a_path_outside_is_refused(self, server: Server) -> None:
        for path in ("..%2F..%2Fx.chat", "%2Fetc%2Fpasswd", ".hidden.chat", "notebook.ipynb"):
            async with server.socket(f"api/chat/ws/{path}") as connection:
                assert await connection.read_message() is None
                assert connection.close_code == 1008

    async def connection(self, server: Server, name: str) -> dict[str, Any]:
        async with server.socket(f"api/chat/ws/{name}") as connection:
            frame: dict[str, Any] = json.loads(await connection.read_message() or "null")
            return frame


def message(body: str) -> dict[str, Any]:
    return {"id": uuid.uuid4().hex, "body": body, "sender": "ada", "time": 1.0, "type": "msg"}


async def test_the_chat_is_kept(open_chat: OpenChat) -> None:
    name = f"{uuid.uuid4().hex}.chat"
    async with open_chat(name) as chat:
        await chat.say("remember me")
        await chat.reply()
    async with open_chat(name) as chat:
        kept = [each["body"] for each in chat.frames[0]["messages"]]
    assert kept == ["remember me", "It is a name without a value."]


class TestCopyOfAChat:
    async def test_it_is_a_chat_of_its_own(self, server: Server, open_chat: OpenChat) -> None:
        first, second = f"{uuid.uuid4().hex}.chat", f"{uuid.uuid4().hex}.chat"
        kept = json.dumps({"messages": [message("hello")], "users": {}, "metadata": {"id": uuid.uuid4().hex}})
        (server.work / first).write_text(kept)
        (server.work / second).write_text(kept)
        async with open_chat(first) as one, open_chat(second) as two:
            assert one.frames[0]["id"] != two.frames[0]["id"]
            await two.say("only here")
            await two.reply()
        async with open_chat(first) as one:
            assert [each["body"] for each in one.frames[0]["messages"]] == ["hello"]


async def test_what_a_teacher_decided_about_an_exercise_is_told_in_the_same_chat(
    chat: Chat, service: Script, server: Server
) -> None:
    def standing(state: Any, message: str) -> PracticeStanding:
        return PracticeStanding(name="loop-1-7", title="Stars", state=state, message=message)

    service.end = ReplyChunk(kind="end", intent="exercise", awaited="loop-1-7")
    service.standings = [standing("waiting", "wait"), standing("given", "**Stars** is there.")]
    await chat.say("@Exercise something on loops")
    await chat.reply()
    told = (await chat.reply())[-1]["body"]
    assert told.startswith("**Stars** is there.")
    assert "practice/loop-1-7/loop-1-7.ipynb" in told
    assert (
        server.work / "practice/loop-1-7/loop-1-7.ipynb"
    ).read_bytes() == b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    # One that is still being written behind the one that the student has.
    service.standings = [None, standing("refused", "Your teacher says why.")]
    await chat.say("@Exercise another one")
    await chat.reply()
    assert (await chat.reply())[-1]["body"] == "Your teacher says why."


async def test_a_decision_that_an_answer_told_meanwhile_is_told_once(chat: Chat, service: Script) -> None:
    service.end = ReplyChunk(kind="end", intent="exercise", awaited="loop-1-7")
    service.standings = [
        PracticeStanding(name="loop-1-7", title="Stars", state="refused", message="No, and why.", told=True)
    ]
    await chat.say("@Exercise something on loops")
    await chat.reply()
    await asyncio.wait_for(service.looked.wait(), 20)
    service.end = ReplyChunk(kind="end")
    await chat.say("thank you")
    await chat.reply()
    assert not any("No, and why." in json.dumps(frame) for frame in chat.frames)


async def test_who_closed_the_page_meanwhile_is_told_in_the_same_chat_too(
    open_chat: OpenChat, service: Script
) -> None:
    def standing(state: Any, message: str) -> PracticeStanding:
        return PracticeStanding(name="loop-1-7", title="Stars", state=state, message=message)

    name = f"{uuid.uuid4().hex}.chat"
    service.end = ReplyChunk(kind="end", intent="exercise", awaited="loop-1-7")
    service.standings = [standing("waiting", "wait")]
    async with open_chat(name) as chat:
        await chat.say("@Exercise something on loops")
        made = (await chat.reply())[-1]["body"]
    service.end = ReplyChunk(kind="end")
    async with open_chat(name) as chat:
        # Not before: what was told to nobody yet stands in the chat when the page opens, and comes no more.
        service.standings = [standing("refused", "Your teacher says why.")]
        assert (await chat.reply())[-1]["body"] == "Your teacher says why."
        await chat.say("thank you")
        answer = (await chat.reply())[-1]["body"]
    async with open_chat(name) as chat:
        kept = [each["body"] for each in chat.frames[0]["messages"]]
    assert kept == ["@Exercise something on loops", made, "Your teacher says why.", "thank you", answer]
