"""Text → mentions of parties and goods, longest spelling first, by one automaton over the whole text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.rulebook import KnownParty, Pattern, Rulebook
from rules.sentences import plain
from rules.vocabulary import Kind, PartyType

_SORT_OF_SHIP = "(?:oil |fuel |product |cargo |container |fishing |crude )?"
_SHIP = "tanker|freighter|vessel|ship|dhow|carrier|coaster|trawler|barge|boat"
_VESSEL = re.compile(
    rf"\b(?:{_SORT_OF_SHIP}(?:{_SHIP})s?,?|[Mm]/?[VT]) (?:the |named |called |known as (?:the )?)?\"?"
    r"((?:[A-Z][A-Za-z'-]*|[A-Z]{2,})(?: (?:[A-Z][A-Za-z'-]*|\d{1,4}|[IVX]+)){0,3})"
)
_LEGAL_FORM = "Ltd|Limited|LLC|L\\.L\\.C|Inc|Corp|Corporation|Co|Company|GmbH|FZE|FZCO|DMCC|SARL|JSC|OOO|PLC"
_LINE = (
    "Trading|Shipping|Holdings?|Bank|Airlines?|Airways|Aviation|Exchange|Industries|Logistics|Maritime|Technolog(?:y|ies)|"
    "Enterprises?|Shipyard|Cargo|Petroleum|Fisheries|Foundation|Charity|Bureau de Change"
)
_COMPANY = re.compile(rf"\b((?:[A-Z][\w&'.-]*,? ){{1,6}}(?:{_LEGAL_FORM}|{_LINE})\b\.?)")
_NAME = r"(?:[A-Z][a-z'’-]+|[A-Z]\.|al-[A-Z][a-z]+|el-[A-Z][a-z]+|[a-z]{2,3}-[A-Z][a-z]+)"
_FATE = (
    "charged|convicted|sentenced|indicted|arrested|extradited|jailed|guilty|accused|detained|found guilty|imprisoned|"
    "conspir|selling|supplying|sending|smuggling|named"
)
_BECAME = r"was|were|has been|had been|is|who was|pleaded|admitted|pled|faces|and \w+ \w+ (?:were|was)"
_TRADES = (
    "defendants?|arms dealer|trafficker|smuggler|businessman|broker|financier|middleman|trader|charged|indicted|"
    "convicted|sentenced|arrested|jailed|extradited|accuses|accused"
)
_PERSON = re.compile(
    rf"\b({_NAME}(?: (?:bin |ibn |al |de |van |von )?{_NAME}){{1,3}})"
    rf"(?=,? (?:aged )?\(?\d\d\b|,? (?:{_BECAME}) ?(?:{_FATE}))"
)
_CHARGED = re.compile(rf"\b(?:{_TRADES}) ({_NAME}(?: {_NAME}){{1,3}})")
_OPENERS = (
    "The A An In On At For And But He She They His Her It This That These Those With From By As Of To Mr Mrs Ms Dr",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "January February March April May June July August September October November December",
)
_LATER_WORDS = frozenset(" ".join(_OPENERS).split())


_AMOUNT = re.compile(
    r"(?:US|A|C|HK)?[$€£¥₩]\s?\d[\d,.]*(?:\s?(?:million|billion|m|bn|k)\b)?|"
    r"\b\d[\d,.]*\s(?:million\s|billion\s)?(?:euros?|pounds|rupees|shillings|yuan|won|dinars?|naira|francs)\b"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A party or goods named at ``text[start:end]``."""

    start: int
    end: int
    canonical: str
    type: PartyType | None
    is_adjective: bool = False
    goods: str = ""
    kind: Kind | None = None
    known: KnownParty | None = None

    @property
    def is_party(self) -> bool:
        """True where the mention names a party, false where goods."""
        return self.type is not None


def find_mentions(text: str, rulebook: Rulebook) -> list[Mention]:
    """Return every mention in the order of the text; none overlaps another.

    An acronym that must have a cue counts only where one of its cues stands in the same text.
    """
    flat = plain(text)
    lowered = _lower(flat)
    known = [m for m in _known(flat, lowered, rulebook) if _has_cue(m, flat)]
    taken = [(m.start, m.end) for m in known if m.is_party]
    found = [*known, *_unknown(flat, taken), *_amounts(flat)]
    return _without_overlaps(sorted(found, key=lambda m: (m.start, -m.end)))


def _lower(text: str) -> str:
    """Lower-case character by character, so that no offset moves (U+0130 alone would become two characters)."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c if len(c.lower()) != 1 else c.lower() for c in text)


def _known(flat: str, lowered: str, rulebook: Rulebook) -> Iterator[Mention]:
    patterns = rulebook.patterns
    for index, start, end in rulebook.automaton.find_matches_as_indexes(lowered):
        if (start and _is_word(flat[start - 1])) or (end < len(flat) and _is_word(flat[end])):
            continue
        pattern = patterns[index]
        written = flat[start:end]
        if pattern.party is None:
            yield Mention(start, end, pattern.goods, None, goods=pattern.goods, kind=pattern.kind)
        elif _is_written_as_name(pattern, written):
            yield Mention(start, end, pattern.party.name, pattern.party.type, pattern.is_adjective, known=pattern.party)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_written_as_name(pattern: Pattern, written: str) -> bool:
    """Names keep their capitals; an acronym must be written as one, so that "us" is never the United States."""
    letters = [c for c in pattern.spelling if c.isalpha()]
    if len(letters) <= 6 and all(c.isupper() for c in letters):
        return written == pattern.spelling
    return any(c.isupper() for c in written) or not any(c.isupper() for c in pattern.spelling)


def _has_cue(mention: Mention, flat: str) -> bool:
    if mention.known is None or not mention.known.needs_cue:
        return True
    written = flat[mention.start : mention.end]
    if not (written.isupper() and len(written) <= 5) and written not in ("Fano", "MODEL"):
        return True
    return any(cue in flat for cue in mention.known.needs_cue)


def _unknown(flat: str, taken: list[tuple[int, int]]) -> Iterator[Mention]:
    """Yield parties that no list knows, by the form in which news introduces them."""
    for pattern, type_ in (
        (_VESSEL, PartyType.VESSEL),
        (_COMPANY, PartyType.COMPANY),
        (_PERSON, PartyType.PERSON),
        (_CHARGED, PartyType.PERSON),
    ):
        for match in pattern.finditer(flat):
            start, end = _trimmed(flat, match.start(1), match.end(1))
            if end - start >= 3 and not any(s < end and start < e for s, e in taken):
                yield Mention(start, end, flat[start:end].rstrip("."), type_)


def _amounts(flat: str) -> Iterator[Mention]:
    """Yield sums of money, which news gives as figures more often than in words."""
    for match in _AMOUNT.finditer(flat):
        yield Mention(match.start(), match.end(), "money", None, goods="money", kind=Kind.FINANCE)


def _trimmed(flat: str, start: int, end: int) -> tuple[int, int]:
    """Drop words at the front that only open the sentence."""
    while (space := flat.find(" ", start, end)) > 0 and flat[start:space].rstrip(",") in _LATER_WORDS:
        start = space + 1
    return start, end


def _without_overlaps(found: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in found:
        if kept and mention.start < kept[-1].end:
            # A company or vessel named by form swallows the place inside its name; else the earlier stays.
            if kept[-1].end >= mention.end or kept[-1].is_party:
                continue
            kept.pop()
        kept.append(mention)
    return kept
