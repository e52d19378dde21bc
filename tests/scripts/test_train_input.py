"""`kuaizui train` with input that cannot work: exit code, words that say what to do, and no traceback."""

import pytest

from scripts import train
from scripts.cli import run

RECIPE = """
task = "headlines"
language = "en"
[[corpora]]
path = "news.tsv"
[tokenizer]
kind = "characters"
vocab_size = 60
"""
PAIR = "The storm {} hit the coast of the island on Monday.\tStorm {} hits coast\n"


@pytest.fixture
def refused(tmp_path, capsys, monkeypatch):
    """Runs a recipe over a corpus that is refused before any network is made; what is said."""

    def no_network(*arguments, **options):
        raise AssertionError("training began")

    monkeypatch.setattr(train, "load_training_libraries", no_network)

    def refused(corpus, *arguments, recipe=RECIPE):
        (tmp_path / "news.tsv").write_text(corpus, encoding="utf8")
        (tmp_path / "mine.toml").write_text(recipe, encoding="utf8")
        assert run(["train", str(tmp_path / "mine.toml"), "-o", str(tmp_path / "run"), *arguments]) == 2
        said = capsys.readouterr().err
        assert "Traceback" not in said and "defect in Kuaizui" not in said
        return said

    return refused


@pytest.mark.parametrize("corpus", ["", "\n\n"])
def test_an_empty_corpus_is_named(refused, corpus):
    said = refused(corpus)
    assert "No pair is left to train on" in said and "news.tsv" in said and "0 read" in said


def test_one_pair_is_too_few_to_measure_with(refused):
    said = refused(PAIR.format(1, 1))
    assert "Training needs validation pairs" in said and "Give more data, or raise split.validation_share" in said


def test_pairs_that_are_all_dropped_are_counted_by_the_reason(refused):
    corpus = "".join(PAIR.format(i, i) for i in range(50))
    said = refused(corpus, "--set", "cleaning.min_target_characters=500")
    assert "No pair is left to train on" in said and "50 read, 0 kept, 50 dropped" in said
    assert "target too short" in said.replace("_", " ")


def test_a_corpus_that_is_not_there_is_named(refused, tmp_path):
    recipe = RECIPE.replace("news.tsv", "no.tsv")
    assert "no.tsv" in refused("", recipe=recipe)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "train.epoch=3"], ["[train]", "'epoch'", "'epochs'"]),
        (["--set", "train.epochs=many"], ["[train]", "epochs", "int is wanted, not str"]),
        (["--set", "train.own_words=hrad"], ["[train]", "own_words", "'hrad'"]),
        (["--set", "pretrain.noise=1.5"], ["[pretrain]", "noise", "below 1"]),
        (["--set", "train.batch_size=128"], ["[train]", "'batch_size'"]),
        (["--preset", "huge"], ["'huge'", "tiny, small, base"]),
    ],
)
def test_a_setting_that_cannot_work_is_named(refused, arguments, words):
    said = refused("".join(PAIR.format(i, i) for i in range(50)), *arguments)
    assert all(word in said for word in words), said
