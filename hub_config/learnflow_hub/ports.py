"""Free TCP ports on this machine."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
LOW, HIGH = 20_000, 32_000
"""Below the range that Linux takes for outgoing connections: nobody gets a port before its owner listens."""


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


def free_ports(count: int) -> list[int]:
    """`count` different free ports. NoFreePort when there are not that many."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(LOW, HIGH), HIGH - LOW):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    if len(found) < count:
        raise NoFreePort(f"No {count} free ports between {LOW} and {HIGH} on {LOOPBACK}.")
    return found


def free_port_from(wanted: int) -> int:
    """`wanted` when it is free, else one of the nineteen after it, else any; 0 asks for any."""
    if wanted:
        for port in range(wanted, min(wanted + 20, 65_536)):
            if is_free(port):
                return port
    return free_ports(1)[0]
