"""``embargowatch audit``: whether the append-only record is whole, and keeping its head elsewhere."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from compliance import audit
from compliance.settings import Settings
from compliance.store.database import open_engine, upgrade

app = typer.Typer(no_args_is_help=True, help="The append-only decision log.")


@app.command()
def verify(
    anchors: Annotated[
        list[Path] | None, typer.Option(help="A file of anchors kept elsewhere; may be given more than once.")
    ] = None,
) -> None:
    """Check the decision log's hash chain, row by row, and its end against the anchors kept so far.

    Exit status 1 and a line per break if a row was altered, removed, moved, put in or cut off the end.

    Example: embargowatch audit verify --anchors /mnt/offsite/audit-anchors.jsonl
    """
    settings = Settings()
    kept = [anchor for file in anchors or [] for anchor in audit.read_anchors(file)]
    if settings.anchors_file.exists():
        kept += audit.read_anchors(settings.anchors_file)
    upgrade(settings.database)
    found = audit.verify(open_engine(settings.database), kept)
    console = Console(highlight=False, soft_wrap=True)
    for line in found.broken:
        console.print(line, markup=False)
    if found.broken:
        raise typer.Exit(1)
    console.print(f"The decision log is whole: {found.rows} rows, {found.anchors} anchors.")
    if not found.anchors:
        console.print(
            "Without an anchor a cut end cannot be seen: keep one with `embargowatch audit anchor`.", markup=False
        )


@app.command()
def anchor() -> None:
    """Keep the decision log's head in the file of anchors, and print it for keeping it elsewhere too.

    Example: embargowatch audit anchor >> /mnt/offsite/audit-anchors.jsonl
    """
    settings = Settings()
    upgrade(settings.database)
    found = audit.head(open_engine(settings.database), datetime.now(UTC))
    audit.keep_anchor(settings.anchors_file, found)
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
