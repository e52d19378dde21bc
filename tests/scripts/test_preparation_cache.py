"""The cache of prepared corpora: the same bytes as without it, and nothing from another corpus, setting or code."""

import json

import pytest

from scripts import preparation_cache
from scripts.preparation import prepare_pairs, prepare_tokenizer
from scripts.preparation_cache import KEPT_ENTRIES, cache_folder, cache_key, fetch, store
from scripts.recipe import find_recipe, read_recipe
from scripts.run_folder import RunFolder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KUAIZUI_CACHE", str(tmp_path / "cache"))


def prepared(folder, changes=(), corpus_files=()):
    run, recipe = RunFolder(folder), read_recipe(find_recipe("smoke"), changes, corpus_files)
    prepare_pairs(run, recipe)
    prepare_tokenizer(run, recipe)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_run_gets_the_same_files_without_reading_the_corpus(tmp_path, monkeypatch, capsys):
    first = prepared(tmp_path / "one")
    assert {"data/train.jsonl", "data/report.json"} < first.keys() and any("tokenizer" in name for name in first)
    capsys.readouterr()
    for name in ("prepare", "train_tokenizer"):
        monkeypatch.setattr(f"scripts.preparation.{name}", None)  # calling it would fail
    assert prepared(tmp_path / "two") == first
    assert "prepared before from the same corpora" in capsys.readouterr().out


def test_a_changed_file_in_a_run_never_reaches_the_cache(tmp_path):
    first = prepared(tmp_path / "one")
    (tmp_path / "one" / "data" / "train.jsonl").write_text("spoiled")
    assert prepared(tmp_path / "two") == first


def test_other_settings_other_bytes_and_other_code_are_prepared_anew(tmp_path, monkeypatch):
    corpus = tmp_path / "news.tsv"
    lines = [f"The storm number {n} hit the coast on Monday.\tStorm {n} hits the coast" for n in range(200)]
    corpus.write_text("\n".join(lines))
    first = prepared(tmp_path / "one", corpus_files=[corpus])
    shorter = prepared(tmp_path / "two", ["cleaning.min_target_characters=23"], [corpus])
    assert shorter["data/train.jsonl"] != first["data/train.jsonl"]
    corpus.write_text("\n".join([*lines, "Rain fell in Harwick all day.\tRain falls in Harwick"]))
    more = json.loads(prepared(tmp_path / "three", corpus_files=[corpus])["data/report.json"])
    assert more["report"]["read"] == 201
    before = cache_key("settings")
    monkeypatch.setattr(preparation_cache, "_CODE", (corpus,))
    assert cache_key("settings") != before


def test_what_was_not_used_for_long_goes_first(tmp_path):
    folder = tmp_path / "entry"
    folder.mkdir()
    (folder / "file").write_text("content")
    for number in range(KEPT_ENTRIES + 3):
        store(f"pairs-{number}", folder)
        assert fetch("pairs-0", tmp_path / "out")  # used again and again, so it stays
    names = {path.name for path in cache_folder().iterdir()}
    assert len(names) == KEPT_ENTRIES and {"pairs-0", f"pairs-{KEPT_ENTRIES + 2}"} <= names


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path, monkeypatch):
    (tmp_path / "blocked").write_text("a file where the folder would be")
    monkeypatch.setenv("KUAIZUI_CACHE", str(tmp_path / "blocked"))
    assert "data/train.jsonl" in prepared(tmp_path / "one")


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(Exception, match=r"gone\.tsv"):
        prepared(tmp_path / "one", corpus_files=[tmp_path / "gone.tsv"])
