"""Tables of who may come in: tries, known browsers, identities at a provider, tokens; answers to repeated writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class TryRow(SQLModel, table=True):
    """Failed tries to sign in under one account, from one address or from one known browser.

    An account stands here by a digest of its name, whether or not there is such an account.
    """

    __tablename__ = "sign_in_tries"

    subject: str = Field(primary_key=True)
    failures: int = 0
    blocked_until: datetime | None = None
    last_at: datetime = Field(index=True)


class BrowserRow(SQLModel, table=True):
    """A browser in which a person signed in before. Only the SHA-256 of its token is kept."""

    __tablename__ = "known_browsers"

    token_digest: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    created_at: datetime


class IdentityRow(SQLModel, table=True):
    """The account that a subject of an OpenID provider signs in to."""

    __tablename__ = "identities"

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    linked_at: datetime


class SignInFlowRow(SQLModel, table=True):
    """A sign-in that was sent to the OpenID provider and has not come back. Used once."""

    __tablename__ = "sign_in_flows"

    state_digest: str = Field(primary_key=True)
    browser_digest: str
    nonce: str
    verifier: str
    target: str
    created_at: datetime = Field(index=True)


class TokenRow(SQLModel, table=True):
    """A personal API token. Only its SHA-256 and its first characters are kept."""

    __tablename__ = "tokens"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    name: str
    hint: str
    digest: str = Field(unique=True)
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime
    expires_at: datetime
    last_used: datetime | None = None


class AnswerRow(SQLModel, table=True):
    """What a write with an idempotency key was answered, so that the same asking again gets the same answer.

    ``status`` is null while the write is under way, and 0 from its commit until its answer is kept.
    """

    __tablename__ = "answers"

    user_id: int = Field(foreign_key="users.id", primary_key=True)
    key: str = Field(primary_key=True)
    request_digest: str
    status: int | None = None
    headers: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    body: str = Field(default="", sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(index=True)
