"""``embargowatch users``: who may sign in at the review desk."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from compliance.settings import Settings
from compliance.store import ledger, users
from compliance.store.database import open_engine, session_scope, upgrade

app = typer.Typer(no_args_is_help=True, help="Who may sign in at the review desk.")

Name = Annotated[str, typer.Argument(help="The name the person signs in with.")]


def _engine() -> Engine:
    settings = Settings()
    upgrade(settings.database)
    return open_engine(settings.database)


def _ask_password() -> str:
    """Read the password twice from a terminal, or once from a pipe."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


@app.command()
def add(
    name: Name,
    role: Annotated[users.Role, typer.Option(help="viewer, analyst, approver, admin or auditor.")] = users.Role.ANALYST,
) -> None:
    """Add a person; the password is asked for, or read from standard input.

    Example: embargowatch users add grace --role analyst
    """
    engine, now = _engine(), datetime.now(UTC)
    password = _ask_password()
    with session_scope(engine) as session:
        users.add_user(session, name, role, password, now)
        ledger.append(
            session,
            at=now,
            actor="command line",
            action="user.added",
            subject=f"user:{name}",
            after={"role": role.value},
        )
    Console().print(f"{name} may sign in as {role.value}.", markup=False)


@app.command("list")
def list_users() -> None:
    """List everyone who can sign in.

    Example: embargowatch users list
    """
    table = Table("name", "role", "state", "since")
    with session_scope(_engine()) as session:
        for row in users.listed(session):
            table.add_row(
                Text(row.name), row.role, "active" if row.active else "disabled", f"{row.created_at:%Y-%m-%d}"
            )
    Console().print(table)


@app.command()
def disable(name: Name) -> None:
    """Lock a person out at once, sessions included.

    Example: embargowatch users disable grace
    """
    now = datetime.now(UTC)
    with session_scope(_engine()) as session:
        users.disable(session, name)
        ledger.append(session, at=now, actor="command line", action="user.disabled", subject=f"user:{name}")
    Console().print(f"{name} is locked out.", markup=False)


@app.command()
def passwd(name: Name) -> None:
    """Set a new password and end the person's sessions.

    Example: embargowatch users passwd grace
    """
    engine, now = _engine(), datetime.now(UTC)
    password = _ask_password()
    with session_scope(engine) as session:
        users.set_password(session, name, password)
        ledger.append(session, at=now, actor="command line", action="user.password_set", subject=f"user:{name}")
    Console().print(f"The password of {name} is new.", markup=False)
