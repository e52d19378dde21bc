"""The lead baseline: clean cuts, and the length that suits a corpus."""

import random

import pytest

from nlp import metrics
from nlp.errors import UsageError


@pytest.mark.parametrize(
    ("source", "length", "language", "expected"),
    [
        ("Shares fell, traders said.", 2, "en", "Shares fell"),
        ("Shares fell - again", 3, "en", "Shares fell"),
        ("Two words", 9, "en", "Two words"),
        ("U.S. shares", 1, "en", "U.S."),
        ("股市大跌，央行降息", 5, "zh", "股市大跌"),
        ("苹果iPhone15发布", 3, "zh", "苹果iPhone15"),
        ("苹果 发布 新机", 4, "zh", "苹果 发布"),
        ("新片《城》上映", 3, "zh", "新片"),
        ("", 3, "zh", ""),
        ("", 3, "en", ""),
    ],
)
def test_lead_is_cut_cleanly(source: str, length: int, language: str, expected: str) -> None:
    assert metrics.lead(source, length, language) == expected


@pytest.mark.parametrize("language", ["en", "zh"])
def test_best_lead_length_finds_where_headlines_end(language: str) -> None:
    draw = random.Random(2)
    vocabulary = [chr(0x4E00 + index) for index in range(200)] if language == "zh" else [f"w{i}" for i in range(200)]
    joint = "" if language == "zh" else " "
    sources = [joint.join(draw.sample(vocabulary, 30)) for _ in range(10)]
    references = [metrics.lead(source, 7, language) for source in sources]
    assert metrics.best_lead_length(sources, references, language, [9, 3, 7, 8]) == 7
    assert metrics.best_lead_length(sources, references, language, [20, 12]) == 12


def test_best_lead_length_prefers_the_shorter_on_a_tie() -> None:
    assert metrics.best_lead_length(["a b c"], ["a b c"], "en", [5, 3, 9]) == 3


def test_best_lead_length_needs_pairs() -> None:
    with pytest.raises(UsageError, match="no pairs"):
        metrics.best_lead_length([], [], "en")
