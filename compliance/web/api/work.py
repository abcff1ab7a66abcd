"""Work on a case: decide, claim, assign, escalate, put aside, note, and take back."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from compliance import decision
from compliance.case import Disposition
from compliance.store import cases, changes
from compliance.store.database import read_scope
from compliance.web import steps
from compliance.web.api import oncase
from compliance.web.api.frame import ETAG, Body, Caller, Nothing, refusals
from compliance.web.api.oncase import REFUSALS, CaseCall, Changed
from compliance.web.steps import Act

router = APIRouter(tags=["work on cases"])

Note = Annotated[str, Field(max_length=5_000)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def changing(status: int = 201) -> dict[str, Any]:
    """Return what every route that changes a case declares."""
    done = {status: {"description": "Done; the case as it now stands.", "headers": ETAG}}
    return {"status_code": status, "response_model": Changed, "responses": refusals(*REFUSALS) | done}


class Decision(Body):
    """An officer's word on a case; ``reason`` is one of the codes that ``/vocabulary`` lists for the disposition."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"disposition": "breach", "reason": "act_alleged", "note": "two independent sources"}]
        }
    )

    disposition: Disposition
    reason: str = Field(max_length=80)
    note: Note = ""


class Noted(Body):
    """A note, which some acts need and all may carry."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "the vessel was named again"}]})

    note: Note = ""


class Assignment(Body):
    """Whom the case is given to; null for nobody."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"assignee": "grace"}]})

    assignee: str | None = Field(default=None, max_length=80)


class Undoing(Body):
    """Which change to take back: the ``change`` of an answer, or an ``id`` of ``/cases/{reference}/changes``."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"change": 12}]})

    change: int = Field(ge=1, le=2**31 - 1)


class LastChange(BaseModel):
    """The caller's last change that stands, and the case's ETag, which taking it back needs."""

    case: str
    change: int
    action: str
    at: datetime


@router.post("/cases/{reference}/decisions", name="api_decide", **changing())
def decide(call: CaseCall, body: Decision) -> Response:
    """Decide a case, or give the first or second of two decisions.

    Where two people must agree, the first decision leaves the case in the state ``second``, and an approver other than
    its author gives the second: agreeing decides the case, differing sends it back to the queue, escalated. What is
    refused is entered in the record all the same.
    """

    def note_stale(act: Act, why: str) -> None:
        decision.note_refused(act.engine, act.reference, body.disposition, body.reason, act.visitor.name, act.now, why)

    return call.make(body, lambda act: steps.decide(act, body.disposition, body.reason, body.note), note_stale)


@router.post("/cases/{reference}/reopenings", name="api_reopen", **changing())
def reopen(call: CaseCall, body: Noted) -> Response:
    """Put a decided case back into the queue; the decision stays in the record."""
    return call.make(body, lambda act: steps.reopen(act, body.note))


@router.post("/cases/{reference}/claim", name="api_claim", **changing())
def claim(call: CaseCall, body: Nothing | None = None) -> Response:
    """Hold the case, so that nobody else changes it until ``claimed_until``; asking again holds it longer.

    A claim is no new revision of the case: its ETag stays.
    """
    return call.make(body or Nothing(), steps.claim)


@router.delete("/cases/{reference}/claim", name="api_release", **changing(200))
def release(call: CaseCall) -> Response:
    """Give the case back, if the caller holds it."""
    return call.make(Nothing(), steps.release)


@router.put("/cases/{reference}/assignee", name="api_assign", **changing(200))
def assign(call: CaseCall, body: Assignment) -> Response:
    """Give the case to an officer, or to nobody."""
    return call.make(body, lambda act: steps.assign(act, body.assignee or ""))


@router.post("/cases/{reference}/escalations", name="api_escalate", **changing())
def escalate(call: CaseCall, body: Noted) -> Response:
    """Put the case before all others; two people must then agree. Needs a note."""
    return call.make(body, lambda act: steps.escalate(act, body.note))


@router.post("/cases/{reference}/snoozes", name="api_snooze", **changing())
def snooze(call: CaseCall, body: Noted) -> Response:
    """Put the case aside until another story tells of it."""
    return call.make(body, lambda act: steps.snooze(act, body.note))


@router.post("/cases/{reference}/wakings", name="api_wake", **changing())
def wake(call: CaseCall, body: Nothing | None = None) -> Response:
    """Bring a snoozed case back into the queue."""
    return call.make(body or Nothing(), steps.wake)


@router.post("/cases/{reference}/notes", name="api_note", **changing())
def add_note(call: CaseCall, body: Noted) -> Response:
    """Enter a note in the case's history. It changes nothing that a decision rests on, and no revision."""
    return call.make(body, lambda act: steps.add_note(act, body.note))


@router.post("/cases/{reference}/acknowledgements", name="api_acknowledge", **changing())
def acknowledge(call: CaseCall, body: Nothing | None = None) -> Response:
    """Enter that someone took notice of the case, which ends the repetition of its alerts."""
    return call.make(body or Nothing(), steps.acknowledge)


@router.post("/cases/{reference}/undos", name="api_undo", **changing())
def undo(call: CaseCall, body: Undoing) -> Response:
    """Take one change of the case back; the record shows both.

    A decision is taken back by its author alone, and only before a second person agreed.
    """
    return call.make(body, lambda act: steps.undo(act, body.change))


@router.get("/me/last-change", name="api_last_change", responses=refusals(404) | {200: {"headers": ETAG}})
def last_change(request: Request, response: Response, visitor: Caller) -> LastChange:
    """Tell the caller's last change of the last twelve hours that stands, in whichever case, for taking it back."""
    with read_scope(request.app.state.engine) as session:
        last = changes.last_of(session, visitor.name, datetime.now(UTC) - timedelta(hours=12))
        row = cases.by_id(session, last.case_id) if last is not None else None
    if last is None or row is None:
        raise HTTPException(404, "There is nothing of yours to take back.")
    response.headers["ETag"] = oncase.etag(row.reference, row.revision)
    return LastChange(case=row.reference, change=last.id or 0, action=last.action, at=last.at)
