"""From the decided cases that were drawn at random to the share of cleared stories that report a breach. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import binomtest

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Tally:
    """What was drawn: ``pool`` cleared stories of which ``drawn`` became cases, decided as ``dispositions`` counts."""

    pool: int
    drawn: int
    dispositions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MissRate:
    """The share of cleared stories that report a breach, with its exact (Clopper-Pearson) interval at ``confidence``.

    The shares are None where nothing was decided yet. Grey decisions count neither way.
    """

    cleared: int
    drawn: int
    breaches: int
    not_breaches: int
    grey: int
    waiting: int
    share: float | None
    low: float | None
    high: float | None
    confidence: float = CONFIDENCE

    def lines(self) -> list[str]:
        """Return the estimate as text."""
        told = [
            f"{self.drawn:,} of {self.cleared:,} cleared stories were drawn at random: {self.breaches} breaches, "
            f"{self.not_breaches} no breaches, {self.grey} grey (left out), {self.waiting} wait."
        ]
        if self.share is None or self.low is None or self.high is None:
            return [*told, "None is decided as breach or no breach, so nothing can be said about what is missed."]
        return [
            *told,
            f"Cleared stories that report a breach: {self.share:.2%} "
            f"({self.confidence:.0%} interval {self.low:.2%} to {self.high:.2%}, Clopper-Pearson).",
            f"Of the {self.cleared:,} cleared that is {self.share * self.cleared:,.1f} missed "
            f"({self.low * self.cleared:,.1f} to {self.high * self.cleared:,.1f}).",
        ]


def estimate(tally: Tally) -> MissRate:
    """Return the estimate, as if every cleared story had had the same chance to be drawn."""
    breaches, others, grey = (tally.dispositions.get(d, 0) for d in ("breach", "not_breach", "grey"))
    decided = breaches + others
    share, low, high = None, None, None
    if decided:
        interval = binomtest(breaches, decided).proportion_ci(CONFIDENCE, method="exact")
        share, low, high = breaches / decided, float(interval.low), float(interval.high)
    waiting = tally.drawn - decided - grey
    return MissRate(tally.pool, tally.drawn, breaches, others, grey, waiting, share, low, high)
