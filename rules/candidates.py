"""Clauses → everyone a story names who might be a violator: the known, and names that no list holds.

A name that no list holds is a run of capitalised words, with the particles, figures and legal form that belong to it.
A run may hold a known name ("Pan Systems Pyongyang"); then the whole is the name where its form says so.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rules.acts import NEVER_PARTIES, answerable
from rules.clauses import Clause
from rules.mentions import Mention, are_alike
from rules.rulebook import Rulebook
from rules.vocabulary import Field, PartyType


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, as a set."""
    return frozenset(text.split())


_UPPER = "A-ZÀ-ÖØ-Þ"
# "al-Jamal", "Sa'id", "Jean-Baptiste", "Olya-3", "L.L.C.", "O.", "St."
_WORD = re.compile(
    rf"(?<![\w@#])(?:(?:[{_UPPER}]\.)+|(?:St|Jr|Sr|Eng|Intl|Bros|Mfg|Ind)\.|\d{{1,3}}(?:st|nd|rd|th)(?= [{_UPPER}])|"
    rf"(?:[a-z]{{1,3}}['-])?[{_UPPER}]\w*(?:['/-]\w+)*|(?<![-'])[a-z][{_UPPER}]\w+)"
)
_PARTICLES = "bin|ibn|ben|bint|al|el|ul|ag|de|du|da|des|do|dos|del|di|la|le|van|von|der|den|abu|ould"
_GAP = re.compile(rf" (?:(?:{_PARTICLES}) ){{0,2}}| ?& ?| \d{{1,3}} ")
_LONGEST_GAP = 16
# Sam "Mosquito" Bockarie: what his people call him stands between the parts of his name.
_NICKNAME = re.compile(r" [\"“‘'](?:[\w-]+)[\"”’']")
_QUOTE_OPENS, _QUOTE_CLOSES = (' "', " “", " ‘", " '"), ('" ', "” ", "’ ", "' ")
# What makes a name that a town or a month bears too a person's: "Commander Malek", "surnamed Tsai", "his son Ahmed".
_PERSONAL = re.compile(
    r"\b(?:surnamed|[Cc]ommander|[Cc]aptain|[Cc]olonel|[Gg]eneral|[Ss]heikh|[Mm]ullah|Mrs?\.?|[Ff]ather|[Mm]other|"
    r"[Bb]rother|[Ss]ister|[Ss]on|[Dd]aughter|[Cc]ousin|[Nn]ephew|[Nn]iece|[Uu]ncle|[Ww]ife|[Hh]usband|[Ww]idow),? $"
)
_SHIP_BEFORE = re.compile(
    r"\b(?:ship|vessel|tanker|freighter|carrier|coaster|dhow|MV|M/V|MT) (?:(?:the|named|called) ){0,2}[\"“]?$"
)
_JOINED = re.compile(r" (?:of|of the|for|for the|and|in) ")
_FIGURE = re.compile(
    r" (?:No\. )?(?:\d{1,4}|(?<=Unit )\d{5})(?![\w%]|[.,]\d| ?(?:million|billion|percent|per|tons?|tonnes|years?)\b)"
)
_FORMS = words_of(
    "Ltd Limited LLC L.L.C. Inc Corp Corporation Co Company GmbH FZE FZCO DMCC SARL SAL JSC OOO PLC Pte S.A. SA"
)
_JUNIOR = words_of("Jr Jr. Sr Sr. II III")
_IN_BRACKETS = words_of("Private Pvt S HK Pte Pty")
# "Tehran-based", "Tutsi-led": no part of the name that follows.
_COMPOUND = re.compile(
    r"-(?:based|led|backed|born|flagged|owned|registered|made|run|controlled|linked|built|held|era|style)$"
)
_ENDINGS = words_of(
    "Ltd Limited LLC Inc Corp Corporation Co Company GmbH FZE FZCO DMCC SARL JSC OOO PLC Trading Shipping Holding "
    "Holdings Bank Airline Airlines Airways Air Aviation Exchange Industries Logistics Maritime Technology "
    "Technologies  Enterprise Enterprises Group Services Construction Commodities Metals Impex International "
    "Machinery Mining  Petroleum Petrol Energy Systems Electronics Financial Capital Line Lines Pte S.A. SA Banka "
    "Investments Projects  Studio Seafood Garment Foods Motors Diamonds Refinery Products Global Cement Express "
    "Wings Materials Transport  Engineering Steel Oil Gas Chemicals Security Supply Import Export Solutions Partners "
    "Consulting Consultants Ventures Tankers Bullion Minerals Cargo Freight Forwarding Pharmaceuticals Telecom Software"
)
# Words that a firm's name begins with in some languages.
_BEGINNINGS = words_of("Compagnie Société Societe Etablissements Établissements Ets Banque Banco Grupo Groupe Empresa")
# Words that end the name of a body of state, a party, a school: seldom who did it.
_BODIES = words_of(
    "Ministry Department Office Court Committee Council Agency Bureau Commission Police Guard Parliament Assembly "
    "University Institute Center Centre Program Programme Administration Treasury Customs Service Command Embassy "
    "Prosecutor Affairs Defense Defence Union Fund Watch Times Post News Agreement Act Law Resolution Treaty "
    "Party  Coast Port Airport District County Province Street Sea Island Islands River Bay Gulf Strait Canal "
    "Prison Forces Army Navy Squadron Ministries Hospital Church School Association Research Brigade Corps Battalion "
    "Regiment Fleet Division"
)
_OF_BODIES = words_of(
    "Organization Organisation Center Centre Bank Institute Association Church Front Movement  Army Ministry "
    "Bureau Forces Council Agency Foundation Union Republic Brigade Office Academy"
)
_LINKED_BY_AND = words_of(
    "Economic Trade Trading Science Scientific Technology Studies Space Education Research Import Export Mining "
    "Development Industry Industrial Shipping Construction Assembly Communication Manufacture Supply Asia Metals "
    "Commodities Equality Security Chemical Machinery Engineering Finance General Justice Cultural Export Oil Gas "
    "Technical"
)
# What else stands before a name as a title belongs to the name of a body: "State Oil Marketing Organisation".
_IN_BODIES = words_of(
    "state national defence defense special general foreign security information interior finance republican "
    "democratic supreme"
)
# Whoever bears one name only bears it with his title: "Mullah Najib".
_KEPT_BEFORE_ONE = words_of("mullah sheikh sheik mawlawi maulvi haji hajji")
_COUNTING = words_of("all one two three four five six seven eight nine ten first second")
# Months by their short names are given names too, where a name follows: "Jan Sowinski".
_GIVEN_OR_MONTH = words_of("jan april may june august")
_ARTICLE = re.compile(r"^(?:[Tt]he|M/?[VT]|F/?V|M/Y)\s+")
# What some papers write small behind the name of a force: "the Ras Kamboni brigade".
_FORCE = re.compile(r" (?:brigades?|battalions?|regiment|militia)\b(?!')")
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
    for run in [*_in_title(clauses, longest), *runs]:
        name = longest.get(run.name, "")
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


def name_ending(name: str) -> str:
    """Return the last word of the name where it tells what sort of thing bears it, else nothing."""
    last = name.split()[-1].rstrip(".")
    return last if last in _ENDINGS or last in _BODIES else ""


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
    for words in _joined(text):
        for start, end in _names(text, words, known, common, rulebook):
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
            name = _NICKNAME.sub("", text[start:end])
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


def _joined(text: str) -> Iterator[list[tuple[int, int]]]:
    """Yield runs of capitalised words as lists of spans."""
    run: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        if text[max(start, end - 2) : end] == "'s":
            end -= 2
        if run and not _go_together(text, run, start, end):
            yield run
            run = []
        run.append((start, end))
    if run:
        yield run


def _go_together(text: str, run: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    last_start, last_end = run[-1]
    gap = text[last_end:start]
    before, after = text[last_start:last_end], text[start:end]
    if "-" in before and _COMPOUND.search(before):
        return False
    if gap == " ":
        return True
    if gap in _QUOTE_OPENS:
        told = _NICKNAME.match(text, last_end)
        return before.isalpha() and told is not None and text[told.end() : told.end() + 2].lstrip(" ").isupper()
    if gap in _QUOTE_CLOSES:
        return len(run) > 1 and _NICKNAME.match(text, run[-2][1]) is not None
    if len(gap) > _LONGEST_GAP:
        return False
    if _GAP.fullmatch(gap):
        return True
    if gap in (", ", "., "):
        return after in _FORMS or after in _JUNIOR
    if gap == ". ":
        return before in _FORMS and after in _FORMS
    if gap == " (":
        return after in _IN_BRACKETS and text[end : end + 1] == ")"
    if gap == ") ":
        return before in _IN_BRACKETS and after in _FORMS
    if not _JOINED.fullmatch(gap):
        return False
    if gap == " and ":
        return before in _LINKED_BY_AND and after in _LINKED_BY_AND
    return any(text[s:e] in _OF_BODIES for s, e in run) and (gap != " in " or before in _LINKED_BY_AND)


def _names(
    text: str,
    words: Sequence[tuple[int, int]],
    known: Mapping[tuple[int, int], Mention],
    common: frozenset[str],
    rulebook: Rulebook,
) -> Iterator[tuple[int, int]]:
    """Yield the spans of the names in a run: the whole, or what known names leave of it."""
    skipped = rulebook.titles_and_openers
    words = list(words)
    is_body = text[words[-1][0] : words[-1][1]] in _ENDINGS | _BODIES | _OF_BODIES
    while words and _is_skipped(text, words[0], skipped, common):
        opener = text[words[0][0] : words[0][1]].lower()
        if is_body and len(words) > 1 and opener in _IN_BODIES:
            break
        if opener in _GIVEN_OR_MONTH and _is_given_name(text, words):
            break
        if len(words) == 2 and opener in _KEPT_BEFORE_ONE and not _overlaps(known, words[1]):
            break
        # "The Lady Rosalba" is a ship, "Lady Ashton" is none.
        if opener == "lady" and len(words) > 1 and text[: words[0][0]].lower().endswith("the "):
            break
        words.pop(0)
    inside = [(s, e, m) for (s, e), m in known.items() if words and s < words[-1][1] and words[0][0] < e]
    while inside and words and inside[0][2].is_adjective and words[0][0] >= inside[0][0]:
        # "North Korean", "Houthi": what follows is the name, if it is one by itself.
        rest = [w for w in words if w[0] >= inside[0][1]]
        if not rest or all(text[s:e] in _ENDINGS or text[s:e] in _FORMS for s, e in rest):
            break
        words, inside = rest, inside[1:]
        while words and _is_skipped(text, words[0], skipped, frozenset()):
            words.pop(0)
    if not words:
        return
    if not inside:
        yield _whole(text, words)
        return
    held = {w for w in words for s, e, _ in inside if s < w[1] and w[0] < e}
    rest = [w for w in words if w not in held]
    is_ship = len(words) > 1 and _SHIP_BEFORE.search(text, max(0, words[0][0] - 24), words[0][0])
    if rest and (is_ship or _is_one_name(text, words, rest, [m for _, _, m in inside])):
        yield _whole(text, words)
        return
    if len(inside) == 1 and words[-1] in held and _is_his_given_name(text, words[-1], rest, inside[0][2]):
        return
    part: list[tuple[int, int]] = []
    for word in words:
        if word not in held:
            part.append(word)
            continue
        if part:
            yield _whole(text, part)
        part = []
    while part and _is_skipped(text, part[0], skipped, frozenset()):
        part.pop(0)
    if part:
        yield _whole(text, part)


def _is_given_name(text: str, words: Sequence[tuple[int, int]]) -> bool:
    """True where a word that is a month's too stands before one other word within a sentence: "Jan Sowinski"."""
    if len(words) not in (2, 3) or not _is_within(text, words[0][0]):
        return False
    return all(text[start:end].isalpha() and not text[start:end].isupper() for start, end in words)


def _overlaps(known: Mapping[tuple[int, int], Mention], word: tuple[int, int]) -> bool:
    return any(start < word[1] and word[0] < end for start, end in known)


def _is_one_name(
    text: str, words: Sequence[tuple[int, int]], rest: Sequence[tuple[int, int]], inside: Sequence[Mention]
) -> bool:
    """True where a run that holds a known name is the name of something else: by its ending, or by what it ends in."""
    if any(m.is_adjective for m in inside[1:]) or any(m.type in NEVER_PARTIES for m in inside):
        return False
    last = text[words[-1][0] : words[-1][1]]
    if last in _BODIES:
        return False
    if text[words[0][0] : words[0][1]] in ("Abu", "Umm") and words[0] in rest:
        return True
    if last in _ENDINGS and words[-1] in rest:
        return True
    if words[-1] not in rest and len(inside) == 1:
        # "Pan Systems Pyongyang", and "Volasys Silverstar", another firm than that which a list knows by one word.
        firms = (PartyType.STATE, PartyType.GROUP, PartyType.COMPANY)
        return inside[0].type in firms and not inside[0].is_adjective
    return inside[0].type in (PartyType.COMPANY, PartyType.ORGANISATION) and any(text[s:e] in _ENDINGS for s, e in rest)


def _is_his_given_name(text: str, last: tuple[int, int], rest: Sequence[tuple[int, int]], known: Mention) -> bool:
    """True where the one word before a surname by which somebody is known is his given name, spelled another way.

    Another's given name makes the surname another's (``rules/mentions.py``).
    """
    if len(rest) != 1 or known.type is not PartyType.PERSON or text[rest[0][1] : last[0]] != " ":
        return False
    return any(are_alike(text[slice(*rest[0])], own) for own in known.canonical.split())


def _is_skipped(text: str, word: tuple[int, int], skipped: frozenset[str], common: frozenset[str]) -> bool:
    start, end = word
    lowered = text[start:end].lower()
    bare = lowered.strip(".")
    if bare in skipped:
        # Within a sentence "All Star Trading" and "Three Rivers" are names as they stand.
        return bare not in _COUNTING or not _is_within(text, start)
    if "-" in bare and (all(part in skipped for part in bare.split("-")) or _COMPOUND.search(lowered)):
        return True
    return not text[:start].strip("\"'( ") and lowered in common


def _is_within(text: str, start: int) -> bool:
    """True where a word in lower case stands just before."""
    return text[max(0, start - 2) : start - 1].islower() and text[start - 1 : start] == " "


def _whole(text: str, words: Sequence[tuple[int, int]]) -> tuple[int, int]:
    start, end = words[0][0], words[-1][1]
    if (match := _FIGURE.match(text, end)) or (len(words) > 1 and (match := _FORCE.match(text, end))):
        end = match.end()
    elif text[end : end + 1] == "." and text[words[-1][0] : end] in _FORMS and end + 1 < len(text):
        end += 1
    return start, end


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
        whole = wholes.get(untitled) if title in _KEPT_BEFORE_ONE and " " not in untitled else None
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
        return name if words[-1].title() in _ENDINGS or words[-1] in _FORMS else name.title()
    return name


def _type_of(name: str, clause: Clause, place: Place, rulebook: Rulebook) -> PartyType:
    around = {t.word for t in clause.tokens[max(0, place.first - _NEAR) : place.first]}
    after = {t.word for t in clause.tokens[place.last + 1 : place.last + 1 + _NEAR]}
    words = name.split()
    if words[-1].rstrip(".") in _ENDINGS or (words[0] in _BEGINNINGS and len(words) > 1):
        return PartyType.COMPANY
    if (
        around & rulebook.names["ship"]
        or after & rulebook.names["ship"]
        or (name[-1].isdigit() and len(words) > 1 and words[0] != "Unit")
    ):
        return PartyType.VESSEL
    if words[-1] in _BODIES or "Unit" in (words[0], words[-1]):
        return PartyType.ORGANISATION
    if (around | after) & rulebook.names["firm"] or any(w in _ENDINGS for w in words[1:]):
        return PartyType.COMPANY
    is_personal = 2 <= len(words) <= 5 and not any(w in _BODIES for w in words)
    return PartyType.PERSON if is_personal and not name.isupper() else PartyType.ORGANISATION
