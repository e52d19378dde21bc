"""Event files that TensorBoard itself reads back."""

import subprocess
import sys
import types

import pytest

from scripts import training_tensorboard
from scripts.training_tensorboard import open_event_file

pytest.importorskip("tensorboard")


@pytest.fixture
def scalars(monkeypatch):
    """A function from a folder to its charts, each (step, value) pairs, as TensorBoard shows them."""
    # The marker that TensorBoard looks for to do without TensorFlow, whose import takes seconds.
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", types.ModuleType("notf"))
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def read(folder):
        events = EventAccumulator(str(folder)).Reload()
        return {tag: [(e.step, round(e.value, 4)) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}

    return read


def write(folder, steps, loss):
    with open_event_file(folder) as file:
        for step in steps:
            file.add({"step": step, "loss": loss, "validation_loss": loss + 1 if step % 10 == 0 else None})


def test_scalars_are_read_back_and_values_that_are_not_there_are_left_out(tmp_path, scalars):
    write(tmp_path / "tensorboard", [5, 10], 2.5)
    found = scalars(tmp_path / "tensorboard")
    assert found == {"loss/training": [(5, 2.5), (10, 2.5)], "loss/validation": [(10, 3.5)]}


def test_a_resumed_run_adds_a_file_and_its_steps_replace_those_done_before(tmp_path, scalars):
    write(tmp_path, range(5, 35, 5), 2.0)
    write(tmp_path, range(20, 45, 5), 1.0)
    assert len(list(tmp_path.iterdir())) == 2
    assert scalars(tmp_path)["loss/training"] == [(step, 2.0 if step < 20 else 1.0) for step in range(5, 45, 5)]


def test_what_was_written_before_a_kill_is_on_the_disk(tmp_path, scalars):
    file = open_event_file(tmp_path)
    file.add({"step": 1, "loss": 9.0})
    assert scalars(tmp_path) == {"loss/training": [(1, 9.0)]}
    file.__exit__(None, None, None)


def test_without_tensorboard_nothing_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(training_tensorboard, "find_spec", lambda name: None)
    assert open_event_file(tmp_path / "tensorboard") is None
    assert not (tmp_path / "tensorboard").exists()


def test_tensorflow_is_not_imported(tmp_path):
    program = (
        "import pathlib, sys; from scripts.training_tensorboard import open_event_file\n"
        "with open_event_file(pathlib.Path(sys.argv[1])) as file: file.add({'step': 1, 'loss': 1.0})\n"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)
    assert len(list(tmp_path.iterdir())) == 1
