"""Sampling from a random table: reproducible, true to the distribution, and under the same rules as a beam."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.search import search
from nlp.search.sampling import _choose
from nlp.tokenizers import BOS, EOS, PAD, SEP, UNK
from tests.nlp.fake_stepper import TableModel, repeats_ngram

SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def samplings(draw):
    draws, limit = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    return SearchConfig(
        strategy="sampling",
        beam_size=draws,
        n_best=draw(st.integers(1, draws)),
        max_target_tokens=limit,
        min_target_tokens=draw(st.integers(0, min(limit, 3))),
        no_repeat_ngram=draw(st.integers(0, 3)),
        temperature=draw(st.floats(0.05, 3)),
        top_k=draw(st.integers(0, 5)),
        top_p=draw(st.floats(0.05, 1)),
        seed=draw(st.integers(0, 2**31)),
    )


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.integers(6, 9), samplings())
def test_draws_keep_to_the_rules(seed, vocab_size, config):
    model = TableModel(vocab_size, seed)
    [found] = search(model, [(0,)], config)
    assert len({hypothesis.tokens for hypothesis in found}) == len(found) <= config.n_best
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
    for hypothesis in found:
        assert not {PAD, UNK, BOS, EOS, SEP} & set(hypothesis.tokens)
        assert len(hypothesis.tokens) <= config.max_target_tokens
        assert not repeats_ngram(hypothesis.tokens, config.no_repeat_ngram)
        assert list(hypothesis.log_probs) == model.token_log_probs((0,), hypothesis.tokens)


@settings(max_examples=100, deadline=None)
@given(SEEDS, samplings(), st.lists(st.integers(0, 99), min_size=1, max_size=7))
def test_a_source_draws_the_same_in_any_batch(seed, config, sources):
    model = TableModel(9, seed)
    together = search(model, [(source,) for source in sources], config)
    assert together == [search(model, [(source,)], config)[0] for source in sources]


def test_another_seed_draws_otherwise_and_the_same_seed_the_same():
    model, config = TableModel(9, 1), SearchConfig(strategy="sampling", beam_size=1, no_repeat_ngram=0)
    drawn = [search(model, [(s,) for s in range(20)], replace(config, seed=seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_draws_follow_the_distribution():
    model = TableModel(8, 5, spread=1.0)
    config = SearchConfig(strategy="sampling", beam_size=1, max_target_tokens=1, min_target_tokens=1, no_repeat_ngram=0)
    counts = Counter(search(model, [(3,)], replace(config, seed=seed))[0][0].tokens[0] for seed in range(3000))
    weights = np.exp(model.log_probs((3,), (BOS,))[5:8])  # EOS is barred, the specials too: the three words are left
    wanted = weights / weights.sum()
    for word, share in zip((5, 6, 7), wanted, strict=True):
        assert counts[word] / 3000 == pytest.approx(share, abs=float(4 * np.sqrt(share * (1 - share) / 3000)))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-20, 0) | st.just(-np.inf), min_size=1, max_size=8),
    st.floats(0, 0.999999),
    st.floats(0.05, 3),
    st.floats(0.05, 1),
)
def test_the_nucleus_by_hand(log_probs, draw, temperature, top_p):
    log_probs = sorted(log_probs, reverse=True)
    if log_probs[0] == -np.inf:
        return
    config = SearchConfig(temperature=temperature, top_p=top_p)
    [chosen] = _choose(np.array([log_probs], np.float32), np.array([draw]), config)
    weights = [
        np.exp((np.float64(np.float32(x)) - np.float64(np.float32(log_probs[0]))) / temperature) for x in log_probs
    ]
    nucleus, reached = [], 0.0
    for weight in weights:
        if reached < top_p * sum(weights):
            nucleus.append(weight)
        reached += weight
    assert log_probs[chosen] > -np.inf and chosen < len(nucleus) + 1e-9
    below = sum(nucleus[:chosen]) / sum(nucleus)
    assert below - 1e-6 <= draw <= below + nucleus[chosen] / sum(nucleus) + 1e-6


def test_a_low_temperature_is_greedy():
    model = TableModel(9, 2)
    greedy = SearchConfig(beam_size=1)
    cold = replace(greedy, strategy="sampling", temperature=0.001)
    sources = [(source,) for source in range(10)]
    assert search(model, sources, cold) == search(model, sources, greedy)
