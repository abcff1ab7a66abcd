"""The queue with its filters, counters and saved views; search; and a case on one page."""

import re
import time
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from compliance.errors import ConfigError
from compliance.store import desk, queue, runs, search
from compliance.store.database import read_scope, session_scope
from compliance.store.users import Visitor
from compliance.web import access
from compliance.web.pages import show
from compliance.web.shown import case_facts
from rules.vocabulary import Kind, Status
from rules.vocabulary import Role as Part

router = APIRouter()

Person = Annotated[Visitor, Depends(access.current_visitor)]
_LAST_PAGE = 1_000
_PLACE = re.compile(r"[0-9]{1,9}-[0-9]{1,9}")
_COUNTED_FOR = 600


@router.get("/", name="queue_page")
def queue_page(request: Request, visitor: Person, page: str = "1") -> Response:
    """Show the cases that wait, in the stated order; an empty queue says why it is empty."""
    filters, now = queue.read_filters(request.query_params), datetime.now(UTC)
    number = min(int(page), _LAST_PAGE) if page.isdecimal() and len(page) < 6 and int(page) else 1
    with read_scope(request.app.state.engine) as session:
        rows = queue.listed(session, filters, visitor.name, now, number)
        latest = runs.latest(session, 1)
        return show(
            request,
            "queue.html",
            visitor,
            cases=rows[: queue.PAGE],
            filters=filters,
            number=number,
            more=len(rows) > queue.PAGE,
            stories=desk.story_counts(session, [r.id or 0 for r in rows]),
            counts=queue.counters(session, visitor.name, now),
            views=queue.views(session, visitor.name),
            choices=choices(request, session),
            works=visitor.role in access.DECIDERS,
            query_of=lambda given, **more: urlencode({**dict([*_pairs(given.query)]), **more}),
            run=latest[0] if latest else None,
        )


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query)


def choices(request: Request, session: Session) -> dict[str, list[tuple[str, str]]]:
    """Return what can be filtered by: value and words, the most frequent of what has no end."""
    regimes: dict[str, str] = request.app.state.regimes
    named = _frequent(request, session)
    people = access.officers(session)
    return {
        "regime": [(v, f"UN-SC{v} {regimes.get(v, '')}") for v, _ in named["regime"]],
        "kind": [(k.value, k.value) for k in Kind],
        "role": [(r.value, r.value) for r in Part],
        "party": [(v, v) for v, _ in named["party"]],
        "country": [(v, v) for v, _ in named["country"]],
        "source": [(v, v) for v, _ in named["source"]],
        "status": [*((s.value, s.value) for s in Status), ("unknown", "unknown")],
        "severity": [(s, s) for s in ("critical", "high", "medium", "low")],
        "assignee": [("nobody", "nobody"), *((name, name) for name in people)],
        "age": [*queue.AGES.items()],
    }


def _frequent(request: Request, session: Session) -> dict[str, list[tuple[str, int]]]:
    """Return the most frequent values of open-ended facets, counted anew every ten minutes: a hint, not a figure."""
    held: tuple[float, dict[str, list[tuple[str, int]]]] | None = getattr(request.app.state, "frequent", None)
    empty = held is None or not any(held[1].values())
    if held is None or empty or time.monotonic() - held[0] > _COUNTED_FOR:
        found = {facet: queue.values(session, facet) for facet in ("regime", "party", "country", "source")}
        held = (time.monotonic(), found)
        request.app.state.frequent = held
    return held[1]


@router.get("/search", name="search_page")
def search_page(request: Request, visitor: Person, q: str = "", older: str = "") -> Response:
    """Show the cases and stories that hold every word, newest first; ``older`` is where a later page begins."""
    q = q.replace("\x00", "")[:400]
    place = search.Place(*map(int, older.split("-"))) if _PLACE.fullmatch(older) else None
    with read_scope(request.app.state.engine) as session:
        hits = search.search(session, q, before=place)
        return show(request, "search.html", visitor, q=q, hits=hits, words=search.words_of(q))


@router.get("/cases/{reference}", name="case_page")
def case_page(request: Request, reference: str, visitor: Person) -> Response:
    """Show one case: the act, who is said to have done what in whose words, why it was flagged, its history."""
    if "\x00" in reference:
        raise HTTPException(404)
    with read_scope(request.app.state.engine) as session:
        facts = case_facts(request, session, reference, visitor, f"/cases/{reference}")
        place = queue.place(session, queue.Filters(), visitor.name, datetime.now(UTC), facts["case"])
    return show(request, "case.html", visitor, problem="", place=place, **facts)


@router.post("/views", name="keep_view")
def keep_view(
    request: Request,
    visitor: Person,
    name: Annotated[str, Form(min_length=1, max_length=60)],
    query: Annotated[str, Form(max_length=2_000)] = "",
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep the filters under a name, for this person."""
    access.check_form(request, visitor, csrf)
    filters = queue.read_filters(dict(_pairs(query)))
    try:
        name = queue.view_name(name)
        with session_scope(request.app.state.engine) as session:
            queue.keep_view(session, visitor.name, name, filters, datetime.now(UTC))
    except ConfigError as error:
        raise HTTPException(422, f"{error}.") from error
    return RedirectResponse(f"/?{filters.query}", status_code=303)


@router.post("/views/{view}/drop", name="drop_view")
def drop_view(
    request: Request, view: int, visitor: Person, csrf: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Forget one of this person's views; another's is not found."""
    access.check_form(request, visitor, csrf)
    if view >= 2**31:
        raise HTTPException(404)
    with session_scope(request.app.state.engine) as session:
        if not queue.drop_view(session, visitor.name, view):
            raise HTTPException(404)
    return RedirectResponse("/", status_code=303)
