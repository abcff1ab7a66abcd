"""What the cases add up to: by regime, role, route and month, how long decisions take, how far readers agree. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from compliance.agreement import Agreement, Paired

GIVERS = ("supplier", "financier")
TAKERS = ("recipient",)
_GIVING, _TAKING = frozenset(GIVERS), frozenset(TAKERS)
# Upper edges in hours, and how the page calls what lies below them.
STEPS: tuple[tuple[float, str], ...] = (
    (6, "under 6 hours"),
    (24, "6 to 24 hours"),
    (72, "1 to 3 days"),
    (168, "3 to 7 days"),
    (720, "7 to 30 days"),
    (float("inf"), "over 30 days"),
)


@dataclass(slots=True)
class Tally:
    """Counted cases. One with two regimes counts once for each; one with none, for ``open``."""

    cases: int = 0
    regimes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    routes: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    dispositions: Counter[str] = field(default_factory=Counter)

    def count_cases(
        self, month: str, regimes: Sequence[str], kinds: Sequence[str], disposition: str | None, times: int
    ) -> None:
        """Count cases that are alike in these."""
        self.cases += times
        self.months[month] += times
        self.dispositions[disposition or "waiting"] += times
        _add(self.regimes, set(regimes) or {"open"}, times)
        _add(self.kinds, set(kinds) or {"open"}, times)

    def count_parties(self, parties: Sequence[Mapping[str, Any]], times: int) -> None:
        """Count the roles and routes of cases that have the same parties."""
        roles: set[str] = set()
        for party in parties:
            roles.update(party.get("roles", ()))
        _add(self.roles, roles, times)
        _add(self.routes, routes_of(parties), times)


def _add(counts: Counter[Any], keys: Iterable[Any], times: int) -> None:
    for key in keys:
        counts[key] += times


def routes_of(parties: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return who is said to have supplied whom: every giver with every taker but himself."""

    givers = [str(p["canonical"]) for p in parties if not _GIVING.isdisjoint(p.get("roles", ()))]
    takers = [str(p["canonical"]) for p in parties if not _TAKING.isdisjoint(p.get("roles", ()))]
    return {(giver, taker) for giver in givers for taker in takers if giver != taker}


@dataclass(frozen=True, slots=True)
class Delays:
    """Hours from a story's publication to the first decision: how many cases per step, and the middle."""

    steps: tuple[tuple[str, int], ...]
    median: float | None
    ninth: float | None
    counted: int


def delays(hours: Iterable[float]) -> Delays:
    """Return the delays by step with median and ninth decile; a clock that ran ahead counts as no delay."""
    told = sorted(max(0.0, h) for h in hours)
    counts = [0] * len(STEPS)
    for h in told:
        counts[next(i for i, (edge, _) in enumerate(STEPS) if h < edge)] += 1
    steps = tuple((words, n) for (_, words), n in zip(STEPS, counts, strict=True))
    return Delays(steps, _quantile(told, 0.5), _quantile(told, 0.9), len(told))


def _quantile(told: Sequence[float], share: float) -> float | None:
    return told[min(len(told) - 1, int(share * len(told)))] if told else None


@dataclass(frozen=True, slots=True)
class Analytics:
    """Everything the analytics page shows."""

    since: datetime
    tally: Tally
    delays: Delays
    agreement: Agreement
    second_readings: tuple[Paired, ...] = ()


def months_between(since: datetime, until: datetime) -> list[str]:
    """Return every month from one moment to the other, so that a month without a case is shown as such."""
    found, year, month = [], since.year, since.month
    while (year, month) <= (until.year, until.month):
        found.append(f"{year:04d}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
