"""A parent read back from its bundle, and networks grown from it: before any training they say what it said."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.batching import pad
from nlp.bundle import WEIGHTS_FILE
from nlp.encoding import encode_source
from nlp.engine import Engine
from nlp.growth import Growth, grow_parent, grow_tokenizer, grow_weights, load_parent, network_of
from nlp.search import score_targets
from nlp.tokenizers import BOS, EOS, UNK
from nlp.weights import load_weights, quantize
from tests.conftest import SAMPLES, write_random_bundle

ROOT = Path(__file__).parents[2]
OLD_TEXTS = [
    "The storm hit the coast of Wales.",
    "Police find a lost cat in the old town hall",
    "Ωμέγα said: Ωμέγα, ж and again ж hit the coast!",  # unknown to the tokenizer, and no part of the growth
    "ж",
]
TARGETS = ["Storm hits coast", "Cat found in town hall", "Ωμέγα hits ж", "a ж"]
NEW_TEXTS = ["Zelensky meets Xi in Qinghai", "龘龘 Zelensky wins #1 prize of Qinghai", "Zelensky 龘"] * 4
NETWORKS = {
    "plain": {},
    "copying": {"copy": True},
    "deep": {"cell": "gru", "attention": "additive", "bidirectional": False, "encoder_layers": 2, "decoder_layers": 2},
}


BUNDLES = [
    ("plain", "float32"),
    ("plain", "int8"),
    ("copying", "float32"),
    ("copying", "int8"),
    ("deep", "int8"),
]


@pytest.fixture(scope="module", params=BUNDLES, ids="-".join)
def folder(request, tmp_path_factory):
    name, precision = request.param
    place = tmp_path_factory.mktemp("parents") / f"{name}-{precision}"
    return write_random_bundle(place, precision=precision, **NETWORKS[name])


@pytest.fixture(scope="module")
def parent(folder):
    return load_parent(folder)


@pytest.fixture(scope="module")
def growth(parent):
    found = grow_tokenizer(parent.tokenizer, NEW_TEXTS, 40)
    assert len(found.new_surfaces) > 5 and not any(s in f" {text}" for s in found.new_surfaces for text in OLD_TEXTS)
    return found


def encoded(parent, texts=tuple(OLD_TEXTS), targets=tuple(TARGETS)):
    """Source and target ids as training and serving have them: with copying, unknown words have ids of their own."""
    copy, sources, wanted = parent.config.model.copy, [], []
    for text, target in zip(texts, targets, strict=True):
        source = encode_source(parent.tokenizer, [text], 64, "headlines", copy=copy)
        ids, unknown = parent.tokenizer.encode_with_unknown(target)
        own = {surface: parent.tokenizer.vocab_size + place for place, surface in enumerate(source.unknown)}
        rest = iter(own.get(surface, UNK) for surface in unknown)
        sources.append(source.ids)
        wanted.append([*(next(rest) if token == UNK else token for token in ids), EOS])
    return sources, wanted


def said(parent, sources, targets):
    """(N, ids) log-probabilities at each place of the targets, those of copied words from the vocabulary's size on."""
    from keras import ops

    source, target = pad(sources), pad(targets)
    target_in = np.roll(target, 1, axis=1)
    target_in[:, 0] = BOS
    heard = network_of(parent)({"source": source, "target": target_in})
    logits, attention, gate = (ops.convert_to_numpy(each).astype(float) for each in heard[:3])
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    vocabulary = exponentials / exponentials.sum(axis=-1, keepdims=True)
    if not parent.config.model.copy:
        return np.log(vocabulary[target != 0])
    share = 1 / (1 + np.exp(-gate[..., None]))
    both = np.zeros((*target.shape, max(source.max() + 1, parent.tokenizer.vocab_size)))
    both[..., : parent.tokenizer.vocab_size] = share * vocabulary
    for row, ids in enumerate(source):  # (T, S) attention goes to the ids of the source
        np.add.at(both[row].T, ids, ((1 - share[row]) * attention[row]).T)
    return np.log(both[target != 0] + 1e-9)


def test_the_network_of_a_parent_says_what_its_bundle_says(folder, parent):
    sources, targets = encoded(parent)
    log_probs, place = said(parent, sources, targets), 0
    scores = score_targets(Engine(folder, parent.config.model.vocab_size, threads=1), sources, targets)
    for score, target in zip(scores, targets, strict=True):
        whole = sum(log_probs[place + step, token] for step, token in enumerate(target))
        place += len(target)
        near = 0.1 * len(target) if folder.name.endswith("int8") else 1e-4  # int8 rounds what goes into a product too
        assert score.log_prob == pytest.approx(whole, abs=near)


def test_a_grown_network_says_of_old_texts_what_its_parent_says(parent, growth):
    grown, size = grow_parent(parent, growth), parent.tokenizer.vocab_size
    new = len(growth.new_surfaces)
    (sources, targets), (new_sources, new_targets) = encoded(parent), encoded(grown)
    moved = [[token + new if token >= size else token for token in source] for source in sources]
    assert moved == new_sources and any(token >= size for source in sources for token in source) == (
        parent.config.model.copy
    )
    before, after = said(parent, sources, targets), said(grown, new_sources, new_targets)
    best_before, best_after = (np.argsort(-each, axis=1)[:, :5] for each in (before, after))
    assert (np.where(best_before >= size, best_before + new, best_before) == best_after).all()
    assert np.abs(before - np.delete(after, range(size, size + new), axis=1)).max() < 1e-4
    if parent.config.model.copy:
        assert (best_before >= size).any()  # copied words are among the best, and were not lost


def test_a_grown_bundle_says_of_old_texts_what_its_parents_says(folder, parent, growth, tmp_path):
    from nlp.onnx_export import export_arrays

    precision = "int8" if folder.name.endswith("int8") else "float32"
    grown = grow_parent(parent, growth)
    export_arrays(grown.weights, grown.config.model, tmp_path, precision)
    found = []
    for model, place in ((parent, folder), (grown, tmp_path)):
        engine = Engine(place, model.config.model.vocab_size, threads=1)
        found.append(score_targets(engine, *encoded(model)))
    for old, new in zip(*found, strict=True):
        assert new.log_prob == pytest.approx(old.log_prob, abs=1e-4 * old.tokens)
        assert (new.tokens, new.correct_tokens) == (old.tokens, old.correct_tokens)


def test_new_rows_are_the_means_of_what_stood_for_them_and_nothing_else_changes(parent, growth):
    size, grown = parent.tokenizer.vocab_size, grow_weights(parent.weights, growth)
    assert grown.keys() == parent.weights.keys()
    for name, array in parent.weights.items():
        assert grown[name][: len(array)].tobytes() == array.tobytes() and grown[name].dtype == np.float32
        assert len(grown[name]) == len(array) or name in ("embedding", "output_bias")
    for place, pieces in enumerate(growth.pieces_of_new):
        wanted = np.mean([parent.weights["embedding"][piece] for piece in pieces], axis=0)
        assert grown["embedding"][size + place] == pytest.approx(wanted, abs=1e-6)
    assert len(grown["embedding"]) == len(grown["output_bias"]) == growth.tokenizer.vocab_size


@given(
    seed=st.integers(0, 999),
    spread=st.sampled_from([0.1, 1.0, 10.0]),
    pieces=st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=4).map(tuple), min_size=1, max_size=40),
    most=st.sampled_from([5e-5, 0.01, 0.5]),
)
def test_new_ids_never_get_more_probability_than_allowed(seed, spread, pieces, most):
    random = np.random.default_rng(seed)
    weights = {
        "embedding": random.normal(size=(7, 5), scale=spread).astype(np.float32),
        "output_bias": random.normal(size=7, scale=spread).astype(np.float32),
    }
    grown = grow_weights(weights, Growth(None, 7, ("x",) * len(pieces), (), tuple(pieces), ()), most)
    for vector in random.uniform(-1, 1, size=(20, 5)):
        logits = grown["embedding"].astype(float) @ vector + grown["output_bias"]
        largest = logits.max()
        old, new = np.exp(logits[:7] - largest).sum(), np.exp(logits[7:] - largest).sum()
        assert new <= most * old * 1.001
    assert math.log1p(5e-5) < 1e-4


def test_a_growth_by_nothing_and_one_of_another_tokenizer(parent, growth):
    nothing = grow_tokenizer(parent.tokenizer, NEW_TEXTS, 0)
    assert grow_weights(parent.weights, nothing) == parent.weights
    with pytest.raises(ValueError, match="the tokenizer had"):
        grow_weights(parent.weights, replace(growth, old_size=growth.old_size + 1))
    with pytest.raises(ValueError, match="most_probability"):
        grow_weights(parent.weights, growth, 0.0)


def test_a_grown_parent_is_a_parent(parent, growth):
    grown = grow_parent(parent, growth)
    assert grown.config.model == replace(parent.config.model, vocab_size=growth.tokenizer.vocab_size)
    assert grown.config.tokenizer.vocab_size >= growth.tokenizer.vocab_size
    assert (grown.info, grown.tokenizer) == (parent.info, growth.tokenizer)
    twice = grow_parent(grown, grow_tokenizer(grown.tokenizer, ["Brezhnev wins"] * 9, 5))
    assert len(twice.weights["embedding"]) == twice.tokenizer.vocab_size > grown.tokenizer.vocab_size


def test_shipped_models_can_be_grown(shipped_bundles):
    from keras import ops

    found = load_parent(shipped_bundles.path)
    stored, again = load_weights(shipped_bundles.path / WEIGHTS_FILE), quantize(found.weights)
    assert all((again[name] == array).all() for name, array in stored.items() if array.dtype == np.int8)
    grown = grow_parent(found, grow_tokenizer(found.tokenizer, [*NEW_TEXTS, "鳗鱼饭氪金龘山"] * 2, 60))
    size = found.tokenizer.vocab_size
    assert grown.tokenizer.vocab_size > size
    lines = (SAMPLES / f"headlines-{shipped_bundles.language}.tsv").read_text(encoding="utf8").splitlines()[:6]
    columns = list(zip(*(line.split("\t")[:2] for line in lines), strict=True))
    kept = [
        s
        for s in range(6)
        if not any(n in f" {columns[0][s]} {columns[1][s]}" for n in grown.tokenizer.surfaces()[size:])
    ]
    assert len(kept) > 2
    heard = []
    for model in (found, grown):
        sources, targets = encoded(model, *([column[row] for row in kept] for column in columns))
        inputs = {"source": pad(sources), "target": pad([[BOS, *target] for target in targets])}
        heard.append(ops.convert_to_numpy(ops.log_softmax(network_of(model)(inputs).logits)))
    before, after = heard
    assert np.abs(before - after[..., :size]).max() < 1e-4
    assert (np.argsort(-before)[..., :5] == np.argsort(-after)[..., :5]).all()
