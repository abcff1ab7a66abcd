"""Measuring the classifier and the rules: on a labelled file as they are, or on the corpus by models trained for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from compliance.classifier.corpus import Example
from compliance.classifier.evaluation import measure
from compliance.classifier.judged import judged_by_classifier, judged_by_words
from compliance.classifier.reading import Reader
from compliance.classifier.role_training import train_roles
from compliance.classifier.schemes import Scheme, other_schemes, scheme_by_event, worst_first
from compliance.classifier.training import train
from compliance.errors import ConfigError
from compliance.judging import Judges
from rules.evaluation import evaluate as evaluate_rules
from rules.rulebook import Rulebook

# What a breach must carry for the rules to be measured on it.
_ANNOTATED = ("published", "parties", "non_parties", "denied_by", "kinds", "regimes", "status")


@dataclass(frozen=True)
class Measuring:
    """What was measured (``given``, one line for each name) and what came of it, the worst scheme first."""

    schemes: list[Scheme]
    rules: list[str]
    given: dict[str, str]
    review: float
    alert: float


def measure_corpus(examples: Sequence[Example], digest: str, rulebook: Rulebook, base_rate: float) -> Measuring:
    """Return the figures with stories held out by event, by author batch and by regime; trains for each fold."""
    roles = train_roles(examples, rulebook, digest)
    trained = train(examples, roles.held_out, rulebook, base_rate, digest)
    schemes = [
        scheme_by_event(trained, roles.held_out, rulebook, base_rate),
        *other_schemes(trained, roles.held_out, rulebook, base_rate),
    ]
    given = {
        "stories": f"the authored corpus, SHA-256 {digest}",
        "model": "trained for each fold, as `embargowatch model train` does",
        "rules": "weights trained for each fold by event",
        **_policy(trained.review, trained.alert, base_rate),
    }
    rules = evaluate_rules([e.annotation for e in examples], rulebook, roles.held_out).lines()
    return Measuring(worst_first(schemes), rules, given, trained.review, trained.alert)


def measure_file(file: Path, examples: Sequence[Example], judges: Judges, base_rate: float) -> Measuring:
    """Return the figures of the file's examples as the model, rules and policy in use judge them.

    The rules are measured on the breaches that carry annotations. ConfigError where there is nothing but grey stories.
    """
    scored = [e for e in examples if e.label != "grey"]
    if not scored:
        raise ConfigError(f"{file}: holds no story labelled breach or not_breach")
    screenings = judges.judge([e.story for e in scored], extract_all=True)
    reader = Reader(judges.rulebook)
    words = judged_by_words([reader.read(e.story.title, e.story.text) for e in scored])
    measured = measure(scored, [judged_by_classifier(screenings, judges.policy), *words], base_rate)
    scheme = Scheme("model in use", f"{file.name}, judged as it would be in a feed.", measured)
    breaches = [e.annotation for e in scored if e.label == "breach"]
    annotated = [a for a in breaches if all(a.get(field) is not None for field in _ANNOTATED)]
    found = {e.story.id: s.extraction for e, s in zip(scored, screenings, strict=True)}
    given = {
        "stories": f"{file.name}, SHA-256 {sha256(file.read_bytes()).hexdigest()}",
        "model": f"version {screenings[0].classification.version}, as it is in use",
        "rules": f"version {judges.rulebook.version}, as they are in use",
        **_policy(judges.policy.review, judges.policy.alert, base_rate),
    }
    rules = evaluate_rules(annotated, judges.rulebook, found).lines() if annotated else []
    return Measuring([scheme], rules, given, judges.policy.review, judges.policy.alert)


def _policy(review: float, alert: float, base_rate: float) -> dict[str, str]:
    return {"thresholds": f"review {review}, alert {alert}", "base rate": str(base_rate)}
