"""A case: one alleged act that a person must look at. What may follow what, and the act in one sentence. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from compliance.screening import Screening
from compliance.story import Story
from rules.findings import Evidence, Party
from rules.sentences import sentences
from rules.vocabulary import Role


class CaseState(StrEnum):
    """Where a case stands: before its decision, between the first reader and the second, put aside, after."""

    WAITING = "waiting"
    SECOND = "second"
    SNOOZED = "snoozed"
    DECIDED = "decided"
    MERGED = "merged"


class CaseOrigin(StrEnum):
    """Why a case was opened: a story was flagged, or drawn from what was cleared; or an officer split it off."""

    SCREENING = "screening"
    RANDOM = "random"
    SPLIT = "split"


class Disposition(StrEnum):
    """An officer's decision (labelling guide: breach, not breach, grey)."""

    BREACH = "breach"
    NOT_BREACH = "not_breach"
    GREY = "grey"


class CaseAction(StrEnum):
    """What the ledger says happened to a case."""

    OPENED = "case.opened"
    STORY_JOINED = "case.story_joined"
    STORY_CHANGED = "case.story_changed"
    DECIDED = "case.decided"
    PROPOSED = "case.proposed"
    CONTESTED = "case.contested"
    VOIDED = "case.proposal_voided"
    REOPENED = "case.reopened"
    ASSIGNED = "case.assigned"
    ESCALATED = "case.escalated"
    SNOOZED = "case.snoozed"
    WOKEN = "case.woken"
    NOTED = "case.noted"
    CORRECTED = "case.corrected"
    MARKED = "case.marked"
    UNMARKED = "case.unmarked"
    MOVED = "case.story_moved"
    SPLIT = "case.split"
    MERGED = "case.merged"
    UNDONE = "case.undone"
    HELD = "case.held"
    RELEASED = "case.released"
    BODIES_DROPPED = "captures.dropped"


# Under this and its reference the record holds the decisions of a case that were refused.
REFUSALS = "refused:"

_OPEN = (
    CaseAction.STORY_JOINED,
    CaseAction.STORY_CHANGED,
    CaseAction.ASSIGNED,
    CaseAction.ESCALATED,
    CaseAction.NOTED,
    CaseAction.CORRECTED,
    CaseAction.MARKED,
    CaseAction.UNMARKED,
    CaseAction.MOVED,
    CaseAction.SPLIT,
    CaseAction.MERGED,
    CaseAction.UNDONE,
)
# A decided case may be decided anew only after it was reopened, so that nobody overwrites a decision unseen; and
# what a decision rested on is corrected only then.
_FOLLOWS: Mapping[CaseState, tuple[CaseAction, ...]] = {
    CaseState.WAITING: (*_OPEN, CaseAction.DECIDED, CaseAction.PROPOSED, CaseAction.SNOOZED),
    CaseState.SECOND: (*_OPEN, CaseAction.DECIDED, CaseAction.CONTESTED, CaseAction.VOIDED),
    CaseState.SNOOZED: (*_OPEN, CaseAction.WOKEN, CaseAction.DECIDED, CaseAction.PROPOSED),
    CaseState.DECIDED: (
        CaseAction.STORY_JOINED,
        CaseAction.STORY_CHANGED,
        CaseAction.REOPENED,
        CaseAction.NOTED,
        CaseAction.UNDONE,
    ),
    CaseState.MERGED: (CaseAction.STORY_JOINED, CaseAction.STORY_CHANGED, CaseAction.UNDONE),
}


def may_follow(state: CaseState, action: CaseAction) -> bool:
    """True where the action is allowed on a case in that state."""
    return action in _FOLLOWS[state]


def is_kept_from(reader: str, state: str, is_blind: bool, proposal: Mapping[str, Any] | None) -> bool:
    """True where a reader must not know the first of two decisions: the second is due, and is to be given unaware."""
    return state == CaseState.SECOND.value and is_blind and proposal is not None and reader != proposal["by"]


def tells_first_word(action: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True for an event that tells the first of two decisions: as it was made, or made void or taken back."""
    rounds = (CaseAction.PROPOSED.value, CaseAction.VOIDED.value, CaseAction.UNDONE.value)
    return action in rounds and bool(before.get("proposal") or after.get("proposal"))


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim sentence of a story, with where it was read."""

    text: str
    publisher: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it is told to others: plain values, no database.

    ``origins`` counts the independent sources; ``changes`` says in words what is new since it was last told of.
    """

    reference: str
    act: str
    verdict: str
    score: float
    kinds: tuple[str, ...]
    regimes: tuple[str, ...]
    measures: tuple[str, ...]
    status: str | None
    denied_by: tuple[str, ...]
    parties: tuple[dict[str, Any], ...]
    quotes: tuple[Quote, ...]
    reasons: tuple[str, ...]
    opened_at: datetime
    severity: str = "medium"
    origins: int = 1
    goods: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


def describe_act(screening: Screening) -> str:
    """Return the alleged act in one line: who → what → whom, as far as the rules could tell."""
    found = screening.extraction
    givers = _named(found.parties, (Role.SUPPLIER, Role.FINANCIER)) or _named(
        found.parties, (Role.OPERATOR, Role.BROKER, Role.CARRIER)
    )
    receivers = _named(found.parties, (Role.RECIPIENT,))
    # Who is said to give and to receive stands with the receivers where somebody else gives.
    givers = [name for name in givers if name not in receivers] or givers
    takers = [name for name in receivers if name not in givers]
    goods = list(dict.fromkeys(g.name for g in found.goods))
    return act_line(givers, goods, [k.value for k in screening.kinds], takers)


def act_line(givers: Sequence[str], goods: Sequence[str], kinds: Sequence[str], takers: Sequence[str]) -> str:
    """Return one line: who → what → whom; the kind stands for goods that are not named."""
    parts = [", ".join(givers[:4]) or "unnamed", ", ".join(list(goods)[:3] or kinds or ["act"])]
    if takers:
        parts.append(", ".join(takers[:4]))
    return " → ".join(parts)


def act_of_parties(parties: Sequence[Mapping[str, Any]], goods: Sequence[str], kinds: Sequence[str]) -> str:
    """Return the act in one line from a case's parties as they stand after corrections."""

    def with_role(*roles: Role) -> list[str]:
        return list(dict.fromkeys(p["canonical"] for p in parties if any(r in p["roles"] for r in roles)))

    givers = with_role(Role.SUPPLIER, Role.FINANCIER) or with_role(Role.OPERATOR, Role.BROKER, Role.CARRIER)
    return act_line(givers, goods, kinds, [name for name in with_role(Role.RECIPIENT) if name not in givers])


def _named(parties: Sequence[Party], roles: Sequence[Role]) -> list[str]:
    names = [p.canonical for p in parties if any(r in roles for r in p.roles)]
    return list(dict.fromkeys(names))[:4]


def quotes_of(screening: Screening, story: Story, limit: int = 2) -> tuple[Quote, ...]:
    """Return up to ``limit`` whole sentences that carry the parties' roles, in the order of the story."""
    spans: list[Evidence] = sorted(
        {e for p in screening.extraction.parties for e in p.evidence}, key=lambda e: (e.field.value != "title", e.start)
    )
    texts = list(dict.fromkeys(" ".join(e.quote.split()) for e in spans))
    return tuple(Quote(t, story.publisher or "unknown publisher", story.url) for t in texts[:limit])


def quotes_in(
    judgement: Mapping[str, Any], title: str, text: str, publisher: str, url: str | None, limit: int = 2
) -> tuple[Quote, ...]:
    """Return up to ``limit`` whole sentences in which a stored judgement found a party's role; the title comes last."""
    spans = [(e["field"], e["start"]) for p in judgement["parties"] for e in p["evidence"]]
    starts = sorted(start for field, start in spans if field == "text")
    told = [text[s.start : s.end] for s in sentences(text) if any(s.start <= start < s.end for start in starts)]
    told += [title] if any(field == "title" for field, _ in spans) else []
    texts = list(dict.fromkeys(" ".join(t.split()) for t in told))
    return tuple(Quote(t, publisher, url) for t in texts[:limit] if t)
