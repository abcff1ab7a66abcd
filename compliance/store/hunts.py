"""Hunts and their hits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.store.dialect import insert_new
from compliance.store.tables import StoryRow
from compliance.store.tables_lists import HuntHitRow, HuntRow


def open_hunt(session: Session, reason: str, keys: Sequence[str], names: int, now: datetime) -> HuntRow:
    """Enter a hunt through every story that is stored now."""
    last = session.exec(select(func.max(StoryRow.id))).one() or 0
    row = HuntRow(reason=reason, started_at=now, keys=list(keys), names=names, through_story=last)
    session.add(row)
    session.flush()
    return row


def unfinished(session: Session) -> list[HuntRow]:
    """Return the hunts that were broken off, oldest first."""
    statement = select(HuntRow).where(col(HuntRow.finished_at).is_(None)).order_by(col(HuntRow.id))
    return list(session.exec(statement))


def next_stories(session: Session, hunt: HuntRow, size: int) -> list[tuple[int, str, str]]:
    """Return id, title and text of the next stories to search."""
    statement = (
        select(StoryRow.id, StoryRow.title, StoryRow.text)
        .where(col(StoryRow.id) > hunt.after_story, col(StoryRow.id) <= hunt.through_story)
        .order_by(col(StoryRow.id))
        .limit(size)
    )
    return [(id_, title, text) for id_, title, text in session.exec(statement) if id_ is not None]


def enter_hits(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Store the hits that no hunt has found before; return how many."""
    return insert_new(session, HuntHitRow, rows)


def hits(
    session: Session, hunt_id: int | None = None, listed_key: str | None = None, limit: int = 200
) -> list[tuple[HuntHitRow, StoryRow]]:
    """Return hits with their stories, newest first, of one hunt or record or of all."""
    statement = select(HuntHitRow, StoryRow).join(StoryRow, col(StoryRow.id) == col(HuntHitRow.story_id))
    if hunt_id is not None:
        statement = statement.where(HuntHitRow.hunt_id == hunt_id)
    if listed_key is not None:
        statement = statement.where(HuntHitRow.listed_key == listed_key)
    return [(hit, story) for hit, story in session.exec(statement.order_by(col(HuntHitRow.id).desc()).limit(limit))]
