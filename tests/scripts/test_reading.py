"""Blind reading: nothing on the sheet tells the systems apart, and every answer is counted for its own."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nlp.errors import UsageError
from scripts.reading import QUESTIONS, command
from tests.scripts.fake_generator import FakeGenerator


def invoke(*arguments: object, task: str = "headlines"):
    return CliRunner().invoke(command, [*map(str, arguments)], obj=lambda model: FakeGenerator(task=task))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "test.tsv"
    path.write_text("".join(f'oil {n} rose "much" today\tReference {n}\n' for n in range(20)), encoding="utf8")
    return path


def made(corpus: Path, tmp_path: Path, task: str = "headlines", seed: int = 1) -> Path:
    folder = tmp_path / f"sheet-{task}-{seed}"
    result = invoke("make", "--model", "m", "--corpus", corpus, "--count", 8, "--seed", seed, "-o", folder, task=task)
    assert result.exit_code == 0, result.output
    return folder


@pytest.mark.parametrize(
    "task, systems", [("headlines", {"model", "reference", "lead"}), ("dialogue", {"model", "random"})]
)
def test_each_source_has_a_text_of_every_system_in_an_order_that_tells_nothing(corpus, tmp_path, task, systems):
    folder = made(corpus, tmp_path, task)
    rows, key = rows_of(folder / "sheet.tsv"), json.loads((folder / "key.json").read_text(encoding="utf8"))["systems"]
    assert set(rows[0]) == {"item", "source", "text", *QUESTIONS[task]}
    seen = {}
    for row, system in zip(rows, key, strict=True):
        seen.setdefault(row["source"], {})[system] = row["text"]
    assert len(seen) == 8 and all(texts.keys() == systems for texts in seen.values())
    for source, texts in seen.items():
        own = f"Reference {source.split()[1]}"
        assert texts["model"] == "OIL"
        assert texts.get("reference", own) == own and texts.get("random", "") != own
        assert source.startswith(texts.get("lead", ""))
    assert (
        key != sorted(key) and key != json.loads((made(corpus, tmp_path, task, 2) / "key.json").read_text())["systems"]
    )


def test_answers_count_for_the_system_whose_text_they_are_about(corpus, tmp_path):
    folder = made(corpus, tmp_path)
    path = folder / "sheet.tsv"
    lines = path.read_text(encoding="utf8").splitlines()
    filled = [lines[0]]
    for line in lines[1:]:
        item, source, text, *_ = line.split("\t")
        filled.append(
            "\t".join([item, source, text, "y" if text.startswith("Ref") else "n", "Y" if text == "OIL" else "n"])
        )
    path.write_text("\n".join(filled) + "\n", encoding="utf8")
    result = invoke("score", folder)
    assert result.exit_code == 0, result.exception
    shares = json.loads((folder / "report.json").read_text(encoding="utf8"))["shares"]
    found = {system: (each["acceptable"]["share"], each["wrong_fact"]["share"]) for system, each in shares.items()}
    assert found == {"lead": (0.0, 0.0), "model": (0.0, 1.0), "reference": (1.0, 0.0)}
    assert {row["system"] for row in rows_of(folder / "read.tsv")} == set(found)
    assert "acceptable 100% [100%, 100%]" in result.output


def test_prompts_are_answered_as_in_a_chat_beside_replies_drawn_from_a_corpus(corpus, tmp_path):
    prompts = tmp_path / "prompts.tsv"
    prompts.write_text("food\tsoup is cold\nfood\twho ate it\nI want to kill myself\n", encoding="utf8")
    arguments = ("make", "--model", "m", "--prompts", prompts, "--random-from", corpus, "-o", tmp_path / "sheet")
    result = invoke(*arguments, task="dialogue")
    assert result.exit_code == 0, result.output
    systems = json.loads((tmp_path / "sheet/key.json").read_text(encoding="utf8"))["systems"]
    texts = {system: {} for system in systems}
    for row, system in zip(rows_of(tmp_path / "sheet/sheet.tsv"), systems, strict=True):
        texts[system][row["source"]] = row["text"]
    assert texts["model"]["soup is cold"] == "SOUP" and texts["model"]["who ate it"] == "WHO"
    assert texts["model"]["I want to kill myself"] not in ("I", "")  # the rules of the chat answer this
    assert texts["random"].keys() == texts["model"].keys()
    assert all(text.startswith("Reference") for text in texts["random"].values())


def test_where_an_answer_is_expected_readers_say_whether_it_is_right(tmp_path):
    prompts, folder = tmp_path / "prompts.tsv", tmp_path / "sheet"
    prompts.write_text("name\twhat is your name\tgives its name\nage\thow old are you\tis honest\n", encoding="utf8")
    assert invoke("make", "--model", "m", "--prompts", prompts, "-o", folder, task="dialogue").exit_code == 0
    rows = rows_of(folder / "sheet.tsv")
    assert {row["source"]: row["expected"] for row in rows} == {
        "what is your name": "gives its name",
        "how old are you": "is honest",
    }
    sheet = (folder / "sheet.tsv").read_text(encoding="utf8").splitlines()
    filled = [sheet[0], *(line + ("y" if "name" in line else "n") for line in sheet[1:])]
    (folder / "sheet.tsv").write_text("\n".join(filled) + "\n", encoding="utf8")
    result = invoke("score", folder, task="dialogue")
    assert result.exit_code == 0 and "right 50 %" in result.output.replace("50%", "50 %")
    assert {row["right"] for row in rows_of(folder / "read.tsv") if "name" in row["source"]} == {"y"}


def test_prompts_are_for_chat_models_and_never_beside_a_corpus(corpus, tmp_path):
    folder = tmp_path / "sheet"
    result = invoke("make", "--model", "m", "--prompts", corpus, "-o", folder)
    assert isinstance(result.exception, UsageError) and "chat models" in str(result.exception)
    result = invoke("make", "--model", "m", "--prompts", corpus, "--corpus", corpus, "-o", folder, task="dialogue")
    assert isinstance(result.exception, UsageError) and "either --corpus" in str(result.exception)
    empty = tmp_path / "empty.tsv"
    empty.write_text("", encoding="utf8")
    result = invoke("make", "--model", "m", "--prompts", empty, "-o", folder, task="dialogue")
    assert isinstance(result.exception, UsageError) and "nothing in it" in str(result.exception)
    assert not folder.exists()


def test_a_missing_answer_is_named_and_a_sheet_never_written_over(corpus, tmp_path):
    folder = made(corpus, tmp_path)
    assert "item 1: acceptable is ''" in str(invoke("score", folder).exception)
    again = invoke("make", "--model", "m", "--corpus", corpus, "-o", folder)
    assert isinstance(again.exception, UsageError) and "never written over" in str(again.exception)


def test_damaged_sheets_and_keys_are_refused_in_words_and_a_byte_order_mark_is_not_damage(corpus, tmp_path):
    folder = made(corpus, tmp_path)
    path, key = folder / "sheet.tsv", folder / "key.json"
    lines = path.read_text(encoding="utf8").splitlines()
    answered = [lines[0], *(line.rstrip("\t") + "\ty\tn" for line in lines[1:])]
    path.write_text("\ufeff" + "\n".join(answered) + "\n", encoding="utf8")
    assert invoke("score", folder).exit_code == 0
    semicolons = [line.replace("\t", ";") for line in answered]
    for damaged in ([*answered[:2], answered[1], *answered[3:]], answered[:-1], semicolons):
        path.write_text("\n".join(damaged) + "\n", encoding="utf8")
        assert "the items must be 1 to 24" in str(invoke("score", folder).exception)
    key.write_text("{", encoding="utf8")
    assert "not the key of a sheet" in str(invoke("score", folder).exception)
