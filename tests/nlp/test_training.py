"""The training loop on a toy corpus: it learns, stops, resumes to the same bits, and refuses what cannot work."""

from dataclasses import replace

import numpy as np
import pytest

from nlp import training
from nlp.config import ModelConfig, SearchConfig, TrainConfig
from nlp.encoding import encode_pairs
from nlp.engine import Engine
from nlp.errors import TrainingError
from nlp.search import search
from nlp.tokenizers import EOS

VOCABULARY = 15
MODEL = ModelConfig(
    vocab_size=VOCABULARY,
    embedding_units=32,
    encoder_units=32,
    decoder_units=32,
    dropout=0.0,
    max_source_tokens=8,
    max_target_tokens=8,
)
CONFIG = TrainConfig(
    epochs=100, batch_size=20, learning_rate=2e-2, warmup_steps=5, validate_every_steps=50, patience=0
)  # 100 steps
SHORT = replace(CONFIG, epochs=1, batch_size=10)  # 2 steps
RESUMABLE = replace(CONFIG, epochs=4, batch_size=4, validate_every_steps=7)  # 20 steps


class Digits:
    """Ids of strings of digits."""

    def encode(self, text):
        return [int(digit) + 5 for digit in text]


def copies(count, seed):
    """Pairs whose target is their source: five digits each."""
    texts = ["".join(map(str, row)) for row in np.random.default_rng(seed).integers(0, 10, (count, 5))]
    pairs = [((text,), text, 1.0) for text in texts]
    return encode_pairs(Digits(), pairs, task="headlines", max_source_tokens=8, max_target_tokens=8)


TOY, HELD_OUT = copies(20, seed=1), copies(4, seed=2)


def run_of(folder, config=CONFIG, *, model=MODEL, train=TOY, validation=HELD_OUT, report=lambda progress: None):
    return training.TrainingRun(folder, model, config, train, validation, report)


def arrays_of(checkpoint):
    with np.load(checkpoint) as file:
        return {name: file[name] for name in file.files if name != "header"}


def best_model(folder):
    from nlp.checkpoint import load_variables
    from nlp.model import create_model

    model = create_model(MODEL)
    load_variables(folder / "best.npz", model, optimizer=False)
    return model


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """The folder of a run that learned the toy corpus, validated on itself, and its reports."""
    folder, reports = tmp_path_factory.mktemp("toy"), []
    run_of(folder, validation=TOY, report=lambda progress: reports.append((progress.position.step, progress))).fit()
    return folder, reports


def test_a_small_network_learns_the_toy_corpus(learned):
    validations = [progress.validation_loss for _, progress in learned[1] if progress.validation_loss is not None]
    assert len(validations) == 2  # 100 steps, one in 50
    assert validations[-1] < 0.05  # from the 2.3 of guessing among ten digits


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_what_was_learned_comes_out_of_the_exported_graphs(learned, tmp_path, precision):
    from nlp.onnx_export import export

    export(best_model(learned[0]), tmp_path, precision)
    sources = [TOY.source(index).tolist() for index in range(len(TOY))]
    greedy = SearchConfig(beam_size=1, max_target_tokens=8, no_repeat_ngram=0)
    found = search(Engine(tmp_path, VOCABULARY, threads=1), sources, greedy)
    exact = sum([*each[0].tokens, EOS] == TOY.target(index).tolist() for index, each in enumerate(found))
    assert exact >= 19


def test_reports_say_where_the_run_is(learned):
    steps = [step for step, _ in learned[1]]
    assert steps == sorted(steps) and steps[-1] == 100
    last = learned[1][-1][1]
    assert last.total_steps == 100 and last.position.pairs == 100 * 20 and last.position.best_step == 100
    assert last.pairs_per_second > 0 and last.seconds_left == pytest.approx(0)


@pytest.mark.parametrize("stop_at", [6, 7])
def test_a_resumed_run_ends_with_the_bits_of_one_that_was_never_stopped(tmp_path, monkeypatch, stop_at):
    monkeypatch.setattr(training, "REPORT_SECONDS", 0.0)
    with_dropout = replace(MODEL, dropout=0.3)
    whole = run_of(tmp_path / "whole", RESUMABLE, model=with_dropout).fit()

    def stop(progress):
        if progress.position.step == stop_at:  # step 7 is stopped before its validation
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_of(tmp_path / "parts", RESUMABLE, model=with_dropout, report=stop).fit()
    steps = []
    resumed = run_of(
        tmp_path / "parts", RESUMABLE, model=with_dropout, report=lambda progress: steps.append(progress.position.step)
    )
    end = resumed.fit(resume=True)
    assert steps[0] == stop_at + 1
    assert (end.step, end.epoch, end.pairs) == (whole.step, whole.epoch, whole.pairs) == (20, 3, 80)
    one, two = (arrays_of(tmp_path / name / "latest.npz") for name in ("whole", "parts"))
    assert one.keys() == two.keys() and len(one) > 20
    assert all(one[name].tobytes() == two[name].tobytes() for name in one)


def test_each_epoch_has_an_order_of_its_own(tmp_path, monkeypatch):
    asked, plan_batches = [], training.plan_batches

    def listening(pairs, batch_size, seed, epoch):
        asked.append((seed, epoch))
        return plan_batches(pairs, batch_size, seed, epoch)

    monkeypatch.setattr(training, "plan_batches", listening)
    run_of(tmp_path, replace(SHORT, epochs=3, seed=7)).fit()
    assert [each for each in asked if each[0] == 7] == [(7, 0), (7, 1), (7, 2)]  # seed 0 is that of validation


def test_a_finished_run_is_not_trained_further(tmp_path):
    run_of(tmp_path, SHORT).fit()
    before = (tmp_path / "latest.npz").read_bytes()
    assert run_of(tmp_path, SHORT).fit(resume=True).step == 2
    assert (tmp_path / "latest.npz").read_bytes() == before


def test_resuming_with_nothing_there_starts_anew(tmp_path):
    assert run_of(tmp_path, SHORT).fit(resume=True).step == 2


def test_resuming_with_other_data_settings_or_shape_is_refused(tmp_path):
    run_of(tmp_path, SHORT).fit()
    longer = replace(SHORT, epochs=2)
    with pytest.raises(TrainingError, match=r"latest\.npz.*other data or settings"):
        run_of(tmp_path, longer, train=copies(20, seed=3)).fit(resume=True)
    with pytest.raises(TrainingError, match="other data or settings"):
        run_of(tmp_path, replace(longer, batch_size=5)).fit(resume=True)
    with pytest.raises(TrainingError, match="another shape"):
        run_of(tmp_path, longer, model=replace(MODEL, decoder_layers=2)).fit(resume=True)


def test_a_loss_that_is_not_a_number_stops_the_run_with_words(tmp_path):
    heavy = replace(TOY, weights=np.full(len(TOY), np.nan, np.float32))
    with pytest.raises(TrainingError, match=r"loss became nan at step 1.*lower train\.learning_rate"):
        run_of(tmp_path, train=heavy).fit()
    assert not (tmp_path / "latest.npz").exists()


@pytest.mark.parametrize("side", ["train", "validation"])
def test_no_data_is_refused_with_what_to_do(tmp_path, side):
    nothing = encode_pairs(Digits(), [], task="headlines", max_source_tokens=8, max_target_tokens=8)
    word = {"train": r"no training pair.*\[cleaning\]", "validation": r"no validation pair.*split\.validation_share"}
    with pytest.raises(TrainingError, match=word[side]):
        run_of(tmp_path, **{side: nothing})


def test_a_run_that_does_not_get_better_stops_early(tmp_path):
    # So small a rate that validation cannot fall by a bit float32 shows for long; the best checkpoint stays.
    config = replace(CONFIG, learning_rate=1e-12, validate_every_steps=1, patience=3)
    end = run_of(tmp_path, config).fit()
    assert end.step < 30 and end.validations_without_gain == 3
    assert end.best_step == end.step - 3
    best, latest = (arrays_of(tmp_path / name)["optimizer/0"] for name in ("best.npz", "latest.npz"))
    assert int(best) == end.best_step and int(latest) == end.step
    assert run_of(tmp_path, config).fit(resume=True).step == end.step


def test_a_time_limit_ends_the_run_with_a_validation(tmp_path):
    config = replace(CONFIG, epochs=100_000, max_minutes=1e-6, validate_every_steps=10_000)
    reports = []
    assert run_of(tmp_path, config, report=reports.append).fit().step == 1
    assert reports[-1].validation_loss is not None and (tmp_path / "best.npz").exists()


def test_the_rate_warms_up_and_falls_to_a_twentieth(tmp_path):
    run = run_of(tmp_path, replace(CONFIG, learning_rate=1.0, warmup_steps=10))
    rates = []
    for step in range(run.total_steps):
        run.position.step = step
        rates.append(run.learning_rate())
    assert rates[0] == pytest.approx(0.1) and max(rates) > 0.95
    assert rates[11:] == sorted(rates[11:], reverse=True) and rates[-1] == pytest.approx(0.05, abs=0.001)


def test_a_pair_of_more_weight_counts_for_more(tmp_path):
    from nlp.training import compile_model

    model = compile_model(MODEL, CONFIG, "float32")
    y, logits = np.array([[5, 3], [6, 0]]), np.random.default_rng(0).normal(size=(2, 2, VOCABULARY)).astype(np.float32)
    losses = -np.take_along_axis(logits - np.log(np.exp(logits).sum(-1, keepdims=True)), y[..., None], -1)[..., 0]
    plain = float(model.compute_loss(None, y, logits))
    assert plain == pytest.approx((losses[0].sum() + losses[1, 0]) / 3, abs=1e-5)
    heavier = float(model.compute_loss(None, y, logits, np.array([1.0, 4.0])))
    assert heavier == pytest.approx((losses[0].sum() + 4 * losses[1, 0]) / 6, abs=1e-5)


def test_padding_changes_no_log_probability():
    from nlp.model import create_model

    model = create_model(MODEL)
    source, target = np.array([[7, 8, EOS]]), np.array([[2, 7]])
    wide = np.pad(source, ((0, 0), (0, 6)))
    narrow_logits, wide_logits = (np.array(model({"source": each, "target": target})) for each in (source, wide))
    assert wide_logits == pytest.approx(narrow_logits, abs=1e-5)


def test_validation_loss_is_the_mean_over_tokens_whatever_the_batches():
    model = training.compile_model(MODEL, CONFIG, "float32")
    assert training.mean_loss(model, TOY, replace(CONFIG, batch_size=3)) == pytest.approx(
        training.mean_loss(model, TOY, replace(CONFIG, batch_size=20)), abs=1e-5
    )
