"""``embargowatch corpus``: check what the classifier learns from, and show what it holds."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from compliance.classifier.checking.cells import Composition
from compliance.classifier.checking.check import CorpusReport, check_corpus
from compliance.classifier.checking.grid import Grid
from compliance.classifier.corpus import FOLDER, corpus_digest
from compliance.cli_rarity import rarity
from compliance.monitor import open_rulebook
from rules.vocabulary import Kind, Role, Status

app = typer.Typer(no_args_is_help=True, help="The authored corpus the classifier learns from.")


@app.callback()
def corpus() -> None:
    """The authored corpus the classifier learns from."""


@app.command()
def check(
    folder: Annotated[
        Path, typer.Option(help="A folder of batches (*.jsonl) with its grid.yml.", show_default="the project's own")
    ] = FOLDER,
) -> None:
    """Check the corpus (fields, quotes, law, twins, cells, lengths, overlap) and show how many stories stand where.

    Exit status 1 if anything is wrong; each fault names batch file, line and story.

    Example: embargowatch corpus check --folder drafts
    """
    report, console = check_corpus(folder, open_rulebook()), Console(highlight=False)
    for table in tables(report.composition, report.grid):
        console.print(table)
    console.print(summary(report, corpus_digest(folder)), markup=False, soft_wrap=True)
    _list(console, "Known gaps", known_gaps(report.grid))
    _list(console, "Warnings", report.warnings)
    _list(console, "Faults", report.faults)
    if report.faults:
        raise typer.Exit(1)
    console.print("The corpus keeps every rule.")


app.command("rarity")(rarity)


def _list(console: Console, heading: str, lines: Iterable[str]) -> None:
    told = list(lines)
    if told:
        console.print(f"{heading}: {len(told)}", style="bold")
    for line in told:
        console.print(line, markup=False, soft_wrap=True)


def known_gaps(grid: Grid) -> list[str]:
    """Return the cells of the book that no story fills yet, a line for each regime."""
    return [f"regime {number}: {', '.join(kinds)}" for number, kinds in grid.known_gaps.regime_kind.items()]


def summary(report: CorpusReport, digest: str) -> str:
    """Return the corpus in one paragraph: its counts and the least that each must reach."""
    found, least = report.composition, report.grid.minimum
    return (
        f"{found.stories:,} stories (at least {least.stories:,}), digest {digest[:12]}: "
        f"{found.labels.get('breach', 0):,} breaches ({least.breaches:,}), "
        f"{found.silent_share:.1%} of them name no law ({least.silent_share:.0%}); "
        f"{found.hard_negatives:,} hard negatives ({least.hard_negatives:,}), "
        f"{found.ordinary:,} ordinary ({least.ordinary:,}), {found.pairs:,} minimal pairs ({least.pairs:,}), "
        f"{found.labels.get('grey', 0):,} grey ({least.grey:,})."
    )


def tables(found: Composition, grid: Grid) -> list[Table]:
    """Return the grid as tables; an empty must-have cell shows as a red 0."""
    kinds, bands, must = [k.value for k in Kind], list(grid.lengths), grid.must_have
    return [
        _crossed("Breaches by regime and kind", "regime", found.regime_kind, kinds, must.regime_kind, key=int),
        _crossed("Breaches by kind and role", "kind", found.kind_role, [r.value for r in Role], must.kind_role),
        _crossed("Breaches by kind and status", "kind", found.kind_status, [s.value for s in Status], must.kind_status),
        _crossed("Breaches by style and length", "style", found.style_length, bands, must.style_length),
        _crossed("All stories by style and length", "style", found.style_length_all, bands, {}),
        _counted("Where the breach is told", "place", found.places, sum(found.places.values())),
        _counted("Negatives by type", "type", found.negative_types, sum(found.negative_types.values())),
        _counted("Stories by author batch", "batch", found.batches, found.stories),
        _lengths(found, grid),
    ]


def _crossed(
    title: str,
    first: str,
    counts: Mapping[tuple[str, str], int],
    columns: Sequence[str],
    must: Mapping[str, Sequence[str]] | Mapping[Kind, Sequence[str]],
    *,
    key: type[int] | None = None,
) -> Table:
    needed = {(str(row), str(column)) for row, cells in must.items() for column in cells}
    rows = {row for row, _ in (*counts, *needed)}
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    for row in sorted(rows, key=key or str):
        cells = [counts.get((row, column), 0) for column in columns]
        table.add_row(row, *(_cell(n, (row, c) in needed) for n, c in zip(cells, columns, strict=True)))
    return table


def _cell(count: int, is_needed: bool) -> str:
    if count:
        return str(count)
    return "[bold red]0[/bold red]" if is_needed else "·"


def _counted(title: str, name: str, counts: Mapping[str, int], of: int) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(name)
    table.add_column("stories", justify="right")
    table.add_column("share", justify="right")
    for row, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(row, str(count), f"{count / max(1, of):.1%}")
    return table


def _lengths(found: Composition, grid: Grid) -> Table:
    title = f"Length by label (breaches and others may differ by {grid.limits.length_tolerance:.0%} of their stories)"
    table = Table(title=title, title_justify="left")
    table.add_column("words")
    labels = ("breach", "not_breach", "grey")
    for heading in (*labels, "apart"):
        table.add_column(heading, justify="right")
    for band, end in grid.lengths.items():
        shares = [found.length_share(label, band) for label in labels]
        name = f"{band} (under {end})" if end else band
        table.add_row(name, *(f"{s:.1%}" for s in shares), f"{abs(shares[0] - shares[1]):.1%}")
    return table
