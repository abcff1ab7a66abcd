"""Letting people in: by password or by a provider's word, with every try counted before it is judged."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from compliance import passwords
from compliance.errors import AccessError
from compliance.store import identities, ledger, tries, users
from compliance.store.database import session_scope
from compliance.store.tables import UserRow
from compliance.store.users import Role

# A browser in which a person signed in before keeps its own count of tries, so that a stranger's tries elsewhere
# cannot keep the person out of it.
BROWSER_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A session that has begun: its token, and the token by which the browser is known from now on."""

    name: str
    session: str
    browser: str


@dataclass(frozen=True, slots=True)
class Came:
    """Where a try to sign in comes from: address, the token of a known browser, and the session it had before."""

    address: str = ""
    browser: str = ""
    session: str = ""


class WaitError(AccessError):
    """Too many tries failed; ``seconds`` says how long the next one has to wait."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, math.ceil(wait.total_seconds()))
        super().__init__(f"too many failed tries: wait {_spoken(self.seconds)} and try again")


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 100 else f"{math.ceil(seconds / 60)} minutes"


def sign_in(engine: Engine, name: str, password: str, came: Came, now: datetime) -> Admitted | None:
    """Begin a session for the person of that name and password, or return None where they do not fit.

    The try is counted before the password is judged, so that many at once gain nothing. Raises WaitError while the
    account, the known browser or the address has to wait; neither answer tells whether there is such a name.
    """
    subject, stored = _counted(engine, name, came, now)
    if not passwords.fits(stored, password):
        return None
    with session_scope(engine) as session:
        user = users.find(session, name)
        if user is None or not user.active or user.password != stored:
            return None
        user.password = passwords.renewed(stored, password)
        session.add(user)
        tries.forget(session, subject)
        tries.uncount(session, tries.of_address(came.address))
        return _begin(session, user, came, "password", now)


def confirm(engine: Engine, name: str, password: str, came: Came, now: datetime) -> bool:
    """Return whether it is this person's password; tries are counted, and refused with WaitError, as at sign-in."""
    subject, stored = _counted(engine, name, came, now)
    if not passwords.fits(stored, password):
        return False
    with session_scope(engine) as session:
        tries.forget(session, subject)
        tries.uncount(session, tries.of_address(came.address))
    return True


def _counted(engine: Engine, name: str, came: Came, now: datetime) -> tuple[str, str]:
    """Count the try; return the subject it counts for and the stored hash, empty where nobody may sign in so."""
    with session_scope(engine) as session:
        tries.hold_others(session)
        user = users.find(session, name)
        subject = tries.of_account(name)
        if user and users.is_known_browser(session, came.browser, user.id or 0, now, BROWSER_LASTS):
            subject = tries.of_browser(users.digest(came.browser))
        address = tries.of_address(came.address)
        wait = max(tries.wait(session, subject, now), tries.wait(session, address, now))
        if wait > timedelta(0):
            raise WaitError(wait)
        tries.count(session, subject, tries.ACCOUNT, now)
        tries.count(session, address, tries.ADDRESS, now)
        tries.prune(session, now)
        return subject, user.password if user and user.active else ""


def _begin(session: Session, user: UserRow, came: Came, way: str, now: datetime) -> Admitted:
    assert user.id is not None
    if came.session:
        users.sign_out(session, came.session)
    browser = came.browser
    if not users.is_known_browser(session, browser, user.id, now, BROWSER_LASTS):
        browser = users.know_browser(session, user.id, now)
    token, _ = users.begin_session(session, user.id, now)
    ledger.append(
        session, at=now, actor=user.name, action="user.signed_in", subject=f"user:{user.name}", after={"way": way}
    )
    return Admitted(user.name, token, browser)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for: its issuer, the subject there, a name to call him, the groups he is in."""

    issuer: str
    subject: str
    name: str
    groups: frozenset[str]


# The highest role first: a person in several groups gets the most that any of them gives.
_HIGHEST = (Role.ADMIN, Role.APPROVER, Role.ANALYST, Role.AUDITOR, Role.VIEWER)


def role_of(groups: frozenset[str], roles: Mapping[str, Role], default: Role | None) -> Role | None:
    """Return the role that a person's groups give, the default one, or None where he may not come in. Pure."""
    given = {roles[group] for group in groups if group in roles}
    return next((role for role in _HIGHEST if role in given), default)


def admit(engine: Engine, who: Vouched, role: Role | None, came: Came, now: datetime) -> Admitted:
    """Begin a session for whom the provider vouches for; a first visit makes the account, later ones set its role.

    The provider's name never opens an account that is there already: that takes `embargowatch users link`. Raises
    AccessError where no group gives a role, the account is disabled, or its name is taken.
    """
    if role is None:
        raise AccessError("none of your groups may use this desk: ask its administrator")
    with session_scope(engine) as session:
        user = identities.person(session, who.issuer, who.subject) or _new_person(session, who, role, now)
        if not user.active:
            raise AccessError("this account is disabled: ask the desk's administrator")
        if user.role != role.value:
            before = users.set_role(session, user.name, role)
            _note(session, user.name, "user.role_changed", {"role": before.value}, {"role": role.value}, now)
        return _begin(session, user, came, "provider", now)


def _new_person(session: Session, who: Vouched, role: Role, now: datetime) -> UserRow:
    if users.find(session, who.name) is not None:
        raise AccessError(f"there is an account {who.name} already: its administrator must link it to the provider")
    user = users.add_user(session, who.name, role, "", now)
    identities.link(session, who.issuer, who.subject, user.id or 0, now)
    after = {"role": role.value, "issuer": who.issuer, "subject": who.subject}
    _note(session, user.name, "user.added", {}, after, now)
    return user


def _note(
    session: Session, name: str, action: str, before: Mapping[str, str], after: Mapping[str, str], now: datetime
) -> None:
    ledger.append(session, at=now, actor="provider", action=action, subject=f"user:{name}", before=before, after=after)
