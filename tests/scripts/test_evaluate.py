"""`kuaizui evaluate` from files to table and JSON, with a model of fifteen lines."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from nlp.config import SearchConfig
from nlp.errors import UsageError
from scripts.evaluate import command
from scripts.evaluation_tables import FIGURE_LABELS

CHINESE = "央行宣布下调基准利率\t央行降息\n暴雨淹没老城区街道\t暴雨淹没老城\n"


class FirstFour:
    """Answers with the first four characters of its source."""

    name, task, language = "headlines-fake", "headlines", "zh"
    ordinary_words: frozenset[str] = frozenset()
    search = SearchConfig(beam_size=5, n_best=3)

    def generate(self, sources: Sequence[Sequence[str]], search: SearchConfig | None = None) -> list[SimpleNamespace]:
        self.last_search = search
        return [SimpleNamespace(candidates=(SimpleNamespace(text=turns[-1][:4]),), warnings=()) for turns in sources]

    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[str], style: str | None = None
    ) -> list[SimpleNamespace]:
        return [SimpleNamespace(log_prob=-2.0, tokens=2, correct_tokens=1) for _ in targets]


@pytest.fixture
def generator() -> FirstFour:
    return FirstFour()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "test.tsv"
    path.write_text(CHINESE, encoding="utf-8")
    return path


def invoke(generator: FirstFour, *arguments: object) -> Result:
    return CliRunner().invoke(command, ["--model", "fake", *map(str, arguments)], obj=lambda model: generator)


def test_table_has_both_systems_and_intervals(generator: FirstFour, corpus: Path) -> None:
    result = invoke(generator, "--corpus", corpus)
    assert result.exit_code == 0, result.output
    # by character: 央行宣布 / 央行降息 share 2 of 4 and 4; 暴雨淹没 / 暴雨淹没老城 share 4 of 4 and 6: (0.5 + 0.8) / 2
    row = next(line for line in result.stdout.splitlines() if "ROUGE-1 by character" in line)
    assert "65.0" in row
    assert "50.0 … 80.0" in row
    lines = " ".join(result.stdout.split())
    assert "the article's first 8 characters" in lines
    assert "ROUGE-L by word" in result.stdout
    assert "perplexity 2.72" in result.stdout  # e: one nat a token
    assert "headlines/s" in result.stdout
    assert "these same pairs" in lines


def test_labels_are_whole_at_eighty_columns(generator: FirstFour, corpus: Path) -> None:
    shown = invoke(generator, "--corpus", corpus).stdout
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert [label for label in FIGURE_LABELS.values() if label not in shown] == []


def test_samples_stand_beside_references(generator: FirstFour, corpus: Path) -> None:
    shown = invoke(generator, "--corpus", corpus, "-n", 1).stdout
    assert all(text in shown for text in ("央行宣布下调基准利率", "央行降息", "央行宣布"))
    assert "暴雨" not in shown
    assert "央行" not in invoke(generator, "--corpus", corpus, "-n", 0).stdout


def test_brackets_in_text_are_text(generator: FirstFour, tmp_path: Path) -> None:
    path = tmp_path / "brackets.tsv"
    path.write_text("[b]粗体[/b]新闻\t[red]标题\n", encoding="utf-8")
    shown = invoke(generator, "--corpus", path).stdout
    assert "[b]粗体[/b]新闻" in shown
    assert "[red]标题" in shown


def test_json_file(generator: FirstFour, corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "metrics.json"
    assert invoke(generator, "--corpus", corpus, "-o", output).exit_code == 0
    report = json.loads(output.read_text(encoding="utf-8"))
    assert report["corpus"] == "test.tsv"
    assert str(tmp_path) not in output.read_text(encoding="utf-8")
    assert report["figures"]["rouge_1_characters"]["value"] == pytest.approx(0.65)
    assert report["likelihood"]["token_accuracy"] == 0.5
    assert report["samples"][0]["reference"] == "央行降息"


def test_json_on_standard_output_is_alone_there(generator: FirstFour, corpus: Path) -> None:
    result = invoke(generator, "--corpus", corpus, "-o", "-")
    assert json.loads(result.stdout)["examples"] == 2
    assert "BLEU" in result.stderr


def test_limit_and_beam(generator: FirstFour, corpus: Path) -> None:
    result = invoke(generator, "--corpus", corpus, "--limit", 1, "--beam", 2, "-o", "-")
    report = json.loads(result.stdout)
    assert report["examples"] == 1
    assert generator.last_search == SearchConfig(beam_size=1, n_best=1)  # greedy, to compare with
    assert report["search"]["beam_size"] == 2


def test_pairs_are_drawn_by_a_fixed_seed_and_no_last_turn_comes_twice(generator: FirstFour, tmp_path: Path) -> None:
    corpus = tmp_path / "talk.tsv"
    lines = [f"Prompt {number // 2}\tanswer {number}\n" for number in range(40)]
    corpus.write_text("".join(lines) + "PROMPT 3\tanother\n", encoding="utf-8")
    first, again = (invoke(generator, "--corpus", corpus, "--draw", 12, "-n", 12, "-o", "-") for _ in range(2))
    report = json.loads(first.stdout)
    sources = [sample["source"].lower() for sample in report["samples"]]
    assert report["examples"] == 12 == len(set(sources)) and sources != sorted(sources, key=lambda each: int(each[7:]))
    assert report["samples"] == json.loads(again.stdout)["samples"]
    every = json.loads(invoke(generator, "--corpus", corpus, "--draw", 100, "-o", "-").stdout)
    assert every["examples"] == 20


def test_lead_length_comes_from_the_baseline_corpus(generator: FirstFour, corpus: Path, tmp_path: Path) -> None:
    validation = tmp_path / "validation.tsv"
    validation.write_text("一二三四五六七八九十甲乙丙丁\t一二三四五六七八九十\n", encoding="utf-8")
    report = json.loads(invoke(generator, "--corpus", corpus, "--baseline-corpus", validation, "-o", "-").stdout)
    assert (report["lead"]["length"], report["lead"]["chosen_on"]) == (10, "validation")


def test_columns_by_name(generator: FirstFour, tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text(json.dumps({"text": "央行宣布降息", "title": "央行宣布"}) + "\n", encoding="utf-8")
    result = invoke(generator, "--corpus", path, "--source-column", "text", "--target-column", "title", "-o", "-")
    assert json.loads(result.stdout)["figures"]["exact_match"]["value"] == 1


def test_a_bad_record_is_named_skipped_and_ends_in_exit_code_1(generator: FirstFour, corpus: Path) -> None:
    corpus.write_text("no tab here\n" + CHINESE, encoding="utf-8")
    result = invoke(generator, "--corpus", corpus, "-o", "-")
    assert result.exit_code == 1
    assert f"skipped: {corpus}:1:" in result.stderr
    assert json.loads(result.stdout)["examples"] == 2


@pytest.fixture
def feedback(tmp_path: Path) -> Path:
    path = tmp_path / "feedback.jsonl"
    rated = [
        {"prompt": "暴雨淹没老城区", "reply": "坏的回答", "rating": "down"},
        {"prompt": "央行宣布降息了", "reply": "央行宣布", "rating": "up"},
        {"prompt": "大桥今天通车了", "reply": "坏的回答", "rating": "down", "correction": "大桥今天"},
        {"prompt": "你好吗", "reply": "坏的回答", "rating": None},
    ]
    path.write_text("".join(json.dumps(each) + "\n" for each in rated), encoding="utf-8")
    return path


def test_a_disliked_reply_is_no_reference_and_a_correction_is_one(generator: FirstFour, feedback: Path) -> None:
    result = invoke(generator, "--corpus", feedback, "-o", "-")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert {sample["reference"] for sample in report["samples"]} == {"央行宣布", "大桥今天"}
    assert report["figures"]["exact_match"]["value"] == 1
    [line] = [line for line in result.stderr.splitlines() if "left out" in line]
    assert "feedback.jsonl: 2 rated replies are left out" in line


def test_what_is_left_out_counts_towards_no_limit_and_is_said_of_the_baseline_too(
    generator: FirstFour, corpus: Path, feedback: Path
) -> None:
    report = json.loads(invoke(generator, "--corpus", feedback, "--limit", 1, "-o", "-").stdout)
    assert [sample["reference"] for sample in report["samples"]] == ["央行宣布"]
    result = invoke(generator, "--corpus", corpus, "--baseline-corpus", feedback, "-o", "-")
    assert result.stderr.count("rated replies are left out") == 1
    assert "left out" not in invoke(generator, "--corpus", corpus, "-o", "-").stderr


def test_nothing_but_disliked_replies_is_nothing_to_measure(generator: FirstFour, feedback: Path) -> None:
    feedback.write_text(feedback.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    result = invoke(generator, "--corpus", feedback)
    assert isinstance(result.exception, UsageError) and "there is no pair" in str(result.exception)
    assert "feedback.jsonl: 1 rated reply is left out" in result.stderr


def test_a_missing_folder_is_noticed_before_the_work(generator: FirstFour, corpus: Path, tmp_path: Path) -> None:
    result = invoke(generator, "--corpus", corpus, "-o", tmp_path / "nowhere" / "metrics.json")
    assert isinstance(result.exception, UsageError)
    assert "nowhere" in str(result.exception)
    assert not hasattr(generator, "last_search")


def test_a_register_and_a_case_can_be_measured_by_themselves(tmp_path: Path) -> None:
    corpus = tmp_path / "test.jsonl"
    rows = [{"source": f"Oil rose {n}", "target": "Up", "style": "wire" if n < 3 else "web"} for n in range(5)]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    generator = FirstFour()
    result = invoke(generator, "--corpus", corpus, "--register", "wire", "--case", "upper", "-o", tmp_path / "a.json")
    report = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert result.exit_code == 0 and report["examples"] == 3
    assert {(each["source"], each["output"]) for each in report["samples"]} == {
        (f"OIL ROSE {n}", "OIL") for n in range(3)
    }
    result = invoke(generator, "--corpus", corpus, "--register", "odd")
    assert isinstance(result.exception, UsageError) and "no pair has the style 'odd'" in str(result.exception)
