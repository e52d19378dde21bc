"""Checkpoints: everything a training needs to go on as if it had never stopped, in one file without pickle.

Keras' own files leave out the dropout seeds, and its backup callback forgets the batch number; so all variables of
model and optimizer go into one npz with the position in the data and the counters.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nlp.config import ModelConfig
from nlp.encoding import EncodedPairs
from nlp.errors import TrainingError
from nlp.model import Seq2Seq, assign_weights, create_model, named_weights


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
    validated_step: int = 0
    validations_without_gain: int = 0
    plateau: float = 1.0
    """What validations without a gain have made of the learning rate, where the schedule is `plateau`."""


@dataclass(frozen=True)
class CheckpointFacts:
    """What must agree between a checkpoint and the run that resumes from it."""

    data: str
    """Fingerprint of the encoded training pairs."""
    settings: str
    """Fingerprint of all that decides what a step does: network, training, the weights it began with."""
    dtype: str
    backend: str


def fingerprint(pairs: EncodedPairs) -> str:
    """Hex digest of encoded pairs, to know them again."""
    digest = hashlib.blake2b(digest_size=16)
    for array in (pairs.source_ids, pairs.source_starts, pairs.target_ids, pairs.target_starts, pairs.weights):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def previous(path: Path) -> Path:
    """Where the checkpoint before the one at `path` is kept."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def save_checkpoint(path: Path, model: Seq2Seq, position: Position, facts: CheckpointFacts, *, keep: bool) -> None:
    """Write a checkpoint beside `path`, flush it to the disk and rename it, so that `path` is always whole.

    With `keep`, the one that it replaces stays as `previous(path)`.

    Raises:
        TrainingError: a weight is not a number; nothing is written.
        OSError: the disk is full or the like; what was there stays.
    """
    arrays = _arrays(model)
    if broken := [
        name for name, array in arrays.items() if name.startswith("weight/") and not np.isfinite(array).all()
    ]:
        raise TrainingError(f"The weights {broken[0].removeprefix('weight/')!r} are not numbers any more.")
    header = json.dumps({"position": asdict(position), "facts": asdict(facts)})
    partial = _partial(path)
    try:
        with partial.open("wb") as file:
            np.savez(file, header=np.frombuffer(header.encode(), np.uint8), **arrays)
            file.flush()
            os.fsync(file.fileno())
        if keep and path.exists():
            path.replace(previous(path))
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _partial(path: Path) -> Path:
    """Where a checkpoint is written before it is whole."""
    return path.with_suffix(".partial")


def clear_partial(*paths: Path) -> None:
    """Remove what a process killed while it wrote a checkpoint at one of `paths` has left: as much as a whole one."""
    for path in paths:
        with suppress(OSError):
            _partial(path).unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Renames are on the disk only when their folder is; not every system lets one be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _arrays(model: Seq2Seq) -> dict[str, Any]:
    arrays = {f"weight/{name}": _to_numpy(each) for name, each in named_weights(model).items()}
    arrays |= {f"state/{index}": _to_numpy(each) for index, each in enumerate(_states(model))}
    return arrays | {f"optimizer/{index}": _to_numpy(each) for index, each in enumerate(model.optimizer.variables)}


def _states(model: Seq2Seq) -> list[Any]:
    """Variables that are no weights: the states of random generators, the share of own words."""
    weights = {id(variable) for variable in named_weights(model).values()}
    return [variable for variable in model.variables if id(variable) not in weights]


def read_header(path: Path) -> tuple[Position, CheckpointFacts]:
    """Position and facts of a checkpoint, without touching a model.

    Raises:
        TrainingError: the file cannot be read.
    """
    with _open(path) as file:
        header = json.loads(bytes(file["header"]).decode())
        return Position(**header["position"]), CheckpointFacts(**header["facts"])


def newest_whole(path: Path) -> Path | None:
    """The checkpoint at `path`; else the one before it, where `path` is missing or damaged; else None.

    Raises:
        TrainingError: there are checkpoints, and none can be read.
    """
    there = [each for each in (path, previous(path)) if each.exists()]
    for each in there:
        with suppress(TrainingError):
            _read_through(each)
            return each
    if there:
        _read_through(there[0])
    return None


def _read_through(path: Path) -> None:
    with _open(path) as file:
        for name in file.files:
            _ = file[name]


def load_weights(path: Path, model: Seq2Seq) -> None:
    """Put a checkpoint's weights into a network.

    Raises:
        TrainingError: the file cannot be read, or belongs to a network of another shape.
    """
    with _open(path) as file:
        arrays = {name.removeprefix("weight/"): file[name] for name in file.files if name.startswith("weight/")}
        wanted = {name: tuple(each.shape) for name, each in named_weights(model).items()}
        _require_shapes(path, wanted, {name: array.shape for name, array in arrays.items()})
        assign_weights(model, arrays)


def load_state(path: Path, model: Seq2Seq) -> None:
    """Put all that a checkpoint holds into a network and its optimizer, both built.

    Raises:
        TrainingError: as for `load_weights`.
    """
    load_weights(path, model)
    with _open(path) as file:
        for group, variables in (("state", _states(model)), ("optimizer", model.optimizer.variables)):
            names = [name for name in file.files if name.startswith(f"{group}/")]
            found = {name: file[name].shape for name in names}
            _require_shapes(path, {f"{group}/{i}": tuple(each.shape) for i, each in enumerate(variables)}, found)
            for index, variable in enumerate(variables):
                variable.assign(file[f"{group}/{index}"])


def _require_shapes(path: Path, wanted: dict[str, tuple[int, ...]], found: dict[str, tuple[int, ...]]) -> None:
    if wanted != found:
        raise TrainingError(
            f"{path}: this checkpoint belongs to a model of another shape. Use the recipe it was "
            "trained with, or another --output folder."
        )


def trained_model(path: Path, config: ModelConfig) -> Seq2Seq:
    """The float32 network of a checkpoint, to export or to look at.

    Raises:
        TrainingError: as for `load_weights`.
    """
    keras.config.set_dtype_policy("float32")
    model = create_model(config)
    load_weights(path, model)
    return model


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
