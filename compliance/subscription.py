"""Who is told of what, when, and how often: subscriptions, and whether one fits a case. Pure."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from compliance.case import Case
from compliance.novelty import ChangeKind
from compliance.screening import Verdict
from compliance.severity import Severity
from rules.vocabulary import Kind, PartyType

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$")]
# No spaces, quotes, brackets or control characters: what is taken here goes into headers.
Address = Annotated[str, StringConstraints(pattern=r"^[^\s\"'<>()\[\],;:\\@]{1,64}@[^\s\"'<>()\[\],;:\\@]{1,250}$")]
Recipient = Annotated[str, StringConstraints(pattern=r"^[^\s\"'<>()\[\],;\\]{1,320}$")]
Regime = Annotated[str, StringConstraints(pattern=r"^\d{3,4}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}") from None
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


class Declared(BaseModel):
    """Something an operator declares: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Timing(StrEnum):
    """When a subscription is told."""

    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"


class Filter(Declared):
    """Which cases a subscription is for: every key that is given must fit, by any of its words."""

    regimes: tuple[Regime, ...] = ()
    kinds: tuple[Kind, ...] = ()
    parties: tuple[Word, ...] = ()
    vessels: tuple[Word, ...] = ()
    countries: tuple[Word, ...] = ()
    severity: Severity | None = None
    verdicts: tuple[Verdict, ...] = (Verdict.ALERT,)
    changes: tuple[ChangeKind, ...] = ()

    @model_validator(mode="after")
    def _only_what_opens_cases(self) -> "Filter":
        if not self.verdicts or set(self.verdicts) - {Verdict.ALERT, Verdict.REVIEW}:
            raise ValueError("verdicts: expected alert, review or both")
        return self


class Quiet(Declared):
    """Hours in which nothing is sent, in a time zone; what is at least as severe as ``unless`` is sent all the same."""

    from_: Clock = Field(alias="from")
    until: Clock
    zone: Zone = "UTC"
    unless: Severity | None = None

    @model_validator(mode="after")
    def _some_hours(self) -> "Quiet":
        if self.from_ == self.until:
            raise ValueError("from and until are the same")
        return self

    def ends(self, now: datetime) -> datetime | None:
        """Return when the quiet hours that ``now`` lies in end, or None where it lies in none."""
        zone = ZoneInfo(self.zone)
        here = now.astimezone(zone)
        start, end, clock = time.fromisoformat(self.from_), time.fromisoformat(self.until), here.time()
        is_quiet = start <= clock < end if start < end else (clock >= start or clock < end)
        if not is_quiet:
            return None
        day = here.date() if clock < end else here.date() + timedelta(days=1)
        return datetime.combine(day, end, zone).astimezone(now.tzinfo)


class Repeat(Declared):
    """An alert is sent again every so many minutes until its case is acknowledged, then to the next addresses."""

    every_minutes: int = Field(ge=5, le=10_080)
    times: int = Field(ge=0, le=20)
    then: tuple[Recipient, ...] = ()


class Subscription(Declared):
    """One line of who is told of what: the channel, the addresses, the filter and the timing."""

    channel: Name
    to: tuple[Recipient, ...] = Field(min_length=1)
    when: Filter = Filter()
    timing: Timing = Timing.IMMEDIATE
    at: Clock = "06:00"
    zone: Zone = "UTC"
    quiet: Quiet | None = None
    repeat: Repeat | None = None

    @model_validator(mode="after")
    def _repeats_only_what_is_sent_at_once(self) -> "Subscription":
        if self.repeat and self.timing is not Timing.IMMEDIATE:
            raise ValueError("repeat: only an immediate subscription can be repeated")
        return self


def why_it_fits(name: str, when: Filter, case: Case, kinds_of_change: Collection[ChangeKind]) -> str | None:
    """Return in words why a subscription is told of a case, or None where it is not."""
    if case.verdict not in {v.value for v in when.verdicts}:
        return None
    if when.changes and not set(when.changes) & set(kinds_of_change):
        return None
    if when.severity and Severity(case.severity).rank < when.severity.rank:
        return None

    def named(*types: PartyType) -> set[str]:
        wanted = {t.value for t in types or PartyType}
        return {str(p["canonical"]).casefold() for p in case.parties if p["type"] in wanted}

    wanted: tuple[tuple[str, Collection[str], Collection[str]], ...] = (
        ("regime", when.regimes, case.regimes),
        ("kind", [k.value for k in when.kinds], case.kinds),
        ("party", when.parties, named()),
        ("vessel", when.vessels, named(PartyType.VESSEL)),
        ("country", when.countries, named(PartyType.STATE)),
    )
    reasons = []
    for word, asked, there in wanted:
        found = [a for a in asked if a in there or a.casefold() in there]
        if asked and not found:
            return None
        reasons += [f"{word} {', '.join(found)}"] if found else []
    if when.severity:
        reasons.append(f"severity {case.severity}")
    reasons.append(f"verdict {case.verdict}")
    return f"subscription {name}: {'; '.join(reasons)}"


def due_at(subscription: Subscription, severity: Severity, now: datetime) -> datetime:
    """Return when what happened now is to be sent: at once, after quiet hours, or at the next digest."""
    at = _next_slot(subscription, now)
    quiet = subscription.quiet
    if quiet is None or (quiet.unless and severity.rank >= quiet.unless.rank):
        return at
    return quiet.ends(at) or at


def _next_slot(subscription: Subscription, now: datetime) -> datetime:
    if subscription.timing is Timing.IMMEDIATE:
        return now
    if subscription.timing is Timing.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    zone, clock = ZoneInfo(subscription.zone), time.fromisoformat(subscription.at)
    here = now.astimezone(zone)
    slot = datetime.combine(here.date(), clock, zone)
    if slot <= here:
        slot = datetime.combine(here.date() + timedelta(days=1), clock, zone)
    return slot.astimezone(now.tzinfo)
