"""Which sandbox the service's runs go to: the one that was asked for, or the strongest that works here."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from traitlets import Enum, Float, Unicode, default
from traitlets.config import Config, Configurable

from learnflow_ext.contracts.grades import CourseFile
from learnflow_ext.contracts.runner import Call, RunLimits, RunResult
from learnflow_kernels import cgroups
from learnflow_kernels.check import SandboxUnavailable, require_sandbox
from learnflow_kernels.owner import tag
from learnflow_kernels.runner import BubblewrapRunner
from learnflow_kernels.warm.runner import WarmRunner
from learnflow_kernels.warm.sandboxes import LIBRARIES

if TYPE_CHECKING:
    from learnflow_kernels.docker_runner import DockerRunner

Kind = Literal["bubblewrap", "docker"]
KINDS: tuple[Kind, ...] = ("bubblewrap", "docker")
KIND_ENV, IMAGE_ENV = "LEARNFLOW_SANDBOX", "LEARNFLOW_SANDBOX_IMAGE"
USUAL_IMAGE = "learnflow/grader:latest"
_USUAL_SOCKET = "unix:///var/run/docker.sock"
_PROBE_BYTES = 64 * 2**20
_WORTH_WARMING = 8
Made: TypeAlias = "WarmRunner | BubblewrapRunner | DockerRunner"
log = logging.getLogger("learnflow.kernels")


class LearnFlowRunner(Configurable):
    """Where the service and the `learnflow` command run code."""

    sandbox = Enum(
        ("auto", *KINDS),
        help=f"""`bubblewrap` starts runs on this machine, some from warm processes, in milliseconds. `docker`
        gives each a container of its own: for a service that may use an engine's socket, which is as good as
        being root. `auto` takes the strongest that works here, and bubblewrap where both are as strong,
        because it is faster; `learnflow doctor` says which, and why. Where none works, nothing runs. The
        default is what {KIND_ENV} says in the environment, or `auto`.""",
    ).tag(config=True)
    image = Unicode(
        help=f"""The image for containers, built from `kernels/images/grader.Dockerfile`. An engine without it
        counts as one that does not work. The default is what {IMAGE_ENV} says, or `{USUAL_IMAGE}`."""
    ).tag(config=True)
    engine = Unicode(
        "",
        help="""Address of the container engine, such as `unix:///var/run/docker.sock`. Empty for what
        DOCKER_HOST says, or that usual socket.""",
    ).tag(config=True)
    container_runtime = Unicode(
        "",
        help="""A runtime that the engine knows, to be used instead of its own: `runsc` (gVisor) keeps code
        from most of Linux. Empty for the engine's default.""",
    ).tag(config=True)
    container_cpus = Float(
        1.0, min=0.0, help="How many processors one container may keep busy; 0 for as many as there are."
    ).tag(config=True)

    @default("sandbox")
    def _default_sandbox(self) -> str:
        wanted = os.environ.get(KIND_ENV) or "auto"
        if wanted not in ("auto", *KINDS):
            raise SandboxUnavailable(f"{KIND_ENV} is {wanted[:50]!r}: say auto, {' or '.join(KINDS)}.")
        return wanted

    @default("image")
    def _default_image(self) -> str:
        return os.environ.get(IMAGE_ENV) or USUAL_IMAGE


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of sandbox, as this machine offers it."""

    kind: Kind
    complaint: str = ""
    """Why it does not work, with what to do; empty when it does."""
    lacks: tuple[str, ...] = ()
    """Protections that are missing from it here, each as the end of `without …`."""


def strongest(candidates: Sequence[Candidate]) -> Candidate:
    """The one that works and lacks least; of several, the first. SandboxUnavailable with all complaints."""
    working = [one for one in candidates if not one.complaint]
    if not working:
        raise SandboxUnavailable(" ".join(one.complaint for one in candidates))
    return min(working, key=lambda one: len(one.lacks))


def reason(chosen: Candidate, candidates: Sequence[Candidate]) -> str:
    """Why it was chosen, as a sentence."""
    text = f"Runs of the service use {chosen.kind}"
    if chosen.lacks:
        text += f", without {' and '.join(chosen.lacks)}"
    others = [one for one in candidates if one is not chosen]
    said = [f"{one.kind} does not work here" for one in others if one.complaint]
    said += [f"{one.kind} would be without {' and '.join(one.lacks)}" for one in others if one.lacks]
    said += [f"{one.kind} is as strong, and slower" for one in others if not one.complaint and not one.lacks]
    return f"{text} ({'; '.join(said)})." if said else f"{text}."


def look_at_bubblewrap(uid: int) -> Candidate:
    """Start an empty sandbox and make a control group; both are gone at the end. Blocks some 10 ms."""
    try:
        features = require_sandbox(uid if os.geteuid() == 0 else 0)
    except SandboxUnavailable as error:
        return Candidate(kind="bubblewrap", complaint=error.message)
    group = cgroups.create(f"choice-{tag()}-{os.urandom(3).hex()}", memory=_PROBE_BYTES, processes=16)
    group.remove()
    lacks = (
        *(() if features.seccomp else ("a filter of system calls",)),
        *(() if group.limits_memory else ("a memory limit for all processes of a run together",)),
    )
    return Candidate(kind="bubblewrap", lacks=lacks)


def look_at_docker(settings: LearnFlowRunner) -> Candidate:
    """Ask the engine, if there is one. Blocks; where there is none, for less than a millisecond."""
    url = settings.engine or os.environ.get("DOCKER_HOST") or _USUAL_SOCKET
    scheme, _, path = url.partition("://")
    if scheme == "unix" and not os.path.exists(path):
        return Candidate(kind="docker", complaint=f"There is no container engine at {path}.")
    if scheme == "unix" and not os.access(path, os.R_OK | os.W_OK):
        return Candidate(kind="docker", complaint=f"This user may not use the container engine at {path}.")
    if importlib.util.find_spec("docker") is None:
        advice = "install LearnFlow with it: `pip install 'learnflow-ext[docker]'`."
        return Candidate(kind="docker", complaint=f"The package `docker` is missing; {advice}")
    # Loaded only where there is an engine: a command should not wait for it.
    from learnflow_kernels.docker_engine import Engine

    try:
        engine = Engine(url)
        engine.require_image(settings.image)
        return Candidate(kind="docker", lacks=tuple(engine.lacks()))
    except SandboxUnavailable as error:
        return Candidate(kind="docker", complaint=error.message)


def look(settings: LearnFlowRunner, uid: int, *, thorough: bool = False) -> list[Candidate]:
    """What there is to choose from, the preferred first. Blocks.

    Nobody asks the engine where bubblewrap lacks nothing, except if `thorough`.
    """
    found = []
    if settings.sandbox in ("auto", "bubblewrap"):
        found.append(look_at_bubblewrap(uid))
    done = found and not found[0].complaint and not found[0].lacks and not thorough
    if settings.sandbox in ("auto", "docker") and not done:
        found.append(look_at_docker(settings))
    return found


class ChosenRunner:
    """A `Runner` in the sandbox that was chosen with `start`, or at the first run. Close it at the end."""

    def __init__(
        self,
        config: Config | None = None,
        *,
        uid: int = 199_998,
        parallel: int = 2,
        ready: int = 2,
        preload: Sequence[str] = LIBRARIES,
        warm: bool = True,
    ) -> None:
        """`config` holds `LearnFlowRunner`'s traits. Of bubblewrap, `warm` sandboxes pay from some runs on.

        The rest is as for `WarmRunner`. TraitError or SandboxUnavailable for a kind that there is not.
        """
        self._settings = LearnFlowRunner(config=config)
        log.debug("sandbox wanted: %s", self._settings.sandbox)  # read now: a wrong one is told at once
        self._uid, self._parallel = uid, parallel
        self._ready, self._preload, self._warm = ready, tuple(preload), warm
        self._choosing = asyncio.Lock()
        self._runner: Made | None = None
        self._closed = False
        self.chosen: Candidate | None = None
        """None until one was chosen, and as long as none works."""

    async def start(self) -> None:
        """Choose, and get ready ahead of the first run. SandboxUnavailable when no sandbox works here."""
        runner = await self._chosen()
        if isinstance(runner, WarmRunner):
            await runner.start()

    async def _chosen(self) -> Made:
        async with self._choosing:
            if self._closed:
                raise SandboxUnavailable("The runner is closed.")
            if self._runner is None:
                # As long as none works, each run asks again: an admin may be installing one.
                candidates = await asyncio.to_thread(look, self._settings, self._uid)
                self.chosen = strongest(candidates)
                log.info(reason(self.chosen, candidates))
                self._runner = self._made(self.chosen.kind)
            return self._runner

    def _made(self, kind: Kind) -> Made:
        if kind == "docker":
            from learnflow_kernels.docker_runner import DockerRunner

            return DockerRunner(
                image=self._settings.image,
                url=self._settings.engine,
                parallel=self._parallel,
                cpus=self._settings.container_cpus,
                runtime=self._settings.container_runtime,
            )
        if self._warm:
            return WarmRunner(
                uid=self._uid, parallel=self._parallel, ready=self._ready, preload=self._preload
            )
        return BubblewrapRunner(uid=self._uid, parallel=self._parallel)

    async def run(
        self,
        cells: Sequence[str],
        *,
        files: Sequence[CourseFile] = (),
        limits: RunLimits | None = None,
        call: Call | None = None,
    ) -> RunResult:
        """As `Runner.run`. BadRequest for a file whose path is none, SandboxUnavailable without a sandbox."""
        return await (await self._chosen()).run(cells, files=files, limits=limits, call=call)

    async def sweep(self) -> list[str]:
        """Remove containers that killed services left on our engine; their ids. Nothing where we use none."""
        if self._runner is None or self.chosen is None or self.chosen.kind != "docker":
            return []
        from learnflow_kernels.docker_runner import DockerRunner

        assert isinstance(self._runner, DockerRunner)
        return await self._runner.sweep()

    async def close(self) -> None:
        """End all runs, and what waits for some."""
        self._closed = True
        async with self._choosing:
            runner, self._runner = self._runner, None
        if runner is not None:
            await runner.close()


@contextlib.asynccontextmanager
async def runner_for(runs: int) -> AsyncIterator[ChosenRunner]:
    """A runner for a command that makes this many runs: loading libraries ahead pays from a few on."""
    runner = ChosenRunner(warm=runs >= _WORTH_WARMING)
    try:
        yield runner
    finally:
        await runner.close()
