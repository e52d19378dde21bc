"""Trained weights to the two ONNX graphs that serve: `encoder.onnx` and `decoder_step.onnx`.

Both are written with native operators from the weights alone: a traced Keras model would loop in the graph and take
four times as long. A test proves them equal to the Keras network.

An int8 bundle holds the step graph twice. Processors without VNNI multiply unsigned by signed bytes and add two such
products in 16 bits, where 2 * 255 * 127 saturates without a word. On those the engine takes the wide graph, which
gives the same integers more slowly; a probe beside them shows which kind of processor it runs on.

Shape letters as in `nlp.model`; N rows of hypotheses are B sources times K, source by source.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nlp.bundle import DECODER_FILE, ENCODER_FILE, PROBE_FILE, WEIGHTS_FILE, WIDE_DECODER_FILE
from nlp.config import ModelConfig
from nlp.onnx_graph import GraphWriter
from nlp.weights import Precision, quantize, save_weights, tensor_places

if TYPE_CHECKING:
    from nlp.model import Seq2Seq

PROBE_WIDTH = 64
SUM_COLUMNS = 16


def export(model: Seq2Seq, directory: Path, precision: Precision) -> None:
    """Write weights and both graphs of a trained network into `directory`."""
    from keras import ops

    from nlp.model import named_weights

    arrays = {
        name: np.asarray(ops.convert_to_numpy(variable)).astype(np.float32)
        for name, variable in named_weights(model).items()
    }
    export_arrays(arrays, model.config, directory, precision)


def export_arrays(
    arrays: Mapping[str, NDArray[np.float32]], config: ModelConfig, directory: Path, precision: Precision
) -> None:
    """Write weights and both graphs of a network given by its float32 weights, by name; Keras is not needed."""
    if precision == "int8":
        arrays = quantize(arrays)
    save_weights(directory / WEIGHTS_FILE, arrays)
    places = tensor_places(directory / WEIGHTS_FILE)
    _write_encoder(GraphWriter(arrays, places, WEIGHTS_FILE), config, directory / ENCODER_FILE)
    _write_decoder_step(GraphWriter(arrays, places, WEIGHTS_FILE), config, directory / DECODER_FILE)
    if precision == "int8":
        wide = GraphWriter(arrays, places, WEIGHTS_FILE, wide=True)
        _write_decoder_step(wide, config, directory / WIDE_DECODER_FILE)
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


def _write_decoder_step(graph: GraphWriter, config: ModelConfig, path: Path) -> None:
    tokens = graph.input("tokens", "int64", ["N"])
    value: str | None = None
    for index in range(config.decoder_layers):
        value = _cell(graph, config, index, tokens, value)
    assert value is not None
    memory = graph.input("memory", "float32", ["B", "S", config.encoder_units])
    contexts, weights = _attention(graph, config, value, memory)
    graph.output(weights, "attention", "float32", ["N", "S"])
    both = graph.op("Concat", value, contexts, axis=-1)
    vectors = graph.op("Tanh", graph.linear(both, "combine.kernel", "combine.bias"))  # (N, E)
    # By far the widest product: its second half would take longer than the rest of the step.
    logits = graph.linear(vectors, "embedding", "output_bias", transposed=True, precise=False)  # (N, V)
    _write_candidates(graph, graph.op("LogSoftmax", logits, axis=-1))
    graph.write(path, "decoder_step")


def _cell(graph: GraphWriter, config: ModelConfig, index: int, tokens: str, below: str | None) -> str:
    """One decoder layer's step; declares its states as inputs and outputs, and returns its new h, (N, R)."""
    name = f"decoder_{index}"
    shape: list[str | int] = ["N", config.decoder_units]
    h = graph.input(f"h_{index}", "float32", shape)
    if below is None:
        from_input = graph.lookup_linear("embedding", tokens, f"{name}.kernel")
    else:
        from_input = graph.linear(below, f"{name}.kernel")
    if config.cell == "lstm":
        c = graph.input(f"c_{index}", "float32", shape)
        gates = graph.op("Add", from_input, graph.linear(h, f"{name}.recurrent", f"{name}.bias"))
        i, f, g, o = graph.op("Split", gates, outputs=4, axis=-1, num_outputs=4)
        kept = graph.op("Mul", graph.op("Sigmoid", f), c)
        new_c = graph.op("Add", kept, graph.op("Mul", graph.op("Sigmoid", i), graph.op("Tanh", g)))
        new_h = graph.op("Mul", graph.op("Sigmoid", o), graph.op("Tanh", new_c))
        graph.output(new_c, f"next_c_{index}", "float32", shape)
    else:
        new_h = _gru(graph, name, from_input, h)
    graph.output(new_h, f"next_h_{index}", "float32", shape)
    return str(new_h)


def _gru(graph: GraphWriter, name: str, from_input: str, h: str) -> str:
    """Keras' GRU with the reset gate after the recurrent product."""
    biases = graph.op("Split", graph.weight(f"{name}.bias"), outputs=2, axis=0, num_outputs=2)
    x = graph.op("Split", graph.op("Add", from_input, biases[0]), outputs=3, axis=-1, num_outputs=3)
    recurrent = graph.op("Add", graph.linear(h, f"{name}.recurrent"), biases[1])
    r = graph.op("Split", recurrent, outputs=3, axis=-1, num_outputs=3)
    update = graph.op("Sigmoid", graph.op("Add", x[0], r[0]))
    reset = graph.op("Sigmoid", graph.op("Add", x[1], r[1]))
    fresh = graph.op("Tanh", graph.op("Add", x[2], graph.op("Mul", reset, r[2])))
    return str(graph.op("Add", fresh, graph.op("Mul", update, graph.op("Sub", h, fresh))))


def _attention(graph: GraphWriter, config: ModelConfig, queries: str, memory: str) -> tuple[str, str]:
    """Contexts (N, H) and weights (N, S): hypotheses of one source share its memory, which is never copied."""
    hidden = graph.input("hidden", "float32", ["B", "S"])  # 0 at real tokens, very negative at padding
    if config.attention != "dot":
        queries = graph.linear(queries, "attention.query")
    sources = graph.op("Shape", memory, start=0, end=1)
    grouped = graph.op("Concat", sources, graph.constant([-1, config.encoder_units], np.int64), axis=0)
    queries = graph.op("Reshape", queries, grouped)  # (B, K, H)
    if config.attention == "additive":
        keys = graph.input("keys", "float32", ["B", "S", config.encoder_units])
        terms = graph.op(
            "Add",
            graph.op("Unsqueeze", queries, graph.constant([2], np.int64)),
            graph.op("Unsqueeze", keys, graph.constant([1], np.int64)),
        )  # (B, K, S, H)
        energies = graph.op("MatMul", graph.op("Tanh", terms), graph.real("attention.energy"))
        scores = graph.op("Squeeze", energies, graph.constant([-1], np.int64))
    else:
        # The memory comes first: a product splits its sums by the number of its columns, which must not be S.
        columns = graph.op("FusedMatMul", memory, queries, transB=1, domain="com.microsoft")  # (B, S, K)
        scores = graph.op("Transpose", columns, perm=[0, 2, 1])  # (B, K, S)
    masked = graph.op("Add", scores, graph.op("Unsqueeze", hidden, graph.constant([1], np.int64)))
    weights = _softmax(graph, masked, memory)
    contexts = graph.op("MatMul", weights, memory)  # (B, K, H)
    rows = graph.op(
        "Shape", graph.op("Reshape", queries, graph.constant([-1, config.encoder_units], np.int64)), start=0, end=1
    )
    flat = graph.op("Concat", rows, graph.constant([-1], np.int64), axis=0)
    return graph.op("Reshape", contexts, flat), graph.op("Reshape", weights, flat)


def _softmax(graph: GraphWriter, scores: str, memory: str) -> str:
    """Softmax over S of (B, K, S) scores that gives the same bits however much padding S holds.

    The ready-made operator sums in an order that follows from S, so a source came out a last bit different beside
    longer batch mates. A matrix product sums one term after the other, and padding adds zeros at the end.
    """
    largest = graph.op("ReduceMax", scores, graph.constant([-1], np.int64), keepdims=1)
    exponentials = graph.op("Exp", graph.op("Sub", scores, largest))
    # Ones in several columns and for each source: with one column, or one matrix for all sources, the runtime takes
    # other kernels for a source alone than in a batch, and these sum in other orders.
    shape = graph.op(
        "Concat", graph.op("Shape", memory, start=0, end=2), graph.constant([SUM_COLUMNS], np.int64), axis=0
    )
    ones = graph.op("Expand", graph.constant([[[1.0]]], np.float32), shape)
    sums = graph.op("MatMul", exponentials, ones)  # (B, K, SUM_COLUMNS), all columns alike
    total = graph.op("Slice", sums, *(graph.constant([value], np.int64) for value in (0, 1, 2)))
    return str(graph.op("Div", exponentials, total))


def _write_candidates(graph: GraphWriter, log_probs: str) -> None:
    """Edits, then the cut: only the best few of V leave the graph."""
    places = graph.input("edit_places", "int64", ["M", 2])
    addends = graph.input("edit_addends", "float32", ["M"])
    wanted = graph.input("wanted", "int64", ["N", "W"])
    count = graph.input("count", "int64", [1])
    edited = graph.op("ScatterND", log_probs, places, addends, reduction="add")
    best, tokens = graph.op("TopK", edited, count, outputs=2, axis=-1)
    graph.output(tokens, "candidate_tokens", "int64", ["N", "C"])
    graph.output(best, "candidate_log_probs", "float32", ["N", "C"])
    graph.output(graph.op("GatherElements", edited, wanted, axis=1), "wanted_log_probs", "float32", ["N", "W"])
