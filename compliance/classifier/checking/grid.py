"""The grid beside the corpus: its closed words, the least it must hold, and the cells that may not be empty."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compliance.errors import ConfigError
from rules.vocabulary import Kind, Role, Status

GRID = "grid.yml"
_Share = Annotated[float, Field(gt=0, lt=1)]
_Count = Annotated[int, Field(ge=0)]
_Cells = dict[str, list[str]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """The closed lists that no other file of the project holds."""

    styles: frozenset[str]
    places: frozenset[str]
    negative_types: frozenset[str]
    ordinary: str


class Minimum(_Strict):
    """The least the corpus must hold: stories, or a share of the breaches for ``silent_share``."""

    stories: _Count
    breaches: _Count
    silent_share: _Share
    hard_negatives: _Count
    ordinary: _Count
    pairs: _Count
    grey: _Count


class Limits(_Strict):
    """How far shares may go: of one batch, of another event's five-word runs, between the labels' lengths."""

    batch_share: _Share
    overlap: _Share
    length_tolerance: _Share


class MustHave(_Strict):
    """Cells that need a breach, by first and second coordinate."""

    regime_kind: dict[str, list[Kind]]
    kind_role: dict[Kind, list[Role]]
    kind_status: dict[Kind, list[Status]]
    style_length: _Cells
    place: list[str]


class KnownGaps(_Strict):
    """Cells that are known to be empty; one that is not is a fault."""

    regime_kind: dict[str, list[Kind]]


class Grid(_Strict):
    """All of ``grid.yml``, checked. ``lengths`` holds each band's name and the words it ends below, shortest first."""

    words: Words
    lengths: dict[str, int | None]
    minimum: Minimum
    limits: Limits
    must_have: MustHave
    known_gaps: KnownGaps

    def band(self, words: int) -> str:
        """Return the name of the length band that a story of so many words falls into."""
        return next(name for name, end in self.lengths.items() if end is None or words < end)


def load_grid(folder: Path) -> Grid:
    """Return the grid of the corpus in the folder. ConfigError names the file and the field that is wrong."""
    path = folder / GRID
    try:
        given: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        grid = Grid.model_validate(given)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path.name}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    ends = list(grid.lengths.values())
    if not ends or ends[-1] is not None or ends[:-1] != sorted(e for e in ends if e is not None):
        raise ConfigError(f"{path.name}: lengths: bands must grow, and the last must have no end")
    for style, bands in grid.must_have.style_length.items():
        if style not in grid.words.styles or not set(bands) <= set(grid.lengths):
            raise ConfigError(f"{path.name}: must_have.style_length.{style}: unknown style or band")
    if not set(grid.must_have.place) <= grid.words.places:
        raise ConfigError(f"{path.name}: must_have.place: unknown place")
    return grid
