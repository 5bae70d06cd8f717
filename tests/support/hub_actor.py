"""The small hub of `stub_hub` in a process of its own, to be killed: `hub_actor.py PORT NAME…`.

Started again with the same names it knows them by the same tokens, as a hub does that has its database.
"""

from __future__ import annotations

import asyncio
import sys

from stub_hub import COURSE, Hub, running_hub


def tokens(names: list[str]) -> dict[str, str]:
    """What `main` lets each of them in with."""
    hub = Hub()
    return {name: hub.add(name, _group(name)) for name in names}


def _group(name: str) -> str:
    """Of whoever is called a teacher, and of students."""
    return f"{'formgrade' if name.startswith('teacher') else 'nbgrader'}-{COURSE}"


async def main(port: int, names: list[str]) -> None:
    async with running_hub(port, "0.0.0.0") as hub:
        hub.tokens.clear()
        for name in names:
            hub.add(name, _group(name))
        print("up", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
