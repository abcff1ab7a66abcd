"""The record, for administrators and auditors: who did and saw what, when."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from compliance.casefile import is_withheld, withholding
from compliance.store import listing
from compliance.store.database import read_scope
from compliance.web import access
from compliance.web.api.frame import before_of, cursor_of
from compliance.web.pages import Person, show

router = APIRouter()


@router.get("/record", name="record_page")
def record_page(
    request: Request,
    visitor: Person,
    subject: Annotated[str, Query(max_length=200)] = "",
    actor: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Show the record, newest first, of one subject or person where that is asked."""
    with read_scope(request.app.state.engine) as session:
        found = listing.record(session, subject=subject, actor=actor, before=before_of(cursor))
        kept = withholding(session, found.rows, access.reader(visitor))
    return show(
        request,
        "record.html",
        visitor,
        rows=found.rows,
        withheld=frozenset(row.id for row in found.rows if is_withheld(row, kept)),
        next=cursor_of(found.before),
        subject=subject,
        actor=actor,
    )
