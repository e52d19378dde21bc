"""The training loop on a toy corpus: it learns, stops, resumes to the same bits, and refuses what cannot work."""

import shutil
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
from nlp.training import run as loop

VOCABULARY = 15
MODEL = ModelConfig(
    vocab_size=VOCABULARY,
    embedding_units=32,
    bidirectional=False,
    encoder_units=32,
    decoder_units=32,
    dropout=0.0,
    max_source_tokens=8,
    max_target_tokens=8,
)
PAIR_TOKENS = 16
"""A source and a target of 6 ids each, padded."""
CONFIG = TrainConfig(
    epochs=100,
    batch_tokens=24 * PAIR_TOKENS,
    learning_rate=2e-2,
    warmup_steps=5,
    validate_every_steps=50,
    patience=0,
    dtype="float32",
)
"""100 steps."""
SHORT = replace(CONFIG, epochs=1, batch_tokens=16 * PAIR_TOKENS)
"""2 steps."""


class Digits:
    """Ids of strings of digits."""

    vocab_size = VOCABULARY

    def encode(self, text):
        return [int(digit) + 5 for digit in text]


EIGHT = ModelConfig(max_source_tokens=8, max_target_tokens=8)


def copies(count, seed):
    """Pairs whose target is their source: five digits each."""
    texts = ["".join(map(str, row)) for row in np.random.default_rng(seed).integers(0, 10, (count, 5))]
    pairs = [((text,), text, 1.0, "") for text in texts]
    return encode_pairs(Digits(), pairs, EIGHT, "headlines")


TOY, HELD_OUT = copies(20, seed=1), copies(4, seed=2)


def run_of(folder, config=CONFIG, *, model=MODEL, train=TOY, validation=HELD_OUT, report=lambda progress: None):
    return training.TrainingRun(folder, model, config, train, validation, report)


def arrays_of(checkpoint):
    with np.load(checkpoint) as file:
        return {name: file[name] for name in file.files if name != "header"}


def best_model(folder):
    return training.trained_model(folder / "best.npz", MODEL)


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


@pytest.fixture
def still(monkeypatch):
    """Steps that learn nothing, and take no time."""
    monkeypatch.setattr(loop, "learn", lambda model, batch: 1.0)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folder of a run of SHORT that came to its end; nothing may be written there."""
    folder = tmp_path_factory.mktemp("finished")
    assert run_of(folder, SHORT).fit(resume=True).step == 2  # with nothing there it starts anew
    return folder


def test_each_epoch_has_an_order_of_its_own(tmp_path, still, monkeypatch):
    learned_from, make_batch = [], loop.make_batch

    def listening(pairs, plan, **options):
        learned_from.append(plan.indices.tolist())
        return make_batch(pairs, plan, **options)

    monkeypatch.setattr(loop, "make_batch", listening)
    run_of(tmp_path, replace(SHORT, epochs=3, seed=7)).fit()
    epochs = [[*learned_from[start], *learned_from[start + 1]] for start in (0, 2, 4)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(20))] * 3
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_a_finished_run_is_not_trained_further(finished):
    before = (finished / "latest.npz").read_bytes()
    # How long to wait, how often to save and the dtype to take next time may change between two parts.
    changed = replace(SHORT, patience=9, checkpoint_minutes=99.0, max_validation_pairs=3, dtype="auto")
    for config in (SHORT, changed):
        assert run_of(finished, config).fit(resume=True).step == 2
    assert (finished / "latest.npz").read_bytes() == before


def test_resuming_with_other_data_settings_or_shape_is_refused(finished):
    longer = replace(SHORT, epochs=2)
    with pytest.raises(TrainingError, match=r"latest\.npz.*other data or settings"):
        run_of(finished, longer, train=copies(20, seed=3)).fit(resume=True)
    with pytest.raises(TrainingError, match="other data or settings"):
        run_of(finished, replace(longer, batch_tokens=5 * PAIR_TOKENS)).fit(resume=True)
    with pytest.raises(TrainingError, match="its settings differ"):
        run_of(finished, longer, model=replace(MODEL, decoder_layers=2)).fit(resume=True)
    beginning = run_of(finished, SHORT)
    beginning.beginning = "pretrained"
    with pytest.raises(TrainingError, match="its settings differ"):
        beginning.fit(resume=True)


def test_a_loss_that_is_not_a_number_stops_the_run_with_words(tmp_path):
    heavy = replace(TOY, weights=np.full(len(TOY), np.nan, np.float32))
    with pytest.raises(TrainingError, match=r"loss became nan at step 1.*lower train\.learning_rate"):
        run_of(tmp_path, train=heavy).fit()
    assert not (tmp_path / "latest.npz").exists()


def test_weights_that_stop_being_numbers_leave_the_last_good_checkpoint(tmp_path, monkeypatch):
    steps = []

    def breaking(model, batch):
        steps.append(1)
        if len(steps) == 5:
            model.output_bias.assign(np.full(VOCABULARY, np.nan))
        return 1.0

    monkeypatch.setattr(loop, "learn", breaking)
    with pytest.raises(TrainingError, match=r"'output_bias' are not numbers any more at step 5.*lower"):
        run_of(tmp_path, replace(CONFIG, checkpoint_minutes=1e-9)).fit()
    assert training.read_header(tmp_path / "latest.npz")[0].step == 4
    assert np.isfinite(arrays_of(tmp_path / "latest.npz")["weight/output_bias"]).all()


@pytest.mark.parametrize("side", ["train", "validation"])
def test_no_data_is_refused_with_what_to_do(tmp_path, side):
    nothing = encode_pairs(Digits(), [], EIGHT, "headlines")
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


def test_a_time_limit_ends_the_run_with_a_validation(tmp_path, still):
    config = replace(CONFIG, epochs=100_000, max_minutes=1e-6, validate_every_steps=10_000)
    reports = []
    assert run_of(tmp_path, config, report=reports.append).fit().step == 1
    assert reports[-1].validation_loss is not None and (tmp_path / "best.npz").exists()


def test_the_best_checkpoint_of_an_averaging_run_holds_the_average(tmp_path):
    config = replace(CONFIG, epochs=1, batch_tokens=8 * PAIR_TOKENS, average=0.5)  # 3 steps
    seen, learn = [], loop.learn

    def listening(model, batch):
        loss = learn(model, batch)
        seen.append(np.array(model.output_bias))
        return loss

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "learn", listening)
        run_of(tmp_path, config).fit()
    best, latest = (arrays_of(tmp_path / name)["weight/output_bias"] for name in ("best.npz", "latest.npz"))
    assert best == pytest.approx(((seen[0] + seen[1]) / 2 + seen[2]) / 2, abs=1e-6)
    assert (latest == seen[2]).all() and abs(best - latest).max() > 1e-3


def test_a_fresh_network_may_begin_with_other_weights_and_a_resumed_one_does_not(tmp_path):
    begun = []

    def initialize(model):
        begun.append(float(model.output_bias[0]))
        model.output_bias.assign(np.full(VOCABULARY, 3.0))

    def rerun():
        run = run_of(tmp_path, replace(SHORT, learning_rate=1e-9))
        run.initialize, run.beginning = initialize, "threes"
        return run

    rerun().fit()
    assert arrays_of(tmp_path / "latest.npz")["weight/output_bias"] == pytest.approx(3.0, abs=1e-6)
    rerun().fit(resume=True)
    assert len(begun) == 1


def test_the_last_checkpoint_is_kept_where_that_is_asked_for(tmp_path):
    for keep, same in (("best", False), ("last", True)):
        folder = tmp_path / keep
        config = replace(SHORT, keep=keep, learning_rate=1.0, patience=0, validate_every_steps=1)
        run_of(folder, config).fit()
        best, latest = (arrays_of(folder / name)["weight/output_bias"] for name in ("best.npz", "latest.npz"))
        assert np.array_equal(best, latest) == same


def test_a_fresh_network_says_each_token_as_often_as_the_targets_do(tmp_path):
    begun = []
    run = run_of(tmp_path, SHORT)
    run.initialize = lambda model: begun.append(np.array(model.output_bias))
    run.fit()
    counts = np.bincount(run.train.target_ids, minlength=VOCABULARY) + 1
    assert np.exp(begun[0]) == pytest.approx(counts / counts.sum(), rel=1e-5)


def test_validation_loss_is_the_mean_over_tokens_whatever_the_batches():
    model = training.compile_model(MODEL, replace(CONFIG, label_smoothing=0.3), "float32")
    small, large = (training.mean_loss(model, TOY, rows * PAIR_TOKENS) for rows in (8, 24))
    plain = training.compile_model(MODEL, CONFIG, "float32")
    assert small == pytest.approx(large, abs=1e-5)
    assert small == pytest.approx(training.mean_loss(plain, TOY, 8 * PAIR_TOKENS), abs=1e-5)  # never smoothed


def test_a_report_shows_what_the_network_writes_for_validation_sources(learned):
    last = learned[1][-1][1]
    assert len({index for index, _ in last.outputs}) == len(last.outputs) == loop.SHOWN_OUTPUTS
    for index, written in last.outputs:
        assert [*written, EOS] == TOY.target(index).tolist()


def test_what_is_learned_by_two_accumulated_halves_is_one_step_of_the_whole(tmp_path):
    whole = replace(CONFIG, epochs=1, batch_tokens=16 * PAIR_TOKENS, schedule="constant", warmup_steps=0)
    halves = replace(whole, batch_tokens=8 * PAIR_TOKENS, accumulate_batches=2)
    for name, config in (("whole", whole), ("halves", halves)):
        run_of(tmp_path / name, config, train=copies(16, seed=5)).fit()
    one, two = (arrays_of(tmp_path / name / "latest.npz") for name in ("whole", "halves"))
    assert int(two["optimizer/0"]) == 2
    count = 2 * sum(name.startswith("weight/") for name in one)
    moments, accumulated = (
        [arrays[f"optimizer/{index}"] for index in range(sum(name.startswith("optimizer/") for name in arrays))][
            -count:
        ]
        for arrays in (one, two)
    )
    for first, second in zip(moments, accumulated, strict=True):  # of the mean gradient and of its square
        assert second == pytest.approx(first, rel=1e-3, abs=1e-7)
    assert max(abs(each).max() for each in moments) > 1e-3


def test_a_finished_run_killed_between_the_renames_of_its_last_checkpoint_has_one_again(learned, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(learned[0], folder)
    whole = arrays_of(folder / "latest.npz")
    (folder / "latest.npz").replace(folder / "latest.previous.npz")
    assert run_of(folder, validation=TOY).fit(resume=True).step == 100
    found = arrays_of(folder / "latest.npz")
    assert found.keys() == whole.keys() and all(np.array_equal(found[name], whole[name]) for name in whole)
