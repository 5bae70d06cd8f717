"""The places of the course behind an answer, as links that open them in the student's own copy."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from jupyter_server.utils import url_path_join

from learnflow_ext.contracts.help import Citation

MOST = 3
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&])")
_WORDS = "Read it in your notebook: "

Exists = Callable[[str], Awaitable[bool]]


async def read_in(citations: Sequence[Citation], course: str, base_url: str, exists: Exists) -> str:
    """One line of Markdown with a link to each place, or "" when the student has none of these notebooks.

    `exists` tells whether there is a file at a path of the student's. The links are whole addresses of
    JupyterLab, so they work from anywhere; in the chat our front end opens the cell without leaving the page.
    A title is shown as the text it is, whatever it looks like.
    """
    links: list[str] = []
    for citation in dict.fromkeys(citations):
        path = f"{course}/{citation.notebook}"
        if len(links) == MOST or not course or not await exists(path):
            continue
        place = f"#cell-id={quote(citation.cell_id, safe='')}" if citation.cell_id else ""
        address = url_path_join(base_url, "lab/tree", quote(path)) + place
        title = _SPECIAL.sub(r"\\\1", " ".join(citation.title.split()))
        links.append(f"[{title}]({address})")
    return f"\n\n{_WORDS}{' · '.join(links)}" if links else ""
