"""What a runner's container is made of, what it says, and whose it is: without an engine."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_kernels.boxed import MARK_BYTES, framed, split
from learnflow_kernels.docker_box import box_spec
from learnflow_kernels.docker_engine import Engine, is_leftover, own_name
from learnflow_kernels.docker_runner import DockerRunner
from learnflow_kernels.docker_stream import Streams
from learnflow_kernels.program import Report

from learnflow_ext.contracts.runner import RunLimits

MARK = bytes(range(MARK_BYTES))
LIMITS = RunLimits(memory_mb=128, processes=20, open_files=50, file_size_mb=3, wall_s=2.5)


def frame(kind: int, data: bytes) -> bytes:
    return bytes([kind, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


class TestSpec:
    def test_it_reaches_nothing_owns_nothing_and_can_become_nothing(self) -> None:
        spec = box_spec("image", LIMITS, owner="o", deadline=7, uid=1000, cpus=0.5)
        assert spec.container["user"] == "1000:1000"
        assert spec.container["labels"] == {"org.learnflow.owner": "o", "org.learnflow.deadline": "7"}
        host = spec.host
        assert (host["network_mode"], host["read_only"], host["init"]) == ("none", True, True)
        assert (host["cap_drop"], host["security_opt"]) == (["ALL"], ["no-new-privileges"])
        assert host["privileged"] is False
        assert host["mem_limit"] == host["memswap_limit"] == 128 * 2**20
        assert (host["pids_limit"], host["nano_cpus"]) == (22, 500_000_000)
        assert host["log_config"]["Type"] == "none"
        assert {limit["Name"]: limit["Hard"] for limit in host["ulimits"]} == {
            "core": 0,
            "nofile": 50,
            "fsize": 3 * 2**20,
            "cpu": 4,
        }
        assert not {"binds", "mounts", "devices", "cap_add", "pid_mode"} & set(host)

    def test_nothing_of_our_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t0ken")
        assert "t0ken" not in str(box_spec("image", LIMITS, owner="o", deadline=7, uid=1000))

    def test_another_runtime(self) -> None:
        assert box_spec("i", LIMITS, owner="o", deadline=7, uid=1, runtime="runsc").host["runtime"] == "runsc"

    def test_never_root(self) -> None:
        with pytest.raises(ValueError, match="never runs as root"):
            DockerRunner(uid=0)


class TestReport:
    @given(st.binary(max_size=50), st.binary(max_size=50))
    def test_it_is_found_behind_what_was_printed(self, before: bytes, after: bytes) -> None:
        sent = before + framed(MARK, Report(failed=1)) + after
        assert split(MARK, sent) == (before + after, Report(failed=1))

    @given(st.binary(max_size=200))
    def test_nonsense_is_no_report(self, junk: bytes) -> None:
        said, report = split(MARK, b"printed" + MARK + junk)
        assert said.startswith(b"printed")
        assert report is None or isinstance(report, Report)
        assert split(MARK, junk.replace(MARK, b"")) == (junk.replace(MARK, b""), None)


class TestStreams:
    @given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=30))), st.integers(1, 9))
    def test_pieces_of_any_size(self, frames: list[tuple[int, bytes]], step: int) -> None:
        streams = Streams(10_000, MARK)
        data = b"".join(frame(kind, text) for kind, text in frames)
        for place in range(0, len(data), step):
            streams.feed(data[place : place + step])
        assert streams.stdout == b"".join(text for kind, text in frames if kind == 1)
        assert streams.stderr == b"".join(text for kind, text in frames if kind == 2)

    def test_a_flood_is_noticed_and_not_kept(self) -> None:
        for kind in (1, 2):
            streams = Streams(100, MARK)
            streams.feed(frame(kind, b"x" * 100))
            assert not streams.flooded()
            streams.feed(frame(kind, b"x" * 1_000_000))
            assert streams.flooded()
            assert len(streams.stdout) + len(streams.stderr) < 200_000

    def test_a_report_is_no_flood(self) -> None:
        streams = Streams(10, MARK)
        streams.feed(frame(2, b"oh" + framed(MARK, Report(message="y" * 5000))))
        assert not streams.flooded()


class TestLeftovers:
    def test_ours_are_kept_while_we_live(self) -> None:
        assert not is_leftover(own_name(), str(time.time() + 5), now=time.time())

    def test_those_of_a_process_that_is_no_more(self) -> None:
        boot, namespace, _, started = own_name().split("/")
        for other in (f"{boot}/{namespace}/4194305/{started}", f"{boot}/{namespace}/{os.getpid()}/1"):
            assert is_leftover(other, str(time.time() + 5), now=time.time())

    def test_a_stranger_is_left_alone_until_its_time_is_long_over(self) -> None:
        for owner in ("another-boot/pid:[1]/1/1", own_name().replace("pid:[", "pid:[9"), ""):
            assert not is_leftover(owner, "1000", now=1030)
            assert is_leftover(owner, "1000", now=1100)
        assert is_leftover("", "nonsense", now=0)


def test_no_engine_is_said_with_what_to_install() -> None:
    from learnflow_kernels.check import SandboxUnavailable

    with pytest.raises(SandboxUnavailable, match=r"apt-get install docker\.io"):
        Engine("unix:///nowhere/docker.sock").require_image("x")
