"""The keys of the courses' quizzes, and answers held against them. No key leaves this module."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from learnflow_ext.contracts import quizzes as contract
from learnflow_ext.contracts.errors import BadRequest, Forbidden, NotFound, Unavailable, Unprocessable
from learnflow_ext.contracts.quizzes import Question, QuizAnswer, QuizFeedback, QuizView
from learnflow_ext.service import logs
from learnflow_ext.service.auth import Person
from learnflow_ext.service.policies import Policies
from learnflow_ext.service.releases import Releases, copy_quizzes, course_folder
from learnflow_ext.settings import LearnFlow
from learnflow_ext.store import quizzes as store
from learnflow_ext.store.database import Database

IN_EXAM = "There is an exam now, so quizzes are closed. They open again when it is over."
NO_QUESTION = (
    "This question is not part of the assignment any more. Fetch the assignment again, or ask your teacher."
)
BROKEN = "This quiz cannot be answered just now. Your teacher has to look at it; tell them, please."
LONGEST_QUESTION = 64

log = logs.get("learnflow.quizzes")


class Quizzes:
    """Judges answers. A key is read where its teacher edits it, and again whenever it changed."""

    def __init__(self, db: Database, settings: LearnFlow, releases: Releases, policies: Policies) -> None:
        self._db = db
        self._settings = settings
        self._releases = releases
        self._policies = policies
        self._known: dict[tuple[str, str], tuple[tuple[int, int], Mapping[str, Question]]] = {}

    async def answer(self, person: Person, course: str, assignment: str, given: QuizAnswer) -> QuizFeedback:
        """Judge an answer of a member of `course`, and keep it. Of those who grade nothing is kept.

        NotFound for what is not released or no question of it, Unprocessable for choices that it does not
        have, Forbidden in an exam, BadRequest for no choice at all.
        """
        await self._open(course, assignment, person.name)
        if not given.choices:
            raise BadRequest("Choose an answer first.")
        key = await self._key(course, assignment)
        question = key.get(given.question[: LONGEST_QUESTION + 1])
        if question is None:
            raise NotFound(NO_QUESTION)
        try:
            feedback = contract.judge(question, given.choices)
        except ValueError as error:
            raise Unprocessable(str(error)) from None
        if person.grades(course):
            return feedback
        kept = await self._db.retrying(
            lambda conn: store.record(
                conn,
                student=person.name,
                course=course,
                assignment=assignment,
                question=question.id,
                choices=feedback.choices,
                right=feedback.right,
            )
        )
        return msgspec.structs.replace(feedback, first_right=kept.first_right, attempts=kept.attempts)

    async def answered(self, person: Person, course: str, assignment: str) -> QuizView:
        """What the person answered, judged by the key as it is now; what it no longer has is left out."""
        await self._open(course, assignment, person.name)
        key = await self._key(course, assignment)
        async with self._db.connect() as conn:
            kept = await store.of_student(conn, person.name, course, assignment)
        found = []
        for one in kept:
            question = key.get(one.question)
            if question is None:
                continue
            with suppress(ValueError):  # its choices were changed: it is asked anew
                found.append(
                    msgspec.structs.replace(
                        contract.judge(question, one.choices),
                        first_right=one.first_right,
                        attempts=one.attempts,
                    )
                )
        return QuizView(answers=tuple(found))

    async def _open(self, course: str, assignment: str, student: str) -> None:
        await self._releases.assignment(course, assignment)
        await self._policies.refresh()
        if self._policies.closed(course, assignment, student):
            raise Forbidden(IN_EXAM)

    async def _key(self, course: str, assignment: str) -> Mapping[str, Question]:
        return await asyncio.to_thread(self._read, course, assignment)

    def _read(self, course: str, assignment: str) -> Mapping[str, Question]:
        """The questions by id; none without a key. Unavailable when it cannot be read."""
        folder, root = self._settings.courses[course], self._settings.course_root(course)
        for place in (course_folder(folder) / contract.FOLDER, root / contract.FOLDER):
            file = place / f"{assignment}.yaml"
            try:
                status = file.stat()
                version = (status.st_mtime_ns, status.st_size)
                known = self._known.get((course, assignment))
                if known is not None and known[0] == version:
                    return known[1]
                key = {question.id: question for question in contract.read(file.read_bytes())}
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                log.error("a quiz's key cannot be read", course=course, file=str(file), error=str(error))
                raise Unavailable(BROKEN, retry_after=60) from None
            self._known[course, assignment] = (version, key)
            with suppress(OSError):  # for the next release; answers do not need it
                copy_quizzes(folder, root)
            return key
        return {}
