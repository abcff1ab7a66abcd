"""The circuits of the channels, kept so that every deliverer knows which of them are down."""

from datetime import datetime

from sqlmodel import Session, col, select

from compliance.circuit import Circuit
from compliance.store.tables_alerts import ChannelRow


def circuit_of(session: Session, name: str) -> Circuit:
    """Return the circuit of a channel; closed where nothing is known of it."""
    row = session.get(ChannelRow, name)
    return Circuit(row.failures, row.down_since, row.open_until, row.reason, row.last_alert) if row else Circuit()


def keep(session: Session, name: str, circuit: Circuit, now: datetime) -> None:
    """Enter the circuit of a channel."""
    row = session.get(ChannelRow, name) or ChannelRow(name=name, changed_at=now)
    row.failures, row.down_since, row.open_until = circuit.failures, circuit.down_since, circuit.open_until
    row.reason, row.last_alert, row.changed_at = circuit.reason[:500], circuit.last_alert, now
    session.add(row)
    session.flush()


def listed(session: Session) -> list[ChannelRow]:
    """Return every channel that was ever used, by name."""
    return list(session.exec(select(ChannelRow).order_by(col(ChannelRow.name))))
