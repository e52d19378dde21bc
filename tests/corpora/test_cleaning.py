"""Cleaning and de-duplication: each filter drops for its own reason, and nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import REASONS, CleaningConfig, CorpusError, Deduplicator, Pair, reason_to_drop
from corpora.cleaning import blocked_pattern, overlap
from corpora.deduplication import pair_digest
from corpora.sampling import sample_limit, sample_rank

LIMITS = CleaningConfig(
    min_source_characters=3,
    max_source_characters=20,
    min_target_characters=2,
    max_target_characters=10,
    min_overlap=0.5,
)


@pytest.mark.parametrize(
    ("turns", "target", "reason"),
    [
        (("the cat",), "the dog", None),
        (("ab",), "ab cd", "source_too_short"),
        (("a" * 15, "b" * 6), "aaa", "source_too_long"),
        (("the cat", ""), "the cat", "empty_turn"),
        (("the cat",), "t", "target_too_short"),
        (("the cat",), "the cat the", "target_too_long"),
        (("the cat",), "the cat", "target_repeats_source"),
        (("the cat", "a dog"), "the cat", None),
        (("the cat",), "a dog the", "low_overlap"),
        (("the cat",), "???", "low_overlap"),
    ],
)
def test_reasons(turns: tuple[str, ...], target: str, reason: str | None) -> None:
    assert reason_to_drop(Pair(turns, target), LIMITS) == reason
    assert reason is None or reason in REASONS


def test_overlap_counts_words_and_han_characters_whatever_their_case() -> None:
    assert overlap(Pair(("The Cat sat.",), "cat, the DOG")) == pytest.approx(2 / 3)
    assert overlap(Pair(("新桥建成",), "新桥2开工")) == pytest.approx(2 / 5)


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(CorpusError, match="min_target_characters = 5 and max_target_characters = 4"):
        CleaningConfig(min_target_characters=5, max_target_characters=4)
    with pytest.raises(CorpusError, match="min_overlap"):
        CleaningConfig(min_overlap=1.5)


PAIRS = st.lists(
    st.builds(
        Pair,
        st.lists(st.text("ab", max_size=2), min_size=1, max_size=3).map(tuple),
        st.text("ab", max_size=2),
        st.sampled_from([1.0, 2.0]),
    ),
    max_size=40,
)


@given(PAIRS)
def test_each_different_pair_stays_exactly_once_and_its_first_one(pairs: list[Pair]) -> None:
    deduplicator = Deduplicator()
    kept = [pair for pair in pairs if deduplicator.reason_to_drop(pair) is None]
    first: dict[tuple[tuple[str, ...], str], Pair] = {}
    for pair in pairs:
        first.setdefault((pair.turns, pair.target), pair)
    assert kept == list(first.values())


@given(PAIRS, st.integers(1, 3))
def test_a_source_keeps_a_limited_number_of_targets(pairs: list[Pair], limit: int) -> None:
    deduplicator = Deduplicator(max_pairs_per_source=limit)
    kept = [pair.turns for pair in pairs if deduplicator.reason_to_drop(pair) is None]
    for turns in {pair.turns for pair in pairs}:
        assert kept.count(turns) == min(limit, len({pair.target for pair in pairs if pair.turns == turns}))


def test_a_target_keeps_a_limited_number_of_pairs_whatever_its_case_and_punctuation() -> None:
    deduplicator = Deduplicator(max_pairs_per_target=2)
    targets = ["Me too", "me too!", "ME, TOO", "not me", "!!", "?"]
    reasons = [deduplicator.reason_to_drop(Pair((f"{number}",), target)) for number, target in enumerate(targets)]
    assert reasons == [None, None, "target_too_frequent", None, None, None]
    assert deduplicator.reason_to_drop(Pair(("other",), "me too"), every_target=True) is None


def test_blocked_words_are_whole_words_of_an_alphabet_and_any_part_of_chinese() -> None:
    pattern = blocked_pattern(["darn", "笨蛋", "", "a+b"])
    assert pattern is not None
    found = [bool(pattern.search(text)) for text in ("Darn it", "darning", "你这笨蛋啊", "not a+b.", "xa+by", "fine")]
    assert found == [True, False, True, True, False, False]
    assert blocked_pattern([]) is None


@given(PAIRS, st.integers(1, 10), st.integers(0, 5), st.randoms())
def test_a_sample_has_its_size_and_knows_no_order(
    pairs: list[Pair], size: int, seed: int, chance: random.Random
) -> None:
    limit = sample_limit(pairs, size, seed)
    sample = {pair_digest(pair) for pair in pairs if sample_rank(pair, seed) <= limit}
    assert len(sample) == min(size, len({pair_digest(pair) for pair in pairs}))
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    assert sample_limit(shuffled, size, seed) == limit
