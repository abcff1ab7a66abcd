"""Alerts for programs: what waits, what left with every attempt, what was given up and can be sent again."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from compliance.errors import ConfigError
from compliance.resending import resend_alert, resend_all
from compliance.store import callbacks, channels, outbox, reminders
from compliance.store.database import read_scope
from compliance.store.tables import OutboxRow
from compliance.web.api import frame
from compliance.web.api.frame import ETAG, Body, Caller, Cursor, Done, IfMatch, Key, Limit, Listed, Nothing, refusals

router = APIRouter(tags=["alerts"])

_Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class AlertLine(BaseModel):
    """An alert to one recipient by one channel."""

    id: int
    alert_id: str
    about: str = Field(description="The case or whatever else it tells of.")
    event: str
    title: str
    channel: str
    recipient: str
    subscription: str
    state: str
    attempts: int
    reason: str
    created_at: datetime
    next_attempt: datetime
    sent_at: datetime | None


class Attempt(BaseModel):
    """One try to deliver it, and the answer."""

    at: datetime
    accepted: bool
    http_status: int | None
    latency_ms: int
    provider_id: str | None
    detail: str


class Report(BaseModel):
    """What the mail service told of it afterwards."""

    at: datetime
    kind: str
    detail: str


class AlertShown(AlertLine):
    """An alert with every attempt."""

    tries: list[Attempt]
    reports: list[Report]


class Channel(BaseModel):
    """A channel, and until when it is left alone where it is down."""

    name: str
    failures: int
    down_since: datetime | None
    open_until: datetime | None
    reason: str


class Reminder(BaseModel):
    """A case that nobody has acknowledged, and when it is told of again."""

    case: str
    next_at: datetime


class Resending(Body):
    """Which channel's alerts to send again; null for all channels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "email"}]})

    channel: str | None = Field(default=None, max_length=80)


class Resent(BaseModel):
    """How many alerts are due again."""

    count: int


@router.get("/alerts", name="api_alerts", responses=refusals())
def list_alerts(
    request: Request,
    visitor: Caller,
    state: Literal["dead", "due", "sent"] = "dead",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[AlertLine]:
    """List the alerts of one state, newest first: ``dead`` ones were given up and wait for a person."""
    before = frame.before_of(cursor)
    with read_scope(request.app.state.engine) as session:
        rows = outbox.by_state(session, state, limit + 1, before)
    items = [AlertLine.model_validate(_line(row)) for row in rows[:limit]]
    return Listed(items=items, next=frame.cursor_of(items[-1].id) if len(rows) > limit else None)


@router.get("/alerts/channels", name="api_channels", responses=refusals())
def list_channels(request: Request, visitor: Caller) -> list[Channel]:
    """List the channels that were ever used, and which of them are down."""
    with read_scope(request.app.state.engine) as session:
        return [Channel.model_validate(row.model_dump()) for row in channels.listed(session)]


@router.get("/alerts/unacknowledged", name="api_unacknowledged", responses=refusals())
def list_unacknowledged(request: Request, visitor: Caller) -> list[Reminder]:
    """List up to two hundred cases whose alerts are repeated until someone acknowledges them, the next first."""
    with read_scope(request.app.state.engine) as session:
        return [Reminder(case=case, next_at=at) for case, at in reminders.open_subjects(session)[:200]]


@router.get("/alerts/{number}", name="api_alert", responses=refusals(404) | {200: {"headers": ETAG}})
def show_alert(request: Request, response: Response, visitor: Caller, number: _Number) -> AlertShown:
    """Show an alert with every attempt; the ETag is what sending it again needs."""
    with read_scope(request.app.state.engine) as session:
        row = _found(session.get(OutboxRow, number))
        tries = [a.model_dump() for a in outbox.attempts_of(session, [number]).get(number, [])]
        told = [r.model_dump() for r in callbacks.of_alerts(session, [row.alert_id]).get(row.alert_id, [])]
    response.headers["ETag"] = _etag(row)
    return AlertShown.model_validate(_line(row) | {"tries": tries, "reports": told})


@router.post(
    "/alerts/{number}/resendings",
    name="api_resend",
    status_code=201,
    response_model=AlertLine,
    responses=refusals(404, 409, 412, 428) | {201: {"headers": ETAG}},
)
def resend(request: Request, visitor: Caller, number: _Number, if_match: IfMatch = None, key: Key = None) -> Response:
    """Make an alert that was given up due again, under its old id."""

    def read() -> OutboxRow:
        with read_scope(request.app.state.engine) as session:
            return _found(session.get(OutboxRow, number))

    def do(engine: Engine) -> Done:
        row = read()
        frame.check_match(if_match, _etag(row))
        try:
            resend_alert(engine, number, visitor.name, datetime.now(UTC))
        except ConfigError:
            raise HTTPException(409, "This alert was not given up.") from None
        row = read()
        return 201, _etag(row), AlertLine.model_validate(_line(row)).model_dump(mode="json")

    return frame.once(request, visitor, key, Nothing(), do)


@router.post(
    "/alerts/resendings", name="api_resend_all", status_code=201, response_model=Resent, responses=refusals(409)
)
def resend_every(request: Request, visitor: Caller, body: Resending, key: Key = None) -> Response:
    """Make every alert that was given up due again. It concerns whatever was given up by then: no If-Match."""

    def do(engine: Engine) -> Done:
        count = resend_all(engine, body.channel, visitor.name, datetime.now(UTC))
        return 201, "", {"count": count}

    return frame.once(request, visitor, key, body, do)


def _found(row: OutboxRow | None) -> OutboxRow:
    if row is None:
        raise HTTPException(404, "There is no such alert.")
    return row


def _line(row: OutboxRow) -> dict[str, Any]:
    return row.model_dump() | {"about": row.subject, "title": str(row.payload.get("subject", ""))}


def _etag(row: OutboxRow) -> str:
    return frame.etag_of("alert", row.id, row.state, row.attempts, row.next_attempt.isoformat())
