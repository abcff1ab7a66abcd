"""How well verdicts tell breaches from the rest, in the figures that decide whether anyone can use them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compliance.classifier import figures
from compliance.classifier.bootstrap import DRAWS, SEED, Estimate, estimate, widened
from compliance.classifier.breakdown import Breakdown, breakdowns
from compliance.classifier.corpus import Example
from compliance.classifier.judged import CLASSIFIER, Judged, is_hard, is_ordinary, is_silent, labels_of

AP, AP_HARD = "average precision", "average precision, hard negatives"
RECALL_AT_90 = "recall at precision 0.90"
RECALL, PRECISION, SILENT = "recall of flagged", "precision of flagged", "recall of flagged, breaches that name no law"
HARD, PER_10_000 = "hard negatives flagged", "flagged, per 10,000 ordinary stories"
CALIBRATION = "calibration error at the base rate"
_PER_10_000, _BIN = "per 10,000", "bin"
_Masks = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Row:
    """One line of a table: the stories and events it rests on, and each method's figure, None where it has none."""

    name: str
    stories: int
    events: int
    by_method: tuple[Estimate | None, ...]

    @property
    def first(self) -> float:
        """The figure of the method that is on trial, by which the worst comes first."""
        return self.by_method[0].value if self.by_method[0] else float("nan")


@dataclass(frozen=True)
class Bin:
    """Stories of like scores: their mean score, and how many of their like are breaches at the base rate."""

    stories: int
    score: float
    share: Estimate


@dataclass(frozen=True)
class Measured:
    """The figures of several methods on the same stories; every table but the first has its worst line first."""

    examples: list[Example]
    judged: tuple[Judged, ...]
    main: tuple[Row, ...]
    tables: dict[str, tuple[Row, ...]]
    reliability: tuple[Bin, ...]

    @property
    def labels(self) -> np.ndarray:
        """True where the story is a breach."""
        return labels_of(self.examples)

    def figure(self, name: str, method: int = 0) -> Estimate | None:
        """Return one figure of the main table."""
        return next(row for row in self.main if row.name == name).by_method[method]

    def lines(self) -> list[str]:
        """Return the main table, and who is flagged by negative type, as text."""
        first, width = 48, 24
        head = f"{'':<{first}}" + "".join(f"{j.method:<{width}}" for j in self.judged)
        rows = [*self.main, *self.tables.get("negative type", ())]
        names = [*(r.name for r in self.main), *(f"flagged, {r.name}" for r in rows[len(self.main) :])]
        told = [[str(e) if e else "–" for e in row.by_method] for row in rows]
        body = [f"{n:<{first}}" + "".join(f"{t:<{width}}" for t in row) for n, row in zip(names, told, strict=True)]
        return [f"{len(self.examples)} stories", *(line.rstrip() for line in (head, *body))]


@dataclass(frozen=True, slots=True)
class Report:
    """The main figures without intervals; shares are between 0 and 1."""

    stories: int
    average_precision: float
    average_precision_hard: float
    recall_at_90: float
    recall_at_review: float
    silent_recall_at_review: float
    flagged_by_type: dict[str, float]
    calibration_error: float


def evaluate(examples: Sequence[Example], scores: np.ndarray, flagged: np.ndarray, base_rate: float) -> Report:
    """Return the figures of these scores and flags; grey stories must have been left out.

    ``base_rate`` is the share of breaches that the scores were calibrated to.
    """
    one = Judged(CLASSIFIER, np.asarray(scores), {"flagged": np.asarray(flagged, dtype=bool)}, is_graded=True)
    measured = measure(examples, [one], base_rate, draws=1)
    value = {row.name: row.first for row in measured.main}
    by_type = {row.name: row.first for row in measured.tables.get("negative type", ())}
    return Report(
        len(examples), value[AP], value[AP_HARD], value[RECALL_AT_90], value[RECALL], value[SILENT], by_type,
        value[CALIBRATION],
    )  # fmt: skip


def measure(
    examples: Sequence[Example],
    judged: Sequence[Judged],
    base_rate: float,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Measured:
    """Return every figure of every method with its interval by events; ValueError where a story is grey.

    All methods are measured on the same draws.
    """
    if any(e.label == "grey" for e in examples):
        raise ValueError("grey stories are never scored")
    sorts = _Sorts.of(examples)
    wanted = {(m, name): masks for m, one in enumerate(judged) for name, masks in _wanted(sorts, one).items()}

    def found(weights: np.ndarray) -> dict[tuple[int, str], np.ndarray]:
        graded = [
            ((m, name), values)
            for m, one in enumerate(judged)
            for name, values in _graded(sorts, one, weights, base_rate).items()
        ]
        return dict(graded) | figures.shares(wanted, weights)

    estimates = estimate(found, sorts.events, draws, seed)
    for (m, name), (_, among) in wanted.items():
        share = widened(estimates[m, name], sorts.size(among)[1])
        estimates[m, name] = share.per(10_000) if _PER_10_000 in name else share

    def row(name: str, mask: np.ndarray, key: str) -> Row:
        return Row(name, *sorts.size(mask), tuple(estimates.get((m, key)) for m in range(len(judged))))

    main = tuple(row(name, mask, name) for name, mask in _denominators(sorts, judged[0]).items())
    tables = {}
    for table in sorts.tables:
        rows = [row(group, mask, _cell(table.name, group)) for group, mask in table.groups.items()]
        # The worst recall is the lowest, the worst share of negatives the highest.
        sign = 1 if table.of_breaches else -1
        tables[table.name] = tuple(sorted(rows, key=lambda r: (sign * r.first, r.name)))
    return Measured(list(examples), tuple(judged), main, tables, _reliability(sorts, judged[0], base_rate, estimates))


@dataclass(frozen=True)
class _Sorts:
    """Which stories are of which sort, as masks, and the event of each."""

    labels: np.ndarray
    hard: np.ndarray
    ordinary: np.ndarray
    silent: np.ndarray
    tables: list[Breakdown]
    events: list[str]

    @staticmethod
    def of(examples: Sequence[Example]) -> "_Sorts":
        labels = labels_of(examples)
        silent = labels & np.array([is_silent(e) for e in examples], dtype=bool)
        tables, events = breakdowns(examples), [e.event for e in examples]
        return _Sorts(labels, is_hard(examples), is_ordinary(examples), silent, tables, events)

    def size(self, mask: np.ndarray) -> tuple[int, int]:
        """Return how many stories and how many events a mask holds."""
        return int(mask.sum()), len({self.events[i] for i in np.flatnonzero(mask).tolist()})


def _graded(sorts: _Sorts, one: Judged, weights: np.ndarray, base_rate: float) -> dict[str, np.ndarray]:
    """Return the figures that rest on the order of the scores, and on the scores themselves where they are graded."""
    labels, close = sorts.labels, sorts.labels | sorts.hard
    found = {
        AP: figures.average_precision(labels, one.scores, weights),
        AP_HARD: figures.average_precision(labels[close], one.scores[close], weights[:, close]),
        RECALL_AT_90: figures.recall_at_precision(labels, one.scores, weights),
    }
    if one.is_graded:
        told, came, size = figures.reliability(labels, one.scores, weights, base_rate)
        found[CALIBRATION] = figures.calibration_error(told, came, size)
        found |= {_cell(_BIN, str(number)): share for number, share in enumerate(came.T)}
    return found


def _wanted(sorts: _Sorts, one: Judged) -> dict[str, _Masks]:
    """Return the shares to take of one method: which stories, among which."""
    wanted: dict[str, _Masks] = {}
    for name, flags in one.flags.items():
        wanted |= {
            f"recall of {name}": (flags, sorts.labels),
            f"precision of {name}": (sorts.labels, flags),
            f"{name}, {_PER_10_000} ordinary stories": (flags, sorts.ordinary),
        }
    wanted |= {SILENT: (one.flagged, sorts.silent), HARD: (one.flagged, sorts.hard)}
    for table in sorts.tables:
        wanted |= {_cell(table.name, group): (one.flagged, mask) for group, mask in table.groups.items()}
    return wanted


def _denominators(sorts: _Sorts, one: Judged) -> dict[str, np.ndarray]:
    """Return the main table's figures in the order of its lines, with the stories each rests on."""
    everything = np.ones(len(sorts.labels), dtype=bool)
    wanted = {name: among for name, (_, among) in _wanted(sorts, one).items() if "\t" not in name}
    first = {AP: everything, AP_HARD: sorts.labels | sorts.hard, RECALL_AT_90: everything}
    leading = {name: wanted[name] for name in (RECALL, PRECISION, SILENT, HARD, PER_10_000)}
    return first | leading | wanted | {CALIBRATION: everything}


def _reliability(
    sorts: _Sorts, one: Judged, base_rate: float, estimates: Mapping[tuple[int, str], Estimate]
) -> tuple[Bin, ...]:
    labels, bin_of = sorts.labels, figures.bins_of(one.scores)
    told = figures.reliability(labels, one.scores, np.ones((1, len(labels))), base_rate)[0][0]
    share = labels.mean()
    odds = base_rate / (1 - base_rate) * (1 - share) / share if 0 < share < 1 else 1.0
    bins = []
    for number, score in enumerate(told):
        stories, events = sorts.size(bin_of == number)
        bins.append(Bin(stories, float(score), _at_odds(estimates[0, _cell(_BIN, str(number))], events, odds)))
    return tuple(bins)


def _at_odds(share: Estimate, events: int, odds: float) -> Estimate:
    """Return a share of none or of all with the exact bounds over so many events, carried over to the base rate."""
    if share.value not in (0.0, 1.0):
        return share
    wide = widened(share, events)
    low, high = (bound * odds / (bound * odds + 1 - bound) for bound in (wide.low, wide.high))
    return Estimate(share.value, low, high)


def _cell(table: str, group: str) -> str:
    return f"{table}\t{group}"
