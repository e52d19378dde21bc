"""ONNX Runtime behind the Stepper interface of `nlp.search`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from nlp.bundle import DECODER_FILE, ENCODER_FILE, PROBE_FILE, WIDE_DECODER_FILE
from nlp.constraints import Edits
from nlp.copying import copy_feeds, copy_tables
from nlp.errors import BundleError
from nlp.search import Candidates, Floats, Ints
from nlp.tokenizers.protocol import PAD, UNK

HIDDEN = -1e9
"""Added to the attention score of padding."""
LENGTH_STEP = 8
"""Padded source lengths are multiples of this."""


@dataclass(frozen=True)
class EngineState:
    """Decoder states of N = B * K rows over the memory of B sources."""

    memory: Mapping[str, NDArray[Any]]
    """Per source: memory (B, S, H), hidden (B, S), and keys (B, S, H) for additive attention."""
    rows: Mapping[str, Floats]
    """Per row: h_0, c_0, h_1, ..., each (N, R)."""
    sources: int
    copying: Mapping[str, NDArray[Any]]
    """Per source: what `nlp.copying.copy_tables` gives; empty without copying."""


class Engine:
    """The two graphs of a bundle, ready to run."""

    def __init__(self, directory: Path, vocab_size: int, threads: int = 0) -> None:
        """Load the graphs in `directory`, whose model has `vocab_size` ids, to run on `threads` cores (0: all).

        Raises:
            BundleError: ONNX Runtime cannot load them.
        """
        self._encoder = _session(directory / ENCODER_FILE, threads)
        self._decoder = _session(directory / _decoder_file(directory), threads)
        self._encoder_outputs = [output.name for output in self._encoder.get_outputs()]
        self._decoder_outputs = [output.name for output in self._decoder.get_outputs()]
        self._state_names = [name for name in self._encoder_outputs if name not in ("memory", "keys")]
        self._copies = "gate" in self._decoder_outputs
        self.vocab_size = vocab_size

    def start(self, sources: Sequence[Sequence[int]]) -> EngineState:
        """Encode `sources`; see `nlp.search.Stepper`."""
        lengths = np.array([len(source) for source in sources], np.int32)
        width = -(-int(lengths.max()) // LENGTH_STEP) * LENGTH_STEP
        padded = np.full((len(sources), width), PAD, np.int64)
        for row, source in enumerate(sources):
            padded[row, : len(source)] = source
        outputs = self._encoder.run(None, {"source": self._known(padded), "lengths": lengths})
        named = dict(zip(self._encoder_outputs, outputs, strict=True))
        hidden = np.where(np.arange(width) < lengths[:, None], 0.0, HIDDEN).astype(np.float32)
        memory = {name: value for name, value in named.items() if name in ("memory", "keys")} | {"hidden": hidden}
        copying = copy_tables(padded, lengths, self.vocab_size) if self._copies else {}
        return EngineState(memory, {name: named[name] for name in self._state_names}, len(sources), copying)

    def step(
        self, tokens: Ints, state: EngineState, edits: Edits, wanted: Ints, count: int
    ) -> tuple[Candidates, EngineState]:
        """One step of every row; see `nlp.search.Stepper`."""
        feeds = {
            **state.memory,
            **state.rows,
            "tokens": self._known(tokens),
            "wanted": wanted,
            "edit_places": np.stack([edits.rows, edits.tokens], axis=1),
            "edit_addends": edits.addends,
            "count": np.array([min(count, self.vocab_size)], np.int64),
        }
        if self._copies:
            feeds |= copy_feeds(state.copying, edits, wanted, self.vocab_size, count)
        outputs = dict(zip(self._decoder_outputs, self._decoder.run(None, feeds), strict=True))
        candidates = Candidates(
            outputs["candidate_tokens"],
            outputs["candidate_log_probs"],
            outputs["wanted_log_probs"],
            outputs["attention"],
            outputs["gate"][:, 0] if self._copies else None,
        )
        rows = {name: outputs[f"next_{name}"] for name in self._state_names}
        return candidates, replace(state, rows=rows)

    def select(self, state: EngineState, rows: Ints) -> EngineState:
        """Rows (B', K') of a state; the memory is copied only when a source has closed."""
        width = len(state.rows[self._state_names[0]]) // state.sources
        sources = rows[:, 0] // width
        memory, copying = state.memory, state.copying
        if len(sources) != state.sources or (sources != np.arange(state.sources)).any():
            memory = {name: value[sources] for name, value in memory.items()}
            copying = {name: value[sources] for name, value in copying.items()}
        flat = rows.reshape(-1)
        return EngineState(memory, {name: value[flat] for name, value in state.rows.items()}, len(sources), copying)

    def _known(self, tokens: Ints) -> Ints:
        """The ids as the network is fed them: a word of the source that the vocabulary lacks is UNK."""
        return np.where(tokens < self.vocab_size, tokens, UNK) if self._copies else tokens


def _decoder_file(directory: Path) -> str:
    """The step graph for this processor: the wide one where (unsigned, signed) byte products overflow."""
    if not (directory / PROBE_FILE).exists():  # float32
        return DECODER_FILE
    probe = _session(directory / PROBE_FILE, 1)
    width = probe.get_inputs()[0].shape[1]
    product = probe.run(None, {"values": np.full((1, width), 255, np.uint8)})[0]
    return DECODER_FILE if (product == 255 * 127 * width).all() else WIDE_DECODER_FILE


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # The arena never gives memory back: one long batch would keep over a gigabyte for good.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises classes of its own that share no public base
        raise BundleError(
            f"{path}: ONNX Runtime {onnxruntime.__version__} cannot load this graph ({error}). Update "
            "onnxruntime, or export the model again."
        ) from None
