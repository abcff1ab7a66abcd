from random import Random

from compliance.classifier.checking.overlap import overlaps


def test_the_share_is_of_the_storys_own_runs_and_the_worst_comes_first() -> None:
    short = "one two three four five six"
    long = short + " seven eight nine ten eleven twelve thirteen fourteen"
    found = overlaps([long, short, "nothing of the sort stands in here"], ["a", "b", "c"], 0.1)
    assert [(o.story, o.other, o.share) for o in found] == [(1, 0, 1.0), (0, 1, 0.2)]


def test_stories_of_one_event_may_share_their_wording() -> None:
    assert overlaps(["one two three four five six"] * 2, ["a", "a"], 0.1) == []


def test_case_and_punctuation_do_not_hide_a_copy() -> None:
    [first, _] = overlaps(["One, two: three four five.", "one two three four five"], ["a", "b"], 0.5)
    assert first.share == 1


def test_it_agrees_with_the_plain_comparison_of_every_pair() -> None:
    draw = Random(7)
    texts = [" ".join(draw.choices("abc", k=draw.randint(1, 60))) for _ in range(40)]
    events = [str(n % 7) for n in range(40)]

    def runs(text: str) -> set[str]:
        words = text.split()
        return {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}

    worst = {}
    for i in range(40):
        shares = [
            len(runs(texts[i]) & runs(texts[j])) / len(runs(texts[i])) for j in range(40) if events[i] != events[j]
        ]
        if max(shares) >= 0.25:
            worst[i] = max(shares)
    assert worst
    found = {o.story: o.share for o in overlaps(texts, events, 0.25)}
    assert found.keys() == worst.keys()
    assert all(abs(found[i] - worst[i]) < 1e-6 for i in worst)
