"""How much of a story's wording stands in a story of another event: what no two authors write by chance."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

_WORD = re.compile(r"\w+")
RUN = 5


@dataclass(frozen=True, slots=True)
class Overlap:
    """The share of a story's five-word runs that one other story has too; stories are numbered as given."""

    story: int
    other: int
    share: float


def overlaps(texts: Sequence[str], events: Sequence[str], most: float) -> list[Overlap]:
    """Return for each story that shares ``most`` or more of its runs with a story of another event the worst such pair.

    The worst comes first. A story of fewer than five words counts as one run.
    """
    runs, sizes = _runs(texts)
    shared = (runs @ runs.T).tocoo()
    numbers = {event: n for n, event in enumerate(dict.fromkeys(events))}
    event = np.array([numbers[e] for e in events])
    share = shared.data / sizes[shared.row]
    kept = (event[shared.row] != event[shared.col]) & (share >= most)
    worst: dict[int, Overlap] = {}
    for story, other, part in zip(shared.row[kept], shared.col[kept], share[kept], strict=True):
        if story not in worst or part > worst[story].share:
            worst[int(story)] = Overlap(int(story), int(other), float(part))
    return sorted(worst.values(), key=lambda o: (-o.share, o.story))


def _runs(texts: Sequence[str]) -> tuple[csr_matrix, np.ndarray]:
    """Return which story (row) has which run (column), and how many different runs each story has."""
    columns: dict[str, int] = {}
    indices: list[int] = []
    ends = [0]
    for text in texts:
        words = _WORD.findall(text.lower())
        own = {" ".join(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}
        indices += [columns.setdefault(run, len(columns)) for run in own]
        ends.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    matrix = csr_matrix((ones, np.array(indices), np.array(ends)), shape=(len(texts), len(columns)))
    return matrix, np.diff(ends)
