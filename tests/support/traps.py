"""What an intruder leaves behind and looks for: code, files and HTML for the tests of closed doors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psutil
from classroom import Classroom
from intruder import call
from lab import ROOT
from playwright.sync_api import BrowserContext, Dialog, Request

CANARY = "canary-7f3a91"
"""Stands in files that must not be read; nowhere else."""
LOOK = """
import json, os, pathlib, socket, subprocess
def can_connect(host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
        return True
    except OSError:
        return False
def can_read(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(10))
    except OSError:
        return False
environments = []
for entry in os.listdir('/proc'):
    if entry.isdigit():
        try:
            environments.append(open(f'/proc/{entry}/environ').read())
        except OSError:
            pass
saw = {
    'env': dict(os.environ),
    'environments': environments,
    'commands': [open(f'/proc/{e}/cmdline').read() for e in os.listdir('/proc') if e.isdigit()],
    'connected': [[h, p] for h, p in PLACES if can_connect(h, p)],
    'interfaces': sorted(name for _, name in socket.if_nameindex()),
    'readable': [path for path in PATHS if can_read(path)],
    'uid': os.getuid(),
}
"""
TRAPS = (
    "<script>fetch('/pwned-script')</script><img src=x onerror=\"fetch('/pwned-img')\">"
    "<svg onload=\"fetch('/pwned-svg')\"></svg><iframe src=\"javascript:fetch('/pwned-frame')\"></iframe>"
    " [click](javascript:fetch('/pwned-link')) <a href=\"javascript:alert('pwned')\">here</a>"
)
TRAP_CODE = f"""
from IPython.display import HTML, Javascript, SVG, Markdown, display
trap = {TRAPS!r}
display(HTML(trap), Markdown(trap), Javascript("fetch('/pwned-js')"))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="fetch(\\'/pwned-out\\')"><text>x</text></svg>'))
display({{"text/latex": trap}}, raw=True)
display({{"application/vnd.jupyter.widget-view+json": {{"model_id": trap}}}}, raw=True)
print(trap)
raise ValueError(trap)
"""


def looking(room: Classroom, others: Path) -> str:
    """Code that looks at everything around it, into `saw`."""
    tree = psutil.Process(room.process.pid).children(recursive=True)
    ports = {c.laddr.port for p in tree for c in connections(p) if c.status == psutil.CONN_LISTEN}
    places = [["127.0.0.1", port] for port in sorted(ports)] + [["1.1.1.1", 53]]
    paths = [
        *(str(path) for path in (room.state, room.state / "hub", room.state / "learnflow.sqlite", others)),
        *(str(room.state / part) for part in ("courses", "exchange", "hub/jupyterhub.sqlite", "users")),
        *(str(ROOT / part) for part in ("notebooks", "tests", ".git", "jupyterhub_config.py", "hub_config")),
        *("/root/.bashrc", "/root/.profile", "/home", "/etc/shadow", "/var/log", "/var/lib", "/sys", "/boot"),
    ]
    return f"PLACES = {places!r}\nPATHS = {paths!r}\n{LOOK}"


def connections(process: psutil.Process) -> list[Any]:
    """Its TCP sockets; none when it is gone."""
    try:
        return list(process.net_connections("tcp"))
    except psutil.Error:
        return []


def refuse_what_was_seen(saw: dict[str, Any], secrets: list[str], room: Classroom) -> None:
    """AssertionError when student code saw anything but its own."""
    text = json.dumps(saw)
    assert not [secret for secret in secrets if secret in text]
    assert "JUPYTERHUB" not in text and "LEARNFLOW_URL" not in text
    assert saw["connected"] == []
    assert saw["interfaces"] in ([], ["lo"])
    # Its own work folder lies below the state folder: the way there is visible, and holds nothing else.
    readable = set(map(str, saw["readable"])) - {str(room.state), str(room.state / "users")}
    assert readable <= {"/home"}
    assert "jupyterhub" not in "".join(map(str, saw["commands"]))
    assert saw["uid"] != 0


def planting(work: Path) -> str:
    """Code that puts files where programs look for configuration; each leaves a mark when it is run."""
    mark = f"open({str(work)!r} + '/loaded-by-' + str(__import__('os').getpid()), 'w').write(__file__)\n"
    python = [
        *("jupyter_server_config.py", "jupyter_config.py", "jupyter_lab_config.py", "nbgrader_config.py"),
        *("jupyterhub_config.py", "ipython_config.py", "ipython_kernel_config.py", "startup.py"),
        *("sitecustomize.py", "usercustomize.py", "jupyter_server/__init__.py", "learnflow_kernels.py"),
        *(f".jupyter/{name}" for name in ("jupyter_server_config.py", "jupyter_lab_config.py")),
        *(f".jupyter/{name}" for name in ("nbgrader_config.py", "personas/evil_persona.py")),
        *("personas/evil_persona.py", ".ipython/profile_default/startup/00-evil.py"),
        *(f".ipython/profile_default/{name}" for name in ("ipython_config.py", "ipython_kernel_config.py")),
        *(
            f".local/lib/python3.{minor}/site-packages/{name}.py"
            for minor in (11, 12, 13)
            for name in ("sitecustomize", "usercustomize", "evil")
        ),
    ]
    config = {"ServerApp": {"terminals_enabled": True, "jpserver_extensions": {"evil": True}}}
    kernel = {"argv": ["/bin/sh", "-c", "touch loaded-by-spec"], "display_name": "evil", "language": "python"}
    extension = {"name": "evil", "version": "1.0.0", "jupyterlab": {"_build": {"load": "x.js"}}}
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    data = ".local/share/jupyter"
    texts = dict.fromkeys(python, mark)
    texts |= {
        f".local/lib/python3.11/site-packages/{name}": "import evil\n" for name in ("evil.pth", "z.pth")
    }
    texts |= {name: json.dumps(config) for name in ("jupyter_config.json", "jupyter_server_config.json")}
    texts |= {
        ".jupyter/jupyter_server_config.json": json.dumps(config),
        ".jupyter/jupyter_server_config.d/evil.json": json.dumps(config),
        f"{data}/kernels/evil/kernel.json": json.dumps(kernel),
        "kernels/evil/kernel.json": json.dumps(kernel),
        f"{data}/labextensions/evil/package.json": json.dumps(extension),
        f"{data}/nbconvert/templates/lab/index.html.j2": "{{ cycler.__init__.__globals__ }}",
        "templates/lab/index.html.j2": "evil",
        "plain.ipynb": json.dumps(notebook),
    }
    return (
        f"import os\ntexts = {texts!r}\n"
        f"for name, text in texts.items():\n"
        f"    path = os.path.join({str(work)!r}, name)\n"
        f"    os.makedirs(os.path.dirname(path), exist_ok=True)\n"
        f"    open(path, 'w').write(text)"
    )


def handshake(context: BrowserContext, url: str, path: str, origin: str) -> int:
    """Status of an attempt to open a websocket with the cookies of `context`; 101 when it opens."""
    cookies = "; ".join(
        f"{c.get('name')}={c.get('value')}" for c in context.cookies(url + path.split("?")[0])
    )
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Cookie": cookies,
        "Origin": url if origin == "own" else origin,
    }
    return call(url + path, headers=headers).status


def alarms(context: BrowserContext) -> list[str]:
    """Collects what a trap that went off would do."""
    ran: list[str] = []

    def opened(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    def asked(request: Request) -> None:
        if "/pwned" in request.url:
            ran.append(request.url)

    context.on("dialog", opened)
    context.on("request", asked)
    return ran
