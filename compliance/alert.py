"""Case → Alert: the mail that tells others of it. Pure; no name or headline can add a header, markup or a link."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from compliance.case import Case
from compliance.wording import sentence

_SUBJECT = 160
_QUOTE = 400
# The specification asks for bodies under 20 kB; sender, recipient and signature come on top.
_LARGEST = 19_000
_BREAKS = dict.fromkeys(map(ord, "\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
_FOREIGN_LINK = re.compile(r"\b(h)(tt)(ps?)(?=://)", re.IGNORECASE)
_CAUTION = "An allegation is not a finding. Nothing here has been reviewed by a person yet."


@dataclass(frozen=True, slots=True)
class Alert:
    """A mail ready to be posted. ``id`` is fixed by what it tells and to whom, so that every retry carries it."""

    id: str
    recipient: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one attempt to deliver ended. ``retry_after`` is in seconds, as the receiver asked.

    ``provider_id`` is the name under which the receiver says it keeps the alert, or empty.
    """

    accepted: bool
    final: bool
    http_status: int | None
    latency_ms: int
    detail: str
    retry_after: float | None = None
    provider_id: str = ""


def alert_id(subject: str, event: str, channel: str, recipient: str) -> str:
    """Return the id of the alert about one event for one recipient: equal facts, equal id."""
    facts = "\x1f".join((subject, event, channel, recipient))
    return "alert_" + hashlib.sha256(facts.encode()).hexdigest()[:32]


def plain(text: str, limit: int) -> str:
    """Return the text on one line without control, bidi-override or invisible format characters."""
    flat = text.translate(_BREAKS)
    kept = "".join(c for c in flat if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def told(text: str, limit: int) -> str:
    """Return what others wrote as one plain line without a live address: mail programs link what looks like one."""
    return _FOREIGN_LINK.sub(lambda m: f"{m[1]}xx{m[3]}" if m[1] == "h" else f"{m[1]}XX{m[3]}", plain(text, limit))


def case_link(desk_url: str, reference: str) -> str:
    """Return the address of a case at the desk."""
    return f"{desk_url.rstrip('/')}/cases/{reference}"


def subject_of(case: Case) -> str:
    """Return the subject: how grave, whether it is an update, the act and its regime."""
    regimes = ", ".join(f"UN-SC{r}" for r in case.regimes) or "regime open"
    update = ", update" if case.changes else ""
    return told(f"[{case.severity} {case.verdict}{update}] {case.reference} {case.act} ({regimes})", _SUBJECT)


def compose_alert(
    case: Case,
    desk_url: str,
    sender: str,
    recipient: str,
    *,
    channel: str = "email",
    event: str = "case.alert",
    why: str = "",
    link_only: bool = False,
) -> Alert:
    """Return the mail about a case: act, parties and roles, law, status, denials, quotes, and why it was sent.

    With ``link_only`` it carries nothing of the case but the address at which it can be read.
    """
    link = case_link(desk_url, case.reference)
    parts = _bare(case, link) if link_only else _fitting(case, link, why)
    payload = {"from": sender, "to": recipient, **parts}
    return Alert(alert_id(case.reference, event, channel, recipient), recipient, payload)


def _fitting(case: Case, link: str, why: str) -> dict[str, Any]:
    """Return the mail at full length, or, where that is more than webhooks are to carry, with shorter lines."""
    for share in (1.0, 0.6, 0.3):
        parts = _full(case, link, why, share)
        if len(json.dumps(parts, ensure_ascii=False).encode()) <= _LARGEST:
            break
    return parts


def _bare(case: Case, link: str) -> dict[str, Any]:
    subject = "Embargo Watch: a case changed" if case.changes else "Embargo Watch: a case waits for you"
    text = f"{subject}.\n\nRead it at the desk: {link}\n"
    body = f'<h1 style="font-size:20px">{escape(subject)}</h1>{_button(link, "Read it at the desk")}'
    return {"subject": subject, "text": text, "html": page(subject, body), "case": {"link": link}}


def _full(case: Case, link: str, why: str, share: float) -> dict[str, Any]:
    subject = subject_of(case)
    lead = told(sentence(case), int(500 * share))
    changes = [told(c, int(240 * share)) for c in case.changes[:8]]
    rows = _rows(case, share)
    quotes = [(told(q.text, int(_QUOTE * share)), told(q.publisher, 80)) for q in case.quotes[:2]]
    reasons = "; ".join(told(r, int(240 * share)) for r in (*case.reasons[:4], *([why] if why else [])))
    return {
        "subject": subject,
        "text": _text(subject, lead, changes, rows, quotes, reasons, link),
        "html": _html(subject, lead, changes, rows, quotes, reasons, link),
        "case": {
            "reference": case.reference,
            "act": told(case.act, 300),
            "verdict": case.verdict,
            "severity": case.severity,
            "score": round(case.score, 4),
            "kinds": list(case.kinds),
            "regimes": list(case.regimes),
            "status": case.status,
            "origins": case.origins,
            "changes": changes,
            "link": link,
        },
    }


def _rows(case: Case, share: float) -> list[tuple[str, str]]:
    parties = [
        f"{told(p['canonical'], int(100 * share))} "
        f"({', '.join(p['roles'])}{'' if p['type'] == 'state' else ', ' + p['type']})"
        for p in case.parties[:12]
    ]
    denied = "; denied by " + ", ".join(told(d, 80) for d in case.denied_by[:6]) if case.denied_by else ""
    law = "; ".join(told(m, int(200 * share)) for m in case.measures[:6])
    sources = "1 source" if case.origins == 1 else f"{case.origins} independent sources"
    return [
        ("Severity", case.severity),
        ("Act", told(case.act, int(300 * share))),
        ("Parties", "; ".join(parties) or "none found"),
        ("Law", law or "no measure found: check the regime by hand"),
        ("Kind", ", ".join(case.kinds) or "open"),
        ("Status", (case.status or "unknown") + denied),
        ("Sources", sources),
        ("Score", f"{case.score:.2f}"),
    ]


def _text(
    subject: str,
    lead: str,
    changes: Sequence[str],
    rows: Sequence[tuple[str, str]],
    quotes: Sequence[tuple[str, str]],
    reasons: str,
    link: str,
) -> str:
    lines = [subject, "", lead, ""]
    if changes:
        lines += ["What is new:", *(f"- {change}" for change in changes), ""]
    lines += [f"{name}: {value}" for name, value in rows] + [""]
    lines += [f"“{quote}”\n  — {publisher}" for quote, publisher in quotes]
    lines += ["", f"Read and decide: {link}", "", f"Why you got this: {reasons}.", _CAUTION]
    return "\n".join(lines) + "\n"


def _html(
    subject: str,
    lead: str,
    changes: Sequence[str],
    rows: Sequence[tuple[str, str]],
    quotes: Sequence[tuple[str, str]],
    reasons: str,
    link: str,
) -> str:
    new = ""
    if changes:
        items = "".join(f"<li>{escape(change)}</li>" for change in changes)
        box = "margin:16px 0;padding:8px 16px;background:#fff4d6;border-radius:6px"
        new = f'<div style="{box}"><b>What is new</b><ul style="margin:4px 0;padding-left:20px">{items}</ul></div>'
    said = "".join(
        f'<blockquote style="margin:16px 0;padding-left:12px;border-left:3px solid #888">{escape(quote)}'
        f'<br><small style="color:#555">{escape(publisher)}</small></blockquote>'
        for quote, publisher in quotes
    )
    body = (
        f'<h1 style="font-size:20px;line-height:1.3;margin:0 0 12px;overflow-wrap:anywhere">{escape(subject)}</h1>'
        f'<p style="font-size:17px">{escape(lead)}</p>{new}{facts(rows)}{said}{_button(link, "Read and decide")}'
        f'<p style="font-size:13px;color:#555">Why you got this: {escape(reasons)}. {_CAUTION}</p>'
    )
    return page(subject, body)


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """Return rows of name and value as HTML, each name above its value, so that a narrow screen shows them whole."""
    return "".join(
        '<p style="margin:8px 0;padding-top:8px;border-top:1px solid #ddd;overflow-wrap:anywhere">'
        f'<small style="color:#555;text-transform:uppercase;letter-spacing:.04em">{escape(name)}</small><br>'
        f"{escape(value)}</p>"
        for name, value in rows
    )


def _button(link: str, words: str) -> str:
    look = "display:inline-block;padding:12px 20px;background:#14407a;color:#fff;text-decoration:none;border-radius:6px"
    return f'<p style="margin:24px 0"><a href="{escape(link, quote=True)}" style="{look}">{escape(words)}</a></p>'


def page(title: str, body: str) -> str:
    """Return a whole mail in HTML around a body that is escaped already."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title></head>"
        '<body style="font:16px/1.5 sans-serif;color:#1a1a1a;background:#fff;'
        'max-width:640px;margin:0 auto;padding:16px;overflow-wrap:anywhere">'
        f"{body}</body></html>"
    )
