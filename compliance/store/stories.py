"""Stories: each fingerprint once, and those no screening has judged yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, func, literal
from sqlmodel import Session, col, select

from compliance.store.dialect import insert_new
from compliance.store.tables import QuarantineRow, ScreeningRow, StoryRow
from compliance.story import Story, TextQuality

MAX_TRIES = 3


def known_fingerprints(session: Session, fingerprints: Sequence[str]) -> set[str]:
    """Return those of the fingerprints that are stored."""
    found: set[str] = set()
    for start in range(0, len(fingerprints), 5_000):
        chunk = fingerprints[start : start + 5_000]
        found.update(session.exec(select(StoryRow.fingerprint).where(col(StoryRow.fingerprint).in_(chunk))))
    return found


def of_fingerprints(session: Session, fingerprints: Sequence[str], run_id: str) -> list[StoryRow]:
    """Return the stories with these fingerprints that a run brought, in the order they were stored."""
    found: list[StoryRow] = []
    for start in range(0, len(fingerprints), 5_000):
        chunk = fingerprints[start : start + 5_000]
        mine = select(StoryRow).where(col(StoryRow.fingerprint).in_(chunk), StoryRow.run_id == run_id)
        found.extend(session.exec(mine.order_by(col(StoryRow.id))))
    return found


def add(
    session: Session,
    stories: Sequence[Story],
    captures: Sequence[tuple[int | None, int | None]],
    run_id: str,
    now: datetime,
) -> int:
    """Store the stories whose fingerprint is new, each with its feed and page capture; return how many were."""
    rows: list[dict[str, Any]] = [
        {
            "fingerprint": s.fingerprint,
            "feed_id": s.feed_id,
            "publisher": s.publisher,
            "title": s.title,
            "text": s.text,
            "url": s.url,
            "published": s.published,
            "first_seen": now,
            "quality": s.quality.value,
            "run_id": run_id,
            "capture_id": feed_capture,
            "page_capture_id": page_capture,
        }
        for s, (feed_capture, page_capture) in zip(stories, captures, strict=True)
    ]
    return insert_new(session, StoryRow, rows)


def _unscreened() -> Any:
    return ~exists().where(col(ScreeningRow.story_id) == col(StoryRow.id))


def _parked() -> Any:
    return exists().where(
        col(QuarantineRow.stage) == "screen",
        col(QuarantineRow.subject) == literal("story:") + cast(col(StoryRow.id), String),
        col(QuarantineRow.tries) >= MAX_TRIES,
    )


def waiting_ids(session: Session) -> list[int]:
    """Return the ids of stories that no screening has judged and that are not parked, oldest first."""
    ids = session.exec(select(StoryRow.id).where(_unscreened(), ~_parked()).order_by(col(StoryRow.id)))
    return [i for i in ids if i is not None]


def count_unscreened(session: Session) -> int:
    """Return how many stories no screening has judged, parked ones included."""
    return session.exec(select(func.count()).select_from(StoryRow).where(_unscreened())).one()


def count_parked(session: Session) -> int:
    """Return how many unscreened stories are parked after their last try."""
    return session.exec(select(func.count()).select_from(StoryRow).where(_unscreened(), _parked())).one()


def load(session: Session, ids: Sequence[int]) -> list[Story]:
    """Return the stories with these ids, in that order."""
    rows = {row.id: row for row in session.exec(select(StoryRow).where(col(StoryRow.id).in_(list(ids))))}
    return [as_story(rows[i]) for i in ids if i in rows]


def as_story(row: StoryRow) -> Story:
    """Return the plain value of a stored story."""
    return Story(
        id=str(row.id),
        title=row.title,
        text=row.text,
        published=row.published,
        url=row.url,
        publisher=row.publisher,
        feed_id=row.feed_id,
        fingerprint=row.fingerprint,
        quality=TextQuality(row.quality),
    )
