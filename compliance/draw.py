"""Which cleared stories an officer reads all the same, so that what the machine misses can be estimated. Pure."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw that can be made again: ``stories`` are the ``number`` that the seed takes from the sorted pool."""

    seed: int
    pool: int
    stories: tuple[int, ...]


def draw(pool: Sequence[int], opened: int, share: float, run_id: str) -> Draw:
    """Return the stories to read besides the ``opened`` cases, so that they make up ``share`` of the night's queue.

    At least one is drawn where the pool has any and the share is not 0. Every story of the pool has the same chance.
    The seed follows from the run's id, and equal input gives an equal draw.
    """
    seed = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:4], "big")
    number = min(len(pool), max(1, math.floor(opened * share / (1 - share) + 0.5))) if share else 0
    drawn = Random(seed).sample(sorted(pool), number)  # noqa: S311  (no secret: what is needed is that it can be checked)
    return Draw(seed, len(pool), tuple(sorted(drawn)))
