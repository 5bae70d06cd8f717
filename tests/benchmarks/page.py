"""`make bench`: every benchmark of this folder, one after the other, on one page.

`test-results/performance.md` holds what each printed, with the machine and how busy it was. A benchmark is a
program that prints Markdown; what it says on stderr is kept beside the page. Exit code 1 when one fails.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = Path("test-results/performance.md")
FIRST = "bench"
"""What people wait for in the classroom itself."""


def programs(folder: Path = FOLDER) -> list[Path]:
    """All benchmarks, those of the classroom first."""
    found = (path for path in folder.glob("*.py") if path.stem != Path(__file__).stem)
    return sorted(found, key=lambda path: (path.stem != FIRST, path.name))


def title(program: Path) -> str:
    """The first line of its docstring, without the command and the full stop."""
    first = (ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or program.stem).splitlines()[
        0
    ]
    said = first.removeprefix("`make bench`: ").rstrip(".")
    return said[:1].upper() + said[1:]


def head() -> str:
    """The machine, and when."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"# Measured on {datetime.now(UTC):%Y-%m-%d}\n\n"
        f"{os.cpu_count()} cores, {platform.machine()}, {memory:.0f} GiB of memory, "
        f"Linux {platform.release()}, Python {platform.python_version()}. *Load* is how many programs "
        "wanted to run in the minute before: above the number of cores everything waits for others. "
        "What is aimed at, and what each figure is held against, is in `docs/performance.md`.\n"
    )


def measured(program: Path, logs: Path) -> Iterator[str]:
    """Its part of the page, line by line while it runs; the last line says so when it failed."""
    yield f"\n## {title(program)}\n\n`{program.name}`, load {os.getloadavg()[0]:.1f} at the start.\n\n"
    log = logs / f"{program.stem}.log"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, str(program)], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as run,
    ):
        assert run.stdout is not None, "it is a pipe"
        yield from run.stdout
    if run.returncode:
        yield f"\n**It failed** (exit code {run.returncode}); {log} has the reason.\n"


def write(page: Path, wanted: Sequence[Path]) -> bool:
    """Run `wanted`, and write and print the page as it grows. Whether all of them went well."""
    page.parent.mkdir(parents=True, exist_ok=True)
    well = True
    with page.open("w", encoding="utf-8") as out:
        out.write(head())
        print(head(), end="")
        for program in wanted:
            for line in measured(program, page.parent):
                out.write(line)
                out.flush()
                print(line, end="", flush=True)
                well = well and "**It failed**" not in line
    return well


def main() -> int:
    """All of them, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="such as: kernels events")
    parser.add_argument("--page", type=Path, default=PAGE)
    chosen = parser.parse_args()
    known = {path.stem: path for path in programs()}
    unknown = [name for name in chosen.only if name not in known]
    if unknown:
        parser.error(f"There is no benchmark {unknown[0]}, only: {', '.join(known)}.")
    well = write(chosen.page, [known[name] for name in chosen.only] or list(known.values()))
    print(f"\nAll of it is in {chosen.page}.")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
