"""Styles are asked for by control ids, which no text can hold; and the share of lower-cased sources in training."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.config import ModelConfig
from nlp.encoding import encode_pairs, encode_source
from nlp.errors import ConfigError, UsageError
from nlp.styles import CODES, style_ids
from nlp.tokenizers import EOS, SEP

STYLES = ("wire", "teaser")
MODEL = ModelConfig(max_source_tokens=9, max_target_tokens=9, styles=STYLES)


class Letters:
    vocab_size = 70_000

    def encode(self, text):
        return [ord(character) + 5 for character in text]


def test_each_style_has_its_own_code_of_reserved_ids():
    assert len(set(CODES)) == 8 and all(token <= SEP for code in CODES for token in code)
    assert style_ids(STYLES, "wire") != style_ids(STYLES, "teaser") and style_ids(STYLES, "") == ()


def test_an_unknown_style_is_refused_and_those_of_the_model_are_named():
    with pytest.raises(UsageError, match="no style 'formal'; it has wire, teaser"):
        style_ids(STYLES, "formal")
    with pytest.raises(UsageError, match="it has none"):
        style_ids((), "formal")
    for names in (["a", "a"], [""], list("abcdefghi")):
        with pytest.raises(ConfigError, match="styles"):
            ModelConfig(styles=tuple(names))


@given(st.text("ab", max_size=12), st.integers(1, 12), st.sampled_from(["headlines", "dialogue"]))
def test_the_code_leads_and_the_limit_holds(text, limit, task):
    control = style_ids(STYLES, "teaser")
    plain = encode_source(Letters(), [text], limit, task).ids
    styled = encode_source(Letters(), [text], limit, task, control=control).ids
    assert styled[-1] == EOS
    if len(styled) > 1:
        assert tuple(styled[:3]) == control and len(styled) <= limit
        assert styled[3:-1] == (plain[: len(styled) - 4] if task == "headlines" else plain[4 - len(styled) - 1 : -1])
    else:
        assert not text or limit <= len(control) + 1


def encoded(share, lower=0.0, model=MODEL):
    examples = [(("Ab",), "Cd", 1.0, "teaser")] * 400
    pairs = encode_pairs(Letters(), examples, model, "headlines", style_dropout=share, lower_case_share=lower, seed=3)
    return [pairs.source(index).tolist() for index in range(len(pairs))]


def test_a_share_of_the_styles_is_hidden_and_all_of_them_where_a_model_has_none():
    plain, styled = [*Letters().encode("Ab"), EOS], [*style_ids(STYLES, "teaser"), *Letters().encode("Ab"), EOS]
    assert encoded(1.0) == [plain] * 400 and encoded(0.0) == [styled] * 400
    some = encoded(0.25)
    assert 60 < some.count(plain) < 140 and some.count(plain) + some.count(styled) == 400
    assert encoded(0.0, model=ModelConfig(max_source_tokens=9)) == [plain] * 400


def test_a_share_of_the_sources_is_read_in_lower_case_and_targets_keep_their_capitals():
    sources = encoded(1.0, lower=0.25)
    small = [*Letters().encode("ab"), EOS]
    assert 60 < sources.count(small) < 140
    pairs = encode_pairs(Letters(), [(("Ab",), "Cd", 1.0, "")], MODEL, "headlines", lower_case_share=1.0)
    assert pairs.target(0).tolist() == [*Letters().encode("Cd"), EOS]


def test_a_share_of_the_talks_is_read_without_its_earlier_turns():
    examples = [(("ab", "c"), "d", 1.0, "")] * 400
    pairs = encode_pairs(Letters(), examples, MODEL, "dialogue", context_dropout=0.25, seed=3)
    alone, whole = [*Letters().encode("c"), EOS], [*Letters().encode("ab"), SEP, *Letters().encode("c"), EOS]
    sources = [pairs.source(index).tolist() for index in range(400)]
    assert 60 < sources.count(alone) < 140 and sources.count(alone) + sources.count(whole) == 400


def test_a_style_that_the_model_lacks_is_refused_in_training_too():
    with pytest.raises(UsageError, match="no style 'odd'"):
        encode_pairs(Letters(), [(("a",), "b", 1.0, "odd")], MODEL, "headlines", style_dropout=0.0)
