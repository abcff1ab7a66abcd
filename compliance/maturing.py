"""What has become due with time → the outbox: hourly and daily digests, repeated alerts, escalations."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from html import escape
from itertools import groupby

from sqlmodel import Session, select

from compliance.alert import Alert, alert_id, page
from compliance.monitor import Monitor
from compliance.store import digestitems, outbox, quarantine, reminders
from compliance.store.database import session_scope
from compliance.store.dialect import one_writer
from compliance.store.tables import OutboxRow
from compliance.store.tables_alerts import DigestItemRow, ReminderRow

log = logging.getLogger(__name__)

STAGE = "mature"
_LOCK = 7_121_004
_SHOWN = 100


def queue_matured(monitor: Monitor, now: datetime) -> int:
    """Queue every digest and repetition that is due, in one transaction; return how many mails that makes."""
    with session_scope(monitor.engine) as session:
        one_writer(session, _LOCK)
        steps = list(_digests(session, monitor, now)) + list(_repetitions(session, monitor, now))
        return sum(_queued(session, subject, step, now) for subject, step in steps)


_Step = tuple[str, Callable[[], int]]


def _digests(session: Session, monitor: Monitor, now: datetime) -> Iterator[_Step]:
    for lane, told in groupby(sorted(digestitems.due(session, now), key=_lane), key=_lane):
        yield f"digest:{':'.join(lane)}"[:300], partial(_queue_digest, session, monitor, list(told), now)


def _repetitions(session: Session, monitor: Monitor, now: datetime) -> Iterator[_Step]:
    for reminder in reminders.due(session, now):
        yield f"reminder:{reminder.id}", partial(_remind, session, monitor, reminder, now)


def _queued(session: Session, subject: str, step: Callable[[], int], now: datetime) -> int:
    """Do one step; one that breaks is quarantined, parked after its third try, and the others are done."""
    if quarantine.is_parked(session, STAGE, subject):
        return 0
    try:
        with session.begin_nested():
            queued = step()
    except Exception as error:  # one step that breaks must not hold up the others
        if quarantine.is_outage(error):
            raise
        session.expire_all()
        log.exception("what has become due could not be queued subject=%s", subject)
        quarantine.enter(session, STAGE, subject, quarantine.reason_of(error), now)
        return 0
    quarantine.clear(session, STAGE, subject)
    return queued


def queue_again(monitor: Monitor, subject: str, now: datetime) -> str | None:
    """Try again what broke when it became due; return None, or why it breaks again."""
    with session_scope(monitor.engine) as session:
        quarantine.clear(session, STAGE, subject)
    queue_matured(monitor, now)
    with session_scope(monitor.engine) as session:
        return "it could not be queued again" if quarantine.is_entered(session, STAGE, subject) else None


def _lane(item: DigestItemRow) -> tuple[str, str, str]:
    return item.subscription, item.channel, item.recipient


def _queue_digest(session: Session, monitor: Monitor, items: Sequence[DigestItemRow], now: datetime) -> int:
    first = items[0]
    subject, event = f"subscription:{first.subscription}", f"digest:{items[0].id}-{items[-1].id}"
    alert = Alert(alert_id(subject, event, first.channel, first.recipient), first.recipient, _digest(monitor, items))
    added = outbox.add(
        session,
        alert,
        subject=subject,
        event=event,
        run_id=None,
        now=now,
        channel=first.channel,
        subscription=first.subscription,
    )
    row = session.exec(select(OutboxRow).where(OutboxRow.alert_id == alert.id)).one()
    for item in items:
        item.outbox_id = row.id
        session.add(item)
    session.flush()
    return added


def _digest(monitor: Monitor, items: Sequence[DigestItemRow]) -> dict[str, object]:
    first, desk = items[0], monitor.settings.desk_url
    subject = f"[digest] {len(items)} alert{'s' if len(items) > 1 else ''} for {first.subscription}"
    lines, blocks = [subject, ""], [f'<h1 style="font-size:20px">{escape(subject)}</h1>']
    for item in items[:_SHOWN]:
        link, head = str(item.payload["case"]["link"]), str(item.payload["subject"])
        lines += [head, f"  {link}", ""]
        look = "margin:8px 0;padding-top:8px;border-top:1px solid #ddd;overflow-wrap:anywhere"
        blocks.append(f'<p style="{look}"><a href="{escape(link, quote=True)}">{escape(head)}</a></p>')
    if len(items) > _SHOWN:
        rest = f"and {len(items) - _SHOWN} more, which stand in the queue of the desk"
        lines += [rest]
        blocks.append(f"<p>{rest}</p>")
    lines.append(f"Desk: {desk}")
    return {
        "from": monitor.alert_book.sender(first.channel, monitor.settings.alert_from),
        "to": first.recipient,
        "subject": subject,
        "text": "\n".join(lines) + "\n",
        "html": page(subject, "".join(blocks)),
        "case": {"link": desk},
    }


def _remind(session: Session, monitor: Monitor, reminder: ReminderRow, now: datetime) -> int:
    """Repeat an alert that nobody acknowledged; after the last repetition, tell the next addresses."""
    session.add(reminder)
    subscription = monitor.alert_book.subscriptions.get(reminder.subscription)
    first = _first_sent(session, reminder)
    if reminders.is_settled(session, reminder.subject) or subscription is None or first is None:
        reminder.state = "settled"
        return 0
    repeat = subscription.repeat
    if repeat is not None and reminder.sent < repeat.times:
        reminder.sent += 1
        # Counted from now: after a long stop one repetition is sent, not all that were missed.
        reminder.next_at = now + timedelta(minutes=repeat.every_minutes)
        return _repeat(session, first, first.recipient, f"repeat {reminder.sent} of {repeat.times}", now)
    reminder.state = "escalated"
    return sum(_repeat(session, first, to, "not acknowledged", now) for to in (repeat.then if repeat else ()))


def _first_sent(session: Session, reminder: ReminderRow) -> OutboxRow | None:
    return session.exec(
        select(OutboxRow).where(
            OutboxRow.subject == reminder.subject,
            OutboxRow.event == reminder.event,
            OutboxRow.channel == reminder.channel,
            OutboxRow.recipient == reminder.recipient,
        )
    ).first()


def _repeat(session: Session, first: OutboxRow, recipient: str, words: str, now: datetime) -> int:
    event = f"{first.event}/{words}"
    subject = f"[{words}] {first.payload['subject']}"[:200]
    text = f"{words.capitalize()}: nobody has acknowledged this case yet.\n\n{first.payload['text']}"
    payload = {**first.payload, "to": recipient, "subject": subject, "text": text}
    alert = Alert(alert_id(first.subject, event, first.channel, recipient), recipient, payload)
    return outbox.add(
        session,
        alert,
        subject=first.subject,
        event=event,
        run_id=None,
        now=now,
        channel=first.channel,
        subscription=first.subscription,
    )
