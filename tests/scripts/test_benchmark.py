"""`kuaizui benchmark serve` on a tiny model: which figures there are, and that they hang together."""

import builtins
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from scripts.benchmark import command
from scripts.benchmark_precision import measure_precision
from scripts.benchmark_rows import Row, as_json, as_table

KEYS = {
    *("startup_imports_and_tokenizer_s", "startup_to_first_headline_s", "startup_ratio", "startup_modules_loaded"),
    *("reply_cpu_ms", "reply_wall_ms"),
    *(f"{s}_{count}_outputs_per_s" for s in ("greedy", "beam_5", "sampling") for count in (1, 16, 64)),
    *(f"{s}_{what}" for s in ("greedy", "beam_5", "sampling") for what in ("bound_outputs_per_s", "percent_of_bound")),
    *(f"share_{part}_percent" for part in ("tokenizer", "encoder", "step_graph", "search")),
    *("int8_outputs_per_s", "float32_outputs_per_s", "int8_over_float32", "int8_reply_cpu_ms", "float32_reply_cpu_ms"),
    *("workers_1_threads_1_lines_per_s", "workers_1_lines_per_s", "workers_2_lines_per_s", "workers_2_over_1"),
    *("memory_20_lines_mb", "memory_40_lines_mb", "memory_last_over_first"),
}


def serve(bundle, *options):
    result = CliRunner().invoke(
        command, ["serve", "--model", str(bundle), "--rounds", "1", "--threads", "1", "--no-classic", *options]
    )
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture(scope="module")
def figures(random_bundle):
    return json.loads(serve(random_bundle, "--json", "--memory-lines", "20,40", "--worker-lines", "20"))


def test_json_holds_every_figure_by_its_key(figures):
    assert set(figures) == KEYS | {"model"}
    assert figures["model"] == "random"
    for key in KEYS - {"startup_modules_loaded"}:
        assert isinstance(figures[key], float) and figures[key] > 0, key


def test_figures_hang_together(figures):
    shares = {key: value for key, value in figures.items() if key.startswith("share_")}
    assert sum(shares.values()) == pytest.approx(100)
    graphs = shares["share_encoder_percent"] + shares["share_step_graph_percent"]
    assert figures["beam_5_percent_of_bound"] == pytest.approx(graphs)
    ratio = figures["int8_outputs_per_s"] / figures["float32_outputs_per_s"]
    assert figures["int8_over_float32"] == pytest.approx(ratio)
    ratio = figures["workers_2_lines_per_s"] / figures["workers_1_threads_1_lines_per_s"]
    assert figures["workers_2_over_1"] == pytest.approx(ratio)


def test_the_table_is_for_people(random_bundle):
    table = serve(random_bundle, "--memory-lines", "", "--worker-lines", "0")
    lines = [" ".join(line.split()) for line in table.splitlines()]
    assert "what figure unit" in lines
    for words in ("Start-up", "One chat reply", "sampling, top-k 40, 64 sources at a time", "int8 beside float32"):
        assert any(words in line for line in lines), words
    assert not any("_" in line.replace("step_graph", "") for line in lines if "benchmark" not in line)
    assert "lines/s" not in table and "Peak memory" not in table


def test_rows_are_grouped_and_figures_rounded():
    rows = [
        Row("A", "a", "first", 12345.6, "ms"),
        Row("A", "b", "second", 0.012345),
        Row("B", "c", "third", "none", ".[x]"),
    ]
    console = Console(width=60)
    with console.capture() as captured:
        console.print(as_table(rows, "Title"))
    cells = [line.split() for line in captured.get().splitlines() if line.strip()]
    assert ["A"] in cells and ["B"] in cells and ["first", "12,346", "ms"] in cells and ["second", "0.0123"] in cells
    assert ["third", "none", ".[x]"] in cells
    assert sum(line == ["A"] for line in cells) == 1
    assert as_json(rows) == {"a": 12345.6, "b": 0.012345, "c": "none"}


def test_without_onnx_the_row_says_what_is_missing(random_bundle, monkeypatch):
    load = builtins.__import__

    def without_onnx(name, *arguments, **options):
        if name.startswith("nlp.onnx_export"):
            raise ModuleNotFoundError("No module named 'onnx'", name="onnx")
        return load(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_onnx)
    [row] = measure_precision(random_bundle, 1)
    assert row.key == "float32_outputs_per_s" and row.value == "not measured: onnx is not installed"
    assert "[train]" in row.unit
