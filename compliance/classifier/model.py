"""The trained classifier: scores windows, pools them to a story, calibrates, explains; checked before loading."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import sklearn
import skops.io

from compliance.classifier.classification import Classification, Neighbour, Term
from compliance.classifier.counting import StoryCounts, counted, counted_stories, words_in
from compliance.classifier.features import (
    AROUND,
    FLAG_NAMES,
    LEAD,
    STORY_NAMES,
    WINDOW,
    Windows,
    WindowViews,
    around_best,
    pooled,
    windows_of,
)
from compliance.classifier.nearest import Known
from compliance.classifier.phrases import Phrases
from compliance.classifier.reading import Reader, Reading
from compliance.classifier.witness import JOINT_NAMES, POOLED, joint_features, length_counts
from compliance.errors import ModelError
from compliance.story import Story
from rules.findings import Extraction
from rules.rulebook import Rulebook
from rules.vocabulary import Kind

ARTEFACT, CARD = "model.skops", "model-card.json"
# What the artefact may hold; skops refuses any other type without running its code.
TRUSTED: list[str] = []
_TERMS = 12
_MASK, _LIST = re.compile(r"\b_([a-z_]+?)_\b"), re.compile(r"\b([vg])_(\w+)")
# Long pages have many windows; this bounds the memory of a batch.
_BATCH = 128


@dataclass(frozen=True)
class Page:
    """The words of a story's lead and of longer stretches, and the score learnt from them."""

    words: Any
    weigher: Any
    score: Any

    def decide(self, texts: Sequence[str]) -> np.ndarray:
        """Return a score for each masked text."""
        return self.decide_counts(counted(words_in(texts, self.words), self.words))

    def decide_counts(self, counts: Any) -> np.ndarray:
        """Return a score for each row of counted words."""
        return np.asarray(self.score.decision_function(self.weighed(counts)))

    def weighed(self, counts: Any) -> Any:
        """Return the rows of counted words, weighed by TF-IDF."""
        return self.weigher.transform(counts)


@dataclass(frozen=True)
class Parts:
    """The fitted estimators, all scikit-learn's: vocabularies, window, page and story scores, kinds."""

    views: WindowViews
    window: Any
    page: Page
    phrases: Phrases
    scaler: Any
    story: Any
    kinds: dict[str, Any]
    joint_scaler: Any = None
    joint: Any = None
    known: Known | None = None

    def counted(self, readings: Sequence[Reading]) -> StoryCounts:
        """Return the words of each sentence and lead, counted: windows and page tell them apart alike."""
        said = words_in((text for r in readings for text in r.words), self.views.words)
        lengths = [len(r.flags) for r in readings]
        return counted_stories(said, lengths, LEAD, self.views.words, self.page.words)

    def scored(
        self, readings: Sequence[Reading], counts: StoryCounts | None = None
    ) -> tuple[Windows, list[np.ndarray]]:
        """Return the windows, and each story's window scores in the order of its text."""
        windows = windows_of(readings, self.views, counts.sentences if counts else None)
        scores = self.window.decision_function(windows.matrix)
        cuts = np.flatnonzero(np.diff(windows.owner)) + 1
        return windows, np.split(scores, cuts)

    def paged(
        self, readings: Sequence[Reading], scores: Sequence[np.ndarray], counts: StoryCounts | None = None
    ) -> np.ndarray:
        """Return each story's page scores: by the words of its lead, by those around its best window, by phrases."""
        counts = counts or self.counted(readings)
        around = counted(counts.stretches([around_best(s) for s in scores]), self.page.words)
        pages = (self.page.decide_counts(counts.lead), self.page.decide_counts(around))
        return np.column_stack([*pages, self.phrases.decide(readings, scores)])

    def decide(self, pools: np.ndarray) -> np.ndarray:
        """Return the stories' scores, uncalibrated, from their pooled scores."""
        return np.asarray(self.story.decision_function(self.scaler.transform(pools)))

    def decide_jointly(self, features: np.ndarray) -> np.ndarray:
        """Return the joint scores, uncalibrated, from ``joint_features``."""
        return np.asarray(self.joint.decision_function(self.joint_scaler.transform(features)))

    @property
    def joint_weights(self) -> tuple[dict[str, float], float]:
        """The joint score's weights and its bias, on features as ``joint_features`` gives them."""
        weights = self.joint.coef_[0] / self.joint_scaler.scale_
        bias = self.joint.intercept_[0] - weights @ self.joint_scaler.mean_
        return dict(zip(JOINT_NAMES, map(float, weights), strict=True)), float(bias)

    def as_plain(self) -> dict[str, Any]:
        """Return the estimators as plain dictionaries of scikit-learn objects, which is what the artefact holds."""
        known = self.known.as_plain() if self.known else None
        views, page = vars(self.views), vars(self.page)
        return {**vars(self), "views": views, "page": page, "phrases": self.phrases.as_plain(), "known": known}

    @staticmethod
    def of_plain(held: dict[str, Any]) -> "Parts":
        """Return the parts of which ``as_plain`` made a dictionary."""
        known = Known(**held["known"]) if held["known"] else None
        views, page, phrases = WindowViews(**held["views"]), Page(**held["page"]), Phrases.of_plain(held["phrases"])
        return Parts(**{**held, "views": views, "page": page, "phrases": phrases, "known": known})


@dataclass(frozen=True)
class Model:
    """Parts and calibration of the joint score.

    ``floor`` is the score of what names nothing to look for. What the text alone decides lower than ``gate`` is not
    read by the rules, since nothing that they could find would get it flagged.
    """

    rulebook: Rulebook
    reader: Reader
    parts: Parts
    slope: float
    intercept: float
    floor: float
    gate: float
    version: str

    def classify(self, stories: Sequence[Story], *, in_full: bool = False) -> list[Classification]:
        """Return one classification per story, in order, by the text alone; ``weigh`` sets the scores.

        A story that names nothing to look for gets the lowest score any story got in training, and no explanation. One
        whose text decides lower than the gate is stopped too, with the score that its text gives by itself, unless
        all are wanted ``in_full``.
        """
        stopped = Classification(self.floor, passed_gate=False, version=self.version)
        answers = [stopped] * len(stories)
        likely = ((i, r) for i, s in enumerate(stories) if (r := self.reader.likely(s.title, s.text)) is not None)
        while batch := list(islice(likely, _BATCH)):
            told = self._classify([r for _, r in batch], in_full)
            for (i, _), answer in zip(batch, told, strict=True):
                answers[i] = answer
        return answers

    def weigh(self, classifications: Sequence[Classification], found: Sequence[Extraction]) -> list[Classification]:
        """Return the classifications with the probability that text and the rules' findings give together."""
        pairs = zip(classifications, found, strict=True)
        rows = [joint_features(c, e, self.rulebook) for c, e in pairs if c.passed_gate]
        if not rows:
            return list(classifications)
        joint = iter(self._calibrated(self.parts.decide_jointly(np.array(rows))))
        return [
            replace(c, score=float(next(joint)), why=self._told(c, e)) if c.passed_gate else c
            for c, e in zip(classifications, found, strict=True)
        ]

    def _told(self, classification: Classification, found: Extraction) -> tuple[Term, ...]:
        """Return what moved the score most: of the text's terms and of the words that the rules weighed."""
        share = self._shares["wording"]
        worded = [Term(f"“{words}” (wording)", share * by) for words, by in found.wording.terms]
        return tuple(_heaviest([*classification.why, *worded]))

    def _calibrated(self, decisions: np.ndarray) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-(self.slope * decisions + self.intercept))))

    def _classify(self, readings: Sequence[Reading], in_full: bool) -> list[Classification]:
        counts = self.parts.counted(readings)
        windows, scores = self.parts.scored(readings, counts)
        paged = self.parts.paged(readings, scores, counts)
        pools = np.array([pooled(s, p, r.flags) for s, p, r in zip(scores, paged, readings, strict=True)])
        decisions = self.parts.decide(pools)
        lengths = [r.length for r in readings]
        alone = self._alone(pools, lengths)
        answers = [Classification(float(p), passed_gate=False, version=self.version) for p in alone]
        still = [i for i, decision in enumerate(decisions) if in_full or decision >= self.gate]
        if not still:
            return answers
        starts = np.searchsorted(windows.owner, np.arange(len(readings)))
        best = [int(starts[i] + scores[i].argmax()) for i in still]
        rows = windows.matrix[best]
        phrases = self.parts.phrases.rows([readings[i] for i in still], [scores[i] for i in still])
        kinds = {name: e.predict_proba(rows)[:, 1] for name, e in self.parts.kinds.items()}
        nearest = self._nearest(counts.lead[still])
        for n, i in enumerate(still):
            answers[i] = Classification(
                score=self.floor,
                kinds=_likely({k: float(v[n]) for k, v in kinds.items()}),
                why=self._why(rows[n], phrases[n], scores[i], pools[i], lengths[i]),
                passage=readings[i].passage(int(windows.first[best[n]]), WINDOW),
                version=self.version,
                decision=float(decisions[i]),
                pooled=tuple(map(float, pools[i])),
                length=lengths[i],
                nearest=nearest[n],
            )
        return answers

    def _nearest(self, leads: Any) -> list[tuple[Neighbour, ...]]:
        known = self.parts.known
        return known.nearest_to(self.parts.page.weighed(leads)) if known else [()] * leads.shape[0]

    def _alone(self, pools: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
        """Return the score of each text of so many characters where the rules find nothing."""
        weights, bias = self.parts.joint_weights
        long = np.array([length_counts(n) for n in lengths])
        told = pools[:, [STORY_NAMES.index(n) for n in POOLED]] @ [weights[n] for n in POOLED]
        return self._calibrated(told + weights["long"] * long + bias)

    def _why(self, window: Any, phrases: Any, scores: np.ndarray, pools: np.ndarray, length: int) -> tuple[Term, ...]:
        """Return what moved the story's score most, in log-odds: words and flags of the best window, phrases, flags
        around, the length of what is long.
        """
        moved: defaultdict[str, float] = defaultdict(float)
        for row, pull, coefficients, names in (
            (window, self._pull(scores), self.parts.window.coef_[0], self._names),
            (phrases, self._shares["phrases"], self.parts.phrases.score.coef_[0], self._phrases),
        ):
            by = pull * (row.data * coefficients[row.indices])
            # Terms as heavy as the last that is told are kept together, for their names to decide between them.
            heavy = np.abs(by)
            least = np.partition(heavy, -_TERMS)[-_TERMS] if len(heavy) > _TERMS else 0.0
            for n in np.flatnonzero(heavy >= least):
                moved[names[row.indices[n]]] += float(by[n])
        terms = [Term(name, weight) for name, weight in moved.items() if weight]
        terms += self._around(pools)
        if long := length_counts(length):
            terms.append(Term("length of the story", self._shares["long"] * long))
        return tuple(_heaviest(terms))

    def _around(self, pools: np.ndarray) -> Iterator[Term]:
        """Yield what the flags in the sentences around the best window moved, counted from none of them."""
        for name, value in zip(STORY_NAMES, pools, strict=True):
            if value and name.endswith(AROUND):
                yield Term(_LIST.sub(_of_list, name).replace("_", " "), float(self._shares[name] * value))

    def _pull(self, scores: np.ndarray) -> float:
        """Return how far the story's score moves with its best window's: the pooled features' derivative by it.

        The best three windows share sentences nearly always: what moves the best moves them all.
        """
        share = self._shares
        best = int(scores.argmax())
        pull = share["best window"] + share["best three"]
        return float(pull + share["opening"] * (best == 0) + share["best early"] * (best < 3))

    @cached_property
    def _shares(self) -> dict[str, float]:
        """How far the calibrated log-odds move with each pooled feature."""
        return {name: self.slope * weight for name, weight in self.parts.joint_weights[0].items()}

    @cached_property
    def _phrases(self) -> list[str]:
        """The phrases as an officer reads them."""
        return [_told(n.replace(" _ ", " … ").removeprefix("^ ")) for n in self.parts.phrases.names]

    @cached_property
    def _names(self) -> list[str]:
        """The features' names as an officer reads them."""
        names, words = self.parts.views.names(), len(self.parts.views.words.vocabulary_)
        return [_told(n) for n in names[:words]] + [_LIST.sub(_of_list, n).replace("_", " ") for n in names[words:]]


def _heaviest(terms: Sequence[Term]) -> list[Term]:
    return sorted(terms, key=lambda t: (-abs(t.weight), t.term))[:_TERMS]


def _of_list(listed: re.Match[str]) -> str:
    return f"{listed[2]} ({'verb' if listed[1] == 'v' else 'goods'})"


def _told(word: str) -> str:
    return f"“{_MASK.sub(_of_mask, word)}”"


def _of_mask(masked: re.Match[str]) -> str:
    return f"[{masked[1].removeprefix('g_').replace('_', ' ')}]"


def _likely(kinds: dict[str, float]) -> tuple[Kind, ...]:
    likely = sorted((k for k, p in kinds.items() if p >= 0.5), key=lambda k: -kinds[k])
    return tuple(Kind(k) for k in likely or [max(kinds, key=lambda k: kinds[k])])


def save_model(folder: Path, parts: Parts, card: dict[str, Any]) -> None:
    """Write the artefact with skops and its card with the artefact's digest."""
    folder.mkdir(parents=True, exist_ok=True)
    body = skops.io.dumps(parts.as_plain(), compression=ZIP_DEFLATED, compresslevel=9)
    (folder / ARTEFACT).write_bytes(body)
    card = {**card, "artefact_sha256": sha256(body).hexdigest(), "scikit_learn": sklearn.__version__}
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_model(folder: Path, rulebook: Rulebook) -> Model:
    """Load the artefact if it is the one its card describes.

    Raises ModelError where card or artefact is missing, the digest differs, scikit-learn is of another version,
    the features are others, or the artefact holds a type that is not on the list.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        body = (folder / ARTEFACT).read_bytes()
    except (OSError, ValueError) as error:
        raise ModelError(f"the model cannot be read: {error}") from error
    if sha256(body).hexdigest() != card.get("artefact_sha256"):
        raise ModelError(f"{folder / ARTEFACT} is not the artefact that its card describes (digests differ)")
    if card.get("scikit_learn") != sklearn.__version__:
        raise ModelError(
            f"the model is for scikit-learn {card.get('scikit_learn')}, not {sklearn.__version__}: train it anew"
        )
    if card.get("features_sha256") != features_digest():
        raise ModelError("the model is for other features than this version reads: train it anew")
    try:
        parts = Parts.of_plain(skops.io.loads(body, trusted=TRUSTED))
    except Exception as error:  # skops raises many kinds on a type it was not told to trust
        raise ModelError(f"the artefact was refused: {error}") from error
    calibration = card["calibration"]
    return Model(
        rulebook,
        Reader(rulebook),
        parts,
        float(calibration["slope"]),
        float(calibration["intercept"]),
        float(calibration["floor"]),
        float(calibration["gate"]),
        str(card["version"]),
    )


def features_digest() -> str:
    """Return a digest of the features' names, which an artefact must agree with."""
    return sha256("\n".join((*FLAG_NAMES, *STORY_NAMES, *JOINT_NAMES)).encode()).hexdigest()
