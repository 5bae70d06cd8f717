"""The places of the course behind an answer, as links that open them in the student's own copy.

An answer names its places in words: "Read again: *Names* in *First steps*." Where the student has that
notebook, the words themselves are the link, so that nothing is said twice.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from urllib.parse import quote

from jupyter_server.utils import url_path_join

from learnflow_ext.contracts.help import Citation

MOST = 3
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&])")
_BRACKETS = re.compile(r"[\[\]\n\\]")
_LINK = r"\[[^\[\]\n]*\]\([^()\s]*\)"
_WORDS = "Read it in your notebook: "

Exists = Callable[[str], Awaitable[bool]]


class Places:
    """The places behind one answer, by their address in the student's JupyterLab."""

    def __init__(self, addresses: dict[Citation, str]) -> None:
        """Only those that the student has; without any the words stay as they are."""
        self._open = dict(addresses)

    def linked(self, text: str) -> str:
        """The Markdown `text` with the first words that name a place made a link to it, each place once."""
        for citation, address in list(self._open.items()):
            for words in _names(citation):
                # Not within the link to another place: a heading may be the name of that one's notebook. Not
                # a `**heading**` either, nor behind a mark that would make a picture of the link.
                outside = re.finditer(rf"{_LINK}|(?<![!*\[])({re.escape(words)})(?!\*)", text)
                found = next((each for each in outside if each[1] is not None), None)
                if found is not None:
                    text = f"{text[: found.start()]}[{words}]({address}){text[found.end() :]}"
                    del self._open[citation]
                    break
        return text

    def rest(self) -> str:
        """One line of Markdown with a link to each place that the text did not name; "" for none."""
        links = [f"[{_as_text(each.title)}]({address})" for each, address in self._open.items()]
        return f"\n\n{_WORDS}{' · '.join(links)}" if links else ""


async def places(citations: Sequence[Citation], course: str, base_url: str, exists: Exists) -> Places:
    """Those of the places whose notebook the student has, at most `MOST`.

    `exists` tells whether there is a file at a path of the student's. The links are whole addresses of
    JupyterLab, so they work from anywhere; in the chat our front end opens the cell without leaving the page.
    A title is shown as the text it is, whatever it looks like.
    """
    found: dict[Citation, str] = {}
    for citation in dict.fromkeys(citations):
        path = f"{course}/{citation.notebook}"
        if len(found) == MOST or not course or not await exists(path):
            continue
        place = f"#cell-id={quote(citation.cell_id, safe='')}" if citation.cell_id else ""
        found[citation] = url_path_join(base_url, "lab/tree", quote(path)) + place
    return Places(found)


def _as_text(title: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(title.split()))


def _names(citation: Citation) -> Iterator[str]:
    """How an answer may name the place, the longest first: a title is "notebook: heading"."""
    parts = citation.title.split(": ")
    # A bracket would end the link early: then the line below the answer has it.
    if _BRACKETS.search(citation.title):
        return
    splits = [(": ".join(parts[:cut]), ": ".join(parts[cut:])) for cut in range(1, len(parts))]
    yield from (f"*{heading}* in *{notebook}*" for notebook, heading in splits)
    yield from (f"*{heading}*" for _, heading in splits)
