"""Student HTML runs nothing, loads nothing, and looks like nothing of the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learnflow_grading.clean import CleanNotebook, clean_html, clean_output, render_markdown
from nbformat import v4 as nbf

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://evil.example/track.png'>",
    "<img src=data:image/svg+xml;base64,PHN2Zz4=>",
    "<svg onload=alert(1)><script>alert(2)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object><embed src=//evil.example>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<style>body{background:url(//evil.example)}</style>",
    "<b style='background:url(//evil.example)' class='full-credit' id='score'>x</b>",
    "<link rel=stylesheet href=//evil.example><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example><form action=//evil.example><input name=a><button>Full credit</button></form>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script></template>",
    "<p title='\"><img src=x onerror=alert(1)>'>x</p>",
    "<!--><script>alert(1)</script>-->",
    "<div data-bind='x' onclick=alert(1)>x</div>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xss-element autofocus tabindex=1 onfocus=alert(1)>",
]

MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x]: javascript:alert(1)\n[x]",
    "![x](http://evil.example/a.png)",
    "![x](javascript:alert(1))",
    "![x](attachment:none)",
    "<javascript:alert(1)>",
    "```mermaid\n<img src=x onerror=alert(1)>\n```",
    "```<img/src=x/onerror=alert(1)>\nx\n```",
    "$$<img src=x onerror=alert(1)>$$",
    "\\begin{x}<script>alert(1)</script>\\end{x}",
    "> " * 300 + "deep",
]


class Dangers(HTMLParser):
    """Collects what a browser would run, load, or mistake for the page's own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {
            "script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "button", "link",
            "meta", "base", "template", "video", "audio", "source", "noscript", "textarea", "title",
        }:  # fmt: skip
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {
                "style",
                "class",
                "id",
                "srcset",
                "srcdoc",
                "action",
                "name",
            }:
                self.found.append(f"{tag} {name}")
            if name in {"src", "href"}:
                target = re.sub(r"[\s\x00-\x1f]", "", value or "").lower()
                allowed: tuple[str, ...] = ("data:image/png;", "data:image/jpeg;", "data:image/gif;")
                if name == "href":
                    allowed = ("https://", "http://", "mailto:", "#")
                if not target.startswith(allowed):
                    self.found.append(f"{tag} {name}={target}")


def dangers(html: str) -> list[str]:
    parser = Dangers()
    parser.feed(html)
    parser.close()
    return parser.found


@pytest.mark.parametrize("html", ATTACKS)
def test_html_is_disarmed(html: str) -> None:
    assert dangers(clean_html(html)) == []


@pytest.mark.parametrize("text", MARKDOWN + ATTACKS)
def test_markdown_is_disarmed(text: str) -> None:
    assert dangers(render_markdown(text)) == []


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([*ATTACKS, *MARKDOWN, "<", ">", "'", '"', "x", "`", "\n", "<b", "</p>"]), max_size=6
    )
)
def test_so_are_pieces_put_together(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert dangers(clean_html(text)) == []
    assert dangers(render_markdown(text)) == []


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_html(clean_html(text)) == clean_html(text)


def test_what_is_harmless_stays() -> None:
    table = '<table><tbody><tr><th>a</th><td colspan="2">1</td></tr></tbody></table>'
    assert clean_html(table) == table
    assert 'src="data:image/png;base64,AAAA"' in clean_html("<img src='data:image/png;base64,AAAA'>")
    assert 'href="https://docs.python.org"' in clean_html("<a href='https://docs.python.org'>docs</a>")
    assert "<strong>bold</strong>" in render_markdown("**bold**")
    picture = {"a.png": {"image/png": "AAAA"}}
    assert 'src="data:image/png;base64,AAAA"' in render_markdown("![a](attachment:a.png)", picture)


class TestOutputs:
    def test_only_known_kinds_are_left(self) -> None:
        output = nbf.new_output(
            "display_data",
            {
                "text/html": "<script>alert(1)</script><b>ok</b>",
                "application/javascript": "alert(1)",
                "image/svg+xml": "<svg onload=alert(1)>",
                "text/latex": "<script>alert(1)</script>",
                "application/vnd.jupyter.widget-view+json": {"model_id": "x"},
                "text/plain": "plain",
                "image/png": "iVBO\nRw==",
            },
            metadata={"image/png": {"width": "1 onload=alert(1)"}, "text/html": {"isolated": True}},
        )
        cleaned = clean_output(output)
        assert cleaned.data == {"text/html": "<b>ok</b>", "text/plain": "plain", "image/png": "iVBORw=="}
        assert cleaned.metadata == {}

    @pytest.mark.parametrize("picture", ['" onerror="alert(1)', 7, "x" * 5_000_000, "a"])
    def test_a_picture_that_is_none_is_dropped(self, picture: object) -> None:
        output = nbf.new_output("display_data")
        output.data["image/png"] = picture
        clean_output(output)
        assert list(output.data) == ["text/plain"]

    def test_markdown_comes_out_as_clean_html(self) -> None:
        output = clean_output(
            nbf.new_output("execute_result", {"text/markdown": "[x](javascript:alert(1)) **y**"})
        )
        assert "<strong>y</strong>" in output.data["text/html"]
        assert dangers(output.data["text/html"]) == []

    def test_streams_stay_as_they_are(self) -> None:
        stream = nbf.new_output("stream", text="<script>")
        assert clean_output(stream).text == "<script>"


def test_a_notebook_loses_widgets_titles_and_metadata_and_raw_cells_become_text() -> None:
    nb = nbf.new_notebook(
        metadata={"widgets": {}, "title": "</title>"},
        cells=[
            nbf.new_raw_cell("<script>```</script>", metadata={"raw_mimetype": "text/html"}),
            nbf.new_code_cell("1", metadata={"tags": ["x"], "nbgrader": {"grade": True}}),
        ],
    )
    make: Any = CleanNotebook
    nb, _ = make().preprocess(nb, {})
    assert nb.metadata == {}
    assert nb.cells[0].cell_type == "markdown"
    assert dangers(render_markdown(nb.cells[0].source)) == []
    assert nb.cells[1].metadata == {"nbgrader": {"grade": True}}
