"""The machine's judgements: one row per story and versions, never edited."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.screening import Screening, Verdict, judgement
from compliance.store.dialect import insert_new
from compliance.store.tables import ScreeningRow, StoryRow
from compliance.story import Story


def add(
    session: Session, judged: Sequence[tuple[Story, Screening]], run_id: str | None, now: datetime
) -> dict[int, int]:
    """Store the screenings that are new under their versions; return screening ids by story id."""
    rows = [_row(story, screening, run_id, now) for story, screening in judged]
    insert_new(session, ScreeningRow, rows)
    story_ids = [int(story.id) for story, _ in judged]
    found: dict[int, int] = {}
    for start in range(0, len(story_ids), 5_000):
        chunk = story_ids[start : start + 5_000]
        # The newest of a story's screenings is the one just made.
        newest = select(ScreeningRow.story_id, func.max(ScreeningRow.id)).where(col(ScreeningRow.story_id).in_(chunk))
        found.update((s, i) for s, i in session.exec(newest.group_by(col(ScreeningRow.story_id))) if i is not None)
    return found


def _row(story: Story, screening: Screening, run_id: str | None, now: datetime) -> dict[str, Any]:
    return {
        "story_id": int(story.id),
        "story_version": story.version,
        "model_version": screening.classification.version,
        "rules_version": screening.extraction.version,
        "policy_version": screening.policy_version,
        "score": screening.score,
        "verdict": screening.verdict.value,
        "language": screening.language,
        "judgement": judgement(story, screening),
        "reasons": list(screening.reasons),
        "hits": [asdict(hit) for hit in screening.extraction.hits],
        "created_at": now,
        "run_id": run_id,
    }


def of_story(session: Session, story_id: int) -> list[ScreeningRow]:
    """Return the screenings of one story, newest first."""
    found = select(ScreeningRow).where(ScreeningRow.story_id == story_id).order_by(col(ScreeningRow.id).desc())
    return list(session.exec(found))


def count_not_covered(session: Session, run_id: str) -> int:
    """Return how many stories of a run were left unjudged for their language."""
    found = select(func.count()).where(ScreeningRow.run_id == run_id, ScreeningRow.verdict == Verdict.NOT_COVERED.value)
    return session.exec(found).one()


def languages_not_covered(session: Session, since: datetime) -> list[tuple[str, str | None, int]]:
    """Return language, feed and number of the stories that were left unjudged since then, most first."""
    number = func.count()
    found = (
        select(ScreeningRow.language, StoryRow.feed_id, number)
        .join(StoryRow, col(StoryRow.id) == col(ScreeningRow.story_id))
        .where(ScreeningRow.verdict == Verdict.NOT_COVERED.value, col(ScreeningRow.created_at) >= since)
        .group_by(ScreeningRow.language, col(StoryRow.feed_id))
        .order_by(number.desc(), ScreeningRow.language, col(StoryRow.feed_id))
    )
    return [(language, feed, count) for language, feed, count in session.exec(found)]
