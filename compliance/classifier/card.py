"""The model card: what the model is for, what it is not for, and how good it is, with intervals."""

import platform
from typing import Any

import numpy as np
import scipy

from compliance.classifier.bootstrap import DRAWS, Estimate
from compliance.classifier.schemes import Scheme

_DIGITS = 4
INTENDED_USE = (
    "Ranking English-language news for human review of possible breaches of UN Security Council sanctions. "
    "Not a finding against anyone."
)
LIMITS = (
    "English only; text in other languages was never measured.",
    "It learnt from stories written for this project and not from a sample of real news; real feeds are harder.",
    "Full articles on world affairs are flagged more often than short items.",
    "A score is the chance that a story reports a possible breach at the base rate; it says nothing about truth.",
    "Not for decisions about a person, firm or state without an officer's own reading of the story.",
)


def completed(card: dict[str, Any], scheme: Scheme, rules_version: str) -> dict[str, Any]:
    """Return the card with intended use, limits, versions, and the main figures of classifier and boolean alert."""
    measured = scheme.measured
    by_method = {
        judged.method: {
            row.name: _plain(figure)
            for row in measured.main
            if (figure := row.by_method[number]) is not None and not np.isnan(figure.value)
        }
        for number, judged in enumerate(measured.judged)
    }
    return {
        **card,
        "intended_use": INTENDED_USE,
        "limits": list(LIMITS),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "rules": rules_version,
        },
        "figures": {
            "measured": scheme.says,
            "interval": f"95 %, {DRAWS:,} draws of events with replacement",
            "stories": len(measured.examples),
            "events": len({e.event for e in measured.examples}),
            **by_method,
        },
    }


def _plain(figure: Estimate) -> dict[str, float]:
    return {
        "value": round(figure.value, _DIGITS),
        "low": round(figure.low, _DIGITS),
        "high": round(figure.high, _DIGITS),
    }
