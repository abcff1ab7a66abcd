"""The labelled stories that a story is most like, by the words of its lead: shown beside a score, never part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from compliance.classifier.classification import Neighbour

NEAREST = 3
# The weightiest words of a lead tell what it is about; so many are kept of each story.
_TERMS = 60
# Less alike than this is not alike.
_LEAST = 0.1


@dataclass(frozen=True)
class Known:
    """Labelled stories: what each is, and its words over the vocabulary of the page score, as plain arrays.

    The words of story ``n`` are ``columns[ends[n] : ends[n + 1]]``; their weights make a row of unit length.
    """

    columns: Any
    weights: Any
    ends: Any
    size: int
    ids: list[str]
    titles: list[str]
    labels: list[str]

    @cached_property
    def rows(self) -> Any:
        """The stories' rows as one sparse matrix."""
        return sp.csr_matrix((self.weights, self.columns, self.ends), shape=(len(self.ids), self.size))

    def as_plain(self) -> dict[str, Any]:
        """Return the arrays and lists, which is what an artefact may hold."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def nearest_to(self, leads: Any) -> list[tuple[Neighbour, ...]]:
        """Return up to three known stories for each row of weighed words, most alike first; ties by their order."""
        alike = (normalize(leads) @ self.rows.T).toarray()
        return [self._neighbours(row) for row in alike]

    def _neighbours(self, alike: np.ndarray) -> tuple[Neighbour, ...]:
        # Few of thousands are alike at all: only these are put in order.
        enough = np.flatnonzero(alike >= _LEAST)
        best = enough[np.argsort(-alike[enough], kind="stable")[:NEAREST]]
        return tuple(Neighbour(self.ids[i], self.titles[i], self.labels[i], round(float(alike[i]), 3)) for i in best)


def know(leads: Any, ids: Sequence[str], titles: Sequence[str], labels: Sequence[str]) -> Known:
    """Return the labelled stories by the weightiest words of their leads; ``leads`` has a row for each."""
    kept = normalize(sp.vstack([_weightiest(row) for row in leads.tocsr()], format="csr", dtype=np.float32))
    columns, ends = kept.indices.astype(np.int32), kept.indptr.astype(np.int32)
    return Known(columns, kept.data, ends, kept.shape[1], list(ids), list(titles), list(labels))


def _weightiest(row: Any) -> Any:
    if row.nnz > _TERMS:
        # The column decides between equal weights, so that equal input gives equal rows.
        order = np.lexsort((row.indices, -row.data))[:_TERMS]
        order.sort()
        row = sp.csr_matrix((row.data[order], row.indices[order], [0, len(order)]), shape=row.shape)
    return row
