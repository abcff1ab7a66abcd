"""Alembic's entry: runs the revisions on the connection that ``compliance.store.database.upgrade`` opened."""

from alembic import context
from sqlmodel import SQLModel

import compliance.store.tables
import compliance.store.tables_acts
import compliance.store.tables_feeds
import compliance.store.tables_holds
import compliance.store.tables_origins
import compliance.store.tables_versions  # noqa: F401  (these fill SQLModel.metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
