"""text, day, rulebook → Extraction: who is said to have done what, under which law, in whose words. Pure.

The order is: mentions, clauses, frames, bystanders, then the law of the day over what the frames found.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rules.acts import (
    MOVING,
    NEVER_PARTIES,
    Act,
    clauses_of,
    framed_acts,
    is_doubted,
    one_way,
    phrases_in,
    quote_of,
    touches,
    typed_acts,
)
from rules.bystanders import Stances, read_stances
from rules.candidates import Candidate, Place, find_candidates
from rules.clauses import Clause
from rules.denials import denying
from rules.findings import LEARNT, Bystander, Evidence, Extraction, Goods, MeasureFinding, Party, RuleHit
from rules.mentions import Mention
from rules.regime import Measure, Regime
from rules.roles import THRESHOLD, THRESHOLD_ALONE, features_of, likely_roles
from rules.rulebook import Rulebook
from rules.vocabulary import Direction, Field, Kind, Role, Status

_MOST_HITS = 24
# Of one act under one regime.
_MOST_MEASURES = 3
_SHIPPING = re.compile(
    r"ship-to-ship|transponder|automatic identification|\bAIS\b|went dark|false flag|flag of convenience|reflagged|"
    r"spoof|bill of lading|at-sea transfer|on the high seas|port call",
    re.IGNORECASE,
)
_TRAVEL = re.compile(
    r"travel ban|banned from travel|no-fly|defied a ban on travel|despite .{0,30}travel", re.IGNORECASE
)
_PROLIFERATION = re.compile(
    r"nuclear (?:weapons? |missile )?program|weapons of mass destruction|missile program|centrifuge|enrichment|"
    r"dual-use",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StoryRead:
    """A story's clauses, stances, acts and candidates, with what stands around each candidate."""

    clauses: list[tuple[Field, Clause]]
    stances: Stances
    acts: list[Act]
    candidates: list[Candidate]
    features: list[dict[str, float]]


def read_story(title: str, text: str, rulebook: Rulebook) -> StoryRead:
    """Return what the rules see of a story before anyone is named a party."""
    clauses = list(clauses_of(title, text, rulebook))
    stances = read_stances([c for _, c in clauses], rulebook)
    found = [act for field, clause in clauses for act in framed_acts(field, clause, title, text, stances, rulebook)]
    if not found:
        found = list(typed_acts(clauses, title, text, rulebook))
    # What was only true of a party of the law counts: an arms deal between others is nobody's breach.
    acts = one_way([act for act in found if touches(act, rulebook)])
    candidates = find_candidates(clauses, rulebook)
    return StoryRead(clauses, stances, acts, candidates, features_of(candidates, clauses, stances, acts, rulebook))


def extract(title: str, text: str, on: date | None, rulebook: Rulebook) -> Extraction:
    """Return what the rules find in one story, judged by the law of ``on`` (None: what has no known end).

    Every quote stands verbatim at its offsets in the field it names. Equal input gives an equal answer.
    """
    read = read_story(title, text, rulebook)
    whole = f"{title}\n{text}"
    learnt = list(_learnt(read, title, text, rulebook))
    acts = [*read.acts, *learnt]
    kinds = _kinds(acts, whole)
    measures, regimes = _law(acts, kinds, on, rulebook)
    parties = _parties([*(act for act in read.acts if act.strong), *learnt], rulebook)
    names = {p.canonical for p in parties}
    return Extraction(
        parties=parties,
        bystanders=_bystanders(read.clauses, names, read.stances, rulebook),
        kinds=kinds,
        regimes=regimes,
        measures=measures,
        goods=_goods(acts),
        status=_status(whole, rulebook) if acts else None,
        denied_by=denying(names, read.candidates, read.clauses, read.stances, rulebook),
        hits=tuple(RuleHit(a.rule, a.says, a.evidence) for a in acts[:_MOST_HITS]),
        version=rulebook.version,
    )


def _learnt(read: StoryRead, title: str, text: str, rulebook: Rulebook) -> Iterator[Act]:
    """Yield an act for each candidate that no frame named and the learnt weights take for a violator."""
    framed = {name for act in read.acts if act.strong for _, _, name in act.roles}
    least = THRESHOLD if read.acts else THRESHOLD_ALONE
    for candidate, features in zip(read.candidates, read.features, strict=True):
        if candidate.name in framed or rulebook.roles.probability("violator", features) < least:
            continue
        told_of = [p for p in candidate.places if not is_doubted(read.clauses[p.clause][1], rulebook)]
        if not told_of:
            continue
        place = _telling_place(told_of, read.clauses)
        field, clause = read.clauses[place.clause]
        goods = tuple(t.mention for t in clause.tokens if t.mention is not None and not t.mention.is_party)
        mention = _as_mention(candidate, clause, place)
        roles = likely_roles(features, rulebook.roles)
        evidence = quote_of(field, clause, 0, len(clause.tokens) - 1, title, text, LEARNT)
        told = "; ".join(rulebook.roles.telling(features))
        says = f"{candidate.name} stands where a {roles[0].value} does ({told})"
        kinds = tuple(m.kind for m in goods if m.kind)
        yield Act(
            "role.learnt", says, tuple((r, mention, candidate.name) for r in roles), kinds, evidence, goods, False
        )


def _telling_place(places: Sequence[Place], clauses: Sequence[tuple[Field, Clause]]) -> Place:
    """Return the first of the places where goods and a verb of moving stand with the name, or the nearest to that."""

    def worth(place: Place) -> tuple[int, int]:
        clause = clauses[place.clause][1]
        goods = any(t.mention is not None and not t.mention.is_party for t in clause.tokens)
        return 2 * goods + any(clause.has(name) for name in MOVING), -place.clause

    return max(places, key=worth)


def _as_mention(candidate: Candidate, clause: Clause, place: Place) -> Mention:
    first, last = clause.tokens[place.first], clause.tokens[place.last]
    if first.mention is not None:
        return first.mention
    return Mention(first.start, last.end, candidate.name, candidate.type)


def _kinds(acts: Sequence[Act], whole: str) -> tuple[Kind, ...]:
    counts: Counter[Kind] = Counter()
    for act in acts:
        for kind in set(act.kinds):
            counts[kind] += 2 if act.strong else 1
    if not counts:
        return ()
    top = max(counts.values())
    kinds = [k for k, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n * 2 >= top]
    if _SHIPPING.search(whole) and Kind.SHIPPING not in kinds:
        kinds.append(Kind.SHIPPING)
    if _TRAVEL.search(whole) and Kind.TRAVEL not in kinds:
        kinds.append(Kind.TRAVEL)
    if _PROLIFERATION.search(whole) and kinds[0] is not Kind.PROLIFERATION and counts[Kind.PROLIFERATION]:
        kinds.append(Kind.PROLIFERATION)
    return tuple(dict.fromkeys(kinds))[:3]


def _law(
    acts: Sequence[Act], kinds: Sequence[Kind], on: date | None, rulebook: Rulebook
) -> tuple[tuple[MeasureFinding, ...], tuple[str, ...]]:
    """Every measure the acts touch, and the regimes in force, the one most acts touch first.

    Measures that were not in force on the day are told only where no other is: the act was then no breach.
    """
    weight: Counter[str] = Counter()
    touched: dict[str, MeasureFinding] = {}
    for act in acts:
        for role, _, name in act.roles:
            for target in dict.fromkeys((name, rulebook.principal(name))):
                for regime in rulebook.targets.get(target, ()):
                    found = [_finding(regime, measure, on) for measure in _applying(regime, role, act, kinds, on)]
                    touched |= {f.code: f for f in found if f.code not in touched}
                    if any(f.in_force for f in found):
                        weight[regime.id] += 3 if act.strong else 1
    if weight:
        touched = {code: finding for code, finding in touched.items() if finding.in_force}
    regimes = tuple(r for r, _ in sorted(weight.items(), key=lambda item: (-item[1], item[0])))
    return tuple(touched.values()), regimes


def _finding(regime: Regime, measure: Measure, on: date | None) -> MeasureFinding:
    return MeasureFinding(
        regime.id, measure.code, measure.kind, measure.basis, measure.is_in_force(on), measure.unverified
    )


def _applying(regime: Regime, role: Role, act: Act, kinds: Sequence[Kind], on: date | None) -> Sequence[Measure]:
    """Return the measures that name the goods of the act, else the first that forbids acts of its kind.

    Those in force on the day come before those that were not.
    """
    forbidding = sorted(_forbidding(regime, role, act.kinds, kinds), key=lambda m: not m.is_in_force(on))
    suited = [m for m in dict.fromkeys(forbidding) if any(_names(m, g.goods) for g in act.goods)]
    in_force = [m for m in suited if m.is_in_force(on)]
    return in_force[:_MOST_MEASURES] or suited[:1] or forbidding[:1]


def _names(measure: Measure, goods: str) -> bool:
    """True where the measure's goods and the act's are the same word, or one of its words: "fuel" and "jet fuel"."""
    told = set(_singular(goods))
    return any(told >= words or words >= told for words in (set(_singular(g)) for g in measure.goods))


@lru_cache(maxsize=4_096)
def _singular(goods: str) -> tuple[str, ...]:
    return tuple(word.removesuffix("s") for word in goods.lower().replace("-", " ").split())


def _forbidding(regime: Regime, role: Role, act_kinds: Sequence[Kind], kinds: Sequence[Kind]) -> Iterator[Measure]:
    """Yield the regime's measures that forbid such an act, those of the act's own kind first."""
    wanted = [k for k in dict.fromkeys((*act_kinds, *kinds)) if k in kinds or k in act_kinds]
    for kind in wanted:
        for measure in regime.measures:
            if measure.kind is kind and _looks(measure.direction, role):
                yield measure


def _looks(direction: Direction, role: Role) -> bool:
    if direction is Direction.BOTH or role not in (Role.SUPPLIER, Role.RECIPIENT):
        return True
    return direction is (Direction.TO_TARGET if role is Role.RECIPIENT else Direction.FROM_TARGET)


def _parties(acts: Sequence[Act], rulebook: Rulebook) -> tuple[Party, ...]:
    found: dict[str, tuple[Mention, list[Role], list[Evidence]]] = {}
    for act in acts:
        for role, mention, name in act.roles:
            _, roles, evidence = found.setdefault(name, (mention, [], []))
            if role not in roles:
                roles.append(role)
            if act.evidence not in evidence and len(evidence) < 5:
                evidence.append(act.evidence)
    parties = []
    for name, (mention, roles, evidence) in found.items():
        known = rulebook.parties.get(name)
        type_ = known.type if known else mention.type
        if type_ is None or type_ in NEVER_PARTIES:
            continue
        written = next((e.quote for e in evidence), "")
        spelled = written if mention.canonical == written else _spelled(mention, evidence)
        parties.append(Party(spelled, name, type_, tuple(roles), tuple(evidence)))
    return tuple(parties)


def _spelled(mention: Mention, evidence: Sequence[Evidence]) -> str:
    """Return the party's name as the first quote writes it."""
    first = evidence[0]
    if first.start <= mention.start and mention.end <= first.end:
        return first.quote[mention.start - first.start : mention.end - first.start]
    return mention.canonical


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


def _status(whole: str, rulebook: Rulebook) -> Status:
    """The firmest word the story has for the act: admitted over documented over alleged."""
    lowered = whole.lower()
    if phrases_in(rulebook.phrases["admitted"]).search(lowered):
        return Status.ADMITTED
    if phrases_in(rulebook.phrases["documented"]).search(lowered):
        return Status.DOCUMENTED
    return Status.ALLEGED


def example_faults(rulebook: Rulebook) -> list[str]:
    """Return each example of the frames that does not come out as its row of the book expects."""
    faults = []
    for frame in rulebook.frames:
        for example in frame.examples:
            found = _roles_of(example["text"], rulebook)
            for role, name in example["expect"].items():
                if (role, name) not in found:
                    faults.append(f"{frame.id}: {example['text']!r}: no {role} {name}, but {sorted(found)}")
    return faults


def _roles_of(text: str, rulebook: Rulebook) -> set[tuple[str, str]]:
    clauses = list(clauses_of("", text, rulebook))
    stances = read_stances([c for _, c in clauses], rulebook)
    acts = [a for f, c in clauses for a in framed_acts(f, c, "", text, stances, rulebook)]
    return {(role.value, name) for act in acts for role, _, name in act.roles}
