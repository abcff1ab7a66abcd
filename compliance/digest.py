"""The day's counts → one digest mail in the outbox, even when nothing was found: silence must mean something."""

from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from compliance.alert import Alert, alert_id, plain
from compliance.monitor import Monitor
from compliance.store import desk, feeds, outbox
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunRow
from compliance.story import FeedState


def queue_digest(monitor: Monitor, day: date) -> int:
    """Put the digest of a day (UTC) into the outbox; return 1, or 0 where that day's digest is there already."""
    settings, now = monitor.settings, datetime.now(UTC)
    with session_scope(monitor.engine) as session:
        runs = _runs_of(session, day)
        lines = _lines(
            day, runs, feeds.all_feeds(session), desk.counts(session), settings.desk_url, _raised(session, day)
        )
        subject = _subject(day, runs)
        text = "\n".join(lines) + "\n"
        payload = {"from": settings.alert_from, "to": settings.alert_to, "subject": subject, "text": text}
        name = f"digest:{day.isoformat()}"
        alert = Alert(alert_id(name, "digest", outbox.EMAIL, settings.alert_to), settings.alert_to, payload)
        return outbox.add(session, alert, subject=name, event="digest", run_id=None, now=now)


def _runs_of(session: Session, day: date) -> list[RunRow]:
    start = datetime.combine(day, time(), UTC)
    found = select(RunRow).where(col(RunRow.started_at) >= start, col(RunRow.started_at) < start + timedelta(days=1))
    return list(session.exec(found.order_by(col(RunRow.started_at))))


def _raised(session: Session, day: date) -> list[str]:
    start = datetime.combine(day, time(), UTC)
    found = (e for e in feeds.events(session, start) if e.at < start + timedelta(days=1))
    return [f"{e.at:%H:%M} {e.feed_id}: {e.event}{': ' + e.detail if e.detail else ''}" for e in found]


def _subject(day: date, runs: list[RunRow]) -> str:
    if not runs:
        return f"[digest] {day}: no run took place, nothing is covered"
    opened = sum(int(run.counts.get("cases_opened", 0)) for run in runs)
    trouble = sum(run.state != "reconciled" for run in runs)
    return f"[digest] {day}: {opened} cases opened" + (f"; {trouble} runs need a look" if trouble else "")


def _lines(
    day: date, runs: list[RunRow], known: list[FeedRow], counts: dict[str, int], link: str, raised: list[str]
) -> list[str]:
    lines = [f"Embargo Watch, {day} (UTC)", ""]
    if not runs:
        lines.append("No run took place on this day. Nothing was looked at, so nothing is covered.")
    for run in runs:
        c = run.counts
        lines.append(
            f"Run {run.started_at:%H:%M}: {run.state}; {c.get('stories_new', 0)} new stories, {c.get('screened', 0)} "
            f"screened, {c.get('flagged', 0)} flagged, {c.get('cases_opened', 0)} cases opened, "
            f"{c.get('alerts_delivered', 0)} alerts delivered"
        )
        if c.get("cases_drawn"):
            lines.append(f"  drawn at random from what was cleared: {c['cases_drawn']} cases")
        if c.get("not_covered"):
            lines.append(f"  not covered: {c['not_covered']} stories in other languages, which were not judged")
        lines += [f"  does not add up: {fault}" for fault in run.faults]
    failed = [row for row in known if not FeedState(row.state).is_healthy]
    lines += ["", f"Feeds: {len(known) - len(failed)} of {len(known)} answered at their last reading."]
    for row in failed:
        since = f"{row.state} since {row.state_since:%Y-%m-%d %H:%M}"
        lines.append(f"  not covered: {plain(row.title, 80)} ({since}): {plain(row.reason, 160)}")
    lines += [f"  raised: {plain(text, 300)}" for text in raised]
    lines += ["", f"Queue: {counts['waiting']} cases wait, {counts['decided']} are decided.", f"Desk: {link}"]
    return lines
