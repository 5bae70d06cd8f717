"""What a teacher or assistant hears of a course by mail."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs

from learnflow_ext.contracts.alerts import TRIGGERS
from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.contracts.mail import MailWish, Pace
from learnflow_ext.progress.mail_hours import zones
from learnflow_ext.service.handlers.course_page import CoursePage
from learnflow_ext.service.views.alerts import TRIGGER_NAMES
from learnflow_ext.service.views.mail import MAILED
from learnflow_ext.store import mail

MISTAKES = 422
LONGEST_ADDRESS = 254
PACES: dict[str, Pace] = {"off": "off", "at_once": "at_once", "daily": "daily"}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}")


class MailHandler(CoursePage):
    """`courses/{course}/mail`: one's own choice; POST keeps it."""

    page = "mail"

    async def get(self, course: str) -> None:
        name = self.person.name
        async with self.parts.db.connect() as conn:
            wish = await mail.wish(conn, course, name) or MailWish(
                course=course, user=name, time_zone=self.parts.progress_settings.time_zone
            )
            rows = await mail.history(conn, course, name, limit=self.limit, offset=self.offset)
        self.show_tables(
            course,
            "Mail",
            MAILED.of(rows),
            template="mail.html",
            context={
                "on": self.parts.mailing.on,
                "wish": wish,
                "triggers": TRIGGER_NAMES,
                "zones": await asyncio.to_thread(zones),
                "troubles": await self.parts.mailing.troubles(course, name),
                "saved": self.get_query_argument("saved", "") == "1",
            },
        )

    async def post(self, course: str) -> None:
        await asyncio.to_thread(zones)
        try:
            wish = wish_in(self.form(), course, self.person.name, self.parts.mailing.domains)
        except BadRequest as error:
            if "HX-Request" not in self.request.headers:
                raise
            self.set_status(MISTAKES)
            self.show("people_preview.html", course=course, preview=None, problem=error.message)
            return
        await self.parts.mailing.save(wish)
        self.log.info("mail chosen", course=course, pace=wish.pace)
        self.set_header("HX-Redirect", f"{self.request.path}?saved=1")
        self.set_status(204)
        self.finish()


def wish_in(form: str, course: str, user: str, domains: tuple[str, ...]) -> MailWish:
    """The choice that a browser's form sends. BadRequest, in a sentence, for one that cannot be."""
    given = parse_qs(form, keep_blank_values=True)
    pace = PACES.get(_one(given, "pace"))
    if pace is None:
        raise BadRequest("Choose when you want mail.")
    address = _one(given, "address")
    if pace != "off" or address:
        if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
            raise BadRequest("That is no e-mail address that mail can go to.")
        if domains and address.rpartition("@")[2].lower() not in domains:
            raise BadRequest(f"Mail goes to addresses at {', '.join(domains)} alone. Your admin says which.")
    chosen = tuple(trigger for trigger in TRIGGERS if trigger in given.get("trigger", ()))
    if pace != "off" and not chosen:
        raise BadRequest("Choose at least one reason, or no mail.")
    zone = _one(given, "time_zone")
    if zone not in zones():
        raise BadRequest("Choose a time zone of the list, such as Europe/Berlin.")
    return MailWish(
        course=course,
        user=user,
        address=address,
        pace=pace,
        triggers=chosen,
        time_zone=zone,
        quiet_from=_hour(given, "quiet_from"),
        quiet_until=_hour(given, "quiet_until"),
    )


def _one(given: dict[str, list[str]], name: str) -> str:
    return given.get(name, [""])[0].strip()


def _hour(given: dict[str, list[str]], name: str) -> int:
    text = _one(given, name)
    if not (text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) < 24):
        raise BadRequest("Quiet hours begin and end at a full hour, 0 to 23.")
    return int(text)
