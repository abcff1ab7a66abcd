"""Answers to writes that carried an idempotency key: the same asking again gets the same answer and does nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from compliance.errors import ConflictError
from compliance.store.dialect import insert_new
from compliance.store.tables_people import AnswerRow

KEPT = timedelta(hours=24)
# A write takes far less; one that is older lost its process.
_UNDER_WAY = timedelta(minutes=1)
_DONE = 0


class KeyUsedError(ConflictError):
    """The key belongs to another request."""


def claim(session: Session, user_id: int, key: str, request_digest: str, now: datetime) -> AnswerRow | None:
    """Return the answer that was given under this key, or None where the write is now ours to do.

    Raises KeyUsedError where the key came with another request, ConflictError while the first asking is under way.
    """
    session.connection().execute(delete(AnswerRow).where(col(AnswerRow.created_at) < now - KEPT))
    row = {
        "user_id": user_id,
        "key": key,
        "request_digest": request_digest,
        "headers": {},
        "body": "",
        "created_at": now,
    }
    if insert_new(session, AnswerRow, [row]):
        return None
    known = session.get_one(AnswerRow, (user_id, key), with_for_update=True)
    if known.request_digest != request_digest:
        raise KeyUsedError("this idempotency key came with another request before: use a new one")
    if known.status not in (None, _DONE):
        return known
    if now - known.created_at < _UNDER_WAY:
        raise ConflictError("the first request with this idempotency key is still under way: ask again in a moment")
    if known.status == _DONE:
        raise ConflictError("the first request with this idempotency key was done, but its answer was lost: look")
    known.created_at = now
    session.add(known)
    return None


def note_done(session: Session, user_id: int, key: str) -> None:
    """Note, in the transaction of the write itself, that it is done: if its answer is lost, it is not done again."""
    row = session.get_one(AnswerRow, (user_id, key))
    row.status = _DONE
    session.add(row)


def keep(session: Session, user_id: int, key: str, status: int, headers: Mapping[str, Any], body: str) -> None:
    """Keep what the write was answered."""
    row = session.get_one(AnswerRow, (user_id, key))
    row.status, row.headers, row.body = status, dict(headers), body
    session.add(row)


def drop(session: Session, user_id: int, key: str) -> None:
    """Forget a claim whose write was refused, so that a mended request may use the key."""
    row = session.get(AnswerRow, (user_id, key))
    if row is not None:
        session.delete(row)
