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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from benchmarks import crowd, crowd_planes
from benchmarks.crowd import Made
from compliance.groupcheck import GroupingFigures, measure
from compliance.grouping import OpenCase, act_of, place
from compliance.likeness import Act
from compliance.monitor import open_rulebook
from compliance.particulars import passages, place_names
from compliance.story import Story
from compliance.telling import passages_of, told_apart
from rules.extraction import extract
from rules.rulebook import Rulebook

FOLDER = Path(__file__).parent.parent / "tests" / "quality" / "grouping"
CROWDS = FOLDER.parent / "crowds"
PRINCIPALS = FOLDER.parent / "principals"
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


def put_into_cases(order: Sequence[str], acts: Mapping[str, Sequence[Act]]) -> dict[str, frozenset[int]]:
    """Return the cases that each story lies in, when the stories come in this order."""
    cases: dict[int, list[Act]] = {}
    numbers, lies_in = count(1), {}
    for id_ in order:
        joined: set[int] = set()
        for act in acts[id_]:
            open_cases = [OpenCase(n, tuple(a)) for n, a in cases.items() if n not in joined]
            for found, told in place(act, open_cases):
                number = found.case_id or next(numbers)
                cases.setdefault(number, []).append(told)
                joined.add(number)
        lies_in[id_] = frozenset(joined)
    return lies_in


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


def _show_orders(told: Sequence[Told], acts: Mapping[str, Sequence[Act]], times: int, held_out: bool) -> None:
    found = []
    for seed in range(times):
        order = [t.id for t in told]
        random.Random(seed).shuffle(order)
        found.append(figures_of(told, put_into_cases(order, acts), held_out).bcubed_f1)
    name = "set aside" if held_out else "fitted on"
    print(f"{name:12} {times} random orders: B-cubed F1 {min(found):.3f} to {max(found):.3f}")


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
    lies_in = put_into_cases([t.id for t in told], acts)
    parts = [held_out for held_out in (False, True) if any(t.held_out is held_out for t in told)]
    for held_out in parts:
        _show("set aside" if held_out else "fitted on", figures_of(told, lies_in, held_out=held_out))
    if options.errors:
        _show_errors(told, lies_in)
    if options.orders:
        for held_out in parts:
            _show_orders(told, acts, options.orders, held_out)


if __name__ == "__main__":
    main()
