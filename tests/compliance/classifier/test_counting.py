import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from compliance.classifier.counting import counted, counted_stories, words_in

SENTENCES = [
    ["the dhow carried rifles", "rifles, rifles and the dhow", "", "inspectors saw the dhow"],
    ["a"],
    ["the dhow carried coal", "coal and rifles carried on", "nobody saw the rifles carried"],
]
ALL = [sentence for story in SENTENCES for sentence in story]
VIEW = CountVectorizer(ngram_range=(1, 2), stop_words=["the", "and"]).fit([*ALL, "rifles carried"])
PAGE = CountVectorizer(ngram_range=(1, 2), stop_words=["the", "and"], min_df=2).fit(ALL)


def same(one: object, other: object) -> bool:
    return bool(np.array_equal(one.toarray(), other.toarray()))


def test_counts_are_those_of_the_vectorizer() -> None:
    assert same(counted(words_in(ALL, VIEW), VIEW), VIEW.transform(ALL))
    runs = CountVectorizer(ngram_range=(1, 3), binary=True, token_pattern=r"\S+", lowercase=False).fit(ALL)
    assert same(counted([text.split() for text in ALL], runs), runs.transform(ALL))


def test_one_pass_counts_sentences_and_lead_and_keeps_the_words_of_stretches() -> None:
    found = counted_stories(words_in(ALL, VIEW), [len(s) for s in SENTENCES], 2, VIEW, PAGE)
    assert same(found.sentences, VIEW.transform(ALL))
    assert same(found.lead, PAGE.transform([" ".join(s[:2]) for s in SENTENCES]))
    assert found.lead.has_sorted_indices and found.sentences.has_sorted_indices
    whole = counted(found.stretches([(0, 9)] * 3), PAGE)
    assert same(whole, PAGE.transform([" ".join(s) for s in SENTENCES]))
    some = counted(found.stretches([(-4, 1), (0, 1), (1, 3)]), PAGE)
    assert same(some, PAGE.transform([SENTENCES[0][0], SENTENCES[1][0], " ".join(SENTENCES[2][1:])]))


def test_no_word_at_all_is_counted_too() -> None:
    found = counted_stories([[], []], [1, 1], 2, VIEW, PAGE)
    assert found.sentences.nnz == found.lead.nnz == 0 and found.lead.shape == (2, len(PAGE.vocabulary_))
