"""``embargowatch users`` and what each command leaves in the record."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from compliance import cli
from compliance.errors import ConfigError
from compliance.store import identities, listing, users
from compliance.store.database import open_engine, session_scope

PASSWORD = "seven herons under the bridge\n"
pytestmark = pytest.mark.usefixtures("quick_hashes")


def run(*arguments: str, typed: str = "") -> str:
    said = CliRunner().invoke(cli.assembled(), ["users", *arguments], input=typed, catch_exceptions=False)
    assert said.exit_code == 0, said.output
    return said.output


def test_people_are_added_changed_linked_and_locked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("EMBARGOWATCH_DATABASE_URL", url)
    run("add", "ada", "--role", "admin", typed=PASSWORD)
    run("add", "grace", "--without-password")
    run("role", "grace", "approver")
    run("disable", "grace")
    assert "disabled" in run("list")
    run("enable", "grace")
    run("passwd", "grace", typed=PASSWORD)
    with pytest.raises(ConfigError, match="name the provider first"):
        run("link", "grace", "subject-1")
    monkeypatch.setenv("EMBARGOWATCH_OIDC_ISSUER", "https://login.example")
    monkeypatch.setenv("EMBARGOWATCH_OIDC_CLIENT_ID", "desk")
    run("link", "grace", "subject-1")
    for wrong in (("add", "ada"), ("disable", "ada"), ("role", "ada", "viewer"), ("role", "nobody", "viewer")):
        with pytest.raises(ConfigError):
            run(*wrong, typed=PASSWORD)
    with pytest.raises(ConfigError, match="easily guessed"):
        run("add", "eve", typed="password1234\n")
    engine = open_engine(url)
    with session_scope(engine) as session:
        linked = identities.person(session, "https://login.example", "subject-1")
        assert linked is not None and (linked.name, linked.role, linked.active) == ("grace", "approver", True)
        assert [u.name for u in users.listed(session)] == ["ada", "grace"]
        rows = listing.record(session).rows[::-1]
        assert [row.action for row in rows] == [
            "user.added", "user.added", "user.role_changed", "user.disabled", "user.enabled", "user.password_set",
            "user.linked",
        ]  # fmt: skip
        assert {row.actor for row in rows} == {"command line"}
    engine.dispose()
