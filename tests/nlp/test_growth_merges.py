"""Joining neighbouring pieces: which may be joined, and the most frequent first."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.growth.merges import Merges, could_be_one, runs


@pytest.mark.parametrize(
    ("joined", "one"),
    [
        *((joined, True) for joined in ("▁Zelensky", "北京", "▁2024", "###")),
        *((joined, False) for joined in ("▁…", "don'", "北京a", "a▁b", "4G", "。北", "!?", "\ue001\ue001", "▁")),
    ],
)
def test_only_one_word_one_number_or_a_row_of_one_sign_is_joined(joined, one):
    assert could_be_one(joined) == one


def test_runs_end_at_spaces_signs_and_unknown_pieces():
    pieces = ["▁The", "▁co", "ast", "al", ",", "北", "京", None, "雨", "下", "!"]
    assert runs(pieces) == [("▁co", "ast", "al"), ("北", "京"), ("雨", "下")]


@given(words=st.dictionaries(st.text("abc", min_size=2, max_size=6).map(tuple), st.integers(1, 5), min_size=1))
def test_merges_agree_with_counting_anew_at_each_step(words):
    merges, sequences = Merges(words, lambda token: True), {word: list(word) for word in words}
    while token := merges.join(2):
        counts = Counter()
        for word, sequence in sequences.items():
            for left, right in pairwise(sequence):
                counts[left + right] += words[word]
        assert counts[token] == max(counts.values())
        assert token == min(each for each in counts if counts[each] == counts[token])
        for sequence in sequences.values():
            place = 0
            while place + 1 < len(sequence):
                if sequence[place] + sequence[place + 1] == token:
                    sequence[place : place + 2] = [token]
                place += 1
    left = Counter()
    for word, sequence in sequences.items():
        for piece in sequence:
            left[piece] += words[word]
    assert +merges.counts == left
