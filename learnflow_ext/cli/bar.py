"""A progress bar for whoever watches a terminal; nothing for programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import typer


@contextlib.contextmanager
def progress(length: int, label: str, *, hidden: bool) -> Iterator[Callable[[int], None]]:
    """A bar of `length` steps on stderr; what it gives is called with how many more are done.

    Without a terminal, and when `hidden`, nothing is shown.
    """
    if hidden or not sys.stderr.isatty():
        yield lambda steps: None
        return
    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update
