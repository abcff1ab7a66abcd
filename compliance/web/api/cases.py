"""Cases: listed, shown, decided, reopened."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from compliance.case import CaseState, Disposition
from compliance.casefile import case_file, case_line
from compliance.casefile import history as case_history
from compliance.decision import dispose_case, reopen_case
from compliance.screening import Verdict
from compliance.store import cases, listing
from compliance.store.database import read_scope
from compliance.web import access
from compliance.web.api import frame
from compliance.web.api.frame import Body, Caller, Cursor, IfMatch, Key, Limit, Listed, refusals

router = APIRouter(tags=["cases"])

Reference = Annotated[str, Path(max_length=40, description="The case's reference, as EW-2026-00001.")]


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

    stories: list[dict[str, Any]]
    history: list[dict[str, Any]]


class Decision(Body):
    """An officer's word on a case; ``reason`` is one of the codes in config/reasons.yml for the disposition."""

    disposition: Disposition
    reason: str = Field(max_length=80)
    note: str = Field(default="", max_length=5_000)


class Reopening(Body):
    """Why a decided case should be looked at again."""

    note: str = Field(default="", max_length=5_000)


class Changed(BaseModel):
    """A case after a change."""

    case: str
    state: str
    disposition: str | None
    revision: int


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


@router.get("/cases/{reference}", name="api_case", response_model=CaseFile, responses=refusals(304, 404))
def show_case(request: Request, response: Response, reference: Reference, visitor: Caller) -> Any:
    """Show a whole case; its ETag is what a change of it needs."""
    with read_scope(request.app.state.engine) as session:
        found = case_file(session, reference, access.reader(visitor))
    if found is None:
        raise HTTPException(404, f"There is no case {reference}.")
    etag = _etag(reference, found["revision"])
    if frame.is_unchanged(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return found


@router.get("/cases/{reference}/history", name="api_history", responses=refusals(404))
def history(request: Request, reference: Reference, visitor: Caller) -> list[dict[str, Any]]:
    """Show what was done to a case, oldest first, as the record has it."""
    with read_scope(request.app.state.engine) as session:
        case = cases.by_reference(session, reference)
        if case is None:
            raise HTTPException(404, f"There is no case {reference}.")
        return [row.model_dump(mode="json") for row in case_history(session, case, access.reader(visitor))]


@router.post(
    "/cases/{reference}/decisions",
    name="api_decide",
    status_code=201,
    response_model=Changed,
    responses=refusals(404, 409, 412, 428),
)
def decide(
    request: Request, reference: Reference, visitor: Caller, body: Decision, if_match: IfMatch = None, key: Key = None
) -> Response:
    """Decide a waiting case."""
    state = request.app.state
    if body.reason not in state.reasons[body.disposition.value]:
        fitting = ", ".join(state.reasons[body.disposition.value])
        raise HTTPException(422, f"This reason does not fit {body.disposition.value}: choose one of {fitting}.")

    def do() -> tuple[int, str, dict[str, Any]]:
        seen = _matched(request, reference, if_match)
        now = datetime.now(UTC)
        dispose_case(state.engine, reference, body.disposition, body.reason, body.note, visitor.name, seen, now)
        return _changed(request, reference)

    return frame.once(request, visitor, key, body, do)


@router.post(
    "/cases/{reference}/reopenings",
    name="api_reopen",
    status_code=201,
    response_model=Changed,
    responses=refusals(404, 409, 412, 428),
)
def reopen(
    request: Request, reference: Reference, visitor: Caller, body: Reopening, if_match: IfMatch = None, key: Key = None
) -> Response:
    """Put a decided case back into the queue."""

    def do() -> tuple[int, str, dict[str, Any]]:
        seen = _matched(request, reference, if_match)
        reopen_case(request.app.state.engine, reference, body.note, visitor.name, seen, datetime.now(UTC))
        return _changed(request, reference)

    return frame.once(request, visitor, key, body, do)


def _etag(reference: str, revision: int) -> str:
    return frame.etag_of("case", reference, revision)


def _matched(request: Request, reference: str, if_match: str | None) -> int:
    """Return the case's revision if it is the one that the caller saw."""
    with read_scope(request.app.state.engine) as session:
        row = cases.by_reference(session, reference)
    if row is None:
        raise HTTPException(404, f"There is no case {reference}.")
    frame.check_match(if_match, _etag(reference, row.revision))
    return row.revision


def _changed(request: Request, reference: str) -> tuple[int, str, dict[str, Any]]:
    with read_scope(request.app.state.engine) as session:
        row = cases.by_reference(session, reference)
    assert row is not None
    found = Changed(case=row.reference, state=row.state, disposition=row.disposition, revision=row.revision)
    return 201, _etag(reference, row.revision), found.model_dump(mode="json")
