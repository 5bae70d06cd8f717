"""Which parts a one-host deployment has, by its configuration."""

from __future__ import annotations

from pathlib import Path

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
