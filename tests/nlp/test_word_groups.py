"""Tokens joined to words, however a text was cut into tokens."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text import has_han
from nlp.word_groups import group_words

SPACED = st.text("abz09.,'-é", min_size=1, max_size=8)


def words(surfaces):
    return ["".join(surfaces[place] for place in group) for group in group_words(surfaces)]


def is_partition(groups, count):
    return [place for group in groups for place in group] == list(range(count)) and all(map(len, groups))


@st.composite
def segmentations(draw, text):
    """A text in pieces, with a cut before each space at least, as every tokenizer cuts."""
    text = draw(text)
    places = st.sets(st.integers(1, max(1, len(text) - 1)))
    cuts = sorted({0, len(text), *draw(places), *(place for place, sign in enumerate(text) if sign == " ")})
    return [text[start:end] for start, end in itertools.pairwise(cuts) if start < end]


@given(segmentations(st.lists(SPACED, min_size=1, max_size=8).map(lambda found: " " + " ".join(found))))
def test_pieces_of_a_spaced_script_become_its_words_however_they_are_cut(surfaces):
    assert is_partition(group_words(surfaces), len(surfaces))
    assert [word.strip() for word in words(surfaces)] == "".join(surfaces).split()


@given(st.lists(st.sampled_from(["", " ", "a", " b", "央", "央行", "，", "3", " 银", "-", "“"]), max_size=12))
def test_groups_are_neighbours_and_lose_no_token(surfaces):
    groups = group_words(surfaces)
    assert is_partition(groups, len(surfaces))
    for group in groups:
        found = [surfaces[place] for place in group]
        assert "" not in found or found == [""] or not "".join(found).strip()
        assert not has_han("".join(found)) or sum(map(bool, map(str.strip, found))) == 1


@pytest.mark.parametrize(
    ("surfaces", "wanted"),
    [
        ([" ", "har", "b", "our", " city", ""], [" harbour", " city", ""]),
        (["央行", "下", "调", "20", "23", "年"], ["央行", "下", "调", "2023", "年"]),
        (["i", "Phone", "新", "品", "，"], ["iPhone", "新", "品", "，"]),
        ([" rates", ",", " says", " "], [" rates,", " says "]),
        ([" a", " ", "", " b"], [" a ", "", " b"]),
        ([], []),
    ],
)
def test_words_as_people_see_them(surfaces, wanted):
    assert words(surfaces) == wanted
