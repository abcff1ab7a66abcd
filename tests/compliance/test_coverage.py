from dataclasses import replace

import pytest

from compliance.coverage import RunCounts, faults

COUNTS = RunCounts(
    feeds_due=3,
    feeds_by_state={"ok": 2, "dns": 1},
    entries=10,
    stories_new=6,
    stories_known=3,
    entries_quarantined=1,
    waiting_before=7,
    screened=6,
    screening_quarantined=1,
    parked_before=2,
    verdicts={"clear": 2, "not_covered": 1, "review": 1, "alert": 2},
    not_covered=1,
    flagged=3,
    acts_told=3,
    cases_opened=2,
    cases_drawn=1,
    stories_joined=1,
    alerts_queued=2,
    alerts_due=4,
    alerts_delivered=2,
    alerts_waiting=1,
    alerts_given_up=1,
)
STORED = {
    "feeds": 3,
    "stories": 6,
    "screenings": 6,
    "not_covered": 1,
    "unscreened": 3,
    "cases": 2,
    "drawn": 1,
    "places": 3,
    "alerts": 2,
}


def test_counts_that_add_up_have_no_faults() -> None:
    assert faults(COUNTS, STORED) == []


@pytest.mark.parametrize("key", sorted(STORED))
def test_a_row_more_or_less_in_any_table_is_noticed(key: str) -> None:
    assert faults(COUNTS, STORED | {key: STORED[key] + 1})
    assert faults(COUNTS, STORED | {key: STORED[key] - 1})


@pytest.mark.parametrize(
    "change",
    [
        {"feeds_due": 4},
        {"entries": 11},
        {"stories_known": 4},
        {"screened": 7},
        {"waiting_before": 8},
        {"verdicts": {"clear": 4, "review": 1, "alert": 2}},
        {"not_covered": 0},
        {"flagged": 4},
        {"cases_drawn": 0},
        {"stories_joined": 0},
        {"alerts_waiting": 2},
    ],
)
def test_a_count_that_is_off_by_one_is_noticed(change: dict[str, object]) -> None:
    assert faults(replace(COUNTS, **change), STORED)  # type: ignore[arg-type]  # the table above holds right types
