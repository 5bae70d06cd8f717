"""Every address of the service: who may call it, how, and what it answers. There is no other way in.

The rule in the third column is kept before a handler's method begins (`handlers/base.py`). The OpenAPI
document and `docs/http.md` are made from this table, and a test walks all of it with every kind of caller.
"""

from __future__ import annotations

from typing import Any

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from learnflow_ext.contracts.alerts import Alert
from learnflow_ext.contracts.grades import (
    AssignmentView,
    CourseView,
    FileSet,
    RegradeRequest,
    Regrading,
    SubmissionView,
)
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.contracts.other_ai import OtherAiStanding
from learnflow_ext.contracts.practice import PracticeResult, PracticeStanding
from learnflow_ext.contracts.progress import DaysOf, StudentProgress
from learnflow_ext.contracts.quizzes import QuizAnswer, QuizFeedback, QuizView
from learnflow_ext.contracts.runner import ExecuteRequest, RunResult
from learnflow_ext.contracts.runs import RunBatch
from learnflow_ext.service.board import BoardView, FeedView
from learnflow_ext.service.handlers import (
    board,
    courses,
    description,
    errors,
    execute,
    grading,
    health,
    help,
    insight,
    live,
    lti,
    mail,
    more_time,
    other_ai,
    people,
    practice,
    practice_reviews,
    progress,
    quizzes,
    regrade_requests,
    regradings,
    runs,
    struggling,
    student,
)
from learnflow_ext.service.handlers.base import SECURITY_HEADERS, Common
from learnflow_ext.service.handlers.board import PageHandler
from learnflow_ext.service.pages import STATIC
from learnflow_ext.service.rights import Who
from learnflow_ext.service.routes import KIB, Operation, Route, api, page
from learnflow_ext.service.wishes import Vote, Voted
from learnflow_ext.store.tutoring import Account


class CallbackHandler(PageHandler, HubOAuthCallbackHandler):
    """`oauth_callback`: where the hub sends a browser back to, signed in."""


class StaticHandler(StaticFileHandler):
    """Style sheets and scripts: ours alone, nothing of a user's."""

    def set_default_headers(self) -> None:
        """As every other answer."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """As the parent's, for which a name that no file can have is a fault of ours."""
        if "\x00" in absolute_path:
            raise HTTPError(404)
        return super().validate_absolute_path(root, absolute_path)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A status says enough here."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}\n")


_COURSE = "api/courses/{course}"
_ASSIGNMENT = _COURSE + "/assignments/{assignment}"
_SUBMISSION = _COURSE + "/submissions/{submission}"

TABLE: tuple[Route, ...] = (
    api(
        "health",
        health.HealthHandler,
        Who.ANYONE,
        get=Operation(summary="Whether the service and each of its parts work.", answer=health.Health),
    ),
    api(
        "health/live",
        health.LiveHandler,
        Who.ANYONE,
        get=Operation(summary="Whether the process answers, for who restarts it.", answer=health.Live),
    ),
    api(
        "health/ready",
        health.ReadyHandler,
        Who.ANYONE,
        get=Operation(
            summary="For a balancer: 503 while requests cannot be answered, and while the service stops.",
            answer=health.Health,
        ),
    ),
    api(
        "metrics",
        health.MetricsHandler,
        Who.MACHINE,
        get=Operation(
            summary="Prometheus metrics, for a scraper on this machine and the hub's admins.",
            answer=None,
            media="text/plain",
        ),
    ),
    api(
        "api/openapi.json",
        description.OpenApiHandler,
        Who.ANYONE,
        get=Operation(summary="This document.", answer=dict[str, Any]),
    ),
    api(
        "api/help",
        help.HelpHandler,
        Who.PERSON,
        post=Operation(
            summary=(
                "Ask the tutor. Each event is one ReplyChunk, the last of kind end or error. Comments say "
                "that it is still at work. With an Idempotency-Key an answer that broke off goes on."
            ),
            resumes=True,
            body=HelpRequest,
            answer=ReplyChunk,
            media="text/event-stream",
        ),
    ),
    api(
        "api/help/{request_id}/vote",
        help.VoteHandler,
        Who.PERSON,
        post=Operation(
            summary="Say whether one's own answer helped. The last vote counts.",
            body=Vote,
            answer=Voted,
            once=True,
        ),
    ),
    api(
        "api/runs",
        runs.RunsHandler,
        Who.PERSON,
        post=Operation(
            summary="Report runs of the caller's own kernel.", body=RunBatch, answer=runs.Accepted, once=True
        ),
    ),
    api(
        "api/execute",
        execute.ExecuteHandler,
        Who.ANY_TEACHER,
        max_body=1024 * KIB,
        post=Operation(
            summary="Run code in a sandbox. What it does, a limit too, is part of a good answer.",
            body=ExecuteRequest,
            answer=RunResult,
        ),
    ),
    api(
        "api/practice/{name}",
        practice.StandingHandler,
        Who.PERSON,
        get=Operation(
            summary="What became of an exercise that the caller asked for.", answer=PracticeStanding
        ),
    ),
    api(
        "api/practice/{name}/files",
        practice.FilesHandler,
        Who.PERSON,
        get=Operation(summary="An exercise that was made for the caller, as a notebook.", answer=FileSet),
    ),
    api(
        "api/practice/{name}/checks",
        practice.CheckHandler,
        Who.PERSON,
        max_body=courses.largest_submission,
        post=Operation(
            summary="Have one's answer to such an exercise graded; counts like every other graded work.",
            body=FileSet,
            answer=PracticeResult,
            once=True,
        ),
    ),
    api(
        "api/other-ai",
        other_ai.OtherAiHandler,
        Who.PERSON,
        get=Operation(
            summary="Whether an exam runs for the caller, in which other AI than the tutor is shut.",
            answer=OtherAiStanding,
        ),
    ),
    api(
        "api/progress",
        progress.ProgressHandler,
        Who.SELF,
        get=Operation(summary="One's own progress in `course`.", answer=StudentProgress, query=("course",)),
    ),
    api(
        "api/progress/{user}",
        progress.ProgressHandler,
        Who.SELF,
        get=Operation(summary="A student's progress in `course`.", answer=StudentProgress, query=("course",)),
    ),
    api(
        "api/time-zone",
        progress.TimeZoneHandler,
        Who.PERSON,
        max_body=KIB,
        post=Operation(
            summary="Say in which time zone one's own days begin and end, for streaks.",
            body=DaysOf,
            answer=DaysOf,
            once=True,
        ),
    ),
    api(
        "api/alerts",
        struggling.AlertsApiHandler,
        Who.STAFF,
        get=Operation(
            summary="Open alerts of `course`: who is stuck, and why.", answer=list[Alert], query=("course",)
        ),
    ),
    api(
        "api/courses",
        courses.CoursesHandler,
        Who.PERSON,
        get=Operation(summary="The caller's courses.", answer=list[CourseView]),
    ),
    api(
        _COURSE + "/assignments",
        courses.AssignmentsHandler,
        Who.MEMBER,
        get=Operation(
            summary="Released assignments, with the caller's submissions.", answer=list[AssignmentView]
        ),
    ),
    api(
        _ASSIGNMENT + "/files",
        courses.FilesHandler,
        Who.MEMBER,
        get=Operation(summary="The files of a released assignment.", answer=FileSet),
    ),
    api(
        _ASSIGNMENT + "/submissions",
        courses.SubmissionsHandler,
        Who.MEMBER,
        max_body=courses.largest_submission,
        post=Operation(
            summary="Hand in an assignment; it is graded at once.",
            body=FileSet,
            answer=SubmissionView,
            status=201,
            once=True,
        ),
    ),
    api(
        _ASSIGNMENT + "/quiz",
        quizzes.QuizHandler,
        Who.MEMBER,
        max_body=32 * KIB,
        get=Operation(summary="One's own answers to the assignment's questions.", answer=QuizView),
        post=Operation(
            summary="Answer a question of a released assignment. Only the first answer counts for mastery.",
            body=QuizAnswer,
            answer=QuizFeedback,
            once=True,
        ),
    ),
    api(
        _SUBMISSION,
        courses.SubmissionHandler,
        Who.MEMBER,
        get=Operation(summary="One submission: its owner's, or any to a teacher.", answer=SubmissionView),
    ),
    api(
        _SUBMISSION + "/feedback",
        courses.FeedbackHandler,
        Who.MEMBER,
        get=Operation(summary="Feedback on a graded submission, as sanitised HTML.", answer=FileSet),
    ),
    api(
        _SUBMISSION + "/cancel",
        courses.CancelHandler,
        Who.TEACHER,
        post=Operation(
            summary="Take a submission out of the queue of grading.", answer=SubmissionView, once=True
        ),
    ),
    api(
        _SUBMISSION + "/regrade-request",
        regrade_requests.RegradeRequestHandler,
        Who.MEMBER,
        post=Operation(
            summary="Say what is wrong with the grade of one's own work; a teacher answers.",
            body=regrade_requests.Reason,
            answer=RegradeRequest,
            status=201,
            once=True,
        ),
    ),
    api(
        _ASSIGNMENT + "/results",
        courses.ResultsHandler,
        Who.TEACHER,
        post=Operation(
            summary="Give out points and feedback that are held back.", answer=courses.GivenOut, once=True
        ),
    ),
    api(
        _ASSIGNMENT + "/regradings",
        regradings.RegradingsApiHandler,
        Who.TEACHER,
        post=Operation(
            summary="Grade all that was handed in again; points stay until then.",
            answer=Regrading,
            status=201,
            once=True,
        ),
    ),
    api(
        _COURSE + "/regradings/{regrading}",
        regradings.RegradingApiHandler,
        Who.STAFF,
        get=Operation(summary="How far a regrading is, and each submission's points.", answer=Regrading),
    ),
    api(
        _COURSE + "/grades.csv",
        grading.GradesHandler,
        Who.STAFF,
        get=Operation(
            summary="Students x assignments with the grade that counts, in nbgrader's columns.",
            answer=None,
            media="text/csv",
        ),
    ),
    api(
        _COURSE + "/model",
        help.ModelAccountsHandler,
        Who.TEACHER,
        get=Operation(summary="Tokens and cost of the language model by student.", answer=list[Account]),
    ),
    api(
        _COURSE + "/scores",
        board.ScoresHandler,
        Who.STAFF,
        get=Operation(summary="Students and their best scores.", answer=BoardView),
    ),
    api(
        _COURSE + "/feed",
        board.FeedHandler,
        Who.STAFF,
        get=Operation(summary="What happened lately, newest first.", answer=FeedView),
    ),
    api(
        "api/lti/jwks",
        lti.KeySetHandler,
        Who.ANYONE,
        get=Operation(
            summary="Public key with which a learning platform checks who asks it for tokens.",
            answer=lti.KeySet,
        ),
    ),
    api(
        "api/lti/launches",
        lti.LaunchesHandler,
        Who.HUB,
        post=Operation(
            summary="A student came from the learning platform; where their grades are told is in the token.",
            answer=lti.Remembered,
        ),
    ),
    page("", board.HomeHandler, Who.PERSON),
    page("oauth_callback", CallbackHandler, Who.ANYONE),
    page("api/docs", description.DocsHandler, Who.ANYONE),
    page("api/redoc", description.RedocHandler, Who.ANYONE),
    page("ws", live.LiveHandler, Who.STAFF),
    page("courses/{course}", board.BoardHandler, Who.STAFF),
    page("courses/{course}/scores", board.ScoresPartHandler, Who.STAFF),
    page("courses/{course}/feed", board.FeedPartHandler, Who.STAFF),
    page("courses/{course}/me", student.MeHandler, Who.MEMBER),
    page("courses/{course}/now", insight.NowHandler, Who.STAFF),
    page("courses/{course}/now/worked", insight.WorkedHandler, Who.STAFF),
    page("courses/{course}/progress", insight.HeatHandler, Who.STAFF),
    page("courses/{course}/alerts", struggling.AlertsHandler, Who.STAFF),
    page("courses/{course}/alerts/raised", struggling.RaisedHandler, Who.STAFF),
    page("courses/{course}/alerts/{alert}", struggling.MarkHandler, Who.STAFF, "POST"),
    page("courses/{course}/errors", errors.ErrorsHandler, Who.TEACHER, "GET", "POST"),
    page("courses/{course}/errors/patterns", errors.PatternHandler, Who.TEACHER, "POST"),
    page("courses/{course}/errors/students", errors.ErrorStudentsHandler, Who.STAFF),
    page("courses/{course}/errors/examples", errors.ErrorExamplesHandler, Who.STAFF),
    page("courses/{course}/students/{student}", student.StudentHandler, Who.STAFF),
    page("courses/{course}/students/{student}/time", more_time.MoreTimeHandler, Who.TEACHER, "GET", "POST"),
    page("courses/{course}/people", people.PeopleHandler, Who.TEACHER, "GET", "POST"),
    page("courses/{course}/people/preview", people.PreviewHandler, Who.TEACHER, "POST"),
    page("courses/{course}/mail", mail.MailHandler, Who.STAFF, "GET", "POST"),
    page("courses/{course}/conversations", insight.ConversationsHandler, Who.TEACHER),
    page("courses/{course}/grading", grading.GradingHandler, Who.STAFF),
    page("courses/{course}/grading/submissions", grading.SubmissionsHandler, Who.STAFF),
    page("courses/{course}/grading/points", grading.PointsHandler, Who.STAFF),
    page("courses/{course}/grading/cancel", grading.CancelPartHandler, Who.TEACHER, "POST"),
    page("courses/{course}/grading/give-out", grading.GiveOutPartHandler, Who.TEACHER, "POST"),
    page("courses/{course}/grading/tell-again", grading.TellAgainPartHandler, Who.TEACHER, "POST"),
    page("courses/{course}/grading/names", grading.NamesPartHandler, Who.TEACHER, "POST"),
    page("courses/{course}/practice", practice_reviews.PracticeHandler, Who.TEACHER),
    page("courses/{course}/practice/{number}", practice_reviews.DecideHandler, Who.TEACHER, "POST"),
    page("courses/{course}/regrade-requests/{submission}", regrade_requests.AnswerHandler, Who.STAFF, "POST"),
    page("courses/{course}/regradings", regradings.RegradingsHandler, Who.TEACHER, "POST"),
    page("courses/{course}/regradings/{regrading}", regradings.RegradingHandler, Who.STAFF),
    page("courses/{course}/regradings/{regrading}/progress", regradings.RegradingProgressHandler, Who.STAFF),
    page("courses/{course}/regradings/{regrading}/stop", regradings.StopHandler, Who.TEACHER, "POST"),
    Route(path="static/(.*)", handler=StaticHandler, who=Who.ANYONE, arguments={"path": str(STATIC)}),
)


def routes(prefix: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """(pattern, handler, arguments) below `prefix`, which ends in `/`, for Tornado."""
    return [
        (
            route.pattern(prefix),
            route.handler,
            {"route": route} if issubclass(route.handler, Common) else dict(route.arguments),
        )
        for route in TABLE
    ]
