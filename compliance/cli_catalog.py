"""``embargowatch feeds import``, ``export``, ``moves``, ``accept-move``: what changes the catalogue, on demand only."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from compliance.errors import ConfigError
from compliance.intake.catalog import load_catalog
from compliance.intake.catalog_file import append_feeds, change_address
from compliance.intake.exchange import as_catalogue, as_csv, as_opml, merge, read_rows
from compliance.settings import Settings

Catalogue = Annotated[Path | None, typer.Option("--feeds", help="The catalogue; config/feeds.yml if not given.")]


class Form(StrEnum):
    """The forms a catalogue is exported in."""

    OPML = "opml"
    CSV = "csv"
    YAML = "yaml"


_BY_SUFFIX = {".opml": Form.OPML, ".xml": Form.OPML, ".csv": Form.CSV, ".yml": Form.YAML, ".yaml": Form.YAML}


def mount(app: typer.Typer) -> None:
    """Add the commands to ``embargowatch feeds``."""
    app.command("import")(import_feeds)
    app.command("export")(export_feeds)
    app.command("moves")(show_moves)
    app.command("accept-move")(accept_move)


def _path(feeds: Path | None) -> Path:
    return feeds or Settings().config / "feeds.yml"


def import_feeds(
    file: Annotated[Path, typer.Argument(help="An OPML or CSV file.")],
    feeds: Catalogue = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added and change nothing.")] = False,
) -> None:
    """Add the feeds of an OPML or CSV file to the catalogue. A feed whose address is there already is left out.

    The file is taken whole or not at all; rows already in the catalogue stay as they are.

    Example: embargowatch feeds import subscriptions.opml --dry-run
    """
    path = _path(feeds)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    added, left_out = merge(load_catalog(path), read_rows(body, str(file)))
    if added and not dry_run:
        append_feeds(path, added)
    console = Console(highlight=False, soft_wrap=True)
    for feed in added:
        console.print(Text(f"{'would add' if dry_run else 'added'} {feed.id}: {feed.url}"))
    for feed_id, why in left_out:
        console.print(Text(f"left out {feed_id}: {why}"))
    console.print(f"{len(added)} feeds {'would be ' if dry_run else ''}added, {len(left_out)} left out.")


def export_feeds(
    file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")],
    form: Annotated[Form | None, typer.Option("--as", help="The form; told by the file's name if not given.")] = None,
    feeds: Catalogue = None,
) -> None:
    """Write the catalogue as OPML for feed readers, as CSV for a spreadsheet, or as YAML.

    Example: embargowatch feeds export feeds.opml
    """
    chosen = form or _BY_SUFFIX.get(file.suffix.lower())
    if chosen is None:
        raise ConfigError(f"{file}: name the form with --as opml, csv or yaml")
    declared = load_catalog(_path(feeds))
    text = {Form.OPML: as_opml, Form.CSV: as_csv, Form.YAML: as_catalogue}[chosen](declared)
    if str(file) == "-":
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror})") from error
    Console(stderr=True).print(f"{len(declared)} feeds exported.")


def show_moves(feeds: Catalogue = None) -> None:
    """List the feeds whose servers say that they have moved for good. Nothing is changed until a move is accepted.

    Example: embargowatch feeds moves
    """
    from compliance.store import feeds as shelf
    from compliance.store.database import open_engine, session_scope, upgrade

    settings, declared = Settings(), {feed.id: feed for feed in load_catalog(_path(feeds))}
    upgrade(settings.database)
    with session_scope(open_engine(settings.database)) as session:
        rows = [row for row in shelf.moved(session) if row.id in declared]
    if not rows:
        Console().print("No feed says that it has moved.")
        return
    table = Table("feed", "address", "moved to", "since", "times told", "proposed")
    for row in rows:
        since = f"{row.moved_since:%Y-%m-%d}" if row.moved_since else ""
        yes = "yes" if shelf.is_proposed(row) else "not yet"
        table.add_row(row.id, Text(row.url), Text(row.moved_to or ""), since, str(row.moved_seen), yes)
    Console().print(table)


def accept_move(
    feed_id: Annotated[str, typer.Argument(metavar="FEED", help="The feed's id in the catalogue.")],
    feeds: Catalogue = None,
    by: Annotated[str, typer.Option("--by", help="Who accepts it, for the decision log.")] = "operator",
) -> None:
    """Write the address a feed has moved to into the catalogue, and into the decision log.

    Example: embargowatch feeds accept-move radio-okapi --by grace
    """
    from compliance.store import feeds as shelf
    from compliance.store import ledger
    from compliance.store.database import open_engine, session_scope, upgrade

    settings, path, now = Settings(), _path(feeds), datetime.now(UTC)
    upgrade(settings.database)
    with session_scope(open_engine(settings.database)) as session:
        row = shelf.known(session, [feed_id]).get(feed_id)
        if row is None or row.moved_to is None:
            raise ConfigError(f"feed {feed_id!r} has not said that it moved")
        new = row.moved_to
        shelf.forget_move(session, row)
        before, after = {"url": row.url}, {"url": new}
        ledger.append(
            session, at=now, actor=by, action="feed.moved", subject=f"feed:{feed_id}", before=before, after=after
        )
        # Last, so that a file that cannot be written leaves no trace of a move.
        change_address(path, feed_id, new)
    Console(highlight=False, soft_wrap=True).print(Text(f"{feed_id} is now read from {new}"))
