"""Which words of a name weigh nothing or little (words.yml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).parent / "words.yml"
_LISTS = {"legal_forms", "particles", "titles", "common", "lands", "rivals"}


@dataclass(frozen=True, slots=True)
class WordLists:
    """The words of names by what they tell."""

    legal_forms: frozenset[str]
    particles: frozenset[str]
    titles: frozenset[str]
    common: frozenset[str]
    lands: frozenset[str]
    rivals: Mapping[str, str]


@cache
def word_lists() -> WordLists:
    """Return the declared words. Raises ValueError naming the file where a list is missing or unknown."""
    declared = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    if not isinstance(declared, dict) or set(declared) != _LISTS:
        raise ValueError(f"{_FILE.name}: expected exactly the lists {', '.join(sorted(_LISTS))}")
    sets = {name: frozenset(str(words).split()) for name, words in declared.items() if name != "rivals"}
    groups = (group.partition("=") for group in str(declared["rivals"]).split())
    return WordLists(**sets, rivals={word: first for first, _, words in groups for word in words.split(",")})
