"""The help flow: a question is checked, kept, routed, answered piece by piece, and the answer kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.exercise import ExerciseFindings
from learnflow_ext.agents.llm.model import Model
from learnflow_ext.agents.tutor import Plan
from learnflow_ext.contracts.errors import LearnFlowError, TooBusy, TooLarge
from learnflow_ext.contracts.help import (
    AgentName,
    Diagnosis,
    Fingerprint,
    HelpRequest,
    Intent,
    ReplyChunk,
)
from learnflow_ext.contracts.other_ai import OtherAiStanding
from learnflow_ext.contracts.practice import practice_in
from learnflow_ext.contracts.runs import RunReport
from learnflow_ext.diagnosis.fingerprint import attempt_of, fingerprint
from learnflow_ext.exercises.choosing import wants_practice
from learnflow_ext.exercises.notebook import ANSWER_CELL
from learnflow_ext.service import logs, questions
from learnflow_ext.service.auth import Person
from learnflow_ext.service.classmates import Classmates
from learnflow_ext.service.hinting import Hints, attempt_in
from learnflow_ext.service.learnt import Learnt
from learnflow_ext.service.limits import Budget, RateLimiter
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.policies import NOW_OFF, STRICTEST_FIRST, Policies
from learnflow_ext.service.practice import Practices
from learnflow_ext.service.practising import practised
from learnflow_ext.service.releases import Releases
from learnflow_ext.service.results import Results
from learnflow_ext.service.speaking import Speaker, Speaking
from learnflow_ext.service.surroundings import Surroundings
from learnflow_ext.service.telling import Telling
from learnflow_ext.service.tutors import TutoredCourse
from learnflow_ext.service.wishes import Wishes
from learnflow_ext.settings import LearnFlow, LearnFlowTutor
from learnflow_ext.store import help, ladder, people, tutoring
from learnflow_ext.store.database import Database, DatabaseUnavailable

BROKE_OFF = (
    "Sorry, the tutor stumbled over this question and cannot finish its answer. It has been noted (request "
    "{request_id}). Please try again, or ask your teacher."
)

log = logs.get("learnflow.help")


def never() -> bool:
    """For who cannot come back."""
    return False


@dataclass(frozen=True)
class Question:
    """A question that was taken: it is in the database and counts."""

    person: Person
    request: HelpRequest
    context: HelpContext
    told: help.Told
    """What the person had been told when the question came."""
    request_id: str
    received: float
    """By `time.monotonic`, in seconds."""
    left: int | None = None
    """How many more the person may ask for now; None without a budget."""
    resumes: Callable[[], bool] = never
    """Whether who asked may still come for the rest, so that what is broken off here another finishes."""
    again: bool = False
    """Whether somebody began to answer it who is gone: a model may have been asked already."""


@dataclass
class _Answer:
    """What was said so far."""

    agent: AgentName
    intent: Intent
    texts: list[str] = field(default_factory=list)
    rung: int = 0
    withheld: bool = False
    first_words_ms: int = 0

    def hear(self, chunk: ReplyChunk, since: float) -> None:
        if chunk.text and not self.texts:
            self.first_words_ms = _milliseconds(since)
        if chunk.text:
            self.texts.append(chunk.text)
        self.rung = max(self.rung, chunk.rung)
        self.withheld = self.withheld or chunk.withheld


class Assistance:
    """Answers the questions of a classroom."""

    def __init__(
        self,
        db: Database,
        tutored: Mapping[str, TutoredCourse],
        releases: Releases,
        settings: LearnFlow,
        tutor_settings: LearnFlowTutor,
        metrics: Metrics,
        policies: Policies,
        results: Results,
        model: Model | None = None,
        hints: Hints | None = None,
        practices: Practices | None = None,
        classmates: Classmates | None = None,
    ) -> None:
        """`tutored` has every course, and under `NO_COURSE` what is outside of any.

        With a `model` its words follow the analysis, for students who did not switch it off. With `hints`
        what is said of a wrong attempt rests on a change that was proved, also by way of `classmates`'
        answers. With `practices` who wants to do something gets an exercise made for them.
        """
        self._db = db
        self._tutored = tutored
        self._policies = policies
        self._limiter = RateLimiter(tutor_settings.questions_per_minute)
        self._budget = Budget(
            tutor_settings.questions_per_hour,
            tutor_settings.questions_per_day,
            tutor_settings.questions_per_minute,
        )
        self._metrics = metrics
        self._speaking = Speaking(db, metrics, model)
        self._learnt = Learnt()
        self._hints = hints
        self._classmates = classmates
        self._practices = practices
        self._around = Surroundings(
            db, tutored, releases, settings, policies, results, practices, has_model=model is not None
        )
        self._telling = Telling(db, self._around.exercise_at)
        self.wishes = Wishes(
            db,
            results,
            model.endpoint.base_url if model is not None else "",
            tutor_settings.retention_days,
            compares=classmates is not None and tutor_settings.hint_seconds > 0,
        )

    async def take(
        self,
        person: Person,
        request: HelpRequest,
        request_id: str,
        received: float,
        *,
        resumes: Callable[[], bool] = never,
        again: bool = False,
    ) -> Question:
        """Check a question and keep it. One that comes `again` and was kept then counts once.

        TooLarge for a long text, BadRequest for an empty one, TooBusy when there were too many, Forbidden for
        a course of others.
        """
        try:
            questions.check(request)
        except TooLarge:
            self._metrics.questions_refused.labels("too_large").inc()
            raise
        request = await self._around.placed(person, await asyncio.to_thread(questions.bounded, request))
        try:
            if not again:
                self._limiter.take(person.name)
        except TooBusy:
            self._metrics.questions_refused.labels("too_many").inc()
            raise
        await self._policies.refresh()
        context, told = await self._around.of(person, request)

        async def keep(conn: AsyncConnection) -> int | None:
            # In the transaction that keeps the question, whose writer has the person to itself: two at the
            # same moment cannot both be the last.
            await people.ensure(conn, person.name)
            if again and await help.is_asked(conn, request_id):
                return None
            try:
                left = await self._budget.left(conn, person.name)
            except TooBusy:
                self._metrics.questions_refused.labels("budget").inc()
                raise
            await help.asked(conn, person.name, request, request_id=request_id)
            return left

        left = await self._db.retrying(keep)
        self._metrics.questions.labels(request.agent).inc()
        return Question(person, request, context, told, request_id, received, left, resumes, again)

    async def exam_of(self, person: Person) -> OtherAiStanding:
        """Whether an exam of any course that `person` studies runs for them now, or nobody can tell.

        Who teaches sits none: their kernels, which may be at work for that very exam, go on.
        """
        await self._policies.refresh()
        return self._policies.exam_of(filter(person.studies, self._tutored), person.name)

    async def wish(self, person: Person, request: HelpRequest, request_id: str) -> list[ReplyChunk] | None:
        """The answer to what is no question, such as `/helpful`; None for a question."""
        if self.wishes.wished(request) is None:
            return None
        self._limiter.take(person.name)
        placed = await self._around.placed(person, await asyncio.to_thread(questions.bounded, request))
        return await self.wishes.fulfil(person, placed, request_id)

    async def answer(self, question: Question) -> AsyncGenerator[ReplyChunk]:
        """The answer, from a chunk of kind `start` to one of kind `end`, or `error` when it breaks off.

        What was said is kept before the last chunk, and also when the reader leaves early; what of a question
        that `resumes` is broken off is kept as its `Ledger` has it, and has not ended.
        """
        line = log.bind(request_id=question.request_id, person=question.person.name)
        said = _Answer(question.request.agent, "concept")
        last = ReplyChunk(kind="end", request_id=question.request_id)
        ended = True
        try:
            async with aclosing(self._chunks(question, said)) as pieces:
                async for chunk in pieces:
                    if chunk.kind == "end":
                        last = await self._last(question, chunk)
                        break
                    if self._stops(question):
                        # An exam has begun while we were speaking.
                        last = replace(last, agent=said.agent, intent=said.intent, withheld=True)
                        chunk = replace(last, kind="text", text=f"\n\n{NOW_OFF}")
                        said.hear(chunk, question.received)
                        yield chunk
                        break
                    said.hear(chunk, question.received)
                    yield chunk
        except Exception as error:
            if isinstance(error, DatabaseUnavailable) and question.resumes():
                # No end of it: as one it would be kept, and told to who asks again once the database is back.
                ended = False
                raise
            # The boundary to the agents: whatever happens there, the student gets a sentence.
            self._metrics.answers_failed.inc()
            line.exception("the tutor failed", said=len(said.texts))
            known = isinstance(error, LearnFlowError)
            text = str(error) if known else BROKE_OFF.format(request_id=question.request_id)
            last = ReplyChunk(kind="error", text=text, agent=said.agent, request_id=question.request_id)
            said.texts.append(text)
        except asyncio.CancelledError:
            ended = not question.resumes()
            raise
        finally:
            if ended:
                await self._keep(question, said)
        yield last

    async def _chunks(self, question: Question, said: _Answer) -> AsyncGenerator[ReplyChunk]:
        """The tutor's chunks, once the route was kept."""
        request, context = question.request, question.context
        tutor = self._tutored[request.course].tutor
        plan = tutor.plan(request, context)
        said.agent, said.intent = plan.agent, plan.intent

        async def route(conn: AsyncConnection) -> int | None:
            rung = None
            if plan.agent == "debug" and request.assignment:
                rung = await self._rung(conn, question.person.name, request)
                rung = await self._learnt.better(conn, request.course, _pattern(plan.diagnosis), rung)
            await help.routed(
                conn,
                question.request_id,
                agent=plan.agent,
                intent=plan.intent,
                diagnosis=plan.diagnosis,
                fingerprint=_pattern(plan.diagnosis),
                concept=plan.concept,
                lines=request.code.count("\n") + 1 if request.code else 0,
            )
            return rung

        async def speaker() -> Speaker | None:
            # Of a question that comes again a model may have been asked already.
            if question.again:
                return None
            return await self._speaking.speaker(question.person.name, plan, context.policy)

        # Neither needs the other, and both are awaited whatever becomes of one: nothing is written behind.
        rung, voice = await asyncio.gather(self._db.retrying(route), speaker(), return_exceptions=True)
        if isinstance(rung, BaseException):
            raise rung
        if isinstance(voice, BaseException):
            raise voice
        if rung is not None:
            context = replace(context, rung=rung)
        if self._practices is not None and await self._practises(question, plan):
            name = question.person.name
            made = practised(self._practices, name, request, context, plan, question.request_id)
            async with aclosing(made) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        context = await self._hinted(question, context, plan)
        spoken = voice.voice if voice is not None else None
        answer: AsyncGenerator[ReplyChunk] = tutor.answer(
            request,
            context,
            plan=plan,
            request_id=question.request_id,
            voice=spoken,
            ledger=self._telling.ledger(question.person.name, question.request_id, question.told),
        )
        try:
            async with aclosing(answer) as chunks:
                async for chunk in chunks:
                    yield chunk
                    if chunk.kind == "start" and voice is not None and not voice.told:
                        yield replace(chunk, kind="text", text=f"{self.wishes.notice()}\n\n")
                        await self._speaking.noticed(question.person.name)
        finally:
            if spoken is not None and spoken.call is not None:
                await self._speaking.keep(question.request_id, spoken.call)

    async def _practises(self, question: Question, plan: Plan) -> bool:
        """Whether the wish is for an exercise of their own, and they may have one."""
        return (
            self._practices is not None
            and isinstance(plan.findings, ExerciseFindings)
            and wants_practice(question.request.text)
            and await self._practices.offered(question.request.course)
        )

    async def _hinted(self, question: Question, context: HelpContext, plan: Plan) -> HelpContext:
        """`context` with the student's attempt, and a proved hint about it where that is wanted and found."""
        request = question.request
        course = self._tutored[request.course]
        error = request.error
        made = practice_in(request.assignment)
        attempt = attempt_in(
            request.nearby,
            ANSWER_CELL if made else course.answers.get(context.exercise, ""),
            request.cell_id,
            request.code or (error.code if error is not None else ""),
        )
        if context.policy not in ("hints", "open") or not attempt:
            return context
        context = replace(context, answer=attempt)
        if self._hints is None or not plan.may_be_hinted:
            return context
        known = course.references.get(context.exercise)
        if made:
            known = next((each for each in context.practice if each.name == context.exercise), None)
        peers = None
        if self._classmates is not None and not made and known is not None:
            # Exercises made for practice are one student's own.
            name = context.exercise.partition("/")[2]
            whose = question.person.name
            asked = (request.course, request.assignment, name, known.checks)
            peers = partial(self._classmates.answers, *asked, but_of=whose)
        hint = await self._hints.hint(known, attempt, peers)
        return replace(context, hint=hint)

    def _stops(self, question: Question) -> bool:
        """Whether less is allowed by now than when the question was taken."""
        return STRICTEST_FIRST.index(
            self._around.allowed(question.person, question.request)
        ) < STRICTEST_FIRST.index(question.context.policy)

    async def _last(self, question: Question, chunk: ReplyChunk) -> ReplyChunk:
        """The end of an answer, with what the chat shows below it."""
        offers = chunk.rung >= ladder.TOP
        if not offers and question.request.course:
            async with self._db.glance() as conn:
                offers = await tutoring.unhelpful_in_a_row(conn, question.person.name) >= tutoring.IN_A_ROW
        return replace(
            chunk, questions_left=question.left, offers_teacher=offers and bool(question.request.course)
        )

    async def _rung(self, conn: AsyncConnection, student: str, request: HelpRequest) -> int:
        """How far the hint may go that this student gets for this exercise now."""
        code = request.code or (request.error.code if request.error else "")
        return await ladder.step(
            conn,
            student,
            course=request.course,
            assignment=request.assignment,
            exercise=self._around.exercise(request.course, request.assignment, request.cell_id),
            cell_id=request.cell_id,
            attempt=attempt_of(code),
        )

    async def note_runs(self, conn: AsyncConnection, student: str, reports: Iterable[RunReport]) -> None:
        """Tell the ladders of the student's exercises which code was run. Courses not theirs are left out."""
        await ladder.attempted(
            conn,
            student,
            [
                ladder.Attempt(
                    course=report.course,
                    assignment=report.assignment,
                    exercise=self._around.exercise(report.course, report.assignment, report.cell_id),
                    cell_id=report.cell_id,
                    attempt=report.attempt,
                )
                for report in reports
                if report.course in self._tutored and report.assignment and report.attempt
            ],
        )

    async def _keep(self, question: Question, said: _Answer) -> None:
        if said.texts:
            self._metrics.first_words_seconds.observe(said.first_words_ms / 1000)
        if said.withheld:
            self._metrics.answers_withheld.inc()
        try:
            await self._db.retrying(
                lambda conn: help.answered(
                    conn,
                    question.request_id,
                    agent=said.agent,
                    intent=said.intent,
                    text="".join(said.texts),
                    rung=said.rung,
                    withheld=said.withheld,
                    first_words_ms=said.first_words_ms,
                    last_word_ms=_milliseconds(question.received),
                )
            )
        except LearnFlowError as error:
            # The student has the answer; that it could not be kept is for the log.
            log.error("an answer was not kept", request_id=question.request_id, error=error.message)


def _pattern(diagnosis: Diagnosis | None) -> Fingerprint | None:
    if diagnosis is None:
        return None
    return fingerprint(diagnosis.exception, diagnosis.message, diagnosis.source_line)


def _milliseconds(since: float) -> int:
    return round((time.monotonic() - since) * 1000)
