import gc

import pytest

from compliance.stream import collecting_seldom


def test_the_collector_is_as_it_was_once_screening_ends_or_breaks() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), collecting_seldom():
        assert gc.get_threshold() != before
        assert gc.get_freeze_count() > 0
        raise RuntimeError
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
