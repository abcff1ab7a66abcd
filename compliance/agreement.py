"""How far readers agree on a case: the share alike, Krippendorff's alpha, Cohen's kappa of two readings. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """``cases`` were decided by two readers or more; ``alike`` of them by all in the same way.

    ``alpha`` is 1 for full agreement, about 0 for what chance would give, None where nothing could differ
    (Krippendorff, Content Analysis, nominal metric).
    """

    cases: int
    alike: int
    alpha: float | None

    @property
    def share(self) -> float | None:
        """The share of cases on which all readers agree; None where no case had two."""
        return self.alike / self.cases if self.cases else None


@dataclass(frozen=True, slots=True)
class Paired:
    """First and second readings of so many cases; ``alike`` of them gave the same word.

    ``kappa`` is what they agree beyond chance, of what they could (Cohen 1960, unweighted), the first readers taken as
    one and the second as the other; None where chance alone would agree always.
    """

    how: str
    cases: int
    alike: int
    kappa: float | None

    @property
    def share(self) -> float | None:
        """The share of cases that were read alike; None where there is none."""
        return self.alike / self.cases if self.cases else None


def paired(how: str, readings: Iterable[tuple[str, str]]) -> Paired:
    """Return how far second readings agree with first ones."""
    read = list(readings)
    alike, number = sum(a == b for a, b in read), len(read)
    first, second = Counter(a for a, _ in read), Counter(b for _, b in read)
    by_chance = sum(n * second[word] for word, n in first.items())
    possible = number * number - by_chance
    return Paired(how, number, alike, (alike * number - by_chance) / possible if possible else None)


def agreement(words: Iterable[Mapping[str, str]]) -> Agreement:
    """Return how far readers agree; each item holds one case's words by reader, and one word alone says nothing."""
    read = [Counter(case.values()) for case in words if len(case) >= 2]
    totals: Counter[str] = Counter()
    for case in read:
        totals.update(case)
    return Agreement(len(read), sum(len(case) == 1 for case in read), _alpha(read, totals))


def _alpha(read: list[Counter[str]], totals: Counter[str]) -> float | None:
    given = sum(totals.values())
    expected = given * given - sum(n * n for n in totals.values())
    if not expected:
        return None
    # Pairs within a case that differ, each case weighing by its readers but one.
    observed = 0.0
    for case in read:
        readers = sum(case.values())
        observed += (readers * readers - sum(n * n for n in case.values())) / (readers - 1)
    return 1 - (given - 1) * observed / expected
