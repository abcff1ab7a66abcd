"""One story under two rule books → what the second finds otherwise. Pure."""

from compliance.story import Story
from rules.extraction import extract
from rules.findings import Extraction
from rules.rulebook import Rulebook


def changes(story: Story, before: Rulebook, after: Rulebook) -> dict[str, tuple[list[str], list[str]]]:
    """Return what differs, by name, as it was and as it would be; nothing where both books answer alike."""
    on = story.published.date() if story.published else None
    was, now = (told_of(extract(story.title, story.text, on, book)) for book in (before, after))
    return {what: (was[what], now[what]) for what in was if was[what] != now[what]}


def told_of(found: Extraction) -> dict[str, list[str]]:
    """Return an extraction's answers by name, each as a list of short texts."""
    return {
        "parties": sorted(f"{p.canonical} ({', '.join(sorted(r.value for r in p.roles))})" for p in found.parties),
        "regimes": list(found.regimes),
        "measures": sorted(f"{m.code}{'' if m.in_force else ' (not in force)'}" for m in found.measures),
        "kinds": [kind.value for kind in found.kinds],
        "status": [found.status.value] if found.status else [],
        "denied by": sorted(found.denied_by),
        "national law only": [law.who for law in found.national_only],
        "rules": sorted({hit.rule for hit in found.hits}),
    }
