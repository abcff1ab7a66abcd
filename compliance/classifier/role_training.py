"""Annotated stories → the weights by which the rules judge who took part where no frame speaks.

One row per (story, candidate); everyone named who is no violator is a negative. The model is linear, so that it can be
carried as data and read back: the rules import no learning library.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import MaxAbsScaler

from compliance.classifier.corpus import Example
from rules.extraction import extract, read_story
from rules.findings import Extraction
from rules.rulebook import Rulebook
from rules.weights import ROLES, RoleWeights, save_weights

FOLDS = 5
_STRENGTH = 0.3
# A feature must stand at this many candidates, a role at this many, to be learnt.
_FEWEST_FEATURES, _FEWEST_ROLES = 4, 6
# Names in stories that report no breach count too, but less: the rules mostly read what the classifier let through.
_WEIGHT_ELSEWHERE = 0.1
_ARTICLE = re.compile(r"^(?:the|a|an|mv|m/v|mt)\s+")


@dataclass(frozen=True)
class RoleTraining:
    """The weights learnt from every example, and what the rules find in each by weights that did not see its event."""

    weights: RoleWeights
    held_out: dict[str, Extraction]

    def save(self, path: Path) -> None:
        """Write the weights where the rulebook reads them."""
        save_weights(self.weights, path)


@dataclass(frozen=True)
class _Row:
    features: dict[str, float]
    roles: frozenset[str]
    event: str
    weight: float


def train_roles(examples: Sequence[Example], rulebook: Rulebook, corpus: str) -> RoleTraining:
    """Learn from all but the grey stories; equal input gives equal weights."""
    rows = [row for e in examples if e.label != "grey" for row in _rows(e, rulebook)]
    groups = [e.event for e in examples]
    held_out: dict[str, Extraction] = {}
    folds = GroupKFold(n_splits=min(FOLDS, len(set(groups)))).split(np.zeros(len(examples)), groups=groups)
    for fit, out in folds:
        seen = {groups[i] for i in fit}
        weights = _fit([r for r in rows if r.event in seen], corpus)
        book = replace(rulebook, roles=weights)
        held_out.update((examples[i].story.id, _found(examples[i], book)) for i in out)
    return RoleTraining(_fit(rows, corpus), held_out)


def _found(example: Example, rulebook: Rulebook) -> Extraction:
    story = example.story
    return extract(story.title, story.text, story.published.date() if story.published else None, rulebook)


def _rows(example: Example, rulebook: Rulebook) -> list[_Row]:
    read = read_story(example.story.title, example.story.text, rulebook)
    told: dict[str, frozenset[str]] = {}
    for party in example.annotation["parties"]:
        for name in (party["canonical"], party["name"]):
            told[_bare(name)] = frozenset(party["roles"])
    weight = 1.0 if example.label == "breach" else _WEIGHT_ELSEWHERE
    return [
        _Row(features, told.get(_bare(candidate.name), frozenset()), example.event, weight)
        for candidate, features in zip(read.candidates, read.features, strict=True)
    ]


def _bare(name: str) -> str:
    return _ARTICLE.sub("", name.lower()).strip(" .")


def _fit(rows: Sequence[_Row], corpus: str) -> RoleWeights:
    vectors = DictVectorizer()
    matrix = vectors.fit_transform([r.features for r in rows])
    keep = np.flatnonzero(np.asarray((matrix != 0).sum(axis=0)).ravel() >= _FEWEST_FEATURES)
    names = [vectors.feature_names_[i] for i in keep]
    scaler = MaxAbsScaler()
    scaled = scaler.fit_transform(matrix[:, keep])
    answers = {"violator": np.array([bool(r.roles) for r in rows])}
    answers |= {role.value: np.array([role.value in r.roles for r in rows]) for role in ROLES}
    biases: dict[str, float] = {}
    weights: dict[str, dict[str, float]] = {}
    counts = np.array([r.weight for r in rows])
    for answer, wanted in answers.items():
        model = _model(scaled, wanted, counts)
        biases[answer], weights[answer] = (-9.0, {}) if model is None else _as_data(model, names, scaler.scale_)
    return RoleWeights(biases, weights, corpus)


def _model(matrix: Any, wanted: np.ndarray, counts: np.ndarray) -> Any:
    if wanted.sum() < _FEWEST_ROLES:
        return None
    return LogisticRegression(C=_STRENGTH, max_iter=1_000).fit(matrix, wanted, sample_weight=counts)


def _as_data(model: Any, names: Sequence[str], scale: np.ndarray) -> tuple[float, dict[str, float]]:
    learnt = {n: round(float(w / s), 4) for n, w, s in zip(names, model.coef_[0], scale, strict=True)}
    return round(float(model.intercept_[0]), 4), {n: w for n, w in learnt.items() if abs(w) >= 0.005}
