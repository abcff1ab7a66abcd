"""What is stored beside a case so that the queue is ordered, filtered and searched fast; kept with each change."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from compliance.case import CaseState
from compliance.priority import Weighed, priority
from compliance.searchwords import index_words, is_beyond_latin
from compliance.severity import Severity, SeverityPolicy, severity_of
from compliance.store import cases
from compliance.store.dialect import insert_new
from compliance.store.origins import origins_of
from compliance.store.tables import CaseRow, ScreeningRow, StoryRow
from compliance.store.tables_desk import FacetRow, WordsRow

_OVER = (CaseState.DECIDED.value, CaseState.MERGED.value)
_MOST_WORDS, _MOST_TITLES, _MOST_VALUE = 8_000, 40, 200


def restate(session: Session, row: CaseRow, policy: SeverityPolicy) -> None:
    """Bring severity, due time, origins, novelty, priority, facets and words of a case up to what it now holds."""
    assert row.id is not None
    told = [(story, screening) for _, story, screening in cases.stories_of(session, row.id)]
    severity = severity_of(row.kinds, row.regimes, row.goods, row.status, row.verdict, policy)
    terms = policy.terms[severity]
    row.severity, row.severity_version = severity.value, policy.version
    row.needs_second, row.is_blind = terms.four_eyes or row.escalated, terms.blind
    row.due_at = row.opened_at + terms.time
    row.origins = len(set(origins_of(session, [s.id for s, _ in told if s.id is not None]).values())) or 1
    row.is_novel = bool(row.parties) and not _is_known(session, row)
    row.priority = priority(weighed(row))
    session.add(row)
    session.flush()
    _store_facets(session, row, [s for s, _ in told])
    _store_words(session, row, told)


def weighed(row: CaseRow) -> Weighed:
    """Return what the case's place in the queue rests on."""
    due = row.due_at or row.opened_at
    return Weighed(Severity(row.severity), row.score, row.origins, row.is_novel, row.escalated, due.astimezone(UTC))


def _is_known(session: Session, row: CaseRow) -> bool:
    names = [p["canonical"] for p in row.parties]
    earlier = select(FacetRow.case_id).where(
        FacetRow.facet == "party", col(FacetRow.value).in_(names), FacetRow.case_id < (row.id or 0)
    )
    return session.exec(earlier.limit(1)).first() is not None


def _store_facets(session: Session, row: CaseRow, told: Sequence[StoryRow]) -> None:
    session.connection().execute(delete(FacetRow).where(col(FacetRow.case_id) == row.id))
    found = sorted({(facet, value[:_MOST_VALUE]) for facet, value in _facets(row, told) if value})
    insert_new(session, FacetRow, [{"facet": f, "value": v, "case_id": row.id} for f, v in found])


def _facets(row: CaseRow, told: Sequence[StoryRow]) -> Iterable[tuple[str, str]]:
    yield from (("regime", regime) for regime in row.regimes)
    yield from (("kind", kind) for kind in row.kinds)
    for party in row.parties:
        yield "party", party["canonical"]
        yield from (("role", role) for role in party["roles"])
        if party["type"] == "state":
            yield "country", party["canonical"]
    yield from (("source", story.publisher or story.feed_id or "") for story in told)


def _store_words(session: Session, row: CaseRow, told: Sequence[tuple[StoryRow, ScreeningRow]]) -> None:
    assert row.id is not None
    words = _words(row, told)
    held = session.get(WordsRow, row.id)
    if held is None:
        session.add(WordsRow(case_id=row.id, words=words))
    elif held.words != words:
        held.words = words
        session.add(held)
    session.flush()


def _words(row: CaseRow, told: Sequence[tuple[StoryRow, ScreeningRow]]) -> str:
    parts = [row.reference, row.act, *(f"{p['canonical']} {p['name']}" for p in row.parties), *row.goods]
    for story, screening in told[:_MOST_TITLES]:
        parts.append(story.title)
        parts.extend(_quotes(story, screening.judgement))
    words = "\n".join(dict.fromkeys(parts))[:_MOST_WORDS]
    return f"{words}\n{index_words(words)}" if is_beyond_latin(words) else words


def _quotes(story: StoryRow, judgement: dict[str, Any]) -> list[str]:
    spans = [span for party in judgement.get("parties", []) for span in party["evidence"]]
    return [(story.title if s["field"] == "title" else story.text)[s["start"] : s["end"]] for s in spans]


def refresh(session: Session, policy: SeverityPolicy, limit: int = 500) -> int:
    """Restate up to ``limit`` undecided cases weighed by another version of the policy or none; return how many.

    Decided cases keep the severity under which they were decided.
    """
    version = col(CaseRow.severity_version)
    # Two ranges rather than an inequality: each can be read from the index.
    stale = select(CaseRow).where(or_(version < policy.version, version > policy.version))
    rows = session.exec(stale.where(or_(col(CaseRow.state).not_in(_OVER), version == "")).limit(limit)).all()
    for row in rows:
        restate(session, row, policy)
    return len(rows)


def is_due(row: CaseRow, now: datetime) -> bool:
    """True where a case that waits should have been decided by now."""
    return row.due_at is not None and row.due_at <= now and row.state not in _OVER
