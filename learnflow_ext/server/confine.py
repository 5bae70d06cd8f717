"""A folder that a student's kernel can write to, read and written without ever leaving it.

Kernel and server see the same folder, and the kernel is hostile: between a check and an open it can put a
symbolic link where a file was. So nothing here checks first. Each part of a path is opened by itself with
`O_NOFOLLOW`, relative to the folder above; what was opened is what is judged, and what is used.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from learnflow_ext.contracts.errors import BadRequest, Conflict, NotFound, TooLarge, Unavailable

_DIR_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20
MAX_PARTS = 100
"""Parts of the longest path. Folders that lie deeper are not looked into: a kernel makes thousands, and each
look at one costs a step for each part."""


class Folder:
    """The folder at `root`. Paths are parts: plain names from the root down. Every method may block."""

    def __init__(self, root: str | Path) -> None:
        self.root = os.fspath(root)

    @contextmanager
    def directory(self, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
        """A descriptor of the directory, open as long as the block runs.

        NotFound when it is missing (with `create` it is made) or lies too deep; Conflict when a part is a
        link or a file.
        """
        if len(parts) > MAX_PARTS:
            raise NotFound(f"Folders that lie more than {MAX_PARTS} deep cannot be opened here.")
        fd = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts:
                _check_name(part)
                if create:
                    try:
                        os.mkdir(part, 0o755, dir_fd=fd)
                    except FileExistsError:
                        pass
                try:
                    below = os.open(part, _DIR_FLAGS, dir_fd=fd)
                except FileNotFoundError:
                    raise NotFound(f"There is no folder {'/'.join(parts)}.") from None
                except OSError:
                    raise Conflict(f"{part} is not an ordinary folder. Rename or remove it first.") from None
                os.close(fd)
                fd = below
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def opened(self, parts: Sequence[str]) -> Iterator[tuple[int, os.stat_result]]:
        """A descriptor for reading an ordinary file, with its status.

        NotFound when there is none, or when it is a link, a pipe, a device, or has a second name (hard link).
        """
        with self.directory(parts[:-1]) as above:
            name = _last(parts)
            try:
                fd = os.open(name, _READ_FLAGS, dir_fd=above)
            except OSError:
                raise NotFound(f"There is no file {'/'.join(parts)}.") from None
            try:
                status = os.fstat(fd)
                if not is_ordinary(status):
                    raise NotFound(f"There is no file {'/'.join(parts)}.")
                yield fd, status
            finally:
                os.close(fd)

    def read(self, parts: Sequence[str], limit: int) -> bytes:
        """The file's bytes. TooLarge beyond `limit` bytes, also while it grows under our hands."""
        with self.opened(parts) as (fd, status):
            if status.st_size > limit:
                raise TooLarge(_too_large(parts, limit))
            pieces: list[bytes] = []
            left = limit + 1
            while left and (piece := os.read(fd, min(_CHUNK, left))):
                pieces.append(piece)
                left -= len(piece)
            if not left:
                raise TooLarge(_too_large(parts, limit))
            return b"".join(pieces)

    def write(self, parts: Sequence[str], content: bytes) -> None:
        """Put the file in place in one step: there is the old content or the new, never a part."""
        with _writing(parts), self.directory(parts[:-1]) as above:
            name = _last(parts)
            _refuse_folder(above, name)
            spare = _write_spare(above, content)
            try:
                os.rename(spare, name, src_dir_fd=above, dst_dir_fd=above)
            except BaseException:
                _forget(spare, above)
                raise

    def append(self, parts: Sequence[str], content: bytes) -> None:
        """Add to an ordinary file that is there already (the next piece of an upload)."""
        with _writing(parts), self.directory(parts[:-1]) as above:
            try:
                fd = os.open(
                    _last(parts), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=above
                )
            except OSError:
                raise NotFound(f"There is no file {'/'.join(parts)}.") from None
            try:
                if not is_ordinary(os.fstat(fd)):
                    raise NotFound(f"There is no file {'/'.join(parts)}.")
                _write_all(fd, content)
            finally:
                os.close(fd)

    def write_new(self, parts: Sequence[str], content: bytes) -> bool:
        """Write the file unless something of that name is there: then False, and nothing was touched."""
        with _writing(parts), self.directory(parts[:-1], create=True) as above:
            spare = _write_spare(above, content)
            try:
                # link, unlike rename, never replaces: a student's own file wins any race
                os.link(spare, _last(parts), src_dir_fd=above, dst_dir_fd=above, follow_symlinks=False)
            except FileExistsError:
                return False
            finally:
                _forget(spare, above)
            return True

    def refused(self, parts: Sequence[str]) -> int:
        """How many parts lead to the first that is there, and no ordinary file or folder; 0 for none such."""
        fd = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for count, part in enumerate(parts, start=1):
                if part in ("", ".", "..") or count > MAX_PARTS:
                    return count
                try:
                    status = os.stat(part, dir_fd=fd, follow_symlinks=False)
                except (OSError, ValueError):
                    return 0  # not there, nor is anything below it
                if not stat.S_ISDIR(status.st_mode):
                    return 0 if is_ordinary(status) else count
                if count < len(parts):
                    try:
                        below = os.open(part, _DIR_FLAGS, dir_fd=fd)
                    except OSError:
                        return count  # closed, or another thing since we looked
                    os.close(fd)
                    fd = below
            return 0
        finally:
            os.close(fd)

    def names(self, parts: Sequence[str]) -> dict[str, os.stat_result]:
        """What a student may see in the directory: ordinary files and folders, by name, with their status.

        Names that are no text are left out: no address could hold them.
        """
        found: dict[str, os.stat_result] = {}
        with self.directory(parts) as fd:
            for name in os.listdir(fd):
                if not name.isascii() and any("\ud800" <= char <= "\udfff" for char in name):
                    continue
                try:
                    status = os.stat(name, dir_fd=fd, follow_symlinks=False)
                except OSError:
                    continue  # gone again
                if stat.S_ISDIR(status.st_mode) or is_ordinary(status):
                    found[name] = status
        return found

    def status(self, parts: Sequence[str]) -> os.stat_result | None:
        """The status of an ordinary file or folder; None for all else, the missing included."""
        try:
            with self.directory(parts[:-1]) as above:
                status = os.stat(parts[-1] if parts else ".", dir_fd=above, follow_symlinks=False)
        except (OSError, NotFound, Conflict, BadRequest):
            return None
        return status if stat.S_ISDIR(status.st_mode) or is_ordinary(status) else None

    def make(self, parts: Sequence[str]) -> None:
        """Make the folder, and those above it, where they are missing. Conflict when a file is in the way."""
        with _writing(parts), self.directory(parts, create=True):
            pass

    def remove(self, parts: Sequence[str]) -> None:
        """Remove a file, or a folder that is empty.

        Conflict when it is not empty; NotFound for what is not shown.
        """
        with self.directory(parts[:-1]) as above:
            name = _last(parts)
            status = self.status(parts)
            if status is None:
                raise NotFound(f"There is no file {'/'.join(parts)}.")
            try:
                if stat.S_ISDIR(status.st_mode):
                    os.rmdir(name, dir_fd=above)
                else:
                    os.unlink(name, dir_fd=above)
            except FileNotFoundError:
                raise NotFound(f"There is no file {'/'.join(parts)}.") from None
            except OSError:
                raise Conflict(f"{name} is not empty. Remove what is in it first.") from None

    def move(self, old: Sequence[str], new: Sequence[str]) -> None:
        """Move or rename. Conflict when the new name is taken."""
        with self.directory(old[:-1]) as source, self.directory(new[:-1]) as target:
            name, new_name = _last(old), _last(new)
            if self.status(old) is None:
                raise NotFound(f"There is no file {'/'.join(old)}.")
            try:
                os.stat(new_name, dir_fd=target, follow_symlinks=False)
            except FileNotFoundError:
                os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
            else:
                raise Conflict(f"There is a {'/'.join(new)} already.")

    def copy_tree(self, source: Sequence[str], target: Sequence[str], limit: int) -> None:
        """Copy a folder's ordinary files and folders; links, and what lies too deep, are left out.

        `target` must not be there yet. TooLarge once more than `limit` bytes have been met; what was copied
        so far stays for the student to see.
        """
        for name, status in self.names(source).items():
            if len(target) + 1 >= MAX_PARTS:
                continue
            if stat.S_ISDIR(status.st_mode):
                with self.directory([*target, name], create=True):
                    pass
                self.copy_tree([*source, name], [*target, name], limit)
            else:
                content = self.read([*source, name], limit)
                limit -= len(content)
                self.write_new([*target, name], content)


def is_ordinary(status: os.stat_result) -> bool:
    """A regular file with this one name: a second one may lie where the student must not read."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


@contextmanager
def _writing(parts: Sequence[str]) -> Iterator[None]:
    """Say in a sentence why the system did not let us write: a full disk, a folder that just went away."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise Unavailable(f"{'/'.join(parts)} could not be written: {why}.") from error


def _check_name(name: str) -> None:
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise BadRequest("That is not a path of your folder.")


def _last(parts: Sequence[str]) -> str:
    if not parts:
        raise BadRequest("That is your folder itself, not a file in it.")
    _check_name(parts[-1])
    return parts[-1]


def _too_large(parts: Sequence[str], limit: int) -> str:
    return f"{parts[-1]} is too large: the limit is {max(1, limit >> 20)} MB."


def _refuse_folder(above: int, name: str) -> None:
    try:
        if stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
            raise Conflict(f"{name} is a folder.")
    except FileNotFoundError:
        pass


def _write_spare(above: int, content: bytes) -> str:
    """A new file under a random hidden name in the directory `above`; the name."""
    spare = f".~{secrets.token_hex(8)}"
    fd = os.open(spare, _NEW_FLAGS, 0o644, dir_fd=above)
    try:
        _write_all(fd, content)
        os.fsync(fd)
    except BaseException:
        _forget(spare, above)
        raise
    finally:
        os.close(fd)
    return spare


def _forget(spare: str, above: int) -> None:
    try:
        os.unlink(spare, dir_fd=above)
    except FileNotFoundError:
        pass  # a kernel was quicker


def _write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
