"""The two graphs under ONNX Runtime: edits, wanted tokens, selection of rows, and independence of batch mates."""

import numpy as np
import pytest

from nlp.bundle import DECODER_FILE, WIDE_DECODER_FILE
from nlp.config import ModelConfig, SearchConfig
from nlp.constraints import NO_EDITS, Edits
from nlp.engine import Engine, _decoder_file
from nlp.errors import BundleError, DecodingError
from nlp.search import search
from nlp.tokenizers import BOS, EOS
from tests.conftest import random_model

VOCABULARY = 300
SHORT, LONG = [7, 8, EOS], [*range(10, 60), EOS]
NOTHING_WANTED = np.zeros((1, 0), np.int64)


@pytest.fixture(scope="module")
def engine(random_bundle):
    return Engine(random_bundle, VOCABULARY, threads=1)


def step(engine, state, tokens=(BOS,), edits=NO_EDITS, wanted=None, count=VOCABULARY):
    wanted = np.tile(NOTHING_WANTED, (len(tokens), 1)) if wanted is None else np.array(wanted, np.int64)
    return engine.step(np.array(tokens, np.int64), state, edits, wanted, count)


def distribution(candidates):
    """(N, V) log-probabilities of a step that gave all candidates."""
    whole = np.empty_like(candidates.log_probs)
    np.put_along_axis(whole, candidates.tokens, candidates.log_probs, 1)
    return whole


def test_without_edits_the_probabilities_sum_to_one_and_the_best_come_first(engine):
    candidates, _ = step(engine, engine.start([SHORT]))
    assert np.exp(candidates.log_probs).sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff(candidates.log_probs[0]) <= 0).all()
    few, _ = step(engine, engine.start([SHORT]), count=3)
    assert few.tokens.tolist() == candidates.tokens[:, :3].tolist()
    all_of_them, _ = step(engine, engine.start([SHORT]), count=10 * VOCABULARY)
    assert all_of_them.tokens.shape == (1, VOCABULARY)


def test_edits_add_up_and_nothing_is_normalised_again(engine):
    state = engine.start([SHORT, LONG])
    plain = distribution(step(engine, state, (BOS, BOS))[0])
    places = [(0, 9, -1.0), (1, 9, 2.0), (0, 9, -0.5), (0, 11, -np.inf), (0, 11, -np.inf), (0, 11, 1.0)]
    rows, tokens, addends = (np.array(column) for column in zip(*places, strict=True))
    edits = Edits(rows, tokens, addends.astype(np.float32))
    candidates, _ = step(engine, state, (BOS, BOS), edits, wanted=[[9, 11], [9, 11]])
    wanted = plain.copy()
    wanted[0, 9] += -1.5
    wanted[1, 9] += 2.0
    wanted[0, 11] = -np.inf
    assert distribution(candidates) == pytest.approx(wanted, abs=1e-5)
    assert candidates.wanted == pytest.approx(wanted[:, [9, 11]], abs=1e-5)
    assert candidates.tokens[0, -1] == 11


def test_wanted_tokens_come_back_whatever_their_rank(engine):
    state = engine.start([SHORT])
    plain = distribution(step(engine, state)[0])
    candidates, _ = step(engine, state, wanted=[list(range(VOCABULARY))], count=1)
    assert candidates.tokens.shape == (1, 1)
    assert candidates.wanted.tolist() == plain.tolist()


def test_a_source_gets_the_same_bits_beside_longer_batch_mates(engine):
    alone, together = engine.start([SHORT]), engine.start([LONG, SHORT, LONG])
    for token in (BOS, 20, 33, 21, 5, 99):
        one, alone = step(engine, alone, (token,))
        three, together = step(engine, together, (40, token, 41))
        assert three.tokens[1].tolist() == one.tokens[0].tolist()
        assert three.log_probs[1].tobytes() == one.log_probs[0].tobytes()
        assert np.count_nonzero(three.attention[1]) == len(SHORT)  # padding gets no attention at all


def test_selected_rows_go_on_from_their_parents_with_the_memory_of_their_source(engine):
    _, state = step(engine, engine.start([SHORT, LONG]), (BOS, BOS))
    _, state = step(engine, engine.select(state, np.array([[0, 0], [1, 1]])), (5, 6, 7, 8))
    crossed, _ = step(engine, engine.select(state, np.array([[3, 2]])), (9, 9))  # the first source has closed
    for row, token in enumerate((8, 7)):
        _, alone = step(engine, engine.start([LONG]))
        _, alone = step(engine, alone, (token,))
        candidates, _ = step(engine, alone, (9,))
        assert distribution(crossed)[row] == pytest.approx(distribution(candidates)[0], abs=1e-6)


def test_states_are_never_changed_in_place(engine):
    state = engine.start([SHORT])
    before = {name: value.copy() for name, value in state.rows.items()}
    step(engine, state)
    assert all((state.rows[name] == value).all() for name, value in before.items())


def test_damaged_weights_are_a_decoding_error(tmp_path):
    from nlp.onnx_export import export

    model = random_model(ModelConfig(vocab_size=20, embedding_units=8, encoder_units=8, decoder_units=8))
    model.output_bias.assign(np.where(np.arange(20) == 9, np.nan, 0))
    export(model, tmp_path, "float32")
    with pytest.raises(DecodingError, match="target token 1"):
        search(Engine(tmp_path, 20, threads=1), [SHORT], SearchConfig())


@pytest.mark.parametrize("content", [None, b"", b"no graph at all"])
def test_a_graph_that_cannot_be_loaded_is_named(random_bundle, tmp_path, content):
    for file in ("encoder.onnx", "weights.safetensors"):
        (tmp_path / file).write_bytes((random_bundle / file).read_bytes())
    if content is not None:
        (tmp_path / "decoder_step.onnx").write_bytes(content)
    with pytest.raises(BundleError, match=r"decoder_step\.onnx"):
        Engine(tmp_path, VOCABULARY, threads=1)


def test_the_wide_graph_for_processors_that_overflow_gives_the_very_same_numbers(random_bundle, monkeypatch):
    sources = [[5, 6, 7, 3], [8, 3]]
    found = []
    for name in (DECODER_FILE, WIDE_DECODER_FILE):
        monkeypatch.setattr("nlp.engine._decoder_file", lambda directory, name=name: name)
        engine = Engine(random_bundle, VOCABULARY, 1)
        candidates, state = engine.step(np.array([2, 2]), engine.start(sources), NO_EDITS, np.array([[5], [6]]), 4)
        found.append((candidates, state))
    (fast, fast_state), (wide, wide_state) = found
    assert (fast.tokens == wide.tokens).all() and (fast.log_probs == wide.log_probs).all()
    assert all((fast_state.rows[name] == wide_state.rows[name]).all() for name in fast_state.rows)


def test_the_probe_tells_the_two_kinds_of_processor_apart(random_bundle, monkeypatch):
    class Session:
        def __init__(self, product):
            self.product = product

        def get_inputs(self):
            return [type("Input", (), {"shape": ["N", 64]})]

        def run(self, names, feeds):
            return [np.full((1, 64), self.product)]

    for product, name in ((255 * 127 * 64, DECODER_FILE), (32767 * 32, WIDE_DECODER_FILE)):
        monkeypatch.setattr("nlp.engine._session", lambda path, threads, product=product: Session(product))
        assert _decoder_file(random_bundle) == name
