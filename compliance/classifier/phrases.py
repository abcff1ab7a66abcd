"""Readings → phrases: words beside each other with names and goods as what they are, and the score learnt from them.

A phrase is a word, two in a row, or two with one between, of which one says something by itself: "<target> has
received", "received … <arms>". Where windows and page tell what a story is about, phrases tell who is where in it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer

from compliance.classifier.counting import counts_of
from compliance.classifier.features import STOP_WORDS, around_best
from compliance.classifier.reading import Reading

# The title and the first sentences of a story.
OPENING = 5
# A phrase must stand in so many stories to be learnt.
_FEWEST = 3
_WORD = re.compile(r"\w[\w'-]*")
# Before the first word of a sentence.
_START = "^"
_SAYS_NOTHING = frozenset((*STOP_WORDS, _START))


@dataclass(frozen=True)
class Phrases:
    """The phrases known of whole stories and of openings, by column, their weighing, and the score learnt from them."""

    whole: dict[str, int]
    opening: dict[str, int]
    whole_weigher: Any
    opening_weigher: Any
    score: Any

    def decide(self, readings: Sequence[Reading], scores: Sequence[np.ndarray]) -> np.ndarray:
        """Return a score for each story by its opening and what stands around its best window."""
        return np.asarray(self.score.decision_function(self.rows(readings, scores))) if readings else np.zeros(0)

    def rows(self, readings: Sequence[Reading], scores: Sequence[np.ndarray]) -> sp.csr_matrix:
        """Return what the score rests on: a row for each story."""
        spans = [around_best(s) for s in scores]
        around = [_said(r.phrased[max(0, first) : last]) for r, (first, last) in zip(readings, spans, strict=True)]
        return self.weighed(around, [_said(r.phrased[:OPENING]) for r in readings])

    def as_plain(self) -> dict[str, Any]:
        """Return the parts as plain values and scikit-learn objects, each list of phrases as one text: of a hundred
        thousand values of their own the artefact's reader would make as many objects first.
        """
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**held, "whole": "\n".join(self.whole), "opening": "\n".join(self.opening)}

    @staticmethod
    def of_plain(held: dict[str, Any]) -> "Phrases":
        """Return the phrases of which ``as_plain`` made a dictionary."""
        columns = {name: {p: n for n, p in enumerate(held[name].split("\n"))} for name in ("whole", "opening")}
        return Phrases(**{**held, **columns})

    @cached_property
    def names(self) -> list[str]:
        """The phrase of each column of the rows; those of the opening stand after those of the whole."""
        return [*self.whole, *self.opening]

    def weighed(self, stretches: Iterable[frozenset[str]], openings: Iterable[frozenset[str]]) -> sp.csr_matrix:
        """Return a row for each story: the phrases of a stretch of it and of its opening, weighed by TF-IDF."""
        parts = (
            self.whole_weigher.transform(_rows(stretches, self.whole)),
            self.opening_weigher.transform(_rows(openings, self.opening)),
        )
        return sp.hstack(parts, format="csr")


def fit_phrases(readings: Sequence[Reading], fit: Callable[[Any], Any]) -> Phrases:
    """Learn the phrases that a handful of stories share, and by ``fit``, given their rows, a score."""
    wholes, openings = [_said(r.phrased) for r in readings], [_said(r.phrased[:OPENING]) for r in readings]
    whole, opening = _known(wholes), _known(openings)
    weighers = TfidfTransformer().fit(_rows(wholes, whole)), TfidfTransformer().fit(_rows(openings, opening))
    unscored = Phrases(whole, opening, *weighers, None)
    return Phrases(whole, opening, *weighers, fit(unscored.weighed(wholes, openings)))


@lru_cache(maxsize=16_384)
def phrases_of(sentence: str) -> frozenset[str]:
    """Return the phrases of a masked sentence."""
    words = [_START, *_WORD.findall(sentence)]
    telling = [word not in _SAYS_NOTHING for word in words]
    found = {word for word, tells in zip(words, telling, strict=True) if tells}
    for gap, mark in ((1, " "), (2, " _ ")):
        pairs = zip(words, words[gap:], telling, telling[gap:], strict=False)
        found.update(f"{one}{mark}{other}" for one, other, tells, tells_too in pairs if tells or tells_too)
    return frozenset(found)


def _said(sentences: Sequence[str]) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(phrases_of, sentences)))


def _known(texts: Iterable[frozenset[str]]) -> dict[str, int]:
    """Return the phrases that enough texts hold, each with its column, in alphabetical order."""
    times: dict[str, int] = {}
    for text in texts:
        for phrase in text:
            times[phrase] = times.get(phrase, 0) + 1
    return {phrase: n for n, phrase in enumerate(sorted(p for p, count in times.items() if count >= _FEWEST))}


def _rows(texts: Iterable[frozenset[str]], known: dict[str, int]) -> sp.csr_matrix:
    """Return which of the known phrases each text holds."""
    find = known.get
    columns: list[int] = []
    ends = [0]
    for text in texts:
        columns += [at for phrase in text if (at := find(phrase)) is not None]
        ends.append(len(columns))
    return counts_of(columns, ends, len(known), binary=True)
