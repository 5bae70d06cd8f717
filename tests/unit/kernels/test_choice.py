"""Which sandbox is chosen, on machines of all kinds; and that nothing runs where none works."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_kernels import choice
from learnflow_kernels.check import SandboxUnavailable
from learnflow_kernels.choice import Candidate, ChosenRunner, LearnFlowRunner, look, reason, strongest
from learnflow_kernels.runner import BubblewrapRunner
from learnflow_kernels.warm.runner import WarmRunner
from traitlets import TraitError
from traitlets.config import Config

FILTER, MEMORY = "a filter of system calls", "a memory limit"
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        kind=st.sampled_from(choice.KINDS),
        complaint=st.sampled_from(["", "It is missing."]),
        lacks=st.sets(st.sampled_from([FILTER, MEMORY])).map(tuple),
    ),
    max_size=2,
)


@given(CANDIDATES)
def test_the_strongest_that_works_or_none(candidates: list[Candidate]) -> None:
    working = [one for one in candidates if not one.complaint]
    if not working:
        with pytest.raises(SandboxUnavailable):
            strongest(candidates)
        return
    chosen = strongest(candidates)
    assert chosen in working
    assert all(len(chosen.lacks) <= len(one.lacks) for one in working)
    assert chosen.kind in reason(chosen, candidates)


def test_of_two_as_strong_it_is_the_preferred() -> None:
    both = [Candidate(kind="bubblewrap"), Candidate(kind="docker")]
    assert strongest(both).kind == "bubblewrap"
    assert reason(both[0], both) == ("Runs of the service use bubblewrap (docker is as strong, and slower).")


def test_a_container_where_bubblewrap_lacks_something() -> None:
    both = [Candidate(kind="bubblewrap", lacks=(MEMORY,)), Candidate(kind="docker")]
    assert strongest(both).kind == "docker"
    assert "bubblewrap would be without a memory limit" in reason(both[1], both)


def test_what_is_missing_is_said_of_every_kind() -> None:
    complaints = [
        Candidate(kind="bubblewrap", complaint="Do `apt-get install bubblewrap`."),
        Candidate(kind="docker", complaint="There is no container engine."),
    ]
    with pytest.raises(SandboxUnavailable, match=r"apt-get install bubblewrap.*no container engine"):
        strongest(complaints)


class TestLooking:
    def test_nobody_asks_an_engine_where_bubblewrap_lacks_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(choice, "look_at_bubblewrap", lambda uid: Candidate(kind="bubblewrap"))
        monkeypatch.setattr(choice, "look_at_docker", lambda settings: pytest.fail("asked"))
        assert [one.kind for one in look(LearnFlowRunner(), 1)] == ["bubblewrap"]

    def test_who_wants_one_kind_is_offered_that_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(choice, "look_at_bubblewrap", lambda uid: Candidate(kind="bubblewrap"))
        monkeypatch.setattr(choice, "look_at_docker", lambda settings: Candidate(kind="docker"))
        for kind in choice.KINDS:
            assert [one.kind for one in look(LearnFlowRunner(sandbox=kind), 1)] == [kind]
        assert [one.kind for one in look(LearnFlowRunner(), 1, thorough=True)] == list(choice.KINDS)

    def test_no_engine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        assert "/nowhere/docker.sock" in choice.look_at_docker(LearnFlowRunner()).complaint

    def test_the_environment_says_it_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(choice.KIND_ENV, "docker")
        monkeypatch.setenv(choice.IMAGE_ENV, "ours:1")
        settings = LearnFlowRunner()
        assert (settings.sandbox, settings.image) == ("docker", "ours:1")
        monkeypatch.setenv(choice.KIND_ENV, "dokcer")
        with pytest.raises(SandboxUnavailable, match="'dokcer': say auto, bubblewrap or docker"):
            ChosenRunner()


class TestRunner:
    async def test_without_a_sandbox_nothing_runs_until_there_is_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = Candidate(kind="bubblewrap", complaint="Install it.")
        monkeypatch.setattr(choice, "look", lambda *_: [found])
        runner = ChosenRunner(warm=False)
        for attempt in (runner.start(), runner.run(["1"])):
            with pytest.raises(SandboxUnavailable, match="Install it"):
                await attempt
        found = Candidate(kind="bubblewrap")
        await runner.start()
        assert runner.chosen == found
        await runner.close()
        with pytest.raises(SandboxUnavailable, match="closed"):
            await runner.run(["1"])

    @pytest.mark.parametrize(("warm", "kind"), [(True, WarmRunner), (False, BubblewrapRunner)])
    async def test_warm_where_it_pays(self, warm: bool, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(choice, "look", lambda *_: [Candidate(kind="bubblewrap")])
        runner = ChosenRunner(warm=warm)
        assert isinstance(await runner._chosen(), kind)
        await runner.close()

    def test_a_kind_that_there_is_not(self) -> None:
        with pytest.raises(TraitError):
            ChosenRunner(Config({"LearnFlowRunner": {"sandbox": "hope"}}))
