"""The order of the queue, as points that an officer can add up. Pure.

Time moves all cases alike: each hour that a case is due sooner is worth the same to everyone. So the order of two
cases never changes by waiting alone, and can be stored and indexed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from compliance.severity import Severity

_SEVERITY, _SCORE, _ORIGIN, _NOVEL, _ESCALATED, _HOUR = 1_000, 400, 50, 100, 5_000, 5
_MOST_ORIGINS = 5
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the place of a case in the queue rests on; ``origins`` are the independent ones."""

    severity: Severity
    score: float
    origins: int
    is_novel: bool
    is_escalated: bool
    due_at: datetime


def points(case: Weighed) -> list[tuple[str, int]]:
    """Return what gives a case its place, in words, each with its points, time left out."""
    further = min(max(case.origins - 1, 0), _MOST_ORIGINS)
    found = [
        (f"severity {case.severity.value}", case.severity.rank * _SEVERITY),
        (f"score {case.score:.2f}", round(case.score * _SCORE)),
        (f"{case.origins} independent origin{'s' if case.origins != 1 else ''}", further * _ORIGIN),
        ("parties not named in an earlier case", _NOVEL if case.is_novel else 0),
        ("escalated", _ESCALATED if case.is_escalated else 0),
    ]
    return [(words, number) for words, number in found if number]


def priority(case: Weighed) -> int:
    """Return the stored priority: the points, less five for each hour from a fixed day until the decision is due."""
    hours = (case.due_at - _EPOCH).total_seconds() / 3600
    return sum(number for _, number in points(case)) - round(hours * _HOUR)
