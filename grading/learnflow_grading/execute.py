"""Runs a submission's cells in a sandboxed kernel, and says of each cell what became of it.

Stock nbgrader gives a test full marks when it left no error behind. Here a cell that did not run to its end
always leaves one, and a note in its metadata (`STOPPED`) that tells why; students' own metadata is gone by
then, so the note can be believed.
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any, Literal, cast

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat import v4 as nbf
from nbgrader.preprocessors import Execute
from traitlets import Float, Integer, Type

STOPPED = "learnflow_stopped"
NOT_AS_ASKED = "learnflow_not_as_asked"
"""In a test cell's metadata: which rule about how it is solved the answer breaks, as a sentence."""
Stop = Literal[
    "timeout", "stuck", "kernel_died", "flood", "budget", "not_run", "odd_score", "odd_value", "broken",
    "too_short", "meddled",
]  # fmt: skip

REASONS: dict[Stop, str] = {
    "timeout": "This cell ran too long and was stopped. Look for a loop that never ends.",
    "stuck": "This cell ran too long and could not be interrupted, so the kernel was stopped.",
    "kernel_died": "The kernel stopped while this cell ran: it needed too much memory, or ended itself.",
    "flood": "This cell printed far too much, so the kernel was stopped. Look for an endless loop.",
    "budget": "The notebook as a whole ran too long, so this cell was not run.",
    "not_run": "This cell was not run, because the kernel had stopped in a cell before it.",
    "odd_value": "Your code gave something that cannot be checked here: something other than plain data"
    " (numbers, text, lists, and the like), or nothing where the exercise has something.",
    "broken": "Your code interfered with its grading, so nothing more was tested.",
    "meddled": "Your code changes what it is given, a list for instance, so this check compares it with"
    " something else. Work on a copy.",
    "too_short": "This cell needs more time than it has here: your teacher's own solution takes longer, too.",
    "odd_score": "This test ended in a score that is not between 0 and its points.",
}
_MAX_OUTPUTS = 500
_CUT = "\n... output cut ...\n"


class SandboxedExecute(Execute):
    """nbgrader's executor, in a sandbox, with limits on time and output, and never silent about a cell."""

    kernel_manager_class = Type(
        klass="jupyter_client.manager.KernelManager",
        help="""Starts the kernels; a class that confines them. Grading in an unconfined kernel hands the
        gradebook to whoever submits.""",
    ).tag(config=True)

    cell_seconds = Float(
        5.0, help="Wall-clock seconds one cell may run. Raise it for courses that train models."
    ).tag(config=True)

    total_seconds = Float(
        120.0, help="Wall-clock seconds for all cells of a notebook together; the rest is then not run."
    ).tag(config=True)

    output_bytes = Integer(100_000, help="Characters of output kept of one cell; more is cut.").tag(
        config=True
    )

    flood_bytes = Integer(
        64 * 1024 * 1024, help="Characters of output of one cell after which its kernel is stopped."
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # nbgrader passes its own manager as an argument, which beats the configuration.
        self.kernel_manager_class = self.config.SandboxedExecute.kernel_manager_class
        self.timeout_func = lambda cell: self.cell_seconds
        self.interrupt_on_timeout = True
        self.shutdown_kernel = "immediate"
        self.record_timing = False
        # The kernel keeps none on disk anyway, and refuses an argument that it already has.
        self.ipython_hist_file = ""
        self.error_on_timeout = _error("timeout")
        self.store_widget_state = False
        # The default lets a tag in the student's notebook skip a test, which then counts as passed.
        self.skip_cells_with_tag = "\0"
        self._stopped: Stop | None = None
        self._received = 0
        self._kept = 0
        self._killing: asyncio.Task[None] | None = None

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict | None = None, km: object = None
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Run `nb`; its outputs and notes are in the notebook that comes back."""
        self.nb = nb
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        source = Path(cast(ResourcesDict, resources)["metadata"]["path"] or os.getcwd())
        self.kernel_name = "python3"
        with working_copy(source, self.config.SandboxProvisioner.get("run_as_uid")) as folder:
            run_sync(self._run)(nb, folder)
        for cell in nb.cells:
            settle_score(cell)
        return nb, cast(ResourcesDict, resources)

    async def _run(self, nb: NotebookNode, folder: Path) -> None:
        self._stopped = None
        self.create_kernel_manager()
        try:
            await self.async_start_new_kernel(cwd=str(folder))
            await self._connect()
            deadline = monotonic() + self.total_seconds
            for index, cell in enumerate(nb.cells):
                if cell.cell_type != "code":
                    continue
                if self._stopped is None and monotonic() > deadline:
                    self._stopped = "budget"
                if self._stopped is not None:
                    note(cell, "budget" if self._stopped == "budget" else "not_run")
                elif cell.source.strip():
                    await self._run_one(cell, index)
        finally:
            if self._killing is not None:
                await self._killing
                self._killing = None
            await self._async_cleanup_kernel()

    async def _connect(self) -> None:
        """As nbclient's, but half a second faster: one reply and one broadcast prove both channels."""
        assert self.km is not None
        self.kc = self.km.client()
        self.kc.start_channels()
        end = monotonic() + self.startup_timeout
        await self._until_answer(self.kc.shell_channel, end)
        await self._until_answer(self.kc.iopub_channel, end)
        self.kc.allow_stdin = False

    async def _until_answer(self, channel: Any, end: float) -> None:
        assert self.kc is not None
        while True:
            self.kc.kernel_info()
            try:
                await channel.get_msg(timeout=0.5)
            except Empty:
                await self._async_check_alive()
                if monotonic() > end:
                    raise DeadKernelError("The kernel does not answer.") from None
            else:
                return

    async def _run_one(self, cell: NotebookNode, index: int) -> None:
        # A later cell must not write into the outputs of an earlier one, which feedback may show.
        self._display_id_map.clear()
        self._received = self._kept = 0
        try:
            await self.async_execute_cell(cell, index)
        except DeadKernelError:
            self._stopped = "flood" if self._killing is not None else "kernel_died"
        except CellTimeoutError:
            self._stopped = "stuck"
            assert self.km is not None
            await self.km.shutdown_kernel(now=True)
        if self._stopped is not None:
            note(cell, self._stopped)

    def on_cell_executed(self, **kwargs: Any) -> None:
        """Called by nbclient with the kernel's reply."""
        super().on_cell_executed(**kwargs)
        cell, content = kwargs["cell"], kwargs["execute_reply"]["content"]
        if content["status"] == "error" and "execution_count" not in content:
            cell.metadata[STOPPED] = "timeout"  # not the kernel's reply, but nbclient's for it
        elif content["status"] not in ("ok", "error"):
            note(cell, "not_run")

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Widgets are not kept: their state is the student's JavaScript in a teacher's page."""

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        if self._room_for(msg["content"]):
            super()._update_display_id(display_id, msg)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Keep one output, cut to what is left of the cell's share."""
        content = msg["content"]
        left = max(0, self.output_bytes - self._kept)
        fits = self._room_for(content)
        if len(outs) >= _MAX_OUTPUTS:
            fits, left = False, 0
        if not fits:
            kind = msg["msg_type"]
            if kind == "error":
                content = _cut_error(content)
            elif kind == "stream":
                same = any(o.output_type == "stream" and o.name == content.get("name") for o in outs)
                if same and not left:
                    return None
                content = {**content, "text": str(content.get("text", ""))[:left] + _CUT}
            elif kind in ("execute_result", "display_data"):
                text = str(content.get("data", {}).get("text/plain", ""))[:left]
                content = {**content, "data": {"text/plain": text + _CUT}, "metadata": {}}
                if len(outs) >= _MAX_OUTPUTS:
                    return None
            else:
                return None
        return cast(
            NotebookNode | None, super().output(outs, {**msg, "content": content}, display_id, cell_index)
        )

    def _room_for(self, content: dict[str, Any]) -> bool:
        size = _size(content)
        self._received += size
        if self._received > self.flood_bytes and self._killing is None:
            assert self.km is not None
            self._killing = asyncio.ensure_future(self.km.shutdown_kernel(now=True))
        if self._kept + size > self.output_bytes:
            self._kept = self.output_bytes
            return False
        self._kept += size
        return True


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_size(key) + _size(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(_size(item) for item in value)
    return 8


def _cut_error(content: dict[str, Any]) -> dict[str, Any]:
    lines = content.get("traceback") or []
    return {
        "ename": str(content.get("ename", ""))[:200],
        "evalue": str(content.get("evalue", ""))[:2_000],
        "traceback": [str(line)[:2_000] for line in lines[:20]],
    }


def _error(stop: Stop) -> dict[str, Any]:
    return {"ename": "CellStopped", "evalue": REASONS[stop], "traceback": [f"CellStopped: {REASONS[stop]}"]}


def note(cell: NotebookNode, stop: Stop) -> None:
    """Say in a cell's metadata and outputs why it did not run to its end."""
    cell.metadata[STOPPED] = stop
    cell.outputs.append(nbf.new_output("error", **_error(stop)))


def settle_score(cell: NotebookNode) -> None:
    """Leave nbgrader nothing to trip over in a test cell's outputs.

    An error counts even when a result was shown before it; a result that is a number but no score between 0
    and the cell's points (nbgrader: full marks, or a crash) is an error.
    """
    info = cell.metadata.get("nbgrader", {})
    if cell.cell_type != "code" or not info.get("grade") or info.get("solution"):
        return
    for output in cell.outputs:
        if output.output_type == "execute_result":
            text = output.data.get("text/plain")
            output.data["text/plain"] = text = text if isinstance(text, str) and text else "None"
            try:
                score = float(text)
            except ValueError:
                continue
            if math.isnan(score) or not 0 <= score <= float(info["points"]):
                note(cell, "odd_score")
                break
    cell.outputs.sort(key=lambda output: output.output_type != "error")


@contextmanager
def working_copy(source: Path, uid: int | None) -> Iterator[Path]:
    """A folder for the kernel with the assignment's data files, gone afterwards.

    The notebooks stay out: they hold the hidden tests by now. `uid` is whom the folder belongs to when we
    are root, None for ourselves.
    """
    with tempfile.TemporaryDirectory(prefix="learnflow-run-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _copy_regular(source, folder)
        if uid is not None and os.geteuid() == 0:
            for parent, _, files in os.walk(folder):
                os.chown(parent, uid, uid)
                for file in files:
                    os.chown(os.path.join(parent, file), uid, uid)
        yield folder


def _copy_regular(source: Path, target: Path) -> None:
    for entry in os.scandir(source):
        if entry.is_dir(follow_symlinks=False):
            (target / entry.name).mkdir()
            _copy_regular(Path(entry.path), target / entry.name)
        elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(".ipynb"):
            shutil.copyfile(entry.path, target / entry.name, follow_symlinks=False)
            (target / entry.name).chmod(stat.S_IRUSR | stat.S_IWUSR)
