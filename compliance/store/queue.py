"""The officers' queue: cases by state and filters in stated order, their counts, and what stands next to a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from compliance.case import CaseState
from compliance.errors import ConfigError
from compliance.store.tables import CaseRow
from compliance.store.tables_desk import FacetRow, ViewRow

FACETS = ("regime", "kind", "role", "party", "country", "source")
SHOWS = ("waiting", "due", "mine", "second", "snoozed", "decided")
AGES = {"1": "today", "3": "3 days", "7": "a week", "30": "30 days"}
PAGE = 50
MOST_VIEWS = 100
_MOST_VALUE = 200
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases to show. Empty text asks for nothing; ``age`` is in days, ``older`` turns it round."""

    show: str = "waiting"
    regime: str = ""
    kind: str = ""
    role: str = ""
    party: str = ""
    country: str = ""
    source: str = ""
    status: str = ""
    severity: str = ""
    assignee: str = ""
    age: str = ""
    older: str = ""

    @property
    def query(self) -> str:
        """The filters as they stand in the address, defaults left out."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return urlencode({k: v for k, v in given.items() if v and (k, v) != ("show", "waiting")})

    @property
    def chosen(self) -> dict[str, str]:
        """What is asked for besides which cases to show."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "show" and getattr(self, f.name)}

    def without(self, name: str) -> "Filters":
        """Return the filters with one of them taken away."""
        return replace(self, **{name: ""})

    def showing(self, show: str) -> "Filters":
        """Return the same filters on another list."""
        return replace(self, show=show)


def read_filters(given: Mapping[str, str]) -> Filters:
    """Return the filters of an address; what is unknown or too long is not asked for."""
    known = {f.name for f in fields(Filters)}
    kept = {k: v.strip() for k, v in given.items() if k in known and 0 < len(v.strip()) <= _MOST_VALUE}
    kept = {k: v for k, v in kept.items() if "\x00" not in v}
    if kept.get("show") not in SHOWS:
        kept.pop("show", None)
    if not kept.get("age", "1").isdecimal() or len(kept.get("age", "1")) > 4:
        kept.pop("age", None)
    return Filters(**kept)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands in a filtered queue: how many are before it, how many there are, and its neighbours."""

    number: int
    total: int
    previous: str | None
    following: str | None


def _conditions(filters: Filters, who: str, now: datetime) -> list[Any]:
    found = [_shown(filters.show, who, now)]
    for facet in FACETS:
        if value := getattr(filters, facet):
            held = select(FacetRow.case_id).where(FacetRow.facet == facet, FacetRow.value == value)
            found.append(col(CaseRow.id).in_(held))
    if filters.status:
        none = filters.status == "unknown"
        found.append(col(CaseRow.status).is_(None) if none else CaseRow.status == filters.status)
    if filters.severity:
        found.append(CaseRow.severity == filters.severity)
    if filters.assignee:
        nobody = filters.assignee == "nobody"
        found.append(col(CaseRow.assignee).is_(None) if nobody else CaseRow.assignee == filters.assignee)
    if filters.age:
        since = now - timedelta(days=int(filters.age))
        found.append(col(CaseRow.opened_at) < since if filters.older else col(CaseRow.opened_at) >= since)
    return found


def _shown(show: str, who: str, now: datetime) -> Any:
    state = col(CaseRow.state)
    if show == "due":
        return and_(state == CaseState.WAITING.value, col(CaseRow.due_at) <= now)
    if show == "mine":
        return and_(state.in_([CaseState.WAITING.value, CaseState.SECOND.value]), col(CaseRow.assignee) == who)
    return state == show


def _order(show: str) -> list[Any]:
    if show == "decided":
        return [col(CaseRow.changed_at).desc(), col(CaseRow.id).desc()]
    return [col(CaseRow.priority).desc(), col(CaseRow.id)]


def listed(session: Session, filters: Filters, who: str, now: datetime, page: int = 1) -> list[CaseRow]:
    """Return one page of the filtered queue, and one case more where there is a next page."""
    statement = select(CaseRow).where(*_conditions(filters, who, now)).order_by(*_order(filters.show))
    return list(session.exec(statement.offset((page - 1) * PAGE).limit(PAGE + 1)))


def following(
    session: Session, filters: Filters, who: str, now: datetime, after: tuple[Any, int] | None, limit: int
) -> list[CaseRow]:
    """Return up to ``limit`` cases of the filtered queue from a place on: what a case is ordered by, and its id."""
    conditions = _conditions(filters, who, now)
    if after is not None:
        worth, number = (
            (col(CaseRow.changed_at) if filters.show == "decided" else col(CaseRow.priority)),
            col(CaseRow.id),
        )
        further = number < after[1] if filters.show == "decided" else number > after[1]
        # The first bound alone tells the database where in the index to begin.
        conditions += [worth <= after[0], or_(worth < after[0], further)]
    return list(session.exec(select(CaseRow).where(*conditions).order_by(*_order(filters.show)).limit(limit)))


def length(session: Session, filters: Filters, who: str, now: datetime) -> int:
    """Return how many cases the filters leave, counted up to ten thousand."""
    inner = select(CaseRow.id).where(*_conditions(filters, who, now)).limit(_MOST_COUNTED).subquery()
    return session.exec(select(func.count()).select_from(inner)).one()


def counters(session: Session, who: str, now: datetime) -> dict[str, int]:
    """Return how many cases each list of the desk holds, each counted up to ten thousand."""
    shows = [s for s in SHOWS if s != "decided"]
    return {show: length(session, Filters(show=show), who, now) for show in shows}


def place(session: Session, filters: Filters, who: str, now: datetime, row: CaseRow) -> Place:
    """Return where the case stands, or would stand, in the filtered queue."""
    conditions = _conditions(filters, who, now)
    worth, number_ = col(CaseRow.priority), col(CaseRow.id)
    # The first bound of each is a range of the index, the second sorts out what has the same priority.
    ahead = and_(worth >= row.priority, or_(worth > row.priority, number_ < row.id))
    behind = and_(worth <= row.priority, or_(worth < row.priority, number_ > row.id))
    before = select(CaseRow.id).where(*conditions, ahead).limit(_MOST_COUNTED).subquery()
    number = session.exec(select(func.count()).select_from(before)).one() + 1
    reference = select(CaseRow.reference).where(*conditions)
    previous = reference.where(ahead).order_by(col(CaseRow.priority), col(CaseRow.id).desc()).limit(1)
    following = reference.where(behind).order_by(col(CaseRow.priority).desc(), col(CaseRow.id)).limit(1)
    return Place(
        number,
        length(session, filters, who, now),
        session.exec(previous).first(),
        session.exec(following).first(),
    )


def first(session: Session, filters: Filters, who: str, now: datetime, *, free_for: str = "") -> str | None:
    """Return the reference of the case that stands first, or None; only of those that no other officer works on."""
    conditions = _conditions(filters, who, now)
    if free_for:
        free = or_(col(CaseRow.claimed_by).is_(None), col(CaseRow.claimed_by) == free_for)
        conditions.append(or_(free, col(CaseRow.claimed_until) <= now))
    statement = select(CaseRow.reference).where(*conditions).order_by(*_order(filters.show))
    return session.exec(statement.limit(1)).first()


def values(session: Session, facet: str, limit: int = 60) -> list[tuple[str, int]]:
    """Return the most frequent values of a facet with the number of their cases, in the order of the alphabet."""
    number = func.count()
    statement = select(FacetRow.value, number).where(FacetRow.facet == facet).group_by(FacetRow.value)
    rows: Sequence[Any] = session.exec(statement.order_by(number.desc(), FacetRow.value).limit(limit)).all()
    return sorted((value, count) for value, count in rows)


def view_name(given: str) -> str:
    """Return a view's name with single spaces. Raises ConfigError for one that nobody could read."""
    name = " ".join(given.split())
    if not name or not name.isprintable():
        raise ConfigError("A view needs a name of printable characters")
    return name


def keep_view(session: Session, owner: str, name: str, filters: Filters, now: datetime) -> ViewRow:
    """Keep the filters under a name; a view of that name is replaced. Raises ConfigError beyond the most of them."""
    held = views(session, owner)
    row = next((view for view in held if view.name == name), None)
    if row is None and len(held) >= MOST_VIEWS:
        raise ConfigError(f"Nobody has more than {MOST_VIEWS} views: forget one first")
    row = row or ViewRow(owner=owner, name=name, query="", created_at=now)
    row.query = filters.query
    session.add(row)
    session.flush()
    return row


def drop_view(session: Session, owner: str, view: int) -> bool:
    """Forget a view of that person's; return whether there was one."""
    row = session.get(ViewRow, view)
    if row is None or row.owner != owner:
        return False
    session.delete(row)
    return True


def views(session: Session, owner: str) -> list[ViewRow]:
    """Return a person's views by name."""
    return list(session.exec(select(ViewRow).where(ViewRow.owner == owner).order_by(ViewRow.name)))
