"""``embargowatch coverage``: the certificates that say what a day covered."""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from compliance.certificate import as_plain, lines, standing
from compliance.certifying import differences, issue
from compliance.errors import ConfigError
from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store import certificates
from compliance.store.database import session_scope

app = typer.Typer(no_args_is_help=True, help="What each day covered, and what it did not.")
Day = Annotated[str, typer.Argument(help="A day in UTC, as 2026-11-20.")]


@app.command()
def show(
    day: Day,
    verify: Annotated[bool, typer.Option("--verify", help="Count everything again and compare.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the certificate as JSON.")] = False,
    pdf: Annotated[Path | None, typer.Option(help="Write it as PDF to this file.")] = None,
) -> None:
    """Show a day's coverage certificate; with --verify, exit status 1 where the tables say otherwise.

    Example: embargowatch coverage show 2026-11-20 --verify
    """
    with session_scope(_monitor().engine) as session:
        found = certificates.of_day(session, _day(day))
        if found is None:
            raise ConfigError(f"{day} has no certificate; issue it with: embargowatch coverage issue {day}")
        wrong = differences(session, found) if verify else []
    if as_json:
        sys.stdout.write(json.dumps(as_plain(found), ensure_ascii=False, indent=1) + "\n")
    else:
        Console(soft_wrap=True, highlight=False).print("\n".join(lines(found)), markup=False)
    if pdf is not None:
        from compliance.certificatepdf import certificate_pdf

        pdf.write_bytes(certificate_pdf(found))
    if verify:
        for line in wrong:
            Console(stderr=True, soft_wrap=True).print(f"differs: {line}", markup=False)
        if wrong:
            raise typer.Exit(1)
        Console(stderr=True).print("Counted again: the database says the same, and the chain holds.")


@app.command("issue")
def issue_certificate(day: Day) -> None:
    """Issue the certificate of a day that is over and has none, as the daily digest does.

    Example: embargowatch coverage issue 2026-11-20
    """
    monitor, now, wanted = _monitor(), datetime.now(UTC), _day(day)
    if wanted >= now.date():
        raise ConfigError(f"{day} is not over yet (UTC)")
    with session_scope(monitor.engine) as session:
        made = issue(session, monitor, wanted, now)
    if made is None:
        raise ConfigError(f"{day} has its certificate already")
    Console().print(f"Certificate {made.number} of {day} is issued.")


@app.command("list")
def list_certificates() -> None:
    """List the newest certificates.

    Example: embargowatch coverage list
    """
    table = Table("number", "day", "covers", "cases opened", "digest")
    with session_scope(_monitor().engine) as session:
        for row in certificates.listed(session):
            stand = standing(row.facts, row.noted).value
            table.add_row(str(row.number), f"{row.day}", stand, str(row.facts["cases"]["opened"]), row.digest[:16])
    Console().print(table)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text}: expected a day as 2026-11-20") from None


def _monitor() -> Monitor:
    return assemble(Settings())
