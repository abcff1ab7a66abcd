"""Tables of the lists: what each version changed, officers' verdicts on matches, hunts and their hits, who was named.

``case_names`` follows ``cases.parties``: the mapper writes it with every case, so that no writer can forget it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, event, insert
from sqlalchemy.orm import Mapper
from sqlmodel import Field, SQLModel, UniqueConstraint, col

from compliance.store.tables import CaseRow, _json, _text


class ListChangeRow(SQLModel, table=True):
    """What one accepted version of a list changed in one record; the fields that differ, before and after."""

    __tablename__ = "list_changes"
    __table_args__ = (UniqueConstraint("list_id", "listed_key"),)

    id: int | None = Field(default=None, primary_key=True)
    list_id: int = Field(foreign_key="lists.id", index=True)
    listed_key: str = Field(index=True)
    what: str
    reference: str
    name: str = _text()
    before: dict[str, Any] = _json()
    after: dict[str, Any] = _json()


class MatchVerdictRow(SQLModel, table=True):
    """An officer's word on whether a party is a listed one. Never edited: the newest counts."""

    __tablename__ = "match_verdicts"

    id: int | None = Field(default=None, primary_key=True)
    party: str = Field(index=True)
    listed_key: str = Field(index=True)
    is_same: bool
    party_digest: str
    listed_digest: str
    actor: str
    at: datetime
    note: str = _text("")


class HuntRow(SQLModel, table=True):
    """One search of stored stories for names: how far it got, and what it found."""

    __tablename__ = "hunts"

    id: int | None = Field(default=None, primary_key=True)
    reason: str = _text()
    started_at: datetime
    finished_at: datetime | None = None
    keys: list[str] = _json()
    names: int
    after_story: int = 0
    through_story: int
    stories: int = 0
    hits: int = 0


class HuntHitRow(SQLModel, table=True):
    """Where a stored story names a listed party: ``field[start:end] == quote``."""

    __tablename__ = "hunt_hits"
    __table_args__ = (UniqueConstraint("story_id", "listed_key", "field", "start"),)

    id: int | None = Field(default=None, primary_key=True)
    hunt_id: int = Field(foreign_key="hunts.id", index=True)
    story_id: int = Field(foreign_key="stories.id", index=True)
    listed_key: str = Field(index=True)
    reference: str
    listed_name: str = _text()
    field: str
    start: int
    end: int
    quote: str = _text()


class CaseNameRow(SQLModel, table=True):
    """A party that a case names, under its name folded for comparison."""

    __tablename__ = "case_names"

    case_id: int = Field(foreign_key="cases.id", primary_key=True)
    party: str = Field(primary_key=True, index=True)


def party_key(name: str) -> str:
    """Return a party's name as it is compared between cases: in small letters, white space collapsed."""
    return " ".join(name.casefold().split())[:500]


def _enter_names(_: Mapper[CaseRow], connection: Connection, row: CaseRow) -> None:
    connection.execute(delete(CaseNameRow).where(col(CaseNameRow.case_id) == row.id))
    names = {party_key(str(p.get("canonical") or p.get("name") or "")) for p in row.parties} - {""}
    if names:
        connection.execute(insert(CaseNameRow), [{"case_id": row.id, "party": name} for name in sorted(names)])


event.listen(CaseRow, "after_insert", _enter_names)
event.listen(CaseRow, "after_update", _enter_names)
