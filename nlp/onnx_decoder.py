"""The graph of one decoder step: rows of hypotheses in, the best next tokens out.

Whatever a row gets is the same to the last bit beside whatever batch mates, in int8 bundles at least. So each operator
here works on every row, or every source, in the same order however many there are: see `_softmax` and `_taken`.

Shape letters as in `nlp.model`; N rows of hypotheses are B sources times K, source by source.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nlp.config import ModelConfig
from nlp.onnx_graph import GraphWriter
from nlp.tokenizers.protocol import PAD

SUM_COLUMNS = 16
LAST_AXIS = np.array([-1], np.int64)


def write_decoder_step(graph: GraphWriter, config: ModelConfig, path: Path) -> None:
    """Write the step graph of a network into the file `path`, by its weights in `graph`."""
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
    log_probs = graph.op("LogSoftmax", logits, axis=-1)
    if config.copy:
        _write_copying_candidates(graph, config, log_probs, vectors, weights)
    else:
        _write_candidates(graph, log_probs)
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


def _write_copying_candidates(
    graph: GraphWriter, config: ModelConfig, log_probs: str, vectors: str, weights: str
) -> None:
    """As `_write_candidates`, where a token is taken from the vocabulary or from the source (See et al. 2017,
    equation 9).

    `log_probs` are the vocabulary's (N, V), `vectors` (N, E), `weights` the attention (N, S). Edits bar what stands in
    a source from the vocabulary; its places take part with both ways added (see `nlp.copying`). The cut comes in two:
    nothing as wide as the vocabulary is put together with anything.
    """
    edit_places, edit_addends, wanted, count = _cut_inputs(graph)
    places = graph.input("copied_edit_places", "int64", ["P", 2])
    addends = graph.input("copied_edit_addends", "float32", ["P"])
    wanted_places = graph.input("wanted_places", "int64", ["N", "W"])
    total = graph.input("total", "int64", [1])
    tokens = graph.input("copied_tokens", "int64", ["N", "S"])
    generating, copying = _gate(graph, vectors)
    taken = _taken(graph, config, log_probs, tokens, weights, generating, copying)
    taken = graph.op("ScatterND", taken, places, addends, reduction="add")  # (N, S)
    edited = graph.op("ScatterND", log_probs, edit_places, edit_addends, reduction="add")  # (N, V)
    best, best_tokens = graph.op("TopK", edited, count, outputs=2, axis=-1)
    both = graph.op("Concat", graph.op("Add", best, generating), taken, axis=1)
    best, chosen = graph.op("TopK", both, total, outputs=2, axis=-1)
    named = graph.op("GatherElements", graph.op("Concat", best_tokens, tokens, axis=1), chosen, axis=1)
    graph.output(named, "candidate_tokens", "int64", ["N", "C"])
    graph.output(best, "candidate_log_probs", "float32", ["N", "C"])
    last, first = graph.constant(config.vocab_size - 1, np.int64), graph.constant(0, np.int64)
    generated = graph.op("GatherElements", edited, graph.op("Min", wanted, last), axis=1)
    generated = graph.op("Add", generated, generating)
    # A word of another source alone cannot come here.
    possible = graph.op("LessOrEqual", wanted, last)
    generated = graph.op("Where", possible, generated, graph.constant(-np.inf, np.float32))
    copied = graph.op("GatherElements", taken, graph.op("Max", wanted_places, first), axis=1)
    held = graph.op("GreaterOrEqual", wanted_places, first)
    graph.output(graph.op("Where", held, copied, generated), "wanted_log_probs", "float32", ["N", "W"])


def _gate(graph: GraphWriter, vectors: str) -> tuple[str, str]:
    """Logarithms, each (N, 1), of the probabilities that the vocabulary or the source gives the token."""
    logit = graph.linear(vectors, "copy_gate.kernel", "copy_gate.bias")
    both = graph.op("Concat", logit, graph.op("Mul", logit, graph.constant(0.0, np.float32)), axis=-1)
    generating, copying = graph.op("Split", graph.op("LogSoftmax", both, axis=-1), outputs=2, axis=-1, num_outputs=2)
    graph.output(graph.op("Exp", generating), "gate", "float32", ["N", 1])
    return generating, copying


def _taken(
    graph: GraphWriter, config: ModelConfig, log_probs: str, tokens: str, weights: str, generating: str, copying: str
) -> str:
    """Log-probabilities (N, S), both ways added, of `tokens` (N, S) that are PAD but where a token stands first.

    A token's attention is summed place by place. The logarithm is that of a reduction, which takes one element after
    the other: `Log` and `Softplus` take several at once and those left over in another way, so that a result would
    depend on where in the batch it stands.
    """
    firsts = graph.input("first_places", "int64", ["N", "S"])
    nothing, padding = graph.constant(0.0, np.float32), graph.constant(PAD, np.int64)
    last = graph.constant(config.vocab_size - 1, np.int64)
    generated = graph.op("GatherElements", log_probs, graph.op("Min", tokens, last), axis=1)
    known = graph.op("And", graph.op("Greater", tokens, padding), graph.op("LessOrEqual", tokens, last))
    generated = graph.op("Where", known, graph.op("Exp", graph.op("Add", generated, generating)), nothing)
    shares, zeros = graph.op("Mul", weights, graph.op("Exp", copying)), graph.op("Mul", weights, nothing)
    copied = graph.op("ScatterElements", zeros, firsts, shares, axis=1, reduction="add")
    axis = graph.constant(LAST_AXIS)
    parts = [graph.op("Unsqueeze", part, axis) for part in (generated, copied)]
    return str(graph.op("ReduceLogSum", graph.op("Concat", *parts, axis=-1), axis, keepdims=0))


def _write_candidates(graph: GraphWriter, log_probs: str) -> None:
    """Edits, then the cut: only the best few of all tokens leave the graph."""
    places, addends, wanted, count = _cut_inputs(graph)
    edited = graph.op("ScatterND", log_probs, places, addends, reduction="add")
    best, tokens = graph.op("TopK", edited, count, outputs=2, axis=-1)
    graph.output(tokens, "candidate_tokens", "int64", ["N", "C"])
    graph.output(best, "candidate_log_probs", "float32", ["N", "C"])
    graph.output(graph.op("GatherElements", edited, wanted, axis=1), "wanted_log_probs", "float32", ["N", "W"])


def _cut_inputs(graph: GraphWriter) -> tuple[str, str, str, str]:
    """Places and addends of edits, the tokens asked for, and how many candidates to keep."""
    places = graph.input("edit_places", "int64", ["M", 2])
    addends = graph.input("edit_addends", "float32", ["M"])
    return places, addends, graph.input("wanted", "int64", ["N", "W"]), graph.input("count", "int64", [1])
