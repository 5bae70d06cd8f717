"""`make bench` puts what every benchmark says on one page, and says which one failed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
spec = importlib.util.spec_from_file_location("bench_page", BENCHMARKS / "page.py")
assert spec is not None and spec.loader is not None
page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(page)


def test_every_benchmark_is_on_it_and_has_a_title() -> None:
    found = page.programs()
    assert found[0].stem == "bench"
    assert {path.stem for path in found} == {path.stem for path in BENCHMARKS.glob("*.py")} - {"page"}
    titles = [page.title(path) for path in found]
    assert len(set(titles)) == len(titles)
    assert all(len(title.split()) > 3 for title in titles)


def test_what_they_print_and_who_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text('"""How fast is good?"""\nprint("| good | 3 ms |")\n')
    bad.write_text('"""How fast is bad?"""\nprint("| bad |")\nraise SystemExit("it hurts")\n')
    target = tmp_path / "results" / "performance.md"
    assert not page.write(target, [bad, good])
    text = target.read_text()
    assert text == capsys.readouterr().out
    assert text.index("## How fast is bad?") < text.index("**It failed** (exit code 1)")
    assert text.index("**It failed**") < text.index("## How fast is good?") < text.index("| good | 3 ms |")
    assert "it hurts" in (target.parent / "bad.log").read_text()
    assert page.write(target, [good])
    assert "failed" not in target.read_text()
