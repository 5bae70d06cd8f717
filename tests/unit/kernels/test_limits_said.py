"""What a student is told when a limit was hit."""

from __future__ import annotations

import errno

import pytest
from learnflow_kernels.endings import why_ended
from learnflow_kernels.limits import limit_hit, limits_env

ENV = limits_env(memory_mb=512, processes=64, open_files=1024, file_size_mb=100)


class LiesAboutItself(OSError):
    @property
    def errno(self) -> int:  # type: ignore[override]  # that is the point of it
        raise SystemExit


@pytest.mark.parametrize(
    ("error", "name", "number"),
    [
        (MemoryError(), "memory", "512 MB"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory", "512 MB"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "processes", "64"),
        (RuntimeError("can't start new thread"), "processes", "64"),
        (OSError(errno.EMFILE, "Too many open files"), "open_files", "1024"),
        (OSError(errno.EFBIG, "File too large"), "file_size", "100 MB"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk", "folder"),
    ],
)
def test_the_sentence_names_the_limit(error: Exception, name: str, number: str) -> None:
    hit = limit_hit(error, ENV)
    assert hit is not None
    assert hit.name == name
    assert number in hit.sentence
    unknown = limit_hit(error, {})
    assert unknown is not None
    assert unknown.sentence


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        RuntimeError("x"),
        OSError("no number"),
        FileNotFoundError(2, "x"),
        LiesAboutItself("x"),
        BlockingIOError(errno.EAGAIN, "a locked file", "name.txt"),
    ],
)
def test_any_other_error_is_no_limit(error: Exception) -> None:
    assert limit_hit(error, ENV) is None


@pytest.mark.parametrize(
    ("status", "oom", "words"),
    [
        (137, True, "This cell used more than 512 MB, so it was stopped. Your notebook is safe"),
        (-9, True, "more than 512 MB"),
        (137, False, "most likely because it used too much memory (you have 512 MB)"),
        (139, False, "crashed while this cell was running (SIGSEGV)"),
        (134, True, "SIGABRT"),
        (143, False, "by a signal (15)"),
        (0, False, "status 0"),
        (3, True, "status 3"),
    ],
)
def test_why_a_kernel_ended(status: int, oom: bool, words: str) -> None:
    said = why_ended(status, memory_mb=512, out_of_memory=oom)
    assert words in said
    assert "Your notebook is safe" in said
