"""A sentence → the spans of names that no list holds. Pure.

Such a name is a run of capitalised words, with the particles, figures and legal form that belong to it, without titles
and openers before it. A run may hold a known name ("Pan Systems Pyongyang"); then the whole is the name where its form
says so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from rules.acts import NEVER_PARTIES
from rules.mentions import Mention, are_alike
from rules.rulebook import Rulebook
from rules.vocabulary import PartyType


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
NICKNAME = re.compile(r" [\"“‘'](?:[\w-]+)[\"”’']")
_SHIP_BEFORE = re.compile(
    r"\b(?:ship|vessel|tanker|freighter|carrier|coaster|dhow|MV|M/V|MT) (?:(?:the|named|called) ){0,2}[\"“]?$"
)
_JOINED = re.compile(r" (?:of|of the|for|for the|and|in) ")
_FIGURE = re.compile(
    r" (?:No\. )?(?:\d{1,4}|(?<=Unit )\d{5})(?![\w%]|[.,]\d| ?(?:million|billion|percent|per|tons?|tonnes|years?)\b)"
)
FORMS = words_of(
    "Ltd Limited LLC L.L.C. Inc Corp Corporation Co Company GmbH FZE FZCO DMCC SARL SAL JSC OOO PLC Pte S.A. SA"
)
_JUNIOR = words_of("Jr Jr. Sr Sr. II III")
_IN_BRACKETS = words_of("Private Pvt S HK Pte Pty")
# "Tehran-based", "Tutsi-led": no part of the name that follows.
_COMPOUND = re.compile(
    r"-(?:based|led|backed|born|flagged|owned|registered|made|run|controlled|linked|built|held|era|style)$"
)
ENDINGS = words_of(
    "Ltd Limited LLC Inc Corp Corporation Co Company GmbH FZE FZCO DMCC SARL JSC OOO PLC Trading Shipping Holding "
    "Holdings Bank Airline Airlines Airways Air Aviation Exchange Industries Logistics Maritime Technology "
    "Technologies  Enterprise Enterprises Group Services Construction Commodities Metals Impex International "
    "Machinery Mining  Petroleum Petrol Energy Systems Electronics Financial Capital Line Lines Pte S.A. SA Banka "
    "Investments Projects  Studio Seafood Garment Foods Motors Diamonds Refinery Products Global Cement Express "
    "Wings Materials Transport  Engineering Steel Oil Gas Chemicals Security Supply Import Export Solutions Partners "
    "Consulting Consultants Ventures Tankers Bullion Minerals Cargo Freight Forwarding Pharmaceuticals Telecom Software"
)
# Words that end the name of a body of state, a party, a school: seldom who did it.
BODIES = words_of(
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
KEPT_BEFORE_ONE = words_of("mullah sheikh sheik mawlawi maulvi haji hajji")
_COUNTING = words_of("all one two three four five six seven eight nine ten first second")
# Months by their short names are given names too, where a name follows: "Jan Sowinski".
_GIVEN_OR_MONTH = words_of("jan april may june august")
# What some papers write small behind the name of a force: "the Ras Kamboni brigade".
_FORCE = re.compile(r" (?:brigades?|battalions?|regiment|militia)\b(?!')")
_QUOTE_OPENS, _QUOTE_CLOSES = (' "', " “", " ‘", " '"), ('" ', "” ", "’ ", "' ")


def capital_runs(text: str) -> Iterator[list[tuple[int, int]]]:
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
        told = NICKNAME.match(text, last_end)
        return before.isalpha() and told is not None and text[told.end() : told.end() + 2].lstrip(" ").isupper()
    if gap in _QUOTE_CLOSES:
        return len(run) > 1 and NICKNAME.match(text, run[-2][1]) is not None
    if len(gap) > _LONGEST_GAP:
        return False
    if _GAP.fullmatch(gap):
        return True
    if gap in (", ", "., "):
        return after in FORMS or after in _JUNIOR
    if gap == ". ":
        return before in FORMS and after in FORMS
    if gap == " (":
        return after in _IN_BRACKETS and text[end : end + 1] == ")"
    if gap == ") ":
        return before in _IN_BRACKETS and after in FORMS
    if not _JOINED.fullmatch(gap):
        return False
    if gap == " and ":
        return before in _LINKED_BY_AND and after in _LINKED_BY_AND
    return any(text[s:e] in _OF_BODIES for s, e in run) and (gap != " in " or before in _LINKED_BY_AND)


def name_spans(
    text: str,
    words: Sequence[tuple[int, int]],
    known: Mapping[tuple[int, int], Mention],
    common: frozenset[str],
    rulebook: Rulebook,
) -> Iterator[tuple[int, int]]:
    """Yield the spans of the names in a run: the whole, or what known names leave of it."""
    skipped = rulebook.titles_and_openers
    words = list(words)
    is_body = text[words[-1][0] : words[-1][1]] in ENDINGS | BODIES | _OF_BODIES
    while words and _is_skipped(text, words[0], skipped, common):
        opener = text[words[0][0] : words[0][1]].lower()
        if is_body and len(words) > 1 and opener in _IN_BODIES:
            break
        if opener in _GIVEN_OR_MONTH and _is_given_name(text, words):
            break
        if len(words) == 2 and opener in KEPT_BEFORE_ONE and not _overlaps(known, words[1]):
            break
        # "The Lady Rosalba" is a ship, "Lady Ashton" is none.
        if opener == "lady" and len(words) > 1 and text[: words[0][0]].lower().endswith("the "):
            break
        words.pop(0)
    inside = [(s, e, m) for (s, e), m in known.items() if words and s < words[-1][1] and words[0][0] < e]
    while inside and words and inside[0][2].is_adjective and words[0][0] >= inside[0][0]:
        # "North Korean", "Houthi": what follows is the name, if it is one by itself.
        rest = [w for w in words if w[0] >= inside[0][1]]
        if not rest or all(text[s:e] in ENDINGS or text[s:e] in FORMS for s, e in rest):
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
    if last in BODIES:
        return False
    if text[words[0][0] : words[0][1]] in ("Abu", "Umm") and words[0] in rest:
        return True
    if last in ENDINGS and words[-1] in rest:
        return True
    if words[-1] not in rest and len(inside) == 1:
        # "Pan Systems Pyongyang", and "Volasys Silverstar", another firm than that which a list knows by one word.
        firms = (PartyType.STATE, PartyType.GROUP, PartyType.COMPANY)
        return inside[0].type in firms and not inside[0].is_adjective
    return inside[0].type in (PartyType.COMPANY, PartyType.ORGANISATION) and any(text[s:e] in ENDINGS for s, e in rest)


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
    elif text[end : end + 1] == "." and text[words[-1][0] : end] in FORMS and end + 1 < len(text):
        end += 1
    return start, end
