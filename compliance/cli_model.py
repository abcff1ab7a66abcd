"""``embargowatch model``: train, evaluate and describe the classifier."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
import yaml
from rich.console import Console

from compliance.classifier.corpus import Example, corpus_digest, example_of, load_corpus
from compliance.errors import ConfigError
from compliance.judging import Judges
from compliance.monitor import load_policy, open_model, open_rulebook
from compliance.settings import Settings

model_app = typer.Typer(no_args_is_help=True, help="The classifier.")


@model_app.command()
def train(
    extra: Annotated[
        Path | None, typer.Option(help="Decided stories from `embargowatch export`, to learn from as well.")
    ] = None,
) -> None:
    """Train the classifier on the authored corpus and set the thresholds in config/screening.yml.

    Example: embargowatch model train
    """
    from compliance.classifier.evaluation import evaluate
    from compliance.classifier.model import save_model
    from compliance.classifier.role_training import train_roles
    from compliance.classifier.training import train as fit
    from rules.linear import save_story_weights
    from rules.rulebook import BOOK

    settings = Settings()
    policy = settings.config / "screening.yml"
    base_rate, random_share = _declared(policy, "base_rate", 0.02), _declared(policy, "random_share", 0.1)
    examples = load_corpus() + (_read(extra) if extra else [])
    roles = train_roles(examples, open_rulebook(), corpus_digest())
    roles.save(BOOK / "roles.json")
    save_story_weights(roles.story, BOOK / "story.json")
    trained = fit(examples, roles.held_out, open_rulebook(), base_rate, corpus_digest())
    save_model(settings.model_path, trained.parts, trained.card)
    policy.write_text(
        "# Thresholds on the calibrated score, set by `embargowatch model train`: from `review` on a story waits\n"
        "# for an officer, from `alert` on he is told at once. `base_rate` is the share of breaches in a feed.\n"
        "# `random_share` of each night's queue is drawn at random from the cleared stories; 0 draws none.\n"
        f"review: {trained.review}\nalert: {trained.alert}\nbase_rate: {base_rate}\nrandom_share: {random_share}\n",
        encoding="utf-8",
    )
    console = Console()
    console.print(f"Trained version {trained.card['version']} on {len(trained.examples)} stories. Held-out folds:")
    for line in evaluate(trained.examples, trained.scores, trained.flagged, base_rate).lines():
        console.print(line, highlight=False)


@model_app.command("evaluate")
def evaluate_model(
    file: Annotated[
        Path | None, typer.Argument(help="Labelled stories as JSON Lines; the corpus if not given.")
    ] = None,
) -> None:
    """Measure classifier and rules: on a labelled file as they are, or on the corpus by folds grouped by event.

    Example: embargowatch model evaluate labelled.jsonl
    """
    from compliance.classifier.evaluation import evaluate
    from compliance.classifier.role_training import train_roles
    from compliance.classifier.training import train as fit
    from rules.evaluation import evaluate as evaluate_rules

    settings = Settings()
    path = settings.config / "screening.yml"
    rulebook, policy, base_rate = open_rulebook(), load_policy(path), _declared(path, "base_rate", 0.02)
    examples = load_corpus() if file is None else _read(file)
    if file is None:
        roles = train_roles(examples, rulebook, corpus_digest())
        trained = fit(examples, roles.held_out, rulebook, base_rate, corpus_digest())
        report = evaluate(trained.examples, trained.scores, trained.flagged, base_rate)
        found = roles.held_out
    else:
        judged_of = [e for e in examples if e.label != "grey"]
        judges = Judges(open_model(settings, rulebook), rulebook, policy)
        judged = judges.judge([e.story for e in judged_of], extract_all=True)
        scores, flagged = np.array([s.score or 0.0 for s in judged]), np.array([s.is_flagged for s in judged])
        report = evaluate(judged_of, scores, flagged, base_rate)
        found = {e.story.id: s.extraction for e, s in zip(judged_of, judged, strict=True)}
    console = Console(highlight=False)
    rules = evaluate_rules([e.annotation for e in examples], rulebook, found)
    for line in ("Classifier", *report.lines(), "Rules, on breaches", *rules.lines()):
        console.print(line, markup=False)


@model_app.command()
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


@model_app.command()
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
    examples = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        try:
            examples.append(example_of(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: line {number}: {type(error).__name__}: {error}") from error
    return examples
