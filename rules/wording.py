"""How like the wording of reports of breaches a story is, beside what it says of whom. Pure.

The words are those that tell how firmly an act is stated (``rules/status.py``): single words and pairs, names and goods
as what they are, so that swapping one name for another changes nothing. Weights are data (``rules/linear.py``).
"""

from collections.abc import Mapping

from rules.findings import Wording
from rules.linear import WORDED
from rules.rulebook import Rulebook

# Past these log-odds a story is worded no more clearly: what many words add up to must not outweigh all else.
_MOST = 6.0
_TERMS = 4
# What the names of the features that count begin with: words of the whole story, and of what tells of the act.
_WORDS = ("whole: ", "act: ")


def words_among(features: Mapping[str, float]) -> dict[str, float]:
    """Return those of ``status_features`` that are words of the story."""
    return {name: value for name, value in features.items() if name.startswith(_WORDS)}


def wording_of(features: Mapping[str, float], rulebook: Rulebook) -> Wording:
    """Return how like reports of breaches the story of these ``status_features`` is worded."""
    weights = rulebook.story.weights[WORDED]
    moved = {name: weights[name] * value for name, value in features.items() if name in weights}
    odds = rulebook.story.biases[WORDED] + sum(moved.values())
    strongest = sorted(moved.items(), key=lambda t: (-abs(t[1]), t))
    terms = tuple((_as_read(name), round(by, 4)) for name, by in strongest[:_TERMS])
    return Wording(round(max(-_MOST, min(_MOST, odds)), 4), terms)


def _as_read(name: str) -> str:
    prefix = next(p for p in _WORDS if name.startswith(p))
    words = name.removeprefix(prefix).removeprefix("^ ")
    return words.replace("<", "[").replace(">", "]")
