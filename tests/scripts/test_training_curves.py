"""Curves that can be read: a picture of sensible size with its labels, whatever state the log was left in."""

import json
import math
import re
import sys
import xml.etree.ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.errors import UsageError
from scripts.training_curves import TRAINING, VALIDATION, write_curves
from scripts.training_history import best_validation, read_history

pytest.importorskip("matplotlib")


def record(step, validation=None, **values):
    return {
        "step": step,
        "epoch": 0,
        "pairs": 64 * step,
        "loss": 3 + 6 * math.exp(-step / 40),
        "validation_loss": validation,
        "learning_rate": 0.002,
        "elapsed_seconds": step / 2,
        "pairs_per_second": 128.0,
    } | values


def records(last=200):
    return [record(step, 3.5 + abs(step - 150) / 100 if step % 50 == 0 else None) for step in range(5, last + 1, 5)]


def written(path, *parts):
    path.write_text("".join(part if isinstance(part, str) else json.dumps(part) + "\n" for part in parts))
    return path


def pixels(png):
    from matplotlib.image import imread

    return imread(png)


def share_of(colour, image):
    wanted = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return float(np.mean(np.all(np.abs(image[..., :3] - wanted) < 0.05, axis=-1)))


def test_curves_are_pictures_of_both_losses(tmp_path):
    png, svg = write_curves(written(tmp_path / "log.jsonl", *records()), tmp_path)
    assert (png.name, svg.name) == ("curves.png", "curves.svg")
    height, width, _ = pixels(png).shape
    assert 900 <= width <= 1600 and 500 <= height <= width
    assert share_of(TRAINING, pixels(png)) > 0.001 and share_of(VALIDATION, pixels(png)) > 0.001


def test_the_svg_holds_its_labels_as_text(tmp_path):
    _, svg = write_curves(written(tmp_path / "log.jsonl", *records()), tmp_path)
    texts = [element.text for element in xml.etree.ElementTree.parse(svg).iter() if element.tag.endswith("}text")]
    labels = {"Pairs seen", "Loss (nats per target token)", "Perplexity (exp of the loss)", "Speed (pairs/s)"}
    assert labels | {"Learning rate", "Training", "Validation"} <= set(texts)
    assert "Best: 3.50 (perplexity 33.1) at step 150" in texts
    assert "50" in texts and "100" in texts  # of the perplexity


def test_equal_logs_give_equal_files(tmp_path):
    log = written(tmp_path / "log.jsonl", *records())
    first = [path.read_bytes() for path in write_curves(log, tmp_path)]
    assert [path.read_bytes() for path in write_curves(log, tmp_path)] == first


@pytest.mark.parametrize(
    "parts",
    [
        [record(5)],
        [record(5, 4.0)],
        [record(5, loss=math.nan), record(10, 4.0, loss=math.nan)],
        [{name: value for name, value in each.items() if name != "learning_rate"} for each in records()],
        [record(step, loss=3.0, learning_rate=0.0, pairs_per_second=0.0) for step in (1, 2)],
        [record(5, 800.0), record(10, 900.0)],
    ],
    ids=["one report", "one validation", "no loss", "an old log", "flat", "beyond floats"],
)
def test_thin_logs_are_drawn_too(tmp_path, parts):
    for path in write_curves(written(tmp_path / "log.jsonl", *parts), tmp_path):
        assert path.stat().st_size > 5000


def test_nothing_is_drawn_through_pyplot(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    write_curves(written(tmp_path / "log.jsonl", *records()), tmp_path)


def test_a_half_written_last_line_is_passed_over(tmp_path):
    whole = records()
    log = written(tmp_path / "log.jsonl", *whole, json.dumps(record(205))[:40])
    assert read_history(log) == whole
    assert len(write_curves(log, tmp_path)) == 2


def test_the_parts_of_a_resumed_run_are_joined(tmp_path):
    """Killed at step 110 while writing; gone on from a checkpoint of step 80, on the same line."""
    before, after = records(last=110), [record(step, loss=1.0) for step in range(85, 200, 5)]
    log = written(tmp_path / "log.jsonl", *before, json.dumps(record(115))[:33], *after)
    history = read_history(log)
    assert [each["step"] for each in history] == list(range(5, 200, 5))
    assert [each["loss"] for each in history if each["step"] >= 85] == [1.0] * len(after)


def test_a_step_reported_twice_is_one_record_with_its_validation(tmp_path):
    log = written(tmp_path / "log.jsonl", record(5), record(5, 4.5, loss=math.nan), record(10))
    assert read_history(log) == [record(5, 4.5), record(10)]


@given(st.lists(st.tuples(st.integers(1, 40), st.one_of(st.none(), st.floats(1, 9)))), st.data())
def test_history_rises_and_ends_as_the_log_does(tmp_path_factory, steps, data):
    whole = "".join(json.dumps(record(step, loss)) + "\n" for step, loss in steps)
    cut = data.draw(st.integers(0, len(whole)))
    log = tmp_path_factory.mktemp("cut") / "log.jsonl"
    log.write_text(whole[:cut])
    history = read_history(log)
    found = [each["step"] for each in history]
    assert found == sorted(set(found))
    done = [step for step, _ in steps[: whole[:cut].count("\n")]]
    assert not done or found[-1] in (done[-1], steps[min(len(done), len(steps) - 1)][0])
    losses = [each["validation_loss"] for each in history if each["validation_loss"] is not None]
    best = best_validation(history)
    assert (best and best["validation_loss"]) == (min(losses) if losses else None)


@pytest.mark.parametrize("parts", [[], ["not json\n", "[1]\n", '{"loss": 1}\n']])
def test_a_log_without_reports_is_said_to_be_one(tmp_path, parts):
    with pytest.raises(UsageError, match="no progress report yet"):
        write_curves(written(tmp_path / "log.jsonl", *parts), tmp_path)


def test_a_missing_log_is_named(tmp_path):
    with pytest.raises(UsageError, match=re.escape(str(tmp_path / "log.jsonl"))):
        read_history(tmp_path / "log.jsonl")


def test_without_matplotlib_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("nlp.figure_fonts.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"matplotlib.*pip install -e '\.\[pictures\]'"):
        write_curves(written(tmp_path / "log.jsonl", *records()), tmp_path)
