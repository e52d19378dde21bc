"""Bundles that several tests use, each made once: of random weights, as the smoke recipe trains it, and the shipped."""

import io
import os
import subprocess
import sys
from pathlib import Path

# Before any test imports TensorFlow: no pages about the processor, and one thread, which computes the same sums always.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import hypothesis
import numpy as np
import pytest

from nlp.bundle import (
    MANIFEST_FILE,
    METRICS_FILE,
    PRETRAINED,
    TOKENIZER_FOLDER,
    BundleConfig,
    BundleWriter,
    read_info,
)
from nlp.config import ModelConfig, SearchConfig, TokenizerConfig

# A machine that does something else beside is no defect of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "corpora" / "samples"


def random_model(config, seed=0, spread=0.5):
    """A network of random weights, large enough to have opinions."""
    import keras

    from nlp.model import create_model

    keras.config.set_dtype_policy("float32")
    random, model = np.random.default_rng(seed), create_model(config)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape, scale=spread))
    return model


def write_random_bundle(path, *, precision="int8", task="headlines", **model_options):
    """A whole bundle of a small random network, with a SentencePiece tokenizer of the English samples."""
    from nlp.onnx_export import export
    from nlp.tags import tag
    from nlp.tokenizers import train_tokenizer

    lines = (SAMPLES / "headlines-en.tsv").read_text(encoding="utf8").replace("\t", "\n").splitlines()
    tokenizer_config = TokenizerConfig(vocab_size=300)
    if model_options.get("tags"):
        lines = [tag(line).text for line in lines]
    tokenizer = train_tokenizer(tokenizer_config, lines)
    sizes = {"embedding_units": 16, "encoder_units": 24, "decoder_units": 24, "max_source_tokens": 64}
    config = ModelConfig(**{**sizes, "vocab_size": tokenizer.vocab_size, **model_options})
    model = random_model(config)
    with BundleWriter(path) as writer:
        export(model, writer.folder, precision)
        tokenizer.save(writer.folder / TOKENIZER_FOLDER)
        writer.write_config(BundleConfig(config, tokenizer_config, SearchConfig(max_target_tokens=12)))
        writer.write_json(METRICS_FILE, {})
        writer.finish("random", task, "en", parameters=1)
    return path


def spelling_tokenizer():
    """A SentencePiece tokenizer that writes what it does not know byte by byte, as no training here makes one."""
    import sentencepiece

    from nlp.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter((SAMPLES / "headlines-en.tsv").read_text(encoding="utf8").splitlines()),
        model_writer=model,
        vocab_size=600,
        hard_vocab_limit=False,
        byte_fallback=True,
        **{f"{name}_id": number for number, name in enumerate(("pad", "unk", "bos", "eos"))},
        pad_piece="<pad>",
        control_symbols=["<sep>"],
        minloglevel=3,
    )
    return SentencePieceTokenizer("unigram", model.getvalue())


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache of prepared corpora for these tests alone, and no model that somebody promoted here."""
    os.environ["KUAIZUI_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["KUAIZUI_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def random_bundle(tmp_path_factory):
    """Folder of an int8 bundle of random weights: headlines in English. Read it, never write into it."""
    return write_random_bundle(tmp_path_factory.mktemp("random") / "random")


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory):
    """Folder of the run that `kuaizui train smoke` makes, in a process of its own; about a minute."""
    folder = tmp_path_factory.mktemp("smoke") / "run"
    process = subprocess.run(
        [sys.executable, "-m", "scripts", "train", "smoke", "-o", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0, process.stderr
    return folder


# Folders, not yet read: a damaged one fails the tests that use it, and not the collection of all.
SHIPPED = sorted(path.parent for path in PRETRAINED.glob(f"*/{MANIFEST_FILE}"))


@pytest.fixture(
    params=SHIPPED or [pytest.param(None, marks=pytest.mark.skip(reason="no bundle ships yet"))],
    ids=lambda path: path.name if path else "none",
)
def shipped_bundles(request):
    """The `BundleInfo` of each bundle that comes with Kuaizui, one after the other."""
    return read_info(request.param)
