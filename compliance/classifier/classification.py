"""What the classifier answers about one story."""

from dataclasses import dataclass

from rules.vocabulary import Field, Kind


@dataclass(frozen=True, slots=True)
class Term:
    """A term, combination or view that moved the score, with its signed weight in log-odds."""

    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one field; ``start`` and ``end`` count Unicode code points of the field as given."""

    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A labelled story that this one is like; ``alike`` is the cosine of their leads' words, 0 to 1."""

    id: str
    title: str
    label: str
    alike: float


@dataclass(frozen=True, slots=True)
class Classification:
    """Calibrated probability that the story reports a possible breach, and what carried it.

    ``decision`` is what the text alone says, in log-odds before calibration, and ``pooled`` the scores and shares it
    rests on; the probability weighs these with what the rules found, once they have read the story.

    ``passage`` is the window of sentences that carried the score: one stretch, or two where it runs from the title
    into the text. ``passed_gate`` is False where the story was ruled out before the rules read it; its score is then
    the gate's own or that of the text alone, and ``why``, ``passage`` and ``nearest`` are empty.

    ``length`` is that of title and text as read, in characters.

    ``nearest`` are the labelled stories that the story is most like; they show what its like was, and do not score.
    """

    score: float
    kinds: tuple[Kind, ...] = ()
    why: tuple[Term, ...] = ()
    passage: tuple[Passage, ...] = ()
    passed_gate: bool = True
    version: str = ""
    decision: float = 0.0
    pooled: tuple[float, ...] = ()
    length: int = 0
    nearest: tuple[Neighbour, ...] = ()
