"""nbgrader's exchange over the service: `nbgrader list`, `fetch_assignment`, `submit`, `fetch_feedback`.

What belongs to teachers is done on the service's side, and the commands for it say so.

For a machine of a student's own, with a token of theirs from the hub: a student's server has no terminal, and
its Assignment List does the same. A course's `nbgrader_config.py` there says `use_service(c)`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from nbgrader.exchange import abc
from traitlets import Unicode, default
from traitlets.config import Config

from learnflow_ext.contracts.errors import LearnFlowError, NotFound
from learnflow_ext.contracts.grades import AssignmentView
from learnflow_ext.server.confine import Folder
from learnflow_ext.server.coursework import Coursework
from learnflow_ext.server.gateway import Gateway

T = TypeVar("T")


def use_service(c: Config) -> None:
    """Have nbgrader's commands reach the classroom's service instead of a shared folder."""
    here = __name__
    c.ExchangeFactory.exchange = f"{here}.ServiceExchange"
    c.ExchangeFactory.list = f"{here}.ServiceList"
    c.ExchangeFactory.fetch_assignment = f"{here}.ServiceFetch"
    c.ExchangeFactory.submit = f"{here}.ServiceSubmit"
    c.ExchangeFactory.fetch_feedback = f"{here}.ServiceFeedback"
    c.ExchangeFactory.release_assignment = f"{here}.ServiceRelease"
    c.ExchangeFactory.collect = f"{here}.ServiceCollect"
    c.ExchangeFactory.release_feedback = f"{here}.ServiceReleaseFeedback"


class ServiceExchange(abc.Exchange):
    """What all of them share. Who it is, and what they may, is what the service makes of the token."""

    url = Unicode(
        help="""Where the classroom's service is, such as `https://hub.example.org/services/learnflow`; by
        default what `LEARNFLOW_URL` says. The token of the hub, which says who you are, is only taken from
        `JUPYTERHUB_API_TOKEN`: a configuration file is easily shown to others."""
    ).tag(config=True)

    @default("url")
    def _url_default(self) -> str:
        return os.environ.get("LEARNFLOW_URL", "")

    def start(self) -> Any:
        """Do it. ExchangeError, whose sentence was logged, when that is not possible."""
        raise NotImplementedError

    def _do(self, work: Callable[[Coursework, str], Awaitable[T]]) -> T:
        """What `work` gives, with the student's coursework below `assignment_dir` and the course's id."""
        token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        if not self.url or not token:
            self._fail(
                "Set LEARNFLOW_URL to where the service is, and JUPYTERHUB_API_TOKEN to a token of yours."
            )

        folder = Folder(Path(self.assignment_dir).resolve())

        async def done() -> T:
            gateway = Gateway(self.url, token, self.log)
            coursework = Coursework(gateway, folder)
            try:
                return await work(coursework, await self._course(coursework))
            finally:
                gateway.close()

        try:
            return asyncio.run(done())
        except LearnFlowError as error:
            self._fail(error.message)
        except OSError as error:
            self._fail(f"{folder.root} cannot be used: {error.strerror or error}.")

    async def _course(self, coursework: Coursework) -> str:
        if self.coursedir.course_id:
            return str(self.coursedir.course_id)
        courses = await coursework.courses()
        if len(courses) == 1:
            return courses[0]
        raise NotFound(f"Say which course, with --course: {', '.join(courses) or 'you are in none'}.")

    def _fail(self, sentence: str) -> NoReturn:
        self.fail(sentence)
        raise AssertionError("nbgrader's `fail` raises")

    @property
    def _assignment(self) -> str:
        return str(self.coursedir.assignment_id)


class ServiceList(ServiceExchange, abc.ExchangeList):
    """What is released in the course; with `--inbound` what was handed in, and how it fared."""

    def start(self) -> list[dict[str, Any]]:
        """A row for each; of one assignment where one was named."""
        if self.remove or self.cached:
            self._fail("Nothing is kept here that could be listed or removed: the service has it.")

        async def listed(coursework: Coursework, course: str) -> tuple[AssignmentView, ...]:
            return await coursework.assignments(course)

        rows: list[dict[str, Any]] = []
        for view in self._do(listed):
            if self._assignment not in ("", view.assignment):
                continue
            about = {"course_id": view.course, "assignment_id": view.assignment}
            if not self.inbound:
                rows.append(about | {"status": "released", "notebooks": list(view.notebooks)})
                self.log.info("%s %s", view.course, view.assignment)
            for each in view.submissions if self.inbound else ():
                rows.append(
                    about | {"status": each.status, "timestamp": each.submitted_at, "score": each.score}
                )
                points = "" if each.score is None else f", {each.score:g} of {each.max_score or 0:g} points"
                place = f", place {each.position} in the queue" if each.position else ""
                self.log.info(
                    "%s %s, %s: %s%s%s",
                    *(view.course, view.assignment, each.submitted_at, each.status, place, points),
                )
        return rows


class ServiceFetch(ServiceExchange, abc.ExchangeFetchAssignment):
    """Brings an assignment, below a folder of the course; what is there already stays as it is."""

    def start(self) -> None:
        """See the class."""
        self._do(lambda coursework, course: coursework.fetch(course, self._assignment))
        self.log.info("%s is fetched.", self._assignment)


class ServiceSubmit(ServiceExchange, abc.ExchangeSubmit):
    """Hands in the assignment's notebooks as they are saved; once it says so, the service has them."""

    def start(self) -> None:
        """See the class."""
        made = self._do(lambda coursework, course: coursework.submit(course, self._assignment))
        self.log.info("%s is handed in, at %s.", made.assignment, made.submitted_at)


class ServiceFeedback(ServiceExchange, abc.ExchangeFetchFeedback):
    """Brings the feedback on all that was graded, into `feedback` beside the notebooks."""

    def start(self) -> None:
        """See the class."""
        for folder in self._do(
            lambda coursework, course: coursework.fetch_feedback(course, self._assignment)
        ):
            self.log.info("Feedback: %s", folder)


class ServiceRelease(ServiceExchange, abc.ExchangeReleaseAssignment):
    """Says where that is done: the sources and hidden tests lie with the service, and are checked there."""

    def start(self) -> None:
        """ExchangeError, whose sentence was logged."""
        self._fail(
            "Nothing was released: that is done where the course's sources are. Press Generate and Release in"
            " the course's formgrader."
        )


class ServiceCollect(ServiceExchange, abc.ExchangeCollect):
    """Says that there is nothing to do."""

    def start(self) -> None:
        """ExchangeError, whose sentence was logged."""
        self._fail(
            "Nothing was collected, and nothing needs to be: the service has what is handed in, and grades it"
            " at once. You see it on the dashboard and in the course's formgrader."
        )


class ServiceReleaseFeedback(ServiceExchange, abc.ExchangeReleaseFeedback):
    """Says where that is done."""

    def start(self) -> None:
        """ExchangeError, whose sentence was logged."""
        self._fail(
            "No feedback was released from here: students get it when their work is graded, or when"
            " course.yaml says so. For points given by hand, press Release Feedback in the formgrader."
        )
