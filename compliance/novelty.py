"""What is new in a case: the facts before and after → the changes that matter enough to tell again. Pure.

A case is told of when it opens, and again only when a party, an independent source, a measure or a denial is new, when
the act is stated more firmly, or when the machine's verdict rose. The fortieth copy of a story changes nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from compliance.screening import Verdict
from rules.vocabulary import Status

_FIRMNESS = {None: 0, Status.ALLEGED.value: 1, Status.DOCUMENTED.value: 2, Status.ADMITTED.value: 3}
_STRENGTH = {Verdict.REVIEW.value: 1, Verdict.ALERT.value: 2}


class ChangeKind(StrEnum):
    """What sort of thing changed."""

    OPENED = "opened"
    VERDICT = "verdict"
    PARTY = "party"
    ORIGIN = "origin"
    MEASURE = "measure"
    STATUS = "status"
    DENIAL = "denial"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its kind, what is new, and the words in which it is told."""

    kind: ChangeKind
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a case is known by. ``parties`` maps each canonical name to its roles; ``origins`` are stories' ids."""

    verdict: str
    parties: Mapping[str, tuple[str, ...]]
    origins: frozenset[int]
    measures: Mapping[str, str]
    status: str | None
    denied_by: frozenset[str]


def facts_of(told: Iterable[tuple[int, str, Mapping[str, Any]]]) -> Facts | None:
    """Return the facts of a case from its stories' (origin, verdict, judgement), or None where there are none."""
    verdict, status = "", None
    parties: dict[str, tuple[str, ...]] = {}
    measures: dict[str, str] = {}
    origins: set[int] = set()
    denied: set[str] = set()
    for origin, said, found in told:
        verdict = said if _STRENGTH.get(said, 0) > _STRENGTH.get(verdict, 0) else verdict or said
        status = found["status"] if _FIRMNESS.get(found["status"], 0) > _FIRMNESS.get(status, 0) else status
        for party in found["parties"]:
            known = parties.get(party["canonical"], ())
            parties[party["canonical"]] = tuple(dict.fromkeys((*known, *party["roles"])))
        for measure in found["measures"]:
            if measure["in_force"]:
                words = f"UN-SC{measure['regime']}: {measure['basis']}"
                measures[f"{measure['regime']} {measure['basis']}"] = words
        origins.add(origin)
        denied.update(found["denied_by"])
    return Facts(verdict, parties, frozenset(origins), measures, status, frozenset(denied)) if origins else None


def changes(before: Facts | None, after: Facts) -> tuple[Change, ...]:
    """Return what matters among the differences, most telling first; empty where nothing does."""
    if before is None:
        return (Change(ChangeKind.OPENED, "opened", "a new case"),)
    found = []
    if _STRENGTH.get(after.verdict, 0) > _STRENGTH.get(before.verdict, 0):
        words = f"verdict raised from {before.verdict} to {after.verdict}"
        found.append(Change(ChangeKind.VERDICT, after.verdict, words))
    if _FIRMNESS.get(after.status, 0) > _FIRMNESS.get(before.status, 0):
        words = f"status raised from {before.status or 'unknown'} to {after.status}"
        found.append(Change(ChangeKind.STATUS, str(after.status), words))
    for name in sorted(set(after.parties) - set(before.parties)):
        roles = ", ".join(after.parties[name])
        found.append(Change(ChangeKind.PARTY, name, f"new party: {name}" + (f" ({roles})" if roles else "")))
    for key in sorted(set(after.measures) - set(before.measures)):
        found.append(Change(ChangeKind.MEASURE, key, f"new measure: {after.measures[key]}"))
    for name in sorted(after.denied_by - before.denied_by):
        found.append(Change(ChangeKind.DENIAL, name, f"now denied by {name}"))
    if new := after.origins - before.origins:
        words = f"{len(after.origins)} independent sources now, {len(before.origins)} before"
        found.append(Change(ChangeKind.ORIGIN, ",".join(map(str, sorted(new))), words))
    return tuple(found)


def event_of(found: Iterable[Change]) -> str:
    """Return the name of the event that these changes make: equal changes, equal name."""
    told = sorted((c.kind.value, c.key) for c in found)
    if any(kind == ChangeKind.OPENED.value for kind, _ in told):
        return "case.alert"
    return "case.changed:" + hashlib.sha256(repr(told).encode()).hexdigest()[:16]
