"""What the losses of a training say: whether it learns, whether it is stable, whether it stopped at the right time.

Losses are nats per target token. Training losses are noisy (one batch holds short texts, the next long ones) and
include dropout, so single ones are never compared: means over stretches are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.health.finding import Finding, advised, judge
from nlp.metrics import perplexity

Record = Mapping[str, float | None]
"""One line of log.jsonl."""

STRETCH = 0.1
"""Part of a run over which its training loss is averaged at either end; a tenth evens out the noise of the batches."""
LEAST_REPORTS = 20
"""Training losses below which nothing is said about their course: a stretch would be a batch or two."""
LEARNT_LEAST = 0.5
"""Nats by which the loss must fall to speak of learning. Knowing how frequent each word is gives one to three."""
DIVERGED = 0.5
"""Nats above its own best stretch at which a loss has run away: five times what stretches differ by otherwise."""
SPIKE_NATS, SPIKE_BEFORE = 1.0, 10
"""A spike stands this far above the highest of so many losses before it. Against their highest, because batches of long
texts differ from those of short ones by up to two nats in small-talk corpora, and this comes back every few batches."""
SPIKES_LOOK, SPIKES_WRONG = 2, 0.02
"""Spikes worth a look, and their share of the losses that is no accident of single batches any more. A training gets
over one by itself."""
RISE_LOOK, RISE_WRONG = 0.02, 0.2
"""Nats of validation loss above its best at the end. 0.02 is more than two validations differ by chance; 0.2 makes the
right words a fifth less likely, and the better part of the run was spent on that."""
GAP_LOOK = 0.7
"""Nats by which validation is worse than training: known texts twice as likely as new ones. Only worth a look while
the validation loss does not rise: the model may still gain."""
ANNEALED = 0.5
"""Part of its highest value to which the learning rate must have fallen to have flattened the loss by itself."""
FALLING_LOOK, FALLING_WRONG = 0.02, 0.3
"""Nats that the validation loss still fell, reckoned per tenth of the run, at its end. 0.02 more of them are worth a
longer run; at 0.3 the model has hardly begun."""
LEAST_PART = 0.03
"""Part of the run between two validations whose difference is taken for a slope; nearer ones differ by chance."""


@dataclass(frozen=True)
class _Validation:
    step: int
    pairs: float
    loss: float
    training_loss: float
    """Mean since the validation before; NaN if there was none."""


def check_losses(history: Sequence[Record]) -> tuple[Finding, ...]:
    """Findings on the training and the validation losses in `history`, its records in their order."""
    losses = np.array([_number(record, "loss") for record in history], dtype=np.float64)
    rates = [rate for record in history if math.isfinite(rate := _number(record, "learning_rate"))]
    annealed = bool(rates) and rates[-1] <= ANNEALED * max(rates)
    return (*_check_training(losses), *_check_validations(_validations(history), annealed))


def _check_training(losses: NDArray[np.float64]) -> tuple[Finding, ...]:
    finite = losses[np.isfinite(losses)]
    if len(losses) and math.isinf(losses[-1]):
        advice = "Lower train.learning_rate or train.clip_norm, or set train.dtype = 'float32'."
        return (Finding("learning", "wrong", f"The training loss ended as {losses[-1]}. {advice}"),)
    if len(finite) < LEAST_REPORTS:
        few = f"The log holds {len(finite)} training losses, too few to say how the training went."
        return (Finding("learning", "look", f"{few} A new run with more train.epochs would say more."),)
    return _learning(finite), _spikes(finite)


def _learning(losses: NDArray[np.float64]) -> Finding:
    stretch = max(3, round(STRETCH * len(losses)))
    means = np.convolve(losses, np.full(stretch, 1 / stretch), mode="valid")
    start, end, best = float(losses[0]), float(means[-1]), float(means.min())
    if end - best >= DIVERGED:
        return Finding(
            "learning",
            "wrong",
            f"The training loss fell to {best:.2f} and then ran away to {end:.2f}. The steps are too large: lower "
            "train.learning_rate (a half or a third) or train.clip_norm, or raise train.warmup_steps.",
        )
    if start - end < LEARNT_LEAST:
        return Finding(
            "learning",
            "wrong",
            f"The training loss did not fall: {start:.2f} at the start, {end:.2f} at the end. The model learns "
            "nothing: raise train.learning_rate tenfold if it is below 0.0005, else lower it tenfold; and see in the "
            "prepared data whether targets belong to their sources.",
        )
    return Finding("learning", "fine", f"The training loss fell from {start:.2f} to {end:.2f}.")


def _spikes(losses: NDArray[np.float64]) -> Finding:
    """Losses far above all shortly before them; the steps back down from a spike are not counted again."""
    before = np.lib.stride_tricks.sliding_window_view(losses[:-1], SPIKE_BEFORE).max(axis=1)
    above = losses[SPIKE_BEFORE:] - before
    count = int(np.count_nonzero(above > SPIKE_NATS))
    if not count:
        return Finding("spikes", "fine", "The training loss shows no spikes.")
    times = "once," if count == 1 else f"{count} times, up to"
    return advised(
        "spikes",
        "fine" if count < SPIKES_LOOK else judge(count / len(losses), 0.0, SPIKES_WRONG),
        f"The training loss shot up {times} {above.max():.1f} nats above the losses before.",
        "Single steps are too large: lower train.clip_norm, raise train.warmup_steps, or lower train.learning_rate.",
    )


def _check_validations(validations: Sequence[_Validation], annealed: bool) -> tuple[Finding, ...]:
    if not validations:
        seen = "The log holds no validation, so nothing is known about texts that the model has not seen."
        return (Finding("over-fitting", "look", f"{seen} Lower train.validate_every_steps."),)
    return _over_fitting(validations), _still_falling(validations, annealed)


def _over_fitting(validations: Sequence[_Validation]) -> Finding:
    best, last = min(validations, key=lambda validation: validation.loss), validations[-1]
    rise, gap = last.loss - best.loss, last.loss - last.training_loss
    cure = "raise model.dropout (0.3) or train.label_smoothing (0.1), or give more data"
    if rise >= RISE_LOOK:
        return Finding(
            "over-fitting",
            judge(rise, RISE_LOOK, RISE_WRONG),
            f"Over-fitting: the validation loss was best at step {best.step:,} ({_loss(best.loss)}) and rose to "
            f"{_loss(last.loss)} at step {last.step:,}, while the training loss {_course(best, last)}. The "
            f"checkpoint of step {best.step:,} is the one to export; to gain more, {cure}; to save the time, lower "
            "train.epochs or train.patience.",
        )
    if math.isnan(gap):
        return Finding("over-fitting", "fine", f"The validation loss ended at {_loss(last.loss)}, its best.")
    between = f"{abs(gap):.2f} nats {'above' if gap >= 0 else 'below'} the training loss ({last.training_loss:.2f})"
    seen = f"The validation loss ended at {_loss(last.loss)}, {between}{_trend(validations)}."
    advice = f"The model knows its training texts much better than others: {cure}."
    return advised("over-fitting", judge(gap, GAP_LOOK), seen, advice)


def _course(best: _Validation, last: _Validation) -> str:
    if math.isnan(best.training_loss + last.training_loss):
        return "is not known"
    verb = "fell" if last.training_loss < best.training_loss else "went"
    return f"{verb} from {best.training_loss:.2f} to {last.training_loss:.2f}"


def _trend(validations: Sequence[_Validation]) -> str:
    """How the gap moved over the second half of the run."""
    middle, last = validations[len(validations) // 2], validations[-1]
    change = (last.loss - last.training_loss) - (middle.loss - middle.training_loss)
    if len(validations) < 3 or math.isnan(change):
        return ""
    return f", a gap that {'grew' if change > 0 else 'shrank'} by {abs(change):.2f} in the second half"


def _still_falling(validations: Sequence[_Validation], annealed: bool) -> Finding:
    last = validations[-1]
    before = next((v for v in reversed(validations) if last.pairs - v.pairs > LEAST_PART * last.pairs), None)
    if before is None:
        seen = f"There was one validation, at step {last.step:,}, so nobody knows whether the loss still falls."
        return Finding("length of training", "look", f"{seen} Lower train.validate_every_steps.")
    fall = (before.loss - last.loss) * 0.1 * last.pairs / (last.pairs - before.pairs)
    severity = judge(fall, FALLING_LOOK, FALLING_WRONG)
    if severity == "fine":
        seen = "The validation loss had stopped falling at the end."
        return Finding("length of training", "fine", f"{seen} {_of_a_longer_run(last, annealed)}")
    return Finding(
        "length of training",
        severity,
        f"The validation loss was still falling at the end, from {_loss(before.loss)} at step {before.step:,} to "
        f"{_loss(last.loss)} at step {last.step:,}. Train longer: raise train.epochs or train.max_minutes.",
    )


def _of_a_longer_run(last: _Validation, annealed: bool) -> str:
    """What a loss that stopped falling means: it also does where the schedule let the learning rate run out."""
    if annealed and last.loss - last.training_loss < GAP_LOOK:
        return "The learning rate had run out by then, so a longer run (train.epochs) might still gain."
    return "A longer run would gain little."


def _validations(history: Sequence[Record]) -> list[_Validation]:
    found: list[_Validation] = []
    since: list[float] = []
    # A step can be reported twice, once without and once with its validation; both carry the same training loss.
    for _, same_step in itertools.groupby(history, key=lambda record: _number(record, "step")):
        records = list(same_step)
        since += [loss for record in records[:1] if math.isfinite(loss := _number(record, "loss"))]
        for record in records:
            if math.isfinite(loss := _number(record, "validation_loss")):
                mean = float(np.mean(since[-max(3, round(STRETCH * len(since))) :])) if since else math.nan
                found.append(_Validation(round(_number(record, "step")), _number(record, "pairs"), loss, mean))
                since = []
    return found


def _number(record: Record, name: str) -> float:
    value = record.get(name)
    return math.nan if value is None else float(value)


def _loss(loss: float) -> str:
    return f"{loss:.2f} (perplexity {perplexity(loss, 1):.3g})"
