"""``embargowatch lists``: the lists in use, what they changed, whom they name, and where stored stories name them."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from compliance.errors import ConfigError
from compliance.listimport import Imported, accept_refused, import_file, plain_change, plain_imported, retire
from compliance.listing.csvlist import ListFileError
from compliance.listing.listed import WATCHLIST, Source
from compliance.settings import Settings
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables_lists import HuntHitRow

app = typer.Typer(no_args_is_help=True, help="The UN's lists and the operator's own.")
STALE_HOURS = 36
# The UN writes its list anew every night: one with an older date of its own was brought by hand, or is not served anew.
STALE_DAYS = 7
_BY = typer.Option("--by", help="Who says so; the name of the account if not given.")
_JSON = typer.Option("--json", help="One JSON object a line.")


@app.callback()
def lists() -> None:
    """The UN's lists and the operator's own."""


def _engine() -> Engine:
    settings = Settings()
    upgrade(settings.database)
    return open_engine(settings.database)


@app.command("show")
def show(as_json: Annotated[bool, _JSON] = False) -> None:
    """Show each list in use: what it names, its own date, when it was last seen at its source, what was refused since.

    Exit status 1 where the UN list was not seen for 36 hours or is dated over 7 days ago, or a newer version of a list
    was refused.

    Example: embargowatch lists show
    """
    from compliance.store import lists as shelf

    with session_scope(_engine()) as session:
        told = [_in_use(session, source, datetime.now(UTC)) for source in shelf.sources(session)]
    if as_json:
        _write(told)
    else:
        table = Table("list", "records", "dated", "last seen", "state")
        for one in told:
            table.add_row(*map(Text, (one["list"], str(one["records"]), one["dated"], one["last_seen"], one["state"])))
        Console().print(table)
    raise typer.Exit(1 if any(one["needs_attention"] for one in told) else 0)


def _in_use(session: Any, source: str, now: datetime) -> dict[str, Any]:
    from compliance.store import lists as shelf

    version, row, refused = (
        shelf.version_in_use(session, source),
        shelf.row_in_use(session, source),
        shelf.last_refused(session, source),
    )
    age = shelf.age_hours(row, now)
    own_age = (now.date() - date.fromisoformat(version.generated[:10])).days if version and version.designations else 0
    is_old = source == Source.UN_LIST and own_age > STALE_DAYS
    is_stale = source == Source.UN_LIST and (age is None or age > STALE_HOURS or is_old)
    state = "retired" if version is None else "never fetched: the dated table of the book" if row is None else "in use"
    if row is not None and is_stale:
        state = f"stale: its own date is {own_age} days ago" if is_old else f"stale: last seen {age:.0f} hours ago"
    if refused is not None:
        state += f"; refused {refused.last_seen:%Y-%m-%d} ({refused.digest[:12]}): {refused.reason}"
    return {
        "list": source,
        "records": len(version.records) if version else 0,
        "dated": version.generated[:10] if version and version.generated else "",
        "last_seen": f"{row.last_seen:%Y-%m-%d %H:%M}" if row else "never",
        "state": state,
        "needs_attention": is_stale or refused is not None,
    }


@app.command("diff")
def diff(
    source: Annotated[
        str, typer.Argument(help="un-consolidated, un-1718-vessels or watchlist:NAME.")
    ] = "un-consolidated",
    version: Annotated[int | None, typer.Option(help="The version's number; the newest if not given.")] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Show what a version of a list changed: records added, removed and changed, field by field.

    Example: embargowatch lists diff un-consolidated
    """
    from compliance.store import lists as shelf

    with session_scope(_engine()) as session:
        rows = [r for r in shelf.versions(session, source, 10_000) if r.accepted and version in (None, r.id)]
        if not rows or rows[0].id is None:
            raise ConfigError(f"{source}: no accepted version{f' {version}' if version else ' is stored'}")
        row, changed = rows[0], [plain_change(c) for c in shelf.changes_of(session, rows[0].id)]
    if as_json:
        _write(changed)
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{source}, version {row.id} of {row.fetched_at:%Y-%m-%d %H:%M}: {len(changed)} changes")
    for change in changed:
        console.print(f"{change['what']:8} {change['reference']:8} {change['name']}{_fields(change)}", markup=False)


def _fields(change: dict[str, Any]) -> str:
    if change["what"] != "changed":
        return ""
    before, after = change["before"], change["after"]
    return "".join(f"\n    {field}: {_short(before[field])} → {_short(after[field])}" for field in after)


def _short(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(str(v["name"]) if isinstance(v, dict) else str(v) for v in value)
    return str(value)[:400] or "–"


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8 (docs/matching.md), or the UN's XML.")],
    name: Annotated[
        str, typer.Option("--as", help="Name of the watchlist, un-1718-vessels or un-consolidated.")
    ] = "own",
    by: Annotated[str, _BY] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Take the file although half of its rows went.")] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Put a file into use as a watchlist, vessel list or UN list, and search stored stories for its new names.

    The UN list is the UN's own XML (--as un-consolidated), for hosts that cannot fetch it. A watchlist has the columns
    of docs/matching.md or those of OpenSanctions' targets.simple.csv, in which the lists of OFAC, the EU and others
    are published. A fault is told with file, line and field, refuses the whole file, and leaves the list in use as
    it was.

    Example: embargowatch lists import customers.csv --as customers
    """
    source = name if name in list(Source) else f"{WATCHLIST}{name.removeprefix(WATCHLIST)}"
    try:
        found = import_file(_engine(), file, source, by or getuser(), confirmed=confirm)
    except ListFileError as error:
        for fault in error.faults[1:]:
            Console(stderr=True, highlight=False, soft_wrap=True).print(fault, markup=False)
        raise ConfigError(error.faults[0]) from error
    _told(source, found, as_json)


def _told(source: str, found: Imported, as_json: bool) -> None:
    if as_json:
        _write([{"list": source} | plain_imported(found)])
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{source}: {found.detail}", markup=False)
    if found.hunt:
        console.print(f"{found.hunt.hits} new hits in {found.hunt.stories} stored stories: embargowatch lists hits")


@app.command("accept")
def accept(
    source: Annotated[str, typer.Argument(help="The list.")],
    digest: Annotated[str, typer.Argument(help="How the refused version's digest begins; lists show tells it.")],
    note: Annotated[str, typer.Option(help="Why it is right after all; kept in the decision log.")],
    by: Annotated[str, _BY] = "",
) -> None:
    """Put a version into use that was refused as implausible. What could not be read stays refused.

    Example: embargowatch lists accept un-consolidated 3fa9c1 --note "the committee delisted 60 names"
    """
    _told(source, accept_refused(_engine(), source, digest, by or getuser(), note), False)


@app.command("retire")
def retire_list(
    name: Annotated[str, typer.Argument(help="Name of the watchlist.")], by: Annotated[str, _BY] = ""
) -> None:
    """Take a watchlist out of use; its history stays.

    Example: embargowatch lists retire customers
    """
    source = f"{WATCHLIST}{name.removeprefix(WATCHLIST)}"
    Console().print(f"{source}: {retire(_engine(), source, by or getuser())} records taken out of use", markup=False)


@app.command("match")
def match(
    name: Annotated[str, typer.Argument(help="The name of a party, in any script.")],
    type_: Annotated[str, typer.Option("--type", help="person, company, organisation, group or vessel.")] = "",
    imo: Annotated[str, typer.Option(help="IMO number of a vessel.")] = "",
    born: Annotated[str, typer.Option(help="Birth date or year.")] = "",
    country: Annotated[str, typer.Option(help="Nationality.")] = "",
    beside: Annotated[
        list[str] | None, typer.Option(help="Another party that the story names: it may let a weak alias count.")
    ] = None,
    on: Annotated[str, typer.Option(help="Day of the act: who was listed then, or is only since, is told so.")] = "",
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Show how a party stands against the lists in use: each match with score, features and reason.

    Example: embargowatch lists match "Qassem Suleimani" --type person
    """
    from compliance.store.standings import standings_of
    from rules.vocabulary import PartyType

    if type_ and type_ not in set(PartyType):
        raise ConfigError(f"--type: {type_!r} is no type of a party")
    try:
        day = date.fromisoformat(on) if on else None
    except ValueError as error:
        raise ConfigError(f"--on: {on!r} is no day as 2026-11-20") from error
    party = {"canonical": name, "name": name, "type": type_, "imo": imo, "birth_dates": [born] if born else [],
             "countries": [country] if country else []}  # fmt: skip
    with session_scope(_engine()) as session:
        others = [{"canonical": other, "name": other} for other in beside or ()]
        standing = standings_of(session, [party], others=others, on=day)[name]
    found = [m for m in (standing.match, *standing.also) if m is not None]
    plain = [
        {"key": m.listed.key, "reference": m.listed.reference, "name": m.listed.name, "met": m.by, "score": m.score,
         "features": dict(m.features), "reason": m.reason}
        for m in dict.fromkeys(found)
    ]  # fmt: skip
    if as_json:
        _write([{"name": name, "standing": standing.kind.value, "reason": standing.reason, "matches": plain}])
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{name}: {standing.label} – {standing.reason}", markup=False)
    for one in plain:
        console.print(f"  {one['score']:.2f}  {one['reference']}  {one['name']}  ({one['key']})", markup=False)
        console.print(f"        {one['reason']}", markup=False)


@app.command("judge")
def judge(
    name: Annotated[str, typer.Argument(help="The party's name, as cases hold it.")],
    record: Annotated[str, typer.Argument(help="Reference or key of the listed record, as lists match tells it.")],
    same: Annotated[bool, typer.Option("--same/--different", help="Whether the two are one.")],
    type_: Annotated[str, typer.Option("--type", help="The party's type, as cases hold it.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    by: Annotated[str, _BY] = "",
) -> None:
    """Keep an officer's word that a party is, or is not, a listed one, until either side changes.

    Example: embargowatch lists judge "Kim Chol Nam" KPi.074 --different --type person
    """
    from compliance.store import standings

    party = {"canonical": name, "name": name, "type": type_}
    try:
        with session_scope(_engine()) as session:
            standings.judge(session, party, record, same, by or getuser(), datetime.now(UTC), note)
    except LookupError as error:
        raise ConfigError(str(error)) from error
    Console().print(f"{name} and {record}: {'the same' if same else 'different'}, until either changes", markup=False)


@app.command("hunt")
def hunt_names(
    records: Annotated[
        list[str] | None, typer.Argument(help="References or keys of records; all lists in use if none.")
    ] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Search every stored story for listed and watched names; each hit is kept with its story, quote and place.

    Runs by itself after every change of a list, for the names that are new.

    Example: embargowatch lists hunt QDi.299
    """
    from compliance.hunting import finish_hunts, hunt
    from compliance.store import standings
    from compliance.store.lists import joint_index

    engine = _engine()
    finish_hunts(engine)
    with session_scope(engine) as session:
        index = joint_index(session)
    try:
        wanted = [standings.record_of(index, key) for key in records or ()]
        wanted = wanted or [record for record in index.records if record.delisted_on is None]
    except LookupError as error:
        raise ConfigError(str(error)) from error
    report = hunt(engine, wanted, f"asked for: {', '.join(records) if records else 'all lists in use'}")
    if report is None:
        raise ConfigError("the lists in use name nobody")
    if as_json:
        _write([{"hunt": report.hunt_id, "names": report.names, "stories": report.stories, "hits": report.hits}])
    else:
        told = (
            f"{report.names} spellings, {report.stories} stored stories: {report.hits} new hits (hunt {report.hunt_id})"
        )
        Console(highlight=False).print(told)


@app.command("hits")
def show_hits(
    record: Annotated[str, typer.Argument(help="Key of a listed record; all if not given.")] = "",
    hunt_id: Annotated[int | None, typer.Option("--hunt", help="Number of a hunt.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 50,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Show where stored stories name listed and watched parties, newest hits first.

    Example: embargowatch lists hits --hunt 3
    """
    from compliance.store import hunts

    with session_scope(_engine()) as session:
        found = [_hit(hit, story) for hit, story in hunts.hits(session, hunt_id, record or None, limit)]
    if as_json:
        _write(found)
        return
    console = Console(highlight=False, soft_wrap=True)
    for hit in found:
        console.print(f"{hit['reference'] or hit['key']}  “{hit['around']}”", markup=False)
        console.print(f"    {hit['title']}  {hit['url'] or ''}  (story {hit['story']})", style="dim", markup=False)
    if not found:
        console.print("No stored story was found to name them.")


def _hit(hit: HuntHitRow, story: Any) -> dict[str, Any]:
    told: str = getattr(story, hit.field)
    around = " ".join(told[max(0, hit.start - 60) : hit.end + 60].split())
    return {
        "reference": hit.reference, "key": hit.listed_key, "listed_name": hit.listed_name, "story": hit.story_id,
        "field": hit.field, "start": hit.start, "end": hit.end, "quote": hit.quote, "around": around,
        "title": story.title, "url": story.url, "hunt": hit.hunt_id,
    }  # fmt: skip


def _write(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
