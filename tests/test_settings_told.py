"""A wrong setting ends any command with one line that names it."""

import subprocess
import sys

import pytest

WRONG = {
    "EMBARGOWATCH_OIDC_ROLES": ('{"a": ', "EMBARGOWATCH_OIDC_ROLES: expected JSON"),
    "EMBARGOWATCH_DESK_PORT": ("many", "EMBARGOWATCH_DESK_PORT: "),
    "EMBARGOWATCH_PASSWORD_SIGN_IN": ("false", "or nobody can sign in"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, told = WRONG[name]
    monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "compliance", "users", "list"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert said.returncode == 1 and said.stdout == ""
    assert told in said.stderr and said.stderr.count("\n") == 1
