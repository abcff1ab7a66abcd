"""The queue: what waits in the stated order, how much, what comes next; search; and the words that can be used."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field

from compliance.casefile import case_line
from compliance.store import desk, queue, search
from compliance.store.database import read_scope
from compliance.store.tables import CaseRow
from compliance.web import access, review
from compliance.web.api import frame, oncase
from compliance.web.api.cases import CaseLine
from compliance.web.api.frame import Caller, Cursor, Limit, Listed, refusals
from compliance.web.api.oncase import Reference
from rules.vocabulary import Kind, PartyType, Status
from rules.vocabulary import Role as Part

router = APIRouter(tags=["queue"])

# Tells a cursor of the search from one of the queue, whose places are two numbers as well.
_SEARCH = "search"

_Word = Annotated[str, Query(max_length=200)]
Show = Literal["waiting", "due", "mine", "second", "snoozed", "decided"]


class QueueLine(CaseLine):
    """A case with what decides its place and who works on it."""

    severity: str
    priority: int
    due_at: datetime | None
    escalated: bool
    needs_second: bool
    is_novel: bool
    origins: int
    stories: int
    assignee: str | None
    claimed_by: str | None
    claimed_until: datetime | None


class Counters(BaseModel):
    """How many cases each list holds, each counted up to ten thousand."""

    waiting: int
    due: int
    mine: int
    second: int
    snoozed: int


class Next(BaseModel):
    """The case that stands first among those that nobody else works on; null where there is none."""

    case: str | None


class Place(BaseModel):
    """Where a case stands, or would stand, in the filtered queue, and its neighbours there."""

    number: int
    total: int
    previous: str | None
    following: str | None


class StoryHit(BaseModel):
    """A story that was found, and the case that it tells of, if any."""

    id: int
    title: str
    publisher: str | None
    published: datetime | None
    case: str | None


class Found(BaseModel):
    """What a search found, newest first: up to ``limit`` cases and as many stories."""

    words: list[str] = Field(description="The words that were searched for.")
    cases: list[CaseLine]
    stories: list[StoryHit]
    next: str | None = Field(description="The cursor of the page that goes on with both lists; null after the last.")


class Vocabulary(BaseModel):
    """Every closed list that the desk works with."""

    reasons: dict[str, dict[str, str]] = Field(description="For each disposition, its reason codes and their words.")
    kinds: list[Kind]
    roles: list[Part]
    types: list[PartyType]
    statuses: list[Status]
    regimes: dict[str, str]
    severities: list[str]
    officers: list[str] = Field(description="Those to whom a case can be given.")


def filters(
    show: Show = "waiting",
    regime: _Word = "",
    kind: _Word = "",
    role: _Word = "",
    party: _Word = "",
    country: _Word = "",
    source: _Word = "",
    status: _Word = "",
    severity: _Word = "",
    assignee: Annotated[str, Query(max_length=80, description="A name, or `nobody`.")] = "",
    age: Annotated[int | None, Query(ge=0, le=9_999, description="Opened within so many days.")] = None,
    older: Annotated[bool, Query(description="With `age`: opened longer ago than that.")] = False,
) -> queue.Filters:
    """Return the filters of the queue, as the page's address has them."""
    given = {
        "show": show, "regime": regime, "kind": kind, "role": role, "party": party, "country": country,
        "source": source, "status": status, "severity": severity, "assignee": assignee,
        "age": "" if age is None else str(age), "older": "1" if older else "",
    }  # fmt: skip
    return queue.read_filters(given)


Filters = Annotated[queue.Filters, Depends(filters)]


@router.get("/queue", name="api_queue", responses=refusals())
def list_queue(
    request: Request, visitor: Caller, filters: Filters, limit: Limit = 50, cursor: Cursor = None
) -> Listed[QueueLine]:
    """List the cases of one list of the desk, in its stated order: by priority, decided ones by their last change."""
    now, is_decided = datetime.now(UTC), filters.show == "decided"
    place = frame.place_of(cursor, str if is_decided else int, int)
    with read_scope(request.app.state.engine) as session:
        rows = queue.following(session, filters, visitor.name, now, _place(place, is_decided), limit + 1)
        stories = desk.story_counts(session, [row.id or 0 for row in rows])
    items = [_line(row, stories.get(row.id or 0, 0)) for row in rows[:limit]]
    return Listed(items=items, next=_cursor(rows[limit - 1], is_decided) if len(rows) > limit else None)


def _place(told: list[Any] | None, is_decided: bool) -> tuple[Any, int] | None:
    if told is None:
        return None
    try:
        return (datetime.fromisoformat(told[0]).astimezone(UTC) if is_decided else told[0]), told[1]
    except (ValueError, OverflowError):
        raise HTTPException(400, frame.NO_CURSOR) from None


def _cursor(row: CaseRow, is_decided: bool) -> str:
    return frame.cursor_at(row.changed_at.isoformat() if is_decided else row.priority, row.id or 0)


def _line(row: CaseRow, stories: int) -> QueueLine:
    own = {name: getattr(row, name) for name in QueueLine.model_fields if hasattr(row, name)}
    return QueueLine.model_validate(own | case_line(row) | {"stories": stories})


@router.get("/queue/counters", name="api_counters", responses=refusals())
def counters(request: Request, visitor: Caller) -> Counters:
    """Tell how many cases each list of the desk holds for the caller."""
    with read_scope(request.app.state.engine) as session:
        return Counters.model_validate(queue.counters(session, visitor.name, datetime.now(UTC)))


@router.get("/queue/choices", name="api_choices", responses=refusals())
def choices(request: Request, visitor: Caller) -> dict[str, list[str]]:
    """Tell by which values the queue can be filtered: of what has no end, the sixty most frequent."""
    with read_scope(request.app.state.engine) as session:
        found = review.choices(request, session)
    return {facet: [value for value, _ in values] for facet, values in found.items()}


@router.get("/queue/next", name="api_next", responses=refusals())
def next_case(request: Request, visitor: Caller, filters: Filters) -> Next:
    """Tell which case the caller should take up next."""
    with read_scope(request.app.state.engine) as session:
        first = queue.first(session, filters, visitor.name, datetime.now(UTC), free_for=visitor.name)
    return Next(case=first)


@router.get("/queue/places/{reference}", name="api_place", responses=refusals(404))
def place_in_queue(request: Request, visitor: Caller, reference: Reference, filters: Filters) -> Place:
    """Tell where a case stands in the filtered queue."""
    with read_scope(request.app.state.engine) as session:
        row = oncase.found(session, reference)
        found = queue.place(session, filters, visitor.name, datetime.now(UTC), row)
    return Place.model_validate(asdict(found))


@router.get("/search", name="api_search", responses=refusals())
def search_all(
    request: Request,
    visitor: Caller,
    q: Annotated[str, Query(max_length=400, description="Words; the last may be the beginning of one.")],
    limit: Annotated[int, Query(ge=1, le=100, description="How many cases, and how many stories, a page holds.")] = 20,
    cursor: Cursor = None,
) -> Found:
    """Find the cases and stories that hold every word, newest first."""
    place = _place_of_search(cursor)
    with read_scope(request.app.state.engine) as session:
        hits = search.search(session, q, limit, place)
    stories = [StoryHit.model_validate(asdict(hit) | {"case": hit.reference}) for hit in hits.stories]
    cases = [CaseLine.model_validate(case_line(row)) for row in hits.cases]
    following = frame.cursor_at(_SEARCH, hits.next.cases, hits.next.stories) if hits.next else None
    return Found(words=search.words_of(q), cases=cases, stories=stories, next=following)


def _place_of_search(cursor: str | None) -> search.Place | None:
    told = frame.place_of(cursor, str, int, int)
    if told is None:
        return None
    if told[0] != _SEARCH:
        raise HTTPException(400, frame.NO_CURSOR)
    return search.Place(told[1], told[2])


@router.get("/vocabulary", name="api_vocabulary", responses=refusals())
def vocabulary(request: Request, response: Response, visitor: Caller) -> Vocabulary:
    """Tell the words that decisions and corrections may use: reason codes, kinds, roles, types, statuses, regimes."""
    state = request.app.state
    with read_scope(state.engine) as session:
        officers = access.officers(session)
    return Vocabulary(
        reasons=state.reasons,
        kinds=list(Kind),
        roles=list(Part),
        types=list(PartyType),
        statuses=list(Status),
        regimes=state.regimes,
        severities=["critical", "high", "medium", "low"],
        officers=officers,
    )
