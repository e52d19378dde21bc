"""Normalisation and the questions about scripts."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text import has_han, normalize, script_language, with_capital

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # surrogates included


@given(ANY_TEXT)
def test_normalize_is_idempotent_and_composed(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(ANY_TEXT)
def test_normalize_leaves_single_inner_spaces_only(text: str) -> None:
    once = normalize(text)
    assert once == " ".join(once.split())
    assert once.encode("utf-8").decode("utf-8") == once


def test_every_character_is_stable_between_two_letters() -> None:
    for code in range(0x110000):
        once = normalize(f"a{chr(code)}b")
        assert normalize(once) == once, hex(code)
        if unicodedata.category(chr(code)) in ("Cc", "Cs", "Co"):
            assert once in ("ab", "a b"), hex(code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain text, as it is.", "Plain text, as it is."),
        ("", ""),
        (" \t two\r\n\nlines\u3000wide\u00a0hard\u2028end ", "two lines wide hard end"),
        ("ＡＢＣａｚ０９", "ABCaz09"),
        ("股价上涨１０％，怎么办？！（图）", "股价上涨10％，怎么办？！（图）"),
        ("“引号”、《书名》……", "“引号”、《书名》……"),
        ("cafe\u0301", "café"),
        ("cafe\u200b\u0301", "café"),
        ("Ｅ\u0301", "É"),
        ("\ufeffstart\u200bed so\u00adft\u202e\u2066", "started soft"),
        ("bell\x07nul\x00del\x7f", "bellnuldel"),
        ("private\ue000 use\U000f0000, lone \ud800 half", "private use, lone half"),
        ("hearts ❤\ufe0f and 😀", "hearts ❤ and 😀"),
        ("a\u2581b", "a_b"),
        ("naïve ﬁ ½ ﾊﾝ", "naïve ﬁ ½ ﾊﾝ"),
    ],
)
def test_normalize_examples(text: str, expected: str) -> None:
    assert normalize(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("中", True),
        ("𠮷", True),
        ("〇", True),
        ("人々", True),
        ("English, ok?", False),
        ("カナ", False),
        ("，。", False),
        ("", False),
    ],
)
def test_has_han(text: str, expected: bool) -> None:
    assert has_han(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("国务院总理今天在北京会见外宾。", "zh"),
        ("NBA球星詹姆斯复出", "zh"),
        ("GDP 增长 10.5%", "zh"),
        ("The minister arrived in Beijing (北京) on Monday for talks.", "en"),
        ("The storm hit the coast.", "en"),
        ("12:30", "en"),
        ("", "en"),
    ],
)
def test_script_language(text: str, expected: str) -> None:
    assert script_language(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("falcon seen", "Falcon seen"),
        ("eBay up", "eBay up"),
        ("Oil", "Oil"),
        ("", ""),
        ("3 die", "3 die"),
        ("油", "油"),
    ],
)
def test_a_headline_begins_with_a_capital(text, expected):
    assert with_capital(text) == expected
