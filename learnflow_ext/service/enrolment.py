"""A course's people, changed by its teachers: at the hub, within the course's own groups, and on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from jupyterhub.services.auth import HubOAuth
from traitlets.config import Config

from learnflow_ext.contracts.errors import BadRequest, Conflict, Forbidden, LearnFlowError
from learnflow_ext.service import logs
from learnflow_ext.service.auth import People
from learnflow_ext.service.hub_groups import HubGroups
from learnflow_ext.service.rosters import (
    Change,
    Mistake,
    Role,
    fingerprint,
    forbidden,
    group,
    moved,
    parse,
    plan,
)
from learnflow_ext.settings import LearnFlow, manages_groups
from learnflow_ext.store import membership
from learnflow_ext.store.database import Database

MOST_PEOPLE = 2_000
"""Of one roster on the page; `learnflow course enrol` takes more."""
ELSEWHERE = (
    "Who is in this course is managed by the login system of this hub, so nothing can be changed here: ask "
    "whoever runs it. What changes there counts here from the person's next sign-in on."
)
SWITCHED_OFF = (
    "On this hub only an admin changes who is in a course. Send them your list: `learnflow course enrol` "
    "takes the same file."
)
NOT_ALLOWED = (
    "The hub does not let LearnFlow change who is in this course. Its admin should start the hub again, so "
    "that it reads the settings anew; nothing was changed."
)
NOBODY = "Write a name, or paste a roster."

log = logs.get("learnflow.enrolment")


def why_off(settings: LearnFlow, config: Config) -> str:
    """Why teachers cannot change who is in their courses, in a sentence; empty when they can."""
    if manages_groups(config):
        return ELSEWHERE
    return "" if settings.teachers_enrol else SWITCHED_OFF


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher asks for: one person, or a roster."""

    user: str = ""
    role: str = ""
    """Of `user`; empty to take them out."""
    roster: str = ""
    """CSV text; goes before `user`."""
    only: bool = False
    """Whether whoever is not in the roster leaves."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a wish comes to, before anything is done."""

    wish: Wish
    changes: tuple[Change, ...] = ()
    """Those that are needed and can be made."""
    same: int = 0
    """People who are what they should be already."""
    unknown: tuple[str, ...] = ()
    """Whom the hub does not know; they are left out."""
    mistakes: tuple[Mistake, ...] = ()
    """With one of them nothing is done."""
    extra_time: tuple[str, ...] = ()
    """Whose extra time the roster tells: that is given elsewhere."""

    @property
    def seen(self) -> str:
        """Proof of what was shown."""
        return fingerprint(self.changes)


class Enrolment:
    """Changes who is in a course, for its teachers."""

    def __init__(self, hub_auth: HubOAuth, people: People, db: Database, *, off: str = "") -> None:
        """`off` says in a sentence why nothing may be changed here; empty when it may."""
        self.off = off
        self._auth = hub_auth
        self._people = people
        self._db = db

    async def members(self, course: str) -> dict[Role, list[str]]:
        """Who is in `course`, by role."""
        return await self._groups(course).members()

    async def preview(self, course: str, wish: Wish, *, by: str) -> Preview:
        """What `wish` comes to now. BadRequest or Forbidden, in a sentence, when it cannot be."""
        if self.off:
            raise Forbidden(self.off)
        groups = self._groups(course)
        members = await groups.members()
        if wish.roster.strip():
            rows, mistakes = parse(wish.roster)
            if len(rows) > MOST_PEOPLE:
                raise BadRequest(f"At most {MOST_PEOPLE} people at once: split the file.")
            if mistakes:
                return Preview(wish=wish, mistakes=tuple(mistakes))
            changes = plan(rows, members, only=wish.only)
            extra_time = tuple(row.user for row in rows if row.extra_days is not None)
        else:
            if not wish.user:
                raise BadRequest(NOBODY)
            change = moved(wish.user, wish.role, members)
            if isinstance(change, str):
                raise BadRequest(change)
            changes, extra_time = [change], ()
        if refusal := forbidden(changes, by):
            raise BadRequest(refusal)
        needed = [change for change in changes if change.needed]
        new = [change.user for change in needed if not change.was]
        unknown = frozenset(new) - await groups.known(new)
        return Preview(
            wish=wish,
            changes=tuple(change for change in needed if change.user not in unknown),
            same=len(changes) - len(needed),
            unknown=tuple(sorted(unknown)),
            extra_time=extra_time,
        )

    async def apply(self, course: str, preview: Preview, *, by: str) -> None:
        """Make the changes of `preview`, on record. Conflict, Forbidden or Unavailable when the hub does not.

        They are written down first, for none may go unrecorded; what the hub then refuses is taken back on
        the record.
        """
        if not preview.changes:
            return
        await membership.record(self._db, course, map(_on_record, preview.changes), by=by)
        try:
            await self._groups(course).move(preview.changes)
        except LearnFlowError as error:
            await self._take_back(course, preview.changes, by)
            if isinstance(error, Forbidden):
                log.error("the hub's token may not change groups", course=course, message=error.message)
                raise Conflict(NOT_ALLOWED) from error
            raise
        finally:
            self._people.forget(
                (change.user for change in preview.changes), (group(role, course) for role in _ROLES)
            )

    async def _take_back(self, course: str, changes: Iterable[Change], by: str) -> None:
        """Put on record what the hub did not do."""
        try:
            members = await self.members(course)
        except LearnFlowError as error:
            log.error("nobody can say which changes the hub made", course=course, message=error.message)
            return
        undone = []
        for change in changes:
            now = tuple(role for role in _ROLES if change.user in members[role])
            wanted = (change.role,) if change.role else ()
            if now != wanted:
                role = now[0] if now else ""
                undone.append(membership.Moved(user=change.user, role=role, was=wanted))
        if undone:
            await membership.record(self._db, course, undone, by=by)

    def _groups(self, course: str) -> HubGroups:
        auth = self._auth
        tls: Mapping[str, Any] = {
            "client_key": auth.keyfile or None,
            "client_cert": auth.certfile or None,
            "ca_certs": auth.client_ca or None,
        }
        return HubGroups(auth.api_url, auth.api_token, course, tls=tls)


_ROLES: tuple[Role, ...] = ("teacher", "assistant", "student")


def _on_record(change: Change) -> membership.Moved:
    return membership.Moved(user=change.user, role=change.role or "", was=change.was)
