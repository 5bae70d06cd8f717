"""People and their pseudonyms."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Select, String, bindparam, collate, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest
from learnflow_ext.store import many, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Pseudonym, User
from learnflow_ext.store.upsert import insert

TURNS = "learnflow.turns"
"""In a connection's `info`: (transaction, ids by name) of the people whose turn that transaction has."""
_FIND = select(User.id).where(User.name == bindparam("name"))
_TURN = (
    select(User.id)
    .join(Pseudonym, Pseudonym.user_id == User.id)
    .where(User.name == bindparam("name"))
    .with_for_update(key_share=True, of=User)
)
_BEHIND = (
    select(User.id, User.name)
    .join(Pseudonym, Pseudonym.user_id == User.id)
    .where(Pseudonym.pseudonym == bindparam("pseudonym"))
    # The link too: after a wait for our turn PostgreSQL looks again only at what is locked, and the person
    # may have been erased meanwhile.
    .with_for_update(key_share=True, of=(User, Pseudonym))
)
"""Built once, as what each transaction begins with: to build it takes as long as to ask."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user's row."""

    id: int
    name: str


async def find(conn: AsyncConnection, name: str) -> int | None:
    """The id of the user called `name`; None when we never heard of them."""
    found: int | None = await conn.scalar(_FIND, {"name": name})
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
    turns = _turns(conn)
    if name in turns:
        return turns[name]
    found = await conn.scalar(_TURN, {"name": name})
    turns[name] = int(found) if found is not None else await _made(conn, name)
    return turns[name]


def _turns(conn: AsyncConnection) -> dict[str, int]:
    """The people whose turn this transaction has already; what is noted lasts as long as it."""
    transaction = conn.sync_connection.get_transaction() if conn.sync_connection is not None else None
    if transaction is None:
        return {}
    kept: tuple[object, dict[str, int]] | None = conn.info.get(TURNS)
    if kept is None or kept[0] is not transaction:
        kept = conn.info[TURNS] = (transaction, {})
    return kept[1]


def has_turn(conn: AsyncConnection, name: str, user_id: int) -> None:
    """For who locked somebody's row together with another: `ensure` need not do it again in this transaction.
    They have a pseudonym."""
    _turns(conn)[name] = user_id


def forget_turn(conn: AsyncConnection, name: str) -> None:
    """For who erases somebody: the id that this transaction knows is theirs no longer."""
    _turns(conn).pop(name, None)


async def _made(conn: AsyncConnection, name: str) -> int:
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
    await conn.execute(_turns_of(conn), {"pseudonyms": many.given(conn, sorted(set(pseudonyms)))})


_TURNS_OF: list[Select[*tuple[Any, ...]]] = []
"""PostgreSQL's, once it is built: each batch of events begins with it."""


def _turns_of(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    if not _TURNS_OF:
        _TURNS_OF.append(
            select(User.id)
            .join(Pseudonym, Pseudonym.user_id == User.id)
            .where(many.is_one_of(conn, Pseudonym.pseudonym, "pseudonyms", String))
            # As Python sorts texts, whatever the database's language.
            .order_by(collate(User.name, "C"))
            .with_for_update(key_share=True, of=User)
        )
    return _TURNS_OF[0]


async def pseudonym(conn: AsyncConnection, name: str) -> str:
    """The pseudonym under which `name` travels; both are made when new."""
    wanted = select(Pseudonym.pseudonym)
    found = await conn.scalar(wanted.where(Pseudonym.user_id == await ensure(conn, name)))
    if found is None:
        # They were erased earlier in this transaction.
        forget_turn(conn, name)
        found = await conn.scalar(wanted.where(Pseudonym.user_id == await ensure(conn, name)))
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
    row = (await conn.execute(_BEHIND, {"pseudonym": pseudonym})).one_or_none()
    return None if row is None else Person(id=row.id, name=row.name)
