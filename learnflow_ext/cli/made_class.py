"""Fills the demo's course with a made-up class."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from learnflow_ext.cli.where import database
from learnflow_ext.store import courses, people
from learnflow_ext.store.courses import AssignmentInfo, ExerciseInfo
from learnflow_ext.store.database import Database

COURSE = "python-basics"


def seed(state: Path, count: int, database_url: str = "") -> str:
    """Write `count` students into `database_url`, else the database in `state`; a sentence on what was done.

    They are written once: with students there already, nothing changes.
    """
    from learnflow_hub.bundle import course_folder

    return asyncio.run(write(database(None, state, database_url or None), Path(course_folder(COURSE)), count))


async def write(db: Database, source: Path, count: int) -> str:
    """As `seed`, for a course whose nbgrader source is in `source`."""
    from learnflow_ext.service import made_class
    from learnflow_ext.store import seed as seeding

    await db.open()
    try:
        assignments = exercises_in(source)
        async with db.begin() as conn:
            if await people.find(conn, made_class.name_of(0)) is not None:
                return "There is a made-up class already; --reset makes a new one."
            for info in assignments:
                await courses.sync_assignment(
                    conn,
                    info.course,
                    info.assignment,
                    info.title,
                    [(one.notebook, one.name, one.max_score) for one in info.exercises],
                )
            await seeding.write(conn, COURSE, made_class.students(count, assignments, datetime.now(UTC)))
        return f"{count} students have worked for four weeks. The teacher's dashboard shows them."
    finally:
        await db.close()


def exercises_in(folder: Path) -> list[AssignmentInfo]:
    """The assignments of an nbgrader course folder with their graded cells, by name."""
    found = []
    for assignment in sorted(path for path in (folder / "source").iterdir() if path.is_dir()):
        exercises: list[ExerciseInfo] = []
        for notebook in sorted(assignment.glob("*.ipynb")):
            for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
                marks = cell["metadata"].get("nbgrader", {})
                if marks.get("grade"):
                    exercises.append(
                        ExerciseInfo(
                            notebook=notebook.stem,
                            name=str(marks["grade_id"]),
                            max_score=float(marks.get("points") or 0),
                        )
                    )
        title = assignment.name.partition("-")[2].replace("-", " ").capitalize() or assignment.name
        found.append(
            AssignmentInfo(course=COURSE, assignment=assignment.name, title=title, exercises=tuple(exercises))
        )
    return found
