"""Free TCP ports on this machine."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
ADDRESSES, HUBS, PROXY_APIS, SERVICES, SERVERS = (
    range(20_000, 21_000),
    range(21_000, 22_000),
    range(22_000, 23_000),
    range(23_000, 25_000),
    range(25_000, 32_000),
)
"""What a port is for decides where it is looked for: two parts of a classroom, which choose theirs at
different moments and listen later, never choose the same. All lie below the range that Linux takes for
outgoing connections."""


class NoFreePort(RuntimeError):
    """No port could be bound."""


def is_free(port: int) -> bool:
    """True when something may listen on `port` of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int, among: range) -> list[int]:
    """`count` different free ports `among` those for one purpose. NoFreePort when there are not that many."""
    found: list[int] = []
    for port in random.SystemRandom().sample(among, len(among)):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    if len(found) < count:
        raise NoFreePort(f"No {count} free ports from {among.start} to {among.stop - 1} on {LOOPBACK}.")
    return found


def kept_ports(file: Path, names: Sequence[str], among: range, *, patience_s: float = 10.0) -> dict[str, int]:
    """A port for each name: the one it had before, as `file` says, where that is free; else another.

    What had it before may be about to end, so `patience_s` seconds are waited for it. Blocks.
    """
    try:
        found = json.loads(file.read_text())
        before = {name: port for name in names if (port := found.get(name)) in among and type(port) is int}
    except (OSError, ValueError, AttributeError):
        before = {}
    deadline = time.monotonic() + patience_s
    while not all(map(is_free, before.values())) and time.monotonic() < deadline:
        time.sleep(0.1)
    kept = {name: port for name, port in before.items() if is_free(port)}
    new = [name for name in names if name not in kept]
    others = [port for port in free_ports(len(names) + len(new), among) if port not in kept.values()]
    ports = {**kept, **dict(zip(new, others, strict=False))}
    file.write_text(json.dumps(ports))
    return ports


def free_port_from(wanted: int) -> int:
    """`wanted` when it is free, else one of the nineteen after it, else any; 0 asks for any."""
    if wanted:
        for port in range(wanted, min(wanted + 20, 65_536)):
            if is_free(port):
                return port
    return free_ports(1, ADDRESSES)[0]
