"""Feeds that have not answered as feeds for a day → one mail to the operator, once for each failure."""

from datetime import datetime

from compliance.alert import Alert, alert_id, plain
from compliance.monitor import Monitor
from compliance.store import feeds, outbox
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow

_MOST_LINES = 100


def raise_alarms(monitor: Monitor, now: datetime) -> int:
    """Queue one mail naming every feed of the catalogue that fails for a day, untold so far; return how many.

    The mail and the mark that it was queued land in one transaction. A feed that recovers may be told of again.
    """
    declared = {feed.id for feed in monitor.feeds}
    with session_scope(monitor.engine) as session:
        rows = [row for row in feeds.to_alarm(session, now) if row.id in declared]
        if not rows:
            return 0
        alert = _alert(monitor, rows, now)
        outbox.add(session, alert, subject=_subject(now), event="feeds.failing", run_id=None, now=now)
        for row in rows:
            row.alarmed_at = now
            session.add(row)
    return len(rows)


def _subject(now: datetime) -> str:
    return f"feeds:{now:%Y-%m-%dT%H:%M:%S.%f}"


def _alert(monitor: Monitor, rows: list[FeedRow], now: datetime) -> Alert:
    settings = monitor.settings
    lines = ["These feeds have not been read for a day or more. What they report is not covered.", ""]
    for row in rows[:_MOST_LINES]:
        since = f"{row.failing_since:%Y-%m-%d %H:%M} UTC" if row.failing_since else "long ago"
        lines.append(f"{plain(row.title, 80)} ({row.id}): {row.state} since {since}: {plain(row.reason, 160)}")
    if len(rows) > _MOST_LINES:
        lines.append(f"... and {len(rows) - _MOST_LINES} more")
    lines += ["", "They are asked again at least once a day.", f"Coverage: {settings.desk_url.rstrip('/')}/coverage"]
    subject = f"[feeds] {len(rows)} not read for a day"
    payload = {
        "from": settings.alert_from,
        "to": settings.alert_to,
        "subject": subject,
        "text": "\n".join(lines) + "\n",
    }
    return Alert(alert_id(_subject(now), "feeds.failing", outbox.EMAIL, settings.alert_to), settings.alert_to, payload)
