"""What someone must be told of about the system itself: jobs that did not run, runs that failed, dead ends. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

_GRACE = timedelta(hours=1)
_LONG_DOWN = timedelta(hours=1)
_WORDS = {
    "nightly": "the nightly judgement",
    "ingest": "the reading of the feeds",
    "digest": "the daily digest",
    "list": "the refresh of the UN list",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something an operator must look at. ``event`` is the same for the same trouble, which is told once."""

    event: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A recurring job: since when it is expected, and when it last ended well."""

    job: str
    cron: str
    first_seen: datetime
    ended_well: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended, or lost its process."""

    id: str
    state: str
    faults: Sequence[str]
    feeds: Mapping[str, int]


def missed(beat: Beat, zone: str, now: datetime) -> datetime | None:
    """Return the first moment at which the job should have run and, an hour or half an interval later, had not."""
    since = beat.ended_well or beat.first_seen
    slots = CronSim(beat.cron, since.astimezone(ZoneInfo(zone)))
    slot = next(slots).astimezone(UTC)
    following = next(slots).astimezone(UTC)
    grace = min(_GRACE, (following - slot) / 2)
    return slot if slot + grace <= now else None


def missed_jobs(beats: Sequence[Beat], zone: str, now: datetime) -> list[Trouble]:
    """Return a trouble for every job whose time has passed without it."""
    found = []
    for beat in beats:
        slot = missed(beat, zone, now)
        if slot is None:
            continue
        words = _WORDS.get(beat.job, beat.job)
        last = f"It last ended well at {beat.ended_well:%Y-%m-%d %H:%M} UTC." if beat.ended_well else "It never has."
        text = f"It was due at {slot:%Y-%m-%d %H:%M} UTC and has not ended well since. {last}"
        found.append(Trouble(f"missed:{beat.job}:{slot:%Y%m%dT%H%M}", f"{words} did not take place", text))
    return found


def failed_runs(runs: Sequence[Ended]) -> list[Trouble]:
    """Return a trouble for every run that did not reconcile, and for every one to which no feed answered."""
    found = []
    for run in runs:
        if run.state in ("unreconciled", "failed", "interrupted"):
            why = "\n".join(f"- {fault}" for fault in run.faults[:20]) or "- no reason was recorded"
            found.append(Trouble(f"run:{run.id}", f"run {run.id} is {run.state}", f"What the run says:\n{why}"))
        healthy = sum(run.feeds.get(state, 0) for state in ("ok", "empty", "unchanged"))
        if run.feeds and not healthy:
            total = sum(run.feeds.values())
            text = f"None of the {total} feeds that run {run.id} asked could be read. Nothing is covered."
            found.append(Trouble(f"feeds:{run.id}", "no feed can be read", text))
    return found


def dead_letters(given_up: Mapping[str, int], day: str) -> list[Trouble]:
    """Return a trouble for every channel on which alerts were given up and wait for a person."""
    return [
        Trouble(
            f"dead:{channel}:{day}",
            f"{count} alerts were given up on channel {channel}",
            "They stand among the alerts at the desk with the reason, and can be sent again from there.",
        )
        for channel, count in sorted(given_up.items())
        if count
    ]


def channels_down(down_since: Mapping[str, datetime], now: datetime) -> list[Trouble]:
    """Return a trouble for every channel that has been down for an hour."""
    return [
        Trouble(
            f"down:{channel}:{since:%Y%m%dT%H%M%S}",
            f"channel {channel} does not take alerts",
            f"It has been down since {since:%Y-%m-%d %H:%M} UTC. Its alerts wait and leave in order when it is back.",
        )
        for channel, since in sorted(down_since.items())
        if now - since >= _LONG_DOWN
    ]


def stale_lists(last_seen: Mapping[str, datetime], oldest: timedelta, now: datetime) -> list[Trouble]:
    """Return a trouble for every sanctions list that has not been seen for longer than ``oldest``."""
    return [
        Trouble(
            f"stale:{source}:{seen:%Y%m%dT%H%M%S}",
            f"list {source} is stale",
            f"It was last seen at {seen:%Y-%m-%d %H:%M} UTC. Designations made since then are not known.",
        )
        for source, seen in sorted(last_seen.items())
        if now - seen > oldest
    ]
