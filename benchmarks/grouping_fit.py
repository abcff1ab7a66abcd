"""The weights of likeness that authored acts and crowds by chance would give: `python -m benchmarks.grouping_fit`.

Each story is held against every other's act as if all cases were right: what speaks against the act is asked of all its
tellings, and how many acts have a term is counted over all of them. Nothing that was set aside is looked at.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from sklearn.linear_model import LogisticRegression

from benchmarks.grouping import CROWDS, FITTED, FOLDER, PRINCIPALS, Told, load_acts, made_acts, read_acts
from compliance.likeness import WEIGHTS, WINDOW, Act, Crowd, differences, is_copy, shared
from compliance.monitor import open_rulebook

_MADE = 50
# So many of the pairs of a made crowd that are of two acts are left out, or they would outvote all the others.
_LEFT_OUT = 0.5
# A story put with another act misleads an officer, one left alone costs a merge: so a little more must speak for it.
_CAUTION = 0.5

Row = tuple[dict[str, float], bool]


def rows_of(
    told: Sequence[Told], acts: Mapping[str, Sequence[Act]], left_out: float, chance: random.Random
) -> Iterator[Row]:
    """Yield what speaks for and against each pair of a story and another story's act, and whether it tells of it."""
    tellings: dict[str, list[str]] = {}
    for t in told:
        for name in t.acts:
            tellings.setdefault(name, []).append(t.id)
    crowd = _crowd(tellings, acts)
    for one, other in permutations([t for t in told if not t.held_out], 2):
        same = one.acts & other.acts
        if len(other.acts) > 1 or (not same and chance.random() < left_out):
            continue
        name = min(same or other.acts)
        case = [act for id_ in tellings[name] if id_ != one.id for act in acts[id_]]
        for act in acts[one.id]:
            against = differences(act, case)
            for heard in acts[other.id]:
                if abs(act.day - heard.day) <= WINDOW and not is_copy(act, heard):
                    yield shared(act, heard, crowd) | against, bool(same)


def _crowd(tellings: Mapping[str, Sequence[str]], acts: Mapping[str, Sequence[Act]]) -> Crowd:
    held: Counter[str] = Counter()
    for ids in tellings.values():
        held.update(frozenset().union(*(act.terms for id_ in ids for act in acts[id_])))
    return Crowd(held)


def main() -> None:
    """Print the weights."""
    rulebook, chance = open_rulebook(), random.Random(5)
    rows: list[Row] = []
    authored = ((load_acts(folder), 0.0) for folder in (FOLDER, CROWDS, PRINCIPALS))
    for told, left_out in (*authored, *((made_acts(_MADE, seed), _LEFT_OUT) for seed in FITTED)):
        rows += rows_of(told, read_acts(told, rulebook), left_out, chance)
    values = [[found[name] for name in WEIGHTS] for found, _ in rows]
    model = LogisticRegression(max_iter=5_000).fit(values, [same for _, same in rows])
    weights = dict(zip(WEIGHTS, map(float, model.coef_[0]), strict=True)) | {
        "bias": float(model.intercept_[0]) - _CAUTION
    }
    print({name: round(value, 2) for name, value in weights.items()})


if __name__ == "__main__":
    main()
