"""What is concluded from a model before and after: better, worse, keep or not."""

import json

import pytest

from nlp.scoreboard import FEW, Scoreboard, compare

SOURCES = [(f"source {number}",) for number in range(40)]
REFERENCES = [f"word{number} word{number + 1} word{number + 2} word{number + 3}" for number in range(40)]
GOOD = REFERENCES
FAIR = [" ".join([*reference.split()[:3], "other"]) for reference in REFERENCES]
BAD = ["nothing at all"] * 40


def score(domain, before, after, count=40):
    return compare(domain, SOURCES[:count], REFERENCES[:count], before[:count], after[:count], "en", samples=2)


def board(*domains):
    return Scoreboard("parent", "en", domains)


def test_figures_are_paired_and_signed():
    found = score("new", FAIR, GOOD)
    assert (found.before, found.after) == (pytest.approx(0.75), pytest.approx(1.0))
    assert found.difference.value == pytest.approx(0.25)
    assert found.difference.interval.low <= 0.25 <= found.difference.interval.high
    assert [(each.before, each.after) for each in found.samples] == [
        (FAIR[i], GOOD[i]) for i in [REFERENCES.index(each.reference) for each in found.samples]
    ]
    assert score("new", GOOD, FAIR).difference.value == pytest.approx(-0.25)


@pytest.mark.parametrize(
    ("domain", "before", "after", "clear"),
    [
        ("new", FAIR, GOOD, "rise"),
        ("new", GOOD, FAIR, "fall"),
        ("old", GOOD, GOOD, "neither"),
        ("old", GOOD, BAD, "fall"),
        ("replay", GOOD, BAD, "fall"),
        ("agreement", GOOD, FAIR, "neither"),
        ("agreement", GOOD, BAD, "fall"),
    ],
)
def test_a_change_is_clear_or_not(domain, before, after, clear):
    assert score(domain, before, after).clear == clear


def test_nothing_is_concluded_from_a_few_items():
    assert score("old", GOOD, BAD, FEW - 1).clear == "neither"
    assert score("old", GOOD, BAD, FEW).clear == "fall"
    assert "19 held-out pairs are too few to tell" in board(score("new", FAIR, GOOD, FEW - 1)).sentence()


def test_a_fall_that_is_chance_is_none():
    # One of forty became worse: the interval reaches 0.
    assert score("old", GOOD, [BAD[0], *GOOD[1:]]).clear == "neither"


@pytest.mark.parametrize(
    ("domains", "keep", "words"),
    [
        (
            [("new", FAIR, GOOD), ("old", GOOD, GOOD)],
            True,
            ["Better on the new texts (ROUGE-L 75.0 -> 100.0)", "keep the new"],
        ),
        ([("new", FAIR, GOOD), ("old", GOOD, BAD)], False, ["clearly worse on old texts", "keep the parent, unless"]),
        ([("new", GOOD, GOOD), ("old", GOOD, GOOD)], False, ["No clear change on the new texts", "keep the parent."]),
        ([("new", GOOD, FAIR)], False, ["Worse on the new texts", "keep the parent."]),
        ([("old", GOOD, GOOD)], False, ["nothing can be said"]),
    ],
)
def test_the_sentence_says_whether_to_keep_it(domains, keep, words):
    found = board(*(score(*each) for each in domains))
    assert found.keep == keep
    assert all(word in found.sentence() for word in words), found.sentence()
    written = json.loads(json.dumps(found.to_json()))
    assert written["keep"] == keep and written["sentence"] == found.sentence()
    assert written["old_skill_falls"] == any(
        each["clear"] == "fall" for each in written["domains"] if each["domain"] != "new"
    )
