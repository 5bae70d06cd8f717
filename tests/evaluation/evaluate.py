"""`make eval`: how good LearnFlow's judgement is, on data that is not part of the repository.

Prints what needs no data, then reads the folder in `LEARNFLOW_EVAL_DATA`: a table for each file a section
knows. Keeps nothing.
To add a section: a module `section_<name>.py` with a `SECTION`, and its name in `SECTIONS`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

# Exercises and servers that tests use as well.
sys.path.append(str(Path(__file__).parents[1] / "support"))

from section import Section

SECTIONS = ("leaks", "errors", "triage", "mastery", "hints", "suspects", "grading")
NO_DATA = (
    "Nothing more to evaluate: LEARNFLOW_EVAL_DATA names no folder. Put the data into a folder outside of the"
    " repository,\nand run: make eval LEARNFLOW_EVAL_DATA=/path/to/it\nIt is searched for: {patterns}."
)


def sections() -> list[Section]:
    """All there are, in order."""
    found = []
    for name in SECTIONS:
        section = importlib.import_module(f"section_{name}").SECTION
        assert isinstance(section, Section)
        found.append(section)
    return found


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when it evaluated something or was given no folder, 2 when the folder is no use."""
    parser = argparse.ArgumentParser(description="Evaluate LearnFlow on the data in LEARNFLOW_EVAL_DATA.")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section; may be repeated")
    parser.add_argument("--misses", type=int, default=10, help="misses shown under each table (default 10)")
    options = parser.parse_args(argv)
    chosen = [each for each in sections() if not options.only or each.name in options.only]
    patterns = ", ".join(pattern for each in chosen for pattern in each.reads)
    named = os.environ.get("LEARNFLOW_EVAL_DATA", "")
    folder = Path(named) if named else None
    if folder is not None and not folder.is_dir():
        print(f"LEARNFLOW_EVAL_DATA is {named!r}, and there is no such folder.", file=sys.stderr)
        return 2
    tables = 0
    for section in chosen:
        for table in section.tables(folder):
            print(table.text(options.misses), end="\n\n", flush=True)
            tables += 1
    if folder is None and patterns:
        print(NO_DATA.format(patterns=patterns))
    elif not tables:
        print(f"{folder} has none of: {patterns}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
