import json
import pickle
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
import skops.io

from compliance.classifier import training
from compliance.classifier.corpus import Example, corpus_digest, load_corpus
from compliance.classifier.counting import counted, words_in
from compliance.classifier.features import lead_of
from compliance.classifier.model import ARTEFACT, CARD, Page, load_model
from compliance.classifier.reading import Reader
from compliance.classifier.training import Training
from compliance.errors import ModelError
from compliance.judging import Judges
from compliance.monitor import load_policy
from compliance.screening import Verdict
from compliance.settings import Settings
from compliance.story import Story
from rules.extraction import extract
from rules.rulebook import load_rulebook
from tests.factories import story

FOLDER = Settings().model_path
BOOK = load_rulebook()
MODEL = load_model(FOLDER, BOOK)
JUDGES = Judges(MODEL, BOOK, load_policy(Settings().config / "screening.yml"))
CARD_SHIPPED = json.loads((FOLDER / CARD).read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path / "artefact")
    return tmp_path / "artefact"


def _recard(folder: Path, **changes: object) -> None:
    card = json.loads((folder / CARD).read_text()) | changes
    (folder / CARD).write_text(json.dumps(card))


def test_training_anew_gives_the_model_that_is_shipped(trained: Training) -> None:
    """Another processor adds up in another order, so the last digits differ; a change of rules shows in the third.

    The joint score's features say nearly the same of short stories several times over, and its weights share that out:
    trained a second time they differed by up to 0.0125 of the greatest, by 0.004 since kinds, status and denials are
    learnt in an order of sums that no number of threads changes. What moves the rest is not known.
    """
    assert CARD_SHIPPED["corpus_sha256"] == corpus_digest(), "the corpus changed: embargowatch model train"
    for name, share in (("window", 1e-3), ("story", 1e-3), ("joint", 2e-2)):
        ours, shipped = getattr(trained.parts, name).coef_, getattr(MODEL.parts, name).coef_
        assert ours.shape == shipped.shape, name
        assert ours == pytest.approx(shipped, abs=share * abs(shipped).max()), name
    assert (trained.review, trained.alert) == pytest.approx(tuple(CARD_SHIPPED["thresholds"].values()), rel=0.02)


def test_equal_input_gives_equal_coefficients() -> None:
    some = load_corpus()[::24]
    found = {e.story.id: extract(e.story.title, e.story.text, None, BOOK) for e in some}
    first, second = (training.train(some, found, BOOK, 0.02, "some") for _ in range(2))
    assert first.card == second.card
    assert (first.scores == second.scores).all()


def test_a_decided_story_teaches_more_than_one_of_the_corpus() -> None:
    some = [e for e in load_corpus()[::24] if e.label != "grey"]
    found = {e.story.id: extract(e.story.title, e.story.text, None, BOOK) for e in some}
    light = training.train(some, found, BOOK, 0.02, "some").parts.page
    reader = Reader(BOOK)

    def judged(page: Page, of: Example) -> float:
        words = words_in([lead_of(reader.read(of.story.title, of.story.text))], page.words)
        return float(page.score.decision_function(page.weighed(counted(words, page.words)))[0])

    learnt = [e for e in some if reader.read(e.story.title, e.story.text).passes_gate]
    worst = max((e for e in learnt if e.label == "not_breach"), key=lambda e: judged(light, e))
    heavier = [replace(e, weight=6 * e.weight) if e is worst else e for e in some]
    assert judged(training.train(heavier, found, BOOK, 0.02, "some").parts.page, worst) < judged(light, worst) - 0.1


def test_other_coefficients_are_another_version(trained: Training) -> None:
    parts = trained.parts
    before = training._version(parts, 1.0, 0.0)
    assert before == training._version(parts, 1.0, 0.0) != training._version(parts, 1.0, 0.1)


def test_the_words_of_the_model_name_nobody() -> None:
    words = {
        w for term in (*MODEL.parts.views.words.vocabulary_, *MODEL.parts.page.words.vocabulary_) for w in term.split()
    }
    assert words.isdisjoint({"iran", "houthis", "pyongyang", "hezbollah", "khartoum", "moscow"})


def test_swapping_the_target_for_another_changes_nothing_that_the_text_says() -> None:
    changed = story(
        title=story().title.replace("North Korea", "Iran"), text=story().text.replace("North Korea", "Iran")
    )
    assert changed.text != story().text
    before, after = MODEL.classify([story(), changed])
    assert before.decision == pytest.approx(after.decision)


def test_an_altered_artefact_is_refused(folder: Path) -> None:
    body = bytearray((folder / ARTEFACT).read_bytes())
    body[len(body) // 2] ^= 1
    (folder / ARTEFACT).write_bytes(body)
    with pytest.raises(ModelError, match="digests differ"):
        load_model(folder, BOOK)


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"scikit_learn": "1.0.0"}, r"scikit-learn 1\.0\.0"), ({"features_sha256": "x"}, "other features")],
)
def test_another_version_is_refused_in_words(folder: Path, changes: dict[str, str], told: str) -> None:
    _recard(folder, **changes)
    with pytest.raises(ModelError, match=told):
        load_model(folder, BOOK)


@pytest.mark.parametrize("name", [ARTEFACT, CARD])
def test_a_missing_file_is_one_clear_line(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError) as caught:
        load_model(folder, BOOK)
    assert "\n" not in str(caught.value)


class Sentinel:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path(self.path).touch, ())  # type: ignore[return-value]  # a pickle may name any callable


def test_no_code_of_an_artefact_runs(folder: Path, tmp_path: Path) -> None:
    from hashlib import sha256

    sentinel = tmp_path / "ran"
    bodies = [pickle.dumps(Sentinel(sentinel)), skops.io.dumps({"breach": Sentinel(sentinel)}), b"", b"PK\x03\x04"]
    for body in bodies:
        (folder / ARTEFACT).write_bytes(body)
        _recard(folder, artefact_sha256=sha256(body).hexdigest())
        with pytest.raises(ModelError, match="refused"):
            load_model(folder, BOOK)
    assert not sentinel.exists()


def test_a_batch_is_judged_as_its_stories_are_alone() -> None:
    told = [story(), story(title="Rain", text="Rain fell."), story(title="", text="")]
    together = JUDGES.judge(told)
    assert [s.score for s in together] == pytest.approx([JUDGES.judge([s])[0].score for s in told])
    assert JUDGES.judge([]) == []


def test_the_publisher_and_the_url_do_not_count() -> None:
    changed = story(publisher="Another", url="https://else.example/", feed_id="x")
    assert MODEL.classify([story()])[0] == MODEL.classify([changed])[0]


def padded(stories: Sequence[Story]) -> list[Story]:
    """The stories with 2,000 characters of other news behind them."""
    ordinary = [e.story.text[:400] for e in load_corpus() if e.negative_type == "ordinary"]
    padding = "\n\n".join(ordinary)[:2_000]
    return [replace(s, text=f"{s.text}\n\n{padding}") for s in stories]


def test_background_behind_an_act_moves_its_score_little() -> None:
    breaches = [e.story for e in load_corpus() if e.label == "breach" and len(e.story.text) >= 500][::6]
    before, after = JUDGES.judge(breaches), JUDGES.judge(padded(breaches))
    moved = [abs(a.score - b.score) for a, b in zip(before, after, strict=True)]
    assert median(moved) < 0.1


def test_most_short_items_stay_flagged_with_much_other_news_behind_them() -> None:
    """Behind three sentences that is another story, of which a seventh tells of the act; then 0.65 stayed."""
    breaches = [e.story for e in load_corpus() if e.label == "breach" and len(e.story.text) < 500][::9]
    before, after = ([s.is_flagged for s in JUDGES.judge(told)] for told in (breaches, padded(breaches)))
    stayed = [still for was, still in zip(before, after, strict=True) if was]
    assert sum(stayed) >= 0.55 * len(stayed)


def test_what_moved_a_score_is_told_with_its_sign() -> None:
    found = MODEL.classify([story()])[0]
    assert found.passed_gate and found.why
    assert [abs(t.weight) for t in found.why] == sorted((abs(t.weight) for t in found.why), reverse=True)


def test_a_long_story_is_told_that_its_length_counts_against_it() -> None:
    rain = " Rain fell on the harbour and on the hills behind it all the afternoon." * 120
    short, long = MODEL.classify([story(), story(text=story().text + rain)], in_full=True)
    told = {term.term: term.weight for term in long.why}
    assert told["length of the story"] < 0
    assert "length of the story" not in {term.term for term in short.why}


def test_the_same_words_are_a_breach_while_the_measure_is_in_force_and_clear_after_its_end() -> None:
    text = (
        "SOFIA - Prosecutors on Tuesday charged a trader who, they said, sold 4,000 rifles and mortar shells to the "
        "army of Eritrea and shipped them to Massawa aboard a freighter with false papers. He denies the charge."
    )
    told = story(title="Bulgarian trader shipped rifles and shells to Eritrea, prosecutors say", text=text)
    days = [datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 11, 30, tzinfo=UTC)]
    before, after = JUDGES.judge([replace(told, published=day) for day in days])
    assert before.is_flagged and before.regimes == ("1907",)
    assert after.verdict is Verdict.CLEAR and after.regimes == ()


def test_a_flagged_story_is_shown_with_the_labelled_stories_it_is_most_like() -> None:
    labels = {e.story.id: e.label for e in load_corpus()}
    nearest = JUDGES.judge([story()])[0].classification.nearest
    assert [n.alike for n in nearest] == sorted((n.alike for n in nearest), reverse=True)
    assert len(nearest) == 3 and all(labels[n.id] == n.label for n in nearest)
