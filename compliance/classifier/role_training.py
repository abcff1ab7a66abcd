"""Annotated stories → the weights by which the rules judge who took part where no frame speaks.

One row per (story, candidate); everyone named who is no violator is a negative. The model is linear, so that it can be
carried as data and read back: the rules import no learning library.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from compliance.classifier.corpus import Example
from compliance.classifier.story_training import day_of, train_story
from rules.beside import beside_features
from rules.candidates import Candidate
from rules.extraction import StoryRead, judge_story, read_story, strong_parts
from rules.findings import Extraction
from rules.linear import StoryWeights
from rules.roles import alone
from rules.rulebook import Rulebook
from rules.weights import ANSWERS, BESIDE, BesideWeights, RoleWeights, save_weights

FOLDS = 5
_STRENGTH = 0.2
# A feature must stand at this many candidates, a role at this many, to be learnt; lesser weights are dropped.
_FEWEST_FEATURES, _FEWEST_ROLES, _LEAST = 6, 6, 0.05
# How freely what is told of several may weigh, and how many parties there must be to learn it from.
_STRENGTH_BESIDE, _FEWEST_BESIDE = 0.3, 50
# Names in stories that report no breach count too, but less: the rules mostly read what the classifier let through.
# What tells the parties to a breach from the names of all news counts them alike.
_WEIGHT_ELSEWHERE = 0.05
_ARTICLE = re.compile(r"^(?:the|a|an|mv|m/v|mt)\s+")


@dataclass(frozen=True)
class RoleTraining:
    """The weights of roles and stories learnt from every example, and what the rules find in each by weights that did
    not see its event.

    What weighs each beside the others learnt, for a story held out, from other stories alone, but from log-odds of them
    by weights that had seen this one's event.
    """

    weights: RoleWeights
    story: StoryWeights
    held_out: dict[str, Extraction]

    def save(self, path: Path) -> None:
        """Write the weights where the rulebook reads them."""
        save_weights(self.weights, path)


@dataclass(frozen=True)
class _Row:
    features: dict[str, float]
    roles: frozenset[str]
    weight: float


def train_roles(examples: Sequence[Example], rulebook: Rulebook, corpus: str) -> RoleTraining:
    """Learn from all but the grey stories; equal input gives equal weights."""
    # What a story's clauses hold does not depend on any weight: each is read once.
    reads = {e.story.id: read_story(e.story.title, e.story.text, rulebook, day_of(e)) for e in examples}
    rows = {e.story.id: _rows(e, reads[e.story.id], rulebook) for e in examples if e.label != "grey"}
    groups = [e.event for e in examples]
    folds = list(GroupKFold(n_splits=min(FOLDS, len(set(groups)))).split(np.zeros(len(examples)), groups=groups))
    table = _Table([row for story_rows in rows.values() for row in story_rows])
    ends = np.cumsum([len(rows.get(e.story.id, ())) for e in examples])
    numbers = np.split(np.arange(ends[-1]), ends[:-1])
    weights = [table.fit(np.concatenate([numbers[i] for i in fit]), corpus) for fit, _ in folds]
    # How each is weighed beside the others is learnt from what weights say that did not see the story's event.
    beside: list[list[_Beside]] = [[] for _ in folds]
    for number, (_, out) in enumerate(folds):
        book = replace(rulebook, roles=weights[number])
        for i in out:
            if story_rows := rows.get(examples[i].story.id):
                beside[number] += _rows_beside(story_rows, reads[examples[i].story.id], book)
    held_out: dict[str, Extraction] = {}
    for number, (fit, out) in enumerate(folds):
        others = [row for n, fold in enumerate(beside) if n != number for row in fold]
        book = replace(rulebook, roles=replace(weights[number], beside=_fit_beside(others)))
        book = replace(book, story=train_story([examples[i] for i in fit], book, corpus, reads))
        held_out.update((examples[i].story.id, _found(examples[i], reads[examples[i].story.id], book)) for i in out)
    whole = table.fit(np.arange(ends[-1]), corpus)
    whole = replace(whole, beside=_fit_beside([row for fold in beside for row in fold]))
    story = train_story(examples, replace(rulebook, roles=whole), corpus, reads)
    return RoleTraining(whole, story, held_out)


@dataclass(frozen=True)
class _Beside:
    """Somebody who may have taken part, beside the others, and the roles that he is annotated with."""

    features: dict[str, float]
    roles: frozenset[str]
    weight: float


def _rows_beside(rows: Sequence[_Row], read: StoryRead, rulebook: Rulebook) -> list[_Beside]:
    weights = rulebook.roles
    told = [weights.names.numbered(r.features) for r in rows]
    framed = {number: {role for role, _ in parts} for number, parts in strong_parts(read).items()}
    violator = [weights.log_odds_of("violator", one) for one in told]
    likely = alone(told, violator, read.candidates, framed, weights)
    pairs = zip(likely, beside_features(list(likely.values()), rulebook), strict=True)
    return [_Beside(features, rows[number].roles, rows[number].weight) for number, features in pairs]


def _fit_beside(rows: Sequence[_Beside]) -> BesideWeights | None:
    """Return the weights of ``rules/beside.py``, or None where the rows are too few to learn from."""
    if sum(bool(r.roles) for r in rows) < _FEWEST_BESIDE:
        return None
    vectors, scaler = DictVectorizer(sparse=False), StandardScaler()
    matrix = scaler.fit_transform(vectors.fit_transform([r.features for r in rows]))
    counts = np.array([r.weight for r in rows])
    learnt, biases = np.zeros((len(BESIDE), matrix.shape[1])), [-9.0] * len(BESIDE)
    for number, answer in enumerate(BESIDE):
        wanted = np.array([bool(r.roles) if answer == "violator" else answer in r.roles for r in rows])
        if _FEWEST_ROLES <= wanted.sum() < len(rows):
            model = LogisticRegression(C=_STRENGTH_BESIDE, solver="newton-cholesky", tol=1e-8)
            model.fit(matrix, wanted, sample_weight=counts)
            learnt[number] = model.coef_[0] / scaler.scale_
            biases[number] = round(float(model.intercept_[0] - learnt[number] @ scaler.mean_), 4)
    weights = {name: tuple(round(float(w), 4) for w in learnt[:, n]) for n, name in enumerate(vectors.feature_names_)}
    return BesideWeights(tuple(biases), weights)


def _found(example: Example, read: StoryRead, rulebook: Rulebook) -> Extraction:
    return judge_story(read, example.story.title, example.story.text, day_of(example), rulebook)


def _rows(example: Example, read: StoryRead, rulebook: Rulebook) -> list[_Row]:
    parties = example.annotation["parties"]
    told = {_bare(rulebook.canonical(p["canonical"])): frozenset(p["roles"]) for p in parties}
    written = {_bare(p["name"]): frozenset(p["roles"]) for p in parties}
    names = {_bare(c.name) for c in read.candidates}
    # A party that stands under another canonical name here is still one, and so is a short form of its name.
    strays = {_bare(p["name"]) for p in parties if _bare(rulebook.canonical(p["canonical"])) not in names}
    weight = 1.0 if example.label == "breach" else _WEIGHT_ELSEWHERE
    rows = []
    for candidate, features in zip(read.candidates, read.features, strict=True):
        roles = told.get(_bare(candidate.name), frozenset())
        for form in sorted(_written(candidate, read)):
            if not roles and (form in strays or not candidate.is_known):
                roles = written.get(form, frozenset())
        rows.append(_Row(features, roles, weight))
    return rows


def _written(candidate: Candidate, read: StoryRead) -> set[str]:
    """Return the forms in which the story writes the candidate's own name."""
    forms = set()
    for place in candidate.places:
        sentence = read.clauses[place.clause][1].sentence
        if not place.by_leader:
            forms.add(_bare(sentence.text[place.start - sentence.start : place.end - sentence.start]))
    return forms


def _bare(name: str) -> str:
    return _ARTICLE.sub("", name.lower()).strip(" .")


class _Table:
    """Every row as numbers: the names are told apart once, and the weights of each fold learnt from its part."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        vectors = DictVectorizer(dtype=np.float32)
        self._matrix = vectors.fit_transform([r.features for r in rows])
        self._names: list[str] = vectors.feature_names_
        self._roles = [r.roles for r in rows]
        self._counts = np.array([r.weight for r in rows])

    def fit(self, used: np.ndarray, corpus: str) -> RoleWeights:
        """Return the weights learnt from the rows with these numbers."""
        matrix, counts = self._matrix[used], self._counts[used]
        roles = [self._roles[i] for i in used]
        keep = np.flatnonzero(
            np.bincount(matrix.indices[matrix.data != 0], minlength=matrix.shape[1]) >= _FEWEST_FEATURES
        )
        names = [self._names[i] for i in keep]
        scaler = MaxAbsScaler()
        scaled = scaler.fit_transform(matrix[:, keep])
        learnt = np.zeros((len(ANSWERS), len(names)))
        biases = [-9.0] * len(ANSWERS)
        for number, answer in enumerate(ANSWERS):
            any_role = answer in ("violator", "suspect")
            wanted = np.array([bool(r) if any_role else answer in r for r in roles])
            if wanted.sum() >= _FEWEST_ROLES:
                # The solver draws its order of coordinates by chance: the seed makes equal input give equal weights.
                model = LogisticRegression(C=_STRENGTH, solver="liblinear", max_iter=300, random_state=0)
                model.fit(scaled, wanted, sample_weight=None if answer == "suspect" else counts)
                learnt[number] = model.coef_[0] / scaler.scale_
                biases[number] = round(float(model.intercept_[0]), 3)
        learnt[np.abs(learnt) < _LEAST] = 0
        weights = {
            n: tuple(round(float(w), 3) for w in learnt[:, i]) for i, n in enumerate(names) if learnt[:, i].any()
        }
        return RoleWeights(tuple(biases), weights, corpus)
