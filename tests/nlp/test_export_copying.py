"""Networks that copy: the exported graphs against Keras, and the same bits for a source in any batch."""

import numpy as np
import pytest

from nlp.batching import pad
from nlp.config import ModelConfig, SearchConfig
from nlp.constraints import NO_EDITS, Edits
from nlp.engine import Engine
from nlp.search import score_targets, search
from nlp.tokenizers import BOS, EOS, SEP
from tests.conftest import random_model

VOCABULARY = 50
NETWORKS = [
    {"cell": "lstm", "attention": "general"},
    {"cell": "gru", "attention": "additive", "bidirectional": False, "decoder_layers": 2},
    {"cell": "lstm", "attention": "dot", "encoder_layers": 2},
]
A, B, C = VOCABULARY, VOCABULARY + 1, VOCABULARY + 2  # words of a source that the vocabulary lacks
SOURCES = [
    [7, A, 9, 7, B, A, EOS],
    [5, SEP, 6, EOS],
    [A, A, B, C, *range(10, 30), 12, 12, EOS],
    [EOS],
    [A, EOS],
]
TARGETS = [[B, 7, 20, A, EOS], [6, 6, 40, EOS], [C, 12, 8, B, A, EOS], [9, EOS], [A, 5, EOS]]


@pytest.fixture(params=NETWORKS, ids=lambda network: "-".join(map(str, network.values())), scope="module")
def model(request):
    widths = {"embedding_units": 8, "encoder_units": 12, "decoder_units": 12}
    return random_model(ModelConfig(vocab_size=VOCABULARY, copy=True, **{**widths, **request.param}))


@pytest.fixture(scope="module")
def engines(model, tmp_path_factory):
    from nlp.onnx_export import export

    found = {}
    for precision in ("float32", "int8"):
        folder = tmp_path_factory.mktemp(precision)
        export(model, folder, precision)
        found[precision] = Engine(folder, VOCABULARY, threads=1)
    return found


def said_by_keras(model, sources, targets):
    """What the network says of every place of the targets, and the ids it was asked about."""
    target_in = np.roll(pad(targets), 1, axis=1)
    target_in[:, 0] = BOS
    return model({"source": pad(sources), "target": target_in})


def whole_distribution(engine, state, tokens, ids, edits=NO_EDITS):
    """(N, `ids`) log-probabilities of a step, and the step itself."""
    wanted = np.tile(np.arange(ids), (len(tokens), 1))
    candidates, state = engine.step(np.array(tokens, np.int64), state, edits, wanted, 10**6)
    return candidates, state


def test_float32_graphs_say_what_keras_says_and_int8_graphs_nearly(model, engines):
    from keras import ops

    from nlp.model.likelihood import token_log_probs

    said = said_by_keras(model, SOURCES, TARGETS)
    gold = ops.convert_to_numpy(token_log_probs(said, ops.array(pad(TARGETS)), ops.array(pad(SOURCES)), copy=True))
    wanted = [gold[row, : len(target)].sum() for row, target in enumerate(TARGETS)]
    exact = score_targets(engines["float32"], SOURCES, TARGETS)
    assert [score.log_prob for score in exact] == pytest.approx(wanted, abs=1e-4)
    rough = score_targets(engines["int8"], SOURCES, TARGETS)
    for score, each in zip(rough, wanted, strict=True):
        assert score.log_prob == pytest.approx(each, abs=0.1 * score.tokens) and score.log_prob != each


def test_every_probability_is_the_gated_sum_of_the_two_ways_and_nothing_is_lost(model, engines):
    from keras import ops

    logits, attention, gate = map(ops.convert_to_numpy, said_by_keras(model, SOURCES, TARGETS)[:3])
    engine, ids = engines["float32"], C + 1
    state, tokens = engine.start(SOURCES), [BOS] * len(SOURCES)
    for column in range(pad(TARGETS).shape[1]):
        exponentials = np.exp(logits[:, column] - logits[:, column].max(axis=1, keepdims=True))
        share = 1 / (1 + np.exp(-gate[:, column, None]))
        wanted = np.zeros((len(SOURCES), ids))
        wanted[:, :VOCABULARY] = share * exponentials / exponentials.sum(axis=1, keepdims=True)
        for row, source in enumerate(SOURCES):
            np.add.at(wanted[row], source, (1 - share[row]) * attention[row, column, : len(source)])
        candidates, state = whole_distribution(engine, state, tokens, ids)
        assert np.exp(candidates.wanted) == pytest.approx(wanted, abs=1e-5)
        assert np.exp(candidates.wanted).sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert candidates.gate == pytest.approx(share[:, 0], abs=1e-5)
        best = candidates.log_probs[:, :5]  # each token once, at its own place
        assert (np.take_along_axis(candidates.wanted, candidates.tokens[:, :5], 1) == best).all()
        tokens = pad(TARGETS)[:, column]


def test_words_that_stand_in_no_source_have_no_chance(engines):
    candidates, _ = whole_distribution(engines["int8"], engines["int8"].start(SOURCES), [BOS] * 5, C + 1)
    possible = np.isfinite(candidates.wanted[:, A:])
    assert possible.tolist() == [[token in source for token in (A, B, C)] for source in SOURCES]
    assert np.isfinite(candidates.wanted[:, :A]).all()


def test_edits_reach_copied_words_and_nothing_is_normalised_again(engines):
    engine = engines["int8"]
    state = engine.start(SOURCES[:2])
    plain, _ = whole_distribution(engine, state, (BOS, BOS), B + 1)
    places = [(0, A, -1.0), (0, A, -0.5), (0, 7, 2.0), (0, B, -np.inf), (1, 6, 1.0)]
    rows, tokens, addends = (np.array(column) for column in zip(*places, strict=True))
    edits = Edits(rows, tokens, addends.astype(np.float32))
    edited, _ = whole_distribution(engine, state, (BOS, BOS), B + 1, edits)
    wanted = plain.wanted.copy()
    np.add.at(wanted, (rows, tokens), addends.astype(np.float32))
    assert edited.wanted == pytest.approx(wanted, abs=1e-5)
    assert edited.wanted[0, B] == -np.inf and np.isfinite(plain.wanted[0, B])


def test_a_source_gets_the_same_bits_in_any_batch(engines):
    engine, mates = engines["int8"], [4, 2, 3, 2, 0, 1]
    for line, source in enumerate(SOURCES):
        for rows in (1, 3):
            order = [*mates, line]
            alone, together = engine.start([source]), engine.start([SOURCES[each] for each in order])
            alone = engine.select(alone, np.zeros((1, rows), np.int64))
            together = engine.select(together, np.repeat(np.arange(len(order))[:, None], rows, axis=1))
            for token in (BOS, 20, 5, A, 9):
                fed = [token, 8, 30][:rows]
                one, alone = whole_distribution(engine, alone, fed, VOCABULARY)
                many, together = whole_distribution(engine, together, fed * len(order), VOCABULARY)
                last = slice(-rows, None)
                assert many.wanted[last].tobytes() == one.wanted.tobytes()
                assert many.gate[last].tobytes() == one.gate.tobytes()
                real = int(np.isfinite(one.log_probs[0]).sum())
                assert many.tokens[last, :real].tolist() == one.tokens[:, :real].tolist()
                assert many.log_probs[last, :real].tobytes() == one.log_probs[:, :real].tobytes()


@pytest.mark.parametrize(
    "config",
    [
        SearchConfig(beam_size=3, n_best=2, max_target_tokens=8),
        SearchConfig(beam_size=3, n_best=3, max_target_tokens=6, diversity_penalty=1.0),
        SearchConfig(beam_size=2, n_best=2, max_target_tokens=8, strategy="sampling", top_k=0),
        SearchConfig(beam_size=2, max_target_tokens=8, strategy="sampling", top_k=5, repetition_penalty=0.3),
    ],
    ids=["beam", "diverse", "sampling", "top-k"],
)
def test_a_batch_decodes_as_each_source_alone(engines, config):
    found = search(engines["int8"], SOURCES, config)
    assert found == [search(engines["int8"], [source], config)[0] for source in SOURCES]
    for source, hypotheses in zip(SOURCES, found, strict=True):
        assert all(token < VOCABULARY or token in source for each in hypotheses for token in each.tokens)
    copied = {token for hypotheses in found for each in hypotheses for token in each.tokens if token >= VOCABULARY}
    assert copied  # or nothing of interest was compared


def test_states_of_sources_keep_their_tables_when_others_close(engines):
    engine = engines["int8"]
    _, state = whole_distribution(engine, engine.start(SOURCES), [BOS] * 5, VOCABULARY)
    kept, _ = whole_distribution(engine, engine.select(state, np.array([[4], [2]])), [9, 9], C + 1)
    whole, _ = whole_distribution(engine, state, [9] * 5, C + 1)
    assert kept.wanted.tobytes() == whole.wanted[[4, 2]].tobytes()


def test_the_wide_graph_copies_the_same(model, tmp_path, monkeypatch):
    from nlp.bundle import WIDE_DECODER_FILE
    from nlp.onnx_export import export

    export(model, tmp_path, "int8")
    fast = score_targets(Engine(tmp_path, VOCABULARY, threads=1), SOURCES, TARGETS)
    monkeypatch.setattr("nlp.engine._decoder_file", lambda directory: WIDE_DECODER_FILE)
    assert score_targets(Engine(tmp_path, VOCABULARY, threads=1), SOURCES, TARGETS) == fast
