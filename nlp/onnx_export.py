"""Trained weights to the two ONNX graphs that serve: `encoder.onnx`, and `decoder_step.onnx` of `nlp.onnx_decoder`.

Both are written with native operators from the weights alone: a traced Keras model would loop in the graph and take
four times as long. A test proves them equal to the Keras network.

An int8 bundle holds the step graph twice. Processors without VNNI multiply unsigned by signed bytes and add two such
products in 16 bits, where 2 * 255 * 127 saturates without a word. On those the engine takes the wide graph, which
gives the same integers more slowly; a probe beside them shows which kind of processor it runs on.

Shape letters as in `nlp.model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nlp.bundle import DECODER_FILE, ENCODER_FILE, PROBE_FILE, WEIGHTS_FILE, WIDE_DECODER_FILE
from nlp.config import ModelConfig
from nlp.onnx_decoder import write_decoder_step
from nlp.onnx_graph import GraphWriter
from nlp.weights import Precision, quantize, save_weights, tensor_places

if TYPE_CHECKING:
    from nlp.model import Seq2Seq

PROBE_WIDTH = 64


def export(model: Seq2Seq, directory: Path, precision: Precision) -> None:
    """Write weights and both graphs of a trained network into `directory`."""
    from nlp.model import weights_as_arrays

    export_arrays(weights_as_arrays(model), model.config, directory, precision)


def export_arrays(
    arrays: Mapping[str, NDArray[np.float32]], config: ModelConfig, directory: Path, precision: Precision
) -> None:
    """Write weights and both graphs of a network given by its float32 weights, by name; Keras is not needed."""
    if precision == "int8":
        arrays = quantize(arrays)
    save_weights(directory / WEIGHTS_FILE, arrays)
    places = tensor_places(directory / WEIGHTS_FILE)
    _write_encoder(GraphWriter(arrays, places, WEIGHTS_FILE), config, directory / ENCODER_FILE)
    write_decoder_step(GraphWriter(arrays, places, WEIGHTS_FILE), config, directory / DECODER_FILE)
    if precision == "int8":
        wide = GraphWriter(arrays, places, WEIGHTS_FILE, wide=True)
        write_decoder_step(wide, config, directory / WIDE_DECODER_FILE)
        _write_probe(directory / PROBE_FILE)


def _write_probe(path: Path) -> None:
    """The product of two (unsigned, signed) byte matrices that overflows if anything does; the engine looks at it."""
    graph = GraphWriter({}, {}, WEIGHTS_FILE)
    values = graph.input("values", "uint8", ["N", PROBE_WIDTH])
    matrix = graph.constant(np.full((PROBE_WIDTH, PROBE_WIDTH), 127), np.int8)
    graph.output(graph.op("MatMulInteger", values, matrix), "product", "int32", ["N", PROBE_WIDTH])
    graph.write(path, "overflow_probe")


def _write_encoder(graph: GraphWriter, config: ModelConfig, path: Path) -> None:
    source = graph.input("source", "int64", ["B", "S"])
    lengths = graph.input("lengths", "int32", ["B"])
    values = graph.op("Transpose", graph.lookup("embedding", source), perm=[1, 0, 2])  # (S, B, E)
    finals: list[str] = []
    for index in range(config.encoder_layers):
        values, finals = _encoder_layer(graph, config, index, values, lengths)
    memory = graph.op("Transpose", values, perm=[1, 0, 2])  # (B, S, H)
    graph.output(memory, "memory", "float32", ["B", "S", config.encoder_units])
    if config.attention == "additive":
        graph.output(graph.affine(memory, "attention.key"), "keys", "float32", ["B", "S", config.encoder_units])
    for index in range(config.decoder_layers):
        start = graph.op("Tanh", graph.affine(finals[0], f"bridge_h_{index}.kernel", f"bridge_h_{index}.bias"))
        graph.output(start, f"h_{index}", "float32", ["B", config.decoder_units])
        if config.cell == "lstm":
            start = graph.affine(finals[1], f"bridge_c_{index}.kernel", f"bridge_c_{index}.bias")
            graph.output(start, f"c_{index}", "float32", ["B", config.decoder_units])
    graph.write(path, "encoder")


def _encoder_layer(
    graph: GraphWriter, config: ModelConfig, index: int, values: str, lengths: str
) -> tuple[str, list[str]]:
    """One native recurrent node: (S, B, in) to (S, B, H), and the final states, each (B, H)."""
    directions = ["forward", "backward"] if config.bidirectional else ["forward"]
    names = [f"encoder_{index}.{direction}" for direction in directions]
    stacked = [
        graph.op("Concat", *(part(graph, config, name) for name in names), axis=0)
        for part in (_input_matrix, _recurrent_matrix, _biases)
    ]
    lstm = config.cell == "lstm"
    attributes: dict[str, Any] = {} if lstm else {"linear_before_reset": 1}
    sequence, *finals = graph.op(
        "LSTM" if lstm else "GRU",
        values,
        *stacked,
        lengths,
        outputs=3 if lstm else 2,
        hidden_size=config.encoder_units // len(directions),
        direction="bidirectional" if config.bidirectional else "forward",
        **attributes,
    )  # sequence (S, D, B, H / D), finals (D, B, H / D)
    joined = graph.constant([0, 0, -1], np.int64)
    sequence = graph.op("Reshape", graph.op("Transpose", sequence, perm=[0, 2, 1, 3]), joined)
    flat = graph.constant([0, -1], np.int64)
    return sequence, [graph.op("Reshape", graph.op("Transpose", final, perm=[1, 0, 2]), flat) for final in finals]


def _reordered(graph: GraphWriter, config: ModelConfig, value: str, axis: int) -> str:
    """Gates from Keras' order (LSTM i f c o, GRU z r h) to ONNX' (i o f c, z r h)."""
    if config.cell == "gru":
        return value
    gates = graph.op("Split", value, outputs=4, axis=axis, num_outputs=4)
    return str(graph.op("Concat", gates[0], gates[3], gates[1], gates[2], axis=axis))


def _onnx_matrix(graph: GraphWriter, config: ModelConfig, name: str) -> str:
    rows = graph.op("Transpose", _reordered(graph, config, graph.real(name), axis=1), perm=[1, 0])
    return str(graph.op("Unsqueeze", rows, graph.constant([0], np.int64)))  # (1, gates * H, inputs)


def _input_matrix(graph: GraphWriter, config: ModelConfig, name: str) -> str:
    return _onnx_matrix(graph, config, f"{name}.kernel")


def _recurrent_matrix(graph: GraphWriter, config: ModelConfig, name: str) -> str:
    return _onnx_matrix(graph, config, f"{name}.recurrent")


def _biases(graph: GraphWriter, config: ModelConfig, name: str) -> str:
    bias = graph.weight(f"{name}.bias")
    if config.cell == "gru":  # (2, 3H): input and recurrent biases
        return str(graph.op("Reshape", bias, graph.constant([1, -1], np.int64)))
    bias = _reordered(graph, config, bias, axis=0)
    none = graph.op("Sub", bias, bias)  # Keras has one bias, ONNX adds a second one for the recurrent product
    return str(graph.op("Unsqueeze", graph.op("Concat", bias, none, axis=0), graph.constant([0], np.int64)))
