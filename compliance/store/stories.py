"""Stories: each fingerprint once, and those no screening has judged yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, func, literal
from sqlmodel import Session, col, select

from compliance.searchwords import is_beyond_latin
from compliance.store import versions
from compliance.store.dialect import insert_new
from compliance.store.quarantine import MAX_TRIES
from compliance.store.tables import QuarantineRow, ScreeningRow, StoryRow
from compliance.store.tables_desk import StoryWordsRow
from compliance.store.tables_versions import StoryVersionRow
from compliance.story import Story, TextQuality


def known(session: Session, fingerprints: Sequence[str]) -> dict[str, StoryRow]:
    """Return the stories with these fingerprints that are stored."""
    found: dict[str, StoryRow] = {}
    for start in range(0, len(fingerprints), 5_000):
        chunk = fingerprints[start : start + 5_000]
        rows = session.exec(select(StoryRow).where(col(StoryRow.fingerprint).in_(chunk)))
        found.update((row.fingerprint, row) for row in rows)
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
    run_id: str | None,
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
            "entry_digest": s.entry_digest,
            "extractor": s.extractor,
            "notes": list(s.notes),
        }
        for s, (feed_capture, page_capture) in zip(stories, captures, strict=True)
    ]
    added = insert_new(session, StoryRow, rows)
    spell_words(session, [row["fingerprint"] for row in rows if is_beyond_latin(f"{row['title']} {row['text']}")])
    return added


def spell_words(session: Session, fingerprints: Sequence[str]) -> None:
    """Enter the words by which stories in other scripts than the Latin one are found."""
    for row in known(session, fingerprints).values():
        insert_new(session, StoryWordsRow, [versions.words_of(row)])


def _unscreened() -> Any:
    return ~exists().where(
        col(ScreeningRow.story_id) == col(StoryRow.id),
        col(ScreeningRow.story_version) >= col(StoryRow.latest_version),
    )


def _parked() -> Any:
    return exists().where(
        col(QuarantineRow.stage) == "screen",
        col(QuarantineRow.subject) == literal("story:") + cast(col(StoryRow.id), String),
        col(QuarantineRow.tries) >= MAX_TRIES,
    )


def waiting_ids(session: Session) -> list[int]:
    """Return the ids of stories whose latest version no screening has judged and that are not parked, oldest first."""
    ids = session.exec(select(StoryRow.id).where(_unscreened(), ~_parked()).order_by(col(StoryRow.id)))
    return [i for i in ids if i is not None]


def count_unscreened(session: Session) -> int:
    """Return how many stories no screening has judged, parked ones included."""
    return session.exec(select(func.count()).select_from(StoryRow).where(_unscreened())).one()


def count_parked(session: Session) -> int:
    """Return how many unscreened stories are parked after their last try."""
    return session.exec(select(func.count()).select_from(StoryRow).where(_unscreened(), _parked())).one()


def load(session: Session, ids: Sequence[int]) -> list[Story]:
    """Return the stories with these ids as they are told last, in that order."""
    rows = {row.id: row for row in session.exec(select(StoryRow).where(col(StoryRow.id).in_(list(ids))))}
    newer = versions.waiting(session, rows.values())
    return [as_story(rows[i], newer.get(i)) for i in ids if i in rows]


def as_story(row: StoryRow, told: StoryVersionRow | None = None) -> Story:
    """Return the plain value of a stored story, with the text of a version that waits to be judged if there is one."""
    return Story(
        id=str(row.id),
        title=told.title if told else row.title,
        text=told.text if told else row.text,
        version=told.number if told else row.version,
        published=row.published,
        url=row.url,
        publisher=row.publisher,
        feed_id=row.feed_id,
        fingerprint=row.fingerprint,
        quality=TextQuality(told.quality if told else row.quality),
        entry_digest=row.entry_digest,
        extractor=row.extractor,
        notes=tuple(row.notes),
    )
