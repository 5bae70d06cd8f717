"""What a question is about: its course and exercise, what is allowed there, and what was said before."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.agents.context import HelpContext, Policy
from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.errors import Forbidden
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.practice import PRACTICE_DIR, practice_in
from learnflow_ext.service.auth import Person
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.practice import Practices
from learnflow_ext.service.releases import Releases
from learnflow_ext.service.results import Results
from learnflow_ext.service.tutors import NO_COURSE, TutoredCourse
from learnflow_ext.settings import LearnFlow
from learnflow_ext.store import courses, help, progress
from learnflow_ext.store.database import Database


class Surroundings:
    """Looks up the surroundings of questions."""

    def __init__(
        self,
        db: Database,
        tutored: Mapping[str, TutoredCourse],
        releases: Releases,
        settings: LearnFlow,
        policies: Policies,
        results: Results,
        practices: Practices | None,
        *,
        has_model: bool = False,
    ) -> None:
        """As for `Assistance`. Where a model may speak, what was told long ago is asked for too."""
        self._has_model = has_model
        self._db = db
        self._tutored = tutored
        self._releases = releases
        self._settings = settings
        self._policies = policies
        self._results = results
        self._practices = practices

    async def placed(self, person: Person, request: HelpRequest) -> HelpRequest:
        """`request` with the course it is about.

        A student's own folder may be called anything: what is no course counts as none. Without one, the only
        course of the person is meant.
        """
        course, assignment = request.course, request.assignment
        if course in self._settings.courses:
            if not person.belongs(course):
                raise Forbidden("You are not a member of this course. Ask its teacher to add you.")
            return request
        if course == PRACTICE_DIR and self._practices is not None:
            place = (await self._practices.places(person, [assignment])).get(assignment)
            if place is not None:
                return replace(request, course=place[0], assignment=place[1])
        mine = [name for name in self._settings.courses if person.belongs(name)]
        course, assignment = (mine[0] if len(mine) == 1 else NO_COURSE), ""
        return replace(request, course=course, assignment=assignment)

    async def of(self, person: Person, request: HelpRequest) -> tuple[HelpContext, help.Told]:
        """All that an answer has to know beside the question, and what the person was told before."""
        policy = self.allowed(person, request)
        if not request.course:
            async with self._db.connect() as conn:
                told = await self._told(conn, person, request)
                practice = await self._guarded(person, conn=conn)
            return HelpContext(policy=policy, practice=practice), told
        place = help.Place(request.course, request.assignment, request.cell_id)
        made = practice_in(request.assignment)
        withheld = None
        if person.grades(request.course):
            withheld = await self._results.withheld(request.course, person)
        async with self._db.connect() as conn:
            told = await self._told(conn, person, request)
            titles = await courses.titles(conn, request.course)
            standing = await progress.of_student(conn, person.name, request.course)
            withheld = withheld or await self._results.withheld(request.course, person, conn)
            practice = await self._guarded(person, made, conn)
        context = HelpContext(
            policy=policy,
            course_title=self._tutored[request.course].title,
            assignment_title=titles.get(request.assignment, ""),
            progress=withheld.progress(standing),
            exercise=self.exercise_at(place),
            practice=practice,
            released=frozenset(await self._releases.names(request.course)),
        )
        return context, told

    async def _told(self, conn: AsyncConnection, person: Person, request: HelpRequest) -> help.Told:
        return await help.told(conn, person.name, request.course, request.assignment, older=self._has_model)

    def allowed(self, person: Person, request: HelpRequest) -> Policy:
        """How much help there is for this person and work at this moment."""
        mine = [name for name in self._settings.courses if person.belongs(name)]
        return self._policies.at(request.course, request.assignment, mine, person.name)

    def exercise_at(self, place: help.Place) -> str:
        """As the leak gate calls the exercise that a question is about; "" where nobody knows one."""
        if place.course not in self._tutored or not place.assignment:
            return ""
        name = self.exercise(place.course, place.assignment, place.cell_id)
        return f"{place.assignment}/{name}" if name else ""

    def exercise(self, course: str, assignment: str, cell_id: str) -> str:
        """The exercise that a cell belongs to; a cell that is in none stands for itself."""
        return practice_in(assignment) or self._tutored[course].exercises.get((assignment, cell_id), cell_id)

    async def _guarded(
        self, person: Person, at_hand: str = "", conn: AsyncConnection | None = None
    ) -> tuple[Reference, ...]:
        return () if self._practices is None else await self._practices.guarded(person.name, at_hand, conn)
