from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learnflow_kernels.outputs import (
    BYTES_ENV,
    MESSAGE_CHARS,
    TRACEBACK_CHARS,
    BoundedSession,
    OutputBudget,
    bounded_error,
    notice,
)


class TestText:
    @given(st.lists(st.text(max_size=200), max_size=30), st.integers(0, 300))
    def test_the_sum_is_bounded_and_the_sentence_comes_once(self, texts: list[str], limit: int) -> None:
        budget = OutputBudget(limit)
        shown = "".join(budget.text("cell", text) for text in texts)
        said = notice(limit)
        assert shown.count(said) <= 1
        if sum(map(len, texts)) <= limit:
            assert shown == "".join(texts)
        else:
            assert said in shown
            assert len(shown.encode(errors="replace")) <= limit + len(said.encode()) + 2 + 2 * limit

    def test_each_cell_has_its_own(self) -> None:
        budget = OutputBudget(10)
        assert notice(10) in budget.text("one", "x" * 11)
        assert budget.text("two", "fine") == "fine"

    def test_old_cells_are_forgotten(self) -> None:
        budget = OutputBudget(10)
        for number in range(1000):
            budget.text(str(number), "x")
        assert len(budget._spent) < 100

    def test_clearing_the_output_starts_anew(self) -> None:
        budget = OutputBudget(10)
        budget.text("cell", "x" * 10)
        budget.cleared("cell")
        assert budget.text("cell", "y" * 10) == "y" * 10

    def test_the_sentence_names_the_limit(self) -> None:
        assert notice(1_000_000) == "This cell printed more than 1 MB, so the rest is not shown."
        assert "500 bytes" in notice(500)


class TestBundles:
    def test_a_picture_may_be_larger_than_text(self) -> None:
        budget = OutputBudget(100)
        picture = {"image/png": "p" * 500, "text/plain": "<Figure>"}
        assert budget.bundle("cell", picture) == picture

    def test_text_that_is_no_text_counts_too(self) -> None:
        budget = OutputBudget(100)
        assert budget.bundle("cell", {"text/plain": {"a": "x" * 2000}}) == {"text/plain": f"\n{notice(100)}"}

    def test_a_huge_one_becomes_a_sentence_and_then_nothing(self) -> None:
        budget = OutputBudget(100)
        cut = budget.bundle("cell", {"application/json": {"rows": ["x" * 100] * 20}, "text/plain": "table"})
        assert cut == {"text/plain": f"table\n{notice(100)}"}
        assert budget.bundle("cell", {"text/plain": "more"}) is None

    def test_long_text_is_cut(self) -> None:
        cut = OutputBudget(10).bundle("cell", {"text/plain": "x" * 50})
        assert cut == {"text/plain": f"{'x' * 10}\n{notice(10)}"}


class TestErrors:
    def test_message_and_traceback_are_cut(self) -> None:
        long = {"ename": "E", "evalue": "m" * 90_000, "traceback": ["t" * 40_000, "t" * 40_000, "never"]}
        bounded = bounded_error(long)
        assert len(bounded["evalue"]) == MESSAGE_CHARS + 1
        assert sum(map(len, bounded["traceback"])) <= TRACEBACK_CHARS + 1
        assert "never" not in bounded["traceback"]

    def test_an_ordinary_one_stays(self) -> None:
        content = {"ename": "E", "evalue": "m", "traceback": ["a", "b"]}
        assert bounded_error(content) == content


class Socket:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []

    def send_multipart(self, parts: list[bytes], copy: bool = True) -> None:
        self.sent.append(parts)


class TestSession:
    @pytest.fixture
    def session(self, monkeypatch: pytest.MonkeyPatch) -> BoundedSession:
        monkeypatch.setenv(BYTES_ENV, "20")
        return BoundedSession(key=b"")

    def parent(self, session: BoundedSession) -> dict[str, Any]:
        return session.msg("execute_request", {})

    def test_streams_are_cut_and_then_dropped(self, session: BoundedSession) -> None:
        socket, parent = Socket(), self.parent(session)
        first = session.send(socket, "stream", {"name": "stdout", "text": "x" * 30}, parent)
        assert first is not None
        assert notice(20) in first["content"]["text"]
        message = session.msg("stream", {"name": "stdout", "text": "y"}, parent=parent)
        assert session.send(socket, message) is None
        session.send(socket, "clear_output", {"wait": True}, parent)
        session.send(socket, "stream", {"name": "stdout", "text": "z"}, parent)
        assert len(socket.sent) == 3

    def test_results_and_errors_are_bounded(self, session: BoundedSession) -> None:
        parent = self.parent(session)

        def bounded(kind: str, content: dict[str, Any]) -> dict[str, Any] | None:
            return session.bounded(session.msg(kind, content, parent=parent))

        shown = bounded("execute_result", {"data": {"text/plain": "x" * 90}, "metadata": {}})
        assert shown is not None
        assert notice(20) in shown["content"]["data"]["text/plain"]
        assert bounded("display_data", {"data": {"text/plain": "more"}, "metadata": {}}) is None
        for kind in ("error", "execute_reply"):
            told = bounded(kind, {"status": "error", "evalue": "m" * 9000, "traceback": []})
            assert told is not None
            assert len(told["content"]["evalue"]) < 9000

    def test_everything_else_passes(self, session: BoundedSession) -> None:
        message = session.msg("kernel_info_reply", {"status": "ok"})
        assert session.bounded(message) == message
        assert session.bounded({**message, "content": b"packed"})
