"""Who may sign in, and the browsers that are signed in. Passwords rest as argon2id, session tokens as SHA-256."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from compliance.errors import AccessError, ConfigError
from compliance.store.tables import SessionRow, UserRow

_HASHER = PasswordHasher()
# Verified when a name is unknown, so that both answers take the same time.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
_FREE_TRIES = 5
_FIRST_LOCK = timedelta(seconds=30)
_LONGEST_LOCK = timedelta(minutes=15)
MIN_PASSWORD, MAX_PASSWORD = 12, 200


class Role(StrEnum):
    """What a person may do at the desk."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    APPROVER = "approver"
    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person, for the length of one request."""

    user_id: int
    name: str
    role: Role
    csrf: str


def add_user(session: Session, name: str, role: Role, password: str, now: datetime) -> None:
    """Enter a person. Raises ConfigError for a taken or odd name, or a password outside 12 to 200 characters."""
    name = name.strip()
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise ConfigError("a name has 1 to 80 printable characters")
    if find(session, name) is not None:
        raise ConfigError(f"there is a user {name} already")
    session.add(UserRow(name=name, role=role.value, password=hash_password(password), created_at=now))
    session.flush()


def hash_password(password: str) -> str:
    """Return the argon2id hash of an acceptable password (NIST SP 800-63B: length counts, composition does not)."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise ConfigError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return _HASHER.hash(password)


def find(session: Session, name: str) -> UserRow | None:
    """Return the person of that name, or None."""
    return session.exec(select(UserRow).where(UserRow.name == name)).first()


def listed(session: Session) -> list[UserRow]:
    """Return everyone, by name."""
    return list(session.exec(select(UserRow).order_by(UserRow.name)))


def exists(session: Session) -> bool:
    """True where at least one person may sign in."""
    return session.exec(select(UserRow.id).where(col(UserRow.active)).limit(1)).first() is not None


def set_password(session: Session, name: str, password: str) -> None:
    """Replace a person's password and end that person's sessions."""
    row = _known(session, name)
    row.password, row.failures, row.locked_until = hash_password(password), 0, None
    session.add(row)
    end_sessions(session, row.id or 0)


def disable(session: Session, name: str) -> None:
    """Lock a person out from the next request on."""
    row = _known(session, name)
    row.active = False
    session.add(row)
    end_sessions(session, row.id or 0)


def _known(session: Session, name: str) -> UserRow:
    row = find(session, name)
    if row is None:
        raise ConfigError(f"there is no user {name}")
    return row


def sign_in(session: Session, name: str, password: str, now: datetime) -> tuple[str, str] | None:
    """Return a new session token and its CSRF token, or None where name and password do not fit.

    After five failures each further one locks the account a little longer, to at most a quarter of an hour, so a
    stranger can slow a person down but never lock him out for good. A locked account raises AccessError.
    """
    row = find(session, name)
    if row is not None and row.locked_until is not None and row.locked_until > now:
        raise AccessError("too many failed tries: wait a little and try again")
    fits = _fits(row.password if row and row.active else _NOBODY, password[:MAX_PASSWORD])
    if row is None or not row.active:
        return None
    if not fits:
        row.failures += 1
        if row.failures >= _FREE_TRIES:
            row.locked_until = now + min(_FIRST_LOCK * 2 ** min(row.failures - _FREE_TRIES, 10), _LONGEST_LOCK)
        session.add(row)
        return None
    row.failures, row.locked_until = 0, None
    if _HASHER.check_needs_rehash(row.password):
        row.password = _HASHER.hash(password)
    session.add(row)
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    assert row.id is not None
    session.add(SessionRow(token_digest=_digest(token), user_id=row.id, csrf=csrf, created_at=now, last_used=now))
    return token, csrf


def _fits(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def visitor(session: Session, token: str, now: datetime, idle: timedelta, absolute: timedelta) -> Visitor | None:
    """Return who sends this token and note the use, or None where the session has ended or the person is disabled."""
    row = session.get(SessionRow, _digest(token))
    if row is None:
        return None
    user = session.get(UserRow, row.user_id)
    if user is None or not user.active or now - row.last_used > idle or now - row.created_at > absolute:
        session.delete(row)
        return None
    if now - row.last_used > timedelta(seconds=30):
        row.last_used = now
        session.add(row)
    return Visitor(row.user_id, user.name, Role(user.role), row.csrf)


def sign_out(session: Session, token: str) -> None:
    """End one session."""
    row = session.get(SessionRow, _digest(token))
    if row is not None:
        session.delete(row)


def end_sessions(session: Session, user_id: int) -> None:
    """End every session of a person."""
    for row in session.exec(select(SessionRow).where(SessionRow.user_id == user_id)):
        session.delete(row)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def same_token(given: str, expected: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
