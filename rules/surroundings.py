"""Candidates → what stands around each name, what the frames gave it, and what else the story speaks of, as features.

Names that no list holds are never features: only their form and surroundings.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rules.acts import Act, is_doubted
from rules.bystanders import Stances
from rules.candidates import Candidate, Place, name_ending
from rules.clauses import Clause, Token
from rules.naming import AFTER, BEFORE, Around, Names
from rules.rulebook import Rulebook
from rules.spans import words_of
from rules.vocabulary import Field, Role

# How far off a word of action may stand, and where classes of words are told apart.
_FAR = 14
_WINDOWS = (("-1", -1, -1), ("-4", -4, -1), ("-12", -12, -1), ("+2", 1, 2), ("+5", 1, 5), ("+12", 1, 12))
_ZONES = {
    away: tuple(name for name, first, last in _WINDOWS if first <= away <= last) for away in range(-12, 13) if away
}
# The words around a name, and the words that carry the grammar.
_WORDS = Around(
    each={"L": -7, "R": 7},
    rows={
        "-1 {}": (-1,), "-2 {}": (-2,), "-2-1 {} {}": (-2, -1), "-3-2-1 {} {} {}": (-3, -2, -1), "+1 {}": (1,),
        "+2 {}": (2,), "+1+2 {} {}": (1, 2), "+1+2+3 {} {} {}": (1, 2, 3), "-1+1 {} {}": (-1, 1),
    },
)  # fmt: skip
_BONES = Around(
    each={},
    rows={
        "bones - {}": (-1,), "bones - {} {}": (-2, -1), "bones - {} {} {}": (-3, -2, -1), "bones + {}": (1,),
        "bones + {} {}": (1, 2), "bones + {} {} {}": (1, 2, 3), "bones {} _ {}": (-1, 1),
        "bones {} {} _ {} {}": (-2, -1, 1, 2),
    },
    edges=(2, 3),
)  # fmt: skip
_PREPOSITIONS = words_of(
    "to from by of in for against via through with aboard at on into onto under behind between among off near "
    "inside called named as than like including"
)
_LINKS = _PREPOSITIONS | words_of(", ; that who which and 's ( ) said says")
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


@dataclass(frozen=True, slots=True)
class _Scene:
    """A clause as the model sees it: a symbol per word, names by what they are, and where each name stands in it.

    ``bones`` are the words that carry the grammar, ``verbs`` the lists of words of action, ``verbs_at`` their places,
    and ``classes`` those of words that stand around names.
    """

    symbols: list[str]
    at: dict[int, int]
    names: list[int]
    always: tuple[str, ...]
    sorts: tuple[str, ...]
    then: Sequence[Any]
    then_first: tuple[str, ...]
    bones: list[str]
    bone_at: dict[int, int]
    verbs: list[tuple[str, ...]]
    verbs_at: list[int]
    classes: list[tuple[int, tuple[str, ...]]]
    marked: Sequence[Any]
    marked_bones: Sequence[Any]

    def preposition(self, at: int) -> str:
        """Return the last of the four words before the place that leads to it."""
        for symbol in reversed(self.symbols[max(0, at - 4) : at]):
            if symbol in _PREPOSITIONS:
                return symbol
        return "none"

    def verbs_beside(self, at: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the lists and form of the nearest words of action before and after the place."""
        places, cut = self.verbs_at, bisect_left(self.verbs_at, at)
        before = self.verbs[cut - 1] if cut and at - places[cut - 1] <= _FAR else ()
        return before, self.verbs[cut] if cut < len(places) and places[cut] - at <= _FAR else ()

    def bones_beside(self, at: int) -> tuple[str, str]:
        """Return the last bone before the place and the first after it."""
        here, bones = self.bone_at[at], self.bones
        return bones[here - 1] if here else BEFORE, bones[here + 1] if here + 1 < len(bones) else AFTER


def features_of(
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    acts: Sequence[Act],
    rulebook: Rulebook,
    spelled: Names,
) -> list[dict[Any, float]]:
    """Return what stands around each candidate, by the names or numbers that count for ``spelled``."""
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
    scenes = {n: _scene(clauses, n, held, sorts, rulebook, spelled) for n, held in named.items()}
    telling = _Telling(candidates, sorts, clauses, stances, framed, rulebook, spelled)
    return [
        spelled.features(telling.of(number) | _surroundings(one, sorts[number], scenes, spelled))
        for number, one in enumerate(candidates)
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
    if rulebook.is_targeted(one.name):
        return f"target {one.type.value}"
    return one.type.value if one.is_known else f"new {one.type.value}"


def _story(
    candidates: Sequence[Candidate], sorts: Sequence[str], clauses: Sequence[tuple[Field, Clause]], rulebook: Rulebook
) -> Iterator[str]:
    """Yield what the whole story is about: its goods, targets, and kinds of names."""
    goods = Counter(m.kind.value for _, c in clauses for m in c.goods if m.kind)
    yield from (f"story of {kind}" for kind, n in goods.items() if n * 2 >= max(goods.values()))
    yield from {f"story names {c.name}" for c in candidates if c.name in rulebook.targeted}
    yield from {f"story with {sort}" for sort in sorts if sort.startswith("new")}


class _Telling:
    """What the whole story says of each candidate: what he is, how often and where it names him, what frames give."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        sorts: Sequence[str],
        clauses: Sequence[tuple[Field, Clause]],
        stances: Stances,
        framed: Mapping[int, Counter[str]],
        rulebook: Rulebook,
        spelled: Names,
    ) -> None:
        self._candidates, self._sorts, self._clauses, self._stances = candidates, sorts, clauses, stances
        self._framed, self._rulebook, self._spelled = framed, rulebook, spelled
        self._total = sum(len(c.places) for c in candidates)
        order = sorted(
            range(len(candidates)), key=lambda i: (candidates[i].places[0].clause, candidates[i].places[0].first)
        )
        self._rank = {i: r for r, i in enumerate(order)}
        self._alike = Counter(sorts)
        story = list(_story(candidates, sorts, clauses, rulebook))
        self._of_story = {sort: spelled.of_sort(story, sort) for sort in self._alike}
        self._about = [told for told in story if told.startswith("story of")]

    def of(self, number: int) -> dict[Any, float]:
        """Return the features of the candidate with this number."""
        one, sort, spelled = self._candidates[number], self._sorts[number], self._spelled
        names = spelled.plain(list(self._alone(number, one, sort)))
        names += spelled.both(list(self._with_sort(number, one)), sort)
        names += self._of_story[sort]
        if one.is_known:
            names += spelled.of_sort(self._about, one.name)
        amounts = self._amounts(number, one, sort)
        told = [(name, value) for name, value in amounts.items() for name in spelled.plain((name,))]
        return dict.fromkeys(names, 1.0) | dict(told)

    def _alone(self, number: int, one: Candidate, sort: str) -> Iterator[str]:
        yield f"is {one.type.value}"
        yield f"is {sort}"
        yield "is known" if one.is_known else "is new"
        if "target" in sort:
            yield "is target"
        yield f"named {min(self._rank[number], 6)}"
        stance = self._stances.by_name.get(one.name)
        yield f"stance {stance.value if stance else 'none'}"
        yield from self._of_name(one)
        if all(p.by_leader for p in one.places):
            yield "only by leader"
        alike = self._alike[sort]
        yield f"alone of {sort}" if alike == 1 else f"one of {min(alike, 5)} {sort}"

    def _of_name(self, one: Candidate) -> Iterator[str]:
        """Yield what a name tells by itself: whose it is where a list holds it, else its form alone."""
        if one.is_known:
            yield f"known: {one.name}"
            if self._rulebook.principal(one.name) != one.name:
                yield "acts for another"
            return
        yield f"words {min(4, len(one.name.split()))}"
        if one.name.isupper():
            yield "capitals"
        if any(c.isdigit() for c in one.name):
            yield "digits"
        if ending := name_ending(one.name):
            yield f"ends in {ending}"

    def _with_sort(self, number: int, one: Candidate) -> Iterator[str]:
        yield from (f"frame {role}" for role in self._framed.get(number, ()))
        if self._framed and number not in self._framed:
            yield "frames name others"
        if any(self._clauses[p.clause][0] is Field.TITLE for p in one.places):
            yield "in title"
        if min(p.clause for p in one.places) <= 3:
            yield "in lead"
        if one.name in self._stances.deniers:
            yield "denies"

    def _amounts(self, number: int, one: Candidate, sort: str) -> dict[str, float]:
        times = math.log(len(one.places))
        amounts = {f"frame {role}, more": math.log(n) for role, n in self._framed.get(number, {}).items()}
        return amounts | {
            "share of names": len(one.places) / max(1, self._total),
            "times named": times,
            f"times named: {sort}": times,
            "named late": self._rank[number] / len(self._rank),
            "few names": 1 / len(self._rank),
        }


def _surroundings(one: Candidate, sort: str, scenes: Mapping[int, _Scene], spelled: Names) -> dict[Any, float]:
    """Return what stands around the candidate's name, wherever it stands."""
    if len(one.places) == 1:
        place = one.places[0]
        return dict.fromkeys(_around(place, scenes[place.clause], sort, spelled), 1.0)
    around: Counter[Any] = Counter()
    for place in one.places:
        around.update(set(_around(place, scenes[place.clause], sort, spelled)))
    # Once anywhere says half, always says the other half: a long story names everyone often.
    return {name: 0.5 + 0.5 * count / len(one.places) for name, count in around.items()}


def _scene(
    clauses: Sequence[tuple[Field, Clause]],
    number: int,
    held: Sequence[tuple[Place, int]],
    sorts: Sequence[str],
    rulebook: Rulebook,
    spelled: Names,
) -> _Scene:
    clause = clauses[number][1]
    symbols, tokens, at = _symbols(clause, held, sorts)
    names = sorted(at.values())
    then = list(_goes_on(clauses[number + 1][1])) if number + 1 < len(clauses) else []
    bones, verbs, classes = _grammar(symbols, tokens, rulebook)
    told = [bone for _, bone in bones]
    return _Scene(
        symbols=symbols,
        at=at,
        names=names,
        always=tuple(_always(clauses, number, rulebook)),
        sorts=tuple([symbols[i] for i in names]),
        then=spelled.plain(then),
        then_first=tuple(then[:1]),
        bones=told,
        bone_at={i: n for n, (i, _) in enumerate(bones)},
        verbs=[lists for _, lists in verbs],
        verbs_at=[i for i, _ in verbs],
        classes=classes,
        marked=spelled.beside(_WORDS).marked(symbols),
        marked_bones=spelled.beside(_BONES).marked(told),
    )


def _symbols(
    clause: Clause, held: Sequence[tuple[Place, int]], sorts: Sequence[str]
) -> tuple[list[str], list[Token | None], dict[int, int]]:
    """Return a symbol for each word, its token where it is no candidate's name, and where each name stands."""
    starts = {place.first: (place, one) for place, one in held}
    symbols: list[str] = []
    tokens: list[Token | None] = []
    at: dict[int, int] = {}
    index = 0
    for first in sorted(starts):
        if first < index:
            continue
        between = clause.tokens[index:first]
        symbols += [token.symbol for token in between]
        tokens += between
        place, one = starts[first]
        at[first] = len(symbols)
        symbols.append(f"<{sorts[one]}>")
        tokens.append(None)
        index = place.last + 1
    symbols += [token.symbol for token in clause.tokens[index:]]
    tokens += clause.tokens[index:]
    return symbols, tokens, at


def _always(clauses: Sequence[tuple[Field, Clause]], number: int, rulebook: Rulebook) -> Iterator[str]:
    """Yield what the clause says of every name in it: its goods and those beside it, its lists, its doubt."""
    clause = clauses[number][1]
    kinds = {kind.value for kind in clause.goods_kinds}
    near = {kind.value for _, c in clauses[max(0, number - 1) : number + 2] for kind in c.goods_kinds}
    yield from (f"with {kind}" for kind in kinds)
    yield from (f"{kind} near" for kind in near - kinds)
    yield from (f"clause: {name}" for name in clause.lists)
    if is_doubted(clause, rulebook):
        yield "doubted"
    if not near:
        yield "no goods near"


def _grammar(
    symbols: Sequence[str], tokens: Sequence[Token | None], rulebook: Rulebook
) -> tuple[list[tuple[int, str]], list[tuple[int, tuple[str, ...]]], list[tuple[int, tuple[str, ...]]]]:
    """Return bones (verbs by list and voice, prepositions, names and goods), words of action, and classes of words."""
    bones, verbs, classes = [], [], []
    classes_of = rulebook.word_classes
    for i, (symbol, token) in enumerate(zip(symbols, tokens, strict=True)):
        if symbol in classes_of:
            classes.append((i, classes_of[symbol]))
        is_bone = symbol in _LINKS or (symbol[0] == "<" and symbol not in _NUMBERS)
        if is_bone:
            bones.append((i, symbol))
        if token is not None and token.tags:
            active, passive, lists = _forms_of(token.tags)
            if lists:
                verbs.append((i, lists))
            if not is_bone:
                is_passive = passive and not _BE.isdisjoint(symbols[max(0, i - 3) : i])
                bones.append((i, passive if is_passive else active))
    return bones, verbs, classes


@lru_cache(maxsize=4_096)
def _forms_of(tags: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """Return the bone that tags make, that which they make after "was" and its like, and the lists of a verb."""
    lists = [tag[2:] for tag in tags if tag.startswith("V=")]
    verbs = tuple(name for name in lists if not name.endswith(":noun"))
    if not lists:
        return "", "", verbs
    name, _, form = lists[0].partition(":")
    passive = f"{name}:passive" if any(one.endswith(":pp") for one in lists) else ""
    return f"{name}:{'fin' if form == 'pp' else form}", passive, verbs


def _goes_on(clause: Clause) -> Iterator[str]:
    """Yield what a sentence says of whoever the sentence before named, where it opens with a word for him."""
    words = [t.word for t in clause.tokens[:4]]
    what = _PRONOUNS.get(words[0]) if words else None
    if what is None and words[:1] == ["the"]:
        what = next((_STANDS_FOR[w] for w in words[1:3] if w in _STANDS_FOR), None)
    if what is None:
        return
    yield f"then {what}"
    told = (_forms_of(t.tags)[2] for t in clause.tokens[1 : _FAR + 1] if t.tags)
    for tag in next(filter(None, told), ()):
        yield f"then {what} {tag.partition(':')[0]}"
    for name in clause.lists:
        yield f"then: {name}"
    for word in [t.word for t in clause.tokens[1:6] if t.mention is None]:
        yield f"then {what}: {word}"


def _around(place: Place, scene: _Scene, sort: str, spelled: Names) -> list[Any]:
    """Return what stands around a name in its clause, as features."""
    at = scene.at.get(place.first)
    if at is None:
        return []
    found = spelled.beside(_WORDS).around(scene.marked, at)
    found += spelled.beside(_BONES).around(scene.marked_bones, scene.bone_at[at])
    found += spelled.kept(_bones_beside, *scene.bones_beside(at), sort)
    found += spelled.kept(_verbs_beside, scene.preposition(at), *scene.verbs_beside(at), sort)
    found += spelled.kept(_always_so, scene.always, scene.then_first, sort)
    found += scene.then
    for i, held in scene.classes:
        if zones := _ZONES.get(i - at):
            found += spelled.kept(_classes_at, zones, held, sort)
    found += spelled.kept(_among_names, scene.names.index(at), scene.sorts, sort)
    return found


def _bones_beside(spelled: Names, before: str, after: str, sort: str) -> list[Any]:
    return spelled.sorted_under("bones -", (before,), sort) + spelled.sorted_under("bones +", (after,), sort)


def _verbs_beside(
    spelled: Names, preposition: str, before: tuple[str, ...], after: tuple[str, ...], sort: str
) -> list[Any]:
    """Return the nearest words of action, and the preposition that leads to the name."""
    verbs = [name.partition(":")[0] for name in before]
    found = spelled.both_under("after", (preposition,), sort)
    found += spelled.under("verb before", [*before, *(f"{verb}, {preposition}" for verb in verbs)])
    found += spelled.under("verb after", after)
    found += spelled.sorted_under("verb before", verbs, sort)
    found += spelled.sorted_under("verb after", [name.partition(":")[0] for name in after], sort)
    return found if before else found + spelled.plain(("no verb before",))


def _always_so(spelled: Names, always: Sequence[str], then_first: Sequence[str], sort: str) -> list[Any]:
    """Return what the clause says of every name in it, and the next clause if it goes on about one."""
    return spelled.both(always, sort) + spelled.of_sort(then_first, sort)


def _classes_at(spelled: Names, zones: Sequence[str], classes: Sequence[str], sort: str) -> list[Any]:
    """Return the classes of a word in each of the zones in which it stands."""
    return [one for zone in zones for one in spelled.both_under(f"{zone} class", classes, sort)]


def _among_names(spelled: Names, here: int, sorts: Sequence[str], sort: str) -> list[Any]:
    """Return where the name stands among the names of its clause, and what those are."""
    if len(sorts) == 1:
        return spelled.plain(("first name",)) + spelled.of_sort(("alone in clause",), sort)
    found = spelled.plain(("first name" if here == 0 else "last name" if here == len(sorts) - 1 else "middle name",))
    return found + spelled.sorted_under("beside", [s for i, s in enumerate(sorts) if i != here], sort)
