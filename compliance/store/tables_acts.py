"""What stories tell of acts, kept so that the next night's stories find them without reading every case again."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index
from sqlmodel import Field, SQLModel


class ToldActRow(SQLModel, table=True):
    """One act as one story tells of it: what grouping compares. ``case_stories`` says in which case it lies."""

    __tablename__ = "told_acts"

    story_id: int = Field(foreign_key="stories.id", primary_key=True)
    act: int = Field(primary_key=True)
    day: datetime
    profile: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class ActKeyRow(SQLModel, table=True):
    """A rare name, word or figure of a told act, by which it is found again. ``term`` is a number made of its text."""

    __tablename__ = "act_keys"
    __table_args__ = (Index("ix_act_keys_term_day", "term", "day"),)

    term: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    story_id: int = Field(primary_key=True, foreign_key="stories.id", index=True)
    act: int = Field(primary_key=True)
    day: datetime
