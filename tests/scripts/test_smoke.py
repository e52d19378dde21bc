"""`kuaizui train smoke` in a process of its own: the whole way from the sample corpus to a model that knows it."""

import json
import shutil

import pytest

from corpora import read_prepared
from corpora.prepared import split_path
from nlp.bundle import read_bundle_config, read_info
from nlp.config import SearchConfig
from nlp.generator import TextGenerator
from scripts.cli import run
from scripts.run_folder import RunFolder


@pytest.fixture(scope="module")
def generator(smoke_run):
    return TextGenerator.load(RunFolder(smoke_run).bundle, threads=1)


def test_the_smoke_recipe_learns_its_corpus_by_heart(smoke_run, generator):
    pairs = list(read_prepared(split_path(smoke_run / "data", "train")))
    assert len(pairs) > 40
    greedy = SearchConfig(beam_size=1, max_target_tokens=48)
    answers = generator.generate([pair.turns for pair in pairs], greedy)
    exact = sum(answer.candidates[0].text == pair.target for answer, pair in zip(answers, pairs, strict=True))
    assert exact >= 0.8 * len(pairs)


def test_the_run_leaves_a_whole_bundle_with_its_card_figures_and_provenance(smoke_run):
    bundle = RunFolder(smoke_run).bundle
    info = read_info(bundle)
    assert (info.name, info.task, info.language) == ("run", "headlines", "en")  # the folder's name
    assert read_bundle_config(bundle).search.beam_size == 3
    assert (bundle / "README.md").read_text(encoding="utf8").startswith("#")
    metrics = json.loads((bundle / "metrics.json").read_text(encoding="utf8"))
    assert metrics["int8_against_float32"]["examples"] > 0
    provenance = json.loads((bundle / "provenance.json").read_text(encoding="utf8"))
    assert provenance["command"] == "kuaizui train smoke"
    assert provenance["precision"] == "int8" and provenance["training"]["steps"] > 100


def test_progress_is_logged_and_loss_falls(smoke_run):
    records = [json.loads(line) for line in (smoke_run / "log.jsonl").read_text(encoding="utf8").splitlines()]
    assert records[0]["loss"] > 3 and records[-1]["loss"] < 0.5
    assert records[-1]["validation_loss"] is not None


def test_a_run_is_never_overwritten_by_chance(smoke_run, capsys):
    before = (smoke_run / "best.npz").stat().st_mtime_ns
    assert run(["train", "smoke", "-o", str(smoke_run)]) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert run(["train", "smoke", "-o", str(smoke_run), "--resume", "--set", "train.epochs=3"]) == 2
    assert "another recipe or other --set values" in capsys.readouterr().err
    assert (smoke_run / "best.npz").stat().st_mtime_ns == before


def test_an_export_is_called_as_its_folder_and_says_that_it_replaces(smoke_run, tmp_path, capsys):
    place = shutil.copytree(RunFolder(smoke_run).bundle, tmp_path / "shipped")
    assert run(["export", str(smoke_run), "-o", str(place)]) == 0
    assert f"The model is in {place}, where it replaced another." in capsys.readouterr().out
    assert read_info(place).name == "shipped"
    assert (place / "README.md").read_text(encoding="utf8").startswith("# shipped\n")
    assert json.loads((place / "provenance.json").read_text(encoding="utf8"))["command"] == "kuaizui train smoke"


def test_exporting_what_is_no_run_is_refused(tmp_path, capsys):
    assert run(["export", str(tmp_path)]) == 2
    assert "no run.json" in capsys.readouterr().err
