"""Each user has one uid, for ever."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from learnflow_hub import uids as module
from learnflow_hub.uids import BLOCK, BLOCKS, BLOCKS_FROM, UidRegistry


def test_users_get_one_after_the_other_and_keep_it(tmp_path: Path) -> None:
    first = UidRegistry(tmp_path).uid_of("ada")
    assert UidRegistry(tmp_path).uid_of("ben") == first + 1
    assert UidRegistry(tmp_path).uid_of("ada") == first


def test_an_admin_may_say_where_they_begin(tmp_path: Path) -> None:
    assert UidRegistry(tmp_path, 40_000).uid_of("ada") == 40_000
    assert UidRegistry(tmp_path, 40_000).uid_of("ben") == 40_001


class TestTwoClassroomsOnOneMachine:
    """A uid they shared would let one's student signal, and own the files of, the other's."""

    def test_each_has_a_block_of_its_own(self, tmp_path: Path) -> None:
        folders = [tmp_path / name for name in ("north", "south", "west")]
        for folder in folders:
            folder.mkdir()
        blocks = {UidRegistry(folder).uid_of("ada") // BLOCK for folder in folders}
        assert len(blocks) == 3

    def test_blocks_lie_where_nobody_else_gives_out_numbers(self) -> None:
        for _ in range(50):
            first = module.free_block()
            assert BLOCKS_FROM <= first < first + BLOCK <= BLOCKS_FROM + BLOCKS * BLOCK <= 2**31
            assert first % BLOCK == 0

    def test_a_block_somebody_runs_in_is_not_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = SimpleNamespace(info={"uids": SimpleNamespace(real=BLOCKS_FROM + 7)})
        hidden = SimpleNamespace(info={"uids": None})
        monkeypatch.setattr("psutil.process_iter", lambda attrs: [other, hidden])
        draws = iter([0, 0, 3])
        monkeypatch.setattr("secrets.randbelow", lambda limit: next(draws))
        assert module.free_block() == BLOCKS_FROM + 3 * BLOCK

    def test_a_classroom_of_an_earlier_version_goes_on_as_it_began(self, tmp_path: Path) -> None:
        (tmp_path / "uids.json").write_text('{"ada": 200000, "ben": 200001}')
        assert UidRegistry(tmp_path).uid_of("ben") == 200_001
        assert UidRegistry(tmp_path).uid_of("chen") == 200_002


def test_many_at_once_never_share_one(tmp_path: Path) -> None:
    names = [f"student-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        uids = list(pool.map(lambda name: UidRegistry(tmp_path).uid_of(name), names * 2))
    assert uids[:40] == uids[40:]
    assert len(set(uids)) == 40


class TestDamagedRegister:
    """Going on would hand one student's files to another."""

    @pytest.mark.parametrize(
        "content", ['{"ada": 0}', '{"ada": "200000"}', "[200000]", '{"ada": 200000, "ben": 200000}']
    )
    def test_it_is_refused(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "uids.json").write_text(content)
        with pytest.raises(ValueError, match="restore it from a backup"):
            UidRegistry(tmp_path).uid_of("chen")
        assert (tmp_path / "uids.json").read_text() == content

    def test_half_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "uids.json").write_text('{"ada": 2000')
        with pytest.raises(ValueError):
            UidRegistry(tmp_path).uid_of("chen")


def test_a_full_disk_leaves_the_old_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = UidRegistry(tmp_path).uid_of("ada")

    def crash(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="disk full"):
        UidRegistry(tmp_path).uid_of("ben")
    assert json.loads((tmp_path / "uids.json").read_text()) == {"ada": first}
