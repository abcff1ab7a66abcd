"""Classification + Extraction + policy → Screening: a verdict, with its reasons. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from compliance.classifier.classification import Classification
from compliance.classifier.witness import stands_in
from compliance.story import Story
from rules.findings import LEARNT, Extraction
from rules.vocabulary import Kind


class Verdict(StrEnum):
    """What the machine makes of a story: nothing, a look in time, or a look now."""

    CLEAR = "clear"
    REVIEW = "review"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's thresholds (``config/screening.yml``), on the calibrated score."""

    review: float
    alert: float
    version: str


@dataclass(frozen=True, slots=True)
class Screening:
    """The machine's judgement of one story, replayable from story, model, rules and policy."""

    score: float
    verdict: Verdict
    reasons: tuple[str, ...]
    kinds: tuple[Kind, ...]
    regimes: tuple[str, ...]
    classification: Classification
    extraction: Extraction
    policy_version: str

    @property
    def is_flagged(self) -> bool:
        """True where an officer should see the story."""
        return self.verdict is not Verdict.CLEAR


def screen(classification: Classification, extraction: Extraction, policy: Policy) -> Screening:
    """Return the verdict: two witnesses, the calibrated score and what the rules found, against two thresholds.

    From the review threshold on, a story waits for an officer where the rules found an act under a measure in force
    on its day, in the passage that carried the score: a long page says something about everybody somewhere. Without
    that second witness it takes the alert threshold. An alert needs that witness and a party to name. Where every
    measure the act touches was out of force, the act is no breach, and the story is clear.
    """
    verdict, reasons = _verdict(classification, extraction, policy)
    return Screening(
        score=classification.score,
        verdict=verdict,
        reasons=reasons,
        kinds=extraction.kinds or classification.kinds,
        regimes=extraction.regimes,
        classification=classification,
        extraction=extraction,
        policy_version=policy.version,
    )


def may_be_flagged(highest: float, may_be_witnessed: Callable[[], bool], policy: Policy) -> bool:
    """False where ``screen`` will find the story clear at any score up to ``highest``.

    Under the alert threshold it takes an act that the rules find in the passage; whether they may is asked only then.
    """
    return highest >= policy.alert or (highest >= policy.review and may_be_witnessed())


def is_witnessed(classification: Classification, extraction: Extraction) -> bool:
    """True where the rules found an act under a measure in force, in the passage that carried the score."""
    if not extraction.regimes:
        return False
    # What was learnt from the corpus is no witness beside a score learnt from the same corpus: only what a rule says.
    told = [hit.evidence for hit in extraction.hits if hit.rule != LEARNT]
    return stands_in(told, classification.passage)


def _verdict(classification: Classification, extraction: Extraction, policy: Policy) -> tuple[Verdict, tuple[str, ...]]:
    score = classification.score
    if score < policy.review:
        return Verdict.CLEAR, (f"score {score:.2f} is under the review threshold {policy.review:.2f}",)
    if extraction.measures and not any(m.in_force for m in extraction.measures):
        codes = ", ".join(sorted({m.code for m in extraction.measures}))
        return Verdict.CLEAR, (f"no measure it touches was in force on the day ({codes})",)
    if score >= policy.alert:
        reached = f"score {score:.2f} reaches the alert threshold {policy.alert:.2f}"
        if not extraction.parties:
            return Verdict.REVIEW, (reached, "held for review: the rules found no alleged violator")
        if not is_witnessed(classification, extraction):
            return Verdict.REVIEW, (
                reached,
                "held for review: no act under a measure in the passage that carried it",
            )
        return Verdict.ALERT, (reached,)
    reached = f"score {score:.2f} reaches the review threshold {policy.review:.2f}"
    if is_witnessed(classification, extraction):
        return Verdict.REVIEW, (
            reached,
            "the rules found an act under a measure in force on the day, in the same passage",
        )
    why = (
        "the rules found no act under a measure in force in the passage that carried the score, which alone is too low"
    )
    return Verdict.CLEAR, (reached, why)


def judgement(story: Story, screening: Screening) -> dict[str, Any]:
    """Return the screening as the one-line JSON object that ``embargowatch screen`` prints."""
    found = screening.extraction
    return {
        "id": story.id,
        "score": round(screening.score, 6),
        "verdict": screening.verdict.value,
        "flagged": screening.is_flagged,
        "kinds": [k.value for k in screening.kinds],
        "regimes": list(screening.regimes),
        "measures": [
            {"regime": m.regime, "kind": m.kind.value, "basis": "; ".join(m.basis), "in_force": m.in_force}
            for m in found.measures
        ],
        "parties": [
            {
                "name": p.name,
                "canonical": p.canonical,
                "type": p.type.value,
                "roles": [r.value for r in p.roles],
                "evidence": [{"field": e.field.value, "start": e.start, "end": e.end} for e in p.evidence],
            }
            for p in found.parties
        ],
        "non_parties": [{"name": b.name, "canonical": b.canonical, "stance": b.stance.value} for b in found.bystanders],
        "goods": list(dict.fromkeys(g.name for g in found.goods)),
        "status": found.status.value if found.status else None,
        "denied_by": list(found.denied_by),
        "why": [{"term": t.term, "weight": round(t.weight, 4)} for t in screening.classification.why],
        "versions": {"model": screening.classification.version, "rules": found.version},
    }


def as_plain(value: Classification | Extraction) -> Mapping[str, Any]:
    """Return a finding as plain JSON-ready values, for the append-only record."""
    return asdict(value)
