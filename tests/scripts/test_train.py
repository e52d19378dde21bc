"""`kuaizui train` and `kuaizui export` before the first step: what they ask for, what they record, what they refuse."""

import json
import sys

import pytest

from scripts import train
from scripts.cli import run
from scripts.run_folder import RunFolder


@pytest.fixture
def untrained(monkeypatch):
    """Training ends where its stages would begin."""
    monkeypatch.setattr(train, "train_run", lambda run, recipe, *, resume: None)


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "my news.tsv").write_text("The storm hit the coast.\tStorm hits coast\n")
    return tmp_path / "my news.tsv"


@pytest.mark.parametrize("module", ["keras", "onnx", "safetensors", "rouge_score", "sacrebleu"])
def test_without_a_library_neither_command_begins(tmp_path, monkeypatch, capsys, module):
    monkeypatch.setitem(sys.modules, module, None)
    package = module.replace("_", "-")
    for arguments in (["train", "smoke", "-o", str(tmp_path / "new")], ["export", str(tmp_path)]):
        assert run(arguments) == 2
        captured = capsys.readouterr()
        assert f"needs the package {package}, which is not installed. Install" in captured.err
        assert "[train]" in captured.err and captured.out == ""
    assert list(tmp_path.iterdir()) == []


def test_all_missing_libraries_are_named_at_once_with_one_that_computes(monkeypatch, capsys, tmp_path):
    for module in ("keras", "onnx", "tensorflow", "jax", "torch"):
        monkeypatch.setitem(sys.modules, module, None)
    assert run(["train", "smoke", "-o", str(tmp_path / "new")]) == 2
    assert "packages keras, onnx, tensorflow, which are not installed" in capsys.readouterr().err


def test_the_record_says_how_the_run_was_started_without_any_folder(untrained, tmp_path, corpus):
    changes = ["--set", "train.epochs=3", "--set", 'tokenizer.user_dictionary=["new york"]']
    folder = tmp_path / "runs" / "mine"
    assert run(["train", "headlines-en", "--corpus", str(corpus), *changes, "-o", str(folder)]) == 0
    record = RunFolder(folder).read_record()
    assert record["name"] == "mine"
    assert record["command"] == (
        "kuaizui train headlines-en --corpus 'my news.tsv' --set train.epochs=3 "
        "--set 'tokenizer.user_dictionary=[\"new york\"]'"
    )
    assert record["versions"].keys() >= {"python", "keras", "numpy"}


def test_without_an_output_folder_the_run_is_called_as_its_recipe(untrained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["train", "smoke"]) == 0
    record = RunFolder(tmp_path / "runs" / "smoke").read_record()
    assert (record["name"], record["command"]) == ("smoke", "kuaizui train smoke")


def test_overwriting_a_run_in_a_working_folder_keeps_everything_else(untrained, tmp_path, corpus, monkeypatch):
    working = tmp_path / "project"
    working.mkdir()
    monkeypatch.chdir(working)
    assert run(["train", "smoke", "-o", "."]) == 0
    for name in (".git", "thesis.txt", "best.npz"):
        (working / name).write_text("years of work")
    assert run(["train", "headlines-en", "--corpus", str(corpus), "-o", ".", "--overwrite"]) == 0
    assert {path.name for path in working.iterdir()} == {".git", "thesis.txt", "run.json"}
    assert RunFolder(working).read_record()["name"] == "project"


def test_a_first_run_and_a_foreign_record_leave_a_folder_as_it_is(untrained, tmp_path, capsys):
    for name in ("thesis.txt", "best.npz"):
        (tmp_path / name).write_text("years of work")
    for option in ([], ["--overwrite"], ["--resume"]):
        assert run(["train", "smoke", "-o", str(tmp_path), *option]) == 2
        assert "is not empty: best.npz, thesis.txt" in capsys.readouterr().err
    (tmp_path / "run.json").write_text(json.dumps({"marathon": "4:05"}))
    assert run(["train", "smoke", "-o", str(tmp_path), "--overwrite"]) == 2
    assert "not the record of a run" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"thesis.txt", "best.npz", "run.json"}


def test_resuming_keeps_the_record_of_the_start(untrained, tmp_path):
    folder = tmp_path / "mine"
    assert run(["train", "smoke", "--set", "train.seed=5", "-o", str(folder)]) == 0
    record = RunFolder(folder).read_record()
    RunFolder(folder).write_record({**record, "versions": {"python": "then"}})
    assert run(["train", "smoke", "--set", "train.seed=5", "-o", str(folder), "--resume"]) == 0
    assert RunFolder(folder).read_record() == {**record, "versions": {"python": "then"}}
    assert run(["train", "smoke", "-o", str(folder), "--resume"]) == 2


def test_a_resumed_run_may_change_what_decides_no_step_and_nothing_else(untrained, tmp_path, capsys):
    folder = ["-o", str(tmp_path / "run")]
    assert run(["train", "smoke", *folder, "--set", "train.epochs=3"]) == 0
    later = ["--set", "train.epochs=3", "--set", "train.patience=9", "--set", "search.beam_size=2", "--resume"]
    assert run(["train", "smoke", *folder, *later]) == 0
    recipe = RunFolder(tmp_path / "run").read_record()["recipe"]
    assert recipe["train"]["patience"] == 9 and recipe["search"]["beam_size"] == 2
    assert run(["train", "smoke", *folder, "--set", "train.epochs=4", "--set", "model.dropout=0.5", "--resume"]) == 2
    assert "other --set values: model.dropout, train.epochs." in capsys.readouterr().err
    assert RunFolder(tmp_path / "run").read_record()["recipe"] == recipe
