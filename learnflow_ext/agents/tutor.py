"""The tutor: one question in, one answer out. Triage, then the agent's analysis, then its words behind
the guard."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec

from learnflow_ext.agents import (
    around,
    citations,
    concepts,
    courtesy,
    debug,
    examples,
    exercise,
    progress,
    proved,
    review,
)
from learnflow_ext.agents.context import HelpContext, ProvedHint
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.agents.gate import About, Gate, code_lines
from learnflow_ext.agents.guard import PASSED, Guard, Verdict
from learnflow_ext.agents.llm.model import ModelTrouble
from learnflow_ext.agents.llm.prompts import SPOKEN_BY
from learnflow_ext.agents.llm.voice import Brief, Voice
from learnflow_ext.agents.reply import Reply
from learnflow_ext.agents.source import fenced
from learnflow_ext.agents.telling import Ledger, Told
from learnflow_ext.agents.triage import Triage, addressed, triage
from learnflow_ext.contracts.help import AgentName, Diagnosis, HelpRequest, Intent, ReplyChunk
from learnflow_ext.contracts.runner import Runner

Findings = (
    concepts.ConceptFindings
    | debug.DebugFindings
    | exercise.ExerciseFindings
    | progress.ProgressFindings
    | review.ReviewFindings
    | courtesy.Courtesy
)

LAST_RESORT = Reply(
    paragraphs=(
        "I had better not say more here, because it would give the solution away. Tell me which line you "
        "are unsure "
        "about, and what you expect it to do.",
    ),
    rung=1,
)


MOST_JUDGEMENTS = 6
"""Of one sentence, while other answers to the same student go on elsewhere."""
STOPPED = "I stop here: the next words would have given too much away. What do you make of it so far?"
BROKE_OFF = "(The rest did not arrive. Everything you need is above.)"
SILENT = "(There is nothing more to add just now. Everything you need is above.)"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What will be answered, before a word of it is composed."""

    triage: Triage
    findings: Findings
    own_code: str = ""
    """The student's, as far as the question brought it."""
    asked: str = ""
    """The question's words."""
    ideas_only: bool = False
    """The policy forbids looking at the student's code."""
    request: HelpRequest = HelpRequest()
    """What was asked, with all that came along."""

    @property
    def may_be_phrased(self) -> bool:
        """Whether there is an analysis that a model may add its words to."""
        return (
            self.agent in SPOKEN_BY and not self.unsure and not isinstance(self.findings, courtesy.Courtesy)
        )

    @property
    def may_be_hinted(self) -> bool:
        """Whether a hint about the student's attempt would be part of the answer."""
        return isinstance(self.findings, debug.DebugFindings) and not self.ideas_only

    @property
    def intent(self) -> Intent:
        return self.triage.intent

    @property
    def agent(self) -> AgentName:
        return self.triage.agent

    @property
    def confidence(self) -> float:
        return self.triage.confidence

    @property
    def unsure(self) -> bool:
        return self.triage.unsure

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Of the debug agent; None for the others, and where there was no error to see."""
        return self.findings.diagnosis if isinstance(self.findings, debug.DebugFindings) else None

    @property
    def concept(self) -> str:
        """What it is about in the course's words; empty when unknown."""
        if isinstance(self.findings, concepts.ConceptFindings):
            return self.findings.concept
        return self.diagnosis.concept if self.diagnosis is not None else ""


class Tutor:
    """Answers questions about one course. Holds no state of a student's: it may serve any number at a
    time."""

    def __init__(
        self, course_index: CourseIndex, guard: Guard | None = None, runner: Runner | None = None
    ) -> None:
        """`guard` knows the reference solutions; without one nothing is withheld.

        With a `runner` the gate also runs what a reply's code could become, and reviews ask ruff.
        """
        self._index = course_index
        self._runner = runner
        self._gate = Gate(guard or Guard(), runner)
        told = [text for each in course_index.sections for text in each.paragraphs]
        self._gate.trust(code_lines([*told, *map("```\n{}\n```".format, examples.all_of_them())]))

    @classmethod
    def from_source(cls, directory: Path | str) -> Tutor:
        """For a course folder: what students may read to quote from, and its solutions to guard.

        Service side only. Blocks on disk: call it off the event loop.
        """
        return cls(CourseIndex.from_source(directory), Guard.from_source(directory))

    def plan(self, request: HelpRequest, context: HelpContext) -> Plan:
        """Route the question and analyse it. Pure; some milliseconds."""
        if self._index.title:
            context = msgspec.structs.replace(context, course_title=self._index.title)
        route = triage(request.text, request.error, agent=request.agent, code=request.code)
        asked = msgspec.structs.replace(request, text=addressed(request.text)[1])
        own_code = "\n".join(
            filter(None, (asked.code, asked.error.code if asked.error else "", fenced(asked.text)[1]))
        )
        return Plan(
            triage=route,
            findings=self._analyse(route, asked, context),
            own_code=own_code,
            asked=asked.text,
            ideas_only=context.policy == "concepts",
            request=asked,
        )

    def _analyse(self, route: Triage, request: HelpRequest, context: HelpContext) -> Findings:
        if context.policy == "off":
            return courtesy.switched_off(context)
        ideas_only = context.policy == "concepts"
        if route.intent == "solution_request":
            return courtesy.refusal(request, self._index, context, ideas_only=ideas_only)
        if route.unsure:
            return courtesy.question(request)
        if route.intent == "off_topic":
            return courtesy.redirect(request, context)
        if ideas_only and route.agent == "review":
            return courtesy.no_review()
        match route.agent:
            case "debug":
                return debug.analyse(request, self._index, context)
            case "review":
                return review.analyse(request, context.level_in(request.assignment))
            case "exercise":
                return exercise.analyse(request, self._index, context)
            case "progress":
                return progress.analyse(self._index, context)
        return concepts.analyse(
            request,
            self._index,
            context.released,
            look_at_code=not ideas_only,
            mastered=context.mastered,
            level=context.level_in(request.assignment),
        )

    async def answer(
        self,
        request: HelpRequest,
        context: HelpContext,
        *,
        plan: Plan | None = None,
        request_id: str = "",
        voice: Voice | None = None,
        ledger: Ledger | None = None,
    ) -> AsyncGenerator[ReplyChunk]:
        """The answer as chunks: `start`, the paragraphs as `text`, `end`. `plan` saves planning twice.

        The texts, put together, are Markdown. `start` and `end` carry the citations, and `end` says whether
        something was withheld. What the analysis found comes at once; with a `voice` a model's words
        follow, sentence by sentence behind the gate. With a `ledger` nothing is said before it stands
        there.
        """
        plan = await self._looked_closer(plan or self.plan(request, context))
        reply, verdict = await self._guarded(plan, context, ledger)
        cited = citations.founded(reply.citations, self._index, context.released)
        yield ReplyChunk(
            kind="start",
            agent=plan.agent,
            intent=plan.intent,
            rung=reply.rung,
            citations=cited,
            request_id=request_id,
        )
        for text in _chunks(reply):
            yield ReplyChunk(
                kind="text",
                text=text,
                agent=plan.agent,
                intent=plan.intent,
                rung=reply.rung,
                withheld=verdict.withheld,
                request_id=request_id,
            )
        withheld = verdict.withheld
        if voice is not None and not withheld and plan.may_be_phrased:
            async with aclosing(self._spoken(plan, context, reply, voice, ledger)) as sentences:
                async for text, held in sentences:
                    withheld = withheld or held
                    yield ReplyChunk(
                        kind="text",
                        text=text,
                        agent=plan.agent,
                        intent=plan.intent,
                        rung=reply.rung,
                        withheld=held,
                        request_id=request_id,
                    )
        yield ReplyChunk(
            kind="end",
            agent=plan.agent,
            intent=plan.intent,
            rung=reply.rung,
            withheld=withheld,
            citations=cited,
            request_id=request_id,
        )

    async def _looked_closer(self, plan: Plan) -> Plan:
        """The plan with what a tool finds, which is no matter of milliseconds."""
        if self._runner is None or not isinstance(plan.findings, review.ReviewFindings):
            return plan
        return msgspec.structs.replace(plan, findings=await review.with_linter(plan.findings, self._runner))

    async def _spoken(
        self, plan: Plan, context: HelpContext, reply: Reply, voice: Voice, ledger: Ledger | None
    ) -> AsyncGenerator[tuple[str, bool]]:
        """A model's sentences, and whether one was withheld: then it is the last, and ours."""
        brief = Brief(
            agent=plan.agent,
            around=around.around(
                plan.request,
                context,
                question=plan.asked,
                code=plan.own_code,
                reference=self._gate.reference(context.exercise, context.practice),
                diagnosis=plan.diagnosis,
                ideas_only=plan.ideas_only,
                budget=voice.budget,
            ),
            analysis=reply.text,
        )
        said = ""
        try:
            async with aclosing(voice.sentences(brief)) as sentences:
                async for sentence in sentences:
                    if not sentence.strip():
                        continue
                    verdict = await self._let_out(said, sentence, plan, context, ledger, behind=reply.text)
                    if verdict.withheld:
                        yield f"\n\n{STOPPED}", True
                        return
                    began = bool(said)
                    said += sentence
                    yield sentence if began else f"\n\n{sentence}", False
        except ModelTrouble as trouble:
            if trouble.reason != "resting":
                yield f"\n\n{BROKE_OFF if said else SILENT}", False

    async def _let_out(
        self,
        said: str,
        newest: str,
        plan: Plan,
        context: HelpContext,
        ledger: Ledger | None,
        *,
        behind: str = "",
    ) -> Verdict:
        """Judge what was `said` together with the `newest` words; what passes stands in the ledger.

        `behind` is the analysis that a model's words follow; empty for the analysis itself.
        """
        if context.policy == "open":
            return PASSED
        if ledger is None:
            told = Told(here=context.shown)
            return await self._gate.judge(said + newest, _about(plan, context, told, newest, behind))
        async with ledger.turn():
            for _ in range(MOST_JUDGEMENTS):
                about = _about(plan, context, ledger.told, newest, behind)
                verdict = await self._gate.judge(said + newest, about)
                whole = f"{behind}\n\n{said}{newest}" if behind else newest
                if verdict.withheld or await ledger.keep(whole, newest):
                    return verdict
        # Others tell this student so much at once that nobody can say what comes out together.
        return Verdict(True, "", "unsure")

    async def _guarded(
        self, plan: Plan, context: HelpContext, ledger: Ledger | None
    ) -> tuple[Reply, Verdict]:
        """The strongest version of the reply that gives nothing away, and the verdict on the one first
        meant."""
        reply: Reply | None = compose(plan, context.rung, context.hint)
        if context.policy == "open":
            assert reply is not None
            return reply, PASSED
        first: Verdict | None = None
        while reply is not None:
            verdict = await self._let_out("", reply.text, plan, context, ledger)
            first = first or verdict
            if not verdict.withheld:
                return reply, first
            reply = reply.weaker
        assert first is not None
        return LAST_RESORT, first


def _about(plan: Plan, context: HelpContext, told: Told, newest: str, behind: str) -> About:
    """For the gate. `behind` is the analysis before a model's words, empty for the analysis itself.

    The analysis is ours, and judged with what was told about the same work; a model's words with
    everything, as they can be anything.
    """
    # What the analysis quotes came before: it must not stand between the lines of what a model tells.
    shown = [told.elsewhere, told.here, behind] if behind else [told.here]
    return About(
        exercise=context.exercise,
        own_code=context.answer or plan.own_code,
        asked=plan.asked,
        shown="\n\n".join(filter(None, shown)),
        in_order=f"{told.in_order}\n\n{newest}" if behind and told.in_order else "",
        elsewhere=told.exercises if behind else (),
        practice=context.practice,
        by_model=bool(behind),
    )


def compose(plan: Plan, rung: int = 0, hint: ProvedHint | None = None) -> Reply:
    """The findings in words, the guard not asked yet. `rung` is the step on the hint ladder, 0 for none.

    `hint` is of a repair that was proved; it goes before what the error alone says.
    """
    if isinstance(plan.findings, debug.DebugFindings) and plan.ideas_only:
        return debug.compose_idea(plan.findings)
    if isinstance(plan.findings, debug.DebugFindings):
        plain = debug.compose(plan.findings, rung)
        return proved.compose(hint, plan.findings, plain, rung) if hint is not None else plain
    return _COMPOSERS[type(plan.findings)](plan.findings)


_COMPOSERS: dict[type, Callable[[Any], Reply]] = {
    concepts.ConceptFindings: concepts.compose,
    courtesy.Courtesy: courtesy.compose,
    debug.DebugFindings: debug.compose,
    exercise.ExerciseFindings: exercise.compose,
    progress.ProgressFindings: progress.compose,
    review.ReviewFindings: review.compose,
}


def _chunks(reply: Reply) -> Iterator[str]:
    last = len(reply.paragraphs) - 1
    for place, paragraph in enumerate(reply.paragraphs):
        yield paragraph if place == last else f"{paragraph}\n\n"
