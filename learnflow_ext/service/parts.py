"""The parts of the running service, as the handlers see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyterhub.services.auth import HubOAuth

    from learnflow_ext.contracts.runner import Runner
    from learnflow_ext.service.answering import Answering
    from learnflow_ext.service.assistance import Assistance
    from learnflow_ext.service.auth import People, Person
    from learnflow_ext.service.blind import Blinds
    from learnflow_ext.service.checkup import Checkup
    from learnflow_ext.service.deadlines import Deadlines
    from learnflow_ext.service.enrolment import Enrolment
    from learnflow_ext.service.grading_queue import GradingQueue
    from learnflow_ext.service.limits import ApiLimits
    from learnflow_ext.service.live import LiveBoards
    from learnflow_ext.service.living import Living
    from learnflow_ext.service.lti.pass_back import PassBack
    from learnflow_ext.service.mailing import Mailing
    from learnflow_ext.service.marks import MarkKeeper
    from learnflow_ext.service.metrics import Metrics
    from learnflow_ext.service.outside import OutsideTokens
    from learnflow_ext.service.pages import Pages
    from learnflow_ext.service.practice import Practices
    from learnflow_ext.service.quizzes import Quizzes
    from learnflow_ext.service.release_rows import ReleaseRows
    from learnflow_ext.service.releases import Releases
    from learnflow_ext.service.results import Results
    from learnflow_ext.service.skills import Skills
    from learnflow_ext.service.traffic import Traffic
    from learnflow_ext.service.tutors import TutoredCourse
    from learnflow_ext.service.watch import Watch
    from learnflow_ext.service.weeks import Weeks
    from learnflow_ext.settings import (
        LearnFlow,
        LearnFlowApi,
        LearnFlowGrading,
        LearnFlowPractice,
        LearnFlowProgress,
        LearnFlowTutor,
    )
    from learnflow_ext.store.database import Database


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Built once by the application and handed to every handler."""

    settings: LearnFlow
    api_settings: LearnFlowApi
    api_limits: ApiLimits
    tutor_settings: LearnFlowTutor
    grading_settings: LearnFlowGrading
    practice_settings: LearnFlowPractice
    progress_settings: LearnFlowProgress
    hub_auth: HubOAuth
    people: People
    enrolment: Enrolment
    outside: OutsideTokens
    db: Database
    courses: Mapping[str, TutoredCourse]
    assistance: Assistance
    answering: Answering
    queue: GradingQueue
    deadlines: Deadlines
    results: Results
    blinds: Blinds
    marks: MarkKeeper
    runner: Runner
    releases: Releases
    release_rows: ReleaseRows
    practices: Practices
    quizzes: Quizzes
    watch: Watch
    mailing: Mailing
    pass_back: PassBack
    skills: Skills
    weeks: Weeks
    live: LiveBoards
    living: Living
    checkup: Checkup
    pages: Pages
    metrics: Metrics
    traffic: Traffic

    @property
    def submissions_root(self) -> Path:
        """Where submissions are kept, one folder each."""
        return self.settings.state_path / "submissions"

    def is_member(self, person: Person, course: str) -> bool:
        """Whether `course` is one of this classroom and the person's."""
        return course in self.settings.courses and person.belongs(course)

    def title(self, course: str) -> str:
        """What people call `course`."""
        return self.courses[course].title
