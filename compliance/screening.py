"""Classification + Extraction + policy → Screening: a verdict, with its reasons. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from compliance.classifier.classification import Classification
from compliance.classifier.witness import stands_in
from compliance.language import UNKNOWN
from compliance.story import Story
from rules.findings import LEARNT, Extraction
from rules.vocabulary import Kind


class Verdict(StrEnum):
    """What the machine makes of a story: nothing, a look in time, a look now; or that it could not read it."""

    CLEAR = "clear"
    REVIEW = "review"
    ALERT = "alert"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's thresholds (``config/screening.yml``), on the calibrated score.

    ``random_share`` is the part of each night's queue that is drawn from what was cleared.
    """

    review: float
    alert: float
    version: str
    random_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Screening:
    """The machine's judgement of one story, replayable from story, model, rules and policy.

    ``score`` is None where the story is told in a language that is not read: it was not judged.
    """

    score: float | None
    verdict: Verdict
    reasons: tuple[str, ...]
    kinds: tuple[Kind, ...]
    regimes: tuple[str, ...]
    classification: Classification
    extraction: Extraction
    policy_version: str
    language: str = UNKNOWN

    @property
    def is_flagged(self) -> bool:
        """True where an officer should see the story."""
        return self.verdict in (Verdict.REVIEW, Verdict.ALERT)

    @property
    def is_covered(self) -> bool:
        """True where the story was judged."""
        return self.verdict is not Verdict.NOT_COVERED


def leave_unjudged(language: str, model: str, rules: str, policy: Policy) -> Screening:
    """Return the screening of a story in a language that is not read: no score, no findings, and never clear."""
    return Screening(
        score=None,
        verdict=Verdict.NOT_COVERED,
        reasons=(f"told in a language that is not read ({language}): not judged",),
        kinds=(),
        regimes=(),
        classification=Classification(0.0, passed_gate=False, version=model),
        extraction=Extraction(version=rules),
        policy_version=policy.version,
        language=language,
    )


def screen(
    classification: Classification, extraction: Extraction, policy: Policy, language: str = UNKNOWN
) -> Screening:
    """Return the verdict: the calibrated score, in which words and rules speak together, against two thresholds.

    From the review threshold on, a story waits for an officer. An alert needs two more witnesses: a party to name, and
    an act that a declared rule found in the passage that carried the score, under a measure in force on its day.
    Where every measure the act touches was out of force, the act is no breach, and the story is clear.
    """
    verdict, reasons = _verdict(classification, extraction, policy)
    if extraction.national_only and verdict is not Verdict.CLEAR:
        whose = ", ".join(law.who for law in extraction.national_only)
        reasons = (*reasons, f"no measure of the UN was found; the story names the law of: {whose}")
    return Screening(
        score=classification.score,
        verdict=verdict,
        reasons=reasons,
        kinds=extraction.kinds or classification.kinds,
        regimes=extraction.regimes,
        classification=classification,
        extraction=extraction,
        policy_version=policy.version,
        language=language,
    )


def narrow(screening: Screening, told: Extraction) -> Screening:
    """Return the screening's part for one of several acts: what was found of it, an alert only if it is witnessed."""
    verdict, reasons = screening.verdict, screening.reasons
    if verdict is Verdict.ALERT and not is_witnessed(screening.classification, told):
        verdict = Verdict.REVIEW
        reasons = (*reasons, "held for review: the passage that carried the score tells of another act of the story")
    return replace(screening, verdict=verdict, reasons=reasons, kinds=told.kinds, regimes=told.regimes, extraction=told)


def is_out_of_force(extraction: Extraction) -> bool:
    """True where the rules found measures that the act touches, none of them in force on the day."""
    return bool(extraction.measures) and not any(m.in_force for m in extraction.measures)


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
    if is_out_of_force(extraction):
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
    return Verdict.REVIEW, (f"score {score:.2f} reaches the review threshold {policy.review:.2f}",)


def judgement(story: Story, screening: Screening) -> dict[str, Any]:
    """Return the screening as the one-line JSON object that ``embargowatch screen`` prints."""
    found = screening.extraction
    return {
        "id": story.id,
        "score": None if screening.score is None else round(screening.score, 6),
        "verdict": screening.verdict.value,
        "flagged": screening.is_flagged,
        "kinds": [k.value for k in screening.kinds],
        "regimes": list(screening.regimes),
        "measures": [
            {"regime": m.regime, "kind": m.kind.value, "basis": "; ".join(m.basis), "in_force": m.in_force}
            # Days of its own, where the story gives the act any: else it is judged by the story's.
            | ({"days": m.days} if m.days else {})
            | ({"unverified": True} if m.unverified else {})
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
        "nearest": [asdict(n) for n in screening.classification.nearest],
        "versions": {"model": screening.classification.version, "rules": found.version},
        "language": screening.language,
        "covered": screening.is_covered,
        "national_only": [law.who for law in found.national_only],
        "suspicion": list(found.suspicion),
        "wording": found.wording.odds,
    }


def as_plain(value: Classification | Extraction) -> Mapping[str, Any]:
    """Return a finding as plain JSON-ready values, for the append-only record."""
    return asdict(value)
