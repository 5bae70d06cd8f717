"""Run reports wait, travel in batches and are not lost while the service is down."""

from __future__ import annotations

import asyncio
import logging

import pytest

from learnflow_ext.contracts.errors import BadRequest, LearnFlowError, Unavailable
from learnflow_ext.contracts.runs import MAX_RUNS_PER_REPORT, RunBatch, RunReport
from learnflow_ext.server.reports import Reporter

LOG = logging.getLogger("test.reports")


def report(number: int) -> RunReport:
    return RunReport(run_id=str(number), notebook="n", ok=True, duration_ms=1, finished_at=1.0)


class Service:
    def __init__(self) -> None:
        self.failure: LearnFlowError | None = None
        self.batches: list[list[str]] = []
        self.tries = 0

    async def send(self, batch: RunBatch) -> None:
        self.tries += 1
        if self.failure is not None:
            raise self.failure
        self.batches.append([run.run_id for run in batch.runs])

    @property
    def taken(self) -> list[str]:
        return [run_id for batch in self.batches for run_id in batch]


@pytest.fixture
def service() -> Service:
    return Service()


async def test_reports_travel_in_batches(service: Service) -> None:
    reporter = Reporter(service.send, LOG, interval=0.05)
    reporter.start()
    for number in range(MAX_RUNS_PER_REPORT + 10):
        reporter.add(report(number))
    await asyncio.sleep(0.2)
    assert [len(batch) for batch in service.batches] == [MAX_RUNS_PER_REPORT, 10]
    assert reporter.waiting == 0
    await reporter.stop()


async def test_what_waits_is_sent_at_the_end(service: Service) -> None:
    reporter = Reporter(service.send, LOG, interval=60)
    reporter.start()
    reporter.add(report(1))
    await reporter.stop()
    assert service.taken == ["1"]


class TestServiceIsDown:
    async def test_nothing_is_lost_and_the_order_stays(self, service: Service) -> None:
        service.failure = Unavailable("down")
        reporter = Reporter(service.send, LOG, interval=0.01, longest_wait=0.05)
        reporter.start()
        for number in range(5):
            reporter.add(report(number))
            await asyncio.sleep(0.02)
        assert reporter.waiting == 5
        service.failure = None
        await asyncio.sleep(0.3)
        assert service.taken == ["0", "1", "2", "3", "4"]
        await reporter.stop()

    async def test_it_is_not_hammered(self, service: Service) -> None:
        service.failure = Unavailable("down")
        reporter = Reporter(service.send, LOG, interval=0.02, longest_wait=10)
        reporter.start()
        reporter.add(report(1))
        await asyncio.sleep(0.5)
        assert 2 <= service.tries <= 6
        await reporter.stop()

    async def test_the_oldest_go_when_the_queue_is_full(
        self, service: Service, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.failure = Unavailable("down")
        reporter = Reporter(service.send, LOG, interval=60, limit=3)
        for number in range(5):
            reporter.add(report(number))
        service.failure = None
        await reporter.stop()
        assert service.taken == ["2", "3", "4"]
        assert "dropped" in caplog.text

    async def test_stopping_does_not_wait_for_ever(
        self, service: Service, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def never(batch: RunBatch) -> None:
            await asyncio.sleep(60)

        reporter = Reporter(never, LOG)
        reporter.add(report(1))
        await reporter.stop(0.05)
        assert "1 run reports unsent" in caplog.text


class TestServiceRefuses:
    async def test_refused_reports_do_not_block_the_next(
        self, service: Service, caplog: pytest.LogCaptureFixture
    ) -> None:
        service.failure = BadRequest("no")
        reporter = Reporter(service.send, LOG, interval=0.01)
        reporter.start()
        reporter.add(report(1))
        await asyncio.sleep(0.1)
        service.failure = None
        reporter.add(report(2))
        await asyncio.sleep(0.1)
        assert service.taken == ["2"]
        assert "refused" in caplog.text
        await reporter.stop()
