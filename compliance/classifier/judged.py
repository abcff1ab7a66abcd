"""What a method made of labelled stories, and what sort of story each is. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compliance.classifier.baseline import fires_in_sentence, fires_on_story
from compliance.classifier.corpus import Example
from compliance.classifier.reading import Reading
from compliance.screening import Policy, Screening, Verdict

CLASSIFIER, WHOLE_STORY, SAME_SENTENCE = "classifier", "boolean, whole story", "boolean, same sentence"
_LAW = re.compile(r"\bU\.?N\.?\b|united nations|sanction|embargo|resolution|security council", re.IGNORECASE)


@dataclass(frozen=True)
class Judged:
    """What one method made of the stories, in their order.

    ``flags`` holds what it would show, by name: ``flagged`` is what an officer sees. A method without graded scores has
    no thresholds, and 0 or 1 for its scores.
    """

    method: str
    scores: np.ndarray
    flags: dict[str, np.ndarray]
    is_graded: bool

    @property
    def flagged(self) -> np.ndarray:
        """True where an officer would see the story."""
        return self.flags["flagged"]


def judged_by_classifier(screenings: Sequence[Screening], policy: Policy) -> Judged:
    """Return what the classifier with its policy made of the stories, and what its two thresholds alone would show."""
    # What is in a language that is not covered has no score, and is not flagged.
    scores = np.array([s.score or 0.0 for s in screenings])
    flags = {
        "flagged": np.array([s.is_flagged for s in screenings], dtype=bool),
        "told at once": np.array([s.verdict is Verdict.ALERT for s in screenings], dtype=bool),
        "score ≥ review": scores >= policy.review,
        "score ≥ alert": scores >= policy.alert,
    }
    return Judged(CLASSIFIER, scores, flags, is_graded=True)


def judged_by_words(readings: Sequence[Reading]) -> list[Judged]:
    """Return what the boolean alert would show, over the whole story and within one sentence."""
    fired = {
        WHOLE_STORY: np.array([fires_on_story(r) for r in readings], dtype=bool),
        SAME_SENTENCE: np.array([fires_in_sentence(r) for r in readings], dtype=bool),
    }
    return [Judged(name, f.astype(float), {"flagged": f}, is_graded=False) for name, f in fired.items()]


def is_silent(example: Example) -> bool:
    """True where the story never names the UN, a sanction, an embargo or a resolution."""
    return not names_law(f"{example.story.title} {example.story.text}")


def names_law(text: str) -> bool:
    """True where the text names the UN, a sanction, an embargo or a resolution."""
    return _LAW.search(text) is not None


def labels_of(examples: Sequence[Example]) -> np.ndarray:
    """Return True for each breach."""
    return np.array([e.label == "breach" for e in examples], dtype=bool)


def is_ordinary(examples: Sequence[Example]) -> np.ndarray:
    """Return True for each negative of the ordinary run of news."""
    return np.array([e.label == "not_breach" and e.negative_type == "ordinary" for e in examples], dtype=bool)


def is_hard(examples: Sequence[Example]) -> np.ndarray:
    """Return True for each negative that looks close; one whose type nobody gave counts as such."""
    return np.array([e.label == "not_breach" and e.negative_type != "ordinary" for e in examples], dtype=bool)
