"""The full compose file: valid, complete, without a secret, and apart where it should be.

The balancer's files are run by the real program in `tests/integration/hub/test_hub_balancer.py`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from jupyterhub.app import JupyterHub

from learnflow_ext.service.worker import ROLES
from learnflow_ext.settings import LearnFlow, LearnFlowGrading, LearnFlowKafka, load_config

FOLDER = Path(__file__).parents[3] / "hub_config" / "compose" / "full"
TEXT = (FOLDER / "compose.yaml").read_text()
REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
REPLICAS = ("service-1", "service-2")
TOKEN = "a" * 64


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


def networks(name: str) -> set[str]:
    return set(SERVICES[name]["networks"])


def environment(name: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[name]["environment"]
    return found


def test_it_fits_the_specification() -> None:
    # The checker knows no `<<`, which YAML resolves for compose as well.
    text = filled({name: value or "secret" for name, value in example().items()})
    compose = PyCompose.from_yaml(json.dumps(yaml.safe_load(text)))
    assert set(compose.service_names()) == {
        *("postgres", "kafka", "migrate", "worker", "balancer", "hub"),
        *REPLICAS,
    }


def test_it_names_every_value_that_it_takes() -> None:
    assert {found["name"] for found in REFERENCE.finditer(TEXT)} == set(example())


@pytest.mark.parametrize("missing", [name for name in example() if name.endswith(("PASSWORD", "TOKEN"))])
def test_it_does_not_start_without_a_secret(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        filled({name: "secret" for name in example() if name != missing})


def test_no_secret_has_a_value_that_everybody_knows() -> None:
    assert all(not value for name, value in example().items() if re.search("PASSWORD|TOKEN|SECRET", name))
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET", name):
                assert REFERENCE.fullmatch(value), name


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    assert name == "migrate" or service["healthcheck"]["test"]
    assert not service["image"].endswith(":latest")


@pytest.mark.parametrize("name", ["postgres", "kafka"])
def test_it_keeps_its_data_as_the_small_file_does(name: str) -> None:
    """Written twice, because `extends` would ask for the small file's other passwords too."""
    small = yaml.safe_load((FOLDER.parent / "compose.yaml").read_text())["services"][name]
    assert SERVICES[name] == {**small, "networks": ["backend"]}


def test_what_it_mounts_is_there() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).is_file(), source
            else:
                assert source in FILE["volumes"] or source == "/var/run/docker.sock"


def test_the_tables_are_made_before_anything_reads_them() -> None:
    for name in (*REPLICAS, "worker"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_there_are_two_replicas_alike_and_two_workers() -> None:
    assert SERVICES[REPLICAS[0]] == SERVICES[REPLICAS[1]]
    worker = SERVICES["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert set(worker["command"][3].split(",")) == set(ROLES)
    assert "JUPYTERHUB_API_TOKEN" not in environment("worker")


def test_a_students_server_reaches_the_hub_and_the_balancer_and_nothing_else() -> None:
    assert {name for name in SERVICES if "students" in networks(name)} == {"hub", "balancer"}
    assert FILE["networks"]["students"]["internal"] is True
    for name in ("postgres", "kafka", "worker", "migrate"):
        assert networks(name) == {"backend"}
    assert FILE["networks"]["backend"]["internal"] is True


def test_only_the_hub_reaches_the_engine_and_only_it_is_reached_from_outside() -> None:
    assert [name for name in SERVICES if "docker.sock" in str(SERVICES[name].get("volumes"))] == ["hub"]
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["hub"]
    assert SERVICES["hub"]["ports"] == ["${LEARNFLOW_ADDRESS:-127.0.0.1:8000}:8000"]


class TestConfiguration:
    @pytest.fixture
    def config(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        for name, value in environment("hub").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LEARNFLOW_SERVICE_TOKEN", TOKEN)
        monkeypatch.setenv("LEARNFLOW_SUBDOMAIN_HOST", "")
        return load_config(FOLDER / "jupyterhub_config.py")

    def test_it_takes_what_the_file_gives(self, config: Any) -> None:
        assert LearnFlowKafka(config=config).bootstrap_servers == "kafka:9092"
        assert str(LearnFlow(config=config).state_path) == "/srv/learnflow"
        assert config.DockerSpawner.network_name == FILE["networks"]["students"]["name"]

    def test_the_hub_sends_to_the_balancer_and_starts_no_service_of_its_own(self, config: Any) -> None:
        (service,) = [each for each in JupyterHub(config=config).services if each["name"] == "learnflow"]
        assert service == {
            "name": "learnflow",
            "url": "http://replicas:8888",
            "api_token": TOKEN,
            "oauth_no_confirm": True,
        }
        assert "replicas" in SERVICES["balancer"]["networks"]["balanced"]["aliases"]
        assert config.DockerSpawner.environment["LEARNFLOW_URL"].startswith("http://balancer:8888/")
        told = environment(REPLICAS[0])
        assert told["JUPYTERHUB_SERVICE_PREFIX"] == "/services/learnflow/"
        assert told["JUPYTERHUB_OAUTH_ACCESS_SCOPES"] == '["access:services!service=learnflow"]'

    def test_users_pages_have_addresses_of_their_own_where_that_is_set(
        self, monkeypatch: pytest.MonkeyPatch, config: Any
    ) -> None:
        assert config.JupyterHub.subdomain_host == ""
        values = {name: value or "secret" for name, value in example().items()}
        values |= {
            "LEARNFLOW_SUBDOMAIN_HOST": "https://class.school",
            "LEARNFLOW_SERVICE_HOST": "https://learnflow--service.class.school",
        }
        services = yaml.safe_load(filled(values))["services"]
        monkeypatch.setenv(
            "LEARNFLOW_SUBDOMAIN_HOST", services["hub"]["environment"]["LEARNFLOW_SUBDOMAIN_HOST"]
        )
        hub = JupyterHub(config=load_config(FOLDER / "jupyterhub_config.py"))
        hub.db_url = "sqlite:///:memory:"
        hub.init_db()
        hub.init_hub()
        hub.init_oauth()
        hub.init_services()
        service = hub._service_map["learnflow"]
        # Where the hub sends a browser back to is where a replica says that it is.
        told = services[REPLICAS[0]]["environment"]
        assert service.oauth_redirect_uri == told["JUPYTERHUB_OAUTH_CALLBACK_URL"]
        assert service.host == values["LEARNFLOW_SERVICE_HOST"]
        assert told["JUPYTERHUB_HOST"] == "https://class.school"
        plain = yaml.safe_load(
            filled({name: value or "x" for name, value in example().items() if "HOST" not in name})
        )
        told = plain["services"][REPLICAS[0]]["environment"]
        assert told["JUPYTERHUB_OAUTH_CALLBACK_URL"] == "/services/learnflow/oauth_callback"

    def test_a_part_that_stops_has_the_time_that_it_takes(self, config: Any) -> None:
        settings = LearnFlow(config=config)
        whole = settings.drain_notice_seconds + settings.drain_seconds
        for name in (*REPLICAS, "worker"):
            assert float(SERVICES[name]["stop_grace_period"].removesuffix("s")) >= whole + 10
        routes = yaml.safe_load((FOLDER / "routes.yaml").read_text())
        check = routes["http"]["services"]["learnflow"]["loadBalancer"]["healthCheck"]
        assert settings.drain_notice_seconds > float(check["interval"].removesuffix("s"))
        assert LearnFlowGrading(config=config).workers == 0

    def test_the_replicas_read_it_without_the_hubs_secrets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in environment("worker").items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("LEARNFLOW_SERVICE_TOKEN", raising=False)
        assert LearnFlow(config=load_config(FOLDER / "jupyterhub_config.py")).courses
