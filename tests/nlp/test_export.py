"""The exported graphs against the Keras network they were written from: every kind of network, stepped and whole."""

import itertools

import numpy as np
import pytest

from nlp.batching import pad
from nlp.config import ModelConfig, SearchConfig
from nlp.engine import Engine
from nlp.search import score_targets, search
from nlp.tokenizers import BOS, EOS
from nlp.weights import load_weights
from tests.conftest import random_model

VOCABULARY = 50
WIDTHS = {"embedding_units": 8, "encoder_units": 12, "decoder_units": 12}
# Every pair of two choices (cell, attention, directions, depths) occurs in one of these; a test below counts them.
NETWORKS = [
    {"cell": "lstm", "attention": "dot"},
    {"cell": "lstm", "attention": "general", "bidirectional": False, "decoder_layers": 2, "decoder_units": 20},
    {"cell": "lstm", "attention": "additive", "encoder_layers": 2, "decoder_layers": 2, "decoder_units": 20},
    {"cell": "gru", "attention": "dot", "bidirectional": False, "encoder_layers": 2, "decoder_layers": 2},
    {"cell": "gru", "attention": "general", "encoder_layers": 2},
    {"cell": "gru", "attention": "additive", "bidirectional": False, "embedding_units": 20},
]


def named(network):
    return "-".join(str(value) for value in network.values())


@pytest.fixture(params=NETWORKS, ids=named, scope="module")
def model(request):
    return random_model(ModelConfig(vocab_size=VOCABULARY, **{**WIDTHS, **request.param}))


@pytest.fixture(scope="module")
def examples():
    random = np.random.default_rng(7)
    lengths = (3, 9, 1, 17), (4, 2, 7, 1)
    sources, targets = ([[*random.integers(5, VOCABULARY, n).tolist(), EOS] for n in side] for side in lengths)
    return sources, targets


def keras_log_probs(model, sources, targets):
    """(B, T, V) of the teacher-forced network."""
    from keras import ops

    target_in = np.roll(pad(targets), 1, axis=1)
    target_in[:, 0] = BOS
    return ops.convert_to_numpy(ops.log_softmax(model({"source": pad(sources), "target": target_in}).logits))


def engine_of(model, folder, precision):
    from nlp.onnx_export import export

    folder.mkdir(exist_ok=True)
    export(model, folder, precision)
    return Engine(folder, VOCABULARY, threads=1)


def test_float32_graphs_say_what_keras_says_and_int8_graphs_nearly(model, examples, tmp_path):
    sources, targets = examples
    whole = keras_log_probs(model, sources, targets)
    wanted = [sum(whole[i, j, token] for j, token in enumerate(target)) for i, target in enumerate(targets)]
    scores = score_targets(engine_of(model, tmp_path / "float32", "float32"), sources, targets)
    assert [score.log_prob for score in scores] == pytest.approx(wanted, abs=1e-4)
    correct = [sum(whole[i, j].argmax() == token for j, token in enumerate(each)) for i, each in enumerate(targets)]
    assert [score.correct_tokens for score in scores] == correct
    rough = score_targets(engine_of(model, tmp_path / "int8", "int8"), sources, targets)
    for score, exact in zip(rough, wanted, strict=True):
        assert score.log_prob == pytest.approx(exact, abs=0.1 * score.tokens)
        assert score.log_prob != exact  # or int8 is not int8


def test_keras_steps_say_what_keras_says_at_once(model, examples):
    from keras import ops

    sources, targets = examples
    whole = keras_log_probs(model, sources, targets)
    encoded, tokens = model.encode(pad(sources)), np.full((len(sources), 1), BOS)
    states = encoded.states
    for column in range(whole.shape[1]):
        decoded = model.decode(tokens, states, encoded.memory, encoded.mask)
        log_probs = ops.convert_to_numpy(ops.log_softmax(model.predictions(decoded).logits))[:, 0]
        assert log_probs == pytest.approx(whole[:, column], abs=1e-4)
        tokens, states = pad(targets)[:, column : column + 1], decoded.states


def test_a_batch_decodes_as_each_source_alone(model, examples, tmp_path):
    engine, config = engine_of(model, tmp_path, "int8"), SearchConfig(beam_size=3, n_best=2, max_target_tokens=8)
    sources, _ = examples
    assert search(engine, sources, config) == [search(engine, [source], config)[0] for source in sources]


def test_int8_weights_lie_within_127_and_the_file_is_a_quarter(tmp_path):
    model = random_model(ModelConfig(vocab_size=400, embedding_units=32, encoder_units=32, decoder_units=32))
    sizes = {}
    for precision in ("float32", "int8"):
        engine_of(model, tmp_path / precision, precision)
        file = tmp_path / precision / "weights.safetensors"
        sizes[precision] = file.stat().st_size
        matrices = [array for array in load_weights(file).values() if array.dtype == np.int8]
        assert bool(matrices) == (precision == "int8")
        assert all(np.abs(matrix.astype(int)).max() <= 127 for matrix in matrices)
    assert sizes["int8"] < 0.35 * sizes["float32"]


def test_the_networks_above_cover_every_pair_of_choices():
    domains = ("lstm", "gru"), ("dot", "general", "additive"), (False, True), (1, 2), (1, 2)
    configs = [ModelConfig(**{**WIDTHS, **network}) for network in NETWORKS]
    choices = [(c.cell, c.attention, c.bidirectional, c.encoder_layers, c.decoder_layers) for c in configs]
    for first, second in itertools.combinations(range(5), 2):
        assert {(c[first], c[second]) for c in choices} == set(itertools.product(domains[first], domains[second]))
