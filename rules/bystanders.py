"""Who speaks, accuses, documents, denies or seizes: named in the story, and no violator for that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rules.clauses import Clause
from rules.mentions import Mention
from rules.rulebook import Rulebook
from rules.vocabulary import PartyType, Stance

_BOTH = re.compile(
    r"\b(?:both (?:countries|governments|sides|nations|capitals|states|parties|have|deny|denied|reject)|"
    r"the two (?:countries|governments|sides|partners)|both \w+ and \w+|they have denied|have both denied)\b",
    re.IGNORECASE,
)
# What is denied to somebody is no allegation.
_ELSEWISE = re.compile(
    r"\bden(?:y|ies|ied|ying) (?:\w+ ){0,3}?(?:access|entry|bail|visas?|permission|landing|passage|"
    r"a licen[cs]e|requests?)\b"
)


@dataclass(slots=True)
class Stances:
    """What each named party does in the story besides the act; ``deniers`` are principals, in the order found."""

    deniers: list[str] = field(default_factory=list)
    by_name: dict[str, Stance] = field(default_factory=dict)

    def of(self, mention: Mention) -> Stance:
        """Return why the party is a bystander."""
        if mention.type is PartyType.MEDIA:
            return Stance.REPORTER
        if mention.canonical in self.by_name:
            return self.by_name[mention.canonical]
        return Stance.ACCUSER if mention.type is PartyType.BODY else Stance.MENTIONED


_BE = frozenset({"is", "are", "was", "were", "be", "been", "being"})
# What follows a participle that has no object: "captured in", "accused of".
_NO_OBJECT = frozenset({"of", "by", "in", "at", "near", "over", "off", "with", "from", "."})
# How far a name stands from the "by" before it, and that from the word that accuses.
_TO_BY, _TO_VERB = 4, 12
_ACCUSED, _SEIZED = frozenset({"V=accuse:pp", "V=accuse:fin"}), frozenset({"V=seize:pp", "V=seize:fin"})
_FIRMNESS = (Stance.DENIER, Stance.ACCUSER, Stance.SEIZER, Stance.VICTIM)


def read_stances(clauses: Sequence[Clause], rulebook: Rulebook) -> Stances:
    """Return the stances of every party the clauses name."""
    stances = Stances()
    subjects: list[str] = []
    for clause in clauses:
        for index in clause.parties:
            mention = clause.tokens[index].mention
            assert mention is not None
            stance = _stance(clause, index)
            held = stances.by_name.get(mention.canonical)
            if stance and (held is None or _FIRMNESS.index(stance) < _FIRMNESS.index(held)):
                stances.by_name[mention.canonical] = stance
        for name in _deniers(clause, subjects, rulebook):
            if name not in stances.deniers:
                stances.deniers.append(name)
        named = [clause.tokens[i].mention for i in clause.parties]
        subjects = [rulebook.principal(m.canonical) for m in named if m is not None][:3] or subjects
    return stances


def _stance(clause: Clause, index: int) -> Stance | None:
    """Read the verb that follows a name, past its officials and spokesmen."""
    for at in range(index + 1, min(index + 7, len(clause.tokens))):
        token = clause.tokens[at]
        if token.mention is not None and token.mention.is_party and token.word not in ("'s",):
            break
        if token.tags and _is_passive(clause, at):
            continue
        for tag in token.tags:
            if tag in ("V=deny:fin", "V=deny:base"):
                return Stance.DENIER
            if tag in ("V=accuse:fin", "V=say:fin", "V=accuse:base"):
                return Stance.ACCUSER
            if tag == "V=seize:fin":
                return Stance.SEIZER
    before = [t.word for t in clause.tokens[max(0, index - 3) : index]]
    if before[-2:] == ["according", "to"] or before[-3:-1] == ["according", "to"]:
        return Stance.ACCUSER
    if before and before[-1] in ("against", "attacked", "hit", "bombed", "targeting", "struck"):
        return Stance.VICTIM
    return _agent_of(clause, index)


def _is_passive(clause: Clause, at: int) -> bool:
    """True where the verb was done to whoever stands before it: "is accused of", "captured in", "sanctioned by"."""
    token = clause.tokens[at]
    if not any(tag.endswith(":pp") for tag in token.tags):
        return False
    if any(t.word in _BE for t in clause.tokens[max(0, at - 2) : at]):
        return True
    following = clause.tokens[at + 1 : at + 2]
    return not following or following[0].word in _NO_OBJECT


def _agent_of(clause: Clause, index: int) -> Stance | None:
    """Read the verb of a passive whose agent the name is: "accused of smuggling rifles by ...", "seized by ..."."""
    words = [t.word for t in clause.tokens[max(0, index - _TO_BY) : index]]
    if "by" not in words:
        return None
    by = index - len(words) + len(words) - 1 - words[::-1].index("by")
    tags = {tag for token in clause.tokens[max(0, by - 1) : by] for tag in token.tags}
    if not _SEIZED.isdisjoint(tags):
        return Stance.SEIZER
    said = [token for token in clause.tokens[max(0, by - _TO_VERB) : by] if not _ACCUSED.isdisjoint(token.tags)]
    ofs = {t.word for t in clause.tokens[max(0, by - _TO_VERB) : by]}
    return Stance.ACCUSER if said and (said[-1] is clause.tokens[by - 1] or "of" in ofs) else None


def _deniers(clause: Clause, subjects: Sequence[str], rulebook: Rulebook) -> list[str]:
    """Return whoever denies in this clause: the names before the word of denial, or "both" for those named last."""
    lowered = clause.sentence.text.lower()
    # Whole words only: "supplies" and "allies" tell no lies.
    match = _any_of(rulebook.phrases["denial"]).search(lowered)
    if match is None or _ELSEWISE.search(lowered, match.start()):
        return []
    at = clause.sentence.start + match.start()
    before = [i for i in clause.parties if clause.tokens[i].start < at]
    after = [i for i in clause.parties if clause.tokens[i].start > at]
    if "denied by" in lowered or "rejected by" in lowered or "dismissed by" in lowered:
        before = after[:2]
    if not before and _BOTH.search(clause.sentence.text):
        return list(subjects[:2])
    if not before:
        said_by = [i for i in after if _stance(clause, i) is Stance.ACCUSER]
        if said_by:
            before = said_by[:1]
        elif re.search(r"\b(?:it|they|he|she|the group|the company|the government|the ministry)\b", lowered):
            return list(subjects[:1])
    names = []
    for index in _coordinated(clause, before):
        mention = clause.tokens[index].mention
        if mention is not None and mention.type is not PartyType.MEDIA:
            names.append(rulebook.principal(mention.canonical))
    return list(dict.fromkeys(names))


@lru_cache(maxsize=4)
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


def _coordinated(clause: Clause, before: Sequence[int]) -> list[int]:
    """The first name of the clause and those joined to it by commas and "and"."""
    if not before:
        return []
    first = before[0]
    joined = [first]
    for index in before[1:]:
        between = [t.word for t in clause.tokens[joined[-1] + 1 : index]]
        if len(between) <= 3 and any(w in (",", "and") for w in between):
            joined.append(index)
    return joined
