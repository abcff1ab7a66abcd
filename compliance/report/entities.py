"""Cases as FollowTheMoney entities, each checked against the model of the followthemoney library.

A case becomes an Event, its stories Articles, its parties what they are, and each part in the act an UnknownLink whose
role says that it is alleged. The library is an optional part of the installation: ``embargowatch[ftm]``.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from compliance.errors import ConfigError

_SCHEMATA = {
    "state": "PublicBody",
    "group": "Organization",
    "organisation": "Organization",
    "company": "Company",
    "person": "Person",
    "vessel": "Vessel",
    "aircraft": "Airplane",
    "body": "PublicBody",
    "media": "Organization",
}
# Roles on which an act begins, and on which it ends.
_FROM = ("supplier", "financier", "carrier", "broker", "operator")
_TO = ("recipient",)


def entities(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entities of a case file, each once. Raises ConfigError where the library is not installed."""
    try:
        from followthemoney import model
    except ImportError as error:
        raise ConfigError("FollowTheMoney is not installed: pip install 'embargowatch[ftm]'") from error
    for schema, key, properties in _drafts(found):
        proxy = model.make_entity(schema)
        proxy.id = key
        for name, values in properties.items():
            proxy.add(name, values)
        # Any: the library is an extra, and types are checked without it too.
        data: Any = proxy.to_dict()
        proxy.schema.validate(data)
        yield data


def _drafts(found: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    case = str(found["case"])
    parties = {str(p["canonical"]): p for p in found["parties"]}
    keys = {name: _key("party", p["type"], name) for name, p in parties.items()}
    for name, party in parties.items():
        yield _SCHEMATA.get(party["type"], "LegalEntity"), keys[name], {"name": [name, party["name"]]}
    sources = {told["id"]: _key("story", told["id"], told["url"]) for told in found["stories"]}
    for told in found["stories"]:
        yield "Article", sources[told["id"]], _article(told)
    involved = [keys[n] for n, p in parties.items() if p["type"] not in ("vessel", "aircraft")]
    yield "Event", _key("case", case), _event(found, involved)
    yield from _links(found, keys, case)
    for name, key in keys.items():
        for told in found["stories"]:
            if any(p["canonical"] == name for p in told["judgement"].get("parties", ())):
                source = sources[told["id"]]
                role = "alleged " + ", ".join(parties[name]["roles"])
                yield "Documentation", _key("doc", key, source), {"entity": key, "document": source, "role": role}


def _article(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": told["title"],
        "sourceUrl": told["url"],
        "publisher": told["publisher"],
        "publishedAt": told["published"],
        "retrievedAt": told["capture"]["fetched_at"] if told["capture"] else None,
    }


def _event(found: Mapping[str, Any], involved: list[str]) -> dict[str, Any]:
    decided = found["disposition"] or found["state"]
    return {
        "name": found["act"],
        "recordId": found["case"],
        "date": found["opened_at"][:10],
        "involved": involved,
        "programId": [f"UN-SC{regime}" for regime in found["regimes"]],
        "keywords": [*found["kinds"], found["status"] or "status unknown", decided],
        "summary": "An allegation told by news reports, not a finding. "
        + (f"Denied by {', '.join(found['denied_by'])}." if found["denied_by"] else ""),
    }


def _links(found: Mapping[str, Any], keys: Mapping[str, str], case: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for giver in found["parties"]:
        for taker in found["parties"]:
            roles = [r for r in giver["roles"] if r in _FROM]
            if roles and giver is not taker and any(r in _TO for r in taker["roles"]):
                subject, target = keys[giver["canonical"]], keys[taker["canonical"]]
                yield (
                    "UnknownLink",
                    _key("link", case, subject, target),
                    {
                        "subject": subject,
                        "object": target,
                        "role": f"alleged {', '.join(roles)}",
                        "status": found["disposition"] or found["state"],
                        "recordId": case,
                        "summary": found["act"],
                    },
                )


def _key(*parts: Any) -> str:
    """Return an id that the same thing always gets."""
    return "ew-" + sha256("\0".join(str(p) for p in parts).encode("utf-8", "replace")).hexdigest()[:32]
