"""The sandbox that is chosen by itself, with a real container engine beside bubblewrap."""

from __future__ import annotations

import asyncio
import sys

import pytest
from engine import Engine
from learnflow_kernels import choice
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.choice import Candidate, ChosenRunner, LearnFlowRunner, look_at_docker
from learnflow_kernels.docker_runner import DockerRunner
from learnflow_kernels.janitor import keep_clean
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


WORKER = """
import asyncio, sys
from learnflow_kernels.docker_runner import DockerRunner
from learnflow_ext.contracts.runner import RunLimits
runner = DockerRunner(url=sys.argv[1], image=sys.argv[2])
asyncio.run(runner.run(["import time; time.sleep(600)"], limits=RunLimits(wall_s=600)))
"""


async def test_the_janitor_clears_away_what_a_killed_worker_left(config: Config, engine: Engine) -> None:
    image = config.LearnFlowRunner.image
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, engine.url, image)
    try:
        async with asyncio.timeout(90):
            while not await asyncio.to_thread(engine.containers):  # noqa: ASYNC110 - an engine tells nobody
                await asyncio.sleep(0.1)
    finally:
        worker.kill()
        await worker.wait()
    runner = ChosenRunner(Config({"LearnFlowRunner": {**config.LearnFlowRunner, "sandbox": "docker"}}))
    await runner.start()
    (left,) = await asyncio.to_thread(engine.containers)
    janitor = asyncio.create_task(keep_clean(0.1, also=runner.sweep))
    async with asyncio.timeout(60):
        while await asyncio.to_thread(engine.containers):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    janitor.cancel()
    assert await runner.sweep() == [], left
    await runner.close()
