"""Candidates → who of them is said to have taken part, and in what role.

A linear model decides over what stands around each name, what the frames found, and what else the story speaks of; its
weights are data (``rules/weights.py``). Names that no list holds are never features: only their form and surroundings.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.acts import Act, is_doubted
from rules.bystanders import Stances
from rules.candidates import Candidate, Place, name_ending, words_of
from rules.clauses import Clause, Token
from rules.rulebook import Rulebook
from rules.vocabulary import Field, Role
from rules.weights import ROLES, RoleWeights

_REACH = 7
_PREPOSITIONS = words_of(
    "to from by of in for against via through with aboard at on into onto under behind between among off near "
    "inside called named as than like including"
)
_JOINTS = words_of(", ; that who which and 's ( ) said says")
_NUMBERS = words_of("<n> <age> <year> <name>")
_BE = words_of("was were been be being is are got")
# What a sentence opens with that goes on about whoever the sentence before named.
_PRONOUNS = {
    "he": "person", "she": "person", "his": "person", "her": "person", "mr": "person", "it": "firm", "its": "firm",
    "they": "several", "their": "several", "both": "several",
}  # fmt: skip
_STANDS_FOR = {
    "firm": "firm", "company": "firm", "bank": "firm", "trader": "firm", "ship": "vessel", "vessel": "vessel",
    "tanker": "vessel", "freighter": "vessel", "crew": "vessel", "dhow": "vessel", "cargo": "vessel", "group": "group",
    "rebels": "group", "militants": "group", "movement": "group", "militia": "group", "gang": "group",
    "pair": "several", "men": "several", "two": "several", "three": "several", "defendants": "several",
    "defendant": "person", "man": "person", "businessman": "person",
    "country": "state", "government": "state", "regime": "state",
}  # fmt: skip
# How sure the model must be that a candidate takes part: where a frame says so, where none does, and where moreover
# every sentence that names him denies or imagines something.
THRESHOLD_FRAMED, THRESHOLD, THRESHOLD_DOUBTED = 0.25, 0.42, 0.6
# An official named beside the party he acts for mostly only speaks or visits: the party answers for him.
THRESHOLD_OFFICIAL = 0.65
# How near a role must come to the likeliest one, to be a second.
_NEARLY = 0.7
# How much more likely a frame makes the role that it gives.
_FRAMED = 1.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely a candidate takes part, and his roles, likeliest first; none where that is too unlikely."""

    violator: float
    roles: tuple[Role, ...]


def judge(features: Mapping[str, float], weights: RoleWeights, framed: Collection[Role] = ()) -> Judgement:
    """Return what the weights say of a candidate; ``framed`` are the roles that frames gave him."""
    violator = weights.violator(features)
    if violator < THRESHOLD_FRAMED:
        return Judgement(violator, ())
    told = weights.told_by(features)
    likely = {r: weights.probability_of(r.value, told) * (_FRAMED if r in framed else 1) for r in ROLES}
    top = max(likely.values())
    roles = sorted((r for r in ROLES if likely[r] >= _NEARLY * top), key=lambda r: (-likely[r], r))
    return Judgement(violator, tuple(roles))


def is_target(name: str, rulebook: Rulebook) -> bool:
    """True where a regime's measures are against the party or whoever it acts for."""
    return name in rulebook.targets or rulebook.principal(name) in rulebook.targets


@dataclass(frozen=True, slots=True)
class _Scene:
    """A clause as the model sees it: a symbol per word, names by what they are, and where each name stands in it."""

    symbols: list[str]
    tokens: list[Token | None]
    at: dict[int, int]
    names: list[int]
    always: list[str]
    sorts: list[str]
    then: list[str]
    classes: list[tuple[str, ...]]
    bones: list[str]


def features_of(
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    acts: Sequence[Act],
    rulebook: Rulebook,
) -> list[dict[str, float]]:
    """Return what stands around each candidate, as named numbers."""
    framed: dict[int, Counter[str]] = {}
    for number, given in parts_of(candidates, clauses, acts).items():
        held = framed.setdefault(number, Counter())
        for role, act in given:
            held[role.value] += 1
            held[f"by {act.rule.partition('.')[0]}" + ("" if act.strong else ", weakly")] += 1
    sorts = [_sort(c, rulebook) for c in candidates]
    named: dict[int, list[tuple[Place, int]]] = {}
    for number, one in enumerate(candidates):
        for place in one.places:
            named.setdefault(place.clause, []).append((place, number))
    scenes = {n: _scene(clauses, n, held, sorts, rulebook) for n, held in named.items()}
    story = list(_story(candidates, sorts, clauses, rulebook))
    total = sum(len(c.places) for c in candidates)
    order = sorted(
        range(len(candidates)), key=lambda i: (candidates[i].places[0].clause, candidates[i].places[0].first)
    )
    rank = {i: r for r, i in enumerate(order)}
    alike = Counter(sorts)
    return [
        _features(
            c,
            i,
            sorts,
            scenes,
            clauses,
            stances,
            framed,
            story,
            (total, rank[i], len(order), alike[sorts[i]]),
            rulebook,
        )
        for i, c in enumerate(candidates)
    ]


def parts_of(
    candidates: Sequence[Candidate], clauses: Sequence[tuple[Field, Clause]], acts: Sequence[Act]
) -> dict[int, list[tuple[Role, Act]]]:
    """Return for each candidate, by number, the roles that acts give him: those whose words name him there."""
    named: dict[Field, list[tuple[int, int, int]]] = {Field.TITLE: [], Field.TEXT: []}
    for number, one in enumerate(candidates):
        for place in one.places:
            named[clauses[place.clause][0]].append((place.start, place.end, number))
    spans = {field: _Spans(places) for field, places in named.items()}
    parts: dict[int, list[tuple[Role, Act]]] = {}
    for act in acts:
        for role, mention, _ in act.roles:
            for number in spans[act.evidence.field].meeting(mention.start, mention.end):
                parts.setdefault(number, []).append((role, act))
    return parts


class _Spans:
    """Places of candidates in the order of the text: those that meet a span are found without looking at the rest."""

    def __init__(self, places: Sequence[tuple[int, int, int]]) -> None:
        order = sorted(range(len(places)), key=lambda i: places[i][0])
        self._places = [(*places[i], i) for i in order]
        self._starts = [places[i][0] for i in order]
        self._longest = max((end - start for start, end, _ in places), default=0)

    def meeting(self, start: int, end: int) -> list[int]:
        """Return whose places share a letter with the span, in the order in which they were given."""
        first = bisect_left(self._starts, start - self._longest)
        near = self._places[first : bisect_left(self._starts, end)]
        return [number for _, number in sorted((given, number) for _, stop, number, given in near if start < stop)]


def _sort(one: Candidate, rulebook: Rulebook) -> str:
    if is_target(one.name, rulebook):
        return f"target {one.type.value}"
    return one.type.value if one.is_known else f"new {one.type.value}"


def _story(
    candidates: Sequence[Candidate], sorts: Sequence[str], clauses: Sequence[tuple[Field, Clause]], rulebook: Rulebook
) -> Iterator[str]:
    """Yield what the whole story is about: its goods, targets, and kinds of names."""
    goods = Counter(
        t.mention.kind.value for _, c in clauses for t in c.tokens if t.mention is not None and t.mention.kind
    )
    yield from (f"story of {kind}" for kind, n in goods.items() if n * 2 >= max(goods.values()))
    yield from {f"story names {c.name}" for c in candidates if c.name in rulebook.targets}
    yield from {f"story with {sort}" for sort in sorts if sort.startswith("new")}


def _features(
    one: Candidate,
    index: int,
    sorts: Sequence[str],
    scenes: Mapping[int, _Scene],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    framed: Mapping[int, Counter[str]],
    story: Sequence[str],
    counts: tuple[int, int, int, int],
    rulebook: Rulebook,
) -> dict[str, float]:
    sort, (total, rank, of, alike) = sorts[index], counts
    found: dict[str, float] = {f"is {one.type.value}": 1, f"is {sort}": 1}
    found["is known" if one.is_known else "is new"] = 1
    if "target" in sort:
        found["is target"] = 1
    if one.is_known:
        found[f"known: {one.name}"] = 1
    for role, n in framed.get(index, {}).items():
        found[f"frame {role}"] = found[f"frame {role}: {sort}"] = 1
        found[f"frame {role}, more"] = math.log(n)
    if framed and index not in framed:
        found["frames name others"] = found[f"frames name others: {sort}"] = 1
    found["share of names"] = len(one.places) / max(1, total)
    found["times named"] = math.log(len(one.places))
    found[f"times named: {sort}"] = math.log(len(one.places))
    found[f"named {min(rank, 6)}"] = 1
    found["named late"] = rank / of
    found["few names"] = 1 / of
    if any(clauses[p.clause][0] is Field.TITLE for p in one.places):
        found["in title"] = found[f"in title: {sort}"] = 1
    if min(p.clause for p in one.places) <= 3:
        found["in lead"] = found[f"in lead: {sort}"] = 1
    stance = stances.by_name.get(one.name)
    found[f"stance {stance.value if stance else 'none'}"] = 1
    if one.name in stances.deniers:
        found["denies"] = found[f"denies: {sort}"] = 1
    if not one.is_known:
        found[f"words {min(4, len(one.name.split()))}"] = 1
        if one.name.isupper():
            found["capitals"] = 1
        if any(c.isdigit() for c in one.name):
            found["digits"] = 1
        if ending := name_ending(one.name):
            found[f"ends in {ending}"] = 1
    elif rulebook.principal(one.name) != one.name:
        found["acts for another"] = 1
    if all(p.by_leader for p in one.places):
        found["only by leader"] = 1
    found[f"alone of {sort}" if alike == 1 else f"one of {min(alike, 5)} {sort}"] = 1
    for told in story:
        found[f"{told}: {sort}"] = 1
        if one.is_known and told.startswith("story of"):
            found[f"{told}: {one.name}"] = 1
    if len(one.places) == 1:
        place = one.places[0]
        found.update(dict.fromkeys(_around(place, scenes[place.clause], sort), 1.0))
        return found
    around: Counter[str] = Counter()
    for place in one.places:
        around.update(set(_around(place, scenes[place.clause], sort)))
    for name, count in around.items():
        # Once anywhere says half, always says the other half: a long story names everyone often.
        found[name] = 0.5 + 0.5 * count / len(one.places)
    return found


def _scene(
    clauses: Sequence[tuple[Field, Clause]],
    number: int,
    held: Sequence[tuple[Place, int]],
    sorts: Sequence[str],
    rulebook: Rulebook,
) -> _Scene:
    clause = clauses[number][1]
    starts = {place.first: (place, one) for place, one in held}
    symbols: list[str] = []
    tokens: list[Token | None] = []
    at: dict[int, int] = {}
    index = 0
    while index < len(clause.tokens):
        token = clause.tokens[index]
        if index in starts:
            place, one = starts[index]
            at[index] = len(symbols)
            symbols.append(f"<{sorts[one]}>")
            tokens.append(None)
            index = place.last + 1
            continue
        symbols.append(_symbol(token, clause))
        tokens.append(token)
        index += 1
    kinds = {t.mention.kind.value for t in clause.tokens if t.mention is not None and t.mention.kind}
    near = {
        t.mention.kind.value
        for _, c in clauses[max(0, number - 1) : number + 2]
        for t in c.tokens
        if t.mention is not None and t.mention.kind
    }
    always = [f"with {k}" for k in kinds] + [f"{k} near" for k in near - kinds]
    always += [f"clause: {name}" for name in clause.lists]
    if is_doubted(clause, rulebook):
        always.append("doubted")
    if not kinds and not near:
        always.append("no goods near")
    names = sorted(at.values())
    then = list(_goes_on(clauses[number + 1][1])) if number + 1 < len(clauses) else []
    return _Scene(
        symbols,
        tokens,
        at,
        names,
        always,
        [symbols[i] for i in names],
        then,
        [rulebook.word_classes.get(s, ()) for s in symbols],
        _bones(symbols, tokens),
    )


def _bones(symbols: Sequence[str], tokens: Sequence[Token | None]) -> list[str]:
    """Return the words that carry the grammar: verbs by list and voice, prepositions, names and goods; else nothing."""
    bones = []
    for i, (symbol, token) in enumerate(zip(symbols, tokens, strict=True)):
        if symbol in _PREPOSITIONS or symbol in _JOINTS or (symbol[:1] == "<" and symbol not in _NUMBERS):
            bones.append(symbol)
        elif token is not None and token.tags:
            lists = [tag[2:] for tag in token.tags if tag.startswith("V=")]
            name, _, form = lists[0].partition(":")
            if any(t.endswith(":pp") for t in lists) and not _BE.isdisjoint(symbols[max(0, i - 3) : i]):
                form = "passive"
            elif form == "pp":
                form = "fin"
            bones.append(f"{name}:{form}")
        else:
            bones.append("")
    return bones


def _goes_on(clause: Clause) -> Iterator[str]:
    """Yield what a sentence says of whoever the sentence before named, where it opens with a word for him."""
    words = [t.word for t in clause.tokens[:4]]
    what = _PRONOUNS.get(words[0]) if words else None
    if what is None and words[:1] == ["the"]:
        what = next((_STANDS_FOR[w] for w in words[1:3] if w in _STANDS_FOR), None)
    if what is None:
        return
    yield f"then {what}"
    for tag in _verb(clause.tokens[1:]):
        yield f"then {what} {tag.partition(':')[0]}"
    for name in clause.lists:
        yield f"then: {name}"
    for word in [t.word for t in clause.tokens[1:6] if t.mention is None]:
        yield f"then {what}: {word}"


def _symbol(token: Token, clause: Clause) -> str:
    if token.mention is not None:
        if token.mention.kind:
            return f"<{token.mention.kind.value}>"
        return f"<{token.mention.type.value if token.mention.type else ''}>"
    first = token.word[:1]
    if first.isdigit():
        return (
            "<year>"
            if len(token.word) == 4 and token.word[:2] in ("19", "20")
            else "<age>"
            if len(token.word) == 2
            else "<n>"
        )
    start = token.start - clause.sentence.start
    if start and clause.sentence.text[start : start + 1].isupper() and not token.tags:
        return "<name>"
    return token.word


def _around(place: Place, scene: _Scene, sort: str) -> Iterator[str]:
    at = scene.at.get(place.first)
    if at is None:
        return
    symbols = scene.symbols
    left, right = symbols[max(0, at - _REACH) : at], symbols[at + 1 : at + 1 + _REACH]
    padded = ["<<", "<<", "<<", *left][-3:]
    l3, l2, l1 = padded
    r1, r2, r3 = [*right, ">>", ">>", ">>"][:3]
    yield f"-1 {l1}"
    yield f"-2 {l2}"
    yield f"-2-1 {l2} {l1}"
    yield f"-3-2-1 {l3} {l2} {l1}"
    yield f"+1 {r1}"
    yield f"+2 {r2}"
    yield f"+1+2 {r1} {r2}"
    yield f"+1+2+3 {r1} {r2} {r3}"
    yield f"-1+1 {l1} {r1}"
    yield from (f"L {s}" for s in left)
    yield from (f"R {s}" for s in right)
    preposition = next((s for s in reversed(left[-4:]) if s in _PREPOSITIONS), "none")
    yield f"after {preposition}"
    yield f"after {preposition}: {sort}"
    before, beyond = _verb(reversed(scene.tokens[:at])), _verb(scene.tokens[at + 1 :])
    for lists, where in ((before, "verb before"), (beyond, "verb after")):
        for name in lists:
            yield f"{where} {name}"
            yield f"{where} {name.partition(':')[0]}: {sort}"
            if where == "verb before":
                yield f"{where} {name.partition(':')[0]}, {preposition}"
    if not before:
        yield "no verb before"
    for name in scene.always:
        yield name
        yield f"{name}: {sort}"
    yield from _classes(scene.classes, at, sort)
    before_it = ["<<", "<<", *(b for b in scene.bones[:at] if b)][-3:]
    after_it = [*(b for b in scene.bones[at + 1 :] if b), ">>", ">>", ">>"][:3]
    for bones in (before_it[-1:], before_it[-2:], before_it):
        yield f"bones - {' '.join(bones)}"
    for bones in (after_it[:1], after_it[:2], after_it):
        yield f"bones + {' '.join(bones)}"
    yield f"bones {before_it[-1]} _ {after_it[0]}"
    yield f"bones {' '.join(before_it[-2:])} _ {' '.join(after_it[:2])}"
    yield f"bones - {before_it[-1]}: {sort}"
    yield f"bones + {after_it[0]}: {sort}"
    yield from scene.then
    yield from (f"{t}: {sort}" for t in scene.then[:1])
    here = scene.names.index(at)
    yield "first name" if here == 0 else "last name" if here == len(scene.names) - 1 else "middle name"
    if len(scene.names) > 1:
        yield from (f"beside {s}: {sort}" for i, s in enumerate(scene.sorts) if i != here)
    else:
        yield f"alone in clause: {sort}"


def _classes(classes: Sequence[tuple[str, ...]], at: int, sort: str) -> Iterator[str]:
    """Yield the classes of the words around a name: right beside it, near it, and anywhere in the clause."""
    for where, words in (
        ("-1", classes[max(0, at - 1) : at]),
        ("-4", classes[max(0, at - 4) : at]),
        ("-12", classes[max(0, at - 12) : at]),
        ("+2", classes[at + 1 : at + 3]),
        ("+5", classes[at + 1 : at + 6]),
        ("+12", classes[at + 1 : at + 13]),
    ):
        for name in {c for held in words for c in held}:
            yield f"{where} class {name}"
            yield f"{where} class {name}: {sort}"


def _verb(tokens: Iterable[Token | None]) -> list[str]:
    """Return the lists and form of the nearest word of action."""
    for distance, token in enumerate(tokens):
        if token is not None and token.tags:
            lists = [tag[2:] for tag in token.tags if tag.startswith("V=") and not tag.endswith(":noun")]
            if lists:
                return lists
        if distance > 12:
            break
    return []
