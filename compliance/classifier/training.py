"""Labelled stories → a model: deterministic, calibrated on folds that it was not fitted to.

The window score learns from the sentences that carry a party's evidence against every window of every negative. The
story score learns from the windows' held-out scores over three shapes of each story: as written, as a feed's summary
of it, and as part of a long page; so that it holds at any length.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from compliance.classifier.classification import Classification, Passage
from compliance.classifier.corpus import Example
from compliance.classifier.features import WINDOW, pooled, windows_of
from compliance.classifier.model import Parts, features_digest
from compliance.classifier.reading import Reader, Reading
from compliance.screening import is_witnessed
from rules.findings import Extraction
from rules.rulebook import Rulebook
from rules.vocabulary import Kind

FOLDS = 5
_INNER_FOLDS = 4
# A kind is learnt from this many breaches on; rarer ones are the rules' business.
_FEWEST = 12
_LONG_PAGE = (2, 4, 6)


@dataclass(frozen=True)
class Training:
    """A trained model's parts, and out-of-fold scores and flags in the order of ``examples``."""

    parts: Parts
    card: dict[str, Any]
    examples: list[Example]
    scores: np.ndarray
    flagged: np.ndarray
    review: float
    alert: float


def _version(parts: Parts, slope: float, intercept: float) -> str:
    """Return a name for exactly these coefficients; another machine's last digits are another version."""
    digest = sha256(f"{slope}{intercept}".encode())
    for estimator in (parts.window, parts.story, *parts.kinds.values()):
        digest.update(estimator.coef_.tobytes() + estimator.intercept_.tobytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class _Read:
    """A labelled story as the classifier reads it; ``told`` are the sentences that carry a party's evidence."""

    example: Example
    reading: Reading
    summary: Reading | None
    told: frozenset[int]

    @property
    def is_breach(self) -> bool:
        return self.example.label == "breach"


def train(
    examples: Sequence[Example],
    found: Mapping[str, Extraction],
    rulebook: Rulebook,
    base_rate: float,
    corpus: str,
) -> Training:
    """Fit on every labelled story but the grey ones; equal input gives equal coefficients.

    ``found`` is what the rules find in each story, by its id, with weights that did not learn from it.

    Calibration, thresholds and the scores returned come from folds grouped by event, each judged by a model whose
    every part was fitted without it.
    """
    reader = Reader(rulebook)
    read = [_read(e, reader) for e in examples if e.label != "grey"]
    used = [r.example for r in read]
    labels = np.array([r.is_breach for r in read])
    passed = np.array([r.reading.passes_gate for r in read])
    decisions, passages = _held_out(read)
    slope, intercept = _calibrate(decisions[passed], labels[passed], float(labels.mean()), base_rate)
    scores = 1 / (1 + np.exp(-(slope * decisions + intercept)))
    floor = float(scores[passed].min())
    scores = np.where(passed, scores, floor)
    witnessed = np.array(
        [is_witnessed(Classification(0.0, passage=p), found[e.story.id]) for e, p in zip(used, passages, strict=True)]
    )
    review, alert = _thresholds(used, scores, witnessed)
    flagged = (scores >= alert) | ((scores >= review) & witnessed)
    parts = _fit(read)
    card = {
        "name": "Embargo Watch breach classifier",
        "version": _version(parts, slope, intercept),
        "intended_use": "Ranking English-language news for human review. Not a finding against anyone.",
        "corpus_sha256": corpus,
        "features_sha256": features_digest(),
        "base_rate": base_rate,
        "stories": {"breach": int(labels.sum()), "not_breach": int((~labels).sum())},
        "gate_recall": round(float(passed[labels].mean()), 4),
        "calibration": {"slope": slope, "intercept": intercept, "floor": floor},
        "thresholds": {"review": review, "alert": alert},
    }
    return Training(parts, card, used, scores, flagged, review, alert)


def _read(example: Example, reader: Reader) -> _Read:
    title, text = example.story.title, example.story.text
    reading = reader.read(title, text)
    quotes = [(party["quote"], f"{title}\n{text}".find(party["quote"])) for party in example.annotation["parties"]]
    told = {
        number
        for quote, at in quotes
        for number in range(reading.sentence_at(at), reading.sentence_at(at + len(quote) - 1) + 1)
        if at >= 0
    }
    return _Read(example, reading, _summary(example, reading, frozenset(told), reader), frozenset(told))


def _summary(example: Example, reading: Reading, told: frozenset[int], reader: Reader) -> Reading | None:
    """Return the story as a feed would carry it: title and first sentences; None where that leaves its label open."""
    keep = 1 + int(sha256(example.story.id.encode()).hexdigest(), 16) % 2
    if len(reading.flags) <= keep + 1:
        return None
    if example.label == "breach" and not (told and min(told) <= keep):
        return None
    end = reading.ends[keep] - len(example.story.title) - 1
    return reader.read(example.story.title, example.story.text[:end])


def _fit(read: Sequence[_Read]) -> Parts:
    """Fit the window score on these stories, and the story score on its held-out window scores."""
    parts = _fit_windows(read)
    held: dict[str, np.ndarray] = {}
    summaries: dict[str, np.ndarray] = {}
    for fit, out in _folds(read, _INNER_FOLDS):
        inner = _fit_windows([read[i] for i in fit])
        held.update(_window_scores(inner, [(read[i].example.story.id, read[i].reading) for i in out]))
        short = [(read[i].example.story.id, s) for i in out if (s := read[i].summary)]
        summaries.update(_window_scores(inner, short))
    pools, labels = [], []
    for one in read:
        name = one.example.story.id
        if name not in held:
            continue
        shapes = [held[name], np.concatenate([held[name], *(held[o] for o in _others(one, read) if o in held)])]
        shapes += [summaries[name]] if name in summaries else []
        pools += [pooled(s) for s in shapes]
        labels += [one.is_breach] * len(shapes)
    story = LogisticRegression(C=0.3, class_weight="balanced", max_iter=2_000).fit(np.array(pools), labels)
    return Parts(parts.counter, parts.weigher, parts.window, story, parts.kinds)


def _others(one: _Read, read: Sequence[_Read]) -> list[str]:
    """Return the negatives that make a long page of this story, drawn by its own id."""
    draw = random.Random(one.example.story.id)  # noqa: S311  (a reproducible draw, no secret)
    drawn = draw.sample(read, min(len(read), 3 * max(_LONG_PAGE)))
    fit = [r.example.story.id for r in drawn if not r.is_breach and r.example.event != one.example.event]
    return fit[: draw.choice(_LONG_PAGE)]


def _window_scores(parts: Parts, named: Sequence[tuple[str, Reading]]) -> dict[str, np.ndarray]:
    passing = [(name, reading) for name, reading in named if reading.passes_gate]
    if not passing:
        return {}
    _, scores = parts.scored([reading for _, reading in passing])
    return {name: s for (name, _), s in zip(passing, scores, strict=True)}


def _fit_windows(read: Sequence[_Read]) -> Parts:
    """Fit words, weights, the window score and the kinds. A breach's other windows teach nothing: left out."""
    passing = [r for r in read if r.reading.passes_gate]
    readings = [r.reading for r in passing]
    counter = CountVectorizer(ngram_range=(1, 2), min_df=2).fit([" ".join(r.words) for r in readings])
    sentences = counter.transform([text for r in readings for text in r.words])
    weigher = TfidfTransformer(sublinear_tf=True).fit(sentences)
    windows = windows_of(readings, counter, weigher)
    told = np.array(
        [
            passing[o].is_breach and any(first <= n < first + WINDOW for n in passing[o].told)
            for o, first in zip(windows.owner, windows.first, strict=True)
        ]
    )
    breach = np.array([r.is_breach for r in passing])[windows.owner]
    use = told | ~breach
    window = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(windows.matrix[use], told[use])
    kinds = {}
    for kind in Kind:
        wanted = np.array([kind in r.example.kinds for r in passing])
        if _FEWEST <= wanted.sum() < breach.sum():
            rows = wanted[windows.owner[told]]
            model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500)
            kinds[kind.value] = model.fit(windows.matrix[told], rows)
    return Parts(counter, weigher, window, None, kinds)


def _folds(read: Sequence[_Read], count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    groups = [r.example.event for r in read]
    return list(GroupKFold(n_splits=min(count, len(set(groups)))).split(np.zeros(len(read)), groups=groups))


def _held_out(read: Sequence[_Read]) -> tuple[np.ndarray, list[tuple[Passage, ...]]]:
    """Return each story's decision and telling passage by a model no part of which saw a story of its event."""
    decisions = np.zeros(len(read))
    passages: list[tuple[Passage, ...]] = [()] * len(read)
    for fit, out in _folds(read, FOLDS):
        parts = _fit([read[i] for i in fit])
        scores = {int(i): s for i, s in _window_scores(parts, [(str(i), read[i].reading) for i in out]).items()}
        if scores:
            decisions[list(scores)] = parts.decide(np.array([pooled(s) for s in scores.values()]))
        for i, s in scores.items():
            passages[i] = read[i].reading.passage(int(s.argmax()), WINDOW)
    return decisions, passages


def _calibrate(decisions: np.ndarray, labels: np.ndarray, share: float, base_rate: float) -> tuple[float, float]:
    """Fit a logistic curve (Platt) and move it from the corpus's share of breaches to the feed's."""
    curve = LogisticRegression(C=1e6).fit(decisions.reshape(-1, 1), labels)
    shift = np.log(base_rate / (1 - base_rate)) - np.log(share / (1 - share))
    return float(curve.coef_[0, 0]), float(curve.intercept_[0] + shift)


def _thresholds(examples: Sequence[Example], scores: np.ndarray, witnessed: np.ndarray) -> tuple[float, float]:
    """Return review and alert thresholds: together with the rules' finding, review flags at most 15 % of hard negatives
    and 1.5 % of ordinary stories; the score alone reaches alert for at most 5 % and none of them.
    """
    ordinary = np.array([e.negative_type == "ordinary" for e in examples])
    hard = np.array([e.label == "not_breach" for e in examples]) & ~ordinary
    second = np.where(witnessed, scores, 0.0)
    review = max(_exceeded_by(second[hard], 0.15), _exceeded_by(second[ordinary], 0.015))
    alert = max(review, _exceeded_by(scores[hard], 0.05), _exceeded_by(scores[ordinary], 0.0))
    return round(float(review), 4), round(float(alert), 4)


def _exceeded_by(scores: np.ndarray, share: float) -> float:
    """Return the threshold that at most this share of the scores reaches."""
    if not len(scores):
        return 0.5
    ordered = np.sort(scores)[::-1]
    allowed = int(share * len(scores))
    return float(ordered[min(allowed, len(ordered) - 1)] + 1e-4)
