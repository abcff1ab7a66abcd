"""The ``embargowatch`` command: each sub-command reads input, calls one step and shows the answer."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn

import typer
import typer.main
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from compliance.errors import EmbargoWatchError
from compliance.logs import set_up_logging
from compliance.settings import Settings

app = typer.Typer(
    name="embargowatch",
    help="Finds news that reports possible breaches of UN sanctions, and puts each alleged act before an officer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cases_app = typer.Typer(no_args_is_help=True, help="The review queue on the command line.")
app.add_typer(cases_app, name="cases")


def main() -> None:
    """Run the command; an expected error is one clear line and exit status 1."""
    try:
        assembled(next(iter(sys.argv[1:]), None))(standalone_mode=True)
    except EmbargoWatchError as error:
        _fail(str(error))
    except (ValidationError, SettingsError) as error:
        _fail(_wrong_setting(error))
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(141) from None


# What each module ``cli_...`` holds: a group of its own name, or commands it mounts itself. Only the one called for is
# imported: trying a feed takes neither classifier nor database, and would pay for both in memory and start-up time.
GROUPS = ("alerts", "audit", "corpus", "coverage", "feeds", "lists", "model", "rules", "users")
MOUNTED: Mapping[str, frozenset[str]] = {
    "add": frozenset({"add"}),
    "collect": frozenset({"captures", "quarantine", "stories"}),
    "export": frozenset({"export", "report"}),
    "serve": frozenset({"health", "receiver", "serve"}),
}


def assembled(called: str | None = None) -> typer.Typer:
    """Return the command with the sub-command ``called`` at least; with all where there is none of that name."""
    homes = [*GROUPS, *MOUNTED]
    wanted = [home for home in homes if called in MOUNTED.get(home, {home})]
    # The application as it stands: with the commands of this very file, which need no other.
    if not wanted and called not in typer.main.get_group(app).commands:
        wanted = homes
    for home in wanted:
        _mount(home)
    return app


@cache
def _mount(home: str) -> None:
    module = import_module(f"compliance.cli_{home}")
    if home in MOUNTED:
        module.mount(app)
    else:
        app.add_typer(module.app, name=home)


def _fail(text: str) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"embargowatch: {text}", markup=False)
    raise SystemExit(1)


def _wrong_setting(error: ValidationError | SettingsError) -> str:
    if isinstance(error, SettingsError):
        named = re.search(r'field "(\w+)"', str(error))
        return f"EMBARGOWATCH_{named[1].upper()}: expected JSON" if named else str(error).splitlines()[0]
    if error.title != Settings.__name__:
        raise error
    first = error.errors()[0]
    name = "EMBARGOWATCH_" + "_".join(str(p) for p in first["loc"]).upper() if first["loc"] else "settings"
    return f"{name}: {first['msg']}"


def read_settings(**overrides: Any) -> Settings:
    """Return the settings in force; a wrong one ends the command with one line that names it."""
    settings = Settings(**overrides)
    set_up_logging(settings.log_level)
    return settings


@app.command()
def screen(
    file: Annotated[str, typer.Argument(help="A file with one JSON story a line, or - for standard input.")],
    all_: Annotated[bool, typer.Option("--all", help="Let the rules read every story, not only likely ones.")] = False,
) -> None:
    """Judge stories: one JSON object a line in, one judgement a line out, in the same order.

    Needs no database and no network. A line that is no story gives {"line", "error"} in its place, and exit
    status 1 at the end.

    Example: embargowatch screen stories.jsonl > judgements.jsonl
    """
    settings = read_settings()
    from compliance.judging import Judges
    from compliance.monitor import load_policy, open_model, open_rulebook
    from compliance.stream import collecting_seldom, dump, judge_lines

    with _opened(file) as lines:
        rulebook = open_rulebook()
        judges = Judges(open_model(settings, rulebook), rulebook, load_policy(settings.config / "screening.yml"))
        failed = False
        with collecting_seldom():
            for answer in judge_lines(lines, judges, extract_all=all_):
                failed |= "error" in answer
                sys.stdout.write(dump(answer) + "\n")
        sys.stdout.flush()
    raise typer.Exit(1 if failed else 0)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    path = Path(file)
    if not path.is_file():
        _fail(f"{file}: there is no such file")
    with path.open("rb") as handle:
        yield handle


@app.command()
def run(
    feeds: Annotated[Path | None, typer.Option(help="The catalogue of feeds; config/feeds.yml if not given.")] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Use the sample feeds, served on loopback by this command itself.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run ledger's counts as JSON.")] = False,
) -> None:
    """Run the nightly job once under Prefect: fetch, screen, open cases, send alerts.

    Exit status 0 only if every count of the run adds up.

    Example: embargowatch run --feeds config/feeds.yml
    """
    from compliance.nightly import show_run, watch_run

    with ExitStack() as stack:
        settings, catalogue, base_url = _run_inputs(stack, feeds, sample)
        report = watch_run(settings, catalogue, base_url, quiet=as_json)
    if as_json:
        from dataclasses import asdict

        faults = list(report.faults)
        sys.stdout.write(
            json.dumps({"run": report.run_id, "reconciled": not faults, "faults": faults} | asdict(report.counts))
            + "\n"
        )
    else:
        show_run(settings, report)
    raise typer.Exit(0 if report.has_reconciled else 1)


def _run_inputs(stack: ExitStack, feeds: Path | None, sample: bool) -> tuple[Settings, Path | None, str | None]:
    if not sample:
        return read_settings(), feeds, None
    if feeds is not None:
        _fail("--feeds and --sample exclude each other")
    from compliance.nightly import sample_servers

    settings = read_settings()
    settings, base_url = stack.enter_context(sample_servers(settings))
    return settings, settings.config / "sample" / "feeds.yml", base_url


@cases_app.command("list")
def list_cases(
    state: Annotated[str, typer.Option(help="waiting, decided or all.")] = "waiting",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List cases, newest first.

    Example: embargowatch cases list --state all --json
    """
    if state not in ("waiting", "decided", "all"):
        _fail("--state: expected waiting, decided or all")
    from compliance.casefile import case_line
    from compliance.nightly import case_table
    from compliance.store import cases
    from compliance.store.database import session_scope

    with session_scope(_engine(read_settings())) as session:
        rows = cases.listed(session, None if state == "all" else state, limit)
        if as_json:
            for row in rows:
                sys.stdout.write(json.dumps(case_line(row), ensure_ascii=False) + "\n")
        elif rows:
            Console().print(case_table(rows, f"Cases ({state})"))
        else:
            Console().print(f"No case is {state}." if state != "all" else "There are no cases yet.")


@cases_app.command("show")
def show_case(
    reference: Annotated[str, typer.Argument(help="The case's reference, as EW-2026-00001.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole case file as JSON.")] = False,
) -> None:
    """Show one case: the act, its parties with their quotes, its stories, and what was decided.

    Example: embargowatch cases show EW-2026-00001
    """
    from compliance.casefile import case_file, print_case
    from compliance.store.database import session_scope

    with session_scope(_engine(read_settings())) as session:
        found = case_file(session, reference)
    if found is None:
        _fail(f"there is no case {reference}")
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        print_case(found)


def _engine(settings: Settings) -> Any:
    from compliance.store.database import open_engine, upgrade

    upgrade(settings.database)
    return open_engine(settings.database)


@app.command()
def desk() -> None:
    """Open the review desk: the web page in which officers read and decide cases.

    Example: embargowatch desk
    """
    import uvicorn

    from compliance.web.app import create_app

    settings = read_settings()
    engine = _engine(settings)
    _first_officer(settings, engine)
    _look_around(settings, engine)
    Console().print(f"The review desk is at http://{settings.desk_host}:{settings.desk_port} (stop with Ctrl-C).")
    uvicorn.run(
        create_app(settings, engine),
        host=settings.desk_host,
        port=settings.desk_port,
        log_level="warning",
        server_header=False,
        limit_concurrency=200,
        # Believed of nobody else: tries to sign in are counted by address.
        proxy_headers=bool(settings.desk_trusted_proxies),
        forwarded_allow_ips=settings.desk_trusted_proxies,
    )


def _look_around(settings: Settings, engine: Any) -> None:
    """Notice, as every process does that starts, what did not run while nobody looked."""
    from datetime import UTC, datetime

    from compliance import operations
    from compliance.fetchpolicy import fetch_policy
    from compliance.monitor import Monitor, open_alert_book

    open_alert_book(settings)
    operations.look(Monitor(settings, engine, (), fetch_policy(settings)), datetime.now(UTC))


def _first_officer(settings: Settings, engine: Any) -> None:
    from compliance.store import users
    from compliance.store.database import session_scope

    with session_scope(engine) as session:
        if not users.exists(session):
            Console().print("Nobody can sign in yet. In another terminal: embargowatch users add NAME --role analyst")
