"""The parts of a service, made from its configuration; nothing of them runs yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, cast

from learnflow_kernels.choice import ChosenRunner
from traitlets.config import Config

from learnflow_ext.agents.context import Policy
from learnflow_ext.agents.llm.model import Model
from learnflow_ext.service import tutors
from learnflow_ext.service.answering import Answering
from learnflow_ext.service.assistance import Assistance
from learnflow_ext.service.auth import People
from learnflow_ext.service.blind import Blinds
from learnflow_ext.service.checkup import Checkup
from learnflow_ext.service.classmates import Classmates
from learnflow_ext.service.deadlines import Deadlines
from learnflow_ext.service.enrolment import Enrolment, why_off
from learnflow_ext.service.grading_queue import GradingProcess, GradingQueue
from learnflow_ext.service.hinting import Hints
from learnflow_ext.service.limits import ApiLimits
from learnflow_ext.service.live import LiveBoards
from learnflow_ext.service.living import Living
from learnflow_ext.service.lti.keys import load_key
from learnflow_ext.service.lti.pass_back import PassBack
from learnflow_ext.service.mail_sender import open_sender
from learnflow_ext.service.mailing import Mailing
from learnflow_ext.service.marks import MarkKeeper
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.service.models import open_model
from learnflow_ext.service.oauth import SealedOAuth
from learnflow_ext.service.outside import OutsideTokens
from learnflow_ext.service.pages import Pages
from learnflow_ext.service.parts import Parts
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.practice import Practices
from learnflow_ext.service.quizzes import Quizzes
from learnflow_ext.service.release_rows import ReleaseRows
from learnflow_ext.service.releases import Releaser, Releases
from learnflow_ext.service.results import Results
from learnflow_ext.service.skills import Skills
from learnflow_ext.service.traffic import Traffic
from learnflow_ext.service.watch import Watch
from learnflow_ext.service.weeks import Weeks
from learnflow_ext.settings import (
    LearnFlow,
    LearnFlowApi,
    LearnFlowGrading,
    LearnFlowJwt,
    LearnFlowLti,
    LearnFlowMail,
    LearnFlowModel,
    LearnFlowPractice,
    LearnFlowProgress,
    LearnFlowStruggle,
    LearnFlowTutor,
)
from learnflow_ext.store import spent
from learnflow_ext.store.database import Database

FIRST_HINT_UID = 199_940
"""Searches for hints run under ids from here downwards, apart from other runs of the service."""


class Worker(GradingProcess, Releaser, Protocol):
    """A grading process."""


@dataclass(frozen=True)
class Assembly:
    """What a service is made of: what its handlers see, and what must be started and ended beside it."""

    parts: Parts
    workers: Sequence[Worker]
    """One at least, for releases: also where all is graded by others."""
    runner: ChosenRunner
    bare_runner: ChosenRunner
    """Without libraries in memory, for searches that start a hundred programs."""
    hints: Hints
    model: Model | None


async def assemble(
    config: Config,
    environment: Mapping[str, str],
    make_worker: Callable[[], Worker],
    settings: LearnFlow,
    hub_auth: SealedOAuth,
    db: Database,
) -> Assembly:
    """The parts as `config` says; `db` is open. ValueError, a sentence, for settings that cannot work."""
    tutor_settings, api = LearnFlowTutor(config=config), LearnFlowApi(config=config)
    grading, metrics = LearnFlowGrading(config=config), Metrics()
    people = People(hub_auth)

    async def spend(mark: str, until: float) -> bool:
        return await db.retrying(lambda conn: spent.spend(conn, mark, datetime.fromtimestamp(until, UTC)))

    outside = OutsideTokens(LearnFlowJwt(config=config), environment, spend=spend)
    # One releases and checks exercises also where all is graded by others.
    workers = [make_worker() for _ in range(max(1, grading.workers))]
    deadlines = Deadlines(tutors.course_files(settings), db)
    rows = ReleaseRows(db, settings.exchange_root, tutors.course_files(settings))
    releases = Releases(db, workers[0], settings, grading, deadlines, rows)
    runner = ChosenRunner(config)
    courses = await asyncio.to_thread(tutors.load, settings, runner)
    model = await asyncio.to_thread(open_model, LearnFlowModel(config=config))
    # A search starts a hundred programs: without libraries in memory each of them starts faster.
    bare = ChosenRunner(config, preload=(), ready=1, uid=FIRST_HINT_UID)
    hints = Hints(bare, metrics, tutor_settings.hint_seconds)
    practice = LearnFlowPractice(config=config)
    practices = Practices(
        db,
        workers[-1],
        bare,
        settings,
        grading,
        practice,
        metrics,
        tutors.course_files(settings),
        {course: tutored.taught for course, tutored in courses.items()},
        model,
        tutors.released_notebooks(settings),
    )
    policies = Policies(
        tutors.course_files(settings),
        cast("Policy", tutor_settings.policy),
        db,
        tutors.released_notebooks(settings),
    )
    await policies.refresh()
    blinds = Blinds(db, deadlines, settings)
    results = Results(db, deadlines, blinds)
    watch = Watch(LearnFlowStruggle(config=config), policies, results, settings.courses)
    checkup = Checkup(metrics)
    progress = LearnFlowProgress(config=config)
    mail = LearnFlowMail(config=config)
    sender = await asyncio.to_thread(open_sender, mail, environment)
    lti = LearnFlowLti(config=config)
    lti_key = await asyncio.to_thread(load_key, lti.key_file) if lti.passes_back else None
    titles = {course: each.title for course, each in courses.items()}
    limits = ApiLimits(api)
    living, traffic = Living(db, limits), Traffic()
    assistance = Assistance(
        db,
        courses,
        releases,
        settings,
        tutor_settings,
        metrics,
        policies,
        results,
        model,
        hints,
        practices,
        Classmates(db) if tutor_settings.hints_from_classmates else None,
    )
    parts = Parts(
        settings=settings,
        api_settings=api,
        api_limits=limits,
        tutor_settings=tutor_settings,
        grading_settings=grading,
        practice_settings=practice,
        progress_settings=progress,
        hub_auth=hub_auth,
        people=people,
        enrolment=Enrolment(hub_auth, people, db, off=why_off(settings, config)),
        outside=outside,
        db=db,
        courses=courses,
        assistance=assistance,
        answering=Answering(db, assistance, traffic, living, timedelta(hours=api.idempotency_hours)),
        queue=GradingQueue(db, workers[: grading.workers], settings, grading, metrics, deadlines),
        deadlines=deadlines,
        results=results,
        blinds=blinds,
        marks=MarkKeeper(db, settings),
        runner=runner,
        releases=releases,
        release_rows=rows,
        practices=practices,
        quizzes=Quizzes(db, settings, releases, policies),
        watch=watch,
        mailing=Mailing(
            db, people, watch, mail, sender, metrics, environment.get("JUPYTERHUB_PUBLIC_URL", ""), titles
        ),
        pass_back=PassBack(db, lti, lti_key, results, metrics, courses=settings.courses),
        skills=Skills(progress.fit_from_students),
        weeks=Weeks(),
        live=LiveBoards(db, blinds.untold),
        living=living,
        checkup=checkup,
        # With a host for each user, services have one of their own too, and the hub another.
        pages=Pages(hub_auth.base_url, hub_auth.hub_host + hub_auth.hub_prefix),
        metrics=metrics,
        traffic=traffic,
    )
    return Assembly(parts, workers, runner, bare, hints, model)
