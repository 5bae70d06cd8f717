"""`learnflow course`: made, checked, told to the database; each fault is found, and named in a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from learnflow_kernels.warm.runner import WarmRunner
from sqlalchemy import func, select

from learnflow_ext.cli.course_check import check_course
from learnflow_ext.cli.courses import check, create, sync
from learnflow_ext.cli.where import CannotRun
from learnflow_ext.store import courses
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Exercise, ExerciseTopic, Module, Quiz, Topic

NAME = "01-first-assignment"
SHIPPED = Path(__file__).parents[3] / "notebooks" / "python-basics"
Notebook = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The notebook of a new course."""
    folder = tmp_path_factory.mktemp("new") / "my-course"
    create(folder, title="")
    return (folder / "source" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")


Found = Callable[..., Any]


@pytest.fixture
def found(tmp_path: Path, made: str, runner: WarmRunner) -> Found:
    """`await found(change)`: (kinds, messages) for the new course after `change(notebook)`."""

    async def checked(change: Callable[[Notebook], object]) -> dict[str, str]:
        notebook = json.loads(made)
        change(notebook)
        place = tmp_path / "course" / "source" / NAME
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{NAME}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        findings = await check_course(tmp_path / "course", runner)
        assert all(each.message.endswith((".", ")", "`")) for each in findings)
        return {each.kind: each.message for each in findings}

    return checked


def replaced(cell: int, old: str, new: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        text = "".join(notebook["cells"][cell]["source"])
        assert old in text
        notebook["cells"][cell]["source"] = text.replace(old, new)

    return change


def added(text: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        notebook["cells"].append({"cell_type": "markdown", "id": "more", "metadata": {}, "source": text})

    return change


TASK, ANSWER, TEST = 0, 1, 2


def all_hidden(notebook: Notebook) -> None:
    """Not one of the checks is seen: what is left of the cell only prepares them."""
    checks = "### BEGIN HIDDEN TESTS\nassert answer_is_right\n### END HIDDEN TESTS"
    notebook["cells"][TEST]["source"] = f"import math\nlimit = 3\nprint('Run this cell.')\n{checks}"


def none_hidden(notebook: Notebook) -> None:
    """The region is there, and holds nothing that could fail."""
    text = "".join(notebook["cells"][TEST]["source"]).partition("### BEGIN HIDDEN TESTS")[0]
    notebook["cells"][TEST]["source"] = (
        f"{text}\n### BEGIN HIDDEN TESTS\n# more to come\nlimit = 3\n### END HIDDEN TESTS"
    )


def in_parts(points: str) -> Callable[[Notebook], None]:
    """A heading above the exercise's promises points too: for all below it."""

    def change(notebook: Notebook) -> None:
        task = notebook["cells"][TASK]
        task["source"] = "##" + "".join(task["source"])
        notebook["cells"].insert(
            0, {"cell_type": "markdown", "id": "part", "metadata": {}, "source": f"## Part A ({points})"}
        )

    return change


def saying(cell: int | None, **said: object) -> Callable[[Notebook], None]:
    """`learnflow` in the metadata of a cell, or of the notebook."""

    def change(notebook: Notebook) -> None:
        place = notebook if cell is None else notebook["cells"][cell]
        place.setdefault("metadata", {})["learnflow"] = said

    return change


def practice(check: dict[str, Any] | None) -> Callable[[Notebook], None]:
    """A practice at the end of the notebook, and its check."""

    def change(notebook: Notebook) -> None:
        marks = {"grade": False, "solution": True, "locked": False, "schema_version": 3, "grade_id": "try"}
        metadata = {"nbgrader": marks, "learnflow": {"practice": True}}
        answer = "### BEGIN SOLUTION\nlegs = 4\n### END SOLUTION"
        notebook["cells"].append({"cell_type": "code", "id": "try", "metadata": metadata, "source": answer})
        if check is not None:
            notebook["cells"].append({"cell_type": "code", "id": "check-try", **check})

    return change


CHECK = {"metadata": {"learnflow": {"practice": True}}, "source": "assert legs == 4\nprint('Right!')"}


def task_for_a_person(notebook: Notebook) -> None:
    """Nbgrader's manually graded task: points, and neither test nor answer."""
    marks = {"grade": False, "solution": False, "locked": True, "task": True, "schema_version": 3}
    metadata = {"nbgrader": {**marks, "points": 5, "grade_id": "essay"}}
    source = "# An essay (5 points)\n\nWrite about lamps.\n"
    notebook["cells"].append({"cell_type": "markdown", "id": "essay", "metadata": metadata, "source": source})


def graded_practice(notebook: Notebook) -> None:
    practice(CHECK)(notebook)
    notebook["cells"][-2]["metadata"]["nbgrader"] |= {"grade": True, "points": 0}


def practice_with_a_test(notebook: Notebook) -> None:
    practice(CHECK)(notebook)
    marks = {"grade": True, "solution": False, "locked": True, "points": 0, "schema_version": 3}
    metadata = {"nbgrader": {**marks, "grade_id": "test-try"}}
    notebook["cells"].append(
        {"cell_type": "code", "id": "test-try", "metadata": metadata, "source": "assert legs"}
    )


async def test_the_course_that_ships_has_no_fault(runner: WarmRunner) -> None:
    assert await check_course(SHIPPED, runner) == []


async def test_a_new_course_has_no_fault(found: Found) -> None:
    assert await found(lambda _: None) == {}


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("solution", replaced(ANSWER, "return", "return 1 +"), "fails"),
        ("solution", replaced(ANSWER, "return", "while True: pass\n    return"), "does not end in time"),
        ("flaky", replaced(ANSWER, "return", "import os\n    return os.getpid() % 2 or"), "chance"),
        ("hidden-tests", replaced(TEST, "HIDDEN TESTS", "MORE TESTS"), "no hidden tests"),
        ("hidden-tests", none_hidden, "no hidden tests"),
        ("visible-tests", all_hidden, "All its tests are hidden"),
        ("region", replaced(TEST, "# Run this", "### BEGIN HIDDEN TESTS\n# Run this"), "BEGIN"),
        ("region", replaced(TEST, "### END HIDDEN TESTS", ""), "students would see"),
        ("region", replaced(ANSWER, "### END SOLUTION", ""), "students would see"),
        ("points", replaced(TASK, "(2 points)", "(5 points)"), "promises 5 points"),
        ("points", replaced(TASK, "(2 points)", "[3 pts]"), "promises 3 points"),
        ("points", in_parts("9 points"), "promises 9 points, and the cells below it give 2"),
        ("points", lambda n: n["cells"][TEST]["metadata"]["nbgrader"].update(points=-1), "from 0 on"),
        ("points", lambda n: n["cells"][TEST]["metadata"]["nbgrader"].update(points=True), "from 0 on"),
        ("rules", saying(TEST, must_use=["a loop"]), "cannot be understood"),
        ("rules", saying(TEST, must_use=["loop"], **{"in": "nowhere"}), "no cell of this notebook defines"),
        ("rules", saying(ANSWER, must_use=["loop"]), "belong to its test cell"),
        ("rules", saying(None, topic="cooking"), "topic in the notebook's metadata is 'cooking'"),
        ("rules", saying(None, tutor=False), "tutor in the notebook's metadata is False"),
        ("practice", practice(None), "No check follows"),
        ("practice", practice({**CHECK, "metadata": {}}), "No check follows"),
        ("practice", practice({**CHECK, "source": "print(legs)"}), "No check follows"),
        ("practice", graded_practice, "Take its mark as graded away"),
        ("practice", practice_with_a_test, "whose solution the tutor does not guard"),
        ("solution", practice({**CHECK, "source": "assert legs == 6"}), "fails"),
        ("link", added("[here](nowhere.ipynb)"), "not in the course"),
        ("link", added("[here](#no-such-heading)"), "no heading"),
        ("link", added("![a plot](attachment:plot.png)"), "not attached"),
        ("alt-text", added("![](https://example.org/plot.png)"), "cannot see it"),
        ("alt-text", added('<img src="https://example.org/plot.png">'), "cannot see it"),
        ("alt-text", added("<img\n alt='' src=https://example.org/plot.png>"), "cannot see it"),
        ("alt-text", added("![image.png](https://example.org/image.png)"), "cannot see it"),
        ("alt-text", added("![Figure 3](https://example.org/three.png)"), "cannot see it"),
        ("alt-text", added("![][plot]\n\n[plot]: https://example.org/plot.png"), "cannot see it"),
        ("alt-text", added("![](<https://example.org/my plot.png>)"), "cannot see it"),
        ("no-tests", lambda notebook: notebook["cells"].pop(), "No test cell"),
        ("name", lambda notebook: notebook["cells"].append(notebook["cells"][TEST]), "name of its own"),
        ("format", lambda notebook: notebook.pop("cells"), "no notebook"),
        (
            "run",
            lambda n: n["cells"].append({"cell_type": "code", "id": "x", "source": "1 / 0"}),
            "ZeroDivision",
        ),
        (
            "leak",
            lambda n: n["cells"][TEST]["metadata"]["nbgrader"].update(grade=False, locked=False),
            "students would see them",
        ),
    ],
)
async def test_a_fault_is_found_and_named(
    found: Found, kind: str, change: Callable[[Notebook], object], said: str
) -> None:
    findings = await found(change)
    if kind == "flaky":
        # Which of two it is depends on the same chance.
        assert set(findings) & {"flaky", "solution"}
        return
    assert said in findings[kind], findings


@pytest.mark.parametrize(
    "change",
    [
        in_parts("2 points"),
        practice(CHECK),
        task_for_a_person,
        saying(None, topic="functions", tutor="concepts"),
        saying(TEST, must_not_use=["sorted"]),
        added("![A bar for each day, the longest on Friday](https://example.org/plot.png)"),
        added("<img alt=bars src='https://example.org/plot.png'>"),
        added("`![](plot.png)` is how a picture is written."),
    ],
)
async def test_what_is_well_done_is_left_alone(found: Found, change: Callable[[Notebook], object]) -> None:
    assert await found(change) == {}


class TestLeaks:
    async def test_a_hidden_test_in_the_text(self, found: Found, made: str) -> None:
        text = "".join(json.loads(made)["cells"][TEST]["source"])
        line = next(
            line for line in text.partition("BEGIN HIDDEN TESTS")[2].splitlines() if line.startswith("assert")
        )
        statement = line.rpartition(", ")[0].replace("==", " ==  ")
        assert "stands here as well" in (await found(added(f"For instance:\n\n    {statement}")))["leak"]

    async def test_a_release_that_shows_what_it_should_not(
        self, found: Found, made: str, tmp_path: Path
    ) -> None:
        copy = tmp_path / "course" / "release" / NAME / f"{NAME}.ipynb"
        copy.parent.mkdir(parents=True)
        copy.write_text(made, encoding="utf-8")
        assert "released copy" in (await found(lambda _: None))["leak"]

    async def test_a_release_in_which_only_the_marks_are_missing(
        self, found: Found, made: str, tmp_path: Path
    ) -> None:
        copy = tmp_path / "course" / "release" / NAME / f"{NAME}.ipynb"
        copy.parent.mkdir(parents=True)
        marked = made.replace("### BEGIN HIDDEN TESTS", "#").replace("### END HIDDEN TESTS", "#")
        copy.write_text(marked.replace("### BEGIN SOLUTION", "#"), encoding="utf-8")
        assert "shows hidden tests" in (await found(lambda _: None))["leak"]


class TestTests:
    async def test_that_any_constant_passes(self, found: Found) -> None:
        def change(notebook: Notebook) -> None:
            notebook["cells"][ANSWER]["source"] = (
                "def nothing(a):\n    ### BEGIN SOLUTION\n    return 0\n    ### END SOLUTION\n"
            )
            notebook["cells"][TEST]["source"] = (
                "assert nothing(1) == 0\n### BEGIN HIDDEN TESTS\nassert nothing(2) == 0\n### END HIDDEN TESTS"
            )

        assert "always returns" in (await found(change))["easy"]

    async def test_that_one_value_of_their_own_passes(self, found: Found) -> None:
        def change(notebook: Notebook) -> None:
            notebook["cells"][ANSWER]["source"] = (
                "def legs(animal):\n    ### BEGIN SOLUTION\n    return 4\n    ### END SOLUTION\n"
            )
            notebook["cells"][TEST]["source"] = (
                "assert legs('cat') == 4\n"
                "### BEGIN HIDDEN TESTS\nassert legs('dog') == 4\n### END HIDDEN TESTS"
            )

        assert "always returns `4`" in (await found(change))["easy"]

    @pytest.mark.parametrize(
        ("check", "kinds"),
        [
            ("assert all(a == b for a, b in zip(halves([2, 4]), [1, 2]))", {"short"}),
            ("assert all(n in (1, 2) for n in halves([2, 4]))", {"short"}),
            ("assert halves([2, 4]) == [1, 2]", set()),
            ("assert len(halves([2, 4])) == 2", set()),
        ],
    )
    async def test_that_do_not_mind_a_list_that_is_too_short(
        self, found: Found, check: str, kinds: set[str]
    ) -> None:
        def change(notebook: Notebook) -> None:
            notebook["cells"][ANSWER]["source"] = (
                "def halves(xs):\n"
                "    ### BEGIN SOLUTION\n    return [x / 2 for x in xs]\n    ### END SOLUTION\n"
            )
            notebook["cells"][TEST]["source"] = (
                f"{check}\n### BEGIN HIDDEN TESTS\nassert halves([10])[0] == 5\n### END HIDDEN TESTS"
            )

        assert set(await found(change)) == kinds

    async def test_who_is_given_nothing_may_always_return_the_same(self, found: Found) -> None:
        def change(notebook: Notebook) -> None:
            notebook["cells"][ANSWER]["source"] = (
                "def greeting():\n    ### BEGIN SOLUTION\n    return 'Hello'\n    ### END SOLUTION\n"
            )
            notebook["cells"][TEST]["source"] = (
                "assert greeting() == 'Hello'\n"
                "### BEGIN HIDDEN TESTS\nassert len(greeting()) == 5\n### END HIDDEN TESTS"
            )

        assert "easy" not in await found(change)

    async def test_that_pass_before_anything_is_written(self, found: Found) -> None:
        def change(notebook: Notebook) -> None:
            notebook["cells"][TEST]["source"] = (
                "x = 1\n### BEGIN HIDDEN TESTS\nassert x\n### END HIDDEN TESTS"
            )

        assert "before anything was written" in (await found(change))["starter"]

    async def test_a_cell_that_is_meant_to_fail_may(self, found: Found) -> None:
        def change(notebook: Notebook) -> None:
            metadata = {"tags": ["raises-exception"]}
            cell = {"cell_type": "code", "id": "oops", "metadata": metadata, "source": "1 / 0"}
            notebook["cells"].append(cell)

        assert await found(change) == {}


class TestTheCommand:
    async def test_says_what_is_wrong_and_where(self, tmp_path: Path, runner: WarmRunner) -> None:
        folder = tmp_path / "course"
        create(folder, title="My course")
        with pytest.raises(CannotRun, match="Nothing was written"):
            create(folder, title="")
        (folder / "course.yaml").write_text("assignments: [{name: 02-gone}]", encoding="utf-8")
        found = await check_course(folder, runner)
        assert [(each.place, each.kind) for each in found] == [("02-gone", "outline"), (NAME, "outline")]

    async def test_says_what_the_service_would_not_understand_in_the_courses_file(
        self, tmp_path: Path, runner: WarmRunner
    ) -> None:
        folder = tmp_path / "course"
        create(folder, title="My course")
        about = folder / "course.yaml"
        good = f"{{name: {NAME}, topic: files, tutor: off, due: 2026-12-01 18:00:00}}"
        about.write_text(f"practice: off\ntutor: hints\nassignments: [{good}]", encoding="utf-8")
        assert await check_course(folder, runner) == []
        about.write_text(
            f"practice: sometimes\ntutor: all of it\nattempts: none\nassignments: [{good}]", encoding="utf-8"
        )
        found = await check_course(folder, runner)
        assert {(each.place, each.kind) for each in found} == {("course.yaml", "rules")}
        assert [each.message.split(";")[0] for each in found] == [
            "tutor of the course is 'all of it'",
            "practice is 'sometimes'",
            "attempts of the course is 'none'",
        ]
        with pytest.raises(CannotRun, match=r"tutor of the course.*Nothing was changed"):
            sync(folder, course="", config=None, state=None, url=f"sqlite+aiosqlite:///{tmp_path / 'db'}")

    def test_ends_with_1_where_something_was_found(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CannotRun, match="no course folder"):
            check(tmp_path / "nowhere", as_json=False)
        with pytest.raises(typer.Exit) as ended:
            check(tmp_path, as_json=True)
        assert ended.value.exit_code == 1
        assert json.loads(capsys.readouterr().out)["kind"] == "empty"

    def test_sync_may_be_run_twice(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder, url = tmp_path / "my-course", f"sqlite+aiosqlite:///{tmp_path / 'db.sqlite'}"
        create(folder, title="")
        for _ in range(2):
            sync(folder, course="", config=None, state=None, url=url)
        assert capsys.readouterr().out.count("my-course: 1 assignment(s) with 1 graded cell(s)") == 2
        (row,) = asyncio.run(rows_in(url))
        assert (row.assignment, row.title, row.max_score) == (NAME, "First assignment", 2.0)
        place = folder / "source" / NAME / f"{NAME}.ipynb"
        notebook = json.loads(place.read_text(encoding="utf-8"))
        for change, said in (
            (saying(None, topic="cooking"), "topic in the notebook's metadata is 'cooking'"),
            (saying(TEST, must_use=["a loop"]), "cannot be understood"),
            (
                lambda book: book["cells"][TEST]["metadata"]["nbgrader"].update(points=-1),
                "a number from 0 on",
            ),
        ):
            wrong = json.loads(json.dumps(notebook))
            change(wrong)
            place.write_text(json.dumps(wrong), encoding="utf-8")
            with pytest.raises(CannotRun, match=f"{said}.*Nothing was changed"):
                sync(folder, course="", config=None, state=None, url=url)
        place.write_text("{", encoding="utf-8")
        with pytest.raises(CannotRun, match="Nothing was changed"):
            sync(folder, course="", config=None, state=None, url=url)

    def test_sync_fills_modules_topics_exercises_and_quizzes(self, tmp_path: Path) -> None:
        """`course.yaml` goes before the notebook, and a plain course needs neither."""
        folder, url = tmp_path / "my-course", f"sqlite+aiosqlite:///{tmp_path / 'db.sqlite'}"
        create(folder, title="")
        source = folder / "source" / NAME / f"{NAME}.ipynb"
        plain = json.loads(source.read_text(encoding="utf-8"))
        plain["metadata"].pop("learnflow")
        for name, said in (
            ("02-plain", {}),
            ("03-quiz", {"topic": "files"}),
            ("04-loops", {"topic": "files"}),
        ):
            (folder / "source" / name).mkdir()
            book = json.loads(json.dumps(plain))
            book["metadata"] |= {"learnflow": said} if said else {}
            (folder / "source" / name / "book.ipynb").write_text(json.dumps(book), encoding="utf-8")
        (folder / "course.yaml").write_text(
            f"assignments: [{{name: {NAME}, title: One}}, {{name: 04-loops, topic: control_flow}}]"
        )
        seen = []
        for _ in range(2):
            sync(folder, course="", config=None, state=None, url=url)
            seen.append(asyncio.run(tables_in(url)))
        assert seen[0] == seen[1], "the second one changed something"
        title = plain["cells"][TASK]["source"][0].lstrip("# ").rstrip()
        assert seen[0] == [
            (NAME, "One", False, "basics: Basics"),
            ("02-plain", title, False, f"02-plain: {title}"),
            ("03-quiz", title, True, "files: Files"),
            ("04-loops", title, False, "control_flow: Control flow"),
        ]

    def test_sync_knows_what_a_person_grades(self, tmp_path: Path) -> None:
        folder, url = tmp_path / "my-course", f"sqlite+aiosqlite:///{tmp_path / 'db.sqlite'}"
        create(folder, title="")
        place = folder / "source" / NAME / f"{NAME}.ipynb"
        notebook = json.loads(place.read_text(encoding="utf-8"))
        task_for_a_person(notebook)
        place.write_text(json.dumps(notebook), encoding="utf-8")
        sync(folder, course="", config=None, state=None, url=url)
        (row,) = asyncio.run(rows_in(url))
        assert ([one.name for one in row.exercises][-1], row.max_score) == ("essay", 7.0)


async def rows_in(url: str) -> tuple[courses.AssignmentInfo, ...]:
    db = Database(url)
    await db.open()
    try:
        async with db.connect() as conn:
            return await courses.assignments(conn, "my-course")
    finally:
        await db.close()


async def tables_in(url: str) -> list[tuple[object, ...]]:
    """(name, title, whether it is a quiz, what its exercises practise) of every assignment."""
    db = Database(url)
    await db.open()
    try:
        async with db.connect() as conn:
            rows = await conn.execute(
                select(
                    Module.assignment,
                    Module.title,
                    Quiz.module_id.is_not(None).label("quiz"),
                    (Topic.name + ": " + Topic.title).label("topic"),
                )
                .outerjoin(Quiz, Quiz.module_id == Module.id)
                .join(Exercise, Exercise.module_id == Module.id)
                .join(ExerciseTopic, ExerciseTopic.exercise_id == Exercise.id)
                .join(Topic, Topic.id == ExerciseTopic.topic_id)
                .order_by(Module.assignment)
            )
            assert await conn.scalar(select(func.count()).select_from(Topic)) == 4
            return [tuple(row) for row in rows]
    finally:
        await db.close()


async def test_quizzes_and_their_keys_fit_together(tmp_path: Path, made: str, runner: WarmRunner) -> None:
    keys = tmp_path / "course" / "quizzes"
    keys.mkdir(parents=True)
    good = [{"text": "2", "right": True, "reason": "Yes."}, {"text": "3", "reason": "No."}]
    questions = [
        {"id": "asked", "question": "How many?", "choices": good},
        {"id": "unasked", "question": "How many?", "choices": good},
        {"id": "nothing-right", "question": "How many?", "choices": [good[1], {"text": "4"}]},
    ]
    (keys / f"{NAME}.yaml").write_text(json.dumps(questions))
    (keys / "99-not-there.yaml").write_text("- [")
    notebook = json.loads(made)
    for name in ("asked", "asked", "nothing-right", "no-key", ""):
        added(f"%quiz {name}")(notebook)
    place = tmp_path / "course" / "source" / NAME
    place.mkdir(parents=True)
    (place / f"{NAME}.ipynb").write_text(json.dumps(notebook))
    found = [each for each in await check_course(tmp_path / "course", runner) if each.kind == "quiz"]
    key = f"quizzes/{NAME}.yaml"
    said = {
        f"{NAME}.ipynb": {
            "It asks a quiz question without saying which: write `%quiz` and the question's id.",
            f"It asks the quiz question `no-key`, and `{key}` has none of that id.",
        },
        key: {
            "2 cells ask this question. Ask it once.",
            "Choice 2 has no `reason`: a sentence for the student who chooses it.",
            "No cell asks this question. Put `%quiz unasked` into a Markdown cell.",
            "No choice is right: give one of them `right: true`.",
        },
    }
    for notebook_name, sentences in said.items():
        assert {each.message for each in found if each.notebook == notebook_name} == sentences
    others = [each.message for each in found if each.assignment == "99-not-there"]
    assert [message.split(":")[0] for message in others] == [
        "It cannot be read",
        "There is no assignment of this name.",
    ]
    assert len(found) == 8
