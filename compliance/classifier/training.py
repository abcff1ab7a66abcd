"""Labelled stories → a model: deterministic, calibrated on folds that it was not fitted to.

The window score learns from the sentences that carry a party's evidence against every window of every negative. The
story score learns from the windows' held-out scores over three shapes of each story: as written, as a feed's summary
of it, and as part of a long page; so that it holds at any length.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from compliance.classifier.classification import Classification
from compliance.classifier.corpus import Example
from compliance.classifier.features import (
    STOP_WORDS,
    WINDOW,
    WindowViews,
    fit_windows,
    lead_of,
    pooled,
    windows_of,
)
from compliance.classifier.folds import Splits, by_event
from compliance.classifier.model import Page, Parts, features_digest
from compliance.classifier.reading import Reader, Reading
from compliance.classifier.witness import joint_features
from compliance.screening import is_witnessed
from rules.findings import Extraction
from rules.rulebook import Rulebook
from rules.vocabulary import Kind

_INNER_FOLDS = 4
# A kind is learnt from this many breaches on; rarer ones are the rules' business.
_FEWEST = 12
_LONG_PAGE = (2, 4, 6)


@dataclass(frozen=True)
class Calibration:
    """How a joint decision becomes a probability; ``floor`` is the score of what the gate stops."""

    slope: float
    intercept: float
    floor: float = 0.0

    def scores(self, decisions: np.ndarray, passed: np.ndarray) -> np.ndarray:
        """Return the stories' scores from their decisions and whether they passed the gate."""
        return np.where(passed, 1 / (1 + np.exp(-(self.slope * decisions + self.intercept))), self.floor)


@dataclass(frozen=True)
class HeldOut:
    """What models said of stories that they had not seen, in the order of ``examples``.

    ``told`` is what the text says, ``decisions`` what text and rules say together, in log-odds before calibration.
    """

    examples: list[Example]
    told: list[Classification]
    decisions: np.ndarray
    passed: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """True where the story is a breach."""
        return np.array([e.label == "breach" for e in self.examples])

    def classified(self, calibration: Calibration) -> list[Classification]:
        """Return the classifications as the model in use would give them, with calibrated scores."""
        scores = calibration.scores(self.decisions, self.passed)
        return [replace(c, score=float(s)) for c, s in zip(self.told, scores, strict=True)]


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
    held_out: HeldOut
    calibration: Calibration


def _version(parts: Parts, slope: float, intercept: float) -> str:
    """Return a name for exactly these coefficients; another machine's last digits are another version."""
    digest = sha256(f"{slope}{intercept}".encode())
    for estimator in (parts.window, parts.page.score, parts.story, parts.joint, *parts.kinds.values()):
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
    read = _read_all(examples, rulebook)
    used = [r.example for r in read]
    held, rows = _hold_out(read, found, rulebook, by_event(used))
    labels, passed = held.labels, held.passed
    calibration = _calibration(held, base_rate)
    scores = calibration.scores(held.decisions, passed)
    witnessed = np.array([is_witnessed(c, found[e.story.id]) for e, c in zip(used, held.told, strict=True)])
    review, alert = _thresholds(used, scores, witnessed)
    flagged = (scores >= alert) | ((scores >= review) & witnessed)
    parts = _fit(read)
    joint_scaler, joint = _fit_joint(rows[passed], labels[passed])
    parts = replace(parts, kinds=_fit_kinds(read, parts.views), joint_scaler=joint_scaler, joint=joint)
    card = {
        "name": "Embargo Watch breach classifier",
        "version": _version(parts, calibration.slope, calibration.intercept),
        "intended_use": "Ranking English-language news for human review. Not a finding against anyone.",
        "corpus_sha256": corpus,
        "features_sha256": features_digest(),
        "base_rate": base_rate,
        "stories": {"breach": int(labels.sum()), "not_breach": int((~labels).sum())},
        "gate_recall": round(float(passed[labels].mean()), 4),
        "calibration": asdict(calibration),
        "thresholds": {"review": review, "alert": alert},
    }
    return Training(parts, card, used, scores, flagged, review, alert, held, calibration)


def hold_out(
    examples: Sequence[Example], found: Mapping[str, Extraction], rulebook: Rulebook, splits: Splits
) -> HeldOut:
    """Return what each story's text and findings say by models that were fitted without its fold; no example is grey.

    Only the classifier is regrouped. ``found``, what the rules find in each story by its id, stays what was given:
    their weights are those of folds by event. The joint score's few weights learn from the other folds' decisions.
    """
    return _hold_out(_read_all(examples, rulebook), found, rulebook, splits)[0]


def _read_all(examples: Sequence[Example], rulebook: Rulebook) -> list[_Read]:
    reader = Reader(rulebook)
    return [_read(e, reader) for e in examples if e.label != "grey"]


def _hold_out(
    read: Sequence[_Read], found: Mapping[str, Extraction], rulebook: Rulebook, splits: Splits
) -> tuple[HeldOut, np.ndarray]:
    """Return the held-out answers and the joint score's features that they rest on."""
    used = [r.example for r in read]
    passed = np.array([r.reading.passes_gate for r in read])
    told = _held_out(read, splits)
    rows = np.array([joint_features(c, found[e.story.id], rulebook) for c, e in zip(told, used, strict=True)])
    labels = np.array([r.is_breach for r in read])
    return HeldOut(used, told, _held_out_jointly(rows, labels, passed, splits), passed), rows


def _read(example: Example, reader: Reader) -> _Read:
    title, text = example.story.title, example.story.text
    reading = reader.read(title, text)
    whole = f"{title[: reading.text_at - 1]}\n{text}"
    quotes = [(party["quote"], whole.find(party["quote"])) for party in example.annotation["parties"]]
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
    end = reading.ends[keep] - reading.text_at
    return reader.read(example.story.title, example.story.text[:end])


def _fit(read: Sequence[_Read]) -> Parts:
    """Fit window and page scores on these stories, and the story score on their held-out scores."""
    views, window, page = _fit_scores(read)
    held: dict[str, np.ndarray] = {}
    pools: list[np.ndarray] = []
    labels: list[bool] = []
    for fit, out in by_event([r.example for r in read], _INNER_FOLDS):
        inner_views, inner_window, inner_page = _fit_scores([read[i] for i in fit])
        inner = Parts(inner_views, inner_window, inner_page, None, None, {})
        told = [read[i] for i in out]
        held.update(_window_scores(inner, [(r.example.story.id, r.reading) for r in told]))
        for one in told:
            for scores, texts in _shapes(one, told, held, inner):
                pools.append(pooled(scores, inner.page.decide(texts)))
                labels.append(one.is_breach)
    scaler = StandardScaler().fit(np.array(pools))
    story = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2_000)
    story.fit(scaler.transform(np.array(pools)), labels)
    return Parts(views, window, page, scaler, story, {})


def _shapes(
    one: _Read, told: Sequence[_Read], held: dict[str, np.ndarray], parts: Parts
) -> Iterator[tuple[np.ndarray, tuple[str, str]]]:
    """Yield window scores, lead and words of the story as written, within a long page, and as a summary."""
    name = one.example.story.id
    if name not in held:
        return
    lead, words = lead_of(one.reading), " ".join(one.reading.words)
    yield held[name], (lead, words)
    others = [o for o in _others(one, told) if o.example.story.id in held]
    page = np.concatenate([held[name], *(held[o.example.story.id] for o in others)])
    yield page, (lead, " ".join([words, *(w for o in others for w in o.reading.words)]))
    if one.summary is not None and one.summary.passes_gate:
        _, scores = parts.scored([one.summary])
        yield scores[0], (lead_of(one.summary), " ".join(one.summary.words))


def _others(one: _Read, read: Sequence[_Read]) -> list[_Read]:
    """Return the negatives that make a long page of this story, drawn by its own id."""
    draw = random.Random(one.example.story.id)  # noqa: S311  (a reproducible draw, no secret)
    drawn = draw.sample(read, min(len(read), 3 * max(_LONG_PAGE)))
    fit = [r for r in drawn if not r.is_breach and r.example.event != one.example.event]
    return fit[: draw.choice(_LONG_PAGE)]


def _window_scores(parts: Parts, named: Sequence[tuple[str, Reading]]) -> dict[str, np.ndarray]:
    passing = [(name, reading) for name, reading in named if reading.passes_gate]
    if not passing:
        return {}
    _, scores = parts.scored([reading for _, reading in passing])
    return {name: s for (name, _), s in zip(passing, scores, strict=True)}


def _fit_scores(read: Sequence[_Read]) -> tuple[WindowViews, Any, Page]:
    """Fit vocabularies, window and page scores. A breach's other windows teach nothing: left out."""
    passing = [r for r in read if r.reading.passes_gate]
    readings = [r.reading for r in passing]
    views = fit_windows(readings)
    windows = windows_of(readings, views)
    told = np.array(
        [
            passing[o].is_breach and any(first <= n < first + WINDOW for n in passing[o].told)
            for o, first in zip(windows.owner, windows.first, strict=True)
        ]
    )
    labels = np.array([r.is_breach for r in passing])
    breach = labels[windows.owner]
    use = told | ~breach
    window = _linear(0.3).fit(windows.matrix[use], told[use])
    return views, window, _fit_page(readings, labels)


def _fit_kinds(read: Sequence[_Read], views: WindowViews) -> dict[str, Any]:
    """Fit a model per kind on the windows that tell of a breach."""
    breaches = [r for r in read if r.is_breach and r.reading.passes_gate]
    windows = windows_of([r.reading for r in breaches], views)
    pairs = zip(windows.owner, windows.first, strict=True)
    told = np.array([any(first <= n < first + WINDOW for n in breaches[o].told) for o, first in pairs])
    kinds = {}
    for kind in Kind:
        wanted = np.array([kind in r.example.kinds for r in breaches])
        if _FEWEST <= wanted.sum() < len(breaches):
            kinds[kind.value] = _linear(0.5).fit(windows.matrix[told], wanted[windows.owner[told]])
    return kinds


def _linear(strength: float) -> LogisticRegression:
    # On wide sparse matrices this solver is ten times as fast as the default and as deterministic.
    return LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=0)


def _fit_page(readings: Sequence[Reading], labels: np.ndarray) -> Page:
    words = CountVectorizer(ngram_range=(1, 2), min_df=4, stop_words=STOP_WORDS)
    texts = [lead_of(r) for r in readings] + [" ".join(r.words) for r in readings]
    counts = words.fit_transform(texts)
    weigher = TfidfTransformer(sublinear_tf=True)
    score = _linear(3.0).fit(weigher.fit_transform(counts), np.concatenate([labels, labels]))
    return Page(words, weigher, score)


def _held_out_jointly(rows: np.ndarray, labels: np.ndarray, passed: np.ndarray, splits: Splits) -> np.ndarray:
    """Return each story's joint decision by weights that saw no story of its fold."""
    decisions = np.zeros(len(rows))
    for fit, out in splits:
        use = fit[passed[fit]]
        scaler, joint = _fit_joint(rows[use], labels[use])
        decisions[out] = joint.decision_function(scaler.transform(rows[out]))
    return decisions


def _fit_joint(rows: np.ndarray, labels: np.ndarray) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(rows)
    joint = LogisticRegression(C=0.3, class_weight="balanced", max_iter=1_000)
    return scaler, joint.fit(scaler.transform(rows), labels)


def _held_out(read: Sequence[_Read], splits: Splits) -> list[Classification]:
    """Return what the text of each story says, and where, by a model no part of which saw a story of its fold."""
    told = [Classification(0.0, passed_gate=False)] * len(read)
    for fit, out in splits:
        parts = _fit([read[i] for i in fit])
        scores = {int(i): s for i, s in _window_scores(parts, [(str(i), read[i].reading) for i in out]).items()}
        if not scores:
            continue
        pages = parts.paged([read[i].reading for i in scores])
        decisions = parts.decide(np.array([pooled(s, page) for s, page in zip(scores.values(), pages, strict=True)]))
        for (i, s), decision in zip(scores.items(), decisions, strict=True):
            passage = read[i].reading.passage(int(s.argmax()), WINDOW)
            told[i] = Classification(0.0, passage=passage, decision=float(decision))
    return told


def _calibration(held: HeldOut, base_rate: float) -> Calibration:
    """Return the calibration to the base rate; what the gate stops gets the lowest score of what passes it."""
    labels, passed = held.labels, held.passed
    curve = Calibration(*_calibrate(held.decisions[passed], labels[passed], float(labels.mean()), base_rate))
    return replace(curve, floor=float(curve.scores(held.decisions, passed)[passed].min()))


def _calibrate(decisions: np.ndarray, labels: np.ndarray, share: float, base_rate: float) -> tuple[float, float]:
    """Fit a logistic curve (Platt) and move it from the corpus's share of breaches to the feed's."""
    curve = LogisticRegression(C=1e6).fit(decisions.reshape(-1, 1), labels)
    shift = np.log(base_rate / (1 - base_rate)) - np.log(share / (1 - share))
    return float(curve.coef_[0, 0]), float(curve.intercept_[0] + shift)


def _thresholds(examples: Sequence[Example], scores: np.ndarray, witnessed: np.ndarray) -> tuple[float, float]:
    """Return review and alert thresholds: together with the rules' finding, review flags at most 10 % of hard negatives
    and 1 % of ordinary stories; the score alone reaches alert for at most 5 % and 0.1 % of them.
    """
    ordinary = np.array([e.negative_type == "ordinary" for e in examples])
    hard = np.array([e.label == "not_breach" for e in examples]) & ~ordinary
    second = np.where(witnessed, scores, 0.0)
    review = max(_exceeded_by(second[hard], 0.10), _exceeded_by(second[ordinary], 0.01))
    alert = max(review, _exceeded_by(scores[hard], 0.05), _exceeded_by(scores[ordinary], 0.001))
    return round(float(review), 4), round(float(alert), 4)


def _exceeded_by(scores: np.ndarray, share: float) -> float:
    """Return the threshold that at most this share of the scores reaches."""
    if not len(scores):
        return 0.5
    ordered = np.sort(scores)[::-1]
    allowed = int(share * len(scores))
    return float(ordered[min(allowed, len(ordered) - 1)] + 1e-4)
