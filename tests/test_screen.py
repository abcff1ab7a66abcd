"""The contract of ``embargowatch screen``: stories in, judgements out, line by line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

BREACH = {
    "id": "b1",
    "title": "North Korea shipped shells to Russia, Seoul says",
    "text": "South Korea's spy agency said North Korea had shipped thousands of containers of artillery shells to "
    "Russia in violation of U.N. sanctions. Moscow and Pyongyang deny the arms transfers.",
    "published": "2024-01-15",
    "url": None,
    "publisher": None,
}
ORDINARY = {
    "id": 2,
    "title": "Rain delays final",
    "text": "The final was put off.",
    "published": None,
    "url": None,
    "publisher": None,
}
KEYS = ["id", "score", "verdict", "flagged", "kinds", "regimes", "measures", "parties", "non_parties", "goods",
        "status", "denied_by", "why", "nearest", "versions", "language", "covered", "national_only",
        "suspicion", "wording"]  # fmt: skip


def screen(lines: list[str], *options: str) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, "-m", "compliance", "screen", "-", *options],
        input="".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_each_line_is_answered_in_its_place_and_bad_ones_are_named() -> None:
    bad = ["not json", "[]", '{"id": "x"}', '{"id": "x", "title": 1, "text": ""}', "",
           '{"id": "x", "title": "t", "text": null}',
           '{"id": "x", "title": "t", "text": "t", "published": "last week"}']  # fmt: skip
    status, answers, _ = screen([json.dumps(BREACH), *bad, json.dumps(ORDINARY)])
    assert status == 1
    assert len(answers) == len(bad) + 2
    assert [a.get("line") for a in answers[1:-1]] == list(range(2, len(bad) + 2))
    assert all(set(a) == {"line", "error"} for a in answers[1:-1])
    assert list(answers[0]) == list(answers[-1]) == KEYS


def test_a_breach_is_flagged_with_parties_and_true_offsets() -> None:
    status, [found, ordinary], errors = screen([json.dumps(BREACH), json.dumps(ORDINARY)])
    assert (status, errors) == (0, "")
    assert found["flagged"] and 0 < found["score"] <= 1 and found["score"] > ordinary["score"]
    assert found["kinds"][0] == "arms" and found["regimes"][0] == "1718"
    roles = {p["canonical"]: p["roles"] for p in found["parties"]}
    assert roles == {"North Korea": ["supplier"], "Russia": ["recipient"]}
    for party in found["parties"]:
        for span in party["evidence"]:
            assert party["name"] in BREACH[span["field"]][span["start"] : span["end"]]
    assert set(found["denied_by"]) == {"North Korea", "Russia"}
    assert {n["canonical"]: n["stance"] for n in found["non_parties"]}["South Korea"] == "accuser"
    assert all(m["in_force"] and m["basis"] for m in found["measures"])
    assert found["why"] and set(found["versions"]) == {"model", "rules"}
    assert not ordinary["flagged"] and ordinary["verdict"] == "clear" and ordinary["id"] == 2


def test_a_story_in_another_language_is_not_covered_in_its_place() -> None:
    told = {
        "id": "f",
        "title": "Un boutre chargé de fusils saisi au large d'Aden",
        "text": "La marine a saisi un boutre qui apportait des fusils iraniens aux Houthis, selon Washington.",
    }
    for options in ((), ("--all",)):
        status, answers, _ = screen([json.dumps(BREACH), json.dumps(told), json.dumps(ORDINARY)], *options)
        assert status == 0 and [a["id"] for a in answers] == ["b1", "f", 2]
        assert [(a["language"], a["covered"]) for a in answers] == [("en", True), ("fr", False), ("en", True)]
        assert (answers[1]["verdict"], answers[1]["score"], answers[1]["parties"]) == ("not_covered", None, [])
        assert answers[0]["flagged"] and answers[2]["verdict"] == "clear"


def test_publisher_and_url_do_not_move_the_score() -> None:
    changed = BREACH | {"publisher": "Some Agency", "url": "https://x.example/1"}
    _, [a, b], _ = screen([json.dumps(BREACH), json.dumps(changed)])
    assert a["score"] == b["score"]


def test_all_lets_the_rules_read_what_the_gate_would_stop() -> None:
    quiet = ORDINARY | {"text": "The Houthis praised Iran."}
    _, [gated], _ = screen([json.dumps(quiet)])
    _, [read], _ = screen([json.dumps(quiet)], "--all")
    assert gated["parties"] == gated["non_parties"] == [] and read["versions"] == gated["versions"]
    assert {b["canonical"] for b in read["parties"] + read["non_parties"]} == {"Houthis", "Iran"}


def test_odd_text_is_judged_too() -> None:
    odd = [
        {"id": str(i), "title": t, "text": t}
        for i, t in enumerate(["", "\x00", "😀" * 9, "北韓", "a\ud800b", "İ" * 50])
    ]
    status, answers, _ = screen([json.dumps(o) for o in odd])
    assert status == 0 and [a["id"] for a in answers] == [o["id"] for o in odd]


def test_a_missing_file_is_one_clear_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "compliance", "screen", "/nowhere.jsonl"], capture_output=True, check=False
    )
    assert done.returncode == 1 and done.stderr.decode().count("\n") == 1


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(copies: int) -> int:
        file = tmp_path / f"{copies}.jsonl"
        line = json.dumps(ORDINARY | {"text": "Harvest and rain. " * 200}) + "\n"
        file.write_text(line * copies)
        with (tmp_path / "out").open("wb") as out:
            process = psutil.Popen([sys.executable, "-m", "compliance", "screen", str(file)], stdout=out)
            highest = 0
            while process.poll() is None:
                try:
                    highest = max(highest, process.memory_info().rss)
                except psutil.NoSuchProcess:
                    break
        return highest

    assert peak(6_000) < peak(600) + 40_000_000
