"""Preparing whole corpora: everything is counted, nothing leaks, a failure leaves nothing behind."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpora
from corpora import (
    CleaningConfig,
    Columns,
    CorpusError,
    CorpusSource,
    Pair,
    PrepareConfig,
    Prepared,
    Problem,
    SplitConfig,
    prepare,
    read_prepared,
)
from corpora.digests import folded
from corpora.splitting import SPLITS
from tests.corpora.test_paraphrase import small_folder

SAMPLES = Path(corpora.__file__).parent / "samples"
THIRDS = SplitConfig(validation_share=0.3, test_share=0.3)


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def run(directory: Path, config: PrepareConfig, *sources: CorpusSource) -> Prepared:
    return prepare(sources, config, directory, squeeze, lambda problem: None)


def contents(prepared: Prepared) -> dict[str, list[Pair]]:
    return {split: list(read_prepared(prepared.path(split))) for split in SPLITS}


def write(path: Path, rows: list[tuple[str, str]]) -> CorpusSource:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
    return CorpusSource(path)


ROWS = st.lists(st.tuples(st.text("aB 好", min_size=1, max_size=3), st.sampled_from("xyz")), max_size=25)


@settings(max_examples=30)
@given(st.lists(ROWS, min_size=1, max_size=3), st.integers(0, 20), st.integers(1, 4))
def test_headlines_never_leak_and_file_order_changes_no_split(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[str, str]]], seed: int, limit: int
) -> None:
    folder = tmp_path_factory.mktemp("files")
    sources = [
        write(folder / f"{number}.tsv", [*rows, *((f"base {n}", "x") for n in range(9))])
        for number, rows in enumerate(files)
    ]
    config = PrepareConfig(
        split=SplitConfig(
            validation_share=0.3, test_share=0.3, seed=seed, max_validation_pairs=limit, max_test_pairs=limit
        )
    )
    try:
        one, other = run(folder / "one", config, *sources), run(folder / "other", config, *reversed(sources))
    except CorpusError as error:
        assert "fell into validation or test" in str(error)
        return
    found = contents(one)
    keys = {split: {folded(pair.turns[0]) for pair in pairs} for split, pairs in found.items()}
    assert not keys["train"] & keys["validation"] and not (keys["train"] | keys["validation"]) & keys["test"]
    assert len(found["validation"]) <= limit and len(found["test"]) <= limit
    assert {split: sorted(pairs) for split, pairs in found.items()} == {
        split: sorted(pairs) for split, pairs in contents(other).items()
    }


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 20), st.integers(20, 60))
def test_dialogue_never_leaks_even_where_limits_send_blocks_to_training(
    tmp_path_factory: pytest.TempPathFactory, seed: int, block_lines: int, limit: int
) -> None:
    folder, chance = tmp_path_factory.mktemp("dialogue"), random.Random(seed)
    rows = []
    for talk in range(20):
        said = [f"{talk}:{number}" for number in range(chance.randint(2, 25))]
        rows += [(" __eot__ ".join(said[max(0, end - 3) : end]), said[end]) for end in range(1, len(said))]
    split = SplitConfig(
        task="dialogue",
        validation_share=0.2,
        test_share=0.2,
        block_lines=block_lines,
        seed=seed,
        max_validation_pairs=limit,
        max_test_pairs=limit,
    )
    prepared = run(folder / "out", PrepareConfig(split=split), write(folder / "a.tsv", rows))
    texts = {
        split: {text for pair in pairs for text in (*pair.turns, pair.target)}
        for split, pairs in contents(prepared).items()
    }
    assert texts["train"].isdisjoint(texts["validation"] | texts["test"])
    assert texts["validation"].isdisjoint(texts["test"])
    assert prepared.counts["validation"] <= limit and prepared.counts["test"] <= limit


def test_an_identical_dialogue_pair_is_in_one_split_only(tmp_path: Path) -> None:
    rows = [(f"question {number % 50}", "yes") for number in range(500)]
    split = SplitConfig(task="dialogue", validation_share=0.3, test_share=0.3, block_lines=10, border_lines=0)
    prepared = run(tmp_path / "out", PrepareConfig(split=split), write(tmp_path / "a.tsv", rows))
    pairs = [pair for each in contents(prepared).values() for pair in each]
    assert len(pairs) == len(set(pairs)) == 50


def test_every_line_is_counted_once(tmp_path: Path) -> None:
    lines = ["a  b c\td e", "a b c\td e", "a b c\tother", "\tempty", "e\te", "no tab", "s\t" + "long" * 9, "", "q\tr"]
    (tmp_path / "a.tsv").write_bytes("\n".join(lines).encode() + b"\nbad \xff\tx\n")
    objects = ['{"source": "x?", "target": "y"}', '{"source": 1}', '{"source": "x", "target": "z"}']
    (tmp_path / "b.jsonl").write_text("\n".join(objects))
    told: list[Problem] = []
    config = PrepareConfig(CleaningConfig(max_target_characters=30), SplitConfig(validation_share=0, test_share=0), 1)
    sources = (CorpusSource(tmp_path / "a.tsv", weight=2.0), CorpusSource(tmp_path / "b.jsonl", keep_pattern=r"\?$"))
    prepared = prepare(sources, config, tmp_path / "out", squeeze, told.append)
    report = prepared.report
    assert report.dropped == {
        "duplicate": 1,
        "source_too_frequent": 1,
        "source_too_short": 1,
        "pattern_not_found": 1,
        "target_repeats_source": 1,
        "target_too_long": 1,
    }
    assert (report.read, report.kept, report.problems) == (12, 3, 3)
    assert report.read == report.kept + report.dropped_total + report.problems
    places = [(Path(problem.path).name, problem.line) for problem in told]
    assert places == [("a.tsv", 6), ("a.tsv", 10), ("b.jsonl", 2)]
    expected = [Pair(("a b c",), "d e", 2.0), Pair(("q",), "r", 2.0), Pair(("x?",), "y", 1.0)]
    assert contents(prepared)["train"] == expected
    assert [(file.name, file.pairs) for file in prepared.inputs] == [("a.tsv", 2), ("b.jsonl", 1)]
    assert prepared.inputs[0].sha256 == hashlib.sha256((tmp_path / "a.tsv").read_bytes()).hexdigest()
    text = "\n".join(prepared.lines())
    assert "12 read, 3 kept, 6 dropped, 3 unusable" in text and f"{tmp_path / 'a.tsv'}:2" in text
    values = json.dumps(prepared.as_dict())
    assert str(tmp_path) not in values and "a.tsv:2" in values


def test_a_sample_is_not_the_head_and_duplicates_elsewhere_still_count(tmp_path: Path) -> None:
    rows = [(f"source {number}", "x") for number in range(300)]
    big, small = write(tmp_path / "big.tsv", rows), write(tmp_path / "small.tsv", rows[:30])
    sampled = CorpusSource(big.path, max_pairs=40)
    config = PrepareConfig(split=SplitConfig(validation_share=0, test_share=0))
    alone = contents(run(tmp_path / "one", config, sampled))["train"]
    assert len(alone) == 40 and alone != [Pair((source,), target) for source, target in rows[:40]]
    both = contents(run(tmp_path / "two", config, sampled, small))["train"]
    assert {*both} == {*alone, *(Pair((source,), target) for source, target in rows[:30])}


def test_results_are_the_same_from_the_same_seed(tmp_path: Path) -> None:
    sources = [CorpusSource(SAMPLES / "headlines-en.tsv", max_pairs=50), CorpusSource(SAMPLES / "headlines-zh.tsv")]
    one, two = (run(tmp_path / name, PrepareConfig(split=THIRDS), *sources) for name in ("one", "two"))
    assert [one.path(split).read_bytes() for split in SPLITS] == [two.path(split).read_bytes() for split in SPLITS]
    assert sum(one.counts.values()) == 110


def test_nothing_left_names_the_filter_that_dropped_it(tmp_path: Path) -> None:
    source = write(tmp_path / "a.tsv", [("a", "b"), ("c", "d")])
    with pytest.raises(CorpusError, match=r"a\.tsv(.|\n)*2  target too short"):
        run(tmp_path / "out", PrepareConfig(CleaningConfig(min_target_characters=5)), source)
    with pytest.raises(CorpusError, match="No pair is left"):
        run(tmp_path / "out", PrepareConfig())


def test_a_failure_leaves_the_earlier_result_and_no_litter(tmp_path: Path) -> None:
    good = write(tmp_path / "a.tsv", [(f"source {number}", "x") for number in range(50)])
    before = contents(run(tmp_path / "out", PrepareConfig(), good))
    cut = tmp_path / "cut.tsv.gz"
    cut.write_bytes(gzip.compress(good.path.read_bytes())[:-20])
    with pytest.raises(CorpusError, match="ends too early"):
        run(tmp_path / "out", PrepareConfig(), CorpusSource(good.path), CorpusSource(cut))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"test.jsonl", "train.jsonl", "validation.jsonl"}
    assert before["train"] == list(read_prepared(tmp_path / "out" / "train.jsonl"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    source = write(tmp_path / "a.tsv", [("a", "b")])
    with pytest.raises(CorpusError, match=r"a\.tsv.*cannot be written"):
        run(source.path / "out", PrepareConfig(), source)


def test_sources_that_cannot_work_are_refused() -> None:
    with pytest.raises(CorpusError, match="keep_pattern = '\\('"):
        CorpusSource(Path("a.tsv"), keep_pattern="(")
    with pytest.raises(CorpusError, match="max_pairs = 0"):
        CorpusSource(Path("a.tsv"), max_pairs=0)
    with pytest.raises(CorpusError, match="weight = -1"):
        CorpusSource(Path("a.tsv"), Columns(), -1)


def test_dialogue_data_loses_blocked_words_frequent_targets_and_held_out_prompts(tmp_path: Path) -> None:
    talk = small_folder(tmp_path / "talk")
    (talk.parent / "held-out").mkdir()
    (talk.parent / "held-out" / "en-one.tsv").write_text("kind\tAre you there?\tyes\n", encoding="utf-8")
    rows = [f"hi\tGood day {n}!\tSame to you." for n in range(30)] + ["hi\tare you there\tYes."]
    (talk / "greetings.tsv").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    lines = [(f"question {n}", "Same, to YOU") for n in range(30)]
    lines += [("ARE YOU THERE!", "Here"), ("Say it", "You darn Xes"), ("Who?", "I am X")]
    source = replace(write(tmp_path / "a.tsv", lines), replace=("X=Kuaizui",))
    cleaning = CleaningConfig(max_pairs_per_target=5, use_blocklist=True)
    split = SplitConfig(task="dialogue", block_lines=1, validation_share=0.05, test_share=0.05)
    config = PrepareConfig(cleaning, split, blocked_words=("darn",))
    prepared = contents(run(tmp_path / "out", config, source, CorpusSource(talk)))
    found = [pair for pairs in prepared.values() for pair in pairs]
    assert 1 <= sum(pair.target == "Same, to YOU" for pair in found) <= 5
    assert sum(pair.target == "Same to you." for pair in found) > 25
    assert not any("darn" in pair.target or pair.turns[-1].lower().startswith("are you there") for pair in found)
    assert Pair(("Who?",), "I am Kuaizui") in found and not any("X" in pair.target for pair in found)


def test_a_replacement_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(CorpusError, match="write old=new"):
        CorpusSource(Path("a.tsv"), replace=("X",))
