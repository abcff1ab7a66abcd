"""How well the rules name parties, roles, regimes, kinds, status and denials on annotated stories. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rules.extraction import extract
from rules.findings import Extraction
from rules.rulebook import Rulebook
from rules.spelling import name_key
from rules.vocabulary import Role

_SHARES = ("regime", "regime exact", "kind", "kind exact", "status", "denied exact")


@dataclass(frozen=True, slots=True)
class Score:
    """How many were found, how many told by the annotation, and how many of both."""

    found: int
    told: int
    right: int

    @property
    def precision(self) -> float:
        """Return the share of what was found that was told; 0 where nothing was found."""
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        """Return the share of what was told that was found; 0 where nothing was told."""
        return self.right / max(1, self.told)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        return 2 * self.right / max(1, self.found + self.told)


@dataclass(slots=True)
class RulesReport:
    """Counts over the annotated breaches; the properties are shares between 0 and 1.

    ``hits`` counts the rules that fired, over all stories; ``negatives`` are those labelled otherwise, and ``alarms``
    those of them in which the rules found a regime in force and somebody to name.
    """

    stories: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    negatives: int = 0
    alarms: int = 0
    per_regime: dict[str, "RulesReport"] = field(default_factory=dict)

    def score(self, what: str) -> Score:
        """Return the counts of ``party``, ``role``, ``role supplier`` and the like, ``denied`` or ``regime 1718``."""
        return Score(*(self.counts[f"{what}:{which}"] for which in ("found", "told", "right")))

    def f1(self, what: str) -> float:
        """Return the harmonic mean of precision and recall of ``party``, ``role`` or ``denied``."""
        return self.score(what).f1

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

    def as_plain(self) -> dict[str, Any]:
        """Return every figure as plain values, ready for JSON."""
        scored = ("party", "role", *(f"role {role.value}" for role in Role), "denied")
        plain: dict[str, Any] = {
            "stories": self.stories,
            "scores": {what: self._plain(what) for what in scored},
            "false_violators": _rounded(self.false_violators),
            "shares": {what: _rounded(self.share(what)) for what in _SHARES},
        }
        if self.per_regime:
            plain["negatives"], plain["alarms"] = self.negatives, self.alarms
            plain["regimes"] = {
                number: {**report.as_plain(), "regime": self._plain(f"regime {number}")}
                for number, report in sorted(self.per_regime.items())
            }
            plain["hits"] = dict(sorted(self.hits.items(), key=lambda row: (-row[1], row[0])))
        return plain

    def _plain(self, what: str) -> dict[str, float]:
        score = self.score(what)
        figures = {"precision": score.precision, "recall": score.recall, "f1": score.f1}
        counts = {"found": score.found, "told": score.told, "right": score.right}
        return counts | {name: _rounded(value) for name, value in figures.items()}


def _rounded(value: float) -> float:
    return round(value, 4)


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
        _judge(report, story, found, rulebook)
    return report


def evaluate_fully(stories: Iterable[Mapping[str, Any]], rulebook: Rulebook) -> RulesReport:
    """Judge every breach, also for each regime that it is told to fall under, and count rules and false alarms.

    The rules read the stories that are labelled not_breach too; grey ones are left out.
    """
    report = RulesReport()
    for story in stories:
        if story["label"] == "grey":
            continue
        extraction = _judge(report if story["label"] == "breach" else None, story, None, rulebook)
        report.hits.update(hit.rule for hit in extraction.hits)
        if story["label"] == "breach":
            for number in story["regimes"]:
                of_regime = report.per_regime.setdefault(number, RulesReport())
                _count(of_regime, story, extraction, rulebook)
        else:
            report.negatives += 1
            report.alarms += bool(extraction.regimes and extraction.parties)
    return report


def _judge(
    report: RulesReport | None,
    story: Mapping[str, Any],
    found: Mapping[str, Extraction] | None,
    rulebook: Rulebook,
) -> Extraction:
    published = story.get("published")
    day = date.fromisoformat(published[:10]) if published else None
    known = found.get(story["id"]) if found is not None else None
    extraction = known or extract(story["title"], story["text"], day, rulebook)
    if report is not None:
        _count(report, story, extraction, rulebook)
    return extraction


def _count(report: RulesReport, story: Mapping[str, Any], found: Extraction, rulebook: Rulebook) -> None:
    """Count one story. Another spelling of a name that the book knows is the same party, and so is the same name with
    a legal form, an accent or a ship's prefix more or less (``name_key``).
    """
    report.stories += 1

    def named(name: str) -> str:
        return name_key(rulebook.canonical(name))

    sets: dict[str, tuple[set[Any], set[Any]]] = {
        "party": ({named(p.canonical) for p in found.parties}, {named(p["canonical"]) for p in story["parties"]}),
        "role": (
            {(named(p.canonical), r.value) for p in found.parties for r in p.roles},
            {(named(p["canonical"]), r) for p in story["parties"] for r in p["roles"]},
        ),
        "denied": ({named(name) for name in found.denied_by}, {named(name) for name in story["denied_by"]}),
    }
    ours, theirs = sets["role"]
    for role in Role:
        sets[f"role {role.value}"] = (_with(ours, role), _with(theirs, role))
    for number in {*found.regimes, *story["regimes"]}:
        sets[f"regime {number}"] = ({number} & set(found.regimes), {number} & set(story["regimes"]))
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
    report.counts["regime exact"] += set(found.regimes) == set(story["regimes"])
    report.counts["kind exact"] += {k.value for k in found.kinds} == set(story["kinds"])
    report.counts["denied exact"] += sets["denied"][0] == sets["denied"][1]
    report.counts["status"] += found.status == story["status"]
    if sets["role"][0] != sets["role"][1]:
        report.misses.append(f"{story['id']}: found {sorted(sets['role'][0])}, told {sorted(sets['role'][1])}")


def _with(pairs: set[Any], role: Role) -> set[Any]:
    return {pair for pair in pairs if pair[1] == role.value}
