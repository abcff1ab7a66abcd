"""The acts that one story tells of, told apart as far as the rules can. Pure.

Most stories tell of one act, whatever they add to it, and a story that is split for nothing costs an officer a second
case. So two acts are told apart only where declared rules find, in different sentences, different givers of different
kinds of goods: shells one way, oil the other.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from compliance.particulars import Passage
from rules.findings import ActFound, Evidence, Extraction, Party
from rules.vocabulary import Field, Kind, Role

# Money is paid for goods: it is no act of its own beside them.
_BESIDE = frozenset({Kind.FINANCE})


def told_apart(found: Extraction) -> tuple[Extraction, ...]:
    """Return what the rules found act by act, in the order of the story; the whole where they find one act."""
    pair = _different(found.acts)
    if pair is None:
        return (found,)
    sides: tuple[list[ActFound], list[ActFound]] = ([], [])
    for act in found.acts:
        sides[_nearer(act, pair)].append(act)
    parts = tuple(_narrowed(found, acts) for acts in sides)
    # Where one of the acts has nobody to answer for it, there is nothing to open a case about.
    return parts if all(part.parties for part in parts) else (found,)


def passages_of(parts: Sequence[Passage], told: Sequence[Extraction]) -> list[tuple[Passage, ...]]:
    """Return the sentences of each act: those nearest to where it is told. Title and lead belong to the first.

    A long story tells much beside its act, which it shares with many others: of it only what is near the act counts.
    """
    if len(told) == 1:
        return [_near(parts, told[0])]
    starts = [min(a.evidence.start for a in one.acts if a.evidence.field is Field.TEXT) for one in told]
    shares: list[list[Passage]] = [[] for _ in told]
    for part in parts:
        behind = [n for n, start in enumerate(starts) if start <= part.start + _SENTENCE]
        shares[max(behind, key=lambda n: starts[n], default=0)].append(part)
    return [tuple(share) for share in shares]


# The words of a rule stand somewhere in their sentence, and the passage is known by the sentence's start.
_SENTENCE = 120
# A story of more sentences is long; its title and first sentences say what it is about.
_LONG, _LEAD = 14, 3


def _near(parts: Sequence[Passage], found: Extraction) -> tuple[Passage, ...]:
    """Return every sentence of a short story; of a long one title, lead, what tells of the act and what follows it."""
    if len(parts) <= _LONG:
        return tuple(parts)
    spans = [e for party in found.parties for e in party.evidence] + [act.evidence for act in found.acts]
    starts = [part.start for part in parts]
    told = {bisect_right(starts, e.start) - 1 for e in spans if e.field is Field.TEXT}
    kept = {*range(_LEAD), *told, *(place + 1 for place in told)}
    return tuple(part for place, part in enumerate(parts) if place in kept)


def _different(acts: Sequence[ActFound]) -> tuple[ActFound, ActFound] | None:
    sure = [a for a in acts if a.strong and a.evidence.field is Field.TEXT and _givers(a)]
    for number, one in enumerate(sure):
        for other in sure[number + 1 :]:
            kinds = set(one.kinds) - _BESIDE, set(other.kinds) - _BESIDE
            apart = one.evidence.end <= other.evidence.start or other.evidence.end <= one.evidence.start
            if apart and all(kinds) and not kinds[0] & kinds[1] and not _givers(one) & _givers(other):
                return (one, other) if one.evidence.start < other.evidence.start else (other, one)
    return None


def _givers(act: ActFound) -> set[str]:
    return {name for role, name in act.roles if role is not Role.RECIPIENT}


def _nearer(act: ActFound, pair: tuple[ActFound, ActFound]) -> int:
    """Return which of the two an act belongs to: by its kind, else by where it stands."""
    alike = [bool(set(act.kinds) & set(one.kinds)) for one in pair]
    if alike[0] != alike[1]:
        return int(alike[1])
    if act.evidence.field is Field.TITLE:
        return 0
    return int(act.evidence.start >= pair[1].evidence.start)


def _narrowed(found: Extraction, acts: Sequence[ActFound]) -> Extraction:
    kinds = {kind for act in acts for kind in act.kinds}
    goods = {name for act in acts for name in act.goods}
    spans = {(act.evidence.field, act.evidence.start, act.evidence.end) for act in acts}
    measures = tuple(m for m in found.measures if m.kind in kinds)
    in_force = {m.regime for m in measures if m.in_force}
    return replace(
        found,
        parties=tuple(p for p in (_part_of(party, acts) for party in found.parties) if p is not None),
        kinds=tuple(k for k in found.kinds if k in kinds) or found.kinds,
        regimes=tuple(r for r in found.regimes if r in in_force) or found.regimes,
        measures=measures or found.measures,
        goods=tuple(g for g in found.goods if g.name in goods),
        hits=tuple(h for h in found.hits if (h.evidence.field, h.evidence.start, h.evidence.end) in spans),
        acts=tuple(acts),
    )


def _part_of(party: Party, acts: Sequence[ActFound]) -> Party | None:
    """Return the party with the roles and the evidence that it has in these acts, or None where it has none."""
    given = {role for act in acts for role, name in act.roles if name == party.canonical}
    if not given:
        return None
    own = [act.evidence for act in acts if party.canonical in {name for _, name in act.roles}]
    evidence = tuple(e for e in party.evidence if any(_meets(e, o) for o in own)) or party.evidence
    return replace(party, roles=tuple(r for r in party.roles if r in given) or tuple(sorted(given)), evidence=evidence)


def _meets(one: Evidence, other: Evidence) -> bool:
    return one.field is other.field and one.start < other.end and other.start < one.end
