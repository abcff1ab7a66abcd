"""The reasons an officer may give, from a list that the operator edits (``config/reasons.yml``)."""

from pathlib import Path

import yaml

from compliance.case import Disposition
from compliance.errors import ConfigError

Reasons = dict[str, dict[str, str]]


def load_reasons(path: Path) -> Reasons:
    """Return, for each disposition, its reason codes with their words. Raises ConfigError naming file and key."""
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from error
    expected = {d.value for d in Disposition}
    if not isinstance(declared, dict) or set(declared) != expected:
        raise ConfigError(f"{path}: expected exactly the keys {', '.join(sorted(expected))}")
    for disposition, codes in declared.items():
        if not isinstance(codes, dict) or not codes:
            raise ConfigError(f"{path}: {disposition}: expected codes and their words")
        for code, words in codes.items():
            if not isinstance(code, str) or not code.isidentifier() or not isinstance(words, str) or not words:
                raise ConfigError(f"{path}: {disposition}: {code}: expected a code and its words")
    return declared
