"""A coverage certificate as PDF, set by Typst from a fixed template: what it says is data to it, never markup."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path

import typst

from compliance.alert import told
from compliance.certificate import Certificate, headline, limits, rows, why_nothing
from compliance.report.glyphs import FAMILIES, folders, plain

_TEMPLATE = Path(__file__).parent / "certificate.typ"


@cache
def _fonts() -> typst.Fonts:
    """Load the fonts that come with the package; what the machine has must not change the certificate."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in folders()]
    )


def certificate_pdf(certificate: Certificate) -> bytes:
    """Return the certificate as PDF. The same certificate gives the same bytes."""
    facts, noted = certificate.facts, certificate.noted
    given = {
        "title": f"Coverage certificate {certificate.number}",
        "headline": headline(facts, noted),
        "why": why_nothing(facts),
        "limits": limits(facts, noted),
        "rows": [[name, value] for name, value in rows(facts, noted)],
        "quarantined": [f"{r['subject']} at {r['stage']}: {told(r['reason'], 120)}" for r in noted["quarantined"]],
        "digest": certificate.digest,
        "previous": certificate.previous,
        "families": list(FAMILIES),
    }
    compiler = typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=_fonts(), ignore_system_fonts=True)
    made = compiler.compile(
        format="pdf",
        sys_inputs={"certificate": json.dumps(plain(given), ensure_ascii=False)},
        timestamp=datetime.fromisoformat(noted["issued_at"]),
    )
    assert isinstance(made, bytes), "one PDF is one file"
    return made
