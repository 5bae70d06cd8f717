"""The compose file: valid by the specification, complete, and without a secret in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

FOLDER = Path(__file__).parents[3] / "hub_config" / "compose"
TEXT = (FOLDER / "compose.yaml").read_text()
REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


def example() -> dict[str, str]:
    """What `.env.example` sets, empty where the reader has to fill it in."""
    lines = (FOLDER / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled(values: dict[str, str]) -> str:
    """The file as compose reads it; KeyError for a value that must be there and is not."""

    def value(found: re.Match[str]) -> str:
        given = values.get(found["name"], "")
        if not given and found["how"] == "?":
            raise KeyError(found["name"])
        return given or found["rest"] or ""

    return REFERENCE.sub(value, TEXT)


def test_it_fits_the_specification() -> None:
    values = {name: value or "secret" for name, value in example().items()}
    compose = PyCompose.from_yaml(filled(values))
    assert set(compose.service_names()) == {"postgres", "kafka", "hub", "kafka-ui", "pgadmin"}


def test_it_names_every_value_that_it_takes() -> None:
    assert {found["name"] for found in REFERENCE.finditer(TEXT)} == set(example())


@pytest.mark.parametrize("missing", [name for name in example() if name.endswith("PASSWORD")])
def test_it_does_not_start_without_a_password(missing: str) -> None:
    assert example()[missing] == "", "an example's password would be everybody's"
    values = {name: "secret" for name in example() if name != missing}
    with pytest.raises(KeyError, match=missing):
        filled(values)


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert service.get("image", "built here").rpartition(":")[2] != "latest"
    for port in service.get("ports", []):
        assert port.startswith(("127.0.0.1:", "${LEARNFLOW_ADDRESS:-127.0.0.1:8000}:"))


def test_the_hubs_image_has_all_that_a_hub_can_be_told_to_use() -> None:
    installed = re.search(r"/opt/learnflow\[([a-z,]+)\]", (FOLDER / "Dockerfile").read_text())
    assert installed is not None
    assert {"hub", "lti", "docker", "kernels", "grading"} <= {*installed[1].split(",")}


def test_what_must_last_lies_in_named_volumes() -> None:
    named = set(yaml.safe_load(TEXT)["volumes"])
    mounted = {
        mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])
    }
    assert mounted == named
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] in SERVICES["kafka"]["volumes"][0]


def test_its_hub_configuration_takes_what_the_file_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    from learnflow_ext.settings import LearnFlow, LearnFlowKafka, load_config

    given = {**SERVICES["hub"]["environment"], "LEARNFLOW_SUBDOMAIN_HOST": ""}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    config = load_config(FOLDER / "jupyterhub_config.py")
    assert LearnFlowKafka(config=config).bootstrap_servers == "kafka:9092"
    assert LearnFlow(config=config).database_url == "postgresql+psycopg://learnflow@postgres/learnflow"
    assert str(LearnFlow(config=config).state_path) == "/srv/learnflow"
    assert config.JupyterHub.subdomain_host == ""
    assert SERVICES["hub"]["environment"]["LEARNFLOW_SUBDOMAIN_HOST"] == "${LEARNFLOW_SUBDOMAIN_HOST:-}"
    monkeypatch.setenv("LEARNFLOW_SUBDOMAIN_HOST", "https://class.school")
    assert load_config(FOLDER / "jupyterhub_config.py").JupyterHub.subdomain_host == "https://class.school"
