"""A case file → its report: what the stories say in whose words, chronology, sources, decisions, versions. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance.elements import plain_days
from compliance.report import findings
from compliance.report.findings import ClaimEntry, MarkEntry, MeasureEntry

_DID = {
    "case.opened": "opened the case",
    "case.story_joined": "added a story",
    "case.proposed": "decided first",
    "case.decided": "decided",
    "case.contested": "disagreed with the first decision",
    "case.proposal_voided": "voided the first decision",
    "case.reopened": "reopened the case",
    "case.escalated": "escalated the case",
    "case.noted": "noted",
    "case.corrected": "corrected",
    "case.undone": "took back a change",
}
# Told in words of their own or in the section on decisions, so not repeated among the details.
_TOLD = frozenset({"disposition", "reason", "note", "state", "proposal", "first", "blind", "change"})


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the chronology; ``at`` is ISO 8601 in UTC."""

    at: str
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """An alleged violator with the sentences that say so, each with the number of its source, and how it stands."""

    name: str
    type: str
    roles: tuple[str, ...]
    quotes: tuple[tuple[str, int], ...]
    standing: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A story as a source: where it stood, when it was captured, and the SHA-256 of the bytes received.

    Sources of one ``origin`` are copies of one another.
    """

    number: int
    title: str
    publisher: str
    url: str
    published: str
    captured: str
    digest: str
    quality: str
    origin: int


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, with what was shown to the officer (``versions``) and the digest of its row in the record."""

    at: str
    actor: str
    word: str
    reason: str
    note: str
    versions: tuple[tuple[str, str], ...]
    digest: str


@dataclass(frozen=True, slots=True)
class CaseReport:
    """Everything a reader needs to follow a case without the desk."""

    reference: str
    act: str
    facts: tuple[tuple[str, str], ...]
    law: tuple[str, ...]
    measures: tuple[MeasureEntry, ...]
    claims: tuple[ClaimEntry, ...]
    marks: tuple[MarkEntry, ...]
    parties: tuple[PartyEntry, ...]
    others: tuple[str, ...]
    reasons: tuple[str, ...]
    chronology: tuple[Moment, ...]
    sources: tuple[Source, ...]
    decisions: tuple[Decision, ...]
    versions: tuple[tuple[str, str], ...]
    made_at: str
    made_by: str


def case_report(
    found: Mapping[str, Any], made_by: str, made_at: str, reasons: Mapping[str, Mapping[str, str]]
) -> CaseReport:
    """Return the report of a case file (``filing.whole_file``). ``reasons`` gives the words of reason codes."""
    stories = found["stories"]
    numbers = {told["id"]: number for number, told in enumerate(stories, 1)}
    decisions = tuple(_decisions(found["history"], reasons))
    return CaseReport(
        reference=found["case"],
        act=found["act"],
        facts=tuple(_facts(found)),
        law=tuple(dict.fromkeys(_law(found["measures"]))),
        measures=tuple(findings.measures(found, numbers)),
        claims=tuple(findings.claims(found, numbers)),
        marks=tuple(findings.marks(found, numbers)),
        parties=tuple(_parties(found, stories)),
        others=tuple(dict.fromkeys(o for told in stories for o in _others(told["judgement"]))),
        reasons=tuple(dict.fromkeys(str(r) for told in stories for r in told["reasons"])),
        chronology=tuple(sorted(_moments(found), key=lambda moment: moment.at)),
        sources=tuple(_source(numbers[told["id"]], told, found["origins"]) for told in stories),
        decisions=decisions,
        versions=tuple(
            sorted(
                {pair for d in decisions for pair in d.versions}
                | set(_versions(stories))
                | {("rules that read the elements", found["rules_now"])}
            )
        ),
        made_at=made_at,
        made_by=made_by,
    )


def _facts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "State", _words(found["disposition"] or found["state"])
    yield "Regimes", ", ".join(f"UN-SC{r}" for r in found["regimes"]) or "open"
    yield "Kinds", ", ".join(found["kinds"]) or "open"
    yield "Days of the act", findings.act_days(found) or "not told; the law of each story's day counts"
    yield "Status of the claim", found["status"] or "unknown"
    if found["denied_by"]:
        yield "Denied by", ", ".join(found["denied_by"])
    yield "Score", f"{found['score']:.2f} (calibrated probability that the story reports a breach)"
    yield "Opened", moment(found["opened_at"])
    yield "Last change", f"{moment(found['changed_at'])}, revision {found['revision']}"
    yield (
        "Told by",
        f"{_count(len(found['stories']), 'article')}, {_count(len(found['origins']), 'independent origin')}",
    )
    for fact in found["corrected"]:
        yield f"The machine found ({_words(fact)})", _found(fact, found["machine"][fact])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _found(fact: str, value: Any) -> str:
    """Return in words what the machine found before an officer corrected it."""
    if fact == "parties":
        value = [f"{party['canonical']} ({', '.join(party['roles'])})" for party in value]
    return _plain(value) if value else "none"


def _law(measures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for measure in measures:
        force = "in force on the day" if measure["in_force"] else "not in force on the day"
        days = f" of the act ({plain_days(measure['days'])})" if measure.get("days") else ""
        unsure = "; paragraph or day not yet checked against the resolution" if measure.get("unverified") else ""
        yield f"UN-SC{measure['regime']}, {measure['kind']}: {measure['basis']}, {force}{days}{unsure}"


def _others(judgement: Mapping[str, Any]) -> Iterator[str]:
    for other in judgement.get("non_parties", ()):
        yield f"{other['canonical']} ({other['stance']})"


def _parties(found: Mapping[str, Any], stories: Sequence[Mapping[str, Any]]) -> Iterator[PartyEntry]:
    standings = {told["party"]: told for told in found["standings"]}
    for party in found["parties"]:
        quotes = dict.fromkeys(_quotes(party["canonical"], stories))
        stands = standings.get(party["canonical"], {"label": "", "reason": ""})
        yield PartyEntry(
            party["canonical"], party["type"], tuple(party["roles"]), tuple(quotes)[:8],
            stands["label"], stands["reason"],
        )  # fmt: skip


def _quotes(canonical: str, stories: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    for number, told in enumerate(stories, 1):
        for party in told["judgement"].get("parties", ()):
            if party["canonical"] == canonical:
                for span in party["evidence"]:
                    yield " ".join(told[span["field"]][span["start"] : span["end"]].split()), number


def _moments(found: Mapping[str, Any]) -> Iterator[Moment]:
    for number, told in enumerate(found["stories"], 1):
        if told["published"]:
            yield Moment(told["published"], told["publisher"] or "unknown publisher", f"published source {number}")
        if told["capture"]:
            yield Moment(told["capture"]["fetched_at"], "the machine", f"captured source {number}")
    for event in found["history"]:
        yield Moment(event["at"], event["actor"], _did(event))


def _did(event: Mapping[str, Any]) -> str:
    after = event["after"]
    said = _DID.get(event["action"]) or _words(event["action"].removeprefix("case."))
    if word := _word_of(event):
        said += f": {_words(word)}"
    elif after.get("note"):
        said += f": {_plain(after['note'])}"
    details = "; ".join(f"{_words(key)} {_plain(value)}" for key, value in after.items() if key not in _TOLD and value)
    return f"{said} ({details})" if details else said


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(k)} {_plain(v)}" for k, v in value.items())[:300]
    if isinstance(value, list | tuple):
        return ", ".join(_plain(v) for v in value)[:300]
    return str(value)[:300]


def _word_of(event: Mapping[str, Any]) -> str:
    """Return the word of a decision; the first of two stands in the proposal that waits for the second."""
    after = event["after"]
    return str(after.get("disposition") or (after.get("proposal") or {}).get("disposition") or "")


def _decisions(history: Sequence[Mapping[str, Any]], reasons: Mapping[str, Mapping[str, str]]) -> Iterator[Decision]:
    for event in history:
        if word := _word_of(event):
            code = str(event["after"].get("reason", ""))
            yield Decision(
                event["at"],
                event["actor"],
                _words(word) + _standing(event),
                reasons.get(word, {}).get(code, _words(code)),
                str(event["after"].get("note", "")),
                tuple(sorted((str(k), str(v)) for k, v in event["versions"].items())),
                event["digest"],
            )


def _standing(event: Mapping[str, Any]) -> str:
    """Return what a decision is among two: the first, the second that agrees, or the one that does not."""
    after = event["after"]
    unaware = ", unaware of the first" if after.get("blind") else ""
    if event["action"] == "case.proposed":
        return " (first of two)"
    if event["action"] == "case.contested":
        return f" (second, against the first{unaware})"
    return f" (second, as the first{unaware})" if after.get("first") else ""


def _versions(stories: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for told in stories:
        for name, version in told["judgement"].get("versions", {}).items():
            yield str(name), str(version)


def _source(number: int, told: Mapping[str, Any], origins: Sequence[Sequence[Any]]) -> Source:
    capture = told["capture"] or {}
    return Source(
        number,
        told["title"],
        told["publisher"] or "unknown publisher",
        told["url"] or "",
        told["published"] or "",
        capture.get("fetched_at", ""),
        capture.get("digest", ""),
        told["quality"],
        next((n for n, group in enumerate(origins, 1) if told["id"] in group), 0),
    )


def _words(code: Any) -> str:
    return str(code).replace("_", " ").replace(".", " ")


def moment(at: str) -> str:
    """Return an ISO moment to the minute, in UTC, as the pages show it."""
    return f"{at[:16].replace('T', ' ')} UTC" if at else "unknown"
