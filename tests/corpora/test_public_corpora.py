"""What `corpora` promises to the outside."""

from __future__ import annotations

import corpora


def test_the_public_list_is_complete_and_sorted_by_kind() -> None:
    assert sorted(corpora.__all__) == [
        "CleaningConfig",
        "Columns",
        "CorpusError",
        "CorpusSource",
        "Deduplicator",
        "InputFile",
        "Pair",
        "PreparationReport",
        "PrepareConfig",
        "Prepared",
        "Problem",
        "REASONS",
        "Record",
        "Split",
        "SplitConfig",
        "prepare",
        "raise_problem",
        "read_prepared",
        "read_records",
        "reason_to_drop",
        "split_of",
    ]
    assert all(hasattr(corpora, name) for name in corpora.__all__)
