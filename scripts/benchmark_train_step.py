"""Our own training step at work, in a process of its own, which ends by printing one JSON object.

python -m scripts.benchmark_train_step full STEPS
python -m scripts.benchmark_train_step real STEPS [CORPUS]
python -m scripts.benchmark_train_step parts ROUNDS
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from corpora import read_records
from nlp.batching import BatchPlan, make_batch, plan_batches
from nlp.bundle import TOKENIZER_FOLDER, resolve
from nlp.config import TrainConfig
from nlp.encoding import EncodedPairs, encode_pairs
from nlp.tokenizers import load_tokenizer
from scripts.benchmark_train_corpus import draw_lengths
from scripts.benchmark_train_shapes import FULL_BATCH, MODEL, ROWS, full_pairs, random_pairs
from scripts.training_libraries import load_training_libraries

TRAIN = TrainConfig()
DRAWN_PAIRS = 20_000
TOKENIZER = "headlines-en"
"""The shipped model whose tokenizer reads a corpus."""


def measure_full(steps: int) -> dict[str, Any]:
    """Pairs per second where every place of a batch is full, through the loop's own step and choice of a dtype."""
    pairs = full_pairs()
    speed, dtype = _speed(pairs, [FULL_BATCH] * steps)
    return {"pairs_per_second": speed, "dtype": dtype}


def measure_real(steps: int, corpus: str = "") -> dict[str, Any]:
    """Padding of an epoch's batches, and pairs per second over `steps` of them, for the lengths of `corpus`."""
    pairs = _corpus(Path(corpus)) if corpus else _drawn()
    plans = plan_batches(pairs, TRAIN.batch_tokens, TRAIN.seed, 0)
    unsorted = [np.arange(start, min(start + ROWS, len(pairs))) for start in range(0, len(pairs), ROWS)]
    return {
        "pairs_per_second": _speed(pairs, plans[:steps])[0],
        "pairs": len(pairs),
        "padding": _padding(pairs, plans),
        "padding_unsorted": _padding(pairs, [_just_fitting(pairs, indices) for indices in unsorted]),
        "shapes": len({(plan.rows, plan.source_length, plan.target_length) for plan in plans}),
    }


def _speed(pairs: EncodedPairs, plans: list[BatchPlan]) -> tuple[float, str]:
    """Pairs per second over `plans`, after each of their shapes has been met once, and the dtype."""
    from nlp.training import compile_model
    from nlp.training.precision import choose_dtype, learn

    dtype = choose_dtype(MODEL, TRAIN, pairs, plans, lambda message: None)
    model = compile_model(MODEL, TRAIN, dtype)
    shapes = {(plan.rows, plan.source_length, plan.target_length): plan for plan in plans}
    for plan in (*shapes.values(), plans[0]):
        learn(model, make_batch(pairs, plan))
    started = time.perf_counter()
    for plan in plans:
        learn(model, make_batch(pairs, plan))
    return sum(len(plan.indices) for plan in plans) / (time.perf_counter() - started), dtype


def _padding(pairs: EncodedPairs, plans: list[BatchPlan]) -> float:
    """Share of places that hold no token."""
    places = sum(plan.rows * (plan.source_length + plan.target_length) for plan in plans)
    return 1 - (len(pairs.source_ids) + len(pairs.target_ids)) / places


def _just_fitting(pairs: EncodedPairs, indices: np.ndarray) -> BatchPlan:
    """The batch that holds these pairs and no row or column more."""
    longest = [int(np.diff(starts)[indices].max()) for starts in (pairs.source_starts, pairs.target_starts)]
    return BatchPlan(indices, len(indices), *longest)


def _drawn() -> EncodedPairs:
    sources, targets = draw_lengths(np.random.default_rng(1), DRAWN_PAIRS)
    return random_pairs(np.minimum(sources, MODEL.max_source_tokens), np.minimum(targets, MODEL.max_target_tokens))


def _corpus(path: Path) -> EncodedPairs:
    return encode_pairs(
        load_tokenizer(resolve(TOKENIZER) / TOKENIZER_FOLDER),
        (record.pair for record in read_records(path)),
        MODEL,
        "headlines",
    )


def main(arguments: list[str]) -> None:
    """Measure what the arguments say."""
    load_training_libraries()
    match arguments:
        case ["full", steps]:
            found = measure_full(int(steps))
        case ["real", steps, *corpus]:
            found = measure_real(int(steps), *corpus)
        case ["parts", rounds]:
            from scripts.benchmark_train_parts import measure_parts

            found = measure_parts(int(rounds))
        case _:
            sys.exit(__doc__)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
