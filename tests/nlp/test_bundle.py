"""Bundles: what is written comes back, and every kind of damage is named by its file."""

import json
import shutil
import subprocess
import sys

import pytest

from nlp import bundle
from nlp.bundle import BundleConfig, BundleWriter, list_pretrained, read_bundle_config, read_info, resolve
from nlp.config import ModelConfig, SearchConfig, TokenizerConfig
from nlp.errors import BundleError, KuaizuiError
from nlp.generator import TextGenerator
from tests.conftest import ROOT

CONFIG = BundleConfig(
    ModelConfig(vocab_size=77, cell="gru"),
    TokenizerConfig(kind="jieba", user_dictionary=("快嘴",)),
    SearchConfig(beam_size=2, length_penalty=0.5),
)
FILES = {
    "config.json",
    "encoder.onnx",
    "decoder_step.onnx",
    "decoder_step_wide.onnx",
    "overflow_probe.onnx",
    "weights.safetensors",
    "metrics.json",
    "tokenizer/tokenizer.json",
    "tokenizer/sentencepiece.model",
}


def write(path, name="small", content=b"graph"):
    with BundleWriter(path) as writer:
        for file in (bundle.ENCODER_FILE, bundle.DECODER_FILE, bundle.WEIGHTS_FILE, "tokenizer/tokenizer.json"):
            (writer.folder / file).write_bytes(content)
        writer.write_config(CONFIG)
        writer.finish(name, "dialogue", "zh", parameters=123)
    return path


@pytest.fixture
def copied(random_bundle, tmp_path):
    return shutil.copytree(random_bundle, tmp_path / "copy")


def test_what_is_written_comes_back(tmp_path):
    path = write(tmp_path / "folder" / "small")
    assert read_bundle_config(path) == CONFIG
    info = read_info(path)
    assert (info.name, info.task, info.language, info.parameters, info.path) == ("small", "dialogue", "zh", 123, path)
    assert info.bytes == sum(f.stat().st_size for f in path.rglob("*") if f.is_file() and f.name != "manifest.json")
    assert [each.name for each in path.parent.iterdir()] == ["small"]


def test_writing_again_replaces_the_bundle(tmp_path):
    write(tmp_path / "small", "old")
    (tmp_path / "small" / "stray.txt").write_text("left over")
    write(tmp_path / "small", "new")
    assert read_info(tmp_path / "small").name == "new"
    assert not (tmp_path / "small" / "stray.txt").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["small"]


def test_a_writer_knows_whether_it_replaces_a_bundle(tmp_path):
    (tmp_path / "empty").mkdir()
    for name, replaces in (("small", True), ("other", False), ("empty", False)):
        write(tmp_path / "small")
        with BundleWriter(tmp_path / name) as writer:
            assert writer.replaces == replaces


def test_a_write_that_fails_leaves_the_old_bundle_and_nothing_else(tmp_path):
    path = write(tmp_path / "small", "old")
    before = {file.name: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with pytest.raises(OSError, match="disk"), BundleWriter(path) as writer:
        (writer.folder / "encoder.onnx").write_bytes(b"half")
        raise OSError("the disk is full")
    with pytest.raises(ValueError, match="JSON"), BundleWriter(path) as writer:
        writer.write_json("metrics.json", {"rouge": float("nan")})
    assert {file.name: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before
    assert [each.name for each in tmp_path.iterdir()] == ["small"]


def test_a_folder_that_is_no_bundle_is_never_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(KuaizuiError, match=r"thesis.*not a model folder"):
        write(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"
    assert [each.name for each in tmp_path.iterdir()] == ["thesis"]


def test_the_files_damaged_below_are_all_there_are(random_bundle):
    there = {file.relative_to(random_bundle).as_posix() for file in random_bundle.rglob("*") if file.is_file()}
    assert there == FILES | {"manifest.json"}


@pytest.mark.parametrize("file", sorted(FILES))
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_flipped_bit_is_found_and_its_file_named(copied, file, place):
    data = bytearray((copied / file).read_bytes())
    data[{"first": 0, "middle": len(data) // 2, "last": -1}[place]] ^= 1
    (copied / file).write_bytes(data)
    with pytest.raises(BundleError, match=f"{file}: this file is not what"):
        TextGenerator.load(copied)


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_missing_file_and_a_cut_off_file_are_named(copied, file):
    data = (copied / file).read_bytes()
    (copied / file).write_bytes(data[:-1])
    with pytest.raises(BundleError, match=f"{file}: this file is not what"):
        TextGenerator.load(copied)
    (copied / file).unlink()
    with pytest.raises(BundleError, match=f"{file}: a file of the model is missing"):
        TextGenerator.load(copied)


def test_every_flipped_bit_of_the_manifest_is_found(copied):
    file = copied / "manifest.json"
    data = file.read_bytes()
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << (place % 8)
        file.write_bytes(damaged)
        with pytest.raises(BundleError, match=r"manifest\.json"):
            read_info(copied)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 2}, "format version 2, and this Kuaizui reads version 1. Update"),
        ({"task": "poems"}, "incomplete or damaged"),
        ({"parameters": "many"}, "incomplete or damaged"),
        ({"files": {}}, "incomplete or damaged"),
        ({"parameters": True}, "incomplete or damaged"),
        ({"parameters": -1}, "incomplete or damaged"),
        ({"sha256": None}, "incomplete or damaged"),
        ({"format_version": True}, "changed after it was written"),
        ({"name": "rendom"}, "changed after it was written"),
        ({"language": "zh"}, "changed after it was written"),
        ({"parameters": 2}, "changed after it was written"),
        ({"author": "somebody else"}, "changed after it was written"),
        ({"files": ["config.json"]}, "incomplete or damaged"),
        ({"files": {"config.json": {}}}, "incomplete or damaged"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(copied, change, message):
    manifest = json.loads((copied / "manifest.json").read_text())
    (copied / "manifest.json").write_text(json.dumps(manifest | change))
    with pytest.raises(BundleError, match=rf"manifest\.json.*{message}"):
        read_bundle_config(copied)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "no format_version"),
        (b"{}", "no format_version"),
        (b"3", "no format_version"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_manifest_that_is_none_is_named_in_plain_words(copied, content, reason):
    (copied / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match=rf"manifest\.json: the manifest is damaged \(.*{reason}") as caught:
        read_info(copied)
    assert "Error(" not in str(caught.value)


def test_a_manifest_in_other_order_and_spacing_is_the_same(copied):
    manifest = json.loads((copied / "manifest.json").read_text())
    (copied / "manifest.json").write_text(json.dumps(dict(reversed(manifest.items()))))
    assert read_info(copied).name == "random"


def test_a_changed_file_is_said_to_differ_in_size_or_in_contents(copied):
    file = copied / "metrics.json"
    file.write_bytes(file.read_bytes().replace(b"{}", b"[]"))
    with pytest.raises(BundleError, match=r"metrics\.json: .*\(same size, other contents\)"):
        read_bundle_config(copied)
    file.write_bytes(b"{}" * 600)
    with pytest.raises(BundleError, match=r"metrics\.json: .*\(1,200 bytes where the manifest says 3\)"):
        read_bundle_config(copied)


def test_a_folder_without_a_manifest_is_no_model(tmp_path):
    with pytest.raises(BundleError, match=r"not a model folder: it has no manifest\.json"):
        TextGenerator.load(tmp_path)


def test_models_that_ship_are_found_by_name_and_near_names_suggested(random_bundle, tmp_path, monkeypatch):
    shutil.copytree(random_bundle, tmp_path / "random")
    monkeypatch.setattr(bundle, "PRETRAINED", tmp_path)
    assert [info.name for info in list_pretrained()] == ["random"]
    assert resolve("random") == tmp_path / "random"
    assert resolve(random_bundle) == random_bundle
    with pytest.raises(BundleError, match=r"'randon'.*Did you mean random"):
        resolve("randon")
    with pytest.raises(BundleError, match="Models that come with Kuaizui: random"):
        resolve("zzz")


def test_an_installation_without_models_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "PRETRAINED", tmp_path)
    with pytest.raises(BundleError, match="No model comes with this installation"):
        resolve("headlines-en")


LOADED = """
import sys
from nlp.generator import TextGenerator
[answer] = TextGenerator.load(sys.argv[1], threads=1).generate([("The storm hit the coast on Monday.",)])
assert answer.candidates
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_an_english_bundle_is_served_without_the_libraries_of_training_the_bot_and_chinese(random_bundle):
    process = subprocess.run(
        [sys.executable, "-c", LOADED, str(random_bundle)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert process.returncode == 0, process.stderr
    modules = set(process.stdout.split())
    assert {"onnxruntime", "sentencepiece"} <= modules
    assert not modules & {"tensorflow", "keras", "jax", "torch", "onnx", "safetensors", "telegram", "jieba"}


def test_every_bundle_that_ships_is_whole(shipped_bundles):
    assert read_bundle_config(shipped_bundles.path).model.vocab_size > 1000
    assert shipped_bundles.path.name == shipped_bundles.name
    assert shipped_bundles.bytes < 7_000_000
