"""What a student can tell the tutor beside a question: `/helpful`, `/teacher`, `/regrade` and the like."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.agents.markdown import plain
from learnflow_ext.contracts.errors import BadRequest, Conflict, NotFound
from learnflow_ext.contracts.events import TeacherAsked
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.service.auth import Person
from learnflow_ext.service.results import Results
from learnflow_ext.store import regrade_requests, submissions, texts, tutoring
from learnflow_ext.store.database import Database

_WISH = re.compile(r"^\s*/(\w+)(?:\s+(.*?))?\s*$", re.DOTALL)
OFFER = "Write `/teacher`, and your teacher gets your question with your code and the error."
HELP = (
    "- `/helpful` or `/unhelpful`: whether my last answer helped\n- `/teacher`: take this question to your "
    "teacher\n- `/regrade` and why: have your teacher look at your last grade in this assignment\n"
    "- `/model off` or `/model on`: whether a language model may add its words\n"
    "- `/sent`: what was sent to it for my last answer\n- `/privacy`: who can read what you write here"
)
COMPARED = (
    " To see where somebody's attempt goes wrong, I compare it with right answers that others in the course "
    "handed in, yours too. Nobody learns whose they were, and nothing of them is shown."
)
_MOST_CODE = 4_000


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a vote on an answer."""

    helpful: bool


class Voted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    offers_teacher: bool
    """Two answers in a row did not help."""


class Wishes:
    """Fulfils them. None is a question: none counts, and none is kept as one."""

    def __init__(
        self, db: Database, results: Results, endpoint: str, retention_days: int, *, compares: bool
    ) -> None:
        """`endpoint` is where a model is; empty without one. With `compares` hints rest on what others handed
        in too.
        """
        self._db = db
        self._results = results
        self._endpoint = endpoint
        self._days = retention_days
        self._compares = compares
        self._known: Mapping[str, Callable[[Person, HelpRequest, str], Awaitable[str]]] = {
            "helpful": self._helpful,
            "unhelpful": self._unhelpful,
            "teacher": self._teacher,
            "regrade": self._regrade,
            "model": self._model,
            "sent": self._sent,
            "privacy": self._privacy,
            "help": self._help,
        }

    def wished(self, request: HelpRequest) -> str | None:
        """The name of the wish; None for a question."""
        reason = request.text.lstrip().startswith("/regrade ")
        found = _WISH.match(request.text) if reason or len(request.text) < 200 else None
        return found.group(1).lower() if found and found.group(1).lower() in self._known else None

    async def fulfil(self, person: Person, request: HelpRequest, request_id: str) -> list[ReplyChunk]:
        """The answer, whole."""
        name = self.wished(request)
        assert name is not None
        found = _WISH.match(request.text)
        rest = (found.group(2) or "") if found else ""
        try:
            text = await self._known[name](person, request, rest)
        except NotFound as error:
            text = error.message
        return [
            ReplyChunk(kind=kind, text=text if kind == "text" else "", request_id=request_id)
            for kind in ("start", "text", "end")
        ]

    async def vote(self, person: Person, request_id: str, *, helpful: bool, conversation: str = "") -> Voted:
        """NotFound for an answer that is not theirs."""

        async def keep(conn: AsyncConnection) -> int:
            turn = await tutoring.turn(conn, person.name, request_id=request_id, conversation=conversation)
            await tutoring.vote(conn, person.name, turn, helpful=helpful)
            return await tutoring.unhelpful_in_a_row(conn, person.name)

        return Voted(offers_teacher=await self._db.retrying(keep) >= tutoring.IN_A_ROW)

    async def _helpful(self, person: Person, request: HelpRequest, _: str) -> str:
        await self.vote(person, "", helpful=True, conversation=request.conversation)
        return "Good to hear. Thank you for telling me!"

    async def _unhelpful(self, person: Person, request: HelpRequest, _: str) -> str:
        voted = await self.vote(person, "", helpful=False, conversation=request.conversation)
        if voted.offers_teacher:
            return f"I am sorry: that is two answers that did not help. {OFFER}"
        return (
            "Thank you, that is noted. Change something in your code and ask again, or say it in other words."
        )

    async def _teacher(self, person: Person, request: HelpRequest, rest: str) -> str:
        if not request.course:
            return "Open a notebook of your course first, so that I know whose teacher you mean."

        async def keep(conn: AsyncConnection) -> None:
            try:
                turn = await tutoring.turn(conn, person.name, conversation=request.conversation)
            except NotFound:
                turn = None
            error = request.error
            # The answer may have been about other work than the cell the student is at now.
            same = turn is not None and turn.course == request.course
            await tutoring.ask_teacher(
                conn,
                TeacherAsked(
                    course=request.course,
                    student=person.name,
                    request_id=turn.request_id if turn is not None and same else "",
                    text=texts.clip(
                        rest or (turn.question if turn is not None and same else ""), texts.QUESTION
                    )
                    or "(no question in words)",
                    answer=texts.clip(turn.answer, _MOST_CODE) if turn is not None and same else "",
                    code=texts.clip(request.code or (error.code if error else ""), _MOST_CODE),
                    error=texts.clip(f"{error.exception}: {error.message}", texts.LINE) if error else "",
                    rung=turn.rung if turn is not None and same else 0,
                    assignment=texts.clip(request.assignment, texts.NAME),
                    notebook=texts.clip(request.notebook, texts.PATH),
                    cell_id=texts.clip(request.cell_id, texts.NAME),
                ),
            )

        await self._db.retrying(keep)
        return (
            "Done: your teacher sees it on their page now, with your question, your code and the error. "
            "You can go on with something else in the meantime."
        )

    async def _regrade(self, person: Person, request: HelpRequest, rest: str) -> str:
        if not request.course or not request.assignment:
            return "Open the notebook of the assignment first, so that I know which grade you mean."
        async with self._db.connect() as conn:
            mine = await submissions.of_student(conn, request.course, person.name, request.assignment)
        ended = [one for one in mine if one.status in ("graded", "failed")]
        if not ended:
            return "Nothing of yours was graded in this assignment yet."
        if why := (await self._results.withheld(request.course, person)).why(request.assignment):
            return why
        if not rest:
            return "Say in a sentence what is wrong with the grade: `/regrade My loop also counts zeros`."
        last = ended[-1].submission_id
        try:
            await self._db.retrying(lambda conn: regrade_requests.ask(conn, person.name, last, rest))
        except (BadRequest, Conflict) as error:
            return error.message
        return "Your teacher sees it on their page now. The answer will stand on your page, *My progress*."

    async def _model(self, person: Person, _: HelpRequest, rest: str) -> str:
        if not self._endpoint:
            return "No language model is used here, so there is nothing to switch."
        word = rest.lower()
        if word not in ("on", "off"):
            async with self._db.connect() as conn:
                on, _told = await tutoring.choice(conn, person.name)
            state = "on" if on else "off"
            return f"The language model is {state} for you; `/model on` and `/model off` switch it."
        await self._db.retrying(lambda conn: tutoring.choose(conn, person.name, model=word == "on"))
        if word == "off":
            return "The language model is off for you. You get the same help, and nothing of yours leaves."
        return f"The language model is on for you. {self._leaves()}"

    async def _sent(self, person: Person, request: HelpRequest, _: str) -> str:
        async with self._db.connect() as conn:
            turn = await tutoring.turn(conn, person.name, conversation=request.conversation)
            found = await tutoring.sent(conn, turn)
        if found is None or not found[2]:
            return "For my last answer nothing was sent to a language model."
        endpoint, model, messages = found
        try:
            told = msgspec.json.decode(messages, type=list[dict[str, str]])
        except msgspec.DecodeError:
            told = [{"role": "messages", "content": messages}]
        blocks = "\n\n".join(_block(each.get("role", ""), each.get("content", "")) for each in told)
        return f"This was sent to {plain(endpoint)} (model {plain(model)}):\n\n{blocks}"

    async def _privacy(self, *_: object) -> str:
        keeps = (
            f"It is deleted after {self._days} days."
            if self._days
            else "It is kept until the course is cleared."
        )
        return (
            f"Your teachers can read what you ask here and what I answer. {keeps} {self._leaves()}"
            f"{COMPARED if self._compares else ''}"
        )

    async def _help(self, *_: object) -> str:
        return HELP

    def _leaves(self) -> str:
        if not self._endpoint:
            return "Nothing leaves this classroom: no language model is used."
        return (
            "Your question, the cell it is about with those around it, the exercise, your level in it and my "
            f"analysis go to {plain(self._endpoint)}, without your name and without secrets. `/sent` shows "
            "it, `/model off` stops it."
        )

    def notice(self) -> str:
        """What a student is told once, before anything of theirs leaves."""
        return f"*Before we begin: {self._leaves()} Your teachers can read this chat.*"


def _block(role: str, content: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{role}:\n{content}\n{fence}"
