"""``embargowatch users``: who may sign in at the review desk."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from compliance import persons
from compliance.errors import ConfigError
from compliance.settings import Settings
from compliance.store import users
from compliance.store.database import open_engine, session_scope, upgrade

app = typer.Typer(no_args_is_help=True, help="Who may sign in at the review desk.")

_ACTOR = "command line"
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
    without_password: Annotated[
        bool, typer.Option("--without-password", help="Ask for none: only the OpenID provider lets the person in.")
    ] = False,
) -> None:
    """Add a person; the password is asked for, or read from standard input.

    Example: embargowatch users add grace --role analyst
    """
    engine, now = _engine(), datetime.now(UTC)
    persons.add(engine, name, role, "" if without_password else _ask_password(), _ACTOR, now)
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
    persons.set_active(_engine(), name, False, _ACTOR, datetime.now(UTC))
    Console().print(f"{name} is locked out.", markup=False)


@app.command()
def passwd(name: Name) -> None:
    """Set a new password and end the person's sessions.

    Example: embargowatch users passwd grace
    """
    persons.set_password(_engine(), name, _ask_password(), _ACTOR, datetime.now(UTC))
    Console().print(f"The password of {name} is new.", markup=False)


@app.command()
def enable(name: Name) -> None:
    """Let a person who was locked out sign in again.

    Example: embargowatch users enable grace
    """
    persons.set_active(_engine(), name, True, _ACTOR, datetime.now(UTC))
    Console().print(f"{name} may sign in again.", markup=False)


@app.command()
def role(name: Name, new: Annotated[users.Role, typer.Argument(help="The new role.")]) -> None:
    """Give a person another role, from the next request on.

    Example: embargowatch users role grace approver
    """
    persons.set_role(_engine(), name, new, _ACTOR, datetime.now(UTC))
    Console().print(f"{name} is {new.value} now.", markup=False)


@app.command()
def link(
    name: Name,
    subject: Annotated[str, typer.Argument(help="The person's subject (sub) at the provider.")],
) -> None:
    """Let a person of the OpenID provider in the settings sign in to an account that is there already.

    Example: embargowatch users link grace 24400320-a1b2
    """
    issuer = Settings().oidc_issuer
    if not issuer:
        raise ConfigError("EMBARGOWATCH_OIDC_ISSUER: name the provider first")
    persons.link(_engine(), name, issuer, subject, _ACTOR, datetime.now(UTC))
    Console().print(f"{subject} of {issuer} signs in as {name}.", markup=False)
