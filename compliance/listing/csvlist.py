"""A list as a CSV file → its records. Strict: a fault names file, line and field, and one refuses the whole file."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from compliance.listing.listed import WATCHLIST, Listed, ListedName, Quality, Sort, Source
from compliance.listing.match import is_imo
from rules.aliases import tidy
from rules.designation import REGIMES

MOST_BYTES, MOST_ROWS, MOST_LETTERS, MOST_FAULTS = 20_000_000, 100_000, 1_000, 50
_DATE = re.compile(r"\d{4}(?:-\d\d-\d\d)?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_KINDS = ("customer", "counterparty", "vessel")
_SORTS = {"person": Sort.PERSON, "company": Sort.BODY, "organisation": Sort.BODY, "vessel": Sort.VESSEL}
WATCHLIST_COLUMNS = (
    "kind",
    "type",
    "name",
    "aliases",
    "imo",
    "birth_date",
    "country",
    "belongs_to",
    "reference",
    "note",
)
# The columns of targets.simple.csv, in which OpenSanctions publishes the lists of OFAC, the EU, the UK and others.
SIMPLE_COLUMNS = (
    "id",
    "schema",
    "name",
    "aliases",
    "birth_date",
    "countries",
    "addresses",
    "identifiers",
    "sanctions",
    "phones",
    "emails",
    "program_ids",
    "dataset",
    "first_seen",
    "last_seen",
    "last_change",
)
_SCHEMATA = {
    "person": Sort.PERSON, "vessel": Sort.VESSEL, "organization": Sort.BODY, "company": Sort.BODY,
    "legalentity": Sort.BODY, "publicbody": Sort.BODY,
}  # fmt: skip
_NUMBER = re.compile(r"(?<!\d)(?:IMO[\s:-]*)?(\d{7})(?!\d)")
VESSEL_COLUMNS = ("imo", "name", "former_names", "owner", "flag", "listed_on", "regime", "reference", "note")


class ListFileError(ValueError):
    """A list file that cannot be used; ``faults`` holds a line for each thing that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults[0] + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""))
        self.faults = faults


class _FieldError(ValueError):
    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a file must have: its columns, those that are needed, and how a row becomes a record.

    ``is_nested`` says that a cell may hold several values, quoted among themselves: it is kept as it stands.
    """

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    read: Callable[[Mapping[str, str], str], Listed | None]
    is_nested: bool = False


def parse_watchlist(body: bytes, name: str, file: str) -> tuple[Listed, ...]:
    """Return the parties of an operator's list, in its own columns or those of OpenSanctions. Raises ListFileError."""
    shape = _Shape(WATCHLIST_COLUMNS, ("kind", "name"), _watched)
    if _is_simple(body):
        shape = _Shape(SIMPLE_COLUMNS, ("id", "schema", "name"), _published, is_nested=True)
    return _parse(body, f"{WATCHLIST}{name}", file, shape)


def _is_simple(body: bytes) -> bool:
    """True where the header has the columns that tell a list of OpenSanctions from an operator's own."""
    head = body[:2_000].decode("utf-8-sig", "replace").splitlines()[:1]
    columns = {cell.strip().strip('"').lower() for cell in (head[0] if head else "").split(",")}
    return {"id", "schema", "name"} <= columns


def parse_vessels(body: bytes, file: str) -> tuple[Listed, ...]:
    """Return the designated vessels of a file in the form of docs/matching.md. Raises ListFileError."""
    return _parse(body, Source.UN_VESSELS, file, _Shape(VESSEL_COLUMNS, ("imo", "name"), _designated))


def _parse(body: bytes, source: str, file: str, shape: _Shape) -> tuple[Listed, ...]:
    found: dict[str, Listed] = {}
    faults: list[str] = []
    for line, row in _rows(body, file, shape):
        try:
            record = shape.read(row, source)
            if record is None:
                continue
            if record.key in found:
                field = next(name for name in ("reference", "id", "name") if row.get(name))
                raise _FieldError(field, "stands in the file twice")
            found[record.key] = record
        except _FieldError as error:
            faults.append(f"{file}: line {line}: {error}")
            if len(faults) >= MOST_FAULTS:
                break
    if not found and not faults:
        faults.append(f"{file}: line 1: the file holds no rows below its header")
    if faults:
        raise ListFileError(faults)
    return tuple(found.values())


def _rows(body: bytes, file: str, shape: _Shape) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(_text(body, file), newline=""), strict=True)
    header: list[str] = []
    line = 1
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header, file, shape)
        line = reader.line_num + 1
        for number, cells in enumerate(reader):
            if number >= MOST_ROWS:
                raise ListFileError([f"{file}: line {line}: more than {MOST_ROWS:,} rows"])
            if any(cell.strip() for cell in cells):
                if len(cells) != len(header):
                    raise ListFileError(
                        [f"{file}: line {line}: {len(cells)} fields where the header has {len(header)}"]
                    )
                kept = cells if shape.is_nested else map(_cell, cells)
                yield line, dict(zip(header, kept, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ListFileError([f"{file}: line {max(line, reader.line_num)}: {error}"]) from error


def _text(body: bytes, file: str) -> str:
    if len(body) > MOST_BYTES:
        raise ListFileError([f"{file}: more than {MOST_BYTES:,} bytes"])
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise ListFileError([f"{file}: line {line}: not UTF-8 (save the file as CSV in UTF-8)"]) from error


def _check_header(header: list[str], file: str, shape: _Shape) -> None:
    expected = f"expected {', '.join(shape.columns)}"
    faults = [
        f"{file}: line 1: {name or 'empty name'}: unknown column; {expected}"
        for name in header
        if name not in shape.columns
    ]
    faults += [
        f"{file}: line 1: {name}: the column is missing; {expected}" for name in shape.needed if name not in header
    ]
    faults += [f"{file}: line 1: {name}: the column stands twice" for name in set(header) if header.count(name) > 1]
    if faults:
        raise ListFileError(faults)


def _cell(cell: str) -> str:
    return tidy(cell) if not _CONTROLS.search(cell) else cell


def _watched(row: Mapping[str, str], source: str) -> Listed:
    kind = row.get("kind", "").lower()
    if kind not in _KINDS:
        raise _FieldError("kind", f"{kind!r} is none of {', '.join(_KINDS)}")
    type_ = row.get("type", "").lower() or ("vessel" if kind == "vessel" else "company")
    if type_ not in _SORTS or (kind == "vessel") != (type_ == "vessel"):
        raise _FieldError("type", f"{type_!r} is no type of a {kind}")
    name, imo = _name(row), _imo(row)
    own = row.get("reference") or hashlib.sha256(f"{type_}|{name.casefold()}|{imo}".encode()).hexdigest()[:16]
    return Listed(
        key=f"{source}:{own}",
        source=source,
        reference=row.get("reference", ""),
        sort=_SORTS[type_],
        names=(ListedName(name, Quality.PRIMARY), *_others(row, "aliases", Quality.GOOD)),
        birth_dates=_date(row, "birth_date"),
        countries=tuple(filter(None, (row.get("country", ""),))),
        imo_numbers=(imo,) if imo else (),
        owner=row.get("belongs_to", ""),
        note=" – ".join(filter(None, (kind, row.get("note", "")))),
    )


def _published(row: Mapping[str, str], source: str) -> Listed | None:
    """Return the record of a published list; None for what is no person, body or vessel, as a wallet."""
    sort = _SCHEMATA.get(row["schema"].lower())
    if sort is None:
        return None
    if not row["id"]:
        raise _FieldError("id", "is empty")
    name, several = (
        _name({"name": _cell(row["name"])}),
        {field: _several(row.get(field, "")) for field in SIMPLE_COLUMNS},
    )
    imo = [number for told in several["identifiers"] for number in _NUMBER.findall(told) if is_imo(number)]
    return Listed(
        key=f"{source}:{row['id'][:200]}",
        source=source,
        reference=row["id"][:200],
        sort=sort,
        names=(ListedName(name, Quality.PRIMARY), *(ListedName(n, Quality.GOOD) for n in several["aliases"])),
        birth_dates=tuple(told for told in several["birth_date"] if _DATE.fullmatch(told)),
        countries=several["countries"],
        imo_numbers=tuple(dict.fromkeys(imo)) if sort is Sort.VESSEL else (),
        note=" – ".join(filter(None, (row.get("dataset", "")[:200], row.get("sanctions", "")[:300]))),
    )


def _several(cell: str) -> tuple[str, ...]:
    """Return the values of a cell that holds several: between semicolons, quoted where they hold one."""
    if not cell or _CONTROLS.search(cell):
        return ()
    values = next(csv.reader([cell], delimiter=";"), [])
    return tuple(dict.fromkeys(value for told in values if 1 < len(value := tidy(told)) <= MOST_LETTERS))


def _designated(row: Mapping[str, str], source: str) -> Listed:
    name, imo, regime = _name(row), _imo(row), row.get("regime", "") or "1718"
    if not imo:
        raise _FieldError("imo", "a designated vessel needs its number")
    if regime not in REGIMES.values():
        raise _FieldError("regime", f"{regime!r} is no regime with listed names")
    return Listed(
        key=f"{source}:{imo}",
        source=source,
        reference=row.get("reference", "") or f"IMO {imo}",
        sort=Sort.VESSEL,
        names=(ListedName(name, Quality.PRIMARY), *_others(row, "former_names", Quality.FORMER)),
        regimes=(regime,),
        listed_on=next(iter(_date(row, "listed_on")), None),
        countries=tuple(filter(None, (row.get("flag", ""),))),
        imo_numbers=(imo,),
        owner=row.get("owner", ""),
        note=row.get("note", ""),
    )


def _name(row: Mapping[str, str]) -> str:
    for field, value in row.items():
        if _CONTROLS.search(value):
            raise _FieldError(field, "holds a control character")
        if len(value) > MOST_LETTERS:
            raise _FieldError(field, f"longer than {MOST_LETTERS:,} letters")
    if sum(c.isalnum() for c in row["name"]) < 2:
        raise _FieldError("name", "a name of two letters or more is needed")
    return row["name"]


def _imo(row: Mapping[str, str]) -> str:
    digits = row.get("imo", "").upper().removeprefix("IMO").strip()
    if digits and not is_imo(digits):
        raise _FieldError("imo", f"{digits[:20]!r} is no IMO number (seven digits, the last checks the others)")
    return digits


def _date(row: Mapping[str, str], field: str) -> tuple[str, ...]:
    value = row.get(field, "")
    if not value:
        return ()
    try:
        if not _DATE.fullmatch(value):
            raise ValueError
        date.fromisoformat(value if "-" in value else f"{value}-01-01")
    except ValueError:
        raise _FieldError(field, f"{value[:20]!r} is no date (YYYY-MM-DD or YYYY)") from None
    return (value,)


def _others(row: Mapping[str, str], field: str, quality: Quality) -> Iterator[ListedName]:
    for name in dict.fromkeys(map(tidy, row.get(field, "").split(";"))):
        if name:
            yield ListedName(name, quality)
