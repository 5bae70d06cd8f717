"""The engine and the images that tests with containers share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import base_image
import pytest
from engine import Engine, running_engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A container engine of this run's own, with the base image in it."""
    with running_engine() as running:
        client = running.client()
        try:
            base_image.base(client)
        finally:
            client.close()
        yield running


@pytest.fixture(scope="session")
def own_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return base_image.wheel(tmp_path_factory.mktemp("wheel"))


def _built(engine: Engine, name: str, tag: str, made: Path) -> str:
    client = engine.client()
    try:
        return base_image.ours(client, name, tag, made)
    finally:
        client.close()


@pytest.fixture(scope="session")
def grader_image(engine: Engine, own_wheel: Path) -> str:
    """The image that runs student code for the service."""
    return _built(engine, "grader", base_image.GRADER, own_wheel)


@pytest.fixture(scope="session")
def student_image(engine: Engine, own_wheel: Path) -> str:
    """The image of a student's whole server."""
    return _built(engine, "student", base_image.STUDENT, own_wheel)
