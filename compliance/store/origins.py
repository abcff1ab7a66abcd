"""Which story each story copies: how many independent sources tell of a case."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from compliance.grouping import shingles
from compliance.store.tables import StoryRow

_COPY = 0.4


def origins_of(session: Session, story_ids: Sequence[int]) -> dict[int, int]:
    """Return for each story the first of these stories that it copies; itself where it copies none of them."""
    found: dict[int, int] = {}
    firsts: list[tuple[int, frozenset[int]]] = []
    statement = select(StoryRow.id, StoryRow.title, StoryRow.text).where(col(StoryRow.id).in_(list(story_ids)))
    for number, title, text in session.exec(statement.order_by(col(StoryRow.id))):
        runs, story = shingles(title, text), number or 0
        origin = next((first for first, known in firsts if len(runs & known) >= _COPY * len(runs | known)), story)
        found[story] = origin
        if origin == story:
            firsts.append((story, runs))
    return found
