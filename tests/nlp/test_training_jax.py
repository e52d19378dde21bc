"""The same training under JAX with TensorFlow absent, on one device and on two."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nlp.batching import make_batch, plan_batches
from nlp.model.likelihood import token_log_probs
from nlp.training import trained_model
from tests.nlp.killable_training import CASES, copies

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")


def trained(folder, devices):
    """What `jax_training.py` found out on that many devices, in a process of its own."""
    environment = {
        **os.environ,
        "PYTHONPATH": ".",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices} --xla_cpu_multi_thread_eigen=false "
        "--xla_backend_optimization_level=0",  # compiles in half the time
        "JAX_PLATFORMS": "cpu",
    }
    command = [sys.executable, str(Path(__file__).with_name("jax_training.py")), str(folder)]
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    return folder, trained(folder, 1)


@pytest.fixture(scope="module")
def two_devices(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    return folder, trained(folder, 2)


def arrays_of(checkpoint):
    with np.load(checkpoint) as file:
        return {name: file[name] for name in file.files if name != "header"}


def test_it_trains_and_resumes_to_the_same_bits_without_tensorflow(one_device):
    folder, found = one_device
    assert found["errors"] == ["", "KeyboardInterrupt: ", ""] and found["tensorflow"] is False
    for name in ("latest.npz", "best.npz"):
        whole, parts = (arrays_of(folder / run / name) for run in ("whole", "parts"))
        assert whole.keys() == parts.keys() and len(whole) > 20
        assert all(whole[key].tobytes() == parts[key].tobytes() for key in whole)


def test_its_weights_say_the_same_under_the_backend_of_these_tests(one_device):

    pairs = copies(8, 3, 17)
    batch = make_batch(pairs, plan_batches(pairs, 96, 0, 0)[0])
    model = trained_model(one_device[0] / "whole" / "best.npz", CASES["brief"][0])
    said = model({"source": batch.source, "target": batch.target_in})
    found = np.array(token_log_probs(said, batch.target_out, batch.source, copy=True))
    assert found == pytest.approx(np.load(one_device[0] / "log_probs.npy"), abs=1e-5)
    assert found.min() < -0.5


def test_two_devices_share_each_batch_and_learn_the_same(one_device, two_devices):
    assert (one_device[1]["devices"], one_device[1]["weight"], one_device[1]["rows"]) == (1, 1, [[0, 8]])
    assert (two_devices[1]["devices"], two_devices[1]["weight"]) == (2, 2)
    assert two_devices[1]["rows"] == [[0, 4], [4, 8]] and two_devices[1]["errors"] == [""]
    one, two = (arrays_of(folder / "whole" / "latest.npz") for folder, _ in (one_device, two_devices))
    assert one.keys() == two.keys()
    for name in (name for name in one if name.startswith("weight/")):
        assert two[name] == pytest.approx(one[name], abs=1e-4)
