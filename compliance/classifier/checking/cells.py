"""How many stories stand in which cell of the grid, which cells are empty, and whether the counts reach the least."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from compliance.classifier.checking.grid import Grid
from compliance.classifier.checking.record import Record, StoryLine
from compliance.classifier.judged import names_law

_Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Composition:
    """What the corpus holds, counted in stories; tables count breaches by two coordinates."""

    stories: int
    labels: Mapping[str, int]
    silent: int
    hard_negatives: int
    ordinary: int
    pairs: int
    batches: Mapping[str, int]
    negative_types: Mapping[str, int]
    places: Mapping[str, int]
    regime_kind: Mapping[_Cell, int]
    kind_role: Mapping[_Cell, int]
    kind_status: Mapping[_Cell, int]
    style_length: Mapping[_Cell, int]
    style_length_all: Mapping[_Cell, int]
    label_length: Mapping[_Cell, int]

    @property
    def silent_share(self) -> float:
        """The share of breaches that name no UN, sanction, embargo or resolution."""
        return self.silent / max(1, self.labels.get("breach", 0))

    def length_share(self, label: str, band: str) -> float:
        """The share of a label's stories that fall into a length band."""
        return self.label_length.get((label, band), 0) / max(1, self.labels.get(label, 0))


def compose(records: Sequence[Record], grid: Grid) -> Composition:
    """Return what the stories are, by every coordinate of the grid."""
    stories = [r.story for r in records]
    breaches = [s for s in stories if s.label == "breach"]
    types = Counter(s.negative_type for s in stories if s.negative_type)
    ordinary = types[grid.words.ordinary]
    return Composition(
        stories=len(stories),
        labels=Counter(s.label for s in stories),
        silent=sum(not names_law(s.whole) for s in breaches),
        hard_negatives=types.total() - ordinary,
        ordinary=ordinary,
        pairs=sum(s.twin_of is not None for s in stories),
        batches=Counter(s.batch for s in stories),
        negative_types=types,
        places=Counter(s.place for s in breaches if s.place),
        regime_kind=Counter((r, k.value) for s in breaches for r in s.regimes for k in s.kinds),
        kind_role=Counter((k.value, r) for s in breaches for k in s.kinds for r in _roles(s)),
        kind_status=Counter((k.value, s.status.value) for s in breaches for k in s.kinds if s.status),
        style_length=Counter((s.style, grid.band(s.words)) for s in breaches),
        style_length_all=Counter((s.style, grid.band(s.words)) for s in stories),
        label_length=Counter((s.label, grid.band(s.words)) for s in stories),
    )


def _roles(story: StoryLine) -> set[str]:
    return {role.value for party in story.parties for role in party.roles}


def cell_faults(found: Composition, grid: Grid) -> Iterator[str]:
    """Yield a fault for each must-have cell without a breach, and for each known gap that is none any more."""
    must = grid.must_have
    tables: list[tuple[str, Mapping[_Cell, int], Iterable[tuple[str, Sequence[str]]]]] = [
        ("regime and kind", found.regime_kind, must.regime_kind.items()),
        ("kind and role", found.kind_role, must.kind_role.items()),
        ("kind and status", found.kind_status, must.kind_status.items()),
        ("style and length", found.style_length, must.style_length.items()),
    ]
    for name, counts, cells in tables:
        for first, seconds in cells:
            for second in seconds:
                if not counts.get((str(first), str(second))):
                    yield f"grid: {name}: no breach is {first} and {second}"
    yield from (f"grid: place: no breach is told in the {p}" for p in must.place if not found.places.get(p))
    for regime, kinds in grid.known_gaps.regime_kind.items():
        for kind in kinds:
            if found.regime_kind.get((regime, kind.value)):
                yield f"grid: known_gaps: {regime} and {kind} has a breach and is no gap any more"


def count_faults(found: Composition, grid: Grid) -> Iterator[str]:
    """Yield a fault for each count under the least, each type of near miss that is empty, and each batch too large."""
    least = grid.minimum
    for name, have, need in (
        ("stories", found.stories, least.stories),
        ("breaches", found.labels.get("breach", 0), least.breaches),
        ("hard negatives", found.hard_negatives, least.hard_negatives),
        ("ordinary stories", found.ordinary, least.ordinary),
        ("minimal pairs", found.pairs, least.pairs),
        ("grey stories", found.labels.get("grey", 0), least.grey),
    ):
        if have < need:
            yield f"counts: {have:,} {name}, at least {need:,} are needed"
    if found.silent_share < least.silent_share:
        yield f"counts: {found.silent_share:.1%} of the breaches name no law, {least.silent_share:.0%} are needed"
    for kind in sorted(grid.words.negative_types):
        if not found.negative_types.get(kind):
            yield f"counts: no story is of the negative type {kind}"
    for batch, stories in found.batches.items():
        share, most = stories / found.stories, grid.limits.batch_share
        if share > most:
            yield f"counts: batch {batch} holds {share:.1%} of the stories, at most {most:.0%} may come from one"


def length_faults(found: Composition, grid: Grid) -> Iterator[str]:
    """Yield a fault for each length band whose share differs too much between breaches and other stories."""
    for band in grid.lengths:
        breach, other = (found.length_share(label, band) for label in ("breach", "not_breach"))
        if abs(breach - other) > grid.limits.length_tolerance:
            yield (
                f"length: {breach:.1%} of breaches and {other:.1%} of the others are {band}, "
                f"more than {grid.limits.length_tolerance:.0%} apart"
            )
