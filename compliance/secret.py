"""Secrets: read from the environment, or the file it names, when they are used; masked wherever text leaves."""

import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr

from compliance.errors import ConfigError

MASK = "[secret]"
_SHORTEST_MASKED = 6


def read_secret(name: str) -> SecretStr:
    """Return the secret that the variable ``name``, or the file that ``name_FILE`` names, holds.

    Raises ConfigError, which names the variable and never its value, where neither or both are set.
    """
    value, file = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and file:
        raise ConfigError(f"set {name} or {name}_FILE, not both")
    if file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{name}_FILE: the file cannot be read") from None
    if not value:
        raise ConfigError(f"{name}: this secret is not set")
    return SecretStr(value)


def masked(text: str, secrets: Iterable[SecretStr]) -> str:
    """Return the text with every secret in it replaced: a service may repeat a key in what it answers."""
    for secret in secrets:
        for part in (secret.get_secret_value(), *secret.get_secret_value().split()):
            if len(part) >= _SHORTEST_MASKED:
                text = text.replace(part, MASK)
    return text
