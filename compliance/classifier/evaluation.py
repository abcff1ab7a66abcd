"""How well verdicts tell breaches from the rest, in the figures that decide whether anyone can use them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compliance.classifier import figures
from compliance.classifier.bootstrap import DRAWS, SEED, Estimate, estimate, widened
from compliance.classifier.breakdown import breakdowns
from compliance.classifier.corpus import Example
from compliance.classifier.judged import CLASSIFIER, Judged, is_hard, is_ordinary, is_silent, labels_of

AP, AP_HARD = "average precision", "average precision, hard negatives"
RECALL_AT_90 = "recall at precision 0.90"
RECALL, PRECISION, SILENT = "recall of flagged", "precision of flagged", "recall of flagged, breaches that name no law"
HARD, PER_10_000 = "hard negatives flagged", "flagged, per 10,000 ordinary stories"
CALIBRATION = "calibration error at the base rate"
_PER_10_000 = "per 10,000"
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
    """Return every figure of every method with its interval by events; ValueError where a story is grey."""
    if any(e.label == "grey" for e in examples):
        raise ValueError("grey stories are never scored")
    events = [e.event for e in examples]
    by_method = [_estimates(examples, one, base_rate, events, draws, seed) for one in judged]
    counts = _denominators(examples, judged[0])
    main = tuple(
        Row(name, *_size(mask, events), tuple(m.get(name) for m in by_method)) for name, mask in counts.items()
    )
    return Measured(list(examples), tuple(judged), main, _tables(examples, by_method, events),
                    _reliability(examples, judged[0], base_rate, draws, seed))  # fmt: skip


def _estimates(
    examples: Sequence[Example], one: Judged, base_rate: float, events: Sequence[str], draws: int, seed: int
) -> dict[str, Estimate]:
    labels = labels_of(examples)
    hard = labels | is_hard(examples)
    wanted = _wanted(examples, one)

    def found(weights: np.ndarray) -> dict[str, np.ndarray]:
        graded = {
            AP: figures.average_precision(labels, one.scores, weights),
            AP_HARD: figures.average_precision(labels[hard], one.scores[hard], weights[:, hard]),
            RECALL_AT_90: figures.recall_at_precision(labels, one.scores, weights),
        }
        if one.is_graded:
            graded[CALIBRATION] = figures.calibration_error(labels, one.scores, weights, base_rate)
        return graded | figures.shares(wanted, weights)

    estimates = estimate(found, events, draws, seed)
    for name, (_, among) in wanted.items():
        estimates[name] = widened(estimates[name], _size(among, events)[1])
        if _PER_10_000 in name:
            estimates[name] = estimates[name].per(10_000)
    return estimates


def _wanted(examples: Sequence[Example], one: Judged) -> dict[str, _Masks]:
    """Return the shares to take of one method: which stories, among which."""
    labels, ordinary = labels_of(examples), is_ordinary(examples)
    silent = labels & np.array([is_silent(e) for e in examples], dtype=bool)
    wanted: dict[str, _Masks] = {}
    for name, flags in one.flags.items():
        wanted |= {
            f"recall of {name}": (flags, labels),
            f"precision of {name}": (labels, flags),
            f"{name}, {_PER_10_000} ordinary stories": (flags, ordinary),
        }
    wanted |= {SILENT: (one.flagged, silent), HARD: (one.flagged, is_hard(examples))}
    for table in breakdowns(examples):
        wanted |= {_cell(table.name, group): (one.flagged, mask) for group, mask in table.groups.items()}
    return wanted


def _denominators(examples: Sequence[Example], one: Judged) -> dict[str, np.ndarray]:
    """Return the main table's figures in the order of its lines, with the stories each rests on."""
    everything = np.ones(len(examples), dtype=bool)
    wanted = {name: among for name, (_, among) in _wanted(examples, one).items() if "\t" not in name}
    first = {AP: everything, AP_HARD: labels_of(examples) | is_hard(examples), RECALL_AT_90: everything}
    leading = {name: wanted[name] for name in (RECALL, PRECISION, SILENT, HARD, PER_10_000)}
    return first | leading | wanted | {CALIBRATION: everything}


def _tables(
    examples: Sequence[Example], by_method: Sequence[Mapping[str, Estimate]], events: Sequence[str]
) -> dict[str, tuple[Row, ...]]:
    tables = {}
    for table in breakdowns(examples):
        rows = [
            Row(group, *_size(mask, events), tuple(m[_cell(table.name, group)] for m in by_method))
            for group, mask in table.groups.items()
        ]
        # The worst recall is the lowest, the worst share of negatives the highest.
        sign = 1 if table.of_breaches else -1
        tables[table.name] = tuple(sorted(rows, key=lambda r: (sign * r.first, r.name)))
    return tables


def _reliability(examples: Sequence[Example], one: Judged, base_rate: float, draws: int, seed: int) -> tuple[Bin, ...]:
    labels = labels_of(examples)
    own = figures.bins_of(one.scores)
    told = figures.reliability(labels, one.scores, np.ones((1, len(examples))), base_rate)[0][0]

    def came(weights: np.ndarray) -> dict[int, np.ndarray]:
        return dict(enumerate(figures.reliability(labels, one.scores, weights, base_rate)[1].T))

    events = [e.event for e in examples]
    shares = estimate(came, events, draws, seed)
    odds = base_rate / (1 - base_rate) * (1 - labels.mean()) / labels.mean() if 0 < labels.mean() < 1 else 1.0
    return tuple(
        Bin(int((own == b).sum()), float(told[b]), _at_odds(share, _size(own == b, events)[1], odds))
        for b, share in shares.items()
    )


def _at_odds(share: Estimate, events: int, odds: float) -> Estimate:
    """Return a share of none or of all with the exact bounds over so many events, carried over to the base rate."""
    if share.value not in (0.0, 1.0):
        return share
    wide = widened(share, events)
    low, high = (bound * odds / (bound * odds + 1 - bound) for bound in (wide.low, wide.high))
    return Estimate(share.value, low, high)


def _size(mask: np.ndarray, events: Sequence[str]) -> tuple[int, int]:
    return int(mask.sum()), len({e for e, held in zip(events, mask, strict=True) if held})


def _cell(table: str, group: str) -> str:
    return f"{table}\t{group}"
