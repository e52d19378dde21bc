"""The training loop: steps, validation, early stopping, checkpoints, and going on after an interruption.

It is a loop of its own over `train_on_batch`, because exact resumption needs to know which batch comes next. Nothing
is printed here: whoever calls passes a function that is told what happened.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import fmean

import keras
import numpy as np

from nlp.batching import Batch, BatchPlan, make_batch, plan_batches
from nlp.config import ModelConfig, TrainConfig
from nlp.encoding import EncodedPairs
from nlp.errors import TrainingError
from nlp.model import Seq2Seq
from nlp.training.checkpoint import (
    CheckpointFacts,
    Position,
    clear_partial,
    fingerprint,
    load_state,
    newest_whole,
    read_header,
    save_checkpoint,
)
from nlp.training.compiled import averaged_weights, compile_model, know_frequencies
from nlp.training.failures import not_a_number, not_written
from nlp.training.interruption import Interruption
from nlp.training.precision import choose_dtype, learn
from nlp.training.progress import Progress
from nlp.training.schedules import LEAST_PLATEAU, PLATEAU_FACTOR, learning_rate, own_words_share
from nlp.training.validation import greedy_outputs, mean_loss

REPORT_SECONDS = 5.0
"""Time between two progress reports."""
LEAST_REPORTS = 100
"""Reports of a whole run, however short it is: its curves are drawn from them."""
DIVERGED = 10
"""A loss this many times that of guessing among all words comes from steps so large that nothing is learnt any more."""
SHOWN_OUTPUTS = 3
"""Validation sources that are written for after each validation, for a person to look at."""


@dataclass
class TrainingRun:
    """One training in one folder: `latest.npz` to go on from, `best.npz` to export."""

    directory: Path
    model_config: ModelConfig
    config: TrainConfig
    train: EncodedPairs
    validation: EncodedPairs
    report: Callable[[Progress], None]
    initialize: Callable[[Seq2Seq], None] = lambda _: None
    """Puts other weights than random ones into the fresh network, before its first step."""
    beginning: str = ""
    """Says what `initialize` does; a run resumes only from one that began in the same way."""
    position: Position = field(default_factory=Position)

    def __post_init__(self) -> None:
        if not len(self.train):
            raise TrainingError(
                "There is no training pair left after cleaning and length limits; see the report of "
                "dropped pairs above, and loosen [cleaning] or raise model.max_target_tokens."
            )
        if not len(self.validation):
            raise TrainingError("There is no validation pair; give more data or raise split.validation_share.")
        self.steps_per_epoch = len(self.plan(0))
        self._started = self._saved = time.monotonic()
        self._elapsed_before = 0.0
        self._pairs_before = 0

    @property
    def total_steps(self) -> int:
        """Batches of all epochs; epochs differ by a few, since each is cut anew."""
        return self.steps_per_epoch * self.config.epochs

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

        With `resume`, go on from `latest.npz` if there is one, or from the checkpoint before it if that is damaged.
        Ctrl-C and termination save a checkpoint after the step that they came in, and are raised as KeyboardInterrupt.

        Raises:
            TrainingError: the loss is not a number, the checkpoint belongs to other data or settings, or the disk is
                full when the last checkpoint is due.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        clear_partial(self.latest, self.best)
        checkpoint = newest_whole(self.latest) if resume else None
        dtype = (
            read_header(checkpoint)[1].dtype
            if checkpoint
            else choose_dtype(self.model_config, self.config, self.train, self.plan(0), self._tell)
        )
        facts = CheckpointFacts(fingerprint(self.train), self._settings(), dtype, keras.backend.backend())
        model = compile_model(self.model_config, self.config, dtype)
        if checkpoint:
            self._go_on(checkpoint, model, facts)
        else:
            know_frequencies(model, self.train)
            self.initialize(model)
        self._elapsed_before, self._pairs_before = self.position.elapsed_seconds, self.position.pairs
        self._started = self._saved = time.monotonic()
        with Interruption() as interruption:
            if self._validation_due() or (self._finished() and self.position.validated_step < self.position.step):
                self._validate(model, facts, math.nan)  # it was interrupted between a step and its validation
            if not self._finished():  # a run that stopped early is not trained further when its export is resumed
                self._train(model, facts, interruption)
            if checkpoint and not self.latest.exists():  # killed between two renames, no step left
                self._save(model, facts)
            interruption.raise_if_wanted()
        return self.position

    def _settings(self) -> str:
        """Fingerprint of what decides a step; when to stop, to look and to save may change between two parts."""
        free = replace(
            self.config, patience=0, max_validation_pairs=1, checkpoint_minutes=1.0, word_vectors="", dtype="auto"
        )
        text = repr([sorted(asdict(each).items()) for each in (self.model_config, free)]) + self.beginning
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _go_on(self, checkpoint: Path, model: Seq2Seq, facts: CheckpointFacts) -> None:
        self.position, saved = read_header(checkpoint)
        names = {"data": "training pairs", "settings": "settings", "dtype": "dtype", "backend": "Keras backend"}
        others = [name for key, name in names.items() if getattr(saved, key) != getattr(facts, key)]
        if others:
            raise TrainingError(
                f"{checkpoint}: this checkpoint was made with other data or settings: its {' and '.join(others)} "
                "differ. Resume with the recipe, corpora and backend of that run, or start anew in another --output "
                "folder."
            )
        load_state(checkpoint, model)
        self._tell(f"Going on after step {self.position.step:,} (epoch {self.position.epoch + 1}).")
        if checkpoint != self.latest:
            self._tell(f"{self.latest.name} is damaged or missing; going on from {checkpoint.name}.")
            self.latest.unlink(missing_ok=True)  # or the next save would keep it in place of the good one

    def _train(self, model: Seq2Seq, facts: CheckpointFacts, interruption: Interruption) -> None:
        last_report, losses = time.monotonic(), []
        report_steps = max(1, self.total_steps // LEAST_REPORTS)
        for batch in self._batches():
            self._set_rates(model)
            losses.append(learn(model, batch))
            self._advance(batch.pairs)
            if not losses[-1] < DIVERGED * math.log(self.model_config.vocab_size):  # nor is NaN
                raise TrainingError(not_a_number(f"The loss became {losses[-1]:.1f}", self.position, self.latest))
            if interruption.wanted:
                self._save(model, facts)
                return
            if self._validation_due() or self._finished():
                self._validate(model, facts, fmean(losses))
                last_report, losses = time.monotonic(), []
            elif time.monotonic() - last_report >= REPORT_SECONDS or self.position.step % report_steps == 0:
                self._report(model, fmean(losses))
                last_report, losses = time.monotonic(), []
            if time.monotonic() - self._saved >= 60 * self.config.checkpoint_minutes:
                self._save_if_it_fits(model, facts)
            if self._finished():
                return

    def _set_rates(self, model: Seq2Seq) -> None:
        share = self.share_done()
        model.optimizer.learning_rate = self.learning_rate()
        if self.config.own_words != "none":
            model.own_share.assign(own_words_share(self.config, share))

    def learning_rate(self) -> float:
        """The rate for the next step."""
        position = self.position
        return learning_rate(self.config, step=position.step, share_done=self.share_done(), plateau=position.plateau)

    def plan(self, epoch: int) -> list[BatchPlan]:
        """The batches of an epoch."""
        return plan_batches(self.train, self.config.batch_tokens, self.config.seed, epoch)

    def _batches(self) -> Iterator[Batch]:
        position = self.position
        while position.epoch < self.config.epochs:
            plans = self.plan(position.epoch)
            while position.batch < len(plans):
                random = np.random.default_rng([self.config.seed, position.epoch, position.batch])
                dropout = self.config.source_dropout
                yield make_batch(self.train, plans[position.batch], source_dropout=dropout, random=random)
            position.epoch, position.batch = position.epoch + 1, 0

    def _advance(self, pairs: int) -> None:
        self.position.step += 1
        self.position.batch += 1
        self.position.pairs += pairs
        self._take_time()

    def _take_time(self) -> None:
        self.position.elapsed_seconds = self._elapsed_before + time.monotonic() - self._started

    def share_done(self) -> float:
        """How much of the run is over, 0 to 1: by pairs, or by time where `max_minutes` ends it sooner."""
        by_pairs = self.position.pairs / (len(self.train) * self.config.epochs)
        limit = self.config.max_minutes * 60
        return min(1.0, max(by_pairs, self.position.elapsed_seconds / limit if limit else 0.0))

    def _finished(self) -> bool:
        patience = self.config.patience
        return self.share_done() >= 1.0 or bool(patience and self.position.validations_without_gain >= patience)

    def _validation_due(self) -> bool:
        step = self.position.step
        return step % self.config.validate_every_steps == 0 and step > self.position.validated_step

    def _validate(self, model: Seq2Seq, facts: CheckpointFacts, loss: float) -> None:
        with averaged_weights(model):
            validation_loss = mean_loss(model, self.validation, self.config.batch_tokens)
            if not math.isfinite(validation_loss):
                raise TrainingError(
                    not_a_number(f"The validation loss became {validation_loss}", self.position, self.latest)
                )
            outputs = self._outputs(model)
            gained = validation_loss < self.position.best_loss or self.config.keep == "last"
            if gained:
                self.position.best_loss, self.position.best_step = validation_loss, self.position.step
                self.position.validations_without_gain = 0
                self._take_time()
                self._write(self.best, model, facts)
        self.position.validated_step = self.position.step
        if not gained:
            self.position.validations_without_gain += 1
            if self.config.schedule == "plateau":
                self.position.plateau = max(LEAST_PLATEAU, self.position.plateau * PLATEAU_FACTOR)
        self._save(model, facts)
        self._report(model, loss, validation_loss, outputs)

    def _outputs(self, model: Seq2Seq) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """What the network writes for some validation sources, other ones each time."""
        count = min(SHOWN_OUTPUTS, len(self.validation))
        chosen = np.random.default_rng(self.position.step).choice(len(self.validation), count, replace=False).tolist()
        sources = [self.validation.source(index).tolist() for index in chosen]
        written = greedy_outputs(model, sources, self.model_config.max_target_tokens)
        return tuple((index, tuple(ids)) for index, ids in zip(chosen, written, strict=True))

    def _save(self, model: Seq2Seq, facts: CheckpointFacts) -> None:
        self._take_time()
        self._write(self.latest, model, facts)
        self._saved = time.monotonic()

    def _write(self, path: Path, model: Seq2Seq, facts: CheckpointFacts) -> None:
        try:
            save_checkpoint(path, model, self.position, facts, keep=path == self.latest)
        except OSError as error:
            raise TrainingError(f"{not_written(path, error)} Make room on the disk and go on with --resume.") from None
        except TrainingError as error:
            raise TrainingError(not_a_number(str(error).rstrip("."), self.position, self.latest)) from None

    def _save_if_it_fits(self, model: Seq2Seq, facts: CheckpointFacts) -> None:
        """A checkpoint between validations: a full disk is told and does not stop the training."""
        try:
            self._save(model, facts)
        except TrainingError as error:
            if not isinstance(error.__context__, OSError):
                raise
            self._saved = time.monotonic()
            self._tell(f"{not_written(self.latest, error.__context__)} Training goes on: make room on the disk.")

    def _tell(self, message: str) -> None:
        self.report(replace(self._progress(math.nan, math.nan), message=message))

    def _report(
        self,
        model: Seq2Seq,
        loss: float,
        validation_loss: float | None = None,
        outputs: tuple[tuple[int, tuple[int, ...]], ...] = (),
    ) -> None:
        rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        self.report(replace(self._progress(loss, rate), validation_loss=validation_loss, outputs=outputs))

    def _progress(self, loss: float, rate: float) -> Progress:
        seconds = time.monotonic() - self._started
        share, spent = self.share_done(), self.position.elapsed_seconds
        speed = (self.position.pairs - self._pairs_before) / max(seconds, 1e-9)
        left = spent / share * (1 - share) if share else math.nan
        return Progress(replace(self.position), self.total_steps, loss, speed, left, rate)
