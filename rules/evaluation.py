"""How well the rules name parties, roles, regimes, kinds, status and denials on annotated stories. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rules.extraction import extract
from rules.findings import Extraction
from rules.rulebook import Rulebook


@dataclass(slots=True)
class RulesReport:
    """Counts over the annotated breaches; the properties are shares between 0 and 1."""

    stories: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def f1(self, what: str) -> float:
        """Return the harmonic mean of precision and recall of ``party``, ``role`` or ``denied``."""
        right = self.counts[f"{what}:right"]
        return 2 * right / max(1, self.counts[f"{what}:found"] + self.counts[f"{what}:told"])

    def share(self, what: str) -> float:
        """Return how many stories came out right in ``regime``, ``kind`` or ``status``."""
        return self.counts[what] / max(1, self.stories)

    @property
    def false_violators(self) -> float:
        """Return the share of named non-violators that were recorded as parties."""
        return self.counts["wronged"] / max(1, self.counts["bystanders"])

    def lines(self) -> list[str]:
        """Return the report as text."""
        return [
            f"stories {self.stories}",
            *(f"{w} F1 {self.f1(w):.3f}" for w in ("party", "role", "denied")),
            *(f"{w} {self.share(w):.3f}" for w in ("regime", "kind", "status")),
            f"false violators {self.false_violators:.3f}",
        ]


def evaluate(
    stories: Iterable[Mapping[str, Any]], rulebook: Rulebook, found: Mapping[str, Extraction] | None = None
) -> RulesReport:
    """Judge every annotated breach; a regime or kind counts as right where found and told overlap.

    ``found`` holds extractions by story id where they were made before, as by weights that did not learn from them.
    """
    report = RulesReport()
    for story in stories:
        if story["label"] != "breach":
            continue
        day = date.fromisoformat(story["published"][:10])
        known = found.get(story["id"]) if found is not None else None
        _count(report, story, known or extract(story["title"], story["text"], day, rulebook), rulebook)
    return report


def _count(report: RulesReport, story: Mapping[str, Any], found: Extraction, rulebook: Rulebook) -> None:
    """Count one story. Another spelling of a name that the book knows is the same party."""
    report.stories += 1
    named = rulebook.canonical
    sets: dict[str, tuple[set[Any], set[Any]]] = {
        "party": ({p.canonical for p in found.parties}, {named(p["canonical"]) for p in story["parties"]}),
        "role": (
            {(p.canonical, r.value) for p in found.parties for r in p.roles},
            {(named(p["canonical"]), r) for p in story["parties"] for r in p["roles"]},
        ),
        "denied": (set(found.denied_by), {named(name) for name in story["denied_by"]}),
    }
    for what, (ours, theirs) in sets.items():
        report.counts[f"{what}:found"] += len(ours)
        report.counts[f"{what}:told"] += len(theirs)
        report.counts[f"{what}:right"] += len(ours & theirs)
    violators = sets["party"][1]
    bystanders = {named(b["canonical"]) for b in story["non_parties"]} - violators
    report.counts["bystanders"] += len(bystanders)
    report.counts["wronged"] += len(bystanders & sets["party"][0])
    report.counts["regime"] += bool(set(found.regimes) & set(story["regimes"]))
    report.counts["kind"] += bool({k.value for k in found.kinds} & set(story["kinds"]))
    report.counts["status"] += found.status == story["status"]
    if sets["role"][0] != sets["role"][1]:
        report.misses.append(f"{story['id']}: found {sorted(sets['role'][0])}, told {sorted(sets['role'][1])}")
