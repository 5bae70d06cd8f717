"""Whether other AI than the tutor may be used now: what the admin allows, while no exam runs."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.contracts.other_ai import Door, OtherAi, OtherAiStanding
from learnflow_ext.server.confine import Folder

SETTING_DOORS = "learnflow_doors"
SETTING_KEYS = "learnflow_own_keys"
LOOK_SECONDS = 10.0
"""How soon after an exam began what is open then is shut."""
BELIEVED_SECONDS = 120.0
"""For so long counts what the service said last; then nothing is open until it says something again."""
SHUT_NOW = "Other assistants are not available just now: an exam is on, or the classroom cannot be reached."
EXAM_BEGAN = (
    "An exam has begun, so Python was started afresh, without a network or other assistants. "
    "Your notebook is safe."
)
UNREADABLE = "your course's settings (course.yaml) cannot be read, so nobody can tell whether an exam is on"
SHUT_UNREADABLE = f"Other assistants are not available just now: {UNREADABLE}. Please tell your teacher."
ENDED_UNREADABLE = (
    f"Python was started afresh, without a network or other assistants: {UNREADABLE}. Your notebook is safe. "
    "Please tell your teacher."
)
KEYS_FILE = ".env"
MOST_KEYS_BYTES = 16 * 1024
_KEY = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]{0,60}_API_KEY)\s*=\s*[\"']?([!-~]{1,4096}?)[\"']?")


class Doors:
    """Ways to other AI out of one student's server, and whether each is open."""

    def __init__(
        self,
        allowed: OtherAi,
        exam: Callable[[], Awaitable[OtherAiStanding]],
        log: logging.Logger,
        *,
        online: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`exam` asks the service whether one runs for the student, and raises a LearnFlowError when it
        cannot say; `online` is whether kernels have a network, which leads to every model there is."""
        self.allowed = allowed
        self._ask = exam
        self._log = log
        self._online = online
        self._clock = clock
        self._said = OtherAiStanding(exam=False)
        self._heard: float | None = None
        self._asked = self._newest = 0
        """Questions so far, and the latest of them that was answered."""
        self._watching: asyncio.Task[None] | None = None
        self.when_shut: list[Callable[[], Awaitable[None]]] = []
        """Called at each look while an exam runs: what was just starting when it began is shut too."""

    @property
    def matters(self) -> bool:
        """Whether there is anything to shut; a server where there is not never asks."""
        return bool(self.allowed.allow) or self._online

    @property
    def exam(self) -> bool:
        """Whether the service said last that an exam runs, or that nobody can read whether one does."""
        return self._said.exam

    @property
    def why_shut(self) -> str:
        """For who asks another assistant while that is shut."""
        return SHUT_UNREADABLE if self._said.unreadable else SHUT_NOW

    @property
    def why_ended(self) -> str:
        """For whose kernel ends because something is shut."""
        return ENDED_UNREADABLE if self._said.unreadable else EXAM_BEGAN

    def is_open(self, door: Door) -> bool:
        """Whether the student may go there now, as far as is known; see `look`."""
        return door in self.allowed.allow and self._no_exam

    @property
    def network(self) -> bool:
        """Whether a kernel that starts now may have one, where the admin gives kernels one."""
        return self._no_exam or not self.matters

    @property
    def _no_exam(self) -> bool:
        """Whether the service said so, and lately."""
        if self.exam or self._heard is None:
            return False
        return self._clock() - self._heard < BELIEVED_SECONDS

    @property
    def magics(self) -> tuple[str, ...]:
        """Extensions for a kernel that starts now."""
        return self.allowed.magics if self.is_open("magics") else ()

    async def look(self) -> None:
        """Ask the service whether an exam runs. What it said before goes on where it does not answer."""
        if not self.matters:
            return
        self._asked += 1
        number = self._asked
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                said = await self._ask()
        except (LearnFlowError, TimeoutError) as error:
            self._log.warning("nobody says whether an exam is on: %s", error)
            return
        if number < self._newest:
            # Somebody asked after us and heard before us.
            return
        self._newest = number
        began, self._said, self._heard = said.exam and not self.exam, said, self._clock()
        if began and said.unreadable:
            self._log.warning("nobody can read whether an exam is on: other ways to AI are shut")
        elif began:
            self._log.info("an exam has begun: other ways to AI are shut")
        if said.exam:
            await self._shut()

    async def _shut(self) -> None:
        for shut in self.when_shut:
            try:
                await shut()
            except Exception:
                # Assistants of others raise what they like; the rest is shut all the same.
                self._log.exception("something that an exam forbids could not be shut")

    def start(self) -> None:
        """Look again and again from now on, where that matters."""
        if self.matters and self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="other ways to AI")

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                # The next look must come: it may be the one that shuts something.
                self._log.exception("looking whether an exam is on failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """The server stops."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
            self._watching = None


class OwnKeys:
    """API keys of the student's own, in the environment of other assistants while that is open."""

    def __init__(self, folder: Folder, environment: MutableMapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environment = environment
        self._given: dict[str, str] = {}

    async def set(self, *, allowed: bool) -> None:
        """Put those of the file into the environment as they are now, or take them out again."""
        found = await asyncio.to_thread(self._read) if allowed else {}
        for name, value in self._given.items():
            if self._environment.get(name) == value:
                del self._environment[name]
        # What the admin gave the server is not the student's to replace.
        self._given = {name: value for name, value in found.items() if name not in self._environment}
        self._environment.update(self._given)

    def _read(self) -> dict[str, str]:
        try:
            text = self._folder.read([KEYS_FILE], MOST_KEYS_BYTES).decode("utf-8", "replace")
        except (LearnFlowError, OSError):
            return {}
        lines = (_KEY.fullmatch(line.strip()) for line in text.splitlines())
        return {found[1]: found[2] for found in lines if found is not None}
