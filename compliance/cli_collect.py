"""``embargowatch captures``, ``quarantine``, ``stories``: what collection keeps, what broke, what became of a text."""

import getpass
import json
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from compliance.errors import ConfigError
from compliance.monitor import assemble
from compliance.retention import Terms
from compliance.retention import hold as hold_case
from compliance.retention import prune as prune_bodies
from compliance.retention import release as release_case
from compliance.settings import Settings
from compliance.store import cases, origins, quarantine, retention, versions
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import StoryRow
from compliance.store.tables_versions import StoryVersionRow
from compliance.versions import changes

captures_app = typer.Typer(no_args_is_help=True, help="The bytes that were received.")
quarantine_app = typer.Typer(no_args_is_help=True, help="What broke a step, and another try.")
stories_app = typer.Typer(no_args_is_help=True, help="One story: its versions, and whose text it repeats.")
Reference = Annotated[str, typer.Argument(help="The case's reference, as EW-2026-00001.")]


def mount(app: typer.Typer) -> None:
    """Add these commands to the main one."""
    app.add_typer(captures_app, name="captures")
    app.add_typer(quarantine_app, name="quarantine")
    app.add_typer(stories_app, name="stories")


def _open(settings: Settings) -> Engine:
    upgrade(settings.database)
    return open_engine(settings.database)


def _actor() -> str:
    return f"{getpass.getuser()} (command line)"


@captures_app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be dropped, and drop nothing.")] = False,
) -> None:
    """Drop bodies whose term is over; digests, headers and times stay, and the ledger names each that was dropped.

    Example: embargowatch captures prune --dry-run
    """
    settings = Settings()
    terms = Terms(timedelta(days=settings.capture_days), timedelta(days=settings.case_capture_days))
    found = prune_bodies(_open(settings), terms, _actor(), datetime.now(UTC), dry_run=dry_run)
    verb = "would be dropped" if dry_run else "dropped"
    Console(highlight=False).print(f"{found.bodies} bodies {verb}, {found.size / 1e6:.1f} MB before packing.")


@captures_app.command("hold")
def hold_bodies(reference: Reference, reason: Annotated[str, typer.Option(help="Why, for the record.")]) -> None:
    """Put a case on legal hold: nothing that its stories were read from is dropped until it is released.

    Example: embargowatch captures hold EW-2026-00001 --reason "court order of 3 March"
    """
    hold_case(_open(Settings()), reference, reason, _actor(), datetime.now(UTC))
    Console(highlight=False).print(f"{reference} is on hold.")


@captures_app.command("release")
def release_bodies(reference: Reference) -> None:
    """Release a case from legal hold; its bodies are then kept for their ordinary term.

    Example: embargowatch captures release EW-2026-00001
    """
    release_case(_open(Settings()), reference, _actor(), datetime.now(UTC))
    Console(highlight=False).print(f"{reference} is released.")


@captures_app.command("holds")
def list_holds() -> None:
    """List the legal holds that stand.

    Example: embargowatch captures holds
    """
    console, table = Console(highlight=False), Table("case", "since", "by", "reason")
    with session_scope(_open(Settings())) as session:
        for row in retention.standing(session):
            case = cases.by_id(session, row.case_id)
            table.add_row(case.reference if case else "?", f"{row.set_at:%Y-%m-%d}", row.set_by, Text(row.reason))
    console.print(table if table.row_count else "No case is on hold.")


@quarantine_app.command("list")
def list_quarantine(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List what broke a step, with the reason and how often it was tried; after three tries it is parked.

    Example: embargowatch quarantine list
    """
    with session_scope(_open(Settings())) as session:
        rows = quarantine.listed(session)
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(row.model_dump(mode="json"), ensure_ascii=False) + "\n")
        return
    table = Table("id", "stage", "what", "tries", "last", "reason")
    for row in rows:
        tries = f"{row.tries}, parked" if row.tries >= quarantine.MAX_TRIES else str(row.tries)
        table.add_row(
            str(row.id), row.stage, Text(row.subject), tries, f"{row.last_at:%Y-%m-%d %H:%M}", Text(row.reason)
        )
    Console(highlight=False).print(table if rows else "Nothing is in quarantine.")


@quarantine_app.command("retry")
def retry_quarantine(
    number: Annotated[int | None, typer.Argument(help="The id that the list shows; all of them if not given.")] = None,
) -> None:
    """Try what is in quarantine again, parked or not. Exit status 1 if anything fails again.

    Example: embargowatch quarantine retry 7
    """
    from compliance.retrying import retry

    monitor, console = assemble(Settings()), Console(highlight=False)
    with session_scope(monitor.engine) as session:
        one = quarantine.of_id(session, number) if number is not None else None
        rows = [one] if one else quarantine.listed(session)
    if number is not None and one is None:
        raise ConfigError(f"nothing in quarantine has the id {number}")
    failed = False
    for row in rows:
        why = retry(monitor, row)
        failed |= why is not None
        console.print(Text(f"{row.id} {row.subject}: {why or 'went through'}"))
    raise typer.Exit(1 if failed else 0)


@stories_app.command("show")
def show_story(
    number: Annotated[int, typer.Argument(help="The story's number.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the story as JSON.")] = False,
) -> None:
    """Show a story, whose text it repeats, what was mended in it, and what changed from version to version.

    Example: embargowatch stories show 42
    """
    with session_scope(_open(Settings())) as session:
        story = session.get(StoryRow, number)
        if story is None:
            raise ConfigError(f"there is no story {number}")
        told = versions.of_story(session, number)
        origin = origins.origins_of(session, [number])[number]
    steps = [
        {"version": after.number, "seen_at": after.seen_at.isoformat(), "changes": _changed(before, after)}
        for before, after in pairwise(told)
    ]
    if as_json:
        found = {"story": number, "title": story.title, "text": story.text, "origin": origin, "notes": story.notes}
        found |= {"quality": story.quality, "extractor": story.extractor, "versions": steps}
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    console = Console(highlight=False)
    console.print(Text(story.title, style="bold"), Text(story.text), sep="\n")
    copied = f"repeats the text of story {origin}" if origin != number else "repeats no earlier story"
    console.print(Text(f"\n{story.publisher or 'unknown publisher'}; {story.quality}; {copied}"))
    for note in story.notes:
        console.print(Text(f"note: {note}"))
    for before, after in pairwise(told):
        console.print(Text(f"\nversion {after.number}, {after.seen_at:%Y-%m-%d %H:%M}", style="bold"))
        console.print(_marked(_runs(before, after)))


def _runs(before: StoryVersionRow, after: StoryVersionRow) -> list[tuple[str, str]]:
    found = changes(f"{before.title}\n{before.text}", f"{after.title}\n{after.text}")
    return [(run.what, run.text) for run in found]


def _changed(before: StoryVersionRow, after: StoryVersionRow) -> list[dict[str, str]]:
    return [{"what": what, "text": text} for what, text in _runs(before, after)]


def _marked(runs: list[tuple[str, str]]) -> Text:
    styles = {"kept": "", "added": "green underline", "removed": "red strike"}
    marks = {"kept": "{}", "added": "[+{}+]", "removed": "[-{}-]"}
    marked = Text()
    for what, text in runs:
        marked.append(marks[what].format(text), style=styles[what])
    return marked
