"""The sandbox that is chosen by itself, with a real container engine beside bubblewrap."""

from __future__ import annotations

import pytest
from engine import Engine
from learnflow_kernels import choice
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.choice import Candidate, ChosenRunner, LearnFlowRunner, look_at_docker
from learnflow_kernels.docker_runner import DockerRunner
from traitlets.config import Config

pytestmark = pytest.mark.timeout(600)  # the first with a container may have to build the image


@pytest.fixture
def config(engine: Engine, grader_image: str) -> Config:
    return Config({"LearnFlowRunner": {"engine": engine.url, "image": grader_image}})


def test_an_engine_with_the_image_lacks_nothing(config: Config) -> None:
    assert look_at_docker(LearnFlowRunner(config=config)) == Candidate(kind="docker")


async def test_runs_go_to_containers_where_bubblewrap_is_weaker(
    config: Config, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = Candidate(kind="bubblewrap", lacks=("a memory limit",))
    monkeypatch.setattr(choice, "look_at_bubblewrap", lambda uid: weak)
    runner = ChosenRunner(config)
    await runner.start()
    assert runner.chosen == Candidate(kind="docker")
    assert isinstance(await runner._chosen(), DockerRunner)
    assert (await runner.run(["import os; print(os.path.exists('/.dockerenv'))"])).stdout == "True\n"
    await runner.close()
    assert engine.containers() == []


async def test_an_engine_without_the_image_is_refused_with_what_to_do(config: Config) -> None:
    config.LearnFlowRunner.update({"image": "nobody/has:this", "sandbox": "docker"})
    runner = ChosenRunner(config)
    with pytest.raises(SandboxUnavailable, match=r"no image 'nobody/has:this': build it from"):
        await runner.run(["1"])
    await runner.close()
