"""What cases add up to, counted from a database and from plain values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from compliance.analytics import Tally, delays, months_between, routes_of
from compliance.case import Disposition
from compliance.decision import dispose_case, reopen_case
from compliance.settings import Settings
from compliance.severity import load_severity_policy
from compliance.store import analytics as shelf
from compliance.store.analytics import analytics
from compliance.web import charts
from compliance.web.analytics import since_months
from tests import factories
from tests.compliance.web.conftest import open_case

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def party(name: str, *roles: str) -> dict[str, object]:
    return {"canonical": name, "roles": list(roles)}


def test_a_case_counts_once_for_each_regime_role_and_route() -> None:
    tally = Tally()
    parties = [party("A", "supplier"), party("B", "supplier", "broker"), party("C", "recipient", "supplier")]
    tally.count_cases("2026-11", ["1718", "1718"], ["arms"], None, 2)
    tally.count_cases("2026-10", [], [], "breach", 1)
    tally.count_parties(parties, 2)
    tally.count_parties([], 1)
    assert tally.cases == 3 and tally.regimes == {"1718": 2, "open": 1}
    assert tally.roles == {"supplier": 2, "broker": 2, "recipient": 2}
    assert tally.routes == {("A", "C"): 2, ("B", "C"): 2}
    assert tally.months == {"2026-11": 2, "2026-10": 1} and tally.dispositions == {"waiting": 2, "breach": 1}


def test_nobody_supplies_himself() -> None:
    assert routes_of([party("A", "supplier", "recipient")]) == set()


def test_delays_are_told_by_step_with_their_middle() -> None:
    found = delays([1, 5, 7, 30, 100, 5_000, -3])
    assert dict(found.steps) == {
        "under 6 hours": 3, "6 to 24 hours": 1, "1 to 3 days": 1, "3 to 7 days": 1, "7 to 30 days": 0,
        "over 30 days": 1,
    }  # fmt: skip
    assert (found.median, found.ninth, found.counted) == (7, 5_000, 7)
    assert delays([]).median is None


def test_months_without_a_case_are_there_too() -> None:
    assert months_between(datetime(2025, 11, 3, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)) == [
        "2025-11", "2025-12", "2026-01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("months", "since"), [(1, (2026, 11)), (11, (2026, 1)), (12, (2025, 12)), (24, (2024, 12)), (120, (2016, 12))]
)
def test_months_are_counted_back_from_this_one(months: int, since: tuple[int, int]) -> None:
    assert since_months(NOW, months) == datetime(*since, 1, tzinfo=UTC)


def test_the_database_tells_routes_delays_and_agreement(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_PAGE", 2)
    now = datetime.now(UTC)
    told = [factories.story(fingerprint=str(i) * 64, published=now - timedelta(hours=30)) for i in range(5)]
    references = [open_case(engine, story) for story in told]
    first, second, third, *_ = references
    dispose_case(engine, first, Disposition.BREACH, "act_alleged", "", "ada", 1, now)
    reopen_case(engine, first, "", "ada", 2, now)
    dispose_case(engine, first, Disposition.GREY, "unclear", "", "bob", 3, now + timedelta(days=9))
    for reader, revision in (("ada", 1), ("bob", 3)):
        dispose_case(engine, second, Disposition.BREACH, "act_alleged", "", reader, revision, now)
        reopen_case(engine, second, "", reader, revision + 1, now)
    dispose_case(engine, third, Disposition.NOT_BREACH, "lawful", "", "ada", 1, now)
    found = analytics(engine, now - timedelta(days=1))
    assert found.tally.cases == 5 and found.tally.routes == {("North Korea", "Russia"): 5}
    assert found.tally.months == {f"{now:%Y-%m}": 5} and found.tally.regimes == {"1718": 5}
    assert found.tally.dispositions == {"waiting": 3, "grey": 1, "not_breach": 1}
    assert found.delays.counted == 3 and found.delays.median == pytest.approx(30, abs=0.1)
    assert (found.agreement.cases, found.agreement.alike) == (2, 1)
    assert analytics(engine, now + timedelta(days=1)).tally.cases == 0


def second(engine: Engine, number: int, words: tuple[Disposition, Disposition], *, blind: bool) -> None:
    """Let ada decide a grave case first and bob second."""
    policy = load_severity_policy(Settings().config / "severity.yml")
    terms = {s: replace(t, four_eyes=True, blind=blind) for s, t in policy.terms.items()}
    story = factories.story(fingerprint=str(number) * 64)
    reference = open_case(engine, story, policy=replace(policy, terms=terms))
    now, reasons = datetime.now(UTC), {Disposition.BREACH: "act_alleged", Disposition.NOT_BREACH: "lawful"}
    for revision, (reader, word) in enumerate(zip(("ada", "bob"), words, strict=True), 1):
        dispose_case(engine, reference, word, reasons[word], "", reader, revision, now, is_approver=True)


def test_second_readings_count_whether_they_agree_or_not_and_the_blind_ones_apart(engine: Engine) -> None:
    breach, lawful = Disposition.BREACH, Disposition.NOT_BREACH
    for number, (words, blind) in enumerate(
        [((breach, breach), True), ((lawful, lawful), True), ((breach, lawful), True), ((breach, breach), False)]
    ):
        second(engine, number, words, blind=blind)
    found = analytics(engine, datetime.now(UTC) - timedelta(days=1))
    blind_, shown = found.second_readings
    assert (blind_.cases, blind_.alike, shown.cases, shown.alike) == (3, 2, 1, 1)
    # 2 of 3 alike; by chance 2 * 1 + 1 * 2 of 9.
    assert blind_.kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    assert (found.agreement.cases, found.agreement.alike) == (4, 3)


def test_the_first_word_of_each_reader_counts(engine: Engine) -> None:
    second(engine, 1, (Disposition.BREACH, Disposition.NOT_BREACH), blind=True)
    [reference] = [f"EW-{datetime.now(UTC):%Y}-00001"]
    # Sent back, the second reader comes round to the first's word: that is no agreement.
    dispose_case(engine, reference, Disposition.GREY, "unclear", "", "ada", 3, datetime.now(UTC))
    reopen_case(engine, reference, "", "bob", 4, datetime.now(UTC))
    dispose_case(engine, reference, Disposition.GREY, "unclear", "", "bob", 5, datetime.now(UTC))
    found = analytics(engine, datetime.now(UTC) - timedelta(days=1))
    assert (found.agreement.cases, found.agreement.alike) == (1, 0)


def test_charts_fit_their_box_and_say_what_they_show() -> None:
    drawn = charts.bars("By regime", [("UN-SC1718", 40), ("UN-SC1591", 1), ("none", 0)])
    assert "the longest is UN-SC1718 with 40" in drawn.sums_up
    for chart in (drawn, charts.columns("By month", [(f"2026-{i:02d}", i) for i in range(1, 13)])):
        for bar in chart.bars:
            assert bar.x >= 0 and bar.x + bar.width <= chart.width and bar.y >= 0 and bar.y + bar.height <= chart.height
    assert charts.bars("x", []).sums_up == "Nothing to show."
    assert charts.columns("x", [("a", 0)]).bars[0].height == 0


def test_a_label_is_cut_to_the_room_that_it_has() -> None:
    told = ["Iran → Houthis", "Democratic Republic of the Congo → M23", "朝鮮民主主義人民共和国 → ロシア", "سفينة"]
    short = [bar.short for bar in charts.bars("x", [(label, 1) for label in told]).bars]
    assert short == ["Iran → Houthis", "Democratic Republic…", "朝鮮民主主義人民…", "سفينة"] or short[2].startswith(
        "朝鮮民主主義人民"
    )
    assert all(len(label) <= 20 for label in short) and len(short[2]) <= 11
