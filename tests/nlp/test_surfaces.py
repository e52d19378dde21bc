"""Surfaces of vocabularies that no training would make, and the texts that prefixes have."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.constraints import Prefixes
from nlp.tokenizers import BOS
from nlp.tokenizers.vocabulary import Vocabulary
from nlp.tokenizers.word_tokenizer import WordTokenizer

PIECES = st.text(st.sampled_from("ab▁ \u00a0北ß"), min_size=1, max_size=4)


def prefixes_of(rows, surfaces):
    """Prefixes whose rows are these tokens after BOS, each from the one source there is."""
    tokens = np.array([[BOS, *row] for row in rows], np.int64)
    return Prefixes(tokens, np.zeros(len(rows), np.int64), [()], surfaces)


@settings(deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=6, unique=True), st.data())
def test_surfaces_join_to_the_decoded_text_however_odd_the_pieces(pieces, data):
    tokenizer = WordTokenizer("words", Vocabulary(pieces), str.split)
    ids = data.draw(st.lists(st.integers(0, tokenizer.vocab_size - 1)))
    surfaces = tokenizer.surfaces()
    assert not any("  " in surface for surface in surfaces)
    assert " ".join("".join(surfaces[token] for token in ids).split()) == tokenizer.decode(ids)
    [text] = prefixes_of([ids], surfaces).texts
    assert text.rstrip() == tokenizer.decode(ids)
    joined = "".join(surfaces[token] for token in ids)
    assert text.endswith(" ") == (joined.endswith(" ") and bool(text))


def test_each_row_has_its_text_and_a_space_that_waits():
    surfaces = [""] * 5 + [" a", "b", " ", "北"]
    assert prefixes_of([[5, 6, 7], [7, 7, 8], [8, 7, 5], [7, 7, 7]], surfaces).texts == ["ab ", "北", "北 a", ""]
    assert prefixes_of([[], []], surfaces).texts == ["", ""]
