"""A classroom that does not come up: tried again where a port was lost, else given up with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from learnflow_hub.classroom import STARTS, Classroom, NotStarted
from learnflow_hub.state import State


class HubThatEndsAtOnce(Classroom):
    """Writes its last words into the log, and is never running."""

    words = b""

    def start(self, keep_open: tuple[int, ...] = ()) -> None:
        self._starts += 1
        self._state.log.write_bytes(self.words)

    def stop(self) -> None:
        """Nothing is left."""

    @property
    def starts(self) -> int:
        return self._starts


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state folder of its own."""
    folder = State(tmp_path / "state")
    folder.prepare()
    return folder


class HubThatWaitsForItsProxy(HubThatEndsAtOnce):
    """Goes on running without a proxy, as a hub does for half a minute."""

    def running(self) -> bool:
        return True


@pytest.mark.parametrize(
    "words",
    [
        b"OSError: [Errno 98] Address already in use",
        b'error opening listener: listen tcp 127.0.0.1:26837: bind: address already in use"',
    ],
    ids=["service", "proxy"],
)
class TestPortTakenBetweenChoosingAndUsing:
    def test_is_tried_again_and_then_given_up(self, state: State, words: bytes) -> None:
        room = HubThatEndsAtOnce(Path("jupyterhub_config.py"), state, 1)
        room.words = words
        room.start()
        with pytest.raises(NotStarted, match="Its log"):
            room.wait_for("/", 5)
        assert room.starts == STARTS

    def test_is_tried_again_before_the_hub_gives_up(self, state: State, words: bytes) -> None:
        room = HubThatWaitsForItsProxy(Path("jupyterhub_config.py"), state, 1)
        room.words = words
        room.start()
        with pytest.raises(NotStarted, match="was not ready"):
            room.wait_for("/", 1)
        assert room.starts == STARTS


class TestHubThatCannotStart:
    def test_is_not_tried_again(self, state: State) -> None:
        room = HubThatEndsAtOnce(Path("jupyterhub_config.py"), state, 1)
        room.words = b"ValueError: a setting that cannot work"
        room.start()
        with pytest.raises(NotStarted, match="Its log"):
            room.wait_for("/", 5)
        assert room.starts == 1
