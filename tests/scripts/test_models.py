"""`kuaizui models` and `kuaizui show`: the list, and one model's card."""

from dataclasses import dataclass
from pathlib import Path

import pytest

import nlp.bundle
from nlp.errors import BundleError, UsageError
from scripts.generators import TextGenerators
from scripts.models import card_lines, find_bundle, model_table


@dataclass(frozen=True)
class Info:
    name: str
    task: str
    language: str
    parameters: int
    bytes: int
    path: Path


BUNDLES = [
    Info("headlines-en", "headlines", "en", 5_600_000, 6_400_000, Path("a")),
    Info("headlines-zh", "headlines", "zh", 900, 50_000, Path("b")),
]


def test_the_table_is_aligned_under_its_header():
    assert model_table(BUNDLES, [("wire", "teaser"), ()]) == [
        "name          task       language  parameters  size    styles",
        "headlines-en  headlines  en        5,600,000   6.4 MB  wire, teaser",
        "headlines-zh  headlines  zh        900         0.1 MB",
    ]


def write_bundle(path):
    with nlp.bundle.BundleWriter(path) as writer:
        for name in ("config.json", "encoder.onnx", "decoder_step.onnx", "weights.safetensors"):
            (writer.folder / name).write_text("x")
        writer.finish(path.name, "headlines", "en", 1)


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    for name in ("headlines-en", "headlines-zh"):
        write_bundle(tmp_path / "shipped" / name)
    monkeypatch.setattr(nlp.bundle, "PRETRAINED", tmp_path / "shipped")
    return tmp_path / "shipped"


def test_a_bundle_is_found_by_name_or_folder(shipped, tmp_path):
    write_bundle(tmp_path / "mine")
    assert find_bundle("headlines-zh") == shipped / "headlines-zh"
    assert find_bundle(str(tmp_path / "mine")) == tmp_path / "mine"


def test_an_unknown_bundle_is_answered_as_by_every_command(shipped, tmp_path):
    for name in ("headline-en", "xyzzy"):
        with pytest.raises(BundleError) as told:
            find_bundle(name)
        with pytest.raises(BundleError) as resolved:
            nlp.bundle.resolve(name)
        assert str(told.value) == str(resolved.value)
    with pytest.raises(BundleError, match=r"no manifest.json"):
        find_bundle(str(tmp_path))
    for refuse in (find_bundle, TextGenerators()):
        with pytest.raises(UsageError, match=r"is empty"):
            refuse(" ")


def test_the_card_is_followed_by_the_measurements(tmp_path):
    (tmp_path / "README.md").write_text("# A model 快嘴\n\nFacts.\n", encoding="utf-8")
    (tmp_path / "metrics.json").write_text('{"test": {"rouge": {"rouge1": 33.81234}, "pairs": 2000}, "runs": [1, 2]}')
    assert list(card_lines(tmp_path)) == [
        "# A model 快嘴\n\nFacts.",
        "",
        "Measurements (metrics.json):",
        "  test.rouge.rouge1: 33.81",
        "  test.pairs: 2000",
        "  runs: [1, 2]",
    ]


def test_missing_and_damaged_facts_are_told(tmp_path):
    assert "has no card" in next(card_lines(tmp_path))
    (tmp_path / "metrics.json").write_text("{")
    with pytest.raises(BundleError, match=r"metrics.json: broken JSON"):
        list(card_lines(tmp_path))
    (tmp_path / "README.md").write_bytes(b"\xff")
    with pytest.raises(BundleError, match=r"README.md: not UTF-8"):
        list(card_lines(tmp_path))
