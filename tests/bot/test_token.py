"""What has the shape of a token is masked, wherever it stands, and nothing else is."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.token import MASK, Token, masked

CHARACTERS = string.ascii_letters + string.digits + "_-"
numbers = st.integers(1, 10**12).map(str)
secrets = st.text(CHARACTERS, min_size=35, max_size=35)


@given(
    numbers,
    secrets,
    st.sampled_from(["", "/bot", "https://host:8443/bot", "file = '"]),
    st.sampled_from(["", "/x", "'"]),
)
def test_a_token_is_masked_wherever_it_stands(number, secret, before, after):
    assert masked(f"{before}{number}:{secret}{after}") == f"{before}{MASK}{after}"
    assert masked(f"{before}{number}%3A{secret}{after}") == f"{before}{MASK}{after}"


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:8081/bot", "2026-05-09T07:35:25.123+00:00", '{"update": 7, "chat": -1001234567890}', ""]
)
def test_what_is_no_token_stays(text):
    assert masked(text) == text


def test_a_token_masks_others_too():
    token, other = Token("4200000042:AAfake-token_of_no_bot"), f"7:{'x' * 35}"
    assert token.masked(f"{token.secret} and {other}") == f"{MASK} and {MASK}"
