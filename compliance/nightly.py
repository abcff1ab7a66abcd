"""What a person sees of a nightly run at the terminal: progress while it works, tables at the end."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from compliance.case import CaseOrigin
from compliance.pipeline import RunReport
from compliance.settings import Settings
from compliance.store import cases, runs
from compliance.store.database import open_engine, session_scope
from compliance.store.tables import CaseRow, RunFeedRow

SAMPLE_PORT = 8719
_SAMPLE_SECRET = "whsec_" + "c2FtcGxlLXJ1bi1vbmx5LW5vdC1hLXNlY3JldC0hIQ=="
_STEPS = {
    "server": "Starting Prefect",
    "feeds": "Reading feeds",
    "stories": "Screening stories",
    "alerts": "Delivering alerts",
}


@contextmanager
def sample_servers(settings: Settings) -> Iterator[tuple[Settings, str]]:
    """Serve the sample feeds and a mail-catching webhook on loopback; yield settings that use them.

    An operator's own webhook is kept where one is set.
    """
    from compliance.receiver import catch_alerts
    from compliance.sample_server import serve_samples

    with ExitStack() as stack:
        base_url = stack.enter_context(serve_samples(settings.config / "sample", port=SAMPLE_PORT))
        changes: dict[str, object] = {"allow_private_feeds": True}
        if not settings.webhook_url:
            url = stack.enter_context(catch_alerts(settings.home / "caught-mail", _SAMPLE_SECRET))
            changes |= {"webhook_url": url, "webhook_secret": _SAMPLE_SECRET, "webhook_allow_private": True}
        yield Settings(**settings.model_dump() | changes), base_url


def watch_run(settings: Settings, catalogue: Path | None, base_url: str | None, *, quiet: bool) -> RunReport:
    """Run the nightly job under Prefect with a progress display on standard error; return its report."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet) as display:
        tasks = {"server": display.add_task(_STEPS["server"], total=None)}

        def on_progress(step: str, done: int, total: int) -> None:
            if "server" in tasks and step != "server":
                display.update(tasks["server"], total=1, completed=1)
            if step not in tasks:
                tasks[step] = display.add_task(_STEPS.get(step, step), total=total)
            display.update(tasks[step], completed=done, total=total)

        from flows.environment import apply

        apply(settings)
        from flows.nightly import run_nightly

        return run_nightly(settings, catalogue, base_url, on_progress)


def show_run(settings: Settings, report: RunReport) -> None:
    """Print feeds and their health, the run's counts and the cases, and how to open the desk."""
    console = Console()
    with session_scope(open_engine(settings.database)) as session:
        console.print(_feed_table(runs.feeds_of(session, report.run_id)))
        console.print(_count_table(report))
        opened = cases.of_run(session, report.run_id)
        if opened:
            console.print(case_table(opened, "Cases opened by this run"))
        else:
            waiting = len(cases.waiting(session))
            console.print(_why_nothing(report, waiting))
    if report.has_reconciled:
        console.print("[green]The run reconciled: every count adds up.[/green]")
    for fault in report.faults:
        console.print(f"Does not add up: {fault}", style="bold red", markup=False)
    console.print("Open the review desk with: [bold]make desk[/bold]  (or: embargowatch desk)")


def _why_nothing(report: RunReport, waiting: int) -> str:
    counts = report.counts
    failed = sum(n for state, n in counts.feeds_by_state.items() if state not in ("ok", "empty", "unchanged"))
    why = f"{counts.stories_new} new stories, {counts.flagged} flagged"
    if counts.not_covered:
        why += f"; {counts.not_covered} in other languages are not covered"
    if failed:
        why += f"; {failed} of {counts.feeds_due} feeds could not be read and are not covered"
    return f"No case was opened: {why}. {waiting} cases wait in the queue."


def _feed_table(rows: Sequence[RunFeedRow]) -> Table:
    table = Table(title="Feeds")
    for heading in ("feed", "health", "entries", "new", "known", "reason"):
        table.add_column(heading, justify="right" if heading in ("entries", "new", "known") else "left")
    for row in rows:
        healthy = row.state in ("ok", "empty", "unchanged")
        reason = row.reason + (f" (after {row.attempts} tries)" if row.attempts > 1 else "")
        table.add_row(
            Text(row.feed_id),
            Text(row.state, style="green" if healthy else "red"),
            str(row.entries),
            str(row.new),
            str(row.known),
            Text(reason),
        )
    return table


def _count_table(report: RunReport) -> Table:
    counts = report.counts
    healthy = sum(counts.feeds_by_state.get(state, 0) for state in ("ok", "empty", "unchanged"))
    rows = (
        ("feeds read", f"{healthy} of {counts.feeds_due}"),
        ("stories new / known", f"{counts.stories_new} / {counts.stories_known}"),
        ("article pages read / failed", f"{counts.pages_read} / {counts.pages_failed}"),
        ("screened", str(counts.screened)),
        ("not covered (other languages)", str(counts.not_covered)),
        ("quarantined", str(counts.screening_quarantined + counts.entries_quarantined)),
        ("flagged (review + alert)", f"{counts.verdicts.get('review', 0)} + {counts.verdicts.get('alert', 0)}"),
        ("cases opened / joined", f"{counts.cases_opened} / {counts.stories_joined}"),
        ("drawn at random from what was cleared", str(counts.cases_drawn)),
        (
            "alerts delivered / waiting / given up",
            f"{counts.alerts_delivered} / {counts.alerts_waiting} / {counts.alerts_given_up}",
        ),
        ("seconds", f"{(report.finished_at - report.started_at).total_seconds():.1f}"),
    )
    table = Table(title=f"Run {report.run_id}", show_header=False)
    for name, value in rows:
        table.add_row(name, value)
    return table


def case_table(rows: Sequence[CaseRow], title: str) -> Table:
    """Return the cases as a table: who → what → whom, regime, status, score."""
    table = Table(title=title)
    table.add_column("case", no_wrap=True)
    table.add_column("who → what → whom", ratio=1, overflow="fold")
    for heading in ("regime", "status", "verdict"):
        table.add_column(heading, no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    for row in rows:
        verdict = row.disposition or (row.origin if row.origin == CaseOrigin.RANDOM.value else row.verdict)
        table.add_row(
            Text(row.reference),
            Text(row.act),
            Text(",".join(row.regimes[:3]) or "open"),
            Text(row.status or "unknown"),
            Text(verdict, style="bold" if verdict == "alert" else ""),
            f"{row.score:.2f}",
        )
    return table
