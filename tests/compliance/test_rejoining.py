"""The night's second look on both databases: what it joins, what it leaves to people, and how it is taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from compliance import workflow
from compliance.case import CaseAction, CaseOrigin, CaseState
from compliance.coverage import RunCounts
from compliance.monitor import Monitor
from compliance.rejoining import settle_cases
from compliance.store import acts, cases
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, CaseStoryRow, LedgerRow
from compliance.store.tables_desk import ChangeRow
from compliance.story import Story
from compliance.undoing import undo
from tests.compliance.test_judging import ACT_TOLD, monitor, night
from tests.factories import NOW

__all__ = ["monitor"]

DHOW = Story(
    "",
    "Iran shipped rifles to the Houthis, navy says",
    "Iran shipped 2,000 rifles to the Houthis in Yemen on a dhow, in breach of the arms embargo, the navy said.",
    feed_id="wire",
)


@pytest.fixture
def pair(monitor: Monitor) -> tuple[CaseRow, CaseRow]:
    """Two cases opened in one night, of which the newer was made to tell the older's act."""
    night(monitor, [ACT_TOLD, DHOW])
    with session_scope(monitor.engine) as session:
        older, newer = session.exec(select(CaseRow).order_by(col(CaseRow.id))).all()
        [(_, told)] = acts.of_case(session, older.id or 0)
        acts.keep(session, _story(session, newer), 0, told)
        session.expunge_all()
    return older, newer


def _story(session: Session, row: CaseRow) -> int:
    return session.exec(select(CaseStoryRow.story_id).where(CaseStoryRow.case_id == row.id)).one()


def settle(monitor: Monitor, pair: tuple[CaseRow, CaseRow]) -> int:
    numbers = [(pair[0].id or 0, pair[1].id or 0)]
    return settle_cases(monitor, numbers, "run", RunCounts(), datetime.now(UTC))


def states(monitor: Monitor, pair: tuple[CaseRow, CaseRow]) -> list[tuple[str, int]]:
    with session_scope(monitor.engine) as session:
        rows = [session.get_one(CaseRow, row.id) for row in pair]
        return [(row.state, len(cases.links_of(session, row.id))) for row in rows]


APART = [("waiting", 1), ("waiting", 1)]


def test_two_cases_of_one_act_become_one_with_the_reason_in_the_history_of_both(
    monitor: Monitor, pair: tuple[CaseRow, CaseRow]
) -> None:
    assert settle(monitor, pair) == 1
    assert states(monitor, pair) == [("waiting", 2), ("merged", 0)]
    with session_scope(monitor.engine) as session:
        entered = session.exec(select(LedgerRow).where(LedgerRow.actor == "machine").order_by(col(LedgerRow.id))).all()
        merged, joined = entered[-2:]
        assert (merged.subject, merged.action) == (pair[1].reference, CaseAction.MERGED)
        assert (joined.subject, joined.action) == (pair[0].reference, CaseAction.STORY_JOINED)
        assert all("tell of one act" in entry.after["why"] for entry in (merged, joined))


def test_what_a_person_took_back_is_not_done_again(monitor: Monitor, pair: tuple[CaseRow, CaseRow]) -> None:
    settle(monitor, pair)
    with session_scope(monitor.engine) as session:
        change = session.exec(select(ChangeRow).where(ChangeRow.case_id == pair[1].id)).one()
        number, revision = change.id or 0, session.get_one(CaseRow, pair[1].id).revision
    undo(monitor.engine, pair[1].reference, number, "vera", revision, datetime.now(UTC), monitor.severity_policy)
    assert states(monitor, pair) == APART
    assert settle(monitor, pair) == 0
    assert states(monitor, pair) == APART


def test_a_case_that_a_person_works_on_is_left_alone(monitor: Monitor, pair: tuple[CaseRow, CaseRow]) -> None:
    workflow.assign(monitor.engine, pair[0].reference, "vera", "vera", pair[0].revision, datetime.now(UTC))
    assert settle(monitor, pair) == 0
    assert states(monitor, pair) == APART


def _decide(engine: Engine, reference: str) -> None:
    with session_scope(engine) as session:
        row = cases.for_update(session, reference)
        assert row is not None
        row.state, row.disposition = CaseState.DECIDED.value, "breach"


WORK: dict[str, Callable[[Engine, str], object]] = {
    "assigned": lambda engine, case: workflow.assign(engine, case, "vera", "vera", 1, NOW),
    "claimed": lambda engine, case: workflow.claim(engine, case, "vera", NOW, timedelta(minutes=30)),
    "noted": lambda engine, case: workflow.add_note(engine, case, "asked the port", "vera", NOW),
    "snoozed": lambda engine, case: workflow.snooze(engine, case, "until May", "vera", 1, NOW),
    "escalated": lambda engine, case: workflow.escalate(engine, case, "urgent", "vera", 1, NOW),
    "decided": _decide,
}


def test_any_work_of_a_person_makes_a_case_touched(engine: Engine) -> None:
    made = {name: _open(engine, CaseOrigin.SCREENING) for name in ("nothing", *WORK)} | {
        "drawn": _open(engine, CaseOrigin.RANDOM)
    }
    for name, work in WORK.items():
        work(engine, made[name].reference)
    with session_scope(engine) as session:
        free = cases.untouched(session, [row.id or 0 for row in made.values()], "machine")
        assert [row.id for row in free] == [made["nothing"].id]


def _open(engine: Engine, origin: CaseOrigin) -> CaseRow:
    facts: dict[str, Any] = {"kinds": [], "regimes": [], "denied_by": [], "parties": [], "act": "a", "score": 0.9}
    with session_scope(engine) as session:
        row = CaseRow(reference="new", origin=origin, verdict="alert", opened_at=NOW, changed_at=NOW, **facts)
        cases.enter(session, row)
        session.expunge_all()
    return row
