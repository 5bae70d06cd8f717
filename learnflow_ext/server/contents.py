"""The file browser's files: those of the student's folder, and nothing that a link in it points to."""

from __future__ import annotations

import asyncio
import base64
import io
import mimetypes
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from jupyter_server.files.handlers import FilesHandler
from jupyter_server.services.contents.filecheckpoints import AsyncGenericFileCheckpoints
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError
from traitlets import Integer, default

from learnflow_ext.contracts.errors import LearnFlowError
from learnflow_ext.server.confine import Folder

_MB = 1 << 20


class ServerCheckpoints(AsyncGenericFileCheckpoints):
    """Checkpoints in the server's own home, where kernels do not reach."""

    @default("root_dir")
    def _default_root_dir(self) -> str:
        path = os.path.join(os.path.expanduser("~"), ".local", "share", "learnflow", "checkpoints")
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def checkpoint_path(self, checkpoint_id: str, path: str) -> str:
        """Where the checkpoint lies; makes its folder."""
        parent: Any = super()
        found: str = parent.checkpoint_path(checkpoint_id, path)
        os.makedirs(os.path.dirname(found), exist_ok=True)
        return found


class ConfinedContentsManager(AsyncLargeFileManager):
    """Refuses links, special files and files with a second name; opens without following anything.

    The checks are made on what was opened (see `Folder`), so a kernel that swaps a file for a link at the
    right moment gains nothing.
    """

    max_read_mb = Integer(
        64,
        help="""Largest file, in MB, that the file browser opens, downloads or copies. The server holds it in
        memory, so keep this well below the server's memory limit.""",
    ).tag(config=True)

    max_listed = Integer(
        5000,
        min=1,
        help="""How many files and folders the file browser lists of one folder, by name; the others are there
        and can be opened by code. Much more than this slows the server and the browser down.""",
    ).tag(config=True)

    @default("files_handler_class")
    def _default_files_handler_class(self) -> type[FilesHandler]:
        return FilesHandler  # the stock one opens files by name, past this manager

    @default("files_handler_params")
    def _default_files_handler_params(self) -> dict[str, Any]:
        return {"path": self.root_dir}  # asked for by a base class, and not used

    @default("checkpoints_class")
    def _default_checkpoints_class(self) -> type[ServerCheckpoints]:
        return ServerCheckpoints

    @default("delete_to_trash")
    def _default_delete_to_trash(self) -> bool:
        return False  # a trash can is a folder elsewhere, or one that nobody sees

    @property
    def folder(self) -> Folder:
        return Folder(self.root_dir)

    def _get_os_path(self, path: str) -> str:
        """The path in the file system. 404 when a part of it, where it exists, is a link or the like."""
        parent: Any = super()
        os_path: str = parent._get_os_path(path)
        parts = self._parts(os_path)
        refused = self.folder.refused(parts)
        if refused:
            raise HTTPError(404, f"There is no file or folder {'/'.join(parts[:refused])}.")
        return os_path

    def _parts(self, os_path: str) -> list[str]:
        relative = os.path.relpath(os_path, self.root_dir)
        return [] if relative == "." else relative.split(os.sep)

    @contextmanager
    def _confined(self) -> Iterator[None]:
        """Turn what `Folder` says into HTTP; an error of the system into a log line and a sentence."""
        try:
            yield
        except LearnFlowError as error:
            raise HTTPError(error.status, error.message) from None
        except OSError as error:
            error_id = uuid.uuid4().hex[:12]
            self.log.error("a file operation failed, id %s: %r", error_id, error)
            raise HTTPError(500, f"The file could not be read or written (number {error_id}).") from None

    async def _read_file(  # type: ignore[override]  # the base classes mix a sync and an async signature
        self, os_path: str, format: str | None, raw: bool = False
    ) -> Any:
        with self._confined():
            content = await asyncio.to_thread(self.folder.read, self._parts(os_path), self.max_read_mb * _MB)
        if format == "byte":
            return (content, "byte", content) if raw else (content, "byte")
        answer: tuple[Any, ...]
        try:
            if format == "base64":
                raise UnicodeError
            answer = (content.decode(), "text")
        except UnicodeError:
            if format == "text":
                raise HTTPError(400, "This file is not text.", reason="bad format") from None
            answer = (base64.encodebytes(content).decode("ascii"), "base64")
        return (*answer, content) if raw else answer

    @contextmanager
    def atomic_writing(self, os_path: str, *args: Any, text: bool = True, **kwargs: Any) -> Iterator[Any]:
        """Collect what is written, and put it in place in one step."""
        collected: Any = io.StringIO(newline="\n") if text else io.BytesIO()
        yield collected
        content = collected.getvalue()
        with self._confined():
            self.folder.write(self._parts(os_path), content.encode() if text else content)

    async def _save_large_file(self, os_path: str, content: str, format: str) -> None:
        try:
            piece = content.encode() if format == "text" else base64.b64decode(content.encode("ascii"))
        except ValueError:
            raise HTTPError(400, "This part of the upload cannot be read.") from None
        with self._confined():
            await asyncio.to_thread(self.folder.append, self._parts(os_path), piece)

    async def _dir_model(self, path: str, content: bool = True) -> dict[str, Any]:
        parts = self._parts(self._get_os_path(path))
        if not self.allow_hidden and any(part.startswith(".") for part in parts):
            raise HTTPError(404, "There is no such folder.")
        stock: Any = self  # the base classes are not annotated
        model: dict[str, Any] = stock._base_model(path)
        model.update(type="directory", size=None)
        if not content:
            return model
        with self._confined():
            entries = await asyncio.to_thread(self.folder.names, parts)
        shown = [
            name
            for name in sorted(entries)
            if stock.should_list(name) and (self.allow_hidden or not name.startswith("."))
        ]
        if len(shown) > self.max_listed:
            self.log.info("a folder with %d entries is listed in part", len(shown))
        # From the status that we have: asking for each again takes seconds where a kernel left thousands.
        model["content"] = [_entry(path, name, entries[name]) for name in shown[: self.max_listed]]
        model["format"] = "json"
        return model

    async def delete_file(self, path: str) -> None:
        """Remove a file, or an empty folder."""
        parts = self._parts(self._get_os_path(path.strip("/")))
        self._refuse_hidden(parts)
        with self._confined():
            await asyncio.to_thread(self.folder.remove, parts)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Move within the folder; nothing is replaced."""
        old = self._parts(self._get_os_path(old_path.strip("/")))
        new = self._parts(self._get_os_path(new_path.strip("/")))
        self._refuse_hidden(old)
        self._refuse_hidden(new)
        if old != new:
            with self._confined():
                await asyncio.to_thread(self.folder.move, old, new)

    async def _save_directory(self, os_path: str, model: dict[str, Any], path: str = "") -> None:
        parts = self._parts(os_path)
        self._refuse_hidden(parts)
        with self._confined():
            await asyncio.to_thread(self.folder.make, parts)

    async def _copy_dir(
        self, from_path: str, to_path_original: str, to_name: str, to_path: str
    ) -> dict[str, Any]:
        source = self._parts(self._get_os_path(from_path.strip("/")))
        target = self._parts(self._get_os_path(to_path.strip("/")))
        self._refuse_hidden(target)
        if target[: len(source)] == source:
            raise HTTPError(400, "A folder cannot be copied into itself.")
        with self._confined():
            await asyncio.to_thread(self.folder.copy_tree, source, target, self.max_read_mb * _MB)
        stock: Any = self
        model: dict[str, Any] = await stock.get(to_path, content=False)
        return model

    async def check_folder_size(self, path: str) -> None:
        """Nothing: `copy_tree` stops at the limit by itself, without a look at names."""

    def _refuse_hidden(self, parts: list[str]) -> None:
        if not self.allow_hidden and any(part.startswith(".") for part in parts):
            raise HTTPError(400, "Names that begin with a dot cannot be used here.")

    def is_writable(self, path: str) -> bool:
        """Whether the student may change it."""
        status = self.folder.status(self._parts(self._get_os_path(path)))
        return status is not None and bool(status.st_mode & stat.S_IWUSR)


def _moment(seconds: float) -> datetime:
    """A file's time; the epoch for one that no calendar has, which code can set."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _entry(path: str, name: str, status: os.stat_result) -> dict[str, Any]:
    """The model of a file or folder in a listing, as jupyter-server makes it."""
    is_folder = stat.S_ISDIR(status.st_mode)
    is_notebook = not is_folder and name.endswith(".ipynb")
    return {
        "name": name,
        "path": f"{path}/{name}".strip("/"),
        "last_modified": _moment(status.st_mtime),
        "created": _moment(status.st_ctime),
        "content": None,
        "format": None,
        "mimetype": None if is_folder or is_notebook else mimetypes.guess_type(name)[0],
        "size": None if is_folder else status.st_size,
        "writable": bool(status.st_mode & stat.S_IWUSR),
        "hash": None,
        "hash_algorithm": None,
        "type": "directory" if is_folder else "notebook" if is_notebook else "file",
    }
