"""The command: any one sub-command stands alone, and none imports what it has no use for."""

import subprocess
import sys

import pytest
import typer

from compliance import cli

HEAVY = ("sklearn", "scipy", "prefect", "sqlmodel")
# The command in a process of its own, and which of the heavy libraries it had loaded when it ended.
PROBE = f"""
import sys
from compliance.cli import main
sys.argv[0] = "embargowatch"
try:
    main()
finally:
    print("loaded", *(m for m in {HEAVY!r} if m in sys.modules))
"""


def names() -> list[str]:
    return sorted(typer.main.get_group(cli.assembled()).commands)


def asked(*words: str) -> tuple[int, str]:
    said = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), "PATH": "", "COLUMNS": "200"},
    )
    return said.returncode, said.stdout + said.stderr


def test_each_command_called_alone_answers_as_it_does_among_all() -> None:
    assert len(names()) >= 22
    for name in names():
        status, said = asked(name, "--help")
        assert status == 0 and f"Usage: embargowatch {name}" in said, said


@pytest.mark.parametrize("name", ["feeds", "screen", "run", "cases", "serve", "add"])
def test_to_look_at_a_command_or_try_a_feed_takes_neither_classifier_nor_scheduler_nor_database(name: str) -> None:
    assert asked(name, "--help")[1].splitlines()[-1].strip() == "loaded"


def test_what_is_no_command_is_told_as_such() -> None:
    status, said = asked("nonsense")
    assert status == 2 and "No such command 'nonsense'" in said
