"""The corpus judged unseen in three ways: new events, new authors, and regimes of which nothing was learnt.

Calibration and thresholds are those of the folds by event, which ship; so the other two show what becomes of them where
the news is further from what was learnt.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from compliance.classifier.evaluation import AP_HARD, Measured, measure
from compliance.classifier.folds import by_batch, by_regime
from compliance.classifier.judged import Judged, judged_by_classifier, judged_by_words
from compliance.classifier.reading import Reader
from compliance.classifier.training import HeldOut, Training, hold_out
from compliance.screening import Policy, screen
from rules.findings import Extraction
from rules.rulebook import Rulebook

EVENT, BATCH, REGIME = "held out by event", "held out by author batch", "held out by regime"
_SAYS = {
    EVENT: "Five folds; a story is judged by a model that saw no story of its event. These folds set calibration and "
    "thresholds, so thresholds look a little better here than they are.",
    BATCH: "Five folds of author batches; a story is judged by a model that saw nothing by its author. Calibration, "
    "thresholds and what the rules found are those by event.",
    REGIME: "A fold for each regime, the rarest pooled into one; a breach is judged by a model that saw no breach "
    "under its regime, beside a share of the negatives. Calibration, thresholds and what the rules found are those by "
    "event.",
}


@dataclass(frozen=True)
class Scheme:
    """One way of judging stories, in words, and what came of it."""

    name: str
    says: str
    measured: Measured


def scheme_by_event(trained: Training, found: Mapping[str, Extraction], rulebook: Rulebook, base_rate: float) -> Scheme:
    """Return the figures of the folds from which calibration and thresholds were taken."""
    return _scheme(EVENT, trained.held_out, trained, found, rulebook, base_rate)


def other_schemes(
    trained: Training, found: Mapping[str, Extraction], rulebook: Rulebook, base_rate: float
) -> Iterator[Scheme]:
    """Yield the figures by author batch and by regime; each takes a classifier's training for every fold."""
    for name, split in ((BATCH, by_batch), (REGIME, by_regime)):
        held = hold_out(trained.examples, found, rulebook, split(trained.examples))
        yield _scheme(name, held, trained, found, rulebook, base_rate)


def worst_first(schemes: Sequence[Scheme]) -> list[Scheme]:
    """Return the schemes by their average precision against hard negatives, lowest first."""

    def worth(scheme: Scheme) -> tuple[float, str]:
        figure = scheme.measured.figure(AP_HARD)
        return (figure.value if figure and not np.isnan(figure.value) else -1.0, scheme.name)

    return sorted(schemes, key=worth)


def _scheme(
    name: str,
    held: HeldOut,
    trained: Training,
    found: Mapping[str, Extraction],
    rulebook: Rulebook,
    base_rate: float,
) -> Scheme:
    policy = Policy(trained.review, trained.alert, version="")
    classified = held.classified(trained.calibration)
    screenings = [screen(c, found[e.story.id], policy) for c, e in zip(classified, held.examples, strict=True)]
    reader = Reader(rulebook)
    words = judged_by_words([reader.read(e.story.title, e.story.text) for e in held.examples])
    judged: list[Judged] = [judged_by_classifier(screenings, policy), *words]
    return Scheme(name, _SAYS[name], measure(held.examples, judged, base_rate))
