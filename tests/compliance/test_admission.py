"""Letting people in: tries count by account and address before they are judged; nobody is locked out for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func
from sqlmodel import select

from compliance import admission, passwords
from compliance.admission import Came, WaitError
from compliance.errors import ConfigError
from compliance.store import tries, users
from compliance.store.database import session_scope
from compliance.store.tables import SessionRow, UserRow
from compliance.store.tables_people import TryRow
from compliance.store.users import Role
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("quick_hashes")
PASSWORD = "seven herons under the bridge"
CAME = Came("203.0.113.7")


@pytest.fixture
def grace(engine: Engine) -> str:
    with session_scope(engine) as session:
        users.add_user(session, "grace", Role.ANALYST, PASSWORD, NOW)
    return "grace"


def tried(engine: Engine, name: str, password: str, now: datetime, came: Came = CAME) -> str:
    """Say how a try ended: in, out or wait."""
    try:
        return "in" if admission.sign_in(engine, name, password, came, now) else "out"
    except WaitError:
        return "wait"


def test_of_all_guesses_in_an_hour_few_are_judged(engine: Engine, grace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = 0

    def fits(stored: str, password: str) -> bool:
        nonlocal judged
        judged += 1
        return False

    monkeypatch.setattr(passwords, "fits", fits)
    for i in range(1_000):
        # From ever new addresses: only the account's own count holds them back.
        tried(engine, grace, f"guess {i}", NOW + timedelta(seconds=3.6 * i), Came(f"198.51.{i // 250}.{i % 250}"))
    assert 5 <= judged <= 20
    judged = 0
    for i in range(1_000):
        # From one address with ever new names, on another day.
        tried(engine, f"name {i}", "guess", NOW + timedelta(days=2, seconds=3.6 * i))
    assert 20 <= judged <= 60


def test_an_unknown_name_costs_the_same_work_as_a_wrong_password(
    engine: Engine, grace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash of equal strength each, so that neither answer nor time tells which names there are."""
    work: list[str] = []
    verify = passwords.PasswordHasher.verify

    def counted(hasher: passwords.PasswordHasher, stored: str, password: str) -> bool:
        work.append(stored.rpartition("$")[0].rpartition("$")[0])
        return bool(verify(hasher, stored, password))

    monkeypatch.setattr(passwords.PasswordHasher, "verify", counted)
    for name in (grace, "nobody at all"):
        tried(engine, name, "wrong", NOW, Came("203.0.113.77"))
    assert len(work) == 2 and all(told.startswith("$argon2id$v=19$m=") for told in work)


def test_one_address_gets_no_further_by_taking_a_new_name_each_time(engine: Engine) -> None:
    ends = [tried(engine, f"name {i}", "x", NOW + timedelta(seconds=i)) for i in range(40)]
    assert ends[:20] == ["out"] * 20 and ends[20:] == ["wait"] * 20


def test_many_tries_at_once_gain_nothing(engine: Engine, grace: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda i: tried(engine, grace, f"guess {i}", NOW, Came(f"10.0.0.{i}")), range(16)))
    assert ends.count("out") <= 5 and ends.count("wait") >= 11


def test_no_stranger_locks_a_person_out_for_good(engine: Engine, grace: str) -> None:
    now = NOW
    for i in range(60):
        tried(engine, grace, "wrong", now, Came(f"10.1.0.{i}"))
        now += timedelta(minutes=16)
    assert tried(engine, grace, PASSWORD, now) == "in"


def test_in_a_known_browser_a_person_comes_in_while_strangers_are_held_back(engine: Engine, grace: str) -> None:
    known = admission.sign_in(engine, grace, PASSWORD, CAME, NOW)
    assert known is not None
    for i in range(10):
        tried(engine, grace, "wrong", NOW, Came(f"10.2.0.{i}"))
    assert tried(engine, grace, PASSWORD, NOW, Came("10.9.9.9")) == "wait"
    assert tried(engine, grace, PASSWORD, NOW, Came("203.0.113.7", known.browser)) == "in"
    # Whoever steals the browser's token has no more tries with it than an account has.
    ends = [tried(engine, grace, "wrong", NOW, Came("203.0.113.8", known.browser)) for _ in range(8)]
    assert ends.count("out") == 5
    assert tried(engine, "somebody else", "wrong", NOW, Came("203.0.113.9", known.browser)) == "out"


def test_unknown_names_wait_just_like_known_ones(engine: Engine, grace: str) -> None:
    known = [tried(engine, grace, "wrong", NOW, Came(f"10.3.0.{i}")) for i in range(7)]
    unknown = [tried(engine, "nobody", "wrong", NOW, Came(f"10.4.0.{i}")) for i in range(7)]
    assert known == unknown == ["out"] * 5 + ["wait"] * 2


def test_the_wait_is_told_in_seconds_and_grows(engine: Engine, grace: str) -> None:
    waits, now = [], NOW
    for i in range(12):
        try:
            admission.sign_in(engine, grace, "wrong", Came(f"10.5.0.{i}"), now)
        except WaitError as error:
            waits.append(error.seconds)
            now += timedelta(seconds=error.seconds)
            assert "wait" in str(error)
    assert waits == sorted(waits) and waits[0] == 30 and max(waits) <= 900


def test_what_strangers_leave_behind_is_removed_in_time(engine: Engine) -> None:
    for i in range(15):
        tried(engine, f"made up {i}", "x", NOW, Came(f"10.6.0.{i}"))
    tried(engine, "later", "x", NOW + timedelta(days=2))
    with session_scope(engine) as session:
        assert session.exec(select(func.count()).select_from(TryRow)).one() == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("not an address", "", True),
    ],
)
def test_addresses_of_one_network_count_together(one: str, other: str, same: bool) -> None:
    assert (tries.of_address(one) == tries.of_address(other)) is same


def test_signing_in_ends_the_session_the_browser_had_before(engine: Engine, grace: str) -> None:
    first = admission.sign_in(engine, grace, PASSWORD, CAME, NOW)
    assert first is not None
    second = admission.sign_in(engine, grace, PASSWORD, Came("203.0.113.7", first.browser, first.session), NOW)
    assert second is not None and second.session != first.session and second.browser == first.browser
    with session_scope(engine) as session:
        assert session.exec(select(SessionRow.token_digest)).all() == [users.digest(second.session)]


def test_who_has_no_password_cannot_sign_in_with_one(engine: Engine) -> None:
    with session_scope(engine) as session:
        users.add_user(session, "sso only", Role.VIEWER, "", NOW)
    assert tried(engine, "sso only", "", NOW) == "out"
    assert tried(engine, "sso only", "x", NOW) == "out"


def test_a_hash_of_other_strength_is_renewed_at_the_next_sign_in(engine: Engine, grace: str) -> None:
    from argon2 import PasswordHasher

    with session_scope(engine) as session:
        user = users.known(session, grace)
        user.password = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
        session.add(user)
        other = user.password
    assert tried(engine, grace, PASSWORD, NOW) == "in"
    with session_scope(engine) as session:
        assert session.exec(select(UserRow.password)).one() != other
    assert tried(engine, grace, PASSWORD, NOW) == "in"


def test_the_last_admin_stays(engine: Engine) -> None:
    with session_scope(engine) as session:
        users.add_user(session, "ada", Role.ADMIN, PASSWORD, NOW)
    for change in (users.disable, lambda s, n: users.set_role(s, n, Role.VIEWER)):
        with pytest.raises(ConfigError, match="last admin"), session_scope(engine) as session:
            change(session, "ada")
    with session_scope(engine) as session:
        users.add_user(session, "bob", Role.ADMIN, PASSWORD, NOW)
        users.disable(session, "ada")


def test_the_highest_role_of_all_groups_counts() -> None:
    roles = {"a": Role.ANALYST, "b": Role.APPROVER, "c": Role.AUDITOR}
    assert admission.role_of(frozenset({"a", "b", "x"}), roles, None) is Role.APPROVER
    assert admission.role_of(frozenset({"a", "c"}), roles, None) is Role.ANALYST
    assert admission.role_of(frozenset({"x"}), roles, Role.VIEWER) is Role.VIEWER
    assert admission.role_of(frozenset(), roles, None) is None
