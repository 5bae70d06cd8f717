"""What the doctor says of machines of all kinds."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from learnflow_kernels.bubblewrap import Features
from learnflow_kernels.choice import Candidate
from learnflow_kernels.doctor import Facts, Finding, exit_code, findings
from learnflow_kernels.machine import examine

GOOD = Facts(
    bubblewrap="0.11.0",
    complaint="",
    features=Features(),
    architecture="x86_64",
    filter_known=True,
    root=True,
    memory_group=True,
    process_group=True,
)


def levels(**changes: object) -> dict[str, str]:
    return {one.name: one.level for one in findings(msgspec.structs.replace(GOOD, **changes))}


def test_a_good_machine_misses_nothing_and_is_told_what_stays_weak() -> None:
    found = findings(GOOD)
    assert exit_code(found) == 0
    assert [one.name for one in found if one.level == "weak"] == ["disk"]


def test_without_a_sandbox_there_is_one_thing_to_say() -> None:
    found = findings(msgspec.structs.replace(GOOD, complaint="apt-get install bubblewrap"))
    assert [one.level for one in found] == ["missing"]
    assert "apt-get install bubblewrap" in found[0].advice
    assert exit_code(found) == 2


@pytest.mark.parametrize("known", [True, False])
def test_no_filter_of_system_calls(known: bool) -> None:
    facts = msgspec.structs.replace(
        GOOD, features=Features(seccomp=False), filter_known=known, architecture="riscv64"
    )
    found = findings(facts)
    (filter_,) = [one for one in found if one.name == "system calls"]
    assert filter_.level == "missing"
    assert ("riscv64" in filter_.text) is not known
    assert exit_code(found) == 1


def test_an_old_bubblewrap() -> None:
    old = levels(features=Features(disable_userns=False, size=False))
    assert (old["nested sandboxes"], old["temporary files"]) == ("weak", "missing")
    assert levels(features=Features(disable_userns=False, seccomp=False))["nested sandboxes"] == "missing"


def test_an_ordinary_user() -> None:
    found = levels(root=False, memory_group=False, process_group=False)
    weak = ("user ids", "memory of notebooks", "memory of the service's runs", "processes")
    assert {found[name] for name in weak} == {"weak"}


def test_without_warm_sandboxes_or_groups_for_the_processor_it_is_only_slower_and_weaker() -> None:
    found = levels(warm="AppArmor says no.", cpu_group=False)
    assert (found["warm sandboxes"], found["processor"]) == ("weak", "weak")
    (warm,) = [one for one in findings(msgspec.structs.replace(GOOD, warm="No.")) if "warm" in one.name]
    assert "No." in warm.text


def test_whatever_is_not_strong_comes_with_advice() -> None:
    for bits in itertools.product((True, False), repeat=7):
        a, b, c, root, memory, process, known = bits
        facts = msgspec.structs.replace(
            GOOD,
            features=Features(disable_userns=a, size=b, seccomp=c and known),
            root=root,
            memory_group=memory,
            process_group=process,
            filter_known=known,
        )
        assert all(bool(one.advice) is (one.level != "strong") for one in findings(facts))


def test_this_machine() -> None:
    facts = examine()
    assert facts.complaint == ""
    assert facts.warm == ""
    assert facts.bubblewrap[0].isdigit()


class TestRunsOfTheService:
    def told(self, *candidates: Candidate, complaint: str = "") -> list[Finding]:
        facts = msgspec.structs.replace(GOOD, candidates=candidates, complaint=complaint)
        return [one for one in findings(facts) if one.name == "runs of the service"]

    def test_which_sandbox_and_why(self) -> None:
        absent = Candidate(kind="docker", complaint="There is no container engine.")
        (one,) = self.told(Candidate(kind="bubblewrap"), absent)
        assert (one.level, one.advice) == ("strong", "")
        assert "use bubblewrap (docker does not work here)" in one.text

    def test_what_would_be_stronger(self) -> None:
        absent = Candidate(kind="docker", complaint="There is no container engine.")
        (one,) = self.told(Candidate(kind="bubblewrap", lacks=("a memory limit",)), absent)
        assert one.level == "weak"
        assert "without a memory limit" in one.text
        assert "no container engine" in one.advice

    def test_containers_where_there_is_no_bubblewrap(self) -> None:
        missing = Candidate(kind="bubblewrap", complaint="Install it.")
        (one,) = self.told(missing, Candidate(kind="docker"), complaint="Install it.")
        assert "use docker" in one.text

    def test_none_works(self) -> None:
        (one,) = self.told(Candidate(kind="docker", complaint="There is no container engine."))
        assert (one.level, one.advice) == ("missing", "There is no container engine.")
