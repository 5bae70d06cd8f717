"""Which failures get a second chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import again

REAL = ["tests/integration/hub/test_a.py::test_one[x]", "tests/e2e/test_b.py::TestB::test_two"]


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (REAL, True),
        ([], False),
        ([*REAL, "tests/unit/test_c.py::test_three"], False),
        ([f"{REAL[0]}{count}" for count in range(again.MOST + 1)], False),
    ],
    ids=["real parts", "none", "a unit test among them", "too many"],
)
def test_who_deserves_it(failed: list[str], expected: bool) -> None:
    assert again.deserve_it(failed) is expected


class TestCommand:
    @pytest.fixture
    def ran(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        calls: list[list[str]] = []

        def run(command: list[str]) -> Any:
            calls.append(command)
            return type("Done", (), {"returncode": 1 if "broken" in command[-1] else 0})

        monkeypatch.setattr("subprocess.run", run)
        return calls

    @staticmethod
    def cache(folder: Path, *failed: str) -> Path:
        (folder / "v/cache").mkdir(parents=True)
        (folder / "v/cache/lastfailed").write_text(json.dumps(dict.fromkeys(failed, True)))
        return folder

    def test_what_passes_alone_is_named(
        self, tmp_path: Path, ran: list[list[str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert again.main(self.cache(tmp_path, *REAL), 1) == 0
        assert [command[-1] for command in ran] == sorted(REAL), "each in a process of its own"
        assert "UNSTEADY" in capsys.readouterr().out

    def test_what_is_broken_fails_again(self, tmp_path: Path, ran: list[list[str]]) -> None:
        assert again.main(self.cache(tmp_path, "tests/e2e/test_broken.py::test", REAL[0]), 1) == 1
        assert len(ran) == 2

    def test_without_a_list_of_failures_the_run_has_failed(
        self, tmp_path: Path, ran: list[list[str]]
    ) -> None:
        assert again.main(tmp_path, 1) == 1
        assert ran == []

    def test_a_run_that_did_not_get_through_is_not_saved(self, tmp_path: Path, ran: list[list[str]]) -> None:
        assert again.main(self.cache(tmp_path, *REAL), 3) == 3
        assert ran == []
