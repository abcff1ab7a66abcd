from pathlib import Path

import pytest

from compliance.errors import ConfigError
from compliance.intake.catalog import load_catalog

ROOT = Path(__file__).parents[3]
ROW = "{id: a, url: 'https://a.example/rss', title: A}"


def load(tmp_path: Path, text: str, base: str | None = None) -> object:
    file = tmp_path / "feeds.yml"
    file.write_text(text)
    return load_catalog(file, base)


def test_the_shipped_catalogues_load() -> None:
    assert len(load_catalog(ROOT / "config" / "feeds.yml")) >= 80
    assert len(load_catalog(ROOT / "config" / "sample" / "feeds.yml", "http://127.0.0.1:8719")) == 10


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
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_broken_catalogue_is_named_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert "feeds.yml" in str(caught.value) and told in str(caught.value) and "\n" not in str(caught.value)
