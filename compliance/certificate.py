"""The coverage certificate of a day: what it claims, in words. Pure.

Silence means "nothing was found" only as far as this certificate reaches; what it could not cover, it names.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from compliance.alert import told

GENESIS = "0" * 64
_SHOWN = 40


class Standing(StrEnum):
    """How much of the day the certificate covers."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A numbered certificate. ``content`` holds ``facts``, which can be counted again, and what was ``noted``."""

    number: int
    day: date
    content: Mapping[str, Any]
    previous: str
    digest: str

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the tables hold of the day."""
        found: Mapping[str, Any] = self.content["facts"]
        return found

    @property
    def noted(self) -> Mapping[str, Any]:
        """What was so when it was issued, and may be otherwise now."""
        found: Mapping[str, Any] = self.content["noted"]
        return found


def digest_of(number: int, day: date, content: Mapping[str, Any], previous: str) -> str:
    """Return the SHA-256 over number, day, content and the certificate before it, in canonical JSON."""
    whole = {"number": number, "day": day.isoformat(), "content": content, "previous": previous}
    canonical = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def limits(facts: Mapping[str, Any], noted: Mapping[str, Any]) -> list[str]:
    """Return in words everything that the day does not cover; an empty list means that it covers what it should."""
    feeds, stories = facts["feeds"], facts["stories"]
    found = []
    if not facts["runs"]:
        found.append("No run took place on this day. Nothing was looked at, so nothing is covered.")
    elif not feeds["read"] + feeds["unchanged"]:
        found.append("No feed was read on this day, so nothing is covered.")
    for row in feeds["failed"]:
        since = f" since {_moment(row['since'])}" if row["since"] else ""
        found.append(f"Feed {told(row['feed'], 80)} failed{since}: {row['state']}: {told(row['reason'], 160)}")
    if feeds["not_asked"]:
        found.append(f"Feeds not asked at all: {', '.join(told(f, 80) for f in feeds['not_asked'][:_SHOWN])}")
    for row in feeds["silent"]:
        usual = f"usually something every {row['usual_hours']} hours"
        found.append(f"Feed {told(row['feed'], 80)} is silent since {_moment(row['last_new'])}; {usual}")
    for row in feeds["gaps"]:
        words = f"the {row['entries']} entries read at {_moment(row['at'])} share none with the reading before"
        found.append(f"Possible gap in feed {told(row['feed'], 80)}: {words}")
    if stories["quarantined"]:
        found.append(f"{stories['quarantined']} stories or entries broke a step and are in quarantine")
    if stories["not_covered"]:
        found.append(f"{stories['not_covered']} stories in languages that are not read were not judged")
    for row in noted["lists"]:
        if row["is_stale"]:
            found.append(f"List {told(row['source'], 80)} is stale: last seen {row['age_hours']} hours before the end")
    found += [f"Does not add up: {told(fault, 200)}" for fault in facts["faults"]]
    return found


def standing(facts: Mapping[str, Any], noted: Mapping[str, Any]) -> Standing:
    """Return how much of the day is covered: nothing where no feed was read by a run that ended."""
    feeds = facts["feeds"]
    if not facts["runs"] or not feeds["read"] + feeds["unchanged"]:
        return Standing.NOTHING
    return Standing.PARTIAL if limits(facts, noted) else Standing.COMPLETE


def why_nothing(facts: Mapping[str, Any]) -> str:
    """Return why a day opened no case: nobody looked, nothing came or nothing was flagged. Empty if it did."""
    if facts["cases"]["opened"]:
        return ""
    feeds, stories = facts["feeds"], facts["stories"]
    if not facts["runs"]:
        return "No case was opened because no run took place."
    if not feeds["read"] + feeds["unchanged"]:
        return "No case was opened because no feed could be read."
    if not stories["new"]:
        looked = f"{feeds['read']} feeds were read and {feeds['unchanged']} were unchanged"
        return f"No case was opened because nothing new came: {looked}."
    if not stories["screened"]:
        return f"No case was opened because none of the {stories['new']} new stories was screened."
    if not stories["flagged"]:
        return f"No case was opened because none of the {stories['screened']} stories screened was flagged."
    return f"No case was opened because the {stories['flagged']} flagged stories tell of cases that were open already."


def rows(facts: Mapping[str, Any], noted: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the certificate's figures as name and value, in the order in which they are read."""
    feeds, stories, cases, alerts = facts["feeds"], facts["stories"], facts["cases"], facts["alerts"]
    runs = ", ".join(f"{_moment(r['began'])[11:]} {r['state']}" for r in facts["runs"][:_SHOWN]) or "none"
    not_read = len(feeds["failed"]) + len(feeds["not_asked"])
    figures = [
        ("Runs", runs),
        ("Feeds due", str(feeds["due"])),
        ("Feeds read / unchanged / failed", f"{feeds['read']} / {feeds['unchanged']} / {not_read}"),
        ("Feeds that failed for a time", str(feeds["recovered"])),
        ("Feeds silent / with a gap", f"{len(feeds['silent'])} / {len({g['feed'] for g in feeds['gaps']})}"),
        ("Stories new / duplicate", f"{stories['new']} / {stories['duplicate']}"),
        ("Stories screened / quarantined", f"{stories['screened']} / {stories['quarantined']}"),
        ("Stories not covered", str(stories["not_covered"])),
        ("Stories flagged", str(stories["flagged"])),
        ("Cases opened / changed / decided", f"{cases['opened']} / {cases['changed']} / {cases['decided']}"),
        ("Cases overdue when issued", str(noted["overdue"])),
        ("Alerts queued / accepted", f"{alerts['queued']} / {alerts['accepted']}"),
    ]
    for word, used in facts["versions"].items():
        said = "; ".join(f"{told(v['version'], 60)} since {_moment(v['in_use_since'])}" for v in used)
        figures.append((f"Version of the {word}", said or "none has judged yet"))
    for row in noted["lists"]:
        figures.append((f"List {told(row['source'], 60)}", f"last seen {row['age_hours']} hours before the end"))
    head = facts["ledger"]
    figures.append(("Every count adds up", "yes" if facts["reconciles"] else "no"))
    figures.append(("Ledger head", f"row {head['row']}, {head['digest']}" if head["row"] else "empty"))
    return figures


def headline(facts: Mapping[str, Any], noted: Mapping[str, Any]) -> str:
    """Return the certificate's claim in one sentence."""
    day, stand = facts["day"], standing(facts, noted)
    if stand is Standing.NOTHING:
        return f"{day}: nothing is covered. Silence of this day means nothing."
    opened = f"{facts['cases']['opened']} cases were opened"
    if stand is Standing.PARTIAL:
        return f"{day}: {opened}; the day is covered in part, and what is missing stands below."
    return f"{day}: {opened}; everything due was read and judged, and every count adds up."


def lines(certificate: Certificate) -> list[str]:
    """Return the certificate as lines of text."""
    facts, noted = certificate.facts, certificate.noted
    found = [f"Coverage certificate {certificate.number}", headline(facts, noted)]
    found += [why] if (why := why_nothing(facts)) else []
    missing = limits(facts, noted)
    found += ["", "Not covered:" if missing else "Nothing is left uncovered."]
    found += [f"- {line}" for line in missing[:_SHOWN]]
    if len(missing) > _SHOWN:
        found.append(f"- and {len(missing) - _SHOWN} more, which stand in the certificate at the desk")
    found += [""] + [f"{name}: {value}" for name, value in rows(facts, noted)]
    for row in noted["quarantined"][:_SHOWN]:
        found.append(f"In quarantine: {row['subject']} at {row['stage']}: {told(row['reason'], 120)}")
    return [*found, f"Digest: {certificate.digest}", f"Follows: {certificate.previous}"]


def as_plain(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as values that JSON knows."""
    return {
        "number": certificate.number,
        "day": certificate.day.isoformat(),
        "covers": standing(certificate.facts, certificate.noted).value,
        "content": certificate.content,
        "previous": certificate.previous,
        "digest": certificate.digest,
    }


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
