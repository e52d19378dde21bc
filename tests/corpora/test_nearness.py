"""Near texts: the same set of letters, whatever the typing, and nothing beyond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.nearness import NearTexts

TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "other", "near"),
    [
        ("what's your name", "What is your name?", True),
        ("what's your name", "whats ur name", True),
        ("what's your name", "what's your job", False),
        ("你叫什么名字", "你叫什么名字呀", True),
        ("你叫什么名字", "你几岁了", False),
    ],
)
def test_two_wordings_are_near_and_two_questions_are_not(text: str, other: str, near: bool) -> None:
    assert NearTexts(["how tall is the tower", text]).has_near(other) is near
    assert NearTexts([other]).has_near(text) is near


@given(TEXTS, st.lists(TEXTS, max_size=5))
def test_a_text_is_near_to_itself_and_the_more_texts_the_more_is_near(text: str, others: list[str]) -> None:
    assert NearTexts([*others, text]).has_near(f" {text}! ")
    assert not NearTexts([]).has_near(text)
    if NearTexts(others).has_near(text):
        assert NearTexts([*others, "zzz"]).has_near(text)
