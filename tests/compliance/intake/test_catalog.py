from pathlib import Path

import pytest

from compliance.errors import ConfigError
from compliance.intake.catalog import load_catalog
from rules.rulebook import load_rulebook

ROOT = Path(__file__).parents[3]
ROW = "{id: a, url: 'https://a.example/rss', title: A}"


def load(tmp_path: Path, text: str, base: str | None = None) -> object:
    file = tmp_path / "feeds.yml"
    file.write_text(text)
    return load_catalog(file, base)


def test_the_shipped_catalogues_load() -> None:
    feeds = load_catalog(ROOT / "config" / "feeds.yml")
    assert len(feeds) >= 80 and all(feed.licence for feed in feeds)
    assert len(load_catalog(ROOT / "config" / "sample" / "feeds.yml", "http://127.0.0.1:8719")) == 10


def test_every_regime_in_force_has_a_source_of_its_own() -> None:
    served = {regime for feed in load_catalog(ROOT / "config" / "feeds.yml") for regime in feed.regimes}
    in_force = {r.id for r in load_rulebook().regimes.values() if any(m.is_in_force(None) for m in r.measures)}
    assert len(in_force) >= 15 and in_force <= served


BROKEN = [
    ("feeds: [", ""),
    ("sources: []", "feeds"),
    ("feeds: []", "no feeds"),
    ("feeds: [x]", "feed 1"),
    (f"feeds: [{ROW}, {ROW}]", "'a' is used twice"),
    (f"feeds: [{ROW}, {{id: b, url: 'https://a.example/rss', title: B}}]", "that of feed 'a'"),
    ("feeds: [{id: a, url: 'https://a.example/rss', title: A, ttl: 5}]", "unknown key 'ttl'"),
    ("feeds: [{id: a, url: 'https://a.example/rss'}]", "title is missing"),
    ("feeds: [{id: a, url: 'ftp://a.example/rss', title: A}]", "only http and https"),
    ("feeds: [{id: a, url: 'https://u:p@a.example/', title: A}]", "credentials"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, outlet: blog}]", "outlet must be one of"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, full_text: 'yes'}]", "full_text"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, regimes: 1718}]", "regimes"),
    ("feeds: [{id: a, url: '{base}/x', title: A}]", "{base}"),
    (f"feeds: [{ROW}, {{id: b, url: 'http://www.A.example/rss/', title: B}}]", "that of feed 'a'"),
    ("feeds: [{id: 'A b', url: 'https://a.example/', title: A}]", "id must be"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, regimes: ['9999']}]", "regimes names '9999'"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, regimes: [true]}]", "regimes must be"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, language: English}]", "language must be"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, country: no}]", "country must be"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, country: kr}]", "country must be"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, region: mars}]", "region must be one of"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, tier: 4}]", "tier must be one of"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, tier: true}]", "tier must be one of"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, licence: [x]}]", "licence must be text"),
    (
        "feeds: [{id: a, url: 'https://a.example/', title: A, user_agent: \"x\\r\\nEvil: 1\"}]",
        "user_agent must be one line",
    ),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, user_agent: 'Ägent'}]", "user_agent must be plain"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, include: arms}]", "include must be a list"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, exclude: ['*']}]", "exclude must be a list"),
    ("feeds: [{id: a, url: 'https://a.example/', title: A, exclude: ['a|b']}]", "exclude must hold no |"),
    ("feeds: [{id: a, url: 'folder: ', title: A}]", "names no folder"),
    ("feeds: [{id: a, url: 'https://a.example/', title: \"A\\nB\"}]", "title must be one line"),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_broken_catalogue_is_named_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert "feeds.yml" in str(caught.value) and told in str(caught.value) and "\n" not in str(caught.value)
