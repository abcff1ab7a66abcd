"""What happened to feeds, and what their patterns kept out. All times are UTC and aware."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel


class FeedEventRow(SQLModel, table=True):
    """Something raised about a feed: failing, recovered, silent, speaking again, possible loss, moved."""

    __tablename__ = "feed_events"

    id: int | None = Field(default=None, primary_key=True)
    feed_id: str = Field(index=True)
    event: str
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))
    at: datetime = Field(index=True)


class FeedPatternRow(SQLModel, table=True):
    """How often one include or exclude pattern of a feed has hit, each entry of a whole document counted once."""

    __tablename__ = "feed_patterns"

    feed_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    pattern: str = Field(primary_key=True)
    hits: int = 0
    last_hit: datetime
