"""Search over a random table: against brute force, against a hand-written greedy loop, and in batches against alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.constraints import constraints_of
from nlp.constraints.tokens import ForbiddenTokens
from nlp.errors import DecodingError
from nlp.search import Candidates, coverage_penalty, length_penalty, score_targets, search
from nlp.search.beam import beam_search
from nlp.search.decoding import Request
from nlp.tokenizers import BOS, EOS, PAD, SEP, UNK
from tests.nlp.fake_stepper import FIRST_WORD, TableModel, brute_force, repeats_ngram

SEEDS = st.integers(0, 2**32 - 1)
BEAM_SIZES = st.integers(1, 6)
ALPHAS = st.sampled_from([0.0, 0.6, 1.0, 2.5]) | st.floats(0, 4)


@st.composite
def configs(draw, beam_sizes=BEAM_SIZES, most_tokens=6):
    beam_size, limit = draw(beam_sizes), draw(st.integers(1, most_tokens))
    return SearchConfig(
        beam_size=beam_size,
        n_best=draw(st.integers(1, beam_size)),
        max_target_tokens=limit,
        min_target_tokens=draw(st.integers(0, min(limit, 3))),
        length_penalty=draw(ALPHAS),
        no_repeat_ngram=draw(st.integers(0, 3)),
    )


def first_pass(model, source, config):
    """Token lists of what a beam finds under all the rules, before any of them gives way."""
    [found] = beam_search(Request(model, [source], config, constraints_of(config)))
    return [list(hypothesis.tokens) for hypothesis in found]


@settings(max_examples=150, deadline=None)
@given(
    SEEDS, st.integers(6, 8), st.floats(0.1, 4), configs(beam_sizes=st.just(130), most_tokens=4), st.integers(1, 130)
)
def test_a_wide_beam_equals_brute_force(seed, vocab_size, spread, config, n_best):
    model = TableModel(vocab_size, seed, spread)
    config = SearchConfig(**{**vars(config), "n_best": n_best})
    [found] = search(model, [(7,)], config)
    # Where nothing is long enough without repeating itself, the least length is given up.
    wanted = (brute_force(model, (7,), config) or brute_force(model, (7,), replace(config, min_target_tokens=0)))[
        :n_best
    ]
    assert [hypothesis.tokens for hypothesis in found] == [tokens for tokens, _ in wanted]
    assert [hypothesis.score for hypothesis in found] == pytest.approx([score for _, score in wanted], abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(6, 9), configs(beam_sizes=st.just(1)))
def test_a_beam_of_one_takes_the_best_permitted_token_each_time(seed, vocab_size, config):
    model, tokens = TableModel(vocab_size, seed), []
    ended = False
    while not ended and len(tokens) < config.max_target_tokens:
        words = range(FIRST_WORD, vocab_size)
        permitted = [word for word in words if not repeats_ngram([*tokens, word], config.no_repeat_ngram)]
        permitted += [EOS] if len(tokens) >= config.min_target_tokens else []
        if not permitted:
            break
        log_probs = model.log_probs((1,), (BOS, *tokens)[-2:])
        tokens.append(max(permitted, key=lambda token: log_probs[token]))
        ended = tokens[-1] == EOS
    stuck = not ended and len(tokens) < config.max_target_tokens
    wanted = [] if stuck else [tokens[:-1] if ended else tokens]
    assert first_pass(model, (1,), config) == wanted


def test_a_source_stays_open_while_a_longer_output_can_still_win():
    class LateBloomer(TableModel):
        def _draw(self, source, history):
            probabilities = np.full(6, 1e-6)
            probabilities[[5, EOS]] = (0.09, 0.3) if history == (BOS,) else (0.99, 0.99)
            return np.log(probabilities).astype(np.float32)

    config = SearchConfig(beam_size=3, max_target_tokens=2, min_target_tokens=0, length_penalty=4.0, no_repeat_ngram=0)
    # ln 0.3 = -1.2 beats what (5,) could become within 2 tokens, EOS counted, but not within 3.
    [[best]] = search(LateBloomer(6, 0), [(0,)], config)
    assert best.tokens == (5, 5)


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(6, 9), st.lists(st.integers(0, 99), min_size=1, max_size=7), configs(), st.floats(0.1, 4))
def test_a_batch_gives_what_each_source_gives_alone(seed, vocab_size, sources, config, spread):
    model = TableModel(vocab_size, seed, spread)
    together = search(model, [(source,) for source in sources], config)
    assert together == [search(model, [(source,)], config)[0] for source in sources]


def test_sources_of_one_batch_close_at_different_steps():
    model, config = TableModel(8, seed=3), SearchConfig(beam_size=2, max_target_tokens=12, no_repeat_ngram=0)
    lengths = [len(found[0].tokens) for found in search(model, [(source,) for source in range(20)], config)]
    assert min(lengths) < 3 and max(lengths) > 6  # or the property above would compare nothing of interest


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(6, 9), configs(), st.floats(0.1, 4))
def test_outputs_keep_to_the_rules(seed, vocab_size, config, spread):
    model = TableModel(vocab_size, seed, spread)
    [found] = search(model, [(0,)], config)
    assert len(found) <= config.n_best
    assert len({hypothesis.tokens for hypothesis in found}) == len(found)
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
    for hypothesis in found:
        assert not {PAD, UNK, BOS, EOS, SEP} & set(hypothesis.tokens)
        assert len(hypothesis.tokens) <= config.max_target_tokens
        assert len(hypothesis.tokens) >= config.min_target_tokens or not first_pass(model, (0,), config)
        assert not repeats_ngram(hypothesis.tokens, config.no_repeat_ngram)
        assert list(hypothesis.log_probs) == model.token_log_probs((0,), hypothesis.tokens)
        penalty = ((5 + len(hypothesis.log_probs)) / 6) ** config.length_penalty
        assert hypothesis.score == pytest.approx(sum(hypothesis.log_probs) / penalty, abs=1e-9)


def test_where_every_way_is_barred_the_soft_rules_give_way_and_the_hard_ones_stand():
    # One word that may not be repeated, and two are wanted: the least length gives way.
    config = SearchConfig(beam_size=3, min_target_tokens=2, max_target_tokens=4, no_repeat_ngram=1)
    model = TableModel(6, seed=1)
    assert not first_pass(model, (0,), config)
    assert [[hypothesis.tokens for hypothesis in found] for found in search(model, [(0,), (1,)], config)] in (
        [[(5,)], [(5,)]],
        [[()], [()]],
        [[(5,)], [()]],
        [[()], [(5,)]],
    )
    mute = ForbiddenTokens(tuple(range(6)))
    assert search(model, [(0,), (1,)], config, [mute]) == [[], []]  # a hard rule that bars everything


def test_an_opening_is_kept_and_the_search_goes_on_from_it():
    model = TableModel(9, seed=4)
    config = SearchConfig(beam_size=40, n_best=1, max_target_tokens=3, min_target_tokens=0, no_repeat_ngram=0)
    [[free], [opened]] = search(model, [(0,), (0,)], config, openings=[(), (8, 7)])
    assert opened.tokens[:2] == (8, 7) and free.tokens[:2] != (8, 7)
    ways = [(8, 7), *((8, 7, word) for word in range(5, 9))]
    scores = {way: sum(model.token_log_probs((0,), way)) / ((6 + len(way)) / 6) ** 0.6 for way in ways}
    assert opened.tokens == max(scores, key=scores.get)
    assert list(opened.log_probs) == model.token_log_probs((0,), opened.tokens)


def test_the_coverage_penalty_prefers_what_looked_at_the_whole_source():
    class Reader(TableModel):
        """The likelier word 5 looks past the second source token, word 6 does not."""

        def step(self, tokens, state, edits, wanted, count):
            candidates, state = super().step(tokens, state, edits, wanted, count)
            looks = {5: (0.5, 0.1, 0.4), 6: (0.5, 0.5, 0.0)}
            attention = np.array([looks.get(int(token), (0.5, 0.5, 0.0)) for token in tokens], np.float32)
            return Candidates(candidates.tokens, candidates.log_probs, candidates.wanted, attention), state

        def _draw(self, source, history):
            probabilities = np.full(7, 1e-9)
            probabilities[[5, 6, EOS]] = (0.6, 0.4, 1e-9) if history == (BOS,) else (1e-9, 1e-9, 1.0)
            return np.log(probabilities).astype(np.float32)

    source = (9, 9)  # the third column of the attention is padding and must not count
    config = SearchConfig(beam_size=2, n_best=2, max_target_tokens=1, length_penalty=0.0, coverage_penalty=1.0)
    [found] = search(Reader(7, 0), [source], config)
    wanted = {(5,): np.log(0.6) + np.log(1.0) + np.log(0.6), (6,): np.log(0.4) + np.log(1.0) + np.log(1.0)}
    assert [h.tokens for h in found] == [(6,), (5,)]
    assert {h.tokens: h.score for h in found} == pytest.approx(wanted, abs=1e-5)
    assert coverage_penalty(np.array([2.0, 0.25], np.float32), 3.0) == pytest.approx(3 * np.log(0.25))


def test_an_unfinished_output_ends_at_the_limit_at_its_true_log_probability():
    class Talker(TableModel):
        def _draw(self, source, history):
            probabilities = np.full(8, 0.002)
            probabilities[[5, 6, EOS]] = 0.6, 0.3, 0.01
            return np.log(probabilities).astype(np.float32)

    [[found]] = search(Talker(8, 0), [(0,)], SearchConfig(beam_size=2, max_target_tokens=3, no_repeat_ngram=0))
    assert found.tokens == (5, 5, 5)
    assert np.exp(found.log_probs) == pytest.approx([0.6, 0.6, 0.6, 0.01], rel=1e-5)


def test_a_log_probability_that_is_not_a_number_is_an_error():
    class Damaged(TableModel):
        def _draw(self, source, history):
            return super()._draw(source, history) * (np.nan if history == (BOS, 6) else 1)

    with pytest.raises(DecodingError, match="token 2"):
        search(Damaged(7, 0), [(0,)], SearchConfig(beam_size=2, min_target_tokens=1, no_repeat_ngram=0))
    with pytest.raises(DecodingError, match="token 2"):
        score_targets(Damaged(7, 0), [(0,)], [[6, 5, EOS]])


def test_no_sources_give_no_outputs():
    assert search(TableModel(7, 0), [], SearchConfig()) == []
    assert score_targets(TableModel(7, 0), [], []) == []


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.lists(st.lists(st.integers(FIRST_WORD, 8), max_size=6), min_size=1, max_size=5))
def test_given_targets_are_scored_token_by_token(seed, targets):
    model, sources = TableModel(9, seed), [(index,) for index in range(len(targets))]
    scores = score_targets(model, sources, [[*target, EOS] for target in targets])
    for source, target, score in zip(sources, targets, scores, strict=True):
        log_probs = model.token_log_probs(source, target)
        assert score.log_prob == pytest.approx(sum(log_probs), abs=1e-5)
        assert score.tokens == len(target) + 1
        path = (BOS, *target)
        firsts = [int(np.argmax(model.log_probs(source, path[max(0, i - 1) : i + 1]))) for i in range(len(path))]
        assert score.correct_tokens == sum(a == b for a, b in zip(firsts, [*target, EOS], strict=True))


def test_the_length_penalty_is_that_of_equation_14():
    assert length_penalty(1, 0.6) == 1.0
    assert length_penalty(7, 1.0) == 2.0
    assert length_penalty(30, 0.0) == 1.0


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(0.5, 3), st.lists(st.integers(0, 9), min_size=1, max_size=4), configs())
def test_diverse_candidates_are_distinct_and_scored_as_if_nothing_had_been_taken(seed, nats, sources, config):
    model, config = TableModel(9, seed), replace(config, diversity_penalty=nats)
    together = search(model, [(source,) for source in sources], config)
    assert together == [search(model, [(source,)], config)[0] for source in sources]
    for source, found in zip(sources, together, strict=True):
        assert len({hypothesis.tokens for hypothesis in found}) == len(found)
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
        for hypothesis in found:
            assert hypothesis.log_probs == pytest.approx(model.token_log_probs((source,), hypothesis.tokens), abs=1e-4)
            penalty = ((5 + len(hypothesis.log_probs)) / 6) ** config.length_penalty
            assert hypothesis.score == pytest.approx(sum(hypothesis.log_probs) / penalty, abs=1e-4)


def test_a_diversity_penalty_makes_candidates_share_fewer_words():
    def shared(diversity_penalty):
        config = SearchConfig(beam_size=5, n_best=3, max_target_tokens=6, diversity_penalty=diversity_penalty)
        found = search(TableModel(40, 3, spread=1.5), [(source,) for source in range(12)], config)
        bags = [[set(hypothesis.tokens) for hypothesis in each] for each in found]
        return sum(len(a & b) for first, second, third in bags for a, b in ((first, second), (first, third)))

    assert shared(2.0) < 0.5 * shared(0.0)
