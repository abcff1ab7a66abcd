"""Story → features: which flags stand together in the lead and in the best window.

Flags are read by one automaton pass. What else a long story says somewhere is left out, so that its length does not
move its score; names are never features, so that swapping one target for another changes nothing.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import ahocorasick_rs
import numpy as np
import yaml

from compliance.errors import ConfigError
from compliance.story import Story
from rules.rulebook import Rulebook
from rules.sentences import plain
from rules.vocabulary import PartyType

_LEXICON = Path(__file__).parent / "lexicon" / "flags.yml"
_BOUNDARY = re.compile(r"[.!?]['\")]*\s+(?=[A-Z\"'(])|\n+")
_LEAD_SENTENCES = 3
_WINDOW = 3
_MAX_SENTENCES = 300
_ACRONYM = re.compile(r"[A-Z.]{2,7}")
# Targets that are whole states are also ordinary countries: a flag of their own, as they tell less.
_TARGET, _TARGET_STATE, _STATE, _BODY, _FIRM = "target", "target_state", "state", "body", "firm"
_VERBS = ("supply", "arm", "receive", "procure", "steal", "pay", "accuse", "say", "deny", "seize", "admit")
_ALONE = (
    _TARGET, _TARGET_STATE, _STATE, _BODY, _FIRM, "g_arms", "g_proliferation", "g_commodity", "g_finance", "g_labour",
    *(f"v_{v}" for v in _VERBS), "transfer", "front", "vessel", "bound_for", "negation", "hypothetical", "made",
    "unilateral", "un_measure", "policy", "diplomacy", "lawful", "conflict", "plan", "sport", "crime", "business",
    "life",
    "illicit", "conceal", "enforce", "evidence", "hackers",
)  # fmt: skip
_GOODS = ("g_arms", "g_proliferation", "g_commodity", "g_finance", "g_labour")
_MOVES = ("v_supply", "v_receive", "transfer", "v_arm", "v_procure", "v_pay", "v_steal", "bound_for", "made")
_MARKS = (
    "illicit",
    "conceal",
    "enforce",
    "evidence",
    "un_measure",
    "v_accuse",
    "v_seize",
    "front",
    "hackers",
    "v_deny",
)
_AGAINST = ("unilateral", "policy", "diplomacy", "lawful", "plan", "hypothetical", "negation")
_TARGETS = (_TARGET, _TARGET_STATE)
_THINGS = (*_GOODS, "hackers", "made", "vessel", "v_arm")


def _names() -> tuple[str, ...]:
    names = [f"{view}:{flag}" for view in ("lead", "window") for flag in _ALONE]
    for view in ("lead", "window", "sentence"):
        names += [f"{view}:{t}+{g}+{m}" for t in _TARGETS for g in ("goods",) for m in (*_MOVES, *_MARKS, *_AGAINST)]
        names += [f"{view}:{t}+{m}" for t in _TARGETS for m in (*_MOVES, *_MARKS, *_AGAINST)]
        names += [f"{view}:{t}+{g}" for t in _TARGETS for g in _GOODS]
        names += [f"{view}:{a}+{b}" for a, b in combinations(_MARKS, 2)]
        names += [f"{view}:target+move+{m}" for m in _MARKS]
    return tuple(names)


NAMES = _names()
_INDEX = {name: i for i, name in enumerate(NAMES)}


class Featurizer:
    """Reads flags with one automaton over the rule book's names and words and our own."""

    def __init__(self, rulebook: Rulebook) -> None:
        spellings: dict[str, set[str]] = {}
        exact: dict[str, str] = {}
        for pattern in rulebook.patterns:
            flag = _flag_of(pattern.party.type if pattern.party else None, pattern, rulebook)
            spellings.setdefault(pattern.spelling.lower(), set()).add(flag)
            if pattern.party and _ACRONYM.fullmatch(pattern.spelling):
                exact[pattern.spelling.lower()] = pattern.spelling
        for form, tags in rulebook.verb_tags.items():
            for tag in tags:
                name = tag[2:].partition(":")[0]
                if name in _VERBS:
                    spellings.setdefault(form, set()).add(f"v_{name}")
        for name in ("transfer", "front", "vessel"):
            for word in rulebook.words[name]:
                spellings.setdefault(word, set()).add(name)
        for name in ("bound_for", "negation", "hypothetical"):
            for word in rulebook.phrases[name]:
                spellings.setdefault(word, set()).add(name)
        for name, words in _own_lexicon().items():
            for word in words:
                spellings.setdefault(word, set()).add(name)
        for word in ("-made", "-supplied", "-built", "-manufactured", "-backed", "-armed", "-provided"):
            spellings.setdefault(word, set()).add("made")
        self._spellings = list(spellings)
        self._flags = [tuple(sorted(spellings[s])) for s in self._spellings]
        self._exact = [exact.get(s) for s in self._spellings]

    @cached_property
    def _automaton(self) -> Any:
        return ahocorasick_rs.AhoCorasick(self._spellings, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)

    def flags(self, title: str, text: str) -> list[frozenset[str]]:
        """Return the flags of each sentence, the title being the first."""
        whole = plain(f"{title}\n{text}")
        lowered = whole.lower()
        if len(lowered) != len(whole):
            lowered = "".join(c if len(c.lower()) != 1 else c.lower() for c in whole)
        ends = [m.end() for m in _BOUNDARY.finditer(whole)][:_MAX_SENTENCES]
        found: list[set[str]] = [set() for _ in range(len(ends) + 1)]
        at = 0
        for index, start, end in self._automaton.find_matches_as_indexes(lowered):
            if start and lowered[start - 1].isalnum() and lowered[start] != "-":
                continue
            if end < len(lowered) and lowered[end].isalnum():
                continue
            if self._exact[index] and whole[start:end] != self._exact[index]:
                continue
            while at < len(ends) and start >= ends[at]:
                at += 1
            found[at].update(self._flags[index])
        return [frozenset(f) for f in found]

    def vector(self, title: str, text: str) -> np.ndarray:
        """Return the story's features, in the order of ``NAMES``, as float32."""
        row = np.zeros(len(NAMES), dtype=np.float32)
        sentences = self.flags(title, text)
        lead = frozenset().union(*sentences[: _LEAD_SENTENCES + 1])
        best, window = _best_window(sentences)
        self._alone(row, lead, window)
        _combined(row, "lead", lead)
        _combined(row, "window", window)
        # Only sentences of the lead and the window: a long story says everything somewhere.
        for flags in (*sentences[: _LEAD_SENTENCES + 1], *sentences[best : best + _WINDOW]):
            _combined(row, "sentence", flags)
        return row

    @staticmethod
    def _alone(row: np.ndarray, lead: frozenset[str], window: frozenset[str]) -> None:
        for flag in _ALONE:
            row[_INDEX[f"lead:{flag}"]] = flag in lead
            row[_INDEX[f"window:{flag}"]] = flag in window

    def passes_gate(self, title: str, text: str) -> bool:
        """True where the story names a target and anything that could be moved, paid, stolen or earned.

        Without both there is no act to look for; the gate's recall is measured with the model.
        """
        named = frozenset().union(*self.flags(title, text))
        return not named.isdisjoint(_TARGETS) and not named.isdisjoint(_THINGS)

    def matrix(self, stories: Sequence[Story]) -> np.ndarray:
        """Return one row per story."""
        if not stories:
            return np.zeros((0, len(NAMES)), dtype=np.float32)
        return np.vstack([self.vector(s.title, s.text) for s in stories])


def _flag_of(type_: PartyType | None, pattern: Any, rulebook: Rulebook) -> str:
    if type_ is None:
        return f"g_{pattern.kind.value}"
    name = pattern.party.name
    if name in rulebook.targets or rulebook.principal(name) in rulebook.targets:
        strong = type_ is not PartyType.STATE or name in ("North Korea", "Iran")
        return _TARGET if strong else _TARGET_STATE
    if type_ in (PartyType.BODY, PartyType.MEDIA):
        return _BODY
    return _FIRM if type_ in (PartyType.COMPANY, PartyType.ORGANISATION) else _STATE


def _best_window(sentences: Sequence[frozenset[str]]) -> tuple[int, frozenset[str]]:
    """Return where the three sentences begin that promise most, and their flags."""
    best: tuple[float, int, frozenset[str]] = (-1.0, 0, frozenset())
    for start in range(max(1, len(sentences) - _WINDOW + 1)):
        union = frozenset().union(*sentences[start : start + _WINDOW])
        score = _promise(union)
        if score > best[0]:
            best = (score, start, union)
    return best[1], best[2]


def _promise(flags: frozenset[str]) -> float:
    target = 2.0 * (_TARGET in flags) + 1.0 * (_TARGET_STATE in flags)
    return (
        target
        + 1.5 * any(g in flags for g in _GOODS)
        + 1.0 * any(m in flags for m in _MOVES)
        + 0.7 * sum(m in flags for m in _MARKS)
        - 0.4 * sum(a in flags for a in _AGAINST)
    )


def _combined(row: np.ndarray, view: str, flags: frozenset[str]) -> None:
    goods = [g for g in _GOODS if g in flags]
    targets = [t for t in _TARGETS if t in flags]
    marks = [m for m in _MARKS if m in flags]
    if not targets:
        return
    for a, b in combinations(marks, 2):
        row[_INDEX[f"{view}:{a}+{b}"]] = 1
    for target in targets:
        for g in goods:
            row[_INDEX[f"{view}:{target}+{g}"]] = 1
        for m in (*_MOVES, *_MARKS, *_AGAINST):
            if m in flags:
                row[_INDEX[f"{view}:{target}+{m}"]] = 1
                if goods:
                    row[_INDEX[f"{view}:{target}+goods+{m}"]] = 1
    if any(m in flags for m in _MOVES):
        for m in marks:
            row[_INDEX[f"{view}:target+move+{m}"]] = 1


def _own_lexicon() -> dict[str, list[str]]:
    try:
        declared = yaml.safe_load(_LEXICON.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{_LEXICON.name}: {' '.join(str(error).split())}") from error
    if not isinstance(declared, dict) or set(declared) - set(_ALONE):
        raise ConfigError(f"{_LEXICON.name}: unknown flag {sorted(set(declared or {}) - set(_ALONE))}")
    return declared
