"""Candidates → who of them is said to have taken part, and in what role.

The frames are the explanation where they speak. Where they are silent, a linear model over what stands around each
name decides, whose weights are data (``rules/weights.py``).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rules.acts import Act
from rules.bystanders import Stances
from rules.candidates import Candidate, Place
from rules.clauses import Clause, Token
from rules.rulebook import Rulebook
from rules.vocabulary import Field, Role
from rules.weights import ROLES, RoleWeights

_REACH = 6
_BESIDE = (
    "to", "from", "by", "of", "in", "for", "against", "via", "through", "with", "aboard", "and", ",", "the", "called",
    "named", "at", "on", "into",
)  # fmt: skip
_AFTER = ("'s", ",", "said", "and", "to", "was", "has", "had", "is", "says", "were", "have")
_CUES = frozenset(
    (
        "supply", "arm", "receive", "use", "attack", "procure", "steal", "pay", "employ", "work", "travel", "accuse",
        "say", "deny", "seize", "admit", "transfer", "front", "vessel", "bound_for",
    )
)  # fmt: skip
_OF_CLAUSE = (
    "supply", "seize", "accuse", "transfer", "receive", "procure", "pay", "steal", "attack", "deny", "say", "arm",
    "vessel", "front",
)  # fmt: skip
# How sure the model must be of a name that no frame gave; and how near a role must come to the likeliest one.
THRESHOLD, THRESHOLD_ALONE = 0.3, 0.5
_NEARLY = 0.75


def likely_roles(features: Mapping[str, float], weights: RoleWeights) -> tuple[Role, ...]:
    """Return the likeliest role and those nearly as likely, likeliest first."""
    shares = {role: weights.probability(role.value, features) for role in ROLES}
    top = max(shares.values())
    return tuple(sorted((r for r in ROLES if shares[r] >= _NEARLY * top), key=lambda r: (-shares[r], r)))


def features_of(
    candidates: Sequence[Candidate],
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    acts: Sequence[Act],
    rulebook: Rulebook,
) -> list[dict[str, float]]:
    """Return what stands around each candidate, as named numbers."""
    framed: dict[str, Counter[str]] = {}
    for act in acts:
        for role, _, name in act.roles:
            held = framed.setdefault(name, Counter())
            held[role.value] += 1
            held[f"by {act.rule.partition('.')[0]}" + ("" if act.strong else ", weakly")] += 1
    total = sum(len(c.places) for c in candidates)
    return [_features(c, clauses, stances, framed, total, rulebook) for c in candidates]


def is_target(name: str, rulebook: Rulebook) -> bool:
    """True where a regime's measures are against the party or whoever it acts for."""
    return name in rulebook.targets or rulebook.principal(name) in rulebook.targets


def _features(
    one: Candidate,
    clauses: Sequence[tuple[Field, Clause]],
    stances: Stances,
    framed: Mapping[str, Counter[str]],
    total: int,
    rulebook: Rulebook,
) -> dict[str, float]:
    target = is_target(one.name, rulebook)
    sort = "target" if target else one.type.value if one.is_known else f"new {one.type.value}"
    found: dict[str, float] = {f"is {one.type.value}": 1, "is target" if target else "is no target": 1, f"is {sort}": 1}
    found["is known" if one.is_known else "is new"] = 1
    if one.name in ("North Korea", "Iran"):
        found["is an exporter of arms"] = 1
    for role in framed.get(one.name, ()):
        found[f"frame {role}"] = found[f"frame {role}: {sort}"] = 1
    if framed and one.name not in framed:
        found["frames name others"] = 1
    found["share of names"] = len(one.places) / max(1, total)
    found["times named"] = math.log(len(one.places))
    found["in title"] = float(any(clauses[p.clause][0] is Field.TITLE for p in one.places))
    found["in lead"] = float(min(p.clause for p in one.places) <= 3)
    stance = stances.by_name.get(one.name)
    found[f"stance {stance.value if stance else 'none'}"] = 1
    if one.name in stances.deniers:
        found["denies"] = 1
    if not one.is_known:
        found["words"] = len(one.name.split())
        found["capitals"] = float(one.name.isupper())
        found["digits"] = float(any(c.isdigit() for c in one.name))
    around = Counter(name for place in one.places for name in set(_around(place, clauses, sort, one.name, rulebook)))
    for name, count in around.items():
        # Once anywhere says half, always says the other half: a long story names everyone often.
        found[name] = 0.5 + 0.5 * count / len(one.places)
    return found


def _around(
    place: Place, clauses: Sequence[tuple[Field, Clause]], sort: str, name: str, rulebook: Rulebook
) -> Iterable[str]:
    clause = clauses[place.clause][1]
    tokens = clause.tokens
    before, after = tokens[max(0, place.first - _REACH) : place.first], tokens[place.last + 1 : place.last + 1 + _REACH]
    yield from (f"before: {cue}" for cue in _lists(before) & _CUES)
    yield from (f"after: {cue}" for cue in _lists(after) & _CUES)
    yield from (f"right after: {cue}" for cue in _lists(after[:2]) & _CUES)
    if before:
        yield f"beside: {before[-1].word if before[-1].word in _BESIDE else 'other'}"
        if len(before) > 1 and before[-1].word == "the":
            yield f"beside: {before[-2].word if before[-2].word in _BESIDE else 'other'} the"
    if after:
        yield f"followed by: {after[0].word if after[0].word in _AFTER else 'other'}"
    mention = tokens[place.first].mention
    if mention is not None and mention.is_adjective:
        yield "as adjective"
    kinds = {t.mention.kind.value for t in tokens if t.mention is not None and t.mention.kind}
    yield from (f"with {kind}" for kind in kinds)
    yield from (f"{sort} with {kind}" for kind in kinds)
    if any(t.mention is not None and not t.mention.is_party for t in (*before, *after)):
        yield "goods near"
    others = {t.mention.canonical for t in tokens if t.mention is not None and t.mention.is_party} - {name}
    if any(is_target(other, rulebook) for other in others):
        yield "with a target"
    listed = [cue for cue in _OF_CLAUSE if clause.has(cue)]
    yield from (f"clause: {cue}" for cue in listed)
    yield from (f"{sort} in clause: {cue}" for cue in listed)
    words = {t.word for t in (*before, *after[:5]) if t.mention is None}
    if words & rulebook.names["ship"]:
        yield "ship near"
    if words & rulebook.names["firm"]:
        yield "firm near"
    yield from (f"word: {word}" for word in words if word.isalpha() and len(word) > 3)


def _lists(tokens: Sequence[Token]) -> set[str]:
    return {tag[2:].partition(":")[0] for t in tokens for tag in t.tags if tag.startswith("V=")}
