"""Checkpoints: everything a training needs to go on as if it had never stopped, in one file without pickle.

Keras' own files leave out the dropout seeds, and its backup callback forgets the batch number; so all variables of
model and optimizer go into one npz with the position in the data and the counters.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nlp.config import ModelConfig
from nlp.errors import TrainingError
from nlp.model import Seq2Seq, create_model


@dataclass
class Position:
    """Where a training stands."""

    step: int = 0
    """Batches learned from."""
    epoch: int = 0
    batch: int = 0
    """Next batch within the epoch."""
    pairs: int = 0
    """Pairs learned from, all epochs together."""
    elapsed_seconds: float = 0.0
    """Time spent training, validation included, over all resumed parts."""
    best_loss: float = float("inf")
    """Lowest validation loss so far, nats per token."""
    best_step: int = 0
    validations_without_gain: int = 0


@dataclass(frozen=True)
class CheckpointFacts:
    """What must agree between a checkpoint and the run that resumes from it."""

    data: str
    """Fingerprint of the encoded training pairs."""
    dtype: str
    seed: int
    batch_size: int


def save_checkpoint(path: Path, model: keras.Model, position: Position, facts: CheckpointFacts) -> None:
    """Write a checkpoint beside `path`, flush it to the disk and rename it, so that `path` is always whole."""
    arrays = {f"model/{i}": _to_numpy(v) for i, v in enumerate(model.variables)}
    arrays |= {f"optimizer/{i}": _to_numpy(v) for i, v in enumerate(model.optimizer.variables)}
    header = json.dumps({"position": asdict(position), "facts": asdict(facts), "backend": keras.backend.backend()})
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, header=np.frombuffer(header.encode(), np.uint8), **arrays)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read_header(path: Path) -> tuple[Position, CheckpointFacts]:
    """Position and facts of a checkpoint, without touching a model.

    Raises:
        TrainingError: the file cannot be read.
    """
    with _open(path) as file:
        header = json.loads(bytes(file["header"]).decode())
        return Position(**header["position"]), CheckpointFacts(**header["facts"])


def load_variables(path: Path, model: keras.Model, *, optimizer: bool) -> None:
    """Put a checkpoint's weights, and with `optimizer` its optimizer state too, into a built model.

    Raises:
        TrainingError: the file cannot be read, or belongs to a model of another shape.
    """
    with _open(path) as file:
        _assign(file, "model", model.variables, path)
        if optimizer:
            _assign(file, "optimizer", model.optimizer.variables, path)


def trained_model(path: Path, config: ModelConfig) -> Seq2Seq:
    """The float32 network of a checkpoint, to export or to look at.

    Raises:
        TrainingError: the file cannot be read, or belongs to a model of another shape.
    """
    keras.config.set_dtype_policy("float32")
    model = create_model(config)
    load_variables(path, model, optimizer=False)
    return model


def _assign(file: Any, group: str, variables: list[Any], path: Path) -> None:
    names = [name for name in file.files if name.startswith(f"{group}/")]
    shapes = [tuple(file[f"{group}/{i}"].shape) for i in range(len(names))]
    if shapes != [tuple(v.shape) for v in variables]:
        raise TrainingError(
            f"{path}: this checkpoint belongs to a model of another shape. Use the recipe it was "
            "trained with, or another --output folder."
        )
    for index, variable in enumerate(variables):
        variable.assign(file[f"{group}/{index}"])


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        # Opened here, because NumPy leaves a file open that it finds damaged.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            yield file
    except FileNotFoundError:
        raise TrainingError(f"{path}: there is no checkpoint here.") from None
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise TrainingError(
            f"{path}: the checkpoint cannot be read ({error}). Start anew in another --output folder."
        ) from None


def _to_numpy(variable: Any) -> Any:
    return np.asarray(keras.ops.convert_to_numpy(variable.value))
