"""`learnflow privacy`, as an admin runs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.store import courses, submissions
from learnflow_ext.store.database import Database

Run = Callable[..., Any]
"""The fixture `learnflow`."""


def handed_in(url: str, folder: Path, student: str = "ada") -> Path:
    """A submission by `student`, kept in `folder` as the service does it."""
    folder.mkdir(parents=True)
    (folder / "n.ipynb").write_text("{}")

    async def write() -> None:
        db = Database(url)
        await db.open()
        async with db.begin() as conn:
            await courses.sync_assignment(conn, "c", "a", "A", [("n", "e", 1.0)])
            await submissions.create(
                conn, course="c", assignment="a", student=student, files_path=str(folder), size=2
            )
        await db.close()

    asyncio.run(write())
    return folder


@pytest.fixture
def kept(state: Path, record: Callable[..., None]) -> Path:
    """Ada asked something, and handed something in; the folder of that."""
    record(HelpAsked(course="c", student="ada", request_id="1", text="why? \x1b[2J", agent="tutor"))
    return handed_in(f"sqlite:///{state}/learnflow.sqlite", state / "submissions" / "0a1b")


class TestExport:
    def test_to_the_screen(self, learnflow: Run, state: Path, kept: Path) -> None:
        ended = learnflow("privacy", "export", "ada", "--state", str(state))
        assert (ended.code, ended.err) == (0, "")
        assert "\x1b" not in ended.out
        assert json.loads(ended.out)["submissions"][0]["files_path"] == str(kept)

    def test_to_a_new_file_that_only_the_admin_reads(
        self, learnflow: Run, state: Path, kept: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "ada.json"
        arguments = ("privacy", "export", "ada", "--state", str(state), "--out", str(out))
        assert learnflow(*arguments).code == 0
        assert json.loads(out.read_text())["users"][0]["name"] == "ada"
        assert out.stat().st_mode & 0o777 == 0o600
        again = learnflow(*arguments)
        assert again.code == 2
        assert "is there already" in again.err

    def test_of_somebody_unknown(self, learnflow: Run, state: Path, tmp_path: Path) -> None:
        ended = learnflow("privacy", "export", "adda", "--state", str(state), "--out", str(tmp_path / "x"))
        assert ended.code == 1
        assert "'adda'" in ended.err
        assert not (tmp_path / "x").exists()

    @pytest.mark.parametrize("name", ["", "a\0b", "x" * 10_000, "\udcff", "ada'; --"])
    def test_of_a_strange_name(self, learnflow: Run, database_url: str, name: str) -> None:
        asyncio.run(Database(database_url).upgrade())
        ended = learnflow("privacy", "export", name, "--database-url", database_url)
        assert ended.code == 1
        assert "Nothing is held about" in ended.err


class TestErase:
    def test_not_without_yes(self, learnflow: Run, state: Path, kept: Path) -> None:
        ended = learnflow("privacy", "erase", "ada", "--state", str(state))
        assert ended.code == 2
        assert "--yes" in ended.err
        assert kept.exists()
        assert learnflow("privacy", "export", "ada", "--state", str(state)).code == 0

    def test_rows_and_files_go_and_it_says_what_stays(self, learnflow: Run, state: Path, kept: Path) -> None:
        other = handed_in(f"sqlite:///{state}/learnflow.sqlite", state / "submissions" / "bob", "bob")
        ended = learnflow("privacy", "erase", "ada", "--state", str(state), "--yes")
        assert (ended.code, ended.err) == (0, "")
        assert "submissions: 1" in ended.out
        for words in ("hub's account", "nbgrader's gradebook", "blind grading", "Kafka", "backups"):
            assert words in ended.out
        assert "marks.sqlite" in ended.out
        assert not kept.exists()
        assert other.exists()
        again = learnflow("privacy", "erase", "ada", "--state", str(state), "--yes")
        assert again.code == 1
        assert "was erased" in again.err

    def test_the_configuration_says_where_the_files_are(
        self, learnflow: Run, state: Path, kept: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "jupyterhub_config.py").write_text(f"c.LearnFlow.state_dir = {str(state)!r}\n")
        assert learnflow("privacy", "erase", "ada", "--yes").code == 0
        assert not kept.exists()

    def test_files_whose_place_is_not_known_are_named(
        self, learnflow: Run, database_url: str, tmp_path: Path
    ) -> None:
        kept = handed_in(database_url, tmp_path / "elsewhere" / "0a1b")
        ended = learnflow("privacy", "erase", "ada", "--database-url", database_url, "--yes")
        assert ended.code == 1
        assert str(kept) in ended.out
        assert kept.exists()

    def test_a_path_outside_the_state_folder_is_not_followed(
        self, learnflow: Run, state: Path, record: Callable[..., None], tmp_path: Path
    ) -> None:
        outside = handed_in(f"sqlite:///{state}/learnflow.sqlite", tmp_path / "precious")
        (state / "submissions").mkdir()
        ended = learnflow("privacy", "erase", "ada", "--state", str(state), "--yes")
        assert ended.code == 1
        assert outside.exists()

    def test_without_a_database_it_cannot_run(self, learnflow: Run, tmp_path: Path) -> None:
        ended = learnflow("privacy", "erase", "ada", "--state", str(tmp_path / "no"), "--yes")
        assert ended.code == 2
        assert "There is no database" in ended.err
