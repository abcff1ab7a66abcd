"""What became of a story's text after it was first read, and under what other names the story is known."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel


class StoryVersionRow(SQLModel, table=True):
    """A story's title and text as they stood at one fetch. The first is entered when the second comes."""

    __tablename__ = "story_versions"

    story_id: int = Field(foreign_key="stories.id", primary_key=True)
    number: int = Field(primary_key=True)
    title: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    quality: str
    seen_at: datetime
    run_id: str | None = None
    capture_id: int | None = Field(default=None, foreign_key="captures.id")
    page_capture_id: int | None = Field(default=None, foreign_key="captures.id")


class StoryAliasRow(SQLModel, table=True):
    """A guid or address by which a story may be known again when the other has changed: a SHA-256, not unique."""

    __tablename__ = "story_aliases"

    alias: str = Field(primary_key=True)
    story_id: int = Field(foreign_key="stories.id", primary_key=True)
