"""People as an OpenID provider knows them, and sign-ins that are on their way there."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from compliance.errors import ConfigError
from compliance.store import users
from compliance.store.tables import UserRow
from compliance.store.tables_people import IdentityRow, SignInFlowRow

FLOW_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in on its way: what only this desk and this browser know of it."""

    state: str
    browser: str
    nonce: str
    verifier: str
    target: str


def begin(session: Session, target: str, now: datetime) -> Flow:
    """Return a new flow; flows that never came back are removed."""
    session.connection().execute(delete(SignInFlowRow).where(col(SignInFlowRow.created_at) < now - FLOW_LASTS))
    # RFC 7636: a verifier has 43 to 128 characters.
    state, browser, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(4))
    flow = Flow(state, browser, nonce, verifier, target)
    session.add(
        SignInFlowRow(
            state_digest=users.digest(flow.state),
            browser_digest=users.digest(flow.browser),
            nonce=flow.nonce,
            verifier=flow.verifier,
            target=target,
            created_at=now,
        )
    )
    return flow


def take(session: Session, state: str, browser: str, now: datetime) -> Flow | None:
    """Return the flow that this browser began, once; None where it is unknown, over, used, or another browser's."""
    row = session.get(SignInFlowRow, users.digest(state))
    if row is None:
        return None
    session.delete(row)
    if not users.same_token(users.digest(browser), row.browser_digest) or now - row.created_at > FLOW_LASTS:
        return None
    return Flow(state, browser, row.nonce, row.verifier, row.target)


def person(session: Session, issuer: str, subject: str) -> UserRow | None:
    """Return the account that a subject of the provider is linked to, or None."""
    row = session.get(IdentityRow, (issuer, subject))
    return session.get(UserRow, row.user_id) if row else None


def link(session: Session, issuer: str, subject: str, user_id: int, now: datetime) -> None:
    """Let a subject of the provider sign in to an account. Raises ConfigError where it is linked already."""
    if session.get(IdentityRow, (issuer, subject)) is not None:
        raise ConfigError(f"{subject} of {issuer} is linked to an account already")
    session.add(IdentityRow(issuer=issuer, subject=subject, user_id=user_id, linked_at=now))
    session.flush()
