"""Bytes as received: stored once per digest, with every fetch that brought them."""

import zlib

from sqlmodel import Session, col, select

from compliance.store.dialect import insert_new
from compliance.store.tables import BodyRow, CaptureRow
from compliance.story import FeedDocument


def keep(session: Session, source: str, document: FeedDocument) -> int:
    """Store the document's bytes and the fetch that brought them; return the capture's id."""
    insert_new(
        session,
        BodyRow,
        [{"digest": document.digest, "size": len(document.body), "packed": zlib.compress(document.body, 6)}],
    )
    row = CaptureRow(
        source=source,
        url=document.url,
        final_url=document.final_url,
        http_status=document.status,
        content_type=document.content_type,
        headers=dict(document.headers),
        fetched_at=document.fetched_at,
        digest=document.digest,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def body(session: Session, digest: str) -> bytes | None:
    """Return the bytes as received, or None where no such digest is stored."""
    row = session.exec(select(BodyRow).where(col(BodyRow.digest) == digest)).first()
    return zlib.decompress(row.packed) if row else None
