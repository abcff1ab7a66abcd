"""The last step of the journey: due outbox rows → their channels, with one row per attempt.

Every channel is worked off by a thread of its own, so that one that is slow or down delays none of the others.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from compliance import circuit as circuits
from compliance import operations
from compliance.alert import Receipt
from compliance.channels.channel import Channel
from compliance.channels.opening import open_channel
from compliance.circuit import Circuit
from compliance.coverage import RunCounts
from compliance.errors import ConfigError
from compliance.maturing import queue_matured
from compliance.monitor import Monitor
from compliance.store import channels, outbox, quarantine
from compliance.store.database import session_scope
from compliance.store.leases import owner_name
from compliance.webhook import next_attempt

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
Clock = Callable[[], datetime]
_BATCH = 50
_THREADS = 8
# No single send takes longer than this; a batch stops early rather than outlive its lease.
_LONGEST_SEND = timedelta(seconds=150)
# Answers that speak of the receiver and not of the alert: too busy, a gateway, a mail server that refuses the login.
_OF_CHANNEL = frozenset({421, 429, 454, 502, 503, 504, 530, 534, 535})


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A leased alert, apart from its row."""

    id: int
    alert_id: str
    recipient: str
    payload: dict[str, Any]
    tries: int
    due_since: datetime


@dataclass(slots=True)
class _Tally:
    """What all threads of one delivery have done so far."""

    due: int
    progress: Progress | None
    tried: int = 0
    states: dict[int, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outbox_id: int, state: str, parked: Sequence[int]) -> None:
        with self.lock:
            self.tried += 1
            self.states |= {outbox_id: state} | dict.fromkeys(parked, "dead")
            if self.progress:
                self.progress("alerts", min(self.tried, self.due), self.due)


def utc_now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


def deliver_due(monitor: Monitor, counts: RunCounts, progress: Progress | None = None, clock: Clock = utc_now) -> None:
    """Try every due alert once; ``counts`` then tells how many left, wait or were given up.

    Sending happens outside any transaction. A process killed between sending and recording leaves the row leased;
    when the lease ends it is sent again under the same id, by which a receiver knows it. Raises ConfigError, after
    the other channels were worked off, where a channel cannot be opened; its alerts wait.
    """
    queue_matured(monitor, clock())
    with session_scope(monitor.engine) as session:
        due = outbox.waiting_ids(session)
        names = outbox.channels_waiting(session)
    ready, wrong = _opened(monitor, names, clock())
    tally = _Tally(len(due), progress)
    if ready:
        with ThreadPoolExecutor(min(_THREADS, len(ready)), thread_name_prefix="deliver") as pool:
            list(pool.map(lambda channel: _work_off(monitor, channel, tally, clock), ready))
    with session_scope(monitor.engine) as session:
        _count(counts, due, outbox.states_of(session, due), tally.states)
    if wrong:
        raise ConfigError("; ".join(wrong))


def _count(counts: RunCounts, due: Sequence[int], now: Mapping[int, str], ours: Mapping[int, str]) -> None:
    """Count what became of the alerts that were due: by us, or meanwhile by another deliverer."""
    counts.alerts_due = len(due)
    counts.alerts_waiting = sum(now.get(number) == "due" for number in due)
    settled = [number for number in due if now.get(number) in ("sent", "dead")]
    counts.alerts_delivered += sum(ours.get(number) == "sent" for number in settled)
    counts.alerts_given_up += sum(ours.get(number) == "dead" for number in settled)
    counts.alerts_elsewhere += sum(ours.get(number) not in ("sent", "dead") for number in settled)


def _opened(monitor: Monitor, names: Sequence[str], now: datetime) -> tuple[list[Channel], list[str]]:
    ready, wrong = [], []
    for name in names:
        try:
            channel = open_channel(name, monitor.alert_book, monitor.settings)
        except ConfigError as error:
            wrong.append(str(error))
            if _note_shut(monitor, name, str(error), now):
                log.warning("a channel cannot be opened, its alerts wait channel=%s reason=%s", name, error)
            continue
        if channel is None:
            log.warning("alerts wait because no webhook is set channel=%s", name)
        else:
            ready.append(channel)
    return ready, wrong


def _note_shut(monitor: Monitor, name: str, reason: str, now: datetime) -> bool:
    """Enter that a channel is down, so that the desk shows it and the watchdog tells of it; True where that is news."""
    with session_scope(monitor.engine) as session:
        known = channels.circuit_of(session, name)
        down_since = known.down_since or now
        channels.keep(session, name, Circuit(known.failures, down_since, now, reason, known.last_alert), now)
        return known.reason != reason[:500]


def _work_off(monitor: Monitor, channel: Channel, tally: _Tally, clock: Clock) -> None:
    """Send what is due on one channel, batch by batch; leave a channel that is down alone after one probe."""
    owner = owner_name()
    while True:
        now = clock()
        with session_scope(monitor.engine) as session:
            circuit = channels.circuit_of(session, channel.name)
            if not circuit.may_try(now):
                return
            leased = outbox.lease(session, owner, now, _BATCH, channel.name, probe=circuit.is_open)
            batch = [
                _Waiting(r.id or 0, r.alert_id, r.recipient, r.payload, r.tries, r.due_since or r.created_at)
                for r in leased
            ]
        if not batch:
            return
        _send_batch(monitor, channel, batch, circuit, owner, tally, clock)


def _send_batch(
    monitor: Monitor,
    channel: Channel,
    batch: Sequence[_Waiting],
    circuit: Circuit,
    owner: str,
    tally: _Tally,
    clock: Clock,
) -> None:
    began, stuck, unsent = time.monotonic(), set(), []
    for waiting in batch:
        is_late = timedelta(seconds=time.monotonic() - began) > outbox.LEASE - _LONGEST_SEND
        # What failed holds its lane; a channel that has just been found down is not asked again.
        if waiting.recipient in stuck or is_late or (circuit.is_open and waiting is not batch[0]):
            unsent.append(waiting.id)
            continue
        receipt = _sent(channel, waiting)
        state, circuit = _record(monitor, channel.name, waiting, receipt, circuit, clock(), tally)
        if state == "due":
            stuck.add(waiting.recipient)
        if state != "sent":
            log.warning("alert not accepted alert=%s state=%s detail=%s", waiting.alert_id, state, receipt.detail)
    if unsent:
        with session_scope(monitor.engine) as session:
            outbox.give_back(session, owner, unsent)


def _sent(channel: Channel, waiting: _Waiting) -> Receipt:
    """Send one alert. One that breaks the channel's own code is given up with its reason, and the others are sent."""
    try:
        return channel.send(waiting.alert_id, waiting.payload)
    except ConfigError:
        raise
    except Exception as error:  # one alert that breaks its channel must not hold up the others
        log.exception("an alert could not be sent alert=%s", waiting.alert_id)
        return Receipt(False, True, None, 0, quarantine.reason_of(error))


def _record(
    monitor: Monitor,
    name: str,
    waiting: _Waiting,
    receipt: Receipt,
    circuit: Circuit,
    now: datetime,
    tally: _Tally,
) -> tuple[str, Circuit]:
    """Enter the attempt and what it says of the channel, in one transaction."""
    following = circuits.after_success()
    again: datetime | None = now
    of_channel = receipt.http_status is None or receipt.http_status in _OF_CHANNEL
    charged = not of_channel and (not circuit.is_open or waiting.tries < outbox.HOLDING_TRIES)
    if not (receipt.accepted or receipt.final):
        following = circuits.after_failure(
            circuit, now, waiting.alert_id, receipt.detail, of_channel=of_channel, asked=receipt.retry_after
        )
        again = _again(waiting, receipt, following, of_channel, now)
    parked: list[int] = []
    with session_scope(monitor.engine) as session:
        state = outbox.record(session, waiting.id, receipt, now, again, charged=charged)
        if following != circuit:
            channels.keep(session, name, following, now)
        if circuit.is_open and not following.is_open:
            outbox.wake(session, name, now)
        if following.is_open and following.down_since and following.down_since <= now - outbox.GIVE_UP:
            parked = outbox.park(session, name, f"no answer for three days: {receipt.detail}", now)
    tally.add(waiting.id, state, parked)
    return state, following


def _again(waiting: _Waiting, receipt: Receipt, following: Circuit, of_channel: bool, now: datetime) -> datetime | None:
    """Return when to try again: by the schedule, or, where the channel is down, when it is probed next."""
    if now - waiting.due_since >= outbox.GIVE_UP:
        return None
    if following.open_until is not None:
        return following.open_until
    tries = following.failures if of_channel else waiting.tries + 1
    return next_attempt(tries, now, receipt.retry_after)


def deliver_until(monitor: Monitor, stopped: threading.Event, every: float = 15.0) -> None:
    """Deliver what is due every few seconds until stopped. What breaks one round is logged, and the next one comes."""
    while not stopped.wait(every):
        try:
            operations.look(monitor, utc_now())
            deliver_due(monitor, RunCounts())
        except ConfigError:
            # Said when it was found, and shown at the desk; the next round may find it mended.
            continue
        except Exception:  # a thread that died here would end all alerts in silence; the rows stay due
            log.warning("a round of deliveries broke", exc_info=True)
