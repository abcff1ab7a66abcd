"""The desk's own tables: what officers changed and marked, what the queue is filtered and searched by, saved views."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel


class ChangeRow(SQLModel, table=True):
    """One change that an officer made to a case, and how to take it back. What the machine found is the first before.

    ``before`` and ``after`` hold the case's changed fields, or the stories that moved.
    """

    __tablename__ = "case_changes"
    __table_args__ = (Index("ix_case_changes_actor", "actor", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    at: datetime
    actor: str
    action: str
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    undone_by: str | None = None
    undone_at: datetime | None = None


class MarkRow(SQLModel, table=True):
    """A span of a story that an officer marked as evidence; code points of the field, as the rules count them."""

    __tablename__ = "case_marks"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    story_id: int = Field(foreign_key="stories.id")
    field: str
    start: int
    end: int
    quote: str = Field(sa_column=Column(Text, nullable=False))
    says: str
    party: str | None = None
    actor: str
    at: datetime
    is_removed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class FacetRow(SQLModel, table=True):
    """One value by which the queue can be filtered: the case's regimes, kinds, roles, parties, countries, sources."""

    __tablename__ = "case_facets"
    __table_args__ = (Index("ix_case_facets_case", "case_id"),)

    facet: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    case_id: int = Field(primary_key=True, foreign_key="cases.id")


class WordsRow(SQLModel, table=True):
    """The words by which a case is found: act, parties, goods, titles and quotes."""

    __tablename__ = "case_words"

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    words: str = Field(sa_column=Column(Text, nullable=False))


class StoryWordsRow(SQLModel, table=True):
    """The words of a story that has letters beyond Latin ones, as ``compliance.searchwords`` spells them."""

    __tablename__ = "story_words"

    story_id: int = Field(primary_key=True, foreign_key="stories.id")
    words: str = Field(sa_column=Column(Text, nullable=False))


class ViewRow(SQLModel, table=True):
    """A queue's filters, kept under a name by the person who works with them."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    owner: str
    name: str
    query: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime
