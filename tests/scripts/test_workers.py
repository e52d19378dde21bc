"""Several worker processes: the same file as from one, and neither a process nor a record lost when something dies."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlp.errors import BundleError, UsageError
from scripts.headlines import HeadlinesRequest, run_headlines
from scripts.sidecar import sidecar_path
from scripts.workers import WORKER_LOST, WorkerPool
from tests.scripts.fake_generator import ROOT, load_fake

LINES = [f"w{number} and so on" if number % 10 else "" for number in range(1, 101)]
needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes through /proc")


@pytest.fixture
def news(tmp_path):
    lines = [*LINES, "undecodable", "今天 下雨"]
    (tmp_path / "news.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "news.txt"


def whole(news):
    """What one process, in one go, writes."""
    output = news.with_name("whole.jsonl")
    run_headlines(HeadlinesRequest(str(news), output, window_records=7), load_fake)
    return output.read_bytes()


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.scripts.fake_generator", "headlines", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process, code):
    _, errors = process.communicate(timeout=300)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    return errors


def processes_of(session):
    """Ids of the live processes in a session; a zombie, which only waits to be collected, is none."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


def wait_for(condition):
    """Wait until `condition` holds; a minute is for machines under load, not an expectation."""
    for _ in range(6000):
        if result := condition():
            return result
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_two_workers_write_the_same_file_as_one_process(news):
    output = news.with_name("out.jsonl")
    summary = run_headlines(HeadlinesRequest(str(news), output, window_records=7, workers=2), load_fake)
    assert output.read_bytes() == whole(news)
    assert (summary.records, summary.errors) == (102, 11) and not sidecar_path(output).exists()


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [("headlines-xx", BundleError, "did you mean headlines-zh"), ("dialogue-en", UsageError, "model for dialogue")],
)
def test_an_error_in_a_worker_is_the_same_as_without(news, model, error, message):
    told = []
    for workers in (1, 2):
        output = news.with_name("out.jsonl")
        output.write_text("precious")
        with pytest.raises(error, match=message) as raised:
            run_headlines(HeadlinesRequest(str(news), output, model=model, workers=workers), load_fake)
        told.append((str(raised.value), raised.value.exit_code))
        assert output.read_text() == "precious" and not sidecar_path(output).exists()
    assert told[0] == told[1]


def test_windows_before_unreadable_input_come_out(tmp_path):
    from corpora.articles import InputRecord

    def failing():
        yield [InputRecord("1", "rain falls")], 11
        raise OSError("the disk went away")

    came = []
    with WorkerPool(2, load_fake, None) as pool, pytest.raises(OSError, match="went away"):
        came.extend(pool.write_all(failing()))
    assert [(record.headline, read) for records, read in came for record in records] == [("RAIN", 11)]


def test_no_more_windows_are_read_than_are_in_flight(tmp_path):
    from corpora.articles import InputRecord

    read = []

    def endless():
        while True:
            read.append(1)
            yield [InputRecord("1", "rain")], len(read)

    with WorkerPool(2, load_fake, None) as pool:
        for taken, _ in enumerate(pool.write_all(endless())):
            assert len(read) - taken <= 5
            if taken == 50:
                break


@needs_proc
def test_a_killed_worker_is_told_and_the_run_goes_on_with_resume(news):
    output = news.with_name("out.jsonl")
    arguments = [news, "-o", output, "--window", 7, "--workers", 2]
    process = start(*arguments, FAKE_KILL_AT="w55")
    errors = finish(process, 2)
    assert WORKER_LOST in errors and "--resume continues it" in errors
    wait_for(lambda: not processes_of(process.pid))
    expected, part = whole(news), output.read_bytes()
    safe = json.loads(sidecar_path(output).read_text())["output_bytes"]
    assert expected.startswith(part[:safe])
    finish(start(*arguments, "--resume"), 1)
    assert output.read_bytes() == expected and not sidecar_path(output).exists()


@needs_proc
@pytest.mark.parametrize(("stop", "to_all", "code"), [(signal.SIGINT, True, 130), (signal.SIGKILL, False, -9)])
def test_a_stopped_run_leaves_no_process_and_goes_on_with_resume(news, stop, to_all, code):
    """Ctrl-C goes to all processes of the terminal, kill to one."""
    output = news.with_name("out.jsonl")
    arguments = [news, "-o", output, "--window", 7, "--workers", 2]
    process = start(*arguments, FAKE_SLEEP_AT="w55")
    wait_for(sidecar_path(output).exists)
    assert len(processes_of(process.pid)) >= 3
    if to_all:
        os.killpg(process.pid, stop)
    else:
        os.kill(process.pid, stop)
    errors = finish(process, code)
    assert code != 130 or (errors.endswith("kuaizui: interrupted.\n") and "--resume continues it" in errors)
    wait_for(lambda: not processes_of(process.pid))
    finish(start(*arguments, "--resume"), 1)
    assert output.read_bytes() == whole(news) and not sidecar_path(output).exists()


@needs_proc
def test_a_run_of_two_workers_is_resumed_by_one_process(news):
    output = news.with_name("out.jsonl")
    arguments = [news, "-o", output, "--window", 7]
    finish(start(*arguments, "--workers", 2, FAKE_KILL_AT="w55"), 2)
    finish(start(*arguments, "--resume"), 1)
    assert output.read_bytes() == whole(news)


@needs_proc
def test_real_models_in_workers_write_what_one_process_writes(tmp_path, random_bundle):
    texts = (ROOT / "corpora/samples/news-en.txt").read_text(encoding="utf-8").splitlines() * 4
    (tmp_path / "news.txt").write_text("\n".join(texts), encoding="utf-8")
    written = []
    for workers in ("1", "2"):
        output = tmp_path / f"{workers}.jsonl"
        arguments = [str(tmp_path / "news.txt"), "--model", str(random_bundle), "-o", str(output), "--window", "3"]
        command = [sys.executable, "-m", "scripts", "headlines", *arguments, "--workers", workers]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        written.append(output.read_bytes())
    assert written[0] == written[1] and len(written[0].splitlines()) == len(texts)
