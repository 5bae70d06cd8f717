"""Which parts a one-host deployment has, by its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from learnflow_hub.deployment import Deployment
from traitlets.config import Config


@pytest.mark.parametrize(
    "kafka, graders, roles",
    [
        ("", 1, ()),
        ("", 0, ("grading",)),
        ("kafka:9092", 2, ("relay", "progress", "struggle")),
        ("kafka:9092", 0, ("relay", "progress", "struggle", "grading")),
    ],
)
def test_a_worker_does_what_the_service_leaves(
    tmp_path: Path, kafka: str, graders: int, roles: tuple[str, ...]
) -> None:
    config = Config()
    config.LearnFlow.state_dir = str(tmp_path)
    config.LearnFlowKafka.bootstrap_servers = kafka
    config.LearnFlowGrading.workers = graders
    deployment = Deployment.of(tmp_path / "jupyterhub_config.py", config)
    assert deployment.worker_roles == roles
    assert deployment.parts == (("hub", "worker") if roles else ("hub",))


@pytest.mark.parametrize(
    "host, hook, callback",
    [
        ("", "", "/school/services/learnflow/oauth_callback"),
        (
            "https://class.school:8443",
            "",
            "https://learnflow--service.class.school:8443/school/services/learnflow/oauth_callback",
        ),
        # JupyterHub takes this for one with HTTPS.
        (
            "class.school",
            "idna",
            "https://learnflow--service.class.school/school/services/learnflow/oauth_callback",
        ),
        (
            "https://class.school",
            "legacy",
            "https://services.class.school/school/services/learnflow/oauth_callback",
        ),
        (
            "https://class.school",
            lambda name, domain, kind: f"{kind}-{name}.{domain}",
            "https://service-learnflow.class.school/school/services/learnflow/oauth_callback",
        ),
    ],
)
def test_a_service_apart_is_told_what_the_hub_would_tell_it(
    tmp_path: Path, host: str, hook: Any, callback: str
) -> None:
    config = Config()
    config.LearnFlow.state_dir = str(tmp_path)
    config.LearnFlowHub.apart = ["service", "proxy"]
    config.JupyterHub.bind_url = "http://127.0.0.1:8000/school/"
    config.JupyterHub.subdomain_host = host
    if hook:
        config.JupyterHub.subdomain_hook = hook
    deployment = Deployment.of(tmp_path / "jupyterhub_config.py", config)
    deployment.state.prepare()
    assert deployment.parts == ("proxy", "hub", "service")
    told = deployment.environment("service")
    assert told["JUPYTERHUB_OAUTH_CALLBACK_URL"] == callback
    assert told["JUPYTERHUB_HOST"] == (f"https://{host}" if host == "class.school" else host)
    assert told["JUPYTERHUB_SERVICE_PREFIX"] == "/school/services/learnflow/"
    # All parts find the same, whichever started first, and nobody else reads it.
    kept = deployment.state.hub / "apart.json"
    assert kept.stat().st_mode & 0o077 == 0
    assert told["JUPYTERHUB_API_TOKEN"] == deployment.environment("service")["JUPYTERHUB_API_TOKEN"]
    assert "JUPYTERHUB_API_TOKEN" not in deployment.environment("worker")
    kept.write_text("{}")
    with pytest.raises(ValueError, match="delete it"):
        deployment.environment("service")
