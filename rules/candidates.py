"""Clauses → everyone a story names who might be a violator: the known, the known by form, and capitals that recur."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rules.acts import NEVER_PARTIES, answerable
from rules.clauses import Clause, Token
from rules.rulebook import Rulebook
from rules.vocabulary import Field, PartyType

_PARTICLES = frozenset(("bin", "al", "de", "van", "von", "el", "ibn"))
_ENDINGS = (
    "Ltd Limited LLC Inc Corp Corporation Co Company GmbH FZE FZCO DMCC SARL JSC OOO PLC Trading Shipping Holding "
    "Holdings Bank Airline Airlines Airways Aviation Exchange Industries Logistics Maritime Technology Technologies "
    "Enterprise Enterprises Group Services Construction Commodities Metals Impex International Machinery Mining "
    "Petroleum Energy Systems Electronics Financial Capital"
)
_FIRM_ENDING = re.compile(rf"\b(?:{'|'.join(_ENDINGS.split())})\.?$")
_ARTICLE = re.compile(r"^(?:the|MV|M/V|MT)\s+")
_NEAR = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate is named: the clause, the first and last token of the name, and its offset in the field."""

    clause: int
    first: int
    last: int
    start: int


@dataclass(slots=True)
class Candidate:
    """Someone the story names, under one name, wherever it names him."""

    name: str
    type: PartyType
    is_known: bool
    places: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Run:
    place: Place
    name: str
    opens: bool
    type: PartyType | None


def find_candidates(clauses: Sequence[tuple[Field, Clause]], rulebook: Rulebook) -> list[Candidate]:
    """Return the candidates in the order of the story; short forms of a name are joined to its longest form."""
    found: dict[str, Candidate] = {}
    runs: list[_Run] = []
    for number, (part, clause) in enumerate(clauses):
        for index in clause.parties:
            mention = clause.tokens[index].mention
            if mention is None or mention.type is None or mention.type in NEVER_PARTIES:
                continue
            place = Place(number, index, index, clause.tokens[index].start)
            if mention.known is None:
                runs.append(_Run(place, mention.canonical, opens=False, type=mention.type))
                continue
            name = answerable(mention, rulebook)
            known = rulebook.parties.get(name)
            held = found.setdefault(name, Candidate(name, known.type if known else mention.type, is_known=True))
            held.places.append(place)
        if part is Field.TEXT or not _is_title_case(clause.sentence.text):
            runs += _capitals(number, clause, rulebook)
    longest = _longest_forms(runs)
    for run in runs:
        name = longest.get(run.name, "")
        if name and not _is_nobody(name, rulebook):
            clause = clauses[run.place.clause][1]
            type_ = run.type or _type_of(name, clause, run.place, rulebook)
            found.setdefault(name, Candidate(name, type_, is_known=False)).places.append(run.place)
    return [c for c in found.values() if c.places]


def _is_nobody(name: str, rulebook: Rulebook) -> bool:
    """True for regions, days and the like, places, and names that a list has already accounted for."""
    if name in rulebook.places or name in rulebook.parties or name.lower() in rulebook.names["nobody"]:
        return True
    return any(party.startswith(f"{name} ") for party in rulebook.parties)


def _is_title_case(text: str) -> bool:
    words = [w for w in text.split() if w[0].isalpha()]
    return sum(1 for w in words if w[0].isupper()) > 0.6 * len(words)


def _raw(clause: Clause, first: Token, last: Token) -> str:
    start = clause.sentence.start
    return clause.sentence.text[first.start - start : last.end - start]


def _capitals(number: int, clause: Clause, rulebook: Rulebook) -> Iterator[_Run]:
    """Yield runs of capitalised words that no list and no form accounts for, without titles and openers before them."""
    tokens, skipped = clause.tokens, rulebook.names["title"] | rulebook.names["opener"]
    at = 0
    while at < len(tokens):
        if not _is_capital(clause, tokens[at]):
            at += 1
            continue
        last = _run_end(clause, at)
        first = at
        while first <= last and tokens[first].word.strip(".") in skipped:
            first += 1
        if first <= last:
            name = _raw(clause, tokens[first], tokens[last])
            if len(name) > 2:
                yield _Run(Place(number, first, last, tokens[first].start), name, opens=first == 0, type=None)
        at = last + 1


def _is_capital(clause: Clause, token: Token) -> bool:
    return token.mention is None and token.word[:1].isalpha() and _raw(clause, token, token)[:1].isupper()


def _run_end(clause: Clause, start: int) -> int:
    tokens, last = clause.tokens, start
    while last + 1 < len(tokens):
        following = tokens[last + 1]
        gap = _raw(clause, tokens[last], following)[tokens[last].end - tokens[last].start :]
        gap = gap[: len(gap) - (following.end - following.start)].strip()
        if following.mention is not None or gap not in ("", "-", "&"):
            break
        if _is_capital(clause, following) or (following.word.isdigit() and len(following.word) <= 3):
            last += 1
        elif following.word in _PARTICLES and last + 2 < len(tokens) and _is_capital(clause, tokens[last + 2]):
            last += 2
        else:
            break
    return last


def _longest_forms(runs: Sequence[_Run]) -> Mapping[str, str]:
    """Return for each name its longest form in the story. A single word that only ever opens a sentence is no name."""
    within = {r.name for r in runs if not r.opens}
    names = sorted({r.name for r in runs if r.name in within or " " in r.name}, key=lambda n: (-len(n), n))
    longest: dict[str, str] = {}
    for name in names:
        bare = _ARTICLE.sub("", name)
        whole = next((n for n in longest if n.endswith(f" {bare}") or n.startswith(f"{bare} ")), None)
        longest[name] = longest[whole] if whole else bare
    return longest


def _type_of(name: str, clause: Clause, place: Place, rulebook: Rulebook) -> PartyType:
    around = {t.word for t in clause.tokens[max(0, place.first - _NEAR) : place.first]}
    after = {t.word for t in clause.tokens[place.last + 1 : place.last + 1 + _NEAR]}
    if _FIRM_ENDING.search(name):
        return PartyType.COMPANY
    if around & rulebook.names["ship"] or (name[-1].isdigit() and " " in name):
        return PartyType.VESSEL
    if (around | after) & rulebook.names["firm"]:
        return PartyType.COMPANY
    words = name.split()
    is_personal = 2 <= len(words) <= 5 and all(w[:1].isupper() or w in _PARTICLES for w in words)
    return PartyType.PERSON if is_personal and not name.isupper() else PartyType.ORGANISATION
