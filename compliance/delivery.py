"""The last step of the journey: due outbox rows → webhook, with one row per attempt."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from compliance.coverage import RunCounts
from compliance.monitor import Monitor, fetch_policy
from compliance.store import outbox
from compliance.store.database import session_scope
from compliance.store.leases import owner_name
from compliance.webhook import deliver, next_attempt

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]


def deliver_due(monitor: Monitor, counts: RunCounts, progress: Progress | None = None) -> None:
    """Try every due alert once; ``counts`` then tells how many left, wait or were given up.

    Sending happens outside any transaction. A process killed between sending and recording leaves the row leased;
    when the lease ends it is sent again under the same id, by which a receiver knows it.
    """
    with session_scope(monitor.engine) as session:
        counts.alerts_due = outbox.count_waiting(session)
    if not monitor.settings.webhook_url:
        counts.alerts_waiting = counts.alerts_due
        if counts.alerts_due:
            log.warning("alerts wait because no webhook is set alerts=%d", counts.alerts_due)
        return
    owner, policy = owner_name(), fetch_policy(monitor.settings, allow_private=monitor.settings.webhook_allow_private)
    tried = 0
    while True:
        with session_scope(monitor.engine) as session:
            rows = [
                (row.id or 0, row.alert_id, row.payload, row.attempts)
                for row in outbox.lease(session, owner, datetime.now(UTC), limit=20)
            ]
        if not rows:
            break
        for outbox_id, alert_id, payload, attempts in rows:
            receipt = deliver(
                alert_id,
                payload,
                monitor.settings.webhook_url,
                monitor.settings.signing_secret,
                policy,
                datetime.now(UTC),
            )
            now = datetime.now(UTC)
            again = next_attempt(attempts + 1, now, receipt.retry_after)
            with session_scope(monitor.engine) as session:
                state = outbox.record(session, outbox_id, receipt, now, again)
            counts.alerts_delivered += state == "sent"
            counts.alerts_given_up += state == "dead"
            tried += 1
            if state != "sent":
                log.warning("alert not accepted alert=%s state=%s detail=%s", alert_id, state, receipt.detail)
            if progress:
                progress("alerts", min(tried, counts.alerts_due), counts.alerts_due)
    with session_scope(monitor.engine) as session:
        counts.alerts_waiting = outbox.count_waiting(session)
