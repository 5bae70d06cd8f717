"""Mail about alerts: through a real mail server, on both databases, with a clock of the test's own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from served import Client
from stub_hub import COURSE, Hub, environment
from tornado.httpclient import HTTPResponse

from learnflow_ext.contracts.alerts import Finding, Trigger
from learnflow_ext.contracts.mail import MailWish
from learnflow_ext.service.auth import People, make_hub_auth
from learnflow_ext.service.mail_sender import open_sender
from learnflow_ext.service.mailing import CLAIM_LASTS, Mailing
from learnflow_ext.service.metrics import Metrics
from learnflow_ext.settings import LearnFlowMail
from learnflow_ext.store import alerts, mail, people
from learnflow_ext.store.database import Database

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WISH = MailWish(course=COURSE, user="teacher", address="teacher@school.example", pace="at_once")
SECRET = "smtp-pass-word"


class Box:
    """What a mail server took; `refuses` makes it turn mail away."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.recipients: list[str] = []
        self.refuses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            return "451 Come back later"
        self.recipients += envelope.rcpt_tos
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


class Quiet:
    """Stands for the alert rules: an exam runs, or none."""

    exam = False

    def watches(self, course: str, at: datetime) -> bool:
        return not self.exam


class Stage:
    """Two replicas with one mail server, one database and one clock."""

    def __init__(self, db: Database, hub: Hub, port: int, box: Box) -> None:
        self.db, self.box, self.time, self.watch = db, box, NOON, Quiet()
        settings = LearnFlowMail()
        sender = open_sender(
            settings,
            {settings.url_env: f"mailto://127.0.0.1:{port}?from=learnflow@school.example&pass={SECRET}"},
        )
        assert sender is not None
        self.hub = hub
        self.metrics = Metrics()
        self.replicas = [
            Mailing(
                db, People(make_hub_auth(environment(hub)), seconds=0), self.watch,  # type: ignore[arg-type]
                settings, sender, self.metrics, "https://hub.example/services/learnflow/",
                {COURSE: "Python basics"},
                now=lambda: self.time,
            )
            for _ in range(2)
        ]  # fmt: skip

    async def stuck(self, student: str, trigger: Trigger = "same_error") -> None:
        async with self.db.begin() as conn:
            user_id = await people.ensure(conn, student)
            finding = Finding(trigger=trigger, at=self.time.timestamp(), error="NameError", failures=3)
            await alerts.raise_alert(conn, user_id, student, COURSE, finding, at=self.time)

    async def rounds(self, **later: float) -> list[Message]:
        """Both replicas at once, after a while; what arrived."""
        self.time += timedelta(**later)
        before = len(self.box.mails)
        await asyncio.gather(*(each.round() for each in self.replicas))
        return self.box.mails[before:]

    async def trouble(self) -> int:
        async with self.db.connect() as conn:
            return await mail.trouble(conn, self.time - timedelta(days=1))


@pytest.fixture
async def stage(database_url: str, hub: Hub) -> AsyncIterator[Stage]:
    hub.add("teacher", f"formgrade-{COURSE}")
    db, box = Database(database_url), Box()
    await db.open()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    stage = Stage(db, hub, server.sockets[0].getsockname()[1], box)
    await stage.replicas[0].save(WISH)
    yield stage
    server.close()
    await server.wait_closed()
    await db.close()


def text_of(message: Message) -> str:
    assert message.get_content_type() == "text/plain"
    content: str = message.get_content()  # type: ignore[attr-defined]
    return content


class TestMail:
    async def test_one_alert_is_one_mail_whatever_runs(
        self, stage: Stage, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        await stage.stuck("ada")
        (message,) = await stage.rounds(seconds=20)
        assert message["subject"] == "A student may need you in Python basics"
        assert stage.box.recipients == ["teacher@school.example"]
        text = text_of(message)
        assert "Ada has run into the same error again and again (NameError, 3 failures in a row)" in text
        assert f"https://hub.example/services/learnflow/courses/{COURSE}/alerts" in text
        assert await stage.rounds(hours=2) == await stage.rounds(days=1) == []
        assert SECRET not in caplog.text

    async def test_at_night_they_wait_for_one_mail_in_the_morning(self, stage: Stage) -> None:
        stage.time = NOON.replace(hour=21)
        for student in ("ada", "bob"):
            await stage.stuck(student)
        assert await stage.rounds(hours=9) == []
        (message,) = await stage.rounds(hours=1)
        assert message["subject"].startswith("2 students")
        assert await stage.rounds(hours=1) == []

    async def test_no_more_than_a_few_an_hour_and_nothing_is_lost(self, stage: Stage) -> None:
        arrived = []
        for number in range(7):
            await stage.stuck(f"student-{number}")
            arrived += await stage.rounds(seconds=20)
        assert len(arrived) == 4
        arrived += await stage.rounds(hours=1)
        assert len(arrived) == 5 and all(f"Student-{n} " in "".join(map(text_of, arrived)) for n in range(7))

    async def test_what_a_teacher_dealt_with_is_not_mailed(self, stage: Stage) -> None:
        stage.time = NOON.replace(hour=21)
        await stage.stuck("ada")
        await stage.rounds(minutes=1)
        async with stage.db.begin() as conn:
            (alert,) = await alerts.of_course(conn, COURSE)
            await alerts.mark(conn, COURSE, alert.alert_id, "handled", "teacher")
        assert await stage.rounds(hours=12) == []

    async def test_an_exam_holds_everything_back_until_it_is_over(self, stage: Stage) -> None:
        await stage.stuck("ada")
        stage.watch.exam = True
        assert await stage.rounds(minutes=1) == []
        stage.watch.exam = False
        assert len(await stage.rounds(hours=1)) == 1

    async def test_only_what_they_chose_from_then_on(self, stage: Stage) -> None:
        await stage.stuck("ada")
        stage.time += timedelta(minutes=1)
        await stage.replicas[0].save(
            MailWish(course=COURSE, user="teacher", address="new@school.example", pace="at_once",
                     triggers=("low_quiz",))
        )  # fmt: skip
        await stage.stuck("bob")
        await stage.stuck("cem", "low_quiz")
        (message,) = await stage.rounds(minutes=1)
        assert "Cem" in text_of(message) and "Ada" not in text_of(message)
        assert stage.box.recipients == ["new@school.example"]

    async def test_who_teaches_no_more_gets_nothing(self, stage: Stage) -> None:
        await stage.stuck("ada")
        stage.hub.groups[f"formgrade-{COURSE}"].remove("teacher")
        assert await stage.rounds(minutes=1) == []
        stage.hub.groups[f"formgrade-{COURSE}"].add("teacher")
        assert await stage.rounds(minutes=1) == []


class TestTheMailServerFails:
    async def test_it_is_tried_again_later_and_once_it_works_it_arrives_once(self, stage: Stage) -> None:
        await stage.stuck("ada")
        stage.box.refuses = True
        assert await stage.rounds(minutes=1) == []
        assert await stage.trouble() == 1 and await stage.replicas[1].state() == "down"
        stage.box.refuses = False
        assert await stage.rounds(seconds=30) == []
        assert len(await stage.rounds(minutes=1)) == 1
        assert await stage.trouble() == 0 and await stage.replicas[1].state() == "ok"
        assert await stage.rounds(days=1) == []

    async def test_it_is_given_up_and_said(self, stage: Stage) -> None:
        await stage.stuck("ada")
        stage.box.refuses = True
        for _ in range(5):
            await stage.rounds(days=1)
        stage.box.refuses = False
        assert await stage.rounds(days=1) == []
        assert stage.metrics.registry.get_sample_value("learnflow_mails_total", {"outcome": "failed"}) == 5
        async with stage.db.connect() as conn:
            (one,) = await mail.history(conn, COURSE, "teacher")
        assert (one.state, one.tries, one.student) == ("failed", 5, "ada")


class TestAReplicaDiesWhileItSends:
    async def test_the_mail_may_have_gone_so_it_is_not_sent_again(self, stage: Stage) -> None:
        await stage.stuck("ada")
        async with stage.db.begin() as conn:
            await mail.plan(conn, WISH, stage.time, lambda moment: moment)
            assert await mail.claim(conn, WISH, stage.time, an_hour=4) is not None
        assert await stage.rounds(minutes=1) == []
        assert await stage.rounds(seconds=CLAIM_LASTS.total_seconds()) == []
        assert await stage.trouble() == 1


class TestPage:
    @pytest.fixture
    async def post(self, ask: Client) -> Callable[..., Awaitable[HTTPResponse]]:
        async def send(who: str, **changed: str) -> HTTPResponse:
            form = {
                "pace": "daily", "address": "a@b.example", "trigger": "same_error",
                "time_zone": "Asia/Tokyo", "quiet_from": "20", "quiet_until": "6", **changed,
            }  # fmt: skip
            raw = "&".join(f"{key}={value}" for key, value in form.items()).encode()
            return await ask(
                f"courses/{COURSE}/mail", who, raw=raw,
                headers={"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"},
            )  # fmt: skip

        return send

    async def test_choosing(
        self, ask: Client, hub: Hub, post: Callable[..., Awaitable[HTTPResponse]]
    ) -> None:
        hub.add("helper", f"assistant-{COURSE}")
        assert (await post("teacher")).code == (await post("helper")).code == 204
        html = (await ask(f"courses/{COURSE}/mail?saved=1", "teacher")).body.decode()
        assert 'value="a@b.example"' in html and "<option selected>Asia/Tokyo</option>" in html
        assert "no mail server yet" in html
        wrong = await post("teacher", address="not one")
        assert wrong.code == 422 and b"no e-mail address" in wrong.body
        assert (await post("ada")).code == 403
        assert (await ask(f"courses/{COURSE}/mail", "ada")).code == 403


class TestSettings:
    @pytest.mark.parametrize(
        "url", ["json://127.0.0.1/x", "https://x:hush@hook", "mailto://127.0.0.1:25", "hush", "mailtos://"]
    )
    def test_a_url_that_is_no_mail_server_is_refused_and_not_repeated(self, url: str) -> None:
        with pytest.raises(ValueError, match="Apprise URL for e-mail") as refused:
            open_sender(LearnFlowMail(), {"LEARNFLOW_MAIL_URL": url})
        assert "hush" not in str(refused.value)

    def test_none_is_off(self) -> None:
        assert open_sender(LearnFlowMail(), {}) is None
