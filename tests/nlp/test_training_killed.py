"""A training that is killed, interrupted or left without disk, in real processes: it ends with the bits of one that was
never disturbed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlp.training.checkpoint import read_header

ROOT = Path(__file__).parents[2]
POINTS = (
    ("within an epoch", 3),
    ("half a checkpoint", 2),
    ("before the renames", 2),
    ("between the renames", 1),
    ("during validation", 1),
    ("while the best is written", 1),
)
"""Where each of six killed parts of a run ends, and at which time of passing there."""


@pytest.fixture(scope="module")
def carry_out():
    """Sends an order to the process of `killable_training.py`; see there."""
    command = [sys.executable, str(Path(__file__).with_name("killable_training.py"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}, text=True, **pipes) as process:

        def carry_out(case, folder, *, resume=True, **fault):
            order = {"case": case, "folder": str(folder), "resume": resume, **fault}
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield carry_out
        process.stdin.close()


@pytest.fixture(scope="module")
def undisturbed(carry_out, tmp_path_factory):
    """Folder of an undisturbed run of a case, made when it is first asked for."""
    folders = {}

    def folder_of(case):
        if case not in folders:
            folders[case] = tmp_path_factory.mktemp(case)
            answer = carry_out(case, folders[case], resume=False)
            assert answer["status"] == 0 and error_of(answer) == ""
        return folders[case]

    return folder_of


def error_of(answer):
    return answer["reports"][-1].get("error", "killed")


def steps_of(answer):
    return [report["step"] for report in answer["reports"][:-1] if not report["message"]]


def messages_of(answer):
    return [report["message"] for report in answer["reports"] if report.get("message")]


def state_of(checkpoint):
    """All bits of a checkpoint but the seconds it took."""
    position, facts = read_header(checkpoint)
    position.elapsed_seconds = 0.0
    with np.load(checkpoint) as file:
        arrays = {name: (file[name].dtype, file[name].tobytes()) for name in file.files if name != "header"}
    assert len(arrays) > 20
    return position, facts, arrays


def assert_same(folder, other):
    for name in ("latest.npz", "best.npz"):
        assert state_of(folder / name) == state_of(other / name), name
    assert {path.name for path in folder.iterdir()} == {"latest.npz", "latest.previous.npz", "best.npz"}


@pytest.mark.parametrize(
    ("case", "points"), [("plain", POINTS[:1]), ("copying", (POINTS[1], POINTS[4])), ("averaged", POINTS)]
)
def test_a_run_killed_at_named_points_ends_with_the_same_bits(carry_out, undisturbed, tmp_path, case, points):
    begun = False
    for point, times in points:
        answer = carry_out(case, tmp_path, resume=begun, point=point, times=times)
        assert answer["status"] == -signal.SIGKILL, (point, answer)
        begun = True
        if point == "half a checkpoint":
            assert (tmp_path / "latest.partial").stat().st_size < (tmp_path / "latest.npz").stat().st_size
        if point == "before the renames":  # the newest checkpoint is damaged besides; that is told in the next part
            whole = (tmp_path / "latest.npz").read_bytes()
            (tmp_path / "latest.npz").write_bytes(whole[: len(whole) // 2])
        if point == "between the renames":
            going_on, damaged = messages_of(answer)
            assert going_on.startswith("Going on after step ")
            assert damaged == "latest.npz is damaged or missing; going on from latest.previous.npz."
            assert not (tmp_path / "latest.npz").exists()
    last = carry_out(case, tmp_path)
    assert (last["status"], error_of(last)) == (0, "")
    assert_same(tmp_path, undisturbed(case))


def test_what_was_killed_half_written_is_cleared_away_even_when_no_step_is_left(carry_out, undisturbed, tmp_path):
    shutil.copytree(undisturbed("plain"), tmp_path, dirs_exist_ok=True)
    for name in ("latest.partial", "best.partial"):
        (tmp_path / name).write_bytes(b"half of a checkpoint")
    answer = carry_out("plain", tmp_path)
    assert (answer["status"], error_of(answer), steps_of(answer)) == (0, "", [])
    assert_same(tmp_path, undisturbed("plain"))


def test_a_run_killed_at_random_times_ends_with_the_same_bits(carry_out, undisturbed, tmp_path):
    draw, kills = random.Random(4), 0
    while True:
        fault = {"kill_after_reports": draw.randint(2, 7), "kill_after_seconds": draw.uniform(0.0, 0.05)}
        answer = carry_out("averaged", tmp_path, **fault)
        if not answer["status"]:
            break
        assert answer["status"] == -signal.SIGKILL
        kills += 1
        assert kills < 20
    assert kills > 1
    assert_same(tmp_path, undisturbed("averaged"))


@pytest.mark.parametrize(
    ("number", "step", "saved"),
    [
        (signal.SIGTERM, 14, 15),  # before the last validation, which is then made up for
        (signal.SIGINT, 15, 15),  # with nothing left to do
    ],
)
def test_an_interrupted_run_saves_and_ends_with_the_same_bits(carry_out, undisturbed, tmp_path, number, step, saved):
    answer = carry_out("plain", tmp_path, resume=False, signal_at=step, signals=[number])
    assert error_of(answer) == "KeyboardInterrupt: " and steps_of(answer)[-1] == step
    assert read_header(tmp_path / "latest.npz")[0].step == saved
    assert error_of(carry_out("plain", tmp_path)) == ""
    assert_same(tmp_path, undisturbed("plain"))


def test_a_second_interruption_ends_at_once_and_saves_nothing_half_done(carry_out, undisturbed, tmp_path):
    answer = carry_out("plain", tmp_path, resume=False, signal_at=3, signals=[signal.SIGINT, signal.SIGINT])
    assert error_of(answer) == "KeyboardInterrupt: "
    assert read_header(tmp_path / "latest.npz")[0].step == 2
    assert error_of(carry_out("plain", tmp_path)) == ""
    assert_same(tmp_path, undisturbed("plain"))


def test_a_full_disk_leaves_the_last_good_checkpoint_and_is_told(carry_out, undisturbed, tmp_path):
    answer = carry_out("plain", tmp_path, resume=False, limit_at=3, file_limit=20_000)
    told = messages_of(answer)
    assert len(told) == 3 and all("Training goes on: make room" in message for message in told)
    assert all("latest.npz: the checkpoint could not be written" in message for message in told)
    assert "best.npz: the checkpoint could not be written" in error_of(answer)
    assert "Make room on the disk and go on with --resume" in error_of(answer)
    assert {path.name for path in tmp_path.iterdir()} == {"latest.npz", "latest.previous.npz"}
    assert read_header(tmp_path / "latest.npz")[0].step == 2
    freed = carry_out("plain", tmp_path, limit_at=3, file_limit=20_000, unlimit_at=5)
    assert (len(messages_of(freed)), error_of(freed)) == (3, "")
    assert_same(tmp_path, undisturbed("plain"))
