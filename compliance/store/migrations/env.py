"""Alembic's entry: runs the revisions on the connection that ``compliance.store.database.upgrade`` opened."""

from importlib import import_module
from pkgutil import iter_modules

from alembic import context
from sqlmodel import SQLModel

from compliance import store

for _found in iter_modules(store.__path__):
    if _found.name.startswith("tables"):
        import_module(f"{store.__name__}.{_found.name}")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
