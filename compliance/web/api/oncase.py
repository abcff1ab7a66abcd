"""A change of one case through the API: what the caller saw, done once, answered with how the case then stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Engine
from sqlmodel import Session

from compliance.store import cases, changes
from compliance.store.database import read_scope
from compliance.store.tables import CaseRow
from compliance.store.users import Visitor
from compliance.web.api import frame
from compliance.web.api.frame import Caller, Done, IfMatch, Key
from compliance.web.steps import Act

Reference = Annotated[
    str,
    Path(
        max_length=40,
        pattern=r"^[A-Za-z0-9-]+$",
        description="The case's reference.",
        openapi_examples={"case": {"value": "EW-2026-00001"}},
    ),
]
REFUSALS = (404, 409, 412, 428)


class Changed(BaseModel):
    """A case after a change; its ETag is in the header."""

    case: str
    state: str
    disposition: str | None
    revision: int
    assignee: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    change: int | None = Field(description="The caller's newest change of this case that stands: undo takes this.")
    opened: str | None = Field(default=None, description="The reference of the case that a split opened.")


@dataclass(frozen=True, slots=True)
class Call:
    """One asked-for change of a case, before anything is checked but who asks."""

    request: Request
    reference: str
    visitor: Visitor
    if_match: str | None
    key: str | None

    def make(
        self, body: BaseModel, step: Callable[[Act], str | None], refused: Callable[[Act, str], None] | None = None
    ) -> Response:
        """Do one step of the desk, if the case is as the caller saw it, and answer with the case as it then stands.

        ``refused`` is told where it is not.
        """

        def do(engine: Engine) -> Done:
            act = self._act(engine)
            try:
                frame.check_match(self.if_match, etag(self.reference, act.revision))
            except HTTPException as error:
                if refused is not None and error.status_code == 412:
                    refused(act, str(error.detail))
                raise
            opened = step(act)
            return self._changed(opened)

        return frame.once(self.request, self.visitor, self.key, body, do)

    def _act(self, engine: Engine) -> Act:
        with read_scope(engine) as session:
            row = found(session, self.reference)
        return Act(self.request.app.state, engine, self.reference, self.visitor, row.revision, datetime.now(UTC))

    def _changed(self, opened: str | None) -> Done:
        with read_scope(self.request.app.state.engine) as session:
            row = found(session, self.reference)
            last = changes.newest(session, row.id or 0, self.visitor.name)
        told = Changed.model_validate(row.model_dump() | {"case": row.reference, "change": last, "opened": opened})
        status = self.request.scope["route"].status_code or 200
        return status, etag(self.reference, row.revision), told.model_dump(mode="json")


def on_case(request: Request, reference: Reference, visitor: Caller, if_match: IfMatch = None, key: Key = None) -> Call:
    """Return the call: what every change of a case carries."""
    return Call(request, reference, visitor, if_match, key)


CaseCall = Annotated[Call, Depends(on_case)]


def etag(reference: str, revision: int) -> str:
    """Return the ETag of a case at a revision."""
    return frame.etag_of("case", reference, revision)


def found(session: Session, reference: str) -> CaseRow:
    """Return the case. Raises HTTPException 404 for an unknown one."""
    row = cases.by_reference(session, reference)
    if row is None:
        raise HTTPException(404, f"There is no case {reference}.")
    return row
