"""Whole searches over a random table keep to the hard rules whatever they ask for, and to the others where they can."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.constraints import contains_word, width
from nlp.search import search
from nlp.tokenizers import SEP
from tests.nlp.fake_stepper import TableModel, repeats_ngram

SURFACES = ["", "", "", "", "", " a", "b", " ab", "北", "京", " ", "."]
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def configs(draw):
    beam_size, limit, low = draw(st.integers(1, 5)), draw(st.integers(1, 8)), draw(st.integers(0, 6)) / 2
    return SearchConfig(
        beam_size=beam_size,
        n_best=draw(st.integers(1, beam_size)),
        strategy=draw(st.sampled_from(["beam", "sampling"])),
        max_target_tokens=limit,
        min_target_tokens=draw(st.integers(0, min(limit, 3))),
        no_repeat_ngram=draw(st.integers(0, 3)),
        no_copied_ngram=draw(st.integers(0, 2)),
        repetition_penalty=draw(st.sampled_from([0.0, 0.5])),
        min_characters=low,
        max_characters=draw(st.sampled_from([0.0, low + 0.5, low + 2])),
        blocked_words=tuple(draw(st.lists(st.sampled_from(["ab", "a b", "北京", "a", "b.", "京"]), max_size=3))),
    )


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.floats(0.1, 4), configs(), st.lists(st.integers(5, 11), min_size=1, max_size=5))
def test_no_output_breaks_a_hard_rule(seed, spread, config, source):
    model = TableModel(len(SURFACES), seed, spread)
    [found] = search(model, [source], config, surfaces=SURFACES)
    for hypothesis in found:
        text = " ".join("".join(SURFACES[token] for token in hypothesis.tokens).split())
        assert all(token > SEP for token in hypothesis.tokens)
        assert len(hypothesis.tokens) <= config.max_target_tokens
        assert not repeats_ngram(hypothesis.tokens, config.no_repeat_ngram)
        assert not config.max_characters or width(text) <= config.max_characters
        assert not any(contains_word(text, word) for word in config.blocked_words)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from(["beam", "sampling"]), st.integers(2, 6))
def test_soft_rules_hold_where_there_is_a_way(seed, strategy, low):
    config = SearchConfig(
        beam_size=4, strategy=strategy, max_target_tokens=20, min_characters=low / 2, max_characters=8.0
    )
    model = TableModel(len(SURFACES), seed)
    [[best, *_]] = search(model, [[5, 6]], config, surfaces=SURFACES)
    assert width("".join(SURFACES[token] for token in best.tokens)) >= low / 2


def test_an_output_below_the_minimum_is_better_than_none():
    surfaces = ["", "", "", "", "", "北京"]
    config = SearchConfig(beam_size=2, min_characters=3.0, max_characters=3.0, no_repeat_ngram=0)
    [[best, *_]] = search(TableModel(6, 0), [[5]], config, surfaces=surfaces)
    assert best.tokens == (5,)
