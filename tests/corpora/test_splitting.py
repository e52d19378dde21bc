"""Splitting: no text in two splits, whatever the files and their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import CorpusError, Pair, Record, SplitConfig, split_of
from corpora.borders import Assigned, judge_borders
from corpora.digests import digest
from corpora.splitting import group_of, groups_within, split_of_group

TEXT = st.text("ab \t你好A", min_size=1, max_size=6)


def record(source: str, path: str = "a.tsv", line: int = 1, conversation: str | None = None) -> Record:
    return Record(Pair((source,), "target"), path, line, conversation)


@given(TEXT, st.text("abc./", min_size=1), st.integers(1, 10**6), st.text(max_size=3), st.integers(0, 99))
def test_a_headline_source_has_one_split_wherever_it_stands(
    source: str, path: str, line: int, conversation: str, seed: int
) -> None:
    config = SplitConfig(validation_share=0.3, test_share=0.3, seed=seed)
    here = split_of(record(source), config)
    assert split_of(record(source, path, line, conversation), config) == here
    assert split_of(record(f" {source.upper()}  ", path, line), config) == here


def test_shares_are_met_and_the_seed_changes_the_members() -> None:
    records = [record(f"source {number}") for number in range(4000)]
    splits = [split_of(each, SplitConfig(validation_share=0.2, test_share=0.1)) for each in records]
    assert abs(splits.count("validation") / 4000 - 0.2) < 0.03
    assert abs(splits.count("test") / 4000 - 0.1) < 0.03
    assert splits != [split_of(each, SplitConfig(validation_share=0.2, test_share=0.1, seed=2)) for each in records]


def test_the_split_is_the_same_in_every_version() -> None:
    """Golden: a change of the hash would put test pairs of published models into training.

    Computed apart from this code: BLAKE2b, 8 bytes, big-endian, of "6:source1:15:hello".
    """
    assert digest("source", "1", "hello") == 4843426149096974146


def test_dialogue_groups_are_conversations_or_blocks_of_lines() -> None:
    config = SplitConfig(task="dialogue", block_lines=200)
    group = group_of(record("a", "x/one.tsv.xz", 1), config)
    assert group_of(record("b", "y/one.tsv", 200), config) == group
    assert group_of(record("b", "x/one.tsv", 201), config) != group
    assert group_of(record("b", "x/two.tsv", 1), config) != group
    named = group_of(record("a", "one.tsv", 1, "c1"), config)
    assert group_of(record("b", "two.tsv", 999, "c1"), config) == named != group


@given(
    lengths=st.lists(st.integers(2, 30), min_size=1, max_size=12),
    turns=st.integers(1, 4),
    block_lines=st.integers(1, 15),
    replies=st.integers(1, 3),
    seed=st.integers(0, 9),
)
def test_no_dialogue_text_crosses_a_border(
    lengths: list[int], turns: int, block_lines: int, replies: int, seed: int
) -> None:
    """Conversations of all different utterances, each line with up to `turns` turns before each of the replies."""
    config = SplitConfig(
        task="dialogue",
        validation_share=0.3,
        test_share=0.3,
        block_lines=block_lines,
        border_lines=(turns + 1) * replies,
        seed=seed,
    )
    records: list[Record] = []
    for conversation, length in enumerate(lengths):
        said = [f"{conversation}:{number}" for number in range(length)]
        for end in range(1, length):
            for reply in range(replies):
                target = said[end] if reply == 0 else f"{said[end]} or {reply}"
                pair = Pair(tuple(said[max(0, end - turns) : end]), target)
                records.append(Record(pair, "a.tsv", len(records) + 1))
    texts: dict[str, set[str]] = {"train": set(), "validation": set(), "test": set()}
    judged = list(
        judge_borders(
            (Assigned(each, group := group_of(each, config), split_of_group(group, config)) for each in records),
            config.border_lines,
        )
    )
    assert [each.assigned.record for each in judged] == records
    for (each, _, split), leaks in judged:
        assert not (leaks and split == "train")
        if not leaks:
            texts[split].update((*each.pair.turns, each.pair.target))
    assert texts["train"].isdisjoint(texts["validation"] | texts["test"])
    assert texts["validation"].isdisjoint(texts["test"])


def test_only_near_pairs_that_share_text_are_dropped_and_named_conversations_never() -> None:
    def judged(*records: Record) -> list[bool]:
        assigned = [Assigned(each, number, "test") for number, each in enumerate(records)]
        return [leaks for _, leaks in judge_borders(assigned, border_lines=5)]

    one, near, far = (
        Record(Pair((turn,), target), "a.tsv", line)
        for turn, target, line in (("a", "B", 1), ("b ", "c", 6), ("c", "d", 12))
    )
    assert judged(one, near, far) == [True, True, False]
    assert judged(one, far) == [False, False]
    assert judged(one._replace(conversation="1"), near._replace(conversation="2")) == [False, False]


@given(st.dictionaries(st.integers(0, 2**64 - 1), st.integers(1, 50)), st.integers(0, 300))
def test_held_out_groups_stay_whole_and_within_the_limit(pairs: dict[int, int], limit: int) -> None:
    chosen = groups_within(pairs, limit)
    assert sum(pairs[group] for group in chosen) <= limit
    assert all(group in chosen for group in pairs if chosen and group < max(chosen))
    grown = {**pairs, 2**63: 7}
    assert groups_within(grown, limit) - {2**63} <= chosen


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(CorpusError, match="leave something for training"):
        SplitConfig(validation_share=0.5, test_share=0.5)
    with pytest.raises(CorpusError, match=r"max_test_pairs = 100 .* at least 200.*block_lines"):
        SplitConfig(task="dialogue", max_test_pairs=100)
