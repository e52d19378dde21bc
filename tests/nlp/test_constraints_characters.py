"""The width of texts, and the limits of it, against every continuation tried out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.constraints import NO_EDITS, Prefixes, width
from nlp.constraints.characters import MaximumCharacters, MinimumCharacters
from nlp.tokenizers import BOS, EOS

LIMITS = st.integers(0, 12).map(lambda halves: halves / 2)


def vocabularies(alphabet):
    texts = st.text(st.sampled_from(alphabet), max_size=3).filter(lambda text: "  " not in text)
    return st.lists(texts, min_size=1, max_size=6).map(lambda texts: [""] * 5 + texts)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", 0),
        ("北京", 2),
        ("GDP涨10%", 4),
        ("New York", 4),
        (" 北 京 ", 2.5),
        ("，。！：", 4),
        ("“北京”——…", 7),  # the dash is two characters long
        ("ＡＢ", 2),
        ("ア", 1),
        ("ｱ", 0.5),
        ("서울", 2),
        ("é", 0.5),
        ("e\u0301", 0.5),
        ("αβ°", 1.5),
        ("𠮷", 1),
        ("😀", 1),
    ],
)
def test_width_is_what_readers_count(text, wanted):
    assert width(text) == wanted


def text_of(tokens, surfaces):
    return " ".join("".join(surfaces[token] for token in tokens).split())


def prefixes_of(outputs, surfaces):
    tokens = np.array([[BOS, *output] for output in outputs], np.int64)
    return Prefixes(tokens, np.zeros(len(outputs), np.int64), [()], surfaces)


def barred(edits):
    assert (edits.addends == -np.inf).all()
    return set(zip(edits.rows.tolist(), edits.tokens.tolist(), strict=True))


@settings(max_examples=200, deadline=None)
@given(vocabularies("ab 北。“\u0301"), LIMITS, st.data())
def test_exactly_what_would_pass_the_maximum_is_barred(surfaces, maximum, data):
    rule, output = MaximumCharacters(maximum, surfaces), []
    for _ in range(6):
        found = barred(rule.edits(prefixes_of([output], surfaces)))
        assert found == {
            (0, token) for token in range(len(surfaces)) if width(text_of([*output, token], surfaces)) > maximum
        }
        possible = [token for token in range(5, len(surfaces)) if (0, token) not in found]
        if not possible:
            break
        output.append(data.draw(st.sampled_from(possible)))
    assert width(text_of(output, surfaces)) <= maximum


@settings(max_examples=200, deadline=None)
@given(vocabularies("ab 北。“"), LIMITS, LIMITS, st.data())
def test_the_end_is_barred_below_the_minimum_while_something_visible_fits(surfaces, low, room, data):
    maximum = low + room if room else 0.0
    output = data.draw(st.lists(st.integers(5, len(surfaces) - 1), max_size=5))
    found = barred(MinimumCharacters(low, maximum, surfaces).edits(prefixes_of([output], surfaces)))
    now = width(text_of(output, surfaces))
    widths = [width(text_of([*output, token], surfaces)) for token in range(5, len(surfaces))]
    can_grow = not maximum or any(now < grown <= maximum for grown in widths)
    assert found == ({(0, EOS)} if now < low and can_grow else set())


def test_rows_far_from_the_limit_bring_no_edits():
    surfaces = [""] * 5 + [" word", "北", "x" * 9]
    rule = MaximumCharacters(20.0, surfaces)
    assert rule.edits(prefixes_of([[5, 5], [6, 6]], surfaces)) is NO_EDITS
    assert barred(rule.edits(prefixes_of([[7, 7, 7, 5], [6, 6, 6, 6]], surfaces))) == {(0, 7)}


def test_an_infinite_maximum_bars_nothing():
    surfaces = [""] * 5 + ["北京"]
    assert MaximumCharacters(float("inf"), surfaces).edits(prefixes_of([[5]], surfaces)) is NO_EDITS
    assert barred(MinimumCharacters(9.0, float("inf"), surfaces).edits(prefixes_of([[5]], surfaces))) == {(0, EOS)}


def test_a_row_that_no_token_fits_may_end_below_the_minimum():
    surfaces = [""] * 5 + ["北京"]
    rule = MinimumCharacters(3.0, 3.0, surfaces)
    assert barred(rule.edits(prefixes_of([[]], surfaces))) == {(0, EOS)}
    assert barred(rule.edits(prefixes_of([[5]], surfaces))) == set()
    assert barred(MinimumCharacters(2.0, 2.0, surfaces).edits(prefixes_of([[]], surfaces))) == {(0, EOS)}
    assert barred(MinimumCharacters(3.0, 0.0, surfaces).edits(prefixes_of([[5]], surfaces))) == {(0, EOS)}
