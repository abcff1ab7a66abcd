import numpy as np
import scipy.sparse as sp

from compliance.classifier.nearest import NEAREST, know

LEADS = sp.csr_matrix(np.array([[3.0, 1, 0, 0], [0, 0, 2, 2], [3, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]]))
KNOWN = know(LEADS, list("abcde"), ["one", "two", "three", "four", "five"], ["breach"] * 2 + ["not_breach"] * 3)


def test_a_story_is_most_like_itself_and_then_by_the_cosine_of_the_leads() -> None:
    (first, second, third), *_ = KNOWN.nearest_to(LEADS[:1])
    assert (first.id, first.title, first.label, first.alike) == ("a", "one", "breach", 1.0)
    assert (second.id, second.alike) == ("c", round(9 / 10, 3))
    assert (third.id, third.alike) == ("e", round(4 / np.sqrt(20), 3))


def test_what_is_like_nothing_has_no_neighbours() -> None:
    nothing, little = KNOWN.nearest_to(sp.csr_matrix(np.array([[0.0, 0, 0, 0], [0, 0, 1, 0]])))
    assert nothing == ()
    assert [n.id for n in little] == ["b"]


def test_of_many_words_the_weightiest_are_kept_and_ties_go_to_the_first() -> None:
    wide = sp.csr_matrix(np.ones((1, 500)))
    known = know(wide, ["x"], ["many"], ["breach"])
    assert list(known.rows.indices) == list(range(60))
    same = know(sp.vstack([LEADS[:1]] * 5), list("vwxyz"), ["t"] * 5, ["breach"] * 5)
    assert [n.id for n in same.nearest_to(LEADS[:1])[0]] == list("vwx")
    assert len(same.nearest_to(LEADS[:1])[0]) == NEAREST
