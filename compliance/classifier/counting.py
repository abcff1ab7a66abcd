"""Texts → counts of words and pairs of words, as scikit-learn's vectorizers count them, without doing it twice.

A story's sentences, its lead and stretches of it are the same words: they are told apart once, and each vocabulary
only looks them up. The counts are those of ``CountVectorizer.transform``, number for number; a test compares them.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

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
    rows = [columns_of(text, vectorizer) for text in words]
    ends = [0, *accumulate(map(len, rows))]
    return counts_of([at for row in rows for at in row], ends, len(vectorizer.vocabulary_), binary=vectorizer.binary)


def columns_of(words: Sequence[str], vectorizer: Any) -> tuple[int, ...]:
    """Return the columns of the words and runs of words that the vocabulary holds, once for each time they stand."""
    shortest, longest = vectorizer.ngram_range
    find = vectorizer.vocabulary_.get
    found = [at for word in words if (at := find(word)) is not None] if shortest == 1 else []
    for size in range(max(2, shortest), longest + 1):
        found += [at for row in _together(words, size) if (at := find(row)) is not None]
    return tuple(found)


class StoryCounts(NamedTuple):
    """Words of each sentence of each story in turn, and where each story's begin; counts of words and pairs: a row for
    each sentence, and for each story's lead.
    """

    said: Sequence[Sequence[str]]
    starts: Sequence[int]
    sentences: sp.csr_matrix
    lead: sp.csr_matrix

    def stretches(self, spans: Sequence[tuple[int, int]]) -> list[list[str]]:
        """Return the words of one stretch of sentences of each story: from its first to before its last."""
        ends = [*self.starts[1:], len(self.said)]
        return [
            [word for sentence in self.said[start + max(0, first) : min(end, start + last)] for word in sentence]
            for start, end, (first, last) in zip(self.starts, ends, spans, strict=True)
        ]


def counted_stories(
    said: Sequence[Sequence[str]], lengths: Sequence[int], lead: int, sentences: Any, page: Any
) -> StoryCounts:
    """Return the counts of stories of ``lengths`` sentences, whose words are ``said``, in one pass over them.

    ``sentences`` and ``page`` are the vectorizers, both of words and pairs of words; the lead is the first ``lead``
    sentences. No pair reaches over a sentence's end in the first, nor over a story's in the other.
    """
    columns, find = _shared(sentences, page)
    story_of = np.repeat(np.arange(len(lengths)), lengths)
    number_in = np.concatenate([np.arange(n) for n in lengths]) if lengths else np.zeros(0, int)
    sentence = np.repeat(np.arange(len(said)), [len(words) for words in said])
    words = [word for text in said for word in text]
    grams = np.array([find(w, -1) for w in (*words, *_together(words, 2))], dtype=np.intp)
    # A pair belongs where its first word stands, if its second stands there too.
    first = np.concatenate([sentence, sentence[:-1]])
    second = np.concatenate([sentence, sentence[1:]])
    story, other = story_of[first], story_of[second]
    early = (grams >= 0) & (story == other) & (number_in[first] < lead) & (number_in[second] < lead)
    shape = (len(said), len(sentences.vocabulary_)), (len(lengths), len(page.vocabulary_))
    here = (grams >= 0) & (first == second)
    return StoryCounts(
        said,
        [0, *accumulate(lengths)][:-1],
        _counts(first[here], columns[0][grams[here]], shape[0]),
        _counts(story[early], columns[1][grams[early]], shape[1]),
    )


def _counts(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    known = columns >= 0
    ones = np.ones(int(known.sum()), dtype=np.int64)
    return sp.csr_matrix((ones, (rows[known], columns[known])), shape=shape)


@lru_cache(maxsize=8)
def _shared(*vectorizers: Any) -> tuple[list[np.ndarray], Callable[[str, int], int]]:
    """Return each vocabulary's columns of the entries of all, -1 where it lacks one, and what finds an entry."""
    entries = {word: n for n, word in enumerate(dict.fromkeys(w for v in vectorizers for w in v.vocabulary_))}
    columns = [np.array([v.vocabulary_.get(word, -1) for word in entries], dtype=np.int32) for v in vectorizers]
    return columns, entries.get


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
