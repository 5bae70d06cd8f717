"""`learnflow doctor` on this machine, and on one without bubblewrap."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from traitlets.config import Config

from learnflow_ext.service import deployment

Command = Callable[..., tuple[int, str, str]]


def test_it_names_each_protection(learnflow: Command) -> None:
    code, out, _ = learnflow("doctor")
    assert code in (0, 1)
    for name in ("sandbox", "user ids", "system calls", "memory of notebooks", "disk"):
        assert f"{name}: " in out


def test_for_programs(learnflow: Command) -> None:
    code, out, _ = learnflow("doctor", "--json")
    told = json.loads(out)
    assert told["facts"]["complaint"] == ""
    assert {"name", "level", "text", "advice"} == set(told["findings"][0])
    assert code == (1 if "missing" in {one["level"] for one in told["findings"]} else 0)


def test_what_a_configuration_names_is_asked(
    learnflow: Command, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "jupyterhub_config.py"
    file.write_text(f"c = get_config()\nc.LearnFlow.state_dir = {str(state)!r}\n")
    told = json.loads(learnflow("doctor", "--json", "--config", str(file))[1])
    assert {one["name"]: one["level"] for one in told["findings"]}.items() >= {
        ("database", "strong"),
        ("subdomain_host", "weak"),
    }
    file.write_text(
        f"c = get_config()\nc.LearnFlow.state_dir = {str(tmp_path / 'none')!r}\n"
        "c.LearnFlowKafka.bootstrap_servers = '127.0.0.1:9'\n"
        "c.LearnFlowModel.base_url = 'http://127.0.0.1:9/v1'\nc.LearnFlowModel.model = 'm'\n"
        "c.JupyterHub.subdomain_host = 'https://hub.school'\n"
    )
    monkeypatch.setattr(deployment, "PATIENCE_SECONDS", 1)
    code, out, _ = learnflow("doctor", "--json", "--config", str(file))
    levels = {one["name"]: one["level"] for one in json.loads(out)["findings"]}
    assert code == 1
    assert {levels[name] for name in ("database", "Kafka", "model")} == {"missing"}
    assert levels["subdomain_host"] == "strong"


async def test_postgresql_and_its_clock(postgres_url: str) -> None:
    config = Config()
    config.LearnFlow.database_url = postgres_url
    levels = {one.name: one.level for one in await deployment.examine(config)}
    assert levels == {"database": "strong", "clocks": "strong", "subdomain_host": "weak"}


def test_clocks_that_differ_are_told_with_the_way_to_mend_them() -> None:
    assert deployment.clocks("database", 0.3).level == "strong"
    behind = deployment.clocks("database", -90)
    assert (behind.level, behind.text) == ("missing", "The database's clock is 90 s behind ours.")
    assert "NTP" in behind.advice


def test_without_bubblewrap(learnflow: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, _ = learnflow("doctor")
    assert code == 2
    assert "apt-get install bubblewrap" in out
