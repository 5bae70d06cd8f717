"""Assignments of courses, and their exercises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Text, bindparam, delete, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.store import many, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Exercise, ExerciseTopic, Module, Quiz, Topic
from learnflow_ext.store.upsert import insert

QUIZ = "quiz"
"""In an assignment's name: it is a quiz."""
PASS_RATIO = 0.5
"""Share of a quiz's points below which it counts as not passed, unless its row says otherwise."""


class ExerciseInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One graded cell."""

    notebook: str
    name: str
    max_score: float


class AssignmentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment of a course."""

    course: str
    assignment: str
    title: str
    exercises: tuple[ExerciseInfo, ...] = ()
    """In the order they were given; empty when the assignment was never synchronised."""
    is_quiz: bool = False
    """It asks rather than practises."""

    @property
    def max_score(self) -> float:
        """Points of all exercises together."""
        return sum(exercise.max_score for exercise in self.exercises)


async def find(conn: AsyncConnection, course: str, assignment: str) -> int | None:
    """The id of an assignment's row; None when there is none."""
    found: int | None = await conn.scalar(_FIND, {"course": course, "assignment": assignment})
    return found


_FIND = select(Module.id).where(
    Module.course == bindparam("course"), Module.assignment == bindparam("assignment")
)


async def having(conn: AsyncConnection, assignment: str) -> list[str]:
    """The courses with an assignment of this name, by name."""
    found = await conn.scalars(
        select(Module.course).where(Module.assignment == assignment).order_by(Module.course)
    )
    return list(found)


async def among(conn: AsyncConnection, places: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of `places`, course and name, that are assignments; empty for none."""
    names = {assignment for _, assignment in places}
    rows = await conn.execute(
        select(Module.course, Module.assignment).where(many.one_of(conn, Module.assignment, names, Text))
    )
    return {(row.course, row.assignment) for row in rows} & set(places)


async def ensure(conn: AsyncConnection, course: str, assignment: str) -> int:
    """The id of an assignment's row, made when new. BadRequest for names that are empty or too long.

    For assignments that the service knows to be released; never for what a student's server claims.
    """
    for name in (course, assignment):
        if not name or texts.clip(name, texts.NAME) != name:
            raise BadRequest(f"Names of courses and assignments have 1 to {texts.NAME} characters.")
    found = await find(conn, course, assignment)
    if found is not None:
        return found
    await conn.execute(
        insert(Module)
        .values(course=course, assignment=assignment, title=assignment, updated_at=now())
        .on_conflict_do_nothing(index_elements=["course", "assignment"])
    )
    found = await find(conn, course, assignment)
    assert found is not None, "just inserted"
    await conn.execute(
        insert(Topic)
        .values(course=course, name=assignment, title=assignment)
        .on_conflict_do_nothing(index_elements=["course", "name"])
    )
    if QUIZ in assignment.lower():
        await conn.execute(
            insert(Quiz)
            .values(module_id=found, pass_ratio=PASS_RATIO)
            .on_conflict_do_nothing(index_elements=["module_id"])
        )
    return found


async def sync_assignment(
    conn: AsyncConnection,
    course: str,
    assignment: str,
    title: str,
    exercises: Sequence[tuple[str, str, float]],
    topic: str = "",
) -> int:
    """Make the rows of an assignment say what was released: `exercises` are (notebook, name, max_score).

    Exercises that are no longer in it go; grades that were given for them stay. Each practises `topic`, which
    assignments may share, or where none is said, the topic that its assignment stands for. A topic that
    nobody practises after that goes. Returns the assignment's id.
    """
    module_id = await ensure(conn, course, assignment)
    shown = texts.clip(title, texts.NAME) or assignment
    await conn.execute(update(Module).where(Module.id == module_id).values(title=shown, updated_at=now()))
    kept = [(notebook, name) for notebook, name, _ in exercises]
    await conn.execute(
        delete(Exercise).where(
            Exercise.module_id == module_id, tuple_(Exercise.notebook, Exercise.name).not_in(kept)
        )
    )
    rows = [
        {
            "module_id": module_id,
            "notebook": notebook,
            "name": name,
            "max_score": float(max_score),
            "position": position,
        }
        for position, (notebook, name, max_score) in enumerate(exercises)
    ]
    if rows:
        statement = insert(Exercise)
        new = statement.excluded
        await conn.execute(
            statement.on_conflict_do_update(
                index_elements=["module_id", "notebook", "name"],
                set_={"max_score": new.max_score, "position": new.position},
            ),
            rows,
        )
    await _practise(conn, course, assignment, module_id, shown, topic)
    return module_id


async def _practise(
    conn: AsyncConnection, course: str, assignment: str, module_id: int, title: str, topic: str
) -> None:
    """Each exercise of an assignment practises `topic`, or the assignment's own one, and no other."""
    # One after the other in a course: else one deletes a topic that another is just giving an exercise.
    await conn.execute(select(Topic.id).where(Topic.course == course).order_by(Topic.id).with_for_update())
    name = topic or assignment
    called = title if name == assignment else name.replace("_", " ").capitalize()
    statement = insert(Topic).values(course=course, name=name, title=called)
    keys = ["course", "name"]
    await conn.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={"title": title})
        if name == assignment
        # Another assignment may be called so: then its title stays.
        else statement.on_conflict_do_nothing(index_elements=keys)
    )
    topic_id = await conn.scalar(select(Topic.id).where(Topic.course == course, Topic.name == name))
    own = select(Exercise.id).where(Exercise.module_id == module_id)
    links = ExerciseTopic.exercise_id.in_(own)
    before = set(await conn.scalars(select(ExerciseTopic.topic_id).where(links)))
    await conn.execute(delete(ExerciseTopic).where(links, ExerciseTopic.topic_id != topic_id))
    await conn.execute(
        insert(ExerciseTopic)
        .from_select(
            ["exercise_id", "topic_id"],
            select(Exercise.id, literal(topic_id)).where(Exercise.module_id == module_id),
        )
        .on_conflict_do_nothing(index_elements=["exercise_id", "topic_id"])
    )
    await conn.execute(
        delete(Topic).where(
            Topic.course == course,
            or_(Topic.id.in_(before), Topic.name == assignment),
            Topic.id != topic_id,
            ~select(ExerciseTopic.topic_id).where(ExerciseTopic.topic_id == Topic.id).exists(),
        )
    )


async def written(conn: AsyncConnection, course: str) -> dict[str, datetime]:
    """When the rows of each assignment of `course` that has exercises were written last, in UTC."""
    rows = await conn.execute(
        select(Module.assignment, Module.updated_at).where(
            Module.course == course, select(Exercise.id).where(Exercise.module_id == Module.id).exists()
        )
    )
    return {row.assignment: row.updated_at for row in rows}


async def titles(conn: AsyncConnection, course: str) -> dict[str, str]:
    """What the assignments of `course` are called, by name; empty for an unknown course."""
    rows = await conn.execute(_TITLES, {"course": course})
    return {row.assignment: row.title for row in rows}


async def assignments(conn: AsyncConnection, course: str) -> tuple[AssignmentInfo, ...]:
    """The assignments of `course` by name, with their exercises; empty for an unknown course."""
    found = await conn.execute(_ASSIGNMENTS, {"course": course})
    modules: dict[str, tuple[str, bool, list[ExerciseInfo]]] = {}
    for row in found:
        _, _, exercises = modules.setdefault(row.assignment, (row.title, row.quiz is not None, []))
        if row.name is not None:
            info = ExerciseInfo(notebook=row.notebook, name=row.name, max_score=row.max_score)
            exercises.append(info)
    return tuple(
        AssignmentInfo(
            course=course, assignment=assignment, title=title, exercises=tuple(exercises), is_quiz=is_quiz
        )
        for assignment, (title, is_quiz, exercises) in modules.items()
    )


# Built once: each look at one's progress asks for the second, each question for the first.
_TITLES = select(Module.assignment, Module.title).where(Module.course == bindparam("course"))
_ASSIGNMENTS = (
    select(
        Module.assignment,
        Module.title,
        Quiz.module_id.label("quiz"),
        Exercise.notebook,
        Exercise.name,
        Exercise.max_score,
    )
    .outerjoin(Quiz, Quiz.module_id == Module.id)
    .outerjoin(Exercise, Exercise.module_id == Module.id)
    .where(Module.course == bindparam("course"))
    .order_by(Module.assignment, Exercise.position)
)
