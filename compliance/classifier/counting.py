"""Texts → counts of words and pairs of words, as scikit-learn's vectorizers count them, without doing it twice.

A story's sentences, its lead and the whole of it are the same words: they are told apart once, and each vocabulary
only looks them up. The counts are those of ``CountVectorizer.transform``, number for number; a test compares them.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp


def words_in(texts: Iterable[str], vectorizer: Any) -> list[list[str]]:
    """Return the words of each text that the vectorizer counts, in order; texts are in lower case already."""
    tokenize, stopped = _tokenizer(vectorizer)
    return [[word for word in tokenize(text) if word not in stopped] for text in texts]


@lru_cache(maxsize=8)
def _tokenizer(vectorizer: Any) -> tuple[Callable[[str], list[str]], frozenset[str]]:
    return vectorizer.build_tokenizer(), frozenset(vectorizer.get_stop_words() or ())


def counted(words: Sequence[Sequence[str]], vectorizer: Any) -> sp.csr_matrix:
    """Return how often each text of ``words`` holds each entry of the vocabulary: texts by entries, 64-bit integers.

    A vectorizer that is binary gives ones.
    """
    shortest, longest = vectorizer.ngram_range
    vocabulary: dict[str, int] = vectorizer.vocabulary_
    find = vocabulary.get
    columns: list[int] = []
    ends = [0]
    for text in words:
        if shortest == 1:
            columns += [at for word in text if (at := find(word)) is not None]
        for size in range(max(2, shortest), longest + 1):
            columns += [at for row in _together(text, size) if (at := find(row)) is not None]
        ends.append(len(columns))
    return counts_of(columns, ends, len(vocabulary), binary=vectorizer.binary)


def _together(words: Sequence[str], size: int) -> list[str]:
    """Return each run of ``size`` words, at least two, as vocabularies spell it."""
    if size == 2:
        return [f"{one} {other}" for one, other in pairwise(words)]
    return [" ".join(row) for row in zip(*(words[i:] for i in range(size)), strict=False)]


def counts_of(columns: Sequence[int], ends: Sequence[int], width: int, *, binary: bool = False) -> sp.csr_matrix:
    """Return the matrix whose row ``i`` counts ``columns[ends[i]:ends[i + 1]]``, or with ``binary`` marks them."""
    data = np.ones(len(columns), dtype=np.int64)
    # The smaller integers are those that scipy chooses: others would be converted at every product.
    matrix = sp.csr_matrix((data, np.array(columns, np.int32), np.array(ends, np.int32)), shape=(len(ends) - 1, width))
    matrix.sum_duplicates()
    if binary:
        matrix.data.fill(1)
    return matrix
