"""Strict reading of configurations: what is refused, and how it is named."""

from dataclasses import asdict

import pytest

from nlp.config import ModelConfig, SearchConfig, TokenizerConfig, TrainConfig, read_config
from nlp.errors import ConfigError

KINDS = (ModelConfig, SearchConfig, TokenizerConfig, TrainConfig)


@pytest.mark.parametrize("kind", KINDS)
def test_no_values_give_the_defaults_and_a_dump_reads_back(kind):
    assert read_config(kind, {}, "x") == kind()
    assert read_config(kind, asdict(kind()), "x") == kind()


def test_a_whole_number_stands_for_a_real_one():
    config = read_config(TrainConfig, {"learning_rate": 1}, "x")
    assert config.learning_rate == 1.0 and isinstance(config.learning_rate, float)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (TrainConfig, {"epoch": 3}, "'epoch'.*Did you mean 'epochs'"),
        (SearchConfig, {"qqqq": 3}, "'qqqq'.*Known keys: .*beam_size"),
        (TrainConfig, {"epochs": "3"}, "epochs = '3'; int is wanted, not str"),
        (TrainConfig, {"epochs": 3.0}, "epochs = 3.0; int is wanted, not float"),
        (TrainConfig, {"epochs": True}, "epochs = True; int is wanted, not bool"),
        (TrainConfig, {"clip_norm": True}, "clip_norm = True; float is wanted, not bool"),
        (TrainConfig, {"clip_norm": float("nan")}, "clip_norm = nan cannot work"),
        (TrainConfig, {"epochs": None}, "epochs = None; int is wanted"),
        (ModelConfig, {"bidirectional": 1}, "bidirectional = 1; bool is wanted, not int"),
        (ModelConfig, {"cell": "rnn"}, "cell = 'rnn'; choose one of 'lstm', 'gru'"),
        (ModelConfig, {"cell": ["lstm"]}, "cell = .*choose one of"),
        (TokenizerConfig, {"user_dictionary": "word"}, "user_dictionary = 'word'; a list is wanted"),
        (TokenizerConfig, {"user_dictionary": ["word", 3]}, "user_dictionary = 3; str is wanted"),
        (TokenizerConfig, {"vocab_size": 5}, "vocab_size = 5 cannot work"),
        (TokenizerConfig, {"character_coverage": 1.5}, "character_coverage = 1.5 cannot work"),
        (ModelConfig, {"decoder_layers": 0}, "decoder_layers = 0 cannot work"),
        (ModelConfig, {"encoder_units": 33}, "encoder_units = 33 cannot work.*even"),
        (ModelConfig, {"attention": "dot", "decoder_units": 64}, "attention = 'dot' cannot work"),
        (ModelConfig, {"dropout": 1.0}, "dropout = 1.0 cannot work"),
        (TrainConfig, {"patience": -1}, "patience = -1 cannot work"),
        (SearchConfig, {"beam_size": 0}, "beam_size = 0 cannot work"),
        (SearchConfig, {"beam_size": 2, "n_best": 3}, r"n_best = 3 .*at most beam_size \(2\)"),
        (SearchConfig, {"min_target_tokens": 33}, r"min_target_tokens = 33 .*at most max_target_tokens \(32\)"),
        (SearchConfig, {"length_penalty": -0.1}, "length_penalty = -0.1 cannot work"),
        (SearchConfig, 3, "table.*3"),
        (SearchConfig, "beam", "table.*'beam'"),
    ],
)
def test_what_cannot_work_is_named_with_its_place(kind, values, message):
    with pytest.raises(ConfigError, match=rf"^here \[x\]: .*{message}"):
        read_config(kind, values, "here [x]")


def test_an_odd_width_is_fine_in_one_direction():
    assert read_config(ModelConfig, {"encoder_units": 33, "bidirectional": False}, "x").encoder_units == 33
