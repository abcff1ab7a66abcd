"""How alike two parts of a name are, from 0 to 1."""

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

from compliance.listing.spelling import Token

SAME_SOUND = 0.97
SAME_BONES = 0.9
ALIKE = 0.55
_VOWELS = re.compile(r"[aeiou]")


@lru_cache(maxsize=262_144)
def likeness(one: Token, other: Token) -> float:
    """Return 1 for equal words, less for spellings of one sound, less still for slips of the pen, 0 for other words.

    The shorter the words, the less may differ: "Un" and "In" are two names, "Qadhafi" and "Gaddafi" one.
    """
    if one.text == other.text:
        return 1.0
    if one.is_abjad or other.is_abjad:
        return _unvowelled(one, other)
    if one.text.isdigit() or other.text.isdigit():
        return 0.0
    if one.sound == other.sound:
        return SAME_SOUND
    return max(_by_sound(one, other), _by_letters(one, other))


def _unvowelled(one: Token, other: Token) -> float:
    thin, thick = one.thin, other.thin
    if thin == thick:
        return SAME_BONES if len(thin) >= 2 else ALIKE
    return 0.7 if min(len(thin), len(thick)) >= 4 and OSA.distance(thin, thick, score_cutoff=1) == 1 else 0.0


def _by_sound(one: Token, other: Token) -> float:
    """Only vowels differ, or consonants that romanisations exchange."""
    if one.bones != other.bones:
        return 0.0
    shorter = min(len(one.sound), len(other.sound))
    apart: int = OSA.distance(one.sound, other.sound)
    if shorter <= 3:
        # Pak and Bak, Kim and Gim, but not Un and In; a vowel may be left out of three letters, not be another.
        return SAME_BONES if _consonants_only(one, other) else 0.7 if _lacks_vowel(one, other) else 0.0
    same_consonants = _VOWELS.sub("", one.sound) == _VOWELS.sub("", other.sound)
    return max(
        0.0, SAME_BONES - 0.06 * (apart - 1) - (0.08 if shorter == 4 else 0.0) - (0 if same_consonants else 0.03)
    )


def _consonants_only(one: Token, other: Token) -> bool:
    vowels = "aeiou"
    return [c for c in one.sound if c in vowels] == [c for c in other.sound if c in vowels]


def _lacks_vowel(one: Token, other: Token) -> bool:
    return len(one.bones) >= 2 and len(one.sound) != len(other.sound) and OSA.distance(one.sound, other.sound) == 1


def _by_letters(one: Token, other: Token) -> float:
    """One letter wrong, left out or changed with its neighbour; two in long words."""
    found = _slips(one.text, other.text)
    return (
        found
        if one.written == one.text and other.written == other.text
        else max(found, _slips(one.written, other.written))
    )


def _slips(one: str, other: str) -> float:
    shorter = min(len(one), len(other))
    if shorter < 3 or abs(len(one) - len(other)) > 2:
        return 0.0
    apart = OSA.distance(one, other, score_cutoff=2)
    if shorter == 3:
        # Chol and Col, but neither Kim and Kym nor Ali and Wali.
        return 0.72 if apart == 1 and len(one) != len(other) and one[0] == other[0] and one[-1] == other[-1] else 0.0
    if apart == 1:
        return 0.88 if shorter >= 7 else 0.82 if shorter >= 5 else 0.74 if len(one) != len(other) else 0.66
    return 0.75 if apart == 2 and shorter >= 8 else 0.0
