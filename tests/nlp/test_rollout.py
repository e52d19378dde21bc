"""The decoder on its own words: what it is fed, and what that does to a loss."""

import keras
import numpy as np
import pytest

from nlp.config import ModelConfig
from nlp.model import Objective, create_model
from nlp.model.rollout import rollout
from nlp.tokenizers import BOS, EOS, PAD

SOURCE = np.array([[7, 8, 9, EOS], [13, EOS, PAD, PAD]], np.int32)  # 13 stands for a word it does not know
TARGET = np.array([[BOS, 6, 7, 8], [BOS, 5, 9, 10]], np.int32)


def network(copy=True, own_words="none", cell="lstm", share=None):
    config = ModelConfig(
        vocab_size=12, embedding_units=6, encoder_units=6, decoder_units=6, dropout=0.0, copy=copy, cell=cell
    )
    model = create_model(config, Objective(own_words=own_words))
    random = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape, scale=0.7))
    if share is not None:
        model.own_share.assign(share)
    return model


def fed_by(model, own, *, soft=False):
    given = model.embed(TARGET)
    fed, words = rollout(model, SOURCE, model.encode(SOURCE), given, own, soft=soft)
    return np.array(given), np.array(fed), np.array(words)


def step_by_step(model, length):
    """The likeliest words, one decoder step after the other, by NumPy over all words that can be said."""
    encoded = model.encode(SOURCE)
    states, word, written = encoded.states, np.full((2, 1), BOS, np.int32), []
    for _ in range(length):
        decoded = model.decode(word, states, encoded.memory, encoded.mask)
        logits, attention, gate = (np.array(each)[:, 0] for each in model.predictions(decoded)[:3])
        vocabulary = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        if model.config.copy:
            gate = 1 / (1 + np.exp(-gate))
            vocabulary *= gate[:, None]
            copied = [(1 - gate) * (attention * (other == SOURCE)).sum(-1) for other in range(14)]
            # The likelier of the two ways alone: what the vocabulary says, or what is copied.
            ways = np.stack([vocabulary.max(-1), np.max(copied, axis=0)])
            best = np.where(ways[0] >= ways[1], vocabulary.argmax(-1), np.argmax(copied, axis=0))
        else:
            best = vocabulary.argmax(-1)
        word, states = best[:, None].astype(np.int32), decoded.states
        written.append(best)
    return np.stack(written, 1)


@pytest.mark.parametrize("soft", [False, True])
def test_without_own_words_it_is_fed_what_it_is_given(soft):
    given, fed, _ = fed_by(network(), np.zeros((2, 4), bool), soft=soft)
    assert (fed == given).all()


@pytest.mark.parametrize(("copy", "cell"), [(False, "lstm"), (True, "lstm"), (True, "gru")])
def test_greedy_is_the_loop_over_single_steps(copy, cell):
    model = network(copy=copy, cell=cell)
    assert np.array(model.greedy(SOURCE, 6)).tolist() == step_by_step(model, 6).tolist()


def test_hard_own_words_are_the_likeliest_and_soft_ones_the_mean_of_all():
    model = network(copy=False)
    own = np.zeros((2, 4), bool)
    own[0, 2] = True
    given, fed, words = fed_by(model, own)
    assert (fed[~own] == given[~own]).all()
    assert fed[0, 2] == pytest.approx(np.array(model.embed(words[0, 1])), abs=1e-6)
    _, soft, _ = fed_by(model, own, soft=True)
    encoded = model.encode(SOURCE)
    decoded = model.decode(TARGET[:, :2], encoded.states, encoded.memory, encoded.mask)
    logits = np.array(model.predictions(decoded).logits)[0, 1]
    shares = np.exp(logits) / np.exp(logits).sum()
    assert soft[0, 2] == pytest.approx(shares @ np.array(model.embedding.embeddings), abs=1e-5)


def test_a_soft_word_holds_its_copied_part():
    model, own = network(copy=True), np.array([[False, True, False, False]] * 2)
    _, soft, _ = fed_by(model, own, soft=True)
    encoded = model.encode(SOURCE)
    decoded = model.decode(TARGET[:, :1], encoded.states, encoded.memory, encoded.mask)
    logits, attention, gate = (np.array(each)[:, 0] for each in model.predictions(decoded)[:3])
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    gate = 1 / (1 + np.exp(-gate[:, None]))
    copied = (attention[:, :, None] * np.array(model.embed(SOURCE))).sum(1)
    expected = gate * (shares @ np.array(model.embedding.embeddings)) + (1 - gate) * copied
    assert soft[:, 1] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("own_words", ["hard", "soft"])
def test_a_share_of_none_is_teacher_forcing_and_a_share_of_all_is_not(own_words):
    inputs = {"source": SOURCE, "target": TARGET}
    forced = np.array(network()(inputs, training=True).logits)
    none = np.array(network(own_words=own_words, share=0.0)(inputs, training=True).logits)
    assert none == pytest.approx(forced, abs=1e-6)
    model = network(own_words=own_words, share=1.0)
    free = np.array(model(inputs, training=True).logits)
    assert free[:, 0] == pytest.approx(forced[:, 0], abs=1e-6) and abs(free[:, 1:] - forced[:, 1:]).max() > 0.01
    assert np.array(model(inputs, training=False).logits) == pytest.approx(forced, abs=1e-6)


def test_the_share_is_about_the_share():
    keras.utils.set_random_seed(1)
    model = network(own_words="hard", share=0.25)
    drawn = [np.array(keras.random.uniform((100, 30), seed=model.coins)) < np.array(model.own_share) for _ in range(2)]
    assert 0.2 < np.mean(drawn) < 0.3 and (drawn[0] != drawn[1]).any()
