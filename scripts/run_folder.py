"""The folder of one training run: what lies where, and what it was started with.

```
run.json       recipe, command, versions       data/         train, validation and test pairs, report.json
tokenizer/     trained on data/train           latest.npz    the newest checkpoint, and latest.previous.npz
best.npz       the checkpoint to export        log.jsonl     progress; curves.png, curves.svg and tensorboard/ show it
health.json    what is wrong, in words         pretraining/  a run of its own, before the real one
bundle/        the exported model                          memory.npz    what a retrained model's parent remembers
```
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora.prepared import split_path
from corpora.splitting import SPLITS
from nlp.errors import UsageError

RECORD = "run.json"
_FILES = (
    RECORD,
    f"{RECORD}.partial",
    "latest.npz",
    "latest.previous.npz",
    "latest.partial",
    "best.npz",
    "best.partial",
    "log.jsonl",
    "health.json",
    "curves.png",
    "curves.svg",
    "beginning.safetensors",
    "taught.jsonl",
    "practice.jsonl",
    "probe.jsonl",
    "memory.npz",
    "before-new.jsonl",
    "before-replay.jsonl",
    "scoreboard.json",
)
_FOLDERS = (
    "data.fetching",
    "pretraining",
    "tensorboard",
    "tokenizer",
    "tokenizer.partial",
    "tokenizer.partial.fetching",
    "teaching.partial",
    "replay",
    "mixed",
    "bundle",
    ".bundle.partial",
    ".bundle.previous",
)
_SHOWN_NAMES = 3
_RECORD_KEYS = {"name": str, "task": str, "language": str, "recipe": dict}


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run, and its record."""

    root: Path

    @property
    def data(self) -> Path:
        """Prepared pairs."""
        return self.root / "data"

    @property
    def report(self) -> Path:
        """What preparing kept and dropped; written last, so its presence says that `data` is whole."""
        return self.data / "report.json"

    @property
    def tokenizer(self) -> Path:
        """The trained tokenizer."""
        return self.root / "tokenizer"

    @property
    def log(self) -> Path:
        """One JSON object per progress report."""
        return self.root / "log.jsonl"

    @property
    def bundle(self) -> Path:
        """The exported model."""
        return self.root / "bundle"

    def read_record(self) -> dict[str, Any]:
        """The contents of run.json.

        Raises:
            UsageError: this is not the folder of a run.
        """
        try:
            record = json.loads((self.root / RECORD).read_text(encoding="utf8"))
        except FileNotFoundError:
            raise UsageError(f"{self.root}: there is no run.json here; name the folder of a training run.") from None
        except ValueError as error:
            raise UsageError(f"{self.root / RECORD}: the file is damaged ({error}).") from None
        for key, kind in _RECORD_KEYS.items():
            if not isinstance(record, dict) or not isinstance(record.get(key), kind):
                raise UsageError(f"{self.root / RECORD}: this is not the record of a run: it has no {key!r}.")
        return dict(record)

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write run.json whole or not at all."""
        self.root.mkdir(parents=True, exist_ok=True)
        partial = self.root / f"{RECORD}.partial"
        partial.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf8")
        partial.replace(self.root / RECORD)

    def holds_run(self) -> bool:
        """Whether a run was ever begun here."""
        return (self.root / RECORD).exists()

    def require_free(self) -> None:
        """Ask for a place where a first run disturbs nothing: a folder that is empty or not there yet.

        Raises:
            UsageError: something lies there; it is named.
        """
        if self.root.exists() and not self.root.is_dir():
            raise UsageError(f"{self.root} is a file. Choose a folder with --output.")
        names = sorted(each.name for each in self.root.iterdir()) if self.root.is_dir() else []
        found = [name for name in names if name != f"{RECORD}.partial"]
        if found:
            more = f" and {len(found) - _SHOWN_NAMES:,} more" if len(found) > _SHOWN_NAMES else ""
            raise UsageError(
                f"{self.root} holds no run and is not empty: {', '.join(found[:_SHOWN_NAMES])}{more}. Nothing was "
                "touched. Choose a new or empty folder with --output."
            )

    def clear(self, keep: Iterable[Path] = ()) -> None:
        """Remove the run, that is the names that a run writes and nothing else that lies here.

        Raises:
            UsageError: one of `keep`, files that are still needed, would go with it; then all stays.
        """
        doomed = [path for path in self._owned() if path.exists() or path.is_symlink()]
        places = [path.resolve() for path in doomed]
        for needed in keep:
            if any(needed.resolve().is_relative_to(place) for place in places):
                raise UsageError(
                    f"{needed} is a corpus of this training and a part of the run that --overwrite would remove. "
                    "Move it elsewhere first, or choose another folder with --output."
                )
        for path in doomed:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        if self.data.is_dir() and not self.data.is_symlink() and not any(self.data.iterdir()):
            self.data.rmdir()

    def _owned(self) -> Iterator[Path]:
        """All that a run may write; the record is last, so that a removal cut short is still seen to be a run."""
        yield self.report
        yield from self.data.glob(".preparing-*")
        for split in SPLITS:
            yield split_path(self.data, split)
        for name in (*_FOLDERS, *reversed(_FILES)):
            yield self.root / name
