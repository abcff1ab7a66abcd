"""All checks of the corpus in one: what is wrong, what is doubtful, and what it holds."""

from dataclasses import dataclass
from pathlib import Path

from compliance.classifier.checking.cells import Composition, cell_faults, compose, count_faults, length_faults
from compliance.classifier.checking.content import denial_faults, law_findings, quote_faults, twin_faults
from compliance.classifier.checking.grid import Grid, load_grid
from compliance.classifier.checking.overlap import overlaps
from compliance.classifier.checking.record import read_records
from compliance.errors import ConfigError
from rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """``faults`` must be mended; ``warnings`` need a reader's eye. Both name file, line and story where it is one's."""

    composition: Composition
    grid: Grid
    faults: tuple[str, ...]
    warnings: tuple[str, ...]


def check_corpus(folder: Path, rulebook: Rulebook) -> CorpusReport:
    """Return the report on the corpus in the folder.

    Raises ConfigError where the folder has no stories or its grid cannot be read.
    """
    grid = load_grid(folder)
    records, faults = read_records(folder, grid)
    if not records and not faults:
        raise ConfigError(f"{folder}: holds no stories")
    warnings: list[str] = []
    for record in records:
        wrong, doubtful = law_findings(record, rulebook)
        faults += [*quote_faults(record), *denial_faults(record, rulebook), *wrong]
        warnings += doubtful
    faults += twin_faults(records)
    texts, events = [r.story.whole for r in records], [r.story.event for r in records]
    for found in overlaps(texts, events, grid.limits.overlap):
        other = records[found.other]
        faults.append(
            records[found.story].says(
                f"{found.share:.0%} of its five-word runs stand in {other.story.id} ({other.file}), of another event"
            )
        )
    composition = compose(records, grid)
    faults += [*cell_faults(composition, grid), *count_faults(composition, grid), *length_faults(composition, grid)]
    return CorpusReport(composition, grid, tuple(faults), tuple(warnings))
