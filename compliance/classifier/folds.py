"""Ways to hold stories out: by event, by author batch, and one regime at a time. Pure.

A split is a pair of index arrays: the stories that a model is fitted on, and the ones that it then judges unseen.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import GroupKFold

from compliance.classifier.corpus import Example

FOLDS = 5
MOST_REGIME_FOLDS = 12
Splits = list[tuple[np.ndarray, np.ndarray]]


def by_event(examples: Sequence[Example], count: int = FOLDS) -> Splits:
    """Return splits that part no event: a model never judges an act that it was told of."""
    return _grouped([e.event for e in examples], count)


def by_batch(examples: Sequence[Example], count: int = FOLDS) -> Splits:
    """Return splits that part no author batch: a model never judges the hand that taught it.

    Batches in which one event is told stay together, so that no event is parted either.
    """
    joined = {e.batch: e.batch for e in examples}
    first: dict[str, str] = {}
    for example in examples:
        one, other = _head(joined, first.setdefault(example.event, example.batch)), _head(joined, example.batch)
        joined[max(one, other)] = min(one, other)
    return _grouped([_head(joined, e.batch) for e in examples], count)


def _head(joined: dict[str, str], batch: str) -> str:
    while joined[batch] != batch:
        batch = joined[batch]
    return batch


def _grouped(groups: Sequence[str], count: int) -> Splits:
    folds = GroupKFold(n_splits=min(count, len(set(groups))))
    return list(folds.split(np.zeros(len(groups)), groups=groups))


def by_regime(examples: Sequence[Example], most: int = MOST_REGIME_FOLDS) -> Splits:
    """Return one split for each regime, the rarest pooled into the last, so that there are at most ``most``.

    Every story is judged once. A breach is judged where the rarest of its regimes is held out. No breach under a
    held-out regime is fitted on, whatever else it falls under, nor any story of an event that is judged. The negatives
    are dealt out evenly, by event.
    """
    counts = Counter(r for e in examples if e.label == "breach" for r in e.regimes)
    common = [regime for regime, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
    fold_of = {regime: min(rank, most - 1) for rank, regime in enumerate(common)}
    folds = max(fold_of.values(), default=0) + 1
    touched = [{fold_of[r] for r in e.regimes} if e.label == "breach" else set() for e in examples]
    judged_in = _dealt(examples, touched, folds)
    splits = []
    for fold in range(folds):
        out = np.flatnonzero(judged_in == fold)
        told = {examples[int(i)].event for i in out}
        fit = [i for i, e in enumerate(examples) if fold not in touched[i] and e.event not in told]
        splits.append((np.array(fit, dtype=int), out))
    return splits


def _dealt(examples: Sequence[Example], touched: Sequence[set[int]], folds: int) -> np.ndarray:
    """Return the fold that judges each story; events of negatives alone go round in the order of the file."""
    turns: dict[str, int] = {}
    dealt = np.zeros(len(examples), dtype=int)
    for i, (example, own) in enumerate(zip(examples, touched, strict=True)):
        dealt[i] = max(own) if own else turns.setdefault(example.event, len(turns) % folds)
    return dealt
