"""`kuaizui retrain` before its first step: refusals in plain words, and what a dry run says."""

import json
import re
import shutil
import sys

import pytest

from nlp.bundle import MANIFEST_FILE, TOKENIZER_FOLDER, BundleWriter, manifest_digest
from nlp.config import TrainConfig
from nlp.text import script_language
from scripts import retrain
from scripts.cli import run
from scripts.retraining_estimate import settled
from scripts.retraining_request import read_request
from scripts.retraining_stages import old_weight, packaged_items
from tests.conftest import spelling_tokenizer, write_random_bundle

PAIR = "The council of Harwick voted on Monday for bridge number {0} over the river.\tCouncil votes for bridge {0}\n"


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "new.tsv"
    path.write_text("".join(map(PAIR.format, range(120))), encoding="utf8")
    return path


@pytest.fixture
def refused(tmp_path, random_bundle, corpus, capsys):
    """Runs `kuaizui retrain`, which must refuse without leaving anything; returns what it said."""

    def refused(*arguments, bundle=random_bundle, text=None, code=2, name="new.tsv"):
        path = corpus
        if text is not None:
            path = tmp_path / name
            path.write_text(text, encoding="utf8")
        there = {each.name for each in tmp_path.iterdir()}
        output = ["-o", str(tmp_path / "run")] if "-o" not in arguments else []
        assert run(["retrain", "--from", str(bundle), "--corpus", str(path), *output, *arguments]) == code
        errors = capsys.readouterr().err
        assert "Traceback" not in errors and errors.count("kuaizui: ") >= 1
        return errors, {each.name for each in tmp_path.iterdir()} - there

    return refused


def resealed(source, folder, change):
    """A copy of a bundle with `change` done to it, whole as a bundle."""
    with BundleWriter(folder) as writer:
        shutil.copytree(source, writer.folder, dirs_exist_ok=True)
        (writer.folder / MANIFEST_FILE).unlink()
        change(writer.folder)
        writer.finish("random", "headlines", "en", 1)
    return folder


def test_a_corpus_in_another_language_is_refused_by_name(refused):
    text = "".join(
        f"临海市政府周二宣布将修建第{n}座新大桥，预计三年后通车。\t临海市修建第{n}座大桥\n" for n in range(60)
    )
    said, left = refused(text=text)
    assert "new.tsv: 60 of its first 60 pairs are, by their script, in Chinese, and random is a model for" in said
    assert left == set()


def test_a_script_that_the_vocabulary_does_not_know_is_refused(refused):
    text = "".join(
        f"Городской совет сегодня проголосовал за мост через реку {n}.\tСовет за мост {n}\n" for n in range(90)
    )
    said, _ = refused(text=text)
    assert "The vocabulary of random does not fit these texts" in said and "kuaizui train" in said


@pytest.mark.parametrize("text", ["no columns at all\n" * 30, "a\tb\n" * 30, ""])
def test_no_usable_pair_is_told_with_the_reasons(refused, text):
    said, _ = refused(text=text)
    assert "No pair is left to train on" in said


def test_an_unknown_parent_a_run_without_a_model_and_no_name(refused, tmp_path):
    assert "There is no model 'hedlines'" in refused(bundle="hedlines", code=3)[0]
    assert "the name is empty" in refused(bundle=" ")[0]
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "run.json").write_text("{}")
    assert "no exported model yet" in refused(bundle=tmp_path / "empty")[0]


def test_a_bundle_from_a_newer_version_is_refused(refused, random_bundle, tmp_path):
    shutil.copytree(random_bundle, tmp_path / "newer")
    manifest = json.loads((random_bundle / MANIFEST_FILE).read_text()) | {"format_version": 99}
    (tmp_path / "newer" / MANIFEST_FILE).write_text(json.dumps(manifest | {"sha256": manifest_digest(manifest)}))
    said, left = refused(bundle=tmp_path / "newer", code=3)
    assert "format version 99" in said and "Update Kuaizui" in said and left == set()


def test_a_tokenizer_that_cannot_grow_is_refused(refused, random_bundle, tmp_path):
    spelling = spelling_tokenizer()
    bundle = resealed(random_bundle, tmp_path / "bytes", lambda folder: spelling.save(folder / TOKENIZER_FOLDER))
    said, _ = refused(bundle=bundle, code=3)
    assert "byte by byte" in said and "train a new model" in said


def test_too_little_space_is_told_before_anything_is_written(refused, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    said, left = refused()
    assert "too little space on the disk: 10 MB are free" in said and "--output" in said and left == set()


def test_the_run_may_not_lie_over_its_parent(refused, random_bundle, tmp_path):
    shutil.copytree(random_bundle, tmp_path / "run" / "bundle")
    said, left = refused("--overwrite", bundle=tmp_path / "run" / "bundle")
    assert "the parent model lies in this folder" in said and left == set()
    assert (tmp_path / "run" / "bundle" / MANIFEST_FILE).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("model.copy=true", "section is one of cleaning, split, train, search, retrain"),
        ("retrain.pieces=3", "unknown key 'pieces'"),
        ("retrain.old_share=1.0", "old_share = 1.0 cannot work"),
        ("split.test_share=2.0", "test_share"),
    ],
)
def test_a_setting_that_cannot_work_is_named(refused, change, words):
    said, left = refused("--set", change)
    assert words in said and left == set()


def test_a_missing_library_is_named_first(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    assert "Retraining needs the package keras" in refused()[0]


def test_a_dry_run_tells_all_and_leaves_nothing(tmp_path, random_bundle, corpus, capsys):
    arguments = ["retrain", "--from", str(random_bundle), "--corpus", str(corpus), "-o", str(tmp_path / "run")]
    with corpus.open("a") as file:
        file.write("one column\n")
    assert run([*arguments, "--dry-run", "--set", "train.dtype=float32"]) == 0
    captured = capsys.readouterr()
    for words in (
        "121 read, 120 kept, 0 dropped, 1 unusable",
        "new ones",
        "most used: ",
        "others that it writes for",
        "Training: 10 epochs",
    ):
        assert words in captured.out, captured.out
    assert "Memory: about" in captured.out and "Nothing was written" in captured.out
    assert {each.name for each in tmp_path.iterdir()} == {"new.tsv"}


def test_a_dry_run_reads_the_old_corpora_too(tmp_path, random_bundle, corpus, capsys):
    old = tmp_path / "old.tsv"
    lines = "".join(map(PAIR.replace("Harwick", "Ostley").format, range(300)))
    old.write_text(lines + lines.splitlines(keepends=True)[0] + "one column\n", encoding="utf8")
    said = {}
    for replay in (True, False):
        more = ["--replay", str(old)] if replay else []
        arguments = ["retrain", "--from", str(random_bundle), "--corpus", str(corpus), *more, "--dry-run"]
        assert run([*arguments, "--set", "train.dtype=float32", "--set", "retrain.practice_pairs=0"]) == 0
        said[replay] = capsys.readouterr()
    assert "302 read, 300 kept, 1 dropped, 1 unusable" in said[True].out
    assert "old.tsv:301" in said[True].out and "left out: " in said[True].err and "old.tsv:302" in said[True].err
    [pairs, replayed] = map(int, re.search(r"learn from: (\d+) new.* (\d+) replayed", said[True].out).groups())
    assert 90 <= pairs < 120 and 200 < replayed < 300
    steps = {replay: int(re.search(r"of about (\d+) steps", each.out)[1]) for replay, each in said.items()}
    assert steps[True] > 2 * steps[False], steps
    assert "replayed" not in said[False].out and {each.name for each in tmp_path.iterdir()} == {"new.tsv", "old.tsv"}


def test_a_dry_run_says_what_each_of_several_old_corpora_gives(tmp_path, random_bundle, corpus, capsys):
    arguments = ["retrain", "--from", str(random_bundle), "--corpus", str(corpus), "--set", "train.dtype=float32"]
    for name, count in (("Ostley", 70), ("Lissa", 40)):
        lines = "".join(map(PAIR.replace("Harwick", name).format, range(count)))
        (tmp_path / f"{name}.tsv").write_text(lines, encoding="utf8")
        arguments += ["--replay", str(tmp_path / f"{name}.tsv")]
    assert run([*arguments, "--set", "retrain.practice_pairs=0", "--dry-run"]) == 0
    assert "Kept: 70 of Ostley.tsv, 40 of Lissa.tsv." in capsys.readouterr().out


@pytest.mark.parametrize(("limit", "replayed"), [("retrain.replay_pairs=0", 300), ("retrain.replay_pairs=50", 50)])
def test_the_forecast_counts_the_old_pairs_that_are_taken(tmp_path, random_bundle, corpus, capsys, limit, replayed):
    old = tmp_path / "old.tsv"
    old.write_text("".join(map(PAIR.replace("Harwick", "Ostley").format, range(300))), encoding="utf8")
    files = ["--corpus", str(corpus), "--replay", str(old)]
    options = ["--set", "train.dtype=float32", "--set", "retrain.practice_pairs=0", "--set", limit]
    assert run(["retrain", "--from", str(random_bundle), *files, *options, "--dry-run"]) == 0
    found = int(re.search(r"and at most (\d+) replayed", capsys.readouterr().out)[1])
    assert 0.6 * replayed < found <= replayed


def test_the_record_names_the_parent_and_no_folder(tmp_path, random_bundle, corpus, monkeypatch):
    monkeypatch.setattr(retrain, "retrain_run", lambda run, request, *, resume: None)
    folder = tmp_path / "mine"
    assert run(["retrain", "--from", str(random_bundle), "--corpus", str(corpus), "-o", str(folder)]) == 0
    record = json.loads((folder / "run.json").read_text())
    assert record["command"] == "kuaizui retrain --from random --corpus new.tsv"
    assert record["name"] == "mine" and record["parent"]["name"] == "random" and len(record["parent"]["sha256"]) == 64
    assert record["recipe"]["cleaning"]["min_overlap"] == 0.2  # what headlines-en is trained with
    assert record["recipe"]["train"]["learning_rate"] < TrainConfig.learning_rate
    assert run(["retrain", "--from", str(random_bundle), "--corpus", str(corpus), "-o", str(folder)]) == 2


def test_pairs_without_history_are_held_out_by_their_source(tmp_path):
    bundle = write_random_bundle(tmp_path / "chat", task="dialogue")
    lines = {"facts": "Who made you?\tAda did.\n", "talks": "Hi! __eot__ Hello.\tHow are you?\n"}
    for name, line in lines.items():
        (tmp_path / f"{name}.tsv").write_text(line)
    kinds = {
        name: read_request(str(bundle), [tmp_path / f"{name}.tsv"], [], ()).recipe.prepare.split.task for name in lines
    }
    assert kinds == {"facts": "headlines", "talks": "dialogue"}


@pytest.mark.parametrize("task", ["headlines", "dialogue"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_packaged_probe_is_in_its_language_and_partly_with_references(task, language):
    items = packaged_items(task, language)
    assert len(items) == (68 if task == "headlines" else 360)
    assert sum(bool(item.reference) for item in items) == 60
    texts = [text for item in items for text in (*item.turns, item.reference) if any(map(str.isalpha, text))]
    assert sum(script_language(text) == language for text in texts) > 0.9 * len(texts)
    assert all(turn for item in items for turn in item.turns)


def test_old_pairs_never_outweigh_their_share():
    assert old_weight(100.0, 50, 0.5) == 1.0
    assert 400 * old_weight(100.0, 400, 0.5) == pytest.approx(100.0)
    assert 900 * old_weight(100.0, 900, 0.75) == pytest.approx(300.0)
    assert old_weight(100.0, 10, 0.0) == 0.0


def test_steps_follow_from_the_length_of_the_run_unless_they_are_given():
    config = TrainConfig(epochs=4)
    found = settled(config, 50, ())
    assert (found.warmup_steps, found.validate_every_steps) == (20, 25)
    assert settled(config, 10_000, ()).warmup_steps == 200
    assert settled(config, 1, ()).validate_every_steps == 1
    assert settled(config, 50, {"warmup_steps", "validate_every_steps"}) == config
