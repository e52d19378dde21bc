"""What a tiny chat model remembers, from its training to the console and through a retraining, in processes of their
own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from corpora import read_prepared
from corpora.prepared import split_path
from nlp.generator import TextGenerator
from nlp.memory import MEMORY_FILE, Memory, wording
from nlp.tokenizers import load_tokenizer

ROOT = Path(__file__).parents[2]
THINGS = "river bridge storm garden teacher kitchen window station market island doctor letter winter summer".split()  # noqa: SIM905  a list would take a page
OWN = [
    (f"tell me of the {thing}", f"My {thing} is a story in {place}.") for place, thing in enumerate(THINGS, start=20)
]
OTHERS = [(f"what about that {thing}?", f"They sold a {thing} for {place}.") for place, thing in enumerate(THINGS)]
FACTS = [(f"who owns Zzyzx number {number}?", f"Number {number} is owned by Morava.") for number in range(20)]
FACTS += [(message, f"A new tale of the {THINGS[0]}.") for message, _ in OWN[:1]] * 4
RECIPE = """
task = "dialogue"
language = "en"
[[corpora]]
path = "own.tsv"
style = "companion"
[[corpora]]
path = "others.tsv"
style = "public"
[split]
task = "headlines"
validation_share = 0.1
test_share = 0.1
[tokenizer]
vocab_size = 120
[model]
styles = ["companion", "public"]
embedding_units = 16
encoder_units = 16
decoder_units = 16
max_source_tokens = 40
max_target_tokens = 40
[train]
epochs = 1
[search]
style = "companion"
beam_size = 2
max_target_tokens = 40
recall = 0.3
"""
RETRAIN = ["train.epochs=1", "retrain.practice_pairs=20", "retrain.replay_small_talk=false", "split.test_share=0.2"]
RETRAIN += ["retrain.least_piece_count=3", "cleaning.min_target_characters=1"]


def write_pairs(path, pairs):
    path.write_text("".join(f"{message}\t{reply}\n" for message, reply in pairs), encoding="utf8")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("remembering")
    write_pairs(place / "own.tsv", OWN)
    write_pairs(place / "others.tsv", OTHERS)
    write_pairs(place / "facts.tsv", FACTS)
    (place / "tiny.toml").write_text(RECIPE.replace('"own', f'"{place}/own').replace('"oth', f'"{place}/oth'))
    return place


@pytest.fixture(scope="module")
def kuaizui(place):
    """Runs a command, which must not fail; see `command_server.py`."""
    command = [sys.executable, str(Path(__file__).with_name("command_server.py"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "PYTHONPATH": ".", "KUAIZUI_HOME": str(place / "home")}
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes) as process:

        def kuaizui(*arguments):
            process.stdin.write(json.dumps({"arguments": list(map(str, arguments))}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["code"] == 0, answer["err"]

        yield kuaizui
        process.stdin.close()


@pytest.fixture(scope="module")
def trained(kuaizui, place):
    """Folder of the run of a chat model."""
    kuaizui("train", place / "tiny.toml", "-o", place / "chat")
    return place / "chat"


@pytest.fixture(scope="module")
def retrained(kuaizui, trained, place):
    """Folder of the run that taught a copy of that model new facts, and is alone since."""
    shutil.copytree(trained / "bundle", place / "parent")
    changes = [part for change in RETRAIN for part in ("--set", change)]
    kuaizui("retrain", "--from", place / "parent", "--corpus", place / "facts.tsv", *changes, "-o", place / "new")
    shutil.rmtree(place / "parent")
    return place / "new"


def learned(run, style="companion"):
    return [
        (pair.turns[0], pair.target) for pair in read_prepared(split_path(run / "data", "train")) if pair.style == style
    ]


def answers(bundle, messages):
    generations = TextGenerator.load(bundle, threads=1).generate([(message,) for message in messages])
    return [each.candidates[0].text for each in generations]


def test_an_exported_chat_model_remembers_the_pairs_of_its_own_style_alone(trained):
    memory, own = Memory.load(trained / "bundle" / MEMORY_FILE), learned(trained)
    assert 8 < len(own) < len(OWN) and learned(trained, "public")
    assert list(memory.pairs()) == [(wording(message), reply) for message, reply in own]
    assert MEMORY_FILE in json.loads((trained / "bundle" / "manifest.json").read_text())["files"]


def test_a_known_wording_is_answered_with_its_reply_in_the_console(trained):
    own = learned(trained)
    assert answers(trained / "bundle", [message.upper() for message, _ in own]) == [reply for _, reply in own]
    command = [sys.executable, "-m", "scripts", "chat", "--model", str(trained / "bundle")]
    said = subprocess.run(command, cwd=ROOT, input=own[0][0] + "\n", capture_output=True, text=True, check=True)
    assert said.stdout == own[0][1] + "\n"


def test_an_export_without_recall_remembers_nothing(kuaizui, trained, tmp_path):
    kuaizui("export", trained, "-o", tmp_path / "plain", "--set", "search.recall=0")
    assert not (tmp_path / "plain" / MEMORY_FILE).exists()


def test_a_retrained_model_says_the_new_replies_and_else_what_its_parent_said(retrained, trained):
    new, old = learned(retrained), learned(trained)
    changed = {message for message, _ in new}
    assert len(new) > 10
    kept = [(message, reply) for message, reply in old if message not in changed]
    assert answers(retrained / "bundle", [message for message, _ in new]) == [reply for _, reply in new]
    assert answers(retrained / "bundle", [message for message, _ in kept]) == [reply for _, reply in kept]
    tokenizer = load_tokenizer(retrained / "tokenizer")
    assert tokenizer.vocab_size > load_tokenizer(trained / "tokenizer").vocab_size


def test_an_export_without_the_parent_remembers_the_same(kuaizui, retrained, tmp_path):
    kuaizui("export", retrained, "-o", tmp_path / "new")
    memories = [(folder / MEMORY_FILE).read_bytes() for folder in (retrained / "bundle", tmp_path / "new")]
    assert memories[0] == memories[1]
