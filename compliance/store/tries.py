"""Failed tries to sign in, and how long the next one has to wait. A stranger can slow a person, never lock him out."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from compliance.store.dialect import one_writer
from compliance.store.tables_people import TryRow

_LOCK = 7_121_007


@dataclass(frozen=True, slots=True)
class Pace:
    """How many failures are free, how long the next one blocks and the longest, and when all is forgotten."""

    free: int
    first: timedelta
    longest: timedelta
    forgotten: timedelta


ACCOUNT = Pace(5, timedelta(seconds=30), timedelta(minutes=15), timedelta(days=1))
# Many people may share an address, so it has more free tries.
ADDRESS = Pace(20, timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1))


def of_account(name: str) -> str:
    """Return the subject under which tries for an account name count, whether or not there is such an account."""
    return "account:" + hashlib.sha256(name.casefold().encode("utf-8", "replace")).hexdigest()


def of_browser(digest: str) -> str:
    """Return the subject under which tries from a known browser count."""
    return f"browser:{digest}"


def of_address(address: str) -> str:
    """Return the subject under which tries from an address count; an IPv6 network of 64 bits is one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "address:unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    if isinstance(ip, ipaddress.IPv6Address):
        return f"address:{ipaddress.ip_network((int(ip), 64), strict=False)}"
    return f"address:{ip}"


def hold_others(session: Session) -> None:
    """Let no other try be counted until this transaction ends, so that many at once are counted one by one."""
    one_writer(session, _LOCK)


def wait(session: Session, subject: str, now: datetime) -> timedelta:
    """Return how long the next try has to wait; zero where it may be made now."""
    row = session.get(TryRow, subject)
    if row is None or row.blocked_until is None:
        return timedelta(0)
    return max(row.blocked_until - now, timedelta(0))


def count(session: Session, subject: str, pace: Pace, now: datetime) -> None:
    """Count one try as failed; beyond the free ones each blocks twice as long as the one before."""
    row = session.get(TryRow, subject) or TryRow(subject=subject, last_at=now)
    if now - row.last_at > pace.forgotten:
        row.failures, row.blocked_until = 0, None
    row.failures, row.last_at = row.failures + 1, now
    if row.failures >= pace.free:
        row.blocked_until = now + min(pace.first * 2 ** min(row.failures - pace.free, 10), pace.longest)
    session.add(row)
    session.flush()


def uncount(session: Session, subject: str) -> None:
    """Take back the newest counted try, which has succeeded; what it blocked is free again."""
    row = session.get(TryRow, subject)
    if row is not None:
        row.failures, row.blocked_until = max(row.failures - 1, 0), None
        session.add(row)


def forget(session: Session, subject: str) -> None:
    """Forget the failures of a subject."""
    session.connection().execute(delete(TryRow).where(col(TryRow.subject) == subject))


def prune(session: Session, now: datetime) -> None:
    """Remove what no longer counts, so that names made up by strangers do not pile up."""
    session.connection().execute(delete(TryRow).where(col(TryRow.last_at) < now - ACCOUNT.forgotten))
