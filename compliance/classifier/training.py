"""Labelled stories → a model: deterministic, calibrated on folds that it was not fitted to.

The window score learns from the sentences that carry a party's evidence against every window of every negative. The
story score learns from the windows' and pages' held-out scores, and so does the joint score, beside what the rules
found.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from compliance.classifier.classification import Classification, Passage
from compliance.classifier.corpus import Example
from compliance.classifier.counting import counted, words_in
from compliance.classifier.features import (
    STOP_WORDS,
    STORY_NAMES,
    WINDOW,
    WindowViews,
    fit_windows,
    lead_of,
    pooled,
    windows_of,
)
from compliance.classifier.folds import Splits, by_event
from compliance.classifier.model import Page, Parts, features_digest
from compliance.classifier.nearest import Known, know
from compliance.classifier.phrases import Phrases, fit_phrases
from compliance.classifier.reading import Reader, Reading
from compliance.classifier.witness import JOINT_NAMES, joint_features
from compliance.screening import is_out_of_force
from rules.findings import Extraction
from rules.rulebook import Rulebook
from rules.vocabulary import Kind

# A kind is learnt from this many breaches on; rarer ones are the rules' business.
_FEWEST = 12
# Of the breaches that name what there is to look for, this share may be left unread by the rules.
_UNREAD = 0.001
# The last digits of one sum and another.
_SLACK = 1e-6


@dataclass(frozen=True)
class Calibration:
    """How a joint decision becomes a probability.

    ``floor`` is the score of what names nothing to look for; the rules do not read what the text alone decides lower
    than ``gate``.
    """

    slope: float
    intercept: float
    floor: float = 0.0
    gate: float = -np.inf

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
    for estimator in (
        parts.window,
        parts.page.score,
        parts.phrases.score,
        parts.story,
        parts.joint,
        *parts.kinds.values(),
    ):
        digest.update(estimator.coef_.tobytes() + estimator.intercept_.tobytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class _Read:
    """A labelled story as the classifier reads it; ``told`` are the sentences that carry a party's evidence."""

    example: Example
    reading: Reading
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
    held, pools, rows = _hold_out(read, found, rulebook, by_event(used))
    labels, passed = held.labels, held.passed
    calibration = _calibration(held, base_rate)
    scores = calibration.scores(held.decisions, passed)
    void = np.array([is_out_of_force(found[e.story.id]) for e in used])
    review, alert = _thresholds(used, np.where(void, 0.0, scores))
    flagged = (scores >= review) & ~void
    views, window, page, phrases = _fit_scores(read)
    weights = np.array([e.weight for e in used])[passed]
    scaler, story = _fit_story(pools[passed], labels[passed], weights)
    joint_scaler, joint = _fit_joint(rows[passed], labels[passed], weights)
    kinds, known = _fit_kinds(read, views), _known(read, page)
    parts = Parts(views, window, page, phrases, scaler, story, kinds, joint_scaler, joint, known)
    calibration = replace(calibration, gate=_gate(held, flagged))
    read_by_rules = passed & (np.array([c.decision for c in held.told]) >= calibration.gate)
    card = {
        "name": "Embargo Watch breach classifier",
        "version": _version(parts, calibration.slope, calibration.intercept),
        "intended_use": "Ranking English-language news for human review. Not a finding against anyone.",
        "corpus_sha256": corpus,
        "features_sha256": features_digest(),
        "base_rate": base_rate,
        "stories": {"breach": int(labels.sum()), "not_breach": int((~labels).sum())},
        "gate_recall": round(float(passed[labels].mean()), 4),
        "read_by_rules": {
            "breaches": round(float(read_by_rules[labels].mean()), 4),
            "others": round(float(read_by_rules[~labels].mean()), 4),
        },
        "calibration": asdict(calibration),
        "thresholds": {"review": review, "alert": alert},
    }
    return Training(parts, card, used, scores, flagged, review, alert, held, calibration)


def hold_out(
    examples: Sequence[Example], found: Mapping[str, Extraction], rulebook: Rulebook, splits: Splits
) -> HeldOut:
    """Return what each story's text and findings say by models that were fitted without its fold; no example is grey.

    Only the classifier is regrouped. ``found``, what the rules find in each story by its id, stays what was given:
    their weights are those of folds by event. The few weights of story score and joint score learn from the other
    folds' held-out scores.
    """
    return _hold_out(_read_all(examples, rulebook), found, rulebook, splits)[0]


def _read_all(examples: Sequence[Example], rulebook: Rulebook) -> list[_Read]:
    reader = Reader(rulebook)
    return [_read(e, reader) for e in examples if e.label != "grey"]


def _hold_out(
    read: Sequence[_Read], found: Mapping[str, Extraction], rulebook: Rulebook, splits: Splits
) -> tuple[HeldOut, np.ndarray, np.ndarray]:
    """Return the held-out answers, and the features of story score and joint score that they rest on."""
    used = [r.example for r in read]
    labels = np.array([r.is_breach for r in read])
    passed = np.array([r.reading.passes_gate for r in read])
    pools, passages = _held_out_pools(read, splits)
    weights = np.array([e.weight for e in used])
    texts = _decided(pools, labels, weights, passed, splits, _fit_story)
    told = [
        Classification(0.0, passage=p, decision=float(d), pooled=tuple(map(float, pool)), length=r.reading.length)
        if r.reading.passes_gate
        else Classification(0.0, passed_gate=False)
        for r, p, d, pool in zip(read, passages, texts, pools, strict=True)
    ]
    none = [0.0] * len(JOINT_NAMES)
    rows = np.array(
        [
            joint_features(c, found[e.story.id], rulebook) if c.passed_gate else none
            for c, e in zip(told, used, strict=True)
        ]
    )
    return HeldOut(used, told, _decided(rows, labels, weights, passed, splits, _fit_joint), passed), pools, rows


def _held_out_pools(read: Sequence[_Read], splits: Splits) -> tuple[np.ndarray, list[tuple[Passage, ...]]]:
    """Return each story's pooled scores and best passage by windows and pages that saw no story of its fold."""
    pools = np.zeros((len(read), len(STORY_NAMES)))
    passages: list[tuple[Passage, ...]] = [()] * len(read)
    for fit, out in splits:
        passing = [int(i) for i in out if read[i].reading.passes_gate]
        if not passing:
            continue
        parts = Parts(*_fit_scores([read[i] for i in fit]), None, None, {})
        readings = [read[i].reading for i in passing]
        scores = parts.scored(readings)[1]
        for i, s, page in zip(passing, scores, parts.paged(readings, scores), strict=True):
            pools[i] = pooled(s, page, read[i].reading.flags)
            passages[i] = read[i].reading.passage(int(s.argmax()), WINDOW)
    return pools, passages


def _decided(
    rows: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    passed: np.ndarray,
    splits: Splits,
    fit_on: Callable[..., tuple[Any, Any]],
) -> np.ndarray:
    """Return each story's decision by weights that saw no story of its fold; 0 for what names nothing to look for."""
    decisions = np.zeros(len(rows))
    for fit, out in splits:
        use, told = fit[passed[fit]], out[passed[out]]
        if len(told):
            scaler, model = fit_on(rows[use], labels[use], weights[use])
            decisions[told] = model.decision_function(scaler.transform(rows[told]))
    return decisions


def _gate(held: HeldOut, flagged: np.ndarray) -> float:
    """Return the decision of a text below which the rules need not read it.

    Next to no breach lies there, and no held-out story that text and rules together got flagged.
    """
    texts = np.array([c.decision for c in held.told])
    of_breaches = np.quantile(texts[held.labels & held.passed], _UNREAD)
    return float(min(of_breaches, texts[flagged].min(initial=np.inf) - _SLACK))


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
    return _Read(example, reading, frozenset(told))


def _fit_scores(read: Sequence[_Read]) -> tuple[WindowViews, Any, Page, Phrases]:
    """Fit vocabularies, window, page and phrase scores. A breach's other windows teach nothing: left out."""
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
    weights = np.array([r.example.weight for r in passing])
    window = _linear(1.0).fit(windows.matrix[use], told[use], sample_weight=weights[windows.owner[use]])
    phrases = fit_phrases(readings, lambda rows: _linear(30.0).fit(rows, labels, sample_weight=weights))
    return views, window, _fit_page(readings, labels, weights), phrases


def _fit_kinds(read: Sequence[_Read], views: WindowViews) -> dict[str, Any]:
    """Fit a model per kind on the windows that tell of a breach."""
    breaches = [r for r in read if r.is_breach and r.reading.passes_gate]
    windows = windows_of([r.reading for r in breaches], views)
    pairs = zip(windows.owner, windows.first, strict=True)
    told = np.array([any(first <= n < first + WINDOW for n in breaches[o].told) for o, first in pairs])
    weights = np.array([r.example.weight for r in breaches])[windows.owner[told]]
    kinds = {}
    for kind in Kind:
        wanted = np.array([kind in r.example.kinds for r in breaches])
        if _FEWEST <= wanted.sum() < len(breaches):
            kinds[kind.value] = _linear(0.5).fit(
                windows.matrix[told], wanted[windows.owner[told]], sample_weight=weights
            )
    return kinds


def _known(read: Sequence[_Read], page: Page) -> Known:
    """Return every labelled story by the words of its lead, for a story's likes to be looked up among them."""
    told = [r.example for r in read]
    leads = page.weighed(counted(words_in([lead_of(r.reading) for r in read], page.words), page.words))
    return know(leads, [e.story.id for e in told], [e.story.title for e in told], [e.label for e in told])


def _linear(strength: float) -> LogisticRegression:
    # On wide sparse matrices this solver is ten times as fast as the default and as deterministic.
    return LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=0)


def _dense(strength: float) -> LogisticRegression:
    # With a dozen features this solver ends at the optimum to the last digits, on whatever processor.
    return LogisticRegression(C=strength, class_weight="balanced", solver="newton-cholesky", tol=1e-8)


def _fit_page(readings: Sequence[Reading], labels: np.ndarray, weights: np.ndarray) -> Page:
    words = CountVectorizer(ngram_range=(1, 2), min_df=4, stop_words=STOP_WORDS)
    texts = [lead_of(r) for r in readings] + [" ".join(r.words) for r in readings]
    counts = words.fit_transform(texts)
    weigher = TfidfTransformer(sublinear_tf=True)
    twice = np.concatenate([labels, labels])
    score = _linear(10.0).fit(weigher.fit_transform(counts), twice, sample_weight=np.concatenate([weights, weights]))
    return Page(words, weigher, score)


def _fit_story(pools: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(pools)
    story = _dense(0.1)
    return scaler, story.fit(scaler.transform(pools), labels, sample_weight=weights)


def _fit_joint(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(rows)
    joint = _dense(0.1)
    return scaler, joint.fit(scaler.transform(rows), labels, sample_weight=weights)


def _calibration(held: HeldOut, base_rate: float) -> Calibration:
    """Return the calibration to the base rate; what the gate stops gets the lowest score of what passes it."""
    labels, passed = held.labels, held.passed
    curve = Calibration(*_calibrate(held.decisions[passed], labels[passed], float(labels.mean()), base_rate))
    return replace(curve, floor=float(curve.scores(held.decisions, passed)[passed].min()))


def _calibrate(decisions: np.ndarray, labels: np.ndarray, share: float, base_rate: float) -> tuple[float, float]:
    """Fit a logistic curve (Platt) and move it from the corpus's share of breaches to the feed's."""
    curve = LogisticRegression(C=1e6, solver="newton-cholesky", tol=1e-8).fit(decisions.reshape(-1, 1), labels)
    shift = np.log(base_rate / (1 - base_rate)) - np.log(share / (1 - share))
    return float(curve.coef_[0, 0]), float(curve.intercept_[0] + shift)


def _thresholds(examples: Sequence[Example], scores: np.ndarray) -> tuple[float, float]:
    """Return review and alert thresholds.

    Of the breaches 93.5 % reach the first, or fewer where otherwise more than 8 % of hard negatives or 2 % of ordinary
    stories would; 1.5 % and 0.1 % of those reach the second.

    Many of the corpus's ordinary stories were written because such news, of world affairs, misleads: in a feed ordinary
    news is flagged far less often.
    """
    breach = np.array([e.label == "breach" for e in examples])
    ordinary = np.array([e.negative_type == "ordinary" for e in examples])
    hard = np.array([e.label == "not_breach" for e in examples]) & ~ordinary
    least = max(_exceeded_by(scores[hard], 0.08), _exceeded_by(scores[ordinary], 0.02))
    review = max(least, _reached_by(scores[breach], 0.935))
    alert = max(review, _exceeded_by(scores[hard], 0.015), _exceeded_by(scores[ordinary], 0.001))
    # Rounded down, so that no fewer breaches reach it.
    return math.floor(review * 10_000) / 10_000, round(float(alert), 4)


def _reached_by(scores: np.ndarray, share: float) -> float:
    """Return the highest threshold that at least this share of the scores reaches."""
    return float(np.quantile(scores, 1 - share, method="lower")) if len(scores) else 0.0


def _exceeded_by(scores: np.ndarray, share: float) -> float:
    """Return the threshold that at most this share of the scores reaches."""
    if not len(scores):
        return 0.5
    ordered = np.sort(scores)[::-1]
    allowed = int(share * len(scores))
    return float(ordered[min(allowed, len(ordered) - 1)] + 1e-4)
