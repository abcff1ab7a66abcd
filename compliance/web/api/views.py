"""Saved views: a person's own filters of the queue under names."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from compliance.store import queue
from compliance.store.database import read_scope, session_scope
from compliance.store.tables_desk import ViewRow
from compliance.web.api import frame
from compliance.web.api.frame import ETAG, Body, Caller, Done, IfMatch, Key, Nothing, refusals
from compliance.web.api.queue import Show

router = APIRouter(tags=["saved views"])

_Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
_Word = Annotated[str, Field(max_length=200)]


class View(BaseModel):
    """A saved view; ``filters`` are what ``/queue`` takes."""

    id: int
    name: str
    filters: dict[str, str]
    created_at: datetime


class FilterFields(Body):
    """The filters of the queue; what is left out is not asked for."""

    show: Show = "waiting"
    regime: _Word = ""
    kind: _Word = ""
    role: _Word = ""
    party: _Word = ""
    country: _Word = ""
    source: _Word = ""
    status: _Word = ""
    severity: _Word = ""
    assignee: _Word = ""
    age: int | None = Field(default=None, ge=0, le=9_999)
    older: bool = False


class NewView(Body):
    """A name and the filters kept under it; a view of that name is replaced."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Arms to Yemen", "filters": {"regime": "2140", "kind": "arms"}}]}
    )

    name: str = Field(min_length=1, max_length=60)
    filters: FilterFields = FilterFields()


@router.get("/views", name="api_views", responses=refusals())
def list_views(request: Request, visitor: Caller) -> list[View]:
    """List the caller's own views by name; nobody has more than a hundred."""
    with read_scope(request.app.state.engine) as session:
        return [_view(row) for row in queue.views(session, visitor.name)]


@router.get("/views/{view}", name="api_view", responses=refusals(404) | {200: {"headers": ETAG}})
def show_view(request: Request, response: Response, visitor: Caller, view: _Id) -> View:
    """Show one of the caller's views; the ETag is what forgetting it needs."""
    row = _own(request, visitor.name, view)
    response.headers["ETag"] = _etag(row)
    return _view(row)


@router.post("/views", name="api_keep_view", status_code=201, response_model=View, responses=refusals(409))
def keep_view(request: Request, visitor: Caller, body: NewView, key: Key = None) -> Response:
    """Keep filters under a name, for the caller alone."""
    given = body.filters.model_dump()
    told = {name: str(value) for name, value in given.items() if value not in (None, "", False)}
    if body.filters.older:
        told["older"] = "1"

    def do(engine: Engine) -> Done:
        name = queue.view_name(body.name)
        with session_scope(engine) as session:
            row = queue.keep_view(session, visitor.name, name, queue.read_filters(told), datetime.now(UTC))
        return 201, _etag(row), _view(row).model_dump(mode="json")

    return frame.once(request, visitor, key, body, do)


@router.delete("/views/{view}", name="api_drop_view", response_model=View, responses=refusals(404, 409, 412, 428))
def drop_view(request: Request, visitor: Caller, view: _Id, if_match: IfMatch = None, key: Key = None) -> Response:
    """Forget one of the caller's views; another's is as if it were not there. Answers with what it was."""

    def do(engine: Engine) -> Done:
        row = _own(request, visitor.name, view)
        frame.check_match(if_match, _etag(row))
        with session_scope(engine) as session:
            if not queue.drop_view(session, visitor.name, view):
                raise HTTPException(404, f"You have no view {view}.")
        return 200, "", _view(row).model_dump(mode="json")

    return frame.once(request, visitor, key, Nothing(), do)


def _own(request: Request, owner: str, view: int) -> ViewRow:
    with read_scope(request.app.state.engine) as session:
        row = session.get(ViewRow, view)
    if row is None or row.owner != owner:
        raise HTTPException(404, f"You have no view {view}.")
    return row


def _view(row: ViewRow) -> View:
    return View(id=row.id or 0, name=row.name, filters=dict(parse_qsl(row.query)), created_at=row.created_at)


def _etag(row: ViewRow) -> str:
    return frame.etag_of("view", row.id, row.name, row.query)
