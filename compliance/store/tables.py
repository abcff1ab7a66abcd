"""Every table, in the order of a story's journey. All times are UTC and aware.

The unique keys here are what makes each step of the journey safe to repeat: a second run of the same step
finds its rows already there.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel


def _json() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


def _text(default: Any = ...) -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=default is None))


class FeedRow(SQLModel, table=True):
    """A feed's health and what its last answer said about freshness."""

    __tablename__ = "feeds"

    id: str = Field(primary_key=True)
    url: str
    title: str
    state: str
    reason: str = ""
    state_since: datetime
    last_checked: datetime
    last_success: datetime | None = None
    failures: int = 0
    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    entries: int = 0
    standing: str = Field(default="new", sa_column_kwargs={"server_default": "new"})
    weight: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    failing_since: datetime | None = None
    alarmed_at: datetime | None = None
    last_full: datetime | None = None
    last_new: datetime | None = None
    interval: int = Field(default=0, sa_column_kwargs={"server_default": "0", "name": "interval_seconds"})
    longest_gap: int | None = Field(default=None, sa_column_kwargs={"name": "longest_gap_seconds"})
    next_check: datetime | None = None
    held_until: datetime | None = None
    silent_since: datetime | None = None
    lost_at: datetime | None = None
    losses: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_seen: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class BodyRow(SQLModel, table=True):
    """Bytes as received, zlib-compressed, stored once per SHA-256 digest of the original.

    Once the bytes are dropped, ``packed`` is empty and ``dropped_at`` says when; size and digest stay.
    """

    __tablename__ = "bodies"

    digest: str = Field(primary_key=True)
    size: int
    packed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    dropped_at: datetime | None = None


class CaptureRow(SQLModel, table=True):
    """One fetch that brought a body: where from, when, and what the server said."""

    __tablename__ = "captures"
    __table_args__ = (UniqueConstraint("source", "digest", "fetched_at"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    url: str
    final_url: str
    http_status: int
    content_type: str | None = None
    headers: dict[str, str] = _json()
    fetched_at: datetime
    digest: str = Field(foreign_key="bodies.digest", index=True)


class StoryRow(SQLModel, table=True):
    """One article. A known fingerprint is never stored again.

    ``version`` is the one that title and text hold and that was judged; ``latest_version`` may wait to be judged.
    ``extractor`` made the text from the page; ``notes`` say what was mended in it.
    """

    __tablename__ = "stories"

    id: int | None = Field(default=None, primary_key=True)
    fingerprint: str = Field(unique=True)
    feed_id: str | None = Field(default=None, index=True)
    publisher: str | None = None
    title: str = _text()
    text: str = _text()
    url: str | None = _text(None)
    published: datetime | None = None
    first_seen: datetime = Field(index=True)
    quality: str = "full"
    run_id: str | None = Field(default=None, index=True)
    capture_id: int | None = Field(default=None, foreign_key="captures.id")
    page_capture_id: int | None = Field(default=None, foreign_key="captures.id")
    entry_digest: str | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    latest_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    extractor: str | None = None
    notes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))


class ScreeningRow(SQLModel, table=True):
    """The machine's judgement of one story under one set of versions. Never edited.

    ``score`` is null where the story was not judged for its ``language`` (ISO 639-1; ``und`` where it is not known).
    """

    __tablename__ = "screenings"
    __table_args__ = (
        UniqueConstraint(
            "story_id", "story_version", "model_version", "rules_version", "policy_version", name="uq_screenings_of"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="stories.id", index=True)
    story_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    model_version: str
    rules_version: str
    policy_version: str
    score: float | None = None
    verdict: str = Field(index=True)
    language: str = Field(default="und", sa_column_kwargs={"server_default": "und"})
    judgement: dict[str, Any] = _json()
    reasons: list[str] = _json()
    hits: list[dict[str, Any]] = _json()
    created_at: datetime
    run_id: str | None = Field(default=None, index=True)


class CaseRow(SQLModel, table=True):
    """One alleged act that a person must look at. ``revision`` grows with every change."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_queue", "state", "score"),
        UniqueConstraint("opened_by_story", "opened_by_act", name="uq_cases_opened_by"),
        Index("ix_cases_priority", "state", "priority", "id"),
        Index("ix_cases_due", "state", "due_at"),
        Index("ix_cases_decided", "state", "changed_at"),
        Index("ix_cases_assignee", "assignee", "state"),
        Index("ix_cases_severity_version", "severity_version"),
    )

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(unique=True)
    # None where an officer split the case off another.
    opened_by_story: int | None = Field(default=None, foreign_key="stories.id")
    opened_by_act: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    origin: str = Field(default="screening", index=True, sa_column_kwargs={"server_default": "screening"})
    state: str = Field(default="waiting", index=True)
    verdict: str
    score: float
    act: str = _text()
    kinds: list[str] = _json()
    regimes: list[str] = _json()
    status: str | None = None
    denied_by: list[str] = _json()
    parties: list[dict[str, Any]] = _json()
    disposition: str | None = None
    opened_at: datetime
    changed_at: datetime
    run_id: str | None = Field(default=None, index=True)
    revision: int = 1
    goods: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    # What the severity policy of that version makes of it, and the order of the queue that follows (priority.py).
    severity: str = Field(default="medium", sa_column_kwargs={"server_default": "medium"})
    severity_version: str = Field(default="", sa_column_kwargs={"server_default": ""})
    needs_second: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    is_blind: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    due_at: datetime | None = None
    origins: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    is_novel: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    # Who works on it: assigned until told otherwise, claimed for a while.
    assignee: str | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    escalated: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # The first reader's decision, where a second must agree.
    proposal: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    merged_into: str | None = None


class CaseStoryRow(SQLModel, table=True):
    """A story that tells of a case, and why it was put there; ``act`` numbers the acts that it tells of, from 0."""

    __tablename__ = "case_stories"

    case_id: int = Field(foreign_key="cases.id", primary_key=True)
    story_id: int = Field(foreign_key="stories.id", primary_key=True, index=True)
    screening_id: int = Field(foreign_key="screenings.id")
    reason: str = _text()
    joined_at: datetime
    act: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class DrawRow(SQLModel, table=True):
    """A draw from the stories that were cleared by the screenings after one and through another.

    ``pool`` stories could be drawn, ``drawn`` were, beside ``opened`` cases of what was flagged.
    """

    __tablename__ = "draws"

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(index=True)
    at: datetime
    seed: int = Field(sa_column=Column(BigInteger, nullable=False))
    share: float
    after_screening: int = Field(unique=True)
    through_screening: int = Field(unique=True)
    pool: int
    opened: int
    drawn: int


class LedgerRow(SQLModel, table=True):
    """One event in the append-only, hash-chained record. Triggers refuse updates and deletions."""

    __tablename__ = "ledger"

    id: int = Field(primary_key=True)
    at: datetime
    actor: str
    action: str = Field(index=True)
    subject: str = Field(index=True)
    before: dict[str, Any] = _json()
    after: dict[str, Any] = _json()
    versions: dict[str, str] = _json()
    previous: str
    digest: str = Field(unique=True)


class OutboxRow(SQLModel, table=True):
    """An alert waiting to leave: one per case, event, channel and recipient. ``alert_id`` travels with every try.

    ``attempts`` counts every try there ever was, ``tries`` those since ``due_since`` that count against the alert:
    both begin anew when a person sends a dead one again.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("subject", "event", "channel", "recipient"),
        Index("ix_outbox_due", "state", "next_attempt"),
        Index("ix_outbox_lane", "state", "channel", "recipient"),
    )

    id: int | None = Field(default=None, primary_key=True)
    alert_id: str = Field(unique=True)
    subject: str
    event: str
    channel: str
    recipient: str
    payload: dict[str, Any] = _json()
    state: str = "due"
    attempts: int = 0
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reason: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    subscription: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime
    due_since: datetime | None = None
    sent_at: datetime | None = None
    next_attempt: datetime
    lease_owner: str | None = None
    lease_until: datetime | None = None
    run_id: str | None = Field(default=None, index=True)


class DeliveryRow(SQLModel, table=True):
    """One attempt to deliver an alert, and the answer."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("outbox_id", "attempt"),)

    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    attempt: int
    at: datetime
    accepted: bool
    http_status: int | None = None
    latency_ms: int
    provider_id: str | None = None
    detail: str = _text()


class RunRow(SQLModel, table=True):
    """One run of the nightly job, or one poll of the feeds through the day, and its counts."""

    __tablename__ = "runs"

    id: str = Field(primary_key=True)
    job: str = Field(default="nightly", sa_column_kwargs={"server_default": "nightly"})
    started_at: datetime = Field(index=True)
    finished_at: datetime | None = None
    state: str = "running"
    counts: dict[str, Any] = _json()
    faults: list[str] = _json()


class RunFeedRow(SQLModel, table=True):
    """What one run got from one feed. ``entries == new + known + quarantined + left_out`` always."""

    __tablename__ = "run_feeds"

    run_id: str = Field(foreign_key="runs.id", primary_key=True)
    feed_id: str = Field(primary_key=True)
    state: str
    reason: str = ""
    attempts: int = 1
    entries: int = 0
    new: int = 0
    known: int = 0
    quarantined: int = 0
    left_out: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class QuarantineRow(SQLModel, table=True):
    """A story or entry that broke a step, with the reason; tried again until it has failed three times."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("stage", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    stage: str
    subject: str
    reason: str = _text()
    tries: int = 1
    capture_id: int | None = Field(default=None, foreign_key="captures.id")
    first_at: datetime
    last_at: datetime


class LeaseRow(SQLModel, table=True):
    """Who may do a thing right now, and until when; a dead owner's lease runs out by itself."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True)
    owner: str
    until: datetime


class ListRow(SQLModel, table=True):
    """One fetched version of a sanctions list, accepted or refused."""

    __tablename__ = "lists"
    __table_args__ = (UniqueConstraint("source", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    digest: str
    generated: str
    fetched_at: datetime
    last_seen: datetime
    accepted: bool
    reason: str = _text("")
    individuals: int
    entities: int
    body_digest: str = Field(foreign_key="bodies.digest")


class UserRow(SQLModel, table=True):
    """A person who may sign in. ``password`` is an argon2id hash, empty where a provider alone vouches for him."""

    __tablename__ = "users"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    password: str
    active: bool = True
    created_at: datetime


class SessionRow(SQLModel, table=True):
    """A signed-in browser. Only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"

    token_digest: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    csrf: str
    created_at: datetime
    last_used: datetime
