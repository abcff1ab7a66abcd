"""How like the wording of reports of breaches the sentences are that tell of an act, beside what they say. Pure.

Single words and pairs, names and goods as what they are, so that swapping one name for another changes nothing; of the
sentences that tell and a few around them, so that what else stands in a story does not count. Weights are data
(``rules/linear.py``).
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from rules.acts import Act
from rules.clauses import Clause
from rules.findings import Wording
from rules.linear import WORDED
from rules.rulebook import Rulebook
from rules.status import phrased, telling_sentences
from rules.vocabulary import Field

# Past these log-odds a story is worded no more clearly: what many words add up to must not outweigh all else.
_MOST = 6.0
_TERMS = 4
# So many sentences before and after one that tells count too; the first where none does.
_AROUND = 3
_AROUND_WEIGHS, _ACT_WEIGHS = 6.0, 4.0


def wording_features(
    clauses: Sequence[tuple[Field, Clause]], acts: Sequence[Act], rulebook: Rulebook
) -> dict[str, float]:
    """Return the words and pairs of the sentences that tell, and of those around them, as named numbers."""
    at = telling_sentences(clauses, acts, rulebook)
    around = {near for number in at or {0} for near in range(number - _AROUND, number + _AROUND + 1) if near >= 0}
    words = phrased(clauses, sorted(around), "around", _AROUND_WEIGHS)
    return words | phrased(clauses, sorted(at) or range(2), "act", _ACT_WEIGHS)


def wording_of(features: Mapping[str, float], rulebook: Rulebook) -> Wording:
    """Return how like reports of breaches a story of these ``wording_features`` is worded."""
    weights = rulebook.story.weights[WORDED]
    moved = {name: weights[name] * value for name, value in features.items() if name in weights}
    odds = rulebook.story.biases[WORDED] + sum(moved.values())
    # A word of the act's sentence stands among those around it too: an officer reads it once, with the weight of both.
    read: dict[str, float] = {}
    for name, by in moved.items():
        read[_as_read(name)] = read.get(_as_read(name), 0.0) + by
    strongest = sorted(read.items(), key=lambda t: (-abs(t[1]), t))
    # "The" and "of the" count, but an officer would make nothing of them.
    empty = rulebook.names["opener"]
    telling = ((words, round(by, 4)) for words, by in strongest if _says_something(words, empty))
    terms = tuple(islice(telling, _TERMS))
    return Wording(round(max(-_MOST, min(_MOST, odds)), 4), terms)


def _says_something(words: str, empty: Collection[str]) -> bool:
    return any(word[0] == "[" or (word.isalpha() and word not in empty) for word in words.split())


def _as_read(name: str) -> str:
    return name.partition(": ")[2].removeprefix("^ ").replace("<", "[").replace(">", "]")
