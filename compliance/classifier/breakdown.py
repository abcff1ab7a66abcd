"""Which breaches and which negatives a table sets apart: kind, regime, style, length, batch, negative type. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compliance.classifier.corpus import Example

# Words of title and text from which a longer band begins.
_BANDS = ((0, "under 50 words"), (50, "50 to 149"), (150, "150 to 299"), (300, "300 to 499"), (500, "500 to 999"),
          (1_000, "1,000 and more"))  # fmt: skip
NOT_GIVEN = "not given"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The groups of one table, each a mask over the stories; ``of_breaches`` is False where they are negatives."""

    name: str
    of_breaches: bool
    groups: dict[str, np.ndarray]


def breakdowns(examples: Sequence[Example]) -> list[Breakdown]:
    """Return the tables that these stories can fill, with no empty group; a story may stand in several groups."""
    breaches = [(i, e) for i, e in enumerate(examples) if e.label == "breach"]
    negatives = [(i, e) for i, e in enumerate(examples) if e.label == "not_breach"]
    told = [
        Breakdown("kind", True, _masks(len(examples), [(i, [k.value for k in e.kinds]) for i, e in breaches])),
        Breakdown("regime", True, _masks(len(examples), [(i, e.regimes) for i, e in breaches])),
        Breakdown("style", True, _masks(len(examples), [(i, [_style(e)]) for i, e in breaches])),
        Breakdown("length", True, _masks(len(examples), [(i, [length_band(e)]) for i, e in breaches])),
        Breakdown("author batch", True, _masks(len(examples), [(i, [e.batch]) for i, e in breaches])),
        Breakdown("negative type", False, _masks(len(examples), [(i, [_type(e)]) for i, e in negatives])),
    ]
    return [b for b in told if set(b.groups) - {NOT_GIVEN}]


def length_band(example: Example) -> str:
    """Return the band of the story's length in words."""
    words = len(example.story.title.split()) + len(example.story.text.split())
    return next(name for least, name in reversed(_BANDS) if words >= least)


def _style(example: Example) -> str:
    return str(example.annotation.get("style") or "")


def _type(example: Example) -> str:
    return example.negative_type or ""


def _masks(size: int, named: Sequence[tuple[int, Sequence[str]]]) -> dict[str, np.ndarray]:
    masks: dict[str, np.ndarray] = {}
    for i, names in named:
        for name in names or [""]:
            masks.setdefault(name or NOT_GIVEN, np.zeros(size, dtype=bool))[i] = True
    return masks
