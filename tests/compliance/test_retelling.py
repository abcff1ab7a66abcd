"""What officers change in a case is told to its subscribers: once, with the change, or not at all."""

import shutil
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from compliance import correcting, correction, regrouping, undoing
from compliance.case import CaseOrigin
from compliance.correction import CorrectionError
from compliance.monitor import Monitor
from compliance.store import cases, changes
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, OutboxRow
from compliance.story import Story
from compliance.web.app import create_app
from rules.vocabulary import PartyType, Role
from tests.compliance.test_alerting import ACT_TOLD, CONFIG, SECOND, alerts, monitor, night, with_book
from tests.compliance.web.conftest import sign_in, staff

__all__ = ["monitor"]
NOW = datetime.now(UTC)


@pytest.fixture
def told(monitor: Monitor) -> Monitor:
    """A monitor with one case of two sources, of which the subscriber knows."""
    monitor = with_book(monitor, "subscriptions:\n  everyone: {channel: email, to: [a@desk.example]}\n")
    night(monitor, [ACT_TOLD])
    night(monitor, [Story("", "Port records confirm shells from North Korea went to Russia", SECOND)])
    return monitor


def row_of(monitor: Monitor, reference: str = "") -> CaseRow:
    with session_scope(monitor.engine) as session:
        row = cases.by_reference(session, reference) if reference else session.get(CaseRow, 1)
        assert row is not None
        return row


def all_rows(monitor: Monitor) -> list[CaseRow]:
    with session_scope(monitor.engine) as session:
        return list(cases.listed(session, None, limit=100))


def new(monitor: Monitor, known: list[OutboxRow]) -> list[OutboxRow]:
    return [a for a in alerts(monitor) if a.id not in {k.id for k in known}]


def correct(monitor: Monitor, fact: str, change: Any) -> None:
    row = row_of(monitor)
    policy = monitor.severity_policy
    correcting.correct(monitor.engine, row.reference, fact, change, "", "ada", row.revision, NOW, policy, monitor)


def with_iran(parties: Any) -> Any:
    return correction.with_party(parties, "Iran", PartyType.STATE, [Role.BROKER])


def test_a_party_that_an_officer_adds_is_told_and_one_taken_away_is_not(told: Monitor) -> None:
    known = alerts(told)
    correct(told, "parties", with_iran)
    (alert,) = new(told, known)
    assert "new party: Iran (broker)" in alert.payload["text"] and "changed at the desk by ada" in alert.payload["text"]
    assert "Iran" in str(alert.payload["case"])
    correct(told, "parties", lambda parties: correction.without_party(parties, "Iran"))
    # Added again it is the same news as before.
    correct(told, "parties", with_iran)
    assert len(new(told, known)) == 1


def test_a_regime_and_a_firmer_status_are_told_and_another_kind_is_not(told: Monitor) -> None:
    correct(told, "status", lambda _: correction.status("alleged"))
    known = alerts(told)
    correct(told, "kinds", lambda _: correction.kinds(["shipping"]))
    assert new(told, known) == []
    correct(told, "regimes", lambda held: correction.regimes([*held, "1737"], {"1718": "", "1737": ""}))
    correct(told, "status", lambda _: correction.status("admitted"))
    regime, status = (a.payload["text"] for a in new(told, known))
    assert "new measure: UN-SC1737: set by an officer" in regime and "status raised from alleged to admitted" in status


def test_a_story_split_off_opens_a_case_that_is_told_and_taking_it_back_is_not(told: Monitor) -> None:
    known, row = alerts(told), row_of(told)
    with session_scope(told.engine) as session:
        stories = [story.id or 0 for _, story, _ in cases.stories_of(session, row.id or 0)]
    args = ("ada", row.revision, NOW, told.severity_policy, told)
    other = regrouping.split_case(told.engine, row.reference, stories[1], False, *args)
    (alert,) = new(told, known)
    assert (alert.subject, alert.event) == (other, "case.alert")
    with session_scope(told.engine) as session:
        change = changes.last_of(session, "ada", NOW)
        assert change is not None
    revision = row_of(told, row.reference).revision
    undoing.undo(told.engine, row.reference, change.id or 0, "ada", revision, NOW, told.severity_policy, told)
    # The first case has its second source again: that was told when it came.
    assert [a.subject for a in new(told, known)] == [other, row.reference]
    assert row_of(told, other).state == "merged"


@pytest.mark.parametrize("how", ["move", "merge"])
def test_a_case_that_gets_another_source_is_told_and_the_one_that_loses_it_is_not(told: Monitor, how: str) -> None:
    row, policy = row_of(told), told.severity_policy
    with session_scope(told.engine) as session:
        first, second = (story.id or 0 for _, story, _ in cases.stories_of(session, row.id or 0))
    other = regrouping.split_case(told.engine, row.reference, second, False, "ada", row.revision, NOW, policy)
    known, args = alerts(told), ("ada", row_of(told, other).revision, NOW, policy, told)
    if how == "merge":
        regrouping.merge_cases(told.engine, other, row.reference, *args)
    else:
        # A case keeps a story of its own: this one is told by both.
        regrouping.split_case(told.engine, row.reference, first, True, "ada", row_of(told).revision, NOW, policy)
        third = next(r.reference for r in all_rows(told) if r.reference not in (row.reference, other))
        regrouping.merge_cases(told.engine, third, other, "ada", row_of(told, third).revision, NOW, policy)
        regrouping.move_story(
            told.engine, other, second, row.reference, "ada", row_of(told, other).revision, NOW, policy, told
        )
    (alert,) = new(told, known)
    assert alert.subject == row.reference
    assert "2 independent sources now, 1 before" in alert.payload["text"]


def test_a_change_that_fails_tells_nobody_and_one_that_cannot_be_told_is_not_made(told: Monitor) -> None:
    known, row = alerts(told), row_of(told)
    with pytest.raises(CorrectionError):
        correct(told, "status", lambda held: held)

    def broken(_connection: object) -> None:
        raise RuntimeError("the power went")

    event.listen(told.engine, "commit", broken)
    with pytest.raises(RuntimeError):
        correct(told, "parties", with_iran)
    event.remove(told.engine, "commit", broken)
    assert new(told, known) == [] and row_of(told).parties == row.parties


def test_nobody_is_told_of_what_is_corrected_in_a_random_draw(told: Monitor) -> None:
    with session_scope(told.engine) as session:
        row = cases.by_reference(session, row_of(told).reference)
        assert row is not None
        row.origin = CaseOrigin.RANDOM.value
    known = alerts(told)
    correct(told, "parties", with_iran)
    assert new(told, known) == []


def test_a_correction_sent_from_the_desk_is_told(told: Monitor, quick_hashes: None) -> None:
    shutil.copy(CONFIG / "reasons.yml", told.settings.config)
    staff(told.engine)
    known, row = alerts(told), row_of(told)
    app = create_app(told.settings, told.engine)
    with TestClient(app, base_url="https://desk.example", follow_redirects=False) as client:
        csrf = sign_in(client)
        form = {"csrf": csrf, "revision": str(row.revision), "do": "add", "name": "Iran", "type": "state"}
        answer = client.post(f"/cases/{row.reference}/party", data={**form, "roles": ["broker"]})
        assert answer.status_code == 303
    assert ["new party: Iran" in a.payload["text"] for a in new(told, known)] == [True]
