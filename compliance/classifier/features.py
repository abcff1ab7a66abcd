"""Readings → numbers: windows of four sentences, the page as a whole, and what a story's windows say together.

A breach is told in a few sentences somewhere; the rest of a page is about other things. So windows are scored, and the
story by its best ones, its opening, and how many there were to choose from, beside the words of its lead and of what
stands around the best, and how much there speaks of plans, clearances, law and opinion. Function words and the verbs
and days of every report are left out: they tell who wrote, not what.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfTransformer

from compliance.classifier.counting import columns_of, counted, counts_of, words_in
from compliance.classifier.reading import FLAGS, GOODS, LAND, PLACE, SCENES, TARGET, TARGET_STATE, Reading

WINDOW = 4
# The words of a lead: the title and about eight sentences.
LEAD = 9
# The words around a window reach over so many sentences before and after it.
_AROUND = 6
# More windows than this to choose from count as no more: what stands behind a story must not move its score.
_MANY = 12
# How much the views' features may weigh against each other under one regularisation.
_WORD_SCALE, _FLAG_SCALE, _ORDER_SCALE, _TOGETHER_SCALE = 2.0, 0.2, 0.3, 0.2
_AT = {flag: i for i, flag in enumerate(FLAGS)}
_GOODS_AT = [_AT[g] for g in GOODS]
_REPORTING = (
    "_name_ _number_ said says say according told reported report reports reuters ap afp mr mrs ms "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december year years month months week day days time later ago earlier old new "
    "including included like just did does don didn doesn"
)
STOP_WORDS = sorted(ENGLISH_STOP_WORDS | set(_REPORTING.split()))

FLAG_NAMES: tuple[str, ...] = (
    *FLAGS,
    *(f"{scene} & {flag}, one sentence" for scene in SCENES for flag in FLAGS),
    *(f"{scene} & {flag}" for scene in (TARGET, TARGET_STATE, "place or land", "scene and goods") for flag in FLAGS),
)
# What speaks for a report of a breach or for something near it, counted in the sentences around the best window.
STANCES = (
    "cleared", "lapsed", "plan", "lawful", "hypothetical", "policy", "unilateral", "opinion", "conflict", "diplomacy",
    "crime", "business", "negation", "v_deny", "un_measure", "evidence", "enforce", "illicit", "v_accuse",
)  # fmt: skip
AROUND = ", around it"
STORY_NAMES = (
    "best window", "best three", "opening", "best early", "windows", "words of the lead", "words around",
    "phrases",
    *(f"{flag}{AROUND}" for flag in STANCES),
)  # fmt: skip

_READ = {"&": " & ", "+": " with ", "!": " but "}
# Who or where, what, and what was done with it: what a sentence holds of each, and who says so or what speaks against.
_WHO = {"target": "target", "target_state": "target state", "land": "land", "place": "land"}
_WHAT = {
    "g_arms": "arms", "g_proliferation": "proliferation", "g_commodity": "commodity", "g_finance": "money",
    "g_labour": "labour", "hackers": "money", "funds": "money",
}  # fmt: skip
_DONE = (
    "v_supply", "v_arm", "v_receive", "v_procure", "v_steal", "v_pay", "v_employ", "v_use", "v_attack", "v_work",
    "transfer", "made", "illicit", "bound_for", "front", "vessel", "conceal", "v_travel", "travel", "join", "v_seize",
    "enforce", "un_measure",
)  # fmt: skip
_FOR = ("v_accuse", "v_say", "enforce", "v_seize", "evidence", "un_measure", "illicit", "body")
_AGAINST = (
    "conflict", "policy", "lawful", "unilateral", "diplomacy", "hypothetical", "negation", "v_deny", "plan", "crime",
    "v_attack", "business", "life", "sport", "cleared", "lapsed", "opinion",
)  # fmt: skip


@dataclass(frozen=True)
class Windows:
    """The windows of a batch of stories, one row each: whose it is and at which sentence it begins."""

    matrix: sp.csr_matrix
    owner: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class WindowViews:
    """The fitted vocabularies of a window: its words, the order of its flags, and which stand together."""

    words: Any
    weigher: Any
    orders: Any
    together: Any

    def names(self) -> list[str]:
        """Return the columns' names as one reads them, in the order of ``windows_of``."""
        views = (self.words, self.orders, self.together)
        words, orders, together = ([str(n) for n in view.get_feature_names_out()] for view in views)
        told = [re.sub("[&+!]", lambda mark: _READ[mark[0]], name) for name in together]
        return [*words, *FLAG_NAMES, *(" then ".join(name.split()) for name in orders), *told]


def fit_windows(readings: Sequence[Reading]) -> WindowViews:
    """Learn the vocabularies: what fewer than a handful of stories say teaches nothing that carries over."""
    words = CountVectorizer(ngram_range=(1, 2), min_df=3, stop_words=STOP_WORDS)
    words.fit([" ".join(r.words) for r in readings])
    weigher = TfidfTransformer(sublinear_tf=True)
    weigher.fit(words.transform([text for r in readings for text in r.words]))
    orders = _tokens(ngram_range=(1, 3), min_df=6).fit(["\n".join(r.orders) for r in readings])
    together = _tokens(min_df=5).fit([" ".join(_together(f) for f in r.flags) for r in readings])
    return WindowViews(words, weigher, orders, together)


def _tokens(**options: Any) -> CountVectorizer:
    return CountVectorizer(token_pattern=r"\S+", lowercase=False, binary=True, **options)  # noqa: S106  (a pattern of words, no secret)


def windows_of(readings: Sequence[Reading], views: WindowViews, counts: sp.csr_matrix | None = None) -> Windows:
    """Return every window's words (counted, then weighed by TF-IDF) and flags as one sparse matrix.

    ``counts`` are those of the words of each sentence of each reading in turn, where they were counted already.
    """
    band, owner, first = _bands([len(r.flags) for r in readings])
    if counts is None:
        counts = counted(words_in((text for r in readings for text in r.words), views.words), views.words)
    words = views.weigher.transform(band @ counts)
    orders = band @ _looked_up([_known_order(o, views.orders) for r in readings for o in r.orders], views.orders)
    together = band @ _looked_up(
        [_known_together(f, views.together) for r in readings for f in r.flags], views.together
    )
    parts = [
        words * _WORD_SCALE,
        sp.csr_matrix(_flag_rows(readings, band)) * _FLAG_SCALE,
        _present(orders) * _ORDER_SCALE,
        _present(together) * _TOGETHER_SCALE,
    ]
    return Windows(sp.hstack(parts, format="csr"), owner, first)


def _present(counts: sp.csr_matrix) -> sp.csr_matrix:
    counts = counts.tocsr()
    counts.data = np.minimum(counts.data, 1)
    return counts


def _looked_up(rows: Sequence[Sequence[int]], vectorizer: Any) -> sp.csr_matrix:
    ends = [0, *accumulate(map(len, rows))]
    return counts_of([at for row in rows for at in row], ends, len(vectorizer.vocabulary_), binary=True)


@lru_cache(maxsize=16_384)
def _known_order(order: str, vectorizer: Any) -> tuple[int, ...]:
    """Return the columns of a sentence's order of flags: short ones are many."""
    return columns_of(order.split(), vectorizer)


@lru_cache(maxsize=16_384)
def _known_together(flags: frozenset[str], vectorizer: Any) -> tuple[int, ...]:
    """Return the columns of what stands together: sentences with the same flags are many."""
    find = vectorizer.vocabulary_.get
    return tuple(at for word in _together(flags).split() if (at := find(word)) is not None)


def _together(flags: frozenset[str]) -> str:
    """Return what stands together in a sentence: who with what, with what was done, and what speaks for or against."""
    return " ".join(_combinations(flags)).replace(",", " ")


def _combinations(flags: frozenset[str]) -> Iterator[str]:
    who = sorted({_WHO[f].replace(" ", "_") for f in flags if f in _WHO})
    what = sorted({_WHAT[f] for f in flags if f in _WHAT})
    done = [f for f in _DONE if f in flags]
    speaks = [f"+{f}" for f in _FOR if f in flags] + [f"!{f}" for f in _AGAINST if f in flags]
    for one in who:
        for thing in what:
            yield f"{one}&{thing}"
            yield from (f"{one}&{thing}{mark}" for mark in speaks)
            for act in done:
                yield f"{one}&{thing}&{act}"
                yield from (f"{one}&{thing}&{act}{mark}" for mark in speaks if mark[1:] != act)
        for act in done:
            yield f"{one}&{act}"
            yield from (f"{one}&{act}{mark}" for mark in speaks if mark[0] == "+" and mark[1:] != act)
    yield from (f"{thing}&{act}" for thing in what for act in done)
    yield from (f"{act}{mark}" for act in done for mark in speaks if mark[1:] != act)


def lead_of(reading: Reading) -> str:
    """Return the masked words of title and first sentences."""
    return " ".join(reading.words[:LEAD])


def _bands(lengths: Sequence[int]) -> tuple[sp.csr_matrix, np.ndarray, np.ndarray]:
    """Return a windows-by-sentences matrix of ones, and the story and first sentence of each window."""
    rows: list[int] = []
    columns: list[int] = []
    owner: list[int] = []
    first: list[int] = []
    offset = 0
    for story, length in enumerate(lengths):
        for start in range(max(1, length - WINDOW + 1)):
            for column in range(start, min(start + WINDOW, length)):
                rows.append(len(owner))
                columns.append(offset + column)
            owner.append(story)
            first.append(start)
        offset += length
    shape = (len(owner), offset)
    band = sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    return band, np.array(owner, dtype=int), np.array(first, dtype=int)


def _flag_rows(readings: Sequence[Reading], band: sp.csr_matrix) -> np.ndarray:
    """Return each window's flags, alone, with a target in one sentence, and with a target anywhere in the window."""
    given = np.zeros((band.shape[1], len(FLAGS)), dtype=np.float32)
    for row, flags in enumerate(f for r in readings for f in r.flags):
        given[row, [_AT[f] for f in flags]] = 1
    close = [band @ (given * given[:, [_AT[scene]]]) for scene in SCENES]
    union = (band @ given > 0).astype(np.float32)
    target, state = union[:, [_AT[TARGET]]], union[:, [_AT[TARGET_STATE]]]
    around = np.maximum(union[:, [_AT[LAND]]], union[:, [_AT[PLACE]]])
    goods = union[:, _GOODS_AT].max(axis=1, keepdims=True)
    anywhere = [union * s for s in (target, state, around, np.maximum(np.maximum(target, state), around) * goods)]
    return np.hstack([union, *((c > 0).astype(np.float32) for c in close), *anywhere])


def around_best(scores: np.ndarray) -> tuple[int, int]:
    """Return the sentences around a story's best window: the first, and the one after the last; they may overshoot."""
    best = int(scores.argmax())
    return best - _AROUND, best + WINDOW + _AROUND


def pooled(scores: np.ndarray, page: np.ndarray, flags: Sequence[frozenset[str]]) -> np.ndarray:
    """Return what a story's window scores, in the order of the text, its page scores and flags say: ``STORY_NAMES``.

    ``flags`` are those of each sentence; of each of ``STANCES`` it is the share of the sentences around that counts.
    """
    best = np.sort(scores)[::-1]
    first, last = around_best(scores)
    near = flags[max(0, first) : last]
    shares = [sum(flag in said for said in near) / len(near) for flag in STANCES]
    windows = np.log(min(len(scores), _MANY))
    return np.array([best[0], best[:3].mean(), scores[0], scores[:3].max(), windows, *page, *shares])
