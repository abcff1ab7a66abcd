"""A desk on a fresh database with one case in its queue and one person per role."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url

from compliance.screening import Screening
from compliance.settings import Settings
from compliance.severity import SeverityPolicy, load_severity_policy
from compliance.store import cases, ledger, priorities, screenings, stories, tokens, users
from compliance.store.database import open_engine, session_scope, upgrade
from compliance.store.tables import UserRow
from compliance.store.users import Role, Scope
from compliance.story import Story
from compliance.web.app import create_app
from tests import factories
from tests.serving import serving

PASSWORD = "a long enough password"


@cache
def _hashed() -> str:
    """Hash the password once for all tests: argon2id is slow on purpose."""
    return users.hash_password(PASSWORD)


@pytest.fixture(autouse=True)
def _quick(quick_hashes: None) -> None:
    """Sign people in quickly."""


@pytest.fixture
def desk_settings(tmp_path: object) -> Settings:
    """Settings on a SQLite file; what the database does differently is tested in its own room."""
    return Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path}/desk.db")


@pytest.fixture(scope="session")
def staffed_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk's database with one person per role and no case, made once and copied by each test."""
    path = tmp_path_factory.mktemp("desk") / "desk.db"
    upgrade(f"sqlite:///{path}")
    engine = open_engine(f"sqlite:///{path}")
    staff(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


def staff(engine: Engine) -> None:
    """Enter one person per role, named after it."""
    with session_scope(engine) as session:
        for role in Role:
            row = UserRow(name=role.value, role=role.value, password=_hashed(), created_at=datetime.now(UTC))
            session.add(row)


@pytest.fixture
def desk_engine(desk_settings: Settings, staffed_desk: Path) -> Iterator[Engine]:
    shutil.copy(staffed_desk, make_url(desk_settings.database).database or "")
    engine = open_engine(desk_settings.database)
    yield engine
    engine.dispose()


@cache
def severity() -> SeverityPolicy:
    """The shipped policy, by which one person decides: four eyes have tests of their own."""
    shipped = load_severity_policy(Settings().config / "severity.yml")
    return replace(shipped, terms={s: replace(t, four_eyes=False) for s, t in shipped.terms.items()})


def open_case(
    engine: Engine,
    story: Story | None = None,
    screening: Screening | None = None,
    policy: SeverityPolicy | None = None,
) -> str:
    """Put one story and its screening into the database and open its case; return the reference."""
    told, found = story or factories.story(), screening or factories.screening()
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        stories.add(session, [told], [(None, None)], "run", now)
        story_id = stories.waiting_ids(session)[-1]
        stored = stories.load(session, [story_id])[0]
        ids = screenings.add(session, [(stored, found)], "run", now)
        row = cases.open_case(session, story_id, ids[story_id], found, "first", "run", now)
        priorities.restate(session, row, policy or severity())
        ledger.append(session, at=now, actor="machine", action="case.opened", subject=row.reference)
        return row.reference


@pytest.fixture
def reference(desk_engine: Engine) -> str:
    return open_case(desk_engine)


@pytest.fixture
def client(desk_settings: Settings, desk_engine: Engine) -> Iterator[TestClient]:
    app = create_app(desk_settings, desk_engine)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


@pytest.fixture
def desk_url(desk_settings: Settings, desk_engine: Engine) -> Iterator[str]:
    """The address of a desk that really listens."""
    with serving(create_app(desk_settings, desk_engine)) as url:
        yield url


def sign_in(client: TestClient, name: str = "analyst", password: str = PASSWORD) -> str:
    """Sign in and return the session's CSRF token."""
    answer = client.post("/login", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.text
    page = client.get("/").text
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def make_token(engine: Engine, name: str = "analyst", *scopes: Scope, lasts: timedelta = timedelta(days=1)) -> str:
    """Return a token of that person with these scopes, or with all of them."""
    with session_scope(engine) as session:
        user = users.known(session, name)
        number = len(tokens.of_user(session, user.id or 0))
        _, token = tokens.make(session, user.id or 0, f"test {number}", scopes or Scope, lasts, datetime.now(UTC))
        return token


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"authorization": f"Bearer {token}"}
