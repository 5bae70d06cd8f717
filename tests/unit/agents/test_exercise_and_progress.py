"""What to do next, and how far one is."""

from __future__ import annotations

from learnflow_ext.agents import exercise, progress
from learnflow_ext.agents.context import HelpContext
from learnflow_ext.agents.course_index import CourseIndex
from learnflow_ext.contracts.help import HelpRequest
from learnflow_ext.contracts.progress import AssignmentProgress, StudentProgress

FIRST, SECOND, QUIZ = "01-first-steps", "02-loops-and-lists", "03-quiz-names-and-loops"
REST = (
    *("04-making-decisions", "05-dictionaries", "06-functions"),
    *("07-files", "08-errors", "09-libraries", "10-objects"),
)


def context(*assignments: AssignmentProgress, released: frozenset[str] | None = None) -> HelpContext:
    standing = StudentProgress(student="ada", course="python-basics", assignments=assignments)
    return HelpContext(progress=standing, released=released)


def graded(name: str, score: float, level: str = "Learning") -> AssignmentProgress:
    return AssignmentProgress(
        assignment=name,
        runs=3,
        submissions=1,
        best_score=score,
        max_score=10,
        level=level,  # type: ignore[arg-type]  # a Level
    )


def suggested(
    index: CourseIndex, where: HelpContext, text: str = "next exercise", assignment: str = ""
) -> str:
    request = HelpRequest(text=text, assignment=assignment)
    return exercise.compose(exercise.analyse(request, index, where)).text


def told(index: CourseIndex, where: HelpContext) -> str:
    return progress.compose(progress.analyse(index, where)).text


class TestTheNextExercise:
    def test_is_the_first_for_a_newcomer(self, index: CourseIndex) -> None:
        text = suggested(index, HelpContext())
        assert text.startswith("**Next: Exercise 1: a school day** (2 points), in *First steps*.")
        assert "not handed this one in" in text
        assert "Make three names" not in text

    def test_is_in_the_first_assignment_without_full_marks(self, index: CourseIndex) -> None:
        assert "both ends" in suggested(index, context(graded(FIRST, 10)))
        text = suggested(index, context(graded(FIRST, 8)))
        assert "8 of 10 points" in text

    def test_is_where_the_student_is_weakest(self, index: CourseIndex) -> None:
        text = suggested(index, context(graded(FIRST, 8), graded(SECOND, 3)))
        assert "both ends" in text and "3 of 10 points" in text
        assert "school day" in suggested(index, context(graded(FIRST, 2), graded(SECOND, 3)))
        # Weak in the first, the second not handed in: the first goes before the new.
        assert "school day" in suggested(index, context(graded(FIRST, 5)))

    def test_stays_in_the_assignment_at_hand(self, index: CourseIndex) -> None:
        assert "*Loops and lists*" in suggested(index, HelpContext(), assignment=SECOND)

    def test_follows_a_topic(self, index: CourseIndex) -> None:
        assert "saving up" in suggested(index, HelpContext(), "an exercise about while loops")

    def test_is_cited(self, index: CourseIndex) -> None:
        reply = exercise.compose(exercise.analyse(HelpRequest(), index, HelpContext()))
        assert reply.citations[0].cell_id == "task-school-day"

    def test_is_never_one_that_is_not_released(self, index: CourseIndex) -> None:
        text = suggested(index, context(graded(FIRST, 10), released=frozenset({FIRST})))
        assert "both ends" not in text

    def test_of_a_topic_that_is_done_is_a_repetition(self, index: CourseIndex) -> None:
        where = context(*(graded(name, 10) for name in (FIRST, SECOND, QUIZ, *REST)))
        assert "again without looking" in suggested(index, where, "an exercise about lists")

    def test_after_everything_is_praise_and_an_idea(self, index: CourseIndex) -> None:
        where = context(*(graded(name, 10) for name in (FIRST, SECOND, QUIZ, *REST)))
        assert "full marks in everything" in suggested(index, where)

    def test_of_an_empty_course_is_none(self) -> None:
        assert "no exercise for you" in suggested(CourseIndex(), HelpContext())


class TestProgress:
    def test_lists_what_was_done_with_titles(self, index: CourseIndex) -> None:
        text = told(index, context(AssignmentProgress(assignment=SECOND, runs=1), graded(FIRST, 7.5)))
        lines = [line for line in text.splitlines() if line.startswith("- ")]
        assert lines == [
            "- *First steps*: **7.5 of 10 points** (Learning), 3 runs",
            "- *Loops and lists*: 1 run so far, not handed in yet",
        ]
        assert "Next: finish *Loops and lists*" in text

    def test_names_points_that_are_left(self, index: CourseIndex) -> None:
        assert "points left in *First steps*" in told(index, context(graded(FIRST, 7)))

    def test_goes_on_to_what_was_not_begun(self, index: CourseIndex) -> None:
        assert "Next: *Loops and lists*." in told(index, context(graded(FIRST, 10)))

    def test_celebrates_the_end(self, index: CourseIndex) -> None:
        assert "Well done!" in told(
            index, context(*(graded(name, 10) for name in (FIRST, SECOND, QUIZ, *REST)))
        )

    def test_waits_for_a_grade_without_cheering(self, index: CourseIndex) -> None:
        waiting = AssignmentProgress(assignment=QUIZ, runs=1, submissions=1, failed_runs=1)
        text = told(index, context(graded(FIRST, 10), graded(SECOND, 10), waiting))
        assert "not graded yet" in text
        assert "Well done" not in text
        assert "cost no points" in text

    def test_of_a_newcomer_points_at_the_beginning(self, index: CourseIndex) -> None:
        assert "*First steps* is a good place to start" in told(index, context())

    def test_that_is_not_known_is_not_invented(self, index: CourseIndex) -> None:
        assert "cannot see your results" in told(index, HelpContext())

    def test_of_a_folder_with_an_odd_name_shows_it_as_text(self, index: CourseIndex) -> None:
        odd = AssignmentProgress(assignment="<img src=x>", runs=1)
        assert "- `<img src=x>`: 1 run" in told(index, context(odd))
