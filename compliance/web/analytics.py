"""What the cases add up to, in charts with their numbers beside them."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from compliance.analytics import Analytics, months_between
from compliance.store.analytics import analytics, mark
from compliance.store.database import read_scope
from compliance.web import charts
from compliance.web.pages import Person, show

router = APIRouter()

Months = Annotated[int, Query(ge=1, le=120, description="How many months back.")]
_MOST, _KEPT = 12, 8
# Counting takes at most one twentieth of the time.
_AT_MOST = 20


@router.get("/analytics", name="analytics_page")
def analytics_page(request: Request, visitor: Person, months: Months = 12) -> Response:
    """Show cases by regime, role, route and month, the time to a decision, and how far readers agree."""
    now = datetime.now(UTC)
    counted = _counted(request.app, since_months(now, months), now)
    found = counted.found
    return show(
        request, "analytics.html", visitor, found=found, charts=_charts(found, now), months=months, counted=counted.at
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was counted, when, at what cost in seconds, and how the cases stood."""

    found: Analytics
    at: datetime
    cost: float
    mark: tuple[Any, ...]


def _counted(app: Any, since: datetime, now: datetime) -> _Counted:
    """Return the count as it stands. Where counting is dear, an older one serves twenty times as long as it took."""
    kept: dict[datetime, _Counted] = app.state.counted
    with read_scope(app.state.engine) as session:
        standing = mark(session)
    held = kept.get(since)
    if held and (held.mark == standing or now - held.at < timedelta(seconds=_AT_MOST * held.cost)):
        return held
    begun = time.monotonic()
    found = analytics(app.state.engine, since)
    if len(kept) >= _KEPT:
        kept.clear()
    kept[since] = _Counted(found, now, time.monotonic() - begun, standing)
    return kept[since]


def since_months(now: datetime, months: int) -> datetime:
    """Return the first day of the month that many months back, this one included."""
    year, month = divmod(now.year * 12 + now.month - months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC) if year >= 1 else datetime(1, 1, 1, tzinfo=UTC) + timedelta(days=1)


def _charts(found: Analytics, now: datetime) -> list[charts.Chart]:
    tally = found.tally
    named = Counter({f"UN-SC{key}" if key != "open" else "regime open": n for key, n in tally.regimes.items()})
    routes = Counter({f"{giver} → {taker}": n for (giver, taker), n in tally.routes.items()})
    months = [(month, tally.months[month]) for month in months_between(found.since, now)][-36:]
    return [
        charts.columns("Cases opened by month", months),
        charts.bars("Cases by regime", _most(named)),
        charts.bars("Cases by role alleged", _most(tally.roles)),
        charts.bars("Cases by route: who is said to have supplied whom", _most(routes)),
        charts.bars("Time from publication to the first decision", found.delays.steps),
        charts.bars("Where they stand", [(word.replace("_", " "), n) for word, n in _most(tally.dispositions)]),
    ]


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the most frequent first, what is beyond them summed up in one row."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(n for _, n in ordered[_MOST:])
    return ordered[:_MOST] + ([(f"{len(ordered) - _MOST} others", rest)] if rest else [])
