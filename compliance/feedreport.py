"""How the feeds stand, for a terminal or a watchdog: next check, what was raised, and whether all is silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from compliance.settings import Settings
from compliance.store import feeds
from compliance.store.tables import FeedRow

_LOOK_BACK = timedelta(days=7)
_SHOWN = ("id", "state", "standing", "reason", "failures", "entries", "losses", "moved_to", "interval")
_TIMES = ("failing_since", "last_success", "last_new", "next_check", "held_until", "silent_since", "lost_at")


@dataclass(frozen=True, slots=True)
class FeedReport:
    """Every feed as plain values, what was raised lately, the hits of patterns, and the alarm, if any."""

    lines: tuple[dict[str, Any], ...]
    raised: tuple[tuple[datetime, str, str, str], ...]
    patterns: tuple[tuple[str, str, str, int], ...]
    alarm: str


def report(session: Session, settings: Settings, now: datetime) -> FeedReport:
    """Return how every feed stands now."""
    raised = tuple((e.at, e.feed_id, e.event, e.detail) for e in feeds.events(session, now - _LOOK_BACK))
    hits = tuple((p.feed_id, p.kind, p.pattern, p.hits) for p in feeds.patterns(session))
    lines = tuple(_line(row) for row in feeds.all_feeds(session))
    return FeedReport(lines, raised, hits, silent_stop(session, settings, now))


def silent_stop(session: Session, settings: Settings, now: datetime) -> str:
    """Return the alarm that nothing is being read at all, or an empty text.

    The schedule may be dead, or every feed failing: neither may look like a quiet day. Two of the longest intervals
    are the time a healthy installation never lets pass.
    """
    longest = timedelta(minutes=2 * settings.poll_longest_minutes)
    last = feeds.last_answer(session)
    if last is None:
        return "No feed has ever been read: nothing is covered."
    if now - last > longest:
        hours = int((now - last).total_seconds() // 3600)
        return f"No feed has answered for {hours} hours: nothing is covered since {last:%Y-%m-%d %H:%M} UTC."
    return ""


def _line(row: FeedRow) -> dict[str, Any]:
    times = {name: getattr(row, name) for name in _TIMES}
    told = {name: moment.isoformat() if moment else None for name, moment in times.items()}
    return {name: getattr(row, name) for name in _SHOWN} | told | {"move_proposed": feeds.is_proposed(row)}


def show(found: FeedReport) -> None:
    """Print the report as tables."""
    console = Console()
    table = Table("feed", "standing", "last answer", "failures", "next check", "reason", title="Feeds")
    for line in found.lines:
        style = {"healthy": "green", "failing": "red"}.get(line["standing"], "yellow")
        last, following = (str(line[name] or "never")[:16].replace("T", " ") for name in ("last_success", "next_check"))
        notes = [line["reason"]] if line["reason"] else []
        notes += [f"silent since {line['silent_since'][:16]}"] if line["silent_since"] else []
        notes += [f"says it moved to {line['moved_to']}"] if line["moved_to"] else []
        standing = Text(line["standing"], style=style)
        table.add_row(line["id"], standing, last, str(line["failures"]), following, Text("; ".join(notes)))
    console.print(table)
    for moment, feed_id, event, detail in found.raised:
        console.print(Text(f"{moment:%Y-%m-%d %H:%M} {feed_id}: {event}{': ' + detail if detail else ''}"))
    for feed_id, kind, pattern, hits in found.patterns:
        console.print(Text(f"{feed_id}: {kind} {pattern!r} hit {hits} times"))
