"""Each user has one uid, for ever."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from learnflow_hub.uids import FIRST_UID, UidRegistry


def test_the_first_user_gets_the_first_uid_and_keeps_it(tmp_path: Path) -> None:
    assert UidRegistry(tmp_path).uid_of("ada") == FIRST_UID
    assert UidRegistry(tmp_path).uid_of("ben") == FIRST_UID + 1
    assert UidRegistry(tmp_path).uid_of("ada") == FIRST_UID


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
    UidRegistry(tmp_path).uid_of("ada")

    def crash(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="disk full"):
        UidRegistry(tmp_path).uid_of("ben")
    assert json.loads((tmp_path / "uids.json").read_text()) == {"ada": FIRST_UID}
