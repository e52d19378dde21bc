"""English without capitals, or in nothing else, gets the capitals that the vocabulary suggests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.encoding import encode_source
from nlp.tokenizers import UNK
from nlp.truecasing import truecased


class Words:
    """Knows some words; any other takes a token for each of its letters."""

    vocab_size = 70_000
    known = (
        "Pfizer",
        "IBM",
        "U.S.",
        "Monday",
        "will",
        "Will",
        "buy",
        "a",
        "firm",
        "banks",
        "fell",
        "on",
        "said",
        "Inc",
    )

    def encode(self, text):
        ids = []
        for word in text.split():
            ids.extend([5 + self.known.index(word)] if word in self.known else [40 + ord(letter) for letter in word])
        return ids


@pytest.mark.parametrize(
    "text, expected",
    [
        ("pfizer will buy a u.s. firm on monday", "Pfizer will buy a U.S. firm on Monday"),
        ("PFIZER WILL BUY A U.S. FIRM ON MONDAY", "Pfizer will buy a U.S. firm on Monday"),
        ("banks fell on monday. ibm said pfizer fell", "Banks fell on Monday. IBM said Pfizer fell"),
        ("pfizer inc. fell, u.s. banks said on monday", "Pfizer Inc. fell, U.S. banks said on Monday"),
        ('"banks fell," said zorblatt of quux. "a firm fell."', '"Banks fell," said zorblatt of quux. "A firm fell."'),
        ("a firm of 1,000 on monday, no. 3 of 20 banks", "A firm of 1,000 on Monday, no. 3 of 20 banks"),
    ],
)
def test_words_are_written_as_the_vocabulary_knows_them(text, expected):
    assert truecased(text, Words()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Pfizer will buy a u.s. firm on monday",
        "pfizer monday",
        "IBM AND NATO",
        "中国 pfizer monday pfizer monday pfizer",
        "",
    ],
)
def test_what_has_capitals_is_short_or_chinese_stays(text):
    assert truecased(text, Words()) == text


@given(st.text())
def test_only_the_case_of_letters_changes(text):
    found = truecased(text, Words())
    assert len(found) == len(text)
    assert all(a == b or (a.isascii() and a.lower() == b.lower()) for a, b in zip(found, text, strict=True))


@given(st.text("abcdeABCDE .,", max_size=60))
def test_all_capitals_and_none_are_read_alike(text):
    lower, upper = (encode_source(Words(), [each], 99, "headlines").ids for each in (text.lower(), text.upper()))
    if sum(map(str.isalpha, text)) >= 20:
        assert lower == upper
    assert UNK not in lower


def test_only_articles_are_read_so():
    shouted = "STOP SHOUTING AT ME, YOU ALL"
    assert encode_source(Words(), [shouted], 99, "dialogue").ids[:-1] == Words().encode(shouted)
    assert encode_source(Words(), [shouted], 99, "headlines").ids[:-1] != Words().encode(shouted)
