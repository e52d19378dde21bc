"""What the network is trained for, beside NumPy: plain, smoothed, copied; weights, padding and fillers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.config import ModelConfig
from nlp.model import Objective, create_model, named_weights
from nlp.model.likelihood import Predictions, mean_loss, token_log_probs
from nlp.tokenizers import BOS, EOS, PAD

VOCABULARY = 9


def softmax(logits):
    exponentials = np.exp(logits - logits.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def said(random, rows, targets, sources):
    logits = random.normal(size=(rows, targets, VOCABULARY)).astype(np.float32)
    attention = softmax(random.normal(size=(rows, targets, sources))).astype(np.float32)
    return Predictions(logits, attention, random.normal(size=(rows, targets)).astype(np.float32))


def loss_of(predictions, words, weights=None, **settings):
    source = np.full((len(words), 3), EOS)
    return float(mean_loss(predictions, np.array(words), source, weights, copy=False, **{"smoothing": 0.0, **settings}))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.integers(1, 3), st.integers(1, 4), st.integers(1, 5))
def test_copying_is_the_mixture_of_both_ways_to_say_a_word(seed, rows, targets, sources):
    random = np.random.default_rng(seed)
    predictions = said(random, rows, targets, sources)
    source = random.integers(1, VOCABULARY + 3, (rows, sources)).astype(np.int32)  # some words it does not know
    gate = 1 / (1 + np.exp(-predictions.gate))
    total = np.zeros((rows, targets))
    for word in range(VOCABULARY + 3):
        expected = (1 - gate) * (predictions.attention * (source == word)[:, None, :]).sum(-1)
        if word < VOCABULARY:
            expected = expected + gate * softmax(predictions.logits)[..., word]
        words = np.full((rows, targets), word, np.int32)
        found = np.exp(np.array(token_log_probs(predictions, words, source, copy=True)))
        assert found == pytest.approx(expected, abs=1e-5)
        total += found
    assert total == pytest.approx(np.ones((rows, targets)), abs=1e-4)


def test_a_word_that_stands_nowhere_is_all_but_impossible_and_has_a_finite_loss():
    predictions = said(np.random.default_rng(0), 1, 1, 2)
    words, source = np.array([[VOCABULARY + 1]], np.int32), np.array([[5, EOS]], np.int32)
    found = float(np.array(token_log_probs(predictions, words, source, copy=True))[0, 0])
    assert -30 < found < -15


def test_label_smoothing_mixes_the_reference_with_all_words_alike():
    predictions = said(np.random.default_rng(1), 2, 2, 3)
    words = np.array([[5, EOS], [6, PAD]])
    smoothed = 0.1 / VOCABULARY + 0.9 * np.eye(VOCABULARY)[words]
    losses = -(smoothed * np.log(softmax(predictions.logits))).sum(-1)
    expected = (losses[0].sum() + losses[1, 0]) / 3
    assert loss_of(predictions, words, smoothing=0.1) == pytest.approx(expected, abs=1e-5)


def test_a_pair_of_more_weight_counts_for_more():
    predictions = said(np.random.default_rng(2), 2, 2, 3)
    words = np.array([[5, EOS], [6, PAD]])
    losses = -np.take_along_axis(np.log(softmax(predictions.logits)), words[..., None], -1)[..., 0]
    assert loss_of(predictions, words) == pytest.approx((losses[0].sum() + losses[1, 0]) / 3, abs=1e-5)
    heavier = loss_of(predictions, words, np.array([1.0, 4.0]))
    assert heavier == pytest.approx((losses[0].sum() + 4 * losses[1, 0]) / 6, abs=1e-5)


def test_the_second_task_asks_for_the_words_of_the_whole_target_in_any_order():
    random = np.random.default_rng(3)
    bag = random.normal(size=(2, VOCABULARY)).astype(np.float32)
    predictions = said(random, 2, 2, 3)._replace(bag=bag)
    words = np.array([[5, EOS], [6, PAD]])
    plain, both = (loss_of(predictions, words, bag_of_words=weight) for weight in (0.0, 0.5))
    logs = np.log(softmax(bag))
    assert both - plain == pytest.approx(-0.5 * (logs[0, 5] + logs[0, EOS] + logs[1, 6]) / 3, abs=1e-5)
    turned = np.array([[EOS, 5], [6, PAD]])
    assert loss_of(predictions, turned, bag_of_words=0.5) - loss_of(predictions, turned) == pytest.approx(both - plain)


def test_the_second_task_is_for_training_only_and_no_bundle_holds_it():
    config = ModelConfig(vocab_size=VOCABULARY, embedding_units=6, encoder_units=6, decoder_units=6)
    model, plain = create_model(config, Objective(bag_of_words=0.5)), create_model(config)
    source, target = np.array([[5, 6, EOS]], np.int32), np.array([[BOS, 7, 8]], np.int32)
    inputs, wanted = {"source": source, "target": target}, np.array([[7, 8, EOS]], np.int32)
    predictions = model(inputs)
    assert predictions.bag.shape == (1, VOCABULARY) and plain(inputs).bag is None
    losses = [float(model.compute_loss(inputs, wanted, predictions, training=training)) for training in (True, False)]
    assert losses[0] > losses[1] + 0.1
    assert named_weights(model).keys() == named_weights(plain).keys()


@pytest.fixture(scope="module")
def model():
    config = ModelConfig(vocab_size=VOCABULARY, embedding_units=6, encoder_units=6, decoder_units=6, copy=True)
    return create_model(config, Objective(label_smoothing=0.2))


def test_padding_changes_no_prediction(model):
    source, target = np.array([[7, 8, EOS]]), np.array([[2, 7]])
    narrow = model({"source": source, "target": target})
    wide = model({"source": np.pad(source, ((0, 0), (0, 6))), "target": target})
    assert np.array(wide.logits) == pytest.approx(np.array(narrow.logits), abs=1e-5)
    assert np.array(wide.gate) == pytest.approx(np.array(narrow.gate), abs=1e-5)
    assert np.array(wide.attention)[..., :3] == pytest.approx(np.array(narrow.attention), abs=1e-5)


def test_rows_that_fill_a_shape_change_neither_loss_nor_gradient(model):
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are asked of TensorFlow's tape")
    import tensorflow

    source = np.array([[7, 8, EOS], [6, EOS, PAD]], np.int32)
    target_in, target_out = np.array([[2, 7], [2, 6]], np.int32), np.array([[7, EOS], [EOS, PAD]], np.int32)
    filled = [
        np.concatenate([source, np.array([[EOS, PAD, PAD]] * 6, np.int32)]),
        np.concatenate([target_in, np.array([[2, PAD]] * 6, np.int32)]),
        np.concatenate([target_out, np.full((6, 2), PAD, np.int32)]),
    ]

    def learned(source, target_in, target_out, weights):
        inputs = {"source": source, "target": target_in}
        with tensorflow.GradientTape() as tape:
            loss = model.compute_loss(inputs, target_out, model(inputs), np.array(weights, np.float32))
        gradients = tape.gradient(loss, model.trainable_variables)
        return float(loss), [np.array(tensorflow.convert_to_tensor(each)) for each in gradients]

    loss, gradients = learned(source, target_in, target_out, [1, 2])
    filled_loss, filled_gradients = learned(*filled, [1, 2] + [0] * 6)
    assert filled_loss == pytest.approx(loss, abs=1e-6)
    for one, other in zip(gradients, filled_gradients, strict=True):
        assert other == pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(
    ("layers", "attention", "copy"), [(1, "dot", True), (2, "general", False), (2, "additive", True)]
)
def test_a_configuration_knows_how_many_numbers_its_network_has(cell, bidirectional, layers, attention, copy):
    config = ModelConfig(
        vocab_size=VOCABULARY,
        embedding_units=4,
        cell=cell,
        bidirectional=bidirectional,
        encoder_units=6,
        encoder_layers=layers,
        decoder_units=6 if attention == "dot" else 8,
        decoder_layers=layers,
        attention=attention,
        copy=copy,
    )
    assert config.parameters == create_model(config).count_params()
