"""What is wrong with the system itself → the operations channel, told once; and the sign of life after a good run.

Every process that starts looks: a scheduler that died is noticed by whatever starts next, and a machine that is gone
by the service that no longer hears from it.
"""

import logging
from datetime import UTC, datetime, timedelta
from html import escape

from sqlalchemy import func
from sqlmodel import Session, col, select

from compliance import watchdog
from compliance.alert import Alert, alert_id, page, plain
from compliance.certifying import STALE_LIST
from compliance.fetchpolicy import fetch_policy
from compliance.intake.fetcher import fetch
from compliance.monitor import Monitor
from compliance.settings import Settings
from compliance.store import channels, heartbeats, outbox
from compliance.store.database import session_scope
from compliance.store.tables import DeliveryRow, ListRow, OutboxRow, RunRow
from compliance.story import FeedState
from compliance.watchdog import Beat, Ended, Trouble

log = logging.getLogger(__name__)

_BACK = timedelta(days=7)


def expect_jobs(monitor: Monitor, now: datetime) -> None:
    """Expect every scheduled job from now on; called by the process that keeps the schedule."""
    with session_scope(monitor.engine) as session:
        heartbeats.expect(session, _crons(monitor.settings), now)


def beat(monitor: Monitor, job: str) -> None:
    """Enter that a scheduled job ended well."""
    with session_scope(monitor.engine) as session:
        heartbeats.beat(session, job, datetime.now(UTC))


def look(monitor: Monitor, now: datetime) -> int:
    """Queue an alert to the operations channel for every trouble not told yet; return how many were queued."""
    with session_scope(monitor.engine) as session:
        found = troubles(session, monitor.settings, now)
        queued = sum(_tell(session, monitor, trouble, now) for trouble in found)
    for trouble in found[:queued]:
        log.warning("operations alert queued event=%s", trouble.event)
    return queued


def troubles(session: Session, settings: Settings, now: datetime) -> list[Trouble]:
    """Return everything that is wrong now, from what the tables hold."""
    crons = _crons(settings)
    beats = [
        Beat(row.job, crons[row.job], row.first_seen, row.ended_well)
        for row in heartbeats.listed(session)
        if row.job in crons
    ]
    down = {row.name: row.down_since for row in channels.listed(session) if row.open_until and row.down_since}
    return [
        *watchdog.missed_jobs(beats, settings.timezone, now),
        *watchdog.failed_runs(_ended(session, now)),
        *watchdog.dead_letters(_given_up(session, now), f"{now:%Y-%m-%d}"),
        *watchdog.channels_down(down, now),
        *watchdog.stale_lists(_lists(session), STALE_LIST, now),
    ]


def ping(settings: Settings) -> None:
    """Tell the dead-man service, where one is set, that a run ended well. Never raises and never names the address."""
    url = settings.deadman_address
    if not url:
        return
    outcome = fetch(url, fetch_policy(settings, allow_private=settings.webhook_allow_private), accept="*/*")
    if outcome.state is not FeedState.OK and outcome.status not in range(200, 300):
        log.warning("the dead-man service did not answer state=%s", outcome.state.value)


def _crons(settings: Settings) -> dict[str, str]:
    return {
        "nightly": settings.nightly_cron,
        "ingest": settings.ingest_cron,
        "digest": settings.digest_cron,
        "list": settings.list_cron,
    }


def _ended(session: Session, now: datetime) -> list[Ended]:
    statement = select(RunRow).where(col(RunRow.started_at) >= now - _BACK, RunRow.state != "running")
    return [
        Ended(row.id, row.state, row.faults, row.counts.get("feeds_by_state", {}))
        for row in session.exec(statement.order_by(col(RunRow.started_at)))
    ]


def _given_up(session: Session, now: datetime) -> dict[str, int]:
    """Count per channel what was given up in the last day; operations alerts about that would beget each other."""
    recent = select(DeliveryRow.outbox_id).where(col(DeliveryRow.at) >= now - timedelta(days=1))
    statement = (
        select(OutboxRow.channel, func.count())
        .where(OutboxRow.state == "dead", col(OutboxRow.id).in_(recent), OutboxRow.subscription != "operations")
        .group_by(OutboxRow.channel)
    )
    return dict(session.exec(statement).all())


def _lists(session: Session) -> dict[str, datetime]:
    statement = (
        select(ListRow.source, func.max(ListRow.last_seen))
        .where(col(ListRow.accepted).is_(True))
        .group_by(ListRow.source)
    )
    return {source: seen if seen.tzinfo else seen.replace(tzinfo=UTC) for source, seen in session.exec(statement)}


def _tell(session: Session, monitor: Monitor, trouble: Trouble, now: datetime) -> int:
    to, settings, queued = monitor.alert_book.operations, monitor.settings, 0
    subject = plain(f"[operations] {trouble.subject}", 160)
    lines = [plain(line, 300) for line in trouble.text.splitlines()]
    text = "\n".join([subject, "", *lines, "", f"Desk: {settings.desk_url}"]) + "\n"
    body = f'<h1 style="font-size:20px">{escape(subject)}</h1>' + "".join(f"<p>{escape(line)}</p>" for line in lines)
    for recipient in to.to:
        payload = {
            "from": monitor.alert_book.sender(to.channel, settings.alert_from),
            "to": recipient,
            "subject": subject,
            "text": text,
            "html": page(subject, body),
            "case": {"link": settings.desk_url},
        }
        alert = Alert(alert_id(trouble.event, "operations", to.channel, recipient), recipient, payload)
        queued += outbox.add(
            session,
            alert,
            subject=trouble.event,
            event="operations",
            run_id=None,
            now=now,
            channel=to.channel,
            subscription="operations",
        )
    return queued
