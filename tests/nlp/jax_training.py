"""Trains under JAX in an installation that has no TensorFlow: `python jax_training.py FOLDER`.

A whole run, and one device besides: a run that is interrupted and resumed. What is found goes to the standard output as
one JSON object, the log-probabilities of the trained network to FOLDER/log_probs.npy.
"""

# ruff: noqa: E402  TensorFlow is barred first
import json
import os
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"


class NoTensorFlow(MetaPathFinder):
    """As where it is not installed."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, NoTensorFlow())

import jax
import numpy as np
from killable_training import CASES, copies, train

from nlp.batching import make_batch, plan_batches
from nlp.model.likelihood import token_log_probs
from nlp.training import compile_model, trained_model
from nlp.training.precision import learn

CASE = "brief"
BATCH = make_batch(copies(8, 3, 17), plan_batches(copies(8, 3, 17), 96, 0, 0)[0])


def log_probs(model):
    said = model({"source": BATCH.source, "target": BATCH.target_in})
    return np.array(token_log_probs(said, BATCH.target_out, BATCH.source, copy=True))


def placing():
    """How many devices hold a weight, and the parts of a batch, while the network learns."""
    model, shardings = compile_model(*CASES[CASE], "float32"), []
    compute_loss = model.compute_loss

    def listening(x, y, *others, **options):
        jax.debug.inspect_array_sharding(y, callback=shardings.append)
        return compute_loss(x, y, *others, **options)

    model.compute_loss = listening
    learn(model, BATCH)
    [sharding] = shardings
    rows = [index[0].indices(8)[:2] for index in sharding.devices_indices_map((8, 8)).values()]
    return {"weight": len(model.trainable_variables[0].value.devices()), "rows": sorted(rows)}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = {"devices": jax.device_count(), **placing()}
    found["errors"] = [train({"case": CASE, "folder": folder / "whole", "resume": False}, lambda report: None)]
    if jax.device_count() == 1:
        stop = {"signal_at": 2, "signals": [2]}
        for order in ({"resume": False, **stop}, {"resume": True}):
            found["errors"].append(train({"case": CASE, "folder": folder / "parts", **order}, lambda report: None))
        np.save(folder / "log_probs.npy", log_probs(trained_model(folder / "whole" / "best.npz", CASES[CASE][0])))
    found["tensorflow"] = "tensorflow" in sys.modules
    print(json.dumps(found))
