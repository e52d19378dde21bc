"""The classic way, beside which a decoder can be seen: Keras' `predict` once per token, one sentence at a time."""

from __future__ import annotations

import time
from pathlib import Path

from nlp.bundle import WEIGHTS_FILE
from nlp.generator import TextGenerator
from nlp.tokenizers import BOS, EOS
from nlp.weights import dequantize, load_weights
from scripts.benchmark_rows import Row
from scripts.benchmark_texts import sample_sources

SENTENCES, TOKENS = 3, 12
GROUP, LABEL = "The classic tutorial's way, with the same weights", "one sentence at a time, greedy"


def measure_classic(bundle: Path) -> Row:
    """Outputs per second of the classic way; without the train extra, a row saying so."""
    try:
        from nlp.model import assign_weights, create_model
    except ImportError:
        return Row(GROUP, "classic_outputs_per_s", LABEL, "not measured: needs the train extra")
    import numpy as np

    generator = TextGenerator.load(bundle)
    model = create_model(generator.model)
    assign_weights(model, dequantize(load_weights(bundle / WEIGHTS_FILE)))

    def decode(ids: list[int]) -> None:
        output = [BOS]
        while len(output) <= TOKENS:
            said = model.predict({"source": np.array([ids]), "target": np.array([output])}, verbose=0)
            output.append(int(said.logits[0, -1].argmax()))

    encoded = [[*generator.tokenizer.encode(text), EOS] for text in sample_sources(bundle, SENTENCES)]
    decode(encoded[0])
    started = time.perf_counter()
    for ids in encoded:
        decode(ids)
    return Row(GROUP, "classic_outputs_per_s", LABEL, SENTENCES / (time.perf_counter() - started), "outputs/s")
