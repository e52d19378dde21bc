"""Long texts in parts: nothing lost, nothing too long, cut where a reader would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.splitting import MOST_UNITS, split_text, utf16_units


@given(st.text(alphabet="ab。，. \n😀", max_size=80), st.integers(2, 30))
def test_only_space_is_lost_and_no_part_is_too_long_or_blank(text, most):
    parts = split_text(text, most)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(part.strip() == part != "" and utf16_units(part) <= most for part in parts)


@given(st.text(max_size=40))
def test_units_are_those_of_utf16(text):
    assert utf16_units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_a_short_text_is_one_part():
    assert split_text(" hello ") == ["hello"] and split_text(" \n ") == []
    assert split_text("a" * MOST_UNITS) == ["a" * MOST_UNITS]


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("One two.\n\nThree four. Five", 20, ["One two.", "Three four. Five"]),
        ("One two three. Four five", 20, ["One two three.", "Four five"]),
        ("one two three four", 10, ["one two", "three four"]),
        ("one two, three four", 16, ["one two,", "three four"]),
        ("今天天气很好。我们去公园", 10, ["今天天气很好。", "我们去公园"]),
        ("今天天气很好我们去公园", 6, ["今天天气很好", "我们去公园"]),
        ("a b" + "c" * 9, 6, ["a bccc", "cccccc"]),  # a border too early would leave the part nearly empty
        ("😀😀😀", 3, ["😀", "😀", "😀"]),
    ],
)
def test_the_best_border_is_taken(text, most, parts):
    assert split_text(text, most) == parts
