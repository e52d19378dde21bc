"""The names under which checkpoints and bundles keep a network's weights; they follow from its configuration alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from nlp.model.seq2seq import Seq2Seq


def named_weights(model: Seq2Seq) -> dict[str, Any]:
    """Every weight under its name; kernels are (inputs, outputs) as in Keras."""
    named = {"embedding": model.embedding.embeddings, "output_bias": model.output_bias}
    for index, layer in enumerate(model.encoder_layers):
        if model.config.bidirectional:
            named |= _cell_weights(f"encoder_{index}.forward", layer.forward_layer)
            named |= _cell_weights(f"encoder_{index}.backward", layer.backward_layer)
        else:
            named |= _cell_weights(f"encoder_{index}.forward", layer)
    for index, layer in enumerate(model.decoder_layers):
        named |= _cell_weights(f"decoder_{index}", layer)
    for state, bridges in (("h", model.bridge_h), ("c", model.bridge_c)):
        for index, bridge in enumerate(bridges):
            named |= {f"bridge_{state}_{index}.kernel": bridge.kernel, f"bridge_{state}_{index}.bias": bridge.bias}
    for part in ("query", "key", "energy"):
        if hasattr(model.attention, part):
            named[f"attention.{part}"] = getattr(model.attention, part).kernel
    named |= {"combine.kernel": model.combine.kernel, "combine.bias": model.combine.bias}
    if model.config.copy:
        named |= {"copy_gate.kernel": model.copy_gate.kernel, "copy_gate.bias": model.copy_gate.bias}
    return named


def _cell_weights(name: str, layer: Any) -> dict[str, Any]:
    cell = layer.cell
    return {f"{name}.kernel": cell.kernel, f"{name}.recurrent": cell.recurrent_kernel, f"{name}.bias": cell.bias}


def weights_as_arrays(model: Seq2Seq) -> dict[str, NDArray[np.float32]]:
    """Copies of all weights as float32 arrays."""
    return {name: np.array(ops.convert_to_numpy(each), np.float32) for name, each in named_weights(model).items()}


def assign_weights(model: Seq2Seq, arrays: Mapping[str, Any]) -> None:
    """Put float32 `arrays`, named as in `named_weights`, into a network; the way back from a weights file."""
    for name, variable in named_weights(model).items():
        variable.assign(arrays[name])
