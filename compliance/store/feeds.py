"""Feed health: how each feed last answered and how it stands; what was raised about it; where it moved."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance.intake.health import Event, Health, Standing
from compliance.store.tables import FeedRow
from compliance.store.tables_feeds import FeedEventRow, FeedPatternRow
from compliance.story import Feed, FeedState, FetchOutcome

_HEALTH = tuple(field.name for field in fields(Health))
# A move is proposed once it was told often enough over long enough: one bad redirect proves nothing.
_MOVE_TOLD, _MOVE_AFTER = 3, timedelta(days=3)


def known(session: Session, ids: Iterable[str]) -> dict[str, FeedRow]:
    """Return the stored rows of these feeds by id."""
    wanted, found = list(ids), {}
    for start in range(0, len(wanted), 5_000):
        rows = session.exec(select(FeedRow).where(col(FeedRow.id).in_(wanted[start : start + 5_000])))
        found.update({row.id: row for row in rows})
    return found


def health_of(row: FeedRow | None) -> Health:
    """Return what is remembered of a feed; a feed never read stands as new."""
    if row is None:
        return Health()
    given = {name: getattr(row, name) for name in _HEALTH}
    return Health(**given | {"state": FeedState(row.state), "standing": Standing(row.standing)})


def record(
    session: Session,
    feed: Feed,
    outcome: FetchOutcome,
    after: Health,
    events: Iterable[Event],
    now: datetime,
    entries: int = 0,
) -> FeedRow:
    """Enter how a fetch ended, how many entries a body held, and how the feed stands after it.

    Validators are kept of a body that read as a feed, so that what could not be read is fetched whole again.
    """
    row = session.get(FeedRow, feed.id)
    if row is None:
        row = FeedRow(id=feed.id, url=feed.url, title=feed.title, state=after.state, state_since=now, last_checked=now)
    if row.state != after.state:
        row.state_since = now
    has_moved_house, was_proposed = row.url != feed.url, is_proposed(row)
    for name in _HEALTH:
        setattr(row, name, getattr(after, name))
    row.state, row.standing = after.state.value, after.standing.value
    row.url, row.title, row.last_checked = feed.url, feed.title, now
    if after.standing is Standing.HEALTHY:
        row.alarmed_at = None
    if has_moved_house:
        row.etag = row.last_modified = row.body_digest = None
    if outcome.document is not None and outcome.state is not FeedState.UNCHANGED:
        row.entries = entries
    _keep_validators(row, outcome, now)
    told = [(event, _detail(event, row)) for event in events]
    _note_move(row, outcome, now)
    if is_proposed(row) and not was_proposed:
        told.append((Event.MOVED, row.moved_to or ""))
    session.add(row)
    session.add_all(FeedEventRow(feed_id=feed.id, event=event.value, detail=text, at=now) for event, text in told)
    session.flush()
    return row


def _keep_validators(row: FeedRow, outcome: FetchOutcome, now: datetime) -> None:
    document = outcome.document
    if document is None:
        return
    if not FeedState(row.state).is_healthy:
        row.etag = row.last_modified = None
        row.body_digest = document.digest
        return
    row.etag, row.last_modified, row.body_digest = document.etag, document.last_modified, document.digest
    row.last_full = now


def forget_validators(session: Session, row: FeedRow) -> None:
    """Let the next fetch of a feed bring its whole body, and let that be read, whatever it was before."""
    row.etag = row.last_modified = row.body_digest = None
    session.add(row)
    session.flush()


def _note_move(row: FeedRow, outcome: FetchOutcome, now: datetime) -> None:
    """Count that a permanent redirect led to the same place again; an answer without one takes it back."""
    if outcome.moved_to is not None:
        if row.moved_to != outcome.moved_to:
            row.moved_to, row.moved_since, row.moved_seen = outcome.moved_to, now, 0
        row.moved_seen += 1
    elif outcome.state.is_healthy:
        row.moved_to, row.moved_since, row.moved_seen = None, None, 0


def is_proposed(row: FeedRow) -> bool:
    """True where a move has been told three times over three days or more."""
    return (
        row.moved_to is not None
        and row.moved_since is not None
        and row.moved_seen >= _MOVE_TOLD
        and row.last_checked - row.moved_since >= _MOVE_AFTER
    )


def moved(session: Session) -> list[FeedRow]:
    """Return the feeds that say they have moved for good, by id."""
    return list(session.exec(select(FeedRow).where(col(FeedRow.moved_to).is_not(None)).order_by(FeedRow.id)))


def forget_move(session: Session, row: FeedRow) -> None:
    """Drop what a feed said about moving; the person who asked for it has dealt with it."""
    row.moved_to, row.moved_since, row.moved_seen = None, None, 0
    session.add(row)
    session.flush()


def _detail(event: Event, row: FeedRow) -> str:
    if event is Event.FAILING:
        return f"{row.state}: {row.reason}"[:500]
    if event is Event.SILENT and row.silent_since is not None:
        return f"nothing new since {row.silent_since:%Y-%m-%d %H:%M} UTC"
    if event is Event.LOSS:
        return f"every entry was new; asked every {row.interval // 60} minutes from now on"
    return ""


def count_patterns(session: Session, feed_id: str, hits: Mapping[tuple[str, str], int], now: datetime) -> None:
    """Add to the hits of a feed's patterns."""
    for (kind, pattern), number in hits.items():
        row = session.get(FeedPatternRow, (feed_id, kind, pattern))
        if row is None:
            row = FeedPatternRow(feed_id=feed_id, kind=kind, pattern=pattern, last_hit=now)
        row.hits += number
        row.last_hit = now
        session.add(row)
    session.flush()


def patterns(session: Session) -> list[FeedPatternRow]:
    """Return the hits of every pattern, by feed."""
    order = (FeedPatternRow.feed_id, FeedPatternRow.kind, FeedPatternRow.pattern)
    return list(session.exec(select(FeedPatternRow).order_by(*order)))


def events(session: Session, since: datetime, limit: int = 200) -> list[FeedEventRow]:
    """Return what was raised about feeds since then, newest first."""
    found = select(FeedEventRow).where(col(FeedEventRow.at) >= since).order_by(col(FeedEventRow.id).desc())
    return list(session.exec(found.limit(limit)))


def to_alarm(session: Session, now: datetime) -> list[FeedRow]:
    """Return the feeds that have not answered as feeds for a day and of which nobody has been told yet."""
    found = select(FeedRow).where(
        col(FeedRow.failing_since) <= now - timedelta(days=1),
        col(FeedRow.alarmed_at).is_(None),
        col(FeedRow.standing) != Standing.HEALTHY.value,
    )
    return list(session.exec(found.order_by(FeedRow.id)))


def last_answer(session: Session) -> datetime | None:
    """Return when any feed last answered as a feed, or None where none ever did."""
    return session.exec(select(func.max(FeedRow.last_success))).one()


def following(session: Session, after: str, limit: int) -> list[FeedRow]:
    """Return up to ``limit`` feeds whose ids follow, by id."""
    return list(session.exec(select(FeedRow).where(col(FeedRow.id) > after).order_by(FeedRow.id).limit(limit)))


def all_feeds(session: Session) -> list[FeedRow]:
    """Return every feed ever read, by title."""
    return list(session.exec(select(FeedRow).order_by(FeedRow.title)))
