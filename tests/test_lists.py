"""``embargowatch lists`` as its user types it, on a database of its own."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from compliance import cli


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Lists = Callable[..., Done]


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lists:
    """Runs ``embargowatch lists`` with the arguments given."""
    monkeypatch.setenv("EMBARGOWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["embargowatch", "lists", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return run


def test_a_watchlist_is_imported_matched_judged_and_retired(tmp_path: Path, lists: Lists) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("kind,name,reference\ncustomer,Tallow Dry Bulk Ltd,C-1\n", encoding="utf-8")
    shown = lists("show", "--json")
    assert shown.returncode == 1 and "never fetched" in json.loads(shown.stdout)["state"]
    done = lists("import", str(file), "--as", "customers", "--by", "lena")
    assert (done.returncode, done.stderr) == (0, "") and "1 added" in done.stdout
    assert "added    C-1      Tallow Dry Bulk Ltd" in lists("diff", "watchlist:customers").stdout
    found = json.loads(lists("match", "TALLOW Dry-Bulk", "--type", "company", "--json").stdout)
    assert found["standing"] == "watchlisted" and found["matches"][0]["reference"] == "C-1"
    judged = lists("judge", "TALLOW Dry-Bulk", "C-1", "--different", "--type", "company", "--by", "lena")
    assert judged.returncode == 0
    again = json.loads(lists("match", "TALLOW Dry-Bulk", "--type", "company", "--json").stdout)
    assert (again["standing"], again["matches"]) == ("unlisted", [])
    hunted = json.loads(lists("hunt", "C-1", "--json").stdout)
    assert (hunted["stories"], hunted["hits"]) == (0, 0)
    assert "1 records taken out of use" in lists("retire", "customers").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("import", "none.csv"), "none.csv: there is no such file"),
        (("import", "bad.csv"), "bad.csv: line 2: kind: 'friend' is none of customer, counterparty, vessel"),
        (("diff", "watchlist:none"), "watchlist:none: no accepted version is stored"),
        (("retire", "none"), "watchlist:none: no watchlist of that name is in use"),
        (("match", "x", "--type", "beast"), "--type: 'beast' is no type of a party"),
        (("judge", "x", "QDi.999", "--same"), "no record of the lists in use is 'QDi.999'"),
        (("hunt", "QDi.999"), "no record of the lists in use is 'QDi.999'"),
        (("accept", "un-consolidated", "ff", "--note", "n"), "un-consolidated: no refused version"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, lists: Lists, arguments: tuple[str, ...], told: str) -> None:
    (tmp_path / "bad.csv").write_text("kind,name\nfriend,Someone\n", encoding="utf-8")
    given = [str(tmp_path / a) if a.endswith(".csv") else a for a in arguments]
    done = lists(*given)
    assert done.returncode == 1 and told in done.stderr and done.stderr.count("\n") == 1
