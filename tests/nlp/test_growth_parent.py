"""A parent read back from its bundle: the very weights, no file touched, and refusals in plain words."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp.bundle import MANIFEST_FILE, TOKENIZER_FOLDER, WEIGHTS_FILE, BundleWriter, manifest_digest, read_bundle_config
from nlp.config import ModelConfig, TokenizerConfig
from nlp.errors import BundleError
from nlp.growth import Parent, grow_tokenizer, load_parent, network_of
from nlp.tokenizers import train_tokenizer
from nlp.weights import load_weights, quantize
from tests.conftest import random_model, spelling_tokenizer, write_random_bundle

ROOT = Path(__file__).parents[2]
NETWORKS = {
    "plain": {},
    "copying": {"copy": True},
    "deep": {"cell": "gru", "attention": "additive", "bidirectional": False, "encoder_layers": 2, "decoder_layers": 2},
    "copying-dot": {"copy": True, "attention": "dot", "encoder_layers": 2},
}


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_the_weights_are_those_that_the_bundle_holds(tmp_path, precision):
    parent = load_parent(write_random_bundle(tmp_path / "parent", precision=precision, copy=True))
    stored = load_weights(tmp_path / "parent" / WEIGHTS_FILE)
    again = quantize(parent.weights) if precision == "int8" else parent.weights
    assert again.keys() == stored.keys()
    for name, array in stored.items():
        assert again[name].dtype == array.dtype
        assert again[name] == pytest.approx(array, rel=1e-6) if name.endswith("scale") else (again[name] == array).all()
    assert all(array.dtype == np.float32 for array in parent.weights.values())


def test_a_float32_parent_is_the_network_that_was_exported(tmp_path):
    from nlp.model import weights_as_arrays
    from nlp.onnx_export import export

    for name, options in NETWORKS.items():
        bundle = load_parent(write_random_bundle(tmp_path / name, precision="float32", **options))
        exported = weights_as_arrays(random_model(bundle.config.model))
        built = weights_as_arrays(network_of(bundle))
        assert exported.keys() == built.keys()
        assert all((exported[weight] == built[weight]).all() for weight in exported)
        (tmp_path / f"{name}-again").mkdir()
        export(network_of(bundle), tmp_path / f"{name}-again", "float32")
        assert (tmp_path / f"{name}-again" / WEIGHTS_FILE).read_bytes() == (tmp_path / name / WEIGHTS_FILE).read_bytes()


def test_reading_a_parent_changes_no_file_and_needs_no_keras(tmp_path):
    folder = write_random_bundle(tmp_path / "parent", copy=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    before = [hashlib.sha256(path.read_bytes()).digest() for path in files]
    code = (
        "import sys; from pathlib import Path; from nlp.growth import *; parent = load_parent(Path(sys.argv[1])); "
        "grow_parent(parent, grow_tokenizer(parent.tokenizer, ['Zelensky'] * 9, 9)); "
        "print(sorted({'keras', 'tensorflow', 'jax', 'onnx', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert files == sorted(path for path in folder.rglob("*") if path.is_file())
    assert before == [hashlib.sha256(path.read_bytes()).digest() for path in files]


@pytest.fixture
def own_folder(tmp_path):
    return write_random_bundle(tmp_path / "own")


def test_a_bundle_of_a_newer_version_is_refused(own_folder):
    file = own_folder / MANIFEST_FILE
    manifest = json.loads(file.read_text(encoding="utf8")) | {"format_version": 9}
    file.write_text(json.dumps(manifest | {"sha256": manifest_digest(manifest)}), encoding="utf8")
    with pytest.raises(BundleError, match=r"format version 9.*Update Kuaizui"):
        load_parent(own_folder)


@pytest.mark.parametrize("name", [WEIGHTS_FILE, "config.json", f"{TOKENIZER_FOLDER}/sentencepiece.model"])
def test_a_damaged_bundle_is_refused(own_folder, name):
    data = bytearray((own_folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (own_folder / name).write_bytes(data)
    with pytest.raises(BundleError, match=name.rpartition("/")[2]):
        load_parent(own_folder)


def rewritten(folder, place, tokenizer=None, **settings):
    """A bundle as that in `folder`, whole, with another tokenizer or another configuration of its network."""
    config = read_bundle_config(folder)
    with BundleWriter(place) as writer:
        shutil.copytree(folder, writer.folder, dirs_exist_ok=True)
        (writer.folder / MANIFEST_FILE).unlink()
        if tokenizer:
            shutil.rmtree(writer.folder / TOKENIZER_FOLDER)
            (writer.folder / TOKENIZER_FOLDER).mkdir()
            tokenizer.save(writer.folder / TOKENIZER_FOLDER)
        writer.write_config(replace(config, model=replace(config.model, **settings)))
        writer.finish("other", "headlines", "en", parameters=1)
    return place


def test_a_tokenizer_of_another_model_is_refused(own_folder, tmp_path):
    other = train_tokenizer(TokenizerConfig(kind="words"), ["too few words"])
    with pytest.raises(BundleError, match=r"disagree on the number of ids: 9 in its tokenizer"):
        load_parent(rewritten(own_folder, tmp_path / "other", other))


def test_a_tokenizer_that_cannot_grow_is_refused(own_folder, tmp_path):
    bytes_only = spelling_tokenizer()
    with pytest.raises(BundleError, match="byte by byte"):
        grow_tokenizer(bytes_only, ["Zelensky"], 5)
    with pytest.raises(BundleError, match=r"tokenizer: .*byte by byte"):
        load_parent(rewritten(own_folder, tmp_path / "other", bytes_only))


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"copy": True}, "copy_gate"), ({"cell": "gru"}, "bridge_c"), ({"decoder_units": 8}, "shape")],
)
def test_weights_that_do_not_fit_the_network_are_refused(own_folder, tmp_path, settings, name):
    other = load_parent(rewritten(own_folder, tmp_path / "other", **settings))
    with pytest.raises(BundleError, match=name):
        network_of(other)


def test_a_network_is_built_for_an_objective(own_folder):
    from nlp.model import Objective

    objective = Objective(label_smoothing=0.1, own_words="hard")
    assert network_of(load_parent(own_folder), objective).objective == objective


def test_parents_are_what_the_types_say(own_folder):
    found = load_parent(own_folder)
    assert isinstance(found, Parent) and isinstance(found.config.model, ModelConfig)
    assert (found.info.name, found.info.path) == ("random", own_folder)
