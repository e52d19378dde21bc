"""The Telegram bot: from a new process to its first poll, and its memory with all models loaded and at work.

It is measured from outside, as `kuaizui bot` on a Telegram of our own.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nlp.bundle import BundleInfo, list_pretrained
from nlp.errors import UsageError
from scripts.benchmark_rows import Row
from scripts.benchmark_telegram import Telegram
from scripts.benchmark_texts import sample_sources
from scripts.benchmark_workers import RUN

UNAVOIDABLE = "import telegram.ext, onnxruntime; print('imported', flush=True)"
SETTINGS = {"dialogue": "KUAIZUI_BOT_DIALOGUE_MODELS", "headlines": "KUAIZUI_BOT_HEADLINE_MODELS"}
SMALL_TALK = {"en": "Hello! How are you today?", "zh": "你好，今天过得怎么样？"}
PATIENCE_SECONDS = 300.0


def measure_bot(chosen: Sequence[BundleInfo], rounds: int) -> Iterator[Row]:
    """Start-up, beside the libraries that no such bot does without; then memory, once each model has answered.

    The bot has the `chosen` models, and for tasks that none of these is for, those that come along.

    Raises: UsageError where the bot does not start.
    """
    bare, whole = [], []
    for _ in range(rounds):
        bare.append(_import_seconds())
        with _running_bot(chosen) as bot:
            whole.append(bot.when_called("getUpdates") - bot.started)
    group = "Start-up of kuaizui bot (from a new process, median)"
    yield Row(group, "bot_imports_s", "unavoidable: import telegram.ext, onnxruntime", median(bare), "s")
    yield Row(group, "bot_to_first_poll_s", "from nothing to the first getUpdates", median(whole), "s")
    yield Row(group, "bot_startup_ratio", "the second over the first", median(whole) / median(bare), "times")
    yield from _memory(chosen)


def _memory(chosen: Sequence[BundleInfo]) -> Iterator[Row]:
    bundles = _used(chosen)
    with _running_bot(chosen) as bot:
        for bundle in bundles:
            bot.telegram.bring(_question(bundle))
        for _ in bundles:
            bot.when_called("sendMessage")
        megabytes = _megabytes(bot.process.pid)
    group = f"Memory of kuaizui bot ({', '.join(bundle.name for bundle in bundles)}; each has answered once)"
    for key, name, label in (
        ("bot_resident_mb", "VmRSS", "resident"),
        ("bot_peak_mb", "VmHWM", "the most it was until then"),
    ):
        yield Row(group, key, label, megabytes.get(name, "not measured: only Linux tells"), "MB")


def _used(chosen: Sequence[BundleInfo]) -> list[BundleInfo]:
    tasks = {bundle.task for bundle in chosen}
    return [*chosen, *(bundle for bundle in list_pretrained() if bundle.task not in tasks)]


def _question(bundle: BundleInfo) -> str:
    """A message that this model answers."""
    if bundle.task == "dialogue":
        return SMALL_TALK[bundle.language]
    return f"/headline {sample_sources(bundle.path, 1)[0]}"


def _import_seconds() -> float:
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", UNAVOIDABLE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise UsageError("telegram.ext and onnxruntime cannot be imported. Install Kuaizui anew.")
        return time.perf_counter() - started


@dataclass(frozen=True)
class _Bot:
    """A bot at work."""

    process: subprocess.Popen[bytes]
    telegram: Telegram
    started: float
    """Seconds of `time.perf_counter`."""
    log: Path

    def when_called(self, method: str) -> float:
        """When it next calls a method, in seconds of `time.perf_counter`. Raises: UsageError if it does not."""
        limit = time.perf_counter() + PATIENCE_SECONDS
        while time.perf_counter() < limit and self.process.poll() is None:
            try:
                called, at = self.telegram.arrivals.get(timeout=0.5)
            except queue.Empty:
                continue
            if called == method:
                return at
        state = "does nothing any more" if self.process.poll() is None else f"stopped, code {self.process.returncode}"
        raise UsageError(f"kuaizui bot {state}, before {method}: {self.log.read_text(errors='replace')[-500:]}")


@contextmanager
def _running_bot(chosen: Sequence[BundleInfo]) -> Iterator[_Bot]:
    """A bot with a store of its own; killed at the end, since all that it has is thrown away."""
    with Telegram() as telegram, tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "bot.log"
        environment = _environment(telegram, Path(folder) / "bot.db", chosen)
        with log.open("wb") as errors:
            started = time.perf_counter()
            process = subprocess.Popen([sys.executable, "-c", RUN, "bot"], env=environment, stderr=errors)
        try:
            yield _Bot(process, telegram, started, log)
        finally:
            process.kill()
            process.wait()


def _environment(telegram: Telegram, store: Path, chosen: Sequence[BundleInfo]) -> dict[str, str]:
    """The environment of this process, without what it sets about a bot of the person's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KUAIZUI_BOT_")}
    for bundle in chosen:
        others = kept.get(SETTINGS[bundle.task])
        kept[SETTINGS[bundle.task]] = ",".join([*([others] if others else []), str(bundle.path)])
    return {**kept, **telegram.environment, "KUAIZUI_BOT_STORE": str(store)}


def _megabytes(process: int) -> dict[str, float]:
    """What Linux says of a process's memory, by its names; nothing elsewhere."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    return {
        name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines) if "kB" in rest
    }
