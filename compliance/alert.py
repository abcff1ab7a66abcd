"""Case → Alert: the mail that tells others of it. Pure; no name or headline can add a header, markup or a link."""

import hashlib
import unicodedata
from dataclasses import dataclass
from html import escape
from typing import Any

from compliance.case import Case

_SUBJECT = 160
_QUOTE = 400
_BREAKS = dict.fromkeys(map(ord, "\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")


@dataclass(frozen=True, slots=True)
class Alert:
    """A mail ready to be posted. ``id`` is fixed by what it tells and to whom, so that every retry carries it."""

    id: str
    recipient: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one attempt to deliver ended. ``retry_after`` is in seconds, as the receiver asked."""

    accepted: bool
    final: bool
    http_status: int | None
    latency_ms: int
    detail: str
    retry_after: float | None = None


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


def compose_alert(case: Case, desk_url: str, sender: str, recipient: str) -> Alert:
    """Return the mail about a case: act, parties and roles, law, status, denials, quotes, and why it was sent."""
    link = f"{desk_url.rstrip('/')}/cases/{case.reference}"
    regimes = ", ".join(f"UN-SC{r}" for r in case.regimes) or "regime open"
    subject = plain(f"[{case.verdict}] {case.reference} {case.act} ({regimes})", _SUBJECT)
    rows = _rows(case)
    quotes = [(plain(q.text, _QUOTE), plain(q.publisher, 80)) for q in case.quotes]
    reasons = "; ".join(plain(r, 200) for r in case.reasons)
    payload = {
        "from": sender,
        "to": recipient,
        "subject": subject,
        "text": _text(subject, rows, quotes, reasons, link),
        "html": _html(subject, rows, quotes, reasons, link),
        "case": {
            "reference": case.reference,
            "act": plain(case.act, 300),
            "verdict": case.verdict,
            "score": round(case.score, 4),
            "kinds": list(case.kinds),
            "regimes": list(case.regimes),
            "status": case.status,
            "link": link,
        },
    }
    return Alert(alert_id(case.reference, "case.alert", "email", recipient), recipient, payload)


def _rows(case: Case) -> list[tuple[str, str]]:
    parties = [
        f"{plain(p['canonical'], 100)} ({', '.join(p['roles'])}{'' if p['type'] == 'state' else ', ' + p['type']})"
        for p in case.parties[:12]
    ]
    return [
        ("Act", plain(case.act, 300)),
        ("Parties", "; ".join(parties) or "none found"),
        ("Law", "; ".join(plain(m, 200) for m in case.measures[:6]) or "no measure found: check the regime by hand"),
        ("Kind", ", ".join(case.kinds) or "open"),
        ("Status", (case.status or "unknown") + (f"; denied by {', '.join(case.denied_by)}" if case.denied_by else "")),
        ("Score", f"{case.score:.2f}"),
    ]


def _text(subject: str, rows: list[tuple[str, str]], quotes: list[tuple[str, str]], reasons: str, link: str) -> str:
    lines = [subject, "", *(f"{name}: {value}" for name, value in rows), ""]
    lines += [f"“{quote}”\n  — {publisher}" for quote, publisher in quotes]
    lines += ["", f"Read and decide: {link}", "", f"Why you got this: {reasons}."]
    lines += ["An allegation is not a finding. Nothing here has been reviewed by a person yet."]
    return "\n".join(lines) + "\n"


def _html(subject: str, rows: list[tuple[str, str]], quotes: list[tuple[str, str]], reasons: str, link: str) -> str:
    cell = "padding:4px 12px 4px 0;vertical-align:top"
    facts = "".join(
        f'<tr><th style="{cell};text-align:left">{escape(name)}</th><td style="{cell}">{escape(value)}</td></tr>'
        for name, value in rows
    )
    told = "".join(
        f'<blockquote style="margin:12px 0;padding-left:12px;border-left:3px solid #888">{escape(quote)}'
        f"<br><small>{escape(publisher)}</small></blockquote>"
        for quote, publisher in quotes
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(subject)}</title></head>"
        '<body style="font:16px/1.5 sans-serif;max-width:640px;margin:0 auto;padding:16px">'
        f'<h1 style="font-size:18px">{escape(subject)}</h1>'
        f'<table style="border-collapse:collapse">{facts}</table>{told}'
        f'<p><a href="{escape(link, quote=True)}">Read and decide</a></p>'
        f"<p><small>Why you got this: {escape(reasons)}. An allegation is not a finding. "
        "Nothing here has been reviewed by a person yet.</small></p></body></html>"
    )
