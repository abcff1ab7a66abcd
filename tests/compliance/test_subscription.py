"""Who is told of what, and when: filters, quiet hours and the slots of digests."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from compliance.novelty import ChangeKind
from compliance.severity import Severity
from compliance.subscription import Filter, Quiet, Subscription, due_at, why_it_fits
from tests.compliance.test_alert import CASE

HIGH = replace(CASE, severity="high")


def fits(**when: object) -> str | None:
    return why_it_fits("night", Filter.model_validate(when), HIGH, [ChangeKind.PARTY])


@pytest.mark.parametrize(
    "when",
    [
        {}, {"regimes": ["2140"]}, {"regimes": ["1718", "2140"]}, {"kinds": ["arms"]}, {"parties": ["lorna GREY"]},
        {"vessels": ["Lorna Grey"]}, {"countries": ["Iran"]}, {"severity": "medium"}, {"severity": "high"},
        {"verdicts": ["alert", "review"]}, {"changes": ["party", "denial"]},
        {"regimes": ["2140"], "vessels": ["Lorna Grey"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_filter_lets_through_what_it_names(when: dict[str, object]) -> None:
    assert str(fits(**when)).startswith("subscription night: ")


@pytest.mark.parametrize(
    "when",
    [
        {"regimes": ["1718"]}, {"kinds": ["travel"]}, {"parties": ["Lorna"]}, {"vessels": ["Iran"]},
        {"countries": ["Lorna Grey"]}, {"severity": "critical"}, {"verdicts": ["review"]}, {"changes": ["denial"]},
        {"regimes": ["2140"], "vessels": ["Another"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_filter_holds_back_everything_else(when: dict[str, object]) -> None:
    assert fits(**when) is None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


QUIET = Quiet.model_validate({"from": "22:00", "until": "07:00", "zone": "Europe/Berlin", "unless": "critical"})


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-11-20 20:59", None),
        ("2026-11-20 21:00", "2026-11-21 06:00"),
        ("2026-11-21 05:59", "2026-11-21 06:00"),
        ("2026-11-21 06:00", None),
        ("2026-07-20 20:00", "2026-07-21 05:00"),
        # The night in which summer time ends, and the one in which it begins.
        ("2026-10-24 22:30", "2026-10-25 06:00"),
        ("2026-03-28 22:30", "2026-03-29 05:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_of_their_place(now: str, ends: str | None) -> None:
    assert QUIET.ends(at(now)) == (at(ends) if ends else None)


def test_what_is_grave_enough_breaks_the_quiet() -> None:
    told = Subscription(channel="email", to=("a@x",), quiet=QUIET)
    night = at("2026-11-20 23:00")
    assert due_at(told, Severity.HIGH, night) == at("2026-11-21 06:00")
    assert due_at(told, Severity.CRITICAL, night) == night


@pytest.mark.parametrize(
    ("timing", "now", "slot"),
    [
        ("hourly", "2026-11-20 10:00", "2026-11-20 11:00"),
        ("hourly", "2026-11-20 10:59", "2026-11-20 11:00"),
        ("daily", "2026-11-20 05:29", "2026-11-20 05:30"),
        ("daily", "2026-11-20 05:30", "2026-11-21 05:30"),
        ("daily", "2026-10-24 12:00", "2026-10-25 05:30"),
    ],
)
def test_a_digest_has_its_slot(timing: str, now: str, slot: str) -> None:
    told = Subscription.model_validate(
        {"channel": "email", "to": ["a@x"], "timing": timing, "at": "06:30", "zone": "Europe/Berlin"}
    )
    assert due_at(told, Severity.LOW, at(now)) == at(slot)
