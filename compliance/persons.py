"""Changing who may come in: the account and the record of the change in one transaction, or neither."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from compliance.store import identities, ledger, users
from compliance.store.database import session_scope
from compliance.store.tables import UserRow
from compliance.store.users import Role


def add(engine: Engine, name: str, role: Role, password: str, actor: str, now: datetime) -> None:
    """Add a person; with an empty password only a provider can let him in. ConfigError says what is not acceptable."""
    with session_scope(engine) as session:
        row = users.add_user(session, name, role, password, now)
        _note(session, row.name, "user.added", actor, now, {}, {"role": role.value})


def change(
    engine: Engine,
    name: str,
    actor: str,
    now: datetime,
    *,
    seen: Callable[[UserRow], None],
    role: Role | None = None,
    active: bool | None = None,
    password: str | None = None,
) -> None:
    """Change of a person what is given, all of it or nothing, if ``seen`` does not object to how the person stands.

    ConfigError says what is not acceptable.
    """
    with session_scope(engine) as session:
        seen(users.held(session, name))
        if password is not None:
            _set_password(session, name, password, actor, now)
        if role is not None:
            _set_role(session, name, role, actor, now)
        if active is not None:
            _set_active(session, name, active, actor, now)


def set_role(engine: Engine, name: str, role: Role, actor: str, now: datetime) -> None:
    """Give a person another role from the next request on. ConfigError where the last admin would go."""
    with session_scope(engine) as session:
        _set_role(session, name, role, actor, now)


def _set_role(session: Session, name: str, role: Role, actor: str, now: datetime) -> None:
    before = users.set_role(session, name, role)
    if before is not role:
        _note(session, name, "user.role_changed", actor, now, {"role": before.value}, {"role": role.value})


def set_active(engine: Engine, name: str, active: bool, actor: str, now: datetime) -> None:
    """Lock a person out at once, sessions and tokens included, or let him in again."""
    with session_scope(engine) as session:
        _set_active(session, name, active, actor, now)


def _set_active(session: Session, name: str, active: bool, actor: str, now: datetime) -> None:
    (users.enable if active else users.disable)(session, name)
    _note(session, name, "user.enabled" if active else "user.disabled", actor, now)


def set_password(engine: Engine, name: str, password: str, actor: str, now: datetime) -> None:
    """Set a person's password, and end his sessions and tokens."""
    with session_scope(engine) as session:
        _set_password(session, name, password, actor, now)


def _set_password(session: Session, name: str, password: str, actor: str, now: datetime) -> None:
    users.set_password(session, name, password)
    _note(session, name, "user.password_set", actor, now)


def link(engine: Engine, name: str, issuer: str, subject: str, actor: str, now: datetime) -> None:
    """Let a subject of an OpenID provider sign in to an account."""
    with session_scope(engine) as session:
        identities.link(session, issuer, subject, users.known(session, name).id or 0, now)
        _note(session, name, "user.linked", actor, now, {}, {"issuer": issuer, "subject": subject})


def _note(
    session: Session,
    name: str,
    action: str,
    actor: str,
    now: datetime,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> None:
    ledger.append(session, at=now, actor=actor, action=action, subject=f"user:{name}", before=before, after=after)
