"""Alerts at the desk: what waits, what left, what was given up and can be sent again; a person's own subscriptions."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlmodel import Session

from compliance.alertbook import AlertBook
from compliance.errors import ConfigError
from compliance.monitor import open_alert_book
from compliance.resending import acknowledge, resend_alert, resend_all
from compliance.settings import Settings
from compliance.severity import Severity
from compliance.store import callbacks, cases, channels, outbox, reminders, subscriptions
from compliance.store.database import read_scope, session_scope
from compliance.store.users import Visitor
from compliance.subscription import Subscription, Timing
from compliance.web import access
from rules.vocabulary import Kind

router = APIRouter()

Person = Annotated[Visitor, Depends(access.current_visitor)]
Csrf = Annotated[str, Form(max_length=200)]
Line = Annotated[str, Form(max_length=1_000)]
_STATES = {"dead": "Given up", "due": "Waiting", "sent": "Sent"}
_MOST_OWN = 20


@router.get("/alerts", name="alerts_page")
def alerts_page(request: Request, visitor: Person, show: str = "dead") -> Response:
    """Show the alerts of one state with every attempt, the circuits, and the cases that nobody has acknowledged."""
    show = show if show in _STATES else "dead"
    with read_scope(request.app.state.engine) as session:
        rows = outbox.by_state(session, show, 100)
        return _page(
            request,
            "alerts.html",
            visitor,
            rows=rows,
            attempts=outbox.attempts_of(session, [row.id or 0 for row in rows]),
            reports=callbacks.of_alerts(session, [row.alert_id for row in rows]),
            counts=outbox.counts(session),
            circuits=channels.listed(session),
            unacknowledged=reminders.open_subjects(session),
            show=show,
            states=_STATES,
            may_act=visitor.role in access.DECIDERS,
        )


@router.post("/alerts/{number}/resend", name="resend_alert")
def resend_one(request: Request, number: int, visitor: Person, csrf: Csrf = "") -> Response:
    """Make one alert that was given up due again, under its old id."""
    access.check_form(request, visitor, csrf)
    try:
        resend_alert(request.app.state.engine, number, visitor.name, datetime.now(UTC))
    except ConfigError:
        raise HTTPException(404) from None
    return RedirectResponse("/alerts", status_code=303)


@router.post("/alerts/resend", name="resend_alerts")
def resend_every(request: Request, visitor: Person, csrf: Csrf = "") -> Response:
    """Make every alert that was given up due again."""
    access.check_form(request, visitor, csrf)
    resend_all(request.app.state.engine, None, visitor.name, datetime.now(UTC))
    return RedirectResponse("/alerts?show=due", status_code=303)


@router.post("/cases/{reference}/acknowledge", name="acknowledge_case")
def acknowledge_case(request: Request, reference: str, visitor: Person, csrf: Csrf = "") -> Response:
    """Enter that someone took notice of a case, which ends the repetition of its alerts."""
    access.check_form(request, visitor, csrf)
    with read_scope(request.app.state.engine) as session:
        if cases.by_reference(session, reference) is None:
            raise HTTPException(404)
    acknowledge(request.app.state.engine, reference, visitor.name, datetime.now(UTC))
    return RedirectResponse("/alerts", status_code=303)


@router.get("/subscriptions", name="subscriptions_page")
def subscriptions_page(request: Request, visitor: Person) -> Response:
    """Show the visitor's own subscriptions, and the form for another."""
    return _subscriptions(request, visitor, "", {}, 200)


@router.post("/subscriptions", name="subscribe")
def subscribe(
    request: Request,
    visitor: Person,
    channel: Annotated[str, Form(max_length=80)],
    address: Annotated[str, Form(max_length=320)],
    timing: Annotated[Timing, Form()] = Timing.IMMEDIATE,
    severity: Annotated[str, Form(max_length=20)] = "",
    verdicts: Annotated[list[str] | None, Form()] = None,
    kinds: Annotated[list[str] | None, Form()] = None,
    regimes: Line = "",
    parties: Line = "",
    vessels: Line = "",
    countries: Line = "",
    at: Annotated[str, Form(max_length=5)] = "06:00",
    zone: Annotated[str, Form(max_length=60)] = "UTC",
    quiet_from: Annotated[str, Form(max_length=5)] = "",
    quiet_until: Annotated[str, Form(max_length=5)] = "",
    csrf: Csrf = "",
) -> Response:
    """Keep a subscription of the visitor's own, by a channel and to an address that the operator allows."""
    access.check_form(request, visitor, csrf)
    when = {
        "regimes": _words(regimes),
        "kinds": kinds or [],
        "parties": _words(parties),
        "vessels": _words(vessels),
        "countries": _words(countries),
        "verdicts": verdicts or ["alert"],
        **({"severity": severity} if severity else {}),
    }
    declared: dict[str, Any] = {"channel": channel, "to": [address], "when": when, "timing": timing.value}
    declared |= {"at": at, "zone": zone}
    if quiet_from or quiet_until:
        declared["quiet"] = {"from": quiet_from, "until": quiet_until, "zone": zone}
    try:
        state, wanted = request.app.state, Subscription.model_validate(declared)
        keep(state.settings, state.engine, visitor, wanted, datetime.now(UTC))
    except ValidationError as error:
        return _subscriptions(request, visitor, first_fault(error), declared, 422)
    except ConfigError as error:
        return _subscriptions(request, visitor, str(error), declared, 422)
    return RedirectResponse("/subscriptions", status_code=303)


@router.post("/subscriptions/{number}/end", name="unsubscribe")
def unsubscribe(request: Request, number: int, visitor: Person, csrf: Csrf = "") -> Response:
    """Delete one of the visitor's own subscriptions; another's does not exist for them."""
    access.check_form(request, visitor, csrf)
    with session_scope(request.app.state.engine) as session:
        if not subscriptions.remove(session, visitor.user_id, number):
            raise HTTPException(404)
    return RedirectResponse("/subscriptions", status_code=303)


def first_fault(error: ValidationError) -> str:
    """Return in words the first field that cannot be so."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"


def keep(settings: Settings, engine: Engine, visitor: Visitor, wanted: Subscription, now: datetime) -> int:
    """Keep a subscription of the visitor's own and return its number. ConfigError says why it cannot be."""
    _check_allowed(open_alert_book(settings), wanted)
    with session_scope(engine) as session:
        if len(subscriptions.of_user(session, visitor.user_id)) >= _MOST_OWN:
            raise ConfigError(f"nobody has more than {_MOST_OWN} subscriptions: end one first")
        return subscriptions.add(session, visitor.user_id, wanted, now).id or 0


def _check_allowed(book: AlertBook, wanted: Subscription) -> None:
    """Raise ConfigError where the operator does not allow the channel or the address: alerts must not leak out."""
    if wanted.channel not in book.for_users():
        raise ConfigError("channel: this one is not open to subscriptions of your own")
    if wanted.to[0].rpartition("@")[2].lower() not in book.user_domains or "@" not in wanted.to[0]:
        raise ConfigError(f"address: expected one at {' or '.join(book.user_domains) or 'an allowed domain'}")


def _words(line: str) -> list[str]:
    return [word.strip() for word in line.split(",") if word.strip()]


def _subscriptions(request: Request, visitor: Visitor, problem: str, declared: dict[str, Any], status: int) -> Response:
    book = open_alert_book(request.app.state.settings)
    with read_scope(request.app.state.engine) as session:
        own = _own(session, visitor)
    facts = {
        "own": own,
        "channels": book.for_users(),
        "domains": book.user_domains,
        "kinds": [k.value for k in Kind],
        "severities": [s.value for s in Severity],
        "timings": [t.value for t in Timing],
        "problem": problem,
        "declared": declared,
    }
    return _page(request, "subscriptions.html", visitor, status, **facts)


def _own(session: Session, visitor: Visitor) -> list[tuple[int, Subscription, str]]:
    """Return the visitor's subscriptions, each with what it is for in words."""
    found = []
    for number, told in subscriptions.of_user(session, visitor.user_id):
        given = told.when.model_dump(mode="json", exclude_defaults=True)
        words = "; ".join(f"{key} {', '.join(v) if isinstance(v, list) else v}" for key, v in given.items())
        found.append((number, told, words or "every alert"))
    return found


def _page(request: Request, template: str, visitor: Visitor, status: int = 200, **facts: Any) -> Response:
    page: Response = request.app.state.pages.TemplateResponse(
        request, template, {"visitor": visitor, **facts}, status_code=status
    )
    return page
