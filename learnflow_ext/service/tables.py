"""Tables as teachers see them and take them home: one description for the page and for the CSV file. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, Literal, TypeVar

import msgspec

T = TypeVar("T")

Kind = Literal["text", "number", "time", "clock", "share", "long", "assignment", "error"]
"""`time` is shown as how long ago it was, `clock` as hours and minutes; both are in ISO 8601. An `assignment`
is shown by its title."""
NO_TITLES: Mapping[str, str] = {}


class Column(msgspec.Struct, frozen=True):
    """One column."""

    title: str
    kind: Kind = "text"


class Cell(msgspec.Struct, frozen=True):
    """One value. Empty text means: nothing yet."""

    text: str
    href: str = ""
    """Where the value comes from, below the course's address; empty for none."""
    band: int | None = None
    """0 (little) to 3 (all) for shares; None for other values."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table with a name. Each row has a cell a column; the first cell names the row."""

    name: str
    """Of the CSV file."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    """A sentence for when there are no rows."""


class Field(msgspec.Struct, Generic[T], frozen=True):
    """A column, and how its value is read from what a row is about. A string is a cell without a link."""

    title: str
    read: Callable[[T], Cell | str]
    kind: Kind = "text"


class Sheet(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A table before it has rows: what it is called, and its columns."""

    name: str
    title: str
    empty: str
    fields: tuple[Field[T], ...]

    def of(self, things: Iterable[T], titles: Mapping[str, str] = NO_TITLES) -> Table:
        """The table with a row for each of `things`; `titles` are those of the course's assignments."""
        return Table(
            name=self.name,
            title=self.title,
            columns=tuple(Column(field.title, field.kind) for field in self.fields),
            rows=tuple(tuple(_cell(field, thing, titles) for field in self.fields) for thing in things),
            empty=self.empty,
        )


def _cell(field: Field[T], thing: T, titles: Mapping[str, str]) -> Cell:
    value = field.read(thing)
    cell = value if isinstance(value, Cell) else Cell(value)
    if field.kind != "assignment":
        return cell
    # One that the course does not have keeps its name: students' servers claim what they like.
    return msgspec.structs.replace(cell, text=titles.get(cell.text, cell.text))


def csv_text(table: Table) -> str:
    """`table` as CSV, with times in ISO 8601. Spreadsheets must not take anybody's text, nor a title, for a
    formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_harmless(column.title) for column in table.columns])
    for row in table.rows:
        writer.writerow([_harmless(cell.text) for cell in row])
    return out.getvalue()


_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@\uff0b\uff0d\uff1d\uff20]")
"""What some spreadsheet begins a formula with: also after blanks that it takes away, or in full width."""


def _harmless(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
