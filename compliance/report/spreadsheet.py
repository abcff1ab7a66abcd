"""Rows for spreadsheets: CSV after RFC 4180 in which no cell is taken for a formula. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

# What a spreadsheet takes for the start of a formula, or skips before one; full-width forms are folded by some.
_LEADS = "=+-@\t\r\n\0＝＋－＠'"
BOM = "\ufeff"


def cell(value: Any) -> Any:
    """Return a value as a cell: a text that could be taken for a formula begins with an apostrophe.

    So does one that begins with an apostrophe of its own, so that ``value_of`` gives back what went in.
    """
    if isinstance(value, list | tuple):
        value = "; ".join(str(v) for v in value)
    if isinstance(value, str) and value and (value[0] in _LEADS or value.lstrip()[:1] in tuple(_LEADS)):
        return f"'{value}"
    return value


def value_of(text: str) -> str:
    """Return the text that a cell of ours holds."""
    return text.removeprefix("'")


def lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file with a heading; every cell is quoted, lines end in CR LF.

    The mark at its beginning tells spreadsheets that it is UTF-8.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    yield BOM + buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([cell(row.get(c)) for c in columns])
        yield buffer.getvalue()
