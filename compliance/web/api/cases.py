"""Cases: listed, shown whole, with their history and the changes that officers made."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import AwareDatetime, BaseModel

from compliance.case import CaseState, Disposition, tells_first_word
from compliance.casefile import case_file, case_line
from compliance.casefile import history as case_history
from compliance.dossier import dossier
from compliance.screening import Verdict
from compliance.store import changes, listing
from compliance.store.database import read_scope
from compliance.web import access
from compliance.web.api import frame, oncase
from compliance.web.api.dossier import DossierShown, shown
from compliance.web.api.frame import ETAG, Caller, Cursor, Limit, Listed, refusals
from compliance.web.api.oncase import Reference
from compliance.web.shown import is_kept

router = APIRouter(tags=["cases"])


class CaseLine(BaseModel):
    """A case's own facts."""

    case: str
    act: str
    origin: str
    state: str
    disposition: str | None
    verdict: str
    score: float
    kinds: list[str]
    regimes: list[str]
    status: str | None
    denied_by: list[str]
    parties: list[dict[str, Any]]
    opened_at: datetime
    changed_at: datetime
    revision: int


class CaseFile(CaseLine):
    """The whole case: its facts, the stories with captures and judgements, and its history."""

    articles: int
    independent_origins: int
    stories: list[dict[str, Any]]
    history: list[dict[str, Any]]


class Event(BaseModel):
    """One event of a case's history, as the record has it."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]
    versions: dict[str, str]
    previous: str
    digest: str


class Change(BaseModel):
    """One change that an officer made to a case; what has no ``undone_at`` stands."""

    id: int
    at: datetime
    actor: str
    action: str
    before: dict[str, Any]
    after: dict[str, Any]
    note: str
    undone_by: str | None
    undone_at: datetime | None


@router.get("/cases", name="api_cases", responses=refusals())
def list_cases(
    request: Request,
    visitor: Caller,
    state: CaseState | None = None,
    verdict: Verdict | None = None,
    disposition: Disposition | None = None,
    changed_since: AwareDatetime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[CaseLine]:
    """List cases, newest first."""
    with read_scope(request.app.state.engine) as session:
        found = listing.cases(
            session,
            state=state,
            verdict=verdict,
            disposition=disposition,
            since=changed_since,
            before=frame.before_of(cursor),
            limit=limit,
        )
    items = [CaseLine.model_validate(case_line(row)) for row in found.rows]
    return Listed(items=items, next=frame.cursor_of(found.before))


@router.get(
    "/cases/{reference}",
    name="api_case",
    response_model=CaseFile,
    responses=refusals(304, 404) | {200: {"headers": ETAG}},
)
def show_case(request: Request, response: Response, reference: Reference, visitor: Caller) -> Any:
    """Show a whole case; its ETag is what a change of it needs."""
    with read_scope(request.app.state.engine) as session:
        found = case_file(session, reference, access.reader(visitor))
    if found is None:
        raise HTTPException(404, f"There is no case {reference}.")
    etag = oncase.etag(reference, found["revision"])
    if frame.is_unchanged(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return found


@router.get("/cases/{reference}/dossier", name="api_dossier", responses=refusals(404) | {200: {"headers": ETAG}})
def show_dossier(request: Request, response: Response, reference: Reference, visitor: Caller) -> DossierShown:
    """Show all that the case page shows: who is said to have done what in whose words, and why it stands where it does.

    The ETag is what a change of the case needs.
    """
    with read_scope(request.app.state.engine) as session:
        whole = dossier(session, reference, request.app.state.rulebook)
        if whole is None:
            raise HTTPException(404, f"There is no case {reference}.")
        told = shown(whole, visitor)
    response.headers["ETag"] = oncase.etag(reference, whole.row.revision)
    return told


@router.get("/cases/{reference}/history", name="api_history", responses=refusals(404))
def history(
    request: Request, reference: Reference, visitor: Caller, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Event]:
    """Show what was done to a case, oldest first, as the record has it."""
    after = frame.place_of(cursor, int) or [0]
    with read_scope(request.app.state.engine) as session:
        case = oncase.found(session, reference)
        found = [row for row in case_history(session, case, access.reader(visitor)) if row.id > after[0]]
    items = [Event.model_validate(row.model_dump()) for row in found[:limit]]
    return Listed(items=items, next=frame.cursor_at(items[-1].id) if len(found) > limit else None)


@router.get("/cases/{reference}/changes", name="api_changes", responses=refusals(404))
def list_changes(
    request: Request, reference: Reference, visitor: Caller, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Change]:
    """List what officers changed of a case, oldest first: each can be taken back by its id."""
    after = frame.place_of(cursor, int) or [0]
    with read_scope(request.app.state.engine) as session:
        case = oncase.found(session, reference)
        made = [row for row in changes.of_case(session, case.id or 0) if (row.id or 0) > after[0]]
    if is_kept(case, visitor):
        made = [row for row in made if not tells_first_word(row.action, row.before, row.after)]
    items = [Change.model_validate(row.model_dump()) for row in made[:limit]]
    return Listed(items=items, next=frame.cursor_at(items[-1].id) if len(made) > limit else None)
