"""Scores of the text beside what the rules found → the features of the joint score. Pure.

Words tell what a story is about; the rules tell whether somebody is said to have done something to somebody, under a
measure in force, whether that stands where the words are strongest, how much what stands around the likeliest names
is like what stands around parties to a breach, and how like such reports the whole is worded. None alone parts a breach
from a near miss.

The likeliest of forty names is likelier than the likeliest of four, and the best of forty sentences tells more than the
best of four, whatever a story is about: one that is long must show more.
"""

import math
from collections.abc import Sequence

from compliance.classifier.classification import Classification, Passage
from compliance.classifier.features import STORY_NAMES
from rules.findings import LEARNT, Evidence, Extraction
from rules.rulebook import Rulebook
from rules.vocabulary import Role

# How many windows there are moves the score of a few sentences by all that stands behind them: length tells it better.
POOLED = tuple(name for name in STORY_NAMES if name != "windows")
JOINT_NAMES = (
    *POOLED, "parties", "two parties", "framed acts", "supplier and recipient", "a target takes part", "supplier",
    "recipient", "other roles", "framed act in the passage", "act in the passage", "regime", "kind", "measure in force",
    "party in the passage", "likeliest party", "second likeliest party", "wording", "long",
)  # fmt: skip
_MOST = 3
# The log-odds between which a name's suspicion counts; the feature counts them from the lower on, none for no name.
_CLEAREST, _DARKEST = -8.0, 6.0
# In characters: up to the first no story counts as long, from the second on it counts in full. Short items and reports,
# and what a few paragraphs of background make of them, lie below, full articles between.
_LONG, _LONGEST = 4_000, 12_000


def joint_features(classification: Classification, found: Extraction, rulebook: Rulebook) -> list[float]:
    """Return the joint score's features, in the order of ``JOINT_NAMES``."""
    roles = {role for party in found.parties for role in party.roles}
    framed = [hit.evidence for hit in found.hits if hit.rule != LEARNT]
    told = [hit.evidence for hit in found.hits]
    sides = {Role.SUPPLIER, Role.RECIPIENT}
    names = {name for p in found.parties for name in (p.canonical, rulebook.principal(p.canonical))}
    quoted = [evidence for party in found.parties for evidence in party.evidence]
    passage = classification.passage
    return [
        *(value for name, value in zip(STORY_NAMES, classification.pooled, strict=True) if name in POOLED),
        float(min(len(found.parties), _MOST)),
        float(len(found.parties) > 1),
        float(min(len(framed), _MOST)),
        float(sides <= roles),
        float(not names.isdisjoint(rulebook.targeted)),
        float(Role.SUPPLIER in roles),
        float(Role.RECIPIENT in roles),
        float(bool(roles - sides)),
        float(stands_in(framed, passage)),
        float(stands_in(told, passage)),
        float(bool(found.regimes)),
        float(bool(found.kinds)),
        float(any(m.in_force for m in found.measures)),
        float(stands_in(quoted, passage)),
        *_suspicion(found),
        found.wording.odds,
        length_counts(classification.length),
    ]


def length_counts(length: int) -> float:
    """Return how far a story of so many characters counts as long: from 0 to 1, by the logarithm of its length."""
    return math.log(min(max(length, _LONG), _LONGEST) / _LONG) / math.log(_LONGEST / _LONG)


def _suspicion(found: Extraction) -> list[float]:
    two = (*found.suspicion, _CLEAREST, _CLEAREST)[:2]
    return [min(max(odds, _CLEAREST), _DARKEST) - _CLEAREST for odds in two]


def stands_in(quotes: Sequence[Evidence], passage: Sequence[Passage]) -> bool:
    """True where one of the quotes overlaps the passage."""
    return any(e.field is p.field and e.start < p.end and e.end > p.start for e in quotes for p in passage)
