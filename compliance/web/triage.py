"""One case at a time, by keyboard: the page that a script turns over without reloading, and that works without it."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from compliance.store import cases, queue
from compliance.store.database import read_scope
from compliance.web.pages import show
from compliance.web.review import Person
from compliance.web.shown import case_facts

router = APIRouter()


def triage_path(filters: queue.Filters, done: int, reference: str = "") -> str:
    """Return the address of a case in triage; ``done`` counts what was decided since triage began."""
    given = {"done": str(done)} if done else {}
    if reference:
        given["case"] = reference
    query = "&".join(filter(None, (filters.query, urlencode(given))))
    return f"/triage?{query}" if query else "/triage"


@router.get("/triage", name="triage_page")
def triage_page(request: Request, visitor: Person, case: str = "", done: str = "0") -> Response:
    """Show one case of the filtered queue, the first if none is named."""
    filters, now = queue.read_filters(request.query_params), datetime.now(UTC)
    count = int(done) if done.isdecimal() and len(done) < 6 else 0
    with read_scope(request.app.state.engine) as session:
        free = queue.first(session, filters, visitor.name, now, free_for=visitor.name)
        reference = case or free
        if reference is None or "\x00" in reference:
            return show(request, "triage_done.html", visitor, filters=filters, done=count)
        row = cases.by_reference(session, reference)
        if row is None:
            raise HTTPException(404)
        place = queue.place(session, filters, visitor.name, now, row)
        facts = case_facts(request, session, reference, visitor, triage_path(filters, count, reference))
    if not case:
        return RedirectResponse(triage_path(filters, count, reference), status_code=303)
    return show(request, "triage.html", visitor, problem="", place=place, done=count, filters=filters,
                path=triage_path, **facts)  # fmt: skip
