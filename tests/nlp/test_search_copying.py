"""Search over a model that copies words which its vocabulary lacks: brute force, batches, and the rules about text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import SearchConfig
from nlp.constraints import Prefixes, contains_word, width
from nlp.constraints.characters import MaximumCharacters, MinimumCharacters
from nlp.constraints.words import BlockedWords, EndsOnlyWith
from nlp.required_word import search_with_word
from nlp.search import score_targets, search
from nlp.tokenizers import BOS, EOS, SEP
from nlp.tokenizers.protocol import spell
from tests.nlp.fake_stepper import CopyingTable, brute_force, repeats_ngram

SEEDS = st.integers(0, 2**32 - 1)
SPECIALS = [""] * 5
SURFACES = [*SPECIALS, " a", "b", "北", " ", "."]
VOCABULARY = len(SURFACES)
PIECES = st.text(st.sampled_from("aAb 北京."), min_size=1, max_size=3).filter(
    lambda text: text.strip() and "  " not in text
)
WORDS = st.sampled_from(["ab", "a b", "北京", "a", "b.", "京", "aab", "b"])


@st.composite
def sources(draw, most=3):
    """Ids of a source, and the surfaces of its words outside the vocabulary."""
    unknown = draw(st.lists(PIECES, unique=True, max_size=most))
    known = draw(st.lists(st.integers(5, VOCABULARY - 1), max_size=4))
    return tuple(draw(st.permutations([*known, *range(VOCABULARY, VOCABULARY + len(unknown))]))), unknown


@settings(max_examples=80, deadline=None)
@given(SEEDS, st.integers(0, 2), st.floats(0.1, 4), st.integers(1, 3), st.integers(0, 2), st.sampled_from([0.0, 0.6]))
def test_a_wide_beam_equals_brute_force(seed, unknown, spread, most_tokens, no_repeat_ngram, alpha):
    model, source = CopyingTable(8, 2, seed, spread), (7, *range(8, 8 + unknown))
    config = SearchConfig(
        beam_size=170,
        n_best=40,
        max_target_tokens=most_tokens,
        min_target_tokens=0,
        length_penalty=alpha,
        no_repeat_ngram=no_repeat_ngram,
    )
    [found] = search(model, [source], config)
    wanted = brute_force(model, source, config)[:40]
    assert [hypothesis.tokens for hypothesis in found] == [tokens for tokens, _ in wanted]
    assert [hypothesis.score for hypothesis in found] == pytest.approx([score for _, score in wanted], abs=1e-6)


@st.composite
def configs(draw):
    beam_size, limit, low = draw(st.integers(1, 4)), draw(st.integers(1, 7)), draw(st.integers(0, 6)) / 2
    return SearchConfig(
        beam_size=beam_size,
        n_best=draw(st.integers(1, beam_size)),
        strategy=draw(st.sampled_from(["beam", "sampling"])),
        diversity_penalty=draw(st.sampled_from([0.0, 1.0])),
        max_target_tokens=limit,
        min_target_tokens=draw(st.integers(0, min(limit, 3))),
        no_repeat_ngram=draw(st.integers(0, 3)),
        no_copied_ngram=draw(st.integers(0, 2)),
        repetition_penalty=draw(st.sampled_from([0.0, 0.5])),
        min_characters=low,
        max_characters=draw(st.sampled_from([0.0, low + 0.5, low + 2])),
        blocked_words=tuple(draw(st.lists(WORDS, max_size=2))),
    )


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.floats(0.1, 3), configs(), st.lists(sources(), min_size=1, max_size=3))
def test_no_output_breaks_a_hard_rule_and_batch_mates_change_nothing(seed, spread, config, batch):
    model, ids, unknown = CopyingTable(VOCABULARY, 3, seed, spread), [each[0] for each in batch], [e[1] for e in batch]
    together = search(model, ids, config, surfaces=SURFACES, unknown=unknown)
    for source, words, found in zip(ids, unknown, together, strict=True):
        assert found == search(model, [source], config, surfaces=SURFACES, unknown=[words])[0]
        for hypothesis in found:
            text = spell(SURFACES, hypothesis.tokens, words)
            assert all(token > SEP for token in hypothesis.tokens)
            assert len(hypothesis.tokens) <= config.max_target_tokens
            assert not repeats_ngram(hypothesis.tokens, config.no_repeat_ngram)
            assert not config.max_characters or width(text) <= config.max_characters
            assert not any(contains_word(text, word) for word in config.blocked_words)


@pytest.mark.parametrize("strategy", ["beam", "sampling"])
def test_a_blocked_word_of_the_source_is_not_copied(strategy):
    model, source = CopyingTable(VOCABULARY, 2, seed=3), (VOCABULARY, 5, VOCABULARY + 1)
    config = SearchConfig(beam_size=30, n_best=30, max_target_tokens=4, strategy=strategy, no_repeat_ngram=0)
    unknown = [[" Zürich", "龘"]]

    def texts(**blocked):
        rules = SearchConfig(**{**vars(config), **blocked})
        [found] = search(model, [source], rules, surfaces=SURFACES, unknown=unknown)
        return [spell(SURFACES, hypothesis.tokens, unknown[0]) for hypothesis in found]

    free, rest = texts(), texts(blocked_words=("zürich",))
    assert any(contains_word(text, "Zürich") for text in free) and any("龘" in text for text in free)
    assert not any(contains_word(text, "Zürich") for text in rest) and any("龘" in text for text in rest)


def test_no_ngram_of_the_source_is_copied_with_words_outside_the_vocabulary_in_it():
    model, source = CopyingTable(VOCABULARY, 2, seed=1), (VOCABULARY, VOCABULARY + 1, 5)
    config = SearchConfig(beam_size=30, n_best=30, max_target_tokens=3, no_repeat_ngram=0)
    pairs = {tuple(source[:2]), tuple(source[1:])}

    def copied(**options):
        [found] = search(model, [source], SearchConfig(**{**vars(config), **options}))
        return any(pair in pairs for each in found for pair in zip(each.tokens, each.tokens[1:], strict=False))

    assert copied() and not copied(no_copied_ngram=2)


RULES = st.one_of(
    st.lists(WORDS, min_size=1, max_size=3).map(lambda words: lambda surfaces: BlockedWords(tuple(words), surfaces)),
    st.integers(1, 8).map(lambda halves: lambda surfaces: MaximumCharacters(halves / 2, surfaces)),
    st.tuples(st.integers(1, 8), st.sampled_from([0, 1, 3])).map(
        lambda sizes: lambda surfaces: MinimumCharacters(sizes[0] / 2, sizes[1] and sum(sizes) / 2, surfaces)
    ),
    WORDS.map(lambda word: lambda surfaces: EndsOnlyWith(word)),
)


@settings(max_examples=400, deadline=None)
@given(RULES, st.lists(sources(), min_size=1, max_size=3), st.data())
def test_a_rule_bars_words_of_a_source_as_if_they_stood_in_the_vocabulary(rule, batch, data):
    unknown, length = [each[1] for each in batch], data.draw(st.integers(0, 4))
    rows = [
        data.draw(st.lists(st.integers(5, VOCABULARY + len(words) - 1), min_size=length, max_size=length))
        for words in unknown
    ]
    tokens = np.array([[BOS, *row] for row in rows], np.int64)
    edits = rule(SURFACES).edits(Prefixes(tokens, np.arange(len(rows)), [()] * len(rows), SURFACES, unknown))
    for row, words in enumerate(unknown):
        surfaces = [*SURFACES, *words]
        wanted = rule(surfaces).edits(Prefixes(tokens[[row]], np.zeros(1, np.int64), [()], surfaces))
        assert set(edits.tokens[edits.rows == row].tolist()) == set(wanted.tokens.tolist())


class Sourced:
    """A tokenizer of single characters that knows those of SURFACES."""

    vocab_size = VOCABULARY

    def surfaces(self):
        return SURFACES

    def encode_with_unknown(self, text):
        ids = [SURFACES.index(each) if each in SURFACES else 1 for each in text]
        return ids, [each for each, number in zip(text, ids, strict=True) if number == 1]

    def encode(self, text):
        return self.encode_with_unknown(text)[0]

    def decode(self, ids, unknown=()):
        return spell(SURFACES, ids, unknown)


def test_a_required_word_may_be_one_that_only_the_source_spells():
    model, config = CopyingTable(VOCABULARY, 2, seed=5), SearchConfig(beam_size=2, required_word="京龘")
    batch, unknown = [(VOCABULARY + 1, 5, VOCABULARY), (5, 6, VOCABULARY)], [["龘", "京"], ["龘"]]
    [first], second = search_with_word(model, batch, config, Sourced(), unknown)
    assert "京龘" in spell(SURFACES, first.tokens, unknown[0])
    assert second == []  # its source has no 京
    assert search_with_word(model, batch, config, Sourced()) == [[], []]


def test_targets_with_copied_words_are_scored_by_their_own_ids():
    model, source, target = CopyingTable(9, 2, seed=2), (9, 5, 10), (10, 6, 9)
    [score] = score_targets(model, [source], [[*target, EOS]])
    assert score.log_prob == pytest.approx(sum(model.token_log_probs(source, target)), abs=1e-5)
