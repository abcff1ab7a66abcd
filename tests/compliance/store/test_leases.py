import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from compliance.errors import ConflictError
from compliance.store import leases
from compliance.store.database import session_scope
from tests.factories import NOW


def test_a_living_owner_keeps_its_lease_until_it_ends(engine: Engine) -> None:
    with session_scope(engine) as session:
        leases.acquire(session, "nightly", "elsewhere:1:5", NOW)
    with pytest.raises(ConflictError, match="elsewhere"), session_scope(engine) as session:
        leases.acquire(session, "nightly", leases.owner_name(), NOW + timedelta(minutes=4))
    with session_scope(engine) as session:
        leases.acquire(session, "nightly", leases.owner_name(), NOW + timedelta(minutes=6))


def test_an_owner_renews_and_releases_its_own(engine: Engine) -> None:
    me = leases.owner_name()
    with session_scope(engine) as session:
        leases.acquire(session, "nightly", me, NOW)
        leases.acquire(session, "nightly", me, NOW + timedelta(minutes=4))
        leases.release(session, "nightly", "another")
    with pytest.raises(ConflictError), session_scope(engine) as session:
        leases.acquire(session, "nightly", "elsewhere:1:5", NOW)
    with session_scope(engine) as session:
        leases.release(session, "nightly", me)
        leases.acquire(session, "nightly", "elsewhere:1:5", NOW)


def test_a_killed_owner_on_this_machine_is_replaced_at_once(engine: Engine) -> None:
    code = "from compliance.store.leases import owner_name; print(owner_name())"
    dead = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert leases.is_dead(dead) and not leases.is_dead(leases.owner_name())
    with session_scope(engine) as session:
        leases.acquire(session, "nightly", dead, NOW)
        leases.acquire(session, "nightly", leases.owner_name(), NOW)


def test_a_clock_set_back_by_years_keeps_no_lease_for_ever(engine: Engine) -> None:
    with session_scope(engine) as session:
        leases.acquire(session, "nightly", "elsewhere:1:5", NOW)
        leases.acquire(session, "nightly", leases.owner_name(), NOW - timedelta(days=3_650))
