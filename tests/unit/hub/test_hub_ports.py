"""Free ports are found, and taken ones are stepped over."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from learnflow_hub import ports
from learnflow_hub.ports import NoFreePort, free_port_from, free_ports, is_free, kept_ports

PURPOSES = (ports.ADDRESSES, ports.HUBS, ports.PROXY_APIS, ports.SERVICES, ports.SERVERS)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_ports(1, ports.SERVERS)[0]))
        listener.listen()
        yield listener.getsockname()[1]


def test_ports_are_different_and_can_be_bound() -> None:
    found = free_ports(5, ports.HUBS)
    assert len(set(found)) == 5
    assert all(is_free(port) for port in found)


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    assert all(port < 32_768 for purpose in PURPOSES for port in free_ports(20, purpose))


def test_two_purposes_never_get_the_same_port() -> None:
    assert len({port for purpose in PURPOSES for port in purpose}) == sum(map(len, PURPOSES))


def test_a_taken_port_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_the_wanted_port_is_taken_when_free() -> None:
    (port,) = free_ports(1, ports.ADDRESSES)
    assert free_port_from(port) == port


def test_beside_a_taken_port_the_next_one_is_used(taken: int) -> None:
    assert taken < free_port_from(taken) < taken + 20


def test_zero_asks_for_any() -> None:
    assert is_free(free_port_from(0))


def test_at_the_end_of_the_range_any_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port < 60_000)
    assert free_port_from(65_535) in ports.ADDRESSES


def test_a_machine_without_ports_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(NoFreePort, match="No 1 free ports"):
        free_ports(1, ports.HUBS)


class TestKept:
    def test_a_part_of_the_classroom_is_found_where_it_was(self, tmp_path: Path) -> None:
        file = tmp_path / "ports.json"
        first = kept_ports(file, ["a", "b"], ports.SERVICES)
        assert kept_ports(file, ["c", "b", "a"], ports.SERVICES).items() >= first.items()
        assert len(set(kept_ports(file, ["c", "b", "a"], ports.SERVICES).values())) == 3

    def test_a_port_that_somebody_else_has_by_now_is_given_up(self, tmp_path: Path) -> None:
        file = tmp_path / "ports.json"
        taken = kept_ports(file, ["a"], ports.SERVICES)["a"]
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", taken))
            listener.listen()
            moved = kept_ports(file, ["a"], ports.SERVICES, patience_s=0)
        assert moved["a"] != taken
        assert kept_ports(file, ["a"], ports.SERVICES) == moved

    @pytest.mark.parametrize(
        "text", ["", "[]", "null", '{"a": "22"}', '{"a": 22}', '{"a": true}', '{"a": [1]}', '{"a": 23000.0}']
    )
    def test_a_damaged_file_only_means_new_ports(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "ports.json"
        file.write_text(text)
        assert kept_ports(file, ["a"], ports.SERVICES)["a"] in ports.SERVICES
