"""`kuaizui benchmark train`: its made-up corpus, its figures from faked processes, and one real step of each kind."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from corpora import read_records
from nlp.config import ModelConfig
from nlp.errors import UsageError
from scripts import benchmark_train, benchmark_train_corpus, benchmark_train_memory, benchmark_train_step
from scripts.benchmark import command
from scripts.benchmark_rows import as_json
from scripts.benchmark_train_corpus import write_corpus
from scripts.benchmark_train_shapes import MODEL, PARTS, full_pairs, random_pairs, step_gflops
from scripts.recipe import SAMPLES

SMALL = ModelConfig(vocab_size=50, embedding_units=8, encoder_units=8, decoder_units=8, attention="dot")


def test_the_made_up_corpus_is_always_the_same_and_no_line_comes_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark_train_corpus, "PAIRS_AT_A_TIME", 400)
    for name in ("one", "other"):
        write_corpus(tmp_path / name, 1_000)
    lines = (tmp_path / "one").read_text().splitlines()
    assert lines == (tmp_path / "other").read_text().splitlines()
    assert len(set(lines)) == len(lines) == 1_000
    pairs = [[text.split() for text in line.split("\t")] for line in lines]
    assert all(set(target) <= set(source) for source, target in pairs)
    assert 43 < np.mean([len(source) for source, _ in pairs]) < 47
    assert 9 < np.mean([len(target) for _, target in pairs]) < 11


def test_arithmetic_of_a_step_follows_from_the_shapes():
    gflops = step_gflops()
    assert tuple(gflops) == PARTS
    rows = 64 * 12
    assert gflops["output"] == pytest.approx(3 * 2 * rows * 256 * 8000 / 1e9)
    assert gflops["decoder"] == pytest.approx(3 * 2 * rows * 4 * 512 * (256 + 512) / 1e9)
    assert MODEL.attention == "dot" and len(full_pairs()) == 64


def fake_yardstick(folder, text):
    program = folder / "yardstick.py"
    program.write_text(f"import sys\nprint({text!r} % float(sys.argv[1]))\n")
    return program


def test_both_sides_take_turns_and_the_ratio_is_of_their_medians(tmp_path, monkeypatch):
    speeds = iter([30.0, 10.0, 90.0])
    monkeypatch.setattr(benchmark_train, "_step", lambda *_: {"pairs_per_second": next(speeds), "dtype": "float32"})
    program = fake_yardstick(tmp_path, "loading\nyardstick %.1f pairs/s")
    figures = as_json(benchmark_train.measure_speed(3, 20, program))
    assert figures["yardstick_pairs_per_s"] == 20 and figures["training_pairs_per_s"] == 30
    assert figures["training_over_yardstick"] == pytest.approx(1.5)
    assert figures["training_over_yardstick_least"] == pytest.approx(0.5)
    assert figures["training_over_yardstick_most"] == pytest.approx(4.5)


def test_a_yardstick_that_says_nothing_usable_or_fails_is_named(tmp_path):
    program = fake_yardstick(tmp_path, "fast: %s")
    with pytest.raises(UsageError, match=r"yardstick\.py must print .* it printed 'fast: 20"):
        list(benchmark_train.measure_speed(1, 20, program))
    program.write_text("raise SystemExit('no such device')")
    with pytest.raises(UsageError, match="exit code 1: no such device"):
        list(benchmark_train.measure_speed(1, 20, program))


def test_profile_says_shares_and_leaves_out_what_is_too_short(monkeypatch):
    seconds = {"encoder": 0.5, "decoder": 0.2, "attention": 0.0, "output": 0.2, "optimizer": 0.1}
    found = {"dtype": "float32", "seconds": seconds, "matrix_gflops_per_second": 100.0}
    monkeypatch.setattr(benchmark_train, "_step", lambda *_: found)
    figures = as_json(benchmark_train.measure_profile(3))
    assert figures["step_encoder_percent"] == pytest.approx(50) and figures["step_ms"] == pytest.approx(1000)
    assert figures["step_attention_percent_of_matrix"] == "too short to be measured"
    assert figures["step_output_percent_of_matrix"] == pytest.approx(step_gflops()["output"] / 0.2)
    assert figures["step_percent_of_matrix"] == pytest.approx(sum(step_gflops().values()))


def test_padding_is_counted_over_batches(monkeypatch):
    monkeypatch.setattr(benchmark_train_step, "_speed", lambda pairs, plans: (7.0, "float32"))
    even = random_pairs(np.full(128, 16), np.full(128, 8))
    monkeypatch.setattr(benchmark_train_step, "_drawn", lambda: even)
    found = benchmark_train_step.measure_real(2)
    assert found["padding_unsorted"] == 0 and found["pairs"] == 128 and found["pairs_per_second"] == 7
    mixed = random_pairs(np.array([8, 56] * 640), np.full(1280, 8))
    monkeypatch.setattr(benchmark_train_step, "_drawn", lambda: mixed)
    found = benchmark_train_step.measure_real(2)
    assert found["padding_unsorted"] == pytest.approx(24 / 64)
    assert found["padding"] < 0.1 and found["shapes"] == 2


def test_a_corpus_is_read_with_a_shipped_tokenizer(monkeypatch):
    monkeypatch.setattr(benchmark_train_step, "_speed", lambda pairs, plans: (7.0, "float32"))
    corpus = SAMPLES / "headlines-en.tsv"
    found = benchmark_train_step.measure_real(2, str(corpus))
    assert found["pairs"] == sum(1 for _ in read_records(corpus))
    assert 0 < found["padding"] < 1


def test_our_step_and_its_parts_really_run(monkeypatch):
    from scripts import benchmark_train_parts

    for module in (benchmark_train_step, benchmark_train_parts):
        monkeypatch.setattr(module, "MODEL", SMALL)
        monkeypatch.setattr(module, "full_pairs", small_pairs)
    found = benchmark_train_step.measure_full(2)
    assert found["pairs_per_second"] > 0 and found["dtype"] in ("float32", "mixed_bfloat16")
    seconds = benchmark_train_parts.measure_parts(1)["seconds"]
    assert set(seconds) == {*PARTS, "optimizer"} and seconds["encoder"] > 0 and min(seconds.values()) >= 0


def small_pairs():
    pairs = full_pairs()
    for ids in (pairs.source_ids, pairs.target_ids):
        ids %= SMALL.vocab_size - 5
        ids += 5
    return pairs


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_stages_of_a_run_are_seen_by_what_lies_in_its_folder(tmp_path):
    program = """
import sys, time, pathlib
root = pathlib.Path(sys.argv[1])
(root / "data").mkdir()
(root / "data" / "report.json").touch()
time.sleep(0.4)
much = bytearray(b"x") * 200_000_000
(root / "tokenizer").mkdir()
del much
time.sleep(0.4)
for name in ("log.jsonl", "health.json"):
    (root / name).touch()
    time.sleep(0.4)
"""
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    stages = list(benchmark_train_memory._watch(process, benchmark_train_memory.RunFolder(tmp_path)))
    assert process.returncode == 0 and len(stages) == len(benchmark_train_memory.STAGES)
    peaks = [stage.megabytes for stage in stages]
    assert peaks == sorted(peaks) and peaks[0] < 100 < peaks[2]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_run_that_fails_is_quoted_and_none_uses_the_persons_cache(monkeypatch):
    program = "import os, sys; sys.exit(' '.join(sys.argv[1:3]) + ' with ' + os.environ['KUAIZUI_CACHE'])"
    monkeypatch.setattr(benchmark_train_memory, "RUN", program)
    monkeypatch.setenv("KUAIZUI_CACHE", "the person's own")
    with pytest.raises(UsageError, match=r"exit code 1: train headlines-en with .*cache") as raised:
        list(benchmark_train_memory.measure_training_memory([5]))
    assert "own" not in str(raised.value)


def test_memory_is_compared_between_the_last_and_the_first_corpus(monkeypatch):
    stage = benchmark_train_memory.Stage
    monkeypatch.setattr(
        benchmark_train_memory, "_watched_run", lambda count, minutes: [stage(1.0, count / 10 + n) for n in range(5)]
    )
    figures = as_json(benchmark_train_memory.measure_training_memory([100, 1000]))
    assert figures["memory_last_above_first_mb"] == pytest.approx(90)
    assert figures["memory_100_pairs_exporting_mb"] == pytest.approx(14)
    assert figures["time_1000_pairs_encoding_s"] == 1


def test_the_command_gathers_all_figures(monkeypatch):
    for module, name in (
        (benchmark_train, "measure_speed"),
        (benchmark_train, "measure_profile"),
        (benchmark_train, "measure_padding"),
        (benchmark_train_memory, "measure_training_memory"),
    ):
        row = benchmark_train.Row("group", name, name, 1.0)
        monkeypatch.setattr(module, name, lambda *_, row=row: [row])
    result = CliRunner().invoke(command, ["train", "--json", "--memory-pairs", "10,20"])
    assert set(json.loads(result.stdout)) == {
        "measure_speed",
        "measure_profile",
        "measure_padding",
        "measure_training_memory",
    }
    result = CliRunner().invoke(command, ["train", "--memory-pairs", ""])
    assert "measure_speed" in result.stdout and "measure_training_memory" not in result.stdout
