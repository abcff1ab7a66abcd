"""``embargowatch alerts``: channels and subscriptions tried, what waits, what was given up and is sent again."""

import threading
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from compliance.errors import ConfigError
from compliance.monitor import Monitor, assemble
from compliance.settings import Settings
from compliance.store.database import session_scope

app = typer.Typer(no_args_is_help=True, help="Who is told of what, and whether it arrived.")


@app.command()
def test(
    name: Annotated[str, typer.Argument(help="A subscription or a channel of config/alerts.yml.")],
) -> None:
    """Send one made-up alert by a subscription or channel now, and show the answer; exit status 1 if it was not taken.

    Nothing is stored. Every address of the subscription gets the mail, marked as a test.

    Example: embargowatch alerts test night-desk
    """
    from compliance.alerttest import send_test

    failed = False
    for recipient, receipt in send_test(Settings(), name):
        failed |= not receipt.accepted
        answer = "accepted" if receipt.accepted else f"not accepted: {receipt.detail}"
        known = f" as {receipt.provider_id}" if receipt.provider_id else ""
        Console().print(f"{recipient}: {answer}{known} ({receipt.latency_ms} ms)", markup=False, highlight=False)
    raise typer.Exit(1 if failed else 0)


@app.command("list")
def list_alerts() -> None:
    """Show the channels with their circuits, the subscriptions, and how many alerts wait, left and were given up.

    Example: embargowatch alerts list
    """
    from compliance.store import channels, outbox

    monitor = _monitor()
    with session_scope(monitor.engine) as session:
        circuits = {row.name: row for row in channels.listed(session)}
        counts = outbox.counts(session)
    table = Table("subscription", "channel", "to", "when told", "circuit")
    for name, told in monitor.alert_book.subscriptions.items():
        circuit = circuits.get(told.channel)
        down = circuit.down_since if circuit and circuit.open_until else None
        state = f"down since {down:%Y-%m-%d %H:%M}" if down else "closed"
        table.add_row(Text(name), Text(told.channel), Text(", ".join(told.to)), told.timing.value, state)
    Console().print(table)
    Console().print(f"{counts['due']} alerts wait, {counts['sent']} left, {counts['dead']} were given up.")


@app.command()
def deliver(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until stopped.")] = False,
    every: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between two rounds.")] = 15,
) -> None:
    """Send what is due now, once, or with --watch until stopped.

    Example: embargowatch alerts deliver --watch
    """
    from compliance import operations
    from compliance.coverage import RunCounts
    from compliance.delivery import deliver_due, deliver_until

    monitor, counts = _monitor(), RunCounts()
    operations.look(monitor, datetime.now(UTC))
    deliver_due(monitor, counts)
    sent, waiting, dead = counts.alerts_delivered, counts.alerts_waiting, counts.alerts_given_up
    Console().print(f"{sent} alerts left, {waiting} wait, {dead} were given up.")
    if watch:
        try:
            deliver_until(monitor, threading.Event(), every)
        except KeyboardInterrupt:
            return


@app.command()
def dead(limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50) -> None:
    """List the alerts that were given up, newest first, each with the reason.

    Example: embargowatch alerts dead
    """
    from compliance.store import outbox

    with session_scope(_monitor().engine) as session:
        rows = outbox.by_state(session, "dead", limit)
    table = Table("id", "about", "channel", "to", "tries", "reason")
    for row in rows:
        cells = (row.subject, row.channel, row.recipient, str(row.attempts), row.reason)
        table.add_row(str(row.id), *(Text(cell) for cell in cells))
    Console().print(table if rows else "No alert was given up.")


@app.command()
def resend(
    number: Annotated[int | None, typer.Argument(help="The id that `alerts dead` shows.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every alert that was given up.")] = False,
    channel: Annotated[str | None, typer.Option(help="With --all: only those of this channel.")] = None,
) -> None:
    """Make alerts that were given up due again, under their old ids.

    Example: embargowatch alerts resend --all
    """
    from compliance.resending import resend_alert, resend_all

    if (number is None) == (not all_):
        raise ConfigError("name one alert, or give --all")
    engine, now = _monitor().engine, datetime.now(UTC)
    if number is None:
        count = resend_all(engine, channel, "command line", now)
    else:
        count = resend_alert(engine, number, "command line", now)
    Console().print(f"{count} alerts are due again.")


def _monitor() -> Monitor:
    return assemble(Settings())
