"""The last part of a night's screening: a few cleared stories become cases, drawn at random and marked as such."""

import logging
from datetime import UTC, datetime

from sqlmodel import Session

from compliance.case import CaseAction, CaseOrigin
from compliance.coverage import RunCounts
from compliance.draw import draw
from compliance.monitor import Monitor
from compliance.store import cases, draws, ledger, priorities, quarantine
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, DrawRow, ScreeningRow, StoryRow

log = logging.getLogger(__name__)

MACHINE = "machine"
STAGE = "draw"


def draw_cleared(monitor: Monitor, run_id: str, counts: RunCounts) -> None:
    """Open a case for each story drawn from those cleared since the last draw; none of them alerts anybody.

    The draw and its cases are one transaction: a run killed before it leaves its screenings to the next run's draw, and
    a run that judged nothing draws nothing.
    """
    share = monitor.policy.random_share
    with session_scope(monitor.engine) as session:
        found = draws.undrawn(session)
        if found is None:
            return
        drawn, now = draw(found.cleared, found.opened, share, run_id), datetime.now(UTC)
        row = draws.add(session, run_id, found, drawn, share, now)
        for story, screening in draws.told(session, drawn.stories, found.through):
            counts.cases_drawn += _opens(session, monitor, story, screening, row, now)


def open_again(monitor: Monitor, draw_id: int, story_id: int, now: datetime) -> str | None:
    """Open the case of a drawn story that broke when it was drawn; return None, or why it breaks again."""
    with session_scope(monitor.engine) as session:
        row = session.get_one(DrawRow, draw_id)
        for story, screening in draws.told(session, [story_id], row.through_screening):
            if not _opens(session, monitor, story, screening, row, now):
                return "its case could not be opened"
        quarantine.clear(session, STAGE, f"draw:{draw_id}:{story_id}")
    return None


def _opens(
    session: Session, monitor: Monitor, story: StoryRow, screening: ScreeningRow, drawn: DrawRow, now: datetime
) -> bool:
    """Open the case of a drawn story; one that breaks is quarantined, and the other drawn stories get their cases."""
    try:
        with session.begin_nested():
            case = _open(session, story, screening, drawn, now)
            priorities.restate(session, case, monitor.severity_policy)
        return True
    except Exception as error:  # one drawn story that breaks costs its own case alone
        if quarantine.is_outage(error):
            raise
        session.expire_all()
        log.exception("a drawn story got no case story=%s", story.id)
        quarantine.enter(session, STAGE, f"draw:{drawn.id}:{story.id}", quarantine.reason_of(error), now)
        return False


def _open(session: Session, story: StoryRow, screening: ScreeningRow, drawn: DrawRow, now: datetime) -> CaseRow:
    why = f"drawn at random from {drawn.pool} cleared stories, to estimate what is missed"
    case = cases.open_drawn(session, story, screening, why, drawn.run_id, now)
    ledger.append(
        session,
        at=now,
        actor=MACHINE,
        action=CaseAction.OPENED,
        subject=case.reference,
        after={
            "story": story.id,
            "origin": CaseOrigin.RANDOM.value,
            "draw": drawn.id,
            "seed": drawn.seed,
            "verdict": screening.verdict,
            "act": case.act,
            "why": why,
        },
        versions={
            "model": screening.model_version,
            "rules": screening.rules_version,
            "policy": screening.policy_version,
        },
    )
    return case
