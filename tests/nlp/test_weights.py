"""Weights as int8 and back, and their file."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nlp.errors import BundleError
from nlp.weights import dequantize, load_weights, quantize, save_weights, tensor_places

VALUES = st.floats(-1e4, 1e4, width=32)
MATRICES = arrays.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(2, 5)), elements=VALUES)


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.sampled_from(["embedding", "combine.kernel"]))
def test_int8_is_within_half_a_step_of_the_matrix_and_within_127(matrix, name):
    packed = quantize({name: matrix})
    assert packed[name].dtype == np.int8 and packed[f"{name}.scale"].dtype == np.float32
    assert np.abs(packed[name].astype(int)).max() <= 127
    axis = 1 if name == "embedding" else 0
    step = np.expand_dims(packed[f"{name}.scale"], axis)
    restored = dequantize(packed)
    assert restored.keys() == {name}
    assert (np.abs(restored[name] - matrix) <= step * 0.5001 + 1e-6).all()
    largest = np.abs(matrix).max(axis=axis)
    assert np.allclose(np.abs(restored[name]).max(axis=axis), largest, rtol=1e-5)  # the largest of each is kept


def test_vectors_biases_and_matrices_of_one_column_stay_as_they_are():
    plain = {
        "output_bias": np.ones(7, np.float32),
        "decoder_0.bias": np.full((2, 6), 0.3, np.float32),
        "attention.energy": np.full((5, 1), 0.3, np.float32),
    }
    packed = quantize(plain)
    assert packed.keys() == plain.keys()
    for name, array in dequantize(packed).items():
        assert array.dtype == np.float32 and (array == plain[name]).all()


def test_a_file_gives_back_what_was_saved_and_says_where_each_tensor_lies(tmp_path):
    saved = quantize({"embedding": np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)})
    saved["combine.kernel"] = saved["embedding"].T  # not contiguous
    path = tmp_path / "weights.safetensors"
    save_weights(path, saved)
    loaded, data = load_weights(path), path.read_bytes()
    places = tensor_places(path)
    assert loaded.keys() == saved.keys() == places.keys()
    for name, array in saved.items():
        assert loaded[name].dtype == array.dtype and (loaded[name] == array).all()
        offset, length = places[name]
        assert data[offset : offset + length] == np.ascontiguousarray(array).tobytes()


@pytest.mark.parametrize("content", [None, b"", b"not weights at all", b"\xff" * 64])
def test_a_file_that_is_missing_or_damaged_is_named(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BundleError, match=r"weights\.safetensors"):
        load_weights(path)


def test_the_gate_of_copying_is_int8_so_that_its_product_is_the_same_in_any_batch():
    packed = quantize({"copy_gate.kernel": np.full((5, 1), 0.3, np.float32)})
    assert packed["copy_gate.kernel"].dtype == np.int8 and packed["copy_gate.kernel.scale"].shape == (1,)
