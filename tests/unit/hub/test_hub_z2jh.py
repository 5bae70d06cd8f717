"""zero-to-jupyterhub's values say what setup_learnflow and use_kubernetes would, and fit the chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from chart import FOLDER, of_kind, picks, rendered
from jupyterhub.app import JupyterHub
from learnflow_hub import setup_learnflow
from learnflow_hub.containers import LearnFlowContainers, kubernetes_traits
from learnflow_hub.roles import CULLER
from learnflow_hub.traits import LearnFlowHub
from traitlets.config import Config

VALUES: dict[str, Any] = yaml.safe_load((FOLDER / "z2jh-values.yaml").read_text())
HUB: dict[str, Any] = VALUES["hub"]
SPAWNER: dict[str, Any] = HUB["config"]["KubeSpawner"]
CHART = rendered()


@pytest.fixture
def configured(tmp_path: Path) -> Config:
    """What a hub on one machine is told, with the same course and another service before it."""
    c = Config()
    c.LearnFlow.state_dir = str(tmp_path / "state")
    c.LearnFlow.courses = {"python-basics": "/somewhere"}
    c.LearnFlowHub.service_address = "http://learnflow:8888"
    setup_learnflow(c, tmp_path / "jupyterhub_config.py")
    return c


def listed(c: Config, name: str) -> dict[str, dict[str, Any]]:
    """`c.JupyterHub.<name>` by name, but for the idle culler: zero-to-jupyterhub brings its own."""
    return {each["name"]: each for each in getattr(JupyterHub(config=c), name) if each["name"] != CULLER}


def test_roles_are_the_ones_that_are_registered(configured: Config) -> None:
    roles = listed(configured, "load_roles")
    assert set(HUB["loadRoles"]) == set(roles)
    for name, role in HUB["loadRoles"].items():
        assert {**role, "scopes": set(role["scopes"])} == {
            **{key: value for key, value in roles[name].items() if key != "name"},
            "scopes": set(roles[name]["scopes"]),
        }


def test_services_are_the_ones_that_are_registered(configured: Config) -> None:
    services = listed(configured, "services")
    assert set(HUB["services"]) == set(services)
    for name, service in HUB["services"].items():
        for key in ("oauth_no_confirm", "display"):
            assert service.get(key) == services[name].get(key), name
    assert HUB["services"]["learnflow"]["url"] == services["learnflow"]["url"]
    assert "command" not in services["learnflow"]


def test_each_service_is_where_the_chart_puts_it() -> None:
    addresses = {
        urlsplit(service["url"]).netloc: name.removeprefix("formgrader-")
        for name, service in HUB["services"].items()
    }
    made = {
        f"{name}:{port['port']}"
        for name, service in of_kind(CHART, "Service").items()
        for port in service["spec"]["ports"]
    }
    assert set(addresses) == made


def test_the_rest_of_the_hub_is_configured_alike(configured: Config) -> None:
    ours = HUB["config"]
    assert ours["JupyterHub"]["load_groups"] == configured.JupyterHub.load_groups
    assert ours["JupyterHub"]["tornado_settings"] == configured.JupyterHub.tornado_settings
    assert ours["Authenticator"]["username_pattern"] == configured.Authenticator.username_pattern
    for name, value in ours["Spawner"].items():
        assert configured.Spawner[name] == value
    assert VALUES["cull"]["timeout"] == LearnFlowHub().idle_minutes * 60


def test_a_students_pod_is_the_hardened_one() -> None:
    url = SPAWNER["environment"]["LEARNFLOW_URL"]
    assert url == f"{HUB['services']['learnflow']['url']}/services/learnflow/"
    expected = kubernetes_traits(LearnFlowContainers(service_url=url))
    image = VALUES["singleuser"]["image"]
    assert expected.pop("image") == f"{image['name']}:{image['tag']}"
    labels = dict(SPAWNER["extra_labels"])
    assert labels.pop("hub.jupyter.org/network-access-hub") == "true"
    assert {**SPAWNER, "extra_labels": labels} == expected


def test_it_is_the_pod_that_the_network_policy_holds() -> None:
    policy = of_kind(CHART, "NetworkPolicy")["learnflow-students"]
    assert picks(policy["spec"]["podSelector"], SPAWNER["extra_labels"])
    assert VALUES["singleuser"]["networkPolicy"] == {"enabled": False}, "policies add up"
    assert VALUES["singleuser"]["cloudMetadata"] == {"blockWithIptables": False}
