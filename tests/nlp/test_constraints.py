"""What the constraints rule out, against the rule in plain words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.constraints import NO_EDITS, Edits, ForbiddenTokens, MinimumLength, NoRepeatNgram, constraints_of
from nlp.tokenizers import BOS, EOS, PAD, SEP, UNK
from tests.nlp.fake_stepper import repeats_ngram


def barred(edits):
    assert (edits.addends == -np.inf).all()
    return set(zip(edits.rows.tolist(), edits.tokens.tolist(), strict=True))


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(0, 9), st.integers(1, 4))
def test_exactly_the_tokens_that_would_repeat_an_ngram_are_barred(data, size, length, rows):
    tokens = st.lists(st.integers(5, 7), min_size=length, max_size=length)
    outputs = [
        data.draw(tokens.filter(lambda each: not repeats_ngram(each, size)))
        for _ in range(rows if size > 1 or length < 4 else 0)
    ]
    prefixes = np.array([[BOS, *output] for output in outputs], np.int64).reshape(len(outputs), length + 1)
    wanted = {
        (row, token)
        for row, output in enumerate(outputs)
        for token in range(9)
        if repeats_ngram([*output, token], size)
    }
    assert barred(NoRepeatNgram(size).edits(prefixes)) == wanted


def test_the_end_is_barred_until_the_output_is_long_enough():
    rule = MinimumLength(2)
    assert barred(rule.edits(np.array([[BOS], [BOS]]))) == {(0, EOS), (1, EOS)}
    assert barred(rule.edits(np.array([[BOS, 7]]))) == {(0, EOS)}
    assert rule.edits(np.array([[BOS, 7, 8]])) is NO_EDITS


def test_forbidden_tokens_are_barred_in_every_row():
    assert barred(ForbiddenTokens((1, 4)).edits(np.array([[BOS], [BOS]]))) == {(0, 1), (0, 4), (1, 1), (1, 4)}


def test_a_search_without_wishes_still_bars_the_specials():
    [only] = constraints_of(SearchConfig(min_target_tokens=0, no_repeat_ngram=0))
    assert set(only.tokens) == {PAD, UNK, BOS, SEP}
    assert MinimumLength(2) in constraints_of(SearchConfig(min_target_tokens=2))
    assert NoRepeatNgram(4) in constraints_of(SearchConfig(no_repeat_ngram=4))


@pytest.mark.parametrize("parts", [[], [NO_EDITS, NO_EDITS]])
def test_no_edits_join_to_none(parts):
    assert [len(array) for array in Edits.joined(parts)] == [0, 0, 0]
    assert [array.dtype for array in Edits.joined(parts)] == [np.int64, np.int64, np.float32]


def test_edits_join_in_order():
    parts = [
        Edits.forbidding(np.array([0]), np.array([5])),
        NO_EDITS,
        Edits(np.array([1]), np.array([6]), np.ones(1, np.float32)),
    ]
    rows, tokens, addends = Edits.joined(parts)
    assert (rows.tolist(), tokens.tolist(), addends.tolist()) == ([0, 1], [5, 6], [-np.inf, 1.0])
