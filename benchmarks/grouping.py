"""How well stories of the same act are put into one case: `python -m benchmarks.grouping`.

Authored acts, told in three to twelve stories each (tests/quality/grouping), go through the rules and the grouping in
the order of their days, all of them taken as flagged. A third of the acts was set aside before anything was fitted;
both figures are printed. ``--orders`` shuffles the stories to show how far the answer depends on their order.
``--crowds`` takes the acts of tests/quality/crowds instead, where the same parties act again and again, and ``--made``
so many acts of one pair of parties that chance made: of the seed that the weights were fitted on, and of another.
``python -m benchmarks.grouping_fit`` prints the weights that the acts not set aside would give.
"""

import argparse
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import combinations, count
from pathlib import Path
from statistics import mean
from typing import Any

import yaml

from benchmarks import crowd, crowd_planes
from benchmarks.crowd import Made
from compliance.groupcheck import GroupingFigures, measure
from compliance.grouping import OpenCase, act_of, place
from compliance.likeness import Act, Crowd, crowd_of
from compliance.monitor import open_rulebook
from compliance.particulars import passages, place_names
from compliance.settling import settle
from compliance.story import Story
from compliance.telling import passages_of, told_apart
from rules.extraction import extract
from rules.rulebook import Rulebook

FOLDER = Path(__file__).parent.parent / "tests" / "quality" / "grouping"
CROWDS = FOLDER.parent / "crowds"
PRINCIPALS = FOLDER.parent / "principals"
# So many of a set's stories come in one night, at whose end cases are settled.
_NIGHT = 20
# The crowds by chance that the weights were fitted on; of the seeds between them nothing was looked at.
FITTED = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Told:
    """A story of the set: the acts that it tells of, and whether they were set aside."""

    id: str
    story: Story
    acts: frozenset[str]
    held_out: bool


def load_acts(folder: Path = FOLDER) -> list[Told]:
    """Return every story of the set, in the order of day, then of the files."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        for family in yaml.safe_load(path.read_text(encoding="utf-8")):
            for act, stories in family["acts"].items():
                for number, row in enumerate(stories, 1):
                    found.append(_told(f"{act}/{number}", act, row, family["held_out"]))
    return sorted(found, key=lambda t: t.story.published or datetime.now(UTC))


def _told(id_: str, act: str, row: Mapping[str, Any], held_out: bool) -> Told:
    day = datetime.combine(row["day"], datetime.min.time(), UTC)
    story = Story(id_, row["title"], row["text"], day, publisher=row["outlet"])
    return Told(id_, story, frozenset({act, *row.get("also", ())}), held_out)


def made_acts(acts: int, seed: int, maker: Callable[[int, int], list[Made]] = crowd.crowd) -> list[Told]:
    """Return a crowd made by chance, set aside unless the weights were fitted on this pair and seed."""
    return [
        Told(
            f"made-{made.act}/{number}",
            Story(f"made-{number}", made.title, made.text, made.day, publisher=made.outlet),
            frozenset({f"made-{made.act}"}),
            seed not in FITTED or maker is not crowd.crowd,
        )
        for number, made in enumerate(maker(acts, seed))
    ]


def read_acts(told: Sequence[Told], rulebook: Rulebook) -> dict[str, list[Act]]:
    """Return the acts that the rules tell apart in each story, by the story's id."""
    return {t.id: _acts_of(t.story, rulebook) for t in told}


def _acts_of(story: Story, rulebook: Rulebook) -> list[Act]:
    assert story.published is not None
    apart = told_apart(extract(story.title, story.text, story.published.date(), rulebook))
    day, places = story.published.date(), place_names(rulebook)
    shares = passages_of(passages(story.title, story.text, story.publisher, on=day, places=places), apart)
    return [
        act_of(found, share, story.published, rulebook=rulebook) for found, share in zip(apart, shares, strict=True)
    ]


def put_into_cases(
    order: Sequence[str], acts: Mapping[str, Sequence[Act]], settled_after: int = 0
) -> dict[str, frozenset[int]]:
    """Return the cases that each story lies in, when the stories come in this order.

    Where it is given, cases are settled each time so many stories have come, as every night does, and at the end.
    """
    cases: _Cases = {}
    numbers, rivals = count(1), set[tuple[int, int]]()
    for place_, id_ in enumerate(order, 1):
        joined: set[int] = set()
        for act in acts[id_]:
            for found, told in place(act, [case for case in _opened(cases) if case.id not in joined]):
                number = found.case_id or next(numbers)
                cases.setdefault(number, []).append((id_, told))
                joined.add(number)
                rivals |= {(min(number, other), max(number, other)) for other in found.rivals}
        if settled_after and (place_ % settled_after == 0 or place_ == len(order)):
            _settle_all(cases, rivals)
            rivals.clear()
    return {id_: frozenset(n for n, told in cases.items() if id_ in {i for i, _ in told}) for id_ in order}


_Cases = dict[int, list[tuple[str, Act]]]


def _opened(cases: _Cases) -> list[OpenCase]:
    return [OpenCase(number, tuple(act for _, act in told)) for number, told in cases.items()]


def _settle_all(cases: _Cases, rivals: Iterable[tuple[int, int]]) -> None:
    for older, newer in sorted(rivals):
        told = [cases.get(number, []) for number in (older, newer)]
        if not all(told) or {i for i, _ in told[0]} & {i for i, _ in told[1]}:
            continue
        opened = _opened(cases)
        by_number = {case.id: case for case in opened}
        found = settle(by_number[older], by_number[newer], partial(_crowd_among, opened))
        if found is not None:
            leaving = cases[found.leaves]
            cases[found.to] += [leaving[n] for n in found.moved]
            cases[found.leaves] = [one for n, one in enumerate(leaving) if n not in found.moved]
            if found.is_whole:
                del cases[found.leaves]


def _crowd_among(cases: Sequence[OpenCase], act: Act) -> Crowd:
    return crowd_of(act, (case.acts for case in cases))


def figures_of(told: Sequence[Told], lies_in: Mapping[str, frozenset[int]], held_out: bool) -> GroupingFigures:
    """Return the figures over the stories that were set aside, or over the others."""
    part = [t.id for t in told if t.held_out is held_out]
    acts = {t.id: t.acts for t in told}
    return measure({i: acts[i] for i in part}, {i: lies_in[i] for i in part})


def _show(name: str, f: GroupingFigures) -> None:
    print(
        f"{name:12} {f.stories:4} stories {f.acts:3} acts {f.cases:3} cases | pairs: precision {f.pair_precision:.3f} "
        f"recall {f.pair_recall:.3f} | B-cubed: precision {f.bcubed_precision:.3f} recall {f.bcubed_recall:.3f} "
        f"F1 {f.bcubed_f1:.3f} | acts split {f.split}, cases mixed {f.mixed}"
    )


def _show_errors(told: Sequence[Told], lies_in: Mapping[str, frozenset[int]]) -> None:
    cases: dict[int, list[Told]] = {}
    for t in told:
        for number in lies_in[t.id]:
            cases.setdefault(number, []).append(t)
    main = {a: max(cases, key=lambda n: sum(a in t.acts for t in cases[n])) for t in told for a in t.acts}
    for t in (t for t in told if not t.held_out):
        if wrong := [a for a in t.acts if main[a] not in lies_in[t.id]]:
            print(f"  not with its act {', '.join(wrong)}: {t.id} {t.story.title}")
    for number, stories in cases.items():
        names = sorted({t.id.partition("/")[0] for t in stories if not t.held_out})
        if len(names) > 1 and not frozenset.intersection(*(t.acts for t in stories)):
            print(f"  mixed case {number}: {', '.join(t.id for t in stories)}")


def _show_orders(told: Sequence[Told], acts: Mapping[str, Sequence[Act]], times: int) -> None:
    """Print how far the answers to other orders lie from the truth and from the answer to the order of days."""
    by_day = [t.id for t in told]
    for name, night in (("placed", 0), ("settled", _NIGHT)):
        first = put_into_cases(by_day, acts, night)
        others = []
        for seed in range(times):
            order = list(by_day)
            random.Random(seed).shuffle(order)
            others.append(put_into_cases(order, acts, night))
        apart = [_apart(first, other) for other in others]
        alike = [_between(first, other) for other in others]
        print(
            f"{name:12} {times} random orders | B-cubed F1 "
            + ", ".join(
                f"{part} {min(f1):.3f} to {max(f1):.3f}, mean {mean(f1):.3f}"
                for held_out, part in ((False, "fitted on"), (True, "set aside"))
                if any(t.held_out is held_out for t in told)
                for f1 in [[figures_of(told, other, held_out).bcubed_f1 for other in others]]
            )
            + f" | against the order of days: pairs that differ {mean(apart):.3f}, B-cubed F1 {mean(alike):.3f}"
        )


def _apart(one: Mapping[str, frozenset[int]], other: Mapping[str, frozenset[int]]) -> float:
    """Return of the pairs of stories that either puts together the share that the other does not."""
    pairs = [(bool(one[a] & one[b]), bool(other[a] & other[b])) for a, b in combinations(sorted(one), 2)]
    return sum(x != y for x, y in pairs) / max(1, sum(x or y for x, y in pairs))


def _between(one: Mapping[str, frozenset[int]], other: Mapping[str, frozenset[int]]) -> float:
    return measure({id_: frozenset(map(str, cases)) for id_, cases in one.items()}, other).bcubed_f1


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=0, help="how many random orders to try")
    parser.add_argument("--errors", action="store_true", help="name what went wrong with the acts not set aside")
    parser.add_argument("--crowds", action="store_true", help="take the acts of few pairs of parties instead")
    parser.add_argument("--principals", action="store_true", help="take the acts whose parties change their names")
    parser.add_argument("--made", type=int, default=0, metavar="ACTS", help="take a crowd of so many acts by chance")
    options = parser.parse_args()
    rulebook = open_rulebook()
    if options.made:
        for maker in (crowd.crowd, crowd_planes.crowd):
            for seed in (1, 2):
                told = made_acts(options.made, seed, maker)
                _measure(told, read_acts(told, rulebook), options)
        return
    told = load_acts(CROWDS if options.crowds else PRINCIPALS if options.principals else FOLDER)
    _measure(told, read_acts(told, rulebook), options)


def _measure(told: Sequence[Told], acts: Mapping[str, Sequence[Act]], options: argparse.Namespace) -> None:
    lies_in = put_into_cases([t.id for t in told], acts, _NIGHT)
    parts = [held_out for held_out in (False, True) if any(t.held_out is held_out for t in told)]
    for held_out in parts:
        _show("set aside" if held_out else "fitted on", figures_of(told, lies_in, held_out=held_out))
    if options.errors:
        _show_errors(told, lies_in)
    if options.orders:
        _show_orders(told, acts, options.orders)


if __name__ == "__main__":
    main()
