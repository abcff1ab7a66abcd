"""What is there to see: stories, feeds, runs, coverage, analytics, and the record."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from compliance import audit
from compliance.casefile import is_withheld, withholding
from compliance.feedreport import silent_stop
from compliance.store import feeds, listing, runs, screenings
from compliance.store.analytics import analytics
from compliance.store.database import read_scope
from compliance.store.standing import LOOK_BACK, standing
from compliance.store.tables import LedgerRow, StoryRow
from compliance.web import access
from compliance.web.analytics import Months, since_months
from compliance.web.api import frame
from compliance.web.api.cases import Event
from compliance.web.api.frame import Caller, Cursor, Limit, Listed, refusals

router = APIRouter()

_Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class StoryLine(BaseModel):
    """A story without its text."""

    id: int
    title: str
    publisher: str | None
    url: str | None
    feed_id: str | None
    published: datetime | None
    first_seen: datetime
    quality: str


class StoryShown(StoryLine):
    """A story with its text and every judgement of it, newest first."""

    text: str
    screenings: list[dict[str, Any]]


class RecordRow(Event):
    """One event of the record, of whatever subject."""

    withheld: bool = Field(default=False, description="True where the caller is to give a second decision unaware.")


class Verified(BaseModel):
    """Whether the record is whole: ``broken`` says what is not, line by line."""

    whole: bool
    rows: int
    anchors: int
    broken: list[str]


@router.get("/stories", name="api_stories", tags=["stories"], responses=refusals())
def list_stories(
    request: Request,
    visitor: Caller,
    feed: Annotated[str | None, Query(max_length=200)] = None,
    seen_since: AwareDatetime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[StoryLine]:
    """List stories, newest first."""
    with read_scope(request.app.state.engine) as session:
        found = listing.stories(session, feed=feed, since=seen_since, before=frame.before_of(cursor), limit=limit)
    items = [StoryLine.model_validate(row.model_dump()) for row in found.rows]
    return Listed(items=items, next=frame.cursor_of(found.before))


@router.get("/stories/{story_id}", name="api_story", tags=["stories"], responses=refusals(404))
def show_story(request: Request, visitor: Caller, story_id: _Id) -> StoryShown:
    """Show a story with its judgements."""
    with read_scope(request.app.state.engine) as session:
        row = session.get(StoryRow, story_id)
        if row is None:
            raise HTTPException(404, f"There is no story {story_id}.")
        judged = [s.model_dump(mode="json") for s in screenings.of_story(session, story_id)]
    return StoryShown.model_validate(row.model_dump() | {"screenings": judged})


@router.get("/feeds", name="api_feeds", tags=["coverage"], responses=refusals())
def list_feeds(request: Request, visitor: Caller, limit: Limit = 50, cursor: Cursor = None) -> Listed[dict[str, Any]]:
    """List the feeds with their health, by id."""
    after = frame.place_of(cursor, str) or [""]
    with read_scope(request.app.state.engine) as session:
        rows = feeds.following(session, after[0], limit + 1)
    items = [row.model_dump(mode="json") for row in rows[:limit]]
    return Listed(items=items, next=frame.cursor_at(rows[limit - 1].id) if len(rows) > limit else None)


@router.get("/runs", name="api_runs", tags=["coverage"], responses=refusals())
def list_runs(request: Request, visitor: Caller, limit: Limit = 50) -> list[dict[str, Any]]:
    """List the newest runs with their counts and what does not add up."""
    with read_scope(request.app.state.engine) as session:
        return [row.model_dump(mode="json") for row in runs.latest(session, limit)]


@router.get("/coverage", name="api_coverage", tags=["coverage"], responses=refusals())
def coverage(request: Request, visitor: Caller) -> dict[str, Any]:
    """Tell how things stand: feeds that fail or are too quiet, lists, versions, what was left unread."""
    with read_scope(request.app.state.engine) as session:
        now = datetime.now(UTC)
        found = standing(session, now)
        raised = [row.model_dump(mode="json") for row in feeds.events(session, now - LOOK_BACK, 50)]
        moved = [{"feed": row.id, "to": row.moved_to} for row in feeds.moved(session) if feeds.is_proposed(row)]
        alarm = silent_stop(session, request.app.state.settings, now)
    return {
        "at": found.now,
        "alarm": alarm,
        "raised": raised,
        "moves": moved,
        "cases": found.cases,
        "feeds": {"all": len(found.feeds), "failing": found.failing, "too_quiet": found.too_quiet},
        "lists": [
            {"source": t.row.source, "generated": t.row.generated, "last_seen": t.row.last_seen, "is_old": t.is_old}
            for t in found.lists
        ],
        "judged": asdict(found.judged) if found.judged else None,
        "not_covered": [{"language": tongue, "feed": feed, "stories": n} for tongue, feed, n in found.unread],
        "parked": found.parked,
        "why_empty": list(found.why_empty),
    }


@router.get("/analytics", name="api_analytics", tags=["coverage"], responses=refusals())
def analyse(request: Request, visitor: Caller, months: Months = 12) -> dict[str, Any]:
    """Tell what the cases of the last months add up to."""
    found = analytics(request.app.state.engine, since_months(datetime.now(UTC), months))
    tally = asdict(found.tally)
    tally["routes"] = [{"from": a, "to": b, "cases": n} for (a, b), n in found.tally.routes.most_common(100)]
    return {
        "since": found.since,
        "cases": tally,
        "delays": asdict(found.delays),
        "agreement": asdict(found.agreement),
        "second_readings": [asdict(paired) for paired in found.second_readings],
    }


@router.get("/record", name="api_record", tags=["record"], responses=refusals())
def list_record(
    request: Request,
    visitor: Caller,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    actor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[RecordRow]:
    """List the record, newest first."""
    with read_scope(request.app.state.engine) as session:
        found = listing.record(session, subject=subject, actor=actor, before=frame.before_of(cursor), limit=limit)
        kept = withholding(session, found.rows, access.reader(visitor))
    items = [_record_row(row, is_withheld(row, kept)) for row in found.rows]
    return Listed(items=items, next=frame.cursor_of(found.before))


def _record_row(row: LedgerRow, withheld: bool) -> RecordRow:
    hidden: dict[str, Any] = {"before": {}, "after": {}, "withheld": True} if withheld else {}
    return RecordRow.model_validate(row.model_dump() | hidden)


@router.get("/record/verification", name="api_verify", tags=["record"], responses=refusals(429))
def verify(request: Request, visitor: Caller) -> Verified:
    """Check the whole record against its chain and anchors."""
    state = request.app.state
    if not state.verifying.acquire(blocking=False):
        raise HTTPException(429, "The record is being checked already: ask again in a moment.")
    try:
        file = state.settings.anchors_file
        found = audit.verify(state.engine, audit.read_anchors(file) if file.exists() else [])
    finally:
        state.verifying.release()
    return Verified(whole=not found.broken, rows=found.rows, anchors=found.anchors, broken=list(found.broken))
