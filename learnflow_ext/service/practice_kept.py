"""What practice keeps: its folders, and exercises as their rows hold them."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import msgspec

from learnflow_ext.agents.references import Reference
from learnflow_ext.contracts.practice import place_for
from learnflow_ext.exercises.exercise import Exercise
from learnflow_ext.exercises.notebook import ON_CHECK, notebook


class Area:
    """The folders of practice, below `practice/` of the state folder: a course folder for each course, with a
    gradebook of its own, and one exchange. None of it shows among the course's assignments.
    """

    def __init__(self, state_path: Path) -> None:
        self._root = state_path / "practice"

    @property
    def exchange(self) -> Path:
        """Where released exercises lie, without solutions and hidden tests."""
        return self._root / "exchange"

    @property
    def answers(self) -> Path:
        """Where answers lie while they are graded."""
        return self._root / "answers"

    def course(self, course: str) -> Path:
        """The course folder of the exercises that belong to `course`."""
        return self._root / "courses" / course

    def write_source(self, course: str, exercise: Exercise) -> None:
        """The exercise as a source notebook, solution and hidden tests included; an older one is replaced."""
        folder = self.course(course) / "source" / exercise.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{exercise.name}.ipynb").write_text(notebook(exercise, ON_CHECK), encoding="utf-8")


def kept(exercise: Exercise) -> str:
    """What a row keeps of it: all."""
    return msgspec.json.encode(exercise).decode()


@lru_cache(maxsize=512)
def exercise_of(made_of: str) -> Exercise:
    """The exercise that a row keeps."""
    return msgspec.json.decode(made_of, type=Exercise)


def version(exercise: Exercise) -> str:
    """Tells the exercise as it is from what a teacher made of it."""
    return sha256(kept(exercise).encode(errors="replace")).hexdigest()[:16]


@lru_cache(maxsize=512)
def reference_of(made_of: str) -> Reference:
    """What must not be said of the exercise that a row keeps."""
    exercise = exercise_of(made_of)
    visible, hidden = "\n".join(exercise.visible), "\n".join(exercise.hidden)
    return Reference(
        name=f"{place_for(exercise.name)}/{exercise.name}",
        code=dedent(exercise.reference.removeprefix(exercise.starter)),
        program=exercise.reference,
        tests=exercise.tests,
        hidden=hidden,
        shown="\n".join((exercise.statement, exercise.starter, visible)),
    )
