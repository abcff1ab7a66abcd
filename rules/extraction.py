"""text, day, rulebook → Extraction: who is said to have done what, under which law, in whose words. Pure.

The order is: mentions, clauses, frames, bystanders, then the law of the day over what the frames found.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rules.acts import (
    MOVING,
    Act,
    clauses_of,
    framed_acts,
    is_doubted,
    is_said_besides,
    is_unsaid,
    one_way,
    quote_of,
    typed_acts,
)
from rules.bystanders import Stances, read_stances
from rules.candidates import Candidate, Place, find_candidates
from rules.clauses import Clause
from rules.dating import dated_acts
from rules.denials import denying
from rules.findings import (
    LEARNT,
    ActDays,
    ActFound,
    Bystander,
    Evidence,
    Extraction,
    Goods,
    Party,
    RuleHit,
)
from rules.law import kinds_of, law_of, named_regimes
from rules.measures import concerns, freed
from rules.mentions import Mention
from rules.naming import AllNames, Names
from rules.national import national_law
from rules.roles import (
    THRESHOLD,
    THRESHOLD_DOUBTED,
    THRESHOLD_FRAMED,
    THRESHOLD_OFFICIAL,
    THRESHOLD_SURE,
    Judgement,
    judge,
)
from rules.rulebook import Rulebook
from rules.sentences import Sentence
from rules.status import status_features, status_of
from rules.surroundings import features_of, parts_of
from rules.vocabulary import Field, PartyType, Role
from rules.wording import wording_features, wording_of

_MOST_HITS = 24


_Fields = Mapping[Field, str]


@dataclass(frozen=True, slots=True)
class StoryRead:
    """A story's clauses, stances, acts and candidates, with what stands around each candidate; see ``ActsRead``."""

    clauses: list[tuple[Field, Clause]]
    stances: Stances
    acts: list[Act]
    candidates: list[Candidate]
    features: list[dict[Any, float]]
    free: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ActsRead:
    """A story's clauses, stances, and the acts that declared rules find in it: a third of the work of reading it.

    ``free`` are the regimes for which a state in an act that was dropped was a target on other days only.
    """

    clauses: list[tuple[Field, Clause]]
    stances: Stances
    acts: list[Act]
    free: frozenset[str] = frozenset()

    @property
    def evidence(self) -> list[Evidence]:
        """The words that tell of the acts."""
        return [act.evidence for act in self.acts]


def read_story(title: str, text: str, rulebook: Rulebook, on: date | None = None) -> StoryRead:
    """Return what the rules see of a story before anyone is named a party, with every feature of everyone it names."""
    return read_parties(read_acts(title, text, rulebook, on), rulebook, AllNames())


def read_acts(title: str, text: str, rulebook: Rulebook, on: date | None = None) -> ActsRead:
    """Return the acts that declared rules find in a story, and the clauses they find them in.

    ``on`` tells which states were targets of a measure for a time; an act between others is dropped.
    """
    clauses = list(clauses_of(title, text, rulebook))
    stances = read_stances([c for _, c in clauses], rulebook)
    found = [act for field, clause in clauses for act in framed_acts(field, clause, title, text, rulebook)]
    if not found:
        found = list(typed_acts(clauses, title, text, rulebook))
    # What was only true of a party of the law counts: an arms deal between others is nobody's breach.
    counted = [act for act in found if concerns(act, rulebook, on)]
    free = frozenset(regime for act in found if act not in counted for regime in freed(act, rulebook))
    return ActsRead(clauses, stances, one_way(counted), free)


def read_parties(read: ActsRead, rulebook: Rulebook, spelled: Names | None = None) -> StoryRead:
    """Return the story with everyone it names, and what stands around each: of that, what has a weight, or as given."""
    candidates = find_candidates(read.clauses, rulebook)
    names = spelled or rulebook.roles.names
    features = features_of(candidates, read.clauses, read.stances, read.acts, rulebook, names)
    return StoryRead(read.clauses, read.stances, read.acts, candidates, features, read.free)


def extract(title: str, text: str, on: date | None, rulebook: Rulebook) -> Extraction:
    """Return what the rules find in one story, published on ``on`` (None: unknown).

    Each act is judged by the law of the days that the story gives it, else of ``on``; where neither is known, by what
    has no known end.

    Every quote stands verbatim at its offsets in the field it names. Equal input gives an equal answer.
    """
    return judge_story(read_parties(read_acts(title, text, rulebook, on), rulebook), title, text, on, rulebook)


def judge_story(read: StoryRead, title: str, text: str, on: date | None, rulebook: Rulebook) -> Extraction:
    """Return what the rules find in a story that was read with the same names and words; see ``extract``."""
    judged = judgements(read, rulebook)
    acts, parties = _told(read, judged, title, text, rulebook)
    fields = {Field.TITLE: title, Field.TEXT: text}
    acts = dated_acts(acts, read.clauses, fields, on, rulebook)
    named = named_regimes(read.clauses, rulebook, on)
    kinds = kinds_of(read.clauses, acts, rulebook) if acts or named.regimes else ()
    measures, regimes = law_of(acts, kinds, named, on, rulebook, read.free)
    names = {p.canonical for p in parties}
    return Extraction(
        parties=parties,
        bystanders=_bystanders(read.clauses, names, read.stances, rulebook),
        kinds=kinds if acts or regimes else (),
        regimes=regimes,
        measures=measures,
        goods=_goods(acts),
        status=status_of(status_features(read.clauses, acts, rulebook), rulebook) if acts or regimes else None,
        denied_by=denying(names, read.candidates, read.clauses, read.stances, rulebook),
        hits=tuple(_hit(act) for act in acts[:_MOST_HITS]),
        national_only=() if regimes else national_law(_sentences(read), fields, rulebook.national),
        version=rulebook.version,
        acts=tuple(_found(act, names) for act in acts[:_MOST_HITS]),
        suspicion=tuple(sorted((round(j.suspect, 4) for j in judged), reverse=True)[:2]),
        wording=wording_of(wording_features(read.clauses, acts, rulebook), rulebook),
    )


def _sentences(read: StoryRead) -> Iterator[tuple[Field, Sentence]]:
    return ((field, clause.sentence) for field, clause in read.clauses)


def _hit(act: Act) -> RuleHit:
    when = ActDays(str(act.when), act.when.evidence) if act.when else None
    return RuleHit(act.rule, act.says, act.evidence, when)


def _found(act: Act, parties: Collection[str]) -> ActFound:
    # Where the leader of a group is the party, he stands for the group that a frame takes him for.
    told = ((role, name if name in parties else mention.canonical) for role, mention, name in act.roles)
    roles = dict.fromkeys((role, name) for role, name in told if name in parties)
    goods = dict.fromkeys(m.goods for m in act.goods if m.kind is not None)
    return ActFound(tuple(roles), tuple(dict.fromkeys(act.kinds)), tuple(goods), act.evidence, act.strong)


def judgements(read: StoryRead, rulebook: Rulebook) -> list[Judgement]:
    """Return what the weights say of each candidate, in their order."""
    framed = {number: {role for role, _ in parts} for number, parts in strong_parts(read).items()}
    return judge(read.features, read.candidates, framed, rulebook)


def strong_parts(read: StoryRead) -> Mapping[int, Sequence[tuple[Role, Act]]]:
    """Return for each candidate, by his number, the roles that frames gave him, each with its act."""
    return parts_of(read.candidates, read.clauses, [act for act in read.acts if act.strong])


def told_acts(read: StoryRead, title: str, text: str, rulebook: Rulebook) -> tuple[list[Act], tuple[Party, ...]]:
    """Return the acts that frames and learnt weights find, and the parties to them."""
    return _told(read, judgements(read, rulebook), title, text, rulebook)


def _told(
    read: StoryRead, judgements: Sequence[Judgement], title: str, text: str, rulebook: Rulebook
) -> tuple[list[Act], tuple[Party, ...]]:
    named = list(_named(read, judgements, title, text, rulebook))
    acts = [*read.acts, *(act for _, given in named for act in given if act.rule == LEARNT)]
    return acts, tuple(party for party, _ in named)


def _named(
    read: StoryRead, judgements: Sequence[Judgement], title: str, text: str, rulebook: Rulebook
) -> Iterator[tuple[Party, list[Act]]]:
    """Yield each candidate that is said to take part, and the acts that say so: the frames' if any, else a learnt one.

    The weights decide, but of a story whose every sentence with a name in it negates or imagines they must be surer: a
    short item may plan or deny one thing and tell another in one and the same sentence.
    """
    parts = strong_parts(read)
    naming = {place.clause for candidate in read.candidates for place in candidate.places}
    doubted = {n for n in naming if is_doubted(read.clauses[n][1], rulebook)}
    told = not all(is_unsaid(read.clauses[n][1], rulebook) for n in doubted) or doubted != naming
    told = told and any(_says_anything(read.clauses[n][1]) for n in naming)
    sure = {c.name: j.violator for c, j in zip(read.candidates, judgements, strict=True)}
    for number, candidate in enumerate(read.candidates):
        given, judged = parts.get(number, []), judgements[number]
        least = THRESHOLD_FRAMED if given else THRESHOLD if _is_told(candidate, doubted) else THRESHOLD_DOUBTED
        if candidate.type is PartyType.PERSON and _acts_for_a_party(candidate, sure, rulebook):
            least = max(least, THRESHOLD_OFFICIAL)
        if judged.violator < least or _is_outdone(candidate, judged, bool(given), sure, read, rulebook):
            continue
        acts = [act for role, act in given if role in judged.roles] or [act for _, act in given]
        if not acts and (told or (judged.violator >= THRESHOLD_SURE and _is_told_besides(candidate, read, rulebook))):
            acts = [_learnt(number, judged, judged.roles, doubted, read, title, text, rulebook)]
        elif acts and (untold := _untold(candidate.name, judged, acts)):
            acts = [*acts, _learnt(number, judged, untold, doubted, read, title, text, rulebook)]
        if acts:
            yield _party(candidate, judged, acts, read, {Field.TITLE: title, Field.TEXT: text}), acts


def _untold(name: str, judged: Judgement, acts: Sequence[Act]) -> tuple[Role, ...]:
    """Return the ends of a transfer that he is judged to stand at and no frame puts him there.

    Who moves his own arms over a border sends and gets them, which a frame with one subject cannot say.
    """
    told = {role for act in acts for role, _, of in act.roles if of == name}
    return tuple(r for r in judged.roles if r in (Role.SUPPLIER, Role.RECIPIENT) and r not in told)


def _says_anything(clause: Clause) -> bool:
    """True where words stand beside the names: a bare name tells of no act."""
    return any(token.mention is None and token.word.isalpha() for token in clause.tokens)


def _acts_for_a_party(candidate: Candidate, sure: Mapping[str, float], rulebook: Rulebook) -> bool:
    principal = rulebook.principal(candidate.name)
    return principal != candidate.name and sure.get(principal, 0.0) >= THRESHOLD


def _is_told(candidate: Candidate, doubted: Collection[int]) -> bool:
    """True where some sentence names him that neither denies nor only imagines."""
    return any(place.clause not in doubted for place in candidate.places)


def _is_told_besides(candidate: Candidate, read: StoryRead, rulebook: Rulebook) -> bool:
    return any(is_said_besides(read.clauses[place.clause][1], rulebook) for place in candidate.places)


def _is_outdone(
    candidate: Candidate,
    judged: Judgement,
    framed: bool,
    sure: Mapping[str, float],
    read: StoryRead,
    rulebook: Rulebook,
) -> bool:
    """True where a leader and the party that is named through him alone would both count, and the other one does.

    In the words of a frame a state acts rather than its leader, the leader of a group rather than the group; else
    whoever is likelier.
    """
    for other in read.candidates:
        led, leader = (other, candidate) if candidate.type is PartyType.PERSON else (candidate, other)
        if led is not leader and rulebook.principal(leader.name) == led.name and all(p.by_leader for p in led.places):
            if framed:
                # "Kim Jong Un shipped": the state did. A warlord is named as he is, not as the force behind him.
                acting = led if led.type is PartyType.STATE else leader
                return acting is other and sure[acting.name] >= THRESHOLD_FRAMED
            return sure[other.name] > judged.violator
    return False


def _party(candidate: Candidate, judged: Judgement, acts: Sequence[Act], read: StoryRead, whole: _Fields) -> Party:
    # Several rules may find the same words; an officer reads them once.
    by_span: dict[tuple[Field, int, int], Evidence] = {}
    for told in (act.evidence for act in acts):
        by_span.setdefault((told.field, told.start, told.end), told)
    evidence = list(by_span.values())[:5]
    place = next(
        p
        for p in candidate.places
        if read.clauses[p.clause][0] is evidence[0].field and p.start < evidence[0].end and evidence[0].start < p.end
    )
    value = whole[evidence[0].field]
    # The words of a frame may break off within a name.
    start, end = min(place.start, evidence[0].start), max(place.end, evidence[0].end)
    evidence[0] = replace(evidence[0], start=start, end=end, quote=value[start:end])
    return Party(value[place.start : place.end], candidate.name, candidate.type, judged.roles, tuple(evidence))


def _learnt(
    number: int,
    judged: Judgement,
    roles: Sequence[Role],
    doubted: Collection[int],
    read: StoryRead,
    title: str,
    text: str,
    rulebook: Rulebook,
) -> Act:
    """Return the act of a candidate that no frame named and the learnt weights take for a violator."""
    candidate, features = read.candidates[number], read.features[number]
    told_of = [p for p in candidate.places if p.clause not in doubted] or candidate.places
    place = _telling_place(told_of, read.clauses)
    field, clause = read.clauses[place.clause]
    mention = Mention(place.start, place.end, candidate.name, candidate.type)
    evidence = quote_of(field, clause, 0, len(clause.tokens) - 1, title, text, LEARNT)
    told = "; ".join(rulebook.roles.telling(features))
    says = f"{candidate.name} stands where a {roles[0].value} does ({told})"
    parts = tuple((role, mention, candidate.name) for role in roles)
    return Act(LEARNT, says, parts, tuple(clause.goods_kinds), evidence, clause.goods, strong=False)


def _telling_place(places: Sequence[Place], clauses: Sequence[tuple[Field, Clause]]) -> Place:
    """Return the first of the places where goods and a verb of moving stand with the name, or the nearest to that."""

    def worth(place: Place) -> tuple[int, int]:
        clause = clauses[place.clause][1]
        return 2 * bool(clause.goods) + any(clause.has(name) for name in MOVING), -place.clause

    return max(places, key=worth)


def _bystanders(
    clauses: Sequence[tuple[Field, Clause]], parties: set[str], stances: Stances, rulebook: Rulebook
) -> tuple[Bystander, ...]:
    found: dict[str, Bystander] = {}
    for _, clause in clauses:
        for index in clause.parties:
            token = clause.tokens[index]
            mention = token.mention
            assert mention is not None and mention.type is not None
            if mention.canonical in parties or mention.canonical in found:
                continue
            start = token.start - clause.sentence.start
            written = clause.sentence.text[start : start + token.end - token.start]
            stance = stances.of(mention)
            found[mention.canonical] = Bystander(written, mention.canonical, mention.type, stance)
    return tuple(found.values())


def _goods(acts: Sequence[Act]) -> tuple[Goods, ...]:
    found: dict[str, Goods] = {}
    for act in acts:
        for mention in act.goods:
            if mention.goods not in found and mention.kind is not None:
                found[mention.goods] = Goods(mention.goods, mention.kind, act.evidence)
    return tuple(found.values())[:8]
