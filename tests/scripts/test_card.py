"""The model card: every figure under its label, in its unit."""

import pytest

from scripts.card import card_text
from scripts.evaluation_tables import FIGURE_LABELS

FIGURES = {
    "mean_length": {"value": 7.5, "low": 7.4, "high": 7.6},
    "rouge_l_words": {"value": 0.333, "low": 0.322, "high": 0.342},
    "unknown": {"value": 0.001},
}
METRICS = {
    "examples": 1654,
    "main_figure": "rouge_l_words",
    "tokens": {"main": "words"},
    "figures": FIGURES,
    "likelihood": {"perplexity": 29.3, "bits_per_character": None, "token_accuracy": 0.444},
    "lead": {"length": 17, "unit": "words", "figures": FIGURES},
    "greedy": {
        "value": 0.3284,
        "difference": {"value": 0.0046, "interval": {"low": -0.001, "high": 0.0102}, "wins": 0.94},
    },
    "int8_against_float32": {
        "examples": 1000,
        "identical_greedy_outputs": 0.938,
        "rouge_l": 0.3484,
        "rouge_l_float32": 0.349,
    },
}
PROVENANCE = {
    "command": "kuaizui train headlines-en --corpus my.tsv",
    "recipe": {"model": {"max_source_tokens": 48}},
    "data": {
        "counts": {"train": 9, "validation": 1, "test": 1},
        "inputs": [{"name": "my.tsv", "pairs": 11, "sha256": "ab" * 32}],
    },
    "training": {"minutes": 1.0, "dtype": "float32", "steps": 5, "pairs_learned_from": 45},
    "precision": "int8",
    "machine": {"cores": 2, "processor": "x86_64"},
}


def card(**changes):
    return card_text("mine", "headlines", "en", 5_700_000, {**METRICS, **changes}, PROVENANCE, ())


def test_a_corpus_stands_with_its_style_weight_and_licence():
    recipe = {"corpora": [{"path": "${KUAIZUI_CORPORA}/my.tsv", "style": "wire", "weight": 2.0, "licence": "CC0"}]}
    with_recipe = card_text("m", "headlines", "en", 1, METRICS, {**PROVENANCE, "recipe": recipe}, (), "## Also\n\nslow")
    assert "| my.tsv | 11 | wire | 2 | CC0 | `abababababababab` |" in with_recipe
    assert "## Also\n\nslow\n\n## Samples" in with_recipe
    assert "| my.tsv | 11 |  | 1 | not said | `abababababababab` |" in card()
    inputs = [{**PROVENANCE["data"]["inputs"][0], "name": "smalltalk/en"}]
    folder = {"corpora": [{"path": "${SMALLTALK}/en", "style": "companion", "licence": "CC0"}]}
    provenance = {**PROVENANCE, "recipe": folder, "data": {**PROVENANCE["data"], "inputs": inputs}}
    assert "| smalltalk/en | 11 | companion | 1 | CC0 |" in card_text(
        "m", "dialogue", "en", 1, METRICS, provenance, (), ""
    )


def test_registers_and_unsupported_facts_are_told_where_they_were_measured():
    part = {key: METRICS[key] for key in ("main_figure", "figures", "lead")} | {"examples": 60}
    text = card(registers={"wire": part}, unsupported={"model": 0.012, "references": 0.2, "extracts": 0.03})
    assert "| wire | 60 | 33.3 [32.2, 34.2] | 33.3 [32.2, 34.2] (first 17) |" in text
    assert "in 1.2% of the outputs, 20.0% of the references" in text
    assert "style of the reference" not in card()


def test_figures_stand_under_their_labels_in_their_units():
    rows = [line for line in card().splitlines() if line.startswith("|")]
    start = rows.index("| figure | model | first 17 words of the text |")
    assert rows[start + 2 :] == [
        "| ROUGE-L by word | 33.3 [32.2, 34.2] | 33.3 [32.2, 34.2] |",
        "| unknown mark, % | 0.1 | 0.1 |",
        "| mean length, words | 7.5 [7.4, 7.6] | 7.5 [7.4, 7.6] |",
        "| perplexity per token, the lower the better | 29.3 |  |",
        "| bits per character, the lower the better | infinite |  |",
        "| next token right, % | 44.4 |  |",
    ]
    assert "from 0 to 100" in card() and "metrics.json" in card()


@pytest.mark.parametrize("name", sorted(FIGURE_LABELS))
def test_every_figure_that_is_measured_has_its_row(name):
    text = card(figures={name: {"value": 0.5}}, lead=None)
    assert f"| {FIGURE_LABELS[name]}" in text


def test_the_beam_is_compared_with_greedy_decoding_where_that_was_measured():
    assert "ROUGE-L by word is 32.8 with greedy decoding" in card()
    assert "+0.46 [-0.10, +1.02]" in card() and "94%" in card()
    for without in (
        card(greedy=None),
        card_text("m", "headlines", "en", 1, {k: v for k, v in METRICS.items() if k != "greedy"}, PROVENANCE, ()),
    ):
        assert "greedy decoding" not in without


def test_replies_stand_beside_what_people_replied_and_a_unigram_model():
    likelihood = {"perplexity": 300.0, "bits_per_character": 3.2, "token_accuracy": 0.1}
    replies = {
        "copies": 0.005,
        "people_distinct_2": 0.7,
        "people_most_frequent": 0.02,
        "unigram": likelihood,
        "unigram_counted_on": "validation",
    }
    greedy = {**METRICS["greedy"], "figure": "chrf"}
    figures = {"distinct_2": {"value": 0.5}, "most_frequent_output": {"value": 0.01}, "bleu": {"value": 0.02}}
    text = card(lead=None, replies=replies, greedy=greedy, figures=figures)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    start = rows.index("| figure | model | what people replied; a unigram model |")
    assert rows[start + 2 :] == [
        "| BLEU | 2.0 |  |",
        "| distinct-2, % | 50.0 | 70.0 |",
        "| commonest output, % | 1.0 | 2.0 |",
        "| perplexity per token, the lower the better | 29.3 | 300.0 |",
        "| bits per character, the lower the better | infinite | 3.20 |",
        "| next token right, % | 44.4 | 10.0 |",
    ]
    assert "chrF is 32.8 with greedy decoding" in text and "0.5% of the replies say the message again" in text


def test_the_card_names_the_command_and_the_limit_of_the_model():
    assert "`kuaizui train headlines-en --corpus my.tsv`" in card()
    assert "48 tokens of it" in card()
