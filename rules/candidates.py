"""Clauses → everyone a story names who might be a violator: the known, and names that no list holds.

A name that no list holds is a run of capitalised words (``rules/spans.py``); its short forms are joined to its longest.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rules.acts import NEVER_PARTIES, answerable
from rules.clauses import Clause
from rules.rulebook import Rulebook
from rules.spans import BODIES, ENDINGS, FORMS, KEPT_BEFORE_ONE, NICKNAME, capital_runs, name_spans, words_of
from rules.vocabulary import Field, PartyType

# What makes a name that a town or a month bears too a person's: "Commander Malek", "surnamed Tsai", "his son Ahmed".
_PERSONAL = re.compile(
    r"\b(?:surnamed|[Cc]ommander|[Cc]aptain|[Cc]olonel|[Gg]eneral|[Ss]heikh|[Mm]ullah|Mrs?\.?|[Ff]ather|[Mm]other|"
    r"[Bb]rother|[Ss]ister|[Ss]on|[Dd]aughter|[Cc]ousin|[Nn]ephew|[Nn]iece|[Uu]ncle|[Ww]ife|[Hh]usband|[Ww]idow),? $"
)
# Words that a firm's name begins with in some languages.
_BEGINNINGS = words_of("Compagnie Société Societe Etablissements Établissements Ets Banque Banco Grupo Groupe Empresa")
_ARTICLE = re.compile(r"^(?:[Tt]he|M/?[VT]|F/?V|M/Y)\s+")
_MODEL = re.compile(r"\d+\w{0,3}")
# What a sentence may open with before "a" and is no name.
_OPENING = words_of(
    "elsewhere overnight nevertheless nonetheless afterwards besides thus hence soon next ashore offshore aboard "
    "inside outside abroad nearby indeed rather otherwise likewise moreover furthermore thereafter perhaps maybe "
    "always often sometimes today tonight tomorrow yesterday beforehand meantime upstairs downstairs"
)
# "Temrex, a trader in Belgrade, ...", "Waxum, of Liechtenstein, ...": what is said of a name shows that it is one.
_SAID_OF_IT = re.compile(
    r",? \([A-Z]|, (?:an? |of [A-Z]|whose |owned |based |registered |headed |run by |controlled by )"
)
# "Li Fangwei, also known as Karl Lee": two names of one.
_KNOWN_AS = re.compile(
    r",? ?\(?(?:(?:also|better|otherwise|formerly|previously|variously) )?(?:known|called|named) as [\"“']?|"
    r",? ?\(?(?:alias|aka|a\.k\.a\.|formerly) [\"“']?"
)
# Names of more words than this on either side are no names.
_MOST_PARTS = 12
_NEAR = 4
_LOWER = re.compile(r"(?<![\w'-])[a-z]{3,}(?![\w'])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate is named: the clause, the first and last token of the name, and its span in the field.

    ``by_leader`` is set where only whoever leads the party is named.
    """

    clause: int
    first: int
    last: int
    start: int
    end: int = 0
    by_leader: bool = False


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
    common = frozenset(word for _, clause in clauses for word in _LOWER.findall(clause.sentence.text))
    for number, (part, clause) in enumerate(clauses):
        swallowed: set[int] = set()
        if part is Field.TEXT or not _is_title_case(clause.sentence.text):
            for run in _runs(number, clause, common, rulebook):
                runs.append(run)
                swallowed.update(range(run.place.first, run.place.last + 1))
        for index in clause.parties:
            mention = clause.tokens[index].mention
            if mention is None or mention.type is None or mention.type in NEVER_PARTIES or index in swallowed:
                continue
            if mention.known is None:
                continue
            for name in dict.fromkeys((mention.canonical, answerable(mention, rulebook))):
                led = name != mention.canonical
                place = Place(number, index, index, mention.start, mention.end, by_leader=led)
                known = rulebook.parties.get(name)
                held = found.setdefault(name, Candidate(name, known.type if known else mention.type, is_known=True))
                held.places.append(place)
    longest = _longest_forms(runs)
    others = _other_names(clauses, runs, longest)
    for run in [*_in_title(clauses, longest), *runs]:
        name = longest.get(run.name, "")
        if name in others:
            name = others[name]
            if name in found and found[name].is_known:
                found[name].places.append(run.place)
                continue
        if name and not _is_nobody(name, rulebook) and (run.type is not None or not _is_plane(name, rulebook)):
            type_ = run.type or _type_of(name, clauses[run.place.clause][1], run.place, rulebook)
            # A ship may bear the name of a town or a part of another's, and a man who is called by his rank; nobody
            # else is named by it alone.
            is_own = type_ is PartyType.VESSEL or run.type is PartyType.PERSON or name in found
            if not is_own and (name in rulebook.towns or name in rulebook.beginnings):
                continue
            held = found.setdefault(name, Candidate(name, type_, is_known=False))
            if held.type is PartyType.ORGANISATION and not held.is_known:
                held.type = type_
            held.places.append(run.place)
    return [c for c in found.values() if c.places]


def _in_title(clauses: Sequence[tuple[Field, Clause]], longest: Mapping[str, str]) -> Iterator[_Run]:
    """Yield the names of the text where a title stands in capitals throughout, so that none can be told by them."""
    for number, (part, clause) in enumerate(clauses):
        if part is not Field.TITLE:
            return
        text = clause.sentence.text
        if not _is_title_case(text):
            continue
        taken = 0
        for name in sorted(longest, key=lambda n: (-len(n), n)):
            at = text.find(name)
            if at < taken or text[at - 1 : at].isalnum() or text[at + len(name) : at + len(name) + 1].isalnum():
                continue
            taken = at + len(name)
            offset = clause.sentence.start
            first, last = _tokens(clause, at + offset, taken + offset)
            held = () if first is None else clause.tokens[first : last + 1]
            if first is not None and not any(t.mention is not None and t.mention.known is not None for t in held):
                yield _Run(Place(number, first, last, at + offset, taken + offset), name, opens=False, type=None)


def _other_names(
    clauses: Sequence[tuple[Field, Clause]], runs: Sequence[_Run], longest: Mapping[str, str]
) -> Mapping[str, str]:
    """Return for each name by which somebody is "also known" the one that stands before it."""
    named: dict[tuple[int, int], str] = {}
    for number, (_, clause) in enumerate(clauses):
        for index in clause.parties:
            mention = clause.tokens[index].mention
            if mention is not None and mention.known is not None:
                named[number, mention.end] = mention.canonical
    named |= {(r.place.clause, r.place.end): longest[r.name] for r in runs if r.name in longest}
    ends: dict[int, list[int]] = {}
    for number, end in named:
        ends.setdefault(number, []).append(end)
    found: dict[str, str] = {}
    for run in runs:
        place, sentence = run.place, clauses[run.place.clause][1].sentence
        before = max((end for end in ends.get(place.clause, ()) if end <= place.start), default=None)
        if before is None or run.name not in longest:
            continue
        if _KNOWN_AS.fullmatch(sentence.text, before - sentence.start, place.start - sentence.start):
            first, other = named[place.clause, before], longest[run.name]
            if first != other and first not in found:
                found[other] = first
    return found


def name_ending(name: str) -> str:
    """Return the last word of the name where it tells what sort of thing bears it, else nothing."""
    last = name.split()[-1].rstrip(".")
    return last if last in ENDINGS or last in BODIES else ""


def _is_nobody(name: str, rulebook: Rulebook) -> bool:
    """True for regions, days and the like, places, and names that a list has already accounted for."""
    lowered = name.lower()
    if name in rulebook.places or name in rulebook.parties or lowered in rulebook.names["nobody"]:
        return True
    return _is_landmark(lowered.split(), rulebook)


def _is_landmark(words: Sequence[str], rulebook: Rulebook) -> bool:
    """True for "Lake Azuei" and "Flagler Street"; a number makes it the name of a ship: "Port Olya-3"."""
    if len(words) < 2 or any(c.isdigit() for c in words[-1]):
        return False
    return words[0] in rulebook.names["landmark_first"] or words[-1] in rulebook.names["landmark_last"]


def _is_plane(name: str, rulebook: Rulebook) -> bool:
    """True for "Lockheed TriStar", "Il-76" and "Super Puma": a type of aircraft, or one of its kind."""
    parts = re.split("[ -]", name.lower())
    makes = rulebook.names["plane"]
    if not any(len(part) > 2 and part in makes for part in parts) and not any(map(_MODEL.fullmatch, parts)):
        return False
    return parts[0] in makes and all(part in makes or _MODEL.fullmatch(part) for part in parts)


def _is_title_case(text: str) -> bool:
    words = [w for w in text.split() if w[0].isalpha()]
    return sum(1 for w in words if w[0].isupper()) > 0.6 * len(words)


def _runs(number: int, clause: Clause, common: frozenset[str], rulebook: Rulebook) -> Iterator[_Run]:
    """Yield the names in a clause that no list accounts for, without titles and openers before them."""
    text, offset = clause.sentence.text, clause.sentence.start
    known = {
        (t.mention.start - offset, t.mention.end - offset): t.mention
        for t in (clause.tokens[i] for i in clause.parties)
        if t.mention is not None and t.mention.known is not None
    }
    for words in capital_runs(text):
        for start, end in name_spans(text, words, known, common, rulebook):
            first, last = _tokens(clause, start + offset, end + offset)
            if first is None or _is_dateline(number, text, start, end):
                continue
            mention = next(
                (t.mention for t in clause.tokens[first : last + 1] if t.mention and t.mention.known is None), None
            )
            hint = mention.type if mention else None
            if mention is not None and hint is PartyType.AIRCRAFT:
                # A tail number may begin with a figure, which no name does.
                start, end = mention.start - offset, mention.end - offset
            name = NICKNAME.sub("", text[start:end])
            if len(name) < 3:
                continue
            if hint is None and _PERSONAL.search(text, max(0, start - 12), start):
                hint = PartyType.PERSON
            place = Place(number, first, last, start + offset, end + offset)
            yield _Run(place, name, _only_opens(text, start, end), hint)


def _only_opens(text: str, start: int, end: int) -> bool:
    """True for what stands at the beginning of a sentence, where all words have capitals, and nothing is said of it."""
    if text[:start].strip("\"'( "):
        return False
    word = text[start:end].lower()
    return word in _OPENING or word.endswith("ly") or _SAID_OF_IT.match(text, end) is None


def _is_dateline(number: int, text: str, start: int, end: int) -> bool:
    return number < 4 and start < 3 and text[start:end].isupper() and text[end : end + 3] in (" - ", ", ")


def _tokens(clause: Clause, start: int, end: int) -> tuple[int | None, int]:
    """Return the first and last token that a span of the field touches."""
    first: int | None = None
    last = 0
    for index, token in enumerate(clause.tokens):
        if token.start >= end:
            break
        if token.end > start:
            first = index if first is None else first
            last = index
    return first, last


def _longest_forms(runs: Sequence[_Run]) -> Mapping[str, str]:
    """Return for each name its longest form in the story. A word that only ever opens a sentence once is no name."""
    within = {r.name for r in runs if not r.opens}
    opening = Counter(r.name for r in runs if r.opens)
    sure = within | {n for n, times in opening.items() if times > 1 or any(c.isupper() for c in n[1:])}
    names = sorted({r.name for r in runs if r.name in sure or " " in r.name}, key=lambda n: (-len(n), n))
    longest: dict[str, str] = {}
    wholes: dict[str, str] = {}
    ships = {r.name for r in runs if r.type is PartyType.VESSEL}
    for name in names:
        bare = _ARTICLE.sub("", name) or name
        title, _, untitled = bare.lower().partition(" ")
        # "Mullah Najib" of a story that also tells his other name is no second man.
        whole = wholes.get(untitled) if title in KEPT_BEFORE_ONE and " " not in untitled else None
        whole = whole or wholes.get(bare.lower())
        # A ship is no short form of somebody's name: the Yunus, sent by Yunus Mirkazei.
        if whole is not None and name in ships and whole not in ships:
            whole = None
        longest[name] = _as_written(bare) if whole is None else longest[whole]
        for part in _parts_of(name.lower()):
            wholes.setdefault(part, name)
    return longest


def _parts_of(whole: str) -> Iterator[str]:
    """Yield the name and what it begins and ends with; of one with very many words only the outermost."""
    yield whole
    cuts = [m.start() for m in re.finditer("[ ,]", whole)]
    yield from (whole[:cut] for cut in cuts[:_MOST_PARTS])
    yield from (whole[cut + 1 :] for cut in cuts[-_MOST_PARTS:] if whole[cut] == " ")


def _as_written(name: str) -> str:
    """A person's name in capitals throughout is written as names are."""
    words = name.split()
    if len(words) > 1 and name.isupper() and all(len(w) > 1 and w.isalpha() for w in words) and len(words[-1]) > 3:
        return name if words[-1].title() in ENDINGS or words[-1] in FORMS else name.title()
    return name


def _type_of(name: str, clause: Clause, place: Place, rulebook: Rulebook) -> PartyType:
    around = {t.word for t in clause.tokens[max(0, place.first - _NEAR) : place.first]}
    after = {t.word for t in clause.tokens[place.last + 1 : place.last + 1 + _NEAR]}
    words = name.split()
    if words[-1].rstrip(".") in ENDINGS or (words[0] in _BEGINNINGS and len(words) > 1):
        return PartyType.COMPANY
    if (
        around & rulebook.names["ship"]
        or after & rulebook.names["ship"]
        or (name[-1].isdigit() and len(words) > 1 and words[0] != "Unit")
    ):
        return PartyType.VESSEL
    if words[-1] in BODIES or "Unit" in (words[0], words[-1]):
        return PartyType.ORGANISATION
    if (around | after) & rulebook.names["firm"] or any(w in ENDINGS for w in words[1:]):
        return PartyType.COMPANY
    is_personal = 2 <= len(words) <= 5 and not any(w in BODIES for w in words)
    return PartyType.PERSON if is_personal and not name.isupper() else PartyType.ORGANISATION
