"""When to leave a channel alone: after failures in a row it is only probed, by one alert at a time. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

THRESHOLD = 3
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_ASKED = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Circuit:
    """The state of a channel. It is open, and nothing but a probe leaves by it, while ``open_until`` is set."""

    failures: int = 0
    down_since: datetime | None = None
    open_until: datetime | None = None
    reason: str = ""
    last_alert: str = ""

    @property
    def is_open(self) -> bool:
        """True where the channel is known to be down or has asked to be left alone."""
        return self.open_until is not None

    def may_try(self, now: datetime) -> bool:
        """True where alerts may leave: all of them by a closed circuit, one probe by an open one whose wait is over.

        A clock that was set far back does not keep the circuit open: no wait is longer than a day.
        """
        return self.open_until is None or not now < self.open_until <= now + 2 * _LONGEST_ASKED


def after_success() -> Circuit:
    """Return the circuit of a channel that has just taken an alert: closed."""
    return Circuit()


def after_failure(
    circuit: Circuit, now: datetime, alert_id: str, reason: str, *, of_channel: bool, asked: float | None = None
) -> Circuit:
    """Return the circuit after a failure that is worth another try.

    It opens at the third failure in a row, for half a minute and twice as long each time up to a quarter of an hour,
    and at once where the receiver asked for a pause (``asked``, in seconds). A failure that need not be the channel's
    (``of_channel``) counts once for each alert, so that a single poisonous alert does not stop all the others.
    """
    if not of_channel and not circuit.is_open and alert_id == circuit.last_alert:
        return circuit
    failures = circuit.failures + 1
    wait = timedelta()
    if failures >= THRESHOLD:
        wait = min(_FIRST_WAIT * 2 ** min(failures - THRESHOLD, 10), _LONGEST_WAIT)
    if asked is not None:
        wait = max(wait, min(timedelta(seconds=asked), _LONGEST_ASKED))
    down_since = circuit.down_since or now
    until = now + wait if wait else None
    return Circuit(failures, down_since, until, reason, alert_id)
