"""Accounts made outside the hub: generated passwords, and the file that carries their hashes to it.

The hub takes the file over when it starts and deletes it, so a password that its owner changes later stays.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import bcrypt

# Without l, 1, o, 0, i: these are read from a screen and typed by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 3, 4

MAX_PASSWORD_BYTES = 72
"""More than bcrypt can tell apart."""


def generate_password() -> str:
    """A random password of about 59 bits, in three groups: `k7mq-2wxe-hn4v`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))


def generate_passwords(names: Iterable[str]) -> dict[str, str]:
    """A password for each of `names`."""
    return {name: generate_password() for name in names}


def write_new_accounts(file: Path, passwords: Mapping[str, str]) -> None:
    """Leave hashes of `passwords` for the hub's next start. Readable by the owner only."""
    hashes = {
        name: bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()
        for name, password in passwords.items()
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        json.dump(hashes, out)


def take_new_accounts(file: Path) -> dict[str, bytes]:
    """The hashes that wait in `file`; empty when none do. The caller deletes it once they are stored."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {str(name): str(password_hash).encode() for name, password_hash in json.loads(text).items()}
