"""A case that changed → the alerts about it, queued in the transaction that changed it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from compliance.alert import compose_alert
from compliance.case import Case
from compliance.monitor import Monitor
from compliance.novelty import Change, Facts, changes, event_of
from compliance.severity import Severity, severity_of
from compliance.store import digestitems, facts, outbox, reminders, subscriptions
from compliance.store.tables import CaseRow
from compliance.subscription import Subscription, Timing, due_at, why_it_fits


def tell(
    session: Session,
    monitor: Monitor,
    row: CaseRow,
    before: Facts | None,
    reasons: Sequence[str],
    run_id: str | None,
    now: datetime,
    standing: Facts | None = None,
) -> int:
    """Queue the alerts about what is new in a case since ``before``; return how many rows the outbox got.

    One per case, change, channel and recipient, however many subscriptions fit and however often this is done. With
    ``standing``, the case is told as officers left it, without it as its stories tell it.
    """
    after = standing or facts.of_case(session, row.id or 0)
    found = changes(before, after) if after else ()
    if not after or not found:
        return 0
    case = case_to_tell(session, monitor, row, after, found, reasons)
    if standing:
        case = replace(case, parties=tuple(row.parties))
    event, queued = event_of(found), 0
    for name, subscription in audience(session, monitor):
        why = why_it_fits(name, subscription.when, case, [c.kind for c in found])
        if why:
            queued += _queue(session, monitor, case, event, name, subscription, why, run_id, now)
    return queued


def audience(session: Session, monitor: Monitor) -> list[tuple[str, Subscription]]:
    """Return every subscription: those of ``config/alerts.yml``, then people's own by allowed channels."""
    book = monitor.alert_book
    own = [(n, s) for n, s in subscriptions.of_active_users(session) if s.channel in book.for_users()]
    return [*book.subscriptions.items(), *own]


def case_to_tell(
    session: Session, monitor: Monitor, row: CaseRow, after: Facts, found: Sequence[Change], reasons: Sequence[str]
) -> Case:
    """Return the case as plain values: what all its stories say together, and what is new in it."""
    case_id = row.id or 0
    goods = facts.goods_of(session, case_id)
    severity = severity_of(row.kinds, row.regimes, goods, after.status, after.verdict, monitor.severity_policy)
    is_new = any(c.kind == "opened" for c in found)
    newest = frozenset(int(n) for c in found if c.kind == "origin" for n in c.key.split(",")) or after.origins
    regimes = dict.fromkeys((*row.regimes, *(key.split()[0] for key in after.measures)))
    return Case(
        reference=row.reference,
        act=row.act,
        verdict=after.verdict,
        score=row.score,
        kinds=tuple(row.kinds),
        regimes=tuple(regimes),
        measures=tuple(after.measures.values()),
        status=after.status,
        denied_by=tuple(sorted(after.denied_by)),
        parties=tuple(facts.parties_of(session, case_id)),
        quotes=facts.quotes_of(session, case_id, newest),
        reasons=tuple(reasons),
        opened_at=row.opened_at,
        severity=severity.value,
        origins=len(after.origins),
        goods=goods,
        changes=() if is_new else tuple(c.words for c in found),
    )


def _queue(
    session: Session,
    monitor: Monitor,
    case: Case,
    event: str,
    name: str,
    subscription: Subscription,
    why: str,
    run_id: str | None,
    now: datetime,
) -> int:
    book, settings, queued = monitor.alert_book, monitor.settings, 0
    at = due_at(subscription, Severity(case.severity), now)
    for recipient in subscription.to:
        alert = compose_alert(
            case,
            settings.desk_url,
            book.sender(subscription.channel, settings.alert_from),
            recipient,
            channel=subscription.channel,
            event=event,
            why=why,
            link_only=book.is_link_only(subscription.channel),
        )
        if subscription.timing is not Timing.IMMEDIATE:
            digestitems.add(session, name, subscription.channel, alert, case.reference, event, now, at)
            continue
        queued += outbox.add(
            session,
            alert,
            subject=case.reference,
            event=event,
            run_id=run_id,
            now=now,
            channel=subscription.channel,
            subscription=name,
            not_before=at,
        )
        if subscription.repeat:
            again = at + timedelta(minutes=subscription.repeat.every_minutes)
            reminders.add(session, name, subscription.channel, recipient, case.reference, event, again)
    return queued
