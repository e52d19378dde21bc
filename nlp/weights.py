"""The weights of a trained network by name, as fp32 or int8, and back.

A weights file is in the safetensors format. Every matrix of an int8 file has one scale per output column, or per row in
the embedding table (`NAME.scale`, float32): value = integer * scale. Vectors stay float32.

Integers lie within -127 and 127. Seven bits (63) would be safe from the overflow that `nlp.onnx_export` describes, but
gave 89 % greedy outputs identical to float32 on 1,000 English test pairs, where eight bits give 94 %.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nlp.errors import BundleError

Precision = Literal["int8", "float32"]
Arrays = dict[str, NDArray[Any]]

LARGEST_INTEGER = 127
EMBEDDING, COPY_GATE = "embedding", "copy_gate.kernel"
_SCALE = ".scale"


def quantize(arrays: Mapping[str, NDArray[np.float32]]) -> Arrays:
    """int8 matrices with their scales, and the vectors as they are."""
    quantized: Arrays = {}
    for name, array in arrays.items():
        # A matrix of one column (the energies of additive attention) would gain nothing; but in integers the gate's
        # product is the same in any batch.
        if array.ndim != 2 or (array.shape[1] == 1 and name != COPY_GATE) or name.endswith("bias"):
            quantized[name] = np.ascontiguousarray(array, np.float32)
            continue
        axis = 1 if name == EMBEDDING else 0
        scale = np.maximum(np.abs(array).max(axis=axis), 1e-12) / LARGEST_INTEGER
        quantized[name] = np.round(array / np.expand_dims(scale, axis)).astype(np.int8)
        quantized[name + _SCALE] = scale.astype(np.float32)
    return quantized


def dequantize(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """float32 arrays of an int8 or float32 weights file."""
    restored: dict[str, NDArray[np.float32]] = {}
    for name, array in arrays.items():
        if name.endswith(_SCALE):
            continue
        restored[name] = array.astype(np.float32)
        if name + _SCALE in arrays:
            restored[name] *= np.expand_dims(arrays[name + _SCALE], 1 if name == EMBEDDING else 0)
    return restored


def save_weights(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a weights file."""
    from safetensors.numpy import save_file  # comes with the train extra, as all who write weights need

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    path.chmod(0o644)  # the library makes it readable by its writer alone, and models are there to be shared


def load_weights(path: Path) -> Arrays:
    """Read a weights file.

    Raises:
        BundleError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: Arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(
            f"{path}: the weights cannot be read ({error}). Export or download the model again."
        ) from None
    return arrays


def tensor_places(path: Path) -> dict[str, tuple[int, int]]:
    """Where each tensor's bytes lie in a weights file: (offset, length), for ONNX' external data."""
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
    start = 8 + header_bytes
    return {
        name: (start + entry["data_offsets"][0], entry["data_offsets"][1] - entry["data_offsets"][0])
        for name, entry in header.items()
        if name != "__metadata__"
    }
