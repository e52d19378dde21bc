"""The bundles that ship, under every strategy and rule: batches change nothing, and the rules hold on odd input too."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp.constraints import NO_EDITS, contains_word, width
from nlp.generator import TextGenerator
from nlp.tokenizers import BOS, EOS, PAD, SEP, UNK

ODD = (
    "",
    " ",
    "😀😀😀",
    "\u200b",
    "ضضض",
    "x" * 3000,
    "今天天气不错，我们去公园吧。",
    "The mayor opened the bridge on Monday.",
)
BLOCKED = ("the", "to", "of", "的", "在", "中国", "i", "你")

_loaded = {}


def load(info):
    """The generator of a bundle, loaded once for all the tests of this file."""
    if info.name not in _loaded:
        _loaded[info.name] = TextGenerator.load(info.name, threads=1)
    return _loaded[info.name]


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy": "sampling", "top_k": 20, "seed": 3},
        {"n_best": 3, "diversity_penalty": 1.0},
        {"coverage_penalty": 0.1, "blocked_words": BLOCKED, "max_characters": 15.0},
        {"beam_size": 1, "repetition_penalty": 0.5, "no_copied_ngram": 4},
    ],
    ids=["sampling", "diverse", "coverage", "greedy"],
)
def test_a_batch_gives_what_each_text_gives_alone(shipped_bundles, changes):
    generator = load(shipped_bundles)
    config = replace(generator.search, **changes)
    sources = [(text,) for text in (*ODD, *ODD[-2:])]
    assert generator.generate(sources, config) == [generator.generate([source], config)[0] for source in sources]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.sampled_from(ODD) | st.text(max_size=80),
    sampled=st.booleans(),
    limits=st.tuples(st.integers(0, 8), st.integers(9, 20)),
    seed=st.integers(0, 99),
    faithful=st.booleans(),
)
def test_no_output_breaks_a_rule_whatever_the_text(shipped_bundles, text, sampled, limits, seed, faithful):
    generator = load(shipped_bundles)
    config = replace(
        generator.search,
        n_best=2,
        consensus=False,
        faithful=faithful,
        strategy="sampling" if sampled else "beam",
        seed=seed,
        blocked_words=BLOCKED,
        max_characters=float(limits[1]),
        min_characters=float(limits[0]),
    )
    [answer] = generator.generate([(text,)], config)
    for candidate in answer.candidates:
        ids = generator.tokenizer.encode(candidate.text)
        assert not {PAD, BOS, SEP} & set(ids) and "⁇" not in candidate.text
        assert generator.model.copy or UNK not in ids  # what is copied may be a word that the vocabulary lacks
        assert width(candidate.text) <= limits[1]
        assert not any(contains_word(candidate.text, word) for word in BLOCKED)
    scores = [candidate.score for candidate in answer.candidates]
    assert faithful or scores == sorted(scores, reverse=True)  # what the article supports comes first
    assert len({c.text for c in answer.candidates}) == len(scores)


def test_a_required_word_is_in_every_output(shipped_bundles):
    generator = load(shipped_bundles)
    word = {"en": "Monday", "zh": "今天"}[generator.language]
    answers = generator.generate([(text,) for text in ODD[-2:]], replace(generator.search, required_word=word))
    assert all(contains_word(candidate.text, word) for answer in answers for candidate in answer.candidates)
    assert all(answer.candidates for answer in answers)


def test_what_was_measured_is_in_the_bundle_and_int8_is_close_to_float32(shipped_bundles):
    metrics = json.loads((shipped_bundles.path / "metrics.json").read_text(encoding="utf8"))
    agreement = metrics["int8_against_float32"]
    assert agreement["examples"] >= 200
    assert agreement["identical_greedy_outputs"] >= 0.9
    assert abs(agreement["rouge_l"] - agreement["rouge_l_float32"]) <= 0.003
    assert metrics["figures"]["unknown"]["value"] == 0


@pytest.mark.parametrize("hypotheses", [1, 5])
def test_attention_has_the_same_bits_whatever_padding_and_batch_mates_there_are(shipped_bundles, hypotheses):
    generator = load(shipped_bundles)
    engine, encode = generator.engine, generator.tokenizer.encode
    sources = sorted(([*encode(text)[:47], EOS] for text in (*ODD[-2:], ODD[-1] * 2, "x" * 99)), key=len)

    def steps(chosen):
        state = engine.start(chosen)
        state = engine.select(state, np.repeat(np.arange(len(chosen))[:, None], hypotheses, axis=1))
        for token in (BOS, 7, 30, 200):
            tokens = np.full(len(chosen) * hypotheses, token, np.int64)
            candidates, state = engine.step(tokens, state, NO_EDITS, np.zeros((len(tokens), 0), np.int64), 6)
            yield candidates

    together = list(steps(sources))
    for row, source in enumerate(sources):
        rows = slice(row * hypotheses, (row + 1) * hypotheses)
        for alone, batch in zip(steps([source]), together, strict=True):
            assert (alone.attention[:, : len(source)] == batch.attention[rows, : len(source)]).all()
            assert (alone.log_probs == batch.log_probs[rows]).all()


def test_what_cannot_be_kept_is_said(shipped_bundles):
    generator = load(shipped_bundles)
    source = (ODD[-1],)
    [unwritten] = generator.generate([source], replace(generator.search, required_word="🦜"))
    assert not unwritten.candidates and "🦜" in unwritten.warnings[-1]
    [short] = generator.generate([source], replace(generator.search, min_characters=500.0))
    assert short.candidates and any(warning.startswith("short: ") for warning in short.warnings)
    few = replace(generator.search, beam_size=4, n_best=4, max_target_tokens=1, min_target_tokens=1)
    [fewer] = generator.generate([source], replace(few, max_characters=0.5))
    assert len(fewer.candidates) == 4 or any(warning.startswith("fewer: ") for warning in fewer.warnings)
