"""The night's second look at its cases: pairs of them that one story could have joined, where nobody worked on either.

One transaction per pair of cases. Every step stands in the history of both cases with its reason, as what an officer
does, and is taken back like it; what an officer took back is not done again.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from compliance.alerting import tell
from compliance.case import CaseAction
from compliance.coverage import RunCounts
from compliance.drawing import MACHINE
from compliance.grouping import OpenCase
from compliance.likeness import Act, crowd_of
from compliance.monitor import Monitor
from compliance.regrouping import leave, restrengthen
from compliance.settling import Settlement, settle
from compliance.store import acts, cases, facts, quarantine
from compliance.store.database import session_scope
from compliance.store.tables import CaseRow

log = logging.getLogger(__name__)

# So many pairs are settled in one night; a night of more has too much in common to be settled by likeness.
_MOST_PAIRS = 200

Pair = tuple[int, int]


def settle_cases(monitor: Monitor, pairs: Iterable[Pair], run_id: str, counts: RunCounts, now: datetime) -> int:
    """Put together what belongs together in each pair of cases, older first; return how many pairs were changed."""
    changed = 0
    for older, newer in sorted(pairs)[:_MOST_PAIRS]:
        try:
            with session_scope(monitor.engine) as session:
                changed += _settle_pair(session, monitor, older, newer, run_id, counts, now)
        except Exception as error:  # a pair that breaks stays as it was filed, and the night goes on
            if quarantine.is_outage(error):
                raise
            log.exception("two cases stay apart, settling them broke older=%d newer=%d", older, newer)
    if changed:
        log.info("cases settled pairs=%d", changed)
    return changed


def _settle_pair(
    session: Session, monitor: Monitor, older: int, newer: int, run_id: str, counts: RunCounts, now: datetime
) -> bool:
    rows = {row.id or 0: row for row in cases.untouched(session, (older, newer), MACHINE)}
    if len(rows) < 2:
        return False
    told = {number: acts.of_case(session, number) for number in (older, newer)}
    found = between(session, told, older, newer)
    if found is None:
        return False
    _change(session, monitor, rows, found, {told[found.leaves][place][0] for place in found.moved}, run_id, counts, now)
    return True


def between(
    session: Session, told: Mapping[int, Sequence[tuple[int, Act]]], older: int, newer: int
) -> Settlement | None:
    """Return what should change between two cases, of which it is given what each story told; None for nothing.

    Cases that a story tells of both, as a round-up does, are two acts by its own word.
    """
    if not all(told.values()) or {story for story, _ in told[older]} & {story for story, _ in told[newer]}:
        return None
    one, other = (OpenCase(number, tuple(act for _, act in told[number])) for number in (older, newer))
    return settle(one, other, lambda act: crowd_of(act, (case.acts for case in acts.alike(session, act))))


def _change(
    session: Session,
    monitor: Monitor,
    rows: dict[int, CaseRow],
    found: Settlement,
    stories: set[int],
    run_id: str,
    counts: RunCounts,
    now: datetime,
) -> None:
    row, other = rows[found.leaves], rows[found.to]
    links = [link for link in cases.links_of(session, found.leaves) if link.story_id in stories]
    action = CaseAction.MERGED if found.is_whole else CaseAction.MOVED
    remaining = [other] if found.is_whole else [row, other]
    before = {case.id: facts.of_case(session, case.id or 0) for case in remaining}
    leave(session, row, other, links, action, MACHINE, now, why=found.reason)
    restrengthen(session, remaining, monitor.severity_policy)
    session.flush()
    for case in remaining:
        counts.alerts_queued += tell(session, monitor, case, before[case.id], (found.reason,), run_id, now)
