"""What analytics are counted from. The database counts what is alike, so that each sort of case is read once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Engine, Text, cast, func
from sqlmodel import Session, col, select

from compliance.agreement import Paired, agreement, paired
from compliance.analytics import Analytics, Tally, delays
from compliance.case import CaseAction
from compliance.store.database import read_scope
from compliance.store.dialect import month_of
from compliance.store.tables import CaseRow, LedgerRow, StoryRow

_PAGE = 5_000
# Every action of the record that is a reader's word on a case.
READER_WORDS = (CaseAction.PROPOSED.value, CaseAction.DECIDED.value, CaseAction.CONTESTED.value)
_SECOND = {True: "second readings, first one unknown to the reader", False: "second readings, first one shown",
           None: "second readings of which it is not on record whether the first was shown"}  # fmt: skip


def analytics(engine: Engine, since: datetime) -> Analytics:
    """Count the cases opened since then, and what was decided of them."""
    with read_scope(engine) as session:
        return Analytics(
            since,
            _tally(session, since),
            delays(_hours(session, since)),
            agreement(_words(session, since)),
            _second_readings(session, since),
        )


def mark(session: Session) -> tuple[Any, ...]:
    """Return what is different after every change of a case: how many there are, their revisions, the last change."""
    revisions, last = func.sum(CaseRow.revision), func.max(CaseRow.changed_at)
    return tuple(session.exec(select(func.count(), revisions, last).select_from(CaseRow)).one())


def _tally(session: Session, since: datetime) -> Tally:
    tally, number, recent = Tally(), func.count(), col(CaseRow.opened_at) >= since
    regimes, kinds, parties = (cast(col(c), Text) for c in (CaseRow.regimes, CaseRow.kinds, CaseRow.parties))
    month = month_of(session, col(CaseRow.opened_at)).label("month")
    columns: tuple[Any, ...] = (month, regimes, kinds, CaseRow.disposition, number)
    alike = select(*columns).where(recent)
    for told in session.exec(alike.group_by(month, regimes, kinds, col(CaseRow.disposition))):
        tally.count_cases(told[0], orjson.loads(told[1]), orjson.loads(told[2]), told[3], told[4])
    same = select(parties, number).where(recent).group_by(parties)
    # Past the object mapper, and one by one, so that nothing is held: there may be a hundred thousand.
    with session.connection().execute(same, execution_options={"yield_per": _PAGE}) as found:
        for told_parties, times in found:
            tally.count_parties(orjson.loads(told_parties), times)
    return tally


def _hours(session: Session, since: datetime) -> Iterator[float]:
    """Yield, for each decided case, the hours from publication (or first sight) to its first decision."""
    first = (
        select(LedgerRow.subject, func.min(LedgerRow.id).label("event"))
        .where(LedgerRow.action == CaseAction.DECIDED.value)
        .group_by(col(LedgerRow.subject))
        .subquery()
    )
    statement = (
        select(LedgerRow.at, StoryRow.published, StoryRow.first_seen)
        .join(first, col(LedgerRow.id) == first.c.event)
        .join(CaseRow, col(CaseRow.reference) == col(LedgerRow.subject))
        .join(StoryRow, col(StoryRow.id) == col(CaseRow.opened_by_story))
        .where(col(CaseRow.opened_at) >= since)
    )
    for at, published, seen in session.exec(statement.execution_options(yield_per=_PAGE)):
        yield (at - (published or seen)) / timedelta(hours=1)


def _words(session: Session, since: datetime) -> Iterator[dict[str, str]]:
    """Yield, for each case with two readers or more, each reader's first word on it, before they could talk it over."""
    twice = (
        select(LedgerRow.subject)
        .where(col(LedgerRow.action).in_(READER_WORDS), col(LedgerRow.at) >= since)
        .group_by(col(LedgerRow.subject))
        .having(func.count(func.distinct(LedgerRow.actor)) > 1)
    )
    statement = (
        select(LedgerRow.subject, LedgerRow.actor, LedgerRow.after)
        .where(col(LedgerRow.action).in_(READER_WORDS), col(LedgerRow.subject).in_(twice))
        .order_by(col(LedgerRow.subject), col(LedgerRow.id))
    )
    here, words = "", dict[str, str]()
    for subject, actor, after in session.exec(statement.execution_options(yield_per=_PAGE)):
        if subject != here and words:
            yield words
        if subject != here:
            here, words = subject, {}
        # The first of two decisions stands in the proposal that waits for the second.
        if word := after.get("disposition") or (after.get("proposal") or {}).get("disposition"):
            words.setdefault(actor, str(word))
    if words:
        yield words


def _second_readings(session: Session, since: datetime) -> tuple[Paired, ...]:
    """Return how far second readings agree with the first: those unaware of it, and those to whom it was shown."""
    ends = (CaseAction.DECIDED.value, CaseAction.CONTESTED.value)
    statement = select(LedgerRow.after).where(col(LedgerRow.action).in_(ends), col(LedgerRow.at) >= since)
    found: dict[bool | None, list[tuple[str, str]]] = {blind: [] for blind in _SECOND}
    for after in session.exec(statement.execution_options(yield_per=_PAGE)):
        if first := after.get("first"):
            found[after.get("blind")].append((str(first["disposition"]), str(after["disposition"])))
    return tuple(paired(_SECOND[blind], pairs) for blind, pairs in found.items() if pairs or blind is not None)
