"""``embargowatch rules``: run the book's examples, explain a story, compare two books, measure on labelled stories."""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.table import Table

from compliance.errors import ConfigError
from compliance.monitor import open_rulebook
from compliance.story import Story

if TYPE_CHECKING:
    from rules.evaluation import RulesReport
    from rules.explaining import Explanation
    from rules.rulebook import Rulebook

app = typer.Typer(no_args_is_help=True, help="The rule book: its examples, what it finds in a story, how good it is.")

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def rules() -> None:
    """The rule book: its examples, what it finds in a story, how good it is."""


@app.command("test")
def run_tests(
    book: Annotated[Path | None, typer.Argument(help="A folder with a rule book; the project's own if none.")] = None,
) -> None:
    """Run every example in the book; print file, rule and what differs for each that fails.

    Exit status 1 if one fails.

    Example: embargowatch rules test
    """
    from rules.examples import run_examples
    from rules.rulebook import BOOK, RulebookError

    rulebook, console = _book(book), _console()
    try:
        trial = run_examples(rulebook, book or BOOK)
    except RulebookError as error:
        raise ConfigError(str(error)) from error
    for fault in trial.faults:
        console.print(f"{fault.file}: {fault.rule}: {fault.differs}", markup=False)
    console.print(f"{trial.examples} examples run, {len(trial.faults)} differ.")
    if trial.without:
        console.print(f"Frames without an example: {', '.join(trial.without)}", markup=False)
    if trial.faults:
        raise typer.Exit(1)


@app.command()
def regimes() -> None:
    """Print the page of all regimes: who is bound, by which measures, on which days, with paragraphs and sources.

    The page docs/regimes.md is what this prints.

    Example: embargowatch rules regimes > docs/regimes.md
    """
    from compliance.regimepage import regimes_page

    typer.echo(regimes_page(open_rulebook().regimes.values()), nl=False)


@app.command()
def explain(
    story: Annotated[str, typer.Argument(help="A file with one JSON story, - for standard input, or the text itself.")],
    title: Annotated[str, typer.Option(help="The title, where the text itself is given.")] = "",
    on: Annotated[str | None, typer.Option(help="The day of the story, as 2024-05-06, where it names none.")] = None,
    as_json: _Json = False,
) -> None:
    """Say which rules fired in a story and where, what was dropped and why, and which law each act touches.

    Every measure held against an act is shown with its five elements (actor, target, goods, direction, date), the quote
    that meets each, and the one that is missing.

    Example: embargowatch rules explain story.json
    """
    from rules.explaining import explain as explained

    told = _story_of(story, title)
    found = explained(told.title, told.text, _day_of(told, on), open_rulebook())
    if as_json:
        _write(json.dumps(asdict(found), ensure_ascii=False, default=str))
        return
    console = _console()
    for line in _lines_of(found):
        console.print(line, markup=False)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A folder with a rule book.")],
    new: Annotated[Path, typer.Argument(help="A folder with another.")],
    stories: Annotated[str, typer.Option(help="Stories, one JSON object a line; - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Say for each story what the new book would find otherwise than the old one.

    Stories are read one by one, however many there are; those that come out alike are only counted.

    Example: embargowatch rules diff rules/book draft/book --stories stories.jsonl
    """
    from compliance.rulediff import changes

    console, read, changed = _console(), 0, 0
    before, after = _book(old), _book(new)
    with ExitStack() as stack:
        for told in _stories(_opened(stories, stack), stories):
            read += 1
            found = changes(told, before, after)
            changed += bool(found)
            if found and as_json:
                _write(json.dumps({"id": told.id, "changes": found}, ensure_ascii=False))
            elif found:
                console.print(f"{told.id}: {told.title[:80]}", markup=False)
                for what, (was, now) in found.items():
                    console.print(f"  {what}: {', '.join(was) or 'none'} → {', '.join(now) or 'none'}", markup=False)
    if not as_json:
        console.print(f"{read} stories read, {changed} differ.")


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled stories in the form of the corpus, one JSON object a line.")],
    as_json: _Json = False,
) -> None:
    """Measure the rules on labelled stories: parties by role, regimes, kinds, status, denials, and which rules fired.

    Breaches must carry annotations; grey stories are left out. What the weights in use have learnt from is said.

    Example: embargowatch rules evaluate labelled.jsonl
    """
    from compliance.ruleseval import annotated, learnt_from
    from rules.evaluation import evaluate_fully

    rulebook = open_rulebook()
    told = annotated(file)
    report, known = evaluate_fully(told.rows, rulebook), learnt_from(told.rows, rulebook)
    if as_json:
        plain = {"file": file.name, "rules": rulebook.version, "left_out": told.left_out, "learnt_from": known.count}
        _write(json.dumps(plain | report.as_plain(), ensure_ascii=False))
        return
    console = _console()
    console.print(f"{file.name}, rules {rulebook.version}", markup=False)
    console.print(known.says, markup=False)
    if told.left_out:
        console.print(f"{told.left_out} breaches carry no annotations and were left out.")
    for table in _tables(report):
        console.print(table)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _write(line: str) -> None:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(json.loads(line))
    sys.stdout.write(line + "\n")


def _book(folder: Path | None) -> "Rulebook":
    from rules.rulebook import RulebookError, load_rulebook

    if folder is None:
        return open_rulebook()
    if not folder.is_dir():
        raise ConfigError(f"{folder}: there is no such folder")
    try:
        return load_rulebook(folder.resolve())
    except RulebookError as error:
        raise ConfigError(f"{folder}: {error}") from error


def _opened(file: str, stack: ExitStack) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    if not Path(file).is_file():
        raise ConfigError(f"{file}: there is no such file")
    return stack.enter_context(Path(file).open("rb"))


def _stories(lines: Iterable[bytes], name: str) -> Iterable[Story]:
    from compliance.stream import LineError, read_story

    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield read_story(line)
            except LineError as error:
                raise ConfigError(f"{name}: line {number}: {error}") from error


def _story_of(given: str, title: str) -> Story:
    """Return the story of a file or of standard input, or the text itself where it names neither."""
    from compliance.stream import LineError, read_story

    try:
        is_file = given == "-" or Path(given).is_file()
    except (OSError, ValueError):  # a text is too long for a name, or holds what no name may
        is_file = False
    if not is_file:
        return Story(id="", title=title, text=given, published=None)
    with ExitStack() as stack:
        whole = _opened(given, stack).read(17_000_000)
    try:
        story = json.loads(whole)
        return (
            read_story(json.dumps({"id": "story"} | story).encode()) if isinstance(story, dict) else read_story(whole)
        )
    except (LineError, ValueError, RecursionError) as error:
        raise ConfigError(f"{given}: {error}") from error


def _day_of(story: Story, on: str | None) -> date | None:
    if on is None:
        return story.published.date() if story.published else None
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise ConfigError(f"--on: {on!r} is no day, as 2024-05-06") from None


def _lines_of(found: "Explanation") -> Iterable[str]:
    yield f"Acts: {len(found.acts)}"
    for act in found.acts:
        parts = ", ".join(f"{role} {name}" for role, name in act.roles)
        yield f"  {act.rule}: {act.says}"
        yield f"    {act.evidence.field.value} {act.evidence.start}-{act.evidence.end}: {act.evidence.quote!r}"
        yield f"    who: {parts}"
        if act.days_from is not None:
            yield f"    when: {act.days}, from {act.days_from.quote!r}"
        for ruling in act.rulings:
            verdict = "forbidden" if ruling.forbids else f"not forbidden, missing: {', '.join(ruling.missing)}"
            doubt = " unverified" if ruling.unverified else ""
            yield f"    {ruling.code} ({'; '.join(ruling.basis)}){doubt}: {verdict}"
            for element in ruling.elements:
                quote = f", from {element.quote.quote!r}" if element.quote else ""
                yield f"      {'yes' if element.met else 'NO '} {element.name.value}: {element.says}{quote}"
            if ruling.exemptions:
                yield f"      unless: {'; '.join(ruling.exemptions)}"
    yield f"Dropped: {len(found.dropped)}"
    for one in found.dropped:
        yield f"  {one.rule}: {one.reason}: {one.evidence.quote!r}"
    yield "Parties: " + (", ".join(p.canonical for p in found.extraction.parties) or "none")
    yield "Named, no party: " + (", ".join(f"{name} {share:.2f}" for name, share in found.unnamed[:20]) or "none")
    yield "Regimes weighed: " + (", ".join(f"{number} {share:.2f}" for number, share in found.regimes) or "none")
    yield "Regimes: " + (", ".join(found.extraction.regimes) or "none")
    if found.extraction.national_only:
        yield "National law only: " + ", ".join(law.who for law in found.extraction.national_only)


def _tables(report: "RulesReport") -> Iterable[Table]:
    from rules.vocabulary import Role

    rows = [(what, report) for what in ("party", "role", *(f"role {role.value}" for role in Role), "denied")]
    yield _score_table("Breaches", rows)
    shares = Table("figure", "share", title=f"{report.stories} breaches")
    for what in ("regime", "regime exact", "kind", "kind exact", "status", "denied exact"):
        shares.add_row(what, f"{report.share(what):.3f}")
    shares.add_row("false violators", f"{report.false_violators:.3f}")
    shares.add_row(f"regime and party in {report.negatives} others", str(report.alarms))
    yield shares
    regimes = Table("regime", "stories", "precision", "recall", "party F1", "role F1", "status", title="By regime")
    for number, of_regime in sorted(report.per_regime.items(), key=lambda row: row[1].f1("role")):
        score = report.score(f"regime {number}")
        figures = (
            score.precision,
            score.recall,
            of_regime.f1("party"),
            of_regime.f1("role"),
            of_regime.share("status"),
        )
        regimes.add_row(number, str(of_regime.stories), *(f"{figure:.3f}" for figure in figures))
    yield regimes
    hits = Table("rule", "hits", title="Rules that fired")
    for rule, count in sorted(report.hits.items(), key=lambda row: (-row[1], row[0])):
        hits.add_row(rule, str(count))
    yield hits


def _score_table(title: str, rows: Sequence[tuple[str, Any]]) -> Table:
    table = Table("what", "told", "found", "right", "precision", "recall", "F1", title=title)
    for what, report in rows:
        score = report.score(what)
        figures = (f"{figure:.3f}" for figure in (score.precision, score.recall, score.f1))
        table.add_row(what, str(score.told), str(score.found), str(score.right), *figures)
    return table
