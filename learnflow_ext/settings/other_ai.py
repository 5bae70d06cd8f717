"""Other ways to AI than the tutor: shut, unless the admin opens them."""

from __future__ import annotations

from traitlets import Dict, Enum, List, Set, Unicode
from traitlets.config import Configurable


class LearnFlowOtherAI(Configurable):
    """Assistants beside the tutor, which know no hint ladder and no leak gate. All off by default."""

    allow = Set(
        Enum(["personas", "magics", "mcp", "keys"]),
        help="""Which of them students may use, for instance `{"personas", "keys"}`; empty, the default, is
        none. `personas`: the assistants of other packages that are installed beside Jupyter AI, in the chat.
        `magics`: `%%ai` in notebooks, with the extensions in `magics`; a model elsewhere also needs
        `c.ConfinedSpawner.network_courses`. `mcp`: these assistants use the tools of `mcp_servers`. `keys`:
        they find API keys of the student's own in a file `.env` in the notebook folder. While an exam runs
        for a student all of it is shut for them, whatever stands here. Such an assistant gives solutions
        away, sees what the student shows it, and runs in the student's server, outside of the kernels'
        sandbox: ask your data protection officer. From a server's next start.""",
    ).tag(config=True)

    magics = List(
        Unicode(),
        ["jupyter_ai_magic_commands"],
        help="""IPython extensions that students' kernels load where `allow` has `magics`. They must be
        installed beside LearnFlow (`pip install 'jupyter-ai[magics]'` brings the one that stands here).""",
    ).tag(config=True)

    mcp_servers = List(
        Dict(per_key_traits={"name": Unicode(), "url": Unicode()}),
        help="""MCP servers, by HTTP, whose tools other assistants may use where `allow` has `mcp`, for
        instance `[{"name": "library", "url": "https://mcp.school.example/mcp"}]`. No program is started, and
        a student's own `.jupyter/mcp_settings.json` never counts.""",
    ).tag(config=True)
