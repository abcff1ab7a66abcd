"""What stops a story early never changes whether it is flagged: held on authored stories with the shipped model."""

from compliance.classifier.corpus import load_corpus
from compliance.classifier.reading import Reader
from compliance.judging import Judges
from compliance.monitor import load_policy, open_model
from compliance.screening import judgement
from compliance.settings import Settings
from rules.rulebook import load_rulebook

BOOK = load_rulebook()
SETTINGS = Settings()
JUDGES = Judges(open_model(SETTINGS, BOOK), BOOK, load_policy(SETTINGS.config / "screening.yml"))
STORIES = [example.story for example in load_corpus()][::15]


def test_the_sieves_let_through_just_what_the_gate_does() -> None:
    reader = Reader(BOOK)
    for story in STORIES:
        read = reader.read(story.title, story.text)
        assert reader.likely(story.title, story.text) == (read if read.passes_gate else None)


def test_no_story_that_would_be_flagged_is_stopped() -> None:
    early, full = JUDGES.judge(STORIES), JUDGES.judge(STORIES, extract_all=True)
    stopped = 0
    for story, one, other in zip(STORIES, early, full, strict=True):
        assert one.is_flagged == other.is_flagged
        if other.is_flagged:
            assert judgement(story, one) == judgement(story, other)
        stopped += not one.classification.passed_gate and other.classification.passed_gate
    assert stopped > len(STORIES) / 20
