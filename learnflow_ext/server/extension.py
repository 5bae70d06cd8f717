"""The server extension: makes the parts and hands them to handlers, personas and kernel connections."""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyterlab_chat.rtc_lib import publish_rtc_info
from traitlets import Float, Unicode, default

from learnflow_ext.contracts import other_ai
from learnflow_ext.contracts.assignments import TEACHES
from learnflow_ext.server import news
from learnflow_ext.server.asking import Asker
from learnflow_ext.server.chat import ChatSocket, ConfinedChatManager
from learnflow_ext.server.confine import Folder
from learnflow_ext.server.context import Situations
from learnflow_ext.server.coursework import Coursework
from learnflow_ext.server.gateway import Gateway
from learnflow_ext.server.handlers.assignments import (
    ACTIONS,
    SETTING_VALIDATOR,
    AssignmentActionHandler,
    AssignmentsHandler,
    CoursesHandler,
    ValidateHandler,
    VersionHandler,
)
from learnflow_ext.server.handlers.closed import CLOSED, ClosedHandler
from learnflow_ext.server.handlers.explain import SETTING_ASKER, ExplainHandler
from learnflow_ext.server.handlers.practice import PracticeCheckHandler
from learnflow_ext.server.handlers.progress import ProgressHandler
from learnflow_ext.server.handlers.quiz import QuizHandler
from learnflow_ext.server.handlers.status import StatusHandler
from learnflow_ext.server.handlers.submissions import (
    SETTING_COURSEWORK,
    FeedbackHandler,
    SubmissionsHandler,
)
from learnflow_ext.server.other_ai import SETTING_DOORS, SETTING_KEYS, Doors, OwnKeys
from learnflow_ext.server.page import student_page
from learnflow_ext.server.personas import SETTING_GATEWAY, SETTING_PRACTICE, SETTING_SITUATIONS
from learnflow_ext.server.practice import PracticeFolder
from learnflow_ext.server.reports import Reporter
from learnflow_ext.server.telemetry import SETTING as SETTING_TELEMETRY
from learnflow_ext.server.telemetry import Telemetry
from learnflow_ext.server.validate import Validator


class LearnFlowExtension(ExtensionApp):
    """A student's server: tutor in the chat, assignments, run reports. Everything else is the service's."""

    name = "learnflow_ext"

    service_url = Unicode(
        help="""URL of the LearnFlow service with its prefix, as this server reaches it, for instance
        `http://127.0.0.1:8000/services/learnflow/`. The spawner hands it over in the environment variable
        `LEARNFLOW_URL`; set it here only where there is no spawner of ours.""",
    ).tag(config=True)

    token = Unicode(
        help="""The token with which this server speaks to the service. JupyterHub gives every server its own
        in `JUPYTERHUB_API_TOKEN`.""",
    ).tag(config=True)

    answer_seconds = Float(
        60.0,
        min=0.1,
        help="""How many seconds one answer of the service may take, from question to last word. Then the
        student reads that the tutor cannot be reached.""",
    ).tag(config=True)

    silence_seconds = Float(
        10.0,
        min=0.1,
        help="""How many seconds the service may be silent before, or in the middle of, an answer. Then the
        student reads that the tutor cannot be reached, without waiting for the rest of `answer_seconds`. A
        service that is at work is not silent, however long a model thinks: it gives a sign of life every
        `c.LearnFlowTutor.alive_seconds` (2), so keep this some times larger. Raise it where a proxy holds
        back small pieces of a stream; lower it to hear sooner that the service is gone.""",
    ).tag(config=True)

    resume_seconds = Float(
        6.0,
        min=0,
        help="""How many seconds to try to hear the rest of an answer that broke off, from then on, before the
        student reads that the tutor cannot be reached. Another replica of the service tells the rest, or the
        same one that was started again; it knows within 2 s that one is gone. 0 gives up at once; raise it
        where a single service takes longer to start.""",
    ).tag(config=True)

    report_interval = Float(
        1.0,
        help="""Seconds between two reports of what ran. Smaller shows runs sooner on the dashboard, and costs
        more requests.""",
    ).tag(config=True)

    @default("service_url")
    def _default_service_url(self) -> str:
        return os.environ.get("LEARNFLOW_URL", "")

    @default("token")
    def _default_token(self) -> str:
        return os.environ.get("JUPYTERHUB_API_TOKEN", "")

    def initialize_settings(self) -> None:
        """Make the parts; jupyter-server calls this once, before the event loop runs."""
        app: Any = self.serverapp
        settings: dict[str, Any] = app.web_app.settings
        folder = Folder(app.contents_manager.root_dir)
        situations = Situations()
        self.gateway = Gateway(
            self.service_url,
            self.token,
            self.log,
            answer_seconds=self.answer_seconds,
            silence_seconds=self.silence_seconds,
            resume_seconds=self.resume_seconds,
        )
        self.reporter = Reporter(self.gateway.report_runs, self.log, interval=self.report_interval)
        self.telemetry = Telemetry(self.reporter, situations, app.session_manager)
        self.asker = Asker(settings, situations, self.log)
        settings[SETTING_GATEWAY] = self.gateway
        settings[SETTING_SITUATIONS] = situations
        settings[SETTING_TELEMETRY] = self.telemetry
        settings[SETTING_COURSEWORK] = Coursework(self.gateway, folder)
        settings[SETTING_PRACTICE] = PracticeFolder(self.gateway, folder)
        settings[SETTING_VALIDATOR] = Validator(folder, self.log)
        settings[SETTING_ASKER] = self.asker
        self.doors = Doors(
            other_ai.told(os.environ),
            self.gateway.exam,
            self.log,
            online=app.config.SandboxProvisioner.get("network") == "full",
        )
        self.own_keys = OwnKeys(folder)
        settings[SETTING_DOORS] = self.doors
        settings[SETTING_KEYS] = self.own_keys
        news.prepare(app.event_logger)
        publish_rtc_info(app)
        settings["chat_manager"] = ConfinedChatManager(app, config=app.config)
        app.io_loop.add_callback(self._started)

    def _started(self) -> None:
        """The event loop runs and every extension is loaded, the hub's own page hook included."""
        self.reporter.start()
        self._shut_doors_in_exams()
        self._start_kernel_ahead()
        app: Any = self.serverapp
        settings: dict[str, Any] = app.web_app.settings
        before = settings.get("page_config_hook")

        def page_config_hook(handler: Any, page_config: dict[str, Any]) -> dict[str, Any]:
            known = before(handler, page_config) if before is not None else page_config
            return student_page(known, teaches=os.environ.get(TEACHES) == "1")

        settings["page_config_hook"] = page_config_hook

    def _shut_doors_in_exams(self) -> None:
        app: Any = self.serverapp

        async def stop_others() -> None:
            for manager in tuple(app.web_app.settings["jupyter-ai"]["persona-managers"].values()):
                # None where a chat's personas could not be made.
                if manager is not None:
                    await manager.stop_others()
            await self.own_keys.set(allowed=False)

        self.doors.when_shut.append(stop_others)
        # Absent where an admin has put another manager in the place of ours.
        if hasattr(app.kernel_manager, "end_for_exam"):
            app.kernel_manager.doors = self.doors
            self.doors.when_shut.append(app.kernel_manager.end_for_exam)
        self.doors.start()

    def _start_kernel_ahead(self) -> None:
        app: Any = self.serverapp
        # Absent where an admin has put another manager in the place of ours.
        start = getattr(app.kernel_manager, "start_ahead", None)
        if start is not None:
            start()

    def initialize_handlers(self) -> None:
        """Extensions' handlers come before jupyter-server's own, so `CLOSED` shuts those."""
        self.handlers.extend(
            [
                (r"/learnflow/explain", ExplainHandler),
                (r"/learnflow/status", StatusHandler),
                (r"/learnflow/progress", ProgressHandler),
                (r"/learnflow/quiz", QuizHandler),
                (r"/learnflow/submissions", SubmissionsHandler),
                (r"/learnflow/feedback", FeedbackHandler),
                (r"/learnflow/practice/check", PracticeCheckHandler),
                (r"/assignments", AssignmentsHandler),
                (r"/assignments/validate", ValidateHandler),
                (rf"/assignments/({ACTIONS})", AssignmentActionHandler),
                (r"/courses", CoursesHandler),
                (r"/nbgrader_version", VersionHandler),
                (r"/api/chat/ws/(.+)", ChatSocket),
                *((pattern, ClosedHandler) for pattern in CLOSED),
            ]
        )

    async def stop_extension(self) -> None:
        """The server stops: break off answers, send what is waiting."""
        await self.doors.stop()
        await self.asker.stop()
        await self.telemetry.settle()
        await self.reporter.stop()
        self.gateway.close()
