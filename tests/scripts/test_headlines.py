"""What comes out of `kuaizui headlines` for what goes in; the generator is a fake."""

import csv
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlp.bundle
import scripts.headline_writer
from corpora.articles import Columns, InputRecord
from nlp.errors import BundleError, ConfigError, UsageError
from nlp.headlines import windows
from scripts.generators import TextGenerators
from scripts.headlines import HeadlinesRequest, run_headlines
from scripts.progress import PlainProgress
from scripts.search_options import SearchChoices
from tests.scripts.fake_generator import FakeGeneration, FakeGenerator, load_english_only, load_fake


def headlines(content: bytes, load=load_fake, **settings):
    """Summary and records of articles on standard input."""
    stdout = io.BytesIO()
    summary = run_headlines(HeadlinesRequest("-", **settings), load, stdin=io.BytesIO(content), stdout=stdout)
    return summary, [json.loads(line) for line in stdout.getvalue().decode().splitlines()]


def test_a_record_has_all_its_fields():
    _, records = headlines(b"rain falls\n")
    assert records == [{"id": "1", "headline": "RAIN", "score": -0.5, "candidates": [], "warnings": [], "error": None}]


def test_n_best_gives_candidates_best_first_and_widens_the_beam():
    _, records = headlines(b"rain falls\n", choices=SearchChoices(n_best=8))
    assert [candidate["score"] for candidate in records[0]["candidates"]] == [-0.5 - rank for rank in range(8)]
    assert records[0]["candidates"][0]["headline"] == records[0]["headline"]


def test_n_best_wider_than_the_beam_is_refused():
    with pytest.raises(UsageError, match=r"--n-best 4 .* --beam 2"):
        headlines(b"rain\n", choices=SearchChoices(n_best=4, beam_size=2))
    with pytest.raises(ConfigError):
        headlines(b"rain\n", choices=SearchChoices(beam_size=0))


@given(
    st.lists(
        st.text(
            alphabet=st.characters(codec="utf-8", exclude_characters="\n\r\0", exclude_categories=["C"]), max_size=12
        )
    ),
    st.integers(1, 7),
)
@settings(max_examples=150, deadline=None)
def test_each_line_is_one_record_in_order_and_errors_are_the_empty_lines(lines, window_records):
    content = "".join(line + "\n" for line in lines).encode()
    summary, records = headlines(content, window_records=window_records)
    assert [record["id"] for record in records] == [str(number) for number in range(1, len(lines) + 1)]
    for line, record in zip(lines, records, strict=True):
        if line.strip():
            assert (record["headline"], record["error"]) == (line.split()[0].upper(), None)
        else:
            assert record["headline"] is None and "empty" in record["error"]
    assert summary.records == len(lines) and summary.errors == sum(not line.strip() for line in lines)


def test_a_text_of_which_normalisation_leaves_nothing_is_an_error():
    _, records = headlines("\u200b\nrain\n".encode())
    assert "normalisation" in records[0]["error"] and records[1]["headline"] == "RAIN"


def test_without_a_model_each_script_gets_its_own_loaded_once():
    loaded = {}

    def load(model):
        assert model not in loaded
        loaded[model] = FakeGenerator(model)
        return loaded[model]

    _, records = headlines("今天 下雨\nrain falls\n明天 晴\n".encode(), load, window_records=2)
    assert [record["headline"] for record in records] == ["今天", "RAIN", "明天"]
    assert list(loaded["headlines-zh"].calls) == [[("今天 下雨",)], [("明天 晴",)]]
    assert list(loaded["headlines-en"].calls) == [[("rain falls",)]]


def test_only_the_models_that_are_needed_are_loaded():
    asked = []
    headlines(b"rain\n", lambda model: asked.append(model) or FakeGenerator(model))
    assert asked == ["headlines-en"]


def lacks(language):
    def load(model):
        if model.endswith(language):
            raise BundleError(f"There is no model {model!r}.")
        return load_fake(model)

    return load


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("window", [1, 10])
def test_a_language_without_a_model_costs_only_its_own_lines(window, workers, monkeypatch, tmp_path):
    monkeypatch.setattr(nlp.bundle, "PRETRAINED", tmp_path)
    load = load_english_only if workers > 1 else lacks("zh")
    summary, records = headlines("今天 下雨\nrain\n明天 晴\n".encode(), load, window_records=window, workers=workers)
    assert [record["headline"] for record in records] == [None, "RAIN", None] and summary.errors == 2
    assert "standard input, line 3: the text is Chinese" in records[2]["error"] and "--model" in records[2]["error"]
    if workers == 1:  # a worker process looks into the real folder of shipped models, where headlines-zh lies
        assert "headlines-zh" in records[2]["error"] and "Did you mean" not in records[2]["error"]


def test_a_damaged_model_of_one_language_is_told_in_its_lines(monkeypatch, tmp_path):
    (tmp_path / "headlines-zh").mkdir()
    (tmp_path / "headlines-zh" / "manifest.json").write_text("{")
    monkeypatch.setattr(nlp.bundle, "PRETRAINED", tmp_path)
    real = TextGenerators()
    _, records = headlines("rain\n今天 下雨\n".encode(), lambda model: (real if "zh" in model else load_fake)(model))
    assert records[0]["headline"] == "RAIN" and "the manifest is damaged" in records[1]["error"]


def test_a_failing_model_is_tried_once():
    asked = []
    with pytest.raises(BundleError):
        headlines("今天\n明天\n".encode(), lambda model: asked.append(model) or lacks("zh")(model), window_records=1)
    assert asked == ["headlines-zh"]


def test_where_no_record_has_a_model_the_run_fails_and_the_output_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(scripts.headline_writer, "MOST_HELD", 5)
    (tmp_path / "out.jsonl").write_text("precious")
    for lines in ("今天\n\n明天\n", "今天\n" * 50 + "rain\n"):
        (tmp_path / "news.txt").write_text(lines, encoding="utf-8")
        request = HeadlinesRequest(str(tmp_path / "news.txt"), tmp_path / "out.jsonl", window_records=1)
        with pytest.raises(BundleError, match=r"no model for any .*news.txt, line 1: the text is Chinese"):
            run_headlines(request, lacks("zh"))
        assert (tmp_path / "out.jsonl").read_text() == "precious"
    assert headlines(b"\n" * 20 + b"rain\n", lacks("zh"), window_records=1)[0].errors == 20


def test_the_generators_own_reason_is_told_with_file_and_line():
    class Wordless(FakeGenerator):
        def generation(self, source, n_best):
            return FakeGeneration((), ("truncated", "wordless"))

    _, records = headlines("rain\n\u200b\n".encode(), lambda _: Wordless())
    assert records[0]["error"] == "standard input, line 1: truncated; wordless"
    assert records[0]["warnings"] == ["truncated", "wordless"]
    assert records[1]["error"].startswith("standard input, line 2: nothing of the text is left")


def test_a_model_for_another_task_is_refused():
    with pytest.raises(UsageError, match=r"dialogue-en is a model for dialogue"):
        headlines(b"rain\n", model="dialogue-en")


def test_one_undecodable_article_costs_no_other():
    summary, records = headlines(b"rain\nundecodable\nsun\n")
    assert [record["headline"] for record in records] == ["RAIN", None, "SUN"]
    assert "NaN" in records[1]["error"] and summary.errors == 1


def test_a_long_article_is_clipped_and_the_truncation_said():
    generator = FakeGenerator()
    content = b"rain " + b"falls and " * 20_000 + b"\nsun\n"
    _, records = headlines(content, lambda _: generator)
    assert len(generator.calls[0][0][0]) == 20_000
    assert records[0]["warnings"] == ["truncated"] and records[1]["warnings"] == []


def test_a_clipped_article_is_said_even_where_the_generator_says_nothing():
    class Silent(FakeGenerator):
        def generation(self, source, n_best):
            return super().generation((source[0][:10],), n_best)

    _, records = headlines(b"rain " + b"x" * 30_000, lambda _: Silent())
    assert records[0]["warnings"] == ["only the first 20,000 characters were read"]


@given(st.lists(st.integers(0, 50)), st.integers(1, 5), st.integers(1, 80))
def test_windows_keep_order_and_bounds(lengths, most_records, most_characters):
    articles = [InputRecord(str(number), "x" * length) for number, length in enumerate(lengths)]
    gathered = list(windows(articles, most_records, most_characters))
    assert [article for window in gathered for article in window] == articles
    for window in gathered:
        assert len(window) <= most_records
        assert sum(len(article.text) for article in window[:-1]) < most_characters


def peak_memory_bytes(path: Path) -> int:
    tracemalloc.start()
    try:
        run_headlines(HeadlinesRequest(str(path), path.with_suffix(".csv"), window_records=50), load_fake)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_input(tmp_path):
    lines = ["rain falls", "", "sun " + "x" * 500]
    for name, count in (("warm", 100), ("small", 200), ("big", 4000)):
        (tmp_path / f"{name}.txt").write_text("\n".join(lines * count))
    peak_memory_bytes(tmp_path / "warm.txt")
    small, big = (peak_memory_bytes(tmp_path / f"{name}.txt") for name in ("small", "big"))
    # Garbage that waits for its collection differs by 100 KB from run to run; 11,400 records held would be 1 MB more.
    assert big < 1.2 * small + 150_000


def write(tmp_path: Path, ending: str, content: str = 'rain falls\n\nsun, "shine"\n', **settings) -> str:
    (tmp_path / "news.txt").write_text(content, encoding="utf-8")
    output = tmp_path / f"out{ending}"
    run_headlines(HeadlinesRequest(str(tmp_path / "news.txt"), output, **settings), load_fake)
    assert not list(tmp_path.glob("*.progress*"))
    return output.read_text(encoding="utf-8")


def test_text_output_stays_beside_its_articles(tmp_path):
    assert write(tmp_path, ".txt") == "RAIN\n\nSUN,\n"


def test_csv_output_reads_back(tmp_path):
    rows = list(csv.DictReader(io.StringIO(write(tmp_path, ".csv", choices=SearchChoices(n_best=2)))))
    assert [row["headline"] for row in rows] == ["RAIN", "", "SUN,"]
    assert json.loads(rows[2]["candidates"])[1] == {"headline": "SUN,", "score": -1.5}
    assert "news.txt, line 2" in rows[1]["error"] and rows[0]["error"] == ""


@pytest.mark.parametrize(
    ("ending", "expected"), [(".jsonl", ""), (".txt", ""), (".csv", "id,headline,score,candidates,warnings,error\n")]
)
def test_an_empty_input_makes_an_empty_output(tmp_path, ending, expected):
    assert write(tmp_path, ending, "") == expected


def test_an_existing_output_is_replaced_but_not_when_the_model_is_missing(tmp_path):
    (tmp_path / "out.jsonl").write_text("precious\n" * 1000)
    with pytest.raises(BundleError):
        write(tmp_path, ".jsonl", model="headlines-xx")
    assert (tmp_path / "out.jsonl").read_text() == "precious\n" * 1000
    assert "precious" not in write(tmp_path, ".jsonl")


@pytest.mark.parametrize(
    ("output", "message"),
    [("out.pdf", "ending '.pdf'"), ("none/out.csv", "does not exist"), ("news.txt", "same file"), (".", "is a folder")],
)
def test_an_output_that_cannot_be_is_refused_by_name(tmp_path, output, message):
    (tmp_path / "news.txt").write_text("rain\n")
    with pytest.raises(UsageError, match=message):
        run_headlines(HeadlinesRequest(str(tmp_path / "news.txt"), tmp_path / output), load_fake)
    assert (tmp_path / "news.txt").read_text() == "rain\n"


def test_ids_that_are_no_valid_unicode_still_come_out(tmp_path):
    (tmp_path / "news.jsonl").write_text('{"id": "\\ud800x", "text": "rain"}\n')
    request = HeadlinesRequest(str(tmp_path / "news.jsonl"), tmp_path / "out.jsonl", columns=Columns(id="id"))
    run_headlines(request, load_fake)
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["id"] == "?x"


def test_plain_progress_says_count_speed_and_time_left_every_ten_seconds():
    now, stream = [0.0], io.StringIO()
    progress = PlainProgress(stream, lambda: now[0])
    progress.start(records=100, bytes_read=1000, total_bytes=4000)
    for now[0], records, read in ((5.0, 150, 1500), (10.0, 200, 2000), (12.0, 220, 2200), (20.5, 305, 3050)):
        progress.update(records, read)
    assert stream.getvalue().splitlines() == [
        "kuaizui: 200 headlines, 10.0 headlines/s, 0:20 left",
        "kuaizui: 305 headlines, 10.0 headlines/s, 0:10 left",
    ]
