"""The scalars of a training for TensorBoard, where that is installed: it comes with TensorFlow.

Look at them with `tensorboard --logdir RUN/tensorboard`. The records are written through TensorBoard's own record
writer and not its `EventFileWriter`, which imports TensorFlow: under JAX that would be seconds of start-up, and a
second framework that reaches for the GPU.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

TAGS = {
    "loss": "loss/training",
    "validation_loss": "loss/validation",
    "learning_rate": "learning rate",
    "pairs_per_second": "pairs per second",
    "epoch": "epoch",
}
"""Fields of a log record and the charts they go to; the x axis is the step."""


class EventFile:
    """One event file, written record by record. A context manager, which closes it."""

    def __init__(self, folder: Path) -> None:
        """Begin a new file in `folder`, beside those of earlier parts of the run; needs TensorBoard."""
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        earlier = sum(1 for _ in folder.glob("events.out.tfevents.*"))
        # TensorBoard reads the files in the order of their names, so their number keeps two of one second apart.
        name = f"events.out.tfevents.{int(time.time()):010d}.{earlier:06d}"
        self._writer = RecordWriter((folder / name).open("wb"))
        self._started = False
        self._write(file_version="brain.Event:2")

    def __enter__(self) -> EventFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def add(self, record: Mapping[str, float | None]) -> None:
        """Write the values of a log record that are there, at its `step`, and flush them."""
        step = int(record["step"] or 0)
        if not self._started:
            self._started = True
            self._begin_at(step)
        values = [
            {"tag": tag, "simple_value": record[name]} for name, tag in TAGS.items() if record.get(name) is not None
        ]
        self._write(step=step, summary={"value": values})

    def _begin_at(self, step: int) -> None:
        """A resumed run does some steps again: TensorBoard then drops what earlier files say about these."""
        from tensorboard.compat.proto.event_pb2 import SessionLog

        self._write(step=step, session_log=SessionLog(status=SessionLog.START))

    def _write(self, **fields: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.write(Event(wall_time=time.time(), **fields).SerializeToString())
        self._writer.flush()


def open_event_file(folder: Path) -> EventFile | None:
    """An event file in `folder`, or None where TensorBoard is not installed."""
    return EventFile(folder) if find_spec("tensorboard") else None
