"""Machines of one network, played by network namespaces: cut off from each other without a word, and back.

Needs root, `ip` and `iptables`. What is cut loses every packet, as behind a dead switch: nobody is refused,
and nobody hears that a connection ended.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


class Network:
    """This machine, and others beside it; each pair has a cable of its own."""

    def __init__(self) -> None:
        # Names of interfaces have at most 15 characters; other runs may be under way.
        self._mark = f"lf{secrets.token_hex(2)}"
        self._block = f"10.{secrets.randbelow(100) + 120}.{secrets.randbelow(250)}"
        self._cables = 0
        self._names: list[str] = []
        self.address: dict[tuple[str, str], str] = {}
        """(whose, as seen from whom): the address. This machine is called ``here``."""

    def add(self, name: str) -> None:
        """A machine with a cable to this one."""
        self._names.append(name)
        _ip("netns", "add", self.namespace(name))
        _ip("-n", self.namespace(name), "link", "set", "lo", "up")
        self._cable("here", name)

    def connect(self, one: str, other: str) -> None:
        """A cable between two, by which `one` also reaches the address that `other` has for this machine."""
        self._cable(one, other)
        gateway, known = self.address[other, one], self.address[other, "here"]
        _ip("-n", self.namespace(one), "route", "add", known, "via", gateway)

    def namespace(self, name: str) -> str:
        return f"{self._mark}-{name}"

    def inside(self, name: str) -> list[str]:
        """What a command begins with that runs there."""
        return ["ip", "netns", "exec", self.namespace(name)]

    def cut(self, name: str, *others: str) -> None:
        """Whatever goes between `name` and the `others` (all, without any) is lost from now on."""
        for other in others or self._neighbours(name):
            for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
                self._tables(name, "-A", chain, way, self._interface(name, other), "-j", "DROP")

    def mend(self, name: str) -> None:
        """Nothing is lost any more at `name`."""
        self._tables(name, "-F")

    def close(self) -> None:
        """Take all of it away."""
        for name in self._names:
            _ip("netns", "del", self.namespace(name))

    def _neighbours(self, name: str) -> list[str]:
        return [other for whose, other in self.address if whose == name]

    def _cable(self, one: str, other: str) -> None:
        low = 4 * self._cables
        self._cables += 1
        here, there = self._interface(one, other), self._interface(other, one)
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", self.namespace(other))
        inside: list[str] = []
        if one != "here":
            _ip("link", "set", here, "netns", self.namespace(one))
            inside = ["-n", self.namespace(one)]
        self.address[one, other], self.address[other, one] = (f"{self._block}.{low + n}" for n in (1, 2))
        _ip(*inside, "addr", "add", f"{self.address[one, other]}/30", "dev", here)
        _ip(*inside, "link", "set", here, "up")
        _ip("-n", self.namespace(other), "addr", "add", f"{self.address[other, one]}/30", "dev", there)
        _ip("-n", self.namespace(other), "link", "set", there, "up")

    def _interface(self, whose: str, to: str) -> str:
        return f"{self._mark}{whose[:4]}{to[:4]}"

    def _tables(self, name: str, *arguments: str) -> None:
        _run(*self.inside(name), "iptables", "-w", *arguments)


@contextmanager
def network() -> Iterator[Network]:
    """A network that is gone afterwards."""
    made = Network()
    try:
        yield made
    finally:
        made.close()


def _ip(*arguments: str) -> None:
    _run("ip", *arguments)


def _run(*command: str) -> None:
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
