"""The alert that a desk without this would run: target AND goods AND (illicit OR seized OR accused). Pure.

It reads the book's own names and words, so what the classifier gains over it is not owed to a longer list.
"""

from collections.abc import Set

from compliance.classifier.reading import GOODS, TARGET, TARGET_STATE, Reading

_TARGETS = frozenset({TARGET, TARGET_STATE})
_GOODS = frozenset(GOODS)
_WRONGS = frozenset({"illicit", "v_seize", "v_accuse"})


def fires_on_story(reading: Reading) -> bool:
    """True where title and text together name a target, goods, and something illicit, seized or accused."""
    return _fires(frozenset().union(*reading.flags))


def fires_in_sentence(reading: Reading) -> bool:
    """True where one sentence, the title counting as one, names all three."""
    return any(_fires(flags) for flags in reading.flags)


def _fires(flags: Set[str]) -> bool:
    return not any(flags.isdisjoint(wanted) for wanted in (_TARGETS, _GOODS, _WRONGS))
