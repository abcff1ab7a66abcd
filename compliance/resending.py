"""Alerts that were given up, sent again because a person says so: recorded in the ledger with who said it."""

from datetime import datetime

from sqlalchemy import Engine

from compliance.errors import ConfigError
from compliance.store import ledger, outbox, reminders
from compliance.store.database import session_scope
from compliance.store.tables import OutboxRow


def resend_alert(engine: Engine, number: int, actor: str, now: datetime) -> int:
    """Make one dead alert due again under its old id; ConfigError where there is none of that number."""
    with session_scope(engine) as session:
        row = session.get(OutboxRow, number)
        if row is None or row.state != "dead":
            raise ConfigError(f"no alert {number} was given up")
        outbox.revive(session, number, now)
        ledger.append(session, at=now, actor=actor, action="alert.resent", subject=f"alert:{row.alert_id}")
        return 1


def resend_all(engine: Engine, channel: str | None, actor: str, now: datetime) -> int:
    """Make every dead alert due again, of one channel or of all; return how many."""
    with session_scope(engine) as session:
        count = outbox.revive_all(session, now, channel)
        if count:
            after = {"channel": channel or "all", "count": count}
            ledger.append(session, at=now, actor=actor, action="alert.resent", subject="alerts", after=after)
        return count


def acknowledge(engine: Engine, reference: str, actor: str, now: datetime) -> int:
    """Enter that someone took notice of a case; return how many repetitions that ends."""
    with session_scope(engine) as session:
        ended = reminders.acknowledge(session, reference, actor, now)
        ledger.append(session, at=now, actor=actor, action="case.acknowledged", subject=reference)
        return ended
