"""``embargowatch add``: a story that an officer brings."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text


def mount(app: typer.Typer) -> None:
    """Add the command to the main one."""
    app.command()(add)


def add(
    target: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page's address, or a saved page or text file.")],
    title: Annotated[str | None, typer.Option(help="The headline, where the page does not tell it.")] = None,
    by: Annotated[str, typer.Option("--by", help="Who brings it, for the decision log.")] = "operator",
) -> None:
    """Add one story by hand; the next run judges it like any other. Its bytes are kept as received.

    Example: embargowatch add https://news.example/shells-seized --by grace
    """
    from compliance.adding import add_story
    from compliance.fetchpolicy import fetch_policy
    from compliance.intake.text import one_line
    from compliance.settings import Settings
    from compliance.store.database import open_engine, upgrade

    settings = Settings()
    upgrade(settings.database)
    engine, now = open_engine(settings.database), datetime.now(UTC)
    given = one_line(title)[:1_000] if title else None
    added = add_story(engine, fetch_policy(settings), target, by=by, now=now, title=given)
    console = Console(highlight=False, soft_wrap=True)
    if not added.is_new:
        console.print(Text(f"known already: {added.title}"))
        return
    console.print(Text(f"added: {added.title} ({added.quality}); the next run judges it"))
