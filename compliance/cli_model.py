"""``embargowatch model``: train, evaluate and describe the classifier."""

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console

from compliance.classifier.corpus import Example, corpus_digest, example_of, load_corpus
from compliance.errors import ConfigError
from compliance.judging import Judges
from compliance.monitor import load_policy, open_model, open_rulebook
from compliance.settings import Settings

if TYPE_CHECKING:
    from compliance.classifier.schemes import Scheme
    from compliance.measuring import Measuring

# What officers decided of real stories teaches more than what was written to teach.
_DECIDED = 3.0

app = typer.Typer(no_args_is_help=True, help="The classifier.")


@app.command()
def train(
    extra: Annotated[
        Path | None,
        typer.Option(help="Decided stories from `embargowatch export`, to learn from as well; each weighs three."),
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
    base_rate, random_share = _declared(policy, "base_rate", 0.02), _declared(policy, "random_share", 0.1)
    examples = load_corpus() + [replace(e, weight=_DECIDED) for e in (_read(extra) if extra else [])]
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
        "# `random_share` of each night's queue is drawn at random from the cleared stories; 0 draws none.\n"
        f"review: {trained.review}\nalert: {trained.alert}\nbase_rate: {base_rate}\nrandom_share: {random_share}\n",
        encoding="utf-8",
    )
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Trained version {trained.card['version']} on {len(trained.examples)} stories.")
    _show(console, [scheme])


@app.command("evaluate")
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
        measuring = measure_corpus(load_corpus(), corpus_digest(), open_rulebook(), _declared(path, "base_rate", 0.02))
    else:
        examples, judges = _read(file), _judges(path)
        measuring = measure_file(file, examples, judges, _declared(path, "base_rate", 0.02))
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


@app.command()
def missrate(
    as_json: Annotated[bool, typer.Option("--json", help="Print the estimate as one JSON object.")] = False,
) -> None:
    """Estimate how many cleared stories report a breach, from the decided cases that were drawn at random.

    Example: embargowatch model missrate
    """
    from dataclasses import asdict

    from compliance.missrate import estimate
    from compliance.store import draws
    from compliance.store.database import open_engine, session_scope, upgrade

    settings = Settings()
    upgrade(settings.database)
    engine = open_engine(settings.database)
    with session_scope(engine) as session:
        found = estimate(draws.tally(session))
    engine.dispose()
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        typer.echo("\n".join(found.lines()))


@app.command()
def card() -> None:
    """Show the card of the classifier in use, after checking that the artefact is the one it describes.

    Example: embargowatch model card
    """
    settings = Settings()
    open_model(settings, open_rulebook())
    Console().print_json((settings.model_path / "model-card.json").read_text(encoding="utf-8"))


def _declared(policy: Path, key: str, default: float) -> float:
    declared = yaml.safe_load(policy.read_text(encoding="utf-8")) if policy.exists() else {}
    return float(declared.get(key, default))


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
