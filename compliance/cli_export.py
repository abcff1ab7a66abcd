"""``embargowatch export`` and ``report``: what leaves the database as files."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Engine

from compliance.errors import ConfigError
from compliance.settings import Settings
from compliance.store.database import open_engine, session_scope, upgrade

_ACTOR = "command line"


def mount(app: typer.Typer) -> None:
    """Add the commands to the main one."""
    app.command()(export)
    app.command()(report)


def _engine(settings: Settings) -> Engine:
    upgrade(settings.database)
    return open_engine(settings.database)


def export(
    file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")],
    what: Annotated[
        str, typer.Option(help="labels (decided stories for retraining) or cases (case files).")
    ] = "labels",
    form: Annotated[str, typer.Option("--format", help="jsonl; cases also as csv or ftm (FollowTheMoney).")] = "jsonl",
) -> None:
    """Export decided stories as labelled examples, or cases as JSON Lines, CSV or FollowTheMoney entities.

    Example: embargowatch export cases.csv --what cases --format csv
    """
    if what not in ("labels", "cases"):
        raise ConfigError("--what: expected labels or cases")
    if form not in ("jsonl", "csv", "ftm") or (what == "labels" and form != "jsonl"):
        raise ConfigError("--format: expected jsonl, and for cases csv or ftm besides")
    engine = _engine(Settings())
    with ExitStack() as stack:
        # Spreadsheets and RFC 4180 want their own line ends kept.
        out = sys.stdout if str(file) == "-" else stack.enter_context(file.open("w", encoding="utf-8", newline=""))
        written = 0
        for piece in _labels(engine) if what == "labels" else _cases(engine, form):
            out.write(piece)
            written += 1
    noun = "entities" if form == "ftm" else what
    Console(stderr=True).print(f"{written - (form == 'csv')} {noun} exported.")


def _labels(engine: Engine) -> Iterator[str]:
    from compliance.casefile import export_lines

    with session_scope(engine) as session:
        for line in export_lines(session, "labels"):
            yield json.dumps(line, ensure_ascii=False) + "\n"


def _cases(engine: Engine, form: str) -> Iterable[str]:
    from compliance.export import Format, exported, record_export

    record_export(engine, _ACTOR, "cases", form, datetime.now(UTC))
    return exported(engine, Format(form))


def report(
    reference: Annotated[str, typer.Argument(help="The case's reference, as EW-2026-00001.")],
    file: Annotated[Path, typer.Argument(help="The PDF file to write.")],
) -> None:
    """Write a case's report as PDF: what the stories say in whose words, chronology, sources, decisions, versions.

    Example: embargowatch report EW-2026-00001 case.pdf
    """
    from compliance.export import record_export
    from compliance.filing import whole_file
    from compliance.monitor import open_rulebook
    from compliance.report.casereport import case_report
    from compliance.report.pdf import case_pdf
    from compliance.web.reasons import load_reasons

    settings, rulebook, now = Settings(), open_rulebook(), datetime.now(UTC)
    engine = _engine(settings)
    with session_scope(engine) as session:
        found = whole_file(session, reference, rulebook)
    if found is None:
        raise ConfigError(f"there is no case {reference}")
    reasons = load_reasons(settings.config / "reasons.yml")
    made = case_pdf(case_report(found, _ACTOR, now.isoformat(timespec="seconds"), reasons))
    record_export(engine, _ACTOR, reference, "pdf", now)
    file.write_bytes(made)
    Console(stderr=True).print(f"{file} is written.", markup=False)
