"""What the classifier answers about one story."""

from dataclasses import dataclass

from rules.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Term:
    """A term, combination or view that moved the score, with its signed weight in log-odds."""

    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Classification:
    """Calibrated probability that the story reports a possible breach, and what carried it.

    ``passed_gate`` is False where the cheap first pass already ruled the story out; its score is then the
    first pass's own and ``why`` is empty.
    """

    score: float
    kinds: tuple[Kind, ...] = ()
    why: tuple[Term, ...] = ()
    passed_gate: bool = True
    version: str = ""
