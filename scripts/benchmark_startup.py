"""Start-up: from a new process to its first headline, beside what no such program can avoid."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from scripts.benchmark_rows import Row
from scripts.benchmark_texts import sample_sources

UNAVOIDABLE = """
import sys
from pathlib import Path
import numpy, onnxruntime
from nlp.tokenizers import load_tokenizer
load_tokenizer(Path(sys.argv[1]))
"""
FIRST_HEADLINE = """
import sys
from scripts.cli import run
code = run(["headlines", sys.argv[1], "--model", sys.argv[2], "-o", sys.argv[3]])
assert code == 0, code
import json
watched = ("tensorflow", "keras", "telegram", "jieba", "sentencepiece", "rouge_score", "sacrebleu")
print(json.dumps([name for name in watched if name in sys.modules]))
"""


def measure_startup(bundle: Path, rounds: int) -> list[Row]:
    """Median seconds of whole processes, run in turn: imports and tokenizer alone, and the first headline."""
    with tempfile.TemporaryDirectory() as folder:
        article = Path(folder) / "article.txt"
        article.write_text(sample_sources(bundle, 1)[0] + "\n", encoding="utf8")
        bare, whole, modules = [], [], ""
        for _ in range(rounds):
            bare.append(_timed([UNAVOIDABLE, str(bundle / "tokenizer")])[0])
            seconds, modules = _timed([FIRST_HEADLINE, str(article), str(bundle), str(Path(folder) / "out.jsonl")])
            whole.append(seconds)
    group = "Start-up (whole processes, median)"
    loaded = ", ".join(json.loads(modules)) or "none of those watched"
    return [
        Row(group, "startup_imports_and_tokenizer_s", "unavoidable: imports and tokenizer alone", median(bare), "s"),
        Row(group, "startup_to_first_headline_s", "from nothing to the first headline", median(whole), "s"),
        Row(group, "startup_ratio", "the second over the first", median(whole) / median(bare), "times"),
        Row(group, "startup_modules_loaded", "heavy modules loaded by then", loaded),
    ]


def _timed(arguments: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - started, done.stdout
