"""The training loop: steps, validation, early stopping, checkpoints, and going on after an interruption.

It is a loop of its own over `train_on_batch`, because exact resumption needs to know which batch comes next. Nothing
is printed here: whoever calls passes a function that is told what happened.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from nlp.batching import Batch, make_batch, plan_batches
from nlp.checkpoint import CheckpointFacts, Position, load_variables, read_header, save_checkpoint
from nlp.config import ModelConfig, TrainConfig
from nlp.encoding import EncodedPairs
from nlp.errors import TrainingError
from nlp.model import Seq2Seq, create_model
from nlp.tokenizers import PAD

REPORT_SECONDS = 5.0
"""Time between two progress reports."""


@dataclass(frozen=True)
class Progress:
    """What a person watching wants to know."""

    position: Position
    total_steps: int
    loss: float
    """Mean training loss since the last report, nats per target token."""
    pairs_per_second: float
    """Over this process's training time, validation included."""
    seconds_left: float
    validation_loss: float | None = None
    """Set when a validation has just ended."""
    message: str = ""
    """Set when something worth a line happened."""


@dataclass
class TrainingRun:
    """One training in one folder: `latest.npz` to go on from, `best.npz` to export."""

    directory: Path
    model_config: ModelConfig
    config: TrainConfig
    train: EncodedPairs
    validation: EncodedPairs
    report: Callable[[Progress], None]
    position: Position = field(default_factory=Position)

    def __post_init__(self) -> None:
        if not len(self.train):
            raise TrainingError(
                "There is no training pair left after cleaning and length limits; see the report of "
                "dropped pairs above, and loosen [cleaning] or raise model.max_target_tokens."
            )
        if not len(self.validation):
            raise TrainingError("There is no validation pair; give more data or raise split.validation_share.")
        self.steps_per_epoch = -(-len(self.train) // self.config.batch_size)
        self.total_steps = self.steps_per_epoch * self.config.epochs
        self._started = time.monotonic()
        self._elapsed_before = 0.0
        self._pairs_before = 0

    @property
    def latest(self) -> Path:
        """The checkpoint that `resume` goes on from."""
        return self.directory / "latest.npz"

    @property
    def best(self) -> Path:
        """The checkpoint with the lowest validation loss."""
        return self.directory / "best.npz"

    def fit(self, *, resume: bool = False) -> Position:
        """Train until the epochs, the minutes or the patience are used up; returns where it ended.

        With `resume`, go on from `latest.npz` if there is one. Ctrl-C saves a checkpoint and is raised on.

        Raises:
            TrainingError: the loss is not a number, or the checkpoint belongs to other data or settings.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        resuming = resume and self.latest.exists()
        dtype = read_header(self.latest)[1].dtype if resuming else choose_dtype(self.config.dtype)
        facts = CheckpointFacts(fingerprint(self.train), dtype, self.config.seed, self.config.batch_size)
        model = compile_model(self.model_config, self.config, dtype)
        if resuming:
            self._go_on(model, facts)
        self._elapsed_before, self._pairs_before = self.position.elapsed_seconds, self.position.pairs
        self._started = time.monotonic()
        try:
            if not self._finished():  # a run that stopped early is not trained further when its export is resumed
                self._train(model, facts)
            elif not self.best.exists():  # it was interrupted between its last step and the validation
                self._validate(model, facts, math.nan)
        except KeyboardInterrupt:
            self._save(self.latest, model, facts)
            raise
        return self.position

    def _go_on(self, model: Seq2Seq, facts: CheckpointFacts) -> None:
        self.position, saved = read_header(self.latest)
        if saved != facts:
            raise TrainingError(
                f"{self.latest}: this checkpoint was made with other data or settings ({saved} then, "
                f"{facts} now). Resume with the recipe and corpora of that run, or start anew in "
                "another --output folder."
            )
        load_variables(self.latest, model, optimizer=True)

    def _train(self, model: Seq2Seq, facts: CheckpointFacts) -> None:
        last_report = time.monotonic()
        for batch in self._batches():
            model.optimizer.learning_rate = self.learning_rate()
            logs = model.train_on_batch(
                {"source": batch.source, "target": batch.target_in},
                batch.target_out,
                sample_weight=batch.weights,
                return_dict=True,
            )
            loss = float(logs["loss"])
            self._advance(len(batch.weights))
            if not math.isfinite(loss):
                raise TrainingError(
                    f"The loss became {loss} at step {self.position.step}. Start again with a lower "
                    f"train.learning_rate or train.clip_norm; the last good state stays in {self.directory}."
                )
            due = self.position.step % self.config.validate_every_steps == 0
            if due or time.monotonic() - last_report >= REPORT_SECONDS:
                last_report = time.monotonic()
                self._report(loss)
                model.reset_metrics()
            if due or self._finished():
                self._validate(model, facts, loss)
                model.reset_metrics()
            if self._finished():
                return

    def _batches(self) -> Iterator[Batch]:
        while self.position.epoch < self.config.epochs:
            plan = plan_batches(self.train, self.config.batch_size, self.config.seed, self.position.epoch)
            while self.position.batch < len(plan):
                yield make_batch(self.train, plan[self.position.batch])
            self.position.epoch, self.position.batch = self.position.epoch + 1, 0

    def _advance(self, pairs: int) -> None:
        self.position.step += 1
        self.position.batch += 1
        self.position.pairs += pairs
        self.position.elapsed_seconds = self._elapsed_before + time.monotonic() - self._started

    def share_done(self) -> float:
        """How much of the run is over, 0 to 1: by steps, or by time where `max_minutes` ends it sooner."""
        by_steps = self.position.step / self.total_steps
        limit = self.config.max_minutes * 60
        return min(1.0, max(by_steps, self.position.elapsed_seconds / limit if limit else 0.0))

    def learning_rate(self) -> float:
        """The rate for the next step: linear warm-up, then constant or a half cosine down to a twentieth."""
        warmup = min(1.0, (self.position.step + 1) / max(1, self.config.warmup_steps))
        if self.config.schedule == "constant":
            return self.config.learning_rate * warmup
        decay = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * self.share_done()))
        return self.config.learning_rate * min(warmup, decay)

    def _finished(self) -> bool:
        patience = self.config.patience
        return self.share_done() >= 1.0 or bool(patience and self.position.validations_without_gain >= patience)

    def _validate(self, model: Seq2Seq, facts: CheckpointFacts, loss: float) -> None:
        validation_loss = mean_loss(model, self.validation, self.config)
        if validation_loss < self.position.best_loss:
            self.position.best_loss, self.position.best_step = validation_loss, self.position.step
            self.position.validations_without_gain = 0
            self._save(self.best, model, facts)
        else:
            self.position.validations_without_gain += 1
        self._save(self.latest, model, facts)
        self._report(loss, validation_loss)

    def _save(self, path: Path, model: Seq2Seq, facts: CheckpointFacts) -> None:
        self.position.elapsed_seconds = self._elapsed_before + time.monotonic() - self._started
        save_checkpoint(path, model, self.position, facts)

    def _report(self, loss: float, validation_loss: float | None = None) -> None:
        seconds = time.monotonic() - self._started
        share, spent = self.share_done(), self.position.elapsed_seconds
        speed = (self.position.pairs - self._pairs_before) / max(seconds, 1e-9)
        left = spent / share * (1 - share) if share else math.nan
        self.report(Progress(self.position, self.total_steps, loss, speed, left, validation_loss))


def compile_model(model_config: ModelConfig, config: TrainConfig, dtype: str) -> Seq2Seq:
    """A fresh network with its optimizer built, all from the seed."""
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(dtype)
    model = create_model(model_config)
    optimizer = keras.optimizers.Adam(config.learning_rate, global_clipnorm=config.clip_norm)
    # XLA pays on a GPU; on a CPU TensorFlow's own kernels are faster for recurrent loops.
    model.compile(optimizer=optimizer, jit_compile="auto" if keras.backend.backend() == "jax" else False)
    optimizer.build(model.trainable_variables)
    return model


def choose_dtype(wanted: str) -> str:
    """The dtype policy for `wanted`; `auto` takes bfloat16 only where the processor computes it in hardware: without
    such instructions it was measured three times slower than float32."""
    if wanted != "auto":
        return wanted
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf8")
    except OSError:
        return "float32"
    return "mixed_bfloat16" if "amx_bf16" in flags or "avx512_bf16" in flags else "float32"


def mean_loss(model: Seq2Seq, pairs: EncodedPairs, config: TrainConfig) -> float:
    """Cross-entropy in nats per target token over `pairs`, teacher-forced, without dropout."""
    total = tokens = 0.0
    for indices in plan_batches(pairs, config.batch_size, seed=0, epoch=0):
        batch = make_batch(pairs, indices)
        count = float(np.count_nonzero(batch.target_out != PAD))
        logs = model.test_on_batch(
            {"source": batch.source, "target": batch.target_in}, batch.target_out, return_dict=True
        )
        model.reset_metrics()
        total, tokens = total + float(logs["loss"]) * count, tokens + count
    return total / max(tokens, 1.0)


def fingerprint(pairs: EncodedPairs) -> str:
    """Hex digest of encoded pairs, to know them again."""
    digest = hashlib.blake2b(digest_size=16)
    for array in (pairs.source_ids, pairs.source_starts, pairs.target_ids, pairs.target_starts, pairs.weights):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
