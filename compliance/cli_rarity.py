"""``embargowatch corpus rarity``: count anew how rare words and names are, from texts or from what was stored."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlmodel import Session, col, select

from compliance.classifier.corpus import FOLDER
from compliance.errors import ConfigError
from compliance.particulars import terms_of
from compliance.rarity import TABLE, packed, rarity_digest, table_of, unpacked
from compliance.settings import Settings
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import StoryRow

_CHUNK = 500


def rarity(
    folder: Annotated[
        Path, typer.Argument(help="A folder of stories: *.jsonl with title and text, *.txt.", show_default="the corpus")
    ] = FOLDER,
    stored: Annotated[bool, typer.Option("--stored", help="Count the stories in the database instead.")] = False,
    write: Annotated[Path | None, typer.Option(help="The file to write, *.tsv.gz.", show_default="none")] = None,
) -> None:
    """Count in how many stories each word and name stands, by which grouping tells what is rare.

    Shows the table's digest beside that of the table in use; nothing is changed without --write. The same stories
    give the same file, byte for byte.

    Example: embargowatch corpus rarity --stored --write compliance/rarity.tsv.gz
    """
    table = table_of(_stored() if stored else (terms_of(title, text) for title, text in stories_of(folder)))
    stories, rows = table.partition("\n")[0], table.count("\n") - 1
    if int(stories) == 0:
        raise ConfigError("the database holds no stories" if stored else f"{folder}: holds no stories")
    if write is not None:
        try:
            write.write_bytes(packed(table))
        except OSError as error:
            raise ConfigError(f"{write}: cannot be written ({error.strerror})") from error
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{int(stories):,} stories, {rows:,} terms that more than one has, digest {rarity_digest(table)}")
    used = unpacked(TABLE)
    console.print(f"in use: {int(used.partition(chr(10))[0]):,} stories, digest {rarity_digest(used)}")


def stories_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield title and text of each story of a folder; ConfigError names file and line of what is none."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}: is no folder")
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".jsonl", ".txt")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read ({error})") from error
        if path.suffix == ".txt":
            title, _, rest = text.partition("\n")
            yield title, rest
        else:
            yield from _lines(path, text.splitlines())


def _lines(path: Path, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        try:
            given = json.loads(line)
            yield str(given["title"]), str(given["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: line {number}: no story with title and text ({error})") from error


def _stored() -> Iterator[frozenset[str]]:
    settings = Settings()
    upgrade(settings.database)
    engine = open_engine(settings.database)
    last = 0
    while True:
        with session_scope(engine) as session:
            rows = _next(session, last)
        if not rows:
            break
        yield from (terms_of(title, text, publisher) for _, title, text, publisher in rows)
        last = rows[-1][0]
    engine.dispose()


def _next(session: Session, last: int) -> list[tuple[int, str, str, str | None]]:
    wanted = select(StoryRow.id, StoryRow.title, StoryRow.text, StoryRow.publisher)
    rows = session.exec(wanted.where(col(StoryRow.id) > last).order_by(col(StoryRow.id)).limit(_CHUNK))
    return [(id_ or 0, title, text, publisher) for id_, title, text, publisher in rows]
