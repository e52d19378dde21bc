"""Batches: every pair once, an order that follows from the seed, and arrays shaped as the network wants them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.batching import POOL_BATCHES, SOURCE_STEP, TARGET_STEP, make_batch, pad, plan_batches
from nlp.encoding import EncodedPairs
from nlp.tokenizers import BOS, EOS, PAD


def pairs_of(lengths):
    """Pairs with sources and targets of these lengths, EOS included; ids are all different."""
    sides = []
    for side in range(2):
        starts = np.cumsum([0, *(each[side] for each in lengths)])
        ids = np.arange(5, 5 + starts[-1], dtype=np.int32)
        ids[starts[1:] - 1] = EOS
        sides += [ids, starts]
    return EncodedPairs(*sides, np.arange(len(lengths), dtype=np.float32))


LENGTHS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 15)), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(LENGTHS, st.integers(1, 9), st.integers(0, 9), st.integers(0, 9))
def test_an_epoch_holds_every_pair_once_and_is_the_same_each_time(lengths, batch_size, seed, epoch):
    pairs = pairs_of(lengths)
    plan = plan_batches(pairs, batch_size, seed, epoch)
    assert sorted(np.concatenate(plan).tolist()) == list(range(len(pairs)))
    assert len(plan) == -(-len(pairs) // batch_size)
    assert max(map(len, plan)) <= batch_size
    again = plan_batches(pairs, batch_size, seed, epoch)
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in plan]


def test_epochs_and_seeds_differ_in_order():
    pairs = pairs_of([(3, 3)] * 100)
    orders = {tuple(np.concatenate(plan_batches(pairs, 10, seed, epoch))) for seed in (1, 2) for epoch in (0, 1)}
    assert len(orders) == 4


def test_several_pools_hold_every_pair_once_and_batches_little_padding():
    random = np.random.default_rng(0)
    pairs = pairs_of(random.integers(1, 60, (2 * POOL_BATCHES * 4 + 7, 2)).tolist())
    plan = plan_batches(pairs, 4, seed=1, epoch=0)
    assert sorted(np.concatenate(plan).tolist()) == list(range(len(pairs)))
    assert len(plan) == 2 * POOL_BATCHES + 2
    real = len(pairs.source_ids)
    assert sum(make_batch(pairs, batch).source.size for batch in plan) < 1.4 * real  # in random order: over 1.6


@settings(max_examples=100, deadline=None)
@given(LENGTHS)
def test_a_batch_pads_on_the_right_and_feeds_each_target_token_one_step_later(lengths):
    pairs = pairs_of(lengths)
    batch = make_batch(pairs, np.arange(len(pairs))[::-1])
    assert batch.source.shape[1] % SOURCE_STEP == 0 and batch.target_out.shape[1] % TARGET_STEP == 0
    assert batch.target_in.shape == batch.target_out.shape
    assert batch.tokens == len(pairs.target_ids)
    assert batch.weights.tolist() == pairs.weights[::-1].tolist()
    for row, index in enumerate(reversed(range(len(pairs)))):
        source, target = pairs.source(index).tolist(), pairs.target(index).tolist()
        assert batch.source[row].tolist() == source + [PAD] * (batch.source.shape[1] - len(source))
        assert batch.target_out[row].tolist() == target + [PAD] * (batch.target_out.shape[1] - len(target))
        assert batch.target_in[row, : len(target)].tolist() == [BOS, *target[:-1]]


def test_padding_of_nothing_and_of_exact_multiples():
    assert pad([]).shape == (0, 1)
    assert pad([[]], 4).tolist() == [[PAD] * 4]
    assert pad([[5] * 8, [6]], 8).shape == (2, 8)
    assert pad([[5] * 9], 8).shape == (1, 16)
