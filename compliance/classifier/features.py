"""Readings → numbers: windows of four sentences, and what a story's windows say together.

A breach is told in a few sentences somewhere; the rest of a page is about other things. So windows are scored, and the
story by its best ones, its opening, and how many there were to choose from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from compliance.classifier.reading import FLAGS, GOODS, LAND, PLACE, SCENES, TARGET, TARGET_STATE, Reading

WINDOW = 4
# How much a word's and a flag's weight may count against each other under one regularisation.
_WORD_SCALE, _FLAG_SCALE = 2.0, 0.1
_AT = {flag: i for i, flag in enumerate(FLAGS)}
_GOODS_AT = [_AT[g] for g in GOODS]

FLAG_NAMES: tuple[str, ...] = (
    *FLAGS,
    *(f"{scene} & {flag}, one sentence" for scene in SCENES for flag in FLAGS),
    *(f"{scene} & {flag}" for scene in (TARGET, TARGET_STATE, "place or land", "scene and goods") for flag in FLAGS),
)
STORY_NAMES = ("best window", "best three", "opening", "best early", "length")


@dataclass(frozen=True)
class Windows:
    """The windows of a batch of stories, one row each: whose it is and at which sentence it begins."""

    matrix: sp.csr_matrix
    owner: np.ndarray
    first: np.ndarray


def windows_of(readings: Sequence[Reading], counter: Any, weigher: Any) -> Windows:
    """Return every window's words (counted, then weighed by TF-IDF) and flags as one sparse matrix."""
    band, owner, first = _bands([len(r.flags) for r in readings])
    counts = band @ counter.transform([text for r in readings for text in r.words])
    flags = _flag_rows(readings, band)
    matrix = sp.hstack([weigher.transform(counts) * _WORD_SCALE, sp.csr_matrix(flags) * _FLAG_SCALE], format="csr")
    return Windows(matrix, owner, first)


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


def pooled(scores: np.ndarray) -> np.ndarray:
    """Return what a story's window scores, in the order of the text, say together; see ``STORY_NAMES``."""
    best = np.sort(scores)[::-1]
    return np.array([best[0], best[:3].mean(), scores[0], scores[:3].max(), np.log(len(scores))])
