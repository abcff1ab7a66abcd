"""Feed health: how each feed last answered, and since when."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from compliance.store.tables import FeedRow
from compliance.story import Feed, FeedState, FetchOutcome


def known(session: Session, ids: Iterable[str]) -> dict[str, FeedRow]:
    """Return the stored rows of these feeds by id."""
    return {row.id: row for row in session.exec(select(FeedRow).where(col(FeedRow.id).in_(list(ids))))}


def record(session: Session, feed: Feed, outcome: FetchOutcome, entries: int, now: datetime) -> FeedRow:
    """Enter how a fetch ended. A failed fetch keeps the validators of the last good body.

    An ``unchanged`` answer after a failure of content does not make the feed healthy again: what was there
    could not be read, and still is what it was.
    """
    row = session.get(FeedRow, feed.id)
    state = outcome.state
    if row is None:
        row = FeedRow(id=feed.id, url=feed.url, title=feed.title, state=state, state_since=now, last_checked=now)
    content_failed = row.state in (FeedState.NOT_A_FEED, FeedState.PARSE_ERROR)
    reason = outcome.reason
    if state is FeedState.UNCHANGED and content_failed:
        state, reason = FeedState(row.state), row.reason
    if row.state != state:
        row.state_since = now
    row.url, row.title, row.state, row.reason, row.last_checked = feed.url, feed.title, state, reason, now
    if state.is_healthy:
        row.failures, row.last_success = 0, now
    else:
        row.failures += 1
    if outcome.document is not None:
        document = outcome.document
        row.etag, row.last_modified, row.body_digest = document.etag, document.last_modified, document.digest
        row.entries = entries
    session.add(row)
    session.flush()
    return row


def all_feeds(session: Session) -> list[FeedRow]:
    """Return every feed ever read, by title."""
    return list(session.exec(select(FeedRow).order_by(FeedRow.title)))
