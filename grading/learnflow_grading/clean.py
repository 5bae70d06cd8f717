"""Student HTML made harmless, wherever somebody else looks at it.

Formgrader and feedback pages run in the hub's origin with the reader's session. What a student wrote or
printed may show text, tables and pictures there, and nothing that runs, loads, or dresses up as a button of
the page: no classes, ids and styles either.
"""

from __future__ import annotations

import base64
import binascii
import re
from html import escape
from typing import Any

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

MAX_HTML = 200_000
MAX_MARKDOWN = 50_000
MAX_IMAGE = 4_000_000
_TAGS = frozenset(
    "a b blockquote br caption code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img"
    " ins kbd li ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u"
    " ul var".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif")
_IMAGE_URL = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_DROPPED = "(Interactive or unknown output, not shown here.)"


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src"):
        return value if _IMAGE_URL.fullmatch(value) else None
    if (tag, name) == ("a", "href"):
        return value if _LINK.match(value) else None
    return value


def clean_html(html: str) -> str:
    """`html` with only text, tables, links and embedded pictures left; nothing in it runs or loads anything.

    Beyond `MAX_HTML + MAX_IMAGE` characters it is cut.
    """
    html = html[: MAX_HTML + MAX_IMAGE]
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        clean_content_tags={
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "template",
            "noscript",
            "svg",
            "math",
        },
        link_rel="noopener noreferrer nofollow",
    )


@pass_context
def markdown_to_html(context: Context, source: str) -> str:
    """Jinja filter in place of nbconvert's `markdown2html`: the same, cleaned."""
    cell = context.get("cell") or {}
    attachments = cell.get("attachments", {}) if hasattr(cell, "get") else {}
    return render_markdown(source, attachments)


class _Renderer(IPythonRenderer):
    """nbconvert's, except that a picture that is missing does not fail the page."""

    def _embed_image_or_attachment(self, src: str) -> str:
        if src.startswith("attachment:") and not self.attachments.get(src.removeprefix("attachment:")):
            return ""
        return str(super()._embed_image_or_attachment(src))


def render_markdown(source: str, attachments: Any = None) -> str:
    """Markdown as clean HTML; math stays as its source. What cannot be rendered is shown as it was typed."""
    renderer = _Renderer(escape=False, attachments=attachments or {}, exclude_anchor_links=True)
    try:
        html = MarkdownWithMath(renderer=renderer).render(source[:MAX_MARKDOWN])
    except (RecursionError, LookupError, TypeError, ValueError):
        html = f"<pre>{escape(source[:MAX_MARKDOWN])}</pre>"
    return clean_html(html)


def _image(data: object) -> str | None:
    text = "".join(data) if isinstance(data, list) else data
    if not isinstance(text, str) or len(text) > MAX_IMAGE:
        return None
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return "".join(text.split())


def clean_output(output: NotebookNode) -> NotebookNode:
    """One output with only harmless forms of it left; its metadata goes, which templates paste into tags."""
    if output.output_type not in ("display_data", "execute_result"):
        return output
    data: dict[str, str] = {}
    for mime, value in output.get("data", {}).items():
        if mime in _IMAGE_TYPES[:2] and (image := _image(value)):
            data[mime] = image
        elif mime == "text/html" and isinstance(value, str):
            data[mime] = clean_html(value)
        elif mime == "text/markdown" and isinstance(value, str):
            data["text/html"] = render_markdown(value)
        elif mime == "text/plain" and isinstance(value, str):
            data[mime] = value[:MAX_HTML]
    if not data:
        data["text/plain"] = _DROPPED
    output.data = NotebookNode(data)
    output.metadata = NotebookNode()
    return output


class CleanNotebook(Preprocessor):
    """Cleans outputs and drops metadata; markdown cells are cleaned after rendering, by the filter."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        nb.metadata.pop("widgets", None)
        nb.metadata.pop("title", None)
        for cell in nb.cells:
            for key in set(cell.metadata) - {"nbgrader", "learnflow_stopped", "learnflow_feedback"}:
                del cell.metadata[key]
            if cell.cell_type == "code":
                cell.outputs = [clean_output(output) for output in cell.outputs]
            elif cell.cell_type == "raw":
                # nbconvert pastes raw cells into the page as they are.
                cell.cell_type = "markdown"
                cell.source = "```text\n" + cell.source.replace("```", "'''") + "\n```"
        return nb, resources
