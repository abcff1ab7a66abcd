"""``embargowatch model`` and ``embargowatch corpus``: train, evaluate and describe the classifier."""

import json
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console

from compliance.classifier.corpus import FOLDER, Example, corpus_digest, example_of, faults_of, load_corpus
from compliance.errors import ConfigError
from compliance.judging import Judges
from compliance.monitor import load_policy, open_model, open_rulebook
from compliance.settings import Settings

if TYPE_CHECKING:
    from compliance.classifier.schemes import Scheme
    from compliance.measuring import Measuring

model_app = typer.Typer(no_args_is_help=True, help="The classifier.")
corpus_app = typer.Typer(no_args_is_help=True, help="The authored corpus the classifier learns from.")


@corpus_app.callback()
def corpus() -> None:
    """The authored corpus the classifier learns from."""


@model_app.command()
def train(
    extra: Annotated[
        Path | None, typer.Option(help="Decided stories from `embargowatch export`, to learn from as well.")
    ] = None,
) -> None:
    """Train the classifier on the authored corpus and set the thresholds in config/screening.yml.

    Example: embargowatch model train
    """
    from compliance.classifier.card import completed
    from compliance.classifier.model import save_model
    from compliance.classifier.role_training import train_roles
    from compliance.classifier.schemes import scheme_by_event
    from compliance.classifier.training import train as fit
    from rules.linear import save_story_weights
    from rules.rulebook import BOOK

    settings = Settings()
    policy = settings.config / "screening.yml"
    base_rate = _base_rate(policy)
    examples = load_corpus() + (_read(extra) if extra else [])
    roles = train_roles(examples, open_rulebook(), corpus_digest())
    roles.save(BOOK / "roles.json")
    save_story_weights(roles.story, BOOK / "story.json")
    rulebook = open_rulebook()
    trained = fit(examples, roles.held_out, rulebook, base_rate, corpus_digest())
    scheme = scheme_by_event(trained, roles.held_out, rulebook, base_rate)
    save_model(settings.model_path, trained.parts, completed(trained.card, scheme, rulebook.version))
    policy.write_text(
        "# Thresholds on the calibrated score, set by `embargowatch model train`: from `review` on a story waits\n"
        "# for an officer, from `alert` on he is told at once. `base_rate` is the share of breaches in a feed.\n"
        f"review: {trained.review}\nalert: {trained.alert}\nbase_rate: {base_rate}\n",
        encoding="utf-8",
    )
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Trained version {trained.card['version']} on {len(trained.examples)} stories.")
    _show(console, [scheme])


@model_app.command("evaluate")
def evaluate_model(
    file: Annotated[
        Path | None, typer.Argument(help="Labelled stories as JSON Lines; the corpus if not given.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="A folder to write the full report to, as report.md with plots in SVG.")
    ] = None,
) -> None:
    """Measure classifier and rules, with 95 % intervals, beside the boolean alert.

    A labelled file is judged by the model in use. Without one the corpus is judged by models that are trained for it,
    with stories held out by event, by author batch and by regime.

    Example: embargowatch model evaluate labelled.jsonl --report evaluation
    """
    from compliance.measuring import measure_corpus, measure_file

    console = Console(highlight=False, soft_wrap=True)
    if report:
        _require_plots()
    path = Settings().config / "screening.yml"
    if file is None:
        measuring = measure_corpus(load_corpus(), corpus_digest(), open_rulebook(), _base_rate(path))
    else:
        examples, judges = _read(file), _judges(path)
        measuring = measure_file(file, examples, judges, _base_rate(path))
    _show(console, measuring.schemes)
    for line in ("", "Rules, on breaches", *(measuring.rules or ["none carries annotations"])):
        console.print(line, markup=False)
    if report:
        _write(report, measuring)
        console.print(f"The report is in {report}.", markup=False)


def _show(console: Console, schemes: Sequence["Scheme"]) -> None:
    for scheme in schemes:
        for line in ("", f"Classifier, {scheme.name}", *scheme.measured.lines()):
            console.print(line, markup=False)


def _require_plots() -> None:
    """ConfigError where the plots cannot be drawn: said before the minutes of measuring, not after."""
    if not find_spec("matplotlib"):
        raise ConfigError("--report: the plots need matplotlib, one of the test tools: make .venv/.dev")


def _judges(policy: Path) -> Judges:
    rulebook = open_rulebook()
    return Judges(open_model(Settings(), rulebook), rulebook, load_policy(policy))


def _write(folder: Path, measuring: "Measuring") -> None:
    from compliance.classifier.plots import draw_all
    from compliance.classifier.report import write_page

    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_page(folder, measuring.schemes, measuring.rules, measuring.given)
        draw_all(folder, measuring.schemes, measuring.review, measuring.alert)
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}") from error


@model_app.command()
def card() -> None:
    """Show the card of the classifier in use, after checking that the artefact is the one it describes.

    Example: embargowatch model card
    """
    settings = Settings()
    open_model(settings, open_rulebook())
    Console().print_json((settings.model_path / "model-card.json").read_text(encoding="utf-8"))


@corpus_app.command()
def check() -> None:
    """Check the corpus: schema, quotes, and how many stories stand in which cell.

    Example: embargowatch corpus check
    """
    examples, console = load_corpus(), Console(highlight=False)
    faults = faults_of(examples)
    for fault in faults:
        console.print(fault, markup=False)
    for name, counts in (
        ("labels", Counter(e.label for e in examples)),
        ("regimes", Counter(r for e in examples for r in e.regimes)),
        ("kinds", Counter(k.value for e in examples for k in e.kinds)),
        ("negatives", Counter(e.negative_type for e in examples if e.negative_type)),
        ("batches", Counter(e.batch for e in examples)),
    ):
        console.print(f"{name}: " + ", ".join(f"{key} {n}" for key, n in counts.most_common()), markup=False)
    console.print(f"{len(examples)} stories in {FOLDER.name}, digest {corpus_digest()[:12]}")
    if faults:
        raise typer.Exit(1)


def _base_rate(policy: Path) -> float:
    return float(yaml.safe_load(policy.read_text(encoding="utf-8"))["base_rate"]) if policy.exists() else 0.02


def _read(path: Path) -> list[Example]:
    """Return the file's examples; ConfigError names file, line and what is wrong there."""
    examples: list[Example] = []
    seen: set[str] = set()
    try:
        # Only a line feed ends a line of JSON: a text may hold other characters that Python takes for line ends.
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8'}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            example = example_of(json.loads(line))
        except KeyError as error:
            raise ConfigError(f"{path}: line {number}: the field {error} is missing") from error
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{path}: line {number}: {error}") from error
        if example.story.id in seen:
            raise ConfigError(f"{path}: line {number}: the id {example.story.id!r} is used twice")
        seen.add(example.story.id)
        examples.append(example)
    return examples
