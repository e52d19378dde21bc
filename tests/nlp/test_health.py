"""A health check that names each disease, leaves the healthy alone, and sends people to keys that exist."""

import dataclasses
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import CleaningConfig, SplitConfig
from nlp.config import ModelConfig, SearchConfig, TokenizerConfig, TrainConfig
from nlp.health import DataShares, ValidationOutputs, check_health
from nlp.health.data import check_data
from nlp.health.losses import check_losses
from nlp.health.outputs import check_outputs

SECTIONS = {
    "model": ModelConfig,
    "train": TrainConfig,
    "tokenizer": TokenizerConfig,
    "search": SearchConfig,
    "split": SplitConfig,
    "cleaning": CleaningConfig,
}
SUBJECTS = ["Storm", "Minister", "Bank", "Club", "Court", "City", "Union", "Judge"]
VERBS = ["hits", "leaves", "wins", "sells", "opens", "bans", "seeks", "cuts"]
OBJECTS = ["coast", "office", "final", "shares", "bridge", "smoking", "talks", "jobs"]
PEOPLE = [f"{a} {b} {c} again today" for a in SUBJECTS for b, c in zip(VERBS, OBJECTS, strict=True)]
MODEL = [f"{a} {c} news {b} report" for a in SUBJECTS for b, c in zip(VERBS, OBJECTS, strict=True)]
ARTICLES = [f"In the morning {text} , as people say" for text in PEOPLE]


def history(training, validation=(), rates=None):
    """Records of a run whose validations are spread evenly, the last one at its end."""
    records = [
        {"step": 10 * n, "pairs": 640 * n, "loss": loss, "validation_loss": None, "learning_rate": rate}
        for n, (loss, rate) in enumerate(zip(training, rates or [0.002] * len(training), strict=True), 1)
    ]
    for n, loss in enumerate(validation, 1):
        place = n * len(records) // len(validation) - 1
        records[place] = {**records[place], "validation_loss": loss}
    return records


def falling(start=9.0, end=3.0, count=100):
    return [end + (start - end) * math.exp(-n / 12) for n in range(count)]


def of_kind(kind, findings):
    [finding] = [finding for finding in findings if finding.kind == kind]
    return finding


def texts(outputs, references=PEOPLE, sources=ARTICLES, language="en"):
    return ValidationOutputs(sources, references, outputs, language)


def test_a_healthy_training_is_left_alone():
    records = history(falling(), [4.0, 3.5, 3.3, 3.25, 3.248])
    found = check_health(records, texts(MODEL), DataShares(unknown=0.001, truncated=0.1))
    assert {finding.severity for finding in found} == {"fine"}
    assert len({finding.kind for finding in found}) == len(found) == 13


def test_the_worst_comes_first():
    found = check_health(history(falling(), [4.0, 3.3, 3.9]), texts([""] * 30 + MODEL[30:]), DataShares(0.01, 0.0))
    order = ["fine", "look", "wrong"]
    severities = [order.index(finding.severity) for finding in found]
    assert severities == sorted(severities, reverse=True)
    assert severities[0] == 2 and severities[-1] == 0


@pytest.mark.parametrize(("last", "severity"), [(3.305, "fine"), (3.4, "look"), (3.9, "wrong")])
def test_over_fitting_names_the_best_step_and_what_to_change(last, severity):
    finding = of_kind("over-fitting", check_losses(history(falling(), [4.0, 3.5, 3.3, 3.3, last])))
    assert finding.severity == severity
    if severity != "fine":
        assert "best at step 600" in finding.message and f"{last:.2f}" in finding.message
        assert "model.dropout" in finding.message and "train.label_smoothing" in finding.message


def test_a_wide_gap_is_worth_a_look_before_the_validation_loss_rises():
    finding = of_kind("over-fitting", check_losses(history(falling(end=1.0), [4.0, 3.5, 3.3, 3.28])))
    assert finding.severity == "look"
    assert "above the training loss (1.0" in finding.message and "a gap that shrank by" in finding.message


def test_a_loss_that_still_falls_asks_for_a_longer_run():
    finding = of_kind("length of training", check_losses(history(falling(), [4.5, 4.2, 4.0, 3.8])))
    assert finding.severity == "look"
    assert "from 4.00" in finding.message and "to 3.80" in finding.message and "train.epochs" in finding.message
    assert of_kind("length of training", check_losses(history(falling(), [9.0, 7.0]))).severity == "wrong"


def test_a_flat_loss_is_not_called_the_end_of_learning_where_the_schedule_made_it_flat():
    rates = [0.002 * (1 - n / 100) for n in range(100)]
    finding = of_kind("length of training", check_losses(history(falling(), [3.4, 3.1, 3.09, 3.09], rates)))
    assert finding.severity == "fine" and "might still gain" in finding.message


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ([9.0] * 100, "did not fall"),
        (falling(count=60) + [3.0 + 0.1 * n for n in range(40)], "ran away"),
        ([*falling()[:-1], math.inf], "ended as inf"),
    ],
)
def test_a_training_that_learns_nothing_or_runs_away_is_wrong(losses, words):
    finding = of_kind("learning", check_losses(history(losses)))
    assert finding.severity == "wrong"
    assert words in finding.message and "train.learning_rate" in finding.message


@pytest.mark.parametrize(("places", "severity"), [([], "fine"), ([50], "fine"), ([40, 60], "look")])
def test_spikes_are_counted(places, severity):
    losses = [loss + (4.0 if n in places else 0.02 * (n % 3)) for n, loss in enumerate(falling(count=120))]
    finding = of_kind("spikes", check_losses(history(losses)))
    assert finding.severity == severity
    if places:
        assert ("once" if len(places) == 1 else "2 times") in finding.message and "3.9 nats" in finding.message


def test_batches_of_short_and_long_texts_are_no_spikes():
    noisy = [loss + (1.8 if n % 3 == 0 else 0.0) for n, loss in enumerate(falling(count=120))]
    assert of_kind("spikes", check_losses(history(noisy))).severity == "fine"


def test_a_step_that_is_reported_twice_counts_once():
    records = history(falling(), [4.0, 3.3, 3.3])
    doubled = [copy for record in records for copy in ({**record, "validation_loss": None}, record)]
    assert of_kind("over-fitting", check_losses(doubled)) == of_kind("over-fitting", check_losses(records))


@pytest.mark.parametrize("records", [[], history(falling(count=3)), history(falling(), [3.3])])
def test_a_short_history_is_said_to_be_one(records):
    found = check_losses(records)
    assert "look" in {finding.severity for finding in found}
    assert "wrong" not in {finding.severity for finding in found}


@pytest.mark.parametrize(
    ("kind", "outputs", "figures"),
    [
        (
            "dull outputs",
            ["I do not know what to say"] * 32 + MODEL[32:],
            ["“I do not know what to say”", "50 %", "1.6 %"],
        ),
        ("variety", ["police say " + text for text in MODEL[:8] * 8], ["Distinct-1 is 0.0", "distinct-2"]),
        ("empty outputs", ["", " ", *MODEL[2:]], ["3.1 %"]),
        ("repetition", [f"{text} {text}" for text in MODEL[:16]] + MODEL[16:], ["25 %", "search.no_repeat_ngram"]),
        ("length", [text.split()[0] for text in MODEL], ["1.0 words", "5.0", "too short", "search.length_penalty"]),
        ("length", [f"{text} {text[::-1]} and so on" for text in MODEL], ["too long", "search.max_target_tokens"]),
        (
            "copies of the source",
            [" ".join(article.split()[3:-4]) for article in ARTICLES],
            ["100 %", "0 %", "cuts out"],
        ),
    ],
)
def test_each_disease_of_outputs_is_named_with_its_figures(kind, outputs, figures):
    references = MODEL if kind == "copies of the source" else PEOPLE
    finding = of_kind(kind, check_outputs(texts(outputs, references)))
    assert finding.severity == "wrong"
    assert all(figure in finding.message for figure in figures), finding.message


@pytest.mark.parametrize("kind", ["dull outputs", "variety", "repetition", "length", "copies of the source"])
def test_what_people_do_too_is_no_disease(kind):
    habits = (["Yes I think so too"] * 20 + [f"no no no no {text} no no no" for text in PEOPLE[:10]] + ARTICLES)[:64]
    assert (
        of_kind(kind, check_outputs(texts(list(reversed(habits)), habits, habits[32:] + habits[:32]))).severity
        == "fine"
    )


def test_where_people_cut_headlines_out_of_articles_a_model_may_too():
    leads = [" ".join(article.split()[:6]) for article in ARTICLES]
    finding = of_kind("copies of the source", check_outputs(texts(leads, leads)))
    assert finding.severity == "fine" and "100 % of the outputs" in finding.message


def test_chinese_is_counted_in_characters():
    lines = [f"记者从{a}了解到{b}的消息" for a in "甲乙丙丁戊己庚辛" for b in "子丑寅卯辰巳午未"]
    found = check_outputs(texts(["我不知道"] * 64, lines, lines, "zh"))
    assert "4.0 characters" in of_kind("length", found).message
    assert of_kind("dull outputs", found).severity == "wrong"


def test_few_outputs_are_not_judged():
    [finding] = check_outputs(texts([""] * 5, PEOPLE[:5], ARTICLES[:5]))
    assert finding.severity == "look" and "5 validation outputs" in finding.message


def test_texts_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="63 outputs"):
        texts(MODEL[1:])


@pytest.mark.parametrize(
    ("shares", "severities"),
    [
        (DataShares(0.0, 0.0), ["fine", "fine", "fine"]),
        (DataShares(0.01, 0.9, 0.05), ["look", "look", "look"]),
        (DataShares(0.05, 1.0, 0.5), ["wrong", "look", "wrong"]),
    ],
)
def test_the_data_is_judged(shares, severities):
    found = check_data(shares)
    assert [finding.severity for finding in found] == severities
    assert "tokenizer.vocab_size" in found[0].message or severities[0] == "fine"


LOSSES = st.one_of(st.none(), st.floats(0, 12), st.just(math.nan), st.just(math.inf))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(LOSSES, LOSSES), max_size=60), st.floats(0, 1), st.integers(0, 3))
def test_whatever_is_seen_every_key_that_a_message_names_exists(losses, share, kept):
    records = [
        {"step": n, "pairs": 64 * n, "loss": loss, "validation_loss": validation}
        for n, (loss, validation) in enumerate(losses)
    ]
    outputs = [text if n % 4 < kept else "" for n, text in enumerate(MODEL)]
    for finding in check_health(records, texts(outputs), DataShares(share, share, share)):
        named = re.findall(r"\b(model|train|tokenizer|search|split|cleaning)\.(\w+)", finding.message)
        assert named or finding.severity == "fine", finding.message
        for section, key in named:
            assert key in {field.name for field in dataclasses.fields(SECTIONS[section])}, finding.message
