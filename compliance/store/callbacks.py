"""What mail services reported of alerts after they had taken them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from compliance.store.dialect import insert_new
from compliance.store.tables import OutboxRow
from compliance.store.tables_alerts import CallbackRow

_FAILED = ("bounced", "complained")


def enter(session: Session, number: str, alert_id: str, kind: str, detail: str, now: datetime) -> bool:
    """Enter a report once, however often it comes; False where there is no such alert.

    A bounce turns a sent alert into one that a person must look at.
    """
    row = session.exec(select(OutboxRow).where(OutboxRow.alert_id == alert_id)).first()
    if row is None:
        return False
    given = {"id": number, "alert_id": alert_id, "kind": kind, "at": now, "detail": detail}
    if insert_new(session, CallbackRow, [given]) and kind in _FAILED and row.state == "sent":
        row.state, row.reason = "dead", f"{kind}: {detail}"[:500]
        session.add(row)
        session.flush()
    return True


def of_alerts(session: Session, alert_ids: Sequence[str]) -> dict[str, list[CallbackRow]]:
    """Return the reports about these alerts, oldest first."""
    found: dict[str, list[CallbackRow]] = {}
    statement = select(CallbackRow).where(col(CallbackRow.alert_id).in_(list(alert_ids)))
    for row in session.exec(statement.order_by(col(CallbackRow.at))):
        found.setdefault(row.alert_id, []).append(row)
    return found
