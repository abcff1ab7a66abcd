"""A person's own subscriptions: told of which cases, by which channel the operator allows, to which address."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine

from compliance.errors import ConfigError
from compliance.store import subscriptions
from compliance.store.database import read_scope, session_scope
from compliance.subscription import Subscription, Timing
from compliance.web import alerts
from compliance.web.api import frame
from compliance.web.api.frame import ETAG, Body, Caller, Done, IfMatch, Key, Nothing, refusals

router = APIRouter(tags=["subscriptions"])

_Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
_Words = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=50)]
_Short = Annotated[str, Field(max_length=60)]


class When(Body):
    """Which cases: every list that is given must fit, by any of its words."""

    regimes: _Words = Field(default_factory=list)
    kinds: _Words = Field(default_factory=list)
    parties: _Words = Field(default_factory=list)
    vessels: _Words = Field(default_factory=list)
    countries: _Words = Field(default_factory=list)
    severity: _Short | None = None
    verdicts: _Words = Field(default_factory=lambda: ["alert"])


class QuietHours(Body):
    """Hours in which nothing is sent, as ``22:00``."""

    from_: _Short = Field(alias="from")
    until: _Short
    zone: _Short = "UTC"


class NewSubscription(Body):
    """What to be told of, how and when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channel": "team",
                    "address": "grace@desk.example",
                    "when": {"regimes": ["1718"], "verdicts": ["alert", "review"]},
                    "timing": "daily",
                    "at": "07:30",
                    "zone": "Europe/Vienna",
                }
            ]
        }
    )

    channel: str = Field(max_length=80)
    address: str = Field(max_length=320)
    when: When = When()
    timing: Timing = Timing.IMMEDIATE
    at: _Short = "06:00"
    zone: _Short = "UTC"
    quiet: QuietHours | None = None

    def wanted(self) -> Subscription:
        """Return the subscription. Raises ConfigError naming the field that cannot be so."""
        declared = self.model_dump(mode="json", by_alias=True, exclude={"address"}, exclude_none=True)
        try:
            return Subscription.model_validate(declared | {"to": [self.address]})
        except ValidationError as error:
            raise ConfigError(alerts.first_fault(error)) from None


class Subscribed(BaseModel):
    """A subscription as it is kept."""

    id: int
    channel: str
    address: str
    when: dict[str, Any]
    timing: Timing
    at: str
    zone: str
    quiet: dict[str, Any] | None


@router.get("/subscriptions", name="api_subscriptions", responses=refusals())
def list_subscriptions(request: Request, visitor: Caller) -> list[Subscribed]:
    """List the caller's own subscriptions, oldest first; nobody has more than twenty."""
    with read_scope(request.app.state.engine) as session:
        return [_told(number, one) for number, one in subscriptions.of_user(session, visitor.user_id)]


@router.get("/subscriptions/{number}", name="api_subscription", responses=refusals(404) | {200: {"headers": ETAG}})
def show_subscription(request: Request, response: Response, visitor: Caller, number: _Id) -> Subscribed:
    """Show one of the caller's subscriptions; the ETag is what ending it needs."""
    found = _own(request, visitor.user_id, number)
    response.headers["ETag"] = _etag(found)
    return found


@router.post(
    "/subscriptions", name="api_subscribe", status_code=201, response_model=Subscribed, responses=refusals(409)
)
def subscribe(request: Request, visitor: Caller, body: NewSubscription, key: Key = None) -> Response:
    """Keep a subscription of the caller's own, by a channel and to an address that the operator allows."""

    def do(engine: Engine) -> Done:
        wanted = body.wanted()
        number = alerts.keep(request.app.state.settings, engine, visitor, wanted, datetime.now(UTC))
        found = _told(number, wanted)
        return 201, _etag(found), found.model_dump(mode="json")

    return frame.once(request, visitor, key, body, do)


@router.delete(
    "/subscriptions/{number}",
    name="api_unsubscribe",
    response_model=Subscribed,
    responses=refusals(404, 409, 412, 428),
)
def unsubscribe(request: Request, visitor: Caller, number: _Id, if_match: IfMatch = None, key: Key = None) -> Response:
    """End one of the caller's own subscriptions; another's does not exist for him. Answers with what it was."""

    def do(engine: Engine) -> Done:
        found = _own(request, visitor.user_id, number)
        frame.check_match(if_match, _etag(found))
        with session_scope(engine) as session:
            if not subscriptions.remove(session, visitor.user_id, number):
                raise HTTPException(404, f"You have no subscription {number}.")
        return 200, "", found.model_dump(mode="json")

    return frame.once(request, visitor, key, Nothing(), do)


def _own(request: Request, user_id: int, number: int) -> Subscribed:
    with read_scope(request.app.state.engine) as session:
        held = dict(subscriptions.of_user(session, user_id))
    if number not in held:
        raise HTTPException(404, f"You have no subscription {number}.")
    return _told(number, held[number])


def _told(number: int, one: Subscription) -> Subscribed:
    quiet = one.quiet.model_dump(mode="json", by_alias=True, exclude_none=True) if one.quiet else None
    return Subscribed(
        id=number,
        channel=one.channel,
        address=one.to[0],
        when=one.when.model_dump(mode="json", exclude_defaults=True),
        timing=one.timing,
        at=one.at,
        zone=one.zone,
        quiet=quiet,
    )


def _etag(found: Subscribed) -> str:
    return frame.etag_of("subscription", found.model_dump(mode="json"))
