"""How well kernels are protected on this machine, in plain words. Pure; `machine.examine` finds the facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from learnflow_kernels.bubblewrap import Features
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.choice import Candidate, reason, strongest

Level = Literal["strong", "weak", "missing"]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about a machine."""

    bubblewrap: str
    """Its version; empty when it is not installed."""
    complaint: str
    """Why no sandbox can be started, with what to do; empty when one can."""
    features: Features
    architecture: str
    """As `platform.machine()` names it."""
    filter_known: bool
    """Whether there is a filter of system calls for that architecture."""
    root: bool
    """Whether we run as root, as the hub should."""
    memory_group: bool
    """Whether we may make control groups that limit memory."""
    process_group: bool
    """The same for the number of processes."""
    cpu_group: bool = True
    """The same for processor time."""
    warm: str = ""
    """Why no warm sandbox can be made; empty when one can."""
    candidates: tuple[Candidate, ...] = ()
    """What the service's runs can choose from; empty when nobody looked."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One protection."""

    name: str
    level: Level
    text: str
    """What holds, or does not."""
    advice: str = ""
    """How to get it stronger; empty where nothing is needed."""


def findings(facts: Facts) -> list[Finding]:
    """All of them, the most important first. Without a sandbox there is little to say but that."""
    if facts.complaint:
        text = "No kernel starts and nothing is graded, because student code runs in a sandbox or not at all."
        found = [Finding(name="sandbox", level="missing", text=text, advice=facts.complaint)]
        return found + [one for one in _runs(facts) if one.level != "missing"]
    text = (
        f"bubblewrap {facts.bubblewrap} works: no network, no other processes, no files but the notebook's."
    )
    return [
        Finding(name="sandbox", level="strong", text=text),
        _users(facts),
        *_runs(facts),
        _warm(facts),
        _filter(facts),
        _namespaces(facts),
        *_resources(facts),
    ]


def _users(facts: Facts) -> Finding:
    if facts.root:
        text = "Each student's server and kernels run under a user id of their own."
        return Finding(name="user ids", level="strong", text=text)
    return Finding(
        name="user ids",
        level="weak",
        text="Everybody's kernels run under one user id; only the sandbox is between them.",
        advice="Start the hub as root: then each student gets an id, and kernels never run as root.",
    )


def _runs(facts: Facts) -> Iterator[Finding]:
    """Which sandbox `auto` takes for runs of the service, and whether another would be stronger."""
    if not facts.candidates:
        return
    name = "runs of the service"
    try:
        chosen = strongest(facts.candidates)
    except SandboxUnavailable as error:
        yield Finding(name=name, level="missing", text="No program is run.", advice=error.message)
        return
    advice = ""
    if chosen.lacks:
        advice = " ".join(one.complaint for one in facts.candidates if one.complaint)
        advice = f"Another kind of sandbox may be stronger. {advice}" if advice else ""
    level: Level = "weak" if chosen.lacks else "strong"
    yield Finding(name=name, level=level, text=reason(chosen, facts.candidates), advice=advice)


def _warm(facts: Facts) -> Finding:
    name = "warm sandboxes"
    if not facts.warm:
        text = "Runs of the service are forked from a warm process, each into namespaces of its own."
        return Finding(name=name, level="strong", text=text)
    return Finding(
        name=name,
        level="weak",
        text=f"Every run of the service starts Python anew, as safe but slower. {facts.warm}",
        advice="Code inside bubblewrap must be allowed to make namespaces; on Ubuntu AppArmor may forbid it.",
    )


def _filter(facts: Facts) -> Finding:
    name = "system calls"
    if facts.features.seccomp:
        text = "A seccomp filter keeps kernels from the calls that attacks on Linux begin with."
        return Finding(name=name, level="strong", text=text)
    if not facts.filter_known:
        text = f"There is no seccomp filter for {facts.architecture}: kernels may use every system call."
        advice = "Use an x86_64 or aarch64 machine, or start servers in containers with a seccomp profile."
    else:
        text = "The system refuses our seccomp filter: kernels may use every system call."
        advice = "A kernel with CONFIG_SECCOMP_FILTER, and a container that allows filters, are needed."
    return Finding(name=name, level="missing", text=text, advice=advice)


def _namespaces(facts: Facts) -> Finding:
    name = "nested sandboxes"
    if facts.features.disable_userns:
        text = "Kernels cannot make user namespaces, a part of Linux with many past faults."
        return Finding(name=name, level="strong", text=text)
    other = "Only the seccomp filter keeps" if facts.features.seccomp else "Nothing keeps"
    return Finding(
        name=name,
        level="weak" if facts.features.seccomp else "missing",
        text=f"{other} kernels from making user namespaces, a part of Linux with many past faults.",
        advice="Install bubblewrap 0.8 or newer.",
    )


def _resources(facts: Facts) -> Iterator[Finding]:
    name = "memory of notebooks"
    if facts.memory_group:
        # Where a student's server is confined it sees no control groups; the hub makes it one.
        text = (
            "Control groups limit each student's server with all its notebooks together; inside, a notebook's"
            " own limit holds for each of its processes."
        )
        yield Finding(name=name, level="strong", text=text)
    else:
        yield Finding(
            name=name,
            level="weak",
            text="The limit holds for each process of a notebook by itself, not for all of them together.",
            advice="Start the hub as root, or as a systemd service with Delegate=yes; or use containers.",
        )
    if facts.memory_group:
        text = "Control groups limit the memory of grading and other runs of the service as a whole."
        yield Finding(name="memory of the service's runs", level="strong", text=text)
    else:
        yield Finding(
            name="memory of the service's runs",
            level="weak",
            text="No control group can be made here: the limit holds for each process by itself.",
            advice="Start the hub as root, or as a systemd service with Delegate=yes.",
        )
    if facts.cpu_group:
        text = "Control groups bound how many processor cores a student's server and a grading keep busy."
        yield Finding(name="processor", level="strong", text=text)
    else:
        yield Finding(
            name="processor",
            level="weak",
            text="Kernels start on a few processor cores; hostile code could choose others.",
            advice="Start the hub as root, or as a systemd service with Delegate=yes.",
        )
    if facts.process_group:
        text = "Control groups and user limits bound the number of processes."
        yield Finding(name="processes", level="strong", text=text)
    else:
        text = "The number of processes is bounded by user id; kernels under one id share the limit."
        advice = "Start the hub as root, so that each student has an id." if not facts.root else ""
        yield Finding(name="processes", level="strong" if facts.root else "weak", text=text, advice=advice)
    if facts.features.size:
        text = "Temporary folders inside are limited in size."
        yield Finding(name="temporary files", level="strong", text=text)
    else:
        yield Finding(
            name="temporary files",
            level="missing",
            text="Temporary folders inside can take half of this machine's memory.",
            advice="Install bubblewrap 0.7 or newer.",
        )
    yield Finding(
        name="disk",
        level="weak",
        text="Single files are limited in size, a student's whole folder is not.",
        advice="Set a quota on the file system of the state folder.",
    )


def exit_code(found: Iterable[Finding]) -> int:
    """0 when nothing is missing, 1 when something is, 2 when no kernel can start at all."""
    missing = [finding.name for finding in found if finding.level == "missing"]
    return 0 if not missing else 2 if "sandbox" in missing else 1
