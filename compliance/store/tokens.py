"""Personal API tokens: shown once, kept as a digest, narrowed by scopes, ended by their day."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from compliance.errors import ConfigError
from compliance.store import users
from compliance.store.tables import UserRow
from compliance.store.tables_people import TokenRow
from compliance.store.users import Role, Scope, Visitor

PREFIX = "ewt_"
LONGEST = timedelta(days=366)
MOST = 20
_HINT = 8
_NOTED = timedelta(minutes=1)


def make(
    session: Session, user_id: int, name: str, scopes: Iterable[Scope], lasts: timedelta, now: datetime
) -> tuple[TokenRow, str]:
    """Return a new token's row and the token itself, which is not kept.

    Raises ConfigError for a bad or taken name, no scope, a time of life outside a year, or too many tokens.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise ConfigError("a token's name has 1 to 80 printable characters")
    if not timedelta(0) < lasts <= LONGEST:
        raise ConfigError("a token lasts from 1 to 366 days")
    chosen = sorted({scope.value for scope in scopes})
    if not chosen:
        raise ConfigError("a token needs at least one scope")
    if session.exec(select(TokenRow.id).where(TokenRow.user_id == user_id, TokenRow.name == name)).first():
        raise ConfigError(f"you have a token {name} already")
    if session.exec(select(func.count()).select_from(TokenRow).where(TokenRow.user_id == user_id)).one() >= MOST:
        raise ConfigError(f"nobody has more than {MOST} tokens: end one first")
    token = PREFIX + secrets.token_urlsafe(32)
    row = TokenRow(
        user_id=user_id,
        name=name,
        hint=token[:_HINT],
        digest=users.digest(token),
        scopes=chosen,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    session.flush()
    return row, token


def bearer(session: Session, token: str, now: datetime) -> tuple[Visitor | None, bool]:
    """Return who sends this token, with its scopes, or None where it is unknown or over, or its owner is disabled.

    Nothing is written; the second value says whether the use is to be noted (``note_use``).
    """
    if not token.startswith(PREFIX):
        return None, False
    row = of_digest(session, users.digest(token))
    user = session.get(UserRow, row.user_id) if row else None
    if row is None or user is None or not user.active or row.expires_at <= now:
        return None, False
    scopes = frozenset(Scope(scope) for scope in row.scopes)
    found = Visitor(row.user_id, user.name, Role(user.role), "", scopes)
    return found, row.last_used is None or now - row.last_used > _NOTED


def note_use(session: Session, token: str, now: datetime) -> None:
    """Note that a token was used just now."""
    row = of_digest(session, users.digest(token))
    if row is not None:
        row.last_used = now
        session.add(row)


def of_digest(session: Session, digest: str) -> TokenRow | None:
    """Return the token whose SHA-256 this is, or None."""
    return session.exec(select(TokenRow).where(TokenRow.digest == digest)).first()


def of_user(session: Session, user_id: int) -> list[TokenRow]:
    """Return a person's tokens, newest first."""
    found = select(TokenRow).where(TokenRow.user_id == user_id).order_by(col(TokenRow.id).desc())
    return list(session.exec(found))


def end(session: Session, user_id: int, token_id: int) -> TokenRow | None:
    """End one of the person's own tokens and return its row, or None where he has no such token."""
    row = session.get(TokenRow, token_id) if 0 < token_id < 2**31 else None
    if row is None or row.user_id != user_id:
        return None
    session.delete(row)
    return row
