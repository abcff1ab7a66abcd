"""Which of two cases' stories belong together, asked again when both have been told more of. Pure.

The order in which stories come leaves its mark: a story with few particulars opens a case before the stories that would
have drawn it in are there. So what two cases tell is held against each other once more: all of it, which may make them
one, then story by story, which may move one to the case that tells its act.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compliance.grouping import OpenCase, closeness, reason
from compliance.likeness import THRESHOLD, Act, Crowd

# What is settled must be clearer than what is first placed: nobody has looked at it a second time.
_CLEARER = 0.5
# Cases of more tellings than this have settled.
_MOST_TOLD = 24


@dataclass(frozen=True, slots=True)
class Settlement:
    """What leaves a case for another, by its place among the case's acts, and why; all of it makes the two one."""

    leaves: int
    to: int
    moved: tuple[int, ...]
    is_whole: bool
    reason: str


def settle(older: OpenCase, newer: OpenCase, crowd: Callable[[Act], Crowd]) -> Settlement | None:
    """Return what should change between two cases, or None; the newer case is the one that goes up in the other.

    ``crowd`` tells how many of the cases at hand have each term of an act.
    """
    if len(older.acts) + len(newer.acts) > _MOST_TOLD:
        return None
    crowds = [[crowd(act) for act in case.acts] for case in (older, newer)]
    across = [_scores(older.acts, newer.acts, crowds[0]), _scores(newer.acts, older.acts, crowds[1])]
    if all(_is_of_one_act(scores) for scores in across):
        why = f"the stories of both cases tell of one act: {reason(newer.acts[0], older.acts[0])}"
        return Settlement(newer.id, older.id, tuple(range(len(newer.acts))), is_whole=True, reason=why)
    moves = (
        _stray(one, other, scores, crowds_)
        for one, other, scores, crowds_ in zip((newer, older), (older, newer), across[::-1], crowds[::-1], strict=True)
    )
    return next((move for move in moves if move is not None), None)


def _is_of_one_act(scores: Sequence[float]) -> bool:
    """True where the tellings together, and most of them alone, say so: one strayed story makes no two cases one."""
    most = sum(score >= THRESHOLD for score in scores) * 2 > len(scores)
    return most and sum(scores) / len(scores) >= THRESHOLD + _CLEARER


def _stray(case: OpenCase, other: OpenCase, scores: Sequence[float], crowds: Sequence[Crowd]) -> Settlement | None:
    """Return the one story that is clearly nearer to the other case than to the rest of its own."""
    if len(case.acts) < 2:
        return None
    gains = []
    for place, act in enumerate(case.acts):
        rest = [a for at, a in enumerate(case.acts) if at != place]
        gains.append(scores[place] - max(_score(act, rest, crowds[place]), THRESHOLD))
    best = max(range(len(gains)), key=lambda place: gains[place])
    if gains[best] < _CLEARER:
        return None
    why = f"the story is nearer to the other case: {reason(case.acts[best], other.acts[0])}"
    return Settlement(case.id, other.id, (best,), is_whole=False, reason=why)


def _scores(acts: Sequence[Act], others: Sequence[Act], crowds: Sequence[Crowd]) -> list[float]:
    return [_score(act, others, crowd) for act, crowd in zip(acts, crowds, strict=True)]


def _score(act: Act, others: Sequence[Act], crowd: Crowd) -> float:
    found = closeness(act, others, crowd)
    return found[0] if found else float("-inf")
