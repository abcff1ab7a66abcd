"""Who may sign in, and the browsers that are signed in. Of every token only the SHA-256 is kept."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, select

from compliance import passwords
from compliance.errors import ConfigError
from compliance.store.tables import SessionRow, UserRow
from compliance.store.tables_people import BrowserRow, TokenRow

# So exactly is the last use of a session kept.
_NOTED = timedelta(seconds=30)


class Role(StrEnum):
    """What a person may do at the desk."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    APPROVER = "approver"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """What a token may do, within what its owner's role allows."""

    READ = "read"
    DECIDE = "decide"
    EXPORT = "export"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person, for the length of one request.

    ``scopes`` is None for a browser's session, which may do whatever the role may.
    """

    user_id: int
    name: str
    role: Role
    csrf: str
    scopes: frozenset[Scope] | None = None


def add_user(session: Session, name: str, role: Role, password: str, now: datetime) -> UserRow:
    """Enter a person who signs in with a password; with an empty one he can sign in through a provider alone.

    Raises ConfigError for a taken or odd name, or a password that is not acceptable.
    """
    name = name.strip()
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise ConfigError("a name has 1 to 80 printable characters")
    if find(session, name) is not None:
        raise ConfigError(f"there is a user {name} already")
    row = UserRow(
        name=name, role=role.value, password=hash_password(password, name) if password else "", created_at=now
    )
    session.add(row)
    session.flush()
    return row


def hash_password(password: str, *about: str) -> str:
    """Return the argon2id hash of an acceptable password; ConfigError says why another is refused."""
    return passwords.hashed(password, *about)


def find(session: Session, name: str) -> UserRow | None:
    """Return the person of that name, or None."""
    return session.exec(select(UserRow).where(UserRow.name == name)).first()


def listed(session: Session, after: str = "", limit: int | None = None) -> list[UserRow]:
    """Return everyone, by name; with ``after`` only those whose names follow, with ``limit`` only so many."""
    statement = select(UserRow).where(col(UserRow.name) > after) if after else select(UserRow)
    return list(session.exec(statement.order_by(UserRow.name).limit(limit)))


def held(session: Session, name: str) -> UserRow:
    """Return the person of that name, held against other writers. Raises ConfigError where there is none."""
    row = session.exec(select(UserRow).where(UserRow.name == name).with_for_update()).first()
    if row is None:
        raise ConfigError(f"there is no user {name}")
    return row


def exists(session: Session) -> bool:
    """True where at least one person may sign in."""
    return session.exec(select(UserRow.id).where(col(UserRow.active)).limit(1)).first() is not None


def set_password(session: Session, name: str, password: str) -> None:
    """Replace a person's password, and end that person's sessions, tokens and known browsers."""
    row = known(session, name)
    row.password = hash_password(password, name)
    session.add(row)
    end_everything(session, row.id or 0)


def set_role(session: Session, name: str, role: Role) -> Role:
    """Give a person another role from the next request on; return the one before.

    Raises ConfigError where the last active admin would go.
    """
    row = known(session, name)
    before = Role(row.role)
    if before is Role.ADMIN and role is not Role.ADMIN and row.active:
        _keep_an_admin(session)
    row.role = role.value
    session.add(row)
    return before


def disable(session: Session, name: str) -> None:
    """Lock a person out from the next request on. Raises ConfigError where the last active admin would go."""
    row = known(session, name)
    if row.active and row.role == Role.ADMIN.value:
        _keep_an_admin(session)
    row.active = False
    session.add(row)
    end_everything(session, row.id or 0)


def enable(session: Session, name: str) -> None:
    """Let a person who was locked out sign in again."""
    row = known(session, name)
    row.active = True
    session.add(row)


def _keep_an_admin(session: Session) -> None:
    admins = session.exec(select(UserRow.id).where(UserRow.role == Role.ADMIN.value, col(UserRow.active)).limit(2))
    if len(list(admins)) < 2:
        raise ConfigError("this is the last admin: make somebody else an admin first")


def known(session: Session, name: str) -> UserRow:
    """Return the person of that name. Raises ConfigError where there is none."""
    row = find(session, name)
    if row is None:
        raise ConfigError(f"there is no user {name}")
    return row


def begin_session(session: Session, user_id: int, now: datetime) -> tuple[str, str]:
    """Return a new session token and its CSRF token."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session.add(SessionRow(token_digest=digest(token), user_id=user_id, csrf=csrf, created_at=now, last_used=now))
    session.flush()
    return token, csrf


def visitor(
    session: Session, token: str, now: datetime, idle: timedelta, absolute: timedelta
) -> tuple[Visitor | None, bool]:
    """Return who sends this token, or None where the session has ended or the person is disabled; nothing is written.

    The second value says whether there is something for ``note_use`` to write.
    """
    row = session.get(SessionRow, digest(token))
    if row is None:
        return None, False
    user = session.get(UserRow, row.user_id)
    if user is None or not user.active or now - row.last_used > idle or now - row.created_at > absolute:
        return None, True
    return Visitor(row.user_id, user.name, Role(user.role), row.csrf), now - row.last_used > _NOTED


def note_use(session: Session, token: str, is_over: bool, now: datetime) -> None:
    """Note that a session was used just now, or delete it where it is over."""
    row = session.get(SessionRow, digest(token))
    if row is None:
        return
    if is_over:
        session.delete(row)
    elif row.last_used < now:
        row.last_used = now
        session.add(row)


def sign_out(session: Session, token: str) -> None:
    """End one session."""
    row = session.get(SessionRow, digest(token))
    if row is not None:
        session.delete(row)


def sessions_of(session: Session, user_id: int) -> list[SessionRow]:
    """Return a person's sessions, newest first."""
    found = select(SessionRow).where(SessionRow.user_id == user_id).order_by(col(SessionRow.created_at).desc())
    return list(session.exec(found))


def end_sessions(session: Session, user_id: int, keep: str = "") -> None:
    """End every session of a person but the one of the token to keep."""
    kept = col(SessionRow.token_digest) != digest(keep)
    session.connection().execute(delete(SessionRow).where(col(SessionRow.user_id) == user_id, kept))


def end_everything(session: Session, user_id: int) -> None:
    """End a person's sessions and tokens, and forget the browsers he is known in."""
    end_sessions(session, user_id)
    tables: tuple[type[SQLModel], ...] = (TokenRow, BrowserRow)
    for table in tables:
        session.connection().execute(delete(table).where(col(table.user_id) == user_id))  # type: ignore[attr-defined]  # both have it


def know_browser(session: Session, user_id: int, now: datetime) -> str:
    """Return a token by which this browser is known as one in which the person signed in before."""
    token = secrets.token_urlsafe(32)
    session.add(BrowserRow(token_digest=digest(token), user_id=user_id, created_at=now))
    return token


def is_known_browser(session: Session, token: str, user_id: int, now: datetime, age: timedelta) -> bool:
    """True where the person signed in with this browser within that time."""
    row = session.get(BrowserRow, digest(token)) if token else None
    return row is not None and row.user_id == user_id and now - row.created_at <= age


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def same_token(given: str, expected: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
