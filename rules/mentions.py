"""Text → mentions of parties and goods, longest spelling first, by one automaton over the whole text."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from rules.rulebook import KnownParty, Pattern, Rulebook
from rules.sentences import plain
from rules.sieve import Sieve
from rules.vocabulary import Kind, PartyType

_SORT_OF_SHIP = (
    "(?:oil |fuel |product |chemical |gas |LPG |cargo |container |fishing |crude |general cargo |bulk |livestock |"
    "merchant |motor |ro-ro )?"
)
_SHIP = (
    "tanker|supertanker|freighter|vessel|ship|dhow|carrier|coaster|trawler|barge|boat|yacht|ferry|tugboat|tug|VLCC|"
    "bulker|schooner|speedboat"
)
_SHIP_WORD = r"(?:[A-Z][A-Za-z'-]*)"
_SHIP_NAME = rf"{_SHIP_WORD}(?: (?:{_SHIP_WORD}|\d{{1,4}})){{0,3}}"
# "MT Courageous", but neither "Mt Everest" nor the "mt" of metric tons.
_VESSEL = re.compile(
    rf"\b(?:{_SORT_OF_SHIP}(?<!aircraft )(?:{_SHIP})s?,?|M/?[VT]|F/?V|M/Y) "
    rf"(?:the |(?:named|called|known as) (?:the )?)?\"?({_SHIP_NAME})"
)
# "the Victoria, a Liberian-flagged vessel"
_CALLED_A_SHIP = re.compile(rf"\b(?:[Tt]he )({_SHIP_NAME}), an? (?:[\w'-]+,? ){{0,5}}?{_SORT_OF_SHIP}(?:{_SHIP})\b")
_IMO = re.compile(r"\bIMO(?: number| no\.?| No\.?)?:?\s?#?(\d{7})\b")
_NAME_BEFORE_IMO = re.compile(rf"({_SHIP_NAME}),?\"?\s?\(?$")
_LONGEST_NAME = 60
# A warship belongs to its navy: it is no merchantman of unknown owner.
_WARSHIP = re.compile(r"(?:USS|USNS|USCGC|HMS|HMAS|HMCS|HMNZS|INS|FS|ROKS|TCG|ITS|PNS|JS)\b")
_LEGAL_FORM = "Ltd|Limited|LLC|L\\.L\\.C|Inc|Corp|Corporation|Co|Company|GmbH|FZE|FZCO|DMCC|SARL|JSC|OOO|PLC"
_LINE = (
    "Trading|Shipping|Holdings?|Bank|Airlines?|Airways|Aviation|Exchange|Industries|Logistics|Maritime|Technolog(?:y|ies)|"
    "Enterprises?|Shipyard|Cargo|Petroleum|Fisheries|Foundation|Charity|Bureau de Change"
)
_WORD = r"[A-Z][\w&'.-]{0,40}"
_COMPANY = re.compile(rf"\b((?:{_WORD} ){{0,5}}{_WORD},? (?:{_LEGAL_FORM}|{_LINE})\b\.?)")
_FORM = re.compile(rf" (?:{_LEGAL_FORM})\.?$")
_AIRLINE = re.compile(r"(?:[A-Z]\w+ ){1,3}(?:Airlines?|Airways)")
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
_PLANE = (
    r"aircraft|airplane|aeroplane|plane|jet|airliner|freighter|helicopter|cargo flight|Ilyushin|Antonov|Boeing|Airbus|"
    r"Tupolev|Gulfstream|Bombardier|Il-\d\d\w*|IL-\d\d\w*|An-\d\d\w*|AN-\d\d\w*|registration|registered|reg\.?|"
    r"tail number|tail"
)
# 4L-AWA, ER-AXV, UP-I7652, RA-78765, P-885, N123AB; a type such as Il-76 or KN-23 has other digits.
_TAIL = (
    r"(?:[A-Z]\d|\d[A-Z]|[A-Z]{1,2})-(?:[A-Z]{3,4}|[A-Z]{1,2}\d{3,4}|\d{5})|P-\d{3}|N\d{3,5}[A-Z]{0,2}|"
    r"YV\d{4}|YV-?\d{3,4}[A-Z]?"
)
_AIRCRAFT = re.compile(
    rf"\b(?:{_PLANE})s?\b[^.;\n]{{0,40}}?(?<![\w-])({_TAIL})(?![\w-])|"
    rf"(?<![\w-])({_TAIL})(?= (?:cargo |transport |passenger |Boeing |business )?(?:aircraft|plane|jet|freighter)\b)"
)
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

# Words that many names end in, and that some papers write small: "the Wagner group", "the Lebanese army".
_SMALL_WORDS = (
    "group party network movement council office department ministry agency service forces army armed navy air force",
    "militia rebels regime government coalition gang panel committee command guard guards corps front brigade brigades",
    "authority newspaper of and the for in on national experts team mission alliance company officials police military",
    "foreign defence defense intelligence",
)
_SMALL = frozenset(" ".join(_SMALL_WORDS).split())
_ARTICLES = frozenset(("The", "Al", "El"))
_PREFIX = re.compile(r"^(?:[Aa]l|[Ee]l|[Aa]nti|[Ee]x|[Pp]ro)-")
# What turns the name of a land into that of a water, a paper or a beast.
_LAND_AFTER = re.compile(
    r" (?:Sea|Seas|Ocean|Channel|Straits?|Canal|Rivers?|Delta|Valley|Basin|Times|Herald|Tribune|Observer|Gazette|"
    r"Papers|pigs?|fowl)\b"
)
_LAND_BEFORE = re.compile(
    r"(?:\b(?:[Gg]ulf|[Ss]ea|[Ss]traits?|[Bb]ay|[Rr]iver|[Ll]ake|[Cc]ape|University) of (?:the )?|"
    r"\b(?:Lake|River|Mount) )$"
)
_NEW = re.compile(r"\bNew $")
_NEW_LANDS = frozenset(("Mexico", "England", "Guinea", "Britain", "Georgia", "London", "Holland"))
_AMERICAN_STATE = re.compile(
    r", (?:Ala(?:bama|\.)|Arizona|Ariz\.|Ark(?:ansas|\.)|California|Calif\.|Colorado|Colo\.|Conn(?:ecticut|\.)|"
    r"Delaware|Florida|Fla\.|Ga\.|Idaho|Ill(?:inois|\.)|Indiana|Ind\.|Iowa|Kan(?:sas|\.)|Kentucky|Ky\.|Louisiana|Maine|"
    r"Maryland|Md\.|Massachusetts|Mass\.|Mich(?:igan|\.)|Minn(?:esota|\.)|Mississippi|Miss\.|Missouri|Mo\.|Montana|"
    r"Neb(?:raska|\.)|Nevada|New Hampshire|N\.H\.|New Jersey|N\.J\.|New Mexico|N\.M\.|N\.Y\.|North Carolina|N\.C\.|"
    r"North Dakota|Ohio|Okla(?:homa|\.)|Ore(?:gon|\.)|Pennsylvania|Pa\.|South Carolina|S\.C\.|South Dakota|"
    r"Tenn(?:essee|\.)|Texas|Utah|Vermont|Vt\.|Virginia|Va\.|Wash\.|West Virginia|W\.Va\.|Wis(?:consin|\.)|Wyoming|"
    r"Wyo\.)(?!\w)"
)
# Lands and capitals that people too are called after, before or behind another name: "Jordan Hill", "Tom Holland".
_NAMESAKES = (
    "Chad Jordan Georgia Israel Paris Sofia Santiago Kenya Cuba America Washington London Vienna Ireland Holland",
    "England Berlin Lima Wellington Elysee Élysée",
)
_ALSO_PERSONS = frozenset(" ".join(_NAMESAKES).split())
_LAND_WORDS = (
    "President Prime Minister King Queen Foreign Defence Defense Government Army Navy Air Police Parliament Republic",
    "Embassy Ambassador North South East West Northern Southern Eastern Western Central Northeast Northwest Southeast",
    "Southwest Upper Lower Greater Former Via Says Said Denies Sends Sent After Before Between Against Over Under Into",
    "Near Across Through Inside Outside Around Since Until When While If Because Although Though Like Unlike Both Why",
    "How What Where Who Is Was Has Will Would Could Can Did Does Most Many Some All No Not Today Now Then Here There",
    "Even Only Also Neighbouring Neighboring And Gaza Tehran Moscow Beijing Pyongyang Kyiv Saudi Western-backed",
)
_BESIDE_LANDS = frozenset(" ".join(_LAND_WORDS).split()) | _LATER_WORDS
# "the North Atlantic", "the Guards Division": what is short for a party by itself is here part of another name.
_GOES_ON_AS_NAME = re.compile(r"[ -][A-Z]")
_WORD_AFTER = re.compile(r" ([A-Z][\w'-]*)")
_WORD_BEFORE = re.compile(r"([A-Z][\w-]*) $")
# A given name has small letters; what opens a sentence, words of a headline and acronyms tell nothing.
_SURNAME = re.compile(r" ((?:al-|el-)?[A-Z][a-z]{2,})(?![\w-])")
_GIVEN_NAME = re.compile(r"[a-z,] ([A-Z][a-z]{2,}) (?:al-|el-)?$")
# "Russian military hardware": the goods are military, not the seller.
_MILITARY_GOODS = re.compile(
    r"[ -](?:aid|assistance|equipment|hardware|support|training|supply|supplies|vehicles?|aircraft|planes?|jets?|"
    r"helicopters?|trucks?|instructors?|advis[eo]rs?|trainers?|cooperation|technology|goods|gear|drones?|items?|material|"
    r"materiel|engines?|radios?|uniforms?|cargo(?:es)?|shipments?|help|engineers?|experts?)\b"
)


# Which of the forms above a text may hold; most hold none of most.
_FORMS = {
    "vessel": _VESSEL, "ship": _CALLED_A_SHIP, "company": _COMPANY, "person": _PERSON, "charged": _CHARGED, "imo": _IMO,
    "aircraft": _AIRCRAFT, "amount": _AMOUNT,
}  # fmt: skip
_SIEVE = Sieve(_FORMS)


class Mention(NamedTuple):
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


def find_mentions(text: str, rulebook: Rulebook, around: str = "", offset: int = 0) -> list[Mention]:
    """Return every mention in the order of the text; none overlaps another.

    A name that other things share counts only where one of its cues stands in the same text or in ``around``, the rest
    of the story. ``offset`` is where the text begins in what the mentions' offsets count.
    """
    flat = plain(text)
    known = list(_known(flat, lower(flat), f"{flat}\n{plain(around)}" if around else flat, rulebook))
    forms = _SIEVE.possible(flat)
    found = [*known, *_unknown(flat, [m for m in known if m.is_party], forms)]
    if "amount" in forms:
        found += _amounts(flat)
    kept = _without_overlaps(sorted(found, key=lambda m: (m.start, -m.end)))
    return [m._replace(start=m.start + offset, end=m.end + offset) for m in kept] if offset else kept


def lower(text: str) -> str:
    """Lower-case character by character, so that no offset moves (U+0130 alone would become two characters)."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c if len(c.lower()) != 1 else c.lower() for c in text)


class Cues:
    """Tells whether a story holds one of several cues, each looked for once; cues are the beginnings of words."""

    def __init__(self, story: str) -> None:
        self._story, self._found = story, dict[tuple[str, ...], bool]()

    def has(self, cues: tuple[str, ...]) -> bool:
        """True where one of the cues stands in the story: "Sudan" finds "Sudanese"."""
        if cues not in self._found:
            self._found[cues] = bool(_any_of(cues).search(self._story))
        return self._found[cues]


def is_short_for_party(pattern: Pattern, flat: str, start: int, end: int, cues: Cues) -> bool:
    """True where a spelling that needs cues stands for its party: "the North" in a story that speaks of Pyongyang."""
    if not _is_written_as_name(pattern, flat[start:end]) or _GOES_ON_AS_NAME.match(flat, end):
        return False
    return cues.has(pattern.cues)


def _known(flat: str, lowered: str, story: str, rulebook: Rulebook) -> Iterator[Mention]:
    patterns = rulebook.patterns
    cues = Cues(story)

    def accept(index: int, start: int, end: int) -> bool:
        pattern = patterns[index]
        if end < len(flat) and unicodedata.combining(flat[end]):
            return False
        if not _is_written_as_name(pattern, flat[start:end]):
            return False
        if pattern.party is None:
            return True
        if pattern.cues and not is_short_for_party(pattern, flat, start, end, cues):
            return False
        if pattern.party.needs_cue and not cues.has(pattern.party.needs_cue):
            return False
        if pattern.party.type is PartyType.PERSON:
            return " " in pattern.spelling or not _is_namesake(flat, start, end, pattern.party.name, rulebook)
        return pattern.party.type is not PartyType.STATE or _is_land(flat, start, end, rulebook)

    for index, start, end in rulebook.matcher.find(lowered, accept):
        pattern = patterns[index]
        if pattern.party is None:
            yield Mention(start, end, pattern.goods, None, goods=pattern.goods, kind=pattern.kind)
        else:
            yield Mention(start, end, pattern.party.name, pattern.party.type, pattern.is_adjective, known=pattern.party)


@lru_cache(maxsize=1_024)
def _any_of(cues: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(cue) for cue in cues) + ")")


def _is_written_as_name(pattern: Pattern, written: str) -> bool:
    """Names keep their capitals; an acronym must be written as one, so that "us" is never the United States.

    "Nato" passes for NATO, "the Wagner group" for the Wagner Group, but "the sentry" never for The Sentry. Goods are
    written as they come, but for short acronyms.
    """
    spelling = pattern.spelling
    if written == spelling:
        return True
    letters = [c for c in spelling if c.isalpha()]
    if pattern.party is None:
        acronym = spelling.removesuffix("s")
        return not (acronym.isupper() and len(letters) <= 4) or written.startswith(acronym)
    if not any(c.isupper() for c in spelling):
        return True
    if len(letters) <= 6 and all(c.isupper() for c in letters):
        is_word = len(letters) >= 4 and spelling.isalpha() and not pattern.party.needs_cue
        return written == spelling or (is_word and written == spelling.capitalize())
    if written.isupper():
        return True
    opens = True
    for said, seen in zip(spelling.split(" "), written.split(" "), strict=False):
        if said in _ARTICLES or not any(c.isupper() for c in _PREFIX.sub("", said)):
            continue
        if not any(c.isupper() for c in seen) and (opens or said.lower() not in _SMALL):
            return False
        opens = False
    return True


def _is_land(flat: str, start: int, end: int, rulebook: Rulebook) -> bool:
    """False where the name of a state is part of a water's, a paper's, a person's or an American town's."""
    written = flat[start:end]
    if written.endswith("military"):
        return _MILITARY_GOODS.match(flat, end) is None
    if _LAND_AFTER.match(flat, end) or _LAND_BEFORE.search(flat, max(0, start - 24), start):
        return False
    if _AMERICAN_STATE.match(flat, end):
        return False
    if written in _NEW_LANDS and _NEW.search(flat, max(0, start - 5), start):
        return False
    return written not in _ALSO_PERSONS or not _is_of_person(flat, start, end, rulebook)


def _is_namesake(flat: str, start: int, end: int, name: str, rulebook: Rulebook) -> bool:
    """True where another given name stands before a known surname: "Saadi Gaddafi" is not Muammar Gaddafi."""
    match = _GIVEN_NAME.search(flat, max(0, start - 24), start)
    if match is None and _is_given_name(flat, start, end, name, rulebook):
        return True
    if match is None or match[1] in _BESIDE_LANDS or match[1].lower() in rulebook.titles_and_openers:
        return False
    if match[1] in rulebook.places or match[1] in rulebook.parties:
        return False
    return not any(are_alike(match[1], own) for own in name.split())


def _is_given_name(flat: str, start: int, end: int, name: str, rulebook: Rulebook) -> bool:
    """True where a known surname is another's given name: "Burhan Hassan" is not Abdel Fattah al-Burhan."""
    after = _SURNAME.match(flat, end)
    if after is None or _is_headline(flat, start, end) or after[1] in name.split():
        return False
    word = after[1]
    return not (
        word in _BESIDE_LANDS
        or word.lower() in _SMALL
        or word.lower() in rulebook.titles_and_openers
        or word in rulebook.parties
        or word in rulebook.places
    )


@lru_cache(maxsize=4_096)
def are_alike(one: str, other: str) -> bool:
    """True for two spellings of one given name: "Moammar", "Muammar"."""
    return SequenceMatcher(None, one.lower(), other.lower()).ratio() > 0.6


def _is_of_person(flat: str, start: int, end: int, rulebook: Rulebook) -> bool:
    """True for "Chad Smith said" and "Michael Jordan", outside headlines that write every word with a capital."""
    if _is_headline(flat, start, end):
        return False
    beside = (_WORD_BEFORE.search(flat, max(0, start - 24), start), _WORD_AFTER.match(flat, end))
    words = [match[1] for match in beside if match]
    return any(not (w in _BESIDE_LANDS or w.isupper() or w in rulebook.parties) for w in words)


def _is_headline(flat: str, start: int, end: int) -> bool:
    """True where most words around a place have capitals."""
    around = flat[max(0, start - 80) : end + 80].split()
    return sum(1 for w in around if w[:1].isupper()) > 0.6 * len(around)


def _unknown(flat: str, known: list[Mention], forms: Collection[str]) -> Iterator[Mention]:
    """Yield parties that no list knows, by the form in which news introduces them."""
    taken = [False] * (len(flat) + 1)
    opening: dict[int, Mention] = {}
    for mention in known:
        taken[mention.start : mention.end] = [True] * (mention.end - mention.start)
        opening[mention.start] = mention
    for form, type_ in (
        ("vessel", PartyType.VESSEL),
        ("ship", PartyType.VESSEL),
        ("company", PartyType.COMPANY),
        ("person", PartyType.PERSON),
        ("charged", PartyType.PERSON),
    ):
        for match in _FORMS[form].finditer(flat) if form in forms else ():
            start, end = _trimmed(flat, match.start(1), match.end(1))
            if type_ is PartyType.COMPANY:
                start = _without_owner(flat, start, end, opening)
            if type_ is PartyType.VESSEL and _WARSHIP.match(flat, start):
                continue
            if type_ is PartyType.VESSEL:
                is_own = _opens_with_own_word(flat, start, end, taken)
            else:
                is_own = type_ is PartyType.COMPANY and _is_own_name(flat, start, end, taken)
            if end - start >= 3 and (is_own or not any(taken[start:end])):
                yield Mention(start, end, flat[start:end].rstrip("."), type_)
    if "imo" in forms:
        yield from _ships_by_number(flat, taken)
    if "aircraft" in forms:
        yield from _aircraft(flat, taken)


def _is_own_name(flat: str, start: int, end: int, taken: list[bool]) -> bool:
    """True where a firm's name may hold a land's: "Yemen Petroleum Company", but not "Iran Company"."""
    form = _FORM.search(flat, start, end)
    if form is None:
        return _AIRLINE.fullmatch(flat, start, end) is not None
    return any(not held and flat[i] != " " for i, held in enumerate(taken[start : form.start()], start))


def _opens_with_own_word(flat: str, start: int, end: int, taken: list[bool]) -> bool:
    """True where a ship's name holds a land's behind a word of its own: "ANL Australia"."""
    space = flat.find(" ", start, end)
    return space > 0 and not any(taken[start:space])


def _without_owner(flat: str, start: int, end: int, opening: dict[int, Mention]) -> int:
    """Drop whose firm it is from before its name: "Chinese", "Iran's"."""
    owner = opening.get(start)
    if owner is None or not (owner.is_adjective or flat.startswith("'s ", owner.end)):
        return start
    after = flat.find(" ", owner.end, end) + 1
    return after if after and flat.find(" ", after, end) > 0 else start


def _ships_by_number(flat: str, taken: list[bool]) -> Iterator[Mention]:
    """Yield ships told by an IMO number."""
    for match in _IMO.finditer(flat):
        if not is_imo_number(match[1]):
            continue
        named = _NAME_BEFORE_IMO.search(flat, max(0, match.start() - _LONGEST_NAME), match.start())
        start, end = _trimmed(flat, *named.span(1)) if named else (0, 0)
        if end - start < 3 or flat[start:end] in _LATER_WORDS:
            yield Mention(match.start(), match.end(), f"IMO {match[1]}", PartyType.VESSEL)
        elif not any(taken[start:end]) and not _WARSHIP.match(flat, start):
            yield Mention(start, end, flat[start:end], PartyType.VESSEL)


def _aircraft(flat: str, taken: list[bool]) -> Iterator[Mention]:
    """Yield aircraft told by a tail number."""
    for match in _AIRCRAFT.finditer(flat):
        start, end = match.span(match.lastindex or 1)
        if not any(taken[start:end]):
            yield Mention(start, end, flat[start:end], PartyType.AIRCRAFT)


def is_imo_number(digits: str) -> bool:
    """True where the last of seven digits is the check digit of the first six."""
    weighted = sum(int(d) * w for d, w in zip(digits[:6], range(7, 1, -1), strict=True))
    return weighted % 10 == int(digits[6])


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
