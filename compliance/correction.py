"""What an officer may correct of a case's facts, as values in and values out. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rules.vocabulary import Kind, PartyType, Role, Status

Party = Mapping[str, Any]
_LONGEST_NAME, _MOST_PARTIES = 200, 60


class CorrectionError(ValueError):
    """A correction that cannot be made; the text says why."""


def with_party(parties: Sequence[Party], name: str, type_: str, roles: Collection[str]) -> list[Party]:
    """Return the parties with one more at the end."""
    party = _party(name, type_, roles)
    if any(p["canonical"] == party["canonical"] for p in parties):
        raise CorrectionError(f"{party['canonical']} is named already; change that one")
    if len(parties) >= _MOST_PARTIES:
        raise CorrectionError(f"a case names at most {_MOST_PARTIES} parties")
    return [*parties, party]


def with_changed_party(
    parties: Sequence[Party], canonical: str, name: str, type_: str, roles: Collection[str]
) -> list[Party]:
    """Return the parties with that one renamed, or given another type or other roles."""
    new = _party(name, type_, roles)
    if canonical not in {p["canonical"] for p in parties}:
        raise CorrectionError(f"the case names no {canonical}")
    if new["canonical"] != canonical and any(p["canonical"] == new["canonical"] for p in parties):
        raise CorrectionError(f"{new['canonical']} is named already")
    return [p | new | {"name": p["name"]} if p["canonical"] == canonical else p for p in map(dict, parties)]


def without_party(parties: Sequence[Party], canonical: str) -> list[Party]:
    """Return the parties without that one."""
    kept = [p for p in parties if p["canonical"] != canonical]
    if len(kept) == len(parties):
        raise CorrectionError(f"the case names no {canonical}")
    return kept


def _party(name: str, type_: str, roles: Collection[str]) -> dict[str, Any]:
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise CorrectionError(f"a party has a name of 1 to {_LONGEST_NAME} characters")
    if not roles:
        raise CorrectionError("a party has at least one role")
    asked = set(words(Role, roles, "role"))
    ordered = [role.value for role in Role if role.value in asked]
    return {"canonical": name, "name": name, "type": words(PartyType, [type_], "type")[0], "roles": ordered}


def kinds(given: Collection[str]) -> list[str]:
    """Return the kinds, each once, in the order of the vocabulary."""
    asked = set(words(Kind, given, "kind"))
    return [kind.value for kind in Kind if kind.value in asked]


def regimes(given: Collection[str], known: Collection[str]) -> list[str]:
    """Return the regimes, each once, as given."""
    for number in given:
        if number not in known:
            raise CorrectionError(f"no regime has the number {number[:40]!r}")
    return list(dict.fromkeys(given))


def status(given: str) -> str | None:
    """Return the status, or None where it is not known."""
    return words(Status, [given], "status")[0] if given else None


def words(
    vocabulary: type[Kind] | type[Role] | type[Status] | type[PartyType], given: Collection[str], what: str
) -> list[str]:
    """Return the words given. Raises CorrectionError for one that is not in the vocabulary."""
    known = {word.value for word in vocabulary}
    for word in given:
        if word not in known:
            raise CorrectionError(f"unknown {what} {word[:40]!r}")
    return list(given)
