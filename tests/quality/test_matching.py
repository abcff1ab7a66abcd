"""Floors of matching on the real UN list: what is found, and what ordinary news is wrongly taken for."""

import os
import random
from pathlib import Path

import pytest

from benchmarks.matching import TYPES, false_matches, ours, questions, recall
from benchmarks.news_names import capitalised, stories
from compliance.listing.index import NameIndex
from compliance.listing.listed import of_designation
from compliance.listing.match import Sought
from rules.designation import DesignationList, parse_list

SHARE = 4


@pytest.fixture(scope="module")
def real_list() -> DesignationList:
    """The real list, which is no part of the project."""
    named = os.environ.get("EMBARGOWATCH_UN_LIST")
    if not named:
        pytest.skip("NO UN LIST: set EMBARGOWATCH_UN_LIST to a copy of the UN Consolidated List in XML")
    return parse_list(Path(named).read_bytes())


@pytest.fixture(scope="module")
def index(real_list: DesignationList) -> NameIndex:
    """The index over that list."""
    return NameIndex(map(of_designation, real_list.designations))


def test_perturbed_names_are_found_at_rank_one(real_list: DesignationList, index: NameIndex) -> None:
    asked = questions(real_list, (0,))[0]
    some = random.Random(5).sample(asked, len(asked) // SHARE)
    found = recall(some, ours(index)([Sought(q.name, TYPES[q.sort]) for q in some]))
    assert found["all four"] >= 0.965
    assert found["order"] >= 0.98
    assert found["two at once"] >= 0.83


def test_names_of_ordinary_news_are_seldom_taken_for_listed_ones(index: NameIndex) -> None:
    folder = os.environ.get("EMBARGOWATCH_BACKGROUND")
    if not folder:
        pytest.skip("NO BACKGROUND NEWS: set EMBARGOWATCH_BACKGROUND to a folder of real news to draw names from")
    names = [Sought(name) for name in capitalised(stories(Path(folder), 1_200, 1))][:8_000]
    rate, wrong = false_matches(names, ours(index)(names))
    assert rate <= 1.0, wrong
