"""Hints by the ladder, through the running service: what climbs, what does not, and what is kept."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from served import ASSIGNMENT, Client, chunks
from sqlalchemy import select
from stub_hub import COURSE, Hub

from learnflow_ext.contracts.help import CellError, HelpRequest
from learnflow_ext.contracts.runs import RunBatch, RunReport
from learnflow_ext.diagnosis.fingerprint import attempt_of
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import eventlog, patterns
from learnflow_ext.store.models import HelpError
from learnflow_ext.store.patterns import Tried

_ids = iter(range(1_000_000))


def failed(code: str, cell_id: str = "cell-a") -> HelpRequest:
    error = CellError(exception="NameError", message="name 'totl' is not defined", code=code, line=1)
    return HelpRequest(course=COURSE, assignment=ASSIGNMENT, cell_id=cell_id, code=code, error=error)


def ran(code: str, cell_id: str = "cell-a") -> RunBatch:
    report = RunReport(
        run_id=f"run-{next(_ids)}",
        notebook=f"{COURSE}/{ASSIGNMENT}/n.ipynb",
        course=COURSE,
        assignment=ASSIGNMENT,
        cell_id=cell_id,
        attempt=attempt_of(code),
        ok=False,
        duration_ms=1,
        finished_at=0.0,
    )
    return RunBatch(runs=(report,))


async def rung(ask: Client, request: HelpRequest, who: str = "ada") -> int:
    return chunks(await ask("api/help", who, body=request))[-1].rung


class TestClimbing:
    async def test_each_changed_version_climbs_one_step_up_to_the_fourth(self, ask: Client) -> None:
        steps = [await rung(ask, failed(f"print(totl + {place})")) for place in range(6)]
        assert steps == [1, 2, 3, 4, 4, 4]

    async def test_each_step_says_more(self, ask: Client) -> None:
        texts = []
        for place in range(4):
            answer = chunks(await ask("api/help", "ada", body=failed(f"print(totl + {place})")))
            texts.append("".join(chunk.text for chunk in answer))
        assert all("**NameError" in text and "`totl`" in text for text in texts)
        assert ["Look at line" in text for text in texts] == [False, True, True, True]
        assert ["Ask yourself" in text for text in texts] == [False, False, True, True]
        assert ["```python" in text for text in texts] == [False, False, False, True]
        assert all(len(text.split()) <= 160 for text in texts)

    async def test_a_run_that_was_reported_is_an_attempt(self, ask: Client) -> None:
        assert (await ask("api/runs", "ada", body=ran("print(totl)"))).code == 200
        assert await rung(ask, failed("print(totl)")) == 1
        assert (await ask("api/runs", "ada", body=ran("print(totl + 1)"))).code == 200
        question = msgspec.structs.replace(failed(""), code="")
        assert await rung(ask, question) == 2
        assert await rung(ask, question) == 2

    async def test_a_run_and_the_question_about_it_are_one_attempt(self, ask: Client) -> None:
        assert await rung(ask, failed("print(totl)")) == 1
        await ask("api/runs", "ada", body=ran("print(totl + 1)"))
        assert await rung(ask, failed("print(totl + 1)")) == 2
        await ask("api/runs", "ada", body=ran("print(totl + 1)"))
        assert await rung(ask, failed("print(totl + 1)")) == 2


class TestNotClimbing:
    async def test_asking_again(self, ask: Client) -> None:
        assert [await rung(ask, failed("print(totl)")) for _ in range(4)] == [1, 1, 1, 1]

    @pytest.mark.parametrize(
        "same", ["print(totl)  # why?", "\n\nprint(totl)\n", "# please\nprint(totl)", "print(totl) "]
    )
    async def test_comments_and_spaces_are_no_attempt(self, ask: Client, same: str) -> None:
        assert await rung(ask, failed("print(totl)")) == 1
        assert await rung(ask, failed(same)) == 1

    async def test_going_back_and_forth(self, ask: Client) -> None:
        assert await rung(ask, failed("print(totl)")) == 1
        assert await rung(ask, failed("print(tota)")) == 2
        assert await rung(ask, failed("print(totl)")) == 2
        assert await rung(ask, failed("print(tota)")) == 2

    async def test_other_questions_in_between(self, ask: Client) -> None:
        assert await rung(ask, failed("print(totl)")) == 1
        loop = HelpRequest(text="what is a loop?", course=COURSE, assignment=ASSIGNMENT, code="x = 1")
        assert chunks(await ask("api/help", "ada", body=loop))[-1].agent == "concepts"
        assert await rung(ask, failed("print(totl)")) == 1

    async def test_reports_of_nonsense(self, ask: Client) -> None:
        assert await rung(ask, failed("print(totl)")) == 1
        for attempt in ("", "x", "z" * 16, "0" * 5000, "a:b c"):
            batch = ran("print(1)")
            report = msgspec.structs.replace(batch.runs[0], attempt=attempt)
            assert (await ask("api/runs", "ada", body=RunBatch(runs=(report,)))).code == 200
        assert await rung(ask, failed("print(totl)")) == 1


class TestApart:
    async def test_two_students(self, ask: Client) -> None:
        assert await rung(ask, failed("print(totl)")) == 1
        assert await rung(ask, failed("print(totl + 1)")) == 2
        assert await rung(ask, failed("print(totl + 1)"), "ben") == 1
        await ask("api/runs", "ben", body=ran("print(totl + 2)"))
        assert await rung(ask, failed("print(totl + 1)")) == 2

    async def test_two_exercises(self, ask: Client) -> None:
        assert await rung(ask, failed("print(totl)", "cell-a")) == 1
        assert await rung(ask, failed("print(totl + 1)", "cell-b")) == 1
        assert await rung(ask, failed("print(totl + 1)", "cell-a")) == 2

    async def test_outside_of_exercises_there_is_no_ladder(self, ask: Client) -> None:
        free = msgspec.structs.replace(failed("print(totl)"), assignment="")
        assert [await rung(ask, free) for _ in range(2)] == [3, 3]


class TestKept:
    async def test_a_restart_forgets_nothing(self, start: Any, hub: Hub) -> None:
        service = await start()
        ask = Client(service, hub)
        assert await rung(ask, failed("print(totl)")) == 1
        assert await rung(ask, failed("print(totl + 1)")) == 2
        ask.http.close()
        await service.stop()
        again = Client(await start(), hub)
        assert await rung(again, failed("print(totl + 1)")) == 2
        assert await rung(again, failed("print(totl + 2)")) == 3
        again.http.close()

    async def test_the_rung_is_in_the_record(self, ask: Client, service: RunningService) -> None:
        for place in range(2):
            await rung(ask, failed(f"print(totl + {place})"))
        async with service.parts.db.connect() as conn:
            log = await eventlog.tail(conn, topic="learning.responses")
        assert [entry.data["rung"] for entry in log] == [1, 2]

    async def test_the_pattern_of_the_error_is_kept_without_the_students_names(
        self, ask: Client, service: RunningService
    ) -> None:
        await rung(ask, failed("print(totl)"))
        await rung(ask, msgspec.structs.replace(failed("print(totl)"), cell_id="b"), "ben")
        async with service.parts.db.connect() as conn:
            rows = (await conn.execute(select(HelpError))).all()
        assert len({row.fingerprint for row in rows}) == 1
        assert [(row.exception, row.message) for row in rows] == [("NameError", "name … is not defined")] * 2


class TestPatterns:
    async def test_the_hint_that_got_others_on_is_told(
        self, ask: Client, service: RunningService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def came(*_: object) -> dict[int, Tried]:
            return {1: Tried(40, 2), 2: Tried(40, 36)}

        assert await rung(ask, failed("print(totl)"), "ada") == 1
        service.parts.assistance._learnt.forget()
        monkeypatch.setattr(patterns, "outcomes", came)
        assert await rung(ask, failed("print(totl)"), "ben") == 2
        assert await rung(ask, failed("print(totl + 1)"), "ben") == 2, "the ladder itself did not jump"

    async def test_a_teacher_sees_them_and_names_them(
        self, ask: Client, service: RunningService, hub: Hub
    ) -> None:
        evil = "<b>typo</b>"
        await rung(ask, failed("print(totl)"))
        page = (await ask(f"courses/{COURSE}/errors", "teacher")).body.decode()
        assert "What was asked about, by pattern" in page
        key = re.findall(r'<option value="([0-9a-f]{16})">NameError', page)[0]
        form = urlencode({"pattern": key, "name": evil})
        assert (await ask(f"courses/{COURSE}/errors/patterns", "ada", raw=form.encode())).code == 403
        named = await ask(f"courses/{COURSE}/errors/patterns", "teacher", raw=form.encode())
        assert (named.code, evil in named.body.decode()) == (200, False)
        page = (await ask(f"courses/{COURSE}/errors", "teacher")).body.decode()
        assert "&lt;b&gt;typo" in page and evil not in page
        wrong = urlencode({"pattern": "0" * 16, "name": "x"})
        assert (await ask(f"courses/{COURSE}/errors/patterns", "teacher", raw=wrong.encode())).code == 404
        sheet = await ask(f"courses/{COURSE}/errors?format=csv&table=patterns", "teacher")
        assert b"step 1: 0 of 1" in sheet.body
