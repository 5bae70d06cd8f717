"""`learnflow demo` from the first start to the last process, and what may go wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import uuid
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer
from kafka_broker import Kafka
from postgres import Postgres

from learnflow_ext.contracts.events import RunFinished

from .conftest import Start, Visitor, alive, answers_on, command, log_of, token_of

pytestmark = pytest.mark.timeout(600)

PATIENCE_S = 120
ACCOUNTS = {"teacher", "ada", "ben", "chen", "admin"}


def refused(state: Path, *arguments: str) -> str:
    """What a demo says that cannot run."""
    done = subprocess.run(command(state, *arguments), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


def name_of(process: psutil.Process) -> str:
    """Its name; empty when it has just ended."""
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; empty when it has just ended."""
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def test_a_life_of_a_classroom(start: Start, tmp_path: Path) -> None:
    """Ctrl-C leaves nothing running; what people made is there again, unless --reset is asked for."""
    state = tmp_path / "state"
    first = start(state)
    visitor = first.visitor("ada")
    visitor.start_server("ada")
    assert visitor.ask("/user/ada/api/kernels", method="POST", body={"name": "python3"}).status == 201
    (state / "users" / "ada" / "work" / "mine.txt").write_text("kept")
    processes, ports = first.tree(), first.listening()
    assert {"bwrap", "traefik"} <= {name_of(process) for process in processes}
    assert "runs on" in refused(state), "two classrooms on one folder"

    assert first.stop() == 0
    assert alive(processes) == []
    assert [port for port in ports if answers_on(port)] == []

    second = start(state)
    assert second.passwords == {}
    second.visitor("ada", first.passwords)
    assert (state / "users" / "ada" / "work" / "mine.txt").read_text() == "kept"
    assert second.stop(signal.SIGTERM) == 0

    third = start(state, "--new-passwords")
    assert set(third.passwords) == ACCOUNTS
    assert Visitor(third.url).sign_in("ada", first.passwords["ada"]).status == 403
    third.visitor("ada")
    assert (state / "users" / "ada" / "work" / "mine.txt").read_text() == "kept"
    assert third.stop() == 0

    fourth = start(state, "--reset")
    assert set(fourth.passwords) == ACCOUNTS
    assert not (state / "users" / "ada").exists()
    assert Visitor(fourth.url).sign_in("ada", third.passwords["ada"]).status == 403
    fourth.visitor("ada")
    assert fourth.stop(signal.SIGHUP) == 0


def test_the_terminal_gets_progress_addresses_and_passwords_once(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with subprocess.Popen(
        command(state), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if "Ctrl-C" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, log_of(state)
    text = "\n".join(lines)
    assert lines[:3] == ["Checking the sandbox…", "Starting the hub…", "Preparing the course…"]
    assert "http://127.0.0.1:" in text and "/services/learnflow/" in text
    assert str(state) in text
    accounts = ("teacher ", "ada ", "ben ", "chen ", "admin ")
    assert sum(line.strip().startswith(accounts) for line in lines) == 5
    assert "goes on from there" in lines[-1]


class TestSomethingDies:
    def test_a_demo_that_is_killed_takes_its_classroom_along(self, start: Start, tmp_path: Path) -> None:
        demo = start(tmp_path / "state")
        visitor = demo.visitor("ada")
        visitor.start_server("ada")
        processes = demo.tree()
        demo.process.kill()
        deadline = time.monotonic() + 60
        while alive(processes) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert alive(processes) == []

    def test_a_hub_that_dies_is_reported_and_leaves_nothing(self, start: Start, tmp_path: Path) -> None:
        demo = start(tmp_path / "state")
        processes = demo.tree()
        (hub,) = [p for p in processes if "jupyterhub" in words_of(p)]
        hub.kill()
        assert demo.process.wait(60) == 1
        assert alive(processes) == []


class TestBadArguments:
    def test_somebody_elses_folder_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("years of work")
        assert "is no LearnFlow folder" in refused(tmp_path, "--reset")
        assert (tmp_path / "thesis.tex").exists()

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert str(tmp_path / "file") in refused(tmp_path / "file" / "state")

    def test_without_a_sandbox_nothing_starts_and_it_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        said = refused(tmp_path / "state")
        assert "bwrap" in said and "install" in said


def test_a_configuration_that_fails_ends_the_start_with_the_place_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    (state / "hub").mkdir(parents=True)
    (state / "learnflow-state").write_text("")
    (state / "hub" / "jupyterhub.sqlite").write_text("this is no database")
    done = subprocess.run(command(state), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert f"Its log: {state / 'hub' / 'hub.log'}" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_database_that_cannot_be_used_is_named_before_anything_starts(tmp_path: Path) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/x"
    said = refused(tmp_path / "state", "--database-url", url)
    assert "does not answer: database x on 127.0.0.1:1" in said
    assert "hunter2" not in said


def test_the_record_can_be_kept_in_postgresql_and_travel_on_kafka(
    start: Start, tmp_path: Path, postgres_server: Postgres, empty_postgres_url: str, kafka_broker: Kafka
) -> None:
    """The whole classroom: what the service released, and what a student did, are found on the servers."""
    state, run_id = tmp_path / "state", uuid.uuid4().hex
    demo = start(state, "--database-url", empty_postgres_url, "--kafka", kafka_broker.bootstrap)
    assert demo.visitor("teacher").ask("/services/learnflow/health").status == 200
    ada = Visitor(demo.url, token_of(demo.visitor("ada"), "ada"))
    run = {"run_id": run_id, "notebook": "n.ipynb", "course": "python-basics", "duration_ms": 1}
    run |= {"ok": False, "exception": "KeyError", "finished_at": time.time()}
    answer = ada.ask("/services/learnflow/api/runs", method="POST", body={"runs": [run]})
    assert (answer.status, answer.text) == (200, '{"accepted":1}')
    event_id = event_on(kafka_broker, run_id)
    with postgres_server.connect(empty_postgres_url.rpartition("/")[2]) as database:

        def rows(query: str, *values: str) -> list[tuple[object, ...]]:
            return list(database.execute(query, values).fetchall())

        assert len(rows("SELECT 1 FROM modules WHERE course = 'python-basics'")) >= 3
        assert rows("SELECT event_id FROM event_log WHERE data::jsonb->>'run_id' = %s", run_id) == [
            (event_id,)
        ]
        done = "SELECT consumer, outcome FROM consumed WHERE event_id = %s ORDER BY 1"
        wanted = [("struggle", "done")]
        deadline = time.monotonic() + PATIENCE_S
        while rows(done, event_id) != wanted or rows("SELECT 1 FROM outbox"):
            assert time.monotonic() < deadline, (rows(done, event_id), log_of(state))
            time.sleep(0.2)
    assert not (state / "learnflow.sqlite").exists()
    assert demo.stop() == 0


def event_on(broker: Kafka, run_id: str) -> str:
    """The id of the event of that run, once it is on Kafka."""
    consumer = Consumer(
        {"bootstrap.servers": broker.bootstrap, "group.id": run_id, "auto.offset.reset": "earliest"}
    )
    try:
        consumer.subscribe([RunFinished.TOPIC])
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            message = consumer.poll(1.0)
            if message is not None and run_id.encode() in (message.value() or b""):
                return str(json.loads(message.value() or b"")["id"])
    finally:
        consumer.close()
    raise AssertionError("The event never came.")
