"""`learnflow db` and `learnflow events`: exit codes, sentences, and lines for programs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from learnflow_ext import __version__
from learnflow_ext.cli import db as db_commands
from learnflow_ext.contracts.events import HelpAsked, RunFinished
from learnflow_ext.store import courses
from learnflow_ext.store.database import Database

Run = Callable[..., Any]
COMMAND = (sys.executable, "-c", "from learnflow_ext.cli import main; main()")


def asked(student: str, text: str, course: str = "python-basics") -> HelpAsked:
    return HelpAsked(course=course, student=student, request_id="r", text=text, agent="tutor")


def finished(student: str) -> RunFinished:
    return RunFinished(course="", student=student, run_id="1", notebook="n.ipynb", ok=True, duration_ms=3)


class TestHelp:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("--help",),
            ("db", "--help"),
            ("db", "check", "--help"),
            ("events", "tail", "-h"),
            ("service", "--help"),
            ("demo", "--help"),
        ],
    )
    def test_is_everywhere(self, learnflow: Run, arguments: tuple[str, ...]) -> None:
        ended = learnflow(*arguments)
        assert ended.code == 0
        assert "Usage" in ended.out

    def test_version(self, learnflow: Run) -> None:
        assert learnflow("--version").out.strip() == f"learnflow {__version__}"

    def test_an_unknown_command_cannot_run(self, learnflow: Run) -> None:
        assert learnflow("dance").code == 2


class TestDb:
    def test_upgrade_makes_the_tables_and_is_safe_to_repeat(self, learnflow: Run, tmp_path: Path) -> None:
        first = learnflow("db", "upgrade", "--state", str(tmp_path / "new"))
        again = learnflow("db", "upgrade", "--state", str(tmp_path / "new"))
        assert (first.code, again.code) == (0, 0)
        assert "upgraded from nothing" in first.out
        assert "nothing to do" in again.out
        assert first.err == again.err == ""

    def test_check_is_content_with_fresh_tables(self, learnflow: Run, state: Path) -> None:
        ended = learnflow("db", "check", "--state", str(state), "--json")
        assert ended.code == 0
        assert json.loads(ended.out)["condition"] == "current"

    def test_check_finds_newer_tables(self, learnflow: Run, state: Path) -> None:
        connection = sqlite3.connect(state / "learnflow.sqlite")
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.close()
        checked = learnflow("db", "check", "--state", str(state))
        assert (checked.code, checked.err) == (1, "")
        assert "newer LearnFlow" in checked.out
        upgraded = learnflow("db", "upgrade", "--state", str(state))
        assert upgraded.code == 2
        assert "newer LearnFlow" in upgraded.err

    def test_check_of_nothing_cannot_run_and_makes_nothing(self, learnflow: Run, tmp_path: Path) -> None:
        ended = learnflow("db", "check", "--state", str(tmp_path / "none"))
        assert ended.code == 2
        assert "There is no database at" in ended.err
        assert not (tmp_path / "none").exists()


class TestWhere:
    def test_the_configuration_in_this_folder_is_the_default(self, learnflow: Run, tmp_path: Path) -> None:
        (tmp_path / "jupyterhub_config.py").write_text("c.LearnFlow.state_dir = 'kept-here'\n")
        assert learnflow("db", "upgrade").code == 0
        assert (tmp_path / "kept-here" / "learnflow.sqlite").is_file()

    def test_a_configuration_can_be_named(self, learnflow: Run, tmp_path: Path) -> None:
        config = tmp_path / "elsewhere.py"
        config.write_text(f"c.LearnFlow.database_url = 'sqlite:///{tmp_path}/named.sqlite'\n")
        assert learnflow("db", "upgrade", "--config", str(config)).code == 0
        assert (tmp_path / "named.sqlite").is_file()

    def test_a_url_wins(self, learnflow: Run, tmp_path: Path, state: Path) -> None:
        url = f"sqlite:///{tmp_path}/other.sqlite"
        learnflow("db", "upgrade", "--database-url", url, "--state", str(state))
        assert (tmp_path / "other.sqlite").is_file()

    def test_no_configuration_says_what_to_say(self, learnflow: Run) -> None:
        ended = learnflow("db", "check")
        assert ended.code == 2
        assert "--config FILE, --state DIR or --database-url URL" in ended.err

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("1 / 0\n", "ZeroDivisionError"),
            ("def (:\n", "SyntaxError"),
            ("c.LearnFlow.state_dir = 5\n", "state_dir"),
            ("open('nowhere.txt')\n", "a file that is not there"),
        ],
    )
    def test_a_configuration_that_fails_is_explained_without_a_traceback(
        self, learnflow: Run, tmp_path: Path, text: str, sentence: str
    ) -> None:
        (tmp_path / "jupyterhub_config.py").write_text(text)
        ended = learnflow("events", "tail")
        assert ended.code == 2
        assert sentence in ended.err
        assert "Traceback" not in ended.err

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("mysql://me:hunter2@db/x", "cannot use `mysql`"),
            ("postgresql://me:hunter2@127.0.0.1:1/x", "does not answer: database x on 127.0.0.1:1"),
        ],
    )
    def test_a_database_we_cannot_use_is_named_without_its_password(
        self, learnflow: Run, url: str, sentence: str
    ) -> None:
        ended = learnflow("events", "tail", "--database-url", url)
        assert ended.code == 2
        assert sentence in ended.err
        assert "hunter2" not in ended.err


class TestEventsTail:
    def test_shows_the_latest_oldest_first(self, learnflow: Run, state: Path, record: Run) -> None:
        record(*(asked("ada", f"question {n}") for n in range(5)))
        ended = learnflow("events", "tail", "--state", str(state), "-n", "2")
        lines = ended.out.splitlines()
        assert ended.code == 0
        assert len(lines) == 2
        assert "question 3" in lines[0]
        assert "ada  python-basics  help.asked" in lines[1]

    def test_an_empty_record_shows_nothing(self, learnflow: Run, state: Path) -> None:
        assert learnflow("events", "tail", "--state", str(state)) == (0, "", "")

    @pytest.mark.parametrize(
        ("filters", "students"),
        [
            (("--student", "ben"), ["ben"]),
            (("--topic", "progress.events"), ["chen"]),
            (("--course", "python-basics"), ["ada", "ben"]),
            (("--course", "\udcff"), []),
        ],
    )
    def test_filters(
        self, learnflow: Run, state: Path, record: Run, filters: tuple[str, ...], students: list[str]
    ) -> None:
        record(asked("ada", "a"), asked("ben", "b"), finished("chen"))
        ended = learnflow("events", "tail", "--state", str(state), "--json", *filters)
        assert [json.loads(line)["student"] for line in ended.out.splitlines()] == students

    @pytest.mark.parametrize("name", ["nobody", "\udcff", "\x1b[2J"])
    @pytest.mark.parametrize("command", ["tail", "export"])
    def test_a_student_who_is_not_known_is_said_to_be_so(
        self, learnflow: Run, state: Path, record: Run, tmp_path: Path, command: str, name: str
    ) -> None:
        record(asked("ada", "a"))
        out = tmp_path / "events.jsonl"
        to_file = ("--out", str(out)) if command == "export" else ("--follow",)
        ended = learnflow("events", command, "--state", str(state), "--student", name, *to_file)
        assert (ended.code, ended.out) == (1, "")
        assert "Nobody is known here" in ended.err
        assert "\x1b" not in ended.err
        assert not out.exists()

    def test_json_has_every_field_on_one_line(self, learnflow: Run, state: Path, record: Run) -> None:
        record(asked("ada", "two\nlines"))
        (line,) = learnflow("events", "tail", "--state", str(state), "--json").out.splitlines()
        entry = json.loads(line)
        assert entry["type"] == "org.learnflow.help.asked.v1"
        assert entry["topic"] == "learning.requests"
        assert entry["data"]["text"] == "two\nlines"
        assert entry["sequence"] == 1

    def test_a_students_text_cannot_drive_the_terminal(
        self, learnflow: Run, state: Path, record: Run
    ) -> None:
        record(asked("ada", "\x1b]0;owned\x07 \x9b2J \u202e" + "x" * 500))
        for flags in ((), ("--json",)):
            out = learnflow("events", "tail", "--state", str(state), *flags).out
            assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out)

    def test_an_unknown_topic_is_refused_with_the_known_ones(self, learnflow: Run, state: Path) -> None:
        ended = learnflow("events", "tail", "--state", str(state), "--topic", "progress")
        assert ended.code == 2
        assert "progress.events" in ended.err

    def test_follow_goes_on_until_interrupted(self, state: Path, record: Run) -> None:
        record(asked("ada", "before"))
        with subprocess.Popen(
            [*COMMAND, "events", "tail", "--follow", "--json", "--state", str(state)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process:
            try:
                assert process.stdout is not None
                assert json.loads(process.stdout.readline())["data"]["text"] == "before"
                record(asked("ben", "meanwhile"), asked("ada", "after"))
                assert json.loads(process.stdout.readline())["data"]["text"] == "meanwhile"
                assert json.loads(process.stdout.readline())["data"]["text"] == "after"
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=20)
            finally:
                process.kill()
        assert process.returncode == 0
        assert errors == ""

    def test_a_reader_that_stops_early_is_no_error(self, state: Path, record: Run) -> None:
        record(*(asked("ada", "x" * 5_000) for _ in range(200)))
        with subprocess.Popen(
            [*COMMAND, "events", "tail", "--json", "-n", "1000", "--state", str(state)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.close()
            process.wait(timeout=20)
            assert process.stderr is not None
            assert process.stderr.read() == ""
        assert process.returncode == 0


class TestAMistakeOfOurs:
    def test_ends_in_a_sentence_with_an_id(
        self, learnflow: Run, monkeypatch: pytest.MonkeyPatch, state: Path
    ) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr(db_commands, "database", broken)
        ended = learnflow("db", "check", "--state", str(state))
        assert ended.code == 2
        assert "error " in ended.err
        assert "secret detail" not in ended.err
        monkeypatch.setenv("LEARNFLOW_DEBUG", "1")
        assert "secret detail" in learnflow("db", "check", "--state", str(state)).err


def test_the_service_is_started_with_its_configuration(
    learnflow: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from learnflow_ext.service import app

    started: list[list[str]] = []
    monkeypatch.setattr(app, "main", started.append)
    assert learnflow("service", "--config", "there/jupyterhub_config.py").code == 0
    assert started == [["--config", "there/jupyterhub_config.py"]]


class TestExport:
    def test_writes_every_event_once_oldest_first(
        self, learnflow: Run, state: Path, record: Callable[..., None], tmp_path: Path
    ) -> None:
        record(*(asked("ada", f"question {number}") for number in range(3)))
        shown = learnflow("events", "export", "--state", str(state))
        assert shown.code == 0
        lines = [json.loads(line) for line in shown.out.splitlines()]
        assert [line["data"]["text"] for line in lines] == ["question 0", "question 1", "question 2"]
        file = tmp_path / "events.jsonl"
        ended = learnflow("events", "export", "--state", str(state), "--out", str(file))
        assert (ended.code, ended.out) == (0, f"3 events written to {file}.\n")
        assert file.read_text() == shown.out
        assert file.stat().st_mode & 0o077 == 0
        again = learnflow("events", "export", "--state", str(state), "--out", str(file))
        assert again.code == 2
        assert "is there already" in again.err

    def test_filters_and_refuses_unknown_topics(self, learnflow: Run, state: Path) -> None:
        assert learnflow("events", "export", "--state", str(state), "--student", "nobody").out == ""
        ended = learnflow("events", "export", "--state", str(state), "--topic", "nope")
        assert ended.code == 2
        assert "no topic 'nope'" in ended.err

    def test_statements_are_under_a_pseudonym_and_hold_no_words(
        self, learnflow: Run, state: Path, record: Callable[..., None]
    ) -> None:
        record(asked("ada", "question 0"))
        home = "https://hub.school.example/services/learnflow/"
        options = ("events", "export", "--state", str(state), "--format", "xapi")
        shown = learnflow(*options, "--home", home)
        (line,) = [json.loads(line) for line in shown.out.splitlines()]
        assert line["actor"]["account"]["homePage"] == home.rstrip("/")
        assert len(line["actor"]["account"]["name"]) == 32
        assert not [word for word in ('"ada"', "question 0") if word in shown.out]
        assert shown.out == learnflow(*options, "--home", home).out, "sent again it is the same"
        ended = learnflow(*options)
        assert ended.code == 2
        assert "--home https://" in ended.err

    def test_statements_name_assignments_and_no_folders_of_students(
        self, learnflow: Run, state: Path, record: Callable[..., None]
    ) -> None:
        async def known() -> None:
            db = Database(f"sqlite:///{state}/learnflow.sqlite")
            await db.open()
            async with db.begin() as conn:
                await courses.ensure(conn, "c", "first")
            await db.close()

        asyncio.run(known())
        run = msgspec.structs.replace(finished("ada"), course="c")
        record(*(msgspec.structs.replace(run, assignment=each) for each in ("first", "dear-diary")))
        home = "https://hub.school.example/services/learnflow"
        shown = learnflow("events", "export", "--state", str(state), "--format", "xapi", "--home", home)
        things = [json.loads(line)["object"]["id"].removeprefix(home) for line in shown.out.splitlines()]
        assert things == ["/courses/c/assignments/first", "/courses/c"]
        assert "diary" not in shown.out

    def test_half_an_export_is_no_file(self, learnflow: Run, tmp_path: Path) -> None:
        file = tmp_path / "events.jsonl"
        nowhere = str(tmp_path / "nowhere")
        assert learnflow("events", "export", "--state", nowhere, "--out", str(file)).code == 2
        assert not file.exists()
