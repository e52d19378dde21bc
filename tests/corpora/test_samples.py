"""The shipped samples: clean, of the promised size, and apart from the demo inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpora
from corpora import CleaningConfig, Deduplicator, read_records, reason_to_drop
from corpora.digests import bare
from corpora.paraphrase.held_out import read_prompts

SAMPLES = Path(corpora.__file__).parent / "samples"


@pytest.mark.parametrize("name", ["headlines-en", "headlines-zh", "dialogue-en", "dialogue-zh"])
def test_samples_pass_every_filter(name: str) -> None:
    pairs = [record.pair for record in read_records(SAMPLES / f"{name}.tsv")]
    config = CleaningConfig(min_overlap=0.5 if name.startswith("headlines") else 0.0)
    deduplicator = Deduplicator()
    assert len(pairs) == 60
    assert [reason_to_drop(pair, config) or deduplicator.reason_to_drop(pair) for pair in pairs] == [None] * 60
    assert max(len(pair.turns) for pair in pairs) == (3 if name.startswith("dialogue") else 1)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_questions_about_a_persona_are_none_that_it_was_taught_with(language: str) -> None:
    taught = [record.pair for record in read_records(SAMPLES / f"persona-{language}.tsv")]
    questions = list(read_prompts(SAMPLES / f"persona-{language}-questions.tsv"))
    assert len({pair.turns for pair in taught}) == len(taught) == 250 and len(set(questions)) == 100
    assert all(question.expected for question in questions)
    assert not {bare(pair.turns[0]) for pair in taught} & {bare(question.text) for question in questions}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_demo_inputs_are_not_among_the_training_samples(language: str) -> None:
    news = (SAMPLES / f"news-{language}.txt").read_text(encoding="utf-8").splitlines()
    trained = {record.pair.turns[0] for record in read_records(SAMPLES / f"headlines-{language}.tsv")}
    assert len(set(news)) == 8
    assert not trained & set(news)
    assert all(text and "\t" not in text for text in news)
