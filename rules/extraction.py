"""text, day, rulebook → Extraction: who is said to have done what, under which law, in whose words. Pure.

The order is: mentions, clauses, frames, bystanders, then the law of the day over what the frames found.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from rules.bystanders import Stances, read_stances
from rules.clauses import Clause, clause_of
from rules.findings import Bystander, Evidence, Extraction, Goods, MeasureFinding, Party, RuleHit
from rules.frames import FrameHit, find_frames
from rules.mentions import Mention, find_mentions
from rules.regime import Measure, Regime
from rules.rulebook import Rulebook
from rules.sentences import sentences
from rules.vocabulary import Direction, Field, Kind, PartyType, Role, Status

_NEVER_PARTIES = (PartyType.BODY, PartyType.MEDIA)
_MAX_SENTENCES = 400
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
class _Act:
    """A frame found in a clause, with its parties resolved to those they act for."""

    rule: str
    says: str
    roles: tuple[tuple[Role, Mention, str], ...]
    kinds: tuple[Kind, ...]
    evidence: Evidence
    goods: tuple[Mention, ...]
    strong: bool


def extract(title: str, text: str, on: date | None, rulebook: Rulebook) -> Extraction:
    """Return what the rules find in one story, judged by the law of ``on`` (None: what has no known end).

    Every quote stands verbatim at its offsets in the field it names. Equal input gives an equal answer.
    """
    clauses = list(_clauses(title, text, rulebook))
    stances = read_stances([c for _, c in clauses], rulebook)
    found = [act for field, clause in clauses for act in _acts(field, clause, title, text, stances, rulebook)]
    if not any(act.strong for act in found):
        found += _typed(clauses, title, text, rulebook)
    # What was only true of a party of the law counts: an arms deal between others is nobody's breach.
    acts = [act for act in found if _touches(act, rulebook)]
    acts += _carriers(clauses, title, text, stances, acts, rulebook)
    whole = f"{title}\n{text}"
    acts = _one_way(acts)
    kinds = _kinds(acts, whole)
    measures, regimes = _law(acts, kinds, on, rulebook)
    parties = _parties(acts, stances, rulebook)
    names = {p.canonical for p in parties}
    return Extraction(
        parties=parties,
        bystanders=_bystanders(clauses, names, stances, rulebook),
        kinds=kinds,
        regimes=regimes,
        measures=measures,
        goods=_goods(acts),
        status=_status(whole, rulebook) if acts else None,
        denied_by=tuple(name for name in stances.deniers if name in names),
        hits=tuple(RuleHit(a.rule, a.says, a.evidence) for a in acts[:20]),
        version=rulebook.version,
    )


def _clauses(title: str, text: str, rulebook: Rulebook) -> Iterator[tuple[Field, Clause]]:
    for field, value in ((Field.TITLE, title), (Field.TEXT, text)):
        mentions = find_mentions(value, rulebook)
        at = 0
        for number, sentence in enumerate(sentences(value)):
            if number >= _MAX_SENTENCES:
                break
            while at < len(mentions) and mentions[at].start < sentence.start:
                at += 1
            end = at
            while end < len(mentions) and mentions[end].end <= sentence.end:
                end += 1
            yield field, clause_of(sentence, mentions[at:end], rulebook)
            at = end


def _acts(field: Field, clause: Clause, title: str, text: str, stances: Stances, rulebook: Rulebook) -> Iterator[_Act]:
    if not clause.parties:
        return
    for hit in find_frames(clause.encoded, clause.lists, rulebook.frames):
        if _is_undone(clause, hit, rulebook):
            continue
        goods = tuple(t.mention for t in clause.tokens if t.mention is not None and not t.mention.is_party)
        named = tuple(m.kind for m in goods if m.kind)
        if hit.frame.goods and hit.frame.goods not in named:
            continue
        kinds = (
            (hit.frame.kind,) if hit.frame.kind else named or ((hit.frame.otherwise,) if hit.frame.otherwise else ())
        )
        if not kinds:
            continue
        roles = tuple(_resolved(clause, hit, rulebook))
        if roles:
            yield _Act(
                hit.frame.id,
                _say(hit, roles, goods),
                roles,
                kinds,
                _quote(field, clause, hit.first, hit.last, title, text, hit.frame.id),
                goods,
                strong=True,
            )


def _is_undone(clause: Clause, hit: FrameHit, rulebook: Rulebook) -> bool:
    """True where the words of the hit, or the few before it, deny or only imagine the act, or belong to a speaker."""
    start, end = clause.tokens[max(0, hit.first - 4)].start, clause.tokens[hit.last].end
    span = clause.sentence.text[start - clause.sentence.start : end - clause.sentence.start].lower()
    if _phrases(rulebook.phrases["negation"]).search(span) or _phrases(rulebook.phrases["hypothetical"]).search(span):
        return True
    if hit.frame.id.startswith("transfer.accused"):
        return False
    subject = next((indexes[-1] for role, indexes in hit.roles if indexes and indexes[0] == hit.first), None)
    if subject is None:
        return False
    # "Seoul said ... sent": the speaker is not the sender.
    following = clause.tokens[subject + 1 : min(subject + 5, hit.last)]
    spoken = ("V=say:fin", "V=accuse:fin", "V=seize:fin", "V=deny:fin", "V=say:base")
    return any(tag in spoken for token in following for tag in token.tags)


@lru_cache(maxsize=32)
def _phrases(phrases: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(p) if p != "n't" else r"\w+n't" for p in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


def _resolved(clause: Clause, hit: FrameHit, rulebook: Rulebook) -> Iterator[tuple[Role, Mention, str]]:
    for role, indexes in hit.roles:
        for index in indexes:
            mention = clause.tokens[index].mention
            if mention is None or mention.type in _NEVER_PARTIES:
                continue
            yield role, mention, _answerable(mention, rulebook)


def _answerable(mention: Mention, rulebook: Rulebook) -> str:
    """A leader's act is that of the party he leads; a body of a state keeps its own name."""
    if mention.type is PartyType.PERSON and mention.known is not None:
        return rulebook.principal(mention.canonical)
    return mention.canonical


def _say(hit: FrameHit, roles: Sequence[tuple[Role, Mention, str]], goods: Sequence[Mention]) -> str:
    names: dict[str, str] = {}
    for role, _, name in roles:
        names[role.value] = f"{names[role.value]} and {name}" if role.value in names else name
    said = re.sub(r"\{(\w+)\}", lambda m: names.get(m[1], "goods" if m[1] == "goods" else "someone"), hit.frame.says)
    return said.replace("goods", goods[0].goods, 1) if goods else said


def _quote(field: Field, clause: Clause, first: int, last: int, title: str, text: str, rule: str) -> Evidence:
    start, end = clause.tokens[first].start, clause.tokens[last].end
    value = title if field is Field.TITLE else text
    return Evidence(field, start, end, value[start:end], rule)


def _typed(clauses: Sequence[tuple[Field, Clause]], title: str, text: str, rulebook: Rulebook) -> Iterator[_Act]:
    """Where no frame speaks: a target named beside goods and a verb of moving, taking or seizing has its usual part.

    The goods and the verb may stand in the sentence before or after: news spreads an act over two or three.
    """
    for number, (field, clause) in enumerate(clauses):
        near = [c for _, c in clauses[max(0, number - 1) : number + 2]]
        goods = tuple(t.mention for c in near for t in c.tokens if t.mention is not None and not t.mention.is_party)
        if not goods or not any(c.has(name) for c in near for name in _MOVING) or _is_doubted(clause, rulebook):
            continue
        # What is fired at somebody is not supplied to whoever fires it.
        if clause.has("attack") and not any(clause.has(name) for name in _SUPPLYING):
            continue
        roles = tuple(_usual_roles(clause, goods, rulebook))
        if roles:
            kinds = tuple(m.kind for m in goods if m.kind)
            evidence = _quote(field, clause, 0, len(clause.tokens) - 1, title, text, "typed.target")
            says = f"{roles[0][2]} is named beside {goods[0].goods}"
            yield _Act("typed.target", says, roles, kinds, evidence, goods, strong=False)


_SUPPLYING = ("supply", "receive", "procure", "transfer", "pay", "arm")
_MOVING = ("supply", "receive", "seize", "procure", "transfer", "steal", "pay", "employ", "work", "travel", "arm")


def _is_doubted(clause: Clause, rulebook: Rulebook) -> bool:
    sentence = clause.sentence.text.lower()
    return any(_phrases(rulebook.phrases[name]).search(sentence) for name in ("negation", "hypothetical"))


def _usual_roles(clause: Clause, goods: Sequence[Mention], rulebook: Rulebook) -> Iterator[tuple[Role, Mention, str]]:
    for index in clause.parties:
        mention = clause.tokens[index].mention
        if mention is None or mention.type in _NEVER_PARTIES:
            continue
        name = _answerable(mention, rulebook)
        if name in rulebook.targets or rulebook.principal(name) in rulebook.targets:
            yield _usual_role(name, goods), mention, name


def _usual_role(name: str, goods: Sequence[Mention]) -> Role:
    kinds = {m.kind for m in goods}
    if name == "North Korea" and kinds & {Kind.FINANCE, Kind.LABOUR}:
        return Role.OPERATOR
    if name in ("North Korea", "Iran") and kinds & {Kind.ARMS, Kind.COMMODITY}:
        return Role.SUPPLIER
    return Role.RECIPIENT


def _touches(act: _Act, rulebook: Rulebook) -> bool:
    """True where a target of some regime takes part, itself or through one who acts for it."""
    return any(name in rulebook.targets or rulebook.principal(name) in rulebook.targets for _, _, name in act.roles)


def _one_way(acts: Sequence[_Act]) -> list[_Act]:
    """Drop a direction that few sentences give where most give the other: goods rarely go both ways in one story."""
    counts: Counter[tuple[str, Role]] = Counter()
    for act in acts:
        for role, name in {(role, name) for role, _, name in act.roles}:
            counts[name, role] += 2 if act.strong else 1
    opposite = {Role.SUPPLIER: Role.RECIPIENT, Role.RECIPIENT: Role.SUPPLIER}
    kept = []
    for act in acts:
        roles = tuple(
            (role, mention, name)
            for role, mention, name in act.roles
            if role not in opposite or counts[name, role] * 2 > counts[name, opposite[role]]
        )
        if roles:
            kept.append(replace(act, roles=roles))
    return kept


def _carriers(
    clauses: Sequence[tuple[Field, Clause]],
    title: str,
    text: str,
    stances: Stances,
    acts: Sequence[_Act],
    rulebook: Rulebook,
) -> list[_Act]:
    """Vessels, firms and persons that no frame reached, where the story tells of an act and the sentence of moving."""
    if not acts:
        return []
    found: list[_Act] = []
    kinds = tuple(k for act in acts[:3] for k in act.kinds)
    for field, clause in clauses:
        for index in clause.parties:
            mention = clause.tokens[index].mention
            if mention is None or mention.known is not None:
                continue
            role = _role_by_form(clause, mention)
            if role is None:
                continue
            evidence = _quote(field, clause, 0, len(clause.tokens) - 1, title, text, "form.party")
            says = f"{mention.canonical} is named as {role.value}"
            found.append(_Act("form.party", says, ((role, mention, mention.canonical),), kinds, evidence, (), False))
    return found


def _role_by_form(clause: Clause, mention: Mention) -> Role | None:
    moving = clause.has("supply") or clause.has("transfer") or clause.has("seize") or clause.has("receive")
    if mention.type is PartyType.VESSEL:
        return Role.CARRIER if moving else None
    if mention.type is PartyType.COMPANY:
        if re.search(r"airlines?|airways|aviation|cargo|shipping|maritime|logistics", mention.canonical, re.IGNORECASE):
            return Role.CARRIER if moving else None
        if re.search(r"bank|exchange|finance", mention.canonical, re.IGNORECASE):
            return Role.FINANCIER if clause.has("pay") or clause.has("steal") else None
        return Role.BROKER if clause.has("front") or clause.has("procure") else Role.SUPPLIER if moving else None
    if mention.type is PartyType.PERSON and clause.has("accuse"):
        if clause.has("steal"):
            return Role.OPERATOR
        if clause.has("pay") and not clause.has("supply"):
            return Role.FINANCIER
        return Role.BROKER if clause.has("procure") else Role.SUPPLIER if moving else None
    return None


def _kinds(acts: Sequence[_Act], whole: str) -> tuple[Kind, ...]:
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
    acts: Sequence[_Act], kinds: Sequence[Kind], on: date | None, rulebook: Rulebook
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
                    forbidding = list(_forbidding(regime, role, act.kinds, kinds))
                    if not forbidding:
                        continue
                    measure = next((m for m in forbidding if m.is_in_force(on)), forbidding[0])
                    finding = _finding(regime, measure, on)
                    touched.setdefault(measure.code, finding)
                    if finding.in_force:
                        weight[regime.id] += 3 if act.strong else 1
    if weight:
        touched = {code: finding for code, finding in touched.items() if finding.in_force}
    regimes = tuple(r for r, _ in sorted(weight.items(), key=lambda item: (-item[1], item[0])))
    return tuple(touched.values()), regimes


def _finding(regime: Regime, measure: Measure, on: date | None) -> MeasureFinding:
    return MeasureFinding(
        regime.id, measure.code, measure.kind, measure.basis, measure.is_in_force(on), measure.unverified
    )


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


def _parties(acts: Sequence[_Act], stances: Stances, rulebook: Rulebook) -> tuple[Party, ...]:
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
        if type_ is None or type_ in _NEVER_PARTIES:
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


def _goods(acts: Sequence[_Act]) -> tuple[Goods, ...]:
    found: dict[str, Goods] = {}
    for act in acts:
        for mention in act.goods:
            if mention.goods not in found and mention.kind is not None:
                found[mention.goods] = Goods(mention.goods, mention.kind, act.evidence)
    return tuple(found.values())[:8]


def _status(whole: str, rulebook: Rulebook) -> Status:
    """The firmest word the story has for the act: admitted over documented over alleged."""
    lowered = whole.lower()
    if _phrases(rulebook.phrases["admitted"]).search(lowered):
        return Status.ADMITTED
    if _phrases(rulebook.phrases["documented"]).search(lowered):
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
    clauses = list(_clauses("", text, rulebook))
    stances = read_stances([c for _, c in clauses], rulebook)
    acts = [a for f, c in clauses for a in _acts(f, c, "", text, stances, rulebook)]
    return {(role.value, name) for act in acts for role, _, name in act.roles}
