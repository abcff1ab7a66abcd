"""Which story each story's text comes from, and the keys under which copies meet."""

from datetime import datetime

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel


class OriginRow(SQLModel, table=True):
    """The first story that tells in these words: a wire's, else the earliest. An origin names itself."""

    __tablename__ = "story_origins"

    story_id: int = Field(foreign_key="stories.id", primary_key=True)
    origin_id: int = Field(foreign_key="stories.id", index=True)
    is_wire: bool = False
    moment: datetime


class BandRow(SQLModel, table=True):
    """A key of a story's MinHash sketch. Kept only while copies may still come."""

    __tablename__ = "story_bands"

    band: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    story_id: int = Field(primary_key=True, foreign_key="stories.id")
    seen: datetime = Field(index=True)
