"""The UN Security Council Consolidated List → designations. Hostile or implausible lists are refused, not guessed at.

The list's XML has no schema worth trusting: names come in parts, half of the aliases are empty placeholders, dates
carry time zones, reference numbers trailing blanks.
"""

import gzip
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rules.aliases import alias_names, tidy

REGIMES = {
    "Al-Qaida": "1267",
    "Taliban": "1988",
    "DPRK": "1718",
    "Iran": "1737",
    "Iraq": "1518",
    "DRC": "1533",
    "Libya": "1970",
    "Somalia": "751",
    "CAR": "2745",
    "GB": "2048",
    "Yemen": "2140",
    "Haiti": "2653",
    "SouthSudan": "2206",
    "Sudan": "1591",
}
_QUALITY = {"good": "good", "a.k.a.": "good", "low": "low", "f.k.a.": "former"}
_REFERENCE = re.compile(r"[A-Z]{2}[ie]\.\d{3}")
_IMO = re.compile(r"\bIMO\)?(?:\s*(?:number|no\.?))?\s*[:#]?\s*(\d{7})\b", re.IGNORECASE)
_DEATH = re.compile(r"\b(?:deceased|died|killed|dead|death)\b", re.IGNORECASE)
_MAX_BYTES = 50_000_000
_MAX_DEPTH = 12
_SHRINKAGE = 0.05
_FEWEST = 100


class DesignationError(ValueError):
    """A list that may not replace the last good one; the text says why."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a designated party; ``quality`` is good, low or former."""

    name: str
    quality: str


@dataclass(frozen=True, slots=True)
class Designation:
    """One listed person or entity.

    ``imo_numbers`` are those of a listed company as a shipowner; ``is_reported_dead`` says that the committee's own
    summary speaks of a death: dead persons stay listed.
    """

    data_id: str
    reference: str
    name: str
    is_person: bool
    regime: str
    aliases: tuple[Alias, ...] = ()
    original_script: str | None = None
    listed_on: str | None = None
    birth_dates: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    imo_numbers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    updated_on: str | None = None
    is_reported_dead: bool = False


@dataclass(frozen=True, slots=True)
class DesignationList:
    """One whole version of the list. ``generated`` is the UN's own time stamp, ``digest`` the SHA-256 of its bytes."""

    generated: str
    digest: str
    designations: tuple[Designation, ...]

    @property
    def persons(self) -> int:
        """How many natural persons are listed."""
        return sum(d.is_person for d in self.designations)

    @property
    def entities(self) -> int:
        """How many entities are listed."""
        return len(self.designations) - self.persons


def parse_list(body: bytes) -> DesignationList:
    """Return the list that the UN's XML holds.

    Raises DesignationError for anything that is not that list, whole and readable.
    """
    if len(body) > _MAX_BYTES:
        raise DesignationError(f"the list has more than {_MAX_BYTES:,} bytes")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or b"\x00" in body[:200]:
        raise DesignationError("the list carries a document type or is not UTF-8")
    root = _root(body)
    if root.tag != "CONSOLIDATED_LIST":
        raise DesignationError(f"the root is {root.tag[:40]!r}, not CONSOLIDATED_LIST")
    generated = root.get("dateGenerated", "")
    if not re.match(r"\d{4}-\d\d-\d\d", generated):
        raise DesignationError("the list does not say when it was generated")
    return DesignationList(generated, hashlib.sha256(body).hexdigest(), tuple(_designations(root)))


def _root(body: bytes) -> ET.Element:
    depth = 0
    root: ET.Element | None = None
    try:
        for event, element in ET.iterparse(io.BytesIO(body), ("start", "end")):  # noqa: S314  (see the import)
            depth += 1 if event == "start" else -1
            root = element if root is None else root
            if depth > _MAX_DEPTH:
                raise DesignationError("the list is nested too deeply")
    except ET.ParseError as error:
        raise DesignationError(f"the list is cut or not well-formed ({error})") from error
    if root is None:
        raise DesignationError("the list is empty")
    return root


def _designations(root: ET.Element) -> Iterator[Designation]:
    seen: set[str] = set()
    for path, is_person in (("INDIVIDUALS/INDIVIDUAL", True), ("ENTITIES/ENTITY", False)):
        for element in root.iterfind(path):
            found = _designation(element, is_person)
            if found.data_id in seen:
                raise DesignationError(f"DATAID {found.data_id} stands in the list twice")
            seen.add(found.data_id)
            yield found


def _designation(element: ET.Element, is_person: bool) -> Designation:
    data_id, reference = _value(element, "DATAID"), _value(element, "REFERENCE_NUMBER")
    if not data_id or not _REFERENCE.fullmatch(reference):
        raise DesignationError(
            f"entry {data_id or 'without DATAID'} has no proper reference number ({reference[:20]!r})"
        )
    parts = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
    name = " ".join(filter(None, (_value(element, part) for part in parts)))
    kind = _value(element, "UN_LIST_TYPE")
    if not name or kind not in REGIMES:
        raise DesignationError(f"{reference}: no name, or the unknown list type {kind[:40]!r}")
    prefix = "INDIVIDUAL" if is_person else "ENTITY"
    summary = _value(element, "COMMENTS1")
    return Designation(
        data_id=data_id,
        reference=reference,
        name=name,
        is_person=is_person,
        regime=REGIMES[kind],
        aliases=tuple(dict.fromkeys(_aliases(element, prefix))),
        original_script=_value(element, "NAME_ORIGINAL_SCRIPT") or None,
        listed_on=_value(element, "LISTED_ON")[:10] or None,
        birth_dates=tuple(dict.fromkeys(_births(element))),
        nationalities=tuple(filter(None, (tidy(v.text) for v in element.iterfind("NATIONALITY/VALUE")))),
        imo_numbers=tuple(dict.fromkeys(_IMO.findall(summary))),
        documents=tuple(dict.fromkeys(_documents(element))),
        updated_on=max(
            filter(None, (tidy(v.text)[:10] for v in element.iterfind("LAST_DAY_UPDATED/VALUE"))), default=None
        ),
        is_reported_dead=is_person and bool(_DEATH.search(summary)),
    )


def _documents(element: ET.Element) -> Iterator[str]:
    for document in element.iterfind("INDIVIDUAL_DOCUMENT"):
        if number := _value(document, "NUMBER"):
            yield number


def _aliases(element: ET.Element, prefix: str) -> Iterator[Alias]:
    for alias in element.iterfind(f"{prefix}_ALIAS"):
        quality = _QUALITY.get(_value(alias, "QUALITY").lower(), "low")
        for name in alias_names(alias.findtext("ALIAS_NAME") or ""):
            yield Alias(name, quality)


def _births(element: ET.Element) -> Iterator[str]:
    for birth in element.iterfind("INDIVIDUAL_DATE_OF_BIRTH"):
        date_, year = _value(birth, "DATE")[:10], _value(birth, "YEAR")
        span = "/".join(filter(None, (_value(birth, "FROM_YEAR"), _value(birth, "TO_YEAR"))))
        if found := date_ or year or span:
            yield found


def _value(element: ET.Element, tag: str) -> str:
    return tidy(element.findtext(tag))


def check_plausible(new: DesignationList, last: DesignationList | None) -> None:
    """Raise DesignationError where a list should not replace the last good one without a person's word.

    Such a list is empty or nearly so, older than the last, or shorter by over five per cent in persons or entities:
    delistings come a few at a time, and a short list is far likelier a cut or wrong file.
    """
    if len(new.designations) < _FEWEST:
        raise DesignationError(f"only {len(new.designations)} designations, where hundreds are expected")
    if last is None:
        return
    if new.generated[:10] < last.generated[:10]:
        raise DesignationError(f"generated {new.generated[:10]}, before the list in use ({last.generated[:10]})")
    for word, now, before in (("persons", new.persons, last.persons), ("entities", new.entities, last.entities)):
        if now < before * (1 - _SHRINKAGE):
            raise DesignationError(f"{word} fell from {before} to {now}; a person must confirm such a fall")


def write_snapshot(found: DesignationList, path: Path) -> None:
    """Write a list as gzipped JSON Lines, the same bytes for the same list."""
    head = {"generated": found.generated, "digest": found.digest}
    lines = [json.dumps(head), *(json.dumps(asdict(d), ensure_ascii=False) for d in found.designations)]
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))


def load_snapshot(path: Path) -> DesignationList:
    """Read a list that ``write_snapshot`` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        head = json.loads(next(lines))
        rows = [json.loads(line) for line in lines]
    designations: Sequence[Designation] = [
        Designation(
            **{
                **row,
                "aliases": tuple(Alias(**a) for a in row["aliases"]),
                "birth_dates": tuple(row["birth_dates"]),
                **{key: tuple(row[key]) for key in ("nationalities", "imo_numbers", "documents") if key in row},
            }
        )
        for row in rows
    ]
    return DesignationList(head["generated"], head["digest"], tuple(designations))
