"""Turns to ids: what is kept, what is cut, and that the flag says so. The tokenizer gives one id per character."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import ModelConfig
from nlp.encoding import (
    CHARACTERS_PER_TOKEN,
    EncodedSource,
    encode_pairs,
    encode_source,
    encode_target,
    unreadable_share,
)
from nlp.text import normalize
from nlp.tokenizers import BOS, EOS, PAD, SEP, UNK


class Letters:
    vocab_size = 0x110000

    def encode(self, text):
        return [ord(character) + 5 for character in text]

    def decode(self, ids):
        return "".join(chr(token - 5) for token in ids if token >= 5)


LETTERS = Letters()
TURNS = st.lists(st.text("abc 好", max_size=12), max_size=5)
LIMITS = st.integers(1, 30)
TASKS = st.sampled_from(["headlines", "dialogue"])


def pieces(ids):
    """The texts between SEPs of ids that end in EOS."""
    assert ids[-1] == EOS and EOS not in ids[:-1] and PAD not in ids and BOS not in ids
    texts = [[]]
    for token in ids[:-1]:
        if token == SEP:
            texts.append([])
        else:
            texts[-1].append(token)
    return [LETTERS.decode(text) for text in texts]


@settings(max_examples=300, deadline=None)
@given(TURNS, LIMITS, TASKS)
def test_a_source_fits_ends_in_eos_and_the_flag_is_true_exactly_when_something_was_cut(turns, limit, task):
    encoded = encode_source(LETTERS, turns, limit, task)
    texts = [text for text in map(normalize, turns) if text]
    assert len(encoded.ids) <= limit
    assert encoded.truncated == (pieces(encoded.ids) != (texts or [""]))


@settings(max_examples=200, deadline=None)
@given(TURNS, LIMITS)
def test_a_headline_keeps_the_start(turns, limit):
    whole = encode_source(LETTERS, turns, 10_000, "headlines").ids
    assert encode_source(LETTERS, turns, limit, "headlines").ids == [*whole[:-1][: limit - 1], EOS]


@settings(max_examples=200, deadline=None)
@given(TURNS, LIMITS)
def test_a_dialogue_keeps_the_newest_whole_turns_or_the_end_of_the_last(turns, limit):
    texts = [text for text in map(normalize, turns) if text]
    kept = pieces(encode_source(LETTERS, turns, limit, "dialogue").ids)
    if not texts or limit == 1:
        assert kept == [""]
    elif len(texts[-1]) > limit - 1:
        assert kept == [texts[-1][-(limit - 1) :]]
    else:
        assert kept == texts[len(texts) - len(kept) :]
        older = texts[: len(texts) - len(kept)]
        assert not older or len("+".join([older[-1], *kept])) > limit - 1  # the next older one would not have fitted


@pytest.mark.parametrize(("task", "kept"), [("headlines", "1"), ("dialogue", "2")])
def test_far_beyond_the_limit_is_cut_before_it_is_tokenized(task, kept):
    seen = []

    class Listening(Letters):
        def encode(self, text):
            seen.append(text)
            return super().encode(text)

    text = "1" * 50_000 + "2" * 50_000
    encoded = encode_source(Listening(), [text], 8, task)
    assert encoded.truncated and pieces(encoded.ids) == [kept * 7]
    assert [len(each) for each in seen] == [8 * CHARACTERS_PER_TOKEN]


def test_tokens_longer_than_expected_are_still_flagged_as_cut():
    class OneToken(Letters):
        def encode(self, text):
            return [9]

    window = 8 * CHARACTERS_PER_TOKEN
    assert encode_source(OneToken(), ["x" * (window + 1)], 8, "headlines").truncated
    assert not encode_source(OneToken(), ["x" * window], 8, "headlines").truncated


def test_texts_are_normalised_on_both_sides():
    assert pieces(encode_source(LETTERS, ["  Ａ\u200b\tb "], 9, "headlines").ids) == ["A b"]
    assert pieces(encode_target(LETTERS, " Ａ ")) == ["A"]


@pytest.mark.parametrize(
    ("ids", "share"),
    [([EOS], 0), ([7, 8, EOS], 0), ([UNK, EOS], 1), ([7, UNK, SEP, 8, 9, EOS], 0.25), ([6, UNK, 6, UNK, EOS], 1)],
)
def test_the_unreadable_share_counts_what_spells_something(ids, share):
    class Spaced(Letters):
        def decode(self, ids):
            return "" if ids == [6] else "a"

    assert unreadable_share(Spaced(), ids) == share


def test_pairs_come_back_and_a_target_that_does_not_fit_is_left_out_and_counted():
    examples = [(("ab", "c"), "xy", 1.0, ""), (("d",), "too long", 1.0, ""), ((), "z", 0.5, "")]
    pairs = encode_pairs(LETTERS, examples, ModelConfig(max_source_tokens=9, max_target_tokens=3), "dialogue")
    assert len(pairs) == 2 and pairs.too_long == 1
    assert [pieces(pairs.source(i).tolist()) for i in range(2)] == [["ab", "c"], [""]]
    assert [pieces(pairs.target(i).tolist()) for i in range(2)] == [["xy"], ["z"]]
    assert pairs.weights.tolist() == [1.0, 0.5]
    assert pairs.source_ids.dtype == np.int32


NINE = ModelConfig(max_source_tokens=9, max_target_tokens=9)
NINE_COPYING = replace(NINE, copy=True)


class Few:
    """Knows the letters a, b and c, and no others."""

    vocab_size = 8

    def encode_with_unknown(self, text):
        return self.encode(text), [letter for letter in text if letter not in "abc"]

    def encode(self, text):
        return ["abc".index(letter) + 5 if letter in "abc" else UNK for letter in text]

    def decode(self, ids, unknown=()):
        return "".join(["", "", "", "", "", "a", "b", "c", *unknown][token] for token in ids)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("abcxyzÜ好", max_size=12), max_size=4), LIMITS, TASKS)
def test_with_copying_each_unknown_word_has_an_id_of_its_own_and_all_else_is_as_without(turns, limit, task):
    plain, own = (encode_source(Few(), turns, limit, task, copy=copy) for copy in (False, True))
    assert plain.unknown == () and own.truncated == plain.truncated
    assert [UNK if token >= 8 else token for token in own.ids] == plain.ids
    seen = list(dict.fromkeys(token for token in own.ids if token >= 8))
    assert seen == list(range(8, 8 + len(own.unknown))) and len(set(own.unknown)) == len(own.unknown)
    clear = encode_source(LETTERS, turns, limit, task).ids  # one id per character too
    assert [Few().decode([token], own.unknown) for token in own.ids] == [LETTERS.decode([t]) for t in clear]


def test_a_target_knows_the_unknown_words_of_its_source_and_no_others():
    assert encode_target(Few(), "yaxz", source=EncodedSource([], False, ("x", "y"))) == [9, 5, 8, UNK, EOS]
    assert encode_target(Few(), "yaxz") == [UNK, 5, UNK, UNK, EOS]


def test_pairs_for_copying_have_the_ids_of_their_own_source():
    examples = [(("axy",), "yzb", 1.0, ""), (("z", "ax"), "xz", 1.0, ""), (("ab",), "x", 1.0, "")]
    pairs = encode_pairs(Few(), examples, NINE_COPYING, "dialogue")
    sides = [(pairs.source(i).tolist(), pairs.target(i).tolist()) for i in range(3)]
    assert sides == [
        ([5, 8, 9, EOS], [9, UNK, 6, EOS]),
        ([8, SEP, 5, 9, EOS], [9, 8, EOS]),
        ([5, 6, EOS], [UNK, EOS]),
    ]
    plain = encode_pairs(Few(), examples, NINE, "dialogue")
    assert np.where(pairs.source_ids < 8, pairs.source_ids, UNK).tolist() == plain.source_ids.tolist()
    assert pairs.source_ids.dtype == pairs.target_ids.dtype == np.uint16


def test_two_bytes_hold_an_id_only_where_copied_ones_fit_too():
    class Large(Few):
        vocab_size = 65_530

    assert encode_pairs(Large(), [(("a",), "b", 1.0, "")], NINE, "dialogue").source_ids.dtype == np.uint16
    pairs = encode_pairs(Large(), [(("uvwxyz",), "z", 1.0, "")], NINE_COPYING, "dialogue")
    assert pairs.target_ids.tolist() == [65_535, EOS] and pairs.source_ids.dtype == np.int32


def test_the_unreadable_share_counts_unknown_words_with_ids_of_their_own():
    assert unreadable_share(Few(), [5, 8, SEP, 9, 6, EOS]) == 0.5


def test_no_pairs_are_fine():
    pairs = encode_pairs(LETTERS, [], NINE, "headlines")
    assert len(pairs) == 0 and pairs.source_starts.tolist() == [0]
