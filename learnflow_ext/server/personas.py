"""The tutor in the chat: six personas of jupyter-ai, each a voice of the service.

They hold no knowledge of their own. A message becomes a `HelpRequest` with what the student is looking at;
the answer streams back from the service. Whatever goes wrong becomes a sentence in the chat, never a
traceback.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar, cast

from jupyter_ai_persona_manager.base_persona import BasePersona, PersonaDefaults
from jupyter_ai_persona_manager.extension import PersonaManagerExtension
from jupyter_ai_persona_manager.handlers import AvatarHandler, CancelHandler
from jupyter_ai_persona_manager.mcp_server_models import McpServerHttp, McpSettings
from jupyter_ai_persona_manager.persona_manager import PersonaManager
from jupyter_server.extension.application import ExtensionApp
from jupyterlab_chat.models import Message
from traitlets import Unicode

from learnflow_ext.contracts.errors import LearnFlowError, NotFound, TooLarge
from learnflow_ext.contracts.help import MAX_QUESTION_CHARS, AgentName, HelpRequest, ReplyChunk
from learnflow_ext.contracts.paths import place_of
from learnflow_ext.contracts.practice import name_in
from learnflow_ext.server.batching import batched
from learnflow_ext.server.chat import CUT_KEY, ConfinedChat
from learnflow_ext.server.context import Situation, Situations
from learnflow_ext.server.gateway import Gateway
from learnflow_ext.server.other_ai import SETTING_DOORS, SETTING_KEYS, Doors, OwnKeys
from learnflow_ext.server.practice import PracticeFolder, link_to
from learnflow_ext.server.routing import addressed, question
from learnflow_ext.server.sources import Places, places

SETTING_GATEWAY = "learnflow_gateway"
SETTING_PRACTICE = "learnflow_practice"
SETTING_SITUATIONS = "learnflow_situations"
AVATARS = Path(__file__).parent / "avatars"
OFFER = "Still stuck? `/teacher` takes this to your teacher."
FIRST_LOOK, LAST_LOOK = 2.0, 60.0
"""Seconds until it is asked what a teacher decided about an exercise: soon, then ever more rarely."""
UNWRITTEN_SECONDS = 900.0
"""A model that wrote nothing by then wrote nothing."""
MOST_LOOKS = 500
"""After about eight hours the chat says it when the student next asks for an exercise."""
CANCEL_SECONDS = 2.0
"""For another assistant to break off by itself, before its answer is cancelled."""
_LATER: set[asyncio.Task[None]] = set()
"""Kept here: the event loop alone would let go of them."""
_SAID: set[str] = set()
"""Names of the exercises that an answer of this server's brought: a look at one says nothing more."""
NOT_WRITTEN = (
    "\n\nOnly, I could not put it into your folder just now. Free some space if your disk is full, then ask "
    "for another one."
)
BROKEN = "Something went wrong while I was answering, and it was not your fault. Please ask again."


class TutorPersonaManager(PersonaManager):
    """One chat's personas: ours, and others where the admin lets them in (`c.LearnFlowOtherAI`)."""

    default_persona_id = Unicode(
        "jupyter-ai-personas::learnflow_ext::Tutor",
        help="""The persona that answers a message which names nobody: the tutor, who lets triage decide. A
        class id as jupyter-ai writes it.""",
        allow_none=True,
    ).tag(config=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._answering: dict[asyncio.Task[None], BasePersona] = {}
        super().__init__(*args, **kwargs)

    def _init_ep_persona_classes(self) -> None:
        """Take our own classes; those of other packages are no part of the classroom unless it is allowed.

        One that cannot be loaded is logged; it is nothing to tell a student.
        """
        others: list[dict[str, Any]] = []
        if "personas" in self._doors.allowed.allow:
            super()._init_ep_persona_classes()
            found = PersonaManager._ep_persona_classes or ()
            # Ours are entry points as well.
            others = [
                item for item in found if not item["traceback"] and item["persona_class"] not in PERSONAS
            ]
        PersonaManager._ep_persona_classes = [
            *({"module": kind.__module__, "persona_class": kind, "traceback": None} for kind in PERSONAS),
            *others,
        ]

    @property
    def _shared(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.parent.serverapp.web_app.settings)

    @property
    def _doors(self) -> Doors:
        return cast("Doors", self._shared[SETTING_DOORS])

    def _init_persona_classes(self) -> None:
        self._init_ep_persona_classes()
        self._init_local_persona_classes()

    def _init_local_persona_classes(self) -> None:
        """Load nothing: `.jupyter/personas` lies where the student's code can write."""
        self._local_persona_classes: list[dict[str, Any]] = []

    def get_mcp_settings(self) -> McpSettings | None:
        """The admin's servers while that door is open, whatever `.jupyter/mcp_settings.json` says."""
        if not self._doors.is_open("mcp"):
            return None
        servers = self._doors.allowed.mcp_servers
        named = [McpServerHttp(type="http", name=server.name, url=server.url) for server in servers]
        return McpSettings(mcp_servers=[*named]) if named else None

    @property
    def names(self) -> dict[str, str]:
        """Persona ids by name in lower case."""
        return {persona.name.lower(): persona.id for persona in self.personas.values()}

    def on_chat_message(self, chat_id: str, message: Message) -> None:
        """A message from the student: write down whom it is for, and let the base class deliver it."""
        metadata = message.metadata if isinstance(message.metadata, dict) else {}
        target = addressed(
            message.body,
            self.names,
            metadata.get(self.TO_PERSONA_METADATA_KEY),
            self.default_persona_id or "",
        )
        kept = {CUT_KEY: metadata[CUT_KEY]} if CUT_KEY in metadata else {}
        message.metadata = {**kept, self.TO_PERSONA_METADATA_KEY: target}
        persona = self.personas.get(target)
        if persona is None or isinstance(persona, ServicePersona):
            super().on_chat_message(chat_id, message)
        else:
            self.event_loop.create_task(self._ask_another(persona, message))

    async def _ask_another(self, persona: BasePersona, message: Message) -> None:
        """Deliver the message to a persona that is not ours, unless an exam is on."""
        keys: OwnKeys = self._shared[SETTING_KEYS]
        await self._doors.look()
        await keys.set(allowed=self._doors.is_open("keys"))
        # An exam may have begun since, and shut what was there then.
        if not self._doors.is_open("personas"):
            await keys.set(allowed=False)
            self.send_system_message(self._doors.why_shut)
            return
        answering = asyncio.create_task(persona.on_message(message))
        self._answering[answering] = persona
        answering.add_done_callback(self._answering.pop)

    async def stop_others(self) -> None:
        """An exam has begun: what others are saying stops."""
        for answering, persona in tuple(self._answering.items()):
            try:
                async with asyncio.timeout(CANCEL_SECONDS):
                    await persona.cancel_response()
            except Exception:
                self.log.exception("%s does not stop by itself", type(persona).__name__)
            answering.cancel()

    def prepare_persona(self, persona_id: str) -> bool:
        """As the parent's, which lets a persona speak to its provider; not to others' while that is shut."""
        ours = isinstance(self.personas.get(persona_id), ServicePersona)
        return super().prepare_persona(persona_id) if ours or self._doors.is_open("personas") else False


class TutorPersonasExtension(PersonaManagerExtension):
    """jupyter-ai's persona manager without its side doors.

    The stock extension also offers `api/ai/message`, which makes a stock manager (and so loads Python files
    from the student's folder), and it shows hidden files in the file browser.
    """

    name = "learnflow_personas"
    handlers: ClassVar[list[Any]] = [
        (r"/api/ai/avatars/(.*)", AvatarHandler),
        (r"/api/ai/personas/cancel", CancelHandler),
    ]

    def _link_jupyter_server_extension(self, server_app: Any) -> None:
        ExtensionApp._link_jupyter_server_extension(self, server_app)


class ServicePersona(BasePersona):
    """What all six share; a subclass says its name and which agent it speaks for."""

    agent: ClassVar[AgentName]
    title: ClassVar[str]
    about: ClassVar[str]
    cell_goes_along: ClassVar[bool] = True
    """Whether the cell that the student is at is part of what this persona is asked."""

    @property
    def defaults(self) -> PersonaDefaults:
        return PersonaDefaults(
            name=self.title,
            description=self.about,
            avatar_path=str(AVATARS / f"{self.agent}.svg"),
            system_prompt="",
        )

    @property
    def _settings(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.parent.parent.serverapp.web_app.settings)

    async def process_message(self, message: Message) -> None:
        """Answer one message of the student's."""
        gateway: Gateway = self._settings[SETTING_GATEWAY]
        situations: Situations = self._settings[SETTING_SITUATIONS]
        try:
            request = await self._request(message, gateway, situations)
        except LearnFlowError as error:
            self.send_message(error.message)
            return
        failures: list[LearnFlowError] = []
        await self.stream_message(batched(self._texts(gateway, request, failures)))
        for failure in failures:
            self.send_message(failure.message)

    async def _request(self, message: Message, gateway: Gateway, situations: Situations) -> HelpRequest:
        text = question(message.body, self.parent.names)
        length = (message.metadata or {}).get(CUT_KEY, len(text))
        if not isinstance(length, int) or length > MAX_QUESTION_CHARS:
            raise TooLarge(
                f"That message is too long for me: it has {length:,} characters, and I read up to "
                f"{MAX_QUESTION_CHARS:,}. Send only the part that matters, for instance the failing cell."
            )
        situation = situations.of_message(message.id)
        course, assignment = await known_place(gateway, situation.notebook)
        about_cell = situation if self.cell_goes_along else Situation(notebook=situation.notebook)
        return HelpRequest(
            text=text,
            agent=self.agent,
            course=course,
            assignment=assignment,
            notebook=situation.notebook,
            cell_id=about_cell.cell_id,
            code=about_cell.code,
            error=about_cell.error,
            nearby=situations.cells(situation.notebook) if self.cell_goes_along else {},
            conversation=self.chat.get_id(),
        )

    async def _texts(
        self, gateway: Gateway, request: HelpRequest, failures: list[LearnFlowError]
    ) -> AsyncIterator[str]:
        """The answer's text. Errors go into `failures`: jupyter-ai would log them as faults of ours."""
        app = self.parent.parent.serverapp
        exists, named = app.contents_manager.file_exists, Places({})
        try:
            async for chunk in gateway.help(request):
                if chunk.kind == "start":
                    named = await places(chunk.citations, request.course, app.base_url, exists)
                if chunk.text:
                    yield named.linked(chunk.text)
                if chunk.kind == "end" and chunk.intent is not None:
                    if chunk.awaited:
                        self._await(chunk.awaited)
                    if chunk.practice:
                        _SAID.add(chunk.practice)
                        yield await self._practice(chunk.practice)
                    yield named.rest()
                    yield footer(chunk)
        except LearnFlowError as error:
            failures.append(error)

    def _await(self, name: str) -> None:
        """Tell the student in this chat what a teacher decided about the exercise, once that is known."""
        task = asyncio.create_task(self._told_later(name))
        _LATER.add(task)
        task.add_done_callback(_LATER.discard)

    async def _told_later(self, name: str) -> None:
        # Whoever closes the page and comes back finds this same chat. Another one on its file would not hear
        # of it, and what is told here would write over what was said there.
        with cast("ConfinedChat", self.chat).keep_alive():
            await self._told_once_known(name)

    async def _told_once_known(self, name: str) -> None:
        gateway: Gateway = self._settings[SETTING_GATEWAY]
        patience, lost = UNWRITTEN_SECONDS, False
        for look in range(MOST_LOOKS):
            pause = min(LAST_LOOK, FIRST_LOOK * 1.3 ** min(look, 20))
            await asyncio.sleep(pause)
            patience -= pause
            try:
                standing = await gateway.practice(name)
            except NotFound:
                if patience <= 0:
                    return
                continue
            except LearnFlowError:
                # Perhaps the service said it, and only its words did not arrive.
                lost = True
                continue
            # It is there. Should it ever not be, the student was erased.
            patience = 0.0
            if standing.state == "waiting":
                continue
            if (standing.told and not lost) or name in _SAID:
                # The student asked again meanwhile, and the answer to that said it.
                return
            link = await self._practice(name) if standing.state == "given" else ""
            self.send_message(standing.message + link)
            return

    async def _practice(self, name: str) -> str:
        """The link to an exercise that was just made, once its notebook is in the student's folder."""
        folder: PracticeFolder = self._settings[SETTING_PRACTICE]
        try:
            path = await folder.fetch(name)
        except LearnFlowError as error:
            self.log.warning("exercise %s cannot be put into the folder: %s", name, error.message)
            return NOT_WRITTEN
        return link_to(path, self.parent.parent.serverapp.base_url)

    async def handle_uncaught_exception(self, exc: Exception) -> None:
        """Say that it failed; the base class has logged the traceback, which is nothing for a student."""
        trace_id = uuid.uuid4().hex[:12]
        self.log.error("an answer failed, id %s: %r", trace_id, exc)
        self.send_message(f"{BROKEN} (If it happens again, tell your teacher this number: {trace_id}.)")


def footer(end: ReplyChunk) -> str:
    """The small print below an answer: what is left, and what the student can say to it."""
    said = [OFFER] if end.offers_teacher else []
    if end.questions_left is not None:
        count = end.questions_left
        said.append(f"You have {count or 'no'} question{'' if count == 1 else 's'} left for now.")
    said.append("Did this help? `/helpful` or `/unhelpful`")
    return f"\n\n*{' '.join(said)}*"


async def known_place(gateway: Gateway, notebook: str) -> tuple[str, str]:
    """Course and assignment of a notebook, as far as the service knows such a course.

    A folder of the student's own making names no course; then, and without a notebook, it is the student's
    only course, or "" where there are several. While the service does not answer, the path is believed.
    """
    course, assignment = place_of(notebook)
    if name_in(notebook):
        # The service knows whose it is, and to which course it belongs.
        return course, assignment
    try:
        async with asyncio.timeout(2):
            known = [each.course for each in await gateway.courses()]
    except (LearnFlowError, TimeoutError):
        return course, assignment
    if course in known:
        return course, assignment
    return (known[0] if len(known) == 1 else ""), ""


class Tutor(ServicePersona):
    """Answers what is addressed to nobody in particular."""

    agent = "tutor"
    title = "Tutor"
    about = "Ask me anything about the course; I find out what kind of help you need."


class Debug(ServicePersona):
    """Explains errors."""

    agent = "debug"
    title = "Debug"
    about = "Explains why a cell fails and where to look."


class Concepts(ServicePersona):
    """Explains ideas."""

    agent = "concepts"
    title = "Concepts"
    about = "Explains ideas with the course's own notebooks."
    cell_goes_along = False


class Review(ServicePersona):
    """Looks over code that runs."""

    agent = "review"
    title = "Review"
    about = "Looks over code that already works and says what could be clearer."


class Exercise(ServicePersona):
    """Makes something to practise."""

    agent = "exercise"
    title = "Exercise"
    about = "Makes you an exercise: on what you like, as hard as you need it."


class Progress(ServicePersona):
    """Says where the student stands."""

    agent = "progress"
    title = "Progress"
    about = "Shows how far you have come."
    cell_goes_along = False


PERSONAS: tuple[type[ServicePersona], ...] = (Tutor, Debug, Concepts, Review, Exercise, Progress)
