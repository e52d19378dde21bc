"""Checkpoints: whole or refused, and only into a model of the same shape."""

import pytest

from nlp.config import ModelConfig, TrainConfig
from nlp.errors import TrainingError
from nlp.training.checkpoint import (
    CheckpointFacts,
    Position,
    load_state,
    load_weights,
    newest_whole,
    previous,
    read_header,
    save_checkpoint,
)

POSITION = Position(step=7, epoch=1, batch=3, pairs=70, elapsed_seconds=1.5)
FACTS = CheckpointFacts(data="abc", settings="def", dtype="float32", backend="tensorflow")


def compiled(units=8, seed=1):
    from nlp.training import compile_model

    config = ModelConfig(vocab_size=9, embedding_units=4, encoder_units=units, decoder_units=units)
    return compile_model(config, TrainConfig(seed=seed), "float32")


@pytest.fixture
def saved(tmp_path):
    model = compiled()
    model.optimizer.iterations.assign(41)
    save_checkpoint(tmp_path / "latest.npz", model, POSITION, FACTS, keep=True)
    return tmp_path / "latest.npz", model


def test_a_checkpoint_gives_back_position_weights_and_optimizer(saved):
    path, model = saved
    assert read_header(path) == (POSITION, FACTS)
    other = compiled(seed=2)
    pairs = list(zip(model.trainable_variables, other.trainable_variables, strict=True))
    assert any((a.numpy() != b.numpy()).any() for a, b in pairs)
    load_weights(path, other)
    assert all((a.numpy() == b.numpy()).all() for a, b in pairs)
    assert int(other.optimizer.iterations) == 0
    load_state(path, other)
    assert int(other.optimizer.iterations) == 41
    assert [file.name for file in path.parent.iterdir()] == ["latest.npz"]


def test_a_model_of_another_shape_is_refused(saved):
    with pytest.raises(TrainingError, match=r"latest\.npz.*another shape"):
        load_weights(saved[0], compiled(units=10))


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_checkpoint_that_is_cut_off_is_named(saved, part):
    path, model = saved
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(TrainingError, match=r"latest\.npz: the checkpoint cannot be read"):
        read_header(path)
    with pytest.raises(TrainingError, match=r"latest\.npz: the checkpoint cannot be read"):
        load_state(path, model)


def test_a_checkpoint_with_a_changed_byte_is_named(saved):
    path, model = saved
    data = bytearray(path.read_bytes())
    data[data.index(model.embedding.embeddings.numpy().tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(TrainingError, match=r"latest\.npz: the checkpoint cannot be read"):
        load_state(path, model)


def test_a_save_that_is_interrupted_leaves_the_checkpoint_before_it(saved, monkeypatch):
    path, model = saved

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    for step in ("nlp.training.checkpoint.os.fsync", "nlp.training.checkpoint.np.savez"):
        monkeypatch.setattr(step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(path, model, Position(step=8), FACTS, keep=True)
        assert read_header(path) == (POSITION, FACTS)
    load_state(path, model)
    monkeypatch.undo()
    save_checkpoint(path, model, Position(step=8), FACTS, keep=True)
    assert read_header(path)[0].step == 8


def test_no_checkpoint_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"latest\.npz: there is no checkpoint"):
        read_header(tmp_path / "latest.npz")


def test_two_checkpoints_are_kept_and_the_newest_whole_one_is_found(saved):
    path, model = saved
    assert newest_whole(path) == path
    save_checkpoint(path, model, Position(step=8), FACTS, keep=True)
    assert [read_header(each)[0].step for each in (path, previous(path))] == [8, 7]
    path.write_bytes(path.read_bytes()[:-40])
    assert newest_whole(path) == previous(path)
    path.unlink()
    assert newest_whole(path) == previous(path)
    previous(path).write_bytes(b"no archive")
    with pytest.raises(TrainingError, match=r"latest\.previous\.npz: the checkpoint cannot be read"):
        newest_whole(path)
    previous(path).unlink()
    assert newest_whole(path) is None


def test_a_weight_that_is_no_number_is_named_and_not_written(saved):
    path, model = saved
    before = path.read_bytes()
    model.combine.bias.assign([0.0, float("nan"), 0.0, 0.0])
    with pytest.raises(TrainingError, match=r"'combine\.bias' are not numbers"):
        save_checkpoint(path, model, POSITION, FACTS, keep=True)
    assert path.read_bytes() == before and [file.name for file in path.parent.iterdir()] == ["latest.npz"]


def test_a_checkpoint_made_with_other_optimizer_settings_has_another_shape(saved):
    from nlp.training import compile_model

    config = ModelConfig(vocab_size=9, embedding_units=4, encoder_units=8, decoder_units=8)
    averaging = compile_model(config, TrainConfig(average=0.9), "float32")
    load_weights(saved[0], averaging)
    with pytest.raises(TrainingError, match="another shape"):
        load_state(saved[0], averaging)
