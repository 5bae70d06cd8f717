"""What a section of `make eval` is: data it looks for, and the table it makes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """Figures of one data set, and what went wrong in it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    misses: tuple[str, ...] = field(default=())
    """One line each: what was wanted, what came instead."""

    def text(self, most_misses: int) -> str:
        """As Markdown, with the first `most_misses` misses as a list."""
        lines = [f"### {self.title}", "", _row(self.columns), _row(["---"] * len(self.columns))]
        lines += [_row(row) for row in self.rows]
        shown = self.misses[:most_misses]
        lines += ["", *(f"- {miss}" for miss in shown)] if shown else []
        if len(self.misses) > len(shown):
            lines.append(f"- … {len(self.misses) - len(shown)} more (`--misses N` shows more)")
        return "\n".join(lines)


@dataclass(frozen=True)
class Section:
    """One thing that is evaluated."""

    name: str
    """What `--only` calls it."""
    reads: tuple[str, ...] = ()
    """Patterns of its files in the data folder."""
    evaluate: Callable[[Path], Table] | None = None
    """Evaluates one such file. Writes nothing outside of temporary folders."""
    own: Callable[[], Iterable[Table]] | None = None
    """Evaluates what needs no data from outside."""

    def tables(self, folder: Path | None) -> Iterator[Table]:
        """Its own tables, then one for each of its files; without a folder only its own."""
        if self.own is not None:
            yield from self.own()
        for file in self.files(folder) if folder is not None else ():
            assert self.evaluate is not None
            yield self.evaluate(file)

    def files(self, folder: Path) -> list[Path]:
        """Its files in the data folder, by name; none where there are none."""
        return sorted({path for pattern in self.reads for path in folder.glob(pattern)})


def share(hits: int, of: int) -> str:
    """`98/100 (98.0 %)`; `-` of nothing."""
    return f"{hits}/{of} ({100 * hits / of:.1f} %)" if of else "-"


def learnflow(*args: str, stdin: str = "") -> str:
    """What the `learnflow` command prints. CalledProcessError when it cannot run (exit code above 1)."""
    done = subprocess.run(
        [sys.executable, "-m", "learnflow_ext.cli", *args], input=stdin, capture_output=True, text=True
    )
    if done.returncode > 1:
        raise subprocess.CalledProcessError(done.returncode, args[:1], done.stdout, done.stderr)
    return done.stdout


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
