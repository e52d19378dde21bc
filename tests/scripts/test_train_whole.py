"""`kuaizui train` from its first line to its last, with small recipes in processes of their own: what it says, what an
interruption leaves, pretraining and word vectors."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlp.tokenizers import load_tokenizer
from nlp.training import read_header

ROOT = Path(__file__).parents[2]
SIZES = [
    "model.embedding_units=16",
    "model.encoder_units=16",
    "model.decoder_units=16",
    "model.bidirectional=false",
    "model.dropout=0.2",
    "model.max_target_tokens=40",
    "train.epochs=6",
    "train.validate_every_steps=12",
    "train.dtype=float32",
    "search.beam_size=1",
    "search.max_target_tokens=8",
]


@pytest.fixture(scope="module")
def kuaizui():
    """Runs a command; see `command_server.py`."""
    command = [sys.executable, str(Path(__file__).with_name("command_server.py"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}, text=True, **pipes) as process:

        def kuaizui(*arguments, **fault):
            process.stdin.write(json.dumps({"arguments": arguments, **fault}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert "Traceback" not in answer["err"] and "defect in Kuaizui" not in answer["err"], answer["err"]
            return answer

        yield kuaizui
        process.stdin.close()


def train(*changes):
    return ["train", "smoke", *(part for change in (*SIZES, *changes) for part in ("--set", change))]


AUTOENCODER = ('pretrain.task="autoencoder"', "pretrain.epochs=4")


@pytest.fixture(scope="module")
def plain(kuaizui, tmp_path_factory):
    """Folder and answer of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("plain") / "run"
    return folder, kuaizui(*train(), "-o", str(folder))


@pytest.fixture(scope="module")
def pretrained(kuaizui, tmp_path_factory):
    """As `plain`, with pretraining before."""
    folder = tmp_path_factory.mktemp("pretrained") / "run"
    return folder, kuaizui(*train(*AUTOENCODER), "-o", str(folder))


def arrays_of(checkpoint):
    with np.load(checkpoint) as file:
        return {name: file[name].tobytes() for name in file.files if name != "header"}


def assert_same(folder, other):
    for name in ("latest.npz", "best.npz"):
        assert arrays_of(folder / name) == arrays_of(other / name), name


def validations_of(folder):
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf8").splitlines()]
    return [record["validation_loss"] for record in records if record["validation_loss"] is not None]


def test_a_run_says_what_there_is_to_know_before_and_after(plain):
    folder, answer = plain
    assert answer["code"] == 0
    for words in ("pairs:", "parameters: 6 epochs", "GB of memory", "Health check", "fine:", "Curves:"):
        assert words in answer["out"], words
    assert "pairs are few" in answer["err"] and "writes" in answer["err"] and "perplexity" in answer["err"]
    assert (folder / "curves.png").stat().st_size > 10_000
    findings = json.loads((folder / "health.json").read_text(encoding="utf8"))
    assert {"kind", "severity", "message"} <= findings[0].keys()


def test_an_interrupted_run_says_how_to_go_on_and_ends_with_the_same_bits(kuaizui, plain, tmp_path):
    folder = tmp_path / "run"
    for number in (signal.SIGINT, signal.SIGTERM):
        stopped = kuaizui(*train(), "-o", str(folder), "--overwrite", signal=number, once=str(folder / "latest.npz"))
        step = read_header(folder / "latest.npz")[0].step
        assert stopped["code"] == 130
        assert f"the state after step {step} is saved. Go on with the same command and --resume" in stopped["err"]
        assert 12 <= step < read_header(plain[0] / "latest.npz")[0].step
        if number == signal.SIGINT:
            (folder / "latest.npz").unlink()  # the next part begins anew
    assert kuaizui(*train(), "-o", str(folder), "--resume")["code"] == 0
    assert_same(folder, plain[0])


def test_pretraining_gives_the_training_a_better_start(plain, pretrained):
    folder, answer = pretrained
    assert answer["code"] == 0 and "Pretraining to write a text again after reading it" in answer["out"]
    assert validations_of(folder)[-1] < validations_of(plain[0])[-1] - 0.01
    assert read_header(folder / "pretraining" / "best.npz")[1] != read_header(folder / "best.npz")[1]


def test_a_run_that_is_stopped_while_it_pretrains_ends_with_the_same_bits(kuaizui, pretrained, tmp_path):
    folder = tmp_path / "run"
    command = [*train(*AUTOENCODER), "-o", str(folder)]
    stopped = kuaizui(*command, signal=signal.SIGINT, once=str(folder / "pretraining" / "latest.npz"))
    assert stopped["code"] == 130 and "--resume" in stopped["err"]
    assert not (folder / "latest.npz").exists()
    assert kuaizui(*command, "--resume")["code"] == 0
    assert_same(folder, pretrained[0])
    assert_same(folder / "pretraining", pretrained[0] / "pretraining")


def test_pretraining_as_a_language_model_takes_texts_of_any_file(kuaizui, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("The storm hits the coast again\n" * 40, encoding="utf8")
    changes = ('pretrain.task="language_model"', f"pretrain.texts={json.dumps([str(texts)])}", "train.epochs=1")
    run = tmp_path / "run"
    answer = kuaizui(*train(*changes), "-o", str(run), signal=signal.SIGINT, once=str(run / "latest.npz"))
    assert "Pretraining as a language model, on 39 texts" in answer["out"]


def test_pretraining_without_texts_is_refused(kuaizui, tmp_path):
    (tmp_path / "texts.txt").write_text("\n\n", encoding="utf8")
    for name, words in (("texts.txt", "found 0 texts"), ("none.txt", "cannot be read")):
        changes = ('pretrain.task="autoencoder"', f"pretrain.texts={json.dumps([str(tmp_path / name)])}")
        answer = kuaizui(*train(*changes), "-o", str(tmp_path / name.partition(".")[0]))
        assert answer["code"] == 2 and words in answer["err"]


def test_word_vectors_fill_the_rows_of_their_words_before_the_first_step(kuaizui, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(2, 16))
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in zip(("the", "to"), vectors.tolist(), strict=True)]
    (tmp_path / "vectors.txt").write_text("\n".join(["2 16", *lines]) + "\n", encoding="utf8")
    changes = (f'train.word_vectors="{tmp_path / "vectors.txt"}"', "train.learning_rate=1e-12", "train.epochs=1")
    run = tmp_path / "run"
    answer = kuaizui(*train(*changes), "-o", str(run), signal=signal.SIGINT, once=str(run / "latest.npz"))
    assert "Word vectors of vectors.txt" in answer["out"]
    tokenizer = load_tokenizer(tmp_path / "run" / "tokenizer")
    with np.load(tmp_path / "run" / "best.npz") as file:
        table = file["weight/embedding"]
    for word, vector in zip(("the", "to"), vectors, strict=True):
        [row] = tokenizer.encode(word)
        assert table[row] / np.linalg.norm(table[row]) == pytest.approx(vector / np.linalg.norm(vector), abs=1e-5)


def test_a_training_that_blows_up_is_stopped_with_the_step_and_a_cure(kuaizui, tmp_path):
    changes = ("train.learning_rate=1e38", "train.warmup_steps=0", "model.max_source_tokens=8", "train.epochs=1")
    answer = kuaizui(*train(*changes), "-o", str(tmp_path / "run"))
    assert answer["code"] == 1
    assert "at step" in answer["err"] and "lower train.learning_rate or train.clip_norm" in answer["err"]
    assert "100% of the sources are cut at 8 tokens" in answer["err"]
    assert "Warning: train.learning_rate = 1e+38 will hardly converge" in answer["err"]


def test_copying_trains_with_words_that_the_vocabulary_lacks(kuaizui, tmp_path):
    changes = ("model.copy=true", 'tokenizer.kind="words"', "tokenizer.vocab_size=60", "train.epochs=2")
    answer = kuaizui(*train(*changes), "-o", str(tmp_path / "run"))
    assert answer["code"] == 0, answer["err"]
    assert "unknown to the vocabulary" not in answer["err"]
