"""Peak memory of `kuaizui headlines` on files of different length, articles of 5 to 100,000 characters."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlp.errors import UsageError
from scripts.benchmark_rows import Row
from scripts.benchmark_texts import sample_sources

LONGEST, LONG_EVERY = 100_000, 1_000
"""One article in so many is the longest; the others are 5 to about 400 characters."""


HEADLINES_AND_PEAK = """
import sys
from scripts.cli import run
code = run(["headlines", *sys.argv[1:]])
try:
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")))
except OSError:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024))
sys.exit(code)
"""
# Not the exit status's resource usage: Linux counts into it what the parent held when it started the process.


def measure_memory(bundle: Path, line_counts: Sequence[int], beam: int) -> list[Row]:
    """Peak resident megabytes of one `kuaizui headlines` process for each number of lines, and last over first."""
    megabytes: list[float] = []
    for count in line_counts:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "articles.txt"
            with path.open("w", encoding="utf8") as file:
                file.writelines(article + "\n" for article in _articles(bundle, count))
            megabytes.append(
                _peak_megabytes([str(path), "--model", str(bundle), "-o", f"{folder}/out.jsonl", "--beam", str(beam)])
            )
    group = f"Peak memory of kuaizui headlines (beam {beam}, articles of 5 to {LONGEST:,} characters)"
    rows = [
        Row(group, f"memory_{count}_lines_mb", f"{count:,} lines", peak, "MB")
        for count, peak in zip(line_counts, megabytes, strict=True)
    ]
    if len(rows) > 1:
        rows.append(
            Row(group, "memory_last_over_first", "the last over the first", megabytes[-1] / megabytes[0], "times")
        )
    return rows


def _articles(bundle: Path, count: int) -> Iterator[str]:
    texts = sample_sources(bundle, 50, 90)
    for number in range(count):
        text = texts[number % len(texts)]
        if number % LONG_EVERY == LONG_EVERY // 2:
            yield (text * (LONGEST // len(text) + 1))[:LONGEST]
        else:
            yield text[: 5 + (number * 37) % 400].strip() or text


def _peak_megabytes(arguments: Sequence[str]) -> float:
    done = subprocess.run([sys.executable, "-c", HEADLINES_AND_PEAK, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise UsageError(f"kuaizui headlines stopped with exit code {done.returncode}: {done.stderr[-500:]}")
    return float(done.stdout)
