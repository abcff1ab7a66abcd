"""``embargowatch feeds``: look at one source as the nightly job would."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from compliance import cli_catalog
from compliance.fetchpolicy import fetch_policy
from compliance.intake.article import story_text
from compliance.intake.bounded import parse_within_limits
from compliance.intake.fetcher import fetch_feed
from compliance.intake.fingerprint import fingerprint
from compliance.intake.parser import ParsedFeed
from compliance.settings import Settings
from compliance.story import Entry, Feed

# A paragraph; an article is longer.
_TEASER = 400

app = typer.Typer(no_args_is_help=True, help="The sources that are read.")
cli_catalog.mount(app)


@app.callback()
def feeds() -> None:
    """The sources that are read."""


@app.command("try")
def try_feed(
    url: Annotated[str, typer.Argument(help="Address of a feed: RSS, Atom, JSON Feed or a news sitemap.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print state, reason and entries as JSON.")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow private, loopback and link-local addresses.")
    ] = False,
) -> None:
    """Fetch one feed as the nightly job would and show its state, the reason, and its entries.

    Fetching takes at most 25 seconds, reading 15 of processor time. Exit status 0 where the feed is ok, empty or
    unchanged, else 1.

    Example: embargowatch feeds try https://news.un.org/feed/subscribe/en/news/all/rss.xml
    """
    settings = Settings()
    feed = Feed(id="try", url=url, title=url)
    found = read_feed(feed, settings, allow_private=allow_private)
    if as_json:
        entries = [_entry(entry) for entry in found.entries]
        answer = {"state": found.state.value, "reason": found.reason, "entries": entries}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    else:
        _show(url, found)
    raise typer.Exit(0 if found.state.is_healthy else 1)


@app.command("health")
def show_health(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a feed and line.")] = False,
) -> None:
    """Show how every feed stands, when it is asked next, and what was raised in the last week.

    Exit status 1 where nothing has been read for longer than two polls, so that a watchdog outside can tell a silent
    stop from a quiet day.

    Example: embargowatch feeds health
    """
    from compliance import feedreport
    from compliance.store.database import open_engine, session_scope, upgrade

    settings, now = Settings(), datetime.now(UTC)
    upgrade(settings.database)
    with session_scope(open_engine(settings.database)) as session:
        report = feedreport.report(session, settings, now)
    if as_json:
        for line in report.lines:
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    else:
        feedreport.show(report)
    if report.alarm:
        Console(stderr=True).print(report.alarm, style="bold red", markup=False)
        raise typer.Exit(1)


def read_feed(feed: Feed, settings: Settings, *, allow_private: bool) -> ParsedFeed:
    """Return what one fetch of a feed gives; every failure is a state and a reason."""
    allowed = allow_private or settings.allow_private_feeds
    outcome = fetch_feed(feed, fetch_policy(settings, allow_private=allowed))
    if outcome.document is None:
        return ParsedFeed(outcome.state, outcome.reason)
    return parse_within_limits(outcome.document, now=datetime.now(UTC))


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.guid or fingerprint("try", entry),
        "title": entry.title,
        "link": entry.link,
        "published": entry.published.isoformat() if entry.published else None,
        "summary": entry.summary or entry.content,
    }


def _show(url: str, found: ParsedFeed) -> None:
    console = Console()
    style = "green" if found.state.is_healthy else "red"
    console.print(Text(f"{found.state.value}", style=style), Text(f"{url} {found.reason}"))
    if not found.entries:
        return
    table = Table("published", "title", "link")
    for entry in found.entries[:50]:
        when = f"{entry.published:%Y-%m-%d %H:%M}" if entry.published else "date unknown"
        table.add_row(when, Text(entry.title), Text(entry.link or ""))
    console.print(table)
    if len(found.entries) > 50:
        console.print(f"... and {len(found.entries) - 50} more")
    if (length := typical_length(found.entries)) < _TEASER:
        console.print(
            f"Half of the texts are shorter than {length + 1} characters: if these are teasers, set full_text: true, "
            "and each new entry's page is read.",
            soft_wrap=True,
        )


def typical_length(entries: Sequence[Entry]) -> int:
    """Return the median length of the entries' texts in characters."""
    return int(median(len(story_text(entry)) for entry in entries))
