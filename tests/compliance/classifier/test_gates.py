"""What stops a story early never changes whether it is flagged: held on authored stories with the shipped model."""

import math

from compliance.classifier.corpus import load_corpus
from compliance.classifier.reading import Reader
from compliance.classifier.witness import JOINT_NAMES, joint_features
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


def test_no_findings_lift_what_is_stopped_to_the_threshold() -> None:
    model, review = JUDGES.model, JUDGES.policy.review
    weights, bias = model.parts.joint_weights
    needed = math.log(review / (1 - review))
    for story in STORIES:
        told = model.classify([story], in_full=True)[0]
        found = JUDGES.judge([story], extract_all=True)[0].extraction
        features = dict(zip(JOINT_NAMES, joint_features(told, found, BOOK), strict=True))
        added = sum(weights[name] * value for name, value in features.items() if name != "text")
        assert model.slope * (weights["text"] * model.gate + bias + added) + model.intercept < needed
