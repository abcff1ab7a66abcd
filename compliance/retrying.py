"""What is in quarantine is tried again: the entry read from its captured bytes, the story judged anew."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from compliance.coverage import RunCounts
from compliance.drawing import STAGE as DRAW
from compliance.drawing import open_again
from compliance.hunting import STAGE as HUNT
from compliance.hunting import hunt_again
from compliance.intake.bounded import parse_within_limits
from compliance.judging import STAGE as SCREEN
from compliance.judging import judge_now
from compliance.maturing import STAGE as MATURE
from compliance.maturing import queue_again
from compliance.monitor import Monitor
from compliance.reading import STAGE as READ
from compliance.reading import Shelf, sort_entries
from compliance.store import captures, quarantine
from compliance.store.database import session_scope
from compliance.store.tables import QuarantineRow
from compliance.story import Feed


def retry(monitor: Monitor, row: QuarantineRow) -> str | None:
    """Try one row again, also a parked one; return None where it went through and was forgotten, else why not."""
    run_id = f"retry-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    if row.stage == SCREEN:
        return judge_now(monitor, int(row.subject.removeprefix("story:")), run_id, RunCounts())
    if row.stage == READ:
        return _read(monitor, row, run_id)
    if row.stage == MATURE:
        return queue_again(monitor, row.subject, datetime.now(UTC))
    _, number, story = row.subject.split(":")
    if row.stage == DRAW:
        return open_again(monitor, int(number), int(story), datetime.now(UTC))
    if row.stage == HUNT:
        return hunt_again(monitor.engine, int(number), int(story))
    return f"nothing is known of the stage {row.stage}"


def _read(monitor: Monitor, row: QuarantineRow, run_id: str) -> str | None:
    what, feed_id, name = row.subject.split(":", 2)
    with session_scope(monitor.engine) as session:
        document = captures.document(session, row.capture_id) if row.capture_id else None
    if document is None:
        return "the bytes it was read from are not kept any more"
    now = datetime.now(UTC)
    parsed = parse_within_limits(document, now=document.fetched_at)
    if what == "feed" and parsed.broken:
        return f"{parsed.broken} entries still break the parser"
    feed = next((f for f in monitor.feeds if f.id == feed_id), Feed(id=feed_id, url=document.url, title=feed_id))
    with session_scope(monitor.engine) as session:
        # Forgotten first, or the entry would be passed over as parked; it is entered anew where it fails again.
        quarantine.clear(session, row.stage, row.subject)
        entries = sort_entries(session, feed_id, parsed.entries)
        if what == "entry" and name in entries.to_read:
            kept = {p: e for p, e in entries.fresh.items() if p == name}
            entries = replace(
                entries, fresh=kept, changed={i: c for i, c in entries.changed.items() if c[0] == name}, undated={}
            )
        saved = Shelf(session, feed, run_id, now, row.capture_id).save(entries, {})
    return f"{saved.broken} entries failed again" if saved.broken else None
