"""Bytes as received: stored once per digest, with every fetch that brought them."""

import zlib

from sqlalchemy import update
from sqlmodel import Session, col, select

from compliance.store.dialect import insert_new
from compliance.store.tables import BodyRow, CaptureRow
from compliance.story import FeedDocument


def keep(session: Session, source: str, document: FeedDocument) -> int:
    """Store the document's bytes and the fetch that brought them; return the capture's id."""
    packed = zlib.compress(document.body, 6)
    added = insert_new(session, BodyRow, [{"digest": document.digest, "size": len(document.body), "packed": packed}])
    if not added:
        # Bytes that were dropped and come again are kept again.
        again = update(BodyRow).where(col(BodyRow.digest) == document.digest, col(BodyRow.dropped_at).is_not(None))
        session.connection().execute(again.values(packed=packed, dropped_at=None))
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
    """Return the bytes as received, or None where no such digest is stored or the bytes were dropped."""
    row = session.exec(select(BodyRow).where(col(BodyRow.digest) == digest)).first()
    return zlib.decompress(row.packed) if row and row.dropped_at is None else None


def document(session: Session, capture_id: int) -> FeedDocument | None:
    """Return a document as it was received, or None where its bytes were dropped."""
    row = session.get_one(CaptureRow, capture_id)
    found = body(session, row.digest)
    if found is None:
        return None
    return FeedDocument(
        url=row.url,
        final_url=row.final_url,
        status=row.http_status,
        body=found,
        digest=row.digest,
        fetched_at=row.fetched_at,
        content_type=row.content_type,
        headers=row.headers,
    )
