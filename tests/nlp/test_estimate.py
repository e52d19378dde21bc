"""What is said before a training: facts, warnings that fire and stay silent, memory, time."""

import re
from dataclasses import replace

import numpy as np
import pytest

from nlp.batching import BatchPlan
from nlp.config import ModelConfig, TrainConfig
from nlp.encoding import EncodedPairs
from nlp.tokenizers import EOS, UNK
from nlp.training.estimate import DataFacts, forecast, megabytes, warnings

FACTS = DataFacts(pairs=50_000, mean_source=30.0, mean_target=10.0, cut=0.1, unknown=0.001, too_long=10, padding=0.1)
MODEL, TRAIN = ModelConfig(), TrainConfig(dtype="float32")
STEPS, ROWS = 5_000, 64


def warned(facts=FACTS, model=MODEL, train=TRAIN, steps=STEPS, rows=ROWS):
    return list(warnings(facts, model, train, steps, rows))


def test_sound_settings_are_not_warned_of():
    assert warned() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"facts": replace(FACTS, pairs=999)}, "999 pairs are few"),
        ({"facts": replace(FACTS, cut=0.31)}, "31% of the sources are cut at 64 tokens.*model.max_source_tokens"),
        ({"facts": replace(FACTS, unknown=0.02)}, "2.0% of the tokens are unknown.*model.copy = true"),
        ({"facts": replace(FACTS, too_long=2_501)}, "2,501 pairs are left out.*model.max_target_tokens"),
        ({"steps": 200, "train": replace(TRAIN, patience=0)}, "train.warmup_steps = 200.*about 200 steps"),
        ({"train": replace(TRAIN, average=0.9995)}, "train.average = 0.9995 looks back over 2,000 steps"),
        ({"rows": 8}, "train.batch_tokens = 4,096"),
        ({"train": replace(TRAIN, learning_rate=0.03)}, "train.learning_rate = 0.03"),
        ({"steps": 999}, r"train.validate_every_steps = 1,000 is more than the run has \(999\)"),
    ],
)
def test_each_setting_that_will_not_work_is_named_alone(change, words):
    [warning] = warned(**change)
    assert re.search(words, warning)


def test_what_copying_or_patience_makes_harmless_is_not_warned_of():
    assert warned(facts=replace(FACTS, unknown=0.02), model=replace(MODEL, copy=True)) == []
    assert warned(steps=999, train=replace(TRAIN, patience=0)) == []
    assert warned(train=replace(TRAIN, average=0.999)) == []


def test_facts_count_tokens_cuts_unknown_and_padding():
    sources, targets = [5, UNK, EOS, 6, 7, 8, EOS], [5, EOS, 12, EOS]
    pairs = EncodedPairs(
        np.array(sources), np.array([0, 3, 7]), np.array(targets), np.array([0, 2, 4]), np.ones(2, np.float32), 3
    )
    plans = [BatchPlan(np.array([0, 1]), 8, 8, 4)]
    facts = DataFacts.of(pairs, plans, ModelConfig(vocab_size=12, max_source_tokens=4))  # id 12 is a copied word
    assert facts == DataFacts(2, 3.5, 2.0, 0.5, 2 / 11, 3, 1 - 11 / 96)
    assert "2 pairs: 3.5 tokens a source, 2.0 a target; 50% of the sources" in facts.lines()[0]
    assert facts.lines()[1] == "3 pairs are left out: their target is too long."
    assert len(replace(facts, too_long=0).lines()) == 1


def test_memory_grows_with_everything_that_takes_some():
    plans = [BatchPlan(np.arange(64), 64, 64, 16)]
    base = megabytes(MODEL, TRAIN, MODEL.parameters, plans)
    larger = [
        megabytes(MODEL, replace(TRAIN, average=0.9), MODEL.parameters, plans),
        megabytes(MODEL, replace(TRAIN, accumulate_batches=2), MODEL.parameters, plans),
        megabytes(replace(MODEL, vocab_size=16_000), TRAIN, MODEL.parameters, plans),
        megabytes(MODEL, TRAIN, 2 * MODEL.parameters, plans),
        megabytes(MODEL, TRAIN, MODEL.parameters, [*plans, BatchPlan(np.arange(64), 128, 64, 16)]),
    ]
    assert all(each > base for each in larger)


def test_a_forecast_says_where_a_time_limit_ends_the_run():
    assert forecast(replace(TRAIN, epochs=10), 36_000, 100.0) == "About 100 pairs/s here: 1 h 00 min for 10 epochs."
    limited = forecast(replace(TRAIN, epochs=10, max_minutes=15), 36_000, 100.0)
    assert limited.endswith("; train.max_minutes ends it after 15 min 00 s, in epoch 2.5.")
