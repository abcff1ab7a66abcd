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
    """Where a case stands."""

    WAITING = "waiting"
    DECIDED = "decided"


class CaseOrigin(StrEnum):
    """Why a case was opened: the machine flagged its story, or the story was drawn from what the machine cleared."""

    SCREENING = "screening"
    RANDOM = "random"


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
    REOPENED = "case.reopened"


# A decided case may be decided anew only after it was reopened, so that nobody overwrites a decision unseen.
_FOLLOWS = {
    CaseState.WAITING: (CaseAction.STORY_JOINED, CaseAction.STORY_CHANGED, CaseAction.DECIDED),
    CaseState.DECIDED: (CaseAction.STORY_JOINED, CaseAction.STORY_CHANGED, CaseAction.REOPENED),
}


def may_follow(state: CaseState, action: CaseAction) -> bool:
    """True where the action is allowed on a case in that state."""
    return action in _FOLLOWS[state]


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
    takers = [name for name in _named(found.parties, (Role.RECIPIENT,)) if name not in givers]
    goods = list(dict.fromkeys(g.name for g in found.goods))[:3] or [k.value for k in screening.kinds] or ["act"]
    parts = [", ".join(givers) or "unnamed", ", ".join(goods)]
    if takers:
        parts.append(", ".join(takers))
    return " → ".join(parts)


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
