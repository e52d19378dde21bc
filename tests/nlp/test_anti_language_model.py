"""Reranking against what the model would say to anything, on a model whose every probability is known."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.anti_language_model import EMPTY_SOURCE, against_language_model
from nlp.config import SearchConfig
from nlp.search import Hypothesis, length_penalty, search
from nlp.tokenizers import UNK
from tests.nlp.fake_stepper import TableModel

SOURCES = [[6, 7, 3], [8, 3], [9, 9, 5, 3]]


def found_and_reranked(seed, weight, first, **settings):
    config = SearchConfig(
        n_best=5,
        max_target_tokens=4,
        anti_language_model=weight,
        anti_language_model_tokens=first,
        no_repeat_ngram=0,
        **settings,
    )
    model = TableModel(10, seed)
    found = search(model, SOURCES, config)
    return model, config, found, against_language_model(model, found, config, 10)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6),
    st.floats(0, 2),
    st.integers(1, 6),
    st.sampled_from([{}, {"strategy": "sampling", "length_penalty": 0.0}]),
)
def test_every_score_is_the_formula_and_the_best_comes_first(seed, weight, first, options):
    model, config, found, reranked = found_and_reranked(seed, weight, first, **options)
    for before, after in zip(found, reranked, strict=True):
        assert {each.tokens for each in before} == {each.tokens for each in after}
        scores = {each.tokens: each.score for each in before}
        for each in after:
            anything = sum(model.token_log_probs(EMPTY_SOURCE, each.tokens)[:first])
            penalty = length_penalty(len(each.tokens) + 1, config.length_penalty)
            assert each.score == pytest.approx(scores[each.tokens] - weight * anything / penalty, abs=1e-4)
        assert [each.score for each in after] == sorted((each.score for each in after), reverse=True)


def test_with_no_weight_nothing_changes():
    _, _, found, reranked = found_and_reranked(3, 0.0, 5)
    assert [[each.tokens for each in row] for row in found] == [[each.tokens for each in row] for row in reranked]


def test_what_is_said_to_anything_falls_behind():
    model = TableModel(10, 4)
    config = SearchConfig(n_best=5, max_target_tokens=3, anti_language_model=3.0, no_repeat_ngram=0)
    dull = max(
        (each for row in search(model, [list(EMPTY_SOURCE)], config) for each in row), key=lambda each: each.score
    )
    rare = dataclasses.replace(dull, tokens=tuple(reversed(dull.tokens)) if len(set(dull.tokens)) > 1 else (9, 5))
    first = against_language_model(model, [[dull, rare]], config, 10)[0][0]
    assert first.tokens == rare.tokens


def test_a_source_without_an_output_stays_without_one():
    config = SearchConfig(anti_language_model=1.0)
    assert against_language_model(TableModel(10, 1), [[], []], config, 10) == [[], []]


def test_a_copied_word_outside_the_vocabulary_is_unknown_to_the_language_model():
    model, config = TableModel(10, 2), SearchConfig(anti_language_model=1.0, length_penalty=0.0)
    copied = Hypothesis((12, 6), (-1.0, -1.0, -1.0), -3.0)
    reranked = against_language_model(model, [[copied]], config, 10)[0][0]
    assert reranked.tokens == copied.tokens
    assert reranked.score == pytest.approx(-3.0 - sum(model.token_log_probs(EMPTY_SOURCE, (UNK, 6))), abs=1e-5)
