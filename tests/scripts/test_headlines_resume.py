"""A run that is killed, or whose disk is full, goes on with --resume: each record once, the file as if in one go."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.errors import UsageError
from scripts.headlines import HeadlinesRequest, run_headlines
from scripts.search_options import SearchChoices
from scripts.sidecar import Progress, sidecar_path, write_progress
from tests.scripts.fake_generator import ROOT, FakeGenerator, load_fake

LINES = ["rain falls", "", 'a "quoted, line', "今天 下雨", "\t", "sun", "word" * 30]


class Killed(BaseException):
    """Stands for the end of the process: nothing in the code catches it."""


def killed_at(call):
    """A loader whose generators together end the process at this call to `generate`."""
    calls = []

    class Mortal(FakeGenerator):
        def generate(self, sources, search=None):
            calls.append(1)
            if len(calls) == call:
                raise Killed
            return super().generate(sources, search)

    return lambda model: Mortal(model)


TORN_END = b'{"id": "7", "head' + b"x\n" * 9000
"""What a kill in the middle of a write may leave; longer than all that follows, so that only a cut removes it."""


@given(
    st.lists(st.sampled_from(LINES), min_size=6, max_size=25),
    st.integers(1, 3),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.sampled_from([".jsonl", ".csv", ".txt"]),
)
@settings(max_examples=50, deadline=None)
def test_for_any_kill_points_the_resumed_file_is_identical(tmp_path_factory, lines, window, kills, ending):
    folder = tmp_path_factory.mktemp("resume")
    source, whole, output = folder / "news.txt", folder / f"whole{ending}", folder / f"out{ending}"
    source.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    expected = run_headlines(HeadlinesRequest(str(source), whole, window_records=window), load_fake)
    request = HeadlinesRequest(str(source), output, resume=True, window_records=window)
    for call in kills:
        try:
            run_headlines(request, killed_at(call))
            break
        except Killed:
            if sidecar_path(output).exists():
                with output.open("ab") as file:
                    file.write(TORN_END)
    if not output.exists() or sidecar_path(output).exists():
        assert run_headlines(request, load_fake) == expected
    assert output.read_bytes() == whole.read_bytes()
    shutil.rmtree(folder)


def command_line(folder, *arguments, check=None, limit_bytes=None, **environment):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    done = subprocess.run(
        [sys.executable, "-m", "tests.scripts.fake_generator", "headlines", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        preexec_fn=limit if limit_bytes else None,
    )
    assert check is None or done.returncode == check, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def news(tmp_path):
    lines = [f"w{number} and so on" if number % 10 else "" for number in range(1, 101)]
    (tmp_path / "news.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "news.txt"


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".txt"])
def test_after_a_real_kill_every_record_is_there_once(tmp_path, news, ending):
    arguments = [str(news), "-o", str(tmp_path / f"out{ending}"), "--window", "7"]
    command_line(tmp_path, *arguments, check=-signal.SIGKILL, FAKE_KILL_AT="w55")
    part = (tmp_path / f"out{ending}").read_bytes()
    assert "--resume" in command_line(tmp_path, *arguments, check=2)
    assert (tmp_path / f"out{ending}").read_bytes() == part
    assert "100 records, 10 with errors" in command_line(tmp_path, *arguments, "--resume", check=1)
    run_headlines(HeadlinesRequest(str(news), tmp_path / f"whole{ending}"), load_fake)
    whole = (tmp_path / f"whole{ending}").read_bytes()
    assert whole.startswith(part) and part and (tmp_path / f"out{ending}").read_bytes() == whole
    assert not list(tmp_path.glob("*.progress*"))


def test_a_disk_that_fills_half_way_is_told_and_resumed(tmp_path, news):
    arguments = [str(news), "-o", str(tmp_path / "out.jsonl"), "--window", "7"]
    message = command_line(tmp_path, *arguments, check=2, limit_bytes=3000)
    records = json.loads((tmp_path / "out.jsonl.progress").read_text())["records"]
    assert f"out.jsonl: no space left on the device. {records} records are safe" in message and "--resume" in message
    assert 7 <= records < 100 and records % 7 == 0
    command_line(tmp_path, *arguments, "--resume", check=1)
    ids = [json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert ids == [str(number) for number in range(1, 101)]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_disk_that_is_full_from_the_start(tmp_path, news):
    (tmp_path / "out.jsonl").symlink_to("/dev/full")
    with pytest.raises(UsageError, match=r"out.jsonl: no space left on the device. It is a device"):
        run_headlines(HeadlinesRequest(str(news), tmp_path / "out.jsonl"), load_fake)
    assert not sidecar_path(tmp_path / "out.jsonl").exists()
    with pytest.raises(UsageError, match=r"Leave out --resume"):
        run_headlines(HeadlinesRequest(str(news), tmp_path / "out.jsonl", resume=True), load_fake)


def test_a_touched_input_is_told_with_a_date(unfinished, news):
    os.utime(news, (86_400, 86_400))
    with pytest.raises(UsageError, match=r"input changed at was 20\d\d-.*, is 1970-01-0\d \d\d:00:00"):
        run_headlines(unfinished, load_fake)


@pytest.mark.parametrize("kill", [2, 99])
def test_names_that_are_no_utf8_are_written_and_resumed(tmp_path, kill):
    folder = tmp_path / os.fsdecode(b"n\xe4ws")
    folder.mkdir()
    for number in range(4):
        (folder / os.fsdecode(b"%d\xff.txt" % number)).write_text(f"w{number}")
    request = HeadlinesRequest(str(folder), folder / os.fsdecode(b"\xfcber.txt"), window_records=2, resume=True)
    with suppress(Killed):
        run_headlines(request, killed_at(kill))
    if kill == 2:
        run_headlines(request, load_fake)
    assert request.output.read_text() == "W0\nW1\nW2\nW3\n"
    assert not list(folder.glob("*.progress*"))


def test_a_sidecar_that_cannot_be_written_leaves_nothing_beside_it(tmp_path):
    with pytest.raises(TypeError):
        write_progress(tmp_path / "out.txt", Progress(run={"x": object()}))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("through_link", [False, True])
def test_an_output_inside_the_input_folder_is_no_article(tmp_path, through_link):
    folder = tmp_path / "fold"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.txt").write_text(f"w{number}")
    if through_link:
        (tmp_path / "real").write_text("")
        (folder / "out.txt").symlink_to(tmp_path / "real")
    request = HeadlinesRequest(str(folder), folder / "out.txt", window_records=2)
    for _ in range(2):
        assert run_headlines(request, load_fake).records == 4
    with pytest.raises(Killed):
        run_headlines(request, killed_at(2))
    assert run_headlines(replace(request, resume=True), load_fake).records == 4
    assert request.output.read_text() == "W0\nW1\nW2\nW3\n"


@pytest.fixture
def unfinished(tmp_path, news):
    request = HeadlinesRequest(str(news), tmp_path / "out.jsonl", window_records=7, resume=True)
    with pytest.raises(Killed):
        run_headlines(request, killed_at(4))
    assert sidecar_path(request.output).exists()
    return request


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "other"}, "--model was by script, is other"),
        ({"choices": SearchChoices(beam_size=2)}, "--beam was the model's, is 2"),
        ({"choices": SearchChoices(n_best=2)}, "--n-best was the model's, is 2"),
        ({"choices": SearchChoices(min_chars=2.5)}, "--min-chars was the model's, is 2.5"),
        ({"choices": SearchChoices(max_chars=9.0)}, "--max-chars was the model's, is 9"),
        ({"choices": SearchChoices(blocked_words=("rain",))}, "--block was the model's, is 1 word "),
        ({"choices": SearchChoices(must_have="sun")}, "--must-have was the model's, is sun"),
        ({"choices": SearchChoices(sample=True)}, "--sample was the model's, is yes"),
        ({"choices": SearchChoices(temperature=0.5)}, "--temperature was the model's, is 0.5"),
        ({"choices": SearchChoices(top_k=3)}, "--top-k was the model's, is 3"),
        ({"choices": SearchChoices(top_p=0.5)}, "--top-p was the model's, is 0.5"),
        ({"choices": SearchChoices(seed=3)}, "--seed was the model's, is 3"),
        ({"choices": SearchChoices(changes=("search.beam_size=3",))}, "--set was the model's, is search.beam_size=3"),
    ],
)
def test_other_options_are_refused(unfinished, change, message):
    with pytest.raises(UsageError, match=message):
        run_headlines(replace(unfinished, **change), load_fake)


def test_another_window_is_welcome(unfinished):
    assert run_headlines(replace(unfinished, window_records=50), load_fake).records == 100


def test_a_changed_input_is_refused(unfinished, news):
    news.write_text(news.read_text() + "more\n")
    with pytest.raises(UsageError, match=r"input size was"):
        run_headlines(unfinished, load_fake)


def test_an_output_cut_shorter_is_refused(unfinished):
    os.truncate(unfinished.output, 5)
    with pytest.raises(UsageError, match=r"it was changed since"):
        run_headlines(unfinished, load_fake)


@pytest.mark.parametrize("content", ["", "[]", '{"records": 3', '{"records": -1}', '{"records": "3"}', '{"format": 2}'])
def test_a_damaged_sidecar_is_refused(unfinished, content):
    sidecar_path(unfinished.output).write_text(content)
    with pytest.raises(UsageError, match=r"out.jsonl.progress: damaged"):
        run_headlines(unfinished, load_fake)


def test_there_must_be_something_to_resume(tmp_path, news):
    (tmp_path / "out.jsonl").write_text("finished\n")
    with pytest.raises(UsageError, match=r"nothing to resume"):
        run_headlines(HeadlinesRequest(str(news), tmp_path / "out.jsonl", resume=True), load_fake)
    with pytest.raises(UsageError, match=r"name it with -o"):
        run_headlines(HeadlinesRequest(str(news), resume=True), load_fake)
    with pytest.raises(UsageError, match=r"standard input"):
        run_headlines(HeadlinesRequest("-", tmp_path / "new.jsonl", resume=True), load_fake)


def test_a_folder_is_resumed_unless_a_file_changed(tmp_path):
    folder = tmp_path / "news"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(f"w{number}")
    request = HeadlinesRequest(str(folder), tmp_path / "out.txt", window_records=2, resume=True)
    with pytest.raises(Killed):
        run_headlines(request, killed_at(2))
    os.utime(folder / "4.txt", (0, 0))
    with pytest.raises(UsageError, match=r"files of the input folder were added, removed or changed"):
        run_headlines(request, load_fake)
    (tmp_path / "out.txt.progress").unlink()
    (tmp_path / "out.txt").unlink()
    run_headlines(request, load_fake)
    assert (tmp_path / "out.txt").read_text() == "W0\nW1\nW2\nW3\nW4\n"
