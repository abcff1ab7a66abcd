"""Whether a feed is silent for longer than it usually is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

# With fewer days of news than this nothing is usual yet.
_KNOWN = 5


@dataclass(frozen=True, slots=True)
class Silence:
    """Days since a feed last brought something new, and the longest pause it made before."""

    days: int
    usual: int

    @property
    def is_long(self) -> bool:
        """True where the pause is longer than any before, and more than a day."""
        return self.days > max(self.usual, 1)


def silence(days: Iterable[date], today: date) -> Silence | None:
    """Return a feed's silence, from the days on which it brought something new; None where too few are known."""
    told = sorted({day for day in days if day <= today})
    if len(told) < _KNOWN:
        return None
    return Silence((today - told[-1]).days, max((b - a).days for a, b in pairwise(told)))
