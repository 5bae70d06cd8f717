"""The formgrader of one course, as a server of its own that can do nothing else.

A Jupyter server normally offers files, kernels, terminals and a notebook converter to whoever is signed in,
and nbgrader's extension runs configuration files and student HTML. Teachers need none of that here, so this
server refuses it: the pages below `/formgrader` are all there is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from jupyter_server.auth import Authorizer
from jupyter_server.extension.config import ExtensionConfigManager
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from nbconvert.exporters import HTMLExporter
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.formgrader.base import BaseHandler, check_notebook_dir, check_xsrf
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado import web
from traitlets.config import Config

from .blind import BlindCourse
from .course import TEMPLATES, Course, put_environment_on_path
from .formgrader_blind import NAMELESS, NAMELESS_PAGE, REPLACED
from .formgrader_marks import TELL_PAGE, Opened

POLICY = "; ".join(
    (
        "default-src 'self'",
        # nbgrader's own pages need both: scripts in the page, and underscore's templates.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_PICTURES = (".png", ".jpg", ".jpeg", ".gif")
_CLIMBS = r"/formgrader/.*(?:%2[fF]|%5[cC]|%00|//|/(?:\.|%2[eE]){1,2}(?=/|$)).*"
"""Matches, undecoded, an address with a slash or a parent folder hidden in a name, or with two slashes: what
follows these, nbgrader takes for a whole path."""
_NBGRADERS = frozenset({"timestamp.txt", "submission_secret.txt"})
"""Lie beside what was handed in, and are for no reader: the first says to the microsecond when that was."""
_FILE_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def configure(c: Config, course: str, course_root: Path, exchange_root: Path) -> None:
    """Make `c`, of a Jupyter server (plain or `jupyterhub-singleuser`), that of a course's formgrader.

    The process must be able to write to `course_root`, and needs no home folder of its own.
    """
    put_environment_on_path()
    # The service fills this folder at the same time; whoever is first makes it.
    course_root.mkdir(mode=0o700, parents=True, exist_ok=True)
    c.merge(Course(course, course_root, exchange_root).config())
    c.ServerApp.root_dir = str(course_root.resolve())
    c.ServerApp.default_url = "/formgrader/manage_assignments"
    c.ServerApp.terminals_enabled = False
    c.ServerApp.allow_root = True
    c.ServerApp.open_browser = False
    c.ServerApp.authorizer_class = "learnflow_grading.formgrader.NothingElse"
    c.ServerApp.kernel_spec_manager_class = "learnflow_kernels.specs.SandboxKernelSpecManager"
    c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": POLICY}}
    installed = ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()
    c.ServerApp.jpserver_extensions = dict.fromkeys(installed, False) | {"learnflow_grading.formgrader": True}


class NothingElse(Authorizer):
    """Refuses contents, kernels, sessions, files, terminals and conversion to everybody.

    The formgrader's own pages are behind sign-in, and do not ask an authorizer.
    """

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return False


class CourseFormgrader(FormgradeExtension):
    """nbgrader's formgrader, with the configuration it was given and no other."""

    load_cwd_config = False

    @property
    def url_prefix(self) -> str:
        return os.path.relpath(str(self.coursedir.root), str(self.root_dir))

    def load_config(self) -> Config:
        config: Config = self.config
        return config

    def load_config_file(self, **kwargs: Any) -> None:
        """Nothing: a configuration file is code, and nbgrader looks for one on every request."""

    def init_syspath(self) -> None:
        """Nothing: the working folder is no place to import from."""

    def initialize(self, argv: list[str] | None = None, root: str = "") -> None:
        """Set up the course that the configuration names; both arguments are ignored."""
        self.update_config(self.build_extra_config())
        self.coursedir = CourseDirectory(parent=self)

    def build_extra_config(self) -> Config:
        extra: Config = super().build_extra_config()
        extra.FormgradeExtension.debug = False  # would print the whole configuration on the page
        extra.HTMLExporter.sanitize_html = True
        extra.HTMLExporter.preprocessors = ["learnflow_grading.clean.CleanNotebook"]
        extra.HTMLExporter.filters = {
            "markdown2html": "learnflow_grading.clean.markdown_to_html",
            "clean_html": "learnflow_grading.clean.clean_html",
        }
        extra.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), handlers.template_path]
        return extra

    def init_tornado_settings(self, webapp: Any) -> None:
        super().init_tornado_settings(webapp)
        # nbgrader's has this off, and puts what stands in the address into scripts and pages.
        webapp.settings["nbgrader_jinja2_env"].autoescape = True
        webapp.settings["nbgrader_exporter"] = HTMLExporter(config=self.config)
        webapp.settings["learnflow_blind"] = BlindCourse(Path(self.coursedir.root))
        webapp.settings["learnflow_opened"] = Opened()

    def init_handlers(self, webapp: Any) -> None:
        base = webapp.settings["base_url"]
        served: dict[type[Any], type[Any]] = {
            **{handler: handler for handler in NAMELESS},
            **REPLACED,
            handlers.FormgraderHandler: StartHandler,
            handlers.SubmissionFilesHandler: FilesHandler,
        }
        # nbgrader makes and deletes folders by the names in its addresses, and checks none of them.
        routes: list[tuple[Any, ...]] = [(_CLIMBS, handlers.Template404)]
        routes.append((r"/formgrader/static/js/utils\.js", UtilsHandler))
        for pattern, handler, *rest in [*handlers.default_handlers, *apihandlers.default_handlers]:
            if handler in served:
                routes.append((pattern, served[handler], *rest))
            else:
                # A newer nbgrader's, which nobody looked at: it might tell names.
                routes.append((pattern, handlers.Template404))
        routes += [
            (r"/formgrader/static/(.*)", web.StaticFileHandler, {"path": handlers.static_path}),
            (r"/formgrader/.*", handlers.Template404),
        ]
        webapp.add_handlers(".*$", [(url_path_join(base, route[0]), *route[1:]) for route in routes])


class StartHandler(BaseHandler):
    """`/formgrader`. nbgrader's takes `?path=` and runs the configuration file it finds there."""

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    def get(self) -> None:
        self.redirect(f"{self.base_url}/formgrader/manage_assignments")


class FilesHandler(handlers.SubmissionFilesHandler):
    """Files that came with a submission: pictures are shown, anything else is downloaded and runs nowhere."""

    @web.authenticated
    async def get(self, path: str, include_body: bool = True) -> None:
        try:
            found = super().get(path, include_body)
            if found is not None:
                await found
        except web.HTTPError as error:
            # Tornado's sentence has the file's whole path, and so the student's name.
            raise web.HTTPError(error.status_code, "There is no such file.") from None

    def validate_absolute_path(self, root: str, absolute_path: str) -> Any:
        if Path(absolute_path).name in _NBGRADERS:
            raise web.HTTPError(404)
        return super().validate_absolute_path(root, absolute_path)

    def get_modified_time(self) -> None:
        """None: the second at which work was handed in stands beside names elsewhere, and this may be graded
        blind."""

    def should_return_304(self) -> Any:
        return self.check_etag_header()

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Content-Security-Policy", _FILE_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        if not path.lower().endswith(_PICTURES):
            self.set_header("Content-Disposition", "attachment")


class UtilsHandler(web.RequestHandler):
    """nbgrader's script, with links to notebooks and folders left dead: no such pages here."""

    def get(self) -> None:
        script = Path(handlers.static_path, "js", "utils.js").read_text(encoding="utf-8")
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(f"{script}\nlinkTo = () => (_, element) => element;\n{NAMELESS_PAGE}{TELL_PAGE}")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "learnflow_grading.formgrader"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    formgrader = CourseFormgrader(parent=server)
    formgrader.root_dir = server.root_dir
    formgrader.log = server.log
    formgrader.initialize()
    formgrader.init_tornado_settings(server.web_app)
    formgrader.init_handlers(server.web_app)
