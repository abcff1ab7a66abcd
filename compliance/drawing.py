"""The last part of a night's screening: a few cleared stories become cases, drawn at random and marked as such."""

from datetime import UTC, datetime

from sqlmodel import Session

from compliance.case import CaseAction, CaseOrigin
from compliance.coverage import RunCounts
from compliance.draw import draw
from compliance.monitor import Monitor
from compliance.store import cases, draws, ledger, priorities
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow, DrawRow, ScreeningRow, StoryRow

MACHINE = "machine"


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
            case = _open(session, story, screening, row, now)
            priorities.restate(session, case, monitor.severity_policy)
        counts.cases_drawn += len(drawn.stories)


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
