"""What `learnflow demo` says, and what it decides by itself."""

from __future__ import annotations

import importlib.util
import json
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from learnflow_hub.state import State
from typer.testing import CliRunner

from learnflow_ext.cli.commands import app
from learnflow_ext.cli.demo import announce, default_state, make_passwords, open_browser

PASSWORDS = {name: f"secret-{name}" for name in ("teacher", "ada", "ben", "chen", "admin")}
ROOM: Any = SimpleNamespace(url="http://127.0.0.1:8000")


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A prepared state folder."""
    state = State(tmp_path / "state")
    state.prepare()
    return state


def test_a_plain_installation_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "nativeauthenticator" else found(name)
    )
    result = CliRunner().invoke(app, ["demo", "--state", str(tmp_path)])
    assert result.exit_code == 2
    assert "pip install 'learnflow-ext[kernels,grading,hub]'" in result.stderr


class TestWhere:
    def test_in_a_checkout_the_state_lies_there(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "jupyterhub_config.py").touch()
        monkeypatch.chdir(tmp_path)
        assert default_state().resolve() == tmp_path / ".learnflow"

    def test_elsewhere_in_the_home_folder(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert default_state() == tmp_path / "home" / ".learnflow"


class TestPasswords:
    def test_the_first_start_makes_them(self, state: State) -> None:
        assert set(make_passwords(state, renew=False)) == set(PASSWORDS)
        assert state.new_accounts.exists()

    def test_a_start_that_failed_before_showing_them_does_not_count(self, state: State) -> None:
        first = make_passwords(state, renew=False)
        second = make_passwords(state, renew=False)
        assert second and second != first

    def test_later_starts_leave_them(self, state: State) -> None:
        state.passwords_shown.touch()
        assert make_passwords(state, renew=False) == {}
        assert not state.new_accounts.exists()

    def test_new_ones_on_request(self, state: State) -> None:
        state.passwords_shown.touch()
        assert make_passwords(state, renew=True)


class TestAnnouncement:
    def test_who_can_sign_in_where(self, state: State, capsys: pytest.CaptureFixture[str]) -> None:
        announce(ROOM, state, PASSWORDS, as_json=False)
        said = capsys.readouterr().out
        assert "http://127.0.0.1:8000\n" in said
        assert "http://127.0.0.1:8000/services/learnflow/" in said
        assert str(state.root) in said
        assert all(password in said for password in PASSWORDS.values())

    def test_a_later_start_says_how_to_get_new_passwords(
        self, state: State, capsys: pytest.CaptureFixture[str]
    ) -> None:
        announce(ROOM, state, {}, as_json=False)
        said = capsys.readouterr().out
        assert "printed at the first start" in said
        assert "--new-passwords" in said and "--reset" in said

    def test_programs_get_one_line(self, state: State, capsys: pytest.CaptureFixture[str]) -> None:
        announce(ROOM, state, PASSWORDS, as_json=True)
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line) == {
            "url": "http://127.0.0.1:8000",
            "dashboard": "http://127.0.0.1:8000/services/learnflow/",
            "state": str(state.root),
            "passwords": PASSWORDS,
        }


@pytest.mark.parametrize(
    ("wanted", "desktop", "opened"),
    [(True, False, True), (False, True, False), (None, True, True), (None, False, False)],
)
def test_the_browser_opens_when_wanted_or_when_somebody_sits_there(
    monkeypatch: pytest.MonkeyPatch, wanted: bool | None, desktop: bool, opened: bool
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    monkeypatch.setattr("sys.stdout.isatty", lambda: desktop, raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    open_browser("http://127.0.0.1:8000", wanted)
    assert bool(seen) is opened
