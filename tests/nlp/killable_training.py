"""Trains small networks in processes that can be killed for good: `python killable_training.py` reads orders as JSON
lines and answers each with a line. Every order runs in a process of its own, forked from one that has loaded Keras.

An order names one of CASES, a folder, `resume`, and the fault to meet: `point`, where the process kills itself when it
passes there for the `times`-th time; `kill_after_reports` and `kill_after_seconds` after these; `file_limit`,
bytes that no file may pass from step `limit_at` to step `unlimit_at`, as on a full disk; `signals` that the process
gets at step `signal_at`. The answer holds the status (0, or minus a signal) and the reports, an error the last of them.
"""

import json
import os
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import nlp.training.checkpoint as checkpoint
import nlp.training.run as loop
from nlp.config import ModelConfig, TrainConfig
from nlp.encoding import EncodedPairs
from nlp.errors import TrainingError

VOCABULARY = 15
MODEL = ModelConfig(
    vocab_size=VOCABULARY,
    embedding_units=8,
    encoder_units=8,
    decoder_units=8,
    bidirectional=False,
    dropout=0.3,
    max_source_tokens=8,
    max_target_tokens=8,
)
TRAIN = TrainConfig(
    epochs=3,
    batch_tokens=96,
    learning_rate=1e-2,
    warmup_steps=4,
    validate_every_steps=6,
    patience=0,
    dtype="float32",
    checkpoint_minutes=1e-9,
)
"""8 rows a batch, 5 batches an epoch, validations after 6, 12 and 15 steps, a checkpoint after each step."""
CASES = {
    "plain": (MODEL, TRAIN),
    "copying": (
        replace(MODEL, bidirectional=True, copy=True),
        replace(TRAIN, own_words="hard", own_words_share=0.8, label_smoothing=0.1, source_dropout=0.3),
    ),
    "averaged": (
        replace(MODEL, cell="gru"),
        replace(TRAIN, average=0.8, accumulate_batches=2, schedule="plateau", learning_rate=0.3),
    ),
    "brief": (replace(MODEL, copy=True), replace(TRAIN, epochs=1, validate_every_steps=100, label_smoothing=0.1)),
}


def copies(count, seed, highest=VOCABULARY):
    """Pairs whose target is their source: 4 ids from 5 to `highest`, and EOS."""
    ids = np.random.default_rng(seed).integers(5, highest, (count, 5)).astype(np.int32)
    ids[:, 4] = 3
    starts = np.arange(0, 5 * count + 1, 5)
    return EncodedPairs(ids.ravel(), starts, ids.ravel(), starts, np.ones(count, np.float32))


def run_of(case, folder, report=lambda progress: None):
    model, train = CASES[case]
    highest = VOCABULARY + 2 if model.copy else VOCABULARY
    return loop.TrainingRun(Path(folder), model, train, copies(40, 1, highest), copies(8, 2, highest), report)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class DyingFile:
    """A file that takes the first 3,000 bytes."""

    def __init__(self, file):
        self.file, self.room = file, 3000

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            self.file.flush()
            die()
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


def arm(point, times):
    """Let this process kill itself where it passes the named point for the `times`-th time."""
    passed = []

    def now():
        passed.append(point)
        return len(passed) == times

    def die_before(owner, name, here=lambda *arguments: True):
        original = getattr(owner, name)

        def replacement(*arguments, **options):
            if here(*arguments) and now():
                die()
            return original(*arguments, **options)

        setattr(owner, name, replacement)

    if point == "half a checkpoint":
        save = np.savez
        checkpoint.np.savez = lambda file, **arrays: save(DyingFile(file) if now() else file, **arrays)
        return
    places = {
        "before the renames": (Path, "replace", lambda path, target: path.name == "latest.npz"),
        "between the renames": (Path, "replace", lambda path, target: path.name == "latest.partial"),
        "within an epoch": (loop, "learn"),
        "during validation": (loop, "greedy_outputs"),
        "while the best is written": (Path, "replace", lambda path, target: path.name == "best.partial"),
    }
    die_before(*places[point])


def limit_files(size):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def train(order, tell):
    """Carry an order out; returns what went wrong, as text."""
    loop.REPORT_SECONDS = 0.0
    if order.get("point"):
        arm(order["point"], order["times"])

    def report(progress):
        step = progress.position.step
        tell({"step": step, "message": progress.message, "validation_loss": progress.validation_loss})
        if step == order.get("limit_at"):
            limit_files(order["file_limit"])
        if step == order.get("unlimit_at"):
            limit_files(resource.RLIM_INFINITY)
        if step == order.get("signal_at"):
            for number in order["signals"]:
                os.kill(os.getpid(), number)

    try:
        run_of(order["case"], order["folder"], report).fit(resume=order["resume"])
    except (TrainingError, KeyboardInterrupt) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def carry_out(order):
    """Run `order` in a fork of this process; what it reported, and how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w", buffering=1) as pipe:

            def tell(report):
                pipe.write(json.dumps(report) + "\n")

            tell({"error": train(order, tell)})
        os._exit(0)
    os.close(writing)
    reports = []
    with os.fdopen(reading) as pipe:
        for line in pipe:
            reports.append(json.loads(line))
            if order.get("kill_after_reports") == len(reports):
                time.sleep(order["kill_after_seconds"])
                os.kill(child, signal.SIGKILL)
    return {"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "reports": reports}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)
