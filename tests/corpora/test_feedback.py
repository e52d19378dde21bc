"""Rated chat replies: what was liked or corrected is learned, the rest is counted and left out."""

import json

import pytest

from corpora import CorpusError, CorpusSource, PrepareConfig, SplitConfig, prepare, read_prepared, read_records
from corpora.prepared import split_path
from corpora.readers.feedback import CORRECTED_WEIGHT


def written(path, *records):
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), encoding="utf8")
    return path


def rated(rating=None, **more):
    return {"prompt": "Who are you?", "context": [], "reply": "A cat.", "rating": rating, **more}


def only(path):
    [record] = read_records(path)
    return record.pair


@pytest.mark.parametrize("rating", [1, 5, "up", "Like", "+1", True, "👍"])
def test_a_liked_reply_is_learned(tmp_path, rating):
    pair = only(written(tmp_path / "f.jsonl", rated(rating)))
    assert (pair.turns, pair.target, pair.weight) == (("Who are you?",), "A cat.", 1.0)


@pytest.mark.parametrize("rating", ["down", -1, 0, None, "", False, "👎"])
def test_a_disliked_or_unjudged_reply_weighs_nothing(tmp_path, rating):
    assert only(written(tmp_path / "f.jsonl", rated(rating))).weight == 0


@pytest.mark.parametrize("rating", ["down", "up", None])
def test_a_correction_is_learned_in_place_of_the_reply(tmp_path, rating):
    pair = only(written(tmp_path / "f.jsonl", rated(rating, correction=" I am Kuaizui. ")))
    assert (pair.target, pair.weight) == ("I am Kuaizui.", CORRECTED_WEIGHT)


@pytest.mark.parametrize("context", [["Hi!", "Hello."], "Hi! __eot__ Hello."])
def test_the_context_comes_before_the_prompt(tmp_path, context):
    pair = only(written(tmp_path / "f.jsonl", rated(1, context=context)))
    assert pair.turns == ("Hi!", "Hello.", "Who are you?")


def test_missing_fields_are_no_fault_and_the_conversation_is_kept(tmp_path):
    path = written(tmp_path / "f.jsonl", {"prompt": "a", "reply": "b", "rating": 1, "conversation": 7})
    [record] = read_records(path)
    assert (record.pair.turns, record.conversation) == (("a",), "7")


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (rated("so so"), "rating"),
        (rated([1]), "rating"),
        (rated(1, correction=3), "correction"),
        (rated(1, context=[1]), r"context\[0\]"),
        ({"prompt": 1, "reply": "x"}, "prompt"),
    ],
)
def test_a_bad_field_is_named(tmp_path, record, field):
    with pytest.raises(CorpusError, match=rf"f.jsonl:1: {field}: "):
        list(read_records(written(tmp_path / "f.jsonl", record)))


def test_an_ordinary_pair_with_a_prompt_stays_one(tmp_path):
    path = written(tmp_path / "f.jsonl", {"prompt": "p", "reply": "r", "source": "s", "target": "t"})
    assert only(path).target == "t"


def test_what_is_left_out_is_counted_and_the_rest_keeps_its_weight(tmp_path):
    records = [
        {"prompt": f"Question {n}?", "reply": f"Answer {n}.", "rating": ["up", "down", None][n % 3]} for n in range(90)
    ]
    records += [{"prompt": f"Question {n}?", "reply": "No.", "correction": f"Better {n}."} for n in range(90, 120)]
    path = written(tmp_path / "f.jsonl", *records)
    split = SplitConfig(validation_share=0.1, test_share=0.1)
    prepared = prepare([CorpusSource(path)], PrepareConfig(split=split), tmp_path / "out", str.strip, print)
    assert prepared.report.dropped == {"not_liked": 60}
    assert (prepared.report.read, prepared.report.kept) == (120, 60)
    assert any("a rated reply that was disliked, or not judged" in line for line in prepared.lines())
    pairs = list(read_prepared(split_path(tmp_path / "out", "train")))
    assert {pair.weight for pair in pairs} == {1.0, CORRECTED_WEIGHT}
    assert all((pair.weight == CORRECTED_WEIGHT) == pair.target.startswith("Better") for pair in pairs)
