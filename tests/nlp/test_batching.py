"""Batches: every pair once, an order that follows from the seed, few shapes, and arrays as the network wants them."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.batching import (
    POOL_BATCHES,
    ROW_STEP,
    SOURCE_STEP,
    TARGET_STEP,
    BatchPlan,
    batch_rows,
    make_batch,
    pad,
    plan_batches,
)
from nlp.encoding import EncodedPairs
from nlp.tokenizers import BOS, EOS, PAD


def pairs_of(lengths, dtype=np.int32):
    """Pairs with sources and targets of these lengths, EOS included; ids are all different."""
    sides = []
    for side in range(2):
        starts = np.cumsum([0, *(each[side] for each in lengths)])
        ids = np.arange(5, 5 + starts[-1], dtype=dtype)
        ids[starts[1:] - 1] = EOS
        sides += [ids, starts]
    return EncodedPairs(*sides, np.arange(len(lengths), dtype=np.float32))


LENGTHS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 15)), min_size=1, max_size=80)


@settings(max_examples=150, deadline=None)
@given(LENGTHS, st.integers(1, 900), st.integers(0, 9), st.integers(0, 9))
def test_an_epoch_holds_every_pair_once_in_few_shapes_and_is_the_same_each_time(lengths, batch_tokens, seed, epoch):
    pairs = pairs_of(lengths)
    plans = plan_batches(pairs, batch_tokens, seed, epoch)
    assert sorted(np.concatenate([plan.indices for plan in plans]).tolist()) == list(range(len(pairs)))
    rows_of = defaultdict(set)
    for plan in plans:
        assert plan.rows % ROW_STEP == 0 and 0 < len(plan.indices) <= plan.rows
        assert plan.rows == ROW_STEP or plan.rows * (plan.source_length + plan.target_length) <= batch_tokens
        assert plan.source_length % SOURCE_STEP == 0 and plan.target_length % TARGET_STEP == 0
        assert plan.source_length >= max(len(pairs.source(index)) for index in plan.indices)
        assert plan.target_length >= max(len(pairs.target(index)) for index in plan.indices)
        rows_of[plan.source_length, plan.target_length].add(plan.rows)
    assert all(len(rows) == 1 for rows in rows_of.values())
    for one, other in zip(plans, plan_batches(pairs, batch_tokens, seed, epoch), strict=True):
        assert one.indices.tolist() == other.indices.tolist() and one.rows == other.rows


def test_epochs_and_seeds_differ_in_order():
    pairs = pairs_of([(3, 3)] * 100)
    plans = [plan_batches(pairs, 120, seed, epoch) for seed in (1, 2) for epoch in (0, 1)]
    assert len({tuple(np.concatenate([plan.indices for plan in each])) for each in plans}) == 4


def test_several_pools_hold_every_pair_once_with_little_padding():
    random = np.random.default_rng(0)
    pairs = pairs_of(random.integers(1, 60, (6000, 2)).tolist())
    tokens = len(pairs.source_ids) + len(pairs.target_ids)
    assert tokens > 2 * POOL_BATCHES * 1000  # several pools
    plans = plan_batches(pairs, 1000, seed=1, epoch=0)
    assert sorted(np.concatenate([plan.indices for plan in plans]).tolist()) == list(range(len(pairs)))
    places = sum(plan.rows * (plan.source_length + plan.target_length) for plan in plans)
    assert places < 1.3 * tokens  # in random order: over 1.8
    assert sum(plan.rows - len(plan.indices) for plan in plans) < 0.06 * len(pairs)  # rows that only fill


def test_short_pairs_come_more_to_a_batch():
    assert batch_rows(4096, 8, 8) == 256 and batch_rows(4096, 64, 32) == 40
    assert batch_rows(1, 64, 32) == ROW_STEP


@settings(max_examples=100, deadline=None)
@given(LENGTHS, st.integers(0, 12))
def test_a_batch_pads_on_the_right_and_feeds_each_target_token_one_step_later(lengths, filling):
    pairs = pairs_of(lengths)
    rows = len(lengths) + filling
    batch = make_batch(pairs, BatchPlan(np.arange(len(pairs))[::-1], rows, 32, 16))
    assert batch.source.shape == (rows, 32) and batch.target_in.shape == batch.target_out.shape == (rows, 16)
    assert batch.tokens == len(pairs.target_ids) and batch.pairs == len(lengths)
    assert batch.weights.tolist() == pairs.weights[::-1].tolist() + [0.0] * filling
    for row, index in enumerate(reversed(range(len(pairs)))):
        source, target = pairs.source(index).tolist(), pairs.target(index).tolist()
        assert batch.source[row].tolist() == source + [PAD] * (32 - len(source))
        assert batch.target_out[row].tolist() == target + [PAD] * (16 - len(target))
        assert batch.target_in[row, : len(target)].tolist() == [BOS, *target[:-1]]
    assert (batch.target_out[len(lengths) :] == PAD).all()
    assert batch.source[len(lengths) :].tolist() == [[EOS] + [PAD] * 31] * filling


def test_source_dropout_hides_about_its_share_of_sources_as_the_seed_says():
    pairs = pairs_of([(5, 5)] * 1000)
    plan = BatchPlan(np.arange(1000), 1000, 8, 8)

    def hidden(*seed, share=0.3):
        batch = make_batch(pairs, plan, source_dropout=share, random=np.random.default_rng(seed))
        assert (batch.target_out == make_batch(pairs, plan).target_out).all()
        return (batch.source == [EOS, *[PAD] * 7]).all(-1)

    assert 0.25 < hidden(1, 0, 0).mean() < 0.35
    assert (hidden(1, 0, 0) == hidden(1, 0, 0)).all()
    assert all((hidden(1, 0, 0) != hidden(*other)).any() for other in [(2, 0, 0), (1, 1, 0), (1, 0, 1)])
    assert not hidden(1, share=0.0).any()


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_arrays_are_int32_whatever_the_pairs_are_kept_in(dtype):
    pairs = pairs_of([(3, 2), (9, 5)], dtype)
    batch = make_batch(pairs, plan_batches(pairs, 100, 0, 0)[0])
    assert {batch.source.dtype, batch.target_in.dtype, batch.target_out.dtype} == {np.dtype(np.int32)}


def test_padding_of_nothing_and_of_exact_multiples():
    assert pad([]).shape == (0, 1)
    assert pad([[]], 4).tolist() == [[PAD] * 4]
    assert pad([[5] * 8, [6]], 8).shape == (2, 8)
    assert pad([[5] * 9], 8).shape == (1, 16)
