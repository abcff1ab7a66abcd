"""Cases that likely belong together: those that name the same parties under the same law."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from compliance.store.tables import CaseRow
from compliance.store.tables_desk import FacetRow

_NEWEST = 200
_WEIGHT = {"party": 3, "regime": 1, "kind": 1}


@dataclass(frozen=True, slots=True)
class Related:
    """Another case, and what it shares with this one."""

    row: CaseRow
    shared: tuple[str, ...]


def related_to(session: Session, row: CaseRow, limit: int = 5) -> list[Related]:
    """Return the cases that share a party with this one, those that share most first, then the newest.

    Of a party that hundreds of cases name, the newest two hundred are looked at.
    """
    names = [p["canonical"] for p in row.parties]
    found: dict[int, list[tuple[str, str]]] = {}
    for name in names:
        for case_id in _with(session, "party", name, row.id or 0):
            found.setdefault(case_id, []).append(("party", name))
    law = [("regime", regime) for regime in row.regimes] + [("kind", kind) for kind in row.kinds]
    for facet, value in law:
        for case_id in _among(session, facet, value, list(found)):
            found[case_id].append((facet, value))
    best = sorted(found, key=lambda i: (-sum(_WEIGHT[facet] for facet, _ in found[i]), -i))[:limit]
    rows = {r.id: r for r in session.exec(select(CaseRow).where(col(CaseRow.id).in_(best)))}
    return [Related(rows[i], tuple(_said(f, v) for f, v in found[i])) for i in best if i in rows]


def _with(session: Session, facet: str, value: str, apart_from: int) -> list[int]:
    statement = select(FacetRow.case_id).where(
        FacetRow.facet == facet, FacetRow.value == value, FacetRow.case_id != apart_from
    )
    return list(session.exec(statement.order_by(col(FacetRow.case_id).desc()).limit(_NEWEST)))


def _among(session: Session, facet: str, value: str, ids: list[int]) -> list[int]:
    statement = select(FacetRow.case_id).where(
        FacetRow.facet == facet, FacetRow.value == value, col(FacetRow.case_id).in_(ids)
    )
    return list(session.exec(statement))


def _said(facet: str, value: str) -> str:
    return f"UN-SC{value}" if facet == "regime" else value
