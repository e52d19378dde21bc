"""The `kuaizui` command: what is imported, what is said, and every exit code, in real processes where that matters."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import click
import pytest

from scripts.cli import SUBCOMMANDS, run
from scripts.headlines import command as headlines_command
from tests.scripts.fake_generator import ROOT, FakeGenerator, load_fake


def start(*arguments, module="tests.scripts.fake_generator", **streams):
    """A process as a person starts it: standard output has a buffer, which Python flushes once more at its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    streams = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": environment,
    } | streams
    return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, **streams)


def finish(process, code):
    output, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert b"Traceback" not in errors and b"Exception ignored" not in errors
    return (output or b"").decode(), errors.decode()


@pytest.fixture
def news(tmp_path):
    (tmp_path / "news.txt").write_text("rain falls\nsun shines\n")
    return str(tmp_path / "news.txt")


def test_help_and_headlines_import_nothing_heavy(news):
    script = (
        "import sys; from scripts.cli import run; from tests.scripts.fake_generator import load_fake;"
        "before = set(sys.modules); run(['--help']); run(['headlines', sys.argv[1]], load_fake);"
        "print(sorted({name.split('.')[0] for name in sys.modules}), 'corpora.preparation' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, news], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "headlines" in done.stdout
    names, prepares = done.stdout.splitlines()[-1].rsplit(" ", 1)
    loaded = set(names.strip("[]").replace("'", "").split(", "))
    assert prepares == "False", "only the reading of articles is needed of corpora"
    assert "click" in loaded
    assert not loaded & {
        "tensorflow",
        "keras",
        "telegram",
        "jieba",
        "sentencepiece",
        "rich",
        "onnxruntime",
        "numpy",
        "sacrebleu",
        "rouge_score",
        "onnx",
    }


def test_importing_the_command_imports_no_subcommand():
    script = "import sys, scripts.cli; print([name for name in sys.modules if name.startswith(('scripts', 'nlp'))])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['scripts', 'nlp', 'nlp.errors', 'scripts.cli']"


def test_the_help_lists_every_command(capsys):
    assert run(["--help"]) == 0
    output = capsys.readouterr().out
    assert all(f"  {name} " in output for name in SUBCOMMANDS) and len(SUBCOMMANDS) == 13
    assert run([]) == 0
    assert capsys.readouterr().out == output


def test_the_table_of_commands_points_at_click_commands():
    assert SUBCOMMANDS["headlines"].target == "scripts.headlines:command"
    assert isinstance(headlines_command, click.Command)
    assert run(["headlines", "--help"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["headline"], "no command named 'headline'. Did you mean headlines"),
        (["xyzzy"], "There are: headlines, chat"),
        (["headlines"], "Missing argument 'INPUT'.\nTry 'kuaizui headlines --help'."),
        (["headlines", "-", "--beam", "x"], "--beam"),
        (["--bogus"], "--bogus"),
        (["headlines", "nowhere.txt"], "nowhere.txt: no such file or folder"),
        (["generate"], "--model"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, message, capsys):
    assert run(arguments, load_fake) == 2
    output, errors = capsys.readouterr()
    assert errors.startswith("kuaizui: error: ") and message in errors and output == ""


def test_headlines_of_a_file_on_standard_output(news):
    output, errors = finish(start("headlines", news), 0)
    assert [json.loads(line)["headline"] for line in output.splitlines()] == ["RAIN", "SUN"]
    assert "2 records, 0 with errors" in errors


def test_records_with_errors_are_exit_code_1(tmp_path):
    lines = "rain\n" + "\n" * 30 + "sun\n"
    process = start("headlines", "-", stdin=subprocess.PIPE)
    output, errors = process.communicate(lines.encode(), timeout=60)
    assert process.returncode == 1
    assert len(output.splitlines()) == 32
    assert "standard input, line 2: the text is empty" in errors.decode() and "20 more records" in errors.decode()


def test_an_unknown_model_is_exit_code_3(news):
    output, errors = finish(start("headlines", news, "--model", "headlines-xx"), 3)
    assert errors == "kuaizui: error: no model headlines-xx; did you mean headlines-zh?\n" and output == ""


def test_a_reader_that_goes_away_is_a_quiet_stop(tmp_path):
    (tmp_path / "news.txt").write_text("rain falls\n" * 100_000)
    process = start("headlines", str(tmp_path / "news.txt"), "--window", "10")
    assert b"RAIN" in process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 141
    assert errors == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [["headlines"], ["--help"]])
def test_standard_output_on_a_full_disk(arguments, news):
    with open("/dev/full", "wb") as full:
        _, errors = finish(start(*arguments, *([news] if arguments == ["headlines"] else []), stdout=full), 2)
    assert "kuaizui: error: no space left on the device while writing standard output" in errors
    assert "-o OUT" in errors if arguments == ["headlines"] else "replaced" in errors


@pytest.mark.parametrize(
    ("arguments", "closed", "message"),
    [
        ("headlines NEWS", ">&-", "standard output is closed"),
        ("--help", ">&-", "standard output is closed"),
        ("headlines -", "<&-", "standard input is closed"),
        ("generate --model m", "<&-", "standard input is closed"),
        ("chat --model dialogue-en", "<&-", "standard input is closed"),
    ],
)
def test_a_closed_stream_that_is_needed_is_told(arguments, closed, message, news):
    command = f"{sys.executable} -m tests.scripts.fake_generator {arguments.replace('NEWS', news)} {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and done.stderr.startswith(f"kuaizui: error: {message}") and not done.stdout
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("options", "closed"), [("", "2>&-"), ("-o OUT", ">&- 2>&- <&-"), ("--workers 2", "2>&-")])
def test_a_closed_stream_that_is_not_needed_does_no_harm(options, closed, news, tmp_path):
    options = options.replace("OUT", str(tmp_path / "out.jsonl"))
    command = f"{sys.executable} -m tests.scripts.fake_generator headlines {news} {options} {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)
    written = (tmp_path / "out.jsonl").read_text() if "-o" in options else done.stdout
    assert done.returncode == 0
    assert [json.loads(line)["headline"] for line in written.splitlines()] == ["RAIN", "SUN"]


def test_many_more_threads_than_cores_are_refused(news, capsys):
    assert run(["headlines", news, "--threads", "100000"]) == 2
    assert "--threads 100000: this machine has" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["empty.txt", "empty.csv", "empty.jsonl"])
def test_an_empty_input_is_told_and_no_error(name, tmp_path, capsys):
    (tmp_path / name).write_text("")
    assert run(["headlines", str(tmp_path / name)], load_fake) == 0
    assert f"{name}: no articles in it" in capsys.readouterr().err


def test_one_record_is_no_plural(tmp_path, capsys):
    (tmp_path / "one.txt").write_text("rain\n")
    assert run(["headlines", str(tmp_path / "one.txt")], load_fake) == 0
    assert "kuaizui: 1 record, 0 with errors" in capsys.readouterr().err


def test_an_interrupt_is_exit_code_130_and_says_how_to_go_on(tmp_path):
    (tmp_path / "news.txt").write_text("rain falls\n" * 1_000_000)
    output = tmp_path / "out.jsonl"
    process = start("headlines", str(tmp_path / "news.txt"), "-o", str(output), "--window", "10")
    while not (tmp_path / "out.jsonl.progress").exists():
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = finish(process, 130)
    assert "the same command with --resume continues it" in errors and "kuaizui: interrupted." in errors


class Failing(FakeGenerator):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def generate(self, sources, search=None):
        raise self.error


class CorpusLikeError(Exception):
    exit_code = 2


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (CorpusLikeError("line 3 is bad"), 2, "kuaizui: error: line 3 is bad\n"),
        (KeyboardInterrupt(), 130, "kuaizui: interrupted.\n"),
        (PermissionError(errno.EACCES, "Permission denied", "news.txt"), 2, "error: 'news.txt': Permission denied"),
        (
            OSError(errno.ENOSPC, "No space left on device", "x.npz"),
            2,
            "no space left on the device while writing 'x.npz'",
        ),
        (ModuleNotFoundError("no", name="keras.layers"), 2, "pip install -e '.[train]'"),
        (ModuleNotFoundError("no", name="rouge_score"), 2, "pip install -e '.[evaluate]'"),
        (ModuleNotFoundError("no", name="surprise"), 70, "defect in Kuaizui"),
        (ZeroDivisionError("first\nsecond"), 70, "ZeroDivisionError: first. Please report"),
        (OSError("odd"), 70, "defect in Kuaizui"),
        (ValueError(), 70, "(no message)"),
    ],
)
def test_errors_end_as_messages_and_exit_codes(error, code, message, news, capsys, monkeypatch):
    monkeypatch.delenv("KUAIZUI_DEBUG", raising=False)
    assert run(["headlines", news], lambda _: Failing(error)) == code
    errors = capsys.readouterr().err
    assert message in errors and "Traceback" not in errors


def test_the_traceback_of_a_defect_is_shown_on_demand(news, capsys, monkeypatch):
    monkeypatch.setenv("KUAIZUI_DEBUG", "1")
    assert run(["headlines", news], lambda _: Failing(ZeroDivisionError("x"))) == 70
    assert "Traceback" in capsys.readouterr().err


def test_output_is_utf8_whatever_the_locale(tmp_path):
    (tmp_path / "news.txt").write_text("今天 下雨\n", encoding="utf-8")
    environment = os.environ | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    output, _ = finish(start("headlines", str(tmp_path / "news.txt"), env=environment), 0)
    assert "今天" in output


def test_generate_gives_one_line_for_each_line():
    process = start("generate", "--model", "dialogue-en", stdin=subprocess.PIPE)
    output, errors = process.communicate("hello there\n\n再 见\n".encode(), timeout=60)
    assert (output.decode(), process.returncode) == ("HELLO\n\n再\n", 1)
    assert "line 2: the text is empty" in errors.decode()
    output, errors = start("generate", "--model", "m", stdin=subprocess.PIPE).communicate("\u200b\n".encode())
    assert "standard input, line 1: nothing of the text is left" in errors.decode()


def test_the_module_runs_as_the_command_does():
    output, _ = finish(start("--version", module="scripts"), 0)
    assert output.startswith("kuaizui")
