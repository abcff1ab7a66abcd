"""Leases: who may do a thing right now. A dead owner is replaced: on the same machine at once, else at its end."""

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from compliance.errors import ConflictError
from compliance.store.dialect import one_writer
from compliance.store.tables import LeaseRow

LENGTH = timedelta(minutes=5)
_LOCK = 7_121_002


def owner_name() -> str:
    """Return a name for this process that tells whether it is still alive: host, pid and start time."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def acquire(session: Session, name: str, owner: str, now: datetime) -> None:
    """Take or renew the lease until ``now + LENGTH``.

    Raises ConflictError where another living owner holds it.
    """
    one_writer(session, _LOCK)
    row = session.get(LeaseRow, name)
    if row is None:
        session.add(LeaseRow(name=name, owner=owner, until=now + LENGTH))
    elif row.owner == owner or _has_ended(row, now):
        row.owner, row.until = owner, now + LENGTH
    else:
        raise ConflictError(f"another run holds the lease {name!r} until {row.until:%H:%M:%S} UTC ({row.owner})")
    session.flush()


def release(session: Session, name: str, owner: str) -> None:
    """Give the lease back, if it is still ours."""
    row = session.get(LeaseRow, name)
    if row is not None and row.owner == owner:
        session.delete(row)
        session.flush()


def _has_ended(row: LeaseRow, now: datetime) -> bool:
    # A clock set far back must not keep a lease for ever: none is ever longer than LENGTH.
    return not now < row.until <= now + 2 * LENGTH or is_dead(row.owner)


def is_dead(owner: str) -> bool:
    """True where the owner was a process of this machine that has ended."""
    host, _, rest = owner.partition(":")
    pid, _, started = rest.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return not started or _started(int(pid)) != started


def _started(pid: int) -> str:
    """Return the start time of a process in clock ticks since boot (proc(5), field 22), or '' where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
