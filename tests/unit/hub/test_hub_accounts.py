"""Generated passwords, their way into the hub, and what signing in says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from jupyterhub import orm
from learnflow_hub.accounts import (
    generate_password,
    generate_passwords,
    main,
    waiting_accounts,
    write_new_accounts,
)
from learnflow_hub.authenticator import ClassroomAuthenticator
from nativeauthenticator.orm import UserInfo
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

RIGHT = "correct-horse"


@pytest.fixture
def db() -> Iterator[Session]:
    """The hub's database, in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    orm.Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def authenticator(db: Session) -> ClassroomAuthenticator:
    """One that knows ada, whose password is RIGHT."""
    authenticator = ClassroomAuthenticator(db=db)
    hashed = bcrypt.hashpw(RIGHT.encode(), bcrypt.gensalt(4))
    db.add(UserInfo(username="ada", password=hashed, is_authorized=True))
    db.commit()
    return authenticator


async def sign_in(authenticator: ClassroomAuthenticator, **data: str) -> Any:
    return await authenticator.authenticate(None, data)


class TestGenerated:
    def test_passwords_are_typed_by_hand(self) -> None:
        password = generate_password()
        assert len(password) == 14
        assert not set(password) & set("lo10iO")

    def test_each_is_different(self) -> None:
        assert len({generate_password() for _ in range(200)}) == 200

    def test_only_hashes_reach_the_disk_and_only_for_us(self, tmp_path: Path) -> None:
        passwords = generate_passwords(["ada", "ben"])
        file = tmp_path / "new.json"
        write_new_accounts(file, passwords)
        assert file.stat().st_mode & 0o777 == 0o600
        assert not any(password in file.read_text() for password in passwords.values())
        for name, password_hash in waiting_accounts(file).items():
            assert bcrypt.checkpw(passwords[name].encode(), password_hash)

    def test_no_file_means_no_accounts(self, tmp_path: Path) -> None:
        assert waiting_accounts(tmp_path / "missing") == {}


class TestByHand:
    def test_a_name_gets_a_password_that_is_printed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(tmp_path / "state"), "dora"]) == 0
        assert main([str(tmp_path / "state"), "emil"]) == 0
        said = capsys.readouterr().out
        waiting = waiting_accounts(tmp_path / "state" / "hub" / "new-accounts.json")
        assert set(waiting) == {"dora", "emil"}
        (password,) = [line.split()[1] for line in said.splitlines() if line.startswith("dora")]
        assert bcrypt.checkpw(password.encode(), waiting["dora"])

    @pytest.mark.parametrize("arguments", [[], ["state", "../x"]])
    def test_what_cannot_be_done_changes_nothing(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert main(arguments) == 2
        assert capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []


class TestStart:
    async def test_waiting_accounts_are_stored_once(self, db: Session, tmp_path: Path) -> None:
        file = tmp_path / "new.json"
        write_new_accounts(file, {"ben": "the-password"})
        authenticator = ClassroomAuthenticator(db=db, new_accounts_file=str(file))
        assert not file.exists()
        assert await sign_in(authenticator, username="ben", password="the-password") == "ben"

    async def test_a_new_password_replaces_the_old_one(self, db: Session, tmp_path: Path) -> None:
        for password in ("first-password", "second-password"):
            write_new_accounts(tmp_path / "new.json", {"ben": password})
            authenticator = ClassroomAuthenticator(db=db, new_accounts_file=str(tmp_path / "new.json"))
        assert await sign_in(authenticator, username="ben", password="first-password") is None
        assert await sign_in(authenticator, username="ben", password="second-password") == "ben"
        assert db.query(UserInfo).count() == 1

    def test_a_damaged_file_stops_the_hub_and_is_kept(self, db: Session, tmp_path: Path) -> None:
        (tmp_path / "new.json").write_text("{")
        with pytest.raises(json.JSONDecodeError):
            ClassroomAuthenticator(db=db, new_accounts_file=str(tmp_path / "new.json"))
        assert (tmp_path / "new.json").exists()


class TestSigningIn:
    async def test_the_right_password_is_let_in(self, authenticator: ClassroomAuthenticator) -> None:
        assert await sign_in(authenticator, username="ada", password=RIGHT) == "ada"

    async def test_names_are_not_case_sensitive(self, authenticator: ClassroomAuthenticator) -> None:
        assert await sign_in(authenticator, username="ADA", password=RIGHT) == "ada"

    @pytest.mark.parametrize(
        "password", ["", "wrong", RIGHT + "x", RIGHT.upper(), "x" * 73, "ü" * 40, "a\0b"]
    )
    async def test_every_other_password_is_simply_wrong(
        self, authenticator: ClassroomAuthenticator, password: str
    ) -> None:
        assert await sign_in(authenticator, username="ada", password=password) is None
        assert await sign_in(authenticator, username="ada", password=RIGHT) == "ada", "nobody is locked out"

    async def test_unknown_names_and_missing_fields_are_wrong_too(
        self, authenticator: ClassroomAuthenticator
    ) -> None:
        assert await sign_in(authenticator, username="zoe", password=RIGHT) is None
        assert await sign_in(authenticator, username="ada") is None
        assert await sign_in(authenticator) is None

    async def test_an_account_that_was_closed_stays_out(
        self, authenticator: ClassroomAuthenticator, db: Session
    ) -> None:
        db.query(UserInfo).one().is_authorized = False
        assert await sign_in(authenticator, username="ada", password=RIGHT) is None

    async def test_a_limit_on_failures_can_be_set(self, authenticator: ClassroomAuthenticator) -> None:
        authenticator.allowed_failed_logins = 1
        assert await sign_in(authenticator, username="ada", password="wrong") is None
        assert await sign_in(authenticator, username="ada", password=RIGHT) is None

    def test_nobody_can_sign_up(self, authenticator: ClassroomAuthenticator, db: Session) -> None:
        assert authenticator.create_user("mallory", "a-long-password") is None
        assert not any("signup" in pattern for pattern, _ in authenticator.get_handlers(None))
        assert db.query(UserInfo).count() == 1

    def test_a_password_bcrypt_cannot_take_is_not_strong(self, authenticator: ClassroomAuthenticator) -> None:
        assert authenticator.change_password("ada", "y" * 73) is None
        assert authenticator.change_password("ada", "short") is None
        assert authenticator.change_password("ada", "long-enough") is True
