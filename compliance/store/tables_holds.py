"""Legal holds: cases of which no captured body may be dropped, however old it is."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel


class HoldRow(SQLModel, table=True):
    """A hold on one case. It stands until it is released; released holds stay as a record."""

    __tablename__ = "holds"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    reason: str = Field(sa_column=Column(Text, nullable=False))
    set_by: str
    set_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None
