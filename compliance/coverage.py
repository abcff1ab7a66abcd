"""What was read, missed and judged in a run, and whether the counts add up. Pure.

An empty night counts as "nothing found" only where every sum below holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class RunCounts:
    """The run ledger's counts. Each line of `faults` compares two that were counted independently."""

    feeds_due: int = 0
    feeds_by_state: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    stories_new: int = 0
    stories_known: int = 0
    stories_changed: int = 0
    entries_quarantined: int = 0
    entries_left_out: int = 0
    pages_read: int = 0
    pages_failed: int = 0
    waiting_before: int = 0
    screened: int = 0
    screening_quarantined: int = 0
    parked_before: int = 0
    not_covered: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    flagged: int = 0
    acts_told: int = 0
    cases_opened: int = 0
    cases_drawn: int = 0
    stories_joined: int = 0
    stories_kept: int = 0
    alerts_queued: int = 0
    alerts_due: int = 0
    alerts_delivered: int = 0
    alerts_waiting: int = 0
    alerts_given_up: int = 0
    alerts_elsewhere: int = 0

    def reset_to(self, before: "RunCounts") -> None:
        """Take back what was counted since: the work was not stored."""
        for known in fields(self):
            setattr(self, known.name, getattr(before, known.name))


def faults(counts: RunCounts, stored: Mapping[str, int]) -> list[str]:
    """Return every sum that does not add up, in words; an empty list means that the run reconciled.

    ``stored`` holds what the database counts for the same run: ``feeds``, ``stories``, ``screenings``,
    ``not_covered``, ``unscreened``, ``cases``, ``places``, ``drawn``, ``alerts``.
    """
    flagged = counts.verdicts.get("review", 0) + counts.verdicts.get("alert", 0)
    sums = [
        ("feeds due and feeds accounted for", counts.feeds_due, sum(counts.feeds_by_state.values())),
        ("feeds accounted for and feeds stored", counts.feeds_due, stored["feeds"]),
        (
            "entries and new + known + quarantined + left out",
            counts.entries,
            counts.stories_new + counts.stories_known + counts.entries_quarantined + counts.entries_left_out,
        ),
        ("new stories and stories stored", counts.stories_new, stored["stories"]),
        (
            "stories waiting and screened + quarantined",
            counts.waiting_before,
            counts.screened + counts.screening_quarantined,
        ),
        ("screened and screenings stored", counts.screened, stored["screenings"]),
        ("screened and the sum of verdicts", counts.screened, sum(counts.verdicts.values())),
        ("not covered and screenings stored without a judgement", counts.not_covered, stored["not_covered"]),
        ("flagged and review + alert", counts.flagged, flagged),
        (
            "acts told and cases opened + joined + kept",
            counts.acts_told,
            counts.cases_opened + counts.stories_joined + counts.stories_kept,
        ),
        ("acts told and their places in cases stored", counts.acts_told, stored["places"]),
        ("cases opened and cases stored", counts.cases_opened, stored["cases"]),
        ("cases drawn at random and such cases stored", counts.cases_drawn, stored["drawn"]),
        ("alerts queued and alerts stored", counts.alerts_queued, stored["alerts"]),
        (
            "alerts due and delivered + waiting + given up + settled by another deliverer",
            counts.alerts_due,
            counts.alerts_delivered + counts.alerts_waiting + counts.alerts_given_up + counts.alerts_elsewhere,
        ),
        (
            "stories left unscreened and quarantined",
            stored["unscreened"],
            counts.screening_quarantined + counts.parked_before,
        ),
    ]
    return [f"{words}: {left} and {right}" for words, left, right in sums if left != right]
