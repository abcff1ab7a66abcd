"""Story → what the classifier sees of it: flags of each sentence, and its words with every name masked.

Names never reach the model: a target is a target, whichever it is, so swapping one for another changes nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import yaml

from compliance.classifier.classification import Passage
from compliance.errors import ConfigError
from rules.matching import WordMatcher
from rules.mentions import Cues, is_short_for_party
from rules.rulebook import Pattern, Rulebook
from rules.sentences import plain
from rules.vocabulary import Field, PartyType

_LEXICON = Path(__file__).parent / "lexicon"
_BOUNDARY = re.compile(r"[.!?]['\")]*\s+(?=[A-Z\"'(])|\n+")
_MAX_SENTENCES = 300
_ACRONYM = re.compile(r"[A-Z.]{2,7}")
_NUMBER = re.compile(r"\d[\d,.:]*")
# Capitals within a sentence are names that no list knows: people, firms, ships, months.
_NAME = re.compile(r"(?<=[\w,;:\"'(-] )[A-Z][\w'-]*(?:\s+(?:of |al |bin |de |van |el )?[A-Z][\w'-]*)*")
_WORD = re.compile(r"[A-Za-z][\w'-]*")

# Targets that are whole states are also ordinary countries: a flag of their own, as they tell less.
TARGET, TARGET_STATE = "target", "target_state"
# A land where a regime's targets act though it is none itself, and the places news names instead.
LAND, PLACE = "land", "place"
_STATE, _BODY, _FIRM = "state", "body", "firm"
SCENES = (TARGET, TARGET_STATE, LAND, PLACE)
PARTIES = (*SCENES, _STATE, _BODY, _FIRM)
VERBS = (
    "supply", "arm", "receive", "procure", "steal", "pay", "accuse", "say", "deny", "seize", "admit", "travel",
    "employ", "use", "attack", "work",
)  # fmt: skip
GOODS = ("g_arms", "g_proliferation", "g_commodity", "g_finance", "g_labour")
WORDS = (
    "transfer", "front", "vessel", "bound_for", "negation", "hypothetical", "made", "unilateral", "un_measure",
    "policy", "diplomacy", "lawful", "conflict", "plan", "sport", "crime", "business", "life", "travel", "illicit",
    "conceal", "enforce", "evidence", "join", "funds", "hackers", "cleared", "lapsed", "opinion",
)  # fmt: skip
FLAGS = (*PARTIES, *GOODS, *(f"v_{v}" for v in VERBS), *WORDS)
_THINGS = frozenset(
    (
        *GOODS,
        "hackers",
        "made",
        "vessel",
        "v_arm",
        "v_employ",
        "v_travel",
        "un_measure",
        "travel",
        "join",
        "funds",
        "front",
    )
)
# What is given, paid, got or earned need not be named where a target itself is: hands were filled, a ransom was paid.
_MOVES = frozenset(("v_supply", "v_pay", "v_receive", "v_work", "transfer"))
_MEN = "g_arms"
# What phrases tell by its sort; where a word is of several sorts, the first counts.
_MASKED_GOODS = (*sorted(GOODS), "hackers", "vessel")
_MADE = ("-made", "-supplied", "-built", "-manufactured", "-backed", "-armed", "-provided")


@dataclass(frozen=True)
class Reading:
    """A story's sentences, the title being the first: flags of each, in their order, and on demand its masked words.

    ``orders`` holds for each sentence the flags of its words one after the other, parted by spaces; a word with several
    flags joins them by "+".
    """

    flags: tuple[frozenset[str], ...]
    orders: tuple[str, ...]
    _text: str
    ends: tuple[int, ...]
    _names: tuple[tuple[int, int, str], ...]
    _goods: tuple[tuple[int, int, str], ...]
    _title_length: int

    @property
    def passes_gate(self) -> bool:
        """True where the story names a target, its land or a place there, and anything moved, paid, stolen or earned.

        Beside a target itself it is enough that something is given, paid or got. Without both there is no act to look
        for; the gate's recall is measured with the model.
        """
        named: frozenset[str] = frozenset().union(*self.flags)
        if TARGET in named and not named.isdisjoint(_MOVES):
            return True
        return not named.isdisjoint(SCENES) and not named.isdisjoint(_THINGS)

    @property
    def length(self) -> int:
        """How many characters title and text have."""
        return len(self._text)

    @property
    def text_at(self) -> int:
        """Where the story's text begins in what offsets count: title, line break and text."""
        return self._title_length + 1

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The text of each sentence in lower case: parties by what they are, other names and numbers as such."""
        return self._masked(self._names)

    @cached_property
    def phrased(self) -> tuple[str, ...]:
        """The text of each sentence as in ``words``, and goods by what they are too."""
        return self._masked(sorted((*self._names, *self._goods)))

    def _masked(self, spans: Sequence[tuple[int, int, str]]) -> tuple[str, ...]:
        masked = enumerate(self._replaced(spans))
        return tuple(_mask_names(text, headline=number == 0) for number, text in masked)

    def _replaced(self, spans: Sequence[tuple[int, int, str]]) -> Iterator[str]:
        at = 0
        for start, end in zip((0, *self.ends), (*self.ends, len(self._text)), strict=True):
            parts, last = [], start
            while at < len(spans) and spans[at][0] < end:
                first, stop, flag = spans[at]
                parts += [self._text[last:first], f" _{flag}_ "]
                last = stop
                at += 1
            yield "".join((*parts, self._text[last:end]))

    def passage(self, first: int, count: int) -> tuple[Passage, ...]:
        """Return where ``count`` sentences from ``first`` on stand in title and text."""
        start = self.ends[first - 1] if first else 0
        last = first + count - 1
        end = self.ends[last] if last < len(self.ends) else len(self._text)
        head = self._title_length
        title = Passage(Field.TITLE, min(start, head), min(end, head))
        text = Passage(Field.TEXT, max(0, start - self.text_at), max(0, end - self.text_at))
        return tuple(p for p in (title, text) if p.end > p.start)

    def sentence_at(self, offset: int) -> int:
        """Return the index of the sentence that holds the character at ``offset`` of title, line break and text."""
        return bisect_right(self.ends, offset)


def _mask_names(text: str, *, headline: bool) -> str:
    text = _NUMBER.sub(" _number_ ", text)
    if headline and _is_title_case(text):
        return text.lower()
    return _NAME.sub("_name_", text).lower()


def _is_title_case(text: str) -> bool:
    words: list[str] = [w for w in _WORD.findall(text) if not w.endswith("_")]
    return sum(1 for w in words if w[0].isupper()) > 0.6 * len(words)


class Reader:
    """Reads flags with one automaton over the rule book's names and words and the classifier's own."""

    def __init__(self, rulebook: Rulebook) -> None:
        spellings: dict[str, set[str]] = {}
        exact: dict[str, tuple[str, ...]] = {}
        men = {p.spelling.lower() for p in rulebook.patterns if p.goods in rulebook.names["personnel"]}
        short: dict[str, Pattern] = {}
        for pattern in rulebook.patterns:
            if pattern.cues:
                short[pattern.spelling.lower()] = pattern
            flags = spellings.setdefault(pattern.spelling.lower(), set())
            flags.add(_flag_of(pattern, rulebook))
            # Syrian mercenaries are mercenaries: men whom somebody sends.
            if pattern.party and pattern.spelling.lower().rpartition(" ")[2] in men:
                flags.add(_MEN)
            if pattern.party and _ACRONYM.fullmatch(pattern.spelling):
                exact[pattern.spelling.lower()] = _as_written(pattern)
        for spelling, flag in _words_of(rulebook):
            spellings.setdefault(spelling, set()).add(flag)
        self._spellings = list(spellings)
        self._flags = [frozenset(spellings[s]) for s in self._spellings]
        self._joined = ["+".join(sorted(f)) for f in self._flags]
        self._masks = [next((f for f in PARTIES if f in flags), None) for flags in self._flags]
        self._goods = [None if m else _goods_of(f) for m, f in zip(self._masks, self._flags, strict=True)]
        self._exact = [exact.get(s) for s in self._spellings]
        # What is short for a party in some stories only.
        self._short = [short.get(s) for s in self._spellings]

    @cached_property
    def _matcher(self) -> WordMatcher:
        return WordMatcher(self._spellings)

    @cached_property
    def _sieves(self) -> tuple[WordMatcher, WordMatcher]:
        """What the gate asks for: the spellings that set a scene, and those of things or of a target itself."""
        flagged = list(zip(self._spellings, self._flags, strict=True))
        scenes = [s for s, flags in flagged if not flags.isdisjoint(SCENES)]
        wanted = [s for s, flags in flagged if not flags.isdisjoint(_THINGS) or TARGET in flags]
        return WordMatcher(scenes), WordMatcher(wanted)

    def likely(self, title: str, text: str) -> Reading | None:
        """Return the reading of a story that passes the gate, else None.

        Most news sets no scene: two small automata tell so at a fraction of what a reading costs.
        """
        whole = _whole(_head(title, text), text)
        lowered = _lower(whole)
        if not all(sieve.has_any(lowered) for sieve in self._sieves):
            return None
        reading = self._read(whole, lowered, len(_head(title, text)))
        return reading if reading.passes_gate else None

    def read(self, title: str, text: str) -> Reading:
        """Return what the classifier sees of the story; only the first 300 sentences count."""
        head = _head(title, text)
        whole = _whole(head, text)
        return self._read(whole, _lower(whole), len(head))

    def _read(self, whole: str, lowered: str, title_length: int) -> Reading:
        ends = tuple(m.end() for m in _BOUNDARY.finditer(whole))
        if len(ends) > _MAX_SENTENCES:
            whole, ends = whole[: ends[_MAX_SENTENCES]], ends[:_MAX_SENTENCES]
            lowered = lowered[: len(whole)]
        found: list[set[str]] = [set() for _ in range(len(ends) + 1)]
        orders: list[list[str]] = [[] for _ in found]
        names: list[tuple[int, int, str]] = []
        goods: list[tuple[int, int, str]] = []
        at = 0
        for index, start, end in self._matches(whole, lowered):
            while at < len(ends) and start >= ends[at]:
                at += 1
            found[at].update(self._flags[index])
            orders[at].append(self._joined[index])
            if mask := self._masks[index]:
                names.append((start, end, mask))
            elif thing := self._goods[index]:
                goods.append((start, end, thing))
        flags = tuple(frozenset(f) for f in found)
        ordered = tuple(" ".join(o) for o in orders)
        return Reading(flags, ordered, whole, ends, tuple(names), tuple(goods), title_length)

    def _matches(self, whole: str, lowered: str) -> Iterator[tuple[int, int, int]]:
        exact, short, cues = self._exact, self._short, Cues(whole)

        def accept(index: int, start: int, end: int) -> bool:
            if (pattern := short[index]) is not None:
                return is_short_for_party(pattern, whole, start, end, cues)
            return (forms := exact[index]) is None or whole[start:end] in forms

        return self._matcher.find(lowered, accept)


def _as_written(pattern: Pattern) -> tuple[str, ...]:
    """Return the forms of an acronym: "UNITA" and, where it is read as a word, "Unita"."""
    acronym = pattern.spelling
    is_word = len(acronym) >= 4 and acronym.isalpha() and not (pattern.party and pattern.party.needs_cue)
    return (acronym, acronym.capitalize()) if is_word else (acronym,)


def _goods_of(flags: frozenset[str]) -> str | None:
    return next((flag for flag in _MASKED_GOODS if flag in flags), None)


def _head(title: str, text: str) -> str:
    # Many feeds repeat the first sentence as the title: said twice, it counts once.
    return "" if title and text.startswith(title) else title


def _whole(head: str, text: str) -> str:
    return plain(f"{head}\n{text}")


def _lower(whole: str) -> str:
    lowered = whole.lower()
    if len(lowered) == len(whole):
        return lowered
    return "".join(c if len(c.lower()) != 1 else c.lower() for c in whole)


def _flag_of(pattern: Pattern, rulebook: Rulebook) -> str:
    if pattern.party is None:
        return f"g_{pattern.kind.value}" if pattern.kind else "g_commodity"
    name, type_ = pattern.party.name, pattern.party.type
    if rulebook.is_targeted(name):
        strong = type_ is not PartyType.STATE or bool(pattern.party.usually)
        return TARGET if strong else TARGET_STATE
    if type_ in (PartyType.BODY, PartyType.MEDIA):
        return _BODY
    if name in lands():
        return LAND
    return _FIRM if type_ in (PartyType.COMPANY, PartyType.ORGANISATION) else _STATE


def _words_of(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    for form, tags in rulebook.verb_tags.items():
        for tag in tags:
            name = tag[2:].partition(":")[0]
            if name in VERBS:
                yield form, f"v_{name}"
    for name in ("transfer", "front", "vessel"):
        yield from ((word, name) for word in rulebook.words[name])
    for name in ("bound_for", "negation", "hypothetical"):
        yield from ((word, name) for word in rulebook.phrases[name])
    yield from ((place.lower(), PLACE) for place, land in rulebook.places.items() if land in lands())
    for name, words in _own_lexicon().items():
        yield from ((word, name) for word in words)
    yield from ((word, "made") for word in _MADE)


@cache
def lands() -> frozenset[str]:
    """Return the lands where a place alone sets the scene."""
    return frozenset(_declared("lands.yml", {"lands"})["lands"])


def _own_lexicon() -> dict[str, list[str]]:
    return _declared("flags.yml", set(WORDS))


def _declared(name: str, known: set[str]) -> dict[str, list[str]]:
    try:
        declared = yaml.safe_load((_LEXICON / name).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{name}: {' '.join(str(error).split())}") from error
    if not isinstance(declared, dict) or set(declared) - known:
        raise ConfigError(f"{name}: unknown flag {sorted(set(declared or {}) - known)}")
    return declared
