"""Alembic's entry: runs the revisions on the connection that ``compliance.store.database.upgrade`` opened."""

from alembic import context
from sqlmodel import SQLModel

import compliance.store.tables
import compliance.store.tables_people  # noqa: F401  (both fill SQLModel.metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
