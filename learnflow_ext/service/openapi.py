"""The API's description, made from the contracts, so that the two cannot differ."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from learnflow_ext import __version__
from learnflow_ext.contracts.alerts import Alert
from learnflow_ext.contracts.errors import Problem
from learnflow_ext.contracts.grades import AssignmentView, CourseView, FileSet, SubmissionView
from learnflow_ext.contracts.help import HelpRequest, ReplyChunk
from learnflow_ext.contracts.progress import StudentProgress
from learnflow_ext.contracts.runner import ExecuteRequest, RunResult
from learnflow_ext.contracts.runs import RunBatch
from learnflow_ext.service.board import BoardView, FeedView
from learnflow_ext.service.handlers.health import Health
from learnflow_ext.service.handlers.runs import Accepted
from learnflow_ext.service.wishes import Vote, Voted
from learnflow_ext.store.tutoring import Account


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One address and method."""

    method: str
    path: str
    """Below the service's prefix, as OpenAPI writes it."""
    summary: str
    answer: Any
    """Contract of a good answer's body; None where it is plain text."""
    body: Any = None
    status: int = 200
    media: str = "application/json"
    open: bool = False
    """True where nobody needs to be signed in."""


OPERATIONS = (
    Operation(method="get", path="health", summary="Whether the service works.", answer=Health, open=True),
    Operation(
        method="get",
        path="metrics",
        summary="Prometheus metrics, for a scraper on this machine and the hub's admins.",
        answer=None,
        media="text/plain",
    ),
    Operation(
        method="get", path="api/openapi.json", summary="This document.", answer=dict[str, Any], open=True
    ),
    Operation(
        method="post",
        path="api/help",
        summary="Ask the tutor. Each server-sent event is one ReplyChunk; the last is of kind end or error.",
        body=HelpRequest,
        answer=ReplyChunk,
        media="text/event-stream",
    ),
    Operation(
        method="post",
        path="api/help/{request}/vote",
        summary="Say whether one's own answer helped. The last vote counts.",
        body=Vote,
        answer=Voted,
    ),
    Operation(
        method="get",
        path="api/courses/{course}/model",
        summary="Tokens and cost of the language model by student, for teachers.",
        answer=list[Account],
    ),
    Operation(
        method="post",
        path="api/runs",
        summary="Report runs of the caller's own kernel.",
        body=RunBatch,
        answer=Accepted,
    ),
    Operation(
        method="post",
        path="api/execute",
        summary="Run code in a sandbox, for teachers. What it does, a limit too, is part of a good answer.",
        body=ExecuteRequest,
        answer=RunResult,
    ),
    Operation(
        method="get",
        path="api/progress",
        summary="One's own progress in `course`.",
        answer=StudentProgress,
    ),
    Operation(
        method="get",
        path="api/progress/{user}",
        summary="A student's progress in `course`: one's own, or in a course one teaches.",
        answer=StudentProgress,
    ),
    Operation(
        method="get",
        path="api/alerts",
        summary="Open alerts of `course`, which one teaches: who is stuck, and why.",
        answer=list[Alert],
    ),
    Operation(method="get", path="api/courses", summary="The caller's courses.", answer=list[CourseView]),
    Operation(
        method="get",
        path="api/courses/{course}/assignments",
        summary="Released assignments, with the caller's submissions.",
        answer=list[AssignmentView],
    ),
    Operation(
        method="get",
        path="api/courses/{course}/assignments/{assignment}/files",
        summary="The files of a released assignment.",
        answer=FileSet,
    ),
    Operation(
        method="post",
        path="api/courses/{course}/assignments/{assignment}/submissions",
        summary="Hand in an assignment; it is graded at once.",
        body=FileSet,
        answer=SubmissionView,
        status=201,
    ),
    Operation(
        method="get",
        path="api/courses/{course}/submissions/{submission}",
        summary="One submission: its owner's, or any to a teacher.",
        answer=SubmissionView,
    ),
    Operation(
        method="get",
        path="api/courses/{course}/submissions/{submission}/feedback",
        summary="Feedback on a graded submission, as sanitised HTML.",
        answer=FileSet,
    ),
    Operation(
        method="get",
        path="api/courses/{course}/scores",
        summary="Students and their best scores, for teachers.",
        answer=BoardView,
    ),
    Operation(
        method="get",
        path="api/courses/{course}/feed",
        summary="What happened lately, newest first, for teachers.",
        answer=FeedView,
    ),
)


@cache
def document(prefix: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the service at `prefix`."""
    contracts = [Problem]
    for operation in OPERATIONS:
        contracts += [kind for kind in (operation.body, operation.answer) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        contracts, ref_template="#/components/schemas/{name}"
    )
    of = {str(kind): schema for kind, schema in zip(contracts, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(f"/{operation.path}", {})[operation.method] = _described(operation, of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LearnFlow",
            "version": __version__,
            "description": "The classroom's service. Every error is a Problem.",
        },
        "servers": [{"url": prefix.rstrip("/")}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "hubToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the hub with access to this service; `token …` works as well.",
                }
            },
        },
        "security": [{"hubToken": []}],
    }


def _described(operation: Operation, of: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "string"} if operation.answer is None else of[str(operation.answer)]
    described: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": _parameters(operation.path),
        "responses": {
            str(operation.status): {
                "description": "Fine.",
                "content": {operation.media: {"schema": schema}},
            },
            "default": {
                "description": "It did not work; the message is for people.",
                "content": {"application/json": {"schema": of[str(Problem)]}},
            },
        },
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": of[str(operation.body)]}},
        }
    if operation.open:
        described["security"] = []
    return described


def _parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ]
    if path in ("api/progress", "api/progress/{user}", "api/alerts"):
        parameters.append({"name": "course", "in": "query", "required": True, "schema": {"type": "string"}})
    return parameters
