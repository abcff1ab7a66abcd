"""Annotated stories → the weights by which the rules judge a story's kinds, regimes, status, denials and wording.

The models are linear, so that they can be carried as data and read back: the rules import no learning library. What one
model tells another (kinds to regimes) is learnt on answers from folds that did not see the story's event.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from sys import intern
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import MaxAbsScaler

from compliance.classifier.corpus import Example
from rules.acts import Act
from rules.dating import dated_acts
from rules.denials import denial_features
from rules.extraction import StoryRead, read_story, told_acts
from rules.law import kind_features, kinds_of, named_regimes, regime_features, touched_by
from rules.linear import ANSWERS, DENIES, UNDER, WORDED, StoryWeights
from rules.rulebook import Rulebook
from rules.status import status_features
from rules.vocabulary import Field, Kind, Status
from rules.wording import wording_features

FOLDS = 5
# How freely each model may weigh, and at how many rows a feature must stand to be learnt.
_STATUS, _KIND, _REGIME, _DENIAL, _WORDING = (0.3, 4), (0.5, 4), (0.3, 2), (0.1, 4), (0.3, 5)
# On matrices this wide and sparse the solver is faster than the default and no worse, and its sums do not depend on the
# number of threads. It holds the bias back as it does weights; scaled ten times, hardly.
_SOLVER: Mapping[str, Any] = MappingProxyType({"solver": "liblinear", "intercept_scaling": 10, "random_state": 0})
_BALANCED: Mapping[str, Any] = MappingProxyType({**_SOLVER, "class_weight": "balanced"})
_ROUNDS = 4
_NEVER = (-9.0, dict[str, float]())
_ARTICLE = re.compile(r"^(?:the|a|an|mv|m/v|mt)\s+")

_Learnt = tuple[float, dict[str, float]]
_Features = Mapping[str, float]


@dataclass(frozen=True)
class _Read:
    example: Example
    story: StoryRead
    acts: list[Act]
    names: frozenset[str]


def train_story(
    examples: Sequence[Example], rulebook: Rulebook, corpus: str, reads: Mapping[str, StoryRead] | None = None
) -> StoryWeights:
    """Learn from the breaches, as the rulebook's roles read them, and their wording from all but the grey stories.

    Equal input gives equal weights. ``reads`` holds stories by id that were read before.
    """
    whole = [_read(e, rulebook, reads) for e in examples if e.label != "grey"]
    read = [r for r in whole if r.example.label == "breach"]
    learnt = _status(read, rulebook) | _kinds(read, rulebook)
    learnt[WORDED] = _wording(whole, rulebook)
    learnt[UNDER] = _regimes(read, _folded_kinds(read, rulebook), rulebook)
    learnt[DENIES] = _denials(read)
    return _weights(learnt, corpus)


def _weights(learnt: Mapping[str, _Learnt], corpus: str) -> StoryWeights:
    whole = {answer: learnt.get(answer, _NEVER) for answer in ANSWERS}
    return StoryWeights({a: bias for a, (bias, _) in whole.items()}, {a: w for a, (_, w) in whole.items()}, corpus)


def day_of(example: Example) -> date | None:
    """Return the day of the story, where it has one."""
    return example.story.published.date() if example.story.published else None


def _read(example: Example, rulebook: Rulebook, reads: Mapping[str, StoryRead] | None) -> _Read:
    known = reads.get(example.story.id) if reads else None
    story = known or read_story(example.story.title, example.story.text, rulebook, day_of(example))
    acts, parties = told_acts(story, example.story.title, example.story.text, rulebook)
    return _Read(example, story, acts, frozenset(p.canonical for p in parties))


def _status(read: Sequence[_Read], rulebook: Rulebook) -> dict[str, _Learnt]:
    rows = [status_features(r.story.clauses, r.acts, rulebook) for r in read]
    told = [r.example.annotation["status"] for r in read]
    strength, fewest = _STATUS
    table = _Table(rows, fewest)
    return {f"status {s.value}": table.fit([t == s.value for t in told], strength) for s in Status}


def _wording(read: Sequence[_Read], rulebook: Rulebook) -> _Learnt:
    rows = [_held_once(wording_features(r.story.clauses, r.acts, rulebook)) for r in read]
    wanted, weights = [r.example.label == "breach" for r in read], np.array([r.example.weight for r in read])
    strength, fewest = _WORDING
    return _Table(rows, fewest).fit(wanted, strength, _BALANCED, weights)


def _held_once(row: _Features) -> dict[str, float]:
    """Return the row with names that all rows share: thousands of stories have the same words."""
    return {intern(name): value for name, value in row.items()}


def _kinds(read: Sequence[_Read], rulebook: Rulebook) -> dict[str, _Learnt]:
    strength, fewest = _KIND
    table = _Table([kind_features(r.story.clauses, r.acts, rulebook) for r in read], fewest)
    return {f"kind {k.value}": table.fit([k.value in r.example.kinds for r in read], strength) for k in Kind}


def _folded_kinds(read: Sequence[_Read], rulebook: Rulebook) -> list[tuple[Kind, ...]]:
    """Return each story's kinds as weights find them that did not learn from its event."""
    groups = [r.example.event for r in read]
    found: dict[int, tuple[Kind, ...]] = {}
    folds = min(FOLDS, len(set(groups)))
    if folds < 2:
        return [tuple(Kind(k) for k in r.example.kinds) for r in read]
    for fit, out in GroupKFold(n_splits=folds).split(np.zeros(len(read)), groups=groups):
        book = replace(rulebook, story=_weights(_kinds([read[i] for i in fit], rulebook), ""))
        found.update({int(i): kinds_of(read[i].story.clauses, read[i].acts, book) for i in out})
    return [found[i] for i in range(len(read))]


def _regimes(read: Sequence[_Read], kinds: Sequence[tuple[Kind, ...]], rulebook: Rulebook) -> _Learnt:
    rows: list[_Features] = []
    wanted: list[bool] = []
    for one, found in zip(read, kinds, strict=True):
        on = day_of(one.example)
        story = one.example.story
        fields = {Field.TITLE: story.title, Field.TEXT: story.text}
        named = named_regimes(one.story.clauses, rulebook, on)
        acts = dated_acts(one.acts, one.story.clauses, fields, on, rulebook)
        touched = touched_by(acts, found, named, on, rulebook)
        touched = replace(touched, free=touched.free | one.story.free)
        for regime, features in regime_features(touched, found, named, on, rulebook).items():
            rows.append(features)
            wanted.append(regime in one.example.regimes)
    strength, fewest = _REGIME
    return _Table(rows, fewest).fit(wanted, strength)


def _denials(read: Sequence[_Read]) -> _Learnt:
    """Learn from each sentence that may deny; of a denier's sentences the likeliest is taken for his denial."""
    rows: list[_Features] = []
    owners: list[int] = []
    wanted: list[bool] = []
    owner = 0
    for one in read:
        deniers = _deniers(one.example)
        features = denial_features(one.names, one.story.candidates, one.story.clauses, one.story.stances)
        for candidate, sentences in zip(one.story.candidates, features, strict=True):
            owner += 1
            rows += sentences
            owners += [owner] * len(sentences)
            wanted += [_bare(candidate.name) in deniers] * len(sentences)
    return _fit_likeliest(rows, owners, np.array(wanted, dtype=bool)) if len(set(wanted)) == 2 else _NEVER


def _fit_likeliest(rows: Sequence[_Features], owners: Sequence[int], wanted: np.ndarray) -> _Learnt:
    vectors = DictVectorizer()
    matrix = vectors.fit_transform(rows)
    kept, strength, fewest = np.ones(len(rows), dtype=bool), *_DENIAL
    for _ in range(_ROUNDS):
        columns = np.flatnonzero(np.asarray((matrix[kept] != 0).sum(axis=0)).ravel() >= fewest)
        model = LogisticRegression(C=strength, **_SOLVER).fit(matrix[kept][:, columns], wanted[kept])
        worth = model.decision_function(matrix[:, columns])
        best: dict[int, int] = {}
        for number in map(int, np.flatnonzero(wanted)):
            his = owners[number]
            if his not in best or worth[number] > worth[best[his]]:
                best[his] = number
        kept = ~wanted
        kept[list(best.values())] = True
    names = vectors.feature_names_
    learnt = {names[c]: round(float(w), 4) for c, w in zip(columns, model.coef_[0], strict=True)}
    return round(float(model.intercept_[0]), 4), {n: w for n, w in learnt.items() if abs(w) >= 0.01}


def _deniers(example: Example) -> set[str]:
    told = set(example.annotation["denied_by"])
    return {_bare(name) for name in told} | {
        _bare(p["name"]) for p in example.annotation["parties"] if p["canonical"] in told
    }


def _bare(name: str) -> str:
    return _ARTICLE.sub("", name.lower()).strip(" .")


class _Table:
    """Rows of features as numbers, those that few rows have left out: what several answers are learnt from."""

    def __init__(self, rows: Sequence[_Features], fewest: int) -> None:
        self._rows, self._fewest = rows, fewest

    @cached_property
    def _numbers(self) -> tuple[Any, list[str], np.ndarray]:
        """The rows as a matrix of values up to 1, the names of its columns, and what each was divided by."""
        counts = Counter(name for row in self._rows for name in row)
        vectors, scaler = DictVectorizer(), MaxAbsScaler()
        matrix = vectors.fit_transform([_without_rare(row.items(), counts, self._fewest) for row in self._rows])
        return scaler.fit_transform(matrix), vectors.feature_names_, scaler.scale_

    def fit(
        self,
        wanted: Sequence[bool],
        strength: float,
        how: Mapping[str, Any] = _SOLVER,
        weights: np.ndarray | None = None,
    ) -> _Learnt:
        """Return the bias and the weights of a logistic model; one answer for all rows learns nothing."""
        if len(set(wanted)) < 2:
            return _NEVER
        matrix, names, scale = self._numbers
        model = LogisticRegression(C=strength, **how).fit(matrix, np.array(wanted), weights)
        scaled = zip(names, model.coef_[0], scale, strict=True)
        learnt = {name: round(float(weight / scale), 4) for name, weight, scale in scaled}
        return round(float(model.intercept_[0]), 4), {n: w for n, w in learnt.items() if abs(w) >= 0.01}


def _without_rare(row: Iterable[tuple[str, float]], counts: Counter[str], fewest: int) -> dict[str, float]:
    return {name: value for name, value in row if counts[name] >= fewest}
