"""Accounts made outside the hub: generated passwords, and the file that carries their hashes to it.

The hub takes the file over when it starts and deletes it, so a password that its owner changes later stays.
`python -m learnflow_hub.accounts STATE_DIR NAME…` makes some by hand.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import bcrypt

from .names import UnusableName, user_folder_name
from .state import State

# Without l, 1, o, 0, i: these are read from a screen and typed by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # pragma: allowlist secret
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
    """Leave hashes of `passwords` for the hub's next start, beside those that wait. Only we can read them."""
    hashes = {name: waiting.decode() for name, waiting in waiting_accounts(file).items()}
    for name, password in passwords.items():
        hashes[name] = bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        json.dump(hashes, out)


def waiting_accounts(file: Path) -> dict[str, bytes]:
    """The hashes that wait in `file`; empty when none do. The caller deletes it once they are stored."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {str(name): str(password_hash).encode() for name, password_hash in json.loads(text).items()}


def main(arguments: list[str]) -> int:
    """Make accounts, or new passwords for old ones, and print them; the exit code."""
    try:
        folder, *names = arguments
        passwords = generate_passwords(user_folder_name(name) for name in names)
    except ValueError as error:
        usage = "usage: python -m learnflow_hub.accounts STATE_DIR NAME…"
        sys.stderr.write(f"{error if isinstance(error, UnusableName) else usage}\n")
        return 2
    state = State(Path(folder).expanduser().resolve())
    state.prepare()
    write_new_accounts(state.new_accounts, passwords)
    sys.stdout.writelines(f"{name}  {password}\n" for name, password in passwords.items())
    sys.stdout.write("They hold from the hub's next start. jupyterhub_config.py says who may sign in.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
