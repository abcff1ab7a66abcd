"""Alerts waiting to leave: one row per subject, event, channel and recipient, leased while being sent.

The rows of one channel and recipient are a lane: they leave in the order in which they were queued. An alert that a
receiver refuses again on its own account stops holding its lane after the second try.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, not_, or_, update
from sqlmodel import Session, col, select

from compliance.alert import Alert, Receipt
from compliance.store.dialect import insert_new, one_writer
from compliance.store.leases import is_dead
from compliance.store.tables import DeliveryRow, OutboxRow

EMAIL = "email"
LEASE = timedelta(minutes=4)
# The whole schedule of the Standard Webhooks specification; a channel that is down longer than that is given up.
GIVE_UP = timedelta(hours=75, minutes=35, seconds=5)
HOLDING_TRIES = 2
_LOCK = 7_121_003
_PLENTY = 5_000


def add(
    session: Session,
    alert: Alert,
    *,
    subject: str,
    event: str,
    run_id: str | None,
    now: datetime,
    channel: str = EMAIL,
    subscription: str = "",
    not_before: datetime | None = None,
) -> int:
    """Put an alert into the outbox unless the same event is there for that recipient; return how many were added.

    ``not_before`` holds it back, for quiet hours.
    """
    row = {
        "alert_id": alert.id,
        "subject": subject,
        "event": event,
        "channel": channel,
        "recipient": alert.recipient,
        "payload": alert.payload,
        "state": "due",
        "attempts": 0,
        "tries": 0,
        "reason": "",
        "subscription": subscription,
        "created_at": now,
        "due_since": not_before or now,
        "next_attempt": not_before or now,
        "run_id": run_id,
    }
    return insert_new(session, OutboxRow, [row])


def count_due(session: Session, now: datetime) -> int:
    """Return how many alerts may be tried now."""
    due = (
        select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "due", col(OutboxRow.next_attempt) <= now)
    )
    return session.exec(due).one()


def count_waiting(session: Session) -> int:
    """Return how many alerts have not left yet, whenever their next try is."""
    return session.exec(select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "due")).one()


def waiting_ids(session: Session) -> list[int]:
    """Return the alerts that have not left yet, oldest first."""
    return [
        n or 0 for n in session.exec(select(OutboxRow.id).where(OutboxRow.state == "due").order_by(col(OutboxRow.id)))
    ]


def states_of(session: Session, outbox_ids: Sequence[int]) -> dict[int, str]:
    """Return the state of each of these alerts that is there."""
    found: dict[int, str] = {}
    for start in range(0, len(outbox_ids), 10_000):
        chunk = list(outbox_ids[start : start + 10_000])
        rows = session.exec(select(OutboxRow.id, OutboxRow.state).where(col(OutboxRow.id).in_(chunk)))
        found.update({number or 0: state for number, state in rows})
    return found


def channels_waiting(session: Session) -> list[str]:
    """Return the channels by which some alert waits to leave."""
    return sorted(session.exec(select(OutboxRow.channel).where(OutboxRow.state == "due").distinct()))


def lease(
    session: Session, owner: str, now: datetime, limit: int = 50, channel: str | None = None, *, probe: bool = False
) -> list[OutboxRow]:
    """Take up to ``limit`` due alerts for this deliverer, oldest first; nobody else sends them until the lease ends.

    Of each lane only the first alerts are taken: none that stands behind one that waits for its next try or that
    another deliverer holds. ``probe`` takes the oldest one whatever its next try, and only where nobody holds any.
    """
    one_writer(session, _LOCK)
    _free_the_dead(session)
    rows = _probe(session, now, channel) if probe else _ready(session, now, channel, limit)
    for row in rows:
        row.lease_owner, row.lease_until = owner, now + LEASE
        session.add(row)
    session.flush()
    return rows


def _is_held(now: datetime) -> list[Any]:
    """Return the condition: a deliverer holds the row. A clock set far back does not keep a lease for ever."""
    until = col(OutboxRow.lease_until)
    return [until.is_not(None), until > now, until <= now + 2 * LEASE]


def _of(channel: str | None) -> list[Any]:
    return [] if channel is None else [OutboxRow.channel == channel]


def _ready(session: Session, now: datetime, channel: str | None, limit: int) -> list[OutboxRow]:
    held = and_(*_is_held(now))
    free = or_(col(OutboxRow.lease_until).is_(None), not_(held))
    # Put off after a try, or in another's hands: what stands behind it in its lane waits too.
    waits = or_(held, and_(col(OutboxRow.attempts) > 0, col(OutboxRow.next_attempt) > now))
    lane = (OutboxRow.channel, OutboxRow.recipient)
    holding = (
        select(*lane, func.min(OutboxRow.id))
        .where(OutboxRow.state == "due", col(OutboxRow.tries) < HOLDING_TRIES, waits, *_of(channel))
        .group_by(*lane)
    )
    first_held = {(name, recipient): number or 0 for name, recipient, number in session.exec(holding)}
    ready = (
        select(OutboxRow.id, *lane)
        .where(OutboxRow.state == "due", col(OutboxRow.next_attempt) <= now, free, *_of(channel))
        .order_by(col(OutboxRow.id))
        .limit(_PLENTY)
    )
    taken: list[int] = []
    for number, name, recipient in session.exec(ready):
        if (number or 0) < first_held.get((name, recipient), 1 << 62):
            taken.append(number or 0)
            if len(taken) == limit:
                break
    return list(session.exec(select(OutboxRow).where(col(OutboxRow.id).in_(taken)).order_by(col(OutboxRow.id))))


def _probe(session: Session, now: datetime, channel: str | None) -> list[OutboxRow]:
    due = [OutboxRow.state == "due", *_of(channel)]
    if session.exec(select(OutboxRow.id).where(*due, *_is_held(now)).limit(1)).first() is not None:
        return []
    passed_over = case((col(OutboxRow.tries) < HOLDING_TRIES, 0), else_=1)
    tried_or_ready = or_(col(OutboxRow.attempts) > 0, col(OutboxRow.next_attempt) <= now)
    return list(
        session.exec(select(OutboxRow).where(*due, tried_or_ready).order_by(passed_over, col(OutboxRow.id)).limit(1))
    )


def _free_the_dead(session: Session) -> None:
    """Give back what a killed deliverer of this machine held, without waiting for its lease to end."""
    held = select(OutboxRow.lease_owner).where(col(OutboxRow.lease_owner).is_not(None)).distinct()
    gone = [owner for owner in session.exec(held) if owner and is_dead(owner)]
    if gone:
        session.exec(
            update(OutboxRow)
            .where(col(OutboxRow.lease_owner).in_(gone))
            .values(lease_owner=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )


def give_back(session: Session, owner: str, outbox_ids: Sequence[int]) -> None:
    """Give back leased alerts that were not tried, so that they can leave before the lease ends."""
    session.exec(
        update(OutboxRow)
        .where(col(OutboxRow.id).in_(list(outbox_ids)), col(OutboxRow.lease_owner) == owner)
        .values(lease_owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def record(
    session: Session,
    outbox_id: int,
    receipt: Receipt,
    now: datetime,
    next_attempt: datetime | None,
    *,
    charged: bool = True,
) -> str:
    """Enter one attempt and its answer; return the alert's state: ``sent``, ``due`` again, or ``dead``.

    A failure that lies with the channel is not ``charged`` to the alert, which is then given up by age alone.
    """
    row = session.exec(select(OutboxRow).where(OutboxRow.id == outbox_id).with_for_update()).one()
    row.attempts += 1
    row.tries += charged
    row.lease_owner = row.lease_until = None
    row.reason = receipt.detail[:500]
    if receipt.accepted:
        row.state, row.sent_at, row.reason = "sent", now, ""
    elif receipt.final or next_attempt is None:
        row.state = "dead"
    else:
        row.next_attempt = next_attempt
    session.add(
        DeliveryRow(
            outbox_id=outbox_id,
            attempt=row.attempts,
            at=now,
            accepted=receipt.accepted,
            http_status=receipt.http_status,
            latency_ms=receipt.latency_ms,
            provider_id=receipt.provider_id[:200] or None,
            detail=receipt.detail[:500],
        )
    )
    session.add(row)
    session.flush()
    return row.state


def wake(session: Session, channel: str, now: datetime) -> None:
    """Make everything that was put off on a channel due now: the channel has just been seen to work again."""
    session.exec(
        update(OutboxRow)
        .where(
            col(OutboxRow.state) == "due",
            col(OutboxRow.channel) == channel,
            col(OutboxRow.attempts) > 0,
            col(OutboxRow.next_attempt) > now,
        )
        .values(next_attempt=now)
        .execution_options(synchronize_session=False)
    )


def park(session: Session, channel: str, reason: str, now: datetime) -> list[int]:
    """Give up what has waited on a channel for the whole schedule in vain; return which alerts that were."""
    due_since = func.coalesce(OutboxRow.due_since, OutboxRow.created_at)
    given_up = session.exec(
        update(OutboxRow)
        .where(
            col(OutboxRow.state) == "due",
            col(OutboxRow.channel) == channel,
            due_since <= now - GIVE_UP,
            or_(col(OutboxRow.lease_until).is_(None), col(OutboxRow.lease_until) <= now),
        )
        .values(state="dead", reason=reason[:500], lease_owner=None, lease_until=None)
        .returning(col(OutboxRow.id))
        .execution_options(synchronize_session=False)
    )
    return [number or 0 for number in given_up.scalars()]


def revive(session: Session, outbox_id: int, now: datetime) -> None:
    """Make a dead alert due again under its old id, with its tries counted anew from the schedule's start."""
    row = session.get_one(OutboxRow, outbox_id)
    row.state, row.next_attempt, row.due_since, row.tries = "due", now, now, 0
    row.lease_owner = row.lease_until = None
    session.add(row)
    session.flush()


def revive_all(session: Session, now: datetime, channel: str | None = None) -> int:
    """Make every dead alert due again, of one channel or of all; return how many."""
    found = session.exec(
        update(OutboxRow)
        .where(col(OutboxRow.state) == "dead", *_of(channel))
        .values(state="due", next_attempt=now, due_since=now, tries=0, lease_owner=None, lease_until=None)
        .returning(col(OutboxRow.id))
        .execution_options(synchronize_session=False)
    )
    return len(found.all())


def by_state(session: Session, state: str, limit: int = 200, before: int | None = None) -> list[OutboxRow]:
    """Return alerts of one state, newest first; with ``before`` only those of lower ids."""
    statement = select(OutboxRow).where(OutboxRow.state == state).order_by(col(OutboxRow.id).desc())
    if before is not None:
        statement = statement.where(col(OutboxRow.id) < before)
    return list(session.exec(statement.limit(limit)))


def counts(session: Session) -> dict[str, int]:
    """Return how many alerts there are in each state."""
    return {"due": 0, "sent": 0, "dead": 0} | dict(
        session.exec(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).all()
    )


def attempts_of(session: Session, outbox_ids: Sequence[int]) -> dict[int, list[DeliveryRow]]:
    """Return the attempts of these alerts, oldest first."""
    found: dict[int, list[DeliveryRow]] = {}
    statement = select(DeliveryRow).where(col(DeliveryRow.outbox_id).in_(list(outbox_ids)))
    for row in session.exec(statement.order_by(col(DeliveryRow.id))):
        found.setdefault(row.outbox_id, []).append(row)
    return found
