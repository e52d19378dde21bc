"""Blocked and required words, against a regular expression over every text that the tokens can make."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp.constraints import Prefixes, contains_word
from nlp.constraints.words import BlockedWords, EndsOnlyWith
from nlp.tokenizers import BOS, EOS

SPECIALS = [""] * 5
LENGTH = 4


@pytest.mark.parametrize(
    ("text", "word", "wanted"),
    [
        ("what an ass", "ass", True),
        ("ASS!", "ass", True),
        ("a class", "ass", False),
        ("an assembly", "ass", False),
        ("ass2", "ass", False),
        ("class ass", "ass", True),
        ("一个ass很", "ass", True),
        ("in New York.", "new york", True),
        ("new  york", "New\u3000York", True),
        ("renew york", "new york", False),
        ("北京人", "北京", True),
        ("北 京", "北京", False),
        ("用c++写", "c++", True),
        ("c++x", "c++", True),
        ("xc++", "c++", False),
        ("ba a a", "a a", True),
        ("STRASSE", "straße", True),
        ("Straße", "strasse", True),
        ("ass\u0301", "ass", False),
        ("anything", "", True),
        ("", "ass", False),
        ("ass", "ＡＳＳ", True),
    ],
)
def test_a_word_is_found_where_readers_would(text, word, wanted):
    assert contains_word(text, word) is wanted


def holds(text, word):
    """`contains_word` by a regular expression, for the letters that these tests use."""
    letter = "[abßs]"
    before = f"(?<!{letter})" if re.match(letter, word) else ""
    after = f"(?!{letter})" if re.match(letter, word[-1]) else ""
    return re.search(before + re.escape(word.casefold()) + after, text.casefold()) is not None


def text_of(tokens, surfaces):
    return " ".join("".join(surfaces[token] for token in tokens).split())


def prefixes_of(outputs, surfaces):
    tokens = np.array([[BOS, *output] for output in outputs], np.int64).reshape(len(outputs), -1)
    return Prefixes(tokens, np.zeros(len(outputs), np.int64), [()], surfaces)


def outputs_allowed(rule, surfaces, length=LENGTH):
    """Every output of up to `length` tokens that `rule` lets end."""
    alive, ended = [()], set()
    for grown in range(length + 1):
        edits = rule.edits(prefixes_of(alive, surfaces))
        barred = set(zip(edits.rows.tolist(), edits.tokens.tolist(), strict=True))
        ended |= {output for row, output in enumerate(alive) if (row, EOS) not in barred}
        alive = [
            (*output, token)
            for row, output in enumerate(alive)
            for token in range(5, len(surfaces))
            if (row, token) not in barred
        ]
        if not alive or grown == length:
            return ended


def all_outputs(surfaces, length=LENGTH):
    tokens = range(5, len(surfaces))
    return itertools.chain.from_iterable(itertools.product(tokens, repeat=each) for each in range(length + 1))


def pieces(alphabet, **sizes):
    single_spaced = st.text(st.sampled_from(alphabet), min_size=1, max_size=3).filter(lambda text: "  " not in text)
    return st.lists(single_spaced, unique=True, **sizes)


WORDS = st.text(st.sampled_from("ab 北."), min_size=1, max_size=4).filter(lambda word: word == " ".join(word.split()))


@settings(max_examples=150, deadline=None)
@given(pieces("aAb 北.", min_size=1, max_size=5), st.lists(WORDS, min_size=1, max_size=3))
@example(["a", "b", " ", "."], ["ab"])
@example(["a ", " b", "b"], ["a b"])
@example(["ab", "a", "."], ["a", "ab"])
@example(["北", "a", "b"], ["a", "北b"])
@example(["bab", "ab", "a"], ["bab"])
def test_exactly_the_outputs_without_a_blocked_word_are_allowed(texts, words):
    surfaces = SPECIALS + texts
    allowed = outputs_allowed(BlockedWords(tuple(words), surfaces), surfaces)
    wanted = {
        output for output in all_outputs(surfaces) if not any(holds(text_of(output, surfaces), word) for word in words)
    }
    assert allowed == wanted
    assert not any(contains_word(text_of(output, surfaces), word) for output in allowed for word in words)


@settings(max_examples=60, deadline=None)
@given(pieces("ßsSa ", min_size=1, max_size=4), st.text(st.sampled_from("ßsa"), min_size=1, max_size=3))
def test_letters_that_grow_when_folded_hide_no_word(texts, word):
    surfaces = SPECIALS + texts
    allowed = outputs_allowed(BlockedWords((word,), surfaces), surfaces)
    assert allowed == {output for output in all_outputs(surfaces) if not holds(text_of(output, surfaces), word)}


def test_all_short_pieces_together_keep_the_words_out():
    texts = ["".join(letters) for size in (1, 2, 3) for letters in itertools.product("ab ", repeat=size)]
    surfaces = SPECIALS + [text for text in texts if "  " not in text]
    allowed = outputs_allowed(BlockedWords(("ab", "b a"), surfaces), surfaces, length=2)
    assert len(surfaces) == 5 + 33
    assert allowed == {
        output
        for output in all_outputs(surfaces, length=2)
        if not holds(text_of(output, surfaces), "ab") and not holds(text_of(output, surfaces), "b a")
    }


def test_the_next_token_decides_whether_a_word_is_whole():
    surfaces = [*SPECIALS, " ass", "embly", ".", " is", "es", "北"]
    rule = BlockedWords(("ass",), surfaces)
    edits = rule.edits(prefixes_of([[5]], surfaces))
    assert set(edits.tokens.tolist()) == {EOS, 5, 7, 8, 10}
    assert len(rule.edits(prefixes_of([[5, 6]], surfaces)).tokens) == 0
    assert len(rule.edits(prefixes_of([[]], surfaces)).tokens) == 0


def test_empty_words_block_nothing():
    surfaces = [*SPECIALS, "a", " "]
    assert len(BlockedWords(("", " ", "\u200b"), surfaces).edits(prefixes_of([[5], [6]], surfaces)).tokens) == 0


def test_the_end_waits_for_the_required_word():
    surfaces = [*SPECIALS, " Storm", "y", " over", " 北京"]
    rule = EndsOnlyWith("storm")
    rows = [[5, 7], [5, 6], [7, 8], [8, 5]]
    edits = rule.edits(prefixes_of(rows, surfaces))
    assert edits.rows.tolist() == [1, 2] and set(edits.tokens.tolist()) == {EOS}
