"""The folder of a run: what is a run's goes, and nothing else ever does."""

import json

import pytest

from nlp.errors import UsageError
from scripts.run_folder import RunFolder

RECORD = {"name": "mine", "task": "headlines", "language": "en", "recipe": {"train": {}}}
OWN = (
    "data/report.json",
    "data/train.jsonl",
    "data/validation.jsonl",
    "data/test.jsonl",
    "data/.preparing-x/train.jsonl",
    "tokenizer/tokenizer.json",
    "tokenizer.partial/tokenizer.json",
    "bundle/manifest.json",
    ".bundle.partial/encoder.onnx",
    "latest.npz",
    "latest.partial",
    "best.npz",
    "before-new.jsonl",
    "before-replay.jsonl",
    "log.jsonl",
    "run.json.partial",
)
OTHERS = (".git/HEAD", "corpus.tsv", "notes/plan.txt", "data/corpus.tsv", "latest.npz.bak")


def written(root, names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def files_in(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def run(tmp_path):
    run = RunFolder(tmp_path / "mine")
    run.write_record(RECORD)
    written(run.root, OWN)
    return run


def test_clearing_a_run_removes_what_a_run_writes_and_nothing_else(run):
    written(run.root, OTHERS)
    run.clear()
    assert files_in(run.root) == set(OTHERS)


def test_clearing_leaves_an_empty_folder_of_a_run_without_other_files(run):
    run.clear()
    assert list(run.root.iterdir()) == []
    run.require_free()


@pytest.mark.parametrize("name", ["data/train.jsonl", "bundle/manifest.json"])
def test_a_corpus_that_would_go_with_the_run_keeps_all_of_it(run, name):
    before = files_in(run.root)
    with pytest.raises(UsageError, match=f"{name} is a corpus of this training.*Move it"):
        run.clear(keep=[run.root / "corpus.tsv", run.root / name])
    assert files_in(run.root) == before


def test_a_link_goes_and_what_it_points_to_stays(run, tmp_path):
    written(tmp_path, ["elsewhere/weights"])
    (run.root / "best.npz").unlink()
    (run.root / "best.npz").symlink_to(tmp_path / "elsewhere")
    run.clear()
    assert not (run.root / "best.npz").is_symlink() and files_in(tmp_path / "elsewhere") == {"weights"}


@pytest.mark.parametrize(
    ("names", "shown"),
    [(["thesis.txt"], "thesis.txt"), (["data/train.jsonl"], "data"), ("abcde", "a, b, c and 2 more")],
)
def test_a_folder_with_other_things_is_not_free_and_they_are_named(tmp_path, names, shown):
    written(tmp_path, names)
    with pytest.raises(UsageError, match=rf"holds no run and is not empty: {shown}\. .*--output"):
        RunFolder(tmp_path).require_free()


def test_free_places_are_an_empty_folder_none_and_one_whose_first_write_was_cut_short(tmp_path):
    RunFolder(tmp_path).require_free()
    RunFolder(tmp_path / "new").require_free()
    (tmp_path / "run.json.partial").write_text("{")
    RunFolder(tmp_path).require_free()


def test_a_file_is_no_free_place(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        RunFolder(tmp_path / "file").require_free()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "damaged"),
        ("[]", "'name'"),
        ('{"name": "x"}', "'task'"),
        (json.dumps({**RECORD, "recipe": 3}), "'recipe'"),
    ],
)
def test_a_record_that_is_none_is_named(tmp_path, content, message):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UsageError, match=rf"run\.json: .*{message}"):
        RunFolder(tmp_path).read_record()
