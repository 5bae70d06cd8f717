"""Matching what kernels say to what was asked."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from learnflow_ext.contracts.help import ERROR_MIME, MAX_CELL_CHARS, MAX_TRACEBACK_CHARS, Diagnosis, Variable
from learnflow_ext.server.runs import MAX_MESSAGE_CHARS, MAX_PENDING, Run, RunLedger

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def request(run_id: str, code: str = "1", **content: Any) -> dict[str, Any]:
    return {
        "header": {"msg_id": run_id, "msg_type": "execute_request"},
        "metadata": {"cellId": "c"},
        "content": {"code": code, **content},
    }


def finish(ledger: RunLedger, run_id: str, status: str = "ok") -> Run | None:
    ledger.heard(run_id, "iopub", "status", {"execution_state": "idle"})
    return ledger.heard(run_id, "shell", "execute_reply", {"status": status})


def test_reply_and_idle_in_either_order() -> None:
    ledger = RunLedger()
    ledger.asked("s", "k", request("a"))
    assert ledger.heard("a", "shell", "execute_reply", {"status": "ok"}) is None
    run = ledger.heard("a", "iopub", "status", {"execution_state": "idle"})
    assert run is not None
    assert not run.failed
    ledger.asked("s", "k", request("b"))
    assert finish(ledger, "b") is not None
    assert not ledger


def test_time_counts_from_busy() -> None:
    now = [0.0]
    ledger = RunLedger(clock=lambda: now[0])
    ledger.asked("s", "k", request("a"))
    now[0] = 10.0
    ledger.heard("a", "iopub", "status", {"execution_state": "busy"})
    now[0] = 10.25
    run = finish(ledger, "a")
    assert run is not None
    assert run.duration_ms == 250


def test_an_error_keeps_its_text_bounded_and_plain() -> None:
    ledger = RunLedger()
    ledger.asked("s", "k", request("a", "x" * 30_000))
    content = {
        "ename": "E" * 500,
        "evalue": "\x1b[31mred\x1b[0m" + "m" * 5000,
        "traceback": ["t" * 90_000, 3],
    }
    ledger.heard("a", "iopub", "error", content)
    run = finish(ledger, "a", "error")
    assert run is not None
    assert run.failed
    assert run.error is not None
    assert run.error.message.startswith("red")
    assert len(run.error.message) == MAX_MESSAGE_CHARS
    assert len(run.error.exception) == 100
    assert len(run.error.traceback) <= MAX_TRACEBACK_CHARS
    assert len(run.code) == MAX_CELL_CHARS


def test_the_tutors_error_is_taken_and_bounded() -> None:
    ledger = RunLedger()
    ledger.asked("s", "k", request("a"))
    diagnosis = {
        "exception": "NameError",
        "message": "m",
        "line": 1,
        "source_line": "s" * 9999,
        "cause": "c" * 9999,
        "concept": "",
        "known": True,
    }
    bundle = {
        "exception": "NameError",
        "message": "m" * 99_999,
        "diagnosis": diagnosis,
        "variables": [{"name": "n", "type": "t", "value": "v" * 999}] * 999,
    }
    ledger.heard("a", "iopub", "error", {"ename": "NameError", "evalue": "m"})
    ledger.heard("a", "iopub", "display_data", {"data": {ERROR_MIME: bundle}})
    run = finish(ledger, "a", "error")
    assert run is not None
    assert run.error is not None
    assert isinstance(run.error.diagnosis, Diagnosis)
    assert len(run.error.diagnosis.cause) == 2000
    assert run.error.variables == (Variable(name="n", type="t", value="v" * 120),) * 20


def test_an_error_displayed_by_a_good_run_is_no_failure() -> None:
    ledger = RunLedger()
    ledger.asked("s", "k", request("a"))
    ledger.heard("a", "iopub", "display_data", {"data": {ERROR_MIME: {"exception": "E", "message": "m"}}})
    run = finish(ledger, "a")
    assert run is not None
    assert not run.failed


def test_an_error_in_the_reply_alone_counts() -> None:
    ledger = RunLedger()
    ledger.asked("s", "k", request("a"))
    ledger.heard("a", "iopub", "status", {"execution_state": "idle"})
    run = ledger.heard("a", "shell", "execute_reply", {"status": "error", "ename": "E", "evalue": "m"})
    assert run is not None
    assert run.error is not None
    assert run.error.exception == "E"


class TestSeveralTabs:
    def test_a_run_belongs_to_the_tab_that_asked(self) -> None:
        ledger = RunLedger()
        ledger.asked("one", "k", request("a"))
        assert ledger.mine("one", "a")
        assert not ledger.mine("two", "a")
        assert not ledger.mine("one", "b")
        assert not ledger.mine("one", None)

    def test_it_ends_once(self) -> None:
        ledger = RunLedger()
        ledger.asked("one", "k", request("a"))
        assert finish(ledger, "a") is not None
        assert finish(ledger, "a") is None


class TestEarlierCellFailed:
    def test_a_cell_that_was_called_off_is_no_run(self) -> None:
        ledger = RunLedger()
        ledger.asked("s", "k", request("a"))
        assert finish(ledger, "a", "aborted") is None
        assert not ledger


class TestKernelIsGone:
    def test_its_runs_end_as_failures(self) -> None:
        ledger = RunLedger()
        ledger.asked("s", "k", request("a"))
        ledger.asked("s", "other", request("b"))
        ledger.asked("another tab", "k", request("c"))
        [run] = ledger.lost("s", "k", "gone")
        assert (run.run_id, run.failed) == ("a", True)
        assert run.error is not None
        assert run.error.message == "gone"
        assert ledger.lost("s", "k", "gone") == []
        assert len(ledger) == 2


def test_what_is_no_cell_is_not_watched() -> None:
    ledger = RunLedger()
    for message in (
        request("a", ""),
        request("b", "1", silent=True),
        request(""),
        {"header": {"msg_id": "c", "msg_type": "complete_request"}, "content": {"code": "1"}},
        {},
    ):
        ledger.asked("s", "k", message)
    assert not ledger


def test_runs_that_never_end_are_pruned() -> None:
    ledger = RunLedger()
    for number in range(2 * MAX_PENDING):
        ledger.asked("s", "k", request(str(number)))
    assert len(ledger) == MAX_PENDING
    assert ledger.mine("s", str(2 * MAX_PENDING - 1))


@settings(deadline=None)
@given(JSON, st.sampled_from(["status", "error", "display_data", "execute_result", "stream"]))
def test_any_content_is_borne(content: Any, kind: str) -> None:
    ledger = RunLedger()
    ledger.asked("s", "k", request("a"))
    body = content if isinstance(content, dict) else {"data": content, "ename": content, "traceback": content}
    ledger.heard("a", "iopub", kind, body)
    ledger.heard("a", "iopub", kind, {"data": {ERROR_MIME: content}, "traceback": [content]})
    finish(ledger, "a", "error")


@settings(deadline=None)
@given(JSON, JSON, JSON)
def test_any_request_is_borne(header: Any, metadata: Any, content: Any) -> None:
    RunLedger().asked("s", "k", {"header": header, "metadata": metadata, "content": content})
