"""HTML from templates. Everything is escaped: names, questions and file names come from students."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from learnflow_ext.service import words
from learnflow_ext.service.views.cells import handed_in_link

HERE = Path(__file__).parent
STATIC = HERE / "static"
HTMX = "vendor/htmx.min.js"
"""Put there when the front end is built."""


class Pages:
    """Renders the templates beside this module."""

    def __init__(self, prefix: str, hub_prefix: str) -> None:
        """`prefix` is where the service lives, `hub_prefix` where the hub does, with its host where that is
        another; both end in `/`."""
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            ago=words.ago,
            absolute=words.absolute,
            shown_name=words.shown_name,
            points=words.points,
            moment=words.moment,
            clock=words.clock,
            hours=words.hours,
            many=words.many,
            code_said=words.code_said,
            segment=words.segment,
        )
        self._environment.globals.update(
            prefix=prefix,
            hub_prefix=hub_prefix,
            handed_in_link=handed_in_link,
            static=lambda path: f"{prefix}static/{path}?v={_version(path)}",
        )

    def render(self, template: str, **context: object) -> str:
        """The HTML of `template`."""
        return self._environment.get_template(template).render(context)


@cache
def _version(path: str) -> str:
    """Changes with the file's content, so that browsers may keep it for long."""
    file = STATIC / path
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "missing"
