"""Practice notebooks in the student's folder: written once, read to be checked."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote

from jupyter_server.utils import url_path_join

from learnflow_ext.contracts.errors import BadRequest, NotFound, TooLarge
from learnflow_ext.contracts.grades import CourseFile, FileSet
from learnflow_ext.contracts.paths import split_path
from learnflow_ext.contracts.practice import PRACTICE_DIR, PracticeResult, name_in, notebook_path
from learnflow_ext.server.confine import Folder
from learnflow_ext.server.gateway import Gateway

MAX_NOTEBOOK_BYTES = 20 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")


class PracticeFolder:
    """`practice/` in the student's folder."""

    def __init__(self, gateway: Gateway, folder: Folder) -> None:
        self._gateway = gateway
        self._folder = folder

    async def fetch(self, name: str) -> str:
        """Bring an exercise that was made for the student; the path of its notebook.

        What is there already is left as it is. A LearnFlowError where it cannot be had or written.
        """
        if not _NAME.fullmatch(name):
            raise BadRequest("The service named an exercise in a way that cannot be a folder here.")
        files = await self._gateway.practice_files(name)
        await asyncio.to_thread(self._write_missing, name, files)
        return notebook_path(name)

    def _write_missing(self, name: str, files: FileSet) -> None:
        targets = [(split_path(file.path), file.content) for file in files.files]
        if any(not parts for parts, _ in targets):
            raise BadRequest("The service sent a file whose name cannot be used here.")
        for parts, content in targets:
            self._folder.write_new([PRACTICE_DIR, name, *parts], content)

    async def check(self, path: str) -> PracticeResult:
        """Have the notebook at `path`, as it is saved now, graded. A LearnFlowError, in a sentence, else."""
        name = name_in(path)
        if not name or not _NAME.fullmatch(name):
            raise NotFound("Only notebooks in your practice folder can be checked here. Hand in the others.")
        content = await asyncio.to_thread(self._read, name)
        files = FileSet(files=(CourseFile(path=f"{name}.ipynb", content=content),))
        return await self._gateway.check_practice(name, files)

    def _read(self, name: str) -> bytes:
        try:
            return self._folder.read(split_path(notebook_path(name)), MAX_NOTEBOOK_BYTES)
        except TooLarge:
            raise TooLarge(
                f"{name}.ipynb is too large to be checked: the limit is {MAX_NOTEBOOK_BYTES >> 20} MB. Clear "
                "large outputs (Edit, Clear Outputs of All Cells), save, and check again."
            ) from None


def link_to(path: str, base_url: str) -> str:
    """A line of Markdown with a link that opens the notebook at `path`, within JupyterLab without leaving."""
    return f"\n\n[Open the exercise]({url_path_join(base_url, 'lab/tree', quote(path))})"
