"""A case's report as PDF, set by Typst from a fixed template: what the report says is data to it, never markup."""

import json
import threading
from datetime import datetime
from functools import cache
from pathlib import Path

import typst

from compliance.report.casereport import CaseReport
from compliance.report.glyphs import FAMILIES, folders, plain

_TEMPLATE = Path(__file__).parent / "case.typ"
# Setting a long report takes memory and a core; a few at once are enough.
_AT_ONCE = threading.BoundedSemaphore(2)


@cache
def _fonts() -> typst.Fonts:
    """Load the fonts that come with the package; what the machine has must not change the report."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in folders()]
    )


def case_pdf(report: CaseReport) -> bytes:
    """Return the report as a tagged PDF (PDF/A-2a). The same report gives the same bytes."""
    data = json.dumps(plain(report) | {"families": list(FAMILIES)}, ensure_ascii=False)
    with _AT_ONCE:
        compiler = typst.Compiler(
            str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=_fonts(), ignore_system_fonts=True
        )
        made = compiler.compile(
            format="pdf",
            sys_inputs={"report": data},
            pdf_standards="a-2a",
            timestamp=datetime.fromisoformat(report.made_at),
        )
    assert isinstance(made, bytes)
    return made
