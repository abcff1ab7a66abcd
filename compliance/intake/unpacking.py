"""Content codings undone piece by piece, so that a bomb is stopped at the cap and never held whole."""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

_PIECE = 65_536
# What is asked for. Nothing else is unpacked: each further coding is another way in.
ACCEPTED = "gzip, deflate, br"
_MOST_LAYERS = 2


class PackingError(Exception):
    """The body is packed in a way that is not read, damaged or cut short; the text says which."""


class TooLargeError(Exception):
    """The unpacked body goes over the cap."""


class _Unpacker(Protocol):
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what the chunk unpacks to, in bounded pieces."""

    def is_whole(self) -> bool:
        """True where the packed stream has ended as it should."""


def codings(header: str) -> list[str]:
    """Return the codings a Content-Encoding header names, in the order they were applied.

    Raises PackingError for an unasked one and for more than two.
    """
    named = [c.strip().lower() for c in header.split(",")]
    found = [c for c in named if c and c != "identity"]
    if len(found) > _MOST_LAYERS or any(c not in ("gzip", "x-gzip", "deflate", "br") for c in found):
        raise PackingError(f"unasked content encoding {', '.join(found)[:60]}")
    return found


def unpacked(packed: Iterator[bytes], coding: str, cap: int) -> Iterator[bytes]:
    """Yield the unpacked body in pieces.

    Raises TooLargeError once more than ``cap`` bytes came out, PackingError where the stream is damaged or cut short.
    """
    unpacker: _Unpacker = _Brotli() if coding == "br" else _Zlib(coding)
    size = 0
    try:
        for chunk in packed:
            for piece in unpacker.feed(chunk):
                size += len(piece)
                if size > cap:
                    raise TooLargeError
                yield piece
    except (zlib.error, brotli.error) as error:
        raise PackingError(f"the {coding} body is damaged") from error
    if not unpacker.is_whole():
        raise PackingError(f"the {coding} body was cut short")


class _Zlib:
    """Gzip, its members one after another, and deflate with or without its zlib frame."""

    def __init__(self, coding: str) -> None:
        self._is_deflate = coding == "deflate"
        self._stream = zlib.decompressobj(15 if self._is_deflate else 47)
        self._started = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            piece = self._some(chunk)
            if piece:
                self._started = True
                yield piece
            chunk = self._stream.unconsumed_tail
            if self._stream.eof:
                chunk = self._stream.unused_data
                if chunk:
                    self._stream = zlib.decompressobj(47)

    def _some(self, chunk: bytes) -> bytes:
        try:
            return self._stream.decompress(chunk, _PIECE)
        except zlib.error:
            if not self._is_deflate or self._started:
                raise
            # Some servers send raw deflate under that name (RFC 9110, 8.4.1.2).
            self._started, self._stream = True, zlib.decompressobj(-15)
            return self._stream.decompress(chunk, _PIECE)

    def is_whole(self) -> bool:
        return self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._stream.is_finished():
            return
        yield self._stream.process(chunk, output_buffer_limit=_PIECE)
        while not self._stream.can_accept_more_data() and not self._stream.is_finished():
            yield self._stream.process(b"", output_buffer_limit=_PIECE)

    def is_whole(self) -> bool:
        return bool(self._stream.is_finished())
