"""What a case's page finds in its stories, as plain values: for programs, and for the case file that is printed."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from compliance.casefile import case_file
from compliance.dossier import Claim, Dossier, dossier
from compliance.elements import HeldMeasure
from compliance.listing.standing import Standing
from compliance.store.tables_desk import MarkRow
from rules.rulebook import Rulebook

FACTS = ("kinds", "regimes", "status", "parties", "denied_by")


def filed(found: Dossier) -> dict[str, Any]:
    """Return what the page of a case finds: JSON-ready, each thing with the id of the story that tells it."""
    ids = [told.story.id for told in found.told]
    return {
        "measures": list(found.measures),
        "held": [_held(measure, ids) for measure in found.held],
        "claims": [_claim(claim, ids) for claim in found.claims],
        "standings": [_standing(name, told) for name, told in found.standings.items()],
        "origins": [[told.story.id for told in group] for group in found.groups],
        "marks": [_mark(mark) for mark in found.marks],
        "machine": {name: found.machine[name] for name in FACTS},
        "corrected": [name for name in FACTS if found.is_corrected(name)],
    }


def whole_file(
    session: Session, reference: str, rulebook: Rulebook, reader: str | None = None
) -> dict[str, Any] | None:
    """Return the case file with all that the case's page finds in the stories, by that rulebook. None if unknown.

    With ``reader`` the history leaves out what that person must not know before deciding.
    """
    found = case_file(session, reference, reader)
    told = dossier(session, reference, rulebook) if found is not None else None
    return None if found is None or told is None else found | filed(told) | {"rules_now": rulebook.version}


def _held(measure: HeldMeasure, ids: list[int | None]) -> dict[str, Any]:
    return asdict(measure) | {"missing": list(measure.missing), "story_id": ids[measure.number]}


def _claim(claim: Claim, ids: list[int | None]) -> dict[str, Any]:
    return {
        "what": claim.what,
        "by": claim.by,
        "on": claim.on.isoformat() if claim.on else None,
        "where": claim.where,
        "act_days": claim.days,
        "story_id": ids[claim.number],
    }


def _standing(name: str, told: Standing) -> Mapping[str, Any]:
    return {
        "party": name,
        "kind": told.kind.value,
        "label": told.label,
        "reason": told.reason,
        "is_confirmed": told.is_confirmed,
    }


def _mark(mark: MarkRow) -> dict[str, Any]:
    return mark.model_dump() | {"at": mark.at.isoformat()}
