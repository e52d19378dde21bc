"""Checkpoints: whole or refused, and only into a model of the same shape."""

import pytest

from nlp.checkpoint import CheckpointFacts, Position, load_variables, read_header, save_checkpoint
from nlp.config import ModelConfig, TrainConfig
from nlp.errors import TrainingError

POSITION = Position(step=7, epoch=1, batch=3, pairs=70, elapsed_seconds=1.5)
FACTS = CheckpointFacts(data="abc", dtype="float32", seed=1, batch_size=10)


def compiled(units=8, seed=1):
    from nlp.training import compile_model

    config = ModelConfig(vocab_size=9, embedding_units=4, encoder_units=units, decoder_units=units)
    return compile_model(config, TrainConfig(seed=seed), "float32")


@pytest.fixture
def saved(tmp_path):
    model = compiled()
    model.optimizer.iterations.assign(41)
    save_checkpoint(tmp_path / "latest.npz", model, POSITION, FACTS)
    return tmp_path / "latest.npz", model


def test_a_checkpoint_gives_back_position_weights_and_optimizer(saved):
    path, model = saved
    assert read_header(path) == (POSITION, FACTS)
    other = compiled(seed=2)
    assert any((a.numpy() != b.numpy()).any() for a, b in zip(model.variables, other.variables, strict=True))
    load_variables(path, other, optimizer=False)
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(model.variables, other.variables, strict=True))
    assert int(other.optimizer.iterations) == 0
    load_variables(path, other, optimizer=True)
    assert int(other.optimizer.iterations) == 41
    assert [file.name for file in path.parent.iterdir()] == ["latest.npz"]


def test_a_model_of_another_shape_is_refused(saved):
    with pytest.raises(TrainingError, match=r"latest\.npz.*another shape"):
        load_variables(saved[0], compiled(units=10), optimizer=False)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_checkpoint_that_is_cut_off_is_named(saved, part):
    path, model = saved
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(TrainingError, match=r"latest\.npz: the checkpoint cannot be read"):
        read_header(path)
    with pytest.raises(TrainingError, match=r"latest\.npz: the checkpoint cannot be read"):
        load_variables(path, model, optimizer=True)


def test_a_checkpoint_with_a_changed_byte_is_named(saved):
    path, model = saved
    data = bytearray(path.read_bytes())
    data[data.index(model.embedding.embeddings.numpy().tobytes())] ^= 1
    path.write_bytes(data)
    with pytest.raises(TrainingError, match=r"latest\.npz: the checkpoint cannot be read"):
        load_variables(path, model, optimizer=True)


def test_a_save_that_is_interrupted_leaves_the_checkpoint_before_it(saved, monkeypatch):
    path, model = saved

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    for step in ("nlp.checkpoint.os.fsync", "nlp.checkpoint.np.savez"):
        monkeypatch.setattr(step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(path, model, Position(step=8), FACTS)
        assert read_header(path) == (POSITION, FACTS)
    load_variables(path, model, optimizer=True)
    monkeypatch.undo()
    save_checkpoint(path, model, Position(step=8), FACTS)
    assert read_header(path)[0].step == 8


def test_no_checkpoint_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"latest\.npz: there is no checkpoint"):
        read_header(tmp_path / "latest.npz")
