"""People and their pseudonyms."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import msgspec
from sqlalchemy import String, collate, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.store import many, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Pseudonym, User
from learnflow_ext.store.upsert import insert


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user's row."""

    id: int
    name: str


async def find(conn: AsyncConnection, name: str) -> int | None:
    """The id of the user called `name`; None when we never heard of them."""
    found: int | None = await conn.scalar(select(User.id).where(User.name == name))
    return found


async def names(conn: AsyncConnection, *, limit: int = 2_000) -> list[str]:
    """Everybody we know, the latest first."""
    return list(await conn.scalars(select(User.name).order_by(User.id.desc()).limit(limit)))


async def ensure(conn: AsyncConnection, name: str) -> int:
    """The id of the user called `name`, made with a random pseudonym when new; their turn to write is ours.

    Until the transaction ends no other one can write for this person, so that what happens to one person
    happens in one order: a lock on their row on PostgreSQL, the one writer on SQLite. Who writes for several
    takes them in order of name, or two such transactions may wait for each other.

    BadRequest for a name that is empty or longer than 255 characters.
    """
    if not name or texts.clip(name, texts.NAME) != name:
        raise BadRequest(f"A user name has between 1 and {texts.NAME} characters.")
    found = await conn.scalar(
        select(User.id)
        .join(Pseudonym, Pseudonym.user_id == User.id)
        .where(User.name == name)
        .with_for_update(key_share=True, of=User)
    )
    if found is not None:
        return int(found)
    await conn.execute(
        insert(User).values(name=name, created_at=now()).on_conflict_do_nothing(index_elements=["name"])
    )
    user_id = await conn.scalar(select(User.id).where(User.name == name).with_for_update(key_share=True))
    assert user_id is not None, "just inserted"
    await conn.execute(
        insert(Pseudonym)
        .values(user_id=user_id, pseudonym=secrets.token_hex(16))
        .on_conflict_do_nothing(index_elements=["user_id"])
    )
    return int(user_id)


async def take_turns(conn: AsyncConnection, pseudonyms: Iterable[str]) -> None:
    """Make the turns to write for all of them ours, before anything else: see `ensure` for why at once.

    Who then writes for them one after another, in any order, waits for nobody.
    """
    if conn.dialect.name != "postgresql":
        return
    await conn.execute(
        select(User.id)
        .join(Pseudonym, Pseudonym.user_id == User.id)
        .where(many.one_of(conn, Pseudonym.pseudonym, pseudonyms, String))
        # As Python sorts texts, whatever the database's language.
        .order_by(collate(User.name, "C"))
        .with_for_update(key_share=True, of=User)
    )


async def pseudonym(conn: AsyncConnection, name: str) -> str:
    """The pseudonym under which `name` travels; both are made when new."""
    user_id = await ensure(conn, name)
    found = await conn.scalar(select(Pseudonym.pseudonym).where(Pseudonym.user_id == user_id))
    assert found is not None, "ensure makes it"
    return str(found)


async def pseudonyms(conn: AsyncConnection, names: Iterable[str]) -> dict[str, str]:
    """Name -> pseudonym of those of `names` who have one: nobody who was erased."""
    rows = await conn.execute(
        select(User.name, Pseudonym.pseudonym)
        .join(Pseudonym, Pseudonym.user_id == User.id)
        .where(many.one_of(conn, User.name, names, String))
    )
    return {row.name: row.pseudonym for row in rows}


async def behind(conn: AsyncConnection, pseudonym: str) -> Person | None:
    """Who travels under `pseudonym`; None once that link was erased. As in `ensure`, their turn is ours."""
    row = (
        await conn.execute(
            select(User.id, User.name)
            .join(Pseudonym, Pseudonym.user_id == User.id)
            .where(Pseudonym.pseudonym == pseudonym)
            # The link too: after a wait for our turn PostgreSQL looks again only at what is locked, and the
            # person may have been erased meanwhile.
            .with_for_update(key_share=True, of=(User, Pseudonym))
        )
    ).one_or_none()
    return None if row is None else Person(id=row.id, name=row.name)
