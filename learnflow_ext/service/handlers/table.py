"""Every address of the service."""

from __future__ import annotations

from typing import Any

from jupyterhub.services.auth import HubOAuthCallbackHandler
from jupyterhub.utils import url_path_join
from tornado.web import RequestHandler, StaticFileHandler

from learnflow_ext.service.handlers import (
    board,
    courses,
    description,
    execute,
    health,
    help,
    insight,
    live,
    progress,
    runs,
)
from learnflow_ext.service.handlers.base import SECURITY_HEADERS
from learnflow_ext.service.handlers.board import PageHandler
from learnflow_ext.service.pages import STATIC

_NAME = r"([^/]{1,255})"


class CallbackHandler(PageHandler, HubOAuthCallbackHandler):
    """`oauth_callback`: where the hub sends a browser back to, signed in."""


class StaticHandler(StaticFileHandler):
    """Style sheets and scripts: ours alone, nothing of a user's."""

    def set_default_headers(self) -> None:
        """As every other answer."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A status says enough here."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}\n")


def routes(prefix: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """(pattern, handler, arguments) below `prefix`, which ends in `/`."""
    table: list[tuple[str, type[RequestHandler]]] = [
        ("", board.HomeHandler),
        ("health", health.HealthHandler),
        ("metrics", health.MetricsHandler),
        ("oauth_callback", CallbackHandler),
        ("ws", live.LiveHandler),
        ("api/openapi.json", description.OpenApiHandler),
        ("api/help", help.HelpHandler),
        (f"api/help/{_NAME}/vote", help.VoteHandler),
        (f"api/courses/{_NAME}/model", help.ModelAccountsHandler),
        ("api/runs", runs.RunsHandler),
        ("api/execute", execute.ExecuteHandler),
        ("api/progress", progress.ProgressHandler),
        (f"api/progress/{_NAME}", progress.ProgressHandler),
        ("api/courses", courses.CoursesHandler),
        (f"api/courses/{_NAME}/assignments", courses.AssignmentsHandler),
        (f"api/courses/{_NAME}/assignments/{_NAME}/files", courses.FilesHandler),
        (f"api/courses/{_NAME}/assignments/{_NAME}/submissions", courses.SubmissionsHandler),
        (f"api/courses/{_NAME}/submissions/{_NAME}", courses.SubmissionHandler),
        (f"api/courses/{_NAME}/submissions/{_NAME}/feedback", courses.FeedbackHandler),
        (f"api/courses/{_NAME}/scores", board.ScoresHandler),
        (f"api/courses/{_NAME}/feed", board.FeedHandler),
        ("api/alerts", insight.AlertsApiHandler),
        (f"courses/{_NAME}/me", insight.MeHandler),
        (f"courses/{_NAME}/now", insight.NowHandler),
        (f"courses/{_NAME}/progress", insight.HeatHandler),
        (f"courses/{_NAME}/alerts", insight.AlertsHandler),
        (f"courses/{_NAME}/alerts/{_NAME}", insight.MarkHandler),
        (f"courses/{_NAME}/errors", insight.ErrorsHandler),
        (f"courses/{_NAME}/errors/students", insight.ErrorStudentsHandler),
        (f"courses/{_NAME}/students/{_NAME}", insight.StudentHandler),
        (f"courses/{_NAME}/conversations", insight.ConversationsHandler),
        (f"courses/{_NAME}/grading", insight.GradingHandler),
        (f"courses/{_NAME}", board.BoardHandler),
        (f"courses/{_NAME}/scores", board.ScoresPartHandler),
        (f"courses/{_NAME}/feed", board.FeedPartHandler),
    ]
    found: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        (url_path_join(prefix, path) if path else prefix, handler, {}) for path, handler in table
    ]
    found.append((url_path_join(prefix, r"static/(.*)"), StaticHandler, {"path": str(STATIC)}))
    return found
