"""Candidates → those of them who deny the act, themselves or through whoever speaks for them. Pure.

A sentence that denies names its speaker before or after the word of denial, or goes on about whoever the sentence
before named. Which of them denies, and whether it is the act that is denied, a linear model over these relations
decides, whose weights are data (``rules/weights.py``). Only where somebody is quoted as saying "we have never sold"
does no weight decide: the one party that the sentence names denies.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from rules.bystanders import Stances
from rules.candidates import Candidate, Place
from rules.clauses import Clause
from rules.linear import DENIES
from rules.rulebook import Rulebook
from rules.sieve import Sieve
from rules.vocabulary import Field, PartyType

# How sure the model must be of a denial, by a party of the act and by anyone else the story names.
THRESHOLD, THRESHOLD_OTHERS = 0.2, 0.3
# A sentence that opens so goes on about whoever the sentence before was about.
_GOES_ON = re.compile(
    r"^\W*(?:he|she|it|they|both|his|her|its|their|the (?:\w+ )?(?:company|firm|bank|group|movement|ministry|embassy|"
    r"government|army|militia|kingdom|country|spokes\w+|lawyers?|defendants?|men|owner|charity))\b",
    re.IGNORECASE,
)
_CUES = {
    "denies": r"den(?:y|ies|ied|ying|ials?)(?! (?:\w+ ){0,3}?(?:access|entry|bail|visas?|permission|passage)\b)",
    "rejects": r"(?:reject|refut|rebut|disput|disown|disavow|disclaim|repudiat|contest|scoff|deplor|protest)\w*|"
    r"dismiss(?:es|ed|ing)?|mocked|waved (?:it |this |that )?(?:away|off)|brushed (?:it |this )?(?:aside|off)",
    "calls it false": r"(?:baseless|groundless|unfounded|fabricat|fals(?!e (?:\w+ )?(?:doc|cert|pap|nam|fla|dec|"
    r"pas|inv|ori|iden|bill|lab|man|pret|end|cou|shi|num))|slander|smear|nonsens|ridicul|absurd|untru|"
    r"inaccurat|invent|fakes|fakery|fiction|fantas|propaganda|rumou?r|slur|stupid|imagin|hearsay|mistaken|"
    r"misunderst|distort|concoct|hoax|defam|malicious|libel|ludicrous|hostile|hysteri)\w*|lies?|lying|fairy tales?|"
    r"witch-?hunt|made up|made-up|without (?:any )?(?:foundation|basis|proof)|no (?:truth|proof|basis|foundation)|"
    r"(?:not|n't) true|pretext|old songs?|blame others",
    "negates": r"never|\w+n't|not|no|nothing|none|nobody|neither|nor|unaware",
    "has not done": r"(?:has|have|had|did|does|do|was|were|is|are)(?: not|n't| never)|never|nothing|"
    r"no (?:weapons?|arms|such|soldiers?|troops|links?|part|role|knowledge|idea|policy|need|business|dealings?|"
    r"presence|connections?|ties|plans?|involvement|evidence|violation|breach|intention)|broken nothing|nothing wrong|"
    r"nothing to (?:do|hide)|only|in toto",
    "calls it lawful": r"(?:legal|lawful|legitima|obligation|compl(?:y|ie)|humanitarian|civilian|sovereign|commercial|"
    r"peaceful|defensive|invit|permitted|honou?r|routine|rules)\w*|broke no|in line with|good faith|nothing forbids",
    "pleads innocence": r"(?:plead\w*|pled) not guilty|innocen\w+|appeal\w*|no wrongdoing|wrongdoing|cleared|acquitted",
    "explains": r"(?:spare|medical|medicines?|hospitals?|food|fishing|fertili[sz]ers?|cement|blankets|stolen|"
    r"before the|own money|private|sold it|sold them|deceived|tricked|did not know|cheated|own use|accident|error)",
    "keeps silent": r"(?:not|n't) (?:immediately )?(?:respond|reply|answer|comment|return|reached)\w*|declin\w+|"
    r"no comment|no answer|refused to|would not (?:say|comment|be)|silent",
    "speaks": r"said|says?|told|called|calls|insist\w*|maintain\w*|holds?|wrote|replied|answered|claims?|"
    r"statement|according to",
}  # fmt: skip
_PATTERNS = {name: re.compile(rf"(?<!\w)(?:{cue})(?!\w)", re.IGNORECASE) for name, cue in _CUES.items()}
_SIEVE = Sieve(_PATTERNS)
_SPEAKER = re.compile(
    r"\b(?:spokes\w+|ministry|minister|embassy|ambassador|envoy|lawyers?|counsel|solicitors?|attorney|government|"
    r"statement|letter|mission|consul\w*|president|owner|officials?|delegat\w+|representative|director|manager|"
    r"company|firm|bank|group|movement|authorities)\b",
    re.IGNORECASE,
)
_HEADS = {
    PartyType.COMPANY: r"company|firm|bank|owners?|directors?|manager|group|lawyers?|trader|carrier|client|office",
    PartyType.PERSON: r"he|his|him|she|her|lawyers?|counsel|client|solicitor|attorney|family",
    PartyType.STATE: r"ministry|minister|embassy|ambassador|envoy|government|presidency|foreign|mission|capital|prime",
    PartyType.GROUP: r"group|movement|militia|rebels|fighters|commander|they|insurgents|army|force",
}
# Words that most sentences have which deny nothing.
_WEAK = ("negates", "keeps silent", "speaks")
_OF_TYPE = {type_: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for type_, words in _HEADS.items()}
_SAYS = re.compile(r"\b(?:said|says?|told|called|calls|insist\w*|maintain\w*|hold|holds|put|wrote|replied)\b", re.I)
_OURS = re.compile(r"[\"“](?:[^\"”]{0,80}\b)?(?:we|our|i|my|us)\b", re.IGNORECASE)
# "We have never sold", "we did not send": whoever is quoted so denies the act itself, whatever else weighs against it.
_DISOWNS = re.compile(
    r"[\"“](?:[^\"”]{0,60}\b)?(?:we|i)(?: (?:have|had|do|did|would|are|were))?(?: not| never|n['’]t)(?: ever)? "
    r"(?:sold|sell|selling|ship|shipp(?:ed|ing)|sen[dt]|sending|suppl(?:y|ied|ying)|provid(?:e|ed|ing)|export\w*|"
    r"transferr?\w*|deliver\w*|g[ai]ven?|giving|arm(?:ed|ing)?|bought|buy(?:ing)?|financ\w+|fund(?:ed|ing)?|"
    r"smuggl\w+|train(?:ed|ing)?|receiv\w+|import\w*)\b",
    re.IGNORECASE,
)
DISOWNS = "says of itself that it did not"
_NEAR, _SPOKEN, _JOINED = 60, 400, 12
# "Iran backs the group but denies arming it": a verb that a conjunction joins on has the first verb's subject.
_VERB_JOINED = re.compile(
    r"(?:\b(?:but|and|yet|while)|,)\s+(?:(?:\w+ly|has|have|had|also|always|still|then|again|later) ){0,3}$",
    re.IGNORECASE,
)
# A sentence that names more than this, or goes on beyond this many words, is a list.
_MOST_NAMES, _MOST_WORDS = 12, 120


def denying(
    names: Collection[str],
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    rulebook: Rulebook,
) -> tuple[str, ...]:
    """Return who denies the act, by canonical name, in the order of the story."""
    found = []
    features = denial_features(names, candidates, clauses, stances)
    for candidate, sentences in zip(candidates, features, strict=True):
        least = THRESHOLD if candidate.name in names else THRESHOLD_OTHERS
        if any(DISOWNS in told or rulebook.story.probability(DENIES, told) >= least for told in sentences):
            found.append(candidate.name)
    return tuple(found)


def denial_features(
    names: Collection[str],
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
) -> list[list[dict[str, float]]]:
    """Return for each candidate how it stands to each sentence that may deny, as named numbers."""
    named = _places_by_clause(candidates, len(clauses))
    told: dict[str, list[dict[str, float]]] = {}
    type_of = {c.name: c.type for c in candidates}
    parties = [c.name for c in candidates if c.name in names][:_MOST_NAMES]
    of_candidate = {c.name: tuple(_of_candidate(c, names, stances)) for c in candidates}
    last: Sequence[str] = ()
    for number, (_, clause) in enumerate(clauses):
        last = [name for _, name in named[number - 1] if name in names][-1:] or last if number else ()
        cues = tuple(_cues(clause.sentence.text))
        if not cues:
            continue
        before = _last_named(named, number)
        here = _first_parties([(p.start - clause.sentence.start, n) for p, n in named[number] if n in names], clause)
        seen: set[str] = set()
        for name, relation, distance in _related(named[number], before, cues, clause, parties):
            if name in seen or len(seen) >= _MOST_NAMES:
                continue
            seen.add(name)
            among = _among_parties(name, here, last)
            features = [
                among,
                *(f"{among}: {cue}" for cue, _, _ in cues),
                *(f"{type_of[name].value}: {cue}" for cue, _, _ in cues),
                f"{among}, {relation}",
                *_told(relation, distance, cues, clause, number, len(clauses)),
                *_heads(relation, type_of[name], clause),
                *([DISOWNS] if among == "the only party here" and _DISOWNS.search(clause.sentence.text) else []),
                *of_candidate[name],
            ]
            told.setdefault(name, []).append(dict.fromkeys(features, 1.0))
    return [told.get(c.name, []) for c in candidates]


def _heads(relation: str, type_: PartyType, clause: Clause) -> Iterator[str]:
    """Yield what sort of party the sentence lets speak: "the company", "his lawyer", "the embassy"."""
    for head in _speaking(clause.sentence.text):
        yield f"{relation.split()[0]}: {head} speaks, {type_.value} is meant"


@lru_cache(maxsize=512)
def _speaking(text: str) -> tuple[str, ...]:
    return tuple(head.value for head, pattern in _OF_TYPE.items() if pattern.search(text))


def _of_candidate(one: Candidate, names: Collection[str], stances: Stances) -> Iterator[str]:
    yield "is a party" if one.name in names else "is no party"
    yield f"is {one.type.value}"
    yield f"is {'known' if one.is_known else 'new'}, {'a party' if one.name in names else 'no party'}"
    if one.name in names and len(names) == 1:
        yield "is the only party"
    if one.name in stances.deniers:
        yield "reads as a denier"
    if one.name in stances.by_name:
        yield f"stance {stances.by_name[one.name].value}"


def _places_by_clause(candidates: Sequence[Candidate], count: int) -> list[list[tuple[Place, str]]]:
    found: list[list[tuple[Place, str]]] = [[] for _ in range(count)]
    for one in candidates:
        for place in one.places:
            found[place.clause].append((place, one.name))
    for places in found:
        places.sort(key=lambda item: item[0].start)
    return found


@lru_cache(maxsize=512)
def _cues(text: str) -> tuple[tuple[str, int, int], ...]:
    possible = _SIEVE.possible(text)
    return tuple(
        (name, m.start(), m.end()) for name, p in _PATTERNS.items() if name in possible and (m := p.search(text))
    )


@lru_cache(maxsize=512)
def _voices(text: str) -> tuple[bool, bool, bool]:
    """Return whether somebody speaks for another, says something, and says it of himself."""
    return bool(_SPEAKER.search(text)), bool(_SAYS.search(text)), bool(_OURS.search(text))


@lru_cache(maxsize=512)
def _worded(where: str, text: str) -> tuple[str, ...]:
    return tuple(f"{where} word: {word}" for word in _words(text))


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"[a-z']{3,}", text.lower())[:_MOST_WORDS]))


def _last_named(named: Sequence[Sequence[tuple[Place, str]]], number: int) -> Sequence[tuple[Place, str]]:
    """Return who was named in the sentence before, or in the one before that where it names nobody."""
    for earlier in (number - 1, number - 2):
        if earlier >= 0 and named[earlier]:
            return named[earlier]
    return ()


def _related(
    here: Sequence[tuple[Place, str]],
    before: Sequence[tuple[Place, str]],
    cues: Sequence[tuple[str, int, int]],
    clause: Clause,
    parties: Sequence[str],
) -> Iterator[tuple[str, str, int]]:
    """Yield each name with its relation to the denial of a sentence, and how many characters lie between."""
    strong = [(start, end) for name, start, end in cues if name not in _WEAK]
    at, end = min(strong or [cues[0][1:]])
    offset = clause.sentence.start
    ahead = [(p.start - offset, name) for p, name in here if p.start - offset < at]
    behind = [(p.start - offset, name) for p, name in here if p.start - offset >= at]
    groups = _joined(ahead, clause)
    shares_subject = len(groups) > 1 and _VERB_JOINED.search(clause.sentence.text[:at]) is not None
    for index, group in enumerate([*groups[1:], groups[0]] if shares_subject else groups):
        last = index == len(groups) - 1
        place = "alone" if len(groups) == 1 else "last" if last else "first" if index == 0 else "mid"
        yield from ((name, f"before {place}", 0 if shares_subject and last else at - group[-1][0]) for _, name in group)
    for index, (start, name) in enumerate(behind):
        said = "said " if start - end < _SPOKEN and _SAYS.search(clause.sentence.text[end:start]) else ""
        after = "after named" if ahead else "after"
        yield name, f"{after} {said}{'first' if index == 0 else 'later'}", start - end
    if not ahead:
        goes_on = "it" if _GOES_ON.search(clause.sentence.text) else "bare"
        told = "named" if behind else "nobody named"
        for index, (_, name) in enumerate(before[:6]):
            place = "alone" if len(before) == 1 else "first" if index == 0 else "later"
            yield name, f"sentence before {place}, {goes_on}, {told}", _NEAR
        if len(cues) > 1 or strong:
            alone = "alone" if len(parties) == 1 else "one of many"
            yield from ((name, f"elsewhere {alone}, {goes_on}, {told}", _NEAR) for name in parties)


def _joined(named: Sequence[tuple[int, str]], clause: Clause) -> list[list[tuple[int, str]]]:
    """Return the names in groups, those that "and" joins in one: they deny together."""
    groups: list[list[tuple[int, str]]] = []
    for start, name in named:
        if groups:
            before, other = groups[-1][-1]
            if start - before < len(other) + _JOINED and " and " in clause.sentence.text[before:start]:
                groups[-1].append((start, name))
                continue
        groups.append([(start, name)])
    return groups


def _first_parties(named: Sequence[tuple[int, str]], clause: Clause) -> tuple[set[str], set[str]]:
    """Return the parties that the sentence names first, joined by "and" or alone, and those it names later."""
    groups = _joined(named, clause)
    first = {name for _, name in groups[0]} if groups else set()
    return first, {name for group in groups[1:] for _, name in group} - first


def _among_parties(name: str, here: tuple[set[str], set[str]], last: Sequence[str]) -> str:
    """Return how the name stands to the parties of the act that the sentence names, or that were named last."""
    first, later = here
    if name in first:
        return "first party here" if later else "the only party here"
    if name in later:
        return "a party here"
    if first:
        return "other parties here"
    return "the party named last" if name in last else "no party here"


def _told(
    relation: str,
    distance: int,
    cues: Sequence[tuple[str, int, int]],
    clause: Clause,
    number: int,
    count: int,
) -> Iterator[str]:
    text = clause.sentence.text
    place = relation.partition(",")[0]
    yield relation
    spoken, says, ours = _voices(text)
    sorts = [name for name, _, _ in cues]
    yield f"only {'+'.join(sorts)}" if len(sorts) < 3 else "many cues"
    for name in sorts:
        yield f"cue: {name}"
        yield f"{place}: {name}"
        yield f"{relation}, {'near' if distance < _NEAR else 'far'}: {name}"
        if spoken:
            yield f"{place}: {name}, by a speaker"
        if says:
            yield f"{place}: {name}, in words"
    if ours:
        yield f"{place}: we"
    elif '"' in text or "“" in text:
        yield f"{place}: quote"
    if number >= count - 3:
        yield f"{place}: at the end"
    if spoken:
        yield f"{place}: a speaker"
    yield from _worded(place.split()[0], text)
