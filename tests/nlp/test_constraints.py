"""What the constraints about tokens rule out, against the rule in plain words, and which ones a search gets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.constraints import FORBIDDEN, NO_EDITS, Edits, Prefixes, constraints_of
from nlp.constraints.characters import MaximumCharacters, MinimumCharacters
from nlp.constraints.repetition import NoCopiedNgram, NoRepeatNgram, RepetitionPenalty
from nlp.constraints.tokens import ForbiddenTokens, MinimumLength
from nlp.constraints.words import BlockedWords, EndsOnlyWith
from nlp.errors import DecodingError
from nlp.tokenizers import BOS, EOS, PAD, SEP, UNK

SURFACES = ["", "", "", "", "", " a", " b", "c"]


def repeats_ngram(tokens, size):
    ngrams = [tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1)]
    return len(set(ngrams)) < len(ngrams)


def prefixes_of(outputs, sources=((),), requests=None):
    tokens = np.array([[BOS, *output] for output in outputs], np.int64).reshape(len(outputs), -1)
    return Prefixes(tokens, np.array(requests or [0] * len(outputs), np.int64), sources)


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
    wanted = {
        (row, token)
        for row, output in enumerate(outputs)
        for token in range(9)
        if repeats_ngram([*output, token], size)
    }
    assert not outputs or barred(NoRepeatNgram(size).edits(prefixes_of(outputs))) == wanted


def parts_of(source):
    """The source cut at its reserved ids."""
    parts = [[]]
    for token in source:
        if token > SEP:
            parts[-1].append(token)
        else:
            parts.append([])
    return parts


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(0, 4), st.integers(1, 3))
def test_exactly_the_tokens_that_would_copy_an_ngram_are_barred(data, size, length, rows):
    sources = [data.draw(st.lists(st.sampled_from([UNK, SEP, EOS, 5, 6, 7]), max_size=8)) for _ in range(2)]
    outputs = [data.draw(st.lists(st.integers(5, 7), min_size=length, max_size=length)) for _ in range(rows)]
    requests = [data.draw(st.integers(0, 1)) for _ in range(rows)]
    copied = [
        {tuple(part[start : start + size]) for part in parts_of(source) for start in range(len(part) - size + 1)}
        for source in sources
    ]
    wanted = {
        (row, token)
        for row, output in enumerate(outputs)
        for token in range(9)
        if tuple([*output, token][-size:]) in copied[requests[row]]
    }
    assert barred(NoCopiedNgram(size).edits(prefixes_of(outputs, sources, requests))) == wanted


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(5, 8), min_size=5, max_size=5), min_size=1, max_size=3))
def test_each_earlier_occurrence_costs_the_penalty_once(outputs):
    edits = RepetitionPenalty(0.75).edits(prefixes_of(outputs))
    total = np.zeros((len(outputs), 9), np.float32)
    np.add.at(total, (edits.rows, edits.tokens), edits.addends)
    assert total.tolist() == [[-0.75 * output.count(token) for token in range(9)] for output in outputs]


def test_nothing_said_yet_costs_nothing():
    assert [len(array) for array in RepetitionPenalty(1.0).edits(prefixes_of([[], []]))] == [0, 0, 0]


def test_the_end_is_barred_until_the_output_is_long_enough():
    rule = MinimumLength(2)
    assert barred(rule.edits(prefixes_of([[], []]))) == {(0, EOS), (1, EOS)}
    assert barred(rule.edits(prefixes_of([[7]]))) == {(0, EOS)}
    assert rule.edits(prefixes_of([[7, 8]])) is NO_EDITS


def test_forbidden_tokens_are_barred_in_every_row():
    assert barred(ForbiddenTokens((1, 4)).edits(prefixes_of([[], []]))) == {(0, 1), (0, 4), (1, 1), (1, 4)}


def test_a_search_without_wishes_still_bars_the_specials():
    assert constraints_of(SearchConfig(min_target_tokens=0, no_repeat_ngram=0)) == [ForbiddenTokens(FORBIDDEN)]
    assert set(FORBIDDEN) == {PAD, UNK, BOS, SEP}


@pytest.mark.parametrize(
    ("wish", "constraint", "hard"),
    [
        ({}, ForbiddenTokens(FORBIDDEN), True),
        ({"min_target_tokens": 2}, MinimumLength(2), False),
        ({"no_repeat_ngram": 4}, NoRepeatNgram(4), True),
        ({"no_copied_ngram": 5}, NoCopiedNgram(5), False),
        ({"repetition_penalty": 0.5}, RepetitionPenalty(0.5), False),
        ({"min_characters": 2.5, "max_characters": 9.0}, MinimumCharacters(2.5, 9.0, SURFACES), False),
        ({"max_characters": 9.0}, MaximumCharacters(9.0, SURFACES), True),
        ({"blocked_words": ("a", "b")}, BlockedWords(("a", "b"), SURFACES), True),
        ({"required_word": "a"}, EndsOnlyWith("a"), False),
    ],
)
def test_each_wish_brings_its_constraint(wish, constraint, hard):
    found = constraints_of(SearchConfig(**{"min_target_tokens": 0, "no_repeat_ngram": 0, **wish}), SURFACES)
    assert constraint in found
    assert len(found) == 1 + len(wish)
    assert constraint.hard is hard


@pytest.mark.parametrize(
    "wish", [{"min_characters": 1.0}, {"max_characters": 2.0}, {"blocked_words": ("a",)}, {"required_word": "a"}]
)
def test_rules_about_text_need_surfaces(wish):
    with pytest.raises(DecodingError, match="what each token looks like"):
        constraints_of(SearchConfig(**wish))


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


def test_edits_for_each_row_keep_to_their_rows():
    nothing = np.zeros(0, np.int64)
    assert barred(Edits.forbidding_each([np.array([5, 6]), nothing, np.array([7])])) == {(0, 5), (0, 6), (2, 7)}
    assert Edits.forbidding_each([nothing, nothing]) is NO_EDITS
    assert Edits.forbidding_each([]) is NO_EDITS
