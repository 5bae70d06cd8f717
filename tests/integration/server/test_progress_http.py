"""`learnflow/progress` on a real student's server: the service's answer, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnflow_ext.contracts.errors import Problem

if TYPE_CHECKING:
    from tests.integration.server.conftest import Script, Server


async def test_my_progress_comes_from_the_service(server: Server, service: Script) -> None:
    answer = await server.json("GET", "learnflow/progress?time_zone=Europe%2FBerlin&user=ben")
    [course] = answer["courses"]
    assert (course["student"], course["title"], course["streak_days"]) == ("ada", "Python", 2)
    assert service.zones == ["Europe/Berlin"]

    service.problem = (503, Problem(code="unavailable", message="The service is resting."))
    refused = await server.call("GET", "learnflow/progress")
    assert refused.code == 503
    assert b"The service is resting." in refused.body
    assert (await server.call("GET", "learnflow/progress", Authorization="token nobody")).code in (302, 403)


async def test_the_browsers_time_zone_is_told_once_and_a_wrong_one_spoils_nothing(
    server: Server, service: Script
) -> None:
    for zone in ("Asia/Tokyo", "Asia/Tokyo", "", "Mars/Olympus", "Mars/Olympus", "Europe/Berlin"):
        answer = await server.json("GET", f"learnflow/progress?time_zone={zone.replace('/', '%2F')}")
        assert answer["courses"][0]["streak_days"] == 2
    assert service.days_of == ["Asia/Tokyo", "Mars/Olympus", "Europe/Berlin"]


async def test_a_service_that_cannot_be_told_the_time_zone_says_progress_all_the_same(
    server: Server, service: Script
) -> None:
    """As one that was not updated yet, or whose database cannot be written to."""
    for _ in range(2):
        answer = await server.json("GET", "learnflow/progress?time_zone=Moon%2FBase")
        assert answer["courses"][0]["streak_days"] == 2
    # It may be told later.
    assert service.days_of == ["Moon/Base", "Moon/Base"]
