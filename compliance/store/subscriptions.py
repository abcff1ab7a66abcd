"""People's own subscriptions, made at the desk."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from compliance.store.tables import UserRow
from compliance.store.tables_alerts import SubscriptionRow
from compliance.subscription import Subscription


def add(session: Session, user_id: int, subscription: Subscription, now: datetime) -> SubscriptionRow:
    """Keep a subscription of a person, to the one address it names."""
    row = SubscriptionRow(
        user_id=user_id,
        channel=subscription.channel,
        address=subscription.to[0],
        declared=subscription.model_dump(mode="json", by_alias=True),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def of_user(session: Session, user_id: int) -> list[tuple[int, Subscription]]:
    """Return a person's subscriptions with their ids, oldest first."""
    statement = select(SubscriptionRow).where(SubscriptionRow.user_id == user_id).order_by(col(SubscriptionRow.id))
    return [(row.id or 0, Subscription.model_validate(row.declared)) for row in session.exec(statement)]


def remove(session: Session, user_id: int, number: int) -> bool:
    """Delete a person's own subscription; False where it is not theirs or not there."""
    row = session.get(SubscriptionRow, number)
    if row is None or row.user_id != user_id:
        return False
    session.delete(row)
    session.flush()
    return True


def of_active_users(session: Session) -> Iterator[tuple[str, Subscription]]:
    """Yield the subscriptions of everyone who may still sign in, named after their owner."""
    statement = (
        select(UserRow.name, SubscriptionRow)
        .join(UserRow, col(UserRow.id) == col(SubscriptionRow.user_id))
        .where(col(UserRow.active).is_(True))
        .order_by(col(SubscriptionRow.id))
    )
    for name, row in session.exec(statement):
        yield f"{name}/{row.id}", Subscription.model_validate(row.declared)
