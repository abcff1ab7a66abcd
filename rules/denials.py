"""Candidates → those of them who deny the act, themselves or through whoever speaks for them. Pure.

A sentence that denies names its speaker before or after the word of denial, or goes on about whoever the sentence
before named. Which of them denies, and whether it is the act that is denied, a linear model over these relations
decides, whose weights are data (``rules/weights.py``). Only where somebody is quoted as saying "we have never sold"
does no weight decide, and where "it" flatly rejects or denies: the one party that the sentence names, or the sentence
before, denies.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from rules.bystanders import Stances
from rules.candidates import Candidate, Place
from rules.clauses import Clause
from rules.naming import AllNames, Names
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
# "It rejected the report": of whoever alone was named in the sentence before.
_FLATLY = re.compile(
    r"^\W*(?:it|he|she|they)\b(?: (?:\w+ly|has|have|had|also|again))* "
    r"(?:den(?:y|ies|ied)|reject(?:s|ed)?|dismiss(?:es|ed)?|refut(?:es|ed)|repudiate[sd]?)\b",
    re.IGNORECASE,
)
_ALONE_BEFORE = "sentence before alone, it, nobody named"
_NEAR, _SPOKEN, _JOINED = 60, 400, 12
# "Iran backs the group but denies arming it": a verb that a conjunction joins on has the first verb's subject.
_VERB_JOINED = re.compile(
    r"(?:\b(?:but|and|yet|while)|,)\s+(?:(?:\w+ly|has|have|had|also|always|still|then|again|later) ){0,3}$",
    re.IGNORECASE,
)
# A sentence that names more than this, or goes on beyond this many words, is a list.
_MOST_NAMES, _MOST_WORDS = 12, 120
# A word of denial, and where it stands in its sentence.
_Cue = tuple[str, int, int]


class Denial(NamedTuple):
    """How a candidate stands to a sentence that may deny: its features, and whether he is quoted disowning the act.

    ``is_object`` is True where another party does both: it "backs the group but denies arming it".
    """

    features: list[Any]
    disowns: bool
    is_object: bool = False


def denying(
    names: Collection[str],
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    rulebook: Rulebook,
) -> tuple[str, ...]:
    """Return who denies the act, by canonical name, in the order of the story."""
    found = []
    story = rulebook.story
    read = read_denials(names, candidates, clauses, stances, story.denial_names)
    for candidate, sentences in zip(candidates, read, strict=True):
        least = THRESHOLD if candidate.name in names else THRESHOLD_OTHERS
        if any(t.disowns or (not t.is_object and story.denies(t.features) >= least) for t in sentences):
            found.append(candidate.name)
    return tuple(found)


def denial_features(
    names: Collection[str],
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
) -> list[list[dict[str, float]]]:
    """Return for each candidate how he stands to each sentence that may deny, as named numbers."""
    read = read_denials(names, candidates, clauses, stances, AllNames())
    return [[dict.fromkeys(told.features, 1.0) for told in sentences] for sentences in read]


def read_denials(
    names: Collection[str],
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    spelled: Names,
) -> list[list[Denial]]:
    """Return for each candidate how he stands to each sentence that may deny."""
    named = _places_by_clause(candidates, len(clauses))
    told: dict[str, list[Denial]] = {}
    type_of = {c.name: c.type for c in candidates}
    parties = [c.name for c in candidates if c.name in names][:_MOST_NAMES]
    of_candidate = {c.name: spelled.plain(_of_candidate(c, names, stances)) for c in candidates}
    last: Sequence[str] = ()
    for number, (_, clause) in enumerate(clauses):
        last = [name for _, name in named[number - 1] if name in names][-1:] or last if number else ()
        before = _last_named(named, number)
        # The sentence names nobody, and goes on about nobody: whoever may deny in it would be one of these.
        cues = _cues(clause.sentence.text) if named[number] or before or parties else ()
        if not cues:
            continue
        here = _first_parties([(p.start - clause.sentence.start, n) for p, n in named[number] if n in names], clause)
        sentence = _Sentence(clause.sentence.text, cues, number >= len(clauses) - 3, spelled)
        seen: set[str] = set()
        ahead = _ahead_of(named[number], cues, clause)
        objects = ahead.objects
        for name, relation, distance in _related(named[number], before, cues, clause, parties, ahead):
            if name in seen or len(seen) >= _MOST_NAMES:
                continue
            seen.add(name)
            among = _among_parties(name, here, last)
            read = sentence.told_of(among, relation, distance < _NEAR, type_of[name])
            told.setdefault(name, []).append(Denial(read.features + of_candidate[name], read.disowns, name in objects))
    return [told.get(c.name, []) for c in candidates]


class _Sentence:
    """A sentence that may deny, and what it tells of those whom it names; each thing is read once and when asked."""

    def __init__(self, text: str, cues: Sequence[_Cue], is_late: bool, spelled: Names) -> None:
        self.text, self.is_late, self.spelled = text, is_late, spelled
        self.sorts = tuple([name for name, _, _ in cues])
        self._words: dict[str, list[Any]] = {}

    def told_of(self, among: str, relation: str, is_near: bool, type_: PartyType) -> Denial:
        """Return what the sentence tells of a candidate of that type who stands so to it and to the act's parties."""
        where, spelled = relation.partition(" ")[0], self.spelled
        disowns = among == "the only party here" and self._disowns
        features = [
            *spelled.kept(_among, among, relation, self.sorts, type_.value),
            *spelled.kept(_told, relation, is_near, self.sorts, self._voices, self.is_late),
            *spelled.kept(_heads, where, self._speaking, type_.value),
            *self._worded(where),
            *(spelled.plain((DISOWNS,)) if disowns else ()),
        ]
        flatly = relation == _ALONE_BEFORE and among == "the party named last" and self._flatly
        return Denial(features, disowns or flatly)

    def _worded(self, where: str) -> list[Any]:
        if where not in self._words:
            self._words[where] = self.spelled.under(f"{where} word:", self._said)
        return self._words[where]

    @cached_property
    def _said(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(re.findall(r"[a-z']{3,}", self.text.lower())[:_MOST_WORDS]))

    @cached_property
    def _flatly(self) -> bool:
        return _FLATLY.search(self.text) is not None

    @cached_property
    def _disowns(self) -> bool:
        return _DISOWNS.search(self.text) is not None

    @cached_property
    def _speaking(self) -> tuple[str, ...]:
        return tuple(head.value for head, pattern in _OF_TYPE.items() if pattern.search(self.text))

    @cached_property
    def _voices(self) -> tuple[bool, bool, bool, bool]:
        """Whether somebody speaks for another, says something, says it of himself, or is quoted otherwise."""
        text = self.text
        ours = bool(_OURS.search(text))
        return bool(_SPEAKER.search(text)), bool(_SAYS.search(text)), ours, not ours and ('"' in text or "“" in text)


def _among(spelled: Names, among: str, relation: str, cues: Sequence[str], type_: str) -> list[Any]:
    """Return how a name stands to the parties of the act, and beside which words of denial it and its sort stand."""
    return spelled.plain(
        [
            among,
            *(f"{among}: {cue}" for cue in cues),
            *(f"{type_}: {cue}" for cue in cues),
            f"{among}, {relation}",
        ]
    )


def _heads(spelled: Names, where: str, speaking: Sequence[str], type_: str) -> list[Any]:
    """Return what sort of party the sentence lets speak: "the company", "his lawyer", "the embassy"."""
    return spelled.plain([f"{where}: {head} speaks, {type_} is meant" for head in speaking])


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


def _cues(text: str) -> tuple[_Cue, ...]:
    possible = _SIEVE.possible(text)
    return tuple(
        (name, m.start(), m.end()) for name, p in _PATTERNS.items() if name in possible and (m := p.search(text))
    )


def _last_named(named: Sequence[Sequence[tuple[Place, str]]], number: int) -> Sequence[tuple[Place, str]]:
    """Return who was named in the sentence before, or in the one before that where it names nobody."""
    for earlier in (number - 1, number - 2):
        if earlier >= 0 and named[earlier]:
            return named[earlier]
    return ()


class _Ahead(NamedTuple):
    """Where the first word of denial stands that most sentences do not have, and who is named before it, in groups.

    ``shares_subject`` is True where its verb is joined on to an earlier one, whose subject stands before another name.
    """

    at: int
    end: int
    groups: Sequence[Sequence[tuple[int, str]]]
    shares_subject: bool

    @property
    def objects(self) -> set[str]:
        """Those named between a subject and a verb of denial that it shares."""
        if not self.shares_subject:
            return set()
        return {name for group in self.groups[1:] for _, name in group} - {name for _, name in self.groups[0]}


def _ahead_of(here: Sequence[tuple[Place, str]], cues: Sequence[_Cue], clause: Clause) -> _Ahead:
    strong = [(start, end) for name, start, end in cues if name not in _WEAK]
    at, end = min(strong or [cues[0][1:]])
    offset = clause.sentence.start
    groups = _joined([(p.start - offset, name) for p, name in here if p.start - offset < at], clause)
    return _Ahead(at, end, groups, len(groups) > 1 and _VERB_JOINED.search(clause.sentence.text[:at]) is not None)


def _related(
    here: Sequence[tuple[Place, str]],
    before: Sequence[tuple[Place, str]],
    cues: Sequence[_Cue],
    clause: Clause,
    parties: Sequence[str],
    ahead: _Ahead,
) -> Iterator[tuple[str, str, int]]:
    """Yield each name with its relation to the denial of a sentence, and how many characters lie between."""
    at, end, groups, shares_subject = ahead
    offset = clause.sentence.start
    behind = [(p.start - offset, name) for p, name in here if p.start - offset >= at]
    for index, group in enumerate([*groups[1:], groups[0]] if shares_subject else groups):
        last = index == len(groups) - 1
        place = "alone" if len(groups) == 1 else "last" if last else "first" if index == 0 else "mid"
        yield from ((name, f"before {place}", 0 if shares_subject and last else at - group[-1][0]) for _, name in group)
    for index, (start, name) in enumerate(behind):
        said = "said " if start - end < _SPOKEN and _SAYS.search(clause.sentence.text[end:start]) else ""
        after = "after named" if groups else "after"
        yield name, f"{after} {said}{'first' if index == 0 else 'later'}", start - end
    if not groups:
        goes_on = "it" if _GOES_ON.search(clause.sentence.text) else "bare"
        told = "named" if behind else "nobody named"
        for index, (_, name) in enumerate(before[:6]):
            place = "alone" if len(before) == 1 else "first" if index == 0 else "later"
            yield name, f"sentence before {place}, {goes_on}, {told}", _NEAR
        if len(cues) > 1 or cues[0][0] not in _WEAK:
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
    spelled: Names,
    relation: str,
    is_near: bool,
    cues: Sequence[str],
    voices: tuple[bool, bool, bool, bool],
    is_late: bool,
) -> list[Any]:
    """Return what the words of a denial say of a name that stands so to them."""
    return spelled.plain(list(_told_names(relation, "near" if is_near else "far", cues, voices, is_late)))


def _told_names(
    relation: str, how_far: str, cues: Sequence[str], voices: tuple[bool, bool, bool, bool], is_late: bool
) -> Iterator[str]:
    spoken, says, ours, quoted = voices
    place = relation.partition(",")[0]
    yield relation
    yield f"only {'+'.join(cues)}" if len(cues) < 3 else "many cues"
    for name in cues:
        yield f"cue: {name}"
        yield f"{place}: {name}"
        yield f"{relation}, {how_far}: {name}"
        if spoken:
            yield f"{place}: {name}, by a speaker"
        if says:
            yield f"{place}: {name}, in words"
    if ours:
        yield f"{place}: we"
    elif quoted:
        yield f"{place}: quote"
    if is_late:
        yield f"{place}: at the end"
    if spoken:
        yield f"{place}: a speaker"
