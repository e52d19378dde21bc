"""Names switched to other models: atomically, with a way back, and never to something that is not there."""

import json
import shutil
import threading

import pytest

from nlp import bundle
from nlp.bundle import resolve
from nlp.errors import BundleError
from nlp.registry import home_folder, promote, promoted, promotions, roll_back


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KUAIZUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def shipped(tmp_path, monkeypatch, random_bundle):
    shutil.copytree(random_bundle, tmp_path / "shipped" / "headlines-en")
    monkeypatch.setattr(bundle, "PRETRAINED", tmp_path / "shipped")
    return tmp_path / "shipped" / "headlines-en"


def folder(path, text):
    path.mkdir()
    (path / "manifest.json").write_text(text)
    (path / "tokenizer").mkdir()
    (path / "tokenizer" / "words.txt").write_text(text)
    return path


def test_a_name_means_the_shipped_model_then_the_promoted_and_goes_back_step_by_step(tmp_path, shipped):
    first, second = folder(tmp_path / "first", "1"), folder(tmp_path / "second", "2")
    assert resolve("headlines-en") == shipped
    copy = promote("headlines-en", first, "a" * 64)
    assert resolve("headlines-en") == copy != first
    assert (copy / "tokenizer" / "words.txt").read_text() == "1"
    later = promote("headlines-en", second, "b" * 64)
    assert resolve("headlines-en") == later != copy
    assert roll_back("headlines-en") == copy == resolve("headlines-en")
    assert roll_back("headlines-en") is None
    assert resolve("headlines-en") == shipped
    with pytest.raises(BundleError, match=r"nothing to take back for 'headlines-en'. No name was ever switched"):
        roll_back("headlines-en")


def test_the_copy_outlives_the_run_that_it_came_from(tmp_path):
    copy = promote("mine", folder(tmp_path / "first", "1"), "a" * 64)
    shutil.rmtree(tmp_path / "first")
    assert promoted("mine") == copy and resolve("mine") == copy
    assert promoted("another") is None


def test_promoting_the_same_model_twice_is_one_step(tmp_path):
    first = folder(tmp_path / "first", "1")
    assert promote("mine", first, "a" * 64) == promote("mine", first, "a" * 64)
    assert promotions() == {"mine": [home_folder() / "models" / f"mine-{'a' * 16}"]}


def test_the_home_may_be_moved(tmp_path, home, monkeypatch):
    promote("mine", folder(tmp_path / "first", "1"), "a" * 64)
    home.rename(tmp_path / "moved")
    monkeypatch.setenv("KUAIZUI_HOME", str(tmp_path / "moved"))
    assert promoted("mine") == tmp_path / "moved" / "models" / f"mine-{'a' * 16}"


def test_without_a_setting_the_home_is_where_programs_keep_a_persons_data(tmp_path, monkeypatch):
    monkeypatch.delenv("KUAIZUI_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home_folder() == tmp_path / "kuaizui"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    assert home_folder() == tmp_path / "ada" / ".local" / "share" / "kuaizui"


def test_a_promoted_model_that_is_gone_is_told_and_can_be_taken_back(tmp_path, shipped):
    copy = promote("headlines-en", folder(tmp_path / "first", "1"), "a" * 64)
    shutil.rmtree(copy)
    with pytest.raises(BundleError, match=r"is gone.*rollback headlines-en"):
        resolve("headlines-en")
    assert roll_back("headlines-en") is None
    assert resolve("headlines-en") == shipped


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"format": 1, "names": {"a": ["../../etc"]}}', "is no name of a model"),
        ('{"format": 1, "names": {"a": [".."]}}', "is no name of a model"),
        ('{"format": 1, "names": {"a": [7]}}', "damaged"),
        ('{"format": 2, "names": {}}', "Update Kuaizui"),
    ],
)
def test_a_damaged_registry_is_told_with_a_way_out(home, text, words):
    home.mkdir()
    (home / "models.json").write_text(text)
    with pytest.raises(BundleError, match=r"models.json") as told:
        resolve("headlines-en")
    assert words in str(told.value)


def test_a_failed_switch_leaves_the_name_and_no_remains(tmp_path, home, monkeypatch):
    copy = promote("mine", folder(tmp_path / "first", "1"), "a" * 64)
    before = (home / "models.json").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nlp.registry.os.fsync", full)
    with pytest.raises(OSError, match=r"No space"):
        promote("mine", folder(tmp_path / "second", "2"), "b" * 64)
    with pytest.raises(OSError, match=r"No space"):
        roll_back("mine")
    assert (home / "models.json").read_bytes() == before
    assert promoted("mine") == copy
    assert sorted(path.name for path in home.rglob("*") if path.parent in (home, home / "models")) == [
        f"mine-{'a' * 16}",
        "models",
        "models.json",
    ]


def test_readers_never_meet_half_a_switch(tmp_path):
    first, second = folder(tmp_path / "first", "1"), folder(tmp_path / "second", "2")
    promote("mine", first, "a" * 64)
    stop, met = threading.Event(), set()

    def read():
        while not stop.is_set():
            met.add((promoted("mine") / "manifest.json").read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        promote("mine", second, "b" * 64)
        roll_back("mine")
    stop.set()
    reader.join()
    assert met <= {"1", "2"} and "1" in met
    assert json.loads((home_folder() / "models.json").read_text())["names"] == {"mine": [f"mine-{'a' * 16}"]}
