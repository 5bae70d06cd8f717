"""nbgrader's formgrader without names, for the assignments that are graded blind.

Every address of the formgrader is in `REPLACED` or in `NAMELESS`, or it is not served. Numbers take the place
of students where an answer leaves and where an address comes in; what nbgrader does between is its own. Of an
answer about a blind assignment only known fields go out, so one that a newer nbgrader adds cannot tell.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Mapping
from typing import Any

from nbgrader.api import MissingEntry
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.formgrader.base import BaseHandler, check_notebook_dir, check_xsrf
from tornado import web

from .blind import PREFIX, BlindCourse, Hidden, pseudonym
from .formgrader_generate import REFUSED, generated
from .formgrader_marks import MarkComment, MarkGrade, MarkGrades

_SAFE = frozenset(
    "id name notebook assignment score max_score code_score max_code_score written_score max_written_score "
    "task_score max_task_score needs_manual_grade failed_tests flagged cell_type auto_score manual_score "
    "extra_credit auto_comment manual_comment autograded submitted".split()
)
_DAY = len("2026-11-30")
NO_SUCH = "There is no such submission."
NO_LOG = "The log is not shown: it may name students, and this assignment is graded blind."


class Blinded(BaseHandler):
    """Knows what is blind, and who is meant."""

    @property
    def blind(self) -> BlindCourse:
        """The course's numbers."""
        course: BlindCourse = self.settings["learnflow_blind"]
        return course

    @property
    def hidden(self) -> Hidden:
        """What is blind; the same through a whole request."""
        if not hasattr(self, "_hidden"):
            self._hidden = self.blind.hidden()
        return self._hidden

    def real(self, assignment: str, given: str) -> str:
        """The student whom an address means. 404 for a name where names are hidden: one could try all."""
        if given.startswith(PREFIX):
            found = self.blind.student(assignment, given)
            if found is None:
                raise web.HTTPError(404, NO_SUCH)
            return found
        if self.hidden.covers(assignment):
            raise web.HTTPError(404, NO_SUCH)
        return given

    def assignment_of(self, submission_id: str) -> str:
        """The assignment that a submitted notebook belongs to; empty for one that is not there."""
        try:
            return str(
                self.gradebook.find_submission_notebook_by_id(submission_id).assignment.assignment.name
            )
        except MissingEntry:
            return ""


class Page(Blinded, handlers.SubmissionHandler):
    """A student's notebook, to be graded."""

    @property
    def exporter(self) -> Any:
        return _Exporter(super().exporter, self)

    def render(self, name: str, **ns: Any) -> Any:
        if "resources" in ns:
            ns["resources"] = self.nameless(ns["resources"])
        return super().render(name, **ns)

    def nameless(self, resources: Mapping[str, Any]) -> dict[str, Any]:
        """What the page's template is told."""
        assignment = resources["assignment_id"]
        if not self.hidden.covers(assignment):
            return dict(resources)
        number = self.blind.number(assignment, resources["student"])
        return {
            **{key: resources[key] for key in ("assignment_id", "notebook_id", "submission_id", "base_url")},
            # The template counts from 0. Its "3 of 9" is taken off the page by `NAMELESS_PAGE`.
            "index": number - 1,
            "total": number,
            "student": pseudonym(number),
            "first_name": None,
            "last_name": None,
            "notebook_path": "",
            "filename": f"{resources['notebook_id']}.ipynb",
        }


class _Exporter:
    """nbgrader's, told of no names."""

    def __init__(self, exporter: Any, page: Page) -> None:
        self._exporter, self._page = exporter, page

    def from_filename(self, filename: str, resources: dict[str, Any]) -> Any:
        return self._exporter.from_filename(filename, resources=self._page.nameless(resources))


NAMELESS_PAGE = f"""
$(function () {{
    if ($(".live-notebook a.name-shown").text().trim().indexOf("{PREFIX}") === 0) {{
        $(".previous a, .next a").removeAttr("title data-original-title");
        $(".panel-title .pull-right, .live-notebook .glyphicon").remove();
    }}
}});
"""
"""On a page without a name there is none to reveal, and a number that is no place in a row."""


class StudentPage(Blinded, handlers.ManageStudentsAssignmentsHandler):
    """All of one student's assignments; a pseudonym has just one, and none that leads to others."""

    @web.authenticated
    def get(self, student_id: str) -> Any:
        if student_id.startswith(PREFIX):
            return self.redirect(f"{self.base_url}/formgrader/gradebook")
        return super().get(student_id)


class StudentNotebooksPage(Blinded, handlers.ManageStudentNotebookSubmissionsHandler):
    """One student's notebooks in an assignment. The page says of them what stood in its address."""

    @web.authenticated
    def get(self, student_id: str, assignment_id: str) -> Any:
        self.real(assignment_id, student_id)
        return super().get(student_id, assignment_id)


class Api(Blinded):
    """Answers JSON, which passes `shown` on its way out."""

    def write(self, chunk: Any) -> None:
        # Above are nbgrader's pages about errors, which name nobody.
        if isinstance(chunk, str) and self.get_status() < 400 and self.hidden.anything():
            chunk = json.dumps(self.shown(json.loads(chunk)))
        super().write(chunk)

    def shown(self, data: Any) -> Any:
        """`data` as a grader may see it: without the student where it is about a blind assignment."""
        if isinstance(data, list):
            return [self.shown(each) for each in data]
        return self.nameless(data, str(data["assignment"])) if "assignment" in data else data

    def nameless(self, found: Mapping[str, Any], assignment: str) -> Mapping[str, Any]:
        """`found`, which is about a student in `assignment`."""
        if not self.hidden.covers(assignment):
            return found
        number = self.blind.number(assignment, found["student"])
        safe = {key: value for key, value in found.items() if key in _SAFE}
        safe["student"] = pseudonym(number)
        if "last_name" in found:
            safe |= {"last_name": "Submission", "first_name": f"#{number}"}
        if "index" in found:
            safe["index"] = number - 1
        for key in ("timestamp", "display_timestamp"):
            if key in found:
                # The second at which somebody handed in stands in other places, beside their name.
                safe[key] = str(found[key])[:_DAY] if found[key] else found[key]
        return safe

    def all_nameless(self, listed: Iterable[Mapping[str, Any]], assignment: str) -> list[Mapping[str, Any]]:
        """Each of `listed`; of a blind assignment in the order of the numbers."""
        if not self.hidden.covers(assignment):
            return list(listed)
        found = [self.nameless(each, assignment) for each in listed]
        return sorted(found, key=lambda each: int(str(each["student"]).removeprefix(PREFIX)))


class OfAssignment(Api):
    """About the assignment that stands first in its address."""

    async def prepare(self) -> None:
        # nbgrader cuts spaces off a name and takes the rest for a pattern: what is hidden under its own name
        # would be open under others.
        name = self.path_args[0]
        if name != name.strip() or glob.has_magic(name):
            raise web.HTTPError(404, "There is no such assignment.")
        await super().prepare()


class Submissions(OfAssignment, apihandlers.SubmissionCollectionHandler):
    """All submissions to an assignment."""

    def shown(self, data: Any) -> Any:
        return self.all_nameless(data, self.path_args[0])


class SubmittedNotebooks(OfAssignment, apihandlers.SubmittedNotebookCollectionHandler):
    """All submissions of a notebook."""

    def shown(self, data: Any) -> Any:
        return self.all_nameless(data, self.path_args[0])


class OneSubmission(OfAssignment, apihandlers.SubmissionHandler):
    """One student's submission."""

    @web.authenticated
    def get(self, assignment_id: str, student_id: str) -> Any:
        return super().get(assignment_id, self.real(assignment_id, student_id))

    def shown(self, data: Any) -> Any:
        return self.nameless(data, self.path_args[0])


class StudentNotebooks(Api, apihandlers.StudentNotebookSubmissionCollectionHandler):
    """One student's notebooks in an assignment."""

    @web.authenticated
    def get(self, student_id: str, assignment_id: str) -> Any:
        return super().get(self.real(assignment_id, student_id), assignment_id)

    def shown(self, data: Any) -> Any:
        return [self.nameless(each, self.path_args[1]) for each in data]


class StudentSubmissions(Api, apihandlers.StudentSubmissionCollectionHandler):
    """One student's submissions to every assignment; not to those that are graded blind."""

    def shown(self, data: Any) -> Any:
        return [each for each in data if each is None or not self.hidden.covers(each["name"])]


class Flag(Api, apihandlers.FlagSubmissionHandler):
    """The flag of a submitted notebook, turned."""

    def shown(self, data: Any) -> Any:
        return self.nameless(data, self.assignment_of(data["id"]))


class Grades(Api, MarkGrades):
    """Points of a submitted notebook."""


class OneGrade(Api, MarkGrade):
    """Points of a cell, read or given."""


class Comments(Api, apihandlers.CommentCollectionHandler):
    """Comments on a submitted notebook."""


class OneComment(Api, MarkComment):
    """A comment, read or written."""


class Totals(Api):
    """Students with their points in all assignments together, which would tell those of a blind one."""

    def shown(self, data: Any) -> Any:
        points: dict[str, float] = {}
        most = 0.0
        for assignment in self.gradebook.assignments:
            if not self.hidden.covers(assignment.name):
                most += assignment.max_score
                for each in self.gradebook.submission_dicts(assignment.name):
                    points[each["student"]] = points.get(each["student"], 0.0) + each["score"]

        def counted(student: Mapping[str, Any]) -> dict[str, Any]:
            return {**student, "score": points.get(student["id"], 0.0), "max_score": most}

        return [counted(each) for each in data] if isinstance(data, list) else counted(data)


class Students(Totals, apihandlers.StudentCollectionHandler):
    """Everybody in the course."""


class OneStudent(Totals, apihandlers.StudentHandler):
    """One of them, read or changed. A pseudonym is nobody, and must not become somebody."""

    @web.authenticated
    def get(self, student_id: str) -> Any:
        self._refuse(student_id)
        return super().get(student_id)

    @web.authenticated
    def put(self, student_id: str) -> Any:
        self._refuse(student_id)
        return super().put(student_id)

    @staticmethod
    def _refuse(student_id: str) -> None:
        if student_id.strip().startswith(PREFIX):
            raise web.HTTPError(404, NO_SUCH)


class Deed(OfAssignment):
    """Something that nbgrader does to an assignment, with a log of it, which may name students."""

    def shown(self, data: Any) -> Any:
        if not self.hidden.covers(self.path_args[0]):
            return data
        success = bool(data.get("success"))
        return {"success": success} if success else {"success": False, "log": NO_LOG, "error": NO_LOG}


class Assign(Deed, apihandlers.AssignHandler):
    """Generates the students' version."""

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    def post(self, assignment_id: str) -> None:
        self.write(json.dumps(generated(self.api, assignment_id)))

    def shown(self, data: Any) -> Any:
        return data if REFUSED in data else super().shown(data)


class UnRelease(Deed, apihandlers.UnReleaseHandler):
    """Takes it back."""


class Release(Deed, apihandlers.ReleaseHandler):
    """Gives it out."""


class Collect(Deed, apihandlers.CollectHandler):
    """Collects submissions."""


class AllFeedback(Deed, apihandlers.GenerateAllFeedbackHandler):
    """Makes everybody's feedback."""


class ReleaseAllFeedback(Deed, apihandlers.ReleaseAllFeedbackHandler):
    """Gives out everybody's feedback."""


class DeedForOne(Deed):
    """The same to one student's submission."""

    @web.authenticated
    def post(self, assignment_id: str, student_id: str) -> Any:
        return super().post(assignment_id, self.real(assignment_id, student_id))


class Autograde(DeedForOne, apihandlers.AutogradeHandler):
    """Grades it again."""


class Feedback(DeedForOne, apihandlers.GenerateFeedbackHandler):
    """Makes its feedback."""


class ReleaseFeedback(DeedForOne, apihandlers.ReleaseFeedbackHandler):
    """Gives out its feedback."""


REPLACED: dict[type[Any], type[Any]] = {
    handlers.SubmissionHandler: Page,
    handlers.ManageStudentsAssignmentsHandler: StudentPage,
    handlers.ManageStudentNotebookSubmissionsHandler: StudentNotebooksPage,
    apihandlers.SubmissionCollectionHandler: Submissions,
    apihandlers.SubmissionHandler: OneSubmission,
    apihandlers.SubmittedNotebookCollectionHandler: SubmittedNotebooks,
    apihandlers.StudentNotebookSubmissionCollectionHandler: StudentNotebooks,
    apihandlers.StudentSubmissionCollectionHandler: StudentSubmissions,
    apihandlers.FlagSubmissionHandler: Flag,
    apihandlers.GradeCollectionHandler: Grades,
    apihandlers.GradeHandler: OneGrade,
    apihandlers.CommentCollectionHandler: Comments,
    apihandlers.CommentHandler: OneComment,
    apihandlers.StudentCollectionHandler: Students,
    apihandlers.StudentHandler: OneStudent,
    apihandlers.AssignHandler: Assign,
    apihandlers.UnReleaseHandler: UnRelease,
    apihandlers.ReleaseHandler: Release,
    apihandlers.CollectHandler: Collect,
    apihandlers.GenerateAllFeedbackHandler: AllFeedback,
    apihandlers.ReleaseAllFeedbackHandler: ReleaseAllFeedback,
    apihandlers.AutogradeHandler: Autograde,
    apihandlers.GenerateFeedbackHandler: Feedback,
    apihandlers.ReleaseFeedbackHandler: ReleaseFeedback,
}
"""nbgrader's handlers, and what answers in their place."""

NAMELESS: frozenset[type[Any]] = frozenset(
    {
        # Pages that are filled by the API.
        handlers.ManageAssignmentsHandler,
        handlers.ManageSubmissionsHandler,
        handlers.GradebookAssignmentsHandler,
        handlers.GradebookNotebooksHandler,
        handlers.GradebookNotebookSubmissionsHandler,
        handlers.ManageStudentsHandler,
        # Leads to another submission, by its random id and in the order of these.
        handlers.SubmissionNavigationHandler,
        web.StaticFileHandler,
        apihandlers.StatusHandler,
        apihandlers.AssignmentCollectionHandler,
        apihandlers.AssignmentHandler,
        apihandlers.NotebookCollectionHandler,
    }
)
"""nbgrader's handlers whose answers are about no student."""
