"""`kuaizui retrain` from its first line to its last, with tiny networks that are really trained, in processes of their
own: what is learned, what is kept, what an interruption leaves, and what is promoted."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlp.bundle import read_bundle_config, read_info
from nlp.generator import TextGenerator
from nlp.probe import read_probe
from nlp.tokenizers import load_tokenizer
from nlp.weights import load_weights
from tests.conftest import write_random_bundle

ROOT = Path(__file__).parents[2]
TOPICS = {"storm": "Heavy storm hits the coast", "match": "Team wins the match", "vote": "Council holds a vote"}
PLACES = ["Harwick", "Lissa", "Ostley", "Tolven", "Zzyzx", "Morava", "Sorrento", "Caldera", "Aldgate", "Valdoria"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
SETTINGS = [
    "train.epochs=10",
    "train.learning_rate=2e-2",
    "train.batch_tokens=800",
    "train.validate_every_steps=20",
    "train.dtype=float32",
    "train.max_minutes=0",
    "search.beam_size=2",
    "search.max_target_tokens=16",
    "cleaning.min_overlap=0.1",
    "cleaning.min_source_characters=10",
    "split.test_share=0.2",
    "retrain.practice_pairs=40",
    "retrain.taught_share=0.1",
    "retrain.least_piece_count=20",
]


def corpus(path):
    lines = [
        f"The {topic} came to {place} on {day}.\t{headline}"
        for place in PLACES
        for day in DAYS
        for topic, headline in TOPICS.items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    return path


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a parent of random weights and new texts."""
    place = tmp_path_factory.mktemp("retraining")
    write_random_bundle(
        place / "parent", copy=True, styles=("wire", "teaser"), max_source_tokens=24, max_target_tokens=16
    )
    corpus(place / "new.tsv")
    return place


@pytest.fixture(scope="module")
def kuaizui(place):
    """Runs a command; see `command_server.py`."""
    command = [sys.executable, str(Path(__file__).with_name("command_server.py"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "PYTHONPATH": ".", "KUAIZUI_HOME": str(place / "home")}
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes) as process:

        def kuaizui(*arguments, **fault):
            process.stdin.write(json.dumps({"arguments": list(map(str, arguments)), **fault}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert "Traceback" not in answer["err"] and "defect in Kuaizui" not in answer["err"], answer["err"]
            return answer

        yield kuaizui
        process.stdin.close()


def retrain(place, *more):
    changes = [part for change in SETTINGS for part in ("--set", change)]
    return ["retrain", "--from", place / "parent", "--corpus", place / "new.tsv", *changes, *more]


@pytest.fixture(scope="module")
def retrained(kuaizui, place):
    """Folder and answer of a retraining that nothing disturbed, and the parent's files before it."""
    before = digests(place / "parent")
    answer = kuaizui(*retrain(place, "-o", place / "run"))
    assert answer["code"] == 0, answer["err"]
    return place / "run", answer, before


def test_the_new_texts_are_learned_and_the_parent_is_not_touched(retrained, place):
    folder, answer, before = retrained
    assert digests(place / "parent") == before
    board = json.loads((folder / "scoreboard.json").read_text())
    new = next(each for each in board["domains"] if each["domain"] == "new")
    assert new["clear"] == "rise" and new["after"] > new["before"] + 0.3, board
    assert board["sentence"] in answer["out"] and board["sentence"].startswith("Better on the new texts")
    assert {each["domain"] for each in board["domains"]} == {"new", "old", "agreement"}
    assert digests(folder)["scoreboard.json"] == digests(folder / "bundle")["scoreboard.json"]
    assert "models promote" in answer["out"]


def test_the_bundle_is_whole_and_names_its_parent(retrained, place):
    folder = retrained[0] / "bundle"
    config, info = read_bundle_config(folder), read_info(folder)
    assert (info.name, info.task, info.language) == ("run", "headlines", "en")
    provenance = json.loads((folder / "provenance.json").read_text())
    digest = hashlib.sha256((place / "parent" / "manifest.json").read_bytes()).hexdigest()
    assert provenance["parent"] == {"name": "random", "sha256": digest, "origin": "random"}
    counts = provenance["retraining"]["pairs"]
    assert counts["new"] > 80 and counts["taught"] > 0 and counts["practice"] > 20 and counts["replayed"] == 0
    assert provenance["training"]["config"]["warmup_steps"] < 20
    assert str(place) not in (folder / "provenance.json").read_text() + (folder / "README.md").read_text()
    assert "## Retrained" in (folder / "README.md").read_text()
    assert config.model.vocab_size == load_tokenizer(folder / "tokenizer").vocab_size
    assert TextGenerator.load(folder).generate([("The storm in Lissa",)])[0].candidates


def test_the_vocabulary_has_grown_and_old_ids_have_not_moved(retrained, place):
    folder = retrained[0]
    old, new = load_tokenizer(place / "parent" / "tokenizer"), load_tokenizer(folder / "tokenizer")
    added = new.surfaces()[old.vocab_size :]
    assert new.surfaces()[: old.vocab_size] == old.surfaces()
    assert added and any("coast" in each or "vote" in each or "match" in each for each in added)
    assert f"{len(added)} new ones" in retrained[1]["out"]
    assert json.loads((folder / "run.json").read_text())["retraining"]["growth"]["added"] == len(added)


def test_the_probe_holds_no_line_of_the_corpus_and_the_new_models_own_outputs(retrained, place):
    folder = retrained[0]
    then, now = read_probe(folder), read_probe(folder / "bundle")
    assert [item.turns for item in then] == [item.turns for item in now] and len(then) > 100
    text = (place / "new.tsv").read_text()
    assert not any(turn in text for item in now for turn in item.turns)
    model = TextGenerator.load(folder / "bundle")
    generations = model.generate([item.turns for item in now[:5]])
    assert [item.output for item in now[:5]] == [each.candidates[0].text for each in generations]
    assert [item.reference for item in now] == [item.reference for item in then]
    assert sum(bool(item.reference) for item in now) == 60


def test_what_is_held_out_is_taught_by_nobody(retrained):
    folder = retrained[0]

    def sources(name):
        return {json.loads(line)["turns"][0] for line in (folder / name).read_text().splitlines()}

    learned = sources("mixed/train.jsonl")
    assert not learned & (sources("data/test.jsonl") | sources("data/validation.jsonl") | sources("probe.jsonl"))
    assert sources("taught.jsonl") <= sources("data/train.jsonl")


def without_the_clock(bundle):
    """The files of a bundle, but for how long the measuring took, and the manifest, whose hashes show that."""
    files = {name: digest for name, digest in digests(bundle).items() if name != "manifest.json"}
    text = (bundle / "metrics.json").read_text()
    timeless = json.loads(text, object_hook=lambda each: {key: each[key] for key in each if key != "timing"})
    return files | {"metrics.json": timeless}


@pytest.fixture
def orphaned(retrained, place):
    """The run, while its parent is not to be found."""
    (place / "parent").rename(place / "gone")
    yield retrained[0]
    (place / "gone").rename(place / "parent")


def test_an_export_of_the_run_is_the_bundle_that_the_retraining_made(kuaizui, orphaned, tmp_path):
    answer = kuaizui("export", orphaned, "-o", tmp_path / "run")
    assert answer["code"] == 0, answer["err"]
    made, exported = without_the_clock(orphaned / "bundle"), without_the_clock(tmp_path / "run")
    assert exported == made and {"scoreboard.json", "probe.jsonl"} <= made.keys()
    assert json.loads((orphaned / "scoreboard.json").read_text())["sentence"] in answer["out"]


def test_the_scoreboard_of_an_export_is_that_of_its_own_options(kuaizui, orphaned, tmp_path):
    (tmp_path / "notes.md").write_text("Read by three people.")
    options = ["--notes", tmp_path / "notes.md", "--set", "search.max_target_tokens=2", "--precision", "float32"]
    before = digests(orphaned)
    assert kuaizui("export", orphaned, "-o", tmp_path / "short", *options)["code"] == 0
    assert digests(orphaned) == before
    card = (tmp_path / "short" / "README.md").read_text()
    assert card.startswith("# short\n") and "Read by three people.\n\n## Retrained\n\nFrom random. " in card
    boards = [json.loads((each / "scoreboard.json").read_text()) for each in (orphaned, tmp_path / "short")]
    then, now = (board["domains"][0] for board in boards)
    assert now["domain"] == "new" and now["before"] == then["before"] and now["after"] < then["after"] - 0.1
    assert all(len(item.output.split()) <= 2 for item in read_probe(tmp_path / "short"))


def test_a_run_without_what_its_parent_wrote_says_what_to_do(kuaizui, retrained, place, tmp_path):
    folder = shutil.copytree(retrained[0], tmp_path / "run")
    assert kuaizui("export", folder, "--set", "search.max_target_tokens=2")["code"] == 0
    now, then = digests(folder), digests(retrained[0])
    assert now["scoreboard.json"] == now["bundle/scoreboard.json"] != then["scoreboard.json"]
    (folder / "before-new.jsonl").unlink()
    refused = kuaizui("export", folder, "-o", tmp_path / "out")
    assert refused["code"] == 2 and "before-new.jsonl" in refused["err"] and "--resume" in refused["err"]
    assert not (tmp_path / "out").exists()
    assert kuaizui(*retrain(place, "-o", folder, "--resume"))["code"] == 0
    assert without_the_clock(folder / "bundle") == without_the_clock(retrained[0] / "bundle")


def test_an_interrupted_retraining_goes_on_to_the_same_weights(kuaizui, retrained, place):
    folder = place / "interrupted"
    killed = kuaizui(*retrain(place, "-o", folder), signal=signal.SIGINT, once=str(folder / "best.npz"))
    assert killed["code"] == 130 and "--resume" in killed["err"]
    resumed = kuaizui(*retrain(place, "-o", folder, "--resume"))
    assert resumed["code"] == 0, resumed["err"]
    assert "Going on after step" in resumed["err"] and "as prepared before in" in resumed["out"]
    one, other = (load_weights(each / "bundle" / "weights.safetensors") for each in (retrained[0], folder))
    assert one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
    refused = kuaizui(*retrain(place, "-o", folder, "--resume", "--set", "retrain.taught_weight=0.9"))
    assert refused["code"] == 2 and "retrain.taught_weight" in refused["err"]
    refused = kuaizui(*retrain(place, "-o", folder))
    assert refused["code"] == 2 and "--resume" in refused["err"]


@pytest.fixture
def losing(retrained, place):
    """The retrained bundle as one whose scoreboard shows a clear fall."""
    from nlp.bundle import MANIFEST_FILE, BundleWriter

    folder = place / "losing"
    shutil.rmtree(folder, ignore_errors=True)
    board = json.loads((retrained[0] / "scoreboard.json").read_text())
    with BundleWriter(folder) as writer:
        shutil.copytree(retrained[0] / "bundle", writer.folder, dirs_exist_ok=True)
        (writer.folder / MANIFEST_FILE).unlink()
        writer.write_json("scoreboard.json", {**board, "old_skill_falls": True, "sentence": "Clearly worse."})
        writer.finish("losing", "headlines", "en", 1)
    return folder


def test_promotion_and_the_way_back(kuaizui, retrained, losing, place):
    shutil.rmtree(place / "home", ignore_errors=True)
    refused = kuaizui("models", "promote", losing)
    assert (
        refused["code"] == 2 and "Clearly worse. It is not promoted" in refused["err"] and "--force" in refused["err"]
    )
    assert not (place / "home").exists()
    # An honest one: whatever its own scoreboard says, --force lets it through.
    assert kuaizui("models", "promote", retrained[0], "--force")["code"] == 0
    assert "random stands for" in kuaizui("models")["out"]
    first = kuaizui("show", "random")
    assert first["code"] == 0 and first["out"].startswith("# run\n")
    assert kuaizui("models", "promote", losing, "--force")["code"] == 0
    back = kuaizui("models", "rollback", "random")
    assert back["code"] == 0 and "stands for" in back["out"]
    assert kuaizui("show", "random")["out"] == first["out"]
    assert kuaizui("models", "rollback", "random")["code"] == 0
    gone = kuaizui("models", "rollback", "random")
    assert gone["code"] == 3 and "nothing to take back" in gone["err"]
    assert kuaizui("show", "random")["code"] == 3


def test_a_name_keeps_its_task_and_a_damaged_bundle_is_not_promoted(kuaizui, retrained, place, tmp_path):
    wrong = kuaizui("models", "promote", retrained[0], "--force", "--name", "headlines-zh")
    assert wrong["code"] == 2 and "headlines-zh stands for a model for headlines (zh)" in wrong["err"]
    assert kuaizui("models", "promote", retrained[0], "--force", "--name", "../up")["code"] == 2
    broken = tmp_path / "broken"
    shutil.copytree(retrained[0] / "bundle", broken)
    (broken / "weights.safetensors").write_bytes(b"x")
    answer = kuaizui("models", "promote", broken, "--force")
    assert answer["code"] == 3 and "weights.safetensors" in answer["err"]


def test_a_second_retraining_starts_from_the_first_and_replays(kuaizui, retrained, place):
    changes = [part for change in (*SETTINGS, "train.epochs=1") for part in ("--set", change)]
    samples = ROOT / "corpora" / "samples" / "headlines-en.tsv"
    answer = kuaizui(
        "retrain", "--from", retrained[0], "--corpus", samples, "--replay", place / "new.tsv", *changes,
        "-o", place / "second",
    )  # fmt: skip
    assert answer["code"] == 0, answer["err"]
    provenance = json.loads((place / "second" / "bundle" / "provenance.json").read_text())
    assert provenance["parent"]["name"] == "run" and provenance["parent"]["origin"] == "random"
    assert provenance["retraining"]["pairs"]["replayed"] > 80
    assert [each["path"] for each in provenance["recipe"]["replay"]] == ["new.tsv"]
    board = json.loads((place / "second" / "scoreboard.json").read_text())
    # The samples are the new corpus now, so they are no old texts any more.
    assert {each["domain"] for each in board["domains"]} == {"new", "replay", "agreement"}
    assert {item.turns for item in read_probe(place / "second")} < {item.turns for item in read_probe(retrained[0])}
