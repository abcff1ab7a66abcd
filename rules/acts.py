"""Clauses → acts: what the frames find, and where no frame speaks, what a target's usual part would be. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from rules.clauses import Clause, clause_of, encoded, marks_of
from rules.days import Span
from rules.findings import Evidence
from rules.frames import FrameHit, find_frames, worth_trying
from rules.mentions import Mention, find_mentions
from rules.rulebook import Rulebook
from rules.sentences import Sentence, sentences
from rules.sieve import Sieve
from rules.vocabulary import Field, Kind, PartyType, Role

NEVER_PARTIES = (PartyType.BODY, PartyType.MEDIA)
_MAX_SENTENCES = 400
_ARTICLES = ("the", "a", "an", "its", "his", "their", "eastern", "western", "northern", "southern")
# "UN-backed" tells whom the world recognises.
_BACKED = "transfer.backed"
_DENYING = ("denied", "denies", "deny", "denying")
_PLACING = ("in", "to", "on", "near", "at", "against", "into", "inside", "toward", "towards")


@dataclass(frozen=True, slots=True)
class When:
    """The days of an act, one span for each that the story names, and the words that tell the first.

    ``own`` is True where the sentence of the act itself tells them, False where one beside it or the text of a headline
    does. ``past`` is True where they are those of a party or a programme that is no more, so that no misread year can
    have told them.
    """

    spans: tuple[Span, ...]
    evidence: Evidence
    own: bool = True
    past: bool = False

    def __str__(self) -> str:
        """Return the days as ISO 8601 writes days and intervals."""
        return "; ".join(map(str, self.spans))


@dataclass(frozen=True, slots=True)
class Act:
    """An act found in a clause, with its parties resolved to those they act for; ``strong`` where a frame found it.

    ``when`` is None where the story leaves its day open: the act is then of the story's day.
    """

    rule: str
    says: str
    roles: tuple[tuple[Role, Mention, str], ...]
    kinds: tuple[Kind, ...]
    evidence: Evidence
    goods: tuple[Mention, ...]
    strong: bool
    when: When | None = None


def names_of(act: Act) -> frozenset[str]:
    """Return the canonical names of those who take part."""
    return frozenset(name for _, _, name in act.roles)


def clauses_of(title: str, text: str, rulebook: Rulebook) -> Iterator[tuple[Field, Clause]]:
    for field, value, around in ((Field.TITLE, title, text), (Field.TEXT, text, title)):
        told = islice(sentences(value), _MAX_SENTENCES)
        yield from ((field, clause) for clause in _tagged(told, find_mentions(value, rulebook, around), rulebook))


def _tagged(told: Iterable[Sentence], mentions: Sequence[Mention], rulebook: Rulebook) -> Iterator[Clause]:
    at = 0
    for sentence in told:
        while at < len(mentions) and mentions[at].start < sentence.start:
            at += 1
        end = at
        while end < len(mentions) and mentions[end].end <= sentence.end:
            end += 1
        yield clause_of(sentence, mentions[at:end], rulebook)
        at = end


def framed_acts(field: Field, clause: Clause, title: str, text: str, rulebook: Rulebook) -> Iterator[Act]:
    """Yield the acts that the frames find in one clause; what it denies or only imagines is left out."""
    for hit in _hits(clause, rulebook):
        act = act_of(hit, field, clause, title, text, rulebook)
        if isinstance(act, Act):
            yield act


def _hits(clause: Clause, rulebook: Rulebook) -> Iterable[FrameHit]:
    if not clause.parties:
        return ()
    frames = worth_trying(marks_of(clause), len(clause.parties), rulebook.frames)
    return find_frames(encoded(clause), frames) if frames else ()


def act_of(hit: FrameHit, field: Field, clause: Clause, title: str, text: str, rulebook: Rulebook) -> Act | str:
    """Return the act that a hit tells of, or why it tells of none."""
    if _is_undone(clause, hit, rulebook):
        return "denied, only imagined, or told of whoever speaks"
    if hit.frame.id == _BACKED and _is_by_a_body(clause, hit):
        return "backed by a body, which arms nobody"
    goods = clause.goods
    named = tuple(m.kind for m in goods if m.kind)
    if hit.frame.goods and hit.frame.goods not in named:
        return f"names no goods of the kind {hit.frame.goods.value}"
    kinds = (hit.frame.kind,) if hit.frame.kind else named or ((hit.frame.otherwise,) if hit.frame.otherwise else ())
    if not kinds:
        return "names no goods"
    roles = tuple(_resolved(clause, hit, rulebook))
    first = min(hit.first, *(_owner(clause, i) for _, given in hit.roles for i in given)) if roles else hit.first
    if not roles:
        return "only bodies and media stand where the parties would"
    return Act(
        hit.frame.id,
        _say(hit, roles, goods),
        roles,
        kinds,
        quote_of(field, clause, first, hit.last, title, text, hit.frame.id),
        goods,
        strong=True,
    )


def _is_by_a_body(clause: Clause, hit: FrameHit) -> bool:
    backers = (clause.tokens[i].mention for role, given in hit.roles if role is Role.SUPPLIER for i in given)
    return all(m is not None and m.type in NEVER_PARTIES for m in backers)


def dropped_in(
    field: Field, clause: Clause, title: str, text: str, rulebook: Rulebook
) -> Iterator[tuple[Evidence, str, str]]:
    """Yield the words, the frame and the reason of each hit in a clause that tells of no act."""
    for hit in _hits(clause, rulebook):
        reason = act_of(hit, field, clause, title, text, rulebook)
        if isinstance(reason, str):
            yield quote_of(field, clause, hit.first, hit.last, title, text, hit.frame.id), hit.frame.id, reason


def _is_undone(clause: Clause, hit: FrameHit, rulebook: Rulebook) -> bool:
    """True where the words of the hit, or the few before it, deny or only imagine the act, or belong to a speaker."""
    start, end = clause.tokens[max(0, hit.first - 4)].start, clause.tokens[hit.last].end
    span = clause.sentence.text[start - clause.sentence.start : end - clause.sentence.start].lower()
    if _is_doubt(span, rulebook.phrases["negation"], rulebook.phrases["hypothetical"]):
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
def phrases_in(phrases: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(p) if p != "n't" else r"\w+n't" for p in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


def _resolved(clause: Clause, hit: FrameHit, rulebook: Rulebook) -> Iterator[tuple[Role, Mention, str]]:
    for role, indexes in hit.roles:
        for index in indexes:
            mention = clause.tokens[_owner(clause, index)].mention
            if mention is None or mention.type in NEVER_PARTIES:
                continue
            if index == indexes[0] and _is_no_subject(clause, hit, index):
                continue
            yield role, mention, answerable(mention, rulebook)


def _owner(clause: Clause, index: int) -> int:
    """Return the place of whoever acts where a frame found a name: of "the Houthis of Yemen" the group, not Yemen."""
    tokens = clause.tokens
    named = tokens[index].mention
    if index < 2 or named is None or named.type is not PartyType.STATE or tokens[index - 1].word != "of":
        return index
    group = tokens[index - 2].mention
    return index - 2 if group is not None and group.type is PartyType.GROUP else index


def _is_no_subject(clause: Clause, hit: FrameHit, index: int) -> bool:
    """True where the frame opens with the name and a word of place governs it: "on Libya by selling"."""
    if any(clause.tokens[i].mention is not None for i in range(hit.first, index)):
        return False
    before = [t.word for t in clause.tokens[max(0, index - 3) : index]]
    while before and before[-1] in _ARTICLES:
        before.pop()
    return bool(before) and before[-1] in _PLACING


def answerable(mention: Mention, rulebook: Rulebook) -> str:
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


def quote_of(field: Field, clause: Clause, first: int, last: int, title: str, text: str, rule: str) -> Evidence:
    start, end = clause.tokens[first].start, clause.tokens[last].end
    value = title if field is Field.TITLE else text
    return Evidence(field, start, end, value[start:end], rule)


def typed_acts(clauses: Sequence[tuple[Field, Clause]], title: str, text: str, rulebook: Rulebook) -> Iterator[Act]:
    """Where no frame speaks: a target named beside goods and a verb of moving, taking or seizing has its usual part.

    The goods and the verb may stand in the sentence before or after: news spreads an act over two or three.
    """
    for number, (field, clause) in enumerate(clauses):
        near = [c for _, c in clauses[max(0, number - 1) : number + 2]]
        goods = tuple(m for c in near for m in c.goods)
        if not goods or not any(c.has(name) for c in near for name in MOVING) or is_doubted(clause, rulebook):
            continue
        # Fighters and warplanes are named wherever there is war: here only where the sentence moves or pays them.
        if all(m.goods in rulebook.names["personnel"] for m in goods) and not any(clause.has(n) for n in _SUPPLYING):
            continue
        # What is fired at somebody is not supplied to whoever fires it.
        if clause.has("attack") and not any(clause.has(name) for name in _SUPPLYING):
            continue
        roles = tuple(_usual_roles(clause, goods, rulebook))
        if roles:
            kinds = tuple(m.kind for m in goods if m.kind)
            evidence = quote_of(field, clause, 0, len(clause.tokens) - 1, title, text, "typed.target")
            says = f"{roles[0][2]} is named beside {goods[0].goods}"
            yield Act("typed.target", says, roles, kinds, evidence, goods, strong=False)


_SUPPLYING = ("supply", "receive", "procure", "transfer", "pay", "arm")
MOVING = ("supply", "receive", "seize", "procure", "transfer", "steal", "pay", "employ", "work", "travel", "arm")


# How many letters behind a word of doubt what it doubts may stand.
_DOUBT_REACHES = 60


def is_doubted(clause: Clause, rulebook: Rulebook) -> bool:
    """True where the sentence denies, plans, asks for or only imagines what it speaks of."""
    return _is_doubt(clause.sentence.text.lower(), rulebook.phrases["negation"], rulebook.phrases["hypothetical"])


def is_unsaid(clause: Clause, rulebook: Rulebook) -> bool:
    """True where the sentence plans, asks for, imagines or negates what it speaks of.

    That somebody denies it, and no more, tells what he is accused of.
    """
    negation = tuple(phrase for phrase in rulebook.phrases["negation"] if phrase not in _DENYING)
    return _is_doubt(clause.sentence.text.lower(), negation, rulebook.phrases["hypothetical"])


def is_said_besides(clause: Clause, rulebook: Rulebook) -> bool:
    """True where the sentence moves something out of reach of its words of doubt.

    "He will step down over payments that his firm made": what will be is one thing, what was paid another. A doubt
    reaches what stands a few words behind it, and nothing before it.
    """
    text = clause.sentence.text.lower()
    patterns, _ = _doubts(rulebook.phrases["negation"], rulebook.phrases["hypothetical"])
    doubts = sorted(m.start() for pattern in patterns.values() for m in pattern.finditer(text))
    moved = [t.start - clause.sentence.start for t in clause.tokens if moves_by(t.tags)]
    moved += [m.start() for m in phrases_in(rulebook.phrases["act_noun"]).finditer(text)]
    return any(not any(at - _DOUBT_REACHES <= doubt < at for doubt in doubts) for at in moved)


def moves_by(tags: Sequence[str]) -> bool:
    """True where a word with these tags is a verb of moving, taking or seizing: one of ``MOVING``."""
    return any(tag.startswith("V=") and tag[2:].partition(":")[0] in MOVING for tag in tags)


@lru_cache(maxsize=2_048)
def _is_doubt(lowered: str, negation: tuple[str, ...], hypothetical: tuple[str, ...]) -> bool:
    patterns, sieve = _doubts(negation, hypothetical)
    return any(patterns[name].search(lowered) for name in sieve.possible(lowered))


@lru_cache(maxsize=8)
def _doubts(*lists: tuple[str, ...]) -> tuple[dict[str, re.Pattern[str]], Sieve]:
    patterns = {str(number): phrases_in(phrases) for number, phrases in enumerate(lists)}
    return patterns, Sieve(patterns)


def _usual_roles(clause: Clause, goods: Sequence[Mention], rulebook: Rulebook) -> Iterator[tuple[Role, Mention, str]]:
    for index in clause.parties:
        mention = clause.tokens[index].mention
        if mention is None or mention.type in NEVER_PARTIES:
            continue
        name = answerable(mention, rulebook)
        if rulebook.is_targeted(name):
            yield _usual_role(name, goods, rulebook), mention, name


def _usual_role(name: str, goods: Sequence[Mention], rulebook: Rulebook) -> Role:
    kinds, party = {m.kind for m in goods}, rulebook.parties.get(name)
    given = {role for kind, role in party.usually if kind in kinds} if party else set()
    return Role.OPERATOR if Role.OPERATOR in given else next(iter(given), Role.RECIPIENT)


def touches(act: Act, rulebook: Rulebook) -> bool:
    """True where a target of some regime takes part, itself or through one who acts for it."""
    return any(rulebook.is_targeted(name) for _, _, name in act.roles)


def one_way(acts: Sequence[Act]) -> list[Act]:
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
