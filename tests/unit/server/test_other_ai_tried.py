"""Each way to other AI is tried, as an assistant of another package and a kernel would go it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from learnflow_ext.contracts.other_ai import DOORS, Door, OtherAi, OtherAiStanding, ToolServer
from learnflow_ext.server.confine import Folder
from learnflow_ext.server.kernels import PatientKernel, PatientKernelManager
from learnflow_ext.server.other_ai import (
    KEYS_FILE,
    SETTING_DOORS,
    SETTING_KEYS,
    SHUT_NOW,
    Doors,
    OwnKeys,
)
from learnflow_ext.server.personas import TutorPersonaManager

MAGICS = ("school_magics",)
SHUT: dict[Door, object] = {"personas": False, "keys": None, "mcp": [], "magics": ()}
OPEN: dict[Door, object] = {"personas": True, "keys": "abc-123", "mcp": ["library"], "magics": MAGICS}


class Classroom:
    """One student's server, as far as other AI goes, and what the service says about exams."""

    def __init__(self, work: Path, allow: tuple[Door, ...]) -> None:
        self.exam = False
        self.environment: dict[str, str] = {}
        (work / KEYS_FILE).write_text("SCHOOL_API_KEY=abc-123\n")
        servers = (ToolServer(name="library", url="https://mcp.school.example/mcp"),)
        allowed = OtherAi(allow=allow, magics=MAGICS, mcp_servers=servers)
        self.doors = Doors(allowed, self._exam, logging.getLogger("test.doors"))
        self.keys = OwnKeys(Folder(work), self.environment)
        self.kernels = PatientKernelManager()
        self.kernels.doors = self.doors
        self.said: list[str] = []
        self.heard: list[object] = []
        self.chat: Any = TutorPersonaManager.__new__(TutorPersonaManager)
        self.chat._answering = {}
        self.chat.send_system_message = self.said.append

    async def _exam(self) -> OtherAiStanding:
        return OtherAiStanding(exam=self.exam)

    async def on_message(self, message: object) -> None:
        """As the assistant that somebody asks."""
        self.heard.append(message)

    async def tried(self) -> dict[Door, object]:
        """What each way leads to now."""
        self.heard.clear()
        await self.chat._ask_another(self, "solve it")
        await asyncio.gather(*self.chat._answering)
        tools = self.chat.get_mcp_settings()
        magics, _ = await PatientKernel(parent=self.kernels).allowed_now()
        return {
            "personas": bool(self.heard),
            "keys": self.environment.get("SCHOOL_API_KEY"),
            "mcp": [each.name for each in tools.mcp_servers] if tools else [],
            "magics": magics,
        }


@pytest.fixture
def classroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allow: tuple[Door, ...]) -> Classroom:
    made = Classroom(tmp_path, allow)
    shared = {SETTING_DOORS: made.doors, SETTING_KEYS: made.keys}
    monkeypatch.setattr(TutorPersonaManager, "_shared", shared)
    return made


@pytest.mark.parametrize("allow", [()])
async def test_by_default_none_leads_anywhere(classroom: Classroom) -> None:
    assert await classroom.tried() == SHUT
    assert classroom.said == [SHUT_NOW]


@pytest.mark.parametrize(
    "allow", [("magics",), ("personas",), ("personas", "mcp"), ("personas", "keys"), DOORS]
)
async def test_those_that_the_admin_opens_are_open_until_an_exam_begins(
    classroom: Classroom, allow: tuple[Door, ...]
) -> None:
    opened = {door: (OPEN if door in allow else SHUT)[door] for door in DOORS}
    assert await classroom.tried() == opened
    classroom.exam = True
    assert await classroom.tried() == SHUT
    assert classroom.said[-1] == SHUT_NOW
    classroom.exam = False
    assert await classroom.tried() == opened
