"""The day's certificate → one digest mail in the outbox, even when nothing was found: silence must mean something."""

from datetime import UTC, date, datetime, time, timedelta
from html import escape

from sqlmodel import Session, col, select

from compliance import certificate as certificates_
from compliance.alert import Alert, alert_id, facts, page, plain
from compliance.certificate import Certificate
from compliance.certifying import issue
from compliance.monitor import Monitor
from compliance.store import certificates, desk, feeds, ledger, nights, outbox
from compliance.store.database import session_scope
from compliance.store.tables import FeedRow, RunRow
from compliance.story import FeedState

_CATCH_UP = 31


def queue_missing(monitor: Monitor, yesterday: date) -> int:
    """Queue the digest of yesterday and of every day since the last certificate; return how many mails that makes.

    A machine that stood still for a while owes a certificate for each of those days, at most a month of them.
    """
    with session_scope(monitor.engine) as session:
        last = certificates.last_day(session)
    first = max(last + timedelta(days=1), yesterday - timedelta(days=_CATCH_UP)) if last else yesterday
    days = [first + timedelta(days=n) for n in range((yesterday - first).days + 1)] or [yesterday]
    return sum(queue_digest(monitor, day) for day in days)


def queue_digest(monitor: Monitor, day: date) -> int:
    """Issue a day's certificate (UTC) and put its digest into the outbox, in one transaction.

    Returns how many mails were queued: 0 where that day's digest is there already.
    """
    now, book = datetime.now(UTC), monitor.alert_book
    with session_scope(monitor.engine) as session:
        made = issue(session, monitor, day, now) or certificates.of_day(session, day)
        assert made is not None, "a day whose certificate was not issued has one"
        payload = _mail(session, monitor, day, made)
        name, queued = f"digest:{day.isoformat()}", 0
        for recipient in book.digest.to:
            number = alert_id(name, "digest", book.digest.channel, recipient)
            alert = Alert(number, recipient, {**payload, "to": recipient})
            queued += outbox.add(
                session, alert, subject=name, event="digest", run_id=None, now=now, channel=book.digest.channel
            )
        return queued


# A head of the record that many people hold cannot be written anew unseen.
def _mail(session: Session, monitor: Monitor, day: date, made: Certificate) -> dict[str, object]:
    settings = monitor.settings
    sender = monitor.alert_book.sender(monitor.alert_book.digest.channel, settings.alert_from)
    runs = _runs_of(session, day)
    link = f"{settings.desk_url.rstrip('/')}/certificates/{made.number}"
    subject = _subject(day, runs)
    known, counts = feeds.all_feeds(session), desk.counts(session)
    lines = _lines(day, runs, known, counts, settings.desk_url, _raised(session, day))
    record = "Record: {} rows, the last with the digest {}".format(*ledger.head(session))
    text = "\n".join([*lines, "", *certificates_.lines(made), f"Certificate: {link}", record]) + "\n"
    return {
        "from": sender,
        "to": "",
        "subject": subject,
        "text": text,
        "html": _html(subject, made, link, record),
        "case": {"link": link},
    }


def _html(subject: str, made: Certificate, link: str, record: str) -> str:
    told, noted = made.facts, made.noted
    missing = "".join(f"<li>{escape(line)}</li>" for line in certificates_.limits(told, noted)[:40])
    box = "margin:16px 0;padding:8px 16px;background:#fff4d6;border-radius:6px;overflow-wrap:anywhere"
    lead = " ".join(filter(None, (certificates_.headline(told, noted), certificates_.why_nothing(told))))
    body = (
        f'<h1 style="font-size:20px;line-height:1.3">{escape(subject)}</h1><p style="font-size:17px">{escape(lead)}</p>'
        + (
            f'<div style="{box}"><b>Not covered</b><ul style="padding-left:20px">{missing}</ul></div>'
            if missing
            else ""
        )
        + facts(certificates_.rows(told, noted))
        + f'<p><a href="{escape(link, quote=True)}">Certificate {made.number} at the desk</a></p>'
        + f'<p style="font-size:13px;color:#555;overflow-wrap:anywhere">Digest {made.digest}<br>{escape(record)}</p>'
    )
    return page(subject, body)


def _runs_of(session: Session, day: date) -> list[RunRow]:
    start, end = nights.span(day)
    found = select(RunRow).where(col(RunRow.started_at) >= start, col(RunRow.started_at) < end)
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
