"""Stories in, judgements out, one JSON object a line: no database, no network, memory bounded by the batch."""

import gc
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from compliance.judging import Judges
from compliance.screening import judgement
from compliance.story import Story

# Whichever comes first: a batch costs the same few milliseconds for one story as for hundreds.
BATCH, BATCH_BYTES = 1_024, 4_000_000
MAX_LINE = 16_000_000


# How many objects may come before the collector looks for cycles; what is judged is dropped without it.
_SELDOM = (20_000, 20, 50)


class LineError(ValueError):
    """A line that is no story; its text says what is wrong with it."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Keep the collector from looking through model and rulebook, which stay, and from looking often at the rest."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def judge_lines(lines: Iterable[bytes], judges: Judges, *, extract_all: bool = False) -> Iterator[dict[str, Any]]:
    """Yield one object per line, in order: the judgement, or ``{"line", "error"}`` for a line that is no story."""
    numbered = enumerate(lines, 1)
    while batch := list(_batch(numbered)):
        read = [_read(number, line) for number, line in batch]
        judged = _judge([story for story in read if isinstance(story, Story)], judges, extract_all)
        for (number, _), story in zip(batch, read, strict=True):
            if isinstance(story, Story):
                answer = next(judged)
                yield answer if isinstance(answer, dict) else {"line": number, "error": str(answer)}
            else:
                yield {"line": number, "error": str(story)}


def _batch(numbered: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    size = 0
    for number, line in islice(numbered, BATCH):
        yield number, line
        size += len(line)
        if size >= BATCH_BYTES:
            return


def _judge(told: list[Story], judges: Judges, extract_all: bool) -> Iterator[dict[str, Any] | Exception]:
    try:
        answers = [judgement(s, j) for s, j in zip(told, judges.judge(told, extract_all=extract_all), strict=True)]
    except Exception as error:  # noqa: BLE001  (a story that finds a bug must not take its batch along: it is named)
        if len(told) == 1:
            yield RuntimeError(f"the story broke the judgement: {type(error).__name__}: {error}")
            return
        for story in told:
            yield from _judge([story], judges, extract_all)
        return
    yield from answers


def _read(number: int, line: bytes) -> Story | LineError:
    try:
        return read_story(line)
    except LineError as error:
        return error


def read_story(line: bytes) -> Story:
    """Return the story of one line; LineError says which field is wrong."""
    if len(line) > MAX_LINE:
        raise LineError(f"the line has more than {MAX_LINE:,} bytes")
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineError(f"not a JSON object: {error}") from error
    if not isinstance(given, dict):
        raise LineError("not a JSON object")
    name = given.get("id")
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise LineError("id: expected a string")
    return Story(
        id=name,  # type: ignore[arg-type]  # an integer id is given back as an integer
        title=_string(given, "title", required=True),
        text=_string(given, "text", required=True),
        published=_moment(given.get("published")),
        url=_string(given, "url") or None,
        publisher=_string(given, "publisher") or None,
    )


def _string(given: dict[str, Any], field: str, *, required: bool = False) -> str:
    value = given.get(field)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise LineError(f"{field}: expected a string")
    return value


def _moment(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise LineError("published: expected a date or null")
    try:
        return as_utc(value)
    except (ValueError, OverflowError) as error:
        raise LineError(f"published: {value[:40]!r} is no ISO 8601 or RFC 5322 date") from error


def as_utc(value: str) -> datetime:
    """Return the moment an ISO 8601 or RFC 5322 text names, in UTC; a time without zone counts as UTC.

    Raises ValueError where the text names none.
    """
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        moment = parsedate_to_datetime(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def dump(answer: dict[str, Any]) -> str:
    """Return the answer as one line; lone surrogates are escaped so that any output encoding can carry it."""
    try:
        line = json.dumps(answer, ensure_ascii=False)
        line.encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(answer)
    return line
